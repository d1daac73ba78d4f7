//! Findings as SARIF 2.1.0, for code scanning.
//!
//! The severity and confidence of kneepoint are in the properties of each result; `level` is what SARIF has for them.
//! What a rule could not tell is a notification, not a result: viewers show every result as an alert.

use super::json::figure_json;
use super::{Checked, Reviewed, components, decided, inert, uri};
use crate::document::{Document, Position, difference};
use crate::model::{Element, Fix, Gravity};
use crate::report::text::line;
use crate::rules::{Confidence, Finding, RuleInfo, Severity, Standing};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Fixes are worked out while the texts they are tried on have so many bytes together.
const MOST_TRIED: usize = 4 * 1_048_576;

/// The findings of reviews as SARIF.
pub fn check_sarif(checked: &Checked<'_>) -> String {
    let reviewed = checked.reviewed();
    let rules: Vec<&RuleInfo> = mentioned(checked, &reviewed);
    let index: HashMap<&str, usize> = rules.iter().enumerate().map(|(index, rule)| (rule.code, index)).collect();
    let mut results = Vec::new();
    for one in &reviewed {
        let components = components(one.subject);
        let mut fixes = Fixes::new(one);
        for (finding, place) in &one.findings {
            results.push(result(checked, one, finding, *place, &index, &components, &mut fixes));
        }
    }
    let artifacts: Vec<Value> = reviewed
        .iter()
        .map(|one| json!({ "location": artifact(&one.file), "mimeType": "application/toml", "length": one.subject.text.len() }))
        .collect();
    let total = checked.total();
    let invocation = json!({
        "executionSuccessful": total.failed == 0 && total.errors == 0,
        "toolExecutionNotifications": execution_notes(&reviewed, &index),
        "toolConfigurationNotifications": checked
            .stale()
            .iter()
            .map(|(said, stale)| json!({
                "descriptor": { "id": "stale-baseline" }, "level": "note", "message": { "text": line(said) },
                "locations": checked
                    .baseline
                    .map(|baseline| location(baseline.file, Some(Position { line: stale.line, column: 1 })))
                    .into_iter()
                    .collect::<Vec<_>>(),
            }))
            .collect::<Vec<_>>(),
    });
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "kneepoint",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            } },
            "automationDetails": { "id": "kneepoint/" },
            "originalUriBaseIds": { "%SRCROOT%": {
                "description": { "text": "the folder in which kneepoint was run: the root of the repository in CI" },
            } },
            "invocations": [invocation],
            "columnKind": "unicodeCodePoints",
            "artifacts": artifacts,
            "results": results,
            "properties": {
                "format": 1,
                "summary": {
                    "high": total.summary.high, "medium": total.summary.medium, "low": total.summary.low,
                    "note": total.summary.note, "cannot_tell": total.summary.cannot_tell,
                    "triaged": total.summary.triaged, "baselined": total.summary.baselined, "stale": total.stale,
                    "failed_rules": total.failed,
                },
            },
        }],
    });
    inert(&(serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"))
}

/// The rules that something is said of, by code.
fn mentioned(checked: &Checked<'_>, reviewed: &[Reviewed<'_>]) -> Vec<&'static RuleInfo> {
    let codes: std::collections::HashSet<&str> = reviewed
        .iter()
        .flat_map(|one| {
            let found = one.findings.iter().map(|(finding, _)| finding.code);
            let doubts = one.cannot_tell.iter().map(|(doubt, _)| doubt.code);
            found.chain(doubts).chain(one.subject.analysis.failed_rules.iter().map(|failed| failed.code))
        })
        .collect();
    checked.rules().into_iter().filter(|rule| codes.contains(rule.code)).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Note => "note",
    }
}

/// A rule with its documentation.
fn descriptor(rule: &RuleInfo) -> Value {
    let mut text = String::new();
    let mut markdown = String::new();
    for (title, section) in &rule.sections {
        let _ = write!(text, "{title}\n{}\n\n", section.trim());
        let _ = write!(markdown, "## {title}\n\n{}\n\n", section.trim());
    }
    let precision = match rule.confidence {
        Confidence::Certain => "very-high",
        Confidence::Likely => "high",
        Confidence::Heuristic => "medium",
    };
    let problem = match rule.severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Note => "recommendation",
    };
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": { "text": format!("{}: {}", rule.name, rule.summary) },
        "fullDescription": { "text": rule.sections[0].1.trim() },
        "help": { "text": text.trim_end(), "markdown": markdown.trim_end() },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "severity": rule.severity.word(),
            "confidence": rule.confidence.word(),
            "family": rule.family.title(),
            "reads": rule.reads,
            "tags": ["architecture", rule.family.title()],
            "precision": precision,
            "problem.severity": problem,
        },
    })
}

fn result(
    checked: &Checked<'_>,
    one: &Reviewed<'_>,
    finding: &Finding,
    place: Option<Position>,
    index: &HashMap<&str, usize>,
    components: &HashMap<&str, Option<Position>>,
    fixes: &mut Fixes<'_>,
) -> Value {
    let mut at = location(&one.file, place);
    if let Some(at) = at.as_object_mut() {
        at.insert("logicalLocations".to_owned(), json!([logical(&finding.element)]));
    }
    let evidence: Map<String, Value> =
        finding.evidence.iter().map(|fact| (fact.name.to_owned(), figure_json(&fact.figure))).collect();
    let mut text = line(&finding.message);
    if !finding.remedy.is_empty() {
        text.push_str("\nWhat to do: ");
        text.push_str(&line(&finding.remedy));
    }
    let mut result = json!({
        "ruleId": finding.code,
        "level": level(finding.severity),
        "kind": "fail",
        "message": { "text": text },
        "locations": [at],
        "partialFingerprints": {
            "kneepointFindingId/v1": finding.id,
            // What the code scanning of GitHub tells alerts apart by: not the line, which moves.
            "primaryLocationLineHash": fingerprint(&finding.id),
        },
        "properties": {
            "id": finding.id, "severity": finding.severity.word(), "confidence": finding.confidence.word(),
            "status": finding.standing.word(), "element": finding.element.to_string(), "path": finding.path,
            "flows": finding.flows, "slos": finding.slos, "evidence": evidence, "remedy": finding.remedy,
        },
    });
    let Some(object) = result.as_object_mut() else { return result };
    if let Some(index) = index.get(finding.code) {
        object.insert("ruleIndex".to_owned(), json!(index));
    }
    if checked.baseline.is_some() {
        let state = if finding.standing == Standing::Baselined { "unchanged" } else { "new" };
        object.insert("baselineState".to_owned(), json!(state));
    }
    if !finding.standing.counts() {
        let kind = if finding.standing == Standing::Baselined { "external" } else { "inSource" };
        let why = line(&decided(&finding.standing).unwrap_or_default());
        object.insert("suppressions".to_owned(), json!([{ "kind": kind, "status": "accepted", "justification": why }]));
    }
    if let Some(path) = &finding.path {
        object.insert(
            "codeFlows".to_owned(),
            json!([{ "threadFlows": [{ "locations": steps(one, path, components) }] }]),
        );
    }
    let fixes: Vec<Value> = finding.fixes.iter().filter_map(|fix| fixes.written(one, fix)).collect();
    if !fixes.is_empty() {
        object.insert("fixes".to_owned(), Value::Array(fixes));
    }
    result
}

/// The components of a path, in order, each where it is declared.
fn steps(one: &Reviewed<'_>, path: &[String], components: &HashMap<&str, Option<Position>>) -> Vec<Value> {
    path.iter()
        .map(|id| {
            let mut at = location(&one.file, components.get(id.as_str()).copied().flatten());
            if let Some(at) = at.as_object_mut() {
                at.insert("logicalLocations".to_owned(), json!([logical(&Element::Component(id.clone()))]));
                at.insert("message".to_owned(), json!({ "text": line(id) }));
            }
            json!({ "location": at })
        })
        .collect()
}

fn execution_notes(reviewed: &[Reviewed<'_>], index: &HashMap<&str, usize>) -> Vec<Value> {
    let mut notes = Vec::new();
    for one in reviewed {
        for failed in &one.subject.analysis.failed_rules {
            notes.push(json!({
                "descriptor": { "id": "failed-rule" }, "level": "error",
                "associatedRule": rule_reference(failed.code, index),
                "message": { "text": line(&format!("{} {} failed and answered nothing: {}", failed.code, failed.name, failed.message)) },
                "locations": [location(&one.file, None)],
            }));
        }
        for (problem, place) in &one.problems {
            let level = if problem.gravity == Gravity::Error { "error" } else { "warning" };
            notes.push(json!({
                "descriptor": { "id": problem.kind.name() }, "level": level,
                "message": { "text": line(&problem.message) }, "locations": [location(&one.file, Some(*place))],
            }));
        }
        for (doubt, place) in &one.cannot_tell {
            let said =
                format!("{} {} cannot tell at {}: {} is missing", doubt.code, doubt.name, doubt.element, doubt.missing);
            notes.push(json!({
                "descriptor": { "id": "cannot-tell" }, "level": "none",
                "associatedRule": rule_reference(doubt.code, index),
                "message": { "text": line(&said) }, "locations": [location(&one.file, *place)],
                "properties": { "element": doubt.element.to_string(), "missing": doubt.missing },
            }));
        }
        for (rule, count) in &one.left_out {
            notes.push(json!({
                "descriptor": { "id": "cannot-tell-left-out" }, "level": "none",
                "associatedRule": rule_reference(rule.code, index),
                "message": { "text": line(&super::said_of_left_out(rule, *count)) },
                "locations": [location(&one.file, None)], "properties": { "count": count },
            }));
        }
    }
    notes
}

fn rule_reference(code: &str, index: &HashMap<&str, usize>) -> Value {
    match index.get(code) {
        Some(index) => json!({ "id": code, "index": index }),
        None => json!({ "id": code }),
    }
}

/// A place in a file; where the place is not known, the file.
fn location(file: &str, place: Option<Position>) -> Value {
    let mut physical = json!({ "artifactLocation": artifact(file) });
    if let (Some(place), Some(physical)) = (place, physical.as_object_mut()) {
        physical.insert("region".to_owned(), json!({ "startLine": place.line, "startColumn": place.column }));
    }
    json!({ "physicalLocation": physical })
}

/// A file below the root of the source, or by its whole name.
fn artifact(file: &str) -> Value {
    if file.starts_with('/') {
        return json!({ "uri": format!("file://{}", uri::path(file)) });
    }
    json!({ "uri": uri::path(file), "uriBaseId": "%SRCROOT%" })
}

fn logical(element: &Element) -> Value {
    let kind = match element {
        Element::Review => "review",
        Element::Component(_) => "component",
        Element::Flow(_) => "flow",
        Element::Slo(_) => "slo",
        Element::Dependency(..) => "dependency",
        Element::Path(..) => "path",
        Element::Other(..) => "element",
    };
    let name = element.to_string();
    json!({ "name": name, "fullyQualifiedName": format!("{kind}:{name}"), "kind": kind })
}

/// 64 bits of FNV-1a: the same on every machine, of an id that does not move with the lines.
fn fingerprint(id: &str) -> String {
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}:1")
}

/// Fixes as replacements of text, while they are cheap.
struct Fixes<'a> {
    document: Option<Document>,
    text: &'a str,
    tried: usize,
}

impl<'a> Fixes<'a> {
    fn new(one: &Reviewed<'a>) -> Self {
        Self { document: None, text: one.subject.text, tried: 0 }
    }

    fn written(&mut self, one: &Reviewed<'_>, fix: &Fix) -> Option<Value> {
        self.tried = self.tried.saturating_add(self.text.len().saturating_mul(fix.changes.len().max(1)));
        if self.tried > MOST_TRIED {
            return None;
        }
        let mut document = self.document.get_or_insert_with(|| Document::new(self.text.to_owned())).clone();
        document.apply(&fix.title, &fix.changes).ok()?;
        let (range, text) = difference(self.text, document.text())?;
        let from = one.subject.source.position(self.text, range.start);
        let to = one.subject.source.position(self.text, range.end);
        Some(json!({
            "description": { "text": line(&fix.title) },
            "properties": { "safety": fix.safety.word() },
            "artifactChanges": [{
                "artifactLocation": artifact(&one.file),
                "replacements": [{
                    "deletedRegion": {
                        "startLine": from.line, "startColumn": from.column, "endLine": to.line, "endColumn": to.column,
                    },
                    "insertedContent": { "text": text },
                }],
            }],
        }))
    }
}
