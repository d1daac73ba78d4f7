//! The simulated metrics of the demo: asked by the real client, and by strangers.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the steps that tests share stop at the first surprise")]

use jiff::civil::date;
use kneepoint::analysis::{Settings, analyze};
use kneepoint::assets::EXAMPLES;
use kneepoint::document::parse;
use kneepoint::metrics::{Answer, Client, Connection, DIALECTS, EvidenceRecord, Place, Query, Source, ask_all};
use kneepoint::model::{Evidence, Review};
use kneepoint::simulated_source::{SimulatedSource, VERSION};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant, SystemTime};

fn start(text: &str) -> (Review, SimulatedSource) {
    let (review, _, _) = parse(text);
    let analysis = analyze(&review, &Evidence::default(), &Settings::new(date(2026, 11, 23)));
    let source = SimulatedSource::start(&review, &analysis.capacity).unwrap();
    (review, source)
}

fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
}

/// The answers by what was measured: `api p99`.
fn answers(review: &Review, source: &SimulatedSource) -> (HashMap<String, Answer>, Connection) {
    let queries: Vec<Query> = review
        .measures
        .iter()
        .map(|measure| {
            let name = format!("{} {}", measure.at(), measure.signal.as_deref().unwrap());
            Query::new(name, measure.query.clone().expect("every measure of an example has its query"))
        })
        .collect();
    let client = Client::new(Source::new(source.url()), kneepoint::metrics::Settings::default());
    let (answers, connection) = client.ask_all(&queries, None);
    assert_eq!(answers.len(), queries.len());
    (answers.into_iter().collect(), connection)
}

#[test]
fn every_measure_of_every_example_is_answered() {
    for example in EXAMPLES {
        let (review, source) = start(example.text);
        let (answers, connection) = answers(&review, &source);
        assert_eq!(answers.len(), review.measures.len(), "{}: two measures of one name", example.path);
        let mut kinds = [0; 3];
        for (name, answer) in &answers {
            match answer {
                Answer::Value(reading) | Answer::Zero(reading) => {
                    kinds[0] += 1;
                    assert!((now() - reading.at).abs() < 30.0, "{name}: a number of another time");
                    assert!(reading.value.is_finite() && reading.value >= 0.0, "{name}: {reading:?}");
                    assert_eq!(reading.labels["simulated_by"], "kneepoint demo");
                }
                Answer::NotANumber { .. } => kinds[1] += 1,
                Answer::NoSeries => kinds[2] += 1,
                other => panic!("{}: {name}: {other:?}", example.path),
            }
        }
        assert_eq!(kinds[1..], [1, 1], "{}: {answers:?}", example.path);
        assert!(kinds[0] >= 5, "{}: {answers:?}", example.path);
        assert!(matches!(&connection, Connection::Ok { version: Some(version), .. } if version == VERSION));
        assert!(connection.short().contains("simulated") && connection.long().contains("simulated"));
    }
}

#[test]
fn one_measure_is_a_third_above_what_is_computed_and_the_others_are_not() {
    for example in EXAMPLES {
        let (review, source) = start(example.text);
        let analysis = analyze(&review, &Evidence::default(), &Settings::new(date(2026, 11, 23)));
        let (answers, _) = answers(&review, &source);
        let mut apart = Vec::new();
        for measure in &review.measures {
            let signal = measure.signal.as_deref().unwrap();
            let element = review.element(measure.at());
            let resources = || analysis.capacity.resources.iter().filter(|r| Some(&r.element) == element.as_ref());
            let computed = match signal {
                "rate" => resources().next().map(|resource| resource.arrival_rate.likely),
                "busy" => resources().next().map(|resource| resource.utilisation.likely),
                "in-flight" => resources().find_map(|resource| {
                    let holds = ["workers", "pool"].contains(&resource.kind.word());
                    Some(resource.arrival_rate.likely * resource.holding_time.filter(|_| holds)?.likely)
                }),
                _ => None,
            };
            let measured = answers[&format!("{} {signal}", measure.at())].number();
            if let (Some(computed), Some(measured)) = (computed, measured) {
                apart.push(measured / computed);
            }
        }
        let far: Vec<&f64> = apart.iter().filter(|ratio| (**ratio - 1.0).abs() > 0.25).collect();
        assert!(far.len() == 1 && (1.25..1.45).contains(far[0]), "{}: {apart:?}", example.path);
    }
}

#[test]
fn the_queries_of_the_dialects_are_known_for_every_component_with_a_rate() {
    let (review, source) = start(EXAMPLES[0].text);
    let rate = DIALECTS[0].query("rate", Place::Component).unwrap();
    let queries: Vec<Query> = review
        .components
        .iter()
        .map(|component| Query::new(component.id(), rate.text(component.id(), "5m")))
        .chain([Query::new("nobody", rate.text("nobody", "5m")), Query::new("broken", "sum(((")])
        .collect();
    let answers: HashMap<String, Answer> = ask_all(Source::new(source.url()), &queries, None).into_iter().collect();
    let checkout = answers["checkout-api"].number().unwrap();
    assert!((checkout / 240.0 - 1.0).abs() < 0.031, "{checkout}");
    assert_eq!((&answers["nobody"], &answers["broken"]), (&Answer::NoSeries, &Answer::NoSeries));
    let known = answers.values().filter(|answer| answer.number().is_some()).count();
    assert!(known > review.components.len() / 2, "{answers:?}");
}

#[test]
fn a_recorded_number_names_its_server_as_simulated() {
    let (review, source) = start(EXAMPLES[0].text);
    let (answers, _) = answers(&review, &source);
    let answer = &answers["checkout-api rate"];
    let record = EvidenceRecord::of("checkout-api", "rate", "q", 0.0, answer, &source.url(), now());
    assert!(record.server.contains("simulated") && record.labels["simulated_by"] == "kneepoint demo", "{record:?}");
}

/// Sends bytes and reads what comes back until the connection ends.
fn raw(source: &SimulatedSource, bytes: &[u8]) -> String {
    let mut stream = connect(source);
    // A server that has refused may have closed already.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    rest(&mut stream)
}

fn connect(source: &SimulatedSource) -> TcpStream {
    let url = source.url();
    let authority = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

const BUILD: &[u8] = b"GET /simulated-by-kneepoint-demo/api/v1/status/buildinfo HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn strangers_get_a_refusal_and_the_next_one_an_answer() {
    let (_, source) = start(EXAMPLES[0].text);
    assert!(source.url().starts_with("http://127.0.0.1:"), "reachable from this machine only");
    let huge_body = [b"POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n".as_slice(), &vec![b'a'; 9_000_000]].concat();
    let huge_head = [b"GET /".as_slice(), &vec![b'a'; 200_000]].concat();
    for (bytes, wanted) in [
        (b"\x00\xff\x1b[2J\r\n\r\n".as_slice(), "HTTP/1.1 400 "),
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "),
        (b"GET /api/v1/query?query=up HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "),
        (b"PUT /simulated-by-kneepoint-demo/api/v1/query HTTP/1.1\r\n\r\n", "HTTP/1.1 405 "),
        (b"GET /simulated-by-kneepoint-demo/api/v1/query HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "),
        (b"GET / HTTP/1.1\r\nContent-Len", "HTTP/1.1 400 "),
        (&huge_head, "HTTP/1.1 431 "),
        (b"", ""),
    ] {
        let said = raw(&source, bytes);
        assert!(said.starts_with(wanted) && said.is_empty() == wanted.is_empty(), "{wanted}: {said:.200}");
    }
    // So much more than is read away that the refusal itself may be lost, but never the server.
    let said = raw(&source, &huge_body);
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 413 "), "{said:.200}");
    assert!(raw(&source, BUILD).contains(VERSION));
}

#[test]
fn slow_clients_are_given_up_and_keep_nobody_waiting() {
    let (_, source) = start(EXAMPLES[0].text);
    let mut silent = connect(&source);
    let mut slow = connect(&source);
    slow.write_all(b"GET /").unwrap();
    let started = Instant::now();
    assert!(raw(&source, BUILD).contains(VERSION));
    assert!(started.elapsed() < Duration::from_millis(1500), "an answer waited for a stranger");
    // Bytes that keep coming do not buy more time.
    while started.elapsed() < Duration::from_secs(3) && slow.write_all(b"a").is_ok() {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(rest(&mut slow).starts_with("HTTP/1.1 408 "));
    assert!(rest(&mut silent).starts_with("HTTP/1.1 408 "));
    assert!(started.elapsed() < Duration::from_secs(8));
}

#[test]
fn a_crowd_is_turned_away_and_then_forgotten() {
    let (_, source) = start(EXAMPLES[0].text);
    let crowd: Vec<TcpStream> = (0..60).map(|_| connect(&source)).collect();
    // Whoever came too late is closed at once, long before the patience with the others ends.
    let closed = crowd
        .iter()
        .filter(|stream| {
            stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
            matches!((&mut &**stream).read(&mut [0; 1]), Ok(0))
        })
        .count();
    assert!(closed >= 40, "only {closed} of 60 were turned away");
    drop(crowd);
    let until = Instant::now() + Duration::from_secs(8);
    while !raw(&source, BUILD).contains(VERSION) {
        assert!(Instant::now() < until, "the places were not given back");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_dropped_source_is_gone() {
    let (_, source) = start(EXAMPLES[0].text);
    let url = source.url();
    let authority = url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    drop(source);
    let until = Instant::now() + Duration::from_secs(5);
    while TcpStream::connect(&authority).is_ok() {
        assert!(Instant::now() < until, "it still listens");
        std::thread::sleep(Duration::from_millis(20));
    }
}
