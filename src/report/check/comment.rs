//! Findings as a comment on a pull request: what is new on one screen, the rest folded away.
//!
//! No name of a review breaks a table, opens a tag or notifies anybody.

use super::{Checked, Reviewed, decided};
use crate::document::Position;
use crate::report::text::{cell, counted, line_of};
use crate::rules::{Finding, Severity};
use std::fmt::Write as _;

/// So many findings are in the table that is open: with that the comment is one screen.
const OPEN: usize = 5;
/// So many rows are in a table that is folded away: the service takes 65,536 characters.
const FOLDED: usize = 60;
/// A message is cut at so many characters.
const LONGEST: usize = 160;
/// Names are cut earlier.
const LONGEST_NAME: usize = 80;

/// The findings of reviews as Markdown.
pub fn check_markdown(checked: &Checked<'_>) -> String {
    let reviewed = checked.reviewed();
    let total = checked.total();
    let mut findings: Vec<(&Reviewed<'_>, &Finding, Option<Position>)> = reviewed
        .iter()
        .flat_map(|one| one.findings.iter().map(move |(finding, place)| (one, *finding, *place)))
        .collect();
    findings.sort_by_key(|(_, finding, _)| std::cmp::Reverse(finding.severity));
    let (new, known): (Vec<_>, Vec<_>) = findings.into_iter().partition(|(_, finding, _)| finding.standing.counts());
    let mut out = format!("<!-- kneepoint check -->\n### Kneepoint: {}\n\n", headline(checked));
    let summary = total.summary;
    let counts: Vec<String> = [
        (summary.high, "high"),
        (summary.medium, "medium"),
        (summary.low, "low"),
        (summary.note, if summary.note == 1 { "note" } else { "notes" }),
    ]
    .iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("**{} {word}**", super::counted_only(*count)))
    .chain(total.beside())
    .collect();
    if !counts.is_empty() {
        let _ = writeln!(out, "{}\n", counts.join(" · "));
    }
    let (open, more) = new.split_at(new.len().min(OPEN));
    table(&mut out, checked, open);
    if !more.is_empty() {
        folded(&mut out, &counted(more.len(), "more finding"), |out| table(out, checked, more));
    }
    let failed: Vec<String> = checked
        .subjects
        .iter()
        .flat_map(|subject| &subject.analysis.failed_rules)
        .map(|failed| {
            format!("- {} {} failed and answered nothing: {}", failed.code, failed.name, short(&failed.message))
        })
        .collect();
    list(&mut out, &failed);
    let stale: Vec<String> = checked.stale().iter().map(|(said, _)| format!("- {}", short(said))).collect();
    if !stale.is_empty() {
        folded(&mut out, &format!("{} in the baseline", counted(stale.len(), "stale line")), |out| list(out, &stale));
    }
    let mut doubts: Vec<String> = reviewed
        .iter()
        .flat_map(|one| &one.cannot_tell)
        .map(|(doubt, _)| {
            let at = name(&doubt.element.to_string());
            format!("- {} {} at {at}: {} is missing", doubt.code, doubt.name, cell(&doubt.missing))
        })
        .collect();
    if !doubts.is_empty() {
        let left_out = reviewed.iter().flat_map(|one| &one.left_out);
        doubts.extend(left_out.map(|(rule, count)| format!("- {}", super::said_of_left_out(rule, *count))));
        let all = checked.total().summary.cannot_tell;
        folded(&mut out, &format!("{} cannot tell", super::counted_only(all)), |out| list(out, &doubts));
    }
    if !known.is_empty() {
        folded(&mut out, &format!("{} baselined or decided about", counted(known.len(), "finding")), |out| {
            let rows: Vec<String> = known
                .iter()
                .map(|(_, finding, _)| {
                    let why = decided(&finding.standing).unwrap_or_default();
                    let at = name(&finding.element.to_string());
                    let (code, rule, word) = (finding.code, finding.name, finding.standing.word());
                    format!("- {code} {rule} at {at} ({word}: {})", short(&why))
                })
                .collect();
            list(out, &rows);
        });
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// How many findings count, in a few words.
pub(super) fn headline(checked: &Checked<'_>) -> String {
    let count = checked.total().counting();
    let noun = if checked.baseline.is_some() { "new finding" } else { "finding" };
    if count == 0 { format!("no {noun}s") } else { counted(count, noun) }
}

fn table(out: &mut String, checked: &Checked<'_>, rows: &[(&Reviewed<'_>, &Finding, Option<Position>)]) {
    if rows.is_empty() {
        return;
    }
    out.push_str("| | Finding | At | What was found, and what to do |\n|---|---|---|---|\n");
    for (reviewed, finding, place) in rows.iter().take(FOLDED) {
        let rule = format!("[{} {}]({})", finding.code, finding.name, target(checked, &reviewed.file, *place));
        let word = match finding.severity {
            Severity::High => "**high**",
            severity => severity.word(),
        };
        let at = name(&finding.element.to_string());
        let said = short(&finding.message);
        let help =
            if finding.remedy.is_empty() { String::new() } else { format!("<br>→ {}", short(&finding.remedy)) };
        let _ = writeln!(out, "| {word} | {rule} | {at} | {said}{help} |");
    }
    if rows.len() > FOLDED {
        let _ = writeln!(out, "\n{} not listed here.", counted(rows.len() - FOLDED, "finding"));
    }
    out.push('\n');
}

fn list(out: &mut String, rows: &[String]) {
    for row in rows.iter().take(FOLDED) {
        let _ = writeln!(out, "{row}");
    }
    if rows.len() > FOLDED {
        let _ = writeln!(out, "- {} more", super::counted_only(rows.len() - FOLDED));
    }
    if !rows.is_empty() {
        out.push('\n');
    }
}

fn folded(out: &mut String, title: &str, inside: impl FnOnce(&mut String)) {
    let _ = writeln!(out, "<details><summary>{title}</summary>\n");
    inside(out);
    out.push_str("</details>\n\n");
}

fn short(text: &str) -> String {
    cell(&line_of(text, LONGEST))
}

fn name(text: &str) -> String {
    cell(&line_of(text, LONGEST_NAME))
}

/// Where a finding stands, as the target of a link.
fn target(checked: &Checked<'_>, file: &str, place: Option<Position>) -> String {
    let at = place.map(|place| format!("#L{}", place.line)).unwrap_or_default();
    format!("{}{}{at}", checked.link.unwrap_or_default(), super::uri::path(file))
}
