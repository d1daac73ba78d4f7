//! Findings as workflow commands of GitHub Actions: notes at the lines of a change.
//!
//! The service shows ten errors, ten warnings and ten notices of a step; what is beyond is printed as plain lines of the
//! log, and said. No text of a review can make a command of its own: line ends are escaped, and so is what would begin
//! one inside a line.

use super::{Checked, evidence, hurt};
use crate::document::Position;
use crate::model::Gravity;
use crate::report::text::line;
use crate::rules::Severity;
use std::fmt::Write as _;

/// So many of each level are shown by the service.
const SHOWN: usize = 10;
const LEVELS: [&str; 3] = ["error", "warning", "notice"];

struct Note {
    level: usize,
    file: Option<String>,
    place: Option<Position>,
    title: String,
    message: String,
}

/// The findings of reviews as workflow commands.
pub fn check_github(checked: &Checked<'_>) -> String {
    let notes = notes(checked);
    let total = checked.total();
    let mut beside = total.beside();
    let mut shown = [0; 3];
    let mut rest: Vec<&Note> = Vec::new();
    let mut out = String::new();
    for note in &notes {
        // The last notice is the one that sums up.
        let most = if note.level == 2 { SHOWN - 1 } else { SHOWN };
        if shown[note.level] < most {
            shown[note.level] += 1;
            command(&mut out, note);
        } else {
            rest.push(note);
        }
    }
    if !rest.is_empty() {
        beside.push(format!("{} more in the log of this step", super::counted_only(rest.len())));
    }
    if !beside.is_empty() {
        let message = format!("{}: {}", super::comment::headline(checked), beside.join(", "));
        command(&mut out, &Note { level: 2, file: None, place: None, title: "kneepoint".to_owned(), message });
    }
    if !rest.is_empty() {
        out.push_str("::group::Findings that are not shown as annotations\n");
        for note in rest {
            let file = note.file.as_deref().map(line).unwrap_or_default();
            let at = note.place.map(|place| format!(":{}:{}", place.line, place.column)).unwrap_or_default();
            let text = format!("- {file}{at}: {}: {}: {}", LEVELS[note.level], line(&note.title), line(&note.message));
            let _ = writeln!(out, "{}", inert(&text));
        }
        out.push_str("::endgroup::\n");
    }
    out
}

fn notes(checked: &Checked<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut findings = Vec::new();
    for reviewed in checked.reviewed() {
        let file = Some(reviewed.file.clone());
        for failed in &reviewed.subject.analysis.failed_rules {
            let title = format!("{} {} failed", failed.code, failed.name);
            let message = format!("the rule answered nothing: {}", failed.message);
            notes.push(Note { level: 0, file: file.clone(), place: None, title, message });
        }
        for (problem, place) in &reviewed.problems {
            let level = usize::from(problem.gravity == Gravity::Warning);
            let title = problem.kind.name().to_owned();
            let help = problem.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
            let message = format!("{}{help}", problem.message);
            notes.push(Note { level, file: file.clone(), place: Some(*place), title, message });
        }
        for (finding, place) in reviewed.findings.iter().filter(|(finding, _)| finding.standing.counts()) {
            let level = match finding.severity {
                Severity::High => 0,
                Severity::Medium => 1,
                Severity::Low | Severity::Note => 2,
            };
            let mut message = format!("{}: {}", finding.element, finding.message);
            let path = finding.path.as_ref().map(|path| path.join(" -> ")).unwrap_or_default();
            for (name, text) in [
                ("path", path),
                ("evidence", evidence(finding)),
                ("hurts", hurt(finding)),
                ("help", finding.remedy.clone()),
            ] {
                if !text.is_empty() {
                    let _ = write!(message, "\n{name}: {}", line(&text));
                }
            }
            let title = format!("{} {} ({})", finding.code, finding.name, finding.severity.word());
            findings.push((finding.severity, Note { level, file: file.clone(), place: *place, title, message }));
        }
    }
    findings.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    notes.extend(findings.into_iter().map(|(_, note)| note));
    for (message, stale) in checked.stale() {
        let file = checked.baseline.map(|baseline| baseline.file.to_owned());
        let place = Some(Position { line: stale.line, column: 1 });
        notes.push(Note { level: 2, file, place, title: "stale line of the baseline".to_owned(), message });
    }
    notes
}

fn command(out: &mut String, note: &Note) {
    let mut properties = Vec::new();
    if let Some(file) = &note.file {
        properties.push(format!("file={}", property(file)));
    }
    if let Some(Position { line, column }) = note.place {
        properties.push(format!("line={line},col={column}"));
    }
    properties.push(format!("title={}", property(&note.title)));
    let lines: Vec<String> = note.message.lines().map(|text| data(&line(text))).collect();
    let _ = writeln!(out, "::{} {}::{}", LEVELS[note.level], properties.join(","), lines.join("%0A"));
}

fn data(text: &str) -> String {
    inert(&text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A"))
}

fn property(text: &str) -> String {
    data(&line(text)).replace(':', "%3A").replace(',', "%2C")
}

/// Without the mark of the older commands, which counts anywhere in a line.
fn inert(text: &str) -> String {
    text.replace("##[", "## [")
}
