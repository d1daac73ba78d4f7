//! KP207: somebody else's system in the answer of a critical flow, without protection.

use crate::model::{ComponentKind, Dependency, Element, FailureMode};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP207" "third-party-on-fast-path", Medium, Certain;
    summary: "an external component called synchronously on a critical flow without a breaker or an answer for its failure";
    reads: ["component.kind", "dependency.mode", "dependency.breaker", "dependency.on_failure",
        "failure.response", "flow.critical"];
    settings: [];
    detects: "A synchronous dependency on a component of kind `external` in the answer of a critical flow that lacks a \
        `breaker`, or a decision for the day it is down (`on_failure`, or a `[[failure]]` answer with `when = \"down\"`; failing fast is \
        a decision too). High where both are lacking. A missing timeout is `KP203`'s finding.";
    why: "You do not deploy it, scale it or see its dashboards, and its bad day is not on your calendar. Its slow answers hold your workers, \
        so the flow that earns the money stops for a system that may only enrich it. Contracts pay back a fee, not the orders.";
    example: [
        "A timeout, and then what?",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "payments", kind = "external" }]"#,
        r#"dependency = [{ from = "api", to = "payments", mode = "sync", timeout = "800ms" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "payments" }] }]"#,
        "```",
    ];
    remedy: "Decide what the user sees while it is down, and say it in `on_failure` (queue and confirm later, a second provider, a default). \
        Add a breaker that stops asking for some seconds once half of the calls fail, beside a timeout from its measured p99.9.";
    verify: "Replace the provider by a stand-in that hangs, one that refuses and one that answers 500: the flow answers as decided within its objective.";
    accept: "When the flow is about nothing else than that provider and failing is the right answer: say `on_failure = \"fail-fast\"`.";
    references: "`KP203` missing-timeout, `KP404` no-circuit-breaker. The guide, *Step 4: failure paths* and *Fast path checklist*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for dependency in context.dependencies() {
        if context.callee(dependency).and_then(|callee| callee.kind) != Some(ComponentKind::External)
            || !context.waits(dependency)
        {
            continue;
        }
        let (from, to) = (dependency.from(), dependency.to());
        let element = Element::Dependency(from.to_owned(), to.to_owned());
        let critical: Vec<_> = context
            .flows_through(&element)
            .into_iter()
            .filter(|view| view.is_critical() && in_answer(context, *view, dependency))
            .map(|view| view.flow.id().to_owned())
            .collect();
        if critical.is_empty() {
            continue;
        }
        let decided = dependency.on_failure.is_some()
            || context.failure(dependency, FailureMode::Down).is_some_and(|failure| failure.response.is_some());
        let stated = [("breaker", dependency.breaker.is_some()), ("on_failure", decided)];
        let lacking: Vec<_> = stated.iter().filter(|(_, stated)| !stated).map(|(key, _)| *key).collect();
        if lacking.is_empty() {
            report.pass();
            continue;
        }
        let mut remedy = format!("set {} on {from} -> {to}", lacking.join(", "));
        if !decided {
            remedy = format!("{remedy}: decide what the user sees while {to} is down");
        }
        let severity = if lacking.len() > 1 { Severity::High } else { Severity::Medium };
        let mut draft = Draft::new(
            element,
            format!(
                "{to} is somebody else's system, {} waits for it, and {from} has no {} for it",
                critical[0],
                lacking.join(", no ")
            ),
            remedy,
        )
        .severity(severity)
        .fact("lacking", Figure::List(lacking.iter().map(|key| (*key).to_owned()).collect()))
        .flows(critical);
        for key in lacking {
            draft = draft.key(key);
        }
        report.find(draft);
    }
}

fn in_answer(context: &Context<'_>, view: FlowView<'_>, dependency: &Dependency) -> bool {
    let ends = (context.graph.component(dependency.from()), context.graph.component(dependency.to()));
    let (Some(from), Some(to)) = ends else { return false };
    view.steps_of(from).flatten().any(|made| made.to == to && made.in_answer)
}
