//! KP9: the review itself.

mod acceptance_expired;
mod action_overdue;
mod orphan_triage;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[&acceptance_expired::RULE, &action_overdue::RULE, &orphan_triage::RULE];
