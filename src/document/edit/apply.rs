//! Several changes of a review made as one edit: all or nothing, one step of undo.

use super::{Document, EditError, UndoLabel, entity};
use crate::model::{Change, EntityKind, EntityRef};

/// A change whose values are TOML.
enum Typed<'a> {
    Set(EntityRef, Vec<&'a str>, String),
    Add(EntityKind, Vec<(Vec<&'a str>, String)>),
}

impl Document {
    /// Makes changes in one step of undo, which is called `label`.
    ///
    /// Positions in the changes are of the text as it is before the first of them.
    ///
    /// # Errors
    /// Where one of the values is not one of its key, an id is taken, or a place cannot be edited; nothing is changed
    /// then.
    pub fn apply(&mut self, label: &str, changes: &[Change]) -> Result<(), EditError> {
        let mut typed = Vec::new();
        for change in changes {
            typed.push(match change {
                Change::Set { entity, key, value } => {
                    let keys: Vec<&str> = key.split('.').collect();
                    let toml = entity::typed(entity.kind, &keys, value)?;
                    if keys == ["id"] {
                        self.free_id(entity.kind, &toml, Some(entity.index))?;
                    }
                    Typed::Set(*entity, keys, toml)
                }
                Change::Add { kind, fields } => {
                    let mut values = Vec::new();
                    for (key, value) in fields {
                        let keys: Vec<&str> = key.split('.').collect();
                        let toml = entity::typed(*kind, &keys, value)?;
                        if keys == ["id"] {
                            self.free_id(*kind, &toml, None)?;
                        }
                        values.push((keys, toml));
                    }
                    Typed::Add(*kind, values)
                }
            });
        }
        let entity = changes.iter().find_map(|change| match change {
            Change::Set { entity, .. } => Some(*entity),
            Change::Add { .. } => None,
        });
        let label = UndoLabel::new(label.to_owned(), entity, Vec::new());
        let empty = self.text().trim().is_empty();
        self.edit(label, |draft| {
            if empty {
                entity::begin(draft)?;
            }
            // What is added stands behind what is there: positions stay right.
            typed.iter().try_for_each(|change| match change {
                Typed::Set(entity, keys, toml) => entity::set(draft, *entity, keys, toml),
                Typed::Add(kind, fields) => entity::add(draft, *kind, fields).map(drop),
            })
        })
    }
}
