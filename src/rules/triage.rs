//! The ledger: which entry answers which finding, and whether it still holds.

use super::finding::{Standing, TriageMark};
use super::registry;
use crate::model::{Triage, TriageStatus, matches_part};
use jiff::civil::Date;
use std::collections::HashMap;

/// A text cut at the separators of finding ids, the separators kept.
///
/// A `*` matches any text within one part, so `KP203@api->*` is every call of `api` and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    parts: Vec<String>,
    separators: Vec<&'static str>,
}

const SEPARATORS: [&str; 3] = ["@", "->", ":"];

impl Pattern {
    /// From a triage entry: spaces around separators do not count, `...` is `…`, and a rule's name is its code.
    pub(crate) fn new(text: &str) -> Self {
        let mut pattern = Self::cut(&text.replace("...", "…"));
        if let Some(first) = pattern.parts.first_mut()
            && let Some(rule) = registry::find(first)
        {
            rule.info.code.clone_into(first);
        }
        pattern
    }

    /// The id of a finding, cut once to be compared with many patterns.
    pub(crate) fn cut(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut separators = Vec::new();
        let mut rest = text;
        while let Some((at, separator)) =
            SEPARATORS.iter().filter_map(|separator| Some((rest.find(separator)?, *separator))).min()
        {
            parts.push(rest[..at].trim().to_owned());
            separators.push(separator);
            rest = &rest[at + separator.len()..];
        }
        parts.push(rest.trim().to_owned());
        Self { parts, separators }
    }

    /// The part before the `@`: a code, a name that is none, or a text with `*`.
    pub(crate) fn code(&self) -> &str {
        self.parts.first().map_or("", String::as_str)
    }

    /// Whether any part has a `*`.
    pub(crate) fn is_wild(&self) -> bool {
        self.parts.iter().any(|part| part.contains('*'))
    }

    /// The id it stands for where it has no `*`.
    pub(crate) fn id(&self) -> String {
        let mut id = String::new();
        for (place, part) in self.parts.iter().enumerate() {
            id.push_str(part);
            id.push_str(self.separators.get(place).copied().unwrap_or(""));
        }
        id
    }

    /// Whether it matches a finding's id that was [cut](Self::cut).
    pub(crate) fn matches(&self, id: &Self) -> bool {
        self.separators == id.separators
            && self.parts.iter().zip(&id.parts).all(|(pattern, part)| matches_part(pattern, part))
    }
}

/// Whether a text names a finding of this id: the id itself, spaced or with the rule's name, or a pattern of it.
pub fn names_finding(text: &str, id: &str) -> bool {
    text == id || (text.contains('@') && Pattern::new(text).matches(&Pattern::cut(id)))
}

/// The entries of a ledger, ready to be looked up.
#[derive(Debug)]
pub(crate) struct Ledger<'a> {
    entries: &'a [Triage],
    exact: HashMap<String, usize>,
    wild: Vec<(usize, Pattern)>,
}

impl<'a> Ledger<'a> {
    pub(crate) fn new(entries: &'a [Triage]) -> Self {
        let mut exact = HashMap::new();
        let mut wild = Vec::new();
        for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| !entry.finding().is_empty()) {
            let pattern = Pattern::new(entry.finding());
            if pattern.is_wild() {
                wild.push((index, pattern));
            } else {
                exact.entry(pattern.id()).or_insert(index);
            }
        }
        Self { entries, exact, wild }
    }

    /// Whether it answers nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.wild.is_empty()
    }

    /// The entry that answers a finding: the one that names it, or else the first whose pattern matches it.
    pub(crate) fn entry(&self, id: &str) -> Option<usize> {
        if self.is_empty() {
            return None;
        }
        self.exact.get(id).copied().or_else(|| {
            let id = if self.wild.is_empty() { return None } else { Pattern::cut(id) };
            self.wild.iter().find(|(_, pattern)| pattern.matches(&id)).map(|(index, _)| *index)
        })
    }

    /// What the ledger says about a finding of this id. An entry holds up to and including the day it expires.
    pub(crate) fn standing(&self, id: &str, today: Date) -> Standing {
        let Some(index) = self.entry(id) else { return Standing::Open };
        let entry = &self.entries[index];
        let mark = TriageMark {
            index,
            // An entry that does not say what was decided decides nothing: the finding still counts.
            status: entry.status.unwrap_or(TriageStatus::InDiscussion),
            reason: entry.reason.clone(),
            expires: entry.expires,
        };
        if entry.expires.is_some_and(|day| day < today) { Standing::Expired(mark) } else { Standing::Triaged(mark) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_its_part() {
        let matches = |pattern: &str, id: &str| Pattern::new(pattern).matches(&Pattern::cut(id));
        assert!(matches("KP203@api->*", "KP203@api->payments"));
        assert!(matches("KP203@*->*", "KP203@api->payments"));
        assert!(matches("KP*@api->pay*s", "KP203@api->payments"));
        assert!(matches("KP203@api -> payments", "KP203@api->payments"));
        assert!(matches("missing-timeout@api->payments", "KP203@api->payments"));
        assert!(matches("KP201@checkout:gateway->...->tax", "KP201@checkout:gateway->…->tax"));
        assert!(!matches("KP203@*", "KP203@api->payments"));
        assert!(!matches("*", "KP203@api"));
        assert!(!matches("KP203@api->*", "KP201@flow:api->x"));
        assert!(!matches("KP203@api->pay", "KP203@api->payments"));
        assert!(!matches("KP203@api:payments", "KP203@api->payments"));
    }

    #[test]
    fn a_pattern_of_stars_takes_no_time() {
        let pattern = Pattern::new(&format!("KP203@{}b", "*a".repeat(2_000)));
        assert!(!pattern.matches(&Pattern::cut(&format!("KP203@{}", "a".repeat(5_000)))));
    }
}
