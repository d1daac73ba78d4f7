//! The client of one source: lazily built, shared, and sparing with the server.
//!
//! Knows how often and how many at once; how one exchange goes is in `exchange`. Building a client touches neither
//! network nor disk and cannot fail: what is wrong shows as the answer to the first query.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::exchange::Session;
use super::source::Opened;
use super::transport::chain;
use super::{Answer, Failure, Source};

/// The limits that a client keeps to.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// For the connection alone.
    pub connect_timeout: Duration,
    /// For one query with everything: connection, retries, the last byte of the answer.
    pub total_timeout: Duration,
    /// The largest answer that is read, in bytes.
    pub largest_answer: u64,
    /// How often a query is sent again after 429, 502, 503 or a failed connection.
    pub retries: u32,
    /// How many redirects on the same host are followed.
    pub redirects: u32,
    /// How many queries are under way at once.
    pub in_flight: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(3),
            total_timeout: Duration::from_secs(10),
            largest_answer: 8 << 20,
            retries: 2,
            redirects: 3,
            in_flight: 4,
        }
    }
}

/// Asks one [`Source`]. Cheap to clone, cheap to have unused.
#[derive(Debug, Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    source: Source,
    settings: Settings,
    http: Mutex<Option<reqwest::Client>>,
    slots: Arc<Semaphore>,
    get_only: Arc<AtomicBool>,
    version: Mutex<Option<String>>,
}

impl Client {
    /// A client with nothing initialised yet.
    pub fn new(source: Source, settings: Settings) -> Self {
        let slots = Arc::new(Semaphore::new(settings.in_flight.clamp(1, 64)));
        let (http, version) = (Mutex::new(None), Mutex::new(None));
        Self { shared: Arc::new(Shared { source, settings, http, slots, get_only: Arc::default(), version }) }
    }

    /// The source that is asked.
    pub fn source(&self) -> &Source {
        &self.shared.source
    }

    /// The limits that are kept to.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The version of the server, once a run of queries has learnt it.
    pub fn server_version(&self) -> Option<String> {
        self.shared.version.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One instant query, at a time in unix seconds or now. Needs a tokio runtime with input, output and time enabled.
    pub async fn ask(&self, query: &str, at: Option<f64>) -> Answer {
        match self.open().await {
            Ok(session) => session.ask(query, at).await,
            Err(failure) => Answer::Failed(failure),
        }
    }

    pub(super) fn remember_version(&self, version: String) {
        *self.shared.version.lock().unwrap_or_else(PoisonError::into_inner) = Some(version);
    }

    /// Reads the secrets anew, and builds the HTTP client at the first call, away from the threads that poll sockets.
    pub(super) async fn open(&self) -> Result<Session, Failure> {
        let shared = Arc::clone(&self.shared);
        let opened = tokio::task::spawn_blocking(move || {
            let opened = Opened::open(&shared.source)?;
            let http = shared.http(&opened)?;
            Ok((opened, http))
        });
        let (opened, http) = opened.await.map_err(|_| Failure::Cancelled)??;
        let shared = &self.shared;
        Ok(Session::new(opened, http, shared.settings.clone(), Arc::clone(&shared.slots), Arc::clone(&shared.get_only)))
    }
}

impl Shared {
    fn http(&self, opened: &Opened) -> Result<reqwest::Client, Failure> {
        let mut http = self.http.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(built) = http.as_ref() {
            return Ok(built.clone());
        }
        install_tls_provider();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("kneepoint/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.settings.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .pool_max_idle_per_host(self.settings.in_flight);
        if opened.is_loopback() {
            builder = builder.no_proxy();
        }
        if opened.base.scheme() == "http" {
            // Redirects to https are not followed, so the system's certificates are never needed: a machine without any can still ask.
            builder = builder.tls_certs_only([]);
        }
        let built = builder
            .build()
            .map_err(|error| Failure::Tls { detail: opened.redactor.clean(&chain(&error.without_url()), 200) })?;
        *http = Some(built.clone());
        Ok(built)
    }
}

/// reqwest without a provider of its own panics when it finds none installed; somebody else's is as good as ours.
fn install_tls_provider() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
