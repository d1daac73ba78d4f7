//! KP904: a decision that nobody can see failing.

use crate::model::{Change, Decision, DecisionStatus, Door, Element, EntityRef, Fix, FixSafety, quote};
use crate::rules::context::Context;
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use jiff::ToSpan;

declare_rule! {
    "KP904" "decision-without-measure", Low, Certain;
    summary: "a decision without what fails first, what is watched, or when to look again";
    reads: ["decision.status", "decision.fails_first", "decision.measure", "decision.revisit", "decision.trigger", "decision.review_by", "decision.door", "decision.pattern"];
    settings: [];
    detects: "An accepted `[[decision]]` that lacks `fails_first`, `measure`, or every one of `revisit`, `trigger` (with a measure and a limit) and \
        `review_by`. Decisions that are proposed, rejected or superseded are left alone. Medium where the door is `one-way`.";
    why: "Every choice moves the weak place somewhere else; who does not say where looks for it first in the next incident. Without a number that is \
        watched and a day or a sign to look again, a decision is right for ever: it stays when the load it was made for has changed.";
    example: [
        "Taken, with a reason and nothing to see it by:",
        "",
        "```toml",
        r#"decision = [{ id = "queue-mails", title = "Send mails from a queue", status = "accepted", because = "the provider is slow" }]"#,
        "```",
    ];
    remedy: "Write one line each: what fails first with it, which number shows that, and at which value or on which day it is looked at again. \
        The pattern of the catalogue has the first two.";
    verify: "`kneepoint check --select KP904` says nothing; the measure is on a dashboard.";
    accept: "For decisions that cost nothing to take back and carry no load.";
    references: "`KP907` review-stale. The patterns (`W` in the workbench): each with what fails first and what to measure.";
}

/// A decision is looked at again after so many days where nobody says otherwise.
const AGAIN_AFTER: i32 = 180;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for decision in context.review.decisions.iter().filter(|decision| !decision.id().is_empty()) {
        if decision.status != Some(DecisionStatus::Accepted) {
            continue;
        }
        let lacks = lacking(decision);
        if lacks.is_empty() {
            report.pass();
            continue;
        }
        let element = Element::Other("decision", decision.id().to_owned());
        let one_way = decision.door == Some(Door::OneWay);
        let words: Vec<&str> = lacks.iter().map(|(_, words)| *words).collect();
        let list = match words.as_slice() {
            [only] => (*only).to_owned(),
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
            [] => String::new(),
        };
        let each = if lacks.len() > 1 { ", a line each" } else { ", in a line" };
        let door = if one_way { ", and it can hardly be taken back" } else { "" };
        let mut draft = Draft::new(
            element.clone(),
            format!("the decision {} does not say {list}{door}", quote(decision.id())),
            format!("write {} of {}{each}", keys(&lacks), decision.id()),
        )
        .severity(if one_way { Severity::Medium } else { Severity::Low })
        .fact("missing", Figure::List(lacks.iter().map(|(key, _)| (*key).to_owned()).collect()))
        .key(lacks[0].0);
        if let Some(fix) = context.entity(&element).and_then(|entity| fix(context, decision, entity, &lacks)) {
            draft = draft.fix(fix);
        }
        report.find(draft);
    }
}

/// What is missing: the key, and what it would say.
fn lacking(decision: &Decision) -> Vec<(&'static str, &'static str)> {
    let empty = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
    let trigger = decision
        .trigger
        .as_ref()
        .is_some_and(|trigger| !empty(&trigger.measure) && (trigger.below.is_some() || trigger.above.is_some()));
    let again = !empty(&decision.revisit) || trigger || decision.review_by.is_some();
    let parts = [
        ("fails_first", "what fails first with it", empty(&decision.fails_first)),
        ("measure", "what is watched", empty(&decision.measure)),
        ("revisit", "when to look again", !again),
    ];
    parts.into_iter().filter(|(.., missing)| *missing).map(|(key, words, _)| (key, words)).collect()
}

fn keys(lacks: &[(&str, &str)]) -> String {
    lacks.iter().map(|(key, _)| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

/// What the catalogue says of the decision's pattern, and a day to look again; nothing where not all can be said.
fn fix(context: &Context<'_>, decision: &Decision, entity: EntityRef, lacks: &[(&str, &str)]) -> Option<Fix> {
    let pattern = decision.pattern.as_ref().and_then(|name| context.knowledge.pattern(name.as_str()));
    let mut changes = Vec::new();
    for (key, _) in lacks {
        let (key, value) = match *key {
            "fails_first" => ("fails_first", pattern?.fails_first.clone()),
            "measure" => ("measure", pattern?.measure.join("; ")),
            _ => ("review_by", context.today.saturating_add(AGAIN_AFTER.days()).to_string()),
        };
        if value.trim().is_empty() {
            return None;
        }
        changes.push(Change::Set { entity, key: key.to_owned(), value });
    }
    let title = match (pattern, lacks) {
        (_, [("revisit", _)]) | (None, _) => "look again in half a year".to_owned(),
        (Some(pattern), _) => format!("take over what the pattern {} says", pattern.id),
    };
    Some(Fix { title, safety: FixSafety::Suggested, changes })
}
