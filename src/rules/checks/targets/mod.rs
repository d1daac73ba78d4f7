//! KP1: targets and growth.

pub(crate) mod fast_path_without_slo;
pub(crate) mod unattainable_availability;
