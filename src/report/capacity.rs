//! What `capacity` says: what fills up at which load, and how far each flow goes.
//!
//! The JSON is a contract (format 1): times in seconds, rates per second, ratios 0…; what is unknown is `null` with its
//! reason under `unknown`.

use super::Style;
use super::check::{number, pretty};
use super::context::{amount, envelope_sentence, percent, times};
use super::text::{counted, line};
use crate::analysis::Analysis;
use crate::capacity::{Capacity, FlowLoad, Resource, Span};
use crate::model::Review;
use crate::units::{PerSecond, Quantity, significant};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// More rows than this are for the JSON.
const MOST_ROWS: usize = 40;
const NO_QUEUEING: &str =
    "queueing is not computed by this version; `time_without_queueing` is a lower bound of the mean";

/// Whether a flow visits a limited thing, and which: all where no flow is asked for.
fn chosen<'a>(review: &Review, capacity: &'a Capacity, flow: Option<&str>) -> Vec<&'a Resource> {
    let Some(flow) = flow else { return capacity.resources.iter().collect() };
    let Some(flow) = review.flow(flow) else { return Vec::new() };
    let mut names = std::collections::HashSet::from([flow.entry().to_owned()]);
    for call in flow.calls.iter().flatten() {
        names.insert(call.to().to_owned());
        names.insert(format!("{} -> {}", call.from(), call.to()));
    }
    capacity.resources.iter().filter(|resource| names.contains(&resource.name())).collect()
}

fn flows<'a>(capacity: &'a Capacity, flow: Option<&'a str>) -> impl Iterator<Item = &'a FlowLoad> {
    capacity.flows.iter().filter(move |load| flow.is_none_or(|flow| load.flow == flow))
}

/// The capacity picture as text; of one flow where one is named.
pub fn capacity_text(review: &Review, analysis: &Analysis, flow: Option<&str>, style: Style) -> String {
    let capacity = &analysis.capacity;
    let mut out = format!("{}\n", style.bold(&line(&analysis.promise.sentence)));
    if !analysis.promise.remedy.is_empty() {
        let _ = writeln!(out, "{}", line(&analysis.promise.remedy));
    }
    let resources = chosen(review, capacity, flow);
    if resources.is_empty() {
        out.push_str("\nNo utilisation can be computed.\n");
    } else {
        let load = format!("at {}×", significant(capacity.load, 3));
        let mut rows = vec![["resource", "limit", load.as_str(), "full at", "because"].map(str::to_owned)];
        for resource in resources.iter().take(MOST_ROWS) {
            rows.push([
                line(&resource.name()),
                format!("{} {}", amount(resource), resource.kind.called()),
                percent(resource.utilisation.likely),
                times(&resource.saturates_at),
                line(because(capacity, resource).unwrap_or_default()),
            ]);
        }
        out.push('\n');
        out.push_str(&table(&rows, style));
        if resources.len() > MOST_ROWS {
            let _ = writeln!(out, "{}; see --format json", counted(resources.len() - MOST_ROWS, "more limit"));
        }
    }
    out.push('\n');
    for load in flows(capacity, flow) {
        let rate = load
            .arrival_rate
            .map_or_else(|| "rate unknown".to_owned(), |rate| PerSecond::new(rate.likely.max(0.0)).to_string());
        let _ =
            writeln!(out, "{}: {rate}. {}", style.bold(&line(&load.flow)), envelope_sentence(review, capacity, load));
    }
    for (heading, items) in [
        (
            "assumed",
            capacity.assumptions.iter().map(|a| format!("{} of {}: {}", a.key, a.element, a.text)).collect::<Vec<_>>(),
        ),
        ("missing", capacity.missing.iter().map(|m| format!("{} of {}: {}", m.key, m.element, m.text)).collect()),
    ] {
        if items.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}", style.bold(heading));
        for item in items.iter().take(MOST_ROWS) {
            let _ = writeln!(out, "  {}", line(item));
        }
        if items.len() > MOST_ROWS {
            let _ = writeln!(out, "  {} more", items.len() - MOST_ROWS);
        }
    }
    out
}

fn because<'a>(capacity: &'a Capacity, resource: &Resource) -> Option<&'a str> {
    let is_it = |position: usize| capacity.resources.get(position).is_some_and(|other| std::ptr::eq(other, resource));
    capacity
        .saturations
        .iter()
        .find(|saturation| is_it(saturation.resource))
        .map(|saturation| saturation.because.as_str())
}

/// Columns as wide as their widest cell, the last one open; numbers are not aligned right, so that any terminal will do.
pub(super) fn table<const N: usize>(rows: &[[String; N]], style: Style) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(unicode_width::UnicodeWidthStr::width(cell.as_str()).min(60));
        }
    }
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        let mut text = String::new();
        for (place, cell) in row.iter().enumerate() {
            text.push_str(cell);
            if place + 1 < N {
                let gap =
                    (widths[place] + 2).saturating_sub(unicode_width::UnicodeWidthStr::width(cell.as_str())).max(2);
                text.extend(std::iter::repeat_n(' ', gap));
            }
        }
        let text = text.trim_end();
        let _ = writeln!(out, "{}", if number == 0 { style.dim(text) } else { text.to_owned() });
    }
    out
}

/// The capacity picture as JSON, format 1; of one flow where one is named.
pub fn capacity_json(review: &Review, analysis: &Analysis, flow: Option<&str>) -> String {
    let capacity = &analysis.capacity;
    let resources = chosen(review, capacity, flow);
    let first = resources
        .iter()
        .filter(|resource| resource.saturates_at.likely.is_finite())
        .min_by(|a, b| a.saturates_at.likely.total_cmp(&b.saturates_at.likely));
    let currency = review.growth.cost.as_ref().and_then(|cost| cost.currency.as_deref());
    let document = json!({
        "format": 1,
        "load": number(capacity.load),
        "promise": { "sentence": analysis.promise.sentence, "remedy": analysis.promise.remedy },
        "first_to_saturate": first.map(|resource| json!({
            "resource": resource.name(), "kind": resource.kind.word(), "at_load": number(resource.saturates_at.likely),
            "range": range(&resource.saturates_at), "because": because(capacity, resource),
        })),
        "resources": resources.iter().map(|resource| resource_json(resource)).collect::<Vec<_>>(),
        "flows": flows(capacity, flow).map(flow_json).collect::<Vec<_>>(),
        "envelope": flows(capacity, flow).map(|load| envelope_json(review, capacity, load)).collect::<Vec<_>>(),
        "knee": flows(capacity, flow).map(|load| json!({
            "flow": load.flow, "at_load": null, "unknown": { "at_load": NO_QUEUEING },
        })).collect::<Vec<_>>(),
        "unit_cost": { "per_million_requests": null, "currency": currency,
            "unknown": { "per_million_requests": "cost is not computed by this version" } },
        "assumptions": capacity.assumptions.iter().map(|assumption| {
            format!("{} of {}: {}", assumption.key, assumption.element, assumption.text)
        }).collect::<Vec<_>>(),
        "missing": capacity.missing.iter().map(|missing| json!({
            "element": missing.element.to_string(), "key": missing.key, "without_it": missing.text,
        })).collect::<Vec<_>>(),
    });
    pretty(&document)
}

fn range(span: &Span) -> Value {
    if span.is_range() { json!([number(span.low), number(span.high)]) } else { Value::Null }
}

fn resource_json(resource: &Resource) -> Value {
    let mut waiting = Map::new();
    for (callee, share) in &resource.waiting_for {
        waiting.insert(callee.clone(), number(*share));
    }
    let mut unknown = Map::new();
    if !resource.saturates_at.likely.is_finite() {
        unknown.insert("saturates_at_load".to_owned(), json!("no load fills it"));
    }
    let why =
        if resource.capacity.likely == 0.0 { "it has no capacity at all" } else { "it is more than can be counted" };
    for (key, value) in [("utilisation", resource.utilisation.likely), ("own_work", resource.own_work)] {
        if !value.is_finite() {
            unknown.insert(key.to_owned(), json!(why));
        }
    }
    if resource.waiting_for.iter().any(|(_, share)| !share.is_finite()) {
        unknown.insert("waiting_for".to_owned(), json!(why));
    }
    json!({
        "resource": resource.name(), "kind": resource.kind.word(), "capacity": number(resource.capacity.likely),
        "arrival_rate": number(resource.arrival_rate.likely),
        "holding_time": resource.holding_time.map(|time| number(time.likely)),
        "utilisation": number(resource.utilisation.likely), "utilisation_range": range(&resource.utilisation),
        "own_work": number(resource.own_work), "waiting_for": waiting,
        "saturates_at_load": number(resource.saturates_at.likely), "saturates_range": range(&resource.saturates_at),
        "assumed": resource.assumed, "unknown": unknown,
    })
}

fn flow_json(load: &FlowLoad) -> Value {
    let mut unknown = Map::new();
    for key in ["throughput", "mean", "p50", "p95", "p99", "error_ratio"] {
        unknown.insert(key.to_owned(), json!(NO_QUEUEING));
    }
    if load.arrival_rate.is_none() {
        unknown.insert("arrival_rate".to_owned(), json!("the review does not say how much arrives"));
    }
    if load.time_without_queueing.is_none() {
        unknown.insert("time_without_queueing".to_owned(), json!("a time on its way is missing"));
    }
    json!({
        "flow": load.flow, "arrival_rate": load.arrival_rate.map(|rate| number(rate.likely)),
        "throughput": null, "mean": null, "p50": null, "p95": null, "p99": null, "error_ratio": null,
        "time_without_queueing": load.time_without_queueing.map(|time| number(time.likely)),
        "method": "exact", "range": load.time_without_queueing.map(|time| range(&time)), "unknown": unknown,
    })
}

/// How far a flow goes before something on its way is full. No objective is judged: that needs queueing.
fn envelope_json(review: &Review, capacity: &Capacity, load: &FlowLoad) -> Value {
    let until = load.until.and_then(|position| capacity.resources.get(position));
    let multiple = load.sustains_load.map(|span| span.likely).filter(|multiple| multiple.is_finite());
    let today = load.arrival_rate.filter(|_| capacity.load > 0.0).map(|rate| rate.likely / capacity.load);
    let mut unknown = Map::new();
    unknown.insert("slo".to_owned(), json!(NO_QUEUEING));
    match (load.sustains_load, multiple) {
        (None, _) => drop(unknown.insert("sustains_load".to_owned(), json!("an input is missing"))),
        (Some(_), None) => {
            drop(unknown.insert("sustains_load".to_owned(), json!("nothing that the review knows of limits it")));
        }
        _ => {}
    }
    json!({
        "flow": load.flow, "slo": null,
        "sustains_rate": multiple.zip(today).map(|(multiple, today)| number(multiple * today)),
        "sustains_load": multiple, "until": until.map(Resource::name), "until_kind": until.map(|r| r.kind.word()),
        "sentence": envelope_sentence(review, capacity, load), "unknown": unknown,
    })
}
