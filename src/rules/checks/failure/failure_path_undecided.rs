//! KP406: nobody said what happens when a call on a critical flow fails.

use super::edges::{Edge, decided, named, waited_for};
use crate::model::{ComponentKind, Criticality, Element, FailureMode, Fix, FixSafety};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP406" "failure-path-undecided", Medium, Certain;
    summary: "a call in the answer of a critical flow without a decision for the day its callee is slow or down";
    reads: ["dependency.on_failure", "dependency.criticality", "failure.at", "failure.when", "failure.response", "flow.critical"];
    settings: [
        single = 3.0, "From how many undecided calls on, where nothing at all was decided, they are one finding of the review", "own choice: a list of every call says no more than that the step was not done";
    ];
    detects: "A synchronous dependency in the answer of a critical flow for which nothing says what its caller does when the callee is *slow* \
        and when it is *down*: no `on_failure`, and no `[[failure]]` with a `response` for the dependency or its callee. Medium where \
        both are open, low where one of the two is decided. Failing fast is a decision. Where a review has no decision for any call, \
        all of them are one finding. Soft dependencies are `KP407`'s, and an `external` callee whose fall is undecided is `KP207`'s.";
    why: "Without a decision the client library decides, mostly for waiting. What the user then sees is a spinner or a stack trace, it \
        is decided by whoever wrote the call, differently at each place, and nobody can tell during the incident whether what happens is \
        meant. Slow is the usual case and the worse one: nothing fails, so nothing reacts.";
    example: [
        "What does `api` answer while `stock` is down?",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "stock", kind = "service" }]"#,
        r#"dependency = [{ from = "api", to = "stock", mode = "sync", timeout = "200ms", criticality = "hard" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "stock" }] }]"#,
        "```",
    ];
    remedy: "Go through the calls of the flow with the people who own the product and choose one of four for each: fail fast, fall back, \
        degrade, or accept now and do it later. Write it into `on_failure`, and for those that matter a `[[failure]]` with the very \
        words that the user reads.";
    verify: "Stop the callee, and then make it slow, in a test environment: the user sees what is written, within the flow's objective.";
    accept: "Not at all: saying `on_failure = \"fail-fast\"` is cheaper than an acceptance.";
    references: "`KP407` no-fallback-for-soft-dependency, `KP416` failure-untested. The guide, *Step 4: Design failure paths*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let single = report.threshold("single");
    let mut open: Vec<(Edge<'_>, Vec<&'static str>)> = Vec::new();
    let mut anything_decided = false;
    for edge in waited_for(context) {
        let lacking: Vec<&'static str> = [(FailureMode::Slow, "slow"), (FailureMode::Down, "down")]
            .into_iter()
            .filter(|(mode, _)| decided(context, edge.dependency, *mode).is_none())
            .map(|(_, word)| word)
            .collect();
        anything_decided |= lacking.len() < 2;
        let external = edge.to.kind == Some(ComponentKind::External) && lacking.contains(&"down");
        let soft = edge.dependency.criticality == Some(Criticality::Soft);
        if !edge.is_critical() || soft || external {
            continue;
        }
        if lacking.is_empty() {
            report.pass();
        } else {
            open.push((edge, lacking));
        }
    }
    if !anything_decided && open.len() as f64 >= single {
        report.find(all_of(&open));
        return;
    }
    for (edge, lacking) in open {
        let flows = edge.views().into_iter().map(|view| view.expansion.flow);
        if report.is_crowded_out_in(&edge.element(), severity(&lacking), flows) {
            continue;
        }
        report.find(found(context, &edge, &lacking));
    }
}

fn all_of(open: &[(Edge<'_>, Vec<&'static str>)]) -> Draft {
    let mut flows: Vec<String> = open.iter().flat_map(|(edge, _)| edge.flows()).collect();
    flows.sort_unstable();
    flows.dedup();
    let calls: Vec<String> = open.iter().map(|(edge, _)| edge.element().compact()).collect();
    let message = format!(
        "none of the {} calls that critical flows wait for has a decision for slow or down: {}",
        calls.len(),
        named(&calls)
    );
    Draft::new(
        Element::Review,
        message,
        format!(
            "decide for each what the user gets instead (fail fast, fall back, degrade, queue), {} first",
            calls[0]
        ),
    )
    .fact("undecided", Figure::Count(calls.len() as f64))
    .flows(flows)
}

fn severity(lacking: &[&str]) -> Severity {
    if lacking.len() > 1 { Severity::Medium } else { Severity::Low }
}

fn found(context: &Context<'_>, edge: &Edge<'_>, lacking: &[&'static str]) -> Draft {
    let (from, to) = (edge.from.id(), edge.to.id());
    let flows = edge.flows();
    let when = lacking.join(" or ");
    let mut draft = Draft::new(
        edge.element(),
        format!("{} waits for {to}, and nobody said what {from} does while it is {when}", named(&flows)),
        format!("say what {from} answers while {to} is {when}: on_failure, or a [[failure]] with what the user sees"),
    )
    .severity(severity(lacking))
    .fact("undecided", Figure::List(lacking.iter().map(|word| (*word).to_owned()).collect()))
    .flows(flows)
    .key("on_failure");
    if edge.dependency.mode.is_none() {
        draft = draft.confidence(Confidence::Likely);
    }
    // What is not decided fails: to say so is the least that can be decided.
    if let Some(entity) = context.entity(&edge.element()).filter(|_| lacking.len() > 1) {
        draft = draft.fix(Fix::set(FixSafety::Suggested, entity, "on_failure", "fail-fast"));
    }
    draft
}
