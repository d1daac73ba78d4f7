//! What the system costs by what the review says: the hourly prices of replicas, a month and a million requests.
//!
//! cost a month = Σ over components of `cost_per_hour` × replicas × 730 h (a twelfth of 365 days);
//! cost of a million requests = cost a month ÷ (Σ over flows of arrival rate × seconds of a month) × 10⁶.
//! A component without a price makes the sum unknown, never smaller. Where today's replicas are not said they are what the
//! capacity computation takes for them: what the autoscaling keeps at least, else one. Clients and other people's systems
//! count where they have a price. Flows that the system starts itself are no requests, unless there are no others.

use super::Side;
use super::figures::{Direction, Known, Moved, direction, same_span};
use super::names::Names;
use crate::model::{Component, ComponentKind, EntityKind, Flow, Review};
use crate::units::Span;

/// Hours of a month: a twelfth of a year of 365 days.
const HOURS: f64 = 730.0;
/// Seconds of a month.
const SECONDS: f64 = HOURS * 3600.0;
/// Names of components in a reason.
const MOST_NAMED: usize = 3;

/// What a review says about costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    /// A month, in the currency of the review.
    pub per_month: Known<Span>,
    /// A million requests.
    pub per_million_requests: Known<Span>,
    /// A month of the components that have a price, whatever the others cost; `None` where none has.
    pub known_part: Option<Span>,
    /// The currency, where the review names one.
    pub currency: Option<String>,
    /// Components whose replicas are not said and were taken for one.
    pub one_assumed: Vec<String>,
    /// Components whose price is missing, by their later names.
    without: Vec<String>,
}

/// The costs before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct CostMove {
    /// Both sides.
    pub cost: Moved<Cost>,
    /// Whether a month got cheaper; of the known part, where the same components have no price.
    pub per_month: Option<Direction>,
    /// Whether a request got cheaper.
    pub per_million_requests: Option<Direction>,
}

impl CostMove {
    /// Whether nothing moved.
    pub fn is_same(&self) -> bool {
        let Moved { before, after } = &self.cost;
        let same = |a: &Known<Span>, b: &Known<Span>| match (a.value(), b.value()) {
            (Some(a), Some(b)) => same_span(*a, *b),
            (None, None) => true,
            _ => false,
        };
        let part = match (before.known_part, after.known_part) {
            (Some(a), Some(b)) => same_span(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        part && before.currency == after.currency
            && same(&before.per_month, &after.per_month)
            && same(&before.per_million_requests, &after.per_million_requests)
    }

    pub(super) fn of(before: Side<'_>, after: Side<'_>, names: &Names) -> Self {
        let (before, after) = (cost(before, names), cost(after, &Names::none()));
        // Two currencies are two numbers that say nothing about each other.
        let comparable = before.currency == after.currency;
        let cheaper = |a: Option<&Span>, b: Option<&Span>| {
            a.zip(b).filter(|_| comparable).and_then(|(a, b)| direction(*a, *b, false))
        };
        let per_month = match (before.per_month.value(), after.per_month.value()) {
            (Some(a), Some(b)) => cheaper(Some(a), Some(b)),
            _ if before.without == after.without => cheaper(before.known_part.as_ref(), after.known_part.as_ref()),
            _ => None,
        };
        let per_million_requests = cheaper(before.per_million_requests.value(), after.per_million_requests.value());
        Self { cost: Moved { before, after }, per_month, per_million_requests }
    }
}

fn cost(side: Side<'_>, names: &Names) -> Cost {
    let currency = side.review.growth.cost.as_ref().and_then(|cost| cost.currency.clone());
    let mut known: Option<Span> = None;
    let mut gaps: Vec<String> = Vec::new();
    let mut without: Vec<String> = Vec::new();
    let mut one_assumed: Vec<String> = Vec::new();
    for component in &side.review.components {
        let ours = !matches!(component.kind, Some(ComponentKind::Client | ComponentKind::External));
        if !ours && component.cost_per_hour.is_none() {
            continue;
        }
        let Some(price) = &component.cost_per_hour else {
            gaps.push(format!("component.cost_per_hour of {}", component.id()));
            without.push(names.name(EntityKind::Component, component.id()).to_owned());
            continue;
        };
        let replicas = replicas(component).unwrap_or_else(|| {
            one_assumed.push(component.id().to_owned());
            Span::ONE
        });
        let month = Span::of(price) * replicas * HOURS;
        known = Some(known.map_or(month, |sum| sum + month));
    }
    without.sort_unstable();
    let per_month = match (known, gaps.as_slice()) {
        (Some(sum), []) => Known::Value(sum),
        (None, []) => Known::Absent,
        (_, gaps) => Known::Unknown(missing(gaps)),
    };
    let per_million_requests = match (&per_month, requests(side)) {
        (Known::Value(month), Ok(requests)) => Known::Value(month.over(requests) * 1e6),
        (Known::Value(_), Err(reason)) => Known::Unknown(reason),
        (Known::Unknown(reason), _) => Known::Unknown(reason.clone()),
        (Known::Absent, _) => Known::Absent,
    };
    Cost { per_month, per_million_requests, known_part: known, currency, one_assumed, without }
}

fn missing(gaps: &[String]) -> String {
    let more = gaps.len().saturating_sub(MOST_NAMED);
    let named = gaps[..gaps.len() - more].join(", ");
    let are = if gaps.len() == 1 { "is" } else { "are" };
    if more > 0 { format!("{named} and {more} more are missing") } else { format!("{named} {are} missing") }
}

/// How many replicas run today, where the review says so.
fn replicas(component: &Component) -> Option<Span> {
    let scale = component.autoscale.as_ref();
    let floor = || scale.and_then(|scale| scale.min.as_ref());
    component.replicas.as_ref().or_else(floor).map(Span::of)
}

/// Requests a month at all entries, at today's load.
fn requests(side: Side<'_>) -> Result<Span, String> {
    let capacity = &side.analysis.capacity;
    if capacity.flows.is_empty() {
        return Err("no flow is described".to_owned());
    }
    let started_inside: Vec<bool> = side.review.flows.iter().map(|flow| is_background(side.review, flow)).collect();
    let all_inside = started_inside.iter().all(|inside| *inside);
    let mut sum = Span::ZERO;
    for (load, inside) in capacity.flows.iter().zip(started_inside) {
        if inside && !all_inside {
            continue;
        }
        match load.arrival_rate.filter(|_| capacity.load > 0.0) {
            Some(rate) => sum = sum + rate * (1.0 / capacity.load),
            None => return Err(format!("flow.rate of {} is missing", load.flow)),
        }
    }
    if sum.low > 0.0 { Ok(sum * SECONDS) } else { Err("no request may arrive at all".to_owned()) }
}

/// Whether a flow is started by the system itself.
fn is_background(review: &Review, flow: &Flow) -> bool {
    use ComponentKind::{Queue, Scheduler, Stream, Worker};
    let entry = review.component(flow.entry()).and_then(|component| component.kind);
    matches!(entry, Some(Scheduler | Worker | Queue | Stream))
}
