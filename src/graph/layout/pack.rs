//! Unconnected parts: found by union-find, placed on shelves, the largest first.

use super::{LayoutEdge, LayoutNode, LayoutOptions, Part, PartLayout, Point};

/// Splits the graph into connected parts; parts and their nodes keep the order of the node slice.
pub(super) fn parts(nodes: &[LayoutNode], edges: &[LayoutEdge], previous: Option<&[Option<i32>]>) -> Vec<Part> {
    let mut parent: Vec<usize> = (0..nodes.len()).collect();
    for edge in edges {
        if edge.from < nodes.len() && edge.to < nodes.len() {
            let (a, b) = (root(&mut parent, edge.from), root(&mut parent, edge.to));
            parent[a.max(b)] = a.min(b);
        }
    }
    let mut part_of = vec![usize::MAX; nodes.len()];
    let mut local = vec![0; nodes.len()];
    let mut parts: Vec<Part> = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let top = root(&mut parent, index);
        if part_of[top] == usize::MAX {
            part_of[top] = parts.len();
            parts.push(Part {
                nodes: Vec::new(),
                edges: Vec::new(),
                sizes: Vec::new(),
                links: Vec::new(),
                previous: previous.map(|_| Vec::new()),
            });
        }
        part_of[index] = part_of[top];
        let part = &mut parts[part_of[index]];
        local[index] = part.nodes.len();
        part.nodes.push(index);
        part.sizes.push((i32::from(node.width.max(1)), i32::from(node.height.max(1))));
        if let (Some(known), Some(rows)) = (&mut part.previous, previous) {
            known.push(rows.get(index).copied().flatten());
        }
    }
    for (index, edge) in edges.iter().enumerate() {
        if edge.from < nodes.len() && edge.to < nodes.len() {
            let part = &mut parts[part_of[edge.from]];
            part.edges.push(index);
            part.links.push(LayoutEdge { from: local[edge.from], to: local[edge.to], ..*edge });
        }
    }
    parts
}

fn root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

/// The upper left corner of each part: parts with more nodes first, from left to right, a new shelf
/// where the width is used up.
pub(super) fn shelves(parts: &[PartLayout], options: &LayoutOptions<'_>) -> Vec<Point> {
    let widest = parts.iter().map(|part| part.width).max().unwrap_or(0);
    let limit = widest.max(options.wrap_width);
    let mut by_size: Vec<usize> = (0..parts.len()).collect();
    by_size.sort_by_key(|&index| (std::cmp::Reverse(parts[index].boxes.len()), index));
    let mut corners = vec![Point { x: 0, y: 0 }; parts.len()];
    let (mut x, mut y, mut shelf) = (0, 0, 0);
    let gap = i32::from(options.node_gap).max(1);
    for index in by_size {
        let part = &parts[index];
        if x > 0 && x + part.width > limit {
            x = 0;
            y += shelf + gap;
            shelf = 0;
        }
        corners[index] = Point { x, y };
        x += part.width + i32::from(options.rank_gap).max(2);
        shelf = shelf.max(part.height);
    }
    corners
}
