//! The document: a text, what it says, and edits that change only what was asked, with undo.
//!
//! Pure: no files, no clock.

mod apply;
mod blocks;
mod draft;
pub(super) mod entity;
mod error;
mod fits;
mod history;
mod item;
mod list;
mod literal;
mod name;
mod path;
mod rename;
mod splice;
pub(super) mod tree;
mod value;

pub use error::EditError;
pub use history::UndoLabel;
pub use literal::{literal, plain};
pub use name::entity_name;

pub(super) use draft::Draft;
pub(super) use entity::insert_like;
pub(super) use literal::written;

use super::source_map::SourceMap;
use crate::model::{Element, EntityKind, EntityRef, Problem, Renaming, Review, Shape, field_at};
use history::{History, Renames};
use splice::Plan;
use std::sync::Arc;

/// What one revision of a text says.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// The entities.
    pub review: Review,
    /// Where they stand.
    pub map: SourceMap,
    /// What is wrong with them, in the order of the text.
    pub problems: Vec<Problem>,
}

impl Parsed {
    fn of(text: &str) -> Arc<Self> {
        let (review, map, problems) = super::parse(text);
        Arc::new(Self { review, map, problems })
    }

    fn interpreted(text: &str, map: SourceMap, syntax: Vec<Problem>) -> Arc<Self> {
        let (review, problems) = super::interpret(text, map.root(), syntax);
        Arc::new(Self { review, map, problems })
    }
}

/// A review's text with everything it says, edited step by step.
///
/// Invariant: after every edit the text says exactly what it said before plus the edit; every other byte is the same.
/// A refused edit changes nothing.
#[derive(Debug, Clone)]
pub struct Document {
    text: String,
    saved: Arc<str>,
    revision: u64,
    dirty: bool,
    parsed: Arc<Parsed>,
    history: History,
    renames: Renames,
}

impl Document {
    /// Of a text that is as it is on disk.
    pub fn new(text: String) -> Self {
        let parsed = Parsed::of(&text);
        Self {
            saved: Arc::from(text.as_str()),
            text,
            revision: 0,
            dirty: false,
            parsed,
            history: History::default(),
            renames: Renames::default(),
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Grows with every change of the text, undo and redo included.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Everything the text says; cheap to share with a thread.
    pub fn parsed(&self) -> &Arc<Parsed> {
        &self.parsed
    }

    /// The entities.
    pub fn review(&self) -> &Review {
        &self.parsed.review
    }

    /// The places.
    pub fn map(&self) -> &SourceMap {
        &self.parsed.map
    }

    /// What is wrong, in the order of the text.
    pub fn problems(&self) -> &[Problem] {
        &self.parsed.problems
    }

    /// Whether the text differs from the saved one.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// The text that was last read from or written to disk.
    pub fn saved_text(&self) -> &Arc<str> {
        &self.saved
    }

    /// Says that a text (usually the present one) is now on disk.
    pub fn mark_saved(&mut self, text: &str) {
        self.saved = Arc::from(text);
        self.dirty = self.text != text;
    }

    /// What stands in the cell of a key: without quotes, ranges as `4ms..6ms..12ms`. `None` where nothing is said.
    pub fn cell(&self, entity: EntityRef, keys: &[&str]) -> Option<String> {
        let node = self.parsed.map.value(entity, keys)?;
        let shape = entity::shape_at(entity.kind, keys).unwrap_or(Shape::Text);
        if let Some(text) = node.text().filter(|text| is_plain_word(shape, text)) {
            return Some(text.to_owned());
        }
        Some(plain(shape, &literal::written(&self.text, node)))
    }

    /// Sets the value of a key to what was typed. Missing tables on the way are made.
    ///
    /// # Errors
    /// Where the input is not a value of the key, or the place cannot be edited.
    pub fn set(&mut self, entity: EntityRef, keys: &[&str], input: &str) -> Result<(), EditError> {
        let toml = entity::typed(entity.kind, keys, input)?;
        if keys == ["id"] {
            self.free_id(entity.kind, &toml, Some(entity.index))?;
        }
        let label = self.label("set", entity, keys);
        let empty = self.text.trim().is_empty();
        self.edit(label, |draft| {
            if empty {
                entity::begin(draft)?;
            }
            entity::set(draft, entity, keys, &toml)
        })
    }

    /// Sets several keys of an entity in one step of undo; keys may be dotted (`cache.ttl`).
    ///
    /// # Errors
    /// Where one of the inputs is not a value of its key, or a place cannot be edited; nothing is changed then.
    pub fn set_many(&mut self, entity: EntityRef, fields: &[(&str, &str)]) -> Result<(), EditError> {
        let mut typed = Vec::new();
        for (key, input) in fields {
            let keys: Vec<&str> = key.split('.').collect();
            let toml = entity::typed(entity.kind, &keys, input)?;
            if *key == "id" {
                self.free_id(entity.kind, &toml, Some(entity.index))?;
            }
            typed.push((keys, toml));
        }
        let names: Vec<&str> = fields.iter().map(|(key, _)| *key).collect();
        let label = self.label("set", entity, &[&names.join(", ")]);
        let empty = self.text.trim().is_empty();
        self.edit(label, |draft| {
            if empty {
                entity::begin(draft)?;
            }
            typed.iter().try_for_each(|(keys, toml)| entity::set(draft, entity, keys, toml))
        })
    }

    /// Takes the value of a key away, with its line.
    ///
    /// # Errors
    /// Where nothing stands there, or the place cannot be edited.
    pub fn unset(&mut self, entity: EntityRef, keys: &[&str]) -> Result<(), EditError> {
        let label = self.label("clear", entity, keys);
        self.edit(label, |draft| entity::unset(draft, entity, keys))
    }

    /// Adds an entity with the values that were typed; keys may be dotted (`cache.ttl`).
    ///
    /// # Errors
    /// Where a value is not one of its key, or the id is taken.
    pub fn add(&mut self, kind: EntityKind, fields: &[(&str, &str)]) -> Result<EntityRef, EditError> {
        let mut typed = Vec::new();
        for (key, input) in fields {
            let keys: Vec<&str> = key.split('.').collect();
            let toml = entity::typed(kind, &keys, input)?;
            if *key == "id" {
                self.free_id(kind, &toml, None)?;
            }
            typed.push((keys, toml));
        }
        let name = fields.iter().find(|(key, _)| *key == "id").map_or_else(String::new, |(_, id)| format!(" {id}"));
        let label = UndoLabel::new(format!("add {}{name}", kind.called()), None, Vec::new());
        let empty = self.text.trim().is_empty();
        let added = self.edit(label, |draft| {
            if empty {
                entity::begin(draft)?;
            }
            entity::add(draft, kind, &typed)
        })?;
        Ok(added)
    }

    /// Removes an entity with everything below it.
    ///
    /// # Errors
    /// Where it is not there, or the place cannot be edited.
    pub fn remove(&mut self, entity: EntityRef) -> Result<(), EditError> {
        let label = self.label("remove", entity, &[]);
        self.edit(label, |draft| entity::remove(draft, entity))
    }

    /// Copies an entity to below itself, under another id (of a dependency: other ends, `a -> b`).
    ///
    /// # Errors
    /// Where it is not there, or the id is taken or none.
    pub fn duplicate(&mut self, entity: EntityRef, new_id: &str) -> Result<EntityRef, EditError> {
        if field_at(entity.kind, &["id"]).is_some() {
            let toml = entity::typed(entity.kind, &["id"], new_id)?;
            self.free_id(entity.kind, &toml, None)?;
        }
        let label = self.label("copy", entity, &[]);
        self.edit(label, |draft| entity::duplicate(draft, entity, new_id))
    }

    /// Changes the id of an entity and every reference to it in the file.
    ///
    /// # Errors
    /// Where there is no such entity, or the new id is taken or none.
    pub fn rename(&mut self, kind: EntityKind, old_id: &str, new_id: &str) -> Result<(), EditError> {
        self.rename_knowing(kind, old_id, new_id, [])
    }

    /// [`Document::rename`], with what findings are about, by their ids: where a component, a flow and an SLO share an
    /// id, the id alone does not tell.
    ///
    /// # Errors
    /// As there.
    pub fn rename_knowing<'a>(
        &mut self,
        kind: EntityKind,
        old_id: &str,
        new_id: &str,
        findings: impl IntoIterator<Item = (&'a str, &'a Element)>,
    ) -> Result<(), EditError> {
        let renaming = Renaming::new(&self.parsed.review, kind, old_id, new_id).knowing(findings);
        let entity = (0..self.parsed.review.count(kind))
            .map(|index| EntityRef::new(kind, index))
            .find(|entity| self.parsed.map.value(*entity, &["id"]).and_then(crate::model::Node::text) == Some(old_id));
        let text = format!("rename {} {old_id} to {new_id}", kind.called());
        let renamed = Some(Box::new(renaming.clone()));
        let label = UndoLabel { text, entity, keys: vec!["id".to_owned()], renamed };
        self.edit(label, |draft| rename::rename(draft, &renaming))?;
        self.renames.push(renaming);
        Ok(())
    }

    /// The names that changed since the last save, for the files beside this one; a save takes them along.
    pub fn send_renames(&mut self) -> Vec<Renaming> {
        self.renames.send()
    }

    /// The save that took the names along has ended.
    pub fn renames_sent(&mut self, saved: bool) {
        self.renames.ended(saved);
    }

    /// Puts an element into a list at a position (past the end: at the end). A missing list is made.
    ///
    /// # Errors
    /// Where the input is not an element of the list, or the place cannot be edited.
    pub fn insert_item(
        &mut self,
        entity: EntityRef,
        keys: &[&str],
        position: usize,
        input: &str,
    ) -> Result<(), EditError> {
        let toml = entity::typed(entity.kind, &[keys, &["0"]].concat(), input)?;
        let label = self.label("add to", entity, keys);
        self.edit(label, |draft| item::insert_item(draft, entity, keys, position, &toml))
    }

    /// Takes an element out of a list.
    ///
    /// # Errors
    /// Where it is not there, or the place cannot be edited.
    pub fn remove_item(&mut self, entity: EntityRef, keys: &[&str], position: usize) -> Result<(), EditError> {
        let label = self.label("take from", entity, keys);
        let position = position.to_string();
        let keys = [keys, &[position.as_str()]].concat();
        self.edit(label, |draft| entity::unset(draft, entity, &keys))
    }

    /// Moves an element of a list to another position.
    ///
    /// # Errors
    /// Where one of the positions is not there, or the place cannot be edited.
    pub fn move_item(&mut self, entity: EntityRef, keys: &[&str], from: usize, to: usize) -> Result<(), EditError> {
        let label = self.label("reorder", entity, keys);
        self.edit(label, |draft| item::move_item(draft, entity, keys, from, to))
    }

    /// Replaces the whole text, as after an external editor. Anything is accepted.
    pub fn replace_text(&mut self, new_text: &str, label: &str) {
        let Some((range, middle)) = difference(&self.text, new_text) else { return };
        if let Some(splices) = Plan::replace(range, middle).perform(&mut self.text) {
            let label = UndoLabel::new(label.to_owned(), None, Vec::new());
            self.history.push(label, splices);
            self.changed(None);
        }
    }

    /// Takes the last step back.
    pub fn undo(&mut self) -> Option<UndoLabel> {
        let label = self.history.undo(&mut self.text)?;
        self.renames.made_by(&label);
        self.changed(None);
        Some(label)
    }

    /// Makes the last step that was taken back again.
    pub fn redo(&mut self) -> Option<UndoLabel> {
        let label = self.history.redo(&mut self.text)?;
        self.renames.made_by(&label);
        self.changed(None);
        Some(label)
    }

    /// What [`Document::undo`] would take back.
    pub fn next_undo(&self) -> Option<&UndoLabel> {
        self.history.next_undo()
    }

    /// What [`Document::redo`] would make again.
    pub fn next_redo(&self) -> Option<&UndoLabel> {
        self.history.next_redo()
    }

    fn label(&self, verb: &str, entity: EntityRef, keys: &[&str]) -> UndoLabel {
        let name = entity_name(&self.parsed.review, entity);
        let text =
            if keys.is_empty() { format!("{verb} {name}") } else { format!("{verb} {} of {name}", keys.join(".")) };
        UndoLabel::new(text, Some(entity), keys.iter().map(|key| (*key).to_owned()).collect())
    }

    fn free_id(&self, kind: EntityKind, toml: &str, except: Option<usize>) -> Result<(), EditError> {
        let id = literal::value_of(toml).and_then(|node| node.text().map(str::to_owned)).unwrap_or_default();
        let taken = (0..self.parsed.review.count(kind)).filter(|index| Some(*index) != except).any(|index| {
            let value = self.parsed.map.value(EntityRef::new(kind, index), &["id"]);
            value.and_then(crate::model::Node::text) == Some(&id)
        });
        if taken { Err(EditError::Taken { kind, id }) } else { Ok(()) }
    }

    fn edit<T>(
        &mut self,
        label: UndoLabel,
        change: impl FnOnce(&mut Draft) -> Result<T, EditError>,
    ) -> Result<T, EditError> {
        let mut draft = Draft::new(&self.text, &self.parsed.map, &self.parsed.problems);
        let result = change(&mut draft)?;
        draft.check()?;
        let finished = draft.finish();
        if finished.text != self.text {
            self.history.push(label, finished.splices);
            self.text = finished.text;
            self.changed(finished.syntax);
        }
        Ok(result)
    }

    /// Takes a new text over; `syntax` is how it was read, where it was.
    fn changed(&mut self, syntax: Option<(SourceMap, Vec<Problem>)>) {
        self.parsed = match syntax {
            Some((map, problems)) => Parsed::interpreted(&self.text, map, problems),
            None => Parsed::of(&self.text),
        };
        self.revision += 1;
        self.dirty = *self.text != *self.saved;
    }
}

/// Whether a text is its own plain form beyond doubt, so that it need not be read back to be sure.
fn is_plain_word(shape: Shape, text: &str) -> bool {
    let harmless = |c: char| c.is_ascii_alphanumeric() || " -_.:/>".contains(c);
    matches!(shape, Shape::Text | Shape::Id | Shape::Reference(_) | Shape::Choice(..))
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && !["true", "false", "nan", "inf"].contains(&text)
        && text.chars().all(harmless)
}

/// The part in which two texts differ: the range in the old one, and what stands there in the new one.
pub fn difference<'a>(old: &str, new: &'a str) -> Option<(std::ops::Range<usize>, &'a str)> {
    if old == new {
        return None;
    }
    let mut start = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
        start -= 1;
    }
    let most = old.len().min(new.len()) - start;
    let mut same = old.bytes().rev().zip(new.bytes().rev()).take(most).take_while(|(a, b)| a == b).count();
    while !old.is_char_boundary(old.len() - same) || !new.is_char_boundary(new.len() - same) {
        same -= 1;
    }
    Some((start..old.len() - same, &new[start..new.len() - same]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_word_is_what_the_long_way_round_gives() {
        for text in ["orders-db", "api -> db", "team a", "true", "1a", "a.b/c:d", "x ", "-", "it's", "4ms", "a, b"] {
            for shape in [Shape::Text, Shape::Id, Shape::Choice(&["orders-db", "x"], &[])] {
                if is_plain_word(shape, text) {
                    assert_eq!(plain(Shape::Text, &format!("\"{text}\"")), text);
                }
            }
        }
        assert!(is_plain_word(Shape::Id, "orders-db") && !is_plain_word(Shape::Text, "true"));
    }
}
