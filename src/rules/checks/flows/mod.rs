//! KP2: flows and the fast path.

pub(crate) mod deep_sync_chain;
pub(crate) mod missing_timeout;
pub(crate) mod third_party_on_fast_path;
pub(crate) mod timeout_inversion;
