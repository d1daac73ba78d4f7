//! A listener on the loopback address: one request a connection, bounded in number, size and time.
//!
//! Knows nothing of what is answered.

use super::request::{Refusal, Request, read};
use super::respond::Response;
use std::io::{Error, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Builder};
use std::time::{Duration, Instant, SystemTime};

/// For a whole request, and for writing its answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Connections at once; more are closed unread.
const MOST_CONNECTIONS: usize = 16;
/// After a refusal, this much of what is still being sent is read away, so that the answer is not lost with it.
const READ_AWAY: usize = 256 * 1024;

/// Listens until it is dropped.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
}

impl Server {
    /// Starts listening; `answer` is called with each request and the time in unix seconds, from several threads.
    pub(super) fn start(
        answer: impl Fn(Result<Request, Refusal>, f64) -> Option<Response> + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let ended = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&ended);
        let accept = move || accept(&listener, &over, &Arc::new(answer));
        Builder::new().name("simulated-source".to_owned()).spawn(accept)?;
        Ok(Self { address, ended })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        // Wakes the thread that waits for a connection; where that fails it ends with the process.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_millis(200));
    }
}

fn accept<A>(listener: &TcpListener, ended: &AtomicBool, answer: &Arc<A>)
where
    A: Fn(Result<Request, Refusal>, f64) -> Option<Response> + Send + Sync + 'static,
{
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        let accepted = listener.accept();
        if ended.load(Ordering::Acquire) {
            return;
        }
        let Ok((stream, _)) = accepted else {
            // Usually no file descriptors are left; they come back, and asking at once would only burn the processor.
            thread::sleep(Duration::from_millis(50));
            continue;
        };
        if open.load(Ordering::Acquire) >= MOST_CONNECTIONS {
            continue;
        }
        let place = Place::take(&open);
        let answer = Arc::clone(answer);
        let serve = move || {
            let _place = place;
            // A connection that breaks is the other side's affair.
            let _ = serve(stream, answer.as_ref());
        };
        let _ = Builder::new().name("simulated-answer".to_owned()).spawn(serve);
    }
}

/// One of the places for connections, given back however its thread ends.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(open))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn serve(
    stream: TcpStream,
    answer: &impl Fn(Result<Request, Refusal>, f64) -> Option<Response>,
) -> std::io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut reader = Patient { stream, until: Instant::now() + PATIENCE };
    let request = read(&mut reader);
    let refused = request.is_err();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    // Whole milliseconds, as every server writes them.
    let Some(response) = answer(request, (now * 1e3).floor() / 1e3) else { return Ok(()) };
    reader.stream.write_all(&response.bytes())?;
    reader.stream.shutdown(Shutdown::Write)?;
    if refused {
        reader.until = Instant::now() + PATIENCE;
        let mut left = READ_AWAY;
        let mut chunk = [0; 4096];
        while left > 0 {
            match reader.read(&mut chunk)? {
                0 => break,
                count => left = left.saturating_sub(count),
            }
        }
    }
    Ok(())
}

/// A stream that is read no longer than until a moment, however slowly it drips.
struct Patient {
    stream: TcpStream,
    until: Instant,
}

impl Read for Patient {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::from(ErrorKind::TimedOut));
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(into)
    }
}
