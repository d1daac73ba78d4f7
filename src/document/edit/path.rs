//! Where a value is in the tree of a file.

use super::tree;
use crate::document::source_map::SourceMap;
use crate::document::tree::Step;
use crate::model::{EntityKind, EntityRef, Node, Value};

/// A path of keys and positions from the top of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) kind: EntityKind,
    pub(crate) keys: Vec<String>,
}

impl Place {
    /// Of keys of an entity.
    pub(crate) fn new(map: &SourceMap, entity: EntityRef, keys: &[&str]) -> Self {
        let table = entity.kind.table();
        let mut path = vec![table.to_owned()];
        if matches!(map.root().get(table).map(|node| &node.value), Some(Value::Array(_))) {
            path.push(entity.index.to_string());
        }
        path.extend(keys.iter().map(|key| (*key).to_owned()));
        Self { kind: entity.kind, keys: path }
    }

    /// How many of the keys lead to the entity itself.
    pub(crate) fn entity_depth(&self) -> usize {
        1 + usize::from(self.keys.get(1).is_some_and(|key| key.parse::<usize>().is_ok()))
    }

    /// What stands there.
    pub(crate) fn node<'a>(&self, map: &'a SourceMap) -> Option<&'a Node> {
        tree::at(map.root(), &self.keys)
    }

    /// How many of the keys lead to something, and to what.
    pub(crate) fn deepest<'a>(&self, map: &'a SourceMap) -> (usize, Option<&'a Node>) {
        let mut found = (0, None);
        let Some(mut node) = self.keys.first().and_then(|key| map.root().get(key)) else { return found };
        found = (1, Some(node));
        for (depth, key) in self.keys.iter().enumerate().skip(1) {
            let Some(inner) = tree::child(node, key) else { break };
            node = inner;
            found = (depth + 1, Some(node));
        }
        found
    }

    /// The first keys as the steps of headers: positions join the key before them.
    pub(crate) fn steps(&self, map: &SourceMap, depth: usize) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut node: Option<&Node> = None;
        for key in self.keys.iter().take(depth) {
            let in_array = matches!(node.map(|node| &node.value), Some(Value::Array(_)));
            match steps.last_mut() {
                Some(step) if in_array => step.1 = key.parse().ok(),
                _ => steps.push((key.as_str().into(), None)),
            }
            node = match node {
                None => map.root().get(key),
                Some(node) => tree::child(node, key),
            };
        }
        steps
    }
}
