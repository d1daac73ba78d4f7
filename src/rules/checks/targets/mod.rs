//! KP1: targets and growth.

pub(crate) mod average_latency_target;
pub(crate) mod fast_path_without_slo;
pub(crate) mod no_growth_assumption;
pub(crate) mod unattainable_availability;
