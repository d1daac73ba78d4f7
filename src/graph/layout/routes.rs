//! From ranks, orders and rows to cells: channels get their widths, boxes their columns, edges
//! their polylines. Edges that run backwards get lanes below everything they pass under.

use super::channel::{self, Bundle, Tracks};
use super::order::Orders;
use super::strands::Strands;
use super::{CellRect, LabelSlot, LayoutOptions, Part, PartLayout, Point, Route};
use std::collections::HashMap;

/// Above this many tracks they stand side by side; up to it a column stays free between two.
const AIRY_TRACKS: usize = 4;

/// What a net does in a channel; each has vertical runs of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    /// From the port to the right.
    Forward,
    /// Out of the port down to a lane or a self-loop's row; along a lane; up from a lane.
    Back,
    /// Up from a self-loop's row into the box.
    Loop,
}

/// A net, a channel, a way.
type Place = (usize, usize, Way);

/// The columns of one channel, counted from its own left edge.
struct Span {
    x: i32,
    stub: i32,
    spacing: i32,
    tracks: Tracks,
}

impl Span {
    fn track(&self, track: usize) -> i32 {
        self.x + self.stub + track as i32 * self.spacing
    }

    /// The first column right of all tracks.
    fn after_tracks(&self) -> i32 {
        match self.tracks.count {
            0 => self.x + 1,
            count => self.track(count - 1) + 1,
        }
    }
}

struct Builder<'a> {
    strands: &'a Strands,
    tops: &'a [i32],
    rank: &'a [usize],
    /// Lane row of each net that has edges running back, self-loops apart.
    lanes: HashMap<usize, i32>,
    bundles: Vec<Vec<Bundle>>,
    places: HashMap<Place, usize>,
}

pub(super) fn routes(
    part: &Part,
    strands: &Strands,
    orders: &Orders,
    tops: &[i32],
    rank: &[usize],
    reversed: &[bool],
    options: &LayoutOptions<'_>,
) -> PartLayout {
    let ranks = orders.ranks.len();
    let mut builder = Builder {
        strands,
        tops,
        rank,
        lanes: HashMap::new(),
        bundles: (0..=ranks).map(|_| Vec::new()).collect(),
        places: HashMap::new(),
    };
    builder.place_lanes(part, orders, reversed);
    builder.gather(part, reversed);

    let widths = column_widths(part, rank, ranks);
    let demands = builder.demands(part, ranks);
    let mut spans: Vec<Span> = Vec::with_capacity(ranks + 1);
    let mut columns = Vec::with_capacity(ranks);
    let mut x = 0;
    for channel in 0..=ranks {
        let tracks = channel::solve(&builder.bundles[channel]);
        let span = Builder::span(x, channel, tracks, options);
        x += builder.channel_width(&span, channel, demands[channel], options);
        spans.push(span);
        if channel < ranks {
            columns.push(x);
            x += widths[channel];
        }
    }

    let boxes: Vec<CellRect> = (0..strands.boxes)
        .map(|node| {
            let (width, height) = part.sizes[node];
            let y = builder.middle(node) - height / 2;
            CellRect { x: columns[rank[node]], y, width, height }
        })
        .collect();
    let routes: Vec<Route> =
        (0..part.links.len()).map(|edge| builder.route(part, edge, reversed[edge], &spans, &boxes)).collect();
    let points = || routes.iter().flat_map(|route| &route.points);
    let height = boxes.iter().map(CellRect::bottom).chain(points().map(|point| point.y + 1)).max().unwrap_or(0);
    // Reserved rows at the top may stay empty, and a margin channel without lines has no width.
    let first = boxes.iter().map(|b| b.y).chain(points().map(|p| p.y)).min().unwrap_or(0);
    let mut done = PartLayout { width: x, height: height - first, boxes, rank: rank.to_vec(), routes };
    done.boxes.iter_mut().for_each(|b| b.y -= first);
    for route in &mut done.routes {
        route.points.iter_mut().for_each(|point| point.y -= first);
        if let Some(slot) = &mut route.label {
            slot.start.y -= first;
        }
    }
    done
}

fn column_widths(part: &Part, rank: &[usize], ranks: usize) -> Vec<i32> {
    let mut widths = vec![0; ranks];
    for (&(width, _), &r) in part.sizes.iter().zip(rank) {
        widths[r] = widths[r].max(width);
    }
    widths
}

impl Builder<'_> {
    fn middle(&self, node: usize) -> i32 {
        self.tops[node] + self.strands.vertices[node].middle
    }

    fn port_row(&self, net: usize) -> i32 {
        let net = &self.strands.nets[net];
        self.middle(net.source) + net.port_row
    }

    fn entry_row(&self, entry: usize) -> i32 {
        let entry = &self.strands.entries[entry];
        self.middle(entry.target) + entry.row
    }

    /// Gives each net with edges running back a row below all columns it passes; shorter lanes
    /// stand higher.
    fn place_lanes(&mut self, part: &Part, orders: &Orders, reversed: &[bool]) {
        let mut first_rank: HashMap<usize, usize> = HashMap::new();
        for (edge, link) in part.links.iter().enumerate() {
            if reversed[edge] && link.from != link.to {
                let net = self.strands.net_of_edge[edge];
                let first = first_rank.entry(net).or_insert(usize::MAX);
                *first = (*first).min(self.rank[link.to]);
            }
        }
        let mut lanes: Vec<(usize, usize, usize)> = first_rank
            .into_iter()
            .map(|(net, first)| (self.rank[self.strands.nets[net].source] - first, net, first))
            .collect();
        lanes.sort_unstable();
        let bottoms: Vec<i32> = orders
            .ranks
            .iter()
            .map(|rank| {
                let last = rank.last();
                last.map_or(0, |&v| self.tops[v] + self.strands.vertices[v].height)
            })
            .collect();
        let mut floor = vec![0; bottoms.len() + 1];
        for (length, net, first) in lanes {
            let last = first + length;
            let under = bottoms[first..=last].iter().map(|bottom| bottom + 1);
            let row = under.chain(floor[first..=last + 1].iter().copied()).max().unwrap_or(0);
            floor[first..=last + 1].fill(row + 1);
            self.lanes.insert(net, row);
        }
    }

    fn bundle(&mut self, place: Place) -> &mut Bundle {
        let (net, channel, _) = place;
        let list = &mut self.bundles[channel];
        let index = *self.places.entry(place).or_insert_with(|| {
            list.push(Bundle { net, ..Bundle::default() });
            list.len() - 1
        });
        &mut self.bundles[channel][index]
    }

    fn touch(&mut self, place: Place, at_left: bool, row: i32) {
        let bundle = self.bundle(place);
        let rows = if at_left { &mut bundle.left } else { &mut bundle.right };
        if !rows.contains(&row) {
            rows.push(row);
        }
    }

    /// Fills the channels with what every net does in them.
    fn gather(&mut self, part: &Part, reversed: &[bool]) {
        for net in 0..self.strands.nets.len() {
            let first = self.rank[self.strands.nets[net].source] + 1;
            self.touch((net, first, Way::Forward), true, self.port_row(net));
            for (hop, &joint) in self.strands.nets[net].joints.iter().enumerate() {
                let row = self.tops[joint];
                self.touch((net, first + hop, Way::Forward), false, row);
                self.touch((net, first + hop + 1, Way::Forward), true, row);
            }
        }
        for (edge, link) in part.links.iter().enumerate() {
            let net = self.strands.net_of_edge[edge];
            let row = self.entry_row(self.strands.entry_of_edge[edge]);
            let (from, to) = (self.rank[link.from], self.rank[link.to]);
            if !reversed[edge] {
                self.touch((net, to, Way::Forward), false, row);
            } else if link.from == link.to {
                let back = self.middle(link.from) + self.strands.loop_row(link.from, net);
                self.touch((net, from + 1, Way::Back), true, self.port_row(net));
                self.touch((net, from + 1, Way::Back), true, back);
                self.touch((net, from, Way::Loop), false, back);
                self.touch((net, from, Way::Loop), false, row);
            } else {
                let lane = self.lanes.get(&net).copied().unwrap_or(0);
                self.touch((net, from + 1, Way::Back), true, self.port_row(net));
                self.touch((net, from + 1, Way::Back), true, lane);
                for channel in to + 1..=from {
                    self.touch((net, channel, Way::Back), true, lane);
                    self.touch((net, channel, Way::Back), false, lane);
                }
                self.touch((net, to, Way::Back), false, lane);
                self.touch((net, to, Way::Back), false, row);
            }
        }
    }

    fn span(x: i32, channel: usize, tracks: Tracks, options: &LayoutOptions<'_>) -> Span {
        let stub = match (channel, options.rank_gap) {
            (0, _) => 0,
            (_, 0..=5) => 1,
            _ => 2,
        };
        let spacing = if tracks.count <= AIRY_TRACKS { 2 } else { 1 };
        Span { x, stub, spacing, tracks }
    }

    /// For each channel the longest label and whether lines of different nets meet before a box.
    fn demands(&self, part: &Part, ranks: usize) -> Vec<(i32, bool)> {
        let mut demands = vec![(0, false); ranks + 1];
        for link in &part.links {
            let (label, meeting) = &mut demands[self.rank[link.to]];
            *label = (*label).max(i32::from(link.label));
            *meeting |= self.strands.entries_of[link.to].len() > 1;
        }
        demands
    }

    /// Tracks, room for labels, the column where lines into one box meet, the arrowheads.
    fn channel_width(
        &self,
        span: &Span,
        channel: usize,
        (label, meeting): (i32, bool),
        options: &LayoutOptions<'_>,
    ) -> i32 {
        let ranks = self.bundles.len() - 1;
        let tracks = span.after_tracks() - span.x;
        if self.bundles[channel].is_empty() {
            return if channel == 0 || channel == ranks { 0 } else { i32::from(options.rank_gap) };
        }
        if channel == ranks {
            return tracks;
        }
        let width = tracks + (label + 1) + i32::from(meeting) + 1;
        if channel == 0 { width } else { width.max(i32::from(options.rank_gap)) }
    }

    fn route(&self, part: &Part, edge: usize, reversed: bool, spans: &[Span], boxes: &[CellRect]) -> Route {
        let link = part.links[edge];
        let net = self.strands.net_of_edge[edge];
        let entry = self.strands.entry_of_edge[edge];
        let (source, target) = (boxes[link.from], boxes[link.to]);
        let (from, to) = (self.rank[link.from], self.rank[link.to]);
        let mut row = self.port_row(net);
        let mut points = Vec::new();
        if source.height < 3 {
            points.push(Point { x: source.right(), y: source.middle() });
        }
        points.push(Point { x: source.right(), y: row });
        let last_row = self.entry_row(entry);
        let turn = |points: &mut Vec<Point>, place: Place, at_left: bool, y: i32, next: i32| {
            let bundle = self.places.get(&place);
            let span = &spans[place.1];
            if let Some(track) = bundle.and_then(|&b| span.tracks.turn(b, at_left, y, next)) {
                let x = span.track(track);
                points.extend([Point { x, y }, Point { x, y: next }]);
            }
        };
        if reversed {
            let is_loop = link.from == link.to;
            let back = if is_loop {
                self.middle(link.from) + self.strands.loop_row(link.from, net)
            } else {
                self.lanes.get(&net).copied().unwrap_or(row)
            };
            let up = if is_loop { Way::Loop } else { Way::Back };
            turn(&mut points, (net, from + 1, Way::Back), true, row, back);
            turn(&mut points, (net, to, up), false, back, last_row);
        } else {
            // The rows at the right edges of the channels on the way: joints, then the entry.
            let joints = self.strands.nets[net].joints.iter().map(|&joint| self.tops[joint]);
            let rows = joints.take(to - from - 1).chain([last_row]);
            for (channel, next) in (from + 1..).zip(rows) {
                let Some(&bundle) = self.places.get(&(net, channel, Way::Forward)) else {
                    continue;
                };
                let span = &spans[channel];
                for (track, reached) in span.tracks.through(bundle, row, next) {
                    let x = span.track(track);
                    points.extend([Point { x, y: row }, Point { x, y: reached }]);
                    row = reached;
                }
            }
        }
        let meets = self.strands.entries_of[link.to].len() > 1;
        let head = target.x - 1;
        let end = head - i32::from(meets);
        let label_start = spans[to].after_tracks();
        let label = (end - label_start > 0)
            .then_some(LabelSlot { start: Point { x: label_start, y: last_row }, width: end - label_start });
        if meets {
            points.push(Point { x: end, y: last_row });
        }
        let mut points = straightened(&points);
        let join = if meets {
            let join = points.len() - 1;
            points.push(Point { x: end, y: target.middle() });
            join
        } else {
            points.len()
        };
        points.push(Point { x: head, y: target.middle() });
        let (points, join) = tail_straightened(&points, join);
        Route { points, join, reversed, label }
    }
}

/// Drops repeated points and points in the middle of a straight run.
fn straightened(points: &[Point]) -> Vec<Point> {
    let mut result: Vec<Point> = Vec::with_capacity(points.len());
    for &point in points {
        if result.last() == Some(&point) {
            continue;
        }
        if let [.., a, b] = result[..] {
            let column = a.x == b.x && b.x == point.x;
            let row = a.y == b.y && b.y == point.y;
            if column || row {
                result.pop();
            }
        }
        result.push(point);
    }
    result
}

/// Drops repeated points at the end without moving the joint to another cell.
fn tail_straightened(points: &[Point], join: usize) -> (Vec<Point>, usize) {
    let mut head = straightened(&points[..join.min(points.len())]);
    let tail = straightened(&points[join.min(points.len())..]);
    if tail.first() == head.last() {
        head.pop();
    }
    let join = head.len();
    head.extend(tail);
    (head, join)
}
