//! KP1: targets and growth.

mod average_latency_target;
mod fast_path_without_slo;
mod no_growth_assumption;
mod unattainable_availability;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[
    &average_latency_target::RULE,
    &fast_path_without_slo::RULE,
    &no_growth_assumption::RULE,
    &unattainable_availability::RULE,
];
