//! What `check` says about reviews: text for people, JSON for programs.
//!
//! Must not know gates and exit codes. The JSON is a contract (format 1): keys are added, never renamed.

use super::Style;
use super::context::{CannotTellRow, Subject, findings, gravity, show_figure};
use super::text::{counted, line};
use crate::document::Position;
use crate::model::{Gravity, is_bidirectional_control};
use crate::rules::{Fact, Figure, Finding, Standing, Summary};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The findings of reviews as text, grouped by what they are about.
///
/// Findings that somebody decided about are counted; `all` shows them too.
pub fn check_text(subjects: &[Subject<'_>], style: Style, all: bool) -> String {
    let mut out = String::new();
    for subject in subjects {
        let mut groups: Vec<(String, Vec<&Finding>)> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for finding in subject.analysis.findings.iter().filter(|finding| all || finding.standing.counts()) {
            let at = finding.element.to_string();
            let place = *places.entry(at.clone()).or_insert_with(|| {
                groups.push((at, Vec::new()));
                groups.len() - 1
            });
            groups[place].1.push(finding);
        }
        for (at, findings) in groups {
            let _ = writeln!(out, "{}", style.bold(&line(&at)));
            for finding in findings {
                out.push_str(&one(subject, finding, style));
            }
            out.push('\n');
        }
        let (undecided, more) = findings::cannot_tell(subject);
        if !undecided.is_empty() {
            let heading = if subjects.len() > 1 {
                format!("cannot tell in {}", line(subject.file))
            } else {
                "cannot tell".to_owned()
            };
            let _ = writeln!(out, "{}", style.bold(&heading));
            for row in &undecided {
                let _ = writeln!(out, "  {}", undecided_line(row));
            }
            if more > 0 {
                let _ = writeln!(out, "  {}", counted(more, "more missing key"));
            }
            out.push('\n');
        }
    }
    let errors = subjects.iter().flat_map(|subject| subject.problems).filter(|p| p.gravity == Gravity::Error).count();
    let _ = writeln!(out, "{}", summary_line(total(subjects), errors, subjects.len(), style));
    out
}

fn one(subject: &Subject<'_>, finding: &Finding, style: Style) -> String {
    let mut out = String::new();
    let place = match subject.place(finding.entity, &finding.keys) {
        Some(Position { line, column }) => format!("{}:{line}:{column}", self::line(subject.file)),
        None => line(subject.file),
    };
    let standing = match &finding.standing {
        Standing::Open => String::new(),
        standing => format!(" ({})", standing.word()),
    };
    let _ = writeln!(
        out,
        "  {}: {}: {} {}{standing}: {}",
        style.dim(&place),
        style.severity(finding.severity.word()),
        style.bold(finding.code),
        finding.name,
        line(&finding.message)
    );
    let mut detail = |name: &str, text: &str| {
        if !text.is_empty() {
            let _ = writeln!(out, "    {}: {}", style.dim(name), line(text));
        }
    };
    let facts: Vec<String> = finding
        .evidence
        .iter()
        .map(|fact| format!("{} {}", fact.name.replace('_', " "), show_figure(&fact.figure)))
        .collect();
    detail("evidence", &facts.join(" · "));
    let hurt: Vec<&str> = finding.flows.iter().chain(&finding.slos).map(String::as_str).collect();
    detail("hurts", &hurt.join(", "));
    if let Standing::Triaged(mark) | Standing::Expired(mark) = &finding.standing {
        detail("decided", mark.reason.as_deref().unwrap_or("no reason given"));
    }
    if !finding.remedy.is_empty() {
        let _ = writeln!(out, "    {}: {}", style.cyan("help"), line(&finding.remedy));
    }
    out
}

fn undecided_line(row: &CannotTellRow) -> String {
    let more = if row.more > 0 { format!(" and {} more", row.more) } else { String::new() };
    line(&format!("{} is missing at {}{more}: {}", row.missing, row.at.join(", "), row.rules.join(", ")))
}

fn total(subjects: &[Subject<'_>]) -> Summary {
    let mut total = Summary::default();
    for summary in subjects.iter().map(|subject| subject.analysis.summary) {
        total.high += summary.high;
        total.medium += summary.medium;
        total.low += summary.low;
        total.note += summary.note;
        total.cannot_tell += summary.cannot_tell;
        total.triaged += summary.triaged;
    }
    total
}

fn summary_line(summary: Summary, errors: usize, files: usize, style: Style) -> String {
    let counts = [
        (summary.high, "high"),
        (summary.medium, "medium"),
        (summary.low, "low"),
        (summary.note, if summary.note == 1 { "note" } else { "notes" }),
    ];
    let words: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {}", style.severity(word)))
        .collect();
    let found = if words.is_empty() { style.green("No findings") } else { words.join(", ") };
    let mut rest = Vec::new();
    if errors > 0 {
        rest.push(format!("{} in what was read", style.red(&counted(errors, "error"))));
    }
    if summary.cannot_tell > 0 {
        rest.push(format!("{} cannot tell", summary.cannot_tell));
    }
    if summary.triaged > 0 {
        rest.push(format!("{} decided about", summary.triaged));
    }
    if files > 1 {
        rest.push(format!("{files} files"));
    }
    let rest = if rest.is_empty() { String::new() } else { format!(" · {}", rest.join(" · ")) };
    format!("{found}{rest}.")
}

/// The findings of reviews as JSON, format 1.
pub fn check_json(subjects: &[Subject<'_>]) -> String {
    let summary = total(subjects);
    let findings: Vec<Value> = subjects
        .iter()
        .flat_map(|subject| subject.analysis.findings.iter().map(move |finding| finding_json(subject, finding)))
        .collect();
    let cannot_tell: Vec<Value> = subjects
        .iter()
        .flat_map(|subject| {
            subject.analysis.cannot_tell.iter().map(move |undecided| {
                let place = subject.place(undecided.entity, &[]);
                json!({
                    "code": undecided.code, "name": undecided.name, "element": undecided.element.to_string(),
                    "missing": undecided.missing, "file": subject.file,
                    "line": place.map(|place| place.line), "column": place.map(|place| place.column),
                })
            })
        })
        .collect();
    let problems: Vec<Value> = subjects
        .iter()
        .flat_map(|subject| {
            subject.problems.iter().map(move |problem| {
                let Position { line, column } = subject.source.position(subject.text, problem.span.start);
                json!({
                    "file": subject.file, "line": line, "column": column, "gravity": gravity(problem.gravity),
                    "kind": problem.kind.name(), "message": problem.message, "help": problem.help,
                })
            })
        })
        .collect();
    let document = json!({
        "format": 1,
        "files": subjects.iter().map(|subject| subject.file).collect::<Vec<_>>(),
        "summary": {
            "high": summary.high, "medium": summary.medium, "low": summary.low, "note": summary.note,
            "cannot_tell": summary.cannot_tell, "triaged": summary.triaged,
        },
        "findings": findings,
        "cannot_tell": cannot_tell,
        "problems": problems,
    });
    pretty(&document)
}

fn finding_json(subject: &Subject<'_>, finding: &Finding) -> Value {
    let place = subject.place(finding.entity, &finding.keys);
    let mut evidence = Map::new();
    for Fact { name, figure } in &finding.evidence {
        evidence.insert((*name).to_owned(), figure_json(figure));
    }
    json!({
        "id": finding.id, "code": finding.code, "name": finding.name,
        "severity": finding.severity.word(), "confidence": finding.confidence.word(),
        "element": finding.element.to_string(), "path": finding.path, "message": finding.message,
        "evidence": evidence, "flows": finding.flows, "slos": finding.slos, "remedy": finding.remedy,
        "file": subject.file,
        "line": place.map(|place| place.line), "column": place.map(|place| place.column),
        "status": finding.standing.word(),
    })
}

fn figure_json(figure: &Figure) -> Value {
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
pub(super) fn number(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { Value::Null }
}

/// Indented, with a line end. Characters that a terminal obeys are escaped as JSON has them.
pub(super) fn pretty(value: &Value) -> String {
    inert(&(serde_json::to_string_pretty(value).unwrap_or_default() + "\n"))
}

/// JSON in which no character of a string is one that a terminal obeys: the writer escapes only those below U+0020.
pub(super) fn inert(text: &str) -> String {
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
