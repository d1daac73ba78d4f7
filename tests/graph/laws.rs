//! Laws of the layout, checked cell by cell on random graphs.

use crate::{quality, samples};
use kneepoint::graph::layout::*;
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

pub(crate) fn any_kind() -> impl Strategy<Value = EdgeKind> {
    prop_oneof![3 => Just(EdgeKind::Sync), 1 => Just(EdgeKind::Async), 1 => Just(EdgeKind::Soft)]
}

/// Up to 24 nodes of all sizes with self-loops, parallel edges, cycles and unconnected parts.
pub(crate) fn any_graph() -> impl Strategy<Value = (Vec<LayoutNode>, Vec<LayoutEdge>)> {
    (0_usize..24).prop_flat_map(|count| {
        let height = prop_oneof![Just(1_u16), Just(2), Just(3), Just(3), Just(4), Just(5), Just(9)];
        let nodes =
            prop::collection::vec((1_u16..16, height).prop_map(|(width, height)| LayoutNode { width, height }), count);
        let last = count.max(1);
        let edge = (0..last, 0..last, any_kind(), prop_oneof![4 => Just(0_u16), 1 => 1_u16..6])
            .prop_map(|(from, to, kind, label)| LayoutEdge { from, to, kind, label });
        (nodes, prop::collection::vec(edge, 0..if count == 0 { 1 } else { count * 3 }))
    })
}

#[expect(clippy::expect_used, reason = "without a flag nobody cancels")]
pub(crate) fn laid_out(nodes: &[LayoutNode], edges: &[LayoutEdge]) -> Layout {
    layout(nodes, edges, &LayoutOptions::default()).expect("nobody cancels")
}

/// How a route passes a cell.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Passing {
    Across,
    Upright,
    Turning,
}

/// Every cell of a route, how it is passed, and whether it belongs to the part shared by all lines
/// into the box.
fn cells(route: &Route) -> Vec<(Point, Passing, bool)> {
    let mut cells = Vec::new();
    for (index, &point) in route.points.iter().enumerate() {
        let ends = index == 0 || index + 1 == route.points.len();
        let way = if ends && route.points.len() < 3 { Passing::Across } else { Passing::Turning };
        cells.push((point, way, index >= route.join));
        if let Some(next) = route.points.get(index + 1) {
            let (dx, dy) = ((next.x - point.x).signum(), (next.y - point.y).signum());
            let way = if dx == 0 { Passing::Upright } else { Passing::Across };
            let mut at = Point { x: point.x + dx, y: point.y + dy };
            while at != *next {
                cells.push((at, way, index >= route.join));
                at = Point { x: at.x + dx, y: at.y + dy };
            }
        }
    }
    cells
}

pub(crate) fn check(layout: &Layout) {
    for (index, area) in layout.boxes.iter().enumerate() {
        assert!(area.x >= 0 && area.y >= 0, "{area:?} outside");
        assert!(area.right() <= layout.width && area.bottom() <= layout.height, "{area:?} outside");
        for other in &layout.boxes[index + 1..] {
            assert!(!area.overlaps(other), "{area:?} and {other:?} overlap");
        }
    }
    let mut kinds_out = vec![std::collections::BTreeSet::new(); layout.boxes.len()];
    for edge in &layout.edges {
        kinds_out[edge.from].insert(edge.kind);
    }
    let mut taken: HashMap<Point, Vec<(usize, Passing, bool)>> = HashMap::new();
    for (index, (route, edge)) in layout.routes.iter().zip(&layout.edges).enumerate() {
        let (source, target) = (layout.boxes[edge.from], layout.boxes[edge.to]);
        let port = match edge.kind {
            _ if source.height < 3 || kinds_out[edge.from].len() < 2 => 0,
            EdgeKind::Soft => -1,
            EdgeKind::Sync => 0,
            EdgeKind::Async => 1,
        };
        let start = Point { x: source.right(), y: source.middle() + port };
        assert_eq!(route.points.first(), Some(&start), "start of {edge:?}");
        let end = Point { x: target.x - 1, y: target.middle() };
        assert_eq!(route.points.last(), Some(&end), "end of {edge:?}");
        for (a, b) in route.runs() {
            assert!((a.x == b.x) != (a.y == b.y), "{edge:?} is not orthogonal: {:?}", route.points);
        }
        if !route.reversed {
            assert!(layout.rank[edge.from] < layout.rank[edge.to]);
            assert!(route.runs().all(|(a, b)| a.x <= b.x), "{edge:?} turns back");
        }
        for (at, way, joined) in cells(route) {
            assert!(at.x >= 0 && at.x < layout.width, "{at:?} outside");
            assert!(at.y >= 0 && at.y < layout.height, "{at:?} outside");
            taken.entry(at).or_default().push((index, way, joined));
        }
    }
    for (at, users) in &taken {
        assert!(!layout.boxes.iter().any(|area| area.contains(*at)), "a line in a box at {at:?}");
        for (place, &(a, way_a, joined_a)) in users.iter().enumerate() {
            for &(b, way_b, joined_b) in &users[place + 1..] {
                let (one, two) = (layout.edges[a], layout.edges[b]);
                let crosses =
                    matches!((way_a, way_b), (Passing::Across, Passing::Upright) | (Passing::Upright, Passing::Across));
                let trunk = one.from == two.from && one.kind == two.kind;
                let entry = one.to == two.to && joined_a && joined_b;
                let port = one.from == two.from && layout.boxes[one.from].right() == at.x;
                assert!(crosses || trunk || entry || port, "{one:?} and {two:?} share {at:?}");
            }
        }
    }
    for (index, route) in layout.routes.iter().enumerate() {
        let Some(slot) = route.label else { continue };
        let own = layout.edges[index];
        assert!(slot.width > i32::from(own.label), "room for the label it asked for");
        for x in slot.start.x..slot.start.x + slot.width {
            let at = Point { x, ..slot.start };
            let users = taken.get(&at).map(Vec::as_slice).unwrap_or_default();
            assert!(!users.is_empty(), "a label beside its line");
            for &(user, ..) in users {
                let other = layout.edges[user];
                assert!(
                    (own.from, own.to, own.kind) == (other.from, other.to, other.kind),
                    "{other:?} runs under the label of {own:?}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::with_cases(400) })]

    #[test]
    fn every_layout_keeps_the_laws((nodes, edges) in any_graph()) {
        let first = laid_out(&nodes, &edges);
        check(&first);
        prop_assert_eq!(first.boxes.len(), nodes.len());
        prop_assert_eq!(&first, &laid_out(&nodes, &edges));
    }

    #[test]
    fn an_edit_keeps_the_order_of_what_was_there(
        (nodes, edges) in any_graph(),
        extra in prop::collection::vec((0_usize..24, 0_usize..24, any_kind()), 1..4),
    ) {
        let before = laid_out(&nodes, &edges);
        let mut nodes = nodes;
        nodes.push(LayoutNode { width: 9, height: 3 });
        let mut edges = edges;
        for (from, to, kind) in extra {
            let (from, to) = (from % nodes.len(), to % nodes.len());
            edges.push(LayoutEdge { from, to, kind, label: 0 });
        }
        let mut rows: Vec<Option<i32>> = before.rows().into_iter().map(Some).collect();
        rows.push(None);
        let options = LayoutOptions { previous_rows: Some(&rows), ..LayoutOptions::default() };
        let after = layout(&nodes, &edges, &options).expect("nobody cancels");
        check(&after);
        // Parts may move as a whole, so only the order inside a part is kept.
        let part = parts(nodes.len(), &edges);
        let known = |p: usize| (0..before.boxes.len()).filter(|&n| part[n] == p).count();
        for a in 0..before.boxes.len() {
            for b in 0..before.boxes.len() {
                let together = part[a] == part[b] && after.boxes[a].x == after.boxes[b].x;
                if together && known(part[a]) > 1 && rows[a] < rows[b] {
                    prop_assert!(after.boxes[a].y < after.boxes[b].y, "{} and {}", a, b);
                }
            }
        }
    }
}

fn parts(count: usize, edges: &[LayoutEdge]) -> Vec<usize> {
    let mut part: Vec<usize> = (0..count).collect();
    loop {
        let before = part.clone();
        for edge in edges {
            let least = part[edge.from].min(part[edge.to]);
            part[edge.from] = least;
            part[edge.to] = least;
        }
        if before == part {
            return part;
        }
    }
}

#[test]
fn big_graphs_keep_the_laws() {
    for (count, seed) in [(100, 1), (300, 2), (1000, 3)] {
        let sample = samples::local(count, seed);
        let nodes = sample.nodes(kneepoint::graph::picture::Zoom::Boxes);
        check(&laid_out(&nodes, &sample.edges));
    }
}

/// Crossings are what costs a reader most; a change that adds some must be seen.
#[test]
fn realistic_graphs_have_few_crossings_and_bends() {
    let (mut routed, mut straight, mut bends) = (0, 0, 0);
    for seed in 1..=10 {
        let sample = samples::arch30(seed);
        let layout = laid_out(&sample.nodes(kneepoint::graph::picture::Zoom::Boxes), &sample.edges);
        routed += quality::routed(&layout);
        straight += quality::straight(&layout);
        bends += quality::bends(&layout);
    }
    assert!(routed <= 420, "{routed} crossings of lines");
    assert!(straight <= 405, "{straight} crossings of straight lines");
    assert!(bends <= 1700, "{bends} bends");
}

#[test]
fn a_far_flung_graph_keeps_the_laws() {
    let sample = samples::far(150, 1);
    check(&laid_out(&sample.nodes(kneepoint::graph::picture::Zoom::Names), &sample.edges));
}

#[test]
fn a_long_chain_and_a_wide_star_are_no_deep_recursion_and_no_explosion() {
    let nodes = vec![LayoutNode { width: 6, height: 3 }; 4000];
    let edge = |from, to| LayoutEdge { from, to, kind: EdgeKind::Sync, label: 0 };
    let mut chain: Vec<LayoutEdge> = (1..4000).map(|n| edge(n - 1, n)).collect();
    assert_eq!(laid_out(&nodes, &chain).rank[3999], 3999);
    chain.push(edge(3999, 0));
    assert!(laid_out(&nodes, &chain).routes[3999].reversed);
    let star: Vec<LayoutEdge> = (1..4000).map(|n| edge(0, n)).collect();
    let wide = laid_out(&nodes, &star);
    assert!(wide.width < 40, "one trunk: {}", wide.width);
    let funnel: Vec<LayoutEdge> = (1..4000).map(|n| edge(n, 0)).collect();
    assert_eq!(laid_out(&nodes, &funnel).rank[0], 1);
}

#[test]
fn many_lanes_and_a_full_bipartite_graph_keep_the_laws() {
    let nodes = vec![LayoutNode { width: 5, height: 3 }; 24];
    let mut edges = Vec::new();
    for from in 0..12 {
        for to in 12..24 {
            edges.push(LayoutEdge { from, to, kind: EdgeKind::Sync, label: 0 });
        }
    }
    check(&laid_out(&nodes, &edges));
    for from in 0..24 {
        for to in 0..from {
            edges.push(LayoutEdge { from, to, kind: EdgeKind::Async, label: 2 });
        }
    }
    check(&laid_out(&nodes, &edges));
}

#[test]
fn no_nodes_bad_ends_and_cancelling() {
    let options = LayoutOptions::default();
    let nothing = layout(&[], &[], &options).expect("nobody cancels");
    assert_eq!((nothing.width, nothing.height), (0, 0));
    let nodes = [LayoutNode { width: 0, height: 0 }];
    let edges = [LayoutEdge { from: 0, to: 7, kind: EdgeKind::Sync, label: 0 }];
    let odd = layout(&nodes, &edges, &options).expect("nobody cancels");
    assert_eq!(odd.boxes[0], CellRect { x: 0, y: 0, width: 1, height: 1 });
    assert!(odd.routes[0].points.is_empty());
    let flag = AtomicBool::new(true);
    let stopped = LayoutOptions { cancel: Some(&flag), ..options };
    assert_eq!(layout(&nodes, &edges, &stopped), None);
}

#[test]
fn a_cell_leads_back_to_its_element() {
    let sample = samples::shop(1);
    let layout = laid_out(&sample.nodes(kneepoint::graph::picture::Zoom::Boxes), &sample.edges);
    for (index, area) in layout.boxes.iter().enumerate() {
        let at = Point { x: area.right() - 1, y: area.bottom() - 1 };
        assert_eq!(layout.hit(at), Some(Element::Node(index)));
    }
    for (index, route) in layout.routes.iter().enumerate() {
        let slot = route.label.expect("every label fits in the shop");
        assert_eq!(layout.hit(slot.start), Some(Element::Edge(index)));
    }
    assert_eq!(layout.hit(Point { x: -1, y: 0 }), None);
    assert_eq!(layout.hit(Point { x: 0, y: 0 }), None);
}
