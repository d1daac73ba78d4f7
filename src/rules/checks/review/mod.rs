//! KP9: the review itself.

pub(crate) mod orphan_triage;
