//! The answer in front: the promise, whether the plan fits, and how much is open.

use super::capacity::{full, missing_on};
use super::{Subject, times};
use crate::capacity::{Capacity, FlowLoad};
use crate::model::{Flow, Review};
use crate::units::significant;
use serde::Serialize;

/// What the whole document says, in a few lines.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// "If load doubles: …".
    pub promise: String,
    /// What to do about it; empty where nothing is.
    pub remedy: String,
    /// `no`, `yes`, `yes-with-findings` or `cannot-tell`.
    pub verdict: &'static str,
    /// The verdict in words, with its reasons.
    pub verdict_text: String,
    /// High findings that ask for something.
    pub high: usize,
    /// Medium ones.
    pub medium: usize,
    /// Low ones.
    pub low: usize,
    /// Notes.
    pub note: usize,
    /// What the rules could not decide.
    pub cannot_tell: usize,
    /// Findings that somebody decided about.
    pub triaged: usize,
}

pub(super) fn answer(subject: &Subject<'_>) -> Answer {
    let analysis = subject.analysis;
    let summary = analysis.summary;
    let (verdict, verdict_text) = verdict(subject.review, &analysis.capacity, summary.high);
    Answer {
        promise: analysis.promise.sentence.clone(),
        remedy: analysis.promise.remedy.clone(),
        verdict,
        verdict_text,
        high: summary.high,
        medium: summary.medium,
        low: summary.low,
        note: summary.note,
        cannot_tell: summary.cannot_tell,
        triaged: summary.triaged,
    }
}

/// The multiple of today's load that a flow is planned for: steady growth × peak, of those that the review states.
pub(super) fn planned_load(review: &Review, flow: &Flow) -> Option<f64> {
    let traffic = review.growth.traffic.map(|traffic| traffic.value());
    let peak = flow.peak.or(review.growth.peak).map(|peak| peak.value());
    match (traffic, peak) {
        (None, None) => None,
        (traffic, peak) => Some(traffic.unwrap_or(1.0) * peak.unwrap_or(1.0)),
    }
}

fn verdict(review: &Review, capacity: &Capacity, high: usize) -> (&'static str, String) {
    let mut falls_short: Vec<(f64, String)> = Vec::new();
    let mut unknown = Vec::new();
    let mut carried = 0;
    for load in &capacity.flows {
        let Some(flow) = review.flow(&load.flow) else { continue };
        match (planned_load(review, flow), &load.sustains_load) {
            (Some(needed), Some(sustains)) if sustains.likely < needed => {
                let until = until(capacity, load);
                let sentence = format!(
                    "{} carries {} of today's load{until}, the plan needs {}×",
                    load.flow,
                    times(sustains),
                    significant(needed, 3)
                );
                falls_short.push((sustains.likely / needed, sentence));
            }
            // More could be said only with the numbers that are missing: they can only take away.
            (Some(_), Some(_)) if missing_on(review, capacity, &load.flow) > 0 => unknown.push(load.flow.as_str()),
            (Some(_), Some(_)) => carried += 1,
            _ => unknown.push(load.flow.as_str()),
        }
    }
    falls_short.sort_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((_, worst)) = falls_short.first() {
        let more = match falls_short.len() - 1 {
            0 => String::new(),
            1 => " One more flow falls short of its plan.".to_owned(),
            more => format!(" {more} more flows fall short of their plan."),
        };
        return ("no", format!("Not as it stands: {worst}.{more}"));
    }
    if carried == 0 || !unknown.is_empty() {
        let what = match unknown.as_slice() {
            [] => "there is no flow".to_owned(),
            names => {
                let shown: Vec<_> = names.iter().take(5).copied().collect();
                let more = if names.len() > 5 { format!(" and {} more", names.len() - 5) } else { String::new() };
                format!("growth, a rate or a limit is missing for {}{more}", shown.join(", "))
            }
        };
        return ("cannot-tell", format!("Cannot tell whether the plan fits: {what}."));
    }
    if high > 0 {
        let findings = super::super::text::counted(high, "high finding");
        return (
            "yes-with-findings",
            format!("The planned load fits by these numbers, but {findings} ask for something."),
        );
    }
    ("yes", "The planned load fits by these numbers, and no high finding is open.".to_owned())
}

/// ` until the connections of api -> db are all in use`, where something fills.
fn until(capacity: &Capacity, load: &FlowLoad) -> String {
    load.until
        .and_then(|position| capacity.resources.get(position))
        .map(|resource| format!(" until {}", full(resource)))
        .unwrap_or_default()
}
