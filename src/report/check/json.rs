//! Findings as JSON, format 1: keys are added, never renamed.

use super::Checked;
use crate::analysis::Analysis;
use crate::document::Position;
use crate::model::{Change, Fix, is_bidirectional_control};
use crate::report::context::gravity;
use crate::rules::{Fact, Figure, Finding, Standing};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The findings of reviews as JSON.
pub fn check_json(checked: &Checked<'_>) -> String {
    let reviewed = checked.reviewed();
    let total = checked.total();
    let summary = total.summary;
    let findings: Vec<Value> = reviewed
        .iter()
        .flat_map(|reviewed| {
            reviewed.findings.iter().map(|(finding, place)| finding_json(reviewed.subject.file, finding, *place))
        })
        .collect();
    let cannot_tell: Vec<Value> = reviewed
        .iter()
        .flat_map(|reviewed| {
            reviewed.cannot_tell.iter().map(|(undecided, place)| {
                json!({
                    "code": undecided.code, "name": undecided.name, "element": undecided.element.to_string(),
                    "missing": undecided.missing, "file": reviewed.subject.file,
                    "line": place.map(|place| place.line), "column": place.map(|place| place.column),
                })
            })
        })
        .collect();
    let left_out: Vec<Value> = reviewed
        .iter()
        .flat_map(|reviewed| {
            reviewed.left_out.iter().map(|(rule, count)| {
                json!({ "code": rule.code, "name": rule.name, "count": count, "file": reviewed.subject.file })
            })
        })
        .collect();
    let problems: Vec<Value> = reviewed
        .iter()
        .flat_map(|reviewed| {
            reviewed.problems.iter().map(|(problem, Position { line, column })| {
                json!({
                    "file": reviewed.subject.file, "line": line, "column": column,
                    "gravity": gravity(problem.gravity), "kind": problem.kind.name(), "message": problem.message,
                    "help": problem.help,
                })
            })
        })
        .collect();
    let failed: Vec<Value> = checked
        .subjects
        .iter()
        .flat_map(|subject| {
            subject.analysis.failed_rules.iter().map(move |failed| {
                json!({ "code": failed.code, "name": failed.name, "message": failed.message, "file": subject.file })
            })
        })
        .collect();
    let baseline = checked.baseline.map(|baseline| {
        let stale = baseline.stale.iter();
        let stale: Vec<Value> =
            stale.map(|stale| json!({ "line": stale.line, "id": stale.id, "why": stale.why })).collect();
        json!({ "file": baseline.file, "ids": baseline.lines, "stale": stale })
    });
    // Reviews of one team are judged alike; where they are not, each has its own.
    let judged: Vec<Value> = checked
        .subjects
        .iter()
        .map(|subject| json!({ "file": subject.file, "rules": rules(subject.analysis), "thresholds": thresholds(subject.analysis) }))
        .collect();
    let document = json!({
        "format": 1,
        "files": checked.subjects.iter().map(|subject| subject.file).collect::<Vec<_>>(),
        "as_of": checked.subjects.first().map(|subject| subject.as_of.to_string()),
        "summary": {
            "high": summary.high, "medium": summary.medium, "low": summary.low, "note": summary.note,
            "cannot_tell": summary.cannot_tell, "triaged": summary.triaged, "baselined": summary.baselined,
            "stale": total.stale, "failed_rules": total.failed, "passed": summary.passed,
            "fixable": total.mendable, "safely_fixable": total.safe,
        },
        "findings": findings,
        "cannot_tell": cannot_tell,
        "cannot_tell_left_out": left_out,
        "problems": problems,
        "failed_rules": failed,
        "baseline": baseline,
        "fail_on": checked.gate.map_or("never", crate::rules::Severity::word),
        "rules": checked.rules().iter().map(|rule| rule.code).collect::<Vec<_>>(),
        "thresholds": checked.subjects.first().map(|subject| thresholds(subject.analysis)),
        "judged": judged,
    });
    pretty(&document)
}

fn rules(analysis: &Analysis) -> Vec<&'static str> {
    analysis.rules.iter().map(|rule| rule.code).collect()
}

/// The thresholds in force, by `CODE.key`.
fn thresholds(analysis: &Analysis) -> Map<String, Value> {
    let settings = analysis.rules.iter().flat_map(|rule| rule.settings.iter().map(move |setting| (rule.code, setting)));
    settings
        .map(|(code, setting)| {
            let key = format!("{code}.{}", setting.key);
            let value = number(analysis.thresholds.get(&key).copied().unwrap_or(setting.default));
            (key, value)
        })
        .collect()
}

fn finding_json(file: &str, finding: &Finding, place: Option<Position>) -> Value {
    let mut evidence = Map::new();
    for Fact { name, figure } in &finding.evidence {
        evidence.insert((*name).to_owned(), figure_json(figure));
    }
    let decision = match &finding.standing {
        Standing::Triaged(mark) | Standing::Expired(mark) => Some(json!({
            "status": mark.status.word(), "reason": mark.reason,
            "expires": mark.expires.map(|day| day.to_string()),
        })),
        _ => None,
    };
    json!({
        "id": finding.id, "code": finding.code, "name": finding.name,
        "severity": finding.severity.word(), "confidence": finding.confidence.word(),
        "element": finding.element.to_string(), "path": finding.path, "message": finding.message,
        "evidence": evidence, "flows": finding.flows, "slos": finding.slos, "remedy": finding.remedy,
        "file": file,
        "line": place.map(|place| place.line), "column": place.map(|place| place.column),
        "status": finding.standing.word(), "counts": finding.standing.counts(), "decision": decision,
        "fixes": finding.fixes.iter().map(fix_json).collect::<Vec<_>>(),
    })
}

fn fix_json(fix: &Fix) -> Value {
    let changes: Vec<Value> = fix
        .changes
        .iter()
        .map(|change| match change {
            Change::Set { entity, key, value } => {
                json!({ "set": { "table": entity.kind.table(), "index": entity.index, "key": key, "value": value } })
            }
            Change::Add { kind, fields } => {
                let fields: Map<String, Value> =
                    fields.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
                json!({ "add": { "table": kind.table(), "fields": fields } })
            }
        })
        .collect();
    json!({ "title": fix.title, "safety": fix.safety.word(), "changes": changes })
}

pub(super) fn figure_json(figure: &Figure) -> Value {
    match figure {
        Figure::Seconds(value)
        | Figure::PerSecond(value)
        | Figure::Ratio(value)
        | Figure::Percent(value)
        | Figure::Count(value) => number(*value),
        Figure::Text(text) => json!(text),
        Figure::List(names) => json!(names),
    }
}

/// A number; `null` where it is not finite.
pub(in crate::report) fn number(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { Value::Null }
}

/// Indented, with a line end. Characters that a terminal obeys are escaped as JSON has them.
pub(in crate::report) fn pretty(value: &Value) -> String {
    inert(&(serde_json::to_string_pretty(value).unwrap_or_default() + "\n"))
}

/// JSON in which no character of a string is one that a terminal obeys: the writer escapes only those below U+0020.
pub(in crate::report) fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\u{7f}' || (c.is_control() && c != '\n') || is_bidirectional_control(c) {
            let _ = write!(out, "\\u{:04x}", c as u32);
        } else {
            out.push(c);
        }
    }
    out
}
