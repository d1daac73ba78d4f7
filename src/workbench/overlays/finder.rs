//! Finding: commands in the palette, and everything that has a name.

use super::menu::Wish;
use super::{Outcome, middle};
use crate::model::{Element, EntityRef};
use crate::workbench::command::Command;
use crate::workbench::input::TextInput;
use crate::workbench::key::{Key, KeyCode};
use crate::workbench::place::Place;
use crate::workbench::view::{Area, Line, Pane, Role, fit, width};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Something that can be found.
#[derive(Debug, Clone)]
pub enum Find {
    /// A command.
    Command(Command),
    /// An element of the system.
    Element(Element),
    /// An entity of the file.
    Entity(EntityRef),
    /// Something to begin with, by its position among the offers.
    Offer(usize),
    /// A question, by where it is: the place, its part and its row.
    Row(Place, usize, usize),
}

/// One line of the list.
#[derive(Debug)]
pub struct Found {
    /// What is matched and shown.
    pub text: String,
    /// What is shown at the right.
    pub right: String,
    /// What it is.
    pub find: Find,
}

/// A list that shrinks while one types.
#[derive(Debug)]
pub struct Finder {
    title: String,
    all: Vec<Found>,
    input: TextInput,
    matching: Vec<usize>,
    selected: usize,
}

impl Finder {
    /// Over some things.
    pub fn new(title: &str, all: Vec<Found>) -> Self {
        let matching = (0..all.len()).collect();
        Self { title: title.to_owned(), all, input: TextInput::default(), matching, selected: 0 }
    }

    fn narrow(&mut self) {
        let pattern = Pattern::parse(self.input.text(), CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let score = |(index, found): (usize, &Found)| {
            let text = Utf32Str::new(&found.text, &mut buffer);
            pattern.score(text, &mut matcher).map(|score| (std::cmp::Reverse(score), index))
        };
        let mut scored: Vec<_> = self.all.iter().enumerate().filter_map(score).collect();
        scored.sort_unstable();
        self.matching = scored.into_iter().map(|(_, index)| index).collect();
        self.selected = 0;
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Outcome {
        let last = self.matching.len().saturating_sub(1);
        match (key.code, key.ctrl) {
            (KeyCode::Esc, _) => return Outcome::Close,
            (KeyCode::Enter, _) => {
                return match self.matching.get(self.selected) {
                    Some(index) => Outcome::Wish(match self.all[*index].find.clone() {
                        Find::Command(command) => Wish::Run(command),
                        find => Wish::Go(find),
                    }),
                    None => Outcome::Stay,
                };
            }
            (KeyCode::Up, _) | (KeyCode::Char('p'), true) => self.selected = self.selected.saturating_sub(1),
            (KeyCode::Down, _) | (KeyCode::Char('n'), true) => self.selected = (self.selected + 1).min(last),
            (KeyCode::PageUp, _) => self.selected = self.selected.saturating_sub(10),
            (KeyCode::PageDown, _) => self.selected = (self.selected + 10).min(last),
            _ => {
                if self.input.key(key) {
                    self.narrow();
                }
            }
        }
        Outcome::Stay
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        self.input.paste(text);
        self.narrow();
    }

    /// The pane in the middle of the screen, and the cursor in it.
    pub fn pane(&self, screen: Area) -> (Pane, Option<(u16, u16)>) {
        let wide = screen.width.saturating_sub(4).clamp(20, 84);
        let high = screen.height.saturating_sub(2).clamp(5, 24);
        let inner = wide.saturating_sub(2) as usize;
        let rows = high.saturating_sub(3) as usize;
        let (line, cursor) = self.input.shown(inner.saturating_sub(2));
        let mut lines = vec![Line::of(Role::Key, "> ").joined(line)];
        let first = (self.selected + 1).saturating_sub(rows);
        for (place, index) in self.matching.iter().enumerate().skip(first).take(rows) {
            let found = &self.all[*index];
            let right = fit(&found.right, inner / 3);
            let left = fit(&found.text, inner.saturating_sub(width(&right) + 3));
            let gap = " ".repeat(inner.saturating_sub(width(&left) + width(&right) + 2));
            lines.push(if place == self.selected {
                Line::of(Role::Selected, format!(" {left}{gap}{right} ")).filled(Role::Selected)
            } else {
                Line::plain(format!(" {left}{gap}")).and(Role::Key, right)
            });
        }
        if self.matching.is_empty() {
            lines.push(Line::of(Role::Dim, " nothing goes with this"));
        }
        let area = middle(screen, wide, high);
        let title = Line::of(Role::Strong, &self.title)
            .and(Role::Dim, format!(" {}/{}", (self.selected + 1).min(self.matching.len()), self.matching.len()));
        let cursor = (area.x + 3 + cursor as u16, area.y + 1);
        (Pane { area, title: Some(title), focused: true, lines, scroll: None }, Some(cursor))
    }
}
