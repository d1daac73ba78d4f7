//! Fixes made one after the other until no finding offers another one.
//!
//! Pure: a document in, a changed document out. Must not know who asked, nor where the text goes.

use super::{Settings, analyze};
use crate::document::Document;
use crate::model::{Change, EntityRef, Evidence, Fix, FixSafety, Gravity};
use std::collections::{HashMap, HashSet};

/// A fix can make another one possible so many times.
const MOST_ROUNDS: usize = 10;

/// A fix that was made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Made {
    /// The finding it is for.
    pub id: String,
    /// What it does.
    pub title: String,
}

/// What became of the fixes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mended {
    /// Fixes that were made, in order.
    pub made: Vec<Made>,
    /// Fixes that could not be made, and why.
    pub refused: Vec<(Made, String)>,
    /// Whether fixes were still made when it was given up.
    pub unsettled: bool,
}

/// Makes the fixes of the findings that count: the safe ones, or with `suggested` the best one of each.
///
/// Of fixes that touch the same key the first is made, and the rules are asked again. What adds an error to the file is
/// not made.
pub fn mend(document: &mut Document, evidence: &Evidence, settings: &Settings, suggested: bool) -> Mended {
    let mut mended = Mended::default();
    let mut tried: HashSet<Made> = HashSet::new();
    for _ in 0..MOST_ROUNDS {
        let analysis = analyze(document.review(), evidence, settings);
        let mut touched = Touched::default();
        let mut batch: Vec<(Made, &Fix)> = Vec::new();
        for finding in analysis.findings.iter().filter(|finding| finding.standing.counts()) {
            let Some(fix) = finding.fixes.iter().find(|fix| suggested || fix.safety == FixSafety::Safe) else {
                continue;
            };
            let made = Made { id: finding.id.clone(), title: fix.title.clone() };
            // A fix that was made and did not mend its finding is not made for ever.
            if !tried.contains(&made) && touched.take(fix) {
                tried.insert(made.clone());
                batch.push((made, fix));
            }
        }
        if batch.is_empty() {
            return mended;
        }
        perform(document, &batch, &mut mended);
    }
    mended.unsettled = true;
    mended
}

/// Makes all of them, or else each that can be made.
fn perform(document: &mut Document, batch: &[(Made, &Fix)], mended: &mut Mended) {
    let mut waiting = vec![batch];
    while let Some(batch) = waiting.pop() {
        let changes: Vec<Change> = batch.iter().flat_map(|(_, fix)| fix.changes.iter().cloned()).collect();
        let before = errors(document);
        let done = match document.apply("fix", &changes) {
            Ok(()) if errors(document) > before => {
                document.undo();
                Err("it would add an error to the file".to_owned())
            }
            Ok(()) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        match (done, batch) {
            (Ok(()), batch) => mended.made.extend(batch.iter().map(|(made, _)| made.clone())),
            (Err(why), [(made, _)]) => mended.refused.push((made.clone(), why)),
            (Err(_), batch) => {
                let (first, second) = batch.split_at(batch.len() / 2);
                // What is added stands behind what is there: positions in the second half stay right.
                waiting.extend([second, first]);
            }
        }
    }
}

fn errors(document: &Document) -> usize {
    document.problems().iter().filter(|problem| problem.gravity == Gravity::Error).count()
}

/// What the fixes of a round change: no two of them the same.
#[derive(Default)]
struct Touched<'a> {
    keys: HashMap<EntityRef, Vec<&'a str>>,
    added: HashSet<(&'static str, Option<&'a (String, String)>)>,
}

impl<'a> Touched<'a> {
    /// Whether nothing of it is taken; then it is.
    fn take(&mut self, fix: &'a Fix) -> bool {
        let inside = |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
        let free = fix.changes.iter().all(|change| match change {
            Change::Set { entity, key, .. } => self
                .keys
                .get(entity)
                .is_none_or(|keys| !keys.iter().any(|taken| taken == key || inside(taken, key) || inside(key, taken))),
            Change::Add { kind, fields } => !self.added.contains(&(kind.table(), fields.first())),
        });
        if free {
            for change in &fix.changes {
                match change {
                    Change::Set { entity, key, .. } => self.keys.entry(*entity).or_default().push(key),
                    Change::Add { kind, fields } => {
                        self.added.insert((kind.table(), fields.first()));
                    }
                }
            }
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EntityKind, FixSafety};

    fn fix(key: &str) -> Fix {
        Fix::set(FixSafety::Safe, EntityRef::new(EntityKind::Dependency, 0), key, "1")
    }

    #[test]
    fn two_fixes_of_one_key_are_not_made_at_once() {
        let fixes = [fix("retry.jitter"), fix("retry.base"), fix("retry"), fix("retry.jitter"), fix("retryable")];
        let mut touched = Touched::default();
        assert_eq!(fixes.iter().map(|fix| touched.take(fix)).collect::<Vec<_>>(), [true, true, false, false, true]);
    }

    #[test]
    fn what_cannot_be_made_does_not_stop_the_others() {
        let text = "[[component]]\nid = 'a'\n[[component]]\nid = 'b'\n[[dependency]]\nfrom = 'a'\nto = 'b'\n";
        let mut document = Document::new(text.to_owned());
        let (good, bad) = (fix("retry.attempts"), fix("no-such-key"));
        let made = |id: &str| Made { id: id.to_owned(), title: String::new() };
        let mut mended = Mended::default();
        perform(&mut document, &[(made("x"), &bad), (made("y"), &good), (made("z"), &bad)], &mut mended);
        assert_eq!(mended.made, [made("y")]);
        assert_eq!(mended.refused.iter().map(|(made, _)| made.id.as_str()).collect::<Vec<_>>(), ["x", "z"]);
        assert!(document.text().contains("attempts = 1"), "{}", document.text());
    }
}
