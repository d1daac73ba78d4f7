//! Bytes ⇄ text without loss: what is not UTF-8 goes through the program and comes back as it was.

use crate::model::{INVALID_BYTES, Problem, ProblemKind, Span};

/// How a file was encoded, apart from its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Encoding {
    /// Whether it starts with a byte order mark.
    pub byte_order_mark: bool,
}

const MARK: &[u8] = b"\xef\xbb\xbf";
/// A byte `b` from 0x80 on is kept as the character `FIRST + b`.
const FIRST: u32 = 0x10_ff00;

/// A text from bytes. A byte that is not UTF-8 becomes a private-use character that [`encode`] turns back.
///
/// Those characters are reported by [`super::parse`], so that they stay reported while the text is edited.
pub fn decode(bytes: &[u8]) -> (String, Encoding) {
    let (bytes, byte_order_mark) = match bytes.strip_prefix(MARK) {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if INVALID_BYTES.contains(&c) {
                // The file really has such a character: its bytes are kept one by one, or they would come back as one.
                let mut buffer = [0; 4];
                c.encode_utf8(&mut buffer).bytes().for_each(|byte| text.push(kept(byte)));
            } else {
                text.push(c);
            }
        }
        chunk.invalid().iter().for_each(|byte| text.push(kept(*byte)));
    }
    (text, Encoding { byte_order_mark })
}

fn kept(byte: u8) -> char {
    char::from_u32(FIRST + u32::from(byte)).unwrap_or('\u{fffd}')
}

/// The bytes of a text: of an unchanged text, the bytes it was decoded from.
pub fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + MARK.len());
    if encoding.byte_order_mark {
        bytes.extend_from_slice(MARK);
    }
    let mut rest = text;
    while let Some((offset, c)) = rest.char_indices().find(|(_, c)| INVALID_BYTES.contains(c)) {
        bytes.extend_from_slice(&rest.as_bytes()[..offset]);
        bytes.push((u32::from(c) & 0xff) as u8);
        rest = &rest[offset + c.len_utf8()..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// A problem for each line with bytes that are not UTF-8.
pub(super) fn problems(text: &str) -> Vec<Problem> {
    // Most texts have none, and are told by one byte: only characters from U+100000 on start with it.
    if !text.as_bytes().contains(&0xf4) {
        return Vec::new();
    }
    let mut found: Vec<Problem> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mut bytes = line.char_indices().filter(|(_, c)| INVALID_BYTES.contains(c));
        if let Some((first, c)) = bytes.next() {
            let span = Span::new(start + first, start + first + c.len_utf8());
            let more = bytes.count();
            let byte = u32::from(c) & 0xff;
            let message = match more {
                0 => format!("the byte {byte:#04x} is not UTF-8; it is kept as it is"),
                more => format!(
                    "the byte {byte:#04x} and {more} more on this line are not UTF-8; they are kept as they are"
                ),
            };
            found.push(Problem::error(ProblemKind::Encoding, span, message));
        }
        start += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        for bytes in [&all[..], b"\xef\xbb\xbfa = 1\r\n", b"\xff\xfe", "\u{10fffe} ü".as_bytes(), b"", b"\xe2\x82"] {
            let (text, encoding) = decode(bytes);
            assert_eq!(encode(&text, encoding), bytes);
        }
        let (text, _) = decode(b"a = 1\nb = \"\xff\xfe\"\nc\n");
        let found = problems(&text);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("0xff and 1 more"), "{}", found[0].message);
        assert_eq!(&text[..found[0].span.start], "a = 1\nb = \"");
    }
}
