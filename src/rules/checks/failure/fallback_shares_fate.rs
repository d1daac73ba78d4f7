//! KP418: a fallback that fails together with what it stands in for.

use super::edges::{Edge, stands_in, waited_for};
use crate::model::{Element, FailureMode};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP418" "fallback-shares-fate", Medium, Likely;
    summary: "a fallback that names a component which cannot answer without the one that failed";
    reads: ["dependency.fallback", "dependency.on_failure", "dependency.criticality", "dependency.mode", "component.deploys_with"];
    settings: [];
    detects: "A synchronous dependency with a `fallback` whose text names a component of the review by its id, as a whole word, and that \
        component waits for the callee by a hard dependency of its own, or is deployed as one unit with it (`deploys_with`). Likely, \
        because the sentence is read for names only; an id without a hyphen may be an everyday word and is a guess. Medium on a critical \
        flow, low elsewhere and for guesses. Callee and caller themselves do not count: *a page without reviews* is a fallback.";
    why: "The stand-in was chosen because it has the data, and it has the data because it asks the same source. On the day that source is down \
        both are, and the availability that was computed with a fallback is not there. Until then nobody notices: in every test of the \
        caller alone the fallback works.";
    example: [
        "The archive reads the same database that just failed:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "archive" }, { id = "orders-db", kind = "database" }]"#,
        r#"dependency = [{ from = "api", to = "orders-db", mode = "sync", on_failure = "fallback", fallback = "ask archive for the order" },"#,
        r#"              { from = "archive", to = "orders-db", mode = "sync", criticality = "hard" }]"#,
        r#"flow = [{ id = "status", entry = "api", critical = true, calls = [{ from = "api", to = "orders-db" }] }]"#,
        "```",
    ];
    remedy: "Fall back to something that was there before the failure and needs nobody: the last answer, kept in the process; a copy in another \
        store that is filled in the background; a default. Or give the stand-in a source of its own.";
    verify: "Stop the callee for everybody, not only for this caller: the fallback still answers.";
    accept: "When the stand-in keeps enough of its own to answer without its source: say so in its dependency (`criticality = \"soft\"`).";
    references: "`KP407` no-fallback-for-soft-dependency, `KP416` failure-untested. The guide, *Design for failure (explicit degradation)*. \
        Amazon Builders' Library, *Avoiding fallback in distributed systems*.";
}

/// More words than this are not read for names.
const WORDS: usize = 200;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for edge in waited_for(context) {
        let modes = [FailureMode::Down, FailureMode::Slow];
        let applies = modes.into_iter().any(|mode| stands_in(super::edges::decided(context, edge.dependency, mode)));
        let Some(text) = edge.dependency.fallback.as_ref().filter(|_| applies) else { continue };
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).filter(|word| !word.is_empty());
        let shared = words.take(WORDS).find_map(|word| Some((word, why(context, &edge, word)?)));
        match shared {
            Some((stand_in, why)) => report.find(found(&edge, stand_in, &why)),
            None => report.pass(),
        }
    }
}

/// Why a word of the fallback cannot stand in for the callee; `None` where it can, or is no component.
fn why(context: &Context<'_>, edge: &Edge<'_>, word: &str) -> Option<String> {
    let index = context.graph.component(word)?;
    let to = edge.to.id();
    // "the page without reviews", "a replica of orders-db": the callee's own name says nothing about the source.
    if index == edge.from_index || index == edge.to_index {
        return None;
    }
    let element = Element::Dependency(word.to_owned(), to.to_owned());
    let dependency = context.entity(&element).map(|entity| &context.review.dependencies[entity.index]);
    if dependency.is_some_and(|dependency| context.waits(dependency) && crate::graph::is_hard(dependency)) {
        return Some(format!("{word} waits for {to} itself"));
    }
    let unit = |id: &str| context.component(id).and_then(|component| component.deploys_with.as_deref()).map(str::trim);
    let together = unit(word).filter(|unit| !unit.is_empty() && Some(*unit) == self::unit(edge));
    together.map(|unit| format!("{word} is deployed together with {to} ({unit})"))
}

fn unit<'a>(edge: &Edge<'a>) -> Option<&'a str> {
    edge.to.deploys_with.as_deref().map(str::trim)
}

fn found(edge: &Edge<'_>, stand_in: &str, why: &str) -> Draft {
    let (from, to) = (edge.from.id(), edge.to.id());
    let severity = if edge.is_critical() && stand_in.contains('-') { Severity::Medium } else { Severity::Low };
    // A name that is an everyday word too may not mean the component.
    let confidence = if stand_in.contains('-') { Confidence::Likely } else { Confidence::Heuristic };
    let mut draft = Draft::new(
        edge.element(),
        format!("{from} falls back to {stand_in} when {to} fails, but {why}"),
        format!("let {from} fall back to something that needs no {to}: its last answer, a copy filled in the background, a default"),
    )
    .severity(severity)
    .confidence(confidence)
    .fact("stand_in", Figure::Text(stand_in.to_owned()))
    .key("fallback");
    if !edge.uses.is_empty() {
        draft = draft.flows(edge.flows());
    }
    draft
}
