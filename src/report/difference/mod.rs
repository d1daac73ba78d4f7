//! A difference between two reviews for readers: text, JSON, and Markdown for a pull request.
//!
//! Pure functions of the difference. Must not know files or git: the two sides come with their names.

mod json;
mod markdown;
mod text;

use super::context::times;
use super::text::{counted, line_of};
use crate::analysis::difference::{
    Cost, Difference, EntityChange, Fate, FieldChange, FindingMove, FlowFigure, Known, Turn,
};
use crate::units::{Number, Quantity, Seconds, Span, significant};

pub use json::difference_json;
pub use markdown::difference_markdown;
pub use text::difference_text;

/// A longer value is cut.
const LONGEST_VALUE: usize = 240;

/// A difference, with what is said about its two sides.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// The earlier review: its name, and how many errors its file has.
    pub before: Origin<'a>,
    /// The later review.
    pub after: Origin<'a>,
    /// What is different.
    pub difference: &'a Difference,
}

/// Where one side of a difference came from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The file or revision, for people.
    pub name: &'a str,
    /// How many errors stand in it: what has one was left out of the comparison.
    pub errors: usize,
}

impl Compared<'_> {
    /// What could not be compared, in a sentence for each.
    fn caveats(&self) -> Vec<String> {
        let mut caveats = Vec::new();
        for side in [self.before, self.after] {
            if side.errors > 0 {
                caveats.push(format!(
                    "{} has {}: what could not be understood is left out, and with it what would follow from it.",
                    side.name,
                    counted(side.errors, "error")
                ));
            }
        }
        if !self.difference.silent_rules.is_empty() {
            let rules = self.difference.silent_rules.join(", ");
            caveats.push(format!("{rules} did not answer for one of the two: nothing is said about what it finds."));
        }
        caveats
    }
}

/// How many findings had each fate, as words: `1 new, 2 fixed`.
fn fates(findings: &[FindingMove]) -> String {
    let count = |fate: Fate| findings.iter().filter(|finding| finding.fate == fate).count();
    let words = [
        (count(Fate::New), "new"),
        (count(Fate::Changed), "changed"),
        (count(Fate::Fixed), "fixed"),
        (count(Fate::Undecided), "cannot be told any more"),
    ];
    let words: Vec<String> =
        words.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    words.join(", ")
}

/// How many entities came, went, changed, as words.
fn turns(difference: &Difference) -> String {
    let words = [Turn::Added, Turn::Removed, Turn::Changed].map(|turn| (difference.count(turn), turn.word()));
    let mut words: Vec<String> =
        words.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if !difference.file.is_empty() {
        words.push(format!("{} of the file", counted(difference.file.len(), "key")));
    }
    words.join(", ")
}

/// `component api`, `growth`.
fn title(change: &EntityChange) -> String {
    let name = line_of(&change.name, LONGEST_VALUE);
    format!("{} {name}", change.kind.called()).trim_end().to_owned()
}

/// A value for a line; `–` where nothing is said.
fn value(text: Option<&str>) -> String {
    match text {
        None => "–".to_owned(),
        Some("") => "\"\"".to_owned(),
        Some(text) => line_of(text, LONGEST_VALUE),
    }
}

/// `16 → 32`; a value alone where the other side of it is not there.
fn step(field: &FieldChange, turn: Turn) -> String {
    match turn {
        Turn::Added => value(field.after.as_deref()),
        Turn::Removed => value(field.before.as_deref()),
        Turn::Changed => format!("{} → {}", value(field.before.as_deref()), value(field.after.as_deref())),
    }
}

/// A multiple of today's load.
fn full_at(known: &Known<Span>) -> String {
    match known {
        Known::Value(span) => times(span),
        Known::Unknown(reason) => format!("unknown: {}", line_of(reason, LONGEST_VALUE)),
        Known::Absent => "–".to_owned(),
    }
}

/// A figure of a flow: a share in percent, or a time.
fn promised(figure: FlowFigure, known: &Known<Span>, at_most: bool) -> String {
    let span = match known {
        Known::Value(span) => *span,
        Known::Unknown(reason) => return format!("unknown: {}", line_of(reason, LONGEST_VALUE)),
        Known::Absent => return "–".to_owned(),
    };
    let one = |value: f64| match figure {
        FlowFigure::Availability => format!("{} %", significant(value * 100.0, 6)),
        FlowFigure::WorstCase if value.is_finite() => Seconds::new(value.max(0.0)).to_string(),
        FlowFigure::WorstCase => "without end".to_owned(),
    };
    let bound = if at_most { "at most " } else { "" };
    if span.is_range() && one(span.low) != one(span.high) {
        format!("{bound}{} ({}–{})", one(span.likely), one(span.low), one(span.high))
    } else {
        format!("{bound}{}", one(span.likely))
    }
}

/// An amount of money, with its range.
fn amount(span: Span) -> String {
    let one = |value: f64| if value.is_finite() { Number::new(value).to_string() } else { "unbounded".to_owned() };
    if span.is_range() && one(span.low) != one(span.high) {
        format!("{} ({}–{})", one(span.likely), one(span.low), one(span.high))
    } else {
        one(span.likely)
    }
}

/// What a month costs: the sum, or what is known of it.
fn month(cost: &Cost) -> String {
    let currency = cost.currency.as_deref().map(|word| format!(" {}", line_of(word, 12))).unwrap_or_default();
    match (&cost.per_month, cost.known_part) {
        (Known::Value(sum), _) => format!("{}{currency}", amount(*sum)),
        (Known::Unknown(_), Some(part)) => format!("{}{currency} and what is unknown", amount(part)),
        (Known::Unknown(_), None) => "unknown".to_owned(),
        (Known::Absent, _) => "–".to_owned(),
    }
}

/// What a million requests cost.
fn million(cost: &Cost) -> String {
    let currency = cost.currency.as_deref().map(|word| format!(" {}", line_of(word, 12))).unwrap_or_default();
    match &cost.per_million_requests {
        Known::Value(sum) => format!("{}{currency}", amount(*sum)),
        Known::Unknown(_) => "unknown".to_owned(),
        Known::Absent => "–".to_owned(),
    }
}

/// The first names of a list, and how many more there are.
fn named(names: &[String]) -> String {
    let more = names.len().saturating_sub(4);
    let shown = names[..names.len() - more].join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
