//! The usual names of metrics, as data: which query answers a signal when the review writes none.
//!
//! Knows no review: the service and the window come as texts. A template puts the service into a regular expression
//! inside a double-quoted PromQL string; both are escaped, so that no name can change the query.

use std::fmt::Write as _;

use super::Unit;

/// What a query is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A component, by the name under which it reports.
    Component,
    /// The pool of a component's connections to a dependency, by the name of the component that owns the pool.
    Pool,
}

/// A named set of queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// As the review writes it.
    pub name: &'static str,
    /// Whose metrics these are.
    pub about: &'static str,
    /// In the order in which they are offered.
    pub queries: &'static [DialectQuery],
}

/// The default query of one signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DialectQuery {
    /// As `[[measure]]` names it.
    pub signal: &'static str,
    /// What it can be asked about.
    pub place: Place,
    /// PromQL with `$service` and `$window`.
    pub template: &'static str,
    /// What to know when reading the number.
    pub note: &'static str,
}

const OPENTELEMETRY: &[DialectQuery] = &[
    DialectQuery {
        signal: "rate",
        place: Place::Component,
        template: r#"sum(rate(http_server_request_duration_seconds_count{job=~"(.+/)?$service"}[$window]))"#,
        note: "Requests that reached the server, retries included.",
    },
    DialectQuery {
        signal: "errors",
        place: Place::Component,
        template: concat!(
            r#"(sum(rate(http_server_request_duration_seconds_count{job=~"(.+/)?$service",http_response_status_code=~"5.."}[$window]))"#,
            r#" or 0 * sum(rate(http_server_request_duration_seconds_count{job=~"(.+/)?$service"}[$window])))"#,
            r#" / sum(rate(http_server_request_duration_seconds_count{job=~"(.+/)?$service"}[$window]))"#,
        ),
        note: "Share of answers with a 5xx status. A service without any traffic gives NaN, one that is gone gives no series.",
    },
    DialectQuery {
        signal: "p50",
        place: Place::Component,
        template: r#"histogram_quantile(0.5, sum by (le) (rate(http_server_request_duration_seconds_bucket{job=~"(.+/)?$service"}[$window])))"#,
        note: "Interpolated inside one histogram bucket.",
    },
    DialectQuery {
        signal: "p95",
        place: Place::Component,
        template: r#"histogram_quantile(0.95, sum by (le) (rate(http_server_request_duration_seconds_bucket{job=~"(.+/)?$service"}[$window])))"#,
        note: "Interpolated inside one histogram bucket.",
    },
    DialectQuery {
        signal: "p99",
        place: Place::Component,
        template: r#"histogram_quantile(0.99, sum by (le) (rate(http_server_request_duration_seconds_bucket{job=~"(.+/)?$service"}[$window])))"#,
        note: "Interpolated inside one histogram bucket, and measured in the handler: past the knee users wait longer than this.",
    },
    DialectQuery {
        signal: "in-flight",
        place: Place::Component,
        template: r#"sum(rate(http_server_request_duration_seconds_sum{job=~"(.+/)?$service"}[$window]))"#,
        note: "Mean number of requests inside, by Little's law.",
    },
    DialectQuery {
        signal: "pool-wait",
        place: Place::Pool,
        template: concat!(
            r#"sum by (db_client_connection_pool_name) (rate(db_client_connection_wait_time_seconds_sum{job=~"(.+/)?$service"}[$window]))"#,
            r#" / sum by (db_client_connection_pool_name) (rate(db_client_connection_wait_time_seconds_count{job=~"(.+/)?$service"}[$window]))"#,
        ),
        note: "Mean wait for a free connection.",
    },
    DialectQuery {
        signal: "pool-wait-share",
        place: Place::Pool,
        template: concat!(
            r#"sum(rate(db_client_connection_wait_time_seconds_sum{job=~"(.+/)?$service"}[$window]))"#,
            r#" / sum(rate(http_server_request_duration_seconds_sum{job=~"(.+/)?$service"}[$window]))"#,
        ),
        note: "Share of request time spent waiting for a connection: an early warning, long before errors.",
    },
    DialectQuery {
        signal: "busy",
        place: Place::Pool,
        template: concat!(
            r#"sum by (db_client_connection_pool_name) (rate(db_client_connection_use_time_seconds_sum{job=~"(.+/)?$service"}[$window]))"#,
            r#" / sum by (db_client_connection_pool_name) (db_client_connection_max{job=~"(.+/)?$service"})"#,
        ),
        note: "Mean share of the connections in use. Components have no such query: processor time without its limit is no share.",
    },
    DialectQuery {
        signal: "queue",
        place: Place::Pool,
        template: r#"sum by (db_client_connection_pool_name) (rate(db_client_connection_wait_time_seconds_sum{job=~"(.+/)?$service"}[$window]))"#,
        note: "Mean number of requests waiting for a connection, by Little's law.",
    },
];

/// Every dialect.
pub const DIALECTS: &[Dialect] = &[Dialect {
    name: "opentelemetry",
    about: "OpenTelemetry semantic conventions: HTTP server (stable) and database client pools, as Prometheus names them",
    queries: OPENTELEMETRY,
}];

/// A dialect by its name.
pub fn dialect(name: &str) -> Option<&'static Dialect> {
    DIALECTS.iter().find(|dialect| dialect.name == name)
}

impl Dialect {
    /// The query for a signal, if this dialect has one for it.
    pub fn query(&self, signal: &str, place: Place) -> Option<&'static DialectQuery> {
        self.queries.iter().find(|query| query.signal == signal && query.place == place)
    }
}

impl DialectQuery {
    /// The query for one service, over a window such as `5m` (digits and the unit letters of PromQL; anything else
    /// becomes `5m`).
    pub fn text(&self, service: &str, window: &str) -> String {
        let service = string_escaped(&regex_escaped(service));
        let window = if is_duration(window) { window } else { "5m" };
        let mut text = String::with_capacity(self.template.len() + service.len());
        let mut rest = self.template;
        while let Some((before, after)) = rest.split_once('$') {
            text.push_str(before);
            let (value, after) = match (after.strip_prefix("service"), after.strip_prefix("window")) {
                (Some(after), _) => (service.as_str(), after),
                (_, Some(after)) => (window, after),
                _ => ("$", after),
            };
            text.push_str(value);
            rest = after;
        }
        text.push_str(rest);
        text
    }

    /// The unit of its number.
    pub fn unit(&self) -> Unit {
        Unit::of_signal(self.signal)
    }
}

/// A text that matches only itself in RE2.
fn regex_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\.+*?()|[]{}^$".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// The inside of a double-quoted PromQL string.
fn string_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '"' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            control if control.is_control() => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(control));
            }
            plain => escaped.push(plain),
        }
    }
    escaped
}

fn is_duration(text: &str) -> bool {
    let mut digits = 0;
    let mut units = 0;
    for character in text.chars() {
        match character {
            '0'..='9' => digits += 1,
            's' | 'm' | 'h' | 'd' | 'w' | 'y' if digits > 0 => units += 1,
            _ => return false,
        }
    }
    units > 0 && text.len() <= 12 && !text.ends_with(|character: char| character.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_string() {
        let rate = dialect("opentelemetry").unwrap().query("rate", Place::Component).unwrap();
        assert_eq!(
            rate.text("api", "1m"),
            r#"sum(rate(http_server_request_duration_seconds_count{job=~"(.+/)?api"}[1m]))"#
        );
        let hostile = rate.text("a\"} or vector(1) #\\\n$window.*", "1m]) or vector(1");
        assert_eq!(
            hostile,
            r#"sum(rate(http_server_request_duration_seconds_count{job=~"(.+/)?a\"\\} or vector\\(1\\) #\\\\\n\\$window\\.\\*"}[5m]))"#
        );
    }

    #[test]
    fn every_template_names_a_service_and_a_window() {
        for query in DIALECTS.iter().flat_map(|dialect| dialect.queries) {
            assert!(query.template.contains("\"(.+/)?$service\"") && query.template.contains("[$window]"), "{query:?}");
            assert!(!query.text("api", "5m").contains('$') && !query.note.is_empty());
        }
    }
}
