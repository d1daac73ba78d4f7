//! The graph as a screen: what is laid out, where the view is, what is selected, and how one moves.
//!
//! The layout is made in the background and is a function of the model: moving the cursor never moves a box.

use super::drawn::line_of;
use crate::capacity::Capacity;
use crate::graph::layout::Element as Drawn;
use crate::graph::layout::{CellRect, EdgeKind, Layout, LayoutEdge, LayoutOptions, layout};
use crate::graph::picture::{EdgeFace, GlyphSet, NodeFace, NodeState, Scene, Zoom, draw};
use crate::model::{Criticality, Element, Review, visible};
use crate::workbench::session::Session;
use crate::workbench::view::{Area, Line, Role};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicBool;

/// What boxes are marked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MarkBy {
    /// Utilisation today.
    #[default]
    Utilisation,
    /// Findings.
    Findings,
    /// Owner.
    Owner,
}

/// What is to be laid out: plain data for the background.
#[derive(Debug)]
pub struct GraphRequest {
    /// Component ids, in file order.
    pub ids: Vec<String>,
    /// What is written into each box.
    pub faces: Vec<NodeFace>,
    /// Edges: positions and kind.
    pub edges: Vec<(usize, usize, EdgeKind)>,
    /// How much is shown.
    pub zoom: Zoom,
    /// Rows of the layout before, by id, so that boxes do not jump.
    pub previous: HashMap<String, i32>,
    /// The width to wrap unconnected parts at.
    pub wrap: i32,
}

/// A finished layout with what it is of.
#[derive(Debug, Clone)]
pub struct GraphPlan {
    /// Component ids, in the order of the layout's nodes.
    pub ids: Vec<String>,
    /// The layout.
    pub layout: Layout,
    /// The zoom it was made for.
    pub zoom: Zoom,
}

impl GraphPlan {
    /// Lays a request out; `None` where it was cancelled.
    pub fn of(request: &GraphRequest, cancelled: &AtomicBool) -> Option<Self> {
        let nodes: Vec<_> = request.faces.iter().map(|face| request.zoom.size(face, 26)).collect();
        let edges: Vec<_> = request
            .edges
            .iter()
            .map(|(from, to, kind)| LayoutEdge { from: *from, to: *to, kind: *kind, label: 0 })
            .collect();
        let rows: Vec<Option<i32>> = request.ids.iter().map(|id| request.previous.get(id).copied()).collect();
        let options = LayoutOptions {
            previous_rows: (!request.previous.is_empty()).then_some(rows.as_slice()),
            wrap_width: request.wrap,
            cancel: Some(cancelled),
            ..LayoutOptions::default()
        };
        let layout = layout(&nodes, &edges, &options)?;
        Some(Self { ids: request.ids.clone(), layout, zoom: request.zoom })
    }
}

/// The state of the graph screen.
#[derive(Debug, Default)]
pub struct GraphScreen {
    plan: Option<GraphPlan>,
    /// The revision and settings the plan is of.
    wanted: Option<(u64, u64)>,
    planned: Option<(u64, u64)>,
    /// The selected component.
    pub selected: Option<String>,
    /// How much of each node is shown.
    pub zoom: Zoom,
    /// What boxes are marked by.
    pub mark_by: MarkBy,
    /// Only this many hops around the selected component; 0 is all.
    pub hops: usize,
    /// The component the neighbourhood is of.
    centre: Option<String>,
    /// The highlighted flow, by position.
    pub flow: Option<usize>,
    /// Which edge is followed next.
    next_edge: usize,
    /// The upper left corner of what is seen.
    corner: (i32, i32),
    /// How many columns and rows of it were seen last.
    seen: (i32, i32),
    /// Whether the view follows the selection.
    follow: bool,
    /// Whether to draw with plain characters only.
    pub ascii: bool,
}

/// Cells kept free behind a name for what marks it: ` 164!`.
const MARK: usize = 5;

impl GraphScreen {
    /// What the layout depends on besides the revision, as a number.
    fn settings_key(&self) -> u64 {
        let zoom = match self.zoom {
            Zoom::Boxes => 0,
            Zoom::Names => 1,
            Zoom::Dots => 2,
        };
        let centre = self.centre.as_deref().unwrap_or_default();
        let hash = centre.bytes().fold(7_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
        (hash << 8) | (zoom << 4) | self.hops as u64
    }

    /// What has to be laid out now, if the plan is not of this revision and these settings.
    pub fn request(&mut self, session: &Session, width: u16) -> Option<GraphRequest> {
        let key = (session.document.revision(), self.settings_key());
        if self.wanted == Some(key) {
            return None;
        }
        self.wanted = Some(key);
        let review = &session.review;
        let shown = self.shown(review);
        let mut ids = Vec::new();
        let mut index = HashMap::new();
        for component in &review.components {
            let id = component.id();
            if !id.is_empty() && shown.as_ref().is_none_or(|shown| shown.contains(id)) && !index.contains_key(id) {
                index.insert(id.to_owned(), ids.len());
                ids.push(id.to_owned());
            }
        }
        let kinds: HashMap<&str, _> = review.components.iter().map(|c| (c.id(), c.kind)).collect();
        let edges = review
            .dependencies
            .iter()
            .filter_map(|dependency| {
                let (from, to) = (*index.get(dependency.from())?, *index.get(dependency.to())?);
                let soft = dependency.criticality == Some(Criticality::Soft);
                let callee = kinds.get(dependency.to()).copied().flatten();
                let synchronous = crate::graph::is_synchronous(dependency.mode, callee);
                let kind = match (synchronous, soft) {
                    (false, _) => EdgeKind::Async,
                    (true, true) => EdgeKind::Soft,
                    (true, false) => EdgeKind::Sync,
                };
                Some((from, to, kind))
            })
            .collect();
        // Boxes keep their size while numbers change, so that an analysis does not lay everything out again.
        let title = |id: &String| {
            let kept = if self.zoom == Zoom::Names { MARK } else { 0 };
            format!("{}{}", visible(id), " ".repeat(kept))
        };
        let face = |id: &String| NodeFace { title: title(id), lines: vec![" ".repeat(13)], ..NodeFace::default() };
        let faces = ids.iter().map(face).collect();
        let previous = match &self.plan {
            Some(plan) if plan.zoom == self.zoom => plan.ids.iter().cloned().zip(plan.layout.rows()).collect(),
            _ => HashMap::new(),
        };
        Some(GraphRequest { ids, faces, edges, zoom: self.zoom, previous, wrap: i32::from(width.max(80)) })
    }

    /// The components that are shown; `None` is all.
    fn shown(&self, review: &Review) -> Option<HashSet<String>> {
        let centre = self.centre.as_ref().filter(|_| self.hops > 0)?;
        let mut shown = HashSet::from([centre.clone()]);
        for _ in 0..self.hops {
            let mut next = Vec::new();
            for dependency in &review.dependencies {
                let (from, to) = (dependency.from(), dependency.to());
                if shown.contains(from) && !shown.contains(to) {
                    next.push(to.to_owned());
                }
                if shown.contains(to) && !shown.contains(from) {
                    next.push(from.to_owned());
                }
            }
            shown.extend(next);
        }
        Some(shown)
    }

    /// Takes a finished layout.
    pub fn take(&mut self, plan: GraphPlan) {
        self.planned = self.wanted;
        if self.selected.as_ref().is_none_or(|id| !plan.ids.contains(id)) {
            self.selected = plan.ids.first().cloned();
        }
        self.plan = Some(plan);
        self.follow = true;
    }

    /// Whether a layout is on its way.
    pub fn is_waiting(&self) -> bool {
        self.planned != self.wanted
    }

    /// The ids in the order of the picture.
    pub fn ids(&self) -> &[String] {
        self.plan.as_ref().map_or(&[], |plan| &plan.ids)
    }

    fn node(&self, id: &str) -> Option<usize> {
        self.plan.as_ref()?.ids.iter().position(|other| other == id)
    }

    fn selected_node(&self) -> Option<usize> {
        self.node(self.selected.as_deref()?)
    }

    /// Selects a component by id.
    pub fn select(&mut self, id: &str) {
        self.selected = Some(id.to_owned());
        self.next_edge = 0;
        self.follow = true;
    }

    /// The callees (or callers) of the selected component that are drawn, from top to bottom.
    fn neighbours(&self, callees: bool) -> Vec<usize> {
        let (Some(plan), Some(node)) = (&self.plan, self.selected_node()) else { return Vec::new() };
        let ends = plan.layout.edges.iter().filter_map(|edge| match callees {
            true if edge.from == node && edge.to != node => Some(edge.to),
            false if edge.to == node && edge.from != node => Some(edge.from),
            _ => None,
        });
        let mut ends: Vec<_> = ends.collect();
        ends.sort_by_key(|node| plan.layout.boxes[*node].y);
        ends.dedup();
        ends
    }

    /// Follows an edge to a callee or back to a caller.
    pub fn follow_edge(&mut self, callees: bool) {
        let ends = self.neighbours(callees);
        if ends.is_empty() {
            return;
        }
        let node = ends[self.next_edge % ends.len()];
        if let Some(id) = self.plan.as_ref().and_then(|plan| plan.ids.get(node)).cloned() {
            self.select(&id);
        }
    }

    /// Chooses the next edge to follow.
    pub fn rotate_edge(&mut self) {
        self.next_edge = self.next_edge.wrapping_add(1);
    }

    /// The component that would be reached next to the right.
    pub fn next_callee(&self) -> Option<&str> {
        let ends = self.neighbours(true);
        let node = *ends.get(self.next_edge % ends.len().max(1))?;
        self.plan.as_ref()?.ids.get(node).map(String::as_str)
    }

    /// To the component above or below: in the same rank, or else the nearest one in that direction.
    pub fn move_vertically(&mut self, down: bool) {
        let (Some(plan), Some(node)) = (&self.plan, self.selected_node()) else { return };
        let here = plan.layout.boxes[node];
        let beyond = |other: &CellRect| if down { other.y > here.y } else { other.y < here.y };
        let distance = |index: usize, other: &CellRect| {
            let rank = u32::from(plan.layout.rank[index] != plan.layout.rank[node]);
            let across = (other.x - here.x).unsigned_abs() * 3;
            (rank * 1000 + across) + (other.y - here.y).unsigned_abs()
        };
        let best = plan.layout.boxes.iter().enumerate().filter(|(_, other)| beyond(other));
        if let Some((index, _)) = best.min_by_key(|(index, other)| distance(*index, other)) {
            let id = plan.ids[index].clone();
            self.select(&id);
        }
    }

    /// Moves the view without moving the selection.
    pub fn pan(&mut self, dx: i32, dy: i32) {
        self.corner.0 += dx;
        self.corner.1 += dy;
        self.follow = false;
    }

    /// The next size of the neighbourhood: 1, 2, 3 hops, then all.
    pub fn cycle_focus(&mut self) {
        self.hops = (self.hops + 1) % 4;
        self.centre = if self.hops == 0 { None } else { self.selected.clone() };
    }

    /// What lies under a cell of the pane's inside.
    pub fn hit(&mut self, x: i32, y: i32) -> Option<Element> {
        let plan = self.plan.as_ref()?;
        let at = crate::graph::layout::Point { x: x + self.corner.0, y: y + self.corner.1 };
        match plan.layout.hit(at)? {
            Drawn::Node(node) => Some(Element::Component(plan.ids.get(node)?.clone())),
            Drawn::Edge(edge) => {
                let edge = plan.layout.edges.get(edge)?;
                Some(Element::Dependency(plan.ids.get(edge.from)?.clone(), plan.ids.get(edge.to)?.clone()))
            }
        }
    }

    fn keep_in_sight(&mut self, area: Area) {
        let Some(plan) = &self.plan else { return };
        let (width, height) = (i32::from(area.width), i32::from(area.height));
        let (most_x, most_y) = ((plan.layout.width - width).max(0), (plan.layout.height - height).max(0));
        if self.follow
            && let Some(node) = self.selected_node()
        {
            const MARGIN: i32 = 2;
            let rect = plan.layout.boxes[node];
            self.corner.0 = self.corner.0.clamp(
                (rect.x + rect.width + MARGIN - width).min(rect.x),
                (rect.x - MARGIN).max(0).max(rect.x + rect.width + MARGIN - width),
            );
            self.corner.1 = self.corner.1.clamp(
                (rect.y + rect.height + MARGIN - height).min(rect.y),
                (rect.y - MARGIN).max(0).max(rect.y + rect.height + MARGIN - height),
            );
        }
        self.corner.0 = self.corner.0.clamp(0, most_x.max(0));
        self.corner.1 = self.corner.1.clamp(0, most_y.max(0));
    }

    fn faces(&self, session: &Session, plan: &GraphPlan) -> Vec<NodeFace> {
        let analysis = session.analysis.as_ref();
        let usage = analysis.map(|analysis| usage(&analysis.capacity)).unwrap_or_default();
        let mut findings: HashMap<&str, (usize, bool)> = HashMap::new();
        for finding in analysis.iter().flat_map(|analysis| &analysis.findings) {
            if !finding.standing.counts() {
                continue;
            }
            let id = match &finding.element {
                Element::Component(id) => id,
                Element::Dependency(from, _) => from,
                _ => continue,
            };
            let entry = findings.entry(id).or_default();
            entry.0 += 1;
            entry.1 |= finding.severity == crate::rules::Severity::High;
        }
        let on_flow = self.flow.and_then(|flow| session.review.flows.get(flow)).map(|flow| {
            let mut ids = HashSet::from([flow.entry()]);
            for call in flow.calls.iter().flatten() {
                ids.extend([call.from(), call.to()]);
            }
            ids
        });
        let index = session.review.component_index();
        let component = |id: &str| index.get(id).map(|position| &session.review.components[*position]);
        plan.ids
            .iter()
            .map(|id| {
                let share = usage.get(id.as_str()).copied();
                let (count, high) = findings.get(id.as_str()).copied().unwrap_or_default();
                let text = match self.mark_by {
                    MarkBy::Utilisation => match share {
                        Some(share) => {
                            let full = (share * 4.0).ceil().clamp(0.0, 4.0) as usize;
                            let sign = if share >= 1.0 {
                                "!"
                            } else if share >= 0.7 {
                                "~"
                            } else {
                                ""
                            };
                            let percent = crate::units::significant(share * 100.0, 2);
                            format!("{}{} {percent}%{sign}", "▮".repeat(full), "▯".repeat(4 - full))
                        }
                        None => {
                            component(id).and_then(|c| c.kind).map_or("kind unknown", |kind| kind.word()).to_owned()
                        }
                    },
                    MarkBy::Findings => match count {
                        0 => "no finding".to_owned(),
                        count => format!("{} {count} open", if high { "!!" } else { "!" }),
                    },
                    MarkBy::Owner => {
                        component(id).and_then(|c| c.owner.clone()).unwrap_or_else(|| "no owner".to_owned())
                    }
                };
                let state = match share {
                    Some(share) if share >= 1.0 => NodeState::Saturated,
                    _ if self.mark_by == MarkBy::Findings && count > 0 => NodeState::Finding,
                    Some(share) if share >= 0.7 => NodeState::Hot,
                    _ => NodeState::Normal,
                };
                let dim = on_flow.as_ref().is_some_and(|ids| !ids.contains(id.as_str()));
                let id = visible(id);
                let title = match (plan.zoom, self.mark_by, share) {
                    (Zoom::Names, MarkBy::Utilisation, Some(share)) => {
                        let sign = if share >= 1.0 {
                            "!"
                        } else if share >= 0.7 {
                            "~"
                        } else {
                            "%"
                        };
                        format!("{id} {:>3}{sign}", crate::units::significant((share * 100.0).min(999.0).round(), 3))
                    }
                    (Zoom::Names, MarkBy::Findings, _) if count > 0 => {
                        format!("{id} {count:>3}{}", if high { "!" } else { "?" })
                    }
                    (Zoom::Names, ..) => format!("{id}{}", " ".repeat(MARK)),
                    _ => id.into_owned(),
                };
                let text = visible(&text).into_owned();
                NodeFace { title, lines: vec![text], state, dim }
            })
            .collect()
    }

    fn edge_faces(&self, session: &Session, plan: &GraphPlan) -> Vec<EdgeFace> {
        let on_flow = self.flow.and_then(|flow| session.review.flows.get(flow)).map(|flow| {
            let calls = flow.calls.iter().flatten();
            calls.map(|call| (call.from(), call.to())).collect::<HashSet<_>>()
        });
        plan.layout
            .edges
            .iter()
            .map(|edge| {
                let ends = (plan.ids[edge.from].as_str(), plan.ids[edge.to].as_str());
                let dim = on_flow.as_ref().is_some_and(|calls| !calls.contains(&ends));
                EdgeFace { label: String::new(), dim }
            })
            .collect()
    }

    /// The lines of the pane's inside.
    pub fn lines(&mut self, session: &Session, area: Area) -> Vec<Line> {
        if session.review.components.is_empty() {
            return [
                "",
                " No component yet.",
                "",
                " Press a to add the one that users reach first,",
                " then v to connect it to the next.",
            ]
            .iter()
            .map(Line::plain)
            .collect();
        }
        self.seen = (i32::from(area.width), i32::from(area.height));
        self.keep_in_sight(area);
        let Some(plan) = &self.plan else { return vec![Line::blank(), Line::of(Role::Dim, " Laying out …")] };
        let (nodes, edges) = (self.faces(session, plan), self.edge_faces(session, plan));
        let scene = Scene {
            layout: &plan.layout,
            nodes: &nodes,
            edges: &edges,
            selected: self.selected_node().map(Drawn::Node),
            dim_others: false,
            glyphs: if self.ascii { GlyphSet::Ascii } else { GlyphSet::Unicode },
        };
        let viewport = CellRect {
            x: self.corner.0,
            y: self.corner.1,
            width: i32::from(area.width),
            height: i32::from(area.height),
        };
        let picture = draw(&scene, viewport);
        picture.rows().map(line_of).collect()
    }

    /// What is to say about the selected component in a few lines, where there is no room for the coach.
    pub fn strip(&self, session: &Session, cells: usize) -> Vec<Line> {
        let Some(id) = self.selected.as_deref() else { return Vec::new() };
        let review = &session.review;
        let Some(component) = review.component(id) else { return Vec::new() };
        let kind = component.kind.map_or("kind unknown", |kind| kind.word());
        let owner = component.owner.as_deref().unwrap_or("no owner");
        let callers = review.dependencies.iter().filter(|d| d.to() == id).count();
        let callees = review.dependencies.iter().filter(|d| d.from() == id).count();
        let mut first = Line::of(Role::Strong, format!(" {id}"))
            .and(Role::Dim, format!(" · {kind} · {owner} · in {callers} · out {callees}"));
        if let Some(next) = self.next_callee() {
            first = first.and(Role::Dim, " · → goes to ").and(Role::Plain, next);
        }
        let mut lines = vec![first.cut(cells)];
        let Some(analysis) = &session.analysis else { return lines };
        let mut limits = Line::plain(" ");
        let of_it = |element: &Element| match element {
            Element::Component(other) => other == id,
            Element::Dependency(from, _) => from == id,
            _ => false,
        };
        for resource in analysis.capacity.resources.iter().filter(|resource| of_it(&resource.element)).take(4) {
            let (bar, role) = super::bar(resource.utilisation.likely);
            let full = super::multiple(resource.saturates_at);
            limits = limits
                .and(Role::Plain, format!("{} ", resource.kind.called()))
                .and(role, bar)
                .and(Role::Dim, format!("full at {full}   "));
        }
        lines.push(limits.cut(cells));
        let findings = analysis.findings.iter().filter(|finding| finding.standing.counts() && of_it(&finding.element));
        let mut found = Line::plain(" ");
        for finding in findings.take(4) {
            found = found
                .joined(super::severity_line(finding.severity))
                .and(Role::Plain, format!(" {} {}   ", finding.code, finding.name));
        }
        lines.push(found.cut(cells));
        lines
    }

    /// On which sides the picture goes on beyond what is seen.
    fn beyond(&self) -> String {
        let Some(plan) = &self.plan else { return String::new() };
        let ((x, y), (wide, high)) = (self.corner, self.seen);
        let sides =
            [(x > 0, "←"), (x + wide < plan.layout.width, "→"), (y > 0, "↑"), (y + high < plan.layout.height, "↓")];
        sides.iter().filter(|(there, _)| *there).map(|(_, side)| *side).collect()
    }

    /// What the pane says above the picture.
    pub fn title(&self, session: &Session) -> Line {
        let total = session.review.components.len();
        let shown = self.ids().len();
        let mut title = Line::of(Role::Strong, "Graph");
        title = if shown < total && self.hops > 0 {
            title
                .and(
                    Role::Plain,
                    format!(
                        " · {} hop{} around {}",
                        self.hops,
                        if self.hops == 1 { "" } else { "s" },
                        self.centre.as_deref().unwrap_or_default()
                    ),
                )
                .and(Role::Dim, format!(" · {} more hidden", total - shown))
        } else {
            title.and(Role::Dim, format!(" · {total} components"))
        };
        let marks = match self.mark_by {
            MarkBy::Utilisation => "share in use, today, computed",
            MarkBy::Findings => "findings",
            MarkBy::Owner => "owner",
        };
        title = title.and(Role::Dim, format!(" · {marks}"));
        if let Some(flow) = self.flow.and_then(|flow| session.review.flows.get(flow)) {
            title = title.and(Role::Accent, format!(" · flow {}", flow.id()));
        }
        let beyond = self.beyond();
        if !beyond.is_empty() {
            title = title.and(Role::Plain, format!(" · more {beyond}"));
        }
        if self.is_waiting() { title.and(Role::Dim, " · laying out …") } else { title }
    }
}

/// The highest utilisation of each component's own limits.
fn usage(capacity: &Capacity) -> HashMap<&str, f64> {
    let mut usage: HashMap<&str, f64> = HashMap::new();
    for resource in &capacity.resources {
        let id = match &resource.element {
            Element::Component(id) => id.as_str(),
            Element::Dependency(from, _) => from.as_str(),
            _ => continue,
        };
        let share = usage.entry(id).or_default();
        *share = share.max(resource.utilisation.likely);
    }
    usage
}
