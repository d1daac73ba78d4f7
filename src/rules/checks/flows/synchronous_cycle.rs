//! KP208: components that wait for each other in a circle.

use crate::graph::ComponentIndex;
use crate::model::{ComponentKind, Dependency, Element};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::collections::VecDeque;

declare_rule! {
    "KP208" "synchronous-cycle", Medium, Certain;
    summary: "components that wait for each other in a circle";
    reads: ["dependency.mode", "component.kind", "component.workers", "flow.calls", "flow.critical"];
    settings: [];
    detects: "Dependencies whose callers wait and which lead in a circle, whatever flows use them. Circles through a `client` or an \
        `external` system are left out: their waiting holds none of your workers. For each group of components that reach each other \
        one shortest circle is told whole, and the finding stands at the component of it whose id comes first in the alphabet. High \
        where flows use every call of the circle, a critical one among them. Likely instead of certain where a mode is not given.";
    why: "When all workers of the first wait for the second, and all workers of the second for the first, no request ends until a timeout \
        does it, and the retries fill both again. It needs no fault, only load. And none of the two can be started, deployed, tested \
        or understood without the other.";
    example: [
        "Orders ask users for the address, users ask orders for the history:",
        "",
        "```toml",
        r#"component = [{ id = "orders", kind = "service" }, { id = "users", kind = "service" }]"#,
        r#"dependency = [{ from = "orders", to = "users", mode = "sync" }, { from = "users", to = "orders", mode = "sync" }]"#,
        "```",
    ];
    remedy: "Decide who knows whom. Let the other direction be an event, a copy of the few fields that are asked for, or a value that the \
        caller passes along. Where both directions are really one thing, merge the two components. Until then give each direction its \
        own pool of workers, so that one cannot starve the other.";
    verify: "Slow one of them at peak load: the other keeps answering what does not need it. No trace contains the same component twice.";
    accept: "When the two directions run in separate worker pools and no request goes round: write down how that is kept so.";
    references: "The guide, *Minimize synchronous dependencies*. Martin, *Acyclic Dependencies Principle*. `KP201` deep-sync-chain.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for group in context.graph.sync_cycles() {
        let circle = circle_in(context, &group.members);
        let Some(first) = circle.first() else { continue };
        report.find(found(context, *first, &circle, group.members.len()));
    }
    if report.count() == 0 && context.dependencies().any(|dependency| context.waits(dependency)) {
        report.pass();
    }
}

fn found(context: &Context<'_>, first: ComponentIndex, circle: &[ComponentIndex], members: usize) -> Draft {
    let names = context.graph.path_names(circle);
    let calls: Vec<(&str, &str)> = (0..names.len())
        .map(|position| (names[position].as_str(), names[(position + 1) % names.len()].as_str()))
        .collect();
    let mut flows: Vec<FlowView<'_>> = Vec::new();
    let mut listed = HashSet::new();
    let mut all_used = true;
    for (from, to) in &calls {
        let through = context.flows_through(&Element::Dependency((*from).to_owned(), (*to).to_owned()));
        all_used &= !through.is_empty();
        flows.extend(through.into_iter().filter(|view| listed.insert(view.expansion.flow.0)));
    }
    let critical = flows.iter().any(FlowView::is_critical);
    let dependencies: Vec<&Dependency> = calls.iter().filter_map(|(from, to)| dependency(context, from, to)).collect();
    let mut message = format!("{} → {} wait for each other", shown(&names), names[0]);
    if members > names.len() {
        message = format!("{message}; {members} components reach each other this way in all");
    }
    // What the fewest flows need is the cheapest to take out; of equals the soft one, then the last of the circle.
    let weakest = dependencies.iter().rev().min_by_key(|dependency| {
        let element = Element::Dependency(dependency.from().to_owned(), dependency.to().to_owned());
        (context.graph.flows_through(&element).len(), u8::from(crate::graph::is_hard(dependency)))
    });
    let remedy = weakest.map_or_else(
        || "take one of the calls out of the circle".to_owned(),
        |weakest| {
            format!(
                "take {0} -> {1} out of the wait first: let {0} hear of it by an event, keep a copy, or get it from its caller",
                weakest.from(),
                weakest.to()
            )
        },
    );
    let told = dependencies.iter().all(|dependency| dependency.mode.is_some());
    Draft::new(Element::Component(context.graph.name(first).to_owned()), message, remedy)
        .severity(if critical && all_used { Severity::High } else { Severity::Medium })
        .confidence(if told { Confidence::Certain } else { Confidence::Likely })
        .fact("components", Figure::Count(names.len() as f64))
        .flows(flows.iter().map(|view| view.flow.id().to_owned()).collect())
        .fact("circle", Figure::List(names))
}

fn dependency<'a>(context: &Context<'a>, from: &str, to: &str) -> Option<&'a Dependency> {
    let review = context.review;
    let ends = context.graph.component(from).zip(context.graph.component(to));
    let index = ends.and_then(|(from, to)| context.graph.dependency(from, to))?;
    review.dependencies.get(index.0)
}

/// A circle of team's own components inside a group that reaches itself, beginning at the id that comes first in the
/// alphabet; empty where every circle leads through somebody else.
fn circle_in(context: &Context<'_>, members: &[ComponentIndex]) -> Vec<ComponentIndex> {
    let others = |index: &ComponentIndex| {
        matches!(context.component_at(*index).kind, Some(ComponentKind::Client | ComponentKind::External))
    };
    let inside: HashSet<ComponentIndex> = members.iter().copied().filter(|index| !others(index)).collect();
    let onward: HashMap<ComponentIndex, Vec<ComponentIndex>> =
        inside.iter().map(|index| (*index, waits_for(context, *index, &inside))).collect();
    let inside = peeled(inside, &onward);
    let name = |index: &ComponentIndex| context.graph.name(*index);
    let Some(start) = inside.iter().min_by_key(|index| name(index)).copied() else { return Vec::new() };
    // Everything left leads on to something left, so a walk comes back somewhere.
    let next = |index| {
        let callees = onward.get(&index).into_iter().flatten().filter(|callee| inside.contains(callee));
        callees.min_by_key(|callee| name(callee)).copied()
    };
    let mut place = HashMap::from_iter([(start, 0)]);
    let mut walk = vec![start];
    let met = loop {
        let Some(callee) = walk.last().copied().and_then(next) else { return Vec::new() };
        if let Some(place) = place.get(&callee) {
            break *place;
        }
        place.insert(callee, walk.len());
        walk.push(callee);
    };
    let Some(first) = walk[met..].iter().min_by_key(|index| name(index)).copied() else { return Vec::new() };
    shortest_circle(first, &onward, &inside)
}

fn waits_for(context: &Context<'_>, index: ComponentIndex, inside: &HashSet<ComponentIndex>) -> Vec<ComponentIndex> {
    let waited = context.graph.outgoing(index).into_iter().filter(|dependency| context.graph.waits(*dependency));
    let callees = waited.filter_map(|dependency| context.graph.ends(dependency)).map(|(_, to)| to);
    callees.filter(|to| inside.contains(to)).collect()
}

/// What is left when components that nothing inside leads to, or that lead nowhere inside, are taken away again and again.
fn peeled(
    mut inside: HashSet<ComponentIndex>,
    onward: &HashMap<ComponentIndex, Vec<ComponentIndex>>,
) -> HashSet<ComponentIndex> {
    let mut back: HashMap<ComponentIndex, Vec<ComponentIndex>> = HashMap::new();
    for (from, callees) in onward {
        for to in callees {
            back.entry(*to).or_default().push(*from);
        }
    }
    for (ways, returns) in [(onward, &back), (&back, onward)] {
        let count = |index: &ComponentIndex| {
            ways.get(index).into_iter().flatten().filter(|other| inside.contains(other)).count()
        };
        let mut left: HashMap<ComponentIndex, usize> = inside.iter().map(|index| (*index, count(index))).collect();
        let mut open: Vec<_> = left.iter().filter(|(_, count)| **count == 0).map(|(index, _)| *index).collect();
        while let Some(index) = open.pop() {
            inside.remove(&index);
            for before in returns.get(&index).into_iter().flatten() {
                if let Some(count) = left.get_mut(before) {
                    *count = count.saturating_sub(1);
                    if *count == 0 && inside.contains(before) {
                        open.push(*before);
                    }
                }
            }
        }
    }
    inside
}

fn shortest_circle(
    first: ComponentIndex,
    onward: &HashMap<ComponentIndex, Vec<ComponentIndex>>,
    inside: &HashSet<ComponentIndex>,
) -> Vec<ComponentIndex> {
    let mut came_from: HashMap<ComponentIndex, ComponentIndex> = HashMap::new();
    let mut open = VecDeque::from([first]);
    while let Some(index) = open.pop_front() {
        for to in onward.get(&index).into_iter().flatten().filter(|to| inside.contains(to)) {
            if *to == first {
                let mut circle = vec![index];
                while let Some(before) = circle.last().and_then(|last| came_from.get(last)) {
                    circle.push(*before);
                }
                circle.reverse();
                return circle;
            }
            came_from.entry(*to).or_insert_with(|| {
                open.push_back(*to);
                index
            });
        }
    }
    Vec::new()
}

/// A path in words, its middle cut where nobody would read on.
fn shown(path: &[String]) -> String {
    const ENDS: usize = 8;
    if path.len() <= 2 * ENDS {
        return path.join(" → ");
    }
    let left_out = path.len() - 2 * ENDS;
    format!("{} → … {left_out} more … → {}", path[..ENDS].join(" → "), path[path.len() - ENDS..].join(" → "))
}
