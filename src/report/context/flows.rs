//! The flows: what comes in, how far it goes, and its diagram.

use super::Subject;
use super::answer::planned_load;
use super::findings::ranked;
use crate::report::diagram;
use crate::units::{Quantity, Seconds, significant};
use serde::Serialize;
use std::collections::HashMap;

/// More diagrams than this nobody looks at.
const MOST_DIAGRAMS: usize = 30;

/// A flow.
#[derive(Debug, Clone, Serialize)]
pub struct FlowSection {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: Option<String>,
    /// Where it enters.
    pub entry: String,
    /// Whether it is critical; `null` where the review does not say.
    pub critical: Option<bool>,
    /// What it does to data.
    pub operation: Option<&'static str>,
    /// What arrives, with its mark; `null` where the review does not say.
    pub rate: Option<String>,
    /// The rate that was measured, with its mark.
    pub measured: Option<String>,
    /// Its share of the value.
    pub value_share: Option<String>,
    /// The size of one request.
    pub payload: Option<String>,
    /// The multiple of today's load it is planned for.
    pub planned: Option<String>,
    /// The mean time to the answer without queueing, with its mark.
    pub time: Option<String>,
    /// How many calls it makes.
    pub calls: usize,
    /// Mermaid text; `null` where there are no calls, or too many flows.
    pub diagram: Option<String>,
    /// What the diagram leaves out.
    pub diagram_note: Option<String>,
}

pub(super) fn flows(subject: &Subject<'_>) -> Vec<FlowSection> {
    let review = subject.review;
    let loads: HashMap<&str, _> =
        subject.analysis.capacity.flows.iter().rev().map(|load| (load.flow.as_str(), load)).collect();
    let sections = ranked(&review.flows).into_iter().enumerate().map(|(position, flow)| {
        let calls = flow.calls.as_ref().map_or(0, Vec::len);
        let diagram = (calls > 0 && position < MOST_DIAGRAMS).then(|| diagram::flow(review, flow));
        let no_room = (calls > 0 && position >= MOST_DIAGRAMS)
            .then(|| format!("Only the first {MOST_DIAGRAMS} flows are drawn."));
        let users = flow.users.map(|users| match flow.think {
            Some(think) => format!("{users} users with {think} between requests d"),
            None => format!("{users} users d"),
        });
        FlowSection {
            id: flow.id().to_owned(),
            name: flow.name.clone(),
            entry: flow.entry().to_owned(),
            critical: flow.critical,
            operation: flow.operation.map(crate::model::Operation::word),
            rate: flow.rate.map(super::declared).or(users),
            measured: super::proof::latest(subject.evidence, flow.id(), "rate"),
            value_share: flow.value_share.map(super::declared),
            payload: flow.payload.map(super::declared),
            planned: planned_load(review, flow).map(|multiple| format!("{}×", significant(multiple, 3))),
            time: loads
                .get(flow.id())
                .and_then(|load| load.time_without_queueing)
                .map(|time| format!("{} c", Seconds::new(time.likely))),
            calls,
            diagram_note: diagram.as_ref().and_then(|diagram| diagram.note.clone()).or(no_room),
            diagram: diagram.map(|diagram| diagram.text),
        }
    });
    sections.collect()
}
