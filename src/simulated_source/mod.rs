//! A metrics server made up for the worked examples: it listens on this machine only, speaks as much of the Prometheus
//! HTTP API as the workbench asks for, and answers with numbers derived from the review's own analysis.
//!
//! Nobody may take these numbers for measured ones: the address, the version and a label of every series say that they
//! are simulated. Must not know screens, files or the command line, and must not listen on any address but the
//! loopback's.

mod figures;
mod load;
mod request;
mod respond;
mod server;

use crate::capacity::Capacity;
use crate::model::Review;
use figures::Figures;
use server::Server;

/// What the source calls itself where a server says its version.
pub const VERSION: &str = "simulated by kneepoint demo";

/// The path below which it answers. It stands in the address, and so wherever the address is shown or recorded.
const PREFIX: &str = "/simulated-by-kneepoint-demo";

/// A running source. It ends when this is dropped, or with the process.
#[derive(Debug)]
pub struct SimulatedSource {
    server: Server,
}

impl SimulatedSource {
    /// Starts one that answers the queries of a review's measures and the dialects' queries for its elements, with the
    /// figures of an analysis of that review at today's load. What the review says later changes nothing any more.
    ///
    /// # Errors
    /// Where the system gives no port on the loopback address, or no thread.
    pub fn start(review: &Review, capacity: &Capacity) -> std::io::Result<Self> {
        let figures = Figures::of(review, capacity);
        let server = Server::start(move |request, now| respond::respond(&figures, request, now))?;
        Ok(Self { server })
    }

    /// The address for `[prometheus] url`.
    pub fn url(&self) -> String {
        format!("http://{}{PREFIX}", self.server.address())
    }
}
