//! What the ways in which a connection can fail are called.
//!
//! Knows the error types of the HTTP and TLS libraries, and nothing of what was asked.

use std::error::Error;
use std::io::ErrorKind;

use super::Failure;
use super::client::Settings;
use super::sanitise::Redactor;

/// The failure behind an error of the HTTP library; the address that the error holds goes no further.
pub(super) fn failure_of(error: reqwest::Error, settings: &Settings, redactor: &Redactor) -> Failure {
    let connecting = error.is_connect();
    if error.is_timeout() {
        let after = if connecting { settings.connect_timeout } else { settings.total_timeout };
        return Failure::TimedOut { after: after.as_secs_f64(), connecting };
    }
    let error = error.without_url();
    if error.is_dns() {
        return Failure::NameNotFound;
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    for _ in 0..16 {
        let Some(current) = cause else { break };
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return Failure::Tls { detail: redactor.clean(&tls.to_string(), 200) };
        }
        cause = match current.downcast_ref::<std::io::Error>() {
            Some(io) => match io.kind() {
                ErrorKind::ConnectionRefused => return Failure::ConnectionRefused,
                ErrorKind::TimedOut => {
                    return Failure::TimedOut { after: settings.connect_timeout.as_secs_f64(), connecting };
                }
                ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable => {
                    return Failure::Unreachable { detail: io.kind().to_string() };
                }
                // An error inside an io::Error is not among its sources, only its own sources are.
                _ => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            },
            None => current.source(),
        };
    }
    let detail = redactor.clean(&chain(&error), 200);
    if error.is_builder() { Failure::BadAddress { reason: detail } } else { Failure::BrokenConnection { detail } }
}

/// An error and its causes on one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    for _ in 0..8 {
        let Some(error) = cause else { break };
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}
