//! Adding an entity or a list's item: the few values that matter, each checked, then one edit.

use super::menu::Wish;
use super::suggestions::Suggestion;
use super::{Outcome, middle};
use crate::model::{EntityKind, EntityRef, FieldSpec, Shape};
use crate::workbench::input::TextInput;
use crate::workbench::key::{Key, KeyCode};
use crate::workbench::screens::how;
use crate::workbench::view::{Area, Line, Pane, Role, fit, wrap};

/// What is being added.
#[derive(Debug, Clone)]
pub enum Adding {
    /// An entity of a kind.
    Entity(EntityKind),
    /// Nothing: an entity that is there gets these values.
    Values(EntityRef),
    /// An item of a list of an entity, at a position.
    Item(EntityRef, String, usize),
}

/// One value being asked for.
#[derive(Debug)]
pub struct AddField {
    /// The key, with dots.
    pub key: String,
    /// What it may hold.
    pub spec: FieldSpec,
    /// What may be meant.
    pub suggestions: Vec<Suggestion>,
    /// Whether the entity cannot be added without it.
    pub required: bool,
    input: TextInput,
    draft: String,
    picked: Option<usize>,
}

impl AddField {
    /// An empty value, or one with a draft in it.
    pub fn new(key: &str, spec: FieldSpec, suggestions: Vec<Suggestion>, required: bool, draft: &str) -> Self {
        Self {
            key: key.to_owned(),
            spec,
            suggestions,
            required,
            input: TextInput::new(draft),
            draft: draft.to_owned(),
            picked: None,
        }
    }

    fn matching(&self) -> Vec<usize> {
        let typed = self.input.text();
        (0..self.suggestions.len()).filter(|index| self.suggestions[*index].0.contains(typed)).collect()
    }

    fn value(&self) -> String {
        match self.picked {
            Some(picked) => self.suggestions[picked].0.clone(),
            None => self.input.text().to_owned(),
        }
    }

    fn error(&self) -> Option<String> {
        let value = self.value();
        if value.trim().is_empty() {
            return self.required.then(|| format!("`{}` is needed", self.key));
        }
        crate::document::literal(self.spec.shape, &value).err()
    }
}

/// The form in which something is added.
#[derive(Debug)]
pub struct AddForm {
    /// What is added.
    pub adding: Adding,
    fields: Vec<AddField>,
    current: usize,
    /// Why it cannot be added.
    pub error: Option<String>,
}

const SHOWN: usize = 6;

impl AddForm {
    /// With its fields.
    pub fn new(adding: Adding, fields: Vec<AddField>) -> Self {
        // Start at the first value that is not drafted.
        let current = fields.iter().position(|field| field.input.text().is_empty()).unwrap_or(0);
        Self { adding, fields, current, error: None }
    }

    /// With the cursor on a value, drafted or not.
    #[must_use]
    pub fn at(mut self, key: &str) -> Self {
        self.current = self.fields.iter().position(|field| field.key == key).unwrap_or(self.current);
        self
    }

    /// What was typed beyond the drafts.
    pub fn typed_text(&self) -> String {
        let typed = self.fields.iter().filter(|field| field.input.text() != field.draft);
        typed.map(|field| field.input.text()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// Whether it adds the same thing from the same drafts.
    pub fn asks_same(&self, other: &Self) -> bool {
        let target = |adding: &Adding| match adding {
            Adding::Entity(kind) => (*kind, 0, String::new()),
            Adding::Values(entity) => (entity.kind, entity.index, "values".to_owned()),
            Adding::Item(entity, key, _) => (entity.kind, entity.index, key.clone()),
        };
        target(&self.adding) == target(&other.adding)
            && self.fields.iter().map(|field| &field.draft).eq(other.fields.iter().map(|field| &field.draft))
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Outcome {
        match key.code {
            KeyCode::Esc => return Outcome::Close,
            KeyCode::BackTab => {
                self.current = self.current.saturating_sub(1);
                self.error = None;
            }
            KeyCode::Tab | KeyCode::Enter => return self.next(key.code == KeyCode::Enter),
            KeyCode::Up | KeyCode::Down => {
                let Some(field) = self.fields.get_mut(self.current) else { return Outcome::Stay };
                let matching = field.matching();
                if !matching.is_empty() {
                    let at = field.picked.and_then(|picked| matching.iter().position(|index| *index == picked));
                    let next = match (at, key.code) {
                        (None, KeyCode::Down) => 0,
                        (None, _) => matching.len() - 1,
                        (Some(at), KeyCode::Down) => (at + 1) % matching.len(),
                        (Some(at), _) => (at + matching.len() - 1) % matching.len(),
                    };
                    field.picked = Some(matching[next]);
                    self.error = None;
                } else if key.code == KeyCode::Up {
                    self.current = self.current.saturating_sub(1);
                } else {
                    self.current = (self.current + 1).min(self.fields.len().saturating_sub(1));
                }
            }
            _ => {
                let Some(field) = self.fields.get_mut(self.current) else { return Outcome::Stay };
                if field.input.key(key) {
                    self.typed();
                }
            }
        }
        Outcome::Stay
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        if let Some(field) = self.fields.get_mut(self.current) {
            field.input.paste(text);
            self.typed();
        }
    }

    fn typed(&mut self) {
        let Some(field) = self.fields.get_mut(self.current) else { return };
        let closed = matches!(field.spec.shape, Shape::Choice(..) | Shape::Boolean | Shape::Reference(_));
        let exact = field.suggestions.iter().position(|(value, _)| value == field.input.text());
        let first = if closed && !field.input.text().is_empty() { field.matching().first().copied() } else { None };
        field.picked = exact.or(first);
        self.error = if field.input.text().is_empty() { None } else { field.error() };
    }

    /// To the next value, or adds where this was the last.
    fn next(&mut self, enter: bool) -> Outcome {
        let Some(field) = self.fields.get_mut(self.current) else { return Outcome::Close };
        if let Some(error) = field.error() {
            self.error = Some(error);
            return Outcome::Stay;
        }
        let value = field.value();
        field.input.set(&value);
        self.error = None;
        if self.current + 1 < self.fields.len() {
            self.current += 1;
            return Outcome::Stay;
        }
        if !enter {
            self.current = 0;
            return Outcome::Stay;
        }
        if let Some((place, error)) =
            self.fields.iter().enumerate().find_map(|(place, field)| field.error().map(|error| (place, error)))
        {
            self.current = place;
            self.error = Some(error);
            return Outcome::Stay;
        }
        let values = self.fields.iter().map(|field| (field.key.clone(), field.value()));
        let changes = matches!(self.adding, Adding::Values(_));
        let values = values.filter(|(_, value)| changes || !value.trim().is_empty()).collect();
        Outcome::Wish(Wish::Add { adding: self.adding.clone(), values })
    }

    /// The pane in the middle of the screen, and the cursor in it.
    pub fn pane(&self, screen: Area) -> (Pane, Option<(u16, u16)>) {
        let wide = screen.width.saturating_sub(4).clamp(20, 76);
        let inner = wide.saturating_sub(2) as usize;
        let label = self.fields.iter().map(|field| field.key.len()).max().unwrap_or(0).min(20) + 3;
        let mut lines = Vec::new();
        let mut cursor = None;
        for (place, field) in self.fields.iter().enumerate() {
            let current = place == self.current;
            let mark = if field.required { "*" } else { " " };
            let name = format!("{mark} {:<width$}", field.key, width = label - 2);
            let room = inner.saturating_sub(label + 1);
            if current {
                let (input, at) = field.input.shown(room);
                cursor = Some((label + 1 + at, lines.len()));
                lines.push(Line::of(Role::Accent, name).and(Role::Plain, " ").joined(input).filled(Role::Input));
            } else {
                let value = field.value();
                let shown = if value.is_empty() { Line::of(Role::Dim, "·") } else { Line::plain(fit(&value, room)) };
                lines.push(Line::plain(name).and(Role::Plain, " ").joined(shown));
            }
        }
        lines.push(Line::of(Role::Border, "─".repeat(inner)));
        if let Some(error) = &self.error {
            lines.extend(
                wrap(error, inner.saturating_sub(2), 2).iter().map(|text| Line::of(Role::Bad, format!("! {text}"))),
            );
        }
        if let Some(field) = self.fields.get(self.current) {
            lines.extend(wrap(field.spec.doc.trim(), inner, 2).iter().map(|text| Line::of(Role::Dim, text)));
            let matching = field.matching();
            if matching.is_empty() {
                lines.push(Line::of(Role::Dim, fit(&how(field.spec.shape), inner)));
            }
            let at = field.picked.and_then(|picked| matching.iter().position(|index| *index == picked)).unwrap_or(0);
            for index in matching.iter().skip((at + 1).saturating_sub(SHOWN)).take(SHOWN) {
                let (value, about) = &field.suggestions[*index];
                let about = fit(about, inner.saturating_sub(value.len() + 5));
                lines.push(if Some(*index) == field.picked {
                    Line::of(Role::Selected, format!("> {value}  {about}")).filled(Role::Selected)
                } else {
                    Line::plain(format!("  {value}")).and(Role::Dim, format!("  {about}"))
                });
            }
        }
        let title = match &self.adding {
            Adding::Entity(kind) => format!("Add: {}", kind.called()),
            Adding::Values(entity) => format!("Change: {}", entity.kind.called()),
            Adding::Item(_, key, _) => format!("Add to {key}"),
        };
        // Where not all fits: the value being typed and what is said about it stay, the values before it go.
        let most = screen.height.saturating_sub(2) as usize;
        let after = self.fields.len() - self.current - 1;
        let over = lines.len().saturating_sub(most);
        let last = self.fields.len() - after.min(over);
        lines.drain(last..self.fields.len());
        let first = lines.len().saturating_sub(most).min(self.current);
        lines.drain(..first);
        lines.truncate(most);
        let cursor = cursor.map(|(x, y)| (x, y - first));
        let area = middle(screen, wide, lines.len() as u16 + 2);
        let cursor = cursor.map(|(x, y)| (area.x + 1 + x as u16, area.y + 1 + y as u16));
        (Pane { area, title: Some(Line::of(Role::Strong, title)), focused: true, lines, scroll: None }, cursor)
    }
}
