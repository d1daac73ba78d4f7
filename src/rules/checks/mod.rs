//! The rules, one a file; a rule is in the registry by standing in this list.

mod data;
mod failure;
mod flows;
mod load;
mod operate;
mod review;
mod targets;
mod worst_case;

use super::rule::Rule;

/// Every rule, by code.
pub(crate) static ALL: &[&Rule] = &[
    &targets::fast_path_without_slo::RULE,
    &targets::average_latency_target::RULE,
    &targets::no_growth_assumption::RULE,
    &targets::unattainable_availability::RULE,
    &flows::deep_sync_chain::RULE,
    &flows::missing_timeout::RULE,
    &flows::timeout_inversion::RULE,
    &flows::third_party_on_fast_path::RULE,
    &data::database_as_queue::RULE,
    &data::hot_key::RULE,
    &data::cache_without_invalidation::RULE,
    &data::cache_stampede::RULE,
    &data::connection_overcommit::RULE,
    &data::no_dead_letter::RULE,
    &failure::retry_without_backoff_or_jitter::RULE,
    &failure::unsafe_retry::RULE,
    &failure::no_backpressure::RULE,
    &operate::no_tracing::RULE,
    &operate::no_slo_at_all::RULE,
    &operate::microservices_too_early::RULE,
    &review::orphan_triage::RULE,
    &review::acceptance_expired::RULE,
    &review::action_overdue::RULE,
];
