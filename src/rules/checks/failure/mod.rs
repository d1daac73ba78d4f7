//! KP4: failure paths.

mod no_backpressure;
mod retry_amplification;
mod retry_without_backoff_or_jitter;
mod rto_above_error_budget;
mod unsafe_retry;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[
    &no_backpressure::RULE,
    &retry_amplification::RULE,
    &retry_without_backoff_or_jitter::RULE,
    &rto_above_error_budget::RULE,
    &unsafe_retry::RULE,
];
