//! KP110: a critical flow that could do without something, and nobody said what goes first.

use crate::model::{Criticality, Dependency, Element, FailureMode};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP110" "no-degradation-plan", Low, Certain;
    summary: "a critical flow with soft dependencies and no stated degradation";
    reads: ["flow.critical", "slo.degradation", "dependency.criticality", "dependency.on_failure", "failure.response"];
    settings: [];
    detects: "A critical flow with an SLO whose answer waits for a dependency with `criticality = \"soft\"`, where none of its SLOs has a \
        `degradation` and at least one soft dependency has neither an `on_failure` nor a `[[failure]]` with a response or words \
        for the user. A flow without any SLO is left to `KP101`.";
    why: "Soft on the drawing is hard in the code until somebody has written and tried what the page looks like without it. In an overload the \
        question what to drop first is then decided by whoever is awake, under pressure, and what goes is what is easy to switch \
        off instead of what matters least.";
    example: [
        "Recommendations may be missing, it says; what the page shows then, it does not:",
        "",
        "```toml",
        r#"component = [{ id = "shop" }, { id = "recommendations" }]"#,
        r#"dependency = [{ from = "shop", to = "recommendations", mode = "sync", criticality = "soft", timeout = "80ms" }]"#,
        r#"flow = [{ id = "browse", entry = "shop", critical = true, calls = [{ from = "shop", to = "recommendations" }] }]"#,
        r#"slo = [{ id = "browse-fast", flow = "browse", indicator = "latency", objective = 99, threshold = "300ms", policy = "stop" }]"#,
        "```",
    ];
    remedy: "Write into `degradation` of one of the flow's SLOs what may be dropped and in which order, and into `on_failure` of each soft \
        dependency what the code does. Then switch each off once on purpose.";
    verify: "With the soft dependencies blocked the flow answers within its objectives, and the page shows what the plan says.";
    accept: "When the soft dependency is about to leave the flow, with the date.";
    references: "The guide, *Design for failure (explicit degradation)* and *Graceful degradation*. `KP407` for the fallback of each dependency.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for view in context.flows().filter(FlowView::is_critical) {
        let id = view.flow.id();
        let soft: Vec<&Dependency> = view
            .expansion
            .calls
            .iter()
            .filter(|made| made.in_answer && view.is_ever_made(made))
            .filter_map(|made| context.dependency_of(made))
            .filter(|dependency| dependency.criticality == Some(Criticality::Soft))
            .collect();
        let mut slos = context.slos_of_flow(id).peekable();
        if soft.is_empty() || slos.peek().is_none() {
            continue;
        }
        if slos.any(|slo| slo.degradation.as_deref().is_some_and(|text| !text.trim().is_empty())) {
            report.pass();
            continue;
        }
        let mut undecided: Vec<&str> =
            soft.into_iter().filter(|dependency| !is_decided(context, dependency)).map(Dependency::to).collect();
        undecided.dedup();
        if undecided.is_empty() {
            report.pass();
            continue;
        }
        let named = undecided.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        let more = if undecided.len() > 3 { format!(" and {} more", undecided.len() - 3) } else { String::new() };
        let latency = context.slos_of_flow(id).next().map_or("", |slo| slo.id());
        report.find(
            Draft::new(
                Element::Flow(id.to_owned()),
                format!("{id} can do without {named}{more}, and nothing says what is dropped first or what its users see then"),
                format!("write into degradation of {latency} what goes first, beginning with {}", undecided[0]),
            )
            .fact("soft", Figure::List(undecided.iter().take(50).map(|to| (*to).to_owned()).collect())),
        );
    }
}

/// Whether the file says what happens without a callee.
fn is_decided(context: &Context<'_>, dependency: &Dependency) -> bool {
    let modes = [FailureMode::Down, FailureMode::Slow, FailureMode::Overloaded];
    dependency.on_failure.is_some()
        || modes.into_iter().filter_map(|mode| context.failure(dependency, mode)).any(|failure| {
            failure.response.is_some() || failure.user_sees.as_deref().is_some_and(|text| !text.trim().is_empty())
        })
}
