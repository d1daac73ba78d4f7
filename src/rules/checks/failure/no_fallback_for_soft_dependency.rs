//! KP407: a call that is said to be dispensable, and nothing to answer with instead.

use super::edges::{Edge, decided, says_something, stands_in, waited_for};
use crate::model::{Criticality, FailureMode, Operation, Response};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP407" "no-fallback-for-soft-dependency", Medium, Certain;
    summary: "a soft dependency that is waited for and has no fallback, degradation or queue";
    reads: ["dependency.criticality", "dependency.on_failure", "dependency.fallback", "dependency.operation", "failure.response",
        "failure.user_sees", "flow.critical"];
    settings: [];
    detects: "A synchronous dependency with `criticality = \"soft\"` in the answer of a flow, for which neither `on_failure` nor a \
        `[[failure]]` for *down* or *slow* decides a fallback, a degradation or a queue. Medium on a critical flow, low elsewhere and where \
        `fail-fast` is decided, which contradicts *soft*. Low too where `fallback` is decided and neither `fallback` nor what the user \
        sees says which. Calls that only write are left to `KP206`: they should not be waited for at all.";
    why: "Dispensable in everybody's head is not dispensable in the code. The exception of the call that could have been left out travels up \
        and fails the page, and the availability that was computed without it is not kept: the weakest, least cared-for part of the system \
        decides about the flow that earns the money.";
    example: [
        "Soft, and then what?",
        "",
        "```toml",
        r#"component = [{ id = "shop" }, { id = "reviews", kind = "service" }]"#,
        r#"dependency = [{ from = "shop", to = "reviews", mode = "sync", operation = "read", timeout = "100ms", criticality = "soft" }]"#,
        r#"flow = [{ id = "browse", entry = "shop", critical = true, calls = [{ from = "shop", to = "reviews" }] }]"#,
        "```",
    ];
    remedy: "Decide what the answer looks like without it: left out, the last known value, a default. It must cost less than the call and \
        need nothing that fails with it. Say it in `on_failure` and `fallback`.";
    verify: "Refuse all connections to the callee: the flow answers as decided, with the status of a success, and the share of such \
        answers is visible on a dashboard.";
    accept: "When it turns out that the flow cannot do without: then it is `hard`, and the availability must be computed with it.";
    references: "`KP105` unattainable-availability, `KP406` failure-path-undecided. The guide, *Design for failure (explicit degradation)* \
        and *Fast path checklist*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for edge in waited_for(context) {
        let dependency = edge.dependency;
        let only_writes = dependency.operation == Some(Operation::Write);
        if edge.uses.is_empty() || dependency.criticality != Some(Criticality::Soft) || only_writes {
            continue;
        }
        let responses = [FailureMode::Down, FailureMode::Slow].map(|mode| decided(context, dependency, mode));
        if !responses.into_iter().any(stands_in) {
            let contradicts = responses.contains(&Some(Response::FailFast));
            report.find(without(&edge, contradicts));
        } else if responses.contains(&Some(Response::Fallback)) && !is_named(context, &edge) {
            let (from, to) = (edge.from.id(), edge.to.id());
            report.find(
                Draft::new(
                    edge.element(),
                    format!("{from} falls back when {to} fails, and nothing says to what"),
                    format!("name the other source in fallback of {from} -> {to}: it must not need {to} itself"),
                )
                .severity(Severity::Low)
                .flows(edge.flows())
                .key("fallback"),
            );
        } else {
            report.pass();
        }
    }
}

fn is_named(context: &Context<'_>, edge: &Edge<'_>) -> bool {
    let cards = [FailureMode::Down, FailureMode::Slow].map(|mode| context.failure(edge.dependency, mode));
    says_something(edge.dependency.fallback.as_ref())
        || cards.into_iter().flatten().any(|card| says_something(card.user_sees.as_ref()))
}

fn without(edge: &Edge<'_>, contradicts: bool) -> Draft {
    let (from, to) = (edge.from.id(), edge.to.id());
    let flows = edge.flows();
    let flow = &flows[0];
    let (message, remedy, severity) = if contradicts {
        (
            format!("{to} is soft for {from}, and yet {from} fails when {to} does: one of the two is wrong"),
            format!("set on_failure to what {flow} answers without {to}, or criticality = \"hard\" if it cannot"),
            Severity::Low,
        )
    } else {
        (
            format!("{flow} should survive without {to}, and nothing says what {from} answers then"),
            format!(
                "say what {from} gives instead of {to}: on_failure = \"degrade\" to leave it out, or \"fallback\" with the other source"
            ),
            if edge.is_critical() { Severity::Medium } else { Severity::Low },
        )
    };
    let mut draft = Draft::new(edge.element(), message, remedy)
        .severity(severity)
        .fact("flows", Figure::Count(flows.len() as f64))
        .flows(flows)
        .key("on_failure");
    if contradicts || edge.dependency.mode.is_none() {
        draft = draft.confidence(Confidence::Likely);
    }
    draft
}
