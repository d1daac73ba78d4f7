//! One query and its answer over HTTP: how it is sent, what is sent again, and what each way of failing is called.
//!
//! Knows reqwest and status codes; what is inside an answer is read by `envelope`. Invariants: a secret header goes to
//! no other host than the source's; no text of the server leaves unsanitised; no more than the largest answer is held.

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Method, StatusCode, Url};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

use super::client::Settings;
use super::source::{Opened, without_userinfo};
use super::transport::failure_of;
use super::{Answer, Failure, envelope};

/// Of a refusal no more than this is read, in bytes.
const LARGEST_REFUSAL: u64 = 64 * 1024;
/// Longer than this nobody waits because a server asks for it.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// For the question which version answers.
const VERSION_TIMEOUT: Duration = Duration::from_secs(2);

/// Everything needed to ask, for one run of queries.
#[derive(Clone)]
pub(super) struct Session {
    opened: Arc<Opened>,
    http: reqwest::Client,
    settings: Settings,
    slots: Arc<Semaphore>,
    get_only: Arc<AtomicBool>,
}

/// A complete HTTP answer.
struct Reply {
    status: StatusCode,
    content_type: String,
    retry_after: Option<Duration>,
    location: Option<String>,
    body: Vec<u8>,
    /// The connection ended before the answer did.
    broke_off: bool,
}

impl Session {
    pub(super) fn new(
        opened: Opened,
        http: reqwest::Client,
        settings: Settings,
        slots: Arc<Semaphore>,
        get_only: Arc<AtomicBool>,
    ) -> Self {
        Self { opened: Arc::new(opened), http, settings, slots, get_only }
    }

    /// One instant query. The time spent waiting for a slot is not counted.
    pub(super) async fn ask(&self, query: &str, at: Option<f64>) -> Answer {
        let mut fields =
            vec![("query", query.to_owned()), ("timeout", format!("{:.3}", self.settings.total_timeout.as_secs_f64()))];
        match at {
            // Far beyond any calendar a server may overflow; the decimal form itself never has an exponent.
            Some(at) if !at.is_finite() || at.abs() >= 1e11 => {
                return Answer::Failed(Failure::BadQuery {
                    message: "the time asked for is not a time".into(),
                    position: None,
                });
            }
            Some(at) => fields.push(("time", format!("{at:.3}"))),
            None => {}
        }
        let Ok(_slot) = self.slots.acquire().await else {
            return Answer::Failed(Failure::Cancelled);
        };
        let deadline = Instant::now() + self.settings.total_timeout;
        match timeout_at(deadline, self.attempts(&form(&fields), deadline)).await {
            Ok(Ok(reply)) => self.read(&reply),
            Ok(Err(failure)) => Answer::Failed(failure),
            Err(_) => Answer::Failed(Failure::TimedOut {
                after: self.settings.total_timeout.as_secs_f64(),
                connecting: false,
            }),
        }
    }

    /// The version of the server as it names itself; most that are not Prometheus do not.
    pub(super) async fn version(&self) -> Option<String> {
        let url = self.opened.endpoint("api/v1/status/buildinfo");
        let reply =
            timeout_at(Instant::now() + VERSION_TIMEOUT, self.exchange(Method::GET, url, "")).await.ok()?.ok()?;
        envelope::version(&reply.body)
            .map(|version| self.opened.redactor.clean(&version, 40))
            .filter(|version| !version.is_empty())
    }

    async fn attempts(&self, form: &str, deadline: Instant) -> Result<Reply, Failure> {
        let mut attempt = 0;
        loop {
            let outcome = self.post_or_get(form).await;
            let asked_to_wait = match &outcome {
                Ok(reply) if worth_retrying(reply) => reply.retry_after,
                Err(Failure::ConnectionRefused | Failure::Unreachable { .. } | Failure::BrokenConnection { .. }) => {
                    None
                }
                _ => return outcome,
            };
            if attempt >= self.settings.retries || asked_to_wait.is_some_and(|wait| wait > LONGEST_WAIT) {
                return outcome;
            }
            let wait = asked_to_wait.unwrap_or_default() + jitter(attempt);
            if Instant::now() + wait >= deadline {
                return outcome;
            }
            sleep(wait).await;
            attempt += 1;
        }
    }

    async fn post_or_get(&self, form: &str) -> Result<Reply, Failure> {
        let url = self.opened.endpoint("api/v1/query");
        if self.get_only.load(Ordering::Relaxed) {
            return self.exchange(Method::GET, url, form).await;
        }
        let posted = self.exchange(Method::POST, url.clone(), form).await?;
        if !matches!(posted.status, StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED) {
            return Ok(posted);
        }
        let got = self.exchange(Method::GET, url, form).await?;
        if matches!(got.status, StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED) {
            return Ok(posted);
        }
        self.get_only.store(true, Ordering::Relaxed);
        Ok(got)
    }

    /// One request with its redirects on the same host. A POST stays a POST (except after 303), or the query would be lost.
    async fn exchange(&self, method: Method, mut url: Url, form: &str) -> Result<Reply, Failure> {
        let mut method = method;
        if method == Method::GET && !form.is_empty() {
            let query = url.query().map_or_else(|| form.to_owned(), |base| format!("{base}&{form}"));
            url.set_query(Some(&query));
        }
        for _ in 0..=self.settings.redirects {
            let reply = self.send(&method, &url, form).await?;
            let Some(location) = reply.location.as_deref().filter(|_| reply.status.is_redirection()) else {
                return Ok(reply);
            };
            let next = url.join(location).ok();
            let shown = self.opened.redactor.clean(&without_userinfo(next.as_ref().map_or(location, Url::as_str)), 200);
            let Some(mut next) = next.filter(|next| next.origin() == url.origin()) else {
                return Err(Failure::Redirected { to: shown, loops: false });
            };
            // Credentials of the address belong to the source, whatever the server writes into its redirect.
            let _ = next.set_username(url.username());
            let _ = next.set_password(url.password());
            if reply.status == StatusCode::SEE_OTHER {
                method = Method::GET;
            }
            url = next;
        }
        Err(Failure::Redirected { to: self.opened.redactor.clean(&without_userinfo(url.as_str()), 200), loops: true })
    }

    async fn send(&self, method: &Method, url: &Url, form: &str) -> Result<Reply, Failure> {
        let mut request = self
            .http
            .request(method.clone(), url.clone())
            .headers(self.opened.headers.clone())
            .header(ACCEPT, "application/json");
        if *method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.to_owned());
        }
        let mut response =
            request.send().await.map_err(|error| failure_of(error, &self.settings, &self.opened.redactor))?;
        let headers = response.headers();
        let mut reply = Reply {
            status: response.status(),
            content_type: self.opened.redactor.clean(&text_of(headers, CONTENT_TYPE), 80),
            retry_after: text_of(headers, RETRY_AFTER).trim().parse().ok().map(Duration::from_secs),
            location: headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            body: Vec::new(),
            broke_off: false,
        };
        let limit = if reply.status.is_success() { self.settings.largest_answer } else { LARGEST_REFUSAL };
        if reply.status.is_success() && response.content_length().is_some_and(|length| length > limit) {
            return Err(Failure::TooLarge { limit });
        }
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if (reply.body.len() + chunk.len()) as u64 > limit => {
                    if reply.status.is_success() {
                        return Err(Failure::TooLarge { limit });
                    }
                    break;
                }
                Ok(Some(chunk)) => reply.body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(_) => {
                    reply.broke_off = true;
                    break;
                }
            }
        }
        Ok(reply)
    }

    fn read(&self, reply: &Reply) -> Answer {
        let redactor = &self.opened.redactor;
        let excerpt = || redactor.clean(&String::from_utf8_lossy(&reply.body[..reply.body.len().min(2048)]), 120);
        let failure = match reply.status {
            StatusCode::UNAUTHORIZED => Failure::Unauthorised,
            StatusCode::FORBIDDEN => Failure::Forbidden { message: self.refusal(reply).unwrap_or_default() },
            status if status.is_success() && reply.broke_off => Failure::Garbage {
                reason: format!("it breaks off after {} bytes", reply.body.len()),
                excerpt: excerpt(),
            },
            status if status.is_success() && envelope::looks_like_json(&reply.body, &reply.content_type) => {
                match envelope::read(&reply.body, redactor) {
                    Ok(answer) => return answer,
                    Err(envelope::Unreadable::NotJson(reason)) => {
                        Failure::Garbage { reason: redactor.clean(&reason, 120), excerpt: excerpt() }
                    }
                    Err(envelope::Unreadable::OtherJson) => {
                        Failure::NotPrometheus { content_type: reply.content_type.clone(), excerpt: excerpt() }
                    }
                }
            }
            status if status.is_success() => {
                Failure::NotPrometheus { content_type: reply.content_type.clone(), excerpt: excerpt() }
            }
            status => match envelope::read(&reply.body, redactor) {
                Ok(Answer::Failed(Failure::ServerError { message, .. })) => {
                    Failure::ServerError { status: status.as_u16(), message }
                }
                Ok(Answer::Failed(failure)) => failure,
                _ if status == StatusCode::NOT_FOUND => Failure::NotFound,
                _ => Failure::ServerError { status: status.as_u16(), message: self.refusal(reply).unwrap_or_default() },
            },
        };
        Answer::Failed(failure)
    }

    /// The words of a refusal that is not an answer of the API; a web page has none worth showing.
    fn refusal(&self, reply: &Reply) -> Option<String> {
        if let Ok(Answer::Failed(Failure::ServerError { message, .. } | Failure::BadQuery { message, .. })) =
            envelope::read(&reply.body, &self.opened.redactor)
        {
            return Some(message);
        }
        let text = self.opened.redactor.clean(&String::from_utf8_lossy(&reply.body), 160);
        (!text.is_empty() && !text.starts_with('<')).then_some(text)
    }
}

/// 503 of a Prometheus that gave up on this query is not a passing weakness: the same query would cost the same again.
fn worth_retrying(reply: &Reply) -> bool {
    match reply.status.as_u16() {
        429 | 502 => true,
        503 => !envelope::gave_up(&reply.body),
        _ => false,
    }
}

/// 100 to 200 ms before the second attempt, 200 to 400 ms before the third.
fn jitter(attempt: u32) -> Duration {
    let random = std::hash::RandomState::new().build_hasher().finish();
    let base = 100u64 << attempt.min(4);
    Duration::from_millis(base + random % base)
}

fn text_of(headers: &HeaderMap, name: reqwest::header::HeaderName) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

fn form(fields: &[(&str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
                _ => {
                    const HEX: &[u8; 16] = b"0123456789ABCDEF";
                    text.extend([
                        '%',
                        char::from(HEX[usize::from(byte >> 4)]),
                        char::from(HEX[usize::from(byte & 15)]),
                    ]);
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded_byte_by_byte() {
        assert_eq!(
            form(&[("query", "a{b=\"é\"}+1 &".into()), ("time", "1.5".into())]),
            "query=a%7Bb%3D%22%C3%A9%22%7D%2B1%20%26&time=1.5"
        );
    }

    #[test]
    fn jitter_stays_in_its_range() {
        for _ in 0..100 {
            assert!((100..200).contains(&jitter(0).as_millis()) && (200..400).contains(&jitter(1).as_millis()));
        }
    }
}
