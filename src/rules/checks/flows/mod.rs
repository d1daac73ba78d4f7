//! KP2: flows and the fast path.

mod deep_sync_chain;
mod missing_timeout;
mod third_party_on_fast_path;
mod timeout_inversion;
mod wide_sync_fan_out;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[
    &deep_sync_chain::RULE,
    &missing_timeout::RULE,
    &third_party_on_fast_path::RULE,
    &timeout_inversion::RULE,
    &wide_sync_fan_out::RULE,
];
