//! Text that came from a server, made safe to show and to keep.
//!
//! Knows nothing of HTTP or Prometheus. Invariant: what leaves here holds no control character, no bidirectional or
//! invisible format character, no known secret, and no more than the asked number of characters.

use std::fmt::Write as _;

/// No more of a hostile text than this is even looked at, in bytes.
const LOOKED_AT: usize = 64 * 1024;

/// A server's text on one line: runs of white space become one space, control and invisible format characters become
/// visible escapes (`\x1b`, `\u{202e}`), and a text longer than `limit` characters ends in `…`.
pub fn clean(text: &str, limit: usize) -> String {
    shorten(escape(text), limit)
}

/// The secrets of one source, so that a server that echoes them cannot put them on a screen or into a file.
#[derive(Clone, Default)]
pub(super) struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    /// Remembers a secret; words too short to be one are ignored, as removing them would only garble texts.
    pub(super) fn hide(&mut self, secret: &str) {
        let secret = escape(secret);
        let secret = secret.trim();
        if secret.chars().count() >= 4 && !self.secrets.iter().any(|known| known == secret) {
            self.secrets.push(secret.to_owned());
            // The longest first, so that a secret inside another one does not leave its rest behind.
            self.secrets.sort_by_key(|known| std::cmp::Reverse(known.len()));
        }
    }

    /// [`clean`], with every known secret replaced.
    pub(super) fn clean(&self, text: &str, limit: usize) -> String {
        let mut text = escape(text);
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), "[secret]");
            }
        }
        shorten(text, limit)
    }
}

fn escape(text: &str) -> String {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut escaped = String::with_capacity(end.min(1024));
    let mut space = false;
    for character in text[..end].chars() {
        if character.is_whitespace() && character != '\u{85}' {
            space = !escaped.is_empty();
            continue;
        }
        if space {
            escaped.push(' ');
            space = false;
        }
        match character {
            '\0'..='\x1f' | '\x7f'..='\u{9f}' => {
                let _ = write!(escaped, "\\x{:02x}", u32::from(character));
            }
            invisible if is_invisible(invisible) => {
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(invisible));
            }
            visible => escaped.push(visible),
        }
    }
    escaped
}

fn shorten(mut text: String, limit: usize) -> String {
    if let Some((cut, _)) = text.char_indices().nth(limit) {
        let keep = text[..cut].char_indices().next_back().map_or(0, |(last, _)| last);
        text.truncate(keep);
        text.push('…');
    }
    text
}

/// Characters that change how their neighbours are drawn without being seen themselves.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_visible_and_lines_become_one() {
        assert_eq!(clean("a\x1b[31mred\x07\r\n\t b\u{9b}2J", 80), "a\\x1b[31mred\\x07 b\\x9b2J");
        assert_eq!(clean("ab\u{202e}cd\u{200b}", 80), "ab\\u{202e}cd\\u{200b}");
        assert_eq!(clean("  \n ", 80), "");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(clean("ééééé", 3), "éé…");
        assert_eq!(clean("ééé", 3), "ééé");
        assert_eq!(clean("abc", 0), "…");
        assert!(clean(&"é".repeat(1_000_000), 300).chars().count() <= 300);
    }

    #[test]
    fn known_secrets_are_removed_even_when_one_holds_another() {
        let mut redactor = Redactor::default();
        redactor.hide("hunter2");
        redactor.hide("Bearer hunter2");
        redactor.hide("ab");
        assert_eq!(redactor.clean("got Bearer hunter2, and hunter2 ab", 80), "got [secret], and [secret] ab");
    }
}
