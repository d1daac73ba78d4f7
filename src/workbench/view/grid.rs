//! A view painted into a grid of cells: what every terminal, test and picture shows.

use super::{Area, Line, Pane, Role, View, width};
use unicode_segmentation::UnicodeSegmentation;

/// One cell: a grapheme and its meaning. The cell right of a wide grapheme is empty text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridCell {
    /// The grapheme; empty for the second half of a wide one.
    pub text: String,
    /// What it means.
    pub role: Role,
}

/// All cells of a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    cells: Vec<GridCell>,
}

impl Grid {
    fn new(width: usize, height: usize) -> Self {
        let blank = GridCell { text: " ".to_owned(), role: Role::Plain };
        Self { width, height, cells: vec![blank; width * height] }
    }

    /// The cells of a row.
    pub fn row(&self, y: usize) -> &[GridCell] {
        &self.cells[y * self.width..(y + 1) * self.width]
    }

    /// The screen as text, a line a row, without spaces at the ends.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for y in 0..self.height {
            let line: String = self.row(y).iter().map(|cell| cell.text.as_str()).collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Writes a grapheme; outside the grid nothing happens.
    fn put(&mut self, x: usize, y: usize, text: &str, role: Role) {
        if x < self.width && y < self.height {
            let cell = &mut self.cells[y * self.width + x];
            cell.text.clear();
            cell.text.push_str(text);
            cell.role = role;
        }
    }

    fn line(&mut self, area: Area, row: usize, line: &Line) {
        let (left, right) = (area.x as usize, area.x as usize + area.width as usize);
        let y = area.y as usize + row;
        let mut x = left;
        for piece in &line.pieces {
            for grapheme in piece.text.graphemes(true) {
                let wide = width(grapheme);
                if wide == 0 {
                    continue;
                }
                if x + wide > right {
                    return;
                }
                self.put(x, y, grapheme, piece.role);
                for half in 1..wide {
                    self.put(x + half, y, "", piece.role);
                }
                x += wide;
            }
        }
        if let Some(role) = line.fill {
            while x < right {
                self.put(x, y, " ", role);
                x += 1;
            }
        }
    }

    fn pane(&mut self, pane: &Pane) {
        let area = pane.area;
        if area.is_empty() {
            return;
        }
        let inner = if pane.title.is_some() { area.inner() } else { area };
        for row in 0..area.height as usize {
            for column in 0..area.width as usize {
                self.put(area.x as usize + column, area.y as usize + row, " ", Role::Plain);
            }
        }
        if let Some(title) = &pane.title {
            self.border(area, pane.focused);
            let room = area.width.saturating_sub(4) as usize;
            let title = Line::of(if pane.focused { Role::FocusBorder } else { Role::Border }, " ")
                .joined(title.clone())
                .and(Role::Plain, " ")
                .cut(room);
            self.line(Area::new(area.x + 1, area.y, area.width.saturating_sub(2), 1), 0, &title);
            if let Some((first, total)) = pane.scroll {
                let shown = inner.height as usize;
                let label = format!(" {}–{}/{total} ", first + 1, (first + shown).min(total));
                let wide = width(&label);
                if wide + 4 < area.width as usize {
                    let x = area.x + area.width - 2 - wide as u16;
                    let bottom = Area::new(x, area.y + area.height - 1, wide as u16, 1);
                    self.line(bottom, 0, &Line::of(Role::Dim, label));
                }
            }
        }
        for (row, line) in pane.lines.iter().take(inner.height as usize).enumerate() {
            self.line(inner, row, line);
        }
    }

    /// A border: heavy where the pane has the focus, so that it is seen without colour.
    fn border(&mut self, area: Area, focused: bool) {
        let (role, [h, v, tl, tr, bl, br]) = if focused {
            (Role::FocusBorder, ["━", "┃", "┏", "┓", "┗", "┛"])
        } else {
            (Role::Border, ["─", "│", "┌", "┐", "└", "┘"])
        };
        let (x0, y0) = (area.x as usize, area.y as usize);
        let (x1, y1) = (x0 + area.width as usize - 1, y0 + area.height as usize - 1);
        for x in x0..=x1 {
            self.put(x, y0, h, role);
            self.put(x, y1, h, role);
        }
        for y in y0..=y1 {
            self.put(x0, y, v, role);
            self.put(x1, y, v, role);
        }
        self.put(x0, y0, tl, role);
        self.put(x1, y0, tr, role);
        self.put(x0, y1, bl, role);
        self.put(x1, y1, br, role);
    }
}

impl Line {
    /// The pieces of two lines in one.
    #[must_use]
    pub fn joined(mut self, mut other: Self) -> Self {
        self.pieces.append(&mut other.pieces);
        self.fill = other.fill.or(self.fill);
        self
    }
}

/// Paints a view. Never fails: what lies outside the screen is not painted.
pub fn paint(view: &View) -> Grid {
    let mut grid = Grid::new(view.width as usize, view.height as usize);
    for pane in &view.panes {
        grid.pane(pane);
    }
    grid
}
