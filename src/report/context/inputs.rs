//! Where every number comes from: what the file declares, what the computation assumed, what is missing.

use super::Subject;
use crate::document::SourceMap;
use crate::model::{EntityKind, EntityRef, Node, RANGE_KEYS, Review, Shape, Value};
use serde::Serialize;

/// More rows than this are counted, not listed.
const MOST_ROWS: usize = 300;

/// The inputs of the computed numbers.
#[derive(Debug, Clone, Serialize)]
pub struct Inputs {
    /// How many numbers the file declares.
    pub declared: usize,
    /// How many of them are ranges.
    pub ranges: usize,
    /// How many numbers were measured.
    pub measured: usize,
    /// What was assumed.
    pub assumed: Vec<Assumed>,
    /// How many more were assumed.
    pub assumed_more: usize,
    /// What is missing, and what cannot be computed without it.
    pub missing: Vec<MissingRow>,
    /// How many more are missing.
    pub missing_more: usize,
    /// Every declared number, a row for each entity.
    pub rows: Vec<InputRow>,
    /// How many rows are left out.
    pub rows_more: usize,
}

/// Something the computation set because the review does not say it.
#[derive(Debug, Clone, Serialize)]
pub struct Assumed {
    /// What it is about.
    pub at: String,
    /// The key.
    pub key: String,
    /// What was assumed.
    pub text: String,
}

/// A number that the review does not say.
#[derive(Debug, Clone, Serialize)]
pub struct MissingRow {
    /// What it is about.
    pub at: String,
    /// The key.
    pub key: String,
    /// What cannot be computed without it.
    pub text: String,
}

/// The declared numbers of an entity.
#[derive(Debug, Clone, Serialize)]
pub struct InputRow {
    /// The table.
    pub table: &'static str,
    /// The entity.
    pub at: String,
    /// `key value`, in file order, as they are written in the file.
    pub values: Vec<String>,
}

pub(super) fn inputs(subject: &Subject<'_>) -> Inputs {
    let capacity = &subject.analysis.capacity;
    let mut count = Count::default();
    let mut rows = Vec::new();
    // The tables whose numbers the computation and the rules read.
    for kind in [
        EntityKind::Growth,
        EntityKind::Slo,
        EntityKind::Component,
        EntityKind::Tenancy,
        EntityKind::Dependency,
        EntityKind::Flow,
    ] {
        for index in 0..subject.review.count(kind) {
            let entity = EntityRef::new(kind, index);
            let values = numbers(subject.source, entity, subject.text, &mut count);
            if !values.is_empty() {
                rows.push(InputRow { table: kind.table(), at: name(subject.review, entity), values });
            }
        }
    }
    let rows_more = rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);
    let assumed = capacity.assumptions.iter().take(MOST_ROWS).map(|assumption| Assumed {
        at: assumption.element.to_string(),
        key: assumption.key.clone(),
        text: assumption.text.clone(),
    });
    let missing = capacity.missing.iter().take(MOST_ROWS).map(|missing| MissingRow {
        at: missing.element.to_string(),
        key: missing.key.clone(),
        text: missing.text.clone(),
    });
    Inputs {
        declared: count.declared,
        ranges: count.ranges,
        measured: subject.evidence.measurements.iter().filter(|measurement| measurement.value.is_some()).count(),
        assumed: assumed.collect(),
        assumed_more: capacity.assumptions.len().saturating_sub(MOST_ROWS),
        missing: missing.collect(),
        missing_more: capacity.missing.len().saturating_sub(MOST_ROWS),
        rows,
        rows_more,
    }
}

fn name(review: &Review, entity: EntityRef) -> String {
    let found = match entity.kind {
        EntityKind::Slo => review.slos.get(entity.index).map(|slo| slo.id().to_owned()),
        EntityKind::Component => review.components.get(entity.index).map(|component| component.id().to_owned()),
        EntityKind::Flow => review.flows.get(entity.index).map(|flow| flow.id().to_owned()),
        EntityKind::Dependency => review
            .dependencies
            .get(entity.index)
            .map(|dependency| format!("{} -> {}", dependency.from(), dependency.to())),
        kind => Some(kind.table().to_owned()),
    };
    found.unwrap_or_default()
}

#[derive(Default)]
struct Count {
    declared: usize,
    ranges: usize,
}

/// The quantities of an entity, as the file writes them. Iterative: nesting is the file's to choose.
fn numbers(source: &SourceMap, entity: EntityRef, text: &str, count: &mut Count) -> Vec<String> {
    let mut values = Vec::new();
    let Some(node) = source.entity(entity) else { return values };
    let mut waiting: Vec<(String, &Node, Shape)> = vec![(String::new(), node, Shape::Table(entity.kind.fields()))];
    while let Some((path, node, shape)) = waiting.pop() {
        match (&node.value, shape) {
            (Value::Invalid, _) => {}
            (Value::Table(table), Shape::Table(fields)) => {
                let inner = table.entries.iter().rev().filter_map(|entry| {
                    let field = fields.iter().find(|field| field.name == entry.key)?;
                    let path = if path.is_empty() { field.name.to_owned() } else { format!("{path}.{}", field.name) };
                    Some((path, &entry.node, field.shape))
                });
                waiting.extend(inner);
            }
            (Value::Array(items), Shape::List(shape)) => {
                // A call is known by its ends, not by its position.
                waiting.extend(items.iter().enumerate().rev().map(|(position, item)| {
                    let end = |key| item.table().and_then(|table| table.get(key)).and_then(Node::text);
                    let name = match (end("from"), end("to")) {
                        (Some(from), Some(to)) => format!("{from}->{to}"),
                        _ => format!("{path}[{}]", position + 1),
                    };
                    (name, item, *shape)
                }));
            }
            (value, Shape::Quantity { .. } | Shape::ServiceTime) => {
                count.declared += 1;
                let range = |node: &Node| {
                    node.table().is_some_and(|table| RANGE_KEYS.iter().any(|key| table.get(key).is_some()))
                };
                let inner = node.table().and_then(|table| table.get("mean"));
                count.ranges += usize::from(range(node) || inner.is_some_and(range));
                let written = match value {
                    Value::Text(text) => text.clone(),
                    _ => text.get(node.span.start..node.span.end).unwrap_or("?").to_owned(),
                };
                values.push(format!("{path} {written}"));
            }
            _ => {}
        }
    }
    values
}
