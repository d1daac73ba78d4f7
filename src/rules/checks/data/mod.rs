//! KP3: data and shared state.

mod cache_stampede;
mod cache_without_invalidation;
mod connection_overcommit;
mod database_as_queue;
mod hot_key;
mod no_dead_letter;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[
    &cache_stampede::RULE,
    &cache_without_invalidation::RULE,
    &connection_overcommit::RULE,
    &database_as_queue::RULE,
    &hot_key::RULE,
    &no_dead_letter::RULE,
];
