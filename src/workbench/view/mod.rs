//! What is on the screen, as data: positioned panes of lines with roles, no colours and no terminal.
//!
//! A second view (a wall screen, a test, a picture in the README) reads the same [`View`]. Text in it is safe to
//! print: every piece goes through [`crate::model::visible`] when it is made.

mod frame;
mod grid;
mod picture;
mod text;

pub use frame::{Areas, Folding, areas, too_small};
pub use grid::{Grid, GridCell, paint};
pub use picture::to_svg;
pub use text::{fit, width, wrap};

/// What a piece of text means. The terminal decides how a meaning looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Role {
    /// Ordinary text.
    #[default]
    Plain,
    /// What the eye should find first.
    Strong,
    /// What it may skip.
    Dim,
    /// A heading, the place one is in.
    Accent,
    /// Fine.
    Good,
    /// Take care.
    Warn,
    /// Broken.
    Bad,
    /// A key to press.
    Key,
    /// The row or box under the cursor.
    Selected,
    /// The cell under the cursor.
    Cell,
    /// What is being typed.
    Input,
    /// A border.
    Border,
    /// The border of the pane that has the focus.
    FocusBorder,
    /// A line of the graph that waits for its answer.
    Sync,
    /// A line of the graph that does not wait.
    Async,
    /// A line of the graph that may fail.
    Soft,
}

/// Some text with one meaning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Piece {
    /// The text; safe to print.
    pub text: String,
    /// What it means.
    pub role: Role,
}

/// One line of pieces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The pieces from left to right.
    pub pieces: Vec<Piece>,
    /// Whether the whole line to the pane's edge has the look of its last piece's role.
    pub fill: Option<Role>,
}

impl Line {
    /// An empty line.
    pub fn blank() -> Self {
        Self::default()
    }

    /// A line of one piece.
    pub fn of(role: Role, text: impl AsRef<str>) -> Self {
        Self::default().and(role, text)
    }

    /// A plain line.
    pub fn plain(text: impl AsRef<str>) -> Self {
        Self::of(Role::Plain, text)
    }

    /// The line with one more piece; hostile characters become visible ones.
    #[must_use]
    pub fn and(mut self, role: Role, text: impl AsRef<str>) -> Self {
        let text = crate::model::visible(text.as_ref()).into_owned();
        if !text.is_empty() {
            self.pieces.push(Piece { text, role });
        }
        self
    }

    /// The line with all its pieces in one role, filled to the edge.
    #[must_use]
    pub fn filled(mut self, role: Role) -> Self {
        self.fill = Some(role);
        for piece in &mut self.pieces {
            if matches!(piece.role, Role::Plain | Role::Dim | Role::Strong) {
                piece.role = role;
            }
        }
        self
    }

    /// How many cells it takes.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|piece| width(&piece.text)).sum()
    }

    /// The text without its meaning.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    /// The line cut to a width, with `…` where something was cut.
    #[must_use]
    pub fn cut(mut self, cells: usize) -> Self {
        let mut left = cells;
        let mut kept = Vec::new();
        for piece in self.pieces {
            let wide = width(&piece.text);
            if wide <= left {
                left -= wide;
                kept.push(piece);
            } else {
                kept.push(Piece { text: fit(&piece.text, left), role: piece.role });
                break;
            }
        }
        self.pieces = kept;
        self
    }
}

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// The leftmost column.
    pub x: u16,
    /// The topmost row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// From its parts.
    pub fn new(x: u16, y: u16, width: u16, height: u16) -> Self {
        Self { x, y, width, height }
    }

    /// Whether a cell lies in it.
    pub fn contains(self, x: u16, y: u16) -> bool {
        x >= self.x && y >= self.y && x < self.x.saturating_add(self.width) && y < self.y.saturating_add(self.height)
    }

    /// Without its border.
    #[must_use]
    pub fn inner(self) -> Self {
        Self {
            x: self.x.saturating_add(1),
            y: self.y.saturating_add(1),
            width: self.width.saturating_sub(2),
            height: self.height.saturating_sub(2),
        }
    }

    /// Whether nothing fits.
    pub fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }
}

/// A rectangle with a border, a title and lines that already fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pane {
    /// Where it is, border included.
    pub area: Area,
    /// Its title; none where it has no border.
    pub title: Option<Line>,
    /// Whether keys go to it.
    pub focused: bool,
    /// Its lines from the top.
    pub lines: Vec<Line>,
    /// The first line shown and how many there are, where not all fit.
    pub scroll: Option<(usize, usize)>,
}

/// Everything on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// The panes, those in front last.
    pub panes: Vec<Pane>,
    /// Where the terminal's cursor blinks, if it does.
    pub cursor: Option<(u16, u16)>,
}
