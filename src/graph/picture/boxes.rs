//! Boxes, names and dots.

use super::super::layout::{CellRect, Point};
use super::glyphs::{self, Arms, DOWN, LEFT, RIGHT, UP};
use super::lines::Strokes;
use super::text::{display_width, fit};
use super::{GlyphSet, NodeFace, NodeState, Picture, Role, Scene};

/// How one node is drawn.
struct Look<'a> {
    face: &'a NodeFace,
    heavy: bool,
    border: Role,
    title: Role,
    text: Role,
}

pub(super) fn draw(scene: &Scene<'_>, strokes: &Strokes, picture: &mut Picture) {
    let near = scene.near();
    let empty = NodeFace::default();
    for (node, area) in scene.layout.boxes.iter().enumerate() {
        if !area.overlaps(&picture.viewport) {
            continue;
        }
        let face = scene.nodes.get(node).unwrap_or(&empty);
        let heavy = scene.node_selected(node);
        let dim = face.dim || near.as_ref().is_some_and(|near| !near[node]);
        let (border, title, text) = match (heavy, dim, face.state) {
            (true, ..) => (Role::Selected, Role::Selected, Role::BoxText),
            (_, true, _) => (Role::Dim, Role::Dim, Role::Dim),
            (.., NodeState::Normal) => (Role::BoxBorder, Role::BoxTitle, Role::BoxText),
            (.., NodeState::Hot) => (Role::Hot, Role::Hot, Role::BoxText),
            (.., NodeState::Saturated) => (Role::Saturated, Role::Saturated, Role::BoxText),
            (.., NodeState::Finding) => (Role::Finding, Role::Finding, Role::BoxText),
        };
        let look = Look { face, heavy, border, title, text };
        if area.width < 3 {
            dot(area, &look, scene.glyphs, picture);
        } else if area.height < 3 {
            name(area, &look, scene, strokes, picture);
        } else {
            bordered(area, &look, scene, strokes, picture);
        }
    }
}

fn dot(area: &CellRect, look: &Look<'_>, set: GlyphSet, picture: &mut Picture) {
    let glyph = match (look.face.state, set, look.heavy) {
        (NodeState::Hot, ..) => '~',
        (NodeState::Saturated, ..) => '!',
        (NodeState::Finding, ..) => '?',
        (_, GlyphSet::Ascii, true) => '#',
        (_, GlyphSet::Ascii, false) => 'o',
        (_, GlyphSet::Unicode, true) => '▮',
        (_, GlyphSet::Unicode, false) => '▯',
    };
    picture.put(area.x, area.middle(), glyph, look.border);
}

/// The character of the right border, which joins the line that leaves there.
fn right_border(area: &CellRect, y: i32, mut arms: Arms, scene: &Scene<'_>, strokes: &Strokes) -> char {
    let leaving = strokes.at(Point { x: area.right(), y });
    if let Some(stroke) = leaving {
        arms[RIGHT] = stroke.arms[LEFT];
    }
    glyphs::joint(arms, scene.glyphs)
}

fn name(area: &CellRect, look: &Look<'_>, scene: &Scene<'_>, strokes: &Strokes, picture: &mut Picture) {
    let weight = if look.heavy { 2 } else { 1 };
    let y = area.middle();
    let left = glyphs::joint([weight, 0, weight, 0], scene.glyphs);
    let right = right_border(area, y, [weight, 0, weight, 0], scene, strokes);
    picture.put(area.x, y, left, look.border);
    picture.put(area.right() - 1, y, right, look.border);
    let inside = (area.width - 2) as usize;
    let text = fit(&look.face.title, inside);
    let text = format!("{text}{}", " ".repeat(inside.saturating_sub(display_width(&text))));
    picture.write(area.x + 1, y, &text, look.title);
}

fn bordered(area: &CellRect, look: &Look<'_>, scene: &Scene<'_>, strokes: &Strokes, picture: &mut Picture) {
    let weight = if look.heavy { 2 } else { 1 };
    let (first, last) = (area.y, area.bottom() - 1);
    let inside = (area.width - 2) as usize;
    for y in first.max(picture.viewport.y)..=last.min(picture.viewport.bottom()) {
        let mut left: Arms = [0; 4];
        let mut right: Arms = [0; 4];
        for arms in [&mut left, &mut right] {
            arms[UP] = if y == first { 0 } else { weight };
            arms[DOWN] = if y == last { 0 } else { weight };
        }
        if y == first || y == last {
            left[RIGHT] = weight;
            right[LEFT] = weight;
            let line = glyphs::joint([0, weight, 0, weight], scene.glyphs);
            for x in area.x + 1..area.right() - 1 {
                picture.put(x, y, line, look.border);
            }
        } else {
            let text = look.face.lines.get((y - first - 1) as usize).map_or("", String::as_str);
            let text = fit(text, inside);
            let text = format!("{text}{}", " ".repeat(inside.saturating_sub(display_width(&text))));
            picture.write(area.x + 1, y, &text, look.text);
        }
        picture.put(area.x, y, glyphs::joint(left, scene.glyphs), look.border);
        let glyph = right_border(area, y, right, scene, strokes);
        picture.put(area.right() - 1, y, glyph, look.border);
    }
    if inside >= 3 && !look.face.title.is_empty() {
        let title = format!(" {} ", fit(&look.face.title, inside - 2));
        picture.write(area.x + 1, first, &title, look.title);
    }
}
