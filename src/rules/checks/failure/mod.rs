//! KP4: failure paths.

pub(crate) mod no_backpressure;
