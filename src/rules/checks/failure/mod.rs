//! KP4: failure paths.

mod no_backpressure;
mod retry_without_backoff_or_jitter;
mod unsafe_retry;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] =
    &[&no_backpressure::RULE, &retry_without_backoff_or_jitter::RULE, &unsafe_retry::RULE];
