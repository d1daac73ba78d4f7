//! Background work: one job of a slot at a time, the newest that was asked for next, everything older void.
//!
//! Must not know what the work is. A job that panics is a job without a result; the next one runs as ever.

use super::super::crash::{payload, without_quotes};
use super::Incoming;
use crate::workbench::{Done, Slot};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;

/// A piece of work; looks at the flag where it takes long, and gives nothing once it is set.
type Task = Box<dyn FnOnce(&AtomicBool) -> Option<Done> + Send>;

/// What a job ended with.
#[derive(Debug)]
pub struct Ended {
    slot: Slot,
    generation: u64,
    /// The result; an error where the job panicked, with its message.
    result: Result<Option<Done>, String>,
}

#[derive(Default)]
struct Lane {
    /// The number of the newest job.
    newest: u64,
    /// The flag of the job that runs.
    running: Option<Arc<AtomicBool>>,
    waiting: Option<Task>,
}

/// Runs jobs.
pub struct Work {
    handle: Handle,
    sender: UnboundedSender<Incoming>,
    lanes: HashMap<Slot, Lane>,
}

impl Work {
    /// With threads of a runtime, and a way to report.
    pub fn new(handle: Handle, sender: UnboundedSender<Incoming>) -> Self {
        Self { handle, sender, lanes: HashMap::new() }
    }

    /// Starts a job, or lets it wait for the running one of its slot, which is told to stop.
    pub fn start(&mut self, slot: Slot, task: impl FnOnce(&AtomicBool) -> Option<Done> + Send + 'static) {
        let lane = self.lanes.entry(slot).or_default();
        lane.newest += 1;
        lane.waiting = Some(Box::new(task));
        match &lane.running {
            Some(flag) => flag.store(true, Ordering::Relaxed),
            None => self.run(slot),
        }
    }

    /// Takes the end of a job; returns its result if no newer job of its slot was asked for.
    pub fn ended(&mut self, ended: Ended) -> Result<Option<Done>, String> {
        let Ended { slot, generation, result } = ended;
        let Some(lane) = self.lanes.get_mut(&slot) else { return Ok(None) };
        lane.running = None;
        let is_newest = lane.newest == generation;
        self.run(slot);
        if is_newest { result } else { Ok(None) }
    }

    /// Tells every job to stop.
    pub fn cancel_all(&mut self) {
        for lane in self.lanes.values_mut() {
            lane.waiting = None;
            if let Some(flag) = &lane.running {
                flag.store(true, Ordering::Relaxed);
            }
        }
    }

    fn run(&mut self, slot: Slot) {
        let Some(lane) = self.lanes.get_mut(&slot) else { return };
        let Some(task) = lane.waiting.take() else { return };
        let flag = Arc::new(AtomicBool::new(false));
        lane.running = Some(Arc::clone(&flag));
        let (generation, sender) = (lane.newest, self.sender.clone());
        self.handle.spawn_blocking(move || {
            let result = catch_unwind(AssertUnwindSafe(|| task(&flag)));
            let result = result.map_err(|panic| without_quotes(payload(panic.as_ref())));
            let _ = sender.send(Incoming::Work(Ended { slot, generation, result }));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    fn preview(revision: u64) -> Done {
        Done::Previewed { revision, text: Ok(String::new()) }
    }

    async fn next(work: &mut Work, receiver: &mut UnboundedReceiver<Incoming>) -> Result<Option<u64>, String> {
        let Some(Incoming::Work(ended)) = receiver.recv().await else { panic!("a job ends") };
        let done = work.ended(ended)?;
        Ok(done.map(|done| match done {
            Done::Previewed { revision, .. } => revision,
            other => panic!("{other:?}"),
        }))
    }

    #[tokio::test]
    async fn the_newest_job_wins_and_those_between_never_run() {
        let (sender, mut receiver) = unbounded_channel();
        let mut work = Work::new(Handle::current(), sender);
        let (started, wait) = mpsc::channel::<u64>();
        let begun = started.clone();
        work.start(Slot::Preview, move |cancelled| {
            let _ = begun.send(1);
            while !cancelled.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            Some(preview(1))
        });
        wait.recv().expect("it runs");
        for revision in 2..=9 {
            let begun = started.clone();
            work.start(Slot::Preview, move |_| {
                let _ = begun.send(revision);
                Some(preview(revision))
            });
        }
        assert_eq!(next(&mut work, &mut receiver).await, Ok(None), "the cancelled job's result is dropped");
        assert_eq!(next(&mut work, &mut receiver).await, Ok(Some(9)));
        drop(started);
        assert_eq!(wait.iter().collect::<Vec<_>>(), [9]);
    }

    #[tokio::test]
    async fn a_job_that_panics_is_a_sentence_and_the_next_one_runs() {
        let (sender, mut receiver) = unbounded_channel();
        let mut work = Work::new(Handle::current(), sender);
        work.start(Slot::Preview, |_| panic!("broken by `secret`"));
        assert_eq!(next(&mut work, &mut receiver).await, Err("broken by `…`".to_owned()));
        work.start(Slot::Preview, |_| Some(preview(2)));
        assert_eq!(next(&mut work, &mut receiver).await, Ok(Some(2)));
    }
}
