//! Texts of files and servers made fit for a screen: nothing in them reaches a terminal as a command.

use super::field::is_bidirectional_control;
use std::borrow::Cow;

/// The first of the private-use characters that stand for bytes that were not UTF-8.
pub const INVALID_BYTES: std::ops::RangeInclusive<char> = '\u{10ff80}'..='\u{10ffff}';

/// A text on one line with every control character replaced by a visible sign (`␛`, `␊`, `�`).
///
/// A tab becomes a blank. Borrowed where there is nothing to replace.
pub fn visible(text: &str) -> Cow<'_, str> {
    replaced(text, sign)
}

/// The same with line feeds kept; a carriage return before one is left out.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    if text.contains("\r\n") {
        return Cow::Owned(visible_lines(&text.replace("\r\n", "\n")).into_owned());
    }
    replaced(text, |c| if c == '\n' { c } else { sign(c) })
}

fn replaced(text: &str, sign: impl Fn(char) -> char) -> Cow<'_, str> {
    if text.chars().all(|c| sign(c) == c) { Cow::Borrowed(text) } else { Cow::Owned(text.chars().map(sign).collect()) }
}

/// What is shown for a character.
fn sign(c: char) -> char {
    match c {
        '\t' => ' ',
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        c if is_unseen(c) => '\u{fffd}',
        c => c,
    }
}

/// Characters that show nothing, move what is around them, or stand for what is none.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || is_bidirectional_control(c)
        || matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
        || INVALID_BYTES.contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_reaches_the_screen() {
        assert_eq!(visible("a\u{1b}[31m\u{9b}b\u{202e}c\td\n\u{7f}"), "a␛[31m\u{fffd}b\u{fffd}c d␊␡");
        assert_eq!(visible_lines("a\r\nb\rc"), "a\nb␍c");
        assert!(matches!(visible("Grüße → 東京 👩‍💻"), Cow::Borrowed(_)));
        assert_eq!(visible("\u{10fffe}\u{10ff80}"), "\u{fffd}\u{fffd}");
        for c in (0..=0x10_ffffu32).filter_map(char::from_u32) {
            assert!(!visible(&c.to_string()).chars().any(char::is_control));
        }
    }
}
