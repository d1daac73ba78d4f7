//! A difference as JSON, format 1: keys are added, never renamed. What is unknown is `null` with its reason beside it.

use super::{Compared, Origin};
use crate::analysis::difference::{Cost, Direction, EntityChange, FieldChange, FindingMove, First, Known, Moved, Turn};
use crate::report::check::{number, pretty};
use crate::units::Span;
use serde_json::{Map, Value, json};

/// The whole difference as JSON.
pub fn difference_json(compared: &Compared<'_>) -> String {
    let difference = compared.difference;
    let headroom = &difference.headroom;
    let side = |origin: Origin<'_>| json!({ "name": origin.name, "errors": origin.errors });
    let count = |fate: &str| difference.findings.iter().filter(|finding| finding.fate.word() == fate).count();
    let document = json!({
        "format": 1,
        "before": side(compared.before),
        "after": side(compared.after),
        "same": difference.is_empty(),
        "summary": {
            "added": difference.count(Turn::Added), "removed": difference.count(Turn::Removed),
            "changed": difference.count(Turn::Changed),
            "findings": { "new": count("new"), "fixed": count("fixed"), "changed": count("changed"),
                "undecided": count("undecided") },
        },
        "promise": {
            "before": headroom.promise.before, "after": headroom.promise.after, "changed": headroom.promise_moved,
            "direction": headroom.direction.map(Direction::word),
        },
        "first_to_saturate": {
            "before": headroom.first.before.as_ref().map(first), "after": headroom.first.after.as_ref().map(first),
            "changed": headroom.first_moved(),
        },
        "resources": headroom.resources.iter().map(|moved| {
            let mut row = known(&moved.saturates_at, "saturates_at_load");
            row.insert("resource".to_owned(), json!(moved.element.to_string()));
            row.insert("kind".to_owned(), json!(moved.kind.word()));
            row.insert("direction".to_owned(), json!(moved.direction.map(Direction::word)));
            row
        }).collect::<Vec<_>>(),
        "reliability": difference.reliability.iter().map(|moved| {
            let mut row = known(&moved.value, "value");
            row.insert("flow".to_owned(), json!(moved.flow));
            row.insert("figure".to_owned(), json!(moved.figure.word()));
            row.insert("upper_bound_before".to_owned(), json!(moved.at_most.before));
            row.insert("upper_bound_after".to_owned(), json!(moved.at_most.after));
            row.insert("direction".to_owned(), json!(moved.direction.map(Direction::word)));
            row
        }).collect::<Vec<_>>(),
        "resources_unchanged": headroom.unmoved,
        "flows": headroom.flows.iter().map(|moved| {
            let mut row = known(&moved.sustains, "sustains_load");
            row.insert("flow".to_owned(), json!(moved.flow));
            row.insert("direction".to_owned(), json!(moved.direction.map(Direction::word)));
            row
        }).collect::<Vec<_>>(),
        "unit_cost": {
            "before": cost(&difference.cost.cost.before), "after": cost(&difference.cost.cost.after),
            "changed": !difference.cost.is_same(),
            "direction": {
                "per_month": difference.cost.per_month.map(Direction::word),
                "per_million_requests": difference.cost.per_million_requests.map(Direction::word),
            },
        },
        "slos": difference.objectives.iter().map(|objective| json!({
            "slo": objective.id, "before": objective.promise.before, "after": objective.promise.after,
            "stricter": objective.stricter,
        })).collect::<Vec<_>>(),
        "findings": difference.findings.iter().map(finding).collect::<Vec<_>>(),
        "cannot_tell": difference.telling.iter().map(|row| json!({
            "change": if row.told { "removed" } else { "added" }, "code": row.code, "name": row.name,
            "element": row.element, "missing": row.missing,
        })).collect::<Vec<_>>(),
        "silent_rules": difference.silent_rules,
        "file": difference.file.iter().map(field).collect::<Vec<_>>(),
        "entities": difference.entities.iter().map(entity).collect::<Vec<_>>(),
    });
    pretty(&document)
}

fn first(first: &First) -> Value {
    json!({
        "resource": first.element.to_string(), "kind": first.kind.word(),
        "at_load": number(first.at_load.likely), "range": range(&first.at_load),
    })
}

fn range(span: &Span) -> Value {
    if span.is_range() { json!([number(span.low), number(span.high)]) } else { Value::Null }
}

/// Both sides of a figure, each with its range, and the reasons of what is not known.
fn known(moved: &Moved<Known<Span>>, name: &str) -> Map<String, Value> {
    let mut row = Map::new();
    let mut unknown = Map::new();
    for (when, side) in [("before", &moved.before), ("after", &moved.after)] {
        row.insert(format!("{name}_{when}"), side.value().map_or(Value::Null, |span| number(span.likely)));
        row.insert(format!("range_{when}"), side.value().map_or(Value::Null, range));
        let reason = match side {
            Known::Value(span) if span.likely.is_finite() => None,
            Known::Value(_) if name == "value" => Some("some wait on its way has no end"),
            Known::Value(_) => Some("no load fills it"),
            Known::Unknown(reason) => Some(reason.as_str()),
            Known::Absent => Some("it is not there"),
        };
        if let Some(reason) = reason {
            unknown.insert(format!("{name}_{when}"), json!(reason));
        }
    }
    row.insert("unknown".to_owned(), Value::Object(unknown));
    row
}

fn cost(cost: &Cost) -> Value {
    let mut unknown = Map::new();
    for (name, known) in [("per_month", &cost.per_month), ("per_million_requests", &cost.per_million_requests)] {
        let reason = match known {
            Known::Value(span) if span.likely.is_finite() => continue,
            Known::Value(_) => "it is more than can be counted",
            Known::Unknown(reason) => reason,
            Known::Absent => "the review describes no component",
        };
        unknown.insert(name.to_owned(), json!(reason));
    }
    let figure = |known: &Known<Span>| known.value().map_or(Value::Null, |span| number(span.likely));
    let ends = |known: &Known<Span>| known.value().map_or(Value::Null, range);
    json!({
        "per_month": figure(&cost.per_month), "per_month_range": ends(&cost.per_month),
        "per_million_requests": figure(&cost.per_million_requests),
        "per_million_requests_range": ends(&cost.per_million_requests),
        "known_part_per_month": cost.known_part.map(|span| number(span.likely)),
        "currency": cost.currency, "one_replica_assumed": cost.one_assumed, "unknown": unknown,
    })
}

fn finding(finding: &FindingMove) -> Value {
    let severities = finding.severities.as_ref();
    json!({
        "change": finding.fate.word(), "id": finding.id, "code": finding.code, "name": finding.name,
        "element": finding.element.to_string(), "severity": finding.severity.word(), "message": finding.message,
        "counts": finding.counts, "direction": finding.direction.map(Direction::word),
        "severity_before": severities.map(|moved| moved.before.word()),
        "message_before": finding.messages.as_ref().map(|moved| &moved.before),
        "status_before": finding.standings.as_ref().map(|moved| moved.before),
        "status_after": finding.standings.as_ref().map(|moved| moved.after),
    })
}

fn field(field: &FieldChange) -> Value {
    json!({ "key": field.label, "before": field.before, "after": field.after })
}

fn entity(change: &EntityChange) -> Value {
    json!({
        "change": change.turn().word(), "kind": change.kind.table(), "name": change.name, "was": change.was,
        "fields": change.fields.iter().map(field).collect::<Vec<_>>(),
    })
}
