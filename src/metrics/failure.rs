//! Everything that can go wrong between a query and its answer, each with a word, a sentence and a hint.
//!
//! Knows no HTTP library. Texts in here are already sanitised, cut and free of secrets.

use std::fmt;

/// Where in the query the server saw the mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in bytes, as Prometheus counts: at the token it stumbled over, in some versions just behind it.
    pub column: u32,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// The address of the source is not one that can be asked.
    BadAddress {
        /// What is wrong with it.
        reason: String,
    },
    /// A header's secret cannot be had: no such environment variable, unreadable file.
    NoSecret {
        /// The header's name.
        header: String,
        /// What is missing; names the variable or the file, never its content.
        reason: String,
    },
    /// Nothing listens there.
    ConnectionRefused,
    /// The network has no way there.
    Unreachable {
        /// In the system's words.
        detail: String,
    },
    /// The host's name is unknown.
    NameNotFound,
    /// The server said hello and hung up, or does not speak HTTP.
    BrokenConnection {
        /// In the library's words.
        detail: String,
    },
    /// The secure connection could not be made.
    Tls {
        /// In the library's words.
        detail: String,
    },
    /// No complete answer in time.
    TimedOut {
        /// In seconds.
        after: f64,
        /// Not even a connection was made.
        connecting: bool,
    },
    /// 401.
    Unauthorised,
    /// 403, for POST and for GET.
    Forbidden {
        /// What the server says about it; may be empty.
        message: String,
    },
    /// 404: a server, but no Prometheus API at this path.
    NotFound,
    /// The server sends us elsewhere: to another host, or in circles.
    Redirected {
        /// Where to, without secrets and parameters.
        to: String,
        /// More hops than are followed.
        loops: bool,
    },
    /// An answer, but of something else: HTML, plain text, JSON of another kind.
    NotPrometheus {
        /// As the server named it; may be empty.
        content_type: String,
        /// The beginning of it.
        excerpt: String,
    },
    /// It says JSON and is none, or breaks off in the middle.
    Garbage {
        /// What is wrong with it.
        reason: String,
        /// The beginning of it.
        excerpt: String,
    },
    /// The answer is larger than we are willing to read.
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    /// The server does not understand, or cannot evaluate, the query.
    BadQuery {
        /// In the server's words.
        message: String,
        /// Where in the query, if the server says.
        position: Option<Position>,
    },
    /// The query is fine but does not give a number: a range, a text, a native histogram.
    NotOneNumber {
        /// What it gives.
        shape: String,
    },
    /// Any other refusal.
    ServerError {
        /// The HTTP status.
        status: u16,
        /// What the server says about it; may be empty.
        message: String,
    },
    /// Asked to stop.
    Cancelled,
}

impl Failure {
    /// A few characters for a table cell.
    pub fn short(&self) -> String {
        match self {
            Self::BadAddress { .. } => "bad address".into(),
            Self::NoSecret { .. } => "no secret".into(),
            Self::ConnectionRefused => "refused".into(),
            Self::Unreachable { .. } => "unreachable".into(),
            Self::NameNotFound => "unknown host".into(),
            Self::BrokenConnection { .. } => "connection broke".into(),
            Self::Tls { .. } => "TLS failed".into(),
            Self::TimedOut { after, .. } => format!("timed out {}", seconds(*after)),
            Self::Unauthorised => "401".into(),
            Self::Forbidden { .. } => "403".into(),
            Self::NotFound => "404".into(),
            Self::Redirected { .. } => "redirected".into(),
            Self::NotPrometheus { .. } if self.is_html() => "not Prometheus (HTML)".into(),
            Self::NotPrometheus { .. } => "not Prometheus".into(),
            Self::Garbage { .. } => "garbage".into(),
            Self::TooLarge { .. } => "too large".into(),
            Self::BadQuery { position: Some(at), .. } => format!("bad query {}:{}", at.line, at.column),
            Self::BadQuery { .. } => "bad query".into(),
            Self::NotOneNumber { .. } => "not one number".into(),
            Self::ServerError { status, .. } => format!("HTTP {status}"),
            Self::Cancelled => "cancelled".into(),
        }
    }

    /// What happened, in one sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::BadAddress { reason } => {
                format!("The address of the metrics server cannot be used: {reason}.")
            }
            Self::NoSecret { header, reason } => {
                format!("The header {header} could not be filled: {reason}.")
            }
            Self::ConnectionRefused => "Nothing listens at this address: the connection was refused.".into(),
            Self::Unreachable { detail } => {
                format!("The network has no way to this address: {detail}.")
            }
            Self::NameNotFound => "The name of the host could not be resolved.".into(),
            Self::BrokenConnection { detail } => {
                format!("The connection broke before there was an answer: {detail}.")
            }
            Self::Tls { detail } => format!("No secure connection could be made: {detail}."),
            Self::TimedOut { after, connecting: true } => format!("No connection was made within {}.", seconds(*after)),
            Self::TimedOut { after, connecting: false } => {
                format!("There was no complete answer within {}.", seconds(*after))
            }
            Self::Unauthorised => "The server wants to know who asks (401) and does not accept what we sent.".into(),
            Self::Forbidden { message } => with("The server knows who asks and does not allow it (403)", message),
            Self::NotFound => "There is a server, but no Prometheus API at this path (404).".into(),
            Self::Redirected { to, loops: true } => {
                format!("The server redirects again and again, last to {to}.")
            }
            Self::Redirected { to, loops: false } => {
                format!("The server sends us to another place, {to}, which was not followed.")
            }
            Self::NotPrometheus { content_type, excerpt } => {
                let kind = match content_type.as_str() {
                    _ if self.is_html() => "a web page (HTML)",
                    "" => "something without a content type",
                    other => other,
                };
                with(&format!("The answer is {kind}, not Prometheus data"), excerpt)
            }
            Self::Garbage { reason, excerpt } => with(&format!("The answer cannot be read: {reason}"), excerpt),
            Self::TooLarge { limit } => {
                format!("The answer is larger than {} MiB and was not read to the end.", limit.div_ceil(1 << 20))
            }
            Self::BadQuery { message, position: Some(at) } => {
                with(&format!("The server refuses the query at line {}, column {}", at.line, at.column), message)
            }
            Self::BadQuery { message, position: None } => with("The server refuses the query", message),
            Self::NotOneNumber { shape } => format!("The query gives {shape}, not one number."),
            Self::ServerError { status, message } => with(&format!("The server answers with status {status}"), message),
            Self::Cancelled => "The question was withdrawn before there was an answer.".into(),
        }
    }

    /// What to do about it, in one sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::BadAddress { .. } => {
                "Write it with its scheme, like http://127.0.0.1:9090, and with the path prefix if it has one."
            }
            Self::NoSecret { .. } => {
                "Set the variable or write the file, then ask again; secrets are never read from the review."
            }
            Self::ConnectionRefused => {
                "Is the server running, and is the port right? A port-forward may have ended, or HTTP_PROXY names a proxy that is gone."
            }
            Self::Unreachable { .. } => "Check the network or the VPN.",
            Self::NameNotFound => "Check the spelling of the host, the VPN and the DNS.",
            Self::BrokenConnection { .. } => {
                "Is this the HTTP port of Prometheus, and does the scheme (http or https) fit?"
            }
            Self::Tls { .. } => "Does the port speak https, and is its certificate one that this machine trusts?",
            Self::TimedOut { connecting: true, .. } => "Check the address, the VPN and the firewall.",
            Self::TimedOut { connecting: false, .. } => {
                "Try a shorter range or a recording rule; if every query hangs, the server or a proxy does."
            }
            Self::Unauthorised => {
                "Name the variable or the file that holds the credentials, as an Authorization header."
            }
            Self::Forbidden { .. } => "Check the rights of these credentials and the tenant header (X-Scope-OrgID).",
            Self::NotFound => {
                "A path prefix may be missing (/prometheus on Mimir, /select/0/prometheus on VictoriaMetrics)."
            }
            Self::Redirected { .. } => {
                "Write the final address into the review; a login page means that credentials are missing."
            }
            Self::NotPrometheus { .. } => {
                "This may be a login page, a proxy or the wrong port: use the address of the Prometheus API itself."
            }
            Self::Garbage { .. } => "A proxy may cut answers short; ask the server directly.",
            Self::TooLarge { .. } => "Aggregate in the query, for example with sum(...) or by fewer labels.",
            Self::BadQuery { .. } => "Correct the query of this measure.",
            Self::NotOneNumber { .. } => {
                "Wrap it in a function that gives one number, such as rate(), histogram_quantile() or histogram_avg()."
            }
            Self::ServerError { status: 429 | 502..=504, .. } => {
                "The server or its proxy is overloaded or starting; ask again later."
            }
            Self::ServerError { .. } => "Look at the server's own log.",
            Self::Cancelled => "Ask again.",
        }
    }

    /// Whether every other query to the same source would end the same way, so that asking on is pointless.
    pub fn is_of_the_source(&self) -> bool {
        matches!(
            self,
            Self::BadAddress { .. }
                | Self::NoSecret { .. }
                | Self::ConnectionRefused
                | Self::Unreachable { .. }
                | Self::NameNotFound
                | Self::Tls { .. }
                | Self::TimedOut { connecting: true, .. }
                | Self::Unauthorised
                | Self::NotFound
                | Self::Redirected { .. }
        )
    }

    /// Whether the server did its part and the query is what has to change.
    pub fn is_of_the_query(&self) -> bool {
        matches!(self, Self::BadQuery { .. } | Self::NotOneNumber { .. } | Self::TooLarge { .. })
    }

    fn is_html(&self) -> bool {
        matches!(self, Self::NotPrometheus { content_type, excerpt }
            if content_type.to_ascii_lowercase().contains("html") || excerpt.to_ascii_lowercase().starts_with("<!doctype html") || excerpt.to_ascii_lowercase().starts_with("<html"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence())
    }
}

impl std::error::Error for Failure {}

fn with(what: &str, detail: &str) -> String {
    let detail = detail.trim_end_matches('.');
    if detail.is_empty() { format!("{what}.") } else { format!("{what}: {detail}.") }
}

fn seconds(duration: f64) -> String {
    if duration >= 1.0 {
        format!("{} s", (duration * 10.0).round() / 10.0)
    } else {
        format!("{} ms", (duration * 1000.0).round())
    }
}
