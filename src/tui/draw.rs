//! A view on a terminal: cells with meanings become cells with looks, and only what changed is written.
//!
//! Must not know what the view is about, nor decide anything: drawing the same view twice writes nothing the second
//! time. Works on any ratatui backend, so that tests draw on one in memory.

use super::theme::Theme;
use crate::workbench::view::{Grid, View, paint};
use ratatui::backend::Backend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

/// What stands in place of a character that would steer the terminal. Views hold none; this is the last fence.
const STEERING: &str = "\u{fffd}";
/// A grapheme of more bytes than this (piled-up marks) is not given to the terminal.
const LONGEST_GRAPHEME: usize = 64;

/// A terminal's screen: what it shows, and how to make it show something else.
#[derive(Debug)]
pub struct Screen<B: Backend> {
    backend: B,
    theme: Theme,
    shown: Buffer,
    next: Buffer,
    /// Where the terminal's cursor blinks.
    cursor: Option<Position>,
    /// Whether the screen may hold something else than `shown`.
    stale: bool,
}

impl<B: Backend> Screen<B> {
    /// A cleared screen of a size in cells, its cursor hidden.
    pub fn new(backend: B, theme: Theme, width: u16, height: u16) -> Self {
        let area = Rect::new(0, 0, width, height);
        let (shown, next) = (Buffer::empty(area), Buffer::empty(area));
        Self { backend, theme, shown, next, cursor: None, stale: false }
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        (self.next.area.width, self.next.area.height)
    }

    /// The screen has another size now.
    pub fn resize(&mut self, width: u16, height: u16) {
        let area = Rect::new(0, 0, width, height);
        if area != self.next.area {
            self.shown = Buffer::empty(area);
            self.next = Buffer::empty(area);
            self.stale = true;
        }
    }

    /// The screen may show something else: the next drawing writes every cell.
    pub fn invalidate(&mut self) {
        self.stale = true;
        self.cursor = None;
    }

    /// The backend, for tests that look at it.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// Shows a view. What lies outside the screen is not drawn.
    ///
    /// # Errors
    ///
    /// Where the terminal does not take it: it is gone.
    pub fn draw(&mut self, view: &View) -> Result<(), B::Error> {
        fill(&mut self.next, &paint(view), self.theme);
        if self.stale {
            self.backend.draw(every_cell(&self.next))?;
            self.backend.hide_cursor()?;
        } else {
            let mut changes = self.shown.diff(&self.next).into_iter().peekable();
            if changes.peek().is_some() {
                self.backend.draw(changes)?;
            } else if self.cursor == position(view, self.next.area) {
                return Ok(());
            }
        }
        // Drawing moved the cursor: put it back even where its place is the same.
        match position(view, self.next.area) {
            Some(place) => {
                self.backend.set_cursor_position(place)?;
                if self.cursor.is_none() || self.stale {
                    self.backend.show_cursor()?;
                }
                self.cursor = Some(place);
            }
            None => {
                if self.cursor.take().is_some() {
                    self.backend.hide_cursor()?;
                }
            }
        }
        self.backend.flush()?;
        self.stale = false;
        std::mem::swap(&mut self.shown, &mut self.next);
        Ok(())
    }
}

fn position(view: &View, area: Rect) -> Option<Position> {
    view.cursor.map(|(x, y)| Position { x, y }).filter(|position| area.contains(*position))
}

/// The cells of a grid in a buffer; cells that only one of the two has are left out or blank.
fn fill(buffer: &mut Buffer, grid: &Grid, theme: Theme) {
    let (width, height) = (buffer.area.width as usize, buffer.area.height as usize);
    for (index, cell) in buffer.content.iter_mut().enumerate() {
        cell.reset();
        let (x, y) = (index % width, index / width);
        if x >= grid.width || y >= grid.height || y >= height {
            continue;
        }
        let from = &grid.row(y)[x];
        if from.text.is_empty() {
            cell.set_style(theme.style(from.role));
            continue;
        }
        let steers = from.text.chars().any(char::is_control) || from.text.len() > LONGEST_GRAPHEME;
        let text = if steers { STEERING } else { from.text.as_str() };
        let wide = from.text.len() > 1 && text.width() > 1;
        cell.set_symbol(if wide && x + 1 >= width { " " } else { text });
        cell.set_style(theme.style(from.role));
    }
}

/// Every cell but the second halves of wide ones.
fn every_cell(buffer: &Buffer) -> impl Iterator<Item = (u16, u16, &Cell)> {
    let width = buffer.area.width.max(1) as usize;
    let mut covered = 0;
    buffer.content.iter().enumerate().filter_map(move |(index, cell)| {
        if covered > 0 {
            covered -= 1;
            return None;
        }
        covered = cell.symbol().width().saturating_sub(1);
        Some(((index % width) as u16, (index / width) as u16, cell))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbench::view::{Area, Line, Pane, Piece, Role};
    use ratatui::backend::TestBackend;

    fn view(width: u16, height: u16, text: &str) -> View {
        let line = Line { pieces: vec![Piece { text: text.to_owned(), role: Role::Bad }], fill: None };
        let area = Area::new(0, 0, width, height);
        View { width, height, panes: vec![Pane { area, lines: vec![line], ..Pane::default() }], cursor: None }
    }

    fn shown(screen: &Screen<TestBackend>) -> String {
        screen.backend().buffer().content.iter().map(Cell::symbol).collect()
    }

    #[test]
    fn a_view_larger_or_smaller_than_the_screen_is_drawn_where_both_are() {
        for (width, height) in [(0, 0), (1, 1), (3, 1), (2, 5)] {
            let mut screen = Screen::new(TestBackend::new(width, height), Theme { colour: true }, width, height);
            for (view_width, view_height) in [(0, 0), (1, 1), (9, 9), (300, 2)] {
                screen.draw(&view(view_width, view_height, "日本語 abc")).expect("a backend in memory");
            }
        }
    }

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        let mut screen = Screen::new(TestBackend::new(8, 1), Theme { colour: true }, 8, 1);
        let mut hostile = view(8, 1, "");
        hostile.panes[0].lines[0].pieces[0].text = "a\u{1b}[2Jb\u{9b}".to_owned();
        screen.draw(&hostile).expect("a backend in memory");
        assert!(!shown(&screen).chars().any(char::is_control), "{:?}", shown(&screen));
    }

    #[test]
    fn roles_become_styles_and_old_text_goes() {
        let mut screen = Screen::new(TestBackend::new(4, 1), Theme { colour: true }, 4, 1);
        screen.draw(&view(4, 1, "日本")).expect("a backend in memory");
        screen.draw(&view(4, 1, "ab")).expect("a backend in memory");
        assert_eq!(shown(&screen), "ab  ");
        assert_eq!(screen.backend().buffer().content[0].fg, ratatui::style::Color::Red);
    }

    #[test]
    fn a_stale_screen_is_written_whole() {
        let mut screen = Screen::new(TestBackend::new(4, 1), Theme { colour: false }, 4, 1);
        screen.draw(&view(4, 1, "日x")).expect("a backend in memory");
        screen.backend.draw([(0, 0, &Cell::new("#")), (3, 0, &Cell::new("#"))].into_iter()).expect("in memory");
        screen.invalidate();
        screen.draw(&view(4, 1, "日x")).expect("a backend in memory");
        assert_eq!(screen.backend().buffer().content[0].symbol(), "日");
        assert_eq!(screen.backend().buffer().content[3].symbol(), " ");
    }
}
