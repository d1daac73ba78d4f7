//! A text to read, scrolled.

use super::{Outcome, middle};
use crate::workbench::key::{Key, KeyCode};
use crate::workbench::view::{Area, Line, Pane, Role};

/// A text being read.
#[derive(Debug)]
pub struct Reader {
    title: String,
    lines: Vec<Line>,
    first: usize,
    height: usize,
}

impl Reader {
    /// With its lines.
    pub fn new(title: &str, lines: Vec<Line>) -> Self {
        Self { title: title.to_owned(), lines, first: 0, height: 10 }
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Outcome {
        let page = self.height.max(1);
        match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | '?' | 'i') => return Outcome::Close,
            KeyCode::Up | KeyCode::Char('k') => self.first = self.first.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.first += 1,
            KeyCode::PageUp => self.first = self.first.saturating_sub(page),
            KeyCode::PageDown | KeyCode::Char(' ') => self.first += page,
            KeyCode::Home => self.first = 0,
            KeyCode::End | KeyCode::Char('G') => self.first = self.lines.len(),
            _ => {}
        }
        self.first = self.first.min(self.lines.len().saturating_sub(page));
        Outcome::Stay
    }

    /// The pane in the middle of the screen.
    pub fn pane(&mut self, screen: Area) -> Pane {
        let wide = screen.width.saturating_sub(4).clamp(20, 86);
        let high = (self.lines.len() as u16 + 2).min(screen.height.saturating_sub(2)).max(5);
        self.height = high.saturating_sub(2) as usize;
        self.first = self.first.min(self.lines.len().saturating_sub(self.height));
        let inner = wide.saturating_sub(3) as usize;
        let shown = self.lines.iter().skip(self.first).take(self.height);
        let lines: Vec<Line> = shown.map(|line| Line::plain(" ").joined(line.clone().cut(inner))).collect();
        let scroll = (self.lines.len() > self.height).then_some((self.first, self.lines.len()));
        let title = Some(Line::of(Role::Strong, &self.title));
        Pane { area: middle(screen, wide, high), title, focused: true, lines, scroll }
    }
}
