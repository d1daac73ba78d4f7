//! What is different since the last commit: the committed text, the comparison, and its rows.
//!
//! Must not know how the committed text is read.

use super::screens::multiple;
use super::view::Role;
use crate::analysis::difference::{
    Difference, Direction, Fate, FieldChange, FindingMove, FlowFigure, Known, Moved, Turn,
};
use crate::model::{Element, EntityRef};
use crate::units::{Number, Quantity, Seconds, Span, significant};
use std::path::PathBuf;
use std::sync::Arc;

/// How it stands with the last commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Asked {
    /// Nobody asked yet.
    #[default]
    Not,
    /// It is being read.
    Asking,
    /// It was read; this is the text.
    Read(Arc<str>),
    /// It could not be read; says why and what to do.
    Failed(String),
}

/// The comparison with the last commit.
#[derive(Debug, Default)]
pub struct Since {
    /// How it stands.
    pub asked: Asked,
    /// The file that was asked about.
    pub path: Option<PathBuf>,
    /// The number of the newest request.
    pub generation: u64,
    /// The request and revision that were compared last, or are being compared.
    pub wanted: Option<(u64, u64)>,
    /// The request and revision of the rows.
    pub compared: Option<(u64, u64)>,
    /// Everything that is different.
    pub rows: Arc<Vec<Row>>,
}

/// What a row tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The review's own words.
    Says,
    /// Findings.
    Findings,
    /// Promise, headroom, objectives, costs.
    Room,
}

/// Where a row leads.
#[derive(Debug, Clone, PartialEq)]
pub enum Leads {
    /// Nowhere.
    Nowhere,
    /// To a key of an entity.
    Entity(EntityRef, Vec<String>),
    /// To a finding, by its id.
    Finding(String),
    /// To an element.
    Element(Element),
    /// To what stood in the last commit and is gone.
    Gone(Vec<String>),
}

/// One thing that is different.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it tells of.
    pub group: Group,
    /// `+`, `-`, `~` or `?`.
    pub sign: &'static str,
    /// How the sign is meant.
    pub role: Role,
    /// What is different.
    pub what: String,
    /// Which part of it.
    pub key: String,
    /// In the last commit.
    pub before: String,
    /// Now.
    pub after: String,
    /// Where it leads.
    pub leads: Leads,
}

const NOTHING: &str = "–";

/// The rows of a difference: what follows from it first, then what the review says.
pub fn rows(difference: &Difference) -> Vec<Row> {
    let mut rows = Vec::new();
    room(&mut rows, difference);
    rows.extend(difference.findings.iter().map(finding));
    for told in &difference.telling {
        let (sign, role) = if told.told { ("-", Role::Good) } else { ("+", Role::Warn) };
        rows.push(Row {
            group: Group::Findings,
            sign,
            role,
            what: format!("{} {}", told.code, told.element),
            key: "cannot tell".to_owned(),
            before: if told.told { format!("needed {}", told.missing) } else { NOTHING.to_owned() },
            after: if told.told { NOTHING.to_owned() } else { format!("needs {}", told.missing) },
            leads: Leads::Nowhere,
        });
    }
    says(&mut rows, difference);
    rows
}

fn turned(turn: Turn) -> (&'static str, Role) {
    match turn {
        Turn::Added => ("+", Role::Good),
        Turn::Removed => ("-", Role::Bad),
        Turn::Changed => ("~", Role::Warn),
    }
}

fn text(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(|| NOTHING.to_owned())
}

fn says(rows: &mut Vec<Row>, difference: &Difference) {
    let row = |turn: Turn, what: &str, key: &str, before: String, after: String, leads: Leads| {
        let (sign, role) = turned(turn);
        Row { group: Group::Says, sign, role, what: what.to_owned(), key: key.to_owned(), before, after, leads }
    };
    for field in &difference.file {
        let (before, after) = (text(field.before.as_ref()), text(field.after.as_ref()));
        rows.push(row(Turn::Changed, "the file", &field.label, before, after, Leads::Nowhere));
    }
    for change in &difference.entities {
        let what = format!("{} {}", change.kind.called(), change.name).trim_end().to_owned();
        let listed = |side: fn(&FieldChange) -> Option<&String>| -> Vec<String> {
            change.fields.iter().filter_map(|field| Some(format!("{} = {}", field.label, side(field)?))).collect()
        };
        match (change.turn(), change.after) {
            (Turn::Added, Some(entity)) => {
                let after = listed(|field| field.after.as_ref()).join(", ");
                let leads = Leads::Entity(entity, Vec::new());
                rows.push(row(Turn::Added, &what, "added", NOTHING.to_owned(), after, leads));
            }
            (Turn::Changed, Some(entity)) => {
                if let Some(was) = &change.was {
                    let leads = Leads::Entity(entity, vec!["id".to_owned()]);
                    rows.push(row(Turn::Changed, &what, "renamed", was.clone(), change.name.clone(), leads));
                }
                for field in &change.fields {
                    let (before, after) = (text(field.before.as_ref()), text(field.after.as_ref()));
                    let leads = Leads::Entity(entity, field.keys.clone());
                    rows.push(row(Turn::Changed, &what, &field.label, before, after, leads));
                }
            }
            _ => {
                let listed = listed(|field| field.before.as_ref());
                let before = listed.join(", ");
                rows.push(row(Turn::Removed, &what, "removed", before, NOTHING.to_owned(), Leads::Gone(listed)));
            }
        }
    }
}

fn finding(finding: &FindingMove) -> Row {
    let (sign, role) = match finding.fate {
        Fate::New => ("+", Role::Bad),
        Fate::Changed => ("~", Role::Warn),
        Fate::Fixed => ("-", Role::Good),
        Fate::Undecided => ("?", Role::Warn),
    };
    let told = || format!("{}: {}", finding.severity.word(), finding.message);
    let mut before = if finding.after.is_none() { told() } else { NOTHING.to_owned() };
    let mut after = if finding.after.is_some() { told() } else { NOTHING.to_owned() };
    if finding.fate == Fate::Changed {
        let severity = finding.severities.as_ref();
        let was = finding.messages.as_ref().map_or(&finding.message, |moved| &moved.before);
        before = format!("{}: {was}", severity.map_or(finding.severity, |moved| moved.before).word());
        if let Some(moved) = &finding.standings {
            before = format!("{} · {before}", moved.before);
            after = format!("{} · {after}", moved.after);
        }
    }
    Row {
        group: Group::Findings,
        sign,
        role,
        what: format!("{} {}", finding.code, finding.element),
        key: finding.fate.word().to_owned(),
        before,
        after,
        leads: match finding.after {
            Some(_) => Leads::Finding(finding.id.clone()),
            None => Leads::Element(finding.element.clone()),
        },
    }
}

fn word(text: &str, direction: Option<Direction>) -> String {
    direction.map_or_else(|| text.to_owned(), |direction| format!("{text} · {}", direction.word()))
}

/// The role of a change that may be for the better.
fn meant(direction: Option<Direction>) -> Role {
    match direction {
        Some(Direction::Better) => Role::Good,
        Some(Direction::Worse) => Role::Bad,
        None => Role::Warn,
    }
}

fn room(rows: &mut Vec<Row>, difference: &Difference) {
    let mut push = |what: String, key: &str, (before, after): (String, String), direction, leads| {
        let sign = match (before.as_str(), after.as_str()) {
            (NOTHING, _) => "+",
            (_, NOTHING) => "-",
            _ => "~",
        };
        let (key, after) = (key.to_owned(), word(&after, direction));
        rows.push(Row { group: Group::Room, sign, role: meant(direction), what, key, before, after, leads });
    };
    let headroom = &difference.headroom;
    if headroom.promise_moved {
        let promise = &headroom.promise;
        let both = (promise.before.clone(), promise.after.clone());
        let leads = headroom.first.after.as_ref().map_or(Leads::Nowhere, |first| Leads::Element(first.element.clone()));
        push("the promise".to_owned(), "twice the load", both, headroom.direction, leads);
    }
    let at = |moved: &Moved<Known<Span>>| {
        let one = |known: &Known<Span>| match known {
            Known::Value(span) => multiple(*span),
            Known::Unknown(reason) => format!("unknown: {reason}"),
            Known::Absent => NOTHING.to_owned(),
        };
        (one(&moved.before), one(&moved.after))
    };
    for moved in &headroom.resources {
        let what = format!("{} of {}", moved.kind.called(), moved.element);
        push(what, "full at", at(&moved.saturates_at), moved.direction, Leads::Element(moved.element.clone()));
    }
    for moved in &headroom.flows {
        let leads = Leads::Element(Element::Flow(moved.flow.clone()));
        push(format!("flow {}", moved.flow), "goes up to", at(&moved.sustains), moved.direction, leads);
    }
    for moved in &difference.reliability {
        let one = |known: &Known<Span>, at_most: bool| match known {
            Known::Value(span) => {
                let text = match moved.figure {
                    FlowFigure::Availability => format!("{} %", significant(span.likely * 100.0, 6)),
                    FlowFigure::WorstCase if span.likely.is_finite() => Seconds::new(span.likely.max(0.0)).to_string(),
                    FlowFigure::WorstCase => "without end".to_owned(),
                };
                if at_most { format!("at most {text}") } else { text }
            }
            Known::Unknown(reason) => format!("unknown: {reason}"),
            Known::Absent => NOTHING.to_owned(),
        };
        let both = (one(&moved.value.before, moved.at_most.before), one(&moved.value.after, moved.at_most.after));
        let leads = Leads::Element(Element::Flow(moved.flow.clone()));
        push(format!("flow {}", moved.flow), moved.figure.called(), both, moved.direction, leads);
    }
    for objective in &difference.objectives {
        let promise = &objective.promise;
        let both = (text(promise.before.as_ref()), text(promise.after.as_ref()));
        let key = match objective.stricter {
            Some(true) => "stricter",
            Some(false) => "looser",
            None => "promise",
        };
        push(format!("SLO {}", objective.id), key, both, None, Leads::Element(Element::Slo(objective.id.clone())));
    }
    let cost = &difference.cost;
    if !cost.is_same() {
        let sides = [&cost.cost.before, &cost.cost.after];
        let money = |known: &Known<Span>, part: Option<Span>| match (known, part) {
            (Known::Value(span), _) => Number::new(span.likely).to_string(),
            (Known::Unknown(reason), Some(part)) => format!("{} known; {reason}", Number::new(part.likely)),
            (Known::Unknown(reason), None) => format!("unknown: {reason}"),
            (Known::Absent, _) => NOTHING.to_owned(),
        };
        let [before, after] = sides.map(|side| money(&side.per_month, side.known_part));
        push("cost".to_owned(), "a month", (before, after), cost.per_month, Leads::Nowhere);
        let [before, after] = sides.map(|side| money(&side.per_million_requests, None));
        push("cost".to_owned(), "a million requests", (before, after), cost.per_million_requests, Leads::Nowhere);
    }
}
