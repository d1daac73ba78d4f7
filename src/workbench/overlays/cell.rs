//! Editing one value in its cell: checked at every key, with what may be meant under it.

use super::menu::Wish;
use super::suggestions::Suggestion;
use super::{Outcome, middle};
use crate::model::{EntityRef, FieldSpec, Shape};
use crate::workbench::input::TextInput;
use crate::workbench::key::{Key, KeyCode};
use crate::workbench::screens::how;
use crate::workbench::view::{Area, Line, Pane, Role, fit, wrap};

/// A value being edited.
#[derive(Debug)]
pub struct CellEdit {
    /// The entity.
    pub entity: EntityRef,
    /// The keys of the value.
    pub keys: Vec<String>,
    title: String,
    spec: FieldSpec,
    input: TextInput,
    original: String,
    suggestions: Vec<Suggestion>,
    picked: Option<usize>,
    /// Why the value cannot be taken.
    pub error: Option<String>,
}

/// How many suggestions are shown at once.
const SHOWN: usize = 8;

impl CellEdit {
    /// Of a value that is there, or of an empty one.
    pub fn new(
        entity: EntityRef,
        keys: Vec<String>,
        title: String,
        spec: FieldSpec,
        current: &str,
        suggestions: Vec<Suggestion>,
    ) -> Self {
        let picked = suggestions.iter().position(|(value, _)| value == current && !current.is_empty());
        Self {
            entity,
            keys,
            title,
            spec,
            input: TextInput::new(current),
            original: current.to_owned(),
            suggestions,
            picked,
            error: None,
        }
    }

    /// What was typed, where it differs from what stood there.
    pub fn typed_text(&self) -> String {
        if self.input.text() == self.original { String::new() } else { self.input.text().to_owned() }
    }

    /// Whether it edits the same value from the same start.
    pub fn asks_same(&self, other: &Self) -> bool {
        self.entity == other.entity && self.keys == other.keys && self.original == other.original
    }

    /// The suggestions that go with what is typed; all of them until something is typed.
    fn matching(&self) -> Vec<usize> {
        let typed = self.input.text();
        let all = 0..self.suggestions.len();
        if typed == self.original || typed.is_empty() {
            return all.collect();
        }
        all.filter(|index| self.suggestions[*index].0.contains(typed)).collect()
    }

    fn check(&mut self) {
        let text = self.input.text();
        self.error = if text.trim().is_empty() { None } else { crate::document::literal(self.spec.shape, text).err() };
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Outcome {
        match key.code {
            KeyCode::Esc => return Outcome::Close,
            KeyCode::Enter | KeyCode::Tab => return self.enter(),
            KeyCode::Up | KeyCode::Down => {
                let matching = self.matching();
                if !matching.is_empty() {
                    let at = self.picked.and_then(|picked| matching.iter().position(|index| *index == picked));
                    let next = match (at, key.code) {
                        (None, KeyCode::Down) => 0,
                        (None, _) => matching.len() - 1,
                        (Some(at), KeyCode::Down) => (at + 1) % matching.len(),
                        (Some(at), _) => (at + matching.len() - 1) % matching.len(),
                    };
                    self.picked = Some(matching[next]);
                    self.error = None;
                }
                return Outcome::Stay;
            }
            _ => {}
        }
        if self.input.key(key) {
            self.typed();
        }
        Outcome::Stay
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        self.input.paste(text);
        self.typed();
    }

    fn typed(&mut self) {
        let closed = matches!(self.spec.shape, Shape::Choice(..) | Shape::Boolean | Shape::Reference(_));
        let exact = self.suggestions.iter().position(|(value, _)| value == self.input.text());
        self.picked = exact.or_else(|| if closed { self.matching().first().copied() } else { None });
        if self.input.text().is_empty() {
            self.picked = None;
        }
        self.check();
        if self.picked.is_some() {
            self.error = None;
        }
    }

    fn enter(&mut self) -> Outcome {
        let value = match self.picked {
            Some(picked) => self.suggestions[picked].0.clone(),
            None => self.input.text().to_owned(),
        };
        if value.trim().is_empty() {
            if self.original.is_empty() {
                return Outcome::Close;
            }
            return Outcome::Wish(Wish::Clear { entity: self.entity, keys: self.keys.clone() });
        }
        if value == self.original {
            return Outcome::Close;
        }
        if let Err(error) = crate::document::literal(self.spec.shape, &value) {
            self.error = Some(error);
            return Outcome::Stay;
        }
        Outcome::Wish(Wish::Set { entity: self.entity, keys: self.keys.clone(), value })
    }

    /// The pane at the cell, and the cursor in it.
    pub fn pane(&self, screen: Area, anchor: Area) -> (Pane, Option<(u16, u16)>) {
        let wide = (screen.width.saturating_sub(2)).min(anchor.width.max(48) + 2).max(10);
        let inner = wide.saturating_sub(2) as usize;
        let (line, cursor) = self.input.shown(inner);
        let mut lines = vec![line.filled(Role::Input)];
        if let Some(error) = &self.error {
            lines.extend(
                wrap(error, inner.saturating_sub(2), 3).iter().map(|text| Line::of(Role::Bad, format!("! {text}"))),
            );
        }
        let matching = self.matching();
        if matching.is_empty() {
            lines.extend(wrap(self.spec.doc.trim(), inner, 2).iter().map(|text| Line::of(Role::Dim, text)));
            lines.push(Line::of(Role::Dim, fit(&how(self.spec.shape), inner)));
        } else {
            let at = self.picked.and_then(|picked| matching.iter().position(|index| *index == picked)).unwrap_or(0);
            let first = (at + 1).saturating_sub(SHOWN);
            for index in matching.iter().skip(first).take(SHOWN) {
                let (value, about) = &self.suggestions[*index];
                let about = fit(about, inner.saturating_sub(value.len() + 3));
                lines.push(if Some(*index) == self.picked {
                    Line::of(Role::Selected, format!("> {value}"))
                        .and(Role::Selected, format!("  {about}"))
                        .filled(Role::Selected)
                } else {
                    Line::plain(format!("  {value}")).and(Role::Dim, format!("  {about}"))
                });
            }
            if matching.len() > SHOWN {
                lines.push(Line::of(Role::Dim, format!("  {} of {}", (at + 1), matching.len())));
            }
        }
        let high = (lines.len() as u16 + 2).min(screen.height);
        let x = anchor.x.min(screen.width.saturating_sub(wide));
        let y = anchor.y.saturating_sub(1).min(screen.height.saturating_sub(high));
        let area = if anchor.is_empty() { middle(screen, wide, high) } else { Area::new(x, y, wide, high) };
        let cursor = (area.x + 1 + cursor as u16, area.y + 1);
        (
            Pane { area, title: Some(Line::of(Role::Strong, &self.title)), focused: true, lines, scroll: None },
            Some(cursor),
        )
    }
}
