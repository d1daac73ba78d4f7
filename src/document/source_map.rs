//! Where everything of a review stands in its text.

use super::lines::{LineIndex, Position};
use super::tree::Tree;
use crate::model::{Element, EntityKind, EntityRef, Node, Review, Span, Table, Value};
use std::sync::Arc;

/// The places of one revision of a text.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    pub(super) tree: Arc<Tree>,
    lines: LineIndex,
}

impl SourceMap {
    pub(super) fn new(tree: Tree, lines: LineIndex) -> Self {
        Self { tree: Arc::new(tree), lines }
    }

    /// The tree of the file.
    pub fn root(&self) -> &Table {
        &self.tree.root
    }

    /// The lines of the file.
    pub fn lines(&self) -> &LineIndex {
        &self.lines
    }

    /// The tree of an entity.
    pub fn entity(&self, entity: EntityRef) -> Option<&Node> {
        let node = self.tree.root.get(entity.kind.table())?;
        match &node.value {
            Value::Array(items) if entity.kind.many() => items.get(entity.index),
            Value::Table(_) if entity.index == 0 => Some(node),
            _ => None,
        }
    }

    /// The value at keys of an entity; a key that is a number is a position in a list.
    pub fn value(&self, entity: EntityRef, keys: &[&str]) -> Option<&Node> {
        let mut node = self.entity(entity)?;
        for key in keys {
            node = match &node.value {
                Value::Table(table) => table.get(key)?,
                Value::Array(items) => items.get(key.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(node)
    }

    /// Where the value at keys stands, or else the nearest thing around it that stands anywhere.
    pub fn place(&self, entity: EntityRef, keys: &[&str]) -> Option<Span> {
        (0..=keys.len()).rev().find_map(|length| self.value(entity, &keys[..length])).map(|node| node.span)
    }

    /// The entity that an offset lies in: the last one whose header stands at or before it.
    pub fn entity_at(&self, offset: usize) -> Option<EntityRef> {
        let mut best: Option<(usize, EntityRef)> = None;
        for kind in EntityKind::ALL {
            let Some(node) = self.tree.root.get(kind.table()) else { continue };
            let items = match &node.value {
                Value::Array(items) => items.as_slice(),
                _ => std::slice::from_ref(node),
            };
            for (index, item) in items.iter().enumerate() {
                if item.span.start <= offset && best.is_none_or(|(start, _)| start < item.span.start) {
                    best = Some((item.span.start, EntityRef::new(*kind, index)));
                }
            }
        }
        best.map(|(_, entity)| entity)
    }

    /// Line and column of an offset.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        self.lines.position(text, offset)
    }
}

/// The entity of the file that an element of the system is.
pub fn entity_of(review: &Review, element: &Element) -> Option<EntityRef> {
    let found = |kind, position: Option<usize>| position.map(|index| EntityRef::new(kind, index));
    match element {
        Element::Review => Some(EntityRef::only(EntityKind::Head)),
        Element::Component(id) => found(EntityKind::Component, review.components.iter().position(|c| c.id() == id)),
        Element::Flow(id) | Element::Path(id, _) => {
            found(EntityKind::Flow, review.flows.iter().position(|f| f.id() == id))
        }
        Element::Slo(id) => found(EntityKind::Slo, review.slos.iter().position(|s| s.id() == id)),
        Element::Dependency(from, to) => {
            found(EntityKind::Dependency, review.dependencies.iter().position(|d| d.from() == from && d.to() == to))
        }
        Element::Other(table, id) => {
            let kind = EntityKind::of_table(table)?;
            let position = match kind {
                EntityKind::Decision => review.decisions.iter().position(|d| d.id() == id),
                EntityKind::Action => review.actions.iter().position(|a| a.id() == id),
                EntityKind::Hotspot => review.hotspots.iter().position(|h| h.id() == id),
                EntityKind::Triage => review.triage.iter().position(|t| t.finding() == id),
                EntityKind::Answer => review.answers.iter().position(|a| a.question() == id),
                _ => None,
            };
            // Entities without an id are known by their position from 1.
            let position = position.or_else(|| {
                let number: usize = id.parse().ok()?;
                (1..=review.count(kind)).contains(&number).then(|| number - 1)
            });
            found(kind, position)
        }
    }
}
