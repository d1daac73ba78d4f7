//! A map of the whole canvas in a few cells: one mark for each node, the view as corners.

use super::super::layout::{CellRect, Element, Point};
use super::{NodeState, Picture, Role, Scene};

/// Draws the map into `columns` × `rows` cells. A cell shows the gravest of its nodes, the selected
/// one before all; `viewport` (in cells of the canvas) marks what the main picture shows.
pub fn minimap(scene: &Scene<'_>, viewport: CellRect, columns: i32, rows: i32) -> Picture {
    let mut picture = Picture::new(CellRect { x: 0, y: 0, width: columns, height: rows });
    let (columns, rows) = (picture.viewport.width, picture.viewport.height);
    let scaled = |value: i32, whole: i32, cells: i32| {
        let cell = i64::from(value) * i64::from(cells) / i64::from(whole.max(1));
        cell.clamp(0, i64::from(cells - 1).max(0)) as i32
    };
    let place =
        |x: i32, y: i32| Point { x: scaled(x, scene.layout.width, columns), y: scaled(y, scene.layout.height, rows) };
    let (start, end) = (place(viewport.x, viewport.y), place(viewport.right() - 1, viewport.bottom() - 1));
    for x in start.x..=end.x {
        for y in start.y..=end.y {
            picture.put(x, y, ' ', Role::Selected);
        }
    }
    let mut gravest = vec![0_u8; (columns * rows) as usize];
    for (node, area) in scene.layout.boxes.iter().enumerate() {
        let state = scene.nodes.get(node).map(|face| face.state).unwrap_or_default();
        let (weight, glyph, role) = match (scene.selected, state) {
            (Some(Element::Node(selected)), _) if selected == node => (5, '▮', Role::Selected),
            (_, NodeState::Saturated) => (4, '!', Role::Saturated),
            (_, NodeState::Finding) => (3, '?', Role::Finding),
            (_, NodeState::Hot) => (2, '~', Role::Hot),
            (_, NodeState::Normal) => (1, '▯', Role::BoxBorder),
        };
        let glyph = match (scene.glyphs, glyph) {
            (super::GlyphSet::Ascii, '▮') => '#',
            (super::GlyphSet::Ascii, '▯') => 'o',
            _ => glyph,
        };
        let at = place(area.x + area.width / 2, area.middle());
        if let Some(index) = picture.index(at)
            && gravest[index] < weight
        {
            gravest[index] = weight;
            picture.put(at.x, at.y, glyph, role);
        }
    }
    picture
}
