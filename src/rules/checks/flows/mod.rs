//! KP2: flows and the fast path.

mod chatty_calls;
mod deep_sync_chain;
mod missing_timeout;
mod retry_at_every_layer;
mod soft_work_on_fast_path;
mod stateful_compute;
mod synchronous_cycle;
mod third_party_on_fast_path;
mod timeout_inversion;
mod unbounded_concurrency;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[
    &chatty_calls::RULE,
    &deep_sync_chain::RULE,
    &missing_timeout::RULE,
    &retry_at_every_layer::RULE,
    &soft_work_on_fast_path::RULE,
    &stateful_compute::RULE,
    &synchronous_cycle::RULE,
    &third_party_on_fast_path::RULE,
    &timeout_inversion::RULE,
    &unbounded_concurrency::RULE,
];
