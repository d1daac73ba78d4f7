//! KP415: one failover that costs more than the whole error budget.

use crate::graph::{ComponentIndex, FlowIndex};
use crate::model::{Element, Indicator, Slo};
use crate::reliability::{error_budget, failover_cost};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, significant};
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    "KP415" "rto-above-error-budget", Medium, Certain;
    summary: "one failover spends more than the error budget of the window";
    reads: ["component.recovery.rto", "slo.objective", "slo.window", "slo.indicator", "dependency.criticality", "flow.calls"];
    settings: [
        budgets = 1.0, "How many error budgets of a window one failover may spend; more fires.",
            "By definition: with more than one budget, one failover breaks the objective.";
    ];
    detects: "A component with a `recovery.rto` that an availability SLO needs: its own SLO, or one of a flow whose answer cannot do without it. \
        The failover spends RTO × share of the requests that need it; the budget is window × (1 − objective). Fires above `budgets`. \
        The SLO that suffers most is reported. Where a `window` is missing the rule cannot tell. High where the flow is critical.";
    why: "Recovery time and availability objective are promises about the same minutes, mostly made by different people. An hour to restore under \
        an objective of 99.95 % means that the first failover breaks it for three months, however well it is done, and the team \
        learns in the postmortem that the plan never could have worked.";
    example: [
        "Two hours to recover, 40 minutes of budget:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "orders-db", kind = "database", recovery = { rto = "2h", rpo = "5m" } }]"#,
        r#"dependency = [{ from = "api", to = "orders-db", mode = "sync", criticality = "hard" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "orders-db" }] }]"#,
        r#"slo = [{ id = "checkout-up", flow = "checkout", indicator = "availability", objective = 99.9, window = "28d" }]"#,
        "```",
    ];
    remedy: "Make recovery faster (a standby that waits instead of a backup that is restored, a failover that starts by itself), let the flow \
        answer without the component while it recovers, or promise what a failover leaves.";
    verify: "Time a failover drill from the first failed request to the last: it is within the RTO, and the RTO within the budget with room for \
        ordinary errors.";
    accept: "When such a failover is expected less than once in several windows and the objective's owner has agreed in writing to break it then.";
    references: "The guide, *Define RPO/RTO first*. Google SRE workbook, *Alerting on SLOs* (budget in minutes). `KP411` no-recovery-objectives.";
}

/// An SLO that a component's failover spends of.
#[derive(Clone, Copy)]
struct Spent<'a> {
    slo: &'a Slo,
    /// Budgets of the window.
    budgets: f64,
    share: f64,
    flow: Option<FlowIndex>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let most = report.threshold("budgets");
    let needs = needs(context);
    for (index, component) in context.components() {
        let Some(rto) = component.recovery.as_ref().and_then(|recovery| recovery.rto) else { continue };
        let own = context.slos_of_component(component.id()).map(|slo| (slo, 1.0, None));
        let of_flows = needs.get(&index).into_iter().flatten().flat_map(|(flow, share)| {
            let id = context.review.flows[flow.0].id();
            context.slos_of_flow(id).map(move |slo| (slo, *share, Some(*flow)))
        });
        let mut worst: Option<Spent<'_>> = None;
        let mut undecided = Vec::new();
        for (slo, share, flow) in own.chain(of_flows) {
            let Some(objective) = slo.objective.filter(|_| slo.indicator == Some(Indicator::Availability)) else {
                continue;
            };
            let Some(window) = slo.window else {
                undecided.push(slo);
                continue;
            };
            let budgets = failover_cost(rto.value(), share, window.value(), objective.value() / 100.0);
            if worst.is_none_or(|worst| budgets > worst.budgets) {
                worst = Some(Spent { slo, budgets, share, flow });
            }
        }
        match worst {
            Some(worst) if worst.budgets > most * (1.0 + 1e-9) => {
                report.find(found(context, component.id(), rto.value(), rto.low().value(), worst));
            }
            Some(_) if undecided.is_empty() => report.pass(),
            _ => {}
        }
        if worst.is_none_or(|worst| worst.budgets <= most) {
            for slo in undecided {
                report.cannot_tell(Element::Slo(slo.id().to_owned()), "slo.window");
            }
        }
    }
}

/// The flows with an availability SLO that cannot do without a component, with the share of their requests that need it.
fn needs(context: &Context<'_>) -> HashMap<ComponentIndex, Vec<(FlowIndex, f64)>> {
    let mut needs: HashMap<ComponentIndex, Vec<(FlowIndex, f64)>> = HashMap::new();
    for view in context.flows() {
        if context.slos_with(view.flow.id(), Indicator::Availability).next().is_none() {
            continue;
        }
        let figures = context.reliability_of(view).and_then(|figures| figures.availability.as_ref());
        for needed in figures.into_iter().flat_map(|best| &best.needed) {
            if context.component_at(needed.component).recovery.is_some() {
                needs.entry(needed.component).or_default().push((view.expansion.flow, needed.share.likely));
            }
        }
    }
    needs
}

fn found(context: &Context<'_>, id: &str, rto: f64, shortest: f64, worst: Spent<'_>) -> Draft {
    let Spent { slo, budgets, share, flow } = worst;
    let (window, objective) = (slo.window.map_or(0.0, |all| all.value()), slo.objective.map_or(0.0, |all| all.value()));
    let budget = error_budget(window, objective / 100.0);
    let part =
        if share < 1.0 { format!(" for {} % of the requests", significant(share * 100.0, 3)) } else { String::new() };
    let times = if budgets.is_finite() { format!("{} ×", significant(budgets, 3)) } else { "more than".to_owned() };
    let message = format!(
        "one failover of {id} takes up to {}{part}, {times} the error budget of {}: {} % over {} leave {}",
        Seconds::new(rto),
        slo.id(),
        significant(objective, 7),
        Seconds::new(window),
        Seconds::new(budget),
    );
    // Rounded down: a promise that is rounded up is broken.
    let keeps = ((1.0 - rto * share / window.max(f64::MIN_POSITIVE)).max(0.0) * 1e5).floor() / 1e3;
    let remedy = if budget > 0.0 {
        format!(
            "recover {id} within {}, let the flow answer without it meanwhile, or promise at most {} %",
            Seconds::new(budget / share.max(f64::MIN_POSITIVE)),
            significant(keeps, 7)
        )
    } else {
        format!("promise at most {} %: an objective of 100 % has no budget for any failover", significant(keeps, 7))
    };
    let critical = flow.and_then(|flow| context.flow_at(flow)).is_some_and(|view| view.is_critical());
    let certain = failover_cost(shortest, share, window, objective / 100.0) > 1.0;
    let mut draft = Draft::new(Element::Component(id.to_owned()), message, remedy)
        .severity(if critical { Severity::High } else { Severity::Medium })
        .confidence(if certain { Confidence::Certain } else { Confidence::Likely })
        .fact("slo", Figure::Text(slo.id().to_owned()))
        .fact("rto", Figure::Seconds(rto))
        .fact("budget", Figure::Seconds(budget))
        .fact("budgets_spent", Figure::Count(budgets))
        .key("recovery.rto");
    if let Some(view) = flow.and_then(|flow| context.flow_at(flow)) {
        draft = draft.flows(vec![view.flow.id().to_owned()]);
    }
    draft
}
