//! What a team decides about the program beside its reviews: `.kneepoint/config.toml`, or the file of `--config`.
//!
//! Read like a review: never fails, what cannot be used is a problem with its place and the nearest valid name. Must not
//! know where the text came from.

use crate::document::{SourceMap, values};
use crate::model::declare::{choice, entity};
use crate::model::{Entry, Field, FieldSpec, Gravity, Node, Problem, ProblemKind, Reader, Table, nearest, quote};
use crate::rules::{Severity, registry, selects};
use crate::units::{Estimate, Number};
use std::collections::BTreeMap;

choice! {
    /// How much findings of a rule hurt, where a team sees it otherwise than the rule.
    Level ("a severity") {
        /// An incident that waits for its day.
        High = "high",
        /// Worth planning.
        Medium = "medium",
        /// Worth mending some day.
        Low = "low",
        /// Worth knowing.
        Note = "note",
    }
}

entity! {
    /// Which rules run, and how they judge.
    RuleChoices ("[rules]") {
        /// Only these rules run: codes, names, or beginnings of codes.
        select: Vec<String>,
        /// These rules do not run; wins over `select`.
        ignore: Vec<String>,
        /// Severities by code or name: `KP203 = "low"`.
        severity: BTreeMap<String, Level>,
        /// Thresholds by code or name and their key: `KP201.hops = 5`.
        thresholds: BTreeMap<String, BTreeMap<String, Estimate<Number>>>,
    }
}

entity! {
    /// The tables of the configuration.
    Whole ("the configuration") {
        /// Which rules run, and how they judge.
        rules: RuleChoices,
    }
}

/// A configuration, ready for use.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// Rules to run (codes, names or prefixes); empty is all.
    pub select: Vec<String>,
    /// Rules not to run.
    pub ignore: Vec<String>,
    /// Severities other than the rules' own, by code.
    pub severities: BTreeMap<String, Severity>,
    /// Thresholds other than the rules' own, by `CODE.key`.
    pub thresholds: BTreeMap<String, f64>,
}

/// The keys of the configuration, for its reference and its schema.
pub const FIELDS: &[FieldSpec] = Whole::FIELDS;

impl Config {
    /// From a text. Problems are in the order of the text; a configuration with errors among them is not what its
    /// author wanted.
    pub fn read(text: &str) -> (Self, SourceMap, Vec<Problem>) {
        let (map, mut problems) = values(text);
        let mut reader = Reader::default();
        let root = Node { value: crate::model::Value::Table(map.root().clone()), span: crate::model::Span::default() };
        let whole = Whole::read(&root, &mut reader).unwrap_or_default();
        problems.append(&mut reader.problems);
        let mut config = Self::default();
        if let Some(rules) = whole.rules {
            let table = map.root().get("rules").and_then(Node::table);
            config.take(rules, table, &mut problems);
        }
        // A name that is not known here is a slip that changes what a gate lets through.
        for problem in &mut problems {
            if problem.kind == ProblemKind::UnknownKey {
                problem.gravity = Gravity::Error;
            }
        }
        problems.sort_by_key(|problem| problem.span.start);
        (config, map, problems)
    }

    fn take(&mut self, rules: RuleChoices, table: Option<&Table>, problems: &mut Vec<Problem>) {
        let nodes = |key: &str| table.and_then(|table| table.get(key));
        let entries = |key: &str| nodes(key).and_then(Node::table).map_or(&[][..], |table| table.entries.as_slice());
        for (key, listed, taken) in
            [("select", rules.select, &mut self.select), ("ignore", rules.ignore, &mut self.ignore)]
        {
            for node in nodes(key).and_then(Node::array).unwrap_or_default() {
                let Some(selector) = node.text() else { continue };
                if !registry::all().iter().any(|rule| selects(selector, rule)) {
                    problems.push(unknown_rule(selector, node.span));
                }
            }
            *taken = listed.unwrap_or_default();
        }
        let mut severities = rules.severity.unwrap_or_default();
        for Entry { key, key_span, .. } in entries("severity") {
            match (registry::find(key), severities.remove(key.as_str())) {
                (Some(rule), Some(level)) => {
                    self.severities.insert(rule.info.code.to_owned(), level.into());
                }
                (None, _) => problems.push(unknown_rule(key, *key_span)),
                (Some(_), None) => {}
            }
        }
        let mut thresholds = rules.thresholds.unwrap_or_default();
        for Entry { key, key_span, node } in entries("thresholds") {
            let Some(rule) = registry::find(key) else {
                problems.push(unknown_rule(key, *key_span));
                continue;
            };
            let mut values = thresholds.remove(key.as_str()).unwrap_or_default();
            for Entry { key: setting, key_span, .. } in node.table().map_or(&[][..], |table| &table.entries) {
                let known = rule.info.settings.iter().find(|known| known.key == setting);
                match (known, values.remove(setting.as_str())) {
                    (Some(known), Some(value)) => {
                        self.thresholds.insert(format!("{}.{}", rule.info.code, known.key), value.value());
                    }
                    (None, _) => problems.push(unknown_setting(&rule.info, setting, *key_span)),
                    (Some(_), None) => {}
                }
            }
        }
    }
}

fn unknown_rule(name: &str, span: crate::model::Span) -> Problem {
    Problem::error(ProblemKind::DanglingReference, span, format!("there is no rule {}", quote(name)))
        .with_help(registry::meant(name))
}

fn unknown_setting(rule: &crate::rules::RuleInfo, name: &str, span: crate::model::Span) -> Problem {
    let keys: Vec<&str> = rule.settings.iter().map(|setting| setting.key).collect();
    let help = match nearest(name, keys.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if keys.is_empty() => "it has none".to_owned(),
        None => format!("it has: {}", keys.join(", ")),
    };
    let message = format!("{} {} has no threshold {}", rule.code, rule.name, quote(name));
    Problem::error(ProblemKind::UnknownKey, span, message).with_help(Some(help))
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::High => Self::High,
            Level::Medium => Self::Medium,
            Level::Low => Self::Low,
            Level::Note => Self::Note,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let (_, map, problems) = Config::read(text);
        let at = |problem: &Problem| map.position(text, problem.span.start);
        let line = |problem: &Problem| format!("{}:{}", at(problem).line, at(problem).column);
        problems
            .iter()
            .map(|problem| {
                format!("{} {} ({})", line(problem), problem.message, problem.help.as_deref().unwrap_or("no help"))
            })
            .collect()
    }

    #[test]
    fn rules_are_chosen_and_judged_otherwise() {
        let text = "[rules]\nselect = ['KP2', 'orphan-triage']\nignore = ['missing-timeout']\n\
                    severity = { deep-sync-chain = 'note', KP204 = 'high' }\n[rules.thresholds]\nKP201.hops = 6\n";
        let (config, _, problems) = Config::read(text);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(config.select, ["KP2", "orphan-triage"]);
        assert_eq!(config.ignore, ["missing-timeout"]);
        assert_eq!(config.severities.get("KP201"), Some(&Severity::Note));
        assert_eq!(config.severities.get("KP204"), Some(&Severity::High));
        assert_eq!(config.thresholds.get("KP201.hops"), Some(&6.0));
    }

    #[test]
    fn what_is_not_known_is_said_where_it_stands_and_the_rest_holds() {
        let text = "[rules]\nselect = ['KP2', 'misssing-timeout']\nseverity = { KP204 = 'hihg', KP201 = 'low' }\n\
                    [rules.thresholds]\nKP201.hopps = 3\nKP999.x = 1\nKP203.hops = 2\n[rulez]\n";
        assert_eq!(
            said(text),
            [
                "2:18 there is no rule `misssing-timeout` (did you mean `missing-timeout`?)",
                "3:22 `hihg` is not a severity (did you mean `high`?)",
                "5:7 KP201 deep-sync-chain has no threshold `hopps` (did you mean `hops`?)",
                "6:1 there is no rule `KP999` (no help)",
                "7:7 KP203 missing-timeout has no threshold `hops` (it has none)",
                "8:2 the configuration has no key `rulez` (did you mean `rules`?)",
            ]
        );
        assert_eq!(Config::read(text).0.severities.get("KP201"), Some(&Severity::Low));
    }
}
