//! KP108: nobody can say what a request may cost, or what it does cost.

use crate::model::{Component, ComponentKind, Element};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    "KP108" "no-unit-cost", Low, Certain;
    summary: "no cost target, or components on the fast path without a cost";
    reads: ["growth.cost.monthly_budget", "growth.cost.per_million_requests", "component.cost_per_hour", "flow.critical"];
    settings: [];
    detects: "A review with flows that states neither `growth.cost.monthly_budget` nor `growth.cost.per_million_requests`, or in which \
        components that a critical flow visits have no `cost_per_hour`. Clients and external systems, which are paid in other \
        ways, are left out. One finding for the review, because it is one gap in one table.";
    why: "Scaling that costs more than it earns looks like success until the invoice. Without a target nobody notices that a request has become \
        three times as expensive since last year; without costs of the components nobody can say which decision did it, or what twice \
        the load will cost.";
    example: [
        "A critical flow, and no word about money:",
        "",
        "```toml",
        r#"component = [{ id = "api", replicas = 6 }]"#,
        r#"flow = [{ id = "checkout", entry = "api", rate = "400/s", critical = true }]"#,
        "```",
    ];
    remedy: "State what a million requests may cost, or a month, in `[growth.cost]`, and `cost_per_hour` of one replica of every component on \
        the fast path. List prices are good enough to see which of them matters.";
    verify: "The sum of replicas × cost_per_hour × 730 h is within a quarter of the last monthly invoice for these components.";
    accept: "When the platform is paid as a whole and nobody can divide it: say who watches the total.";
    references: "The guide, *Unit economics* and *Step 1: cost constraints*.";
}

/// The most components that are named.
const NAMED: usize = 5;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let flows: Vec<FlowView<'_>> = context.flows().collect();
    if flows.is_empty() {
        return;
    }
    let cost = context.review.growth.cost.as_ref();
    let target = cost.is_some_and(|cost| cost.monthly_budget.is_some() || cost.per_million_requests.is_some());
    let mut seen = HashSet::new();
    let mut without = Vec::new();
    for visit in flows.iter().filter(|view| view.is_critical()).flat_map(|view| &view.expansion.components) {
        let component = context.component_at(visit.component);
        if seen.insert(visit.component) && is_paid_by_the_hour(component) && component.cost_per_hour.is_none() {
            without.push(component.id());
        }
    }
    if target && without.is_empty() {
        report.pass();
        return;
    }
    let count = without.len();
    let mut named = without.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if count > NAMED {
        named = format!("{named} and {} more", count - NAMED);
    }
    let (message, remedy) = match (target, count) {
        (false, 0) => (
            "the review does not say what a request or a month may cost".to_owned(),
            "set per_million_requests or monthly_budget in [growth.cost]".to_owned(),
        ),
        (false, _) => (
            format!("the review does not say what a request may cost, nor what {named} cost"),
            format!("set per_million_requests in [growth.cost], and cost_per_hour of {named}"),
        ),
        (true, 1) => (
            format!("{named} is on the fast path and has no cost, so the cost of a request is not known"),
            format!("set cost_per_hour of {named}"),
        ),
        (true, _) => (
            format!("{count} components on the fast path have no cost, so the cost of a request is not known: {named}"),
            format!("set cost_per_hour of {named}"),
        ),
    };
    let mut draft = Draft::new(Element::Review, message, remedy);
    if count > 0 {
        let names = without.iter().take(50).map(|id| (*id).to_owned()).collect();
        draft = draft.fact("without_cost", Figure::Count(count as f64)).fact("components", Figure::List(names));
    }
    report.find(draft);
}

fn is_paid_by_the_hour(component: &Component) -> bool {
    !matches!(component.kind, Some(ComponentKind::Client | ComponentKind::External))
}
