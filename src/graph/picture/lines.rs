//! Lines: arms gathered cell by cell, crossings as bridges, labels whole or not at all.

use super::super::layout::{CellRect, EdgeKind, Point, Route};
use super::glyphs::{self, Arms, DOWN, LEFT, RIGHT, UP};
use super::text::{display_width, fit};
use super::{Picture, Role, Scene};

/// Lines that may be joined: those of one source and kind, those into one box, and, in the single
/// cell beside a box too low for three ports, those out of one box.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Out(usize),
    From(usize, EdgeKind),
    Into(usize),
}

/// What passes through a cell.
#[derive(Clone, Copy)]
pub(super) struct Stroke {
    group: Group,
    pub(super) arms: Arms,
    kind: EdgeKind,
    /// The best of the edges that share it: selected before normal before dim.
    pub(super) role: Role,
    mark: Option<Mark>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Head,
    Back,
}

/// The strokes of a viewport, and those that leave a box, which its border joins.
pub(super) struct Strokes {
    viewport: CellRect,
    cells: Vec<Option<Stroke>>,
}

impl Strokes {
    pub(super) fn at(&self, at: Point) -> Option<&Stroke> {
        let index = self.index(at)?;
        self.cells[index].as_ref()
    }

    fn index(&self, at: Point) -> Option<usize> {
        self.viewport.contains(at).then(|| {
            let (x, y) = (at.x - self.viewport.x, at.y - self.viewport.y);
            (y * self.viewport.width + x) as usize
        })
    }

    fn add(&mut self, at: Point, stroke: Stroke) {
        let Some(index) = self.index(at) else { return };
        let Some(old) = &mut self.cells[index] else {
            self.cells[index] = Some(stroke);
            return;
        };
        if old.group == stroke.group {
            for (arm, new) in old.arms.iter_mut().zip(stroke.arms) {
                *arm = (*arm).max(new);
            }
            old.mark = old.mark.or(stroke.mark);
            if strength(stroke.role) > strength(old.role) {
                old.role = stroke.role;
            }
            if stroke.kind < old.kind {
                old.kind = stroke.kind;
            }
        } else if stroke.arms[UP] > 0 || stroke.arms[DOWN] > 0 {
            // A crossing: the vertical line runs on. Where a line meets the lines into a box the
            // cell belongs to those.
            let meets = matches!(old.group, Group::Into(_));
            if !meets {
                *old = stroke;
            }
        } else if matches!(stroke.group, Group::Into(_)) {
            *old = stroke;
        }
    }
}

const fn strength(role: Role) -> u8 {
    match role {
        Role::Selected => 2,
        Role::Dim => 0,
        _ => 1,
    }
}

/// Gathers all strokes that the viewport shows. One column more at the left is gathered, because a
/// box's border joins the line that leaves it.
pub(super) fn strokes(scene: &Scene<'_>, viewport: CellRect) -> Strokes {
    let viewport = CellRect { width: viewport.width + 2, x: viewport.x - 1, ..viewport };
    let count = viewport.width as usize * viewport.height as usize;
    let mut strokes = Strokes { viewport, cells: vec![None; count] };
    for (index, route) in scene.layout.routes.iter().enumerate() {
        let Some(edge) = scene.layout.edges.get(index) else {
            continue;
        };
        if !route.points.is_empty() && in_sight(route, &viewport) {
            let role = if scene.edge_selected(index) {
                Role::Selected
            } else if scene.edge_dim(index) {
                Role::Dim
            } else {
                role_of(edge.kind)
            };
            let from = Group::From(edge.from, edge.kind);
            trace(route, from, Group::Into(edge.to), edge.kind, role, &mut strokes);
        }
    }
    strokes
}

const fn role_of(kind: EdgeKind) -> Role {
    match kind {
        EdgeKind::Sync => Role::EdgeSync,
        EdgeKind::Async => Role::EdgeAsync,
        EdgeKind::Soft => Role::EdgeSoft,
    }
}

fn in_sight(route: &Route, viewport: &CellRect) -> bool {
    route.runs().any(|(a, b)| run_in_sight(a, b, viewport))
        || route.points.iter().any(|point| viewport.contains(*point))
}

fn run_in_sight(a: Point, b: Point, viewport: &CellRect) -> bool {
    a.x.max(b.x) >= viewport.x
        && a.x.min(b.x) < viewport.right()
        && a.y.max(b.y) >= viewport.y
        && a.y.min(b.y) < viewport.bottom()
}

/// Adds one route; each cell gets the arms through which the line enters and leaves it.
fn trace(route: &Route, own: Group, into: Group, kind: EdgeKind, role: Role, strokes: &mut Strokes) {
    let weight = if role == Role::Selected { 2 } else { 1 };
    let last = route.points.len() - 1;
    let out = match own {
        Group::From(source, _) => Group::Out(source),
        other => other,
    };
    let group_at = |index: usize| match index {
        0 if route.join > 0 => out,
        index if index >= route.join => into,
        _ => own,
    };
    for (index, &point) in route.points.iter().enumerate() {
        // The first cell continues the box's border, the last ends in the arrowhead.
        let before = if index == 0 { Point { x: point.x - 1, ..point } } else { route.points[index - 1] };
        let mut arms = [0; 4];
        arms[side(point, before)] = weight;
        if index < last {
            arms[side(point, route.points[index + 1])] = weight;
        }
        let mark = (index == last).then_some(Mark::Head);
        strokes.add(point, Stroke { group: group_at(index), arms, kind, role, mark });
        let Some(&next) = route.points.get(index + 1) else {
            continue;
        };
        if !run_in_sight(point, next, &strokes.viewport) {
            continue;
        }
        let (dx, dy) = ((next.x - point.x).signum(), (next.y - point.y).signum());
        let length = (next.x - point.x).abs().max((next.y - point.y).abs());
        let arms = if dx == 0 { [weight, 0, weight, 0] } else { [0, weight, 0, weight] };
        let group = if index >= route.join { into } else { own };
        let view = &strokes.viewport;
        let (start, end) = if dx == 0 {
            visible_steps(point.y, dy, length, view.y, view.bottom())
        } else {
            visible_steps(point.x, dx, length, view.x, view.right())
        };
        for step in start.max(1)..end.min(length) {
            let at = Point { x: point.x + dx * step, y: point.y + dy * step };
            let marked = dx < 0 && (step == 2 || step == length - 2 || step % 24 == 0);
            let mark = (marked && length > 4).then_some(Mark::Back);
            strokes.add(at, Stroke { group, arms, kind, role, mark });
        }
    }
}

/// The steps from a start at which a coordinate lies in `low..high`.
fn visible_steps(start: i32, direction: i32, length: i32, low: i32, high: i32) -> (i32, i32) {
    if direction > 0 {
        ((low - start).max(0), (high - start).min(length))
    } else {
        ((start - high + 1).max(0), (start - low + 1).min(length))
    }
}

fn side(from: Point, to: Point) -> usize {
    if to.y < from.y {
        UP
    } else if to.y > from.y {
        DOWN
    } else if to.x > from.x {
        RIGHT
    } else {
        LEFT
    }
}

/// Puts the strokes into the picture, outside of boxes (which are drawn by then).
pub(super) fn draw(scene: &Scene<'_>, strokes: &Strokes, picture: &mut Picture) {
    let view = picture.viewport;
    for y in view.y..view.bottom() {
        for x in view.x..view.right() {
            let Some(stroke) = strokes.at(Point { x, y }) else {
                continue;
            };
            let set = scene.glyphs;
            let heavy = stroke.arms.contains(&2);
            let mut arms = stroke.arms;
            if arms.iter().all(|arm| *arm > 0) {
                // Directly before or after a box four arms would look like a crossing; the arm
                // towards the box is not needed.
                arms[if matches!(stroke.group, Group::Out(_)) { LEFT } else { RIGHT }] = 0;
            }
            let uniform = |a: usize, b: usize| arms[a] == arms[b] && arms[a] > 0;
            let count = arms.iter().filter(|arm| **arm > 0).count();
            let glyph = match stroke.mark {
                Some(Mark::Head) => glyphs::head(stroke.kind, set),
                Some(Mark::Back) if count == 2 => glyphs::back(set),
                _ if count == 2 && uniform(UP, DOWN) => glyphs::straight(stroke.kind, true, heavy, y % 2 != 0, set),
                _ if count == 2 && uniform(LEFT, RIGHT) => glyphs::straight(stroke.kind, false, heavy, x % 2 != 0, set),
                _ => glyphs::joint(arms, set),
            };
            picture.put(x, y, glyph, stroke.role);
        }
    }
}

/// Writes labels where they fit whole, one cell of line kept before them.
pub(super) fn labels(scene: &Scene<'_>, picture: &mut Picture) {
    for (index, face) in scene.edges.iter().enumerate() {
        let Some(slot) = scene.layout.routes.get(index).and_then(|route| route.label) else {
            continue;
        };
        let width = display_width(&face.label) as i32;
        if face.label.is_empty() || width + 1 > slot.width {
            continue;
        }
        let role = match (scene.edge_selected(index), scene.edge_dim(index)) {
            (true, _) => Role::Selected,
            (false, true) => Role::Dim,
            _ => Role::Label,
        };
        let x = slot.start.x + slot.width - width;
        picture.write(x, slot.start.y, &fit(&face.label, width as usize), role);
    }
}
