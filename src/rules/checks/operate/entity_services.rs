//! KP510: two services that are one: the same store, and no request to one without the other.

use crate::graph::{ComponentIndex, DependencyIndex};
use crate::model::{Component, ComponentKind, Element};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds};
use foldhash::{HashMap, HashMapExt, HashSet};

declare_rule! {
    "KP510" "entity-services", Medium, Likely;
    summary: "two services that share a store and never answer without each other";
    reads: ["component.kind", "component.deploys_with", "dependency.mode", "dependency.network", "flow.calls", "flow.calls.probability"];
    settings: [];
    detects: "A component of kind `service` or `function` that waits for another one in every flow that visits it, at least once a visit (counts and \
        probabilities included), while both use the same `database`. Left out are two that are deployed as one (`deploys_with`) and calls \
        over a `network` of zero.";
    why: "The split follows the nouns of the data (order, order line, price) instead of teams or failures. Every request pays the hop, a failure of one is a failure of \
        both, and a change of the shared table is a change of both. What was a function call and a transaction is now a protocol, and \
        nothing can be scaled or released apart.";
    example: [
        "Orders never answers without order lines, and both keep them in one database:",
        "",
        "```toml",
        r#"component = [{ id = "orders", kind = "service" }, { id = "order-lines", kind = "service" }, { id = "shop-db", kind = "database" }]"#,
        r#"dependency = [{ from = "orders", to = "order-lines", mode = "sync", timeout = "200ms" },"#,
        r#"              { from = "orders", to = "shop-db", mode = "sync", timeout = "100ms" }, { from = "order-lines", to = "shop-db", mode = "sync", timeout = "100ms" }]"#,
        r#"flow = [{ id = "show", entry = "orders", calls = [{ from = "orders", to = "order-lines" }, { from = "orders", to = "shop-db" }, { from = "order-lines", to = "shop-db" }] }]"#,
        "```",
    ];
    remedy: "Merge the two into one service with two modules, and let the call be a function call inside one transaction. Split again where a team, \
        a different load or a failure that must not spread asks for it, and then give each side its own data.";
    verify: "The hop is gone from the trace; the number of releases that touch both has fallen to the number of releases.";
    accept: "When the second is on its way to another team with its own store, with a date.";
    references: "The guide, *Migration path*, phase 4: split by ownership and failure domains. `KP306` shared-database, `KP508` microservices-too-early.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let review = context.review;
    let stores = stores_of(context);
    for position in 0..review.dependencies.len() {
        let index = DependencyIndex(position);
        let Some((from, to)) = context.graph.ends(index) else { continue };
        let (caller, callee) = (context.component_at(from), context.component_at(to));
        if !is_service(caller) || !is_service(callee) || !context.graph.waits(index) {
            continue;
        }
        let dependency = &review.dependencies[position];
        let in_process = dependency.network.is_some_and(|network| network.value() == 0.0);
        let one_unit = unit(caller).is_some() && unit(caller) == unit(callee);
        if in_process || one_unit {
            continue;
        }
        let Some(shared) = shared_store(&stores, from, to) else { continue };
        let element = Element::Dependency(dependency.from().to_owned(), dependency.to().to_owned());
        let calling = context.flows_through(&element);
        let visiting = context.graph.flows_through(&Element::Component(caller.id().to_owned()));
        if calling.is_empty() || calling.len() < visiting.len() || !calling.iter().all(|view| always(*view, from, to)) {
            report.pass();
            continue;
        }
        let (a, b, store) = (caller.id(), callee.id(), context.graph.name(shared));
        let flows = match calling.len() {
            1 => "its one flow".to_owned(),
            count => format!("each of its {count} flows"),
        };
        let mut message = format!("{a} waits for {b} in {flows}, every time, and both keep their data in {store}");
        if let Some(network) = dependency.network {
            message = format!("{message}; the hop costs {} a call", Seconds::new(network.value()));
        }
        report.find(
            Draft::new(
                element,
                message,
                format!("merge {a} and {b} into one service, or give {b} its own data and its own callers"),
            )
            .fact("store", Figure::Text(store.to_owned()))
            .fact("flows", Figure::Count(calling.len() as f64)),
        );
    }
}

/// Whether every visit of one component calls the other at least once.
fn always(view: FlowView<'_>, from: ComponentIndex, to: ComponentIndex) -> bool {
    view.steps_of(from).flatten().any(|made| made.to == to && made.synchronous && made.per_visit.low >= 1.0)
}

/// The databases that each service uses.
fn stores_of(context: &Context<'_>) -> HashMap<ComponentIndex, HashSet<ComponentIndex>> {
    let mut stores: HashMap<ComponentIndex, HashSet<ComponentIndex>> = HashMap::new();
    for position in 0..context.review.dependencies.len() {
        let Some((from, to)) = context.graph.ends(DependencyIndex(position)) else { continue };
        if context.component_at(to).kind == Some(ComponentKind::Database) && is_service(context.component_at(from)) {
            stores.entry(from).or_default().insert(to);
        }
    }
    stores
}

fn shared_store(
    stores: &HashMap<ComponentIndex, HashSet<ComponentIndex>>,
    a: ComponentIndex,
    b: ComponentIndex,
) -> Option<ComponentIndex> {
    let (a, b) = (stores.get(&a)?, stores.get(&b)?);
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    few.iter().copied().filter(|store| many.contains(store)).min()
}

fn is_service(component: &Component) -> bool {
    matches!(component.kind, Some(ComponentKind::Service | ComponentKind::Function))
}

fn unit(component: &Component) -> Option<&str> {
    component.deploys_with.as_deref().map(str::trim).filter(|unit| !unit.is_empty())
}
