//! What the system says: to end, or that the program was asleep.
//!
//! Must not know what follows from it.

use super::event_loop::Signal;
use std::io;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Longer than everything that is waited for at the end.
const LAST_CHANCE: Duration = Duration::from_secs(15);

/// Listens on the runtime this is called on. From now on these signals end nothing by themselves.
#[cfg(unix)]
pub fn listen() -> io::Result<UnboundedReceiver<Signal>> {
    use tokio::signal::unix::{SignalKind, signal};

    const WOKEN: i32 = if cfg!(any(target_os = "linux", target_os = "android")) { 18 } else { 19 };
    let (sender, receiver) = unbounded_channel();
    let signals = [
        (SignalKind::terminate(), Signal::End(15)),
        (SignalKind::hangup(), Signal::End(1)),
        (SignalKind::quit(), Signal::End(3)),
        (SignalKind::interrupt(), Signal::Interrupt),
        (SignalKind::from_raw(WOKEN), Signal::Woken),
        (SignalKind::window_change(), Signal::Resized),
    ];
    for (kind, meaning) in signals {
        let (mut signal, sender) = (signal(kind)?, sender.clone());
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                if sender.send(meaning).is_err() {
                    break;
                }
                if let Signal::End(number) = meaning {
                    tokio::spawn(end_anyway(number));
                }
            }
        });
    }
    Ok(receiver)
}

/// Listens for an interrupt.
#[cfg(not(unix))]
pub fn listen() -> io::Result<UnboundedReceiver<Signal>> {
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if sender.send(Signal::Interrupt).is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}

/// Ends the program where the thread that draws does not: reading from a lost terminal can spin for ever (crossterm
/// issue 1067). The recovery file has been written long since, by a thread of its own.
#[cfg(unix)]
async fn end_anyway(number: i32) {
    tokio::time::sleep(LAST_CHANCE).await;
    super::terminal::take_off();
    std::process::exit(128 + number);
}
