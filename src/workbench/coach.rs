//! The coach: why this matters, what was found about the element under the cursor, and where its numbers come from.

use super::place::{Navigation, Place};
use super::screens::{self, Target, severity_line};
use super::session::Session;
use super::view::{Line, Role, wrap};
use crate::model::{Element, field_at};
use crate::rules::Finding;

/// Whether a finding is about an element: itself, one of its ends, or a path through it.
fn concerns(finding: &Finding, element: &Element) -> bool {
    if finding.element == *element {
        return true;
    }
    match (element, &finding.element) {
        (Element::Component(id), Element::Dependency(from, to)) => from == id || to == id,
        (Element::Component(id), Element::Path(_, path)) => path.contains(id),
        (Element::Dependency(from, to), Element::Path(_, path)) => {
            path.windows(2).any(|pair| pair[0] == *from && pair[1] == *to)
        }
        (Element::Flow(id), Element::Path(flow, _)) => id == flow,
        _ => false,
    }
}

/// The lines of the coach for where the cursor is.
pub fn lines(session: &Session, navigation: &Navigation, selected: Option<&Element>, cells: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let place = navigation.place();
    let sheet = screens::sheet(session, navigation, &place);
    let cursor = navigation.cursor();
    let target = sheet.as_ref().map_or(Target::Nothing, |sheet| sheet.target(cursor.row, cursor.column));
    let element = match &place {
        Place::Graph => selected.cloned(),
        _ => sheet.as_ref().and_then(|sheet| sheet.element(cursor.row)),
    };
    match &target {
        Target::Field(entity, keys) => {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            if let Some(spec) = field_at(entity.kind, &keys) {
                heading(
                    &mut lines,
                    &keys.iter().filter(|key| key.parse::<usize>().is_err()).copied().collect::<Vec<_>>().join("."),
                );
                say(&mut lines, spec.doc.trim(), Role::Plain, cells);
                say(&mut lines, &screens::how(spec.shape), Role::Dim, cells);
                match session.document.map().value(*entity, &keys).and_then(|_| session.line_of(*entity, &keys)) {
                    Some(line) => say(&mut lines, &format!("declared, line {line}"), Role::Dim, cells),
                    None => say(&mut lines, "unknown: nothing is assumed silently", Role::Dim, cells),
                }
            }
        }
        Target::Question(id) => {
            if let Some(question) = session.knowledge().question(id) {
                heading(&mut lines, "Why this is asked");
                say(&mut lines, &question.why, Role::Plain, cells);
                for (called, text) in [("If nobody knows", &question.unknown), ("May be skipped when", &question.skip)]
                {
                    if let Some(text) = text {
                        heading(&mut lines, called);
                        say(&mut lines, text, Role::Plain, cells);
                    }
                }
                if !question.fills.is_empty() {
                    heading(&mut lines, "Its answer lives in");
                    say(&mut lines, &question.fills.join(", "), Role::Dim, cells);
                }
                about_derived(&mut lines, session, id, cells);
                let mut keys = Line::blank();
                for (key, does) in [("enter", "answer"), ("-", "n/a because"), ("!", "don't know")] {
                    keys = keys.and(Role::Key, key).and(Role::Dim, format!(" {does}  "));
                }
                lines.push(keys.cut(cells));
            }
        }
        _ => {}
    }
    if lines.is_empty() {
        about_place(&mut lines, session, &place, cells);
    }
    if let Some(element) = &element {
        about_element(&mut lines, session, element, cells);
    } else if !matches!(target, Target::Question(_))
        && let (Place::Step(step), true) = (&place, lines.len() < 12)
        && let Some(step) = session.knowledge().steps().get(*step)
    {
        heading(&mut lines, &step.title);
        say(&mut lines, &step.purpose, Role::Plain, cells);
    }
    if matches!(place, Place::Step(_)) && !matches!(target, Target::Question(_)) {
        about_standing(&mut lines, session, cells);
    }
    if !matches!(target, Target::Question(_)) {
        about_promise(&mut lines, session, cells);
    }
    lines
}

fn heading(lines: &mut Vec<Line>, text: &str) {
    if !lines.is_empty() {
        lines.push(Line::blank());
    }
    lines.push(Line::of(Role::Accent, text));
}

fn say(lines: &mut Vec<Line>, text: &str, role: Role, cells: usize) {
    lines.extend(wrap(text, cells, 12).iter().map(|text| Line::of(role, text)));
}

fn about_place(lines: &mut Vec<Line>, session: &Session, place: &Place, cells: usize) {
    let (title, text): (&str, String) = match place {
        Place::Step(step) => match session.knowledge().steps().get(*step) {
            Some(step) => (step.title.as_str(), step.purpose.clone()),
            None => return,
        },
        Place::Overview => ("Where it stands", "Each line is made of checks: rules that had something to look at, and answers. Enter leads to what moves it. What cannot be told is neither good nor bad.".to_owned()),
        Place::Graph => ("The graph", "Who calls whom. Solid lines wait for the answer, dashed ones do not, dotted ones the flow survives without. Arrows follow edges; n shows a neighbourhood, F a flow.".to_owned()),
        Place::Findings => ("Findings", "What the rules found, by how much it hurts and whom. Enter goes to the element, i explains the rule, t records a decision, A makes an action.".to_owned()),
        Place::Outcomes => ("What is decided", "A decision names what it answers, what fails first with it, what is watched and when to look again.".to_owned()),
        Place::Checklists => ("Checklists", "Each item has one place where its answer lives. Enter answers; - says why it does not apply.".to_owned()),
        Place::Preview => ("The document", "As E will write it beside the review. Text between keep marks is yours and stays.".to_owned()),
        Place::Glossary => ("Knowledge", "What the method teaches: words, principles, signatures, patterns, decisions.".to_owned()),
        Place::Problems => ("Problems", "What could not be read. Everything else works; e opens the file in your editor at the line.".to_owned()),
        Place::SinceCommit => ("Since the last commit", "The text in hand beside the one that git has of the last commit: what the review says otherwise, and what follows from it. Order, layout and comments do not count, and what was renamed is the same thing. Enter goes to the element; V asks git again, ctrl-k stops.".to_owned()),
        Place::Form(entity) => (entity.kind.called(), "Every key of the format. A dot is unknown, never zero.".to_owned()),
        Place::Items(..) => ("List", "Items in order; J and K move them.".to_owned()),
    };
    heading(lines, title);
    say(lines, &text, Role::Plain, cells);
}

/// What the review itself says to a question, and why it is left out where it is.
fn about_derived(lines: &mut Vec<Line>, session: &Session, question: &str, cells: usize) {
    let Some(analysis) = &session.analysis else { return };
    if let Some(reason) = analysis.sizing.skips(question) {
        heading(lines, "Left out");
        say(lines, reason, Role::Plain, cells);
    }
    if let Some(derived) = analysis.derived.get(question) {
        heading(lines, if derived.draft { "What it says, as a draft" } else { "What the review says" });
        say(lines, &format!("{}: {}", derived.answer.word(), derived.says), Role::Plain, cells);
        say(lines, &derived.evidence(), Role::Dim, cells);
    }
    if let Some(against) = analysis.derived.contradiction(question) {
        heading(lines, "Contradiction");
        say(lines, &against.text, Role::Warn, cells);
    }
}

/// The four axes, in a line each; the overview has the rest.
fn about_standing(lines: &mut Vec<Line>, session: &Session, cells: usize) {
    let Some(analysis) = &session.analysis else { return };
    let axes = analysis.scorecard.lines.iter().filter(|line| line.scale == crate::analysis::Scale::Axis);
    let axes: Vec<_> = axes.collect();
    if axes.is_empty() {
        return;
    }
    heading(lines, "Where it stands (0)");
    for line in axes {
        lines.push(Line::plain(format!("{:<12} ", line.title)).joined(screens::verdict_line(line.verdict)).cut(cells));
    }
}

/// What to do about the promise: the other half of the question.
fn about_promise(lines: &mut Vec<Line>, session: &Session, cells: usize) {
    if let Some(analysis) = session.analysis.as_ref().filter(|analysis| !analysis.promise.remedy.is_empty()) {
        heading(lines, "What do we do about it?");
        say(lines, &analysis.promise.remedy, Role::Plain, cells);
    }
}

fn about_element(lines: &mut Vec<Line>, session: &Session, element: &Element, cells: usize) {
    let Some(analysis) = &session.analysis else { return };
    let resources: Vec<_> =
        analysis.capacity.resources.iter().filter(|resource| resource.element == *element).collect();
    if !resources.is_empty() {
        heading(lines, "Computed, today's load");
        for resource in resources {
            let (bar, role) = screens::bar(resource.utilisation.likely);
            let percent = crate::units::significant(resource.utilisation.likely * 100.0, 2);
            lines.push(
                Line::plain(format!("{:<11}", resource.kind.called()))
                    .and(role, format!("{bar} "))
                    .and(Role::Plain, format!("{percent} %"))
                    .cut(cells),
            );
            lines.push(
                Line::of(Role::Dim, format!("  full at {}", screens::multiple(resource.saturates_at))).cut(cells),
            );
            for (callee, share) in resource.waiting_for.iter().take(2) {
                let percent = crate::units::significant(share * 100.0, 2);
                lines.push(Line::of(Role::Dim, format!("  {percent} % waiting for {callee}")).cut(cells));
            }
        }
    }
    let measured: Vec<_> = session
        .review
        .measures
        .iter()
        .filter(|measure| session.review.element(measure.at()).as_ref() == Some(element))
        .filter_map(|measure| {
            let signal = measure.signal.clone()?;
            let answer = session.live.answers.get(&(measure.at().to_owned(), signal.clone()))?;
            Some((signal, answer))
        })
        .collect();
    if !measured.is_empty() {
        heading(lines, "Measured");
        for (signal, answer) in measured {
            let unit = crate::metrics::Unit::of_signal(&signal);
            lines.push(Line::plain(format!("{signal:<11}")).and(Role::Strong, answer.short(unit)).cut(cells));
        }
    }
    let found: Vec<_> = analysis.findings.iter().filter(|finding| concerns(finding, element)).collect();
    let count = match found.len() {
        0 => "No finding".to_owned(),
        1 => "1 finding".to_owned(),
        count => format!("{count} findings"),
    };
    heading(lines, &format!("{count} about {element}"));
    for finding in found.iter().take(6) {
        let status = if finding.standing.counts() { String::new() } else { format!(" ({})", finding.standing.word()) };
        lines.push(severity_line(finding.severity).and(Role::Plain, format!(" {}{status}", finding.code)).cut(cells));
        lines.extend(
            wrap(&finding.message, cells.saturating_sub(2), 4).iter().map(|text| Line::plain(format!("  {text}"))),
        );
    }
    let undecided = analysis.cannot_tell.iter().filter(|undecided| undecided.element == *element).count();
    if undecided > 0 {
        let rules = if undecided == 1 { "rule" } else { "rules" };
        say(lines, &format!("{undecided} {rules} cannot tell: a key is missing"), Role::Dim, cells);
    }
}
