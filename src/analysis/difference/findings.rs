//! Findings that are new, fixed, or say something else; and what can no longer, or now, be told.
//!
//! A finding is the same one where its id is, renamings of elements taken into account. A finding that is gone because
//! its rule cannot tell any more, or did not run, is not fixed.

use super::Side;
use super::figures::{Direction, Moved};
use super::names::Names;
use crate::model::{Element, EntityKind, EntityRef};
use crate::rules::{CannotTell, Finding, Severity};
use std::collections::{HashMap, HashSet, VecDeque};

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It was not there before.
    New,
    /// It is there with another severity, message or standing.
    Changed,
    /// It is gone.
    Fixed,
    /// It is gone, because the rule cannot tell any more.
    Undecided,
}

impl Fate {
    /// The word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Fixed => "fixed",
            Self::Undecided => "undecided",
        }
    }
}

/// A finding that is not what it was.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingMove {
    /// What became of it.
    pub fate: Fate,
    /// Its id by later names.
    pub id: String,
    /// Position among the findings of the earlier analysis.
    pub before: Option<usize>,
    /// Position among the findings of the later analysis.
    pub after: Option<usize>,
    /// The rule's code.
    pub code: &'static str,
    /// The rule's name.
    pub name: &'static str,
    /// What it is about, by later names.
    pub element: Element,
    /// How much it hurts now; of what is gone, how much it hurt.
    pub severity: Severity,
    /// What it says now; of what is gone, what it said.
    pub message: String,
    /// Whether it counts against a gate, now or, of what is gone, then.
    pub counts: bool,
    /// The severities, where they differ.
    pub severities: Option<Moved<Severity>>,
    /// The messages, where they differ by more than names.
    pub messages: Option<Moved<String>>,
    /// What the ledger says (`open`, `accepted` …), where it differs.
    pub standings: Option<Moved<&'static str>>,
    /// Whether that is better, where it is beyond doubt.
    pub direction: Option<Direction>,
}

/// Something that a rule can tell of one review and not of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TellingMove {
    /// Whether it can be told now; else it could be told before.
    pub told: bool,
    /// The rule's code.
    pub code: &'static str,
    /// The rule's name.
    pub name: &'static str,
    /// What it is about, by later names.
    pub element: String,
    /// The key that is or was missing.
    pub missing: String,
}

/// Positions of entities without a name, before and after.
pub(super) type Places = HashMap<EntityRef, EntityRef>;

/// The element by later names and, where it has none, by its later position.
fn element(element: &Element, entity: Option<EntityRef>, names: &Names, places: &Places) -> Element {
    if let Element::Other(table, id) = element
        && id.parse::<usize>().is_ok()
        && let Some(kind) = EntityKind::of_table(table)
        && let Some(place) = entity.filter(|entity| entity.kind == kind).and_then(|entity| places.get(&entity))
    {
        return Element::Other(table, (place.index + 1).to_string());
    }
    names.element(element)
}

fn id(finding: &Finding, names: &Names, places: &Places) -> String {
    let later = element(&finding.element, finding.entity, names, places);
    if later == finding.element {
        // The id may hold more than the element; where no name changed it is what it is.
        return names.finding(&finding.id).into_owned();
    }
    match finding.id.strip_prefix(&format!("{}@{}", finding.code, finding.element.compact())) {
        Some(rest) => format!("{}@{}{rest}", finding.code, later.compact()),
        None => names.finding(&finding.id).into_owned(),
    }
}

/// The findings that moved: new ones in front, what hurts most first.
pub(super) fn moved(before: Side<'_>, after: Side<'_>, names: &Names, places: &Places) -> Vec<FindingMove> {
    let none = Names::none();
    let nowhere = Places::new();
    let words = names.words();
    let mut open: HashMap<String, VecDeque<usize>> = HashMap::new();
    for (place, finding) in before.analysis.findings.iter().enumerate() {
        open.entry(id(finding, names, places)).or_default().push_back(place);
    }
    let silent =
        |side: Side<'_>| -> HashSet<&'static str> { side.analysis.failed_rules.iter().map(|rule| rule.code).collect() };
    let (silent_before, silent_after) = (silent(before), silent(after));
    let mut moves = Vec::new();
    for (place, finding) in after.analysis.findings.iter().enumerate() {
        let id = id(finding, &none, &nowhere);
        let old = open.get_mut(&id).and_then(VecDeque::pop_front);
        match old {
            Some(old) => moves.extend(changed(id, &before.analysis.findings[old], old, finding, place, &words)),
            // Nothing is known of before: the rule did not answer.
            None if silent_before.contains(finding.code) => {}
            None => {
                let worse = finding.standing.counts().then_some(Direction::Worse);
                let element = finding.element.clone();
                moves.push(FindingMove { after: Some(place), ..plain(Fate::New, id, finding, element, worse) });
            }
        }
    }
    let undecided: HashSet<(&str, &Element)> =
        after.analysis.cannot_tell.iter().map(|undecided| (undecided.code, &undecided.element)).collect();
    let mut gone: Vec<(usize, String)> =
        open.into_iter().flat_map(|(id, places)| places.into_iter().map(move |place| (place, id.clone()))).collect();
    gone.sort_unstable();
    for (place, id) in gone {
        let finding = &before.analysis.findings[place];
        if silent_after.contains(finding.code) {
            continue;
        }
        let element = element(&finding.element, finding.entity, names, places);
        let is_undecided = undecided.contains(&(finding.code, &element));
        let fate = if is_undecided { Fate::Undecided } else { Fate::Fixed };
        let better = (!is_undecided && finding.standing.counts()).then_some(Direction::Better);
        moves.push(FindingMove { before: Some(place), ..plain(fate, id, finding, element, better) });
    }
    moves.sort_by(|a, b| {
        a.fate
            .cmp(&b.fate)
            .then(b.counts.cmp(&a.counts))
            .then(b.severity.cmp(&a.severity))
            .then_with(|| a.id.cmp(&b.id))
    });
    moves
}

fn plain(fate: Fate, id: String, finding: &Finding, element: Element, direction: Option<Direction>) -> FindingMove {
    FindingMove {
        fate,
        id,
        before: None,
        after: None,
        code: finding.code,
        name: finding.name,
        element,
        severity: finding.severity,
        message: finding.message.clone(),
        counts: finding.standing.counts(),
        severities: None,
        messages: None,
        standings: None,
        direction,
    }
}

fn changed(
    id: String,
    old: &Finding,
    old_place: usize,
    new: &Finding,
    place: usize,
    words: &HashMap<&str, &str>,
) -> Option<FindingMove> {
    let severities = (old.severity != new.severity).then_some(Moved { before: old.severity, after: new.severity });
    let messages = (!says_the_same(&old.message, &new.message, words))
        .then(|| Moved { before: old.message.clone(), after: new.message.clone() });
    let (was, is) = (old.standing.word(), new.standing.word());
    let standings = (was != is).then_some(Moved { before: was, after: is });
    if severities.is_none() && messages.is_none() && standings.is_none() {
        return None;
    }
    let step = |better: bool, worse: bool| match (better, worse) {
        (true, false) => Some(Direction::Better),
        (false, true) => Some(Direction::Worse),
        _ => None,
    };
    let (counted, counts) = (old.standing.counts(), new.standing.counts());
    let direction = step(
        new.severity < old.severity && (counted || !counts) || (counted && !counts && new.severity <= old.severity),
        new.severity > old.severity && (counts || !counted) || (counts && !counted && new.severity >= old.severity),
    );
    let element = new.element.clone();
    Some(FindingMove {
        before: Some(old_place),
        after: Some(place),
        severities,
        messages,
        standings,
        ..plain(Fate::Changed, id, new, element, direction)
    })
}

/// Whether two messages differ in renamed names at most.
pub(super) fn says_the_same(old: &str, new: &str, words: &HashMap<&str, &str>) -> bool {
    if old == new {
        return true;
    }
    if words.is_empty() {
        return false;
    }
    let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let split = |text: &'_ str| -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        let mut inside = false;
        for c in text.chars() {
            if parts.is_empty() || is_id(c) != inside || !is_id(c) {
                parts.push(String::new());
            }
            inside = is_id(c);
            if let Some(part) = parts.last_mut() {
                part.push(c);
            }
        }
        parts
    };
    let (old, new) = (split(old), split(new));
    old.len() == new.len() && old.iter().zip(&new).all(|(a, b)| a == b || words.get(a.as_str()) == Some(&b.as_str()))
}

/// What can be told of one review and not of the other.
pub(super) fn telling(before: Side<'_>, after: Side<'_>, names: &Names, places: &Places) -> Vec<TellingMove> {
    type Key = (&'static str, String, String);
    let (none, nowhere) = (Names::none(), Places::new());
    let table = |side: Side<'_>, names: &Names, places: &Places| -> Vec<(Key, &'static str)> {
        let key = |undecided: &CannotTell| {
            let at = element(&undecided.element, undecided.entity, names, places).to_string();
            ((undecided.code, at, undecided.missing.clone()), undecided.name)
        };
        side.analysis.cannot_tell.iter().map(key).collect()
    };
    let (old, new) = (table(before, names, places), table(after, &none, &nowhere));
    let known = |table: &[(Key, &'static str)]| -> HashSet<Key> { table.iter().map(|(key, _)| key.clone()).collect() };
    let (were, are) = (known(&old), known(&new));
    let row = |told: bool, (key, name): (Key, &'static str)| TellingMove {
        told,
        code: key.0,
        name,
        element: key.1,
        missing: key.2,
    };
    let lost = new.into_iter().filter(|(key, _)| !were.contains(key)).map(|entry| row(false, entry));
    let told = old.into_iter().filter(|(key, _)| !are.contains(key)).map(|entry| row(true, entry));
    lost.chain(told).collect()
}
