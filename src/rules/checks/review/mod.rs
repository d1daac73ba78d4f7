//! KP9: the review itself.

mod acceptance_expired;
mod action_overdue;
mod decision_without_measure;
mod fixed_not_verified;
mod orphan_triage;
mod question_unanswered;
mod review_stale;
mod verification;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[
    &acceptance_expired::RULE,
    &action_overdue::RULE,
    &decision_without_measure::RULE,
    &fixed_not_verified::RULE,
    &orphan_triage::RULE,
    &question_unanswered::RULE,
    &review_stale::RULE,
];
