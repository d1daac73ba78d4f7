//! KP3: data and shared state.

mod autoscaling_too_slow;
mod cache_is_load_bearing;
mod cache_of_record;
mod cache_stampede;
mod cache_without_invalidation;
mod connection_overcommit;
mod consumers;
mod cross_region_commit;
mod database_as_queue;
mod dual_write;
mod fan_out_on_write;
mod hot_key;
mod idle_consumers;
mod index_of_record;
mod large_objects_in_database;
mod model_mismatch;
mod no_dead_letter;
mod noisy_neighbour;
mod quota_below_peak;
mod read_your_writes_gap;
mod retention_below_recovery;
mod shared_database;
mod single_point_of_failure;
mod single_writer_ceiling;
mod storage_runs_out;
mod stream_without_replay;
mod unbounded_queue;
mod visibility_shorter_than_work;
mod write_behind_loss;

use crate::rules::rule::Rule;

/// The rules of the family; the order does not matter.
pub(super) static RULES: &[&Rule] = &[
    &autoscaling_too_slow::RULE,
    &cache_is_load_bearing::RULE,
    &cache_of_record::RULE,
    &cache_stampede::RULE,
    &cache_without_invalidation::RULE,
    &connection_overcommit::RULE,
    &cross_region_commit::RULE,
    &database_as_queue::RULE,
    &dual_write::RULE,
    &fan_out_on_write::RULE,
    &hot_key::RULE,
    &idle_consumers::RULE,
    &index_of_record::RULE,
    &large_objects_in_database::RULE,
    &model_mismatch::RULE,
    &no_dead_letter::RULE,
    &noisy_neighbour::RULE,
    &quota_below_peak::RULE,
    &read_your_writes_gap::RULE,
    &retention_below_recovery::RULE,
    &shared_database::RULE,
    &single_point_of_failure::RULE,
    &single_writer_ceiling::RULE,
    &storage_runs_out::RULE,
    &stream_without_replay::RULE,
    &unbounded_queue::RULE,
    &visibility_shorter_than_work::RULE,
    &write_behind_loss::RULE,
];
