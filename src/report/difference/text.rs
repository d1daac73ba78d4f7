//! A difference as text for a terminal. Each line begins with a sign, so that it reads without colour.

use super::{Compared, fates, full_at, million, month, named, promised, step, title, turns, value};
use crate::analysis::difference::{Cost, Difference, Direction, Fate, FindingMove, Turn};
use crate::report::Style;
use crate::report::capacity::table;
use crate::report::text::{counted, line};
use std::fmt::Write as _;

/// The whole difference as text.
pub fn difference_text(compared: &Compared<'_>, style: Style) -> String {
    let difference = compared.difference;
    let (before, after) = (line(compared.before.name), line(compared.after.name));
    let mut out = format!("{}\n", style.bold(&format!("{before} → {after}")));
    for caveat in compared.caveats() {
        let _ = writeln!(out, "{}", style.yellow(&line(&caveat)));
    }
    if difference.is_empty() {
        out.push_str("\nThe two say the same.\n");
        return out;
    }
    promise(&mut out, difference, style);
    findings(&mut out, &difference.findings, style);
    telling(&mut out, difference, style);
    objectives(&mut out, difference, style);
    reliability(&mut out, difference, style);
    headroom(&mut out, difference, style);
    cost(&mut out, difference, style);
    entities(&mut out, difference, style);
    out
}

fn heading(out: &mut String, title: &str, style: Style) {
    let _ = writeln!(out, "\n{}", style.bold(title));
}

fn sign(turn: Turn, style: Style) -> String {
    match turn {
        Turn::Added => style.green("+"),
        Turn::Removed => style.paint("31", "-"),
        Turn::Changed => style.yellow("~"),
    }
}

/// ` better`, ` worse`, or nothing.
fn word(direction: Option<Direction>, style: Style) -> String {
    match direction {
        Some(Direction::Better) => format!("  {}", style.green("better")),
        Some(Direction::Worse) => format!("  {}", style.red("worse")),
        None => String::new(),
    }
}

fn promise(out: &mut String, difference: &Difference, style: Style) {
    let headroom = &difference.headroom;
    if !headroom.promise_moved {
        let _ = writeln!(out, "\n{}", line(&headroom.promise.after));
        return;
    }
    heading(out, "promise", style);
    let _ = writeln!(out, "{} {}", sign(Turn::Removed, style), line(&headroom.promise.before));
    let direction = word(headroom.direction, style);
    let _ = writeln!(out, "{} {}{direction}", sign(Turn::Added, style), line(&headroom.promise.after));
}

fn findings(out: &mut String, findings: &[FindingMove], style: Style) {
    if findings.is_empty() {
        return;
    }
    heading(out, &format!("findings: {}", fates(findings)), style);
    for finding in findings {
        let mark = match finding.fate {
            // A finding that comes is bad news, one that goes is good news.
            Fate::New => style.red("+"),
            Fate::Changed => style.yellow("~"),
            Fate::Fixed => style.green("-"),
            Fate::Undecided => style.yellow("?"),
        };
        let severity = match &finding.severities {
            Some(moved) => {
                format!("{} → {}", style.severity(moved.before.word()), style.severity(moved.after.word()))
            }
            None => style.severity(finding.severity.word()),
        };
        let mut notes: Vec<&str> = Vec::new();
        match finding.fate {
            Fate::Fixed => notes.push("fixed"),
            Fate::Undecided => notes.push("the rule cannot tell any more"),
            Fate::New | Fate::Changed => {}
        }
        if !finding.counts && finding.standings.is_none() {
            notes.push("decided about");
        }
        let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
        let direction = if finding.fate == Fate::Changed { word(finding.direction, style) } else { String::new() };
        let _ = writeln!(
            out,
            "{mark} {severity} {} {} · {}{notes}{direction}",
            style.bold(finding.code),
            finding.name,
            line(&finding.element.to_string()),
        );
        match &finding.messages {
            Some(moved) => {
                let _ = writeln!(out, "    was: {}", line(&moved.before));
                let _ = writeln!(out, "    now: {}", line(&moved.after));
            }
            None if finding.fate == Fate::Changed => {}
            None => _ = writeln!(out, "    {}", line(&finding.message)),
        }
        if let Some(moved) = &finding.standings {
            let _ = writeln!(out, "    status: {} → {}", moved.before, moved.after);
        }
    }
}

fn telling(out: &mut String, difference: &Difference, style: Style) {
    if difference.telling.is_empty() {
        return;
    }
    heading(out, "cannot tell", style);
    for row in &difference.telling {
        let (mark, told) = if row.told {
            (style.green("-"), "told now, or the question is gone:")
        } else {
            (style.yellow("+"), "cannot be told:")
        };
        let text = format!("{told} {} {} · {} needs {}", row.code, row.name, row.element, row.missing);
        let _ = writeln!(out, "{mark} {}", line(&text));
    }
}

fn objectives(out: &mut String, difference: &Difference, style: Style) {
    if difference.objectives.is_empty() {
        return;
    }
    heading(out, "SLOs", style);
    for objective in &difference.objectives {
        let promise = &objective.promise;
        let turn = match (&promise.before, &promise.after) {
            (None, _) => Turn::Added,
            (_, None) => Turn::Removed,
            _ => Turn::Changed,
        };
        let told = match (turn, &promise.before, &promise.after) {
            (Turn::Changed, Some(before), Some(after)) => format!("{before} → {after}"),
            (_, before, after) => after.clone().or_else(|| before.clone()).unwrap_or_default(),
        };
        let stricter = match objective.stricter {
            Some(true) => " (stricter)",
            Some(false) => " (looser)",
            None => "",
        };
        let _ = writeln!(out, "{} {}", sign(turn, style), line(&format!("{}: {told}{stricter}", objective.id)));
    }
}

fn reliability(out: &mut String, difference: &Difference, style: Style) {
    if difference.reliability.is_empty() {
        return;
    }
    heading(out, "what the flows can promise", style);
    for moved in &difference.reliability {
        let before = promised(moved.figure, &moved.value.before, moved.at_most.before);
        let after = promised(moved.figure, &moved.value.after, moved.at_most.after);
        let turn = match (before.as_str(), after.as_str()) {
            ("–", _) => Turn::Added,
            (_, "–") => Turn::Removed,
            _ => Turn::Changed,
        };
        let text = line(&format!("{} of {}: {before} → {after}", moved.figure.called(), moved.flow));
        let _ = writeln!(out, "{} {text}{}", sign(turn, style), word(moved.direction, style));
    }
}

fn headroom(out: &mut String, difference: &Difference, style: Style) {
    let headroom = &difference.headroom;
    if headroom.resources.is_empty() && headroom.flows.is_empty() {
        return;
    }
    heading(out, "headroom: full at this multiple of today's load", style);
    let direction = |direction: Option<Direction>| direction.map(Direction::word).unwrap_or_default().to_owned();
    let turn = |before: &str, after: &str| match (before, after) {
        ("–", _) => "+",
        (_, "–") => "-",
        _ => "~",
    };
    let mut rows = vec![["", "limit", "before", "now", ""].map(str::to_owned)];
    for moved in &headroom.resources {
        let (before, after) = (full_at(&moved.saturates_at.before), full_at(&moved.saturates_at.after));
        let name = line(&format!("{} of {}", moved.kind.called(), moved.element));
        rows.push([turn(&before, &after).to_owned(), name, before, after, direction(moved.direction)]);
    }
    for moved in &headroom.flows {
        let (before, after) = (full_at(&moved.sustains.before), full_at(&moved.sustains.after));
        let name = line(&format!("the whole of {}", moved.flow));
        rows.push([turn(&before, &after).to_owned(), name, before, after, direction(moved.direction)]);
    }
    out.push_str(&table(&rows, style));
    if headroom.unmoved > 0 {
        let is = if headroom.unmoved == 1 { "is" } else { "are" };
        let _ = writeln!(out, "{} {is} full where before.", counted(headroom.unmoved, "limit"));
    }
}

fn cost(out: &mut String, difference: &Difference, style: Style) {
    if difference.cost.is_same() {
        return;
    }
    heading(out, "cost", style);
    let cost = &difference.cost.cost;
    let rows = [
        ("a month", month(&cost.before), month(&cost.after), difference.cost.per_month),
        ("a million requests", million(&cost.before), million(&cost.after), difference.cost.per_million_requests),
    ];
    for (called, before, after, direction) in rows {
        let same = if before == after { " " } else { "~" };
        let _ = writeln!(out, "{same} {called}: {before} → {after}{}", word(direction, style));
    }
    let told = |side: &Cost| -> Vec<String> {
        let unknown = side.per_million_requests.reason().map(|reason| format!("unknown: {}", line(reason)));
        let assumed =
            (!side.one_assumed.is_empty()).then(|| format!("assumed: one replica of {}", named(&side.one_assumed)));
        unknown.into_iter().chain(assumed).map(|text| line(&text)).collect()
    };
    let (before, now) = (told(&cost.before), told(&cost.after));
    for text in before.iter().filter(|text| !now.contains(text)) {
        let _ = writeln!(out, "    before, {text}");
    }
    for text in &now {
        let _ = writeln!(out, "    {text}");
    }
}

fn entities(out: &mut String, difference: &Difference, style: Style) {
    if difference.entities.is_empty() && difference.file.is_empty() {
        return;
    }
    heading(out, &format!("what the review says: {}", turns(difference)), style);
    for field in &difference.file {
        let _ = writeln!(out, "{} {}: {}", sign(Turn::Changed, style), line(&field.label), step(field, Turn::Changed));
    }
    for change in &difference.entities {
        let turn = change.turn();
        let was = change.was.as_deref().map(|was| format!(" (was {})", value(Some(was)))).unwrap_or_default();
        let _ = writeln!(out, "{} {}{was}", sign(turn, style), style.bold(&title(change)));
        for field in &change.fields {
            let _ = writeln!(out, "    {}: {}", line(&field.label), step(field, turn));
        }
    }
}
