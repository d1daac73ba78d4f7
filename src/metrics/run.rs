//! A run of queries against one client: all of them, a few at a time, each reported as it is answered.
//!
//! Knows neither who asks nor who is told. A run stops asking a server that cannot answer any query: a tool that looks
//! for retry storms must not make one.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use futures_util::stream::{self, StreamExt as _};

use super::connection::Tally;
use super::exchange::Session;
use super::{Answer, Client, Connection, Failure, Settings, Source};

/// This many queries in a row may time out before the rest of the run is given up.
const TIMEOUTS_BORNE: usize = 4;

/// One query, with a name of the caller's own to know its answer by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    /// Comes back with the answer.
    pub id: String,
    /// PromQL that gives one number.
    pub text: String,
}

impl Query {
    /// A query.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), text: text.into() }
    }
}

/// Asks all queries and waits for the answers, for a command line; the answers come in the order of the queries, `at` a
/// time in unix seconds or now. Starts a thread of its own, so that it may be called from anywhere.
pub fn ask_all(source: Source, queries: &[Query], at: Option<f64>) -> Vec<(String, Answer)> {
    let client = Client::new(source, Settings::default());
    client.ask_all(queries, at).0
}

impl Client {
    /// Asks all queries and waits for the answers; see [`ask_all`]. With them comes the state of the connection.
    pub fn ask_all(&self, queries: &[Query], at: Option<f64>) -> (Vec<(String, Answer)>, Connection) {
        let answers: Mutex<Vec<Option<Answer>>> = Mutex::new(vec![None; queries.len()]);
        let keep = |index: usize, answer: Answer, _| {
            if let Some(place) = answers.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
                *place = Some(answer);
            }
        };
        let connection = std::thread::scope(|scope| {
            let asking = std::thread::Builder::new().name("metrics".into()).spawn_scoped(scope, || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
                let connection = runtime.block_on(run(self, queries, at, &keep));
                // A name look-up that hangs must not keep the caller waiting once everything has timed out.
                runtime.shutdown_background();
                Some(connection)
            });
            asking.ok().and_then(|thread| thread.join().ok()).flatten()
        });
        let connection = connection.unwrap_or(Connection::Failed { failure: Failure::Cancelled, at: now() });
        let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
        let answers = queries
            .iter()
            .zip(answers)
            .map(|(query, answer)| (query.id.clone(), answer.unwrap_or(Answer::Failed(Failure::Cancelled))));
        (answers.collect(), connection)
    }
}

/// Unix seconds.
pub(super) fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Runs all queries; `report` hears the index of each, its answer and how long it took.
pub(super) async fn run(
    client: &Client,
    queries: &[Query],
    at: Option<f64>,
    report: &(impl Fn(usize, Answer, Duration) + Sync),
) -> Connection {
    if queries.is_empty() {
        return Connection::Idle;
    }
    let progress = Mutex::new(Progress::default());
    let opened = client.open().await;
    if let Err(failure) = &opened {
        lock(&progress).hopeless = Some(failure.clone());
    }
    let ask = |(index, query)| one(client, opened.as_ref().ok(), &progress, index, query, at, report);
    stream::iter(queries.iter().enumerate()).for_each_concurrent(client.settings().in_flight.max(1), ask).await;
    lock(&progress).tally.connection(client.server_version(), now())
}

#[derive(Default)]
struct Progress {
    tally: Tally,
    hopeless: Option<Failure>,
    timeouts: usize,
    asked_for_version: bool,
}

impl Progress {
    fn count(&mut self, answer: &Answer) {
        self.tally.count(answer);
        match answer {
            _ if self.tally.reached() => self.hopeless = None,
            Answer::Failed(failure) if failure.is_of_the_source() => self.hopeless = Some(failure.clone()),
            Answer::Failed(failure @ Failure::TimedOut { .. }) => {
                self.timeouts += 1;
                if self.timeouts >= TIMEOUTS_BORNE {
                    self.hopeless = Some(failure.clone());
                }
            }
            _ => {}
        }
    }
}

async fn one(
    client: &Client,
    session: Option<&Session>,
    progress: &Mutex<Progress>,
    index: usize,
    query: &Query,
    at: Option<f64>,
    report: &(impl Fn(usize, Answer, Duration) + Sync),
) {
    let started = Instant::now();
    let hopeless = lock(progress).hopeless.clone();
    let answer = match (hopeless, session) {
        (Some(failure), _) => Answer::Failed(failure),
        (None, Some(session)) => session.ask(&query.text, at).await,
        (None, None) => Answer::Failed(Failure::Cancelled),
    };
    let ask_version = {
        let mut progress = lock(progress);
        progress.count(&answer);
        let first = progress.tally.reached() && !std::mem::replace(&mut progress.asked_for_version, true);
        first && client.server_version().is_none()
    };
    report(index, answer, started.elapsed());
    if let (true, Some(session)) = (ask_version, session)
        && let Some(version) = session.version().await
    {
        client.remember_version(version);
    }
}

fn lock(progress: &Mutex<Progress>) -> std::sync::MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}
