//! KP2: flows and the fast path.

mod batch_beside_fast_path;
mod chatty_calls;
mod deep_sync_chain;
mod large_payload;
mod missing_timeout;
mod no_fast_path;
mod retry_at_every_layer;
mod soft_work_on_fast_path;
mod stateful_compute;
mod synchronous_cycle;
mod third_party_on_fast_path;
mod timeout_inversion;
mod unbounded_concurrency;
mod unbrokered_async;
mod unmapped_component;
mod wide_sync_fan_out;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[
    &batch_beside_fast_path::RULE,
    &chatty_calls::RULE,
    &deep_sync_chain::RULE,
    &large_payload::RULE,
    &missing_timeout::RULE,
    &no_fast_path::RULE,
    &retry_at_every_layer::RULE,
    &soft_work_on_fast_path::RULE,
    &stateful_compute::RULE,
    &synchronous_cycle::RULE,
    &third_party_on_fast_path::RULE,
    &timeout_inversion::RULE,
    &unbounded_concurrency::RULE,
    &unbrokered_async::RULE,
    &unmapped_component::RULE,
    &wide_sync_fan_out::RULE,
];
