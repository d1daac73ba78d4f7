//! Findings as text for people: by element, with the lines of the file they are about.

use super::{Checked, Reviewed, Total, decided, evidence, hurt};
use crate::document::{Position, excerpt};
use crate::model::FixSafety;
use crate::report::Style;
use crate::report::context::{CannotTellRow, findings};
use crate::report::text::{counted, fill, line};
use crate::rules::{Finding, Standing};
use std::collections::HashMap;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// The findings of reviews as text, grouped by what they are about, what hurts most in front.
///
/// Findings that do not count are counted; `all` shows them too.
pub fn check_text(checked: &Checked<'_>, style: Style, all: bool) -> String {
    let mut out = String::new();
    for reviewed in checked.reviewed() {
        one_review(&mut out, checked, &reviewed, style, all);
    }
    let stale = checked.stale();
    if !stale.is_empty() {
        let _ = writeln!(out, "{}", style.bold("stale in the baseline"));
        for (text, _) in &stale {
            let _ = writeln!(out, "  {}", line(text));
        }
        let _ = writeln!(out, "    {}: `--write-baseline` takes them out\n", style.cyan("help"));
    }
    let _ = writeln!(out, "{}", summary(&checked.total(), style));
    out
}

/// A finding and where it stands.
type Placed<'a> = (&'a Finding, Option<Position>);

fn one_review(out: &mut String, checked: &Checked<'_>, reviewed: &Reviewed<'_>, style: Style, all: bool) {
    let mut groups: Vec<(String, Vec<Placed<'_>>)> = Vec::new();
    let mut places = HashMap::new();
    for (finding, place) in reviewed.findings.iter().filter(|(finding, _)| all || finding.standing.counts()) {
        let at = finding.element.to_string();
        let group = *places.entry(at.clone()).or_insert_with(|| {
            groups.push((at, Vec::new()));
            groups.len() - 1
        });
        groups[group].1.push((finding, *place));
    }
    for (at, findings) in groups {
        let _ = writeln!(out, "{}", style.bold(&line(&at)));
        let mut shown = None;
        for (finding, place) in findings {
            let again = shown == Some(place.map(|place| place.line));
            shown = Some(place.map(|place| place.line));
            one(out, reviewed, finding, place, again, style);
        }
        out.push('\n');
    }
    let several = checked.subjects.len() > 1;
    let heading = |what: &str| if several { format!("{what} in {}", line(&reviewed.file)) } else { what.to_owned() };
    let (undecided, more) = findings::cannot_tell(reviewed.subject);
    if !undecided.is_empty() {
        let _ = writeln!(out, "{}", style.bold(&heading("cannot tell")));
        for row in &undecided {
            wrapped(out, "  ", 0, &undecided_line(row));
        }
        if more > 0 {
            let _ = writeln!(out, "  {}", counted(more, "more missing key"));
        }
        for (rule, count) in &reviewed.left_out {
            wrapped(out, "  ", 0, &super::said_of_left_out(rule, *count));
        }
        out.push('\n');
    }
    if !reviewed.subject.analysis.failed_rules.is_empty() {
        let _ = writeln!(out, "{}", style.bold(&heading("failed")));
        for failed in &reviewed.subject.analysis.failed_rules {
            wrapped(out, "  ", 0, &format!("{} {} answered nothing: {}", failed.code, failed.name, failed.message));
        }
        out.push('\n');
    }
}

fn one(
    out: &mut String,
    reviewed: &Reviewed<'_>,
    finding: &Finding,
    place: Option<Position>,
    again: bool,
    style: Style,
) {
    let file = line(&reviewed.file);
    let at = place.map_or_else(|| file.clone(), |Position { line, column }| format!("{file}:{line}:{column}"));
    let standing = match &finding.standing {
        Standing::Open => String::new(),
        standing => format!(" ({})", standing.word()),
    };
    let _ = writeln!(
        out,
        "  {}: {}: {} {}{standing}: {}",
        style.dim(&at),
        style.severity(finding.severity.word()),
        style.bold(finding.code),
        finding.name,
        line(&finding.message)
    );
    if !again {
        lines_of_the_file(out, reviewed, finding, style);
    }
    let mut detail = |name: &str, painted: String, text: &str| {
        if !text.trim().is_empty() {
            wrapped(out, &format!("    {painted}: "), painted.len() - name.len(), text);
        }
    };
    detail("evidence", style.dim("evidence"), &evidence(finding));
    detail("hurts", style.dim("hurts"), &hurt(finding));
    if let (Standing::Triaged(_) | Standing::Expired(_), Some(why)) = (&finding.standing, decided(&finding.standing)) {
        detail("decided", style.dim("decided"), &why);
    }
    detail("help", style.cyan("help"), &finding.remedy);
    for fix in &finding.fixes {
        let how = match fix.safety {
            FixSafety::Safe => "safe: `--fix` makes it",
            FixSafety::Suggested => "to be agreed: `--fix --suggested` makes it",
        };
        detail("fix", style.cyan("fix"), &format!("{} ({how})", fix.title));
    }
}

/// The line the finding is about, marked, and the lines that say which entity it is.
fn lines_of_the_file(out: &mut String, reviewed: &Reviewed<'_>, finding: &Finding, style: Style) {
    let subject = reviewed.subject;
    let Some(entity) = finding.entity else { return };
    let keys: Vec<&str> = finding.keys.iter().map(String::as_str).collect();
    let Some(marked) = subject.source.place(entity, &keys) else { return };
    let header = subject.source.entity(entity).map(|node| node.span);
    let names = ["id", "from", "to", "finding"].into_iter();
    let beside: Vec<_> = header
        .into_iter()
        .chain(names.filter_map(|key| subject.source.value(entity, &[key])).map(|node| node.span))
        .collect();
    let lines = excerpt(subject.text, subject.source, marked, &beside);
    let digits = lines.last().map_or(0, |line| line.number.to_string().len());
    let mut before = None;
    for line in lines {
        if before.is_some_and(|before| before + 1 < line.number) {
            let _ = writeln!(out, "    {}", style.dim(&format!("{:>digits$} …", "")));
        }
        before = Some(line.number);
        let number = style.dim(&format!("{:>digits$} |", line.number));
        let _ = writeln!(out, "    {number} {}", line.text);
        if let Some(mark) = line.marked {
            let gap = " ".repeat(line.text[..mark.start].width());
            let mark = "^".repeat(line.text[mark].width().max(1));
            let bar = style.dim(&format!("{:>digits$} |", ""));
            let _ = writeln!(out, "    {bar} {gap}{}", style.paint_severity(finding.severity.word(), &mark));
        }
    }
}

/// A text behind a label, broken between words; what follows is indented. `unseen` bytes of the label show nothing.
fn wrapped(out: &mut String, label: &str, unseen: usize, text: &str) {
    let indent = label.len() - label.trim_start().len() + 2;
    out.push_str(label);
    fill(out, &line(text), label.width().saturating_sub(unseen), indent);
}

fn undecided_line(row: &CannotTellRow) -> String {
    let more = if row.more > 0 { format!(" and {} more", row.more) } else { String::new() };
    format!("{} is missing at {}{more}: {}", row.missing, row.at.join(", "), row.rules.join(", "))
}

fn summary(total: &Total, style: Style) -> String {
    let Total { summary, .. } = total;
    let counts = [
        (summary.high, "high"),
        (summary.medium, "medium"),
        (summary.low, "low"),
        (summary.note, if summary.note == 1 { "note" } else { "notes" }),
    ];
    let words: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {}", super::counted_only(*count), style.severity(word)))
        .collect();
    let found = if words.is_empty() { style.green("No findings") } else { words.join(", ") };
    let mut rest = total.beside();
    if total.files > 1 {
        rest.push(format!("{} files", total.files));
    }
    if total.safe > 0 {
        rest.push(format!("{} that `--fix` mends", super::counted_only(total.safe)));
    }
    let rest = if rest.is_empty() { String::new() } else { format!(" · {}", rest.join(" · ")) };
    format!("{found}{rest}.")
}
