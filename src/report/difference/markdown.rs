//! A difference as a comment on a pull request: what matters fits one screen, the rest is folded.

use super::{Compared, LONGEST_VALUE, fates, full_at, million, month, promised, step, title, turns};
use crate::analysis::difference::{Difference, Direction, FindingMove, Turn};
use crate::report::text::{cell, code, counted, line_of};
use crate::rules::Severity;
use std::fmt::Write as _;

/// New findings that are shown unfolded.
const MOST_FINDINGS: usize = 5;
/// Limits that are shown unfolded.
const MOST_LIMITS: usize = 5;
/// Figures of flows that are shown.
const MOST_PROMISES: usize = 4;
/// A message of an unfolded finding is cut: one screen is all there is.
const LONGEST_MESSAGE: usize = 180;
/// Characters of the folded parts together: a comment takes 65,536 in all.
const LONGEST_FOLD: usize = 48_000;

/// The difference as Markdown for a pull request.
pub fn difference_markdown(compared: &Compared<'_>) -> String {
    let difference = compared.difference;
    let mut out = format!(
        "<!-- Written by kneepoint. -->\n### Review: {} → {}\n\n",
        code(&line_of(compared.before.name, LONGEST_VALUE)),
        code(&line_of(compared.after.name, LONGEST_VALUE))
    );
    for caveat in compared.caveats() {
        let _ = writeln!(out, "⚠ {}\n", cell(&caveat));
    }
    if difference.is_empty() {
        out.push_str("The two say the same.\n");
        return out;
    }
    headline(&mut out, difference);
    let shown = worst(&mut out, difference);
    let limits = headroom(&mut out, difference);
    one_line(&mut out, difference);
    let mut room = LONGEST_FOLD;
    fold(&mut out, "Findings", &fates(&difference.findings), rest_of_findings(difference, shown), &mut room);
    fold(&mut out, "Headroom", "all that moved", all_limits(difference, limits), &mut room);
    let told = counted(difference.telling.len(), "change");
    fold(&mut out, "Cannot tell", &told, telling(difference), &mut room);
    fold(&mut out, "What the review says", &turns(difference), entities(difference), &mut room);
    out
}

fn word(direction: Option<Direction>) -> &'static str {
    match direction {
        Some(Direction::Better) => "better",
        Some(Direction::Worse) => "**worse**",
        None => "",
    }
}

fn headline(out: &mut String, difference: &Difference) {
    let headroom = &difference.headroom;
    if headroom.promise_moved {
        let direction = word(headroom.direction);
        let direction = if direction.is_empty() { String::new() } else { format!(" ({direction})") };
        let _ = writeln!(out, "Before: {}", cell(&headroom.promise.before));
        let _ = writeln!(out, "**Now: {}**{direction}\n", cell(&headroom.promise.after));
    } else {
        let _ = writeln!(out, "**{}** As before.\n", cell(&headroom.promise.after));
    }
}

fn of_finding(finding: &FindingMove, longest: usize) -> String {
    let message = cell(&line_of(&finding.message, longest));
    format!("{} {} {}: {message}", finding.code, finding.name, cell(&finding.element.to_string()))
}

/// The new findings that somebody has to look at; how many are shown.
fn worst(out: &mut String, difference: &Difference) -> usize {
    let new: Vec<&FindingMove> = difference.new_findings(Severity::Medium).collect();
    if new.is_empty() {
        out.push_str("No new finding of severity high or medium.\n\n");
        return 0;
    }
    let _ = writeln!(out, "**{} of severity high or medium:**\n", counted(new.len(), "new finding"));
    for finding in new.iter().take(MOST_FINDINGS) {
        let _ = writeln!(out, "- **{}** {}", finding.severity.word(), of_finding(finding, LONGEST_MESSAGE));
    }
    if new.len() > MOST_FINDINGS {
        let _ = writeln!(out, "- … and {} more, folded below", new.len() - MOST_FINDINGS);
    }
    out.push('\n');
    new.len().min(MOST_FINDINGS)
}

fn limit_rows(difference: &Difference) -> Vec<String> {
    let headroom = &difference.headroom;
    let limits = headroom.resources.iter().map(|moved| {
        let name = cell(&format!("{} of {}", moved.kind.called(), moved.element));
        (name, &moved.saturates_at, moved.direction)
    });
    let flows = headroom
        .flows
        .iter()
        .map(|moved| (cell(&format!("the whole of {}", moved.flow)), &moved.sustains, moved.direction));
    limits
        .chain(flows)
        .map(|(name, at, direction)| {
            let (before, after) = (cell(&full_at(&at.before)), cell(&full_at(&at.after)));
            format!("| {name} | {before} | {after} | {} |\n", word(direction))
        })
        .collect()
}

const LIMITS: &str = "| Full at × today's load | Before | Now | |\n|---|--:|--:|---|\n";

/// The limits that are full first; how many are shown.
fn headroom(out: &mut String, difference: &Difference) -> usize {
    let rows = limit_rows(difference);
    let shown = rows.len().min(MOST_LIMITS);
    if shown > 0 {
        out.push_str(LIMITS);
        rows[..shown].iter().for_each(|row| out.push_str(row));
        out.push('\n');
    }
    shown
}

/// What is left to say of findings, objectives and costs, in a few words each.
fn one_line(out: &mut String, difference: &Difference) {
    for objective in difference.objectives.iter().take(3) {
        let promise = &objective.promise;
        let said = |text: &Option<String>| text.as_deref().map_or("–".to_owned(), |text| cell(&line_of(text, 100)));
        let stricter = match objective.stricter {
            Some(true) => " (stricter)",
            Some(false) => " (looser)",
            None => "",
        };
        let id = cell(&line_of(&objective.id, 80));
        let _ = writeln!(out, "SLO {id}: {} → {}{stricter}  ", said(&promise.before), said(&promise.after));
    }
    if difference.objectives.len() > 3 {
        let _ = writeln!(out, "{}  ", counted(difference.objectives.len() - 3, "more SLO"));
    }
    for moved in difference.reliability.iter().take(MOST_PROMISES) {
        let before = promised(moved.figure, &moved.value.before, moved.at_most.before);
        let after = promised(moved.figure, &moved.value.after, moved.at_most.after);
        let direction = match word(moved.direction) {
            "" => String::new(),
            word => format!(" ({word})"),
        };
        let flow = cell(&line_of(&moved.flow, 80));
        let _ = writeln!(out, "{} of {flow}: {} → {}{direction}  ", moved.figure.called(), cell(&before), cell(&after));
    }
    if difference.reliability.len() > MOST_PROMISES {
        let _ = writeln!(out, "{}  ", counted(difference.reliability.len() - MOST_PROMISES, "more figure of flows"));
    }
    if !difference.cost.is_same() {
        let cost = &difference.cost.cost;
        let direction = |direction| match word(direction) {
            "" => String::new(),
            word => format!(" ({word})"),
        };
        let _ = writeln!(
            out,
            "Cost a month: {} → {}{}; a million requests: {} → {}{}  ",
            cell(&month(&cost.before)),
            cell(&month(&cost.after)),
            direction(difference.cost.per_month),
            cell(&million(&cost.before)),
            cell(&million(&cost.after)),
            direction(difference.cost.per_million_requests),
        );
    }
}

/// A folded part; what does not fit a comment any more is counted.
fn fold(out: &mut String, title: &str, about: &str, rows: (String, Vec<String>), room: &mut usize) {
    let (head, rows) = rows;
    if rows.is_empty() {
        return;
    }
    let about = if about.is_empty() { String::new() } else { format!(": {about}") };
    let _ = writeln!(out, "\n<details><summary>{title}{about}</summary>\n");
    out.push_str(&head);
    let total = rows.len();
    for (place, row) in rows.into_iter().enumerate() {
        let length = row.chars().count();
        if length > *room {
            *room = 0;
            let _ = writeln!(out, "\n… and {} more; `kneepoint diff` shows all", total - place);
            break;
        }
        *room -= length;
        out.push_str(&row);
    }
    out.push_str("\n</details>\n");
}

fn rest_of_findings(difference: &Difference, shown: usize) -> (String, Vec<String>) {
    let mut unfolded = shown;
    let mut rows = Vec::new();
    for finding in &difference.findings {
        let is_new = finding.fate.word() == "new" && finding.counts && finding.severity >= Severity::Medium;
        if is_new && unfolded > 0 {
            unfolded -= 1;
            continue;
        }
        let severity = match &finding.severities {
            Some(moved) => format!("{} → {}", moved.before.word(), moved.after.word()),
            None => finding.severity.word().to_owned(),
        };
        let mut row = format!("- {} · {severity} · {}", finding.fate.word(), of_finding(finding, LONGEST_VALUE));
        if let Some(moved) = &finding.messages {
            let _ = write!(row, " Was: {}", cell(&line_of(&moved.before, LONGEST_VALUE)));
        }
        if let Some(moved) = &finding.standings {
            let _ = write!(row, " Status: {} → {}.", moved.before, moved.after);
        }
        rows.push(row + "\n");
    }
    (String::new(), rows)
}

fn all_limits(difference: &Difference, shown: usize) -> (String, Vec<String>) {
    let rows = limit_rows(difference);
    let rows = if rows.len() > shown { rows } else { Vec::new() };
    (LIMITS.to_owned(), rows)
}

fn telling(difference: &Difference) -> (String, Vec<String>) {
    let rows = difference.telling.iter().map(|row| {
        let told = if row.told { "told now, or gone" } else { "cannot be told" };
        format!(
            "- {told}: {} {} {} needs {}\n",
            row.code,
            row.name,
            cell(&line_of(&row.element, LONGEST_VALUE)),
            code(&row.missing)
        )
    });
    (String::new(), rows.collect())
}

fn entities(difference: &Difference) -> (String, Vec<String>) {
    let mut rows = Vec::new();
    for field in &difference.file {
        rows.push(format!("- ~ {}: {}\n", cell(&field.label), cell(&step(field, Turn::Changed))));
    }
    for change in &difference.entities {
        let turn = change.turn();
        let sign = match turn {
            Turn::Added => "+",
            Turn::Removed => "−",
            Turn::Changed => "~",
        };
        let was = change.was.as_deref().map(|was| format!(" (was {})", cell(&line_of(was, 80)))).unwrap_or_default();
        let mut row = format!("- {sign} **{}**{was}", cell(&title(change)));
        let fields: Vec<String> =
            change.fields.iter().map(|field| format!("{}: {}", cell(&field.label), cell(&step(field, turn)))).collect();
        if !fields.is_empty() {
            let _ = write!(row, " — {}", fields.join("; "));
        }
        rows.push(row + "\n");
    }
    (String::new(), rows)
}
