//! The graph's picture in the words of a view: its marks become roles, its rows lines of pieces.

use crate::graph::picture::{Cell, Role as Mark};
use crate::workbench::view::{Line, Piece, Role};

/// A row of the picture as a line of pieces.
pub(super) fn line_of(row: &[Cell]) -> Line {
    let mut line = Line::blank();
    let mut text = String::new();
    let mut current = None;
    for cell in row.iter().filter(|cell| cell.glyph != '\0') {
        let role = role_of(cell.role);
        if current != Some(role) {
            if let Some(role) = current {
                line.pieces.push(Piece { text: std::mem::take(&mut text), role });
            }
            current = Some(role);
        }
        text.push(cell.glyph);
    }
    if let Some(role) = current {
        line.pieces.push(Piece { text, role });
    }
    line
}

fn role_of(mark: Mark) -> Role {
    match mark {
        Mark::Blank | Mark::BoxText => Role::Plain,
        Mark::BoxBorder => Role::Border,
        Mark::BoxTitle => Role::Strong,
        Mark::EdgeSync => Role::Sync,
        Mark::EdgeAsync => Role::Async,
        Mark::EdgeSoft => Role::Soft,
        Mark::Label | Mark::Dim => Role::Dim,
        Mark::Selected => Role::Accent,
        Mark::Hot => Role::Warn,
        Mark::Saturated | Mark::Finding => Role::Bad,
    }
}
