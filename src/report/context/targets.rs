//! Objectives, growth and cost, as the review states them.

use super::declared;
use crate::model::{Indicator, Review, Slo};
use serde::Serialize;

/// What is promised and how much is expected.
#[derive(Debug, Clone, Serialize)]
pub struct Targets {
    /// The objectives.
    pub slos: Vec<SloRow>,
    /// Growth, cost, tenants and the migration phase: what the review states.
    pub growth: Vec<GrowthRow>,
    /// The keys of growth that it does not state.
    pub growth_missing: Vec<&'static str>,
}

/// An objective.
#[derive(Debug, Clone, Serialize)]
pub struct SloRow {
    /// Its id.
    pub id: String,
    /// The flow or component.
    pub at: String,
    /// "99 % of answers within 300 ms".
    pub target: String,
    /// The window over which it is counted.
    pub window: Option<String>,
    /// What happens when the budget is nearly gone.
    pub policy: Option<String>,
    /// What may be dropped first.
    pub degradation: Option<String>,
}

/// A number about growth or cost.
#[derive(Debug, Clone, Serialize)]
pub struct GrowthRow {
    /// What it is.
    pub what: &'static str,
    /// The value with its mark.
    pub value: String,
}

pub(super) fn targets(review: &Review) -> Targets {
    let growth = &review.growth;
    let cost = growth.cost.as_ref();
    let currency = cost.and_then(|cost| cost.currency.as_deref()).unwrap_or("");
    let money = |amount: String| if currency.is_empty() { amount } else { format!("{amount} {currency}") };
    let mut rows = Vec::new();
    let mut growth_missing = Vec::new();
    let mut stated = |what, key, value: Option<String>| match (value, key) {
        (Some(value), _) => rows.push(GrowthRow { what, value: declared(value) }),
        (None, Some(key)) => growth_missing.push(key),
        (None, None) => {}
    };
    let show = |value: &dyn std::fmt::Display| value.to_string();
    stated("horizon", Some("growth.horizon"), growth.horizon.map(|v| show(&v)));
    stated("steady growth over the horizon", Some("growth.traffic"), growth.traffic.map(|v| show(&v)));
    stated("peak over the steady rate", Some("growth.peak"), growth.peak.map(|v| show(&v)));
    stated("how long a peak lasts", None, growth.peak_duration.map(|v| show(&v)));
    stated("from steady to peak in", Some("growth.ramp"), growth.ramp.map(|v| show(&v)));
    stated("monthly budget", None, cost.and_then(|c| c.monthly_budget).map(|v| money(show(&v))));
    stated(
        "target cost of a million requests",
        Some("growth.cost.per_million_requests"),
        cost.and_then(|c| c.per_million_requests).map(|v| money(show(&v))),
    );
    if let Some(tenancy) = &review.tenancy {
        stated("tenants", None, tenancy.tenants.map(|v| show(&v)));
        stated("the largest tenant's share", None, tenancy.largest_share.map(|v| show(&v)));
        stated("quota of one tenant", None, tenancy.quota.map(|v| show(&v)));
        stated("isolation of tenants", None, tenancy.isolation.map(|v| show(&v)));
    }
    if let Some(migration) = &review.migration {
        stated("migration phase", None, migration.phase.map(|v| show(&v)));
    }
    Targets { slos: review.slos.iter().map(slo).collect(), growth: rows, growth_missing }
}

fn slo(slo: &Slo) -> SloRow {
    let at = slo.flow.as_ref().map(ToString::to_string).or(slo.component.as_ref().map(ToString::to_string));
    SloRow {
        id: slo.id().to_owned(),
        at: at.unwrap_or_default(),
        target: target(slo),
        window: slo.window.map(|window| window.to_string()),
        policy: slo.policy.clone(),
        degradation: slo.degradation.clone(),
    }
}

/// An objective in words: `99 % of answers within 300 ms`.
pub fn target(slo: &Slo) -> String {
    let objective = slo.objective.map_or_else(|| "an unstated share".to_owned(), |objective| objective.to_string());
    let within = slo.threshold.map_or_else(|| "an unstated time".to_owned(), |threshold| threshold.to_string());
    match slo.indicator {
        Some(Indicator::Latency) => format!("{objective} of answers within {within}"),
        Some(Indicator::Availability) => format!("{objective} of answers good"),
        Some(Indicator::Throughput) => format!("{objective} of the work done in time"),
        Some(Indicator::Freshness) => format!("{objective} of what is shown at most {within} old"),
        Some(Indicator::Durability) => format!("{objective} of the data kept"),
        None => format!("{objective} of an unstated indicator"),
    }
}
