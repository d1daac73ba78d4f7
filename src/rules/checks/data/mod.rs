//! KP3: data and shared state.

pub(crate) mod cache_stampede;
pub(crate) mod cache_without_invalidation;
pub(crate) mod connection_overcommit;
pub(crate) mod database_as_queue;
pub(crate) mod hot_key;
pub(crate) mod no_dead_letter;
