//! KP5: instrument and operate.

mod microservices_too_early;
mod no_slo_at_all;
mod no_tracing;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[&microservices_too_early::RULE, &no_slo_at_all::RULE, &no_tracing::RULE];
