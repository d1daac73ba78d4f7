//! The shard of the hottest key as a limit: one key cannot be spread.

#[test]
fn the_hottest_key_fills_its_shard_before_the_store_is_full() {
    // 300/s x 4 ms = 1.2 busy of 32 workers; half of it on one of 4 shards with 8 workers: 0.6 of 8.
    let text = r#"
[[component]]
id = "db"
kind = "database"
replicas = 4
workers = 8
service_time = "4ms"
data = { shards = 4, partition_key = "tenant_id", hottest_key_share = 0.5 }
[[flow]]
id = "read"
entry = "db"
rate = "300/s"
"#;
    let (review, _, _) = kneepoint::document::parse(text);
    let graph = kneepoint::graph::SystemGraph::new(&review);
    let capacity = kneepoint::capacity::compute(&review, &graph, 1.0);
    let shard = &capacity.resources[0];
    assert_eq!(shard.kind, kneepoint::capacity::ResourceKind::Partition);
    assert!((shard.utilisation.likely - 0.6 / 8.0).abs() < 1e-12, "{shard:?}");
    assert!((shard.saturates_at.likely - 8.0 / 0.6).abs() < 1e-9);
    assert!((shard.arrival_rate.likely - 150.0).abs() < 1e-9);
    // With an even share no shard is hotter than the whole.
    let (review, _, _) = kneepoint::document::parse(&text.replace("0.5", "0.25"));
    let capacity = kneepoint::capacity::compute(&review, &kneepoint::graph::SystemGraph::new(&review), 1.0);
    assert!(capacity.resources.iter().all(|resource| resource.kind != kneepoint::capacity::ResourceKind::Partition));
}
