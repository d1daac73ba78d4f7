//! KP4: failure paths.

mod active_active_with_one_writer;
mod admits_more_than_it_serves;
mod cross_region_sync_call;
mod edges;
mod envelope;
mod failover_never_drilled;
mod failure_path_undecided;
mod failure_untested;
mod fallback_shares_fate;
mod multi_writer_without_conflict_rule;
mod no_backpressure;
mod no_bulkhead;
mod no_circuit_breaker;
mod no_fallback_for_soft_dependency;
mod no_rate_limit_at_edge;
mod no_recovery_objectives;
mod no_retry_budget;
mod objective_without_copy;
mod retry_amplification;
mod retry_without_backoff_or_jitter;
mod rpo_below_replication_lag;
mod rto_above_error_budget;
mod stores;
mod unsafe_retry;
mod waits_longer_than_caller;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[
    &active_active_with_one_writer::RULE,
    &admits_more_than_it_serves::RULE,
    &cross_region_sync_call::RULE,
    &failover_never_drilled::RULE,
    &failure_path_undecided::RULE,
    &failure_untested::RULE,
    &fallback_shares_fate::RULE,
    &multi_writer_without_conflict_rule::RULE,
    &no_backpressure::RULE,
    &no_bulkhead::RULE,
    &no_circuit_breaker::RULE,
    &no_fallback_for_soft_dependency::RULE,
    &no_rate_limit_at_edge::RULE,
    &no_recovery_objectives::RULE,
    &no_retry_budget::RULE,
    &objective_without_copy::RULE,
    &retry_amplification::RULE,
    &retry_without_backoff_or_jitter::RULE,
    &rpo_below_replication_lag::RULE,
    &rto_above_error_budget::RULE,
    &unsafe_retry::RULE,
    &waits_longer_than_caller::RULE,
];
