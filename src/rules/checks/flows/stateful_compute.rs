//! KP209: several replicas, and each keeps something that the others do not have.

use crate::model::{Component, ComponentKind, Element};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, thousands};

declare_rule! {
    "KP209" "stateful-compute", Medium, Certain;
    summary: "a scaled-out component that keeps users' state in its process";
    reads: ["component.stateless", "component.replicas", "component.autoscale.max", "component.kind", "flow.critical"];
    settings: [];
    detects: "A component that runs the team's own code (gateway, service, worker, function, model, scheduler, or no `kind` given) with \
        `stateless = false` and more than one replica, today or at `autoscale.max`. High on a critical flow where it scales in and \
        out by itself. With `stateless = false` and neither replicas nor autoscale it cannot tell; nor can it on a critical flow \
        where several replicas run and `stateless` is not said (functions are taken to be stateless).";
    why: "Whoever was on the lost replica loses the session, the upload or the basket, so every deploy and every scale-in is a small outage. \
        Requests must be pinned to their replica, load becomes uneven, new replicas take no old users, and the easy repair, to \
        restart, is off the table during an incident.";
    example: [
        "Baskets live in the memory of six replicas:",
        "",
        "```toml",
        r#"component = [{ id = "shop", kind = "service", replicas = 6, stateless = false }]"#,
        r#"flow = [{ id = "basket", entry = "shop", critical = true }]"#,
        "```",
    ];
    remedy: "Move sessions, uploads and locks to a shared store (a cache with a time to live, an object store, a token the client carries), and \
        keep in the process only what can be thrown away. Until then drain a replica before it goes.";
    verify: "Kill a replica in the middle of a user's work under load: the next request succeeds elsewhere, and nobody signs in again.";
    accept: "When the state is a partition that is replicated and handed over on purpose (a stream processor with checkpoints): say where it is kept.";
    references: "The guide, *Prefer stateless compute*. *The Twelve-Factor App*, VI. `KP607` loses-one-cannot-carry.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, component) in context.components() {
        let id = component.id();
        let keeps = component.data.is_some() || component.cache.is_some() || component.broker.is_some();
        if !component.kind.map_or(!keeps, ComponentKind::is_compute) {
            continue;
        }
        let element = Element::Component(id.to_owned());
        let most = most_replicas(component);
        match (component.stateless, most) {
            (Some(false), None) => report.cannot_tell(element, "component.replicas"),
            (Some(false), Some(most)) if most > 1.0 => {
                let scales = component.autoscale.is_some();
                let critical = context.weight(&element).is_critical();
                let how =
                    if component.replicas.is_some_and(|replicas| replicas.value() >= most) { "" } else { "up to " };
                let today = component.replicas.map(|replicas| replicas.value()).filter(|today| *today > 1.0);
                let lost = match today {
                    Some(today) => format!("the state of one user in {}", thousands(today)),
                    None => "the state of all its users".to_owned(),
                };
                let surely = today.is_some() || scales;
                report.find(
                    Draft::new(
                        element,
                        format!("{id} runs in {how}{} replicas and keeps users' state in each", thousands(most)),
                        format!(
                            "move the state of {id} to a shared store, then say stateless = true; until then losing one \
                             replica loses {lost}"
                        ),
                    )
                    .severity(if scales && critical { Severity::High } else { Severity::Medium })
                    .confidence(if surely { Confidence::Certain } else { Confidence::Likely })
                    .fact("replicas", Figure::Count(most))
                    .key("stateless"),
                );
            }
            (Some(_), _) => report.pass(),
            (None, Some(most)) if most > 1.0 && component.kind != Some(ComponentKind::Function) => {
                if context.weight(&element).is_critical() {
                    report.cannot_tell(element, "component.stateless");
                }
            }
            (None, _) => {}
        }
    }
}

/// How many run at the most, as far as the file says.
fn most_replicas(component: &Component) -> Option<f64> {
    let scaled = component.autoscale.as_ref().and_then(|autoscale| autoscale.max);
    [scaled, component.replicas]
        .into_iter()
        .flatten()
        .map(|count| count.high().value())
        .fold(None, |most: Option<f64>, count| Some(most.map_or(count, |most| most.max(count))))
}
