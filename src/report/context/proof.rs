//! What was measured and what was tested.

use super::Subject;
use crate::metrics::without_userinfo;
use crate::model::{Evidence, LoadTest, Measure};
use crate::units::{PerSecond, Quantity, Ratio, Seconds, significant};
use jiff::Timestamp;
use serde::Serialize;

/// Measures and load tests.
#[derive(Debug, Clone, Serialize)]
pub struct Proof {
    /// The metrics server that the review names, without what may be secret in its address.
    pub server: Option<String>,
    /// The measures with their latest values.
    pub measures: Vec<MeasureRow>,
    /// The load tests.
    pub load_tests: Vec<LoadTestRow>,
}

/// A number that the metrics server knows.
#[derive(Debug, Clone, Serialize)]
pub struct MeasureRow {
    /// What it is about.
    pub at: String,
    /// What it measures.
    pub signal: String,
    /// How it is asked for; `null` for the dialect's query.
    pub query: Option<String>,
    /// The latest recorded value with its mark; `null` where none was recorded.
    pub value: Option<String>,
    /// When it was measured (UTC).
    pub measured_at: Option<String>,
}

/// A load test.
#[derive(Debug, Clone, Serialize)]
pub struct LoadTestRow {
    /// The flow.
    pub flow: String,
    /// How much of the system it covered.
    pub level: Option<&'static str>,
    /// When.
    pub date: Option<String>,
    /// The highest rate that was sent.
    pub highest_rate: Option<String>,
    /// What it showed, a text for each point.
    pub points: Vec<String>,
    /// What it left out.
    pub notes: Option<String>,
}

pub(super) fn proof(subject: &Subject<'_>) -> Proof {
    let server = subject.review.prometheus.as_ref().and_then(|settings| settings.url.as_deref());
    Proof {
        server: server.map(without_userinfo),
        measures: subject.review.measures.iter().map(|measure| measure_row(subject.evidence, measure)).collect(),
        load_tests: subject.review.load_tests.iter().map(load_test).collect(),
    }
}

fn measure_row(evidence: &Evidence, measure: &Measure) -> MeasureRow {
    let signal = measure.signal.clone().unwrap_or_default();
    let found = find(evidence, measure.at(), &signal);
    MeasureRow {
        at: measure.at().to_owned(),
        query: measure.query.clone(),
        value: found.and_then(|(value, _)| value).map(|value| format!("{} m", show(&signal, value))),
        measured_at: found
            .and_then(|(_, at)| Timestamp::from_second(at as i64).ok())
            .map(|time| time.strftime("%Y-%m-%d %H:%M").to_string()),
        signal,
    }
}

/// The latest measurement of a signal at a place: its value and its time.
fn find(evidence: &Evidence, at: &str, signal: &str) -> Option<(Option<f64>, f64)> {
    let at: String = at.split_whitespace().collect();
    evidence
        .measurements
        .iter()
        .filter(|measurement| measurement.signal == signal && measurement.element.compact() == at)
        .map(|measurement| (measurement.value.filter(|value| value.is_finite()), measurement.at))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The latest measured value of a signal with its mark.
pub(super) fn latest(evidence: &Evidence, at: &str, signal: &str) -> Option<String> {
    find(evidence, at, signal)?.0.map(|value| format!("{} m", show(signal, value)))
}

/// A measured number in the unit of its signal.
pub(crate) fn show(signal: &str, value: f64) -> String {
    match signal {
        "rate" => PerSecond::new(value).to_string(),
        "errors" | "busy" | "pool-wait-share" => Ratio::new(value).to_string(),
        "p50" | "p90" | "p95" | "p99" | "p999" | "mean" | "pool-wait" | "lag-time" if value >= 0.0 => {
            Seconds::new(value).to_string()
        }
        _ => significant(value, 4),
    }
}

fn load_test(test: &LoadTest) -> LoadTestRow {
    let points = test.points.as_deref().unwrap_or_default();
    let highest = points.iter().filter_map(|point| point.rate).max_by(|a, b| a.value().total_cmp(&b.value()));
    let shown = points.iter().map(|point| {
        let mut words = vec![point.rate.map_or_else(|| "at an unstated rate".to_owned(), |rate| format!("at {rate}"))];
        for (name, time) in [("p50", point.p50), ("p95", point.p95), ("p99", point.p99)] {
            words.extend(time.map(|time| format!("{name} {time}")));
        }
        words.extend(point.errors.map(|share| format!("errors {share}")));
        words.join(" ")
    });
    LoadTestRow {
        flow: test.flow.as_ref().map(ToString::to_string).unwrap_or_default(),
        level: test.level.map(crate::model::TestLevel::word),
        date: test.date.map(|date| date.to_string()),
        highest_rate: highest.map(|rate| rate.to_string()),
        points: shown.collect(),
        notes: test.notes.clone(),
    }
}
