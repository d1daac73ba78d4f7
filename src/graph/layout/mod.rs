//! A layered layout, left to right, in whole character cells.
//!
//! Callers stand left of the called. The phases, one file each: `cycles` (which edges run
//! backwards), `ranks` (columns), `strands` (long edges become chains, bundled by source and
//! kind), `order` (who stands above whom), `rows` (vertical cells), `channel` (tracks for the
//! vertical runs between two columns), `routes` (the polylines), `pack` (unconnected parts).
//!
//! Deterministic: the same input gives the same cells, on every machine; the effort is bounded by
//! counted work, never by a clock. Nothing recurses over the graph.
//! Must not know components, reviews, glyphs or colours.

mod channel;
mod crossings;
mod cycles;
mod order;
mod pack;
mod ranks;
mod routes;
mod rows;
mod strands;

use std::sync::atomic::{AtomicBool, Ordering};

/// The box of one node, in cells, borders included. A size of zero is taken as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LayoutNode {
    /// Columns.
    pub width: u16,
    /// Rows: 5 or 3 for a bordered box, 1 for a bare name or dot.
    pub height: u16,
}

/// How the caller depends on the called; decides the port an edge leaves from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EdgeKind {
    /// The caller waits and fails with it: middle row of the right side.
    Sync,
    /// Nobody waits: the row below the middle.
    Async,
    /// The caller waits but survives without it: the row above the middle.
    Soft,
}

impl EdgeKind {
    /// From the upper port to the lower one: soft, sync, async.
    pub(super) const fn port(self) -> usize {
        match self {
            Self::Soft => 0,
            Self::Sync => 1,
            Self::Async => 2,
        }
    }
}

/// One dependency to draw. Both ends are indices into the node slice; an edge whose end is out of
/// range gets an empty route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LayoutEdge {
    /// The caller.
    pub from: usize,
    /// The called.
    pub to: usize,
    /// The kind of line.
    pub kind: EdgeKind,
    /// Cells to keep free for a label on the last horizontal run; 0 for none.
    pub label: u16,
}

/// What a caller may wish.
#[derive(Debug, Clone, Copy)]
pub struct LayoutOptions<'a> {
    /// The least number of columns between two ranks; from 6 on lines also leave boxes with more
    /// air.
    pub rank_gap: u16,
    /// Empty rows between two boxes of a rank.
    pub node_gap: u16,
    /// Columns after which unconnected parts start a new shelf; at least the widest part.
    pub wrap_width: i32,
    /// The rows of an earlier layout (see [`Layout::rows`]), one for each node, `None` for a new
    /// node: nodes with a row keep their order, so that boxes do not jump after an edit.
    pub previous_rows: Option<&'a [Option<i32>]>,
    /// Set from another thread to give up.
    pub cancel: Option<&'a AtomicBool>,
}

impl Default for LayoutOptions<'_> {
    fn default() -> Self {
        Self { rank_gap: 4, node_gap: 1, wrap_width: 120, previous_rows: None, cancel: None }
    }
}

/// A cell of the canvas; x grows to the right, y downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Point {
    /// Column.
    pub x: i32,
    /// Row.
    pub y: i32,
}

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CellRect {
    /// Leftmost column.
    pub x: i32,
    /// Topmost row.
    pub y: i32,
    /// Columns.
    pub width: i32,
    /// Rows.
    pub height: i32,
}

impl CellRect {
    /// The first column to the right of it.
    pub const fn right(&self) -> i32 {
        self.x + self.width
    }

    /// The first row below it.
    pub const fn bottom(&self) -> i32 {
        self.y + self.height
    }

    /// The row in which edges arrive.
    pub const fn middle(&self) -> i32 {
        self.y + self.height / 2
    }

    /// Whether the cell lies in it.
    pub const fn contains(&self, at: Point) -> bool {
        at.x >= self.x && at.x < self.right() && at.y >= self.y && at.y < self.bottom()
    }

    /// Whether the two share a cell.
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// A free horizontal run on which a label of one edge may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LabelSlot {
    /// First cell.
    pub start: Point,
    /// Cells that belong to this edge alone; one of them should stay a line.
    pub width: i32,
}

/// The way of one edge.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route {
    /// Corners, ends included; two neighbours share a row or a column. The first is the cell right
    /// of the caller's box, the last the cell left of the called box, in its middle row. Empty if
    /// the edge had an end out of range.
    pub points: Vec<Point>,
    /// Points from this index on are shared by all edges into the same box; those before by all
    /// edges of the same source and kind.
    pub join: usize,
    /// Whether it closes a cycle and so runs back to the left.
    pub reversed: bool,
    /// Room for a label.
    pub label: Option<LabelSlot>,
}

impl Route {
    /// Straight runs between neighbouring points, in order.
    pub fn runs(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        self.points.windows(2).filter_map(|pair| match pair {
            [a, b] => Some((*a, *b)),
            _ => None,
        })
    }

    /// Whether the cell lies on it.
    pub fn passes(&self, at: Point) -> bool {
        self.points.contains(&at)
            || self.runs().any(|(a, b)| {
                at.x >= a.x.min(b.x) && at.x <= a.x.max(b.x) && at.y >= a.y.min(b.y) && at.y <= a.y.max(b.y)
            })
    }
}

/// What lies under a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Element {
    /// A node, by index.
    Node(usize),
    /// An edge, by index.
    Edge(usize),
}

/// The finished layout.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Columns of the canvas.
    pub width: i32,
    /// Rows of the canvas.
    pub height: i32,
    /// One box for each node.
    pub boxes: Vec<CellRect>,
    /// Rank of each node, 0 at the left; ranks of unconnected parts are independent.
    pub rank: Vec<usize>,
    /// One route for each edge.
    pub routes: Vec<Route>,
    /// The two ends and the kind of each edge, as given.
    pub edges: Vec<LayoutEdge>,
}

impl Layout {
    /// The rows to hand in as [`LayoutOptions::previous_rows`] next time (mapped by the caller to
    /// the new indices).
    pub fn rows(&self) -> Vec<i32> {
        self.boxes.iter().map(CellRect::middle).collect()
    }

    /// The element under a cell. On a trunk that several edges share it is the first of them; where
    /// two lines cross it is the vertical one, which is the one that is drawn.
    pub fn hit(&self, at: Point) -> Option<Element> {
        if let Some(node) = self.boxes.iter().position(|b| b.contains(at)) {
            return Some(Element::Node(node));
        }
        let mut found = None;
        for (index, route) in self.routes.iter().enumerate() {
            if !route.passes(at) {
                continue;
            }
            let vertical =
                route.runs().any(|(a, b)| a.x == b.x && a.x == at.x && at.y >= a.y.min(b.y) && at.y <= a.y.max(b.y));
            if vertical {
                return Some(Element::Edge(index));
            }
            found = found.or(Some(Element::Edge(index)));
        }
        found
    }
}

/// The nodes and edges of one connected part, renumbered from 0.
struct Part {
    nodes: Vec<usize>,
    edges: Vec<usize>,
    sizes: Vec<(i32, i32)>,
    links: Vec<LayoutEdge>,
    previous: Option<Vec<Option<i32>>>,
}

/// The layout of one part, its upper left corner at 0, 0.
struct PartLayout {
    width: i32,
    height: i32,
    boxes: Vec<CellRect>,
    rank: Vec<usize>,
    routes: Vec<Route>,
}

/// Lays the graph out; `None` only if it was cancelled.
///
/// Self-loops, parallel edges, cycles, unconnected parts and no nodes at all are fine.
pub fn layout(nodes: &[LayoutNode], edges: &[LayoutEdge], options: &LayoutOptions<'_>) -> Option<Layout> {
    let mut result = Layout {
        boxes: vec![CellRect::default(); nodes.len()],
        rank: vec![0; nodes.len()],
        routes: edges.iter().map(|_| Route { points: Vec::new(), join: 0, reversed: false, label: None }).collect(),
        edges: edges.to_vec(),
        ..Layout::default()
    };
    let parts = pack::parts(nodes, edges, options.previous_rows);
    let mut finished = Vec::with_capacity(parts.len());
    for part in &parts {
        finished.push(lay_out_part(part, options)?);
    }
    let corners = pack::shelves(&finished, options);
    for ((part, done), corner) in parts.iter().zip(finished).zip(corners) {
        result.width = result.width.max(corner.x + done.width);
        result.height = result.height.max(corner.y + done.height);
        for ((&node, cell), rank) in part.nodes.iter().zip(done.boxes).zip(done.rank) {
            result.boxes[node] = CellRect { x: cell.x + corner.x, y: cell.y + corner.y, ..cell };
            result.rank[node] = rank;
        }
        for (&edge, mut route) in part.edges.iter().zip(done.routes) {
            for point in &mut route.points {
                point.x += corner.x;
                point.y += corner.y;
            }
            if let Some(slot) = &mut route.label {
                slot.start.x += corner.x;
                slot.start.y += corner.y;
            }
            result.routes[edge] = route;
        }
    }
    Some(result)
}

fn lay_out_part(part: &Part, options: &LayoutOptions<'_>) -> Option<PartLayout> {
    let cancelled = || options.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed));
    let reversed = cycles::feedback(part.sizes.len(), &part.links);
    let rank = ranks::ranks(part.sizes.len(), &part.links, &reversed);
    if cancelled() {
        return None;
    }
    let mut strands = strands::Strands::new(&part.sizes, &part.links, &reversed, &rank);
    let orders = order::order(&strands, part.previous.as_deref(), &cancelled)?;
    strands.place_entries(&orders.position);
    let tops = rows::rows(&strands, &orders, i32::from(options.node_gap));
    if cancelled() {
        return None;
    }
    Some(routes::routes(part, &strands, &orders, &tops, &rank, &reversed, options))
}
