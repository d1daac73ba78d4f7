//! Servers that refuse, lie, babble, hang and attack: for each the client says which it is, in time, and nothing leaks.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use kneepoint::metrics::{
    Answer, Client, Connection, Failure, HeaderValueSource, MetricsEvent, Poller, Position, Query, Settings, Source,
    Unit,
};

/// A request as a server saw it.
#[derive(Debug, Clone)]
struct Request {
    method: String,
    target: String,
    head: String,
    body: String,
}

/// A server on a port of its own that answers each connection once, as told.
struct Server {
    url: String,
    seen: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
}

impl Server {
    fn start(answer: impl Fn(&Request, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (log, stopped, answer) = (Arc::clone(&seen), Arc::clone(&stop), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let Some(request) = read_request(&mut stream) else { return };
                    if request.target.ends_with("/buildinfo") {
                        let _ = stream.write_all(http("404 Not Found", "text/plain", "404 page not found").as_bytes());
                        return;
                    }
                    log.lock().unwrap().push(request.clone());
                    answer(&request, &mut stream);
                });
            }
        });
        Self { url, seen, stop }
    }

    /// A server that gives the same answer to everything.
    fn saying(response: impl Into<Vec<u8>>) -> Self {
        let response = response.into();
        Self::start(move |_, stream| {
            let _ = stream.write_all(&response);
        })
    }

    fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    fn ask(&self) -> Answer {
        ask(Source::new(&self.url), quick())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn read_request(stream: &mut TcpStream) -> Option<Request> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            if bytes.len() - end - 4 >= length.unwrap_or(0) {
                let mut words = head.split(' ');
                let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
                return Some(Request {
                    method,
                    target,
                    body: String::from_utf8_lossy(&bytes[end + 4..]).into_owned(),
                    head,
                });
            }
        }
        match stream.read(&mut buffer).ok()? {
            0 => return None,
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

fn http(status: &str, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn json(body: &str) -> String {
    http("200 OK", "application/json", body)
}

fn vector(result: &str) -> String {
    json(&format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{result}]}}}}"#))
}

fn quick() -> Settings {
    Settings { connect_timeout: Duration::from_secs(1), total_timeout: Duration::from_secs(3), ..Settings::default() }
}

fn ask(source: Source, settings: Settings) -> Answer {
    let client = Client::new(source, settings);
    let (answers, _) = client.ask_all(&[Query::new("q", "up")], Some(1_795_458_729.867));
    let [(id, answer)] = <[_; 1]>::try_from(answers).unwrap();
    assert_eq!(id, "q");
    answer
}

fn failure(answer: &Answer) -> &Failure {
    let failure = answer.failure().unwrap_or_else(|| panic!("{answer:?} is not a failure"));
    assert_eq!(answer.number(), None);
    for text in [failure.short(), failure.sentence(), failure.hint().to_owned()] {
        assert!(!text.is_empty() && text.chars().all(|character| !character.is_control()), "{text:?}");
    }
    assert!(failure.sentence().ends_with(['.', '…']) && failure.short().chars().count() <= 24, "{failure:?}");
    failure
}

#[test]
fn a_refused_connection_is_called_that_and_soon() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let started = Instant::now();
    let answer = ask(Source::new(format!("http://{address}")), quick());
    assert_eq!(failure(&answer), &Failure::ConnectionRefused);
    assert_eq!(answer.short(Unit::PerSecond), "refused");
    // Two more attempts with jitter, 600 ms at most.
    assert!(started.elapsed() >= Duration::from_millis(300) && started.elapsed() < Duration::from_secs(2));
}

#[test]
fn unknown_hosts_and_bad_addresses_are_told_apart() {
    let unknown = ask(Source::new("http://no-such-host.invalid:9090"), quick());
    // Behind a proxy the name is the proxy's to resolve, and what it says about it is its own.
    let proxied =
        ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"].iter().any(|name| std::env::var_os(name).is_some());
    let named = matches!(failure(&unknown), Failure::NameNotFound | Failure::TimedOut { .. });
    assert!(named || proxied, "{unknown:?}");
    assert!(matches!(failure(&ask(Source::new("localhost:9090"), quick())), Failure::BadAddress { .. }));
}

#[test]
fn missing_credentials_are_not_tried_again() {
    let server = Server::saying(http("401 Unauthorized", "text/plain", "Unauthorized"));
    let answer = server.ask();
    assert_eq!((failure(&answer), answer.short(Unit::Plain).as_str()), (&Failure::Unauthorised, "401"));
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_gateway_that_allows_only_get_is_asked_by_get_from_then_on() {
    for status in ["403 Forbidden", "405 Method Not Allowed"] {
        let server = Server::start(move |request, stream| {
            let response = if request.method == "POST" {
                http(status, "text/html", "<h1>no</h1>")
            } else {
                vector(r#"{"metric":{},"value":[1.5,"2"]}"#)
            };
            let _ = stream.write_all(response.as_bytes());
        });
        let client = Client::new(Source::new(format!("{}/prefix/", server.url)), quick());
        let query = Query::new("q", "sum(rate(x{a=\"é&\"}[5m])) + 1");
        for _ in 0..2 {
            let (answers, connection) = client.ask_all(std::slice::from_ref(&query), Some(1e9));
            assert_eq!(answers[0].1.number(), Some(2.0));
            assert!(matches!(connection, Connection::Ok { version: None, .. }), "{connection:?}");
        }
        let seen = server.seen();
        assert_eq!(seen.iter().map(|request| request.method.as_str()).collect::<Vec<_>>(), ["POST", "GET", "GET"]);
        let form =
            "query=sum%28rate%28x%7Ba%3D%22%C3%A9%26%22%7D%5B5m%5D%29%29%20%2B%201&timeout=3.000&time=1000000000.000";
        assert_eq!(seen[0].body, form);
        assert_eq!(seen[1].target, format!("/prefix/api/v1/query?{form}"));
    }
}

#[test]
fn a_refusal_for_post_and_get_is_forbidden() {
    let server = Server::saying(http("403 Forbidden", "text/plain", "tenant \x1b[31munknown"));
    let answer = server.ask();
    assert_eq!(failure(&answer), &Failure::Forbidden { message: "tenant \\x1b[31munknown".into() });
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_web_page_is_not_prometheus() {
    let server = Server::saying(http(
        "200 OK",
        "text/html; charset=utf-8",
        "<!doctype html><title>Sign in\x1b]0;pwned\x07</title>",
    ));
    let answer = server.ask();
    assert!(matches!(failure(&answer), Failure::NotPrometheus { content_type, .. } if content_type.contains("html")));
    assert_eq!(answer.short(Unit::PerSecond), "not Prometheus (HTML)");
    let missing = Server::saying(http("404 Not Found", "text/plain", "404 page not found")).ask();
    assert_eq!(failure(&missing), &Failure::NotFound);
    let other = Server::saying(json(r#"{"hello":"world"}"#)).ask();
    assert!(matches!(failure(&other), Failure::NotPrometheus { .. }), "{other:?}");
    let ssh = Server::saying("SSH-2.0-OpenSSH_9.2\r\n").ask();
    assert!(matches!(failure(&ssh), Failure::BrokenConnection { .. }), "{ssh:?}");
}

#[test]
fn garbage_and_truncated_answers_are_not_numbers() {
    let nested = "[".repeat(200_000);
    for body in [
        "{]",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"value\":[1,\"2\"",
        "{\"status\":NaN}",
        "\x1b[2J",
        "",
        &format!("{{\"status\":\"success\",\"data\":{{\"result\":{nested}"),
        &format!("{{\"status\":\"success\",\"unknown\":{nested}"),
    ] {
        let answer = Server::saying(json(body)).ask();
        assert!(matches!(failure(&answer), Failure::Garbage { .. }), "{answer:?}");
    }
    // The length promises more than the connection delivers.
    let whole = vector(r#"{"metric":{},"value":[1,"2"]}"#);
    let answer = Server::saying(&whole.as_bytes()[..whole.len() - 3]).ask();
    let Failure::Garbage { reason, .. } = failure(&answer) else { panic!("{answer:?}") };
    assert!(reason.contains("breaks off"), "{reason}");
    // JSON of the right outline with the wrong things inside.
    for result in [
        r#"{"metric":{}}"#,
        r#"{"metric":{},"value":[1]}"#,
        r#"{"metric":{},"value":["x","2"]}"#,
        r#"{"metric":{},"value":[1,"two"]}"#,
        "3",
        "null",
    ] {
        let answer = Server::saying(vector(result)).ask();
        assert!(
            matches!(failure(&answer), Failure::NotPrometheus { .. } | Failure::Garbage { .. }),
            "{result}: {answer:?}"
        );
    }
}

#[test]
fn warnings_without_data_never_read_as_zero() {
    let empty = r#"{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["remote_read: \u001b[31mconnection refused"]}"#;
    for body in [empty, &empty.replace(r#"{"resultType":"vector","result":[]}"#, "null")] {
        let answer = Server::saying(json(body)).ask();
        let Answer::Partial { found, warnings } = &answer else { panic!("{answer:?}") };
        assert_eq!((found.as_ref(), answer.number(), answer.partial_number()), (&Answer::NoSeries, None, None));
        assert_eq!(warnings, &["remote_read: \\x1b[31mconnection refused"]);
        assert_eq!(answer.short(Unit::PerSecond), "partial: 1 warning");
        assert!(answer.long(Unit::PerSecond).contains("does not mean zero"));
    }
}

#[test]
fn warnings_with_data_keep_both() {
    let data = r#""data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2.5"]}]}"#;
    let answer = Server::saying(json(&format!(r#"{{"warnings":["a","b"],{data},"status":"success"}}"#))).ask();
    assert_eq!((answer.number(), answer.partial_number()), (None, Some(2.5)));
    assert_eq!(answer.short(Unit::PerSecond), "partial: 2 warnings");
    let marked = Server::saying(json(&format!(r#"{{"status":"success","isPartial":true,{data}}}"#))).ask();
    assert_eq!(marked.partial_number(), Some(2.5));
    // Remarks on the query are no sign that data is missing.
    let remark = r#""warnings":["PromQL info: metric might not be a counter"],"infos":["x"]"#;
    assert_eq!(Server::saying(json(&format!(r#"{{"status":"success",{data},{remark}}}"#))).ask().number(), Some(2.5));
    let flood =
        Server::saying(json(&format!(r#"{{"status":"success",{data},"warnings":["w"{}]}}"#, ",\"w\"".repeat(5000))))
            .ask();
    let Answer::Partial { warnings, .. } = flood else { panic!("{flood:?}") };
    assert!(warnings.len() <= 21 && warnings.last().unwrap().contains("4981 more"), "{warnings:?}");
}

#[test]
fn each_shape_of_an_answer_is_told_apart() {
    let one = |value: &str| {
        Server::saying(vector(&format!(r#"{{"metric":{{"job":"a\u001b[2J"}},"value":[1.25,"{value}"]}}"#))).ask()
    };
    let Answer::Value(reading) = one("1e+06") else { panic!() };
    assert_eq!((reading.value, reading.at, reading.labels["job"].as_str()), (1e6, 1.25, "a\\x1b[2J"));
    let zero = one("0");
    assert!(matches!(&zero, Answer::Zero(_)) && zero.number() == Some(0.0) && zero.short(Unit::PerSecond) == "0/s");
    assert_eq!(one("NaN"), Answer::NotANumber { at: 1.25 });
    assert_eq!(one("+Inf"), Answer::Infinite { at: 1.25, negative: false });
    assert_eq!(one("-Inf"), Answer::Infinite { at: 1.25, negative: true });
    let none = Server::saying(vector("")).ask();
    assert_eq!((&none, none.short(Unit::PerSecond).as_str()), (&Answer::NoSeries, "no series"));
    assert_ne!(zero.long(Unit::PerSecond), none.long(Unit::PerSecond));

    let two =
        Server::saying(vector(r#"{"metric":{"a":"1"},"value":[1,"2"]},{"metric":{"a":"2"},"value":[1,"3"]}"#)).ask();
    let Answer::Series { first, count: 2 } = &two else { panic!("{two:?}") };
    assert_eq!(
        (first[0].value, first[1].value, two.number(), two.short(Unit::Plain).as_str()),
        (2.0, 3.0, None, "2 series")
    );
    let many = Server::saying(vector(&vec![r#"{"metric":{},"value":[1,"2"]}"#; 30_000].join(","))).ask();
    assert!(matches!(&many, Answer::Series { first, count: 30_000 } if first.len() == 100));

    let scalar = Server::saying(json(r#"{"status":"success","data":{"resultType":"scalar","result":[1,"4"]}}"#)).ask();
    assert_eq!(scalar.number(), Some(4.0));
    let reversed =
        Server::saying(json(r#"{"data":{"result":[1,"4"],"resultType":"scalar"},"status":"success"}"#)).ask();
    assert_eq!(reversed.number(), Some(4.0));
    for (response, shape) in [
        (
            vector(r#"{"metric":{},"histogram":[1,{"count":"5","sum":"2","buckets":[[0,"0.1","0.2","5"]]}]}"#),
            "histogram",
        ),
        (
            json(r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"]]}]}}"#),
            "range",
        ),
        (json(r#"{"status":"success","data":{"resultType":"string","result":[1,"x"]}}"#), "text"),
    ] {
        let answer = Server::saying(response).ask();
        assert!(
            matches!(failure(&answer), Failure::NotOneNumber { shape: found } if found.contains(shape)),
            "{answer:?}"
        );
    }
}

#[test]
fn errors_of_the_query_carry_its_position_and_no_escapes() {
    let error = |status: &str, kind: &str, text: &str| {
        Server::saying(http(
            status,
            "application/json",
            &format!(r#"{{"status":"error","errorType":"{kind}","error":"{text}"}}"#),
        ))
        .ask()
    };
    let parse = error(
        "400 Bad Request",
        "bad_data",
        r#"invalid parameter \"query\": 1:5: parse error: \u001b[31;1munexpected\u202e \n\"}\""#,
    );
    let Failure::BadQuery { message, position } = failure(&parse) else { panic!("{parse:?}") };
    assert_eq!(position, &Some(Position { line: 1, column: 5 }));
    assert_eq!(message, "1:5: parse error: \\x1b[31;1munexpected\\u{202e} \"}\"");
    assert_eq!(parse.short(Unit::Plain), "bad query 1:5");
    let execution = error("422 Unprocessable Entity", "execution", "many-to-many matching not allowed");
    assert!(matches!(failure(&execution), Failure::BadQuery { position: None, .. }));
    let internal = error("500 Internal Server Error", "internal", "boom");
    assert_eq!(failure(&internal), &Failure::ServerError { status: 500, message: "boom".into() });
    let endless = error("500 Internal Server Error", "internal", &"x".repeat(20_000));
    assert!(failure(&endless).sentence().chars().count() < 500);
}

#[test]
fn passing_weaknesses_are_tried_three_times_and_expensive_queries_once() {
    let busy = Server::saying(http("503 Service Unavailable", "text/html", "<html>upstream"));
    assert_eq!(failure(&busy.ask()), &Failure::ServerError { status: 503, message: String::new() });
    assert_eq!(busy.seen().len(), 3);
    let slow = Server::saying(http(
        "503 Service Unavailable",
        "application/json",
        r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#,
    ));
    assert!(
        matches!(failure(&slow.ask()), Failure::ServerError { status: 503, message } if message == "query timed out")
    );
    assert_eq!(slow.seen().len(), 1);
    let patience = Server::saying(
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    assert!(matches!(failure(&patience.ask()), Failure::ServerError { status: 429, .. }));
    assert_eq!(patience.seen().len(), 1);
    let recovers = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&recovers);
    let server = Server::start(move |_, stream| {
        let up = state.swap(true, Ordering::SeqCst);
        let response =
            if up { vector(r#"{"metric":{},"value":[1,"7"]}"#) } else { http("502 Bad Gateway", "text/plain", "") };
        let _ = stream.write_all(response.as_bytes());
    });
    assert_eq!(server.ask().number(), Some(7.0));
}

#[test]
fn an_oversized_answer_is_not_held() {
    let settings = || Settings { largest_answer: 64 * 1024, ..quick() };
    let announced =
        Server::saying("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{");
    assert_eq!(failure(&ask(Source::new(&announced.url), settings())), &Failure::TooLarge { limit: 64 * 1024 });
    let endless = Server::start(|_, stream| {
        let chunk = format!("1000\r\n{}\r\n", "[".repeat(0x1000));
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(chunk.as_bytes()).is_ok() {}
    });
    let answer = ask(Source::new(&endless.url), settings());
    assert_eq!(
        (failure(&answer), answer.short(Unit::Plain).as_str()),
        (&Failure::TooLarge { limit: 64 * 1024 }, "too large")
    );
    // A refusal without end is cut, and still a refusal.
    let refusal = Server::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\n\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    assert!(matches!(failure(&ask(Source::new(&refusal.url), settings())), Failure::ServerError { status: 500, .. }));
    let headers = Server::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-Padding: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n").is_ok() {}
    });
    assert!(answer.failure().is_some() && ask(Source::new(&headers.url), settings()).failure().is_some());
}

#[test]
fn a_hang_and_a_drip_end_with_the_total_timeout() {
    let settings = || Settings { total_timeout: Duration::from_millis(300), ..quick() };
    let hang = Server::start(|_, _| std::thread::sleep(Duration::from_secs(30)));
    let drip = Server::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    for server in [hang, drip] {
        let started = Instant::now();
        let answer = ask(Source::new(&server.url), settings());
        assert_eq!(failure(&answer), &Failure::TimedOut { after: 0.3, connecting: false });
        assert_eq!(answer.short(Unit::Plain), "timed out 300 ms");
        assert!(started.elapsed() >= Duration::from_millis(300) && started.elapsed() < Duration::from_millis(1500));
    }
}

#[test]
fn a_hung_server_is_given_up_after_a_few_queries() {
    let server = Server::start(|_, _| std::thread::sleep(Duration::from_secs(30)));
    let client =
        Client::new(Source::new(&server.url), Settings { total_timeout: Duration::from_millis(200), ..quick() });
    let queries: Vec<Query> = (0..60).map(|index| Query::new(index.to_string(), "up")).collect();
    let started = Instant::now();
    let (answers, connection) = client.ask_all(&queries, None);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(answers.iter().all(|(_, answer)| matches!(answer.failure(), Some(Failure::TimedOut { .. }))));
    assert_eq!(
        answers.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(),
        (0..60).map(|index| index.to_string()).collect::<Vec<_>>()
    );
    assert!(matches!(connection, Connection::Failed { failure: Failure::TimedOut { .. }, .. }));
    assert!(server.seen().len() <= 8, "{}", server.seen().len());
}

#[test]
fn redirects_stay_on_the_host_and_end() {
    let circle = Server::saying(
        "HTTP/1.1 302 Found\r\nLocation: /api/v1/query\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    assert!(matches!(failure(&circle.ask()), Failure::Redirected { loops: true, .. }));
    assert_eq!(circle.seen().len(), 4);

    let elsewhere = Server::saying(vector(r#"{"metric":{},"value":[1,"666"]}"#));
    let login = Server::saying(format!(
        "HTTP/1.1 302 Found\r\nLocation: {}/login?token=hunter2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        elsewhere.url.replace("http://", "http://user:hunter2@")
    ));
    let answer = ask(with_secret(&login.url), quick());
    let Failure::Redirected { to, loops: false } = failure(&answer) else { panic!("{answer:?}") };
    assert!(to.ends_with("/login") && !to.contains("hunter2") && elsewhere.seen().is_empty(), "{to}");

    let moved = Server::start(|request, stream| {
        let response = if request.target.starts_with("/prometheus") {
            vector(r#"{"metric":{},"value":[1,"7"]}"#)
        } else {
            "HTTP/1.1 301 Moved\r\nLocation: /prometheus/api/v1/query\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                .into()
        };
        let _ = stream.write_all(response.as_bytes());
    });
    assert_eq!(ask(with_secret(&moved.url), quick()).number(), Some(7.0));
    let seen = moved.seen();
    assert_eq!((seen[1].method.as_str(), seen[1].body.contains("query=up")), ("POST", true));
}

/// Cargo sets this variable for tests; its value plays the secret.
const SECRET_VARIABLE: &str = "CARGO_MANIFEST_DIR";

fn with_secret(url: &str) -> Source {
    Source::new(url).with_header("X-Scope-OrgID", HeaderValueSource::Environment(SECRET_VARIABLE.into()))
}

#[test]
fn secrets_are_sent_and_never_shown() {
    let secret = std::env::var(SECRET_VARIABLE).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "Bearer s3cr3t-t0ken\n").unwrap();
    // The server echoes all that it was sent, in its answer, its errors and its redirects.
    for status in ["200 OK", "400 Bad Request", "403 Forbidden", "500 Oops", "302 Found"] {
        let server = Server::start(move |request, stream| {
            let head = request.head.replace("\r\n", " ");
            let echo = serde_json::to_string(&head).unwrap();
            let body = format!(r#"{{"status":"error","errorType":"bad_data","error":{echo},"warnings":[{echo}]}}"#);
            let body = if status.starts_with("200") {
                format!(
                    r#"{{"status":"success","warnings":[{echo}],"data":{{"resultType":"vector","result":[{{"metric":{{"echo":{echo}}},"value":[1,"1"]}}]}}}}"#
                )
            } else {
                body
            };
            let location = if status.starts_with("302") {
                format!("Location: http://other.invalid/{head}\r\n")
            } else {
                String::new()
            };
            let length = body.len();
            let response = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{location}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            let _ = stream.write_all(response.as_bytes());
        });
        let source = with_secret(&server.url.replace("http://", "http://alice:hunt%40er2@"))
            .with_header("X-Token", HeaderValueSource::File(file.path().to_owned()));
        let client = Client::new(source, quick());
        let (answers, connection) = client.ask_all(&[Query::new("q", "up")], None);
        let head = &server.seen()[0].head;
        assert!(head.contains(&secret) && head.contains("Bearer s3cr3t-t0ken"), "{head}");
        // alice:hunt@er2
        assert!(head.contains("Basic YWxpY2U6aHVudEBlcjI="), "{head}");
        let answer = &answers[0].1;
        let shown = format!("{client:?} {connection:?} {answer:?} {} {}", answer.long(Unit::Plain), connection.long());
        for secret in [secret.as_str(), "s3cr3t", "hunt@er2", "hunt%40er2", "YWxpY2U6", "alice"] {
            assert!(!shown.contains(secret), "{status}: {secret} in {shown}");
        }
    }
}

#[test]
fn a_missing_secret_is_an_answer_and_nothing_is_sent() {
    let server = Server::saying(vector(""));
    let source =
        Source::new(&server.url).with_header("X-Scope-OrgID", HeaderValueSource::Environment("KNEEPOINT_UNSET".into()));
    let answer = ask(source, quick());
    assert!(
        matches!(failure(&answer), Failure::NoSecret { reason, .. } if reason.contains("KNEEPOINT_UNSET")),
        "{answer:?}"
    );
    assert!(server.seen().is_empty());
}

#[test]
fn https_where_only_http_is_spoken_is_a_tls_failure() {
    // One waits for a request that never comes, and the handshake does not end; the other answers in plain text.
    let server = Server::saying("HTTP/1.1 400 Bad Request\r\n\r\n");
    let answer = ask(Source::new(server.url.replace("http://", "https://")), quick());
    assert_eq!(failure(&answer), &Failure::TimedOut { after: 1.0, connecting: true });
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", plain.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in plain.incoming().take(3) {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let answer = ask(Source::new(url), quick());
    assert!(matches!(failure(&answer), Failure::Tls { .. }), "{answer:?}");
}

#[test]
fn a_poll_reports_each_answer_as_it_arrives_and_at_most_four_are_under_way() {
    let under_way = Arc::new(Mutex::new((0usize, 0usize)));
    let count = Arc::clone(&under_way);
    let server = Server::start(move |request, stream| {
        {
            let mut count = count.lock().unwrap();
            count.0 += 1;
            count.1 = count.1.max(count.0);
        }
        std::thread::sleep(Duration::from_millis(if request.body.contains("slow") { 300 } else { 20 }));
        count.lock().unwrap().0 -= 1;
        let _ = stream.write_all(vector(r#"{"metric":{},"value":[1,"7"]}"#).as_bytes());
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (sender, events) = mpsc::channel();
    let mut queries: Vec<Query> = (0..12).map(|index| Query::new(format!("fast{index}"), "up")).collect();
    queries.insert(0, Query::new("slow", "slow"));
    let started = Instant::now();
    let ticket = Poller::start(runtime.handle(), Source::new(&server.url), queries, 42, move |event| {
        sender.send(event).unwrap();
    });
    assert!(started.elapsed() < Duration::from_millis(100), "starting took {:?}", started.elapsed());
    let mut connection = Connection::Idle;
    let mut order = Vec::new();
    loop {
        let event = events.recv_timeout(Duration::from_secs(5)).unwrap();
        connection.follow(&event);
        match event {
            MetricsEvent::Started { generation, queries, at } => {
                assert!((generation, queries, order.len()) == (42, 13, 0) && at > 1.7e9);
                assert_eq!(connection.short(), "asking 0/13");
            }
            MetricsEvent::Answered { generation, id, answer, took } => {
                assert_eq!((generation, answer.number()), (42, Some(7.0)));
                assert!(took < Duration::from_secs(2));
                order.push(id);
            }
            MetricsEvent::Finished { generation, .. } => {
                assert_eq!(generation, 42);
                break;
            }
        }
    }
    assert_eq!((order.len(), order.last().map(String::as_str), connection.short().as_str()), (13, Some("slow"), "ok"));
    assert_eq!(under_way.lock().unwrap().1, 4);
    assert!(
        ticket.is_over() || {
            std::thread::sleep(Duration::from_millis(100));
            ticket.is_over()
        }
    );
}

#[test]
fn cancelling_is_immediate_and_final() {
    let (arrived, arrivals) = mpsc::channel();
    let (closed, closings) = mpsc::channel();
    let server = Server::start(move |_, stream| {
        arrived.send(()).unwrap();
        // A server that takes 30 s, and notices when the client is gone.
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        if matches!(stream.read(&mut [0; 16]), Ok(0)) {
            let _ = closed.send(());
        }
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (sender, events) = mpsc::channel();
    let ticket =
        Poller::start(runtime.handle(), Source::new(&server.url), vec![Query::new("q", "up")], 1, move |event| {
            let _ = sender.send(event);
        });
    arrivals.recv_timeout(Duration::from_secs(5)).unwrap();
    let started = Instant::now();
    ticket.cancel();
    assert!(started.elapsed() < Duration::from_millis(100), "cancelling took {:?}", started.elapsed());
    closings.recv_timeout(Duration::from_millis(500)).expect("the connection is closed");
    assert!(ticket.is_over());
    let heard: Vec<MetricsEvent> = events.try_iter().collect();
    assert!(matches!(heard.as_slice(), [MetricsEvent::Started { .. }]), "{heard:?}");
    // The sink is dropped with the run: nothing can come any more.
    assert!(matches!(events.recv_timeout(Duration::from_millis(500)), Err(mpsc::RecvTimeoutError::Disconnected)));
}

#[test]
fn nothing_is_delivered_after_a_cancel_however_the_race_goes() {
    let server = Server::saying(vector(r#"{"metric":{},"value":[1,"7"]}"#));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let client = Client::new(Source::new(&server.url), quick());
    for round in 0..30 {
        let (cancelled, late) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (watch, alarm) = (Arc::clone(&cancelled), Arc::clone(&late));
        let queries = (0..8).map(|index| Query::new(index.to_string(), "up")).collect();
        let ticket = Poller::start_with(runtime.handle(), client.clone(), queries, None, round, move |_| {
            if watch.load(Ordering::SeqCst) {
                alarm.store(true, Ordering::SeqCst);
            }
        });
        std::thread::sleep(Duration::from_micros(200 * round));
        ticket.cancel();
        cancelled.store(true, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(2));
        assert!(!late.load(Ordering::SeqCst), "an event came after the cancel of round {round}");
    }
}

#[test]
fn a_sink_may_cancel_its_own_run_and_dropping_cancels_too() {
    let server = Server::saying(vector(r#"{"metric":{},"value":[1,"7"]}"#));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let slot: Arc<Mutex<Option<kneepoint::metrics::PollTicket>>> = Arc::default();
    let (sender, events) = mpsc::channel();
    let own = Arc::clone(&slot);
    let queries = (0..8).map(|index| Query::new(index.to_string(), "up")).collect();
    let held = slot.lock().unwrap();
    let ticket = Poller::start(runtime.handle(), Source::new(&server.url), queries, 1, move |event| {
        if let Some(ticket) = own.lock().unwrap().as_ref() {
            ticket.cancel();
        }
        let _ = sender.send(event);
    });
    let mut held = held;
    *held = Some(ticket);
    drop(held);
    assert!(matches!(events.recv_timeout(Duration::from_secs(2)), Ok(MetricsEvent::Started { .. })));
    assert!(events.recv_timeout(Duration::from_millis(300)).is_err());

    let (sender, events) = mpsc::channel();
    drop(Poller::start(runtime.handle(), Source::new(&server.url), vec![Query::new("q", "up")], 1, move |event| {
        let _ = sender.send(event);
    }));
    assert!(!events.iter().any(|event| matches!(event, MetricsEvent::Finished { .. })));
}

#[test]
fn an_unused_client_costs_nothing_and_bad_times_are_refused() {
    let started = Instant::now();
    for _ in 0..1000 {
        let _ = Client::new(Source::new("https://prometheus.example"), Settings::default());
    }
    assert!(started.elapsed() < Duration::from_millis(100));
    let server = Server::saying(vector(""));
    let client = Client::new(Source::new(&server.url), quick());
    for at in [f64::NAN, f64::INFINITY, 1e300] {
        assert!(client.ask_all(&[Query::new("q", "up")], Some(at)).0[0].1.failure().is_some());
    }
    assert!(server.seen().is_empty());
    assert_eq!(client.ask_all(&[], None), (vec![], Connection::Idle));
}

#[test]
fn the_version_of_the_server_is_learnt() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = read_request(&mut stream).unwrap();
            let body = if request.target.ends_with("/buildinfo") {
                json(r#"{"status":"success","data":{"application":"Grafana Mimir\u001b","version":"2.14.0"}}"#)
            } else {
                vector("")
            };
            stream.write_all(body.as_bytes()).unwrap();
        }
    });
    let (_, connection) = Client::new(Source::new(url), quick()).ask_all(&[Query::new("q", "up")], None);
    assert_eq!(connection.short(), "ok (Grafana Mimir\\x1b 2.14.0)");
}
