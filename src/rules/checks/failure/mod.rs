//! KP4: failure paths.

pub(crate) mod no_backpressure;
pub(crate) mod retry_without_backoff_or_jitter;
pub(crate) mod unsafe_retry;
