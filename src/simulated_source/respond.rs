//! What is answered to a request: the part of the Prometheus HTTP API that a workbench asks for.
//!
//! Knows no socket and no clock.

use super::figures::{Figures, Reading};
use super::request::{Refusal, Request};
use super::{PREFIX, VERSION};
use serde_json::{Value, json};

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    /// The methods that are understood, where the one that came is not.
    pub(super) allow: Option<&'static str>,
    /// JSON.
    pub(super) body: String,
}

impl Response {
    fn of(status: u16, body: &Value) -> Self {
        Self { status, allow: None, body: body.to_string() }
    }

    fn error(status: u16, kind: &str, message: &str) -> Self {
        Self::of(status, &json!({ "status": "error", "errorType": kind, "error": message }))
    }

    /// The whole answer as it goes over the wire; the connection ends with it.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let allow = self.allow.map(|methods| format!("Allow: {methods}\r\n")).unwrap_or_default();
        format!(
            "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{allow}Connection: close\r\n\r\n{}",
            self.status,
            reason(self.status),
            self.body.len(),
            self.body
        )
        .into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Bad Request",
    }
}

/// The answer to a request, `now` in unix seconds; nothing where nobody is there to read it.
pub(super) fn respond(figures: &Figures, request: Result<Request, Refusal>, now: f64) -> Option<Response> {
    let request = match request {
        Ok(request) => request,
        Err(Refusal::Gone) => return None,
        Err(Refusal::Status(status, why)) => return Some(Response::error(status, "bad_data", why)),
    };
    let methods: &'static str = match request.path.strip_prefix(PREFIX) {
        Some("/api/v1/query") => "GET, POST",
        Some("/api/v1/status/buildinfo") => "GET",
        _ => return Some(Response::error(404, "not_found", &format!("{VERSION}: only queries are answered here"))),
    };
    if !methods.split(", ").any(|method| method == request.method) {
        let refused = Response::error(405, "bad_data", &format!("only {methods} is answered here"));
        return Some(Response { allow: Some(methods), ..refused });
    }
    if methods == "GET" {
        return Some(Response::of(200, &json!({ "status": "success", "data": { "version": VERSION } })));
    }
    let Some(query) = request.parameter("query").map(str::trim).filter(|query| !query.is_empty()) else {
        return Some(Response::error(400, "bad_data", "invalid parameter \"query\": it is empty"));
    };
    let Some(at) = request.parameter("time").map_or(Some(now), time) else {
        return Some(Response::error(400, "bad_data", "invalid parameter \"time\": it is not a time"));
    };
    let value = match figures.read(query, at) {
        Reading::NoSeries => None,
        Reading::NotANumber => Some("NaN".to_owned()),
        Reading::Value(value) => Some(value.to_string()),
    };
    let series = value.map(|value| json!({ "metric": { "simulated_by": "kneepoint demo" }, "value": [at, value] }));
    let result: Vec<Value> = series.into_iter().collect();
    Some(Response::of(200, &json!({ "status": "success", "data": { "resultType": "vector", "result": result } })))
}

/// Unix seconds, or a date and time with an offset.
fn time(text: &str) -> Option<f64> {
    let seconds = text.parse().ok().or_else(|| {
        let moment: jiff::Timestamp = text.parse().ok()?;
        Some(moment.as_millisecond() as f64 / 1e3)
    })?;
    (f64::is_finite(seconds) && seconds.abs() < 1e11).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::Capacity;
    use crate::model::Review;

    fn ask(method: &str, path: &str, parameters: &[(&str, &str)]) -> (u16, Value) {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = Request { method: method.to_owned(), path: format!("{PREFIX}{path}"), parameters };
        let figures = Figures::of(&Review::default(), &Capacity::default());
        let response = respond(&figures, Ok(request), 1000.0).unwrap();
        let bytes = String::from_utf8(response.bytes()).unwrap();
        assert!(bytes.starts_with(&format!("HTTP/1.1 {} ", response.status)) && bytes.ends_with(&response.body));
        assert!(bytes.contains(&format!("\r\nContent-Length: {}\r\n", response.body.len())));
        assert_eq!(response.status == 405, bytes.contains("\r\nAllow: "));
        (response.status, serde_json::from_str(&response.body).unwrap())
    }

    #[test]
    fn only_what_a_workbench_asks_is_answered() {
        for (method, path, wanted) in [
            ("GET", "/api/v1/status/buildinfo", 200),
            ("POST", "/api/v1/status/buildinfo", 405),
            ("HEAD", "/api/v1/query", 405),
            ("DELETE", "/api/v1/query", 405),
            ("GET", "/api/v1/query", 400),
            ("GET", "/api/v1/query/", 404),
            ("GET", "/api/v1/query_range", 404),
            ("GET", "/../../etc/passwd", 404),
            ("GET", "", 404),
        ] {
            assert_eq!(ask(method, path, &[]).0, wanted, "{method} {path}");
        }
        let elsewhere = Request { method: "GET".into(), path: "/api/v1/query".into(), parameters: Vec::new() };
        let figures = Figures::of(&Review::default(), &Capacity::default());
        assert_eq!(respond(&figures, Ok(elsewhere), 0.0).unwrap().status, 404, "without the words in the address");
        assert_eq!(respond(&figures, Err(Refusal::Gone), 0.0), None);
        let build = ask("GET", "/api/v1/status/buildinfo", &[]).1;
        assert_eq!(build["data"]["version"], VERSION);
    }

    #[test]
    fn a_strange_query_is_no_series_and_a_strange_time_an_error() {
        for query in ["up", "{", &"(".repeat(50_000), "\u{1b}[2J", "sum(rate(x[5m]))"] {
            let (status, body) = ask("POST", "/api/v1/query", &[("query", query)]);
            assert_eq!((status, body["data"]["result"].as_array().map(Vec::len)), (200, Some(0)), "{query:.20}");
        }
        for (time, wanted) in [
            ("17.5", 200),
            ("2026-11-23T10:00:00Z", 200),
            ("NaN", 400),
            ("inf", 400),
            ("1e300", 400),
            ("soon", 400),
            ("", 400),
        ] {
            assert_eq!(ask("GET", "/api/v1/query", &[("query", "up"), ("time", time)]).0, wanted, "{time}");
        }
    }
}
