//! Runs of queries in the background, reported event by event, withdrawn at once.
//!
//! Knows no screen: the sink is a function. Invariants: starting and cancelling never wait for the network; after
//! [`PollTicket::cancel`] has returned, no event of that run begins to be delivered.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::run::{now, run};
use super::{Answer, Client, Connection, Query, Settings, Source};

/// What a run of queries has to say. `generation` is the caller's number of the run.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricsEvent {
    /// The run begins.
    Started {
        /// Of the run.
        generation: u64,
        /// Unix seconds.
        at: f64,
        /// How many.
        queries: usize,
    },
    /// One query has its answer.
    Answered {
        /// Of the run.
        generation: u64,
        /// Of the query.
        id: String,
        /// With every state it can be in.
        answer: Answer,
        /// From the first attempt to the end of the last, with the wait for a free slot.
        took: Duration,
    },
    /// Every query has its answer.
    Finished {
        /// Of the run.
        generation: u64,
        /// What the run shows about the server.
        connection: Connection,
    },
}

/// Starts runs of queries.
#[derive(Debug, Clone, Copy)]
pub struct Poller;

impl Poller {
    /// Asks the queries once, now, in the background of the runtime behind `handle` (which needs input, output and time
    /// enabled). `sink` is called from its threads, one event at a time, and should only pass it on, for example into a
    /// channel. Returns at once.
    pub fn start(
        handle: &Handle,
        source: Source,
        queries: Vec<Query>,
        generation: u64,
        sink: impl Fn(MetricsEvent) + Send + Sync + 'static,
    ) -> PollTicket {
        Self::start_with(handle, Client::new(source, Settings::default()), queries, None, generation, sink)
    }

    /// The same with a client that is kept from run to run (its connections, its limits, what it knows of the server),
    /// and at a time in unix seconds if one is given.
    pub fn start_with(
        handle: &Handle,
        client: Client,
        queries: Vec<Query>,
        at: Option<f64>,
        generation: u64,
        sink: impl Fn(MetricsEvent) + Send + Sync + 'static,
    ) -> PollTicket {
        let gate = Arc::new(Gate::default());
        let outlet = Arc::clone(&gate);
        let task = handle.spawn(async move {
            outlet.deliver(|| sink(MetricsEvent::Started { generation, at: now(), queries: queries.len() }));
            let report = |index: usize, answer: Answer, took: Duration| {
                let Some(query) = queries.get(index) else {
                    return;
                };
                outlet.deliver(|| sink(MetricsEvent::Answered { generation, id: query.id.clone(), answer, took }));
            };
            let connection = run(&client, &queries, at, &report).await;
            outlet.deliver(|| sink(MetricsEvent::Finished { generation, connection }));
        });
        PollTicket { generation, gate, task: task.abort_handle() }
    }
}

/// A run under way. Dropping it withdraws the run.
#[must_use = "dropping the ticket cancels the run"]
pub struct PollTicket {
    generation: u64,
    gate: Arc<Gate>,
    task: AbortHandle,
}

impl PollTicket {
    /// The caller's number of the run.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Withdraws the run: connections are closed, and no event is delivered any more. Waits for nothing but a delivery
    /// that is just going on; may be called from within the sink.
    pub fn cancel(&self) {
        self.gate.close();
        self.task.abort();
    }

    /// Whether the run is over, be it finished or cancelled.
    pub fn is_over(&self) -> bool {
        self.gate.closed.load(Ordering::SeqCst) || self.task.is_finished()
    }
}

impl Drop for PollTicket {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl fmt::Debug for PollTicket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PollTicket")
            .field("generation", &self.generation)
            .field("is_over", &self.is_over())
            .finish_non_exhaustive()
    }
}

/// Lets events through until it is closed.
#[derive(Default)]
struct Gate {
    closed: AtomicBool,
    delivering: Mutex<()>,
    deliverer: Mutex<Option<ThreadId>>,
}

impl Gate {
    fn deliver(&self, event: impl FnOnce()) {
        let _one_at_a_time = self.delivering.lock().unwrap_or_else(PoisonError::into_inner);
        if self.closed.load(Ordering::SeqCst) {
            return;
        }
        self.set_deliverer(Some(std::thread::current().id()));
        event();
        self.set_deliverer(None);
    }

    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        // A sink that cancels its own run would wait for itself.
        let deliverer = *self.deliverer.lock().unwrap_or_else(PoisonError::into_inner);
        if deliverer != Some(std::thread::current().id()) {
            drop(self.delivering.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn set_deliverer(&self, thread: Option<ThreadId>) {
        *self.deliverer.lock().unwrap_or_else(PoisonError::into_inner) = thread;
    }
}
