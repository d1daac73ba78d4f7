//! How good a layout is: crossings and bends.

use kneepoint::graph::layout::{Layout, Point};
use std::collections::BTreeMap;

type Line = (Point, Point);

/// Pairs of horizontal and vertical runs of edges without a common end that cross, each pair of
/// bundled lines counted once for every pair of edges.
pub(crate) fn routed(layout: &Layout) -> usize {
    let mut rows: BTreeMap<i32, Vec<(i32, i32, usize)>> = BTreeMap::new();
    for (edge, route) in layout.routes.iter().enumerate() {
        for (a, b) in route.runs().filter(|(a, b)| a.y == b.y) {
            rows.entry(a.y).or_default().push((a.x.min(b.x), a.x.max(b.x), edge));
        }
    }
    let mut count = 0;
    for (edge, route) in layout.routes.iter().enumerate() {
        for (a, b) in route.runs().filter(|(a, b)| a.x == b.x) {
            for (_, runs) in rows.range(a.y.min(b.y) + 1..a.y.max(b.y)) {
                for &(low, high, other) in runs {
                    if low < a.x && a.x < high && apart(layout, edge, other) {
                        count += 1;
                    }
                }
            }
        }
    }
    count
}

fn apart(layout: &Layout, a: usize, b: usize) -> bool {
    let (a, b) = (layout.edges[a], layout.edges[b]);
    a.from != b.from && a.from != b.to && a.to != b.from && a.to != b.to
}

/// Crossings of the straight lines between the middles of the boxes, ends shared excluded.
pub(crate) fn straight(layout: &Layout) -> usize {
    let middle = |node: usize| {
        let b = layout.boxes[node];
        Point { x: b.x * 2 + b.width, y: (b.y * 2 + b.height) * 2 }
    };
    let lines: Vec<Line> = layout.edges.iter().map(|edge| (middle(edge.from), middle(edge.to))).collect();
    let side = |line: Line, p: Point| {
        let (ax, ay) = (i64::from(line.1.x - line.0.x), i64::from(line.1.y - line.0.y));
        (ax * i64::from(p.y - line.0.y) - ay * i64::from(p.x - line.0.x)).signum()
    };
    let mut count = 0;
    for (i, &a) in lines.iter().enumerate() {
        for (j, &b) in lines.iter().enumerate().skip(i + 1) {
            let cross = side(a, b.0) * side(a, b.1) < 0 && side(b, a.0) * side(b, a.1) < 0;
            count += usize::from(cross && apart(layout, i, j));
        }
    }
    count
}

/// Corners of all routes.
pub(crate) fn bends(layout: &Layout) -> usize {
    layout.routes.iter().map(|route| route.points.len().saturating_sub(2)).sum()
}
