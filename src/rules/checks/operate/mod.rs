//! KP5: instrument and operate.

mod blind_component;
mod entity_services;
mod lockstep_deploys;
mod microservices_too_early;
mod no_load_test;
mod no_owner;
mod no_runbook;
mod no_slo_at_all;
mod no_tracing;
mod saturation_not_measured;
mod slo_not_measured;
mod slo_without_alert;
mod watched;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[
    &blind_component::RULE,
    &entity_services::RULE,
    &lockstep_deploys::RULE,
    &microservices_too_early::RULE,
    &no_load_test::RULE,
    &no_owner::RULE,
    &no_runbook::RULE,
    &no_slo_at_all::RULE,
    &no_tracing::RULE,
    &saturation_not_measured::RULE,
    &slo_not_measured::RULE,
    &slo_without_alert::RULE,
];
