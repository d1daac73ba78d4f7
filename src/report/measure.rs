//! What `measure` says: what the review declares beside what the metrics server knows.
//!
//! Must not know how a server is asked. The JSON is a contract (format 1).

use super::Style;
use super::capacity::table;
use super::check::{number, pretty};
use super::text::line;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A measure with its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// What it is about.
    pub element: String,
    /// What it measures.
    pub signal: String,
    /// The query that was asked; empty where there is none.
    pub query: String,
    /// What the review declares for it, in words.
    pub declared: Option<String>,
    /// The state of the answer, a stable word: `value`, `zero`, `no-series`, `not-a-number`, `partial`, `failed` …
    pub state: &'static str,
    /// The number, where there is exactly one: seconds, per second, 0…1.
    pub value: Option<f64>,
    /// The answer in a few words.
    pub short: String,
    /// The answer in a sentence or two.
    pub long: String,
    /// The time it holds for, in seconds of the Unix epoch.
    pub at: Option<f64>,
}

/// The measures as a table, and a sentence for each that is not a number.
pub fn measure_text(server: &str, rows: &[Measured], style: Style) -> String {
    let mut lines = vec![["at", "signal", "review says", "measured"].map(str::to_owned)];
    for row in rows {
        lines.push([
            line(&row.element),
            line(&row.signal),
            line(row.declared.as_deref().unwrap_or("–")),
            line(&row.short),
        ]);
    }
    let mut out = format!("{}\n\n{}", style.bold(&format!("Measured by {}", line(server))), table(&lines, style));
    let mut first = true;
    for row in rows.iter().filter(|row| row.value.is_none()) {
        if std::mem::take(&mut first) {
            out.push('\n');
        }
        let _ =
            writeln!(out, "{}: {}", style.bold(&line(&format!("{} of {}", row.signal, row.element))), line(&row.long));
    }
    out
}

/// The measures as JSON.
pub fn measure_json(server: &str, rows: &[Measured]) -> String {
    let measures: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "element": row.element, "signal": row.signal, "query": row.query, "declared": row.declared,
                "state": row.state, "value": row.value.map(number),
                "reason": row.value.is_none().then_some(&row.long), "at": row.at.map(number),
            })
        })
        .collect();
    pretty(&json!({ "format": 1, "server": server, "measures": measures }))
}
