//! Questions to the metrics server, one run at a time.
//!
//! Must not know what is asked. Starting a run withdraws the one before; no event of a withdrawn run is delivered.

use super::Incoming;
use crate::metrics::{Client, PollTicket, Poller, Query, Settings, Source};
use crate::workbench::Msg;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;

/// Asks the server.
#[derive(Default)]
pub struct Measuring {
    /// Kept from run to run: its connections, and what it knows of the server.
    client: Option<(Source, Client)>,
    run: Option<PollTicket>,
}

impl Measuring {
    /// Asks all queries once.
    pub fn start(
        &mut self,
        handle: &Handle,
        sender: UnboundedSender<Incoming>,
        source: Source,
        queries: Vec<Query>,
        generation: u64,
    ) {
        self.cancel();
        let client = match &self.client {
            Some((known, client)) if *known == source => client.clone(),
            _ => Client::new(source.clone(), Settings::default()),
        };
        self.client = Some((source, client.clone()));
        self.run = Some(Poller::start_with(handle, client, queries, None, generation, move |event| {
            let _ = sender.send(Incoming::Msg(Msg::Metrics(event)));
        }));
    }

    /// Stops asking.
    pub fn cancel(&mut self) {
        self.run = None;
    }
}
