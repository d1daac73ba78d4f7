//! Small reviews in, what the system graph says about them out.

use kneepoint::document::parse;
use kneepoint::graph::{ComponentIndex, FlowIndex, FlowIssue, Step, SystemGraph};
use kneepoint::model::{Element, Review};
use proptest::prelude::*;
use std::fmt::Write;
use std::time::{Duration, Instant};

fn graph(text: &str) -> (Review, SystemGraph) {
    let (review, _, _) = parse(text);
    let graph = SystemGraph::new(&review);
    assert_eq!(graph.verify(), Ok(()));
    (review, graph)
}

/// `a: service, b: queue` as components, `a -> b [key = value]` lines as dependencies, then raw TOML.
fn system(components: &str, dependencies: &[&str], rest: &str) -> String {
    let mut text = String::from("format = 1\n");
    for component in components.split_whitespace() {
        let (id, kind) = component.split_once(':').unwrap_or((component, "service"));
        let _ = writeln!(text, "[[component]]\nid = \"{id}\"\nkind = \"{kind}\"");
    }
    for line in dependencies {
        let (ends, keys) = line.split_once(';').unwrap_or((line, ""));
        let (from, to) = Element::ends(ends).unwrap_or_default();
        let _ = writeln!(text, "[[dependency]]\nfrom = \"{from}\"\nto = \"{to}\"\n{keys}");
    }
    text.push_str(rest);
    text
}

fn names(graph: &SystemGraph, components: &[ComponentIndex]) -> Vec<String> {
    graph.path_names(components)
}

fn component(id: &str) -> Element {
    Element::Component(id.to_owned())
}

fn edge(from: &str, to: &str) -> Element {
    Element::Dependency(from.to_owned(), to.to_owned())
}

const SHOP: &str = r#"
[[slo]]
id = "latency"
flow = "checkout"
[[slo]]
id = "api-up"
component = "api"
[[slo]]
id = "browse-up"
flow = "browse"
[[flow]]
id = "checkout"
entry = "gateway"
calls = [
  { from = "gateway", to = "api" },
  { from = "api", to = "cache" },
  { from = "api", to = "db", on_miss = "cache", count = 2 },
  { from = "api", to = "payments", group = "a" },
  { from = "api", to = "events" },
  { from = "api", to = "fraud", group = "a", probability = 0.5 },
  { from = "events", to = "mailer" },
  { from = "mailer", to = "db" },
]
[[flow]]
id = "browse"
entry = "gateway"
calls = [ { from = "gateway", to = "search" } ]
"#;

fn shop() -> (Review, SystemGraph) {
    let text = system(
        "gateway:gateway api cache:cache db:database payments:external events:queue fraud:external mailer:worker search",
        &[
            "gateway -> api",
            "api -> cache; criticality = \"soft\"",
            "api -> db",
            "api -> payments",
            "api -> fraud; on_failure = \"degrade\"",
            "api -> events",
            "events -> mailer",
            "mailer -> db",
            "gateway -> search",
        ],
        SHOP,
    );
    graph(&text.replace("kind = \"cache\"", "kind = \"cache\"\ncache = { hit_ratio = 0.9 }"))
}

#[test]
fn visits_multiply_along_the_way_and_misses_thin_them() {
    let (_, graph) = shop();
    let checkout = graph.expansion(FlowIndex(0)).unwrap();
    let visits = |id: &str| checkout.visit(graph.component(id).unwrap()).unwrap().visits.likely;
    assert_eq!(visits("gateway"), 1.0);
    // 2 × (1 − 0.9) misses, and once by the mailer.
    assert!((visits("db") - 1.2).abs() < 1e-12);
    assert_eq!(visits("fraud"), 0.5);
    assert_eq!(visits("mailer"), 1.0);
    let over = graph.dependency(graph.component("api").unwrap(), graph.component("db").unwrap()).unwrap();
    assert!((checkout.calls_over(over).likely - 0.2).abs() < 1e-12);
}

#[test]
fn what_is_behind_a_queue_carries_load_and_is_not_part_of_the_answer() {
    let (_, graph) = shop();
    let checkout = graph.expansion(FlowIndex(0)).unwrap();
    let visit = |id: &str| checkout.visit(graph.component(id).unwrap()).unwrap();
    assert!(!visit("events").in_answer && !visit("mailer").in_answer);
    assert!(visit("db").in_answer, "the API waits for it, whatever the mailer does");
    let to_db = checkout.calls.iter().filter(|call| graph.name(call.to) == "db").map(|call| call.in_answer);
    assert_eq!(to_db.collect::<Vec<_>>(), [true, false]);
    // The mailer itself waits for the database: its worker is held.
    assert!(checkout.calls.last().unwrap().synchronous);
}

#[test]
fn a_group_stands_where_its_first_call_stands() {
    let (_, graph) = shop();
    let checkout = graph.expansion(FlowIndex(0)).unwrap();
    let steps = &checkout.visit(graph.component("api").unwrap()).unwrap().steps;
    assert_eq!(*steps, [Step::One(1), Step::One(2), Step::Together(vec![3, 5]), Step::One(4)]);
}

#[test]
fn the_mode_decides_who_waits_and_queues_take_work_without_an_answer() {
    let (_, graph) = graph(&system(
        "a b q:queue s:stream",
        &[
            "a -> b",
            "a -> q",
            "a -> s; mode = \"sync\"",
            "b -> s",
            "b -> q; mode = \"batch\"",
            "q -> b; mode = \"async\"",
        ],
        "",
    ));
    let waits = |from: &str, to: &str| {
        let ends = (graph.component(from).unwrap(), graph.component(to).unwrap());
        graph.waits(graph.dependency(ends.0, ends.1).unwrap())
    };
    assert!(waits("a", "b") && waits("a", "s"));
    assert!(!waits("a", "q") && !waits("b", "s") && !waits("b", "q") && !waits("q", "b"));
    let from_a = graph.sync_reachable(graph.component("a").unwrap());
    assert_eq!(names(&graph, &from_a), ["b", "s"]);
    let b = graph.component("b").unwrap();
    assert_eq!(names(&graph, &graph.callers(b)), ["a", "q"]);
    assert_eq!(names(&graph, &graph.callees(b)), ["s", "q"]);
    let near = graph.neighbourhood(graph.component("s").unwrap(), 1);
    assert_eq!(
        near.iter().map(|(c, hops)| (graph.name(*c), *hops)).collect::<Vec<_>>(),
        [("s", 0), ("a", 1), ("b", 1)]
    );
}

#[test]
fn the_longest_chain_follows_the_calls_of_the_flow_and_not_other_edges() {
    let calls = |list: &[(&str, &str)]| {
        let calls: Vec<_> = list.iter().map(|(a, b)| format!("{{ from = \"{a}\", to = \"{b}\" }}")).collect();
        format!("[[flow]]\nid = \"f\"\nentry = \"a\"\ncalls = [{}]\n", calls.join(","))
    };
    let edges = ["a -> b", "b -> c", "a -> c", "c -> d", "a -> d", "d -> e", "d -> q"];
    let chain = |list: &[(&str, &str)]| {
        let (_, graph) = graph(&system("a b c d e q:queue", &edges, &calls(list)));
        graph.longest_sync_chain(FlowIndex(0)).map(|chain| names(&graph, &chain).join(">"))
    };
    assert_eq!(chain(&[("a", "d"), ("a", "c"), ("c", "d"), ("d", "q")]), Some("a>c>d".to_owned()));
    assert_eq!(chain(&[("a", "d"), ("d", "e")]), Some("a>d>e".to_owned()), "b and c are not this flow's");
    assert_eq!(chain(&[("a", "c"), ("a", "b")]), Some("a>c".to_owned()), "the first in the file of two alike");
    assert_eq!(chain(&[]), None);
}

#[test]
fn circles_are_found_once_each_with_a_shortest_way_round() {
    let (_, graph) = graph(&system(
        "a b c d e q:queue",
        &["a -> b", "b -> c", "c -> a", "c -> b", "d -> q", "q -> e", "e -> d", "a -> d", "d -> d"],
        "",
    ));
    let all: Vec<_> = graph.cycles().iter().map(|c| (names(&graph, &c.members), names(&graph, &c.witness))).collect();
    let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(all, [(list("a b c"), list("a b c")), (list("d e q"), list("d q e"))]);
    let sync = graph.sync_cycles();
    assert_eq!(sync.len(), 1, "the publish into the queue waits for nobody");
    assert_eq!(names(&graph, &sync[0].members), ["a", "b", "c"]);
}

#[test]
fn a_component_that_every_way_needs_is_a_cut_vertex() {
    let flow = r#"
[[flow]]
id = "f"
entry = "a"
calls = [
  { from = "a", to = "b" }, { from = "a", to = "c" }, { from = "b", to = "d" }, { from = "c", to = "d" },
  { from = "d", to = "e" }, { from = "c", to = "g" }, { from = "e", to = "h" },
]
"#;
    let (_, graph) = graph(&system("a b c d e g h", &["e -> h; criticality = \"soft\""], flow));
    // d is reached by two ways, so neither b nor c is needed for it; c alone leads to g, d alone to e; h is soft.
    let mut cut = names(&graph, &graph.cut_vertices(FlowIndex(0)));
    cut.sort();
    assert_eq!(cut, ["c", "d"]);
}

#[test]
fn a_failure_travels_up_hard_waiting_and_stops_at_soft_and_asynchronous_calls() {
    let (_, graph) = shop();
    let blast = |element: &Element| {
        let blast = graph.blast_radius(element);
        let list = |flows: &[FlowIndex]| flows.iter().map(|flow| flow.0).collect::<Vec<_>>();
        (list(&blast.flows_hard), list(&blast.flows_soft), blast.slos)
    };
    // SLOs: 0 of checkout, 1 of the component api, 2 of browse.
    assert_eq!(blast(&component("payments")), (vec![0], vec![], vec![0, 1]));
    assert_eq!(blast(&component("cache")), (vec![], vec![0], vec![]), "soft");
    assert_eq!(blast(&component("fraud")), (vec![], vec![0], vec![]), "degrades, so soft");
    assert_eq!(blast(&component("mailer")), (vec![], vec![0], vec![]), "behind a queue");
    assert_eq!(blast(&component("gateway")), (vec![0, 1], vec![], vec![0, 2]));
    assert_eq!(blast(&edge("api", "payments")), (vec![0], vec![], vec![0, 1]));
    assert_eq!(blast(&edge("mailer", "db")), (vec![], vec![0], vec![]));
    assert_eq!(blast(&component("nowhere")), (vec![], vec![], vec![]));
    assert_eq!(blast(&Element::Flow("browse".to_owned())), (vec![1], vec![], vec![2]));
    assert_eq!(graph.flows_through(&edge("gateway", "api")), [FlowIndex(0)]);
    assert_eq!(graph.flows_through(&component("gateway")), [FlowIndex(0), FlowIndex(1)]);
}

#[test]
fn a_broken_review_is_expanded_as_far_as_it_goes() {
    let rest = r#"
[[flow]]
id = "f"
entry = "a"
calls = [
  { from = "a", to = "b" }, { from = "b", to = "a" }, { from = "b", to = "b" }, { from = "b", to = "ghost" },
  { from = "c", to = "b" }, { to = "b" }, { from = "a", to = "b", on_miss = "ghost" },
]
[[flow]]
id = "f"
entry = "a"
[[flow]]
[[flow]]
id = "g"
entry = "ghost"
[[component]]
id = "a"
[[component]]
"#;
    let (_, graph) = graph(&system("a b c", &["a -> b", "a -> b; mode = \"async\"", "a -> ghost", "b -> b"], rest));
    assert_eq!(graph.component("a"), Some(ComponentIndex(0)));
    assert_eq!(graph.component(""), None);
    let a = graph.component("a").unwrap();
    assert_eq!(graph.outgoing(a).len(), 1, "the first of two alike, and nothing that dangles");
    assert!(graph.waits(graph.outgoing(a)[0]));
    let f = graph.expansion(FlowIndex(0)).unwrap();
    assert_eq!(
        f.issues,
        [
            FlowIssue::Cyclic(1),
            FlowIssue::Cyclic(2),
            FlowIssue::Dangling(3),
            FlowIssue::NeverMade(4),
            FlowIssue::Dangling(5),
            FlowIssue::UnknownHitRatio(6, "ghost".to_owned()),
        ]
    );
    assert_eq!(f.visit(graph.component("b").unwrap()).unwrap().visits.likely, 2.0, "never a hit that nobody promised");
    assert_eq!(graph.expansion(FlowIndex(1)).unwrap().issues, [FlowIssue::Duplicate]);
    assert_eq!(graph.expansion(FlowIndex(2)).unwrap().issues, [FlowIssue::NoEntry]);
    assert_eq!(graph.expansion(FlowIndex(3)).unwrap().entry, None);
    assert_eq!(graph.longest_sync_chain(FlowIndex(3)), None);
    assert!(graph.cut_vertices(FlowIndex(3)).is_empty() && graph.call_tree(FlowIndex(3), 10).is_empty());
    assert_eq!(graph.expansion(FlowIndex(9)), None);
}

#[test]
fn forty_diamonds_have_more_ways_than_time_and_are_counted_at_once() {
    let mut text = String::from("format = 1\n");
    let mut calls = Vec::new();
    for level in 0..40 {
        for side in ["l", "r"] {
            calls.push(format!("{{ from = \"n{level}\", to = \"{side}{level}\" }}"));
            calls.push(format!("{{ from = \"{side}{level}\", to = \"n{}\" }}", level + 1));
        }
        let _ = writeln!(text, "[[component]]\nid = \"n{level}\"\n[[component]]\nid = \"l{level}\"");
        let _ = writeln!(text, "[[component]]\nid = \"r{level}\"");
    }
    let _ = writeln!(
        text,
        "[[component]]\nid = \"n40\"\n[[flow]]\nid = \"f\"\nentry = \"n0\"\ncalls = [{}]",
        calls.join(",")
    );
    let (review, _, _) = parse(&text);
    let start = Instant::now();
    let graph = SystemGraph::new(&review);
    let last = graph.component("n40").unwrap();
    assert_eq!(graph.expansion(FlowIndex(0)).unwrap().visit(last).unwrap().visits.likely, 2f64.powi(40));
    assert_eq!(graph.longest_sync_chain(FlowIndex(0)).unwrap().len(), 81);
    assert_eq!(graph.cut_vertices(FlowIndex(0)).len(), 39, "n1 … n39 stand between the entry and the rest");
    let tree = graph.call_tree(FlowIndex(0), 50);
    assert_eq!(tree.len(), 50);
    assert!(tree.iter().any(|node| node.more > 0) && tree[0].call.is_none());
    assert!(tree.windows(2).all(|pair| pair[1].depth <= pair[0].depth + 1), "a walk goes down one step at a time");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn ten_thousand_components_in_one_chain_and_one_ring_are_no_trouble() {
    let count = 10_000;
    let mut text = String::from("format = 1\n");
    let mut calls = Vec::with_capacity(count);
    for i in 0..count {
        let next = (i + 1) % count;
        let _ = writeln!(text, "[[component]]\nid = \"c{i}\"\n[[dependency]]\nfrom = \"c{i}\"\nto = \"c{next}\"");
        calls.push(format!("{{ from = \"c{i}\", to = \"c{next}\" }}"));
    }
    let _ = writeln!(text, "[[flow]]\nid = \"f\"\nentry = \"c0\"\ncalls = [{}]", calls.join(","));
    let (review, _, _) = parse(&text);
    let start = Instant::now();
    let graph = SystemGraph::new(&review);
    assert_eq!(graph.expansion(FlowIndex(0)).unwrap().issues, [FlowIssue::Cyclic(count - 1)]);
    assert_eq!(graph.longest_sync_chain(FlowIndex(0)).unwrap().len(), count);
    let cycles = graph.sync_cycles();
    assert_eq!((cycles.len(), cycles[0].witness.len()), (1, count));
    assert_eq!(graph.sync_reachable(ComponentIndex(0)).len(), count - 1);
    assert_eq!(graph.cut_vertices(FlowIndex(0)).len(), count - 2);
    assert_eq!(graph.blast_radius(&component("c9999")).flows_hard, [FlowIndex(0)]);
    assert_eq!(graph.call_tree(FlowIndex(0), 100).len(), 100);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(graph.verify(), Ok(()));
}

proptest! {
    /// Whatever calls whatever: the invariants hold, and a component is visited where and only where calls lead to it.
    #[test]
    fn any_tangle_keeps_the_invariants(ends in prop::collection::vec((0usize..8, 0usize..9, 0usize..3), 0..40)) {
        let calls: Vec<_> = ends
            .iter()
            .map(|(a, b, group)| {
                let group = if *group == 0 { String::new() } else { format!(", group = \"g{group}\"") };
                format!("{{ from = \"c{a}\", to = \"c{b}\"{group} }}")
            })
            .collect();
        let edges: Vec<_> = ends.iter().map(|(a, b, _)| format!("c{a} -> c{b}")).collect();
        let edges: Vec<_> = edges.iter().map(String::as_str).collect();
        let flow = format!("[[flow]]\nid = \"f\"\nentry = \"c0\"\ncalls = [{}]\n", calls.join(","));
        let (_, graph) = graph(&system("c0 c1 c2 c3:queue c4 c5 c6 c7", &edges, &flow));
        let expansion = graph.expansion(FlowIndex(0)).unwrap();
        for index in 0..8 {
            let reached = index == 0 || graph.neighbourhood(ComponentIndex(0), 100).iter().any(|(c, _)| c.0 == index);
            prop_assert!(reached || expansion.visit(ComponentIndex(index)).is_none());
            if let Some(visit) = expansion.visit(ComponentIndex(index)) {
                prop_assert!(visit.visits.likely >= 1.0);
            }
        }
        for cycle in graph.cycles() {
            for (at, from) in cycle.witness.iter().enumerate() {
                let to = cycle.witness[(at + 1) % cycle.witness.len()];
                prop_assert!(graph.dependency(*from, to).is_some(), "each of a witness calls the next");
            }
        }
        if let Some(chain) = graph.longest_sync_chain(FlowIndex(0)) {
            for pair in chain.windows(2) {
                prop_assert!(expansion.calls.iter().any(|c| c.from == pair[0] && c.to == pair[1] && c.synchronous));
            }
        }
    }
}
