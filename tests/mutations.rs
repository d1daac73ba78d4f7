//! The reference design, with one thing wrong at a time.
//!
//! A linter is trusted when it is silent about what is good, and says one thing about one flaw. Each row is one edit of
//! `examples/reference`; its findings of high and medium severity are exactly those of the row.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the steps that tests share stop at the first surprise"
)]

use kneepoint::analysis::{Analysis, Settings, analyze};
use kneepoint::assets::EXAMPLES;
use kneepoint::document::Document;
use kneepoint::model::{EntityKind, EntityRef, Evidence};
use kneepoint::rules::Severity;
use std::collections::BTreeSet;
use std::fmt::Write as _;

fn reference() -> &'static str {
    EXAMPLES.iter().find(|example| example.path.contains("/reference/")).expect("the example is embedded").text
}

fn analysed(document: &Document) -> Analysis {
    let day = document.review().head.date.expect("it has a date");
    analyze(document.review(), &Evidence::default(), &Settings::new(day))
}

/// The findings that a reader would stop at.
fn grave(analysis: &Analysis) -> BTreeSet<String> {
    let grave = analysis.findings.iter().filter(|finding| finding.severity >= Severity::Medium);
    grave.map(|finding| finding.id.clone()).collect()
}

/// The entity that an element's text names: a component, `a -> b`, `flow book`, `slo …`, `test book`, `table`.
fn entity(document: &Document, name: &str) -> EntityRef {
    let review = document.review();
    let place = |kind, position: Option<usize>| {
        EntityRef::new(kind, position.unwrap_or_else(|| panic!("there is no {name} in the reference design")))
    };
    if let Some((from, to)) = name.split_once(" -> ").filter(|_| !name.starts_with("failure ")) {
        let same = |d: &kneepoint::model::Dependency| d.from() == from && d.to() == to;
        return place(EntityKind::Dependency, review.dependencies.iter().position(same));
    }
    match name.split_once(' ') {
        Some(("flow", id)) => place(EntityKind::Flow, review.flows.iter().position(|flow| flow.id() == id)),
        Some(("slo", id)) => place(EntityKind::Slo, review.slos.iter().position(|slo| slo.id() == id)),
        Some(("test", id)) => place(
            EntityKind::LoadTest,
            review.load_tests.iter().position(|test| test.flow.as_ref().is_some_and(|flow| flow.as_str() == id)),
        ),
        Some(("failure", rest)) => {
            let (when, at) = rest.split_once(' ').expect("failure WHEN AT");
            let same = |f: &kneepoint::model::Failure| f.at() == at && f.when.is_some_and(|mode| mode.word() == when);
            place(EntityKind::Failure, review.failures.iter().position(same))
        }
        Some(("decision", id)) => place(EntityKind::Decision, review.decisions.iter().position(|d| d.id() == id)),
        _ if name == "growth" => EntityRef::only(EntityKind::Growth),
        _ => place(EntityKind::Component, review.components.iter().position(|component| component.id() == name)),
    }
}

/// One edit.
enum Edit {
    /// A key gets another value.
    Set(&'static str, &'static str, &'static str),
    /// A key goes.
    Unset(&'static str, &'static str),
    /// An entity goes.
    Remove(&'static str),
    /// An entity comes.
    Add(EntityKind, &'static [(&'static str, &'static str)]),
}
use Edit::{Add, Remove, Set, Unset};

fn apply(document: &mut Document, edit: &Edit) {
    let keys = |key: &'static str| key.split('.').collect::<Vec<_>>();
    match edit {
        Set(name, key, value) => document.set(entity(document, name), &keys(key), value).unwrap(),
        Unset(name, key) => document.unset(entity(document, name), &keys(key)).unwrap(),
        Remove(name) => document.remove(entity(document, name)).unwrap(),
        Add(kind, fields) => drop(document.add(*kind, fields).unwrap()),
    }
}

/// Flaws, and the ids of what they bring.
const FLAWS: &[(Edit, &[&str])] = &[
    // Targets and growth
    (Remove("slo book-latency"), &["KP101@book"]),
    (Remove("slo browse-availability"), &["KP101@browse"]),
    (Unset("slo book-latency", "threshold"), &["KP102@book-latency"]),
    (Set("slo search-latency", "objective", "50"), &["KP102@search-latency"]),
    (Unset("growth", "traffic"), &["KP104@review"]),
    (Unset("growth", "horizon"), &["KP104@review"]),
    (Set("slo book-availability", "objective", "99.99"), &["KP105@book"]),
    (Set("bookings-db", "availability", "99.5"), &["KP105@book"]),
    (Set("waf", "availability", "99.7"), &["KP105@book", "KP105@search", "KP105@sign-in"]),
    (Set("slo search-latency", "threshold", "12ms"), &["KP106@search"]),
    (Set("slo book-latency", "threshold", "1.3s"), &["KP107@book:cdn->…->payments"]),
    // Flows
    (Unset("booking-api -> payments", "timeout"), &["KP203@booking-api->payments"]),
    (Unset("gateway -> events-api", "timeout"), &["KP203@gateway->events-api"]),
    (Set("gateway -> booking-api", "timeout", "800ms"), &["KP204@gateway->booking-api"]),
    (Set("events-api -> events-db", "timeout", "400ms"), &["KP204@gateway->events-api"]),
    (Unset("ticket-worker", "workers"), &["KP205@ticket-worker"]),
    (Set("booking-api", "stateless", "false"), &["KP209@booking-api"]),
    (Set("booking-api -> payments", "criticality", "soft"), &["KP206@booking-api->payments"]),
    (
        Set("flow book", "calls.3.count", "30"),
        &["KP204@gateway->booking-api", "KP210@booking-api->bookings-db", "KP422@gateway"],
    ),
    // Data
    (Set("bookings-db", "data.global_counters", "true"), &["KP302@bookings-db"]),
    (Set("events-cache", "cache.invalidation", "none"), &["KP303@events-cache"]),
    (Set("gateway", "rate_limit", "6k/s"), &["KP305@cdn"]),
    (Set("bookings-db", "data.max_connections", "150"), &["KP307@bookings-db"]),
    (Set("gateway", "zones", "1"), &["KP309@gateway"]),
    (Set("bookings-db", "data.size_limit", "200GB"), &["KP310@bookings-db"]),
    (
        Set(
            "ticket-jobs",
            "broker",
            r#"{ dead_letter = true, visibility_timeout = "2m", max_attempts = 5, lag_visible = true }"#,
        ),
        &["KP312@ticket-jobs"],
    ),
    (Set("ticket-jobs", "broker.dead_letter", "false"), &["KP313@ticket-jobs"]),
    (Set("ticket-jobs", "broker.visibility_timeout", "100ms"), &["KP314@ticket-jobs"]),
    (Set("booking-events", "broker.replay", "false"), &["KP315@booking-events"]),
    (Set("booking-events", "broker.partitions", "2"), &["KP316@booking-events->projector"]),
    (Unset("booking-api -> booking-events", "outbox"), &["KP317@booking-api->booking-events"]),
    (Set("payments", "rate_limit", "200/s"), &["KP318@payments"]),
    (Set("mail", "rate_limit", "80/s"), &["KP318@mail"]),
    // Failure
    (Set("events-api -> events-db", "retry.jitter", "false"), &["KP401@events-api->events-db"]),
    (Set("events-api -> events-db", "retry.backoff", "none"), &["KP401@events-api->events-db"]),
    (Set("ticket-worker -> mail", "idempotency", "none"), &["KP402@ticket-worker->mail"]),
    (Unset("booking-api -> payments", "breaker"), &["KP207@booking-api->payments"]),
    (Set("booking-api", "workers", "10"), &["KP405@booking-api->payments"]),
    (Unset("bookings-db", "recovery"), &["KP411@bookings-db"]),
    (Set("bookings-db", "recovery.last_drill", "2025-01-15"), &["KP412@bookings-db"]),
    (Set("bookings-db", "recovery.writers", "multi"), &["KP413@bookings-db"]),
    (Set("search-index", "data.replication_lag", "2h"), &["KP414@search-index"]),
    (Set("bookings-db", "recovery.rto", "6h"), &["KP415@bookings-db"]),
    (Remove("failure down booking-api -> payments"), &["KP416@booking-api->payments"]),
    // Operate
    (Set("booking-api", "signals", "metrics, logs"), &["KP501@booking-api"]),
    (Unset("booking-api", "owner"), &["KP504@booking-api"]),
    (Remove("test book"), &["KP507@book"]),
    (Set("test book", "date", "2025-02-01"), &["KP507@book"]),
    // Capacity
    (Set("booking-api -> payments", "pool.size", "2"), &["KP601@booking-api->payments"]),
    (Set("growth", "cost.monthly_budget", "2000"), &["KP605@review"]),
    (Set("bookings-db", "service_time", "60ms"), &["KP602@bookings-db"]),
    (
        Set("ticket-worker -> mail", "pool.size", "1"),
        &["KP503@ticket-worker->mail", "KP606@ticket-jobs->ticket-worker"],
    ),
    (Set("booking-events", "broker.retention", "1h"), &["KP327@booking-events"]),
    (Set("cdn", "rate_limit", "1.8k/s"), &["KP318@cdn"]),
    (Set("tickets-store", "data.size_limit", "11TB"), &["KP310@tickets-store"]),
    (Set("flow book", "payload", "8MiB"), &["KP214@book"]),
    (Set("events-cache", "cache.pattern", "write-behind"), &["KP322@events-cache"]),
    (Set("events-db", "data.replication", "none"), &["KP420@events-db"]),
    (
        Set(
            "booking-api -> bookings-db",
            "retry",
            "{ attempts = 4, backoff = \"exponential\", base = \"10ms\", cap = \"50ms\", jitter = true }",
        ),
        &["KP204@gateway->booking-api", "KP403@book:cdn->…->bookings-db"],
    ),
    // The review
    // More of the same, elsewhere
    (Unset("search-api -> search-index", "timeout"), &["KP203@search-api->search-index"]),
    (Set("bookings-db", "data.size", "1.9TB"), &["KP310@bookings-db"]),
    (Set("booking-events", "broker.schema", "none"), &["KP315@booking-events"]),
    (Set("booking-events", "broker.lag_visible", "false"), &["KP315@booking-events"]),
    (Unset("accounts-db", "recovery"), &["KP411@accounts-db"]),
    (Set("waf", "zones", "1"), &["KP309@waf"]),
    (Set("accounts-db", "recovery.last_drill", "2025-02-03"), &["KP412@accounts-db"]),
];

/// Edits that change something and break nothing.
const HARMLESS: &[Edit] = &[
    Set("booking-events -> projector", "operation", "poll"),
    Set("bookings-db", "data.hottest_key_share", "0.9"),
    Set("growth", "ramp", "1s"),
    Unset("gateway", "queue"),
    Set("payments", "regions", "us-east-1"),
    Unset("booking-api", "alerts"),
    Set("ticket-worker", "autoscale.max", "4"),
    Set("ticket-worker", "workers", "2"),
    Set("events-api", "autoscale.reaction", "20m"),
    Set("warehouse", "owner", "team-data-2"),
    Set("search-index", "zones", "1"),
    Unset("gateway", "rate_limit"),
    Unset("payments", "availability"),
    Set("booking-api", "deploys_with", "x"),
    Set("accounts-api -> accounts-db", "on_failure", "degrade"),
    Set("flow book", "entry", "gateway"),
    Add(
        EntityKind::Triage,
        &[("finding", "KP203@booking-api->payment"), ("status", "accepted"), ("reason", "contract")],
    ),
    Add(EntityKind::Action, &[("id", "a1"), ("title", "add a breaker"), ("due", "2026-10-01"), ("status", "open")]),
];

#[test]
fn the_reference_design_has_nothing_grave() {
    let document = Document::new(reference().to_owned());
    let analysis = analysed(&document);
    assert!(document.problems().is_empty() && analysis.problems.is_empty());
    assert_eq!(grave(&analysis), BTreeSet::new());
    assert_eq!(analysis.cannot_tell, Vec::new());
}

#[test]
fn one_flaw_brings_its_finding_and_no_other() {
    assert!(FLAWS.len() >= 60);
    let mut wrong = String::new();
    let harmless = HARMLESS.iter().map(|edit| (edit, &[][..]));
    for (edit, expected) in FLAWS.iter().map(|(edit, expected)| (edit, *expected)).chain(harmless) {
        let mut document = Document::new(reference().to_owned());
        apply(&mut document, edit);
        let expected: BTreeSet<String> = expected.iter().map(|id| (*id).to_owned()).collect();
        let analysis = analysed(&document);
        let found = grave(&analysis);
        if found != expected {
            let name = match edit {
                Set(name, key, value) => format!("{name}: {key} = {value}"),
                Unset(name, key) => format!("{name}: no {key}"),
                Remove(name) => format!("no {name}"),
                Add(kind, fields) => format!("new {}: {fields:?}", kind.called()),
            };
            writeln!(wrong, "{name}\n  expected {expected:?}").unwrap();
            let silent = |code: &str| code == "KP903";
            for finding in analysis.findings.iter().filter(|finding| !silent(finding.code)) {
                writeln!(wrong, "  {} {}: {}", finding.severity.word(), finding.id, finding.message).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
