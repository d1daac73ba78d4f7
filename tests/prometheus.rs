//! The client and the dialects against a real Prometheus (Debian package `prometheus`) over recorded data, at fixed times.
//!
//! Where the package is absent the test says so and passes, unless the environment variable `CI` is set.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use kneepoint::metrics::{
    Answer, Client, Connection, EvidenceFile, EvidenceRecord, EvidenceState, Failure, MetricsEvent, Place, Poller,
    Query, Settings, Source, Unit, dialect,
};
use tempfile::TempDir;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/metrics/retry-storm-trimmed.om.gz");
/// Near the ends of the steps of 200, 300 and 400 requests a second.
const AT_200: f64 = 1_795_458_768.0;
const AT_300: f64 = 1_795_458_790.0;
const AT_400: f64 = 1_795_458_836.0;

/// A running server over the fixture; it is killed when this goes, also by a panic.
struct Prometheus {
    child: Child,
    url: String,
    _directory: Rc<TempDir>,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    /// `None` where a program that is needed is not installed.
    fn start() -> Option<Self> {
        for program in ["prometheus", "promtool", "gzip"] {
            let probe = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            if probe.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
                assert!(std::env::var_os("CI").is_none(), "{program} is not installed, and CI must not skip this test");
                // Past the capture of the test harness, so that it is seen.
                let _ = writeln!(
                    std::io::stderr(),
                    "skipped: tests/prometheus.rs needs {program} (apt-get install prometheus)"
                );
                return None;
            }
        }
        let directory = Rc::new(tempfile::tempdir().unwrap());
        let at = |name: &str| directory.path().join(name);
        let unpacked = Command::new("gzip").args(["-dc", FIXTURE]).output().unwrap();
        assert!(unpacked.status.success());
        std::fs::write(at("in.om"), unpacked.stdout).unwrap();
        std::fs::write(at("prometheus.yml"), "global: {}\n").unwrap();
        let blocks = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([at("in.om"), at("data")])
            .output()
            .unwrap();
        assert!(blocks.status.success(), "{}", String::from_utf8_lossy(&blocks.stderr));
        // Between finding a free port and using it somebody else may take it.
        for _ in 0..3 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(prometheus) = Self::listen(&directory, port) {
                return Some(prometheus);
            }
        }
        panic!("prometheus did not start: {}", std::fs::read_to_string(at("log")).unwrap_or_default());
    }

    fn listen(directory: &Rc<TempDir>, port: u16) -> Option<Self> {
        let log = std::fs::File::create(directory.path().join("log")).unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", directory.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", directory.path().join("data").display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(["--web.external-url=/deep/prefix", "--log.level=warn"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let url = format!("http://127.0.0.1:{port}/deep/prefix/");
        let mut prometheus = Self { child, url, _directory: Rc::clone(directory) };
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline && prometheus.child.try_wait().unwrap().is_none() {
            if is_ready(port) {
                return Some(prometheus);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    fn client(&self) -> Client {
        Client::new(Source::new(&self.url), Settings::default())
    }

    fn ask(&self, query: &str, at: f64) -> Answer {
        self.client().ask_all(&[Query::new("q", query)], Some(at)).0.remove(0).1
    }
}

fn is_ready(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let _ = stream.write_all(b"GET /deep/prefix/-/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.starts_with("HTTP/1.1 200")
}

fn near(answer: &Answer, expected: f64) {
    let number = answer.number().unwrap_or_else(|| panic!("{answer:?} instead of {expected}"));
    assert!((number - expected).abs() <= expected.abs() * 0.06, "{number} instead of {expected}");
}

/// The query of the dialect over a window that fits the short steps of the recording.
fn of(signal: &str, place: Place, service: &str) -> String {
    dialect("opentelemetry").unwrap().query(signal, place).unwrap().text(service, "14s")
}

#[test]
fn a_real_server_over_recorded_data() {
    let started = Instant::now();
    let Some(prometheus) = Prometheus::start() else { return };
    states(&prometheus);
    overload(&prometheus);
    names_are_only_names(&prometheus);
    background(&prometheus);
    evidence(&prometheus);
    let mut prometheus = prometheus;
    prometheus.child.kill().unwrap();
    prometheus.child.wait().unwrap();
    let gone = prometheus.ask("up", AT_300);
    assert_eq!(gone.failure(), Some(&Failure::ConnectionRefused));
    assert!(started.elapsed() < Duration::from_secs(30));
}

/// Value, zero, no series, NaN, infinity, several series, shapes, mistakes: each its own state.
fn states(prometheus: &Prometheus) {
    let rate = prometheus.ask(&of("rate", Place::Component, "gateway"), AT_200);
    near(&rate, 201.25);
    assert!((rate.at().unwrap() - AT_200).abs() < 1e-3);
    let idle = prometheus.ask(&of("rate", Place::Component, "idle"), AT_200);
    assert!(matches!(&idle, Answer::Zero(_)) && idle.short(Unit::PerSecond) == "0/s", "{idle:?}");
    let healthy = prometheus.ask(&of("errors", Place::Component, "gateway"), AT_200);
    assert!(matches!(healthy, Answer::Zero(_)), "no error series yet, and traffic: {healthy:?}");
    assert!(matches!(prometheus.ask(&of("errors", Place::Component, "idle"), AT_200), Answer::NotANumber { .. }));
    for signal in ["rate", "errors", "p99", "in-flight"] {
        let gone = prometheus.ask(&of(signal, Place::Component, "no-such-service"), AT_200);
        assert_eq!(gone, Answer::NoSeries, "{signal}");
    }
    let before = prometheus.ask(&of("rate", Place::Component, "gateway"), AT_200 - 86_400.0);
    assert_eq!(before, Answer::NoSeries);
    assert!(matches!(prometheus.ask("vector(1) / 0", AT_200), Answer::Infinite { negative: false, .. }));
    assert_eq!(prometheus.ask("1e6 * 2", AT_200.floor() + 0.125).number(), Some(2e6));

    let series = prometheus.ask("http_server_request_duration_seconds_count", AT_200);
    assert!(matches!(&series, Answer::Series { count: 3.., .. }), "{series:?}");
    let shapes = [("http_server_request_duration_seconds_count[14s]", "range"), ("\"text\"", "text")];
    for (query, shape) in shapes {
        let answer = prometheus.ask(query, AT_200);
        assert!(
            matches!(answer.failure(), Some(Failure::NotOneNumber { shape: found }) if found.contains(shape)),
            "{answer:?}"
        );
    }
    let mistake = prometheus.ask("sum(rate(x[5m])\n  by", AT_200);
    let Some(Failure::BadQuery { message, position }) = mistake.failure() else { panic!("{mistake:?}") };
    assert!(
        message.contains("parse error") && position.is_some_and(|at| at.line >= 1 && at.column >= 1),
        "{mistake:?}"
    );
    let Some(Failure::BadQuery { position, .. }) = prometheus.ask("up )", AT_200).failure().cloned() else { panic!() };
    // At the stray bracket or just behind it, depending on the version.
    assert!(position.is_some_and(|at| at.line == 1 && (4..=5).contains(&at.column)), "{position:?}");
    let ambiguous = prometheus.ask(
        "http_server_request_duration_seconds_count / on(job) http_server_request_duration_seconds_bucket",
        AT_200,
    );
    assert!(matches!(ambiguous.failure(), Some(Failure::BadQuery { position: None, .. })), "{ambiguous:?}");
    // Longer than a proxy lets a GET be: it goes by POST.
    let long = format!("up{{instance=~\"{}\"}}", "a|".repeat(20_000));
    assert_eq!(prometheus.ask(&long, AT_200), Answer::NoSeries);
    // The address without its prefix is a server, but no Prometheus.
    let wrong = prometheus.url.replace("/deep/prefix/", "/other");
    let answer =
        Client::new(Source::new(wrong), Settings::default()).ask_all(&[Query::new("q", "up")], None).0.remove(0).1;
    assert_eq!(answer.failure(), Some(&Failure::NotFound));
}

/// The dialect sees the overload coming and arriving.
fn overload(prometheus: &Prometheus) {
    let table = dialect("opentelemetry").unwrap();
    let queries: Vec<Query> =
        table.queries.iter().map(|query| Query::new(query.signal, query.text("orders", "14s"))).collect();
    let (answers, connection) = prometheus.client().ask_all(&queries, Some(AT_300));
    assert!(
        matches!(&connection, Connection::Ok { version: Some(version), .. } if version.contains('.')),
        "{connection:?}"
    );
    for (signal, answer) in &answers {
        assert!(answer.number().is_some(), "{signal}: {answer:?}");
    }
    for (at, share, busy) in [(AT_200, 0.046, 0.146), (AT_300, 0.514, 0.220), (AT_400, 0.932, 0.741)] {
        near(&prometheus.ask(&of("pool-wait-share", Place::Pool, "orders"), at), share);
        near(&prometheus.ask(&of("busy", Place::Pool, "orders"), at), busy);
    }
    let errors = prometheus.ask(&of("errors", Place::Component, "gateway"), AT_400).number().unwrap();
    assert!(errors > 0.5, "{errors}");
    let p99 = prometheus.ask(&of("p99", Place::Component, "gateway"), AT_200).number().unwrap();
    assert!(p99 > 0.0 && p99 < 0.1, "{p99}");
}

/// No name of a service changes the query that it is put into.
fn names_are_only_names(prometheus: &Prometheus) {
    for name in [
        "a\"} or vector(1) #",
        "\\",
        "\\\"",
        "x\ny",
        "(((",
        "[",
        "gateway|orders",
        ".*",
        "é\u{1b}[2J",
        "$service$window",
        "",
    ] {
        let answer = prometheus.ask(&of("rate", Place::Component, name), AT_200);
        assert_eq!(answer, Answer::NoSeries, "{name:?}");
    }
}

fn background(prometheus: &Prometheus) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (sender, events) = mpsc::channel();
    let queries = vec![
        Query::new("rate", of("rate", Place::Component, "gateway")),
        Query::new("bad", "sum("),
        Query::new("none", "no_such_metric"),
    ];
    let ticket = Poller::start_with(runtime.handle(), prometheus.client(), queries, Some(AT_300), 3, move |event| {
        let _ = sender.send(event);
    });
    let mut connection = Connection::Idle;
    let mut answers = Vec::new();
    while let Ok(event) = events.recv_timeout(Duration::from_secs(10)) {
        connection.follow(&event);
        if let MetricsEvent::Answered { id, answer, .. } = event {
            answers.push((id, answer));
        }
    }
    answers.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(matches!(answers[0].1.failure(), Some(Failure::BadQuery { .. })) && answers[1].1 == Answer::NoSeries);
    near(&answers[2].1, 294.4);
    assert!(matches!(connection, Connection::Ok { version: Some(_), .. }), "{connection:?}");
    let patience = Instant::now() + Duration::from_secs(2);
    while !ticket.is_over() {
        assert!(Instant::now() < patience, "the run is finished and does not say so");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn evidence(prometheus: &Prometheus) {
    let mut file = EvidenceFile::default();
    for (element, signal, service) in [
        ("gateway", "rate", "gateway"),
        ("gateway", "errors", "gateway"),
        ("idle", "errors", "idle"),
        ("gone", "rate", "gone"),
    ] {
        let query = of(signal, Place::Component, service);
        let answer = prometheus.ask(&query, AT_200);
        file.record(EvidenceRecord::of(element, signal, &query, AT_200, &answer, &prometheus.url, 1.8e9)).unwrap();
    }
    let (read, problems) = EvidenceFile::from_text(&file.to_text());
    assert!(problems.is_empty() && read == file, "{problems:?}");
    let state = |element, signal| read.latest(element, signal).map(|record| (record.state, record.value.is_some()));
    assert_eq!(state("gateway", "rate"), Some((EvidenceState::Value, true)));
    assert_eq!(state("gateway", "errors"), Some((EvidenceState::Zero, true)));
    assert_eq!(state("idle", "errors"), Some((EvidenceState::NotANumber, false)));
    assert_eq!(state("gone", "rate"), Some((EvidenceState::NoSeries, false)));
}
