//! A short list to choose from before there is a review: which one, or which template.
//!
//! Must not know how it is drawn; it is an application like the workbench.

use super::event_loop::Application;
use crate::workbench::view::{Area, Line, Pane, Role, View};
use crate::workbench::{Effect, Key, KeyCode, MouseAction, Msg};
use std::path::PathBuf;

/// The list.
#[derive(Debug)]
pub(super) struct Chooser {
    title: &'static str,
    entries: Vec<String>,
    cursor: usize,
    first: usize,
    size: (u16, u16),
    chosen: bool,
}

impl Chooser {
    /// Reviews first, templates after them.
    pub(super) fn new(reviews: &[PathBuf], templates: &[(String, String)]) -> Self {
        let title = if reviews.is_empty() { "No review is here yet. Begin one:" } else { "Several reviews are here:" };
        let reviews = reviews.iter().map(|path| path.display().to_string());
        let templates = templates.iter().map(|(name, _)| format!("a new review, from the template `{name}`"));
        Self { title, entries: reviews.chain(templates).collect(), cursor: 0, first: 0, size: (80, 24), chosen: false }
    }

    /// The position of what was chosen; none where the user left.
    pub(super) fn chosen(&self) -> Option<usize> {
        self.chosen.then_some(self.cursor)
    }

    fn rows(&self) -> usize {
        usize::from(self.size.1.saturating_sub(5)).max(1)
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        let last = self.entries.len().saturating_sub(1);
        match (key.code, key.ctrl) {
            (KeyCode::Up | KeyCode::Char('k'), false) => self.cursor = self.cursor.saturating_sub(1),
            (KeyCode::Down | KeyCode::Char('j'), false) => self.cursor = (self.cursor + 1).min(last),
            (KeyCode::Home, _) => self.cursor = 0,
            (KeyCode::End | KeyCode::Char('G'), _) => self.cursor = last,
            (KeyCode::PageUp, _) => self.cursor = self.cursor.saturating_sub(self.rows()),
            (KeyCode::PageDown, _) => self.cursor = (self.cursor + self.rows()).min(last),
            (KeyCode::Enter, _) => return self.choose(),
            (KeyCode::Char('q') | KeyCode::Esc, _) | (KeyCode::Char('c'), true) => return vec![Effect::Quit],
            (KeyCode::Char('z'), true) => return vec![Effect::Suspend],
            _ => {}
        }
        Vec::new()
    }

    fn choose(&mut self) -> Vec<Effect> {
        self.chosen = !self.entries.is_empty();
        vec![Effect::Quit]
    }
}

impl Application for Chooser {
    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        match msg {
            Msg::Key(key) => return self.key(key),
            Msg::Resize(width, height) => self.size = (width, height),
            Msg::Mouse(mouse) => match mouse.action {
                MouseAction::ScrollUp => self.cursor = self.cursor.saturating_sub(1),
                MouseAction::ScrollDown => self.cursor = (self.cursor + 1).min(self.entries.len().saturating_sub(1)),
                MouseAction::Press => {
                    let row = usize::from(mouse.y).checked_sub(3).filter(|row| *row < self.rows());
                    if let Some(index) = row.map(|row| self.first + row).filter(|index| *index < self.entries.len()) {
                        // The first press shows what the second one takes.
                        if self.cursor == index {
                            return self.choose();
                        }
                        self.cursor = index;
                    }
                }
            },
            Msg::Terminate => return vec![Effect::Quit],
            _ => {}
        }
        Vec::new()
    }

    fn view(&mut self) -> View {
        let (width, height) = self.size;
        let rows = self.rows();
        self.first = self.first.clamp((self.cursor + 1).saturating_sub(rows), self.cursor);
        let cells = usize::from(width);
        let mut lines = vec![
            Line::of(Role::Accent, " kneepoint"),
            Line::of(Role::Strong, format!(" {}", self.title)).cut(cells),
            Line::blank(),
        ];
        for (index, entry) in self.entries.iter().enumerate().skip(self.first).take(rows) {
            let here = index == self.cursor;
            let line = Line::of(Role::Plain, format!(" {} {entry}", if here { ">" } else { " " })).cut(cells);
            lines.push(if here { line.filled(Role::Selected) } else { line });
        }
        lines.push(Line::blank());
        lines.push(
            Line::of(Role::Key, " enter")
                .and(Role::Dim, " open  ")
                .and(Role::Key, "↑↓")
                .and(Role::Dim, " move  ")
                .and(Role::Key, "q")
                .and(Role::Dim, " leave")
                .cut(cells),
        );
        let area = Area::new(0, 0, width, height);
        View { width, height, panes: vec![Pane { area, lines, ..Pane::default() }], cursor: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbench::view::paint;

    fn chooser() -> Chooser {
        let reviews: Vec<_> = (0..30).map(|number| PathBuf::from(format!("{number}.review.toml"))).collect();
        Chooser::new(&reviews, &[("empty".to_owned(), String::new())])
    }

    #[test]
    fn what_is_under_the_cursor_is_in_sight_and_chosen() {
        let mut chooser = chooser();
        chooser.update(Msg::Resize(40, 10));
        for _ in 0..12 {
            chooser.update(Msg::Key(Key::char('j')));
        }
        let text = paint(&chooser.view()).text();
        assert!(text.contains("> 12.review.toml"), "{text}");
        assert!(matches!(chooser.update(Msg::Key(Key::plain(KeyCode::Enter))).as_slice(), [Effect::Quit]));
        assert_eq!(chooser.chosen(), Some(12));
    }

    #[test]
    fn leaving_chooses_nothing_and_no_size_is_too_small() {
        let mut chooser = chooser();
        for size in [(0, 0), (1, 1), (3, 4), (200, 60)] {
            chooser.update(Msg::Resize(size.0, size.1));
            paint(&chooser.view());
        }
        chooser.update(Msg::Key(Key::char('q')));
        assert_eq!(chooser.chosen(), None);
    }
}
