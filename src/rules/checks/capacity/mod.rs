//! KP6: computed capacity.

mod backlog_does_not_drain;
mod cost_above_target;
mod idle_capacity;
mod loses_one_cannot_carry;
mod no_headroom_for_growth;
mod places;
mod pool_before_processor;
mod room;
mod saturates_at_peak;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[
    &backlog_does_not_drain::RULE,
    &cost_above_target::RULE,
    &idle_capacity::RULE,
    &loses_one_cannot_carry::RULE,
    &no_headroom_for_growth::RULE,
    &pool_before_processor::RULE,
    &saturates_at_peak::RULE,
];
