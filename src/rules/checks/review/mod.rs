//! KP9: the review itself.

pub(crate) mod acceptance_expired;
pub(crate) mod action_overdue;
pub(crate) mod orphan_triage;
