//! One HTTP request from bytes that anybody may have sent: bounded in size and, by its reader, in time.
//!
//! Knows no socket. As much of HTTP/1.1 as a query needs: a body of a stated length, no chunks.

use std::io::{ErrorKind, Read};

/// The request line and all headers together, in bytes. A query may come as part of the address.
const LARGEST_HEAD: usize = 32 * 1024;
/// The form of a query, in bytes.
const LARGEST_BODY: usize = 64 * 1024;

/// A complete request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without parameters.
    pub(super) path: String,
    /// From the body and from the address, those of the body in front.
    pub(super) parameters: Vec<(String, String)>,
}

impl Request {
    /// The first parameter of a name.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Why there is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing came, or the connection broke: there is nobody to answer.
    Gone,
    /// A status to answer with, and why.
    Status(u16, &'static str),
}

impl Refusal {
    const MALFORMED: Self = Self::Status(400, "this is not an HTTP request");
}

/// Reads one request. The reader gives up by an error of the kind `TimedOut` or `WouldBlock`.
pub(super) fn read(reader: &mut impl Read) -> Result<Request, Refusal> {
    let mut bytes = Vec::new();
    let mut searched = 0;
    let head = loop {
        if let Some(end) = end_of_head(&bytes, searched) {
            break end;
        }
        searched = bytes.len();
        if bytes.len() > LARGEST_HEAD {
            return Err(Refusal::Status(431, "the head of the request is too large"));
        }
        more(reader, &mut bytes)?;
    };
    if head > LARGEST_HEAD {
        return Err(Refusal::Status(431, "the head of the request is too large"));
    }
    let (head, rest) = bytes.split_at(head);
    let head = std::str::from_utf8(head).map_err(|_| Refusal::MALFORMED)?;
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Refusal::MALFORMED);
    };
    if !matches!(version, "HTTP/1.0" | "HTTP/1.1") {
        return Err(Refusal::Status(505, "only HTTP/1.1 is spoken here"));
    }
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) || !target.starts_with('/') {
        return Err(Refusal::MALFORMED);
    }
    let headers = Headers::of(lines)?;
    let mut body = rest.to_vec();
    while body.len() < headers.length {
        more(reader, &mut body)?;
    }
    body.truncate(headers.length);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut parameters = Vec::new();
    if headers.is_form {
        let body = std::str::from_utf8(&body).map_err(|_| Refusal::Status(400, "the form is not UTF-8"))?;
        fields(body, &mut parameters)?;
    }
    fields(query, &mut parameters)?;
    Ok(Request { method: method.to_owned(), path: path.to_owned(), parameters })
}

/// What of the headers matters.
#[derive(Debug, Default)]
struct Headers {
    length: usize,
    is_form: bool,
}

impl Headers {
    fn of<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Self, Refusal> {
        let mut length = None;
        let mut is_form = false;
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or(Refusal::MALFORMED)?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => {
                    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                    // Digits beyond any number are a body that is too large, not one that is malformed.
                    let stated =
                        if digits { value.parse().unwrap_or(usize::MAX) } else { return Err(Refusal::MALFORMED) };
                    if length.is_some_and(|known| known != stated) {
                        return Err(Refusal::MALFORMED);
                    }
                    length = Some(stated);
                }
                "transfer-encoding" => return Err(Refusal::Status(501, "a body needs a content-length here")),
                "content-type" => {
                    let kind = value.split(';').next().unwrap_or_default().trim();
                    is_form = kind.eq_ignore_ascii_case("application/x-www-form-urlencoded");
                }
                _ => {}
            }
        }
        let length = length.unwrap_or_default();
        if length > LARGEST_BODY {
            return Err(Refusal::Status(413, "the body of the request is too large"));
        }
        Ok(Self { length, is_form })
    }
}

/// The place behind the empty line that ends the head; what was searched before is not searched again.
fn end_of_head(bytes: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(3);
    bytes.get(from..)?.windows(4).position(|window| window == b"\r\n\r\n").map(|position| from + position + 4)
}

fn more(reader: &mut impl Read, bytes: &mut Vec<u8>) -> Result<(), Refusal> {
    let mut chunk = [0; 4096];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) if bytes.is_empty() => return Err(Refusal::Gone),
            Ok(0) => return Err(Refusal::Status(400, "the request breaks off")),
            Ok(count) => {
                bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
                return Ok(());
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
                return Err(Refusal::Status(408, "the request takes too long"));
            }
            Err(_) => return Err(Refusal::Gone),
        }
    }
}

fn fields(text: &str, parameters: &mut Vec<(String, String)>) -> Result<(), Refusal> {
    for field in text.split('&').filter(|field| !field.is_empty()) {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        let decoded = (decoded(name), decoded(value));
        let (Some(name), Some(value)) = decoded else {
            return Err(Refusal::Status(400, "a parameter is not encoded as a form"));
        };
        parameters.push((name, value));
    }
    Ok(())
}

/// A form's `a%20b+c` as `a b c`.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes a few at a time, then times out or ends.
    struct Drip<'a>(&'a [u8], usize, bool);

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            if self.0.is_empty() && self.2 {
                return Err(ErrorKind::WouldBlock.into());
            }
            let count = self.1.min(self.0.len()).min(into.len());
            let (now, later) = self.0.split_at(count);
            into[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn read_all(text: &[u8]) -> Result<Request, Refusal> {
        let whole = read(&mut Drip(text, 4096, false));
        assert_eq!(whole, read(&mut Drip(text, 7, false)), "the size of the packets decides");
        whole
    }

    fn status(text: &[u8]) -> u16 {
        match read_all(text) {
            Err(Refusal::Status(status, why)) => {
                assert!(!why.is_empty());
                status
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_forms_of_a_query_are_read() {
        let get = read_all(b"GET /a/b?query=sum%28rate%28x%5B5m%5D%29%29+%2B+1&time=1.5 HTTP/1.1\r\nHost: h\r\n\r\n")
            .unwrap();
        assert_eq!((get.method.as_str(), get.path.as_str()), ("GET", "/a/b"));
        assert_eq!(get.parameter("query"), Some("sum(rate(x[5m])) + 1"));
        assert_eq!((get.parameter("time"), get.parameter("step")), (Some("1.5"), None));
        let post = read_all(
            b"POST /a?query=other HTTP/1.1\r\ncontent-TYPE: application/x-www-form-urlencoded; charset=utf-8\r\nContent-Length: 17\r\n\r\nquery=%C3%A9&a=bcIGNORED",
        )
        .unwrap();
        assert_eq!((post.parameter("query"), post.parameter("a")), (Some("é"), Some("bc")));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let long = [b"GET /".as_slice(), &vec![b'a'; 40_000], b" HTTP/1.1\r\n\r\n"].concat();
        let endless = vec![b'a'; 40_000];
        for (text, wanted) in [
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".as_slice(), 400),
            (b"GET / HTTP/2.0\r\n\r\n", 505),
            (b"GET /\r\n\r\n", 400),
            (b"GET  / HTTP/1.1\r\n\r\n", 400),
            (b"get / HTTP/1.1\r\n\r\n", 400),
            (b"GET http://elsewhere/ HTTP/1.1\r\n\r\n", 400),
            (b"\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
            (b"GET /?a=%zz HTTP/1.1\r\n\r\n", 400),
            (b"GET /?a=%f HTTP/1.1\r\n\r\n", 400),
            (b"GET /?a=%ff HTTP/1.1\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHo", 400),
            (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
            (b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", 400),
            (b"POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", 413),
            (b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999999\r\n\r\n", 413),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
            (&long, 431),
            (&endless, 431),
        ] {
            assert_eq!(status(text), wanted, "{}", String::from_utf8_lossy(&text[..text.len().min(60)]));
        }
        assert_eq!(read_all(b""), Err(Refusal::Gone));
        let mut slow = Drip(b"GET / HTTP/1.1\r\n", 3, true);
        assert_eq!(read(&mut slow), Err(Refusal::Status(408, "the request takes too long")));
    }
}
