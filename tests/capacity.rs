//! Small reviews in, capacity figures and the promise out. Every expected number is worked out by hand beside it.

use kneepoint::analysis::{Promise, PromiseState};
use kneepoint::capacity::{Capacity, Resource, ResourceKind, Span, compute};
use kneepoint::document::parse;
use kneepoint::graph::SystemGraph;
use proptest::prelude::*;
use std::fmt::Write;
use std::time::{Duration, Instant};

fn capacity_at(text: &str, load: f64) -> Capacity {
    let (review, _, _) = parse(text);
    compute(&review, &SystemGraph::new(&review), load)
}

fn capacity(text: &str) -> Capacity {
    capacity_at(text, 1.0)
}

fn promise(text: &str) -> Promise {
    let (review, _, _) = parse(text);
    Promise::of(&review, &capacity(text))
}

#[expect(clippy::panic, reason = "a figure that is not there fails the test that asks for it")]
fn resource<'a>(capacity: &'a Capacity, name: &str, kind: ResourceKind) -> &'a Resource {
    let found = capacity.resources.iter().find(|resource| resource.name() == name && resource.kind == kind);
    found.unwrap_or_else(|| panic!("no {} of {name} in {:#?}", kind.word(), capacity.resources))
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

#[track_caller]
fn assert_near(a: f64, b: f64) {
    assert!(near(a, b), "{a} is not {b}");
}

fn keys(capacity: &Capacity) -> Vec<String> {
    capacity.missing.iter().map(|missing| format!("{} of {}", missing.key, missing.element)).collect()
}

/// The three tiers of the acceptance table: web (64 workers, 2 ms) → app (12, 5 ms) → twice db (8, 4 ms).
fn three_tiers(rate: &str) -> String {
    format!(
        r#"format = 1
[[component]]
id = "web"
replicas = 1
workers = 64
service_time = "2ms"
[[component]]
id = "app"
replicas = 1
workers = 12
service_time = "5ms"
[[component]]
id = "db"
kind = "database"
replicas = 1
workers = 8
service_time = "4ms"
[[dependency]]
from = "web"
to = "app"
network = "0s"
[[dependency]]
from = "app"
to = "db"
network = "0s"
[[flow]]
id = "f"
entry = "web"
rate = "{rate}"
calls = [ {{ from = "web", to = "app" }}, {{ from = "app", to = "db", count = 2 }} ]
"#
    )
}

#[test]
fn a_worker_is_held_while_it_waits() {
    // Holding: db 4, app 5 + 2·4 = 13, web 2 + 13 = 15 ms. The published utilisations at λ = .5/ms are .118/.545/.500;
    // without the waits in queues .117/.542/.500.
    for (rate, per_ms) in [("500/s", 0.5), ("700/s", 0.7), ("800/s", 0.8)] {
        let capacity = capacity(&three_tiers(rate));
        let workers = |name| resource(&capacity, name, ResourceKind::Workers);
        assert_near(workers("db").utilisation.likely, per_ms * 8.0 / 8.0);
        assert_near(workers("app").utilisation.likely, per_ms * 13.0 / 12.0);
        assert_near(workers("web").utilisation.likely, per_ms * 15.0 / 64.0);
        assert_near(workers("app").holding_time.unwrap().likely, 0.013);
        assert_near(workers("app").own_work, per_ms * 5.0 / 12.0);
        assert_near(workers("app").waiting_for[0].1, per_ms * 8.0 / 12.0);
        assert_near(workers("db").arrival_rate.likely, per_ms * 2000.0);
        assert_eq!(capacity.missing, []);
        assert_eq!(capacity.assumptions, []);
    }
    let first = &capacity(&three_tiers("800/s"));
    // 12/(13·0.8) = 1.1538…; db 1/0.8 = 1.25; web 64/(15·0.8) = 5.33.
    let order: Vec<_> = first.saturations.iter().map(|s| first.resources[s.resource].name()).collect();
    assert_eq!(order, ["app", "db", "web"]);
    assert_near(first.saturations[0].at_load.likely, 12.0 / 13.0 / 0.8);
    assert_eq!(
        first.saturations[0].because,
        "its 12 workers are held 13 ms a visit: 8 ms waiting for db, 5 ms own work"
    );
    let flow = &first.flows[0];
    assert_near(flow.time_without_queueing.unwrap().likely, 0.015);
    assert_near(flow.sustains_load.unwrap().likely, 12.0 / 13.0 / 0.8);
    assert_eq!(first.resources[flow.until.unwrap()].name(), "app");
}

#[test]
fn the_load_scales_figures_and_not_where_they_end() {
    let (one, three) = (capacity(&three_tiers("800/s")), capacity_at(&three_tiers("800/s"), 3.0));
    for (one, three) in one.resources.iter().zip(&three.resources) {
        assert_near(three.utilisation.likely, 3.0 * one.utilisation.likely);
        assert_near(three.own_work + three.waiting_for.iter().map(|w| w.1).sum::<f64>(), three.utilisation.likely);
        assert_eq!(three.saturates_at, one.saturates_at);
    }
    assert_near(three.flows[0].arrival_rate.unwrap().likely, 2400.0);
    for load in [f64::NAN, f64::INFINITY, -1.0] {
        assert_eq!(capacity_at(&three_tiers("800/s"), load).load, 1.0);
    }
}

/// A shop with a pool, a quota, processors, a cache and a parallel group.
const SHOP: &str = r#"format = 1
[[component]]
id = "api"
replicas = 6
workers = 64
cores = 4
service_time = "6ms"
[[component]]
id = "cache"
kind = "cache"
service_time = "0.4ms"
cache = { hit_ratio = 0.9 }
[[component]]
id = "db"
kind = "database"
workers = 32
service_time = "2ms"
[[component]]
id = "payments"
kind = "external"
service_time = "180ms"
rate_limit = "120/s"
[[component]]
id = "fraud"
kind = "external"
service_time = "50ms"
rate_limit = "1k/s"
[[component]]
id = "events"
kind = "queue"
[[component]]
id = "mailer"
kind = "worker"
replicas = 2
workers = 5
service_time = "20ms"
[[dependency]]
from = "api"
to = "payments"
network = "4ms"
timeout = "2s"
pool = { size = 10 }
[[dependency]]
from = "api"
to = "db"
network = "1ms"
[[dependency]]
from = "api"
to = "cache"
network = "0.1ms"
[[dependency]]
from = "api"
to = "fraud"
network = "0s"
[[dependency]]
from = "mailer"
to = "db"
network = "1ms"
[[flow]]
id = "checkout"
entry = "api"
rate = "100/s"
calls = [
  { from = "api", to = "cache" },
  { from = "api", to = "db", on_miss = "cache", count = 3, service_time = "9ms" },
  { from = "api", to = "payments", group = "pay" },
  { from = "api", to = "events" },
  { from = "api", to = "fraud", group = "pay", probability = 0.3 },
  { from = "events", to = "mailer" },
  { from = "mailer", to = "db" },
]
"#;

#[test]
fn pools_quotas_processors_caches_and_groups_add_up() {
    let capacity = capacity(SHOP);
    // Waits of the API: cache .1 + .4 = .5; db 3 × .1 × (1 + 9) = 3; the group max(4 + 180, .3 × 50) = 184 ms.
    let workers = resource(&capacity, "api", ResourceKind::Workers);
    assert_near(workers.holding_time.unwrap().likely, 0.006 + 0.0005 + 0.003 + 0.184);
    assert_near(workers.utilisation.likely, 100.0 * 0.1935 / 384.0);
    let waits: Vec<_> = workers.waiting_for.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(waits, ["payments", "db", "cache"], "fraud is over long before payments");
    // 24 processors, 6 ms of own work each.
    assert_near(resource(&capacity, "api", ResourceKind::Cores).utilisation.likely, 100.0 * 0.006 / 24.0);
    // 6 × 10 connections held 184 ms: 100 × .184 / 60.
    let pool = resource(&capacity, "api -> payments", ResourceKind::Pool);
    assert_near(pool.utilisation.likely, 18.4 / 60.0);
    assert_near(pool.own_work, 0.4 / 60.0);
    assert_near(resource(&capacity, "payments", ResourceKind::RateLimit).utilisation.likely, 100.0 / 120.0);
    assert_near(resource(&capacity, "fraud", ResourceKind::RateLimit).utilisation.likely, 30.0 / 1000.0);
    // The database: 30/s of 9 ms from the API, 100/s of its usual 2 ms from the mailer.
    let db = resource(&capacity, "db", ResourceKind::Workers);
    assert_near(db.arrival_rate.likely, 130.0);
    assert_near(db.utilisation.likely, (30.0 * 0.009 + 100.0 * 0.002) / 32.0);
    assert_eq!(db.assumed, ["component.replicas"]);
    // Behind the queue: 20 ms own work, 1 + 2 ms at the database, of 10 workers.
    let mailer = resource(&capacity, "mailer", ResourceKind::Workers);
    assert_near(mailer.utilisation.likely, 100.0 * 0.023 / 10.0);
    let flow = &capacity.flows[0];
    assert_near(flow.time_without_queueing.unwrap().likely, 0.1935);
    assert_near(flow.sustains_load.unwrap().likely, 1.2);
}

#[test]
fn what_is_only_behind_a_queue_does_not_bound_the_answer() {
    let slow = SHOP.replace("service_time = \"20ms\"", "service_time = \"200ms\"");
    let capacity = capacity(&slow);
    // 100 × .203 / 10 = 2.03: the mailer is full first, and the answer still goes on to the quota's 1.2.
    assert_near(resource(&capacity, "mailer", ResourceKind::Workers).saturates_at.likely, 1.0 / 2.03);
    assert_eq!(capacity.resources[0].name(), "mailer");
    assert_near(capacity.flows[0].sustains_load.unwrap().likely, 1.2);
}

#[test]
fn reasons_are_said_in_the_words_of_the_limit() {
    let capacity = capacity(SHOP);
    let because = |name: &str, kind| {
        let at = capacity.resources.iter().position(|r| r.name() == name && r.kind == kind).unwrap();
        capacity.saturations.iter().find(|saturation| saturation.resource == at).unwrap().because.clone()
    };
    assert_eq!(because("payments", ResourceKind::RateLimit), "the provider's quota is 120/s, 100/s arrive today");
    assert_eq!(
        because("api -> payments", ResourceKind::Pool),
        "each of its 60 connections is held 184 ms a call: 180 ms payments' own work, 4 ms network"
    );
    assert_eq!(because("api", ResourceKind::Cores), "its 24 processors work 6 ms a visit, 100/s arrive today");
    assert_eq!(because("db", ResourceKind::Workers), "its 32 workers are busy 3.62 ms a visit, all of it own work");
}

#[test]
fn guessed_inputs_give_a_range_with_its_ends_the_right_way_round() {
    let text = three_tiers("800/s")
        .replace("\"800/s\"", "{ low = \"600/s\", likely = \"800/s\", high = \"900/s\" }")
        .replace("service_time = \"5ms\"", "service_time = { low = \"3ms\", likely = \"5ms\", high = \"9ms\" }")
        .replace("workers = 12", "workers = { low = 10, likely = 12, high = 20 }");
    let capacity = capacity(&text);
    let app = resource(&capacity, "app", ResourceKind::Workers);
    // Least: 600/s × (3 + 8) ms on 20; most: 900/s × (9 + 8) ms on 10.
    assert_near(app.utilisation.low, 0.6 * 11.0 / 20.0);
    assert_near(app.utilisation.likely, 0.8 * 13.0 / 12.0);
    assert_near(app.utilisation.high, 0.9 * 17.0 / 10.0);
    assert_near(app.saturates_at.low, 10.0 / 17.0 / 0.9);
    assert_near(app.saturates_at.high, 20.0 / 11.0 / 0.6);
    assert_eq!(
        promise(&text).sentence,
        "If load doubles: workers of app saturate first, at 0.65–3× today (today 87 %)."
    );
}

#[test]
fn an_unknown_is_named_and_never_counted_as_nothing_in_silence() {
    let no_rate = three_tiers("800/s").replace("rate = \"800/s\"\n", "");
    let capacity_of = capacity(&no_rate);
    assert_eq!(keys(&capacity_of), ["flow.rate of f"]);
    assert!(capacity_of.resources.is_empty() && capacity_of.flows[0].arrival_rate.is_none());
    assert_eq!(promise(&no_rate).sentence, "If load doubles: unknown — needs flow.rate of f.");
    assert_eq!(promise(&no_rate).state, PromiseState::Unknown { missing: vec!["flow.rate".to_owned()] });

    let no_time = three_tiers("500/s").replace("service_time = \"4ms\"\n", "");
    let without = capacity(&no_time);
    assert_eq!(keys(&without), ["component.service_time of db"]);
    assert!(without.missing[0].decisive);
    assert!(!without.resources.iter().any(|resource| resource.name() == "db"), "nothing of it is known");
    let app = resource(&without, "app", ResourceKind::Workers);
    assert_near(app.utilisation.likely, 0.5 * 5.0 / 12.0);
    assert_eq!(app.assumed, ["component.service_time"], "a lower bound, and it says so");
    assert_eq!(without.flows[0].time_without_queueing, Some(Span::exactly(0.007)), "a lower bound");
    // 12/(5·.5) = 4.8: what is known holds, and what is not may not.
    assert!(matches!(promise(&no_time).state, PromiseState::Unknown { .. }));
    assert_eq!(promise(&no_time).sentence, "If load doubles: unknown — needs component.service_time of db.");
    // At 2,500/s the known part alone is full, whatever the database adds.
    let loaded = no_time.replace("500/s", "2500/s");
    assert!(matches!(promise(&loaded).state, PromiseState::Saturates { .. }));

    // A limit whose holding is wholly unknown leaves what the flow sustains unknown too, not unlimited.
    let nothing = no_time.replace("workers = 12\n", "").replace("workers = 64\n", "");
    assert_eq!(capacity(&nothing).flows[0].sustains_load, None);
}

#[test]
fn what_nobody_limits_is_not_known_to_hold() {
    let text = "format = 1\n[[component]]\nid = \"api\"\nservice_time = \"5ms\"\n[[component]]\nid = \"bank\"\nkind = \"external\"\nservice_time = \"5ms\"\n[[dependency]]\nfrom = \"api\"\nto = \"bank\"\n[[flow]]\nid = \"pay\"\nentry = \"api\"\nrate = \"1/s\"\ncalls = [{ from = \"api\", to = \"bank\" }]\n";
    assert_eq!(
        promise(text).sentence,
        "If load doubles: unknown — needs component.workers of api, component.rate_limit of bank."
    );
    assert_eq!(promise("format = 1").sentence, "If load doubles: unknown — needs flow.rate.");
    // With one limit stated the other may stay unbounded, as the format says; it is listed all the same.
    let one = text.replace("id = \"api\"", "id = \"api\"\nworkers = 1");
    assert_eq!(promise(&one).sentence, "If load doubles, nothing saturates: workers of api are next, at 100×.");
    assert_eq!(keys(&capacity(&one)), ["component.rate_limit of bank"]);
    let assumed: Vec<_> = capacity(&one).assumptions.iter().map(|a| format!("{} {}", a.key, a.element)).collect();
    assert_eq!(assumed, ["component.replicas api", "dependency.network api -> bank"]);
}

#[test]
fn an_unknown_hit_ratio_never_hits_and_is_said() {
    let text = SHOP.replace("cache = { hit_ratio = 0.9 }\n", "cache = { ttl = \"5m\" }\n");
    let capacity = capacity(&text);
    let db = resource(&capacity, "db", ResourceKind::Workers);
    assert_near(db.arrival_rate.likely, 400.0);
    assert!(db.assumed.contains(&"component.cache.hit_ratio".to_owned()));
    assert!(capacity.assumptions.iter().any(|a| a.key == "component.cache.hit_ratio"));
    let pool = resource(&capacity, "api -> payments", ResourceKind::Pool);
    assert!(pool.assumed.is_empty(), "the pool to payments does not depend on the cache: {:?}", pool.assumed);
}

#[test]
fn a_closed_workload_asks_no_faster_than_its_users_can() {
    let text = three_tiers("800/s").replace("rate = \"800/s\"", "users = 50\nthink = \"0.485s\"");
    let capacity = capacity(&text);
    // 50 / (.485 + .015) = 100/s.
    assert_near(capacity.flows[0].arrival_rate.unwrap().likely, 100.0);
    assert!(capacity.assumptions.iter().any(|a| a.key == "flow.users"));
    let nothing =
        "format = 1\n[[component]]\nid = \"a\"\nworkers = 1\n[[flow]]\nid = \"f\"\nentry = \"a\"\nusers = 5\n";
    let (review, _, _) = parse(nothing);
    let found = compute(&review, &SystemGraph::new(&review), 1.0);
    assert!(found.flows[0].arrival_rate.is_none() && keys(&found).contains(&"flow.think of f".to_owned()));
}

#[test]
fn a_partner_that_asks_takes_none_of_our_time() {
    let found = capacity(
        "component = [{ id = 'partner', kind = 'external' }, { id = 'api', workers = 10, service_time = '10ms' }]\n\
         dependency = [{ from = 'partner', to = 'api', mode = 'sync', network = '0ms' }]\n\
         flow = [{ id = 'order', entry = 'partner', rate = '100/s', calls = [{ from = 'partner', to = 'api' }] }]\n",
    );
    assert!(!keys(&found).iter().any(|key| key.contains("service_time")), "{:?}", keys(&found));
    assert_near(found.flows[0].time_without_queueing.unwrap().likely, 0.01);
}

#[test]
fn nothing_there_and_nothing_asked_are_told_apart() {
    let none = capacity(&three_tiers("800/s").replace("workers = 12", "workers = 0"));
    let app = resource(&none, "app", ResourceKind::Workers);
    assert_eq!((app.utilisation.likely, app.saturates_at.likely), (f64::INFINITY, 0.0));
    let text = three_tiers("800/s").replace("workers = 12", "workers = 0");
    assert_eq!(promise(&text).sentence, "If load doubles: workers of app are full already: there are none.");
    let because = &none.saturations[0].because;
    assert_eq!(because, "there are none of them, and 800/s arrive today");
    let idle = capacity(&three_tiers("0/s"));
    assert_eq!(resource(&idle, "app", ResourceKind::Workers).utilisation, Span::ZERO);
    assert_eq!(idle.resources[0].saturates_at, Span::UNBOUNDED);
    assert!(idle.saturations.is_empty());
    assert_eq!(promise(&three_tiers("0/s")).state, PromiseState::Holds { next: None });
}

#[test]
fn a_circle_is_cut_and_makes_the_rest_a_lower_bound() {
    let text = three_tiers("500/s").replace("calls = [", "calls = [ { from = \"db\", to = \"web\" },");
    let found = capacity(&text);
    assert_eq!(keys(&found), ["flow.calls of f"]);
    assert_near(resource(&found, "app", ResourceKind::Workers).utilisation.likely, 0.5 * 13.0 / 12.0);
}

#[test]
fn the_promise_names_the_first_the_multiple_and_what_to_do() {
    let promise_of = promise(SHOP);
    assert_eq!(
        promise_of.sentence,
        "If load doubles: rate limit of payments saturates first, at 1.2× today (today 83 %)."
    );
    // 100/s × 2 / .7 = 285.7/s; then the pool: 60 / 18.4 = 3.26.
    assert_eq!(
        promise_of.remedy,
        "Ask payments for a quota of 286/s, or queue the calls so that peaks wait. \
         Then connections of api -> payments fill, at 3.3×."
    );
    let pool = SHOP.replace("pool = { size = 10 }", "pool = { size = 4 }").replace("\"120/s\"", "\"500/s\"");
    // 18.4 of 24 connections today; 18.4 × 2 / .7 = 52.6 over 6 replicas are 9 each. Then 32 / .47 > 10 / 2.3.
    assert_eq!(
        promise(&pool).sentence,
        "If load doubles: connections of api -> payments saturate first, at 1.3× today (today 77 %)."
    );
    assert_eq!(
        promise(&pool).remedy,
        "Raise the pool from 4 to 9 connections per replica, or shorten the call of 184 ms (timeout 2 s). \
         Then workers of mailer fill, at 4.3×."
    );
    let bounded = capacity(&pool);
    assert_eq!(bounded.resources[bounded.flows[0].until.unwrap()].name(), "api -> payments");
    assert_near(bounded.flows[0].sustains_load.unwrap().likely, 24.0 / 18.4);
    // .8 × 13 = 10.4 of 12 workers; 10.4 × 2 / .7 = 29.7 are 3 replicas of 12.
    assert_eq!(
        promise(&three_tiers("800/s")).remedy,
        "Run 2 more replicas of app (3 in all), or stop waiting for db (62 % of the time held). \
         Then workers of db fill, at 1.2×."
    );
    // 500/s × 8 ms = 4 of 8: full at exactly twice the load counts as full. The app: .5 × 13 / 12 = 54 %.
    let both = three_tiers("500/s");
    assert!(matches!(promise(&both).state, PromiseState::Saturates { .. }));
    let holds = three_tiers("100/s");
    assert_eq!(promise(&holds).sentence, "If load doubles, nothing saturates: workers of app are next, at 9.2×.");
    assert_eq!(promise(&holds).remedy, "Nothing to do for twice the load; watch workers of app, 11 % full today.");
    // Only at 600/s is it full before: 12/(13 × .6) = 1.54. For that end .6 × 13 × 2 / .7 = 22.3 workers are 2 × 12.
    let doubtful = three_tiers("{ }").replace("\"{ }\"", "{ low = \"100/s\", likely = \"200/s\", high = \"600/s\" }");
    assert_eq!(promise(&doubtful).sentence, "If load doubles, it may not hold: workers of app are next, at 1.5–9.2×.");
    assert!(promise(&doubtful).remedy.starts_with("Run 1 more replica of app (2 in all)"));
    // 12/(13 × .46) = 2.0067 is beyond twice and does not read as twice; 12/(13 × .93) = .9926 is not once.
    let edge = promise(&three_tiers("460/s")).sentence;
    assert_eq!(edge, "If load doubles, nothing saturates: workers of app are next, at 2.01×.");
    assert!(promise(&three_tiers("930/s")).sentence.contains("are full already, today at 101 %"));
}

#[test]
fn the_example_of_the_format_is_answered_with_what_it_lacks() {
    let promise = promise(include_str!("data/whole-format.toml"));
    // orders-db: 400/s × 2 calls × 4 ms = 3.2 of 32 statements; api -> orders-db: 800/s × 4.6 ms = 3.68 of 120: both
    // hold, but what payments and fraud take is held by the workers of the API, and nobody says how long that is.
    assert!(matches!(promise.state, PromiseState::Unknown { ref missing } if *missing == ["component.service_time"]));
    assert!(promise.sentence.contains("component.service_time of payments"), "{}", promise.sentence);
    assert!(promise.remedy.contains("Of what is known"), "{}", promise.remedy);
}

#[test]
fn the_sentence_fits_a_line_whatever_the_names() {
    let long = "a-very-long-component-name-that-somebody-thought-was-a-good-idea-in-2019";
    let text = three_tiers("800/s").replace("\"app\"", &format!("\"{long}\""));
    assert!(promise(&text).sentence.chars().count() <= 120, "{}", promise(&text).sentence);
    let pool =
        SHOP.replace("pool = { size = 10 }", "pool = { size = 1 }").replace("\"payments\"", &format!("\"{long}\""));
    assert!(promise(&pool).sentence.chars().count() <= 120, "{}", promise(&pool).sentence);
}

#[test]
fn ten_thousand_components_take_less_than_a_second() {
    let count = 10_000;
    let mut text = String::from("format = 1\n");
    let mut calls = Vec::with_capacity(count);
    for i in 0..count {
        let _ = writeln!(text, "[[component]]\nid = \"c{i}\"\nworkers = 100000\nservice_time = \"1us\"");
        let _ = writeln!(text, "[[dependency]]\nfrom = \"c{i}\"\nto = \"c{}\"\npool = {{ size = 5 }}", i + 1);
        if i + 1 < count {
            calls.push(format!("{{ from = \"c{i}\", to = \"c{}\" }}", i + 1));
        }
    }
    let _ = writeln!(text, "[[flow]]\nid = \"f\"\nentry = \"c0\"\nrate = \"1/s\"\ncalls = [{}]", calls.join(","));
    let (review, _, _) = parse(&text);
    let start = Instant::now();
    let graph = SystemGraph::new(&review);
    let found = compute(&review, &graph, 1.0);
    let took = start.elapsed();
    assert_eq!(found.resources.len(), 2 * count - 1);
    // The first holds its worker for all 10,000: 10 ms.
    assert_near(resource(&found, "c0", ResourceKind::Workers).holding_time.unwrap().likely, 0.01);
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn two_to_the_fortieth_visits_are_one_figure() {
    let mut text = String::from("format = 1\n");
    let mut calls = Vec::new();
    for level in 0..40 {
        let _ = writeln!(text, "[[component]]\nid = \"n{level}\"");
        for side in ["l", "r"] {
            let _ = writeln!(text, "[[component]]\nid = \"{side}{level}\"");
            calls.push(format!("{{ from = \"n{level}\", to = \"{side}{level}\" }}"));
            calls.push(format!("{{ from = \"{side}{level}\", to = \"n{}\" }}", level + 1));
        }
    }
    let _ = writeln!(text, "[[component]]\nid = \"n40\"\nworkers = 1000\nservice_time = \"1ns\"");
    let _ = writeln!(text, "[[flow]]\nid = \"f\"\nentry = \"n0\"\nrate = \"1/s\"\ncalls = [{}]", calls.join(","));
    let found = capacity(&text);
    assert_near(resource(&found, "n40", ResourceKind::Workers).utilisation.likely, 2f64.powi(40) * 1e-9 / 1000.0);
    assert_near(found.flows[0].time_without_queueing.unwrap().likely, 2f64.powi(40) * 1e-9);
}

/// A flow over a chain with fan-out, with the given rate, replicas and count.
fn chain(rate: u32, replicas: u32, workers: u32, count: u32, times: [u32; 3]) -> String {
    format!(
        r#"format = 1
[[component]]
id = "a"
replicas = {replicas}
workers = {workers}
service_time = "{}us"
[[component]]
id = "b"
replicas = {replicas}
workers = {workers}
cores = 2
service_time = "{}us"
[[component]]
id = "c"
kind = "database"
replicas = {replicas}
workers = {workers}
service_time = "{}us"
[[dependency]]
from = "a"
to = "b"
network = "1ms"
pool = {{ size = 7 }}
[[dependency]]
from = "b"
to = "c"
network = "2ms"
[[flow]]
id = "f"
entry = "a"
rate = "{rate}/s"
calls = [ {{ from = "a", to = "b", probability = 0.5 }}, {{ from = "b", to = "c", count = {count} }} ]
"#,
        times[0], times[1], times[2]
    )
}

proptest! {
    #[test]
    fn the_figures_obey_the_laws_they_come_from(
        rate in 1u32..5000,
        replicas in 1u32..20,
        workers in 1u32..200,
        count in 0u32..6,
        times in prop::array::uniform3(1u32..500_000),
        load in 0.1f64..10.0,
    ) {
        let today = capacity(&chain(rate, replicas, workers, count, times));
        let more = capacity_at(&chain(rate, replicas, workers, count, times), load);
        let doubled = capacity(&chain(rate, 2 * replicas, workers, count, times));
        for resource in &today.resources {
            // Full at 1 ÷ utilisation.
            if resource.utilisation.likely > 0.0 {
                prop_assert!(near(resource.saturates_at.likely * resource.utilisation.likely, 1.0));
            }
            // Little's law: busy slots = arrival × holding.
            if let Some(holding) = resource.holding_time {
                let busy = resource.arrival_rate.likely * holding.likely;
                prop_assert!(near(busy, resource.utilisation.likely * resource.capacity.likely));
            }
            let parts = resource.own_work + resource.waiting_for.iter().map(|(_, share)| share).sum::<f64>();
            prop_assert!(near(parts, resource.utilisation.likely));
            // Twice the replicas, half the utilisation.
            let twin = doubled.resources.iter().find(|r| r.element == resource.element && r.kind == resource.kind).unwrap();
            prop_assert!(near(twin.utilisation.likely * 2.0, resource.utilisation.likely));
            let loaded = more.resources.iter().find(|r| r.element == resource.element && r.kind == resource.kind).unwrap();
            prop_assert!(near(loaded.utilisation.likely, load * resource.utilisation.likely));
        }
        // Sooner first, and longer work never saturates later.
        for pair in today.saturations.windows(2) {
            prop_assert!(pair[0].at_load.likely <= pair[1].at_load.likely);
        }
        let slower = capacity(&chain(rate, replicas, workers, count, [times[0], times[1], times[2] + 1000]));
        prop_assert!(slower.saturations[0].at_load.likely <= today.saturations[0].at_load.likely * (1.0 + 1e-9));
    }
}

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
