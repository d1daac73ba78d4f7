//! Edges as strands: bundled by source and kind, cut into segments between neighbouring ranks.
//!
//! All edges of one source and kind form one net. In each rank a net passes through it has one
//! joint (a row of its own), shared by all its edges that go further: that is the trunk. Every net
//! that enters a box gets an entry row of its own beside the box, so that lines of different
//! sources meet only directly before the arrowhead, where nothing can be confused.
//! Edges that run backwards take no joints; they get lanes when the routes are made.

use super::{EdgeKind, LayoutEdge};

/// A box or a joint.
pub(super) struct Vertex {
    pub(super) rank: usize,
    /// Rows reserved: the box, its entry rows, its self-loop rows; 1 for a joint.
    pub(super) height: i32,
    /// The row of the box's middle, counted from the top of the reserved rows.
    pub(super) middle: i32,
}

/// A piece of a net between two neighbouring ranks.
pub(super) struct Segment {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Soft 0, sync 1, async 2: from the upper port to the lower one.
    pub(super) port: usize,
    /// How much it wants to be straight.
    pub(super) weight: i64,
    /// Row of its start, counted from the top of the reserved rows of `from`.
    pub(super) from_row: i32,
    /// Row of its end, likewise.
    pub(super) to_row: i32,
    net: usize,
}

/// All edges of one source and kind.
pub(super) struct Net {
    pub(super) source: usize,
    pub(super) kind: EdgeKind,
    /// One joint for each rank after the source's, as far as the net reaches.
    pub(super) joints: Vec<usize>,
    /// Row of its port, counted from the middle of the source's box.
    pub(super) port_row: i32,
}

/// A net arriving at a box.
pub(super) struct Entry {
    pub(super) net: usize,
    pub(super) target: usize,
    /// Row, counted from the middle of the target's box.
    pub(super) row: i32,
}

/// The layered graph: boxes first (same indices), then joints.
pub(super) struct Strands {
    pub(super) boxes: usize,
    pub(super) vertices: Vec<Vertex>,
    pub(super) segments: Vec<Segment>,
    pub(super) nets: Vec<Net>,
    pub(super) entries: Vec<Entry>,
    pub(super) net_of_edge: Vec<usize>,
    pub(super) entry_of_edge: Vec<usize>,
    /// Entry indices of each box, from the upper row to the lower one once they are placed.
    pub(super) entries_of: Vec<Vec<usize>>,
    /// Self-loop nets of each box.
    pub(super) loops_of: Vec<Vec<usize>>,
    /// Ports of each box that are in use: soft, sync, async.
    pub(super) ports_of: Vec<[bool; 3]>,
    /// Vertices of each rank.
    pub(super) ranks: Vec<Vec<usize>>,
}

impl Strands {
    pub(super) fn new(sizes: &[(i32, i32)], edges: &[LayoutEdge], reversed: &[bool], rank: &[usize]) -> Self {
        let boxes = sizes.len();
        let mut strands = Self {
            boxes,
            vertices: Vec::with_capacity(boxes),
            segments: Vec::new(),
            nets: Vec::new(),
            entries: Vec::new(),
            net_of_edge: vec![0; edges.len()],
            entry_of_edge: vec![0; edges.len()],
            entries_of: vec![Vec::new(); boxes],
            loops_of: vec![Vec::new(); boxes],
            ports_of: vec![[false; 3]; boxes],
            ranks: vec![Vec::new(); rank.iter().max().map_or(0, |last| last + 1)],
        };
        for (node, &r) in rank.iter().enumerate() {
            strands.vertices.push(Vertex { rank: r, height: 1, middle: 0 });
            strands.ranks[r].push(node);
        }
        strands.gather_nets(edges);
        for (index, edge) in edges.iter().enumerate() {
            let net = strands.net_of_edge[index];
            if !reversed[index] {
                strands.lengthen(net, rank[edge.to]);
            } else if edge.from == edge.to && !strands.loops_of[edge.from].contains(&net) {
                strands.loops_of[edge.from].push(net);
            }
        }
        strands.gather_entries(edges, reversed);
        strands.reserve(sizes);
        strands
    }

    fn gather_nets(&mut self, edges: &[LayoutEdge]) {
        let mut by_port = vec![[usize::MAX; 3]; self.boxes];
        for (index, edge) in edges.iter().enumerate() {
            let slot = &mut by_port[edge.from][edge.kind.port()];
            if *slot == usize::MAX {
                *slot = self.nets.len();
                self.nets.push(Net { source: edge.from, kind: edge.kind, joints: Vec::new(), port_row: 0 });
                self.ports_of[edge.from][edge.kind.port()] = true;
            }
            self.net_of_edge[index] = *slot;
        }
    }

    /// Adds joints to a net until the rank before `last`.
    fn lengthen(&mut self, net: usize, last: usize) {
        let source = self.nets[net].source;
        let first = self.vertices[source].rank + 1;
        for rank in first + self.nets[net].joints.len()..last {
            let joint = self.vertices.len();
            self.vertices.push(Vertex { rank, height: 1, middle: 0 });
            self.ranks[rank].push(joint);
            let from = self.nets[net].joints.last().copied().unwrap_or(source);
            self.push_segment(net, from, joint);
            self.nets[net].joints.push(joint);
        }
    }

    fn push_segment(&mut self, net: usize, from: usize, to: usize) {
        let kind = self.nets[net].kind;
        let base = if kind == EdgeKind::Sync { 2 } else { 1 };
        let joints = i64::from(from >= self.boxes) + i64::from(to >= self.boxes);
        let weight = base * (1 + joints + joints * joints / 4);
        let port = kind.port();
        self.segments.push(Segment { from, to, port, weight, from_row: 0, to_row: 0, net });
    }

    fn gather_entries(&mut self, edges: &[LayoutEdge], reversed: &[bool]) {
        let mut known = std::collections::HashMap::new();
        for (index, edge) in edges.iter().enumerate() {
            let net = self.net_of_edge[index];
            let entry = *known.entry((net, edge.to)).or_insert_with(|| {
                self.entries.push(Entry { net, target: edge.to, row: 0 });
                self.entries_of[edge.to].push(self.entries.len() - 1);
                if !reversed[index] {
                    let from = self.vertex_before(net, edge.to);
                    self.push_segment(net, from, edge.to);
                }
                self.entries.len() - 1
            });
            self.entry_of_edge[index] = entry;
        }
    }

    /// The vertex of a net in the rank before a target's.
    fn vertex_before(&self, net: usize, target: usize) -> usize {
        let net = &self.nets[net];
        let hops = self.vertices[target].rank - self.vertices[net.source].rank;
        if hops < 2 { net.source } else { net.joints[hops - 2] }
    }

    /// Fixes ports and the rows that each box keeps for itself.
    fn reserve(&mut self, sizes: &[(i32, i32)]) {
        for (node, &(_, height)) in sizes.iter().enumerate() {
            let ports = self.ports_of[node];
            let spread = ports.iter().filter(|used| **used).count() > 1;
            let middle = height / 2;
            let entries = self.entries_of[node].len() as i32;
            let mut above = middle.max((entries - 1) / 2);
            let mut below = (height - 1 - middle).max(entries / 2);
            if spread {
                above = above.max(i32::from(ports[0]));
                below = below.max(i32::from(ports[2]));
            }
            let loops = self.loops_of[node].len() as i32;
            let vertex = &mut self.vertices[node];
            vertex.middle = above;
            vertex.height = above + 1 + below + loops;
        }
        for net in &mut self.nets {
            let spread = self.ports_of[net.source].iter().filter(|used| **used).count() > 1;
            net.port_row = if spread { net.kind.port() as i32 - 1 } else { 0 };
        }
    }

    /// The row of a self-loop's way back, counted from the middle of the box.
    pub(super) fn loop_row(&self, node: usize, net: usize) -> i32 {
        let loops = &self.loops_of[node];
        let index = loops.iter().position(|&n| n == net).unwrap_or(0);
        let vertex = &self.vertices[node];
        vertex.height - vertex.middle - loops.len() as i32 + index as i32
    }

    /// Gives every entry its row, in the order in which the nets arrive, so that they need not
    /// cross before the box; nets from lanes below come last.
    pub(super) fn place_entries(&mut self, position: &[usize]) {
        for node in 0..self.boxes {
            let mut list = std::mem::take(&mut self.entries_of[node]);
            list.sort_by_key(|&entry| {
                let net = &self.nets[self.entries[entry].net];
                let is_loop = net.source == node;
                if self.vertices[net.source].rank < self.vertices[node].rank {
                    let before = self.vertex_before(self.entries[entry].net, node);
                    (0, position[before], net.kind.port(), entry)
                } else {
                    (1 + usize::from(is_loop), 0, 0, entry)
                }
            });
            let mut first = -((list.len() as i32 - 1) / 2);
            if let [upper, lower] = list[..] {
                let sync = |entry: usize| self.nets[self.entries[entry].net].kind == EdgeKind::Sync;
                if sync(lower) && !sync(upper) && self.vertices[node].middle > 0 {
                    first = -1;
                }
            }
            for (row, &entry) in (first..).zip(&list) {
                self.entries[entry].row = row;
            }
            self.entries_of[node] = list;
        }
        let mut rows = std::collections::HashMap::new();
        for entry in &self.entries {
            rows.insert((entry.net, entry.target), entry.row);
        }
        for segment in &mut self.segments {
            if segment.from < self.boxes {
                let middle = self.vertices[segment.from].middle;
                segment.from_row = middle + self.nets[segment.net].port_row;
            }
            if segment.to < self.boxes {
                let row = rows.get(&(segment.net, segment.to)).copied().unwrap_or(0);
                segment.to_row = self.vertices[segment.to].middle + row;
            }
        }
    }
}
