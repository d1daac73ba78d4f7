//! The state of the connection to the metrics server, for a line that is always on the screen.
//!
//! Knows no clock and no socket: it follows the events of the poller, whose times are unix seconds.

use super::{Answer, Failure, MetricsEvent};

/// How it stands with the metrics server.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Connection {
    /// The review names no server.
    #[default]
    NotConfigured,
    /// A server is named and was not asked yet.
    Idle,
    /// Queries are under way.
    Asking {
        /// Unix seconds.
        since: f64,
        /// Queries answered or failed so far.
        answered: usize,
        /// Queries asked.
        of: usize,
    },
    /// The server answered every query, be it with the news that the query is wrong.
    Ok {
        /// As the server names itself, if it does.
        version: Option<String>,
        /// Of the last answer, unix seconds.
        at: f64,
    },
    /// Some queries were answered in full, and some failed or were answered in part.
    Degraded {
        /// Queries that failed for a reason that is not the query's own.
        failed: usize,
        /// Queries whose answer may be incomplete.
        partial: usize,
        /// Queries asked.
        of: usize,
        /// The first such failure, if any.
        first: Option<Failure>,
        /// Of the last answer, unix seconds.
        at: f64,
    },
    /// No query was answered.
    Failed {
        /// Why.
        failure: Failure,
        /// Unix seconds.
        at: f64,
    },
}

impl Connection {
    /// The state after one more event. Events of a generation that is no longer shown are the caller's to ignore.
    pub fn follow(&mut self, event: &MetricsEvent) {
        match event {
            MetricsEvent::Started { at, queries, .. } => *self = Self::Asking { since: *at, answered: 0, of: *queries },
            MetricsEvent::Answered { .. } => {
                if let Self::Asking { answered, .. } = self {
                    *answered += 1;
                }
            }
            MetricsEvent::Finished { connection, .. } => *self = connection.clone(),
        }
    }

    /// A few words for the status line, without colour: `asking 3/8`, `ok (2.42.0)`, `degraded: 2 of 8 failed, timed out 10 s`.
    pub fn short(&self) -> String {
        match self {
            Self::NotConfigured => "no metrics server".into(),
            Self::Idle => "not asked yet".into(),
            Self::Asking { answered, of, .. } => format!("asking {answered}/{of}"),
            Self::Ok { version: Some(version), .. } => format!("ok ({version})"),
            Self::Ok { version: None, .. } => "ok".into(),
            Self::Degraded { failed, of, first: Some(failure), .. } => {
                format!("degraded: {failed} of {of} failed, {}", failure.short())
            }
            Self::Degraded { partial, of, .. } => format!("degraded: {partial} of {of} partial"),
            Self::Failed { failure, .. } => failure.short(),
        }
    }

    /// One or two full sentences.
    pub fn long(&self) -> String {
        match self {
            Self::NotConfigured => "The review names no metrics server; add a [prometheus] table with its url.".into(),
            Self::Idle => "The metrics server has not been asked yet.".into(),
            Self::Asking { answered, of, .. } => {
                format!("Asking the metrics server: {answered} of {of} queries are answered.")
            }
            Self::Ok { version: Some(version), .. } => {
                // Some name themselves in words instead of a number.
                let numbered = version.trim_start_matches('v').starts_with(|first: char| first.is_ascii_digit());
                let word = if numbered { "version " } else { "" };
                format!("The metrics server ({word}{version}) answered every query.")
            }
            Self::Ok { version: None, .. } => "The metrics server answered every query.".into(),
            Self::Degraded { failed, partial, of, first, .. } => {
                let why = first
                    .as_ref()
                    .map(|failure| format!(" The first failure: {} {}", failure.sentence(), failure.hint()))
                    .unwrap_or_default();
                format!("Of {of} queries {failed} failed and {partial} were answered only in part.{why}")
            }
            Self::Failed { failure, .. } => format!("{} {}", failure.sentence(), failure.hint()),
        }
    }
}

/// What a run of queries says about the connection.
#[derive(Debug, Default)]
pub(super) struct Tally {
    asked: usize,
    partial: usize,
    failed: usize,
    first: Option<Failure>,
}

impl Tally {
    pub(super) fn count(&mut self, answer: &Answer) {
        self.asked += 1;
        match answer {
            Answer::Partial { .. } => self.partial += 1,
            Answer::Failed(failure) if !failure.is_of_the_query() => {
                self.failed += 1;
                self.first.get_or_insert_with(|| failure.clone());
            }
            _ => {}
        }
    }

    /// Whether the server has answered at least one query in its own terms.
    pub(super) fn reached(&self) -> bool {
        self.asked > self.failed
    }

    pub(super) fn connection(&self, version: Option<String>, at: f64) -> Connection {
        match &self.first {
            _ if self.asked == 0 => Connection::Idle,
            Some(failure) if self.failed == self.asked => Connection::Failed { failure: failure.clone(), at },
            None if self.partial == 0 => Connection::Ok { version, at },
            first => Connection::Degraded {
                failed: self.failed,
                partial: self.partial,
                of: self.asked,
                first: first.clone(),
                at,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_summed_up_by_what_the_server_did() {
        let timed_out = Failure::TimedOut { after: 10.0, connecting: false };
        let bad_query = Answer::Failed(Failure::BadQuery { message: String::new(), position: None });
        let cases: [(&[Answer], &str); 6] = [
            (&[], "not asked yet"),
            (&[Answer::NoSeries, bad_query.clone()], "ok (3.1.0)"),
            (&[bad_query], "ok (3.1.0)"),
            (&[Answer::Failed(timed_out.clone()), Answer::NoSeries], "degraded: 1 of 2 failed, timed out 10 s"),
            (
                &[Answer::Partial { found: Box::new(Answer::NoSeries), warnings: vec!["w".into()] }],
                "degraded: 1 of 1 partial",
            ),
            (&[Answer::Failed(timed_out.clone()), Answer::Failed(Failure::Unauthorised)], "timed out 10 s"),
        ];
        for (answers, expected) in cases {
            let mut tally = Tally::default();
            for answer in answers {
                tally.count(answer);
            }
            assert_eq!(tally.connection(Some("3.1.0".into()), 0.0).short(), expected);
        }
    }
}
