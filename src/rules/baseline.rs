//! The baseline: findings that were there before and do not count, so that only what is new stops anybody.
//!
//! A file of lines, sorted: the id of a finding, or the name of a review, `#` and the id, where the line is about one
//! review of several. A line that begins with `#`, and what stands behind ` #`, is a comment; comments are kept. No
//! wildcards: what is decided about many belongs into the ledger. Characters that a line cannot hold are written
//! `\u{23}`. Must not know files.

use super::finding::Standing;
use super::registry;
use super::triage::Pattern;
use crate::model::Renaming;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The lines of a baseline.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Baseline {
    /// The comments above the first empty line.
    head: Vec<String>,
    lines: Vec<Line>,
    /// The comments below the last line.
    tail: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    number: usize,
    /// The comments above it.
    above: Vec<String>,
    review: Option<String>,
    id: String,
    comment: Option<String>,
}

/// Why a line of a baseline is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineError {
    /// From 1.
    pub line: usize,
    /// What is wrong with it, without a full stop; may quote the file.
    pub message: String,
}

/// A line of a baseline that covers nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleLine {
    /// From 1.
    pub line: usize,
    /// The finding.
    pub id: String,
    /// Why it covers nothing, as a clause.
    pub why: &'static str,
}

/// An id of a baseline that covers nothing in a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleId {
    /// The finding.
    pub id: String,
    /// Why, as a clause.
    pub why: &'static str,
}

/// A review held against a baseline.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ratchet {
    /// Every finding that nobody decided about, listed or not, sorted: what a baseline written now would hold.
    pub open: Vec<String>,
    /// Ids of the baseline that cover nothing: the rule ran, could tell, and does not find it any more; or the ledger
    /// answers it.
    pub stale: Vec<StaleId>,
}

/// Ids that rules spoke of, as a baseline sees them.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Findings that a baseline may hold.
    pub(crate) open: Vec<String>,
    /// Findings that the ledger answers, of those that the baseline names.
    pub(crate) decided: BTreeSet<String>,
    /// What could not be told, of what the baseline names.
    pub(crate) undecided: BTreeSet<String>,
}

impl Said {
    /// A finding and how it stands.
    pub(crate) fn found(&mut self, baseline: &BTreeSet<String>, id: &str, standing: &Standing) {
        let coverable = match standing {
            Standing::Open | Standing::Baselined => true,
            Standing::Triaged(_) => standing.counts(),
            Standing::Expired(_) => false,
        };
        if coverable {
            self.open.push(id.to_owned());
        } else if baseline.contains(id) {
            self.decided.insert(id.to_owned());
        }
    }

    /// What another rule spoke of.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.open.append(&mut other.open);
        self.decided.append(&mut other.decided);
        self.undecided.append(&mut other.undecided);
    }
}

impl Ratchet {
    /// From a baseline and the ids that the rules of these codes spoke of.
    pub(crate) fn new(baseline: &BTreeSet<String>, said: Said, judged: &BTreeSet<&'static str>) -> Self {
        let Said { mut open, decided, undecided } = said;
        open.sort_unstable();
        let why = |id: &String| {
            let code = id.split('@').next().unwrap_or_default();
            if open.binary_search(id).is_ok() || undecided.contains(id) {
                None
            } else if decided.contains(id) {
                Some("the ledger has an entry for it")
            } else if registry::find(code).is_none() {
                Some("there is no such rule")
            } else {
                judged.contains(code).then_some("it is not found any more")
            }
        };
        let stale = baseline.iter().filter_map(|id| Some(StaleId { id: id.clone(), why: why(id)? })).collect();
        Self { open, stale }
    }
}

impl Baseline {
    /// From the text of a file.
    ///
    /// # Errors
    /// Every line that is no finding's id, or has a wildcard.
    pub fn parse(text: &str) -> Result<Self, Vec<BaselineError>> {
        let (mut baseline, mut errors) = (Self::default(), Vec::new());
        let mut above: Vec<String> = Vec::new();
        for (place, raw) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
            let (number, written) = (place + 1, raw.trim());
            if written.is_empty() {
                if baseline.lines.is_empty() && baseline.head.is_empty() {
                    baseline.head = std::mem::take(&mut above);
                }
                continue;
            }
            if written.starts_with('#') {
                above.push(written.to_owned());
                continue;
            }
            let (entry, comment) = match written.find(" #").or_else(|| written.find("\t#")) {
                Some(at) => (written[..at].trim_end(), Some(written[at + 1..].to_owned())),
                None => (written, None),
            };
            let (review, id) = match entry.split_once('#') {
                Some((review, id)) => (Some(unescaped(review)), id),
                None => (None, entry),
            };
            match checked(id) {
                Ok(id) => {
                    baseline.lines.push(Line { number, above: std::mem::take(&mut above), review, id, comment });
                }
                Err(message) => errors.push(BaselineError { line: number, message }),
            }
        }
        baseline.tail = above;
        if errors.is_empty() { Ok(baseline) } else { Err(errors) }
    }

    /// How many findings it names.
    pub fn count(&self) -> usize {
        self.lines.len()
    }

    /// The ids that hold in a review.
    pub fn ids_of(&self, review: &str) -> BTreeSet<String> {
        self.lines.iter().filter(|line| line.is_of(review)).map(|line| line.id.clone()).collect()
    }

    /// The lines that cover nothing in any of the reviews that were judged, in the order of the file.
    ///
    /// A line about a review that was not judged is not stale: nobody looked.
    pub fn stale(&self, reviews: &[(&str, &Ratchet)]) -> Vec<StaleLine> {
        let ratchets: Vec<(&str, BTreeMap<&str, &'static str>)> = reviews
            .iter()
            .map(|(review, ratchet)| {
                (*review, ratchet.stale.iter().map(|stale| (stale.id.as_str(), stale.why)).collect())
            })
            .collect();
        let stale = |line: &Line| {
            let mut why = None;
            for (_, stale) in ratchets.iter().filter(|(review, _)| line.is_of(review)) {
                why = Some(*stale.get(line.id.as_str())?);
            }
            Some(StaleLine { line: line.number, id: line.id.clone(), why: why? })
        };
        self.lines.iter().filter_map(stale).collect()
    }

    /// The text of the baseline after something in a review got another name; `None` where it names nothing of it.
    ///
    /// `is_of` says of the review that a line names, or of a line that names none, whether it is about that review.
    /// Lines that have not changed stay, comments and all; the text is sorted.
    pub fn renamed(&self, renaming: &Renaming, is_of: impl Fn(Option<&str>) -> bool) -> Option<String> {
        let mut renamed = self.clone();
        let mut changed = false;
        for line in renamed.lines.iter_mut().filter(|line| is_of(line.review.as_deref())) {
            if let Some(id) = renaming.finding(&line.id) {
                line.id = id;
                changed = true;
            }
        }
        changed.then(|| renamed.rewritten(&[]))
    }

    /// The text of a baseline that holds what the reviews have now, sorted, with the comments of this one.
    ///
    /// Lines that were not judged stay. Of several reviews, what is new is written with the name of its review.
    pub fn rewritten(&self, reviews: &[(&str, &Ratchet)]) -> String {
        let stale: BTreeSet<usize> = self.stale(reviews).iter().map(|stale| stale.line).collect();
        let mut lines: BTreeMap<String, (Vec<String>, Option<String>)> = BTreeMap::new();
        let mut waiting: Vec<String> = Vec::new();
        for line in &self.lines {
            waiting.extend(line.above.iter().cloned());
            if stale.contains(&line.number) {
                // A comment outlives its line: it may be about those below as well.
                continue;
            }
            let (above, comment) = lines.entry(line.written()).or_default();
            above.append(&mut waiting);
            *comment = comment.take().or_else(|| line.comment.clone());
        }
        waiting.extend(self.tail.iter().cloned());
        for (review, ratchet) in reviews {
            let covered = self.ids_of(review);
            for id in ratchet.open.iter().filter(|id| !covered.contains(*id)) {
                let review = (reviews.len() > 1).then(|| (*review).to_owned());
                let line = Line { number: 0, above: Vec::new(), review, id: id.clone(), comment: None };
                lines.entry(line.written()).or_default();
            }
        }
        let mut out = String::new();
        let head = if self.head.is_empty() && self.lines.is_empty() { &[HEAD.to_owned()][..] } else { &self.head };
        out.extend(head.iter().flat_map(|comment| [comment, "\n"]));
        if !head.is_empty() {
            out.push('\n');
        }
        for (line, (above, comment)) in &lines {
            out.extend(above.iter().flat_map(|comment| [comment, "\n"]));
            let comment = comment.as_ref().map(|comment| format!(" {comment}")).unwrap_or_default();
            let _ = writeln!(out, "{line}{comment}");
        }
        out.extend(waiting.iter().flat_map(|comment| [comment, "\n"]));
        out
    }
}

const HEAD: &str = "# Findings that were there before: they do not count. Written by kneepoint check --write-baseline.";

impl Line {
    fn is_of(&self, review: &str) -> bool {
        self.review.as_deref().is_none_or(|own| own == review)
    }

    fn written(&self) -> String {
        let id = escaped(&self.id);
        match &self.review {
            Some(review) => format!("{}#{id}", escaped(review)),
            None => id,
        }
    }
}

/// The id that a line means; a rule's name is its code.
fn checked(written: &str) -> Result<String, String> {
    let quoted = crate::model::quote(written);
    if written.contains('*') {
        return Err(format!("{quoted} has a wildcard: a baseline names findings one by one"));
    }
    let id = unescaped(written);
    let code = id.split('@').next().unwrap_or_default().trim();
    if !id.contains('@') || code.is_empty() || code.contains(char::is_whitespace) {
        return Err(format!(
            "{quoted} is no finding: it is written CODE@element, as `kneepoint check --format json` has it"
        ));
    }
    let known = registry::find(code).is_some_and(|rule| rule.info.code == code);
    Ok(if known { id } else { Pattern::new(&id).id() })
}

/// A text that a line can hold: no line ends, blanks at its ends, `#` or `*`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let last = text.chars().count().saturating_sub(1);
    for (place, c) in text.chars().enumerate() {
        let edge = (place == 0 || place == last) && c.is_whitespace();
        let odd = c.is_control() || matches!(c, '#' | '*' | '\\' | '\u{2028}' | '\u{2029}' | '\u{feff}');
        if odd || edge || crate::model::is_bidirectional_control(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\u{") {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 3..];
        let decoded = behind
            .split_once('}')
            .filter(|(digits, _)| digits.len() <= 6)
            .and_then(|(digits, behind)| Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, behind)));
        if let Some((c, behind)) = decoded {
            out.push(c);
            rest = behind;
        } else {
            out.push_str("\\u{");
            rest = behind;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratchet(open: &[&str], stale: &[&str]) -> Ratchet {
        Ratchet {
            open: open.iter().map(|id| (*id).to_owned()).collect(),
            stale: stale.iter().map(|id| StaleId { id: (*id).to_owned(), why: "gone" }).collect(),
        }
    }

    #[test]
    fn comments_and_what_was_not_judged_stay() {
        let text = "# ours\n# since May\n\n# the shop\nKP204@a->b\nKP203@b->c # why not\n# end\nKP101@f\nother.toml#KP203@x->y\n# last\n";
        let baseline = Baseline::parse(text).unwrap();
        let now = ratchet(&["KP201@f:a->…->c", "KP203@b->c"], &["KP101@f", "KP204@a->b"]);
        assert_eq!(
            baseline.rewritten(&[("shop.toml", &now)]),
            "# ours\n# since May\n\nKP201@f:a->…->c\n# the shop\nKP203@b->c # why not\n# end\nother.toml#KP203@x->y\n# last\n"
        );
        let stale: Vec<_> = baseline.stale(&[("shop.toml", &now)]).iter().map(|stale| stale.line).collect();
        assert_eq!(stale, [5, 8]);
        // What one of several reviews still has is not stale, and what is new says where.
        let other = ratchet(&["KP101@f", "KP105@f"], &["KP203@b->c", "KP204@a->b"]);
        let both = [("shop.toml", &now), ("other.toml", &other)];
        assert_eq!(baseline.stale(&both).iter().map(|stale| stale.line).collect::<Vec<_>>(), [5]);
        assert!(baseline.rewritten(&both).contains("\nother.toml#KP105@f\n"));
    }

    #[test]
    fn every_id_comes_back_from_its_line() {
        for id in ["KP203@a->b", "KP203@a\nb->\u{1b}[2J", "KP203@ #x*->\\u{2a}\\", "KP201@f:a b->…->c ", "KP203@#"] {
            let text = Baseline::default().rewritten(&[("x", &ratchet(&[id], &[]))]);
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
            let again = Baseline::parse(&text).unwrap_or_else(|errors| panic!("{errors:?}"));
            assert!(again.ids_of("x").contains(id), "{id:?} in {text:?}");
            assert_eq!(again.rewritten(&[("x", &ratchet(&[id], &[]))]), text);
        }
        let several = [("a#b c.toml", &ratchet(&["KP203@a->b"], &[])), ("d.toml", &ratchet(&["KP203@a->b"], &[]))];
        let text = Baseline::default().rewritten(&several);
        assert_eq!(Baseline::parse(&text).unwrap().ids_of("a#b c.toml").len(), 1, "{text}");
    }

    #[test]
    fn a_new_name_is_written_where_it_is_of_the_review_and_nowhere_else() {
        let (review, _, _) = crate::document::parse("component = [{ id = 'b' }, { id = 'c' }]");
        let renaming = Renaming::new(&review, crate::model::EntityKind::Component, "b", "z");
        let text = "# ours\n\nKP101@f\n# the shop\nKP203@b->c # why not\nKP204@x->y\nother.toml#KP203@b->c\n";
        let baseline = Baseline::parse(text).unwrap();
        assert_eq!(
            baseline.renamed(&renaming, |review| review.is_none()).as_deref(),
            Some("# ours\n\nKP101@f\n# the shop\nKP203@z->c # why not\nKP204@x->y\nother.toml#KP203@b->c\n")
        );
        let named = baseline.renamed(&renaming, |review| review == Some("other.toml")).unwrap();
        assert!(named.contains("KP203@b->c # why not") && named.contains("other.toml#KP203@z->c"), "{named}");
        assert_eq!(baseline.renamed(&renaming, |_| false), None);
        assert_eq!(baseline.renamed(&renaming.inverse(), |_| true), None, "nothing has the new name yet");
    }

    #[test]
    fn a_line_that_is_no_id_is_said_with_its_number() {
        let errors = Baseline::parse("KP203@a->b\nKP203@*->b\nnonsense\n").unwrap_err();
        assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), [2, 3]);
        let named = Baseline::parse("missing-timeout@a -> b\n").unwrap();
        assert!(named.ids_of("x").contains("KP203@a->b"));
        assert!(Baseline::parse(&"\\u{".repeat(1_000)).is_err());
    }
}
