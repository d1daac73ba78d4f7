//! When the text changes under one's hands: what is open, and the cursor, follow their entity to its new position.
//!
//! Positions move when another program, the editor or an undo adds or removes entities before them; a value that was typed for
//! one entity must never reach its neighbour.

use crate::model::{EntityKind, EntityRef};
use crate::workbench::Workbench;
use crate::workbench::place::Place;
use crate::workbench::screens::{self, Body};
use std::collections::HashMap;

/// The names of the entities that something open is about, as they were before the text changed.
#[derive(Debug)]
pub(super) struct Names(HashMap<EntityKind, Vec<String>>);

/// The kind of the entities whose positions are the rows of a part of a place.
fn row_kind(place: &Place, section: usize) -> Option<EntityKind> {
    match screens::section(place, section)?.body {
        Body::Table(spec) => Some(spec.kind),
        Body::Measures => Some(EntityKind::Measure),
        _ => None,
    }
}

impl Workbench {
    fn names_of(&self, kind: EntityKind) -> Vec<String> {
        (0..self.session.review.count(kind)).map(|index| self.session.name_of(EntityRef::new(kind, index))).collect()
    }

    /// To be called before the text changes.
    pub(super) fn names(&self) -> Names {
        let mut kinds: Vec<EntityKind> = self.overlays.iter().filter_map(|o| Some(o.entity()?.kind)).collect();
        for (place, section) in self.navigation.visited() {
            kinds.extend(row_kind(place, section));
            if let Place::Form(entity) | Place::Items(entity, _) = place {
                kinds.push(entity.kind);
            }
        }
        let mut names = HashMap::new();
        for kind in kinds.into_iter().filter(|kind| kind.many()) {
            names.entry(kind).or_insert_with(|| self.names_of(kind));
        }
        Names(names)
    }

    /// The one entity of the table one is in that was not there before.
    pub(super) fn came_back(&self, before: &Names) -> Option<EntityRef> {
        let kind = row_kind(&self.navigation.place(), self.navigation.section())?;
        let (old, new) = (before.0.get(&kind)?, self.names_of(kind));
        if new.len() != old.len() + 1 {
            return None;
        }
        let index = new.iter().zip(old).position(|(new, old)| new != old).unwrap_or(old.len());
        Some(EntityRef::new(kind, index))
    }

    /// To be called after the text changed and was read again, and what happened was said.
    pub(super) fn follow(&mut self, before: &Names) {
        let mut moves: HashMap<EntityRef, Option<EntityRef>> = HashMap::new();
        for (kind, old) in &before.0 {
            let new = self.names_of(*kind);
            if *old == new {
                continue;
            }
            let mut places: HashMap<(&str, usize), usize> = HashMap::new();
            let mut seen: HashMap<&str, usize> = HashMap::new();
            for (index, name) in new.iter().enumerate() {
                let nth = seen.entry(name).or_default();
                places.insert((name, *nth), index);
                *nth += 1;
            }
            seen.clear();
            for (index, name) in old.iter().enumerate() {
                let nth = seen.entry(name).or_default();
                // What has a new name and still stands between the same number of others was renamed.
                let found = places.get(&(name.as_str(), *nth)).copied().or((old.len() == new.len()).then_some(index));
                *nth += 1;
                moves.insert(EntityRef::new(*kind, index), found.map(|index| EntityRef::new(*kind, index)));
            }
        }
        if moves.is_empty() {
            return;
        }
        // What was left with something typed in it is told by position too.
        self.kept = None;
        let to = |entity: EntityRef| moves.get(&entity).copied().unwrap_or(Some(entity));
        self.navigation.follow(to, |place, section, row| {
            row_kind(place, section).and_then(|kind| to(EntityRef::new(kind, row))).map_or(row, |entity| entity.index)
        });
        let mut lost = Vec::new();
        for mut overlay in std::mem::take(&mut self.overlays) {
            match overlay.entity().map(to) {
                Some(None) => lost.push(overlay.typed()),
                Some(Some(entity)) => {
                    overlay.set_entity(entity);
                    self.overlays.push(overlay);
                }
                None => self.overlays.push(overlay),
            }
        }
        if let Some(typed) = lost.into_iter().next_back() {
            self.warn(format!("What you were editing is gone from the file; u brings it back. You had typed: {typed}"));
        }
    }
}
