//! What the rules found, by the flow it hurts most, with what was decided about it.

use super::Subject;
use crate::model::Flow;
use crate::rules::{Figure, Finding, Standing};
use crate::units::{PerSecond, Quantity, Seconds, significant};
use serde::Serialize;
use std::collections::BTreeMap;

/// More rows than this of one flow are for `kneepoint check`.
const MOST_ROWS: usize = 200;
/// More undecided rows than this are counted, not listed.
const MOST_CANNOT_TELL: usize = 100;

/// All findings.
#[derive(Debug, Clone, Serialize)]
pub struct Findings {
    /// By the first flow each hurts: critical flows in front, what hurts no flow at the end.
    pub groups: Vec<FindingGroup>,
    /// What the rules could not decide, by the key that is missing.
    pub cannot_tell: Vec<CannotTellRow>,
    /// How many rows of `cannot_tell` are left out.
    pub cannot_tell_more: usize,
    /// How often the rules could not tell beyond what is listed.
    pub cannot_tell_left_out: usize,
}

/// The findings of a flow.
#[derive(Debug, Clone, Serialize)]
pub struct FindingGroup {
    /// The flow; `null` for what hurts no flow.
    pub flow: Option<String>,
    /// Whether the flow is critical.
    pub critical: bool,
    /// What hurts most in front.
    pub rows: Vec<FindingRow>,
    /// How many rows are left out.
    pub more: usize,
}

/// A finding.
#[derive(Debug, Clone, Serialize)]
pub struct FindingRow {
    /// `CODE@element`.
    pub id: String,
    /// The rule's code.
    pub code: &'static str,
    /// The rule's name.
    pub name: &'static str,
    /// `high`, `medium`, `low`, `note`.
    pub severity: &'static str,
    /// `certain`, `likely`, `heuristic`.
    pub confidence: &'static str,
    /// What it is about.
    pub at: String,
    /// What was found.
    pub message: String,
    /// The numbers behind it: `worst_case 2.75 s`.
    pub evidence: Vec<String>,
    /// The other flows it hurts.
    pub also: Vec<String>,
    /// The SLOs it hurts.
    pub slos: Vec<String>,
    /// What to do about it.
    pub remedy: String,
    /// `open`, `expired`, or the status of the triage.
    pub status: &'static str,
    /// Why, and until when.
    pub reason: Option<String>,
}

/// What a rule could not decide.
#[derive(Debug, Clone, Serialize)]
pub struct CannotTellRow {
    /// The key that would decide it.
    pub missing: String,
    /// The rules that need it.
    pub rules: Vec<String>,
    /// Where it is missing; at most ten.
    pub at: Vec<String>,
    /// How many places are left out.
    pub more: usize,
}

pub(super) fn findings(subject: &Subject<'_>) -> Findings {
    let analysis = subject.analysis;
    let mut by_flow: BTreeMap<Option<usize>, Vec<&Finding>> = BTreeMap::new();
    let flows = ranked(&subject.review.flows);
    for finding in &analysis.findings {
        let rank = finding.flows.iter().filter_map(|id| flows.iter().position(|flow| flow.id() == id)).min();
        by_flow.entry(rank).or_default().push(finding);
    }
    // `None` sorts in front and belongs at the end.
    let homeless = by_flow.remove(&None);
    let mut groups: Vec<FindingGroup> = by_flow
        .into_iter()
        .filter_map(|(rank, findings)| Some((flows.get(rank?)?, findings)))
        .map(|(flow, findings)| group(Some(flow), &findings))
        .collect();
    groups.extend(homeless.map(|findings| group(None, &findings)));
    let (cannot_tell, cannot_tell_more) = cannot_tell(subject);
    let cannot_tell_left_out = subject.analysis.cannot_tell_left_out().values().sum();
    Findings { groups, cannot_tell, cannot_tell_more, cannot_tell_left_out }
}

/// Critical flows first, each in file order.
pub(super) fn ranked(flows: &[Flow]) -> Vec<&Flow> {
    let (critical, other): (Vec<&Flow>, Vec<&Flow>) = flows.iter().partition(|flow| flow.critical == Some(true));
    critical.into_iter().chain(other).collect()
}

fn group(flow: Option<&&Flow>, findings: &[&Finding]) -> FindingGroup {
    let id = flow.map(|flow| flow.id());
    FindingGroup {
        flow: id.map(str::to_owned),
        critical: flow.is_some_and(|flow| flow.critical == Some(true)),
        rows: findings.iter().take(MOST_ROWS).map(|finding| row(finding, id)).collect(),
        more: findings.len().saturating_sub(MOST_ROWS),
    }
}

fn row(finding: &Finding, flow: Option<&str>) -> FindingRow {
    let reason = match &finding.standing {
        Standing::Open | Standing::Baselined => None,
        Standing::Triaged(mark) | Standing::Expired(mark) => {
            let until = mark.expires.map(|date| format!("until {date}"));
            let parts: Vec<String> = mark.reason.iter().cloned().chain(until).collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        }
    };
    FindingRow {
        id: finding.id.clone(),
        code: finding.code,
        name: finding.name,
        severity: finding.severity.word(),
        confidence: finding.confidence.word(),
        at: finding.element.to_string(),
        message: finding.message.clone(),
        evidence: finding.evidence.iter().map(|fact| format!("{} {}", fact.name, show(&fact.figure))).collect(),
        also: finding.flows.iter().filter(|other| Some(other.as_str()) != flow).cloned().collect(),
        slos: finding.slos.clone(),
        remedy: finding.remedy.clone(),
        status: finding.standing.word(),
        reason,
    }
}

/// A figure as people read it.
pub(in crate::report) fn show(figure: &Figure) -> String {
    let finite = |value: f64, show: &dyn Fn(f64) -> String| {
        if value.is_finite() { show(value) } else { significant(value, 3) }
    };
    match figure {
        Figure::Seconds(value) => finite(*value, &|v| Seconds::new(v).to_string()),
        Figure::PerSecond(value) => finite(*value, &|v| PerSecond::new(v).to_string()),
        Figure::Ratio(value) => finite(*value, &super::percent),
        Figure::Percent(value) => finite(*value, &|v| format!("{} %", significant(v, 6))),
        Figure::Count(value) => finite(*value, &|v| significant(v, 4)),
        Figure::Text(text) => text.clone(),
        Figure::List(names) => names.join(", "),
    }
}

/// What the rules could not decide, by the key that is missing, and how many keys are left out.
pub(in crate::report) fn cannot_tell(subject: &Subject<'_>) -> (Vec<CannotTellRow>, usize) {
    const MOST_PLACES: usize = 10;
    let mut by_key: BTreeMap<&str, CannotTellRow> = BTreeMap::new();
    for undecided in &subject.analysis.cannot_tell {
        let row = by_key.entry(&undecided.missing).or_insert_with(|| CannotTellRow {
            missing: undecided.missing.clone(),
            rules: Vec::new(),
            at: Vec::new(),
            more: 0,
        });
        let (rule, at) = (format!("{} {}", undecided.code, undecided.name), undecided.element.to_string());
        if !row.rules.contains(&rule) {
            row.rules.push(rule);
        }
        if row.at.contains(&at) {
            continue;
        }
        if row.at.len() < MOST_PLACES {
            row.at.push(at);
        } else {
            row.more += 1;
        }
    }
    let more = by_key.len().saturating_sub(MOST_CANNOT_TELL);
    (by_key.into_values().take(MOST_CANNOT_TELL).collect(), more)
}
