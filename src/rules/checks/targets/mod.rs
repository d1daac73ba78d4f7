//! KP1: targets and growth.

mod average_latency_target;
mod data_growth_unknown;
mod fast_path_without_slo;
mod latency_budget_overspent;
mod no_degradation_plan;
mod no_growth_assumption;
mod no_unit_cost;
mod slo_without_budget_policy;
mod unattainable_availability;
mod unattainable_latency;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[
    &average_latency_target::RULE,
    &data_growth_unknown::RULE,
    &fast_path_without_slo::RULE,
    &latency_budget_overspent::RULE,
    &no_degradation_plan::RULE,
    &no_growth_assumption::RULE,
    &no_unit_cost::RULE,
    &slo_without_budget_policy::RULE,
    &unattainable_availability::RULE,
    &unattainable_latency::RULE,
];
