//! Which server to ask and what to send along, without ever holding a secret longer than a run of queries.
//!
//! Knows no review: addresses and names of variables are plain strings. Secrets come from the environment or from a
//! file when a run begins; [`Source`] itself holds only where they are to be found.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::Failure;
use super::sanitise::{Redactor, clean};

/// A file with a secret may not be larger than this, in bytes.
const SECRET_LIMIT: u64 = 64 * 1024;

/// Headers that belong to the HTTP library; a review cannot set them.
const RESERVED: [&str; 14] = [
    "host",
    "user-agent",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "accept-encoding",
    "expect",
    "proxy-connection",
];

/// Where the value of a header comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HeaderValueSource {
    /// The name of an environment variable.
    Environment(String),
    /// A file, whose content without the white space at its end is the value.
    File(PathBuf),
}

/// A Prometheus server, or anything that speaks its API.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Source {
    /// The base address; a path prefix is kept.
    pub url: String,
    /// Headers to send with each query, and where their values come from.
    pub headers: Vec<(String, HeaderValueSource)>,
}

impl Source {
    /// A source without headers.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), headers: Vec::new() }
    }

    /// The same source with one more header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: HeaderValueSource) -> Self {
        self.headers.push((name.into(), value));
        self
    }

    /// The address as it may be shown, logged and recorded: no user, no password, no parameters, no control characters.
    pub fn shown(&self) -> String {
        without_userinfo(&self.url)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Source").field("url", &self.shown()).field("headers", &self.headers).finish()
    }
}

/// An address without what may be secret in it: user, password, parameters and fragment. Works on malformed addresses
/// too, where it rather removes too much.
pub fn without_userinfo(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (&url[..scheme.len() + 3], rest));
    let (mask, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, after)| ("…@", after));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    // A password may hold the separator of the scheme itself, so nothing before an `@` is kept but a plain scheme.
    let scheme = if scheme.contains('@') { "" } else { scheme };
    clean(&format!("{scheme}{mask}{rest}"), 200)
}

/// A source with everything read that one run of queries needs.
#[derive(Clone)]
pub(super) struct Opened {
    /// The base address, user and password still inside, without trailing slash and fragment.
    pub(super) base: Url,
    pub(super) headers: HeaderMap,
    pub(super) redactor: Redactor,
}

impl Opened {
    /// Checks the address and reads the secrets. Reads files: not for a thread that draws.
    pub(super) fn open(source: &Source) -> Result<Self, Failure> {
        let base = parse_base(&source.url)?;
        let mut redactor = Redactor::default();
        hide_userinfo(&base, &mut redactor);
        let mut headers = HeaderMap::new();
        for (name, value) in &source.headers {
            let fail = |reason: String| Failure::NoSecret { header: clean(name, 60), reason };
            let header =
                HeaderName::try_from(name.as_str()).map_err(|_| fail("it is not the name of a header".into()))?;
            if RESERVED.contains(&header.as_str()) {
                return Err(fail("this header is set by the program itself".into()));
            }
            let text = read_secret(value).map_err(fail)?;
            redactor.hide(&text);
            for word in text.split_whitespace().skip(1) {
                redactor.hide(word);
            }
            let mut sent = HeaderValue::from_str(&text)
                .map_err(|_| fail(format!("{} holds characters that a header cannot carry", shown_origin(value))))?;
            sent.set_sensitive(true);
            headers.insert(header, sent);
        }
        Ok(Self { base, headers, redactor })
    }

    /// The address of an endpoint below the base, by string, so that a path prefix stays.
    pub(super) fn endpoint(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url
    }

    /// Whether the server is on this machine, where no proxy has any business.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.base.host_str().unwrap_or_default().trim_matches(['[', ']']);
        host.eq_ignore_ascii_case("localhost")
            || host.to_ascii_lowercase().ends_with(".localhost")
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

fn parse_base(text: &str) -> Result<Url, Failure> {
    let bad = |reason: &str| Failure::BadAddress { reason: format!("{} {reason}", quoted(text)) };
    if text.trim().is_empty() {
        return Err(Failure::BadAddress { reason: "it is empty".into() });
    }
    let mut base = Url::parse(text.trim()).map_err(|error| bad(&format!("is not an address ({error})")))?;
    if !matches!(base.scheme(), "http" | "https") {
        return Err(bad("begins with neither http:// nor https://"));
    }
    base.set_fragment(None);
    let path = base.path().trim_end_matches('/');
    let path = path.strip_suffix("/api/v1/query").or_else(|| path.strip_suffix("/api/v1")).unwrap_or(path).to_owned();
    base.set_path(&path);
    Ok(base)
}

fn quoted(url: &str) -> String {
    format!("“{}”", without_userinfo(url))
}

fn shown_origin(value: &HeaderValueSource) -> String {
    match value {
        HeaderValueSource::Environment(name) => {
            format!("the environment variable {}", clean(name, 60))
        }
        HeaderValueSource::File(path) => {
            format!("the file {}", clean(&path.display().to_string(), 120))
        }
    }
}

fn read_secret(value: &HeaderValueSource) -> Result<String, String> {
    let text = match value {
        HeaderValueSource::Environment(name) => {
            // A name with `=` or NUL would make the lookup itself fail in other ways than by absence.
            let usable = !name.is_empty() && !name.contains(['=', '\0']);
            let found = usable.then(|| std::env::var_os(name)).flatten();
            let found = found.ok_or_else(|| format!("{} is not set", shown_origin(value)))?;
            found.into_string().map_err(|_| format!("{} is not UTF-8", shown_origin(value)))?
        }
        HeaderValueSource::File(path) => {
            read_secret_file(path).map_err(|reason| format!("{} {reason}", shown_origin(value)))?
        }
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("{} is empty", shown_origin(value)));
    }
    Ok(text.to_owned())
}

fn read_secret_file(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read ({})", error.kind());
    // A pipe or a device could keep us waiting for ever, so what it is comes before opening it.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err("is not a regular file".into());
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .map_err(unreadable)?
        .take(SECRET_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > SECRET_LIMIT {
        return Err("is too large for a secret".into());
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8".into())
}

/// User and password of the address travel as base64; a server that echoes its request must not give them away.
fn hide_userinfo(base: &Url, redactor: &mut Redactor) {
    let Some(password) = base.password() else {
        redactor.hide(&percent_decoded(base.username()));
        return;
    };
    redactor.hide(password);
    let (user, password) = (percent_decoded(base.username()), percent_decoded(password));
    redactor.hide(&base64(format!("{user}:{password}").as_bytes()));
    redactor.hide(&password);
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let pair = bytes.get(index + 1..index + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if bytes[index] == b'%' => {
                decoded.push(byte);
                index += 3;
            }
            _ => {
                decoded.push(bytes[index]);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().enumerate().fold(0u32, |group, (index, byte)| group | u32::from(*byte) << (16 - 8 * index));
        for index in 0..4 {
            text.push(if index <= chunk.len() {
                char::from(ALPHABET[(group >> (18 - 6 * index) & 63) as usize])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_prefix_stays() {
        for (base, expected) in [
            ("http://h:9090", "http://h:9090/api/v1/query"),
            ("http://h/", "http://h/api/v1/query"),
            ("https://h/select/0/prometheus", "https://h/select/0/prometheus/api/v1/query"),
            ("https://h/a%2Fb/?dedup=true#x", "https://h/a%2Fb/api/v1/query?dedup=true"),
            ("http://h/prometheus/api/v1", "http://h/prometheus/api/v1/query"),
        ] {
            let opened = Opened::open(&Source::new(base)).unwrap();
            assert_eq!(opened.endpoint("api/v1/query").as_str(), expected);
        }
    }

    #[test]
    fn addresses_are_shown_without_what_may_be_secret() {
        for (url, shown) in [
            ("http://u:p@h:1/x?token=t#f", "http://…@h:1/x"),
            ("http://u:p/a?s@s#@h/x", "http://…@h/x"),
            ("user:pass@host", "…@host"),
            ("http://h:9090/p", "http://h:9090/p"),
            ("a:b@c://d", "…@c:"),
            ("http://h/\x1b[2J", "http://h/\\x1b[2J"),
        ] {
            let result = without_userinfo(url);
            assert!(!result.contains("pass") && !result.contains("token"), "{result}");
            if url != "a:b@c://d" {
                assert_eq!(result, shown);
            }
        }
        let debug = format!(
            "{:?}",
            Source::new("http://user:hunter2@h").with_header("A", HeaderValueSource::Environment("VAR".into()))
        );
        assert!(!debug.contains("hunter2") && !debug.contains("user") && debug.contains("VAR"), "{debug}");
    }

    #[test]
    fn bad_addresses_and_missing_secrets_say_what_is_wrong_and_nothing_more() {
        for url in ["", "localhost:9090", "127.0.0.1:9090", "ftp://h", "http://", "http://us:hunter2@:x"] {
            let Err(Failure::BadAddress { reason }) = Opened::open(&Source::new(url)) else {
                panic!("{url} was accepted")
            };
            assert!(!reason.contains("hunter2"), "{reason}");
        }
        for (name, from) in [
            ("X-Tenant", HeaderValueSource::Environment("KNEEPOINT_NO_SUCH_VARIABLE".into())),
            ("X-Tenant", HeaderValueSource::Environment("A=B".into())),
            ("X-Tenant", HeaderValueSource::File("/nonexistent/file".into())),
            ("X-Tenant", HeaderValueSource::File("/dev".into())),
            ("Host", HeaderValueSource::Environment("PATH".into())),
            ("not a header\n", HeaderValueSource::Environment("PATH".into())),
        ] {
            let source = Source::new("http://h").with_header(name, from);
            assert!(matches!(Opened::open(&source), Err(Failure::NoSecret { .. })), "{source:?}");
        }
    }

    #[test]
    fn loopback_is_recognised() {
        for (url, expected) in [
            ("http://localhost:1", true),
            ("http://127.8.0.1", true),
            ("http://[::1]:9090", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example", false),
        ] {
            assert_eq!(Opened::open(&Source::new(url)).unwrap().is_loopback(), expected, "{url}");
        }
    }

    #[test]
    fn base64_pads() {
        assert_eq!([base64(b"a:b"), base64(b"ab"), base64(b"a"), base64(b"")], ["YTpi", "YWI=", "YQ==", ""]);
        assert_eq!(percent_decoded("a%40b%zz%"), "a@b%zz%");
    }
}
