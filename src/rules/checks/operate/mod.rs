//! KP5: instrument and operate.

pub(crate) mod microservices_too_early;
pub(crate) mod no_slo_at_all;
pub(crate) mod no_tracing;
