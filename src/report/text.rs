//! Texts of a review on their way out: one line, visible, and without any power over the place where they are put.
//!
//! Must not know what the texts mean. Invariant: what comes out of [`line()`] holds no control character, no line end and
//! no character that reorders its neighbours; what comes out of [`cell`] is also inert inside Markdown tables, headings
//! and paragraphs.

use crate::model::{INVALID_BYTES, is_bidirectional_control};
use crate::units::thousands;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// Longer texts are cut, in characters; the cut is visible.
pub(super) const LONGEST_LINE: usize = 2_000;

/// A text as one visible line: white space becomes single spaces, control characters become symbols.
pub fn line(text: &str) -> String {
    line_of(text, LONGEST_LINE)
}

/// The same, cut at a number of characters.
pub(super) fn line_of(text: &str, longest: usize) -> String {
    let mut out = String::with_capacity(text.len().min(longest));
    let mut length = 0;
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') {
            space = !out.is_empty();
            continue;
        }
        if length >= longest {
            let _ = write!(out, "… ({} characters, cut)", thousands(text.chars().count() as f64));
            return out;
        }
        if std::mem::take(&mut space) {
            out.push(' ');
            length += 1;
        }
        out.push(visible(c));
        length += 1;
    }
    out
}

/// A text of several lines for a terminal: line ends and tabs stay, everything else as in [`line()`].
pub fn block(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t') { c } else { visible(c) }).collect()
}

fn visible(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        c if c.is_control() || is_bidirectional_control(c) || INVALID_BYTES.contains(&c) => '\u{fffd}',
        // Invisible: zero-width space and word joiner, byte order mark, annotations, tags.
        '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => {
            '\u{fffd}'
        }
        c => c,
    }
}

/// A text as Markdown that shows exactly these characters, wherever in a line it is put.
pub fn cell(text: &str) -> String {
    escape(&line(text))
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    let mut start = true;
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        match c {
            // As an entity: a backslash would change what a following escape means. Nor may `<` stand where it opens a
            // tag or a comment: no name can make a keep mark.
            '\\' => out.push_str("&#92;"),
            '<' if after.is_alphanumeric() || matches!(after, '/' | '!' | '?') => out.push_str("&lt;"),
            '>' if start => out.push_str("&gt;"),
            '&' if after.is_ascii_alphanumeric() || after == '#' => out.push_str("&amp;"),
            // A mention notifies strangers; `KP203@api` is none.
            '@' if !before.is_alphanumeric() && after.is_alphanumeric() => out.push_str("&#64;"),
            '|' | '`' | '*' | '[' | ']' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '_' if !(before.is_alphanumeric() && after.is_alphanumeric()) => out.push_str("\\_"),
            '#' | '=' if start => {
                out.push('\\');
                out.push(c);
            }
            '-' | '+' if start && (after == ' ' || after == c) => {
                out.push('\\');
                out.push(c);
            }
            // `1. ` and `1) ` begin a list.
            '.' | ')' if after == ' ' && !out.is_empty() && out.bytes().all(|b| b.is_ascii_digit()) => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
        before = c;
        start = false;
    }
    out
}

/// A text as a code span where that is safe in a table, else as [`cell`].
pub(super) fn code(text: &str) -> String {
    let text = line(text);
    if text.is_empty() || text.contains(['`', '|', '\\', '<', '>']) { escape(&text) } else { format!("`{text}`") }
}

/// Lines as a fenced block: the fence is longer than any in the text.
pub(super) fn fence(text: &str, language: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let ticks = "`".repeat(longest.max(2) + 1);
    let language: String = language.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{ticks}{language}\n{}\n{ticks}", block(text).trim_end())
}

/// Sentences on a terminal are broken at so many columns.
const WIDTH: usize = 100;

/// Appends a line, broken between words where it is too wide: it begins at `column`, what follows at `indent`.
pub(super) fn fill(out: &mut String, text: &str, column: usize, indent: usize) {
    let mut at = column;
    for (place, word) in text.split(' ').enumerate() {
        let width = word.width();
        if place > 0 && at + 1 + width > WIDTH {
            let _ = write!(out, "\n{:indent$}", "");
            at = indent;
        } else if place > 0 {
            out.push(' ');
            at += 1;
        }
        out.push_str(word);
        at += width;
    }
    out.push('\n');
}

/// `1 finding`, `2 findings`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(count as f64), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_visible_line() {
        assert_eq!(line("a\n\tb\r\nc\u{2028}d"), "a b c d");
        assert_eq!(line("\u{1b}[31mred\u{202e}x\u{9b}"), "\u{241b}[31mred\u{fffd}x\u{fffd}");
        let cut = line(&"é".repeat(10_000));
        assert!(cut.starts_with(&"é".repeat(LONGEST_LINE)) && cut.ends_with("… (10,000 characters, cut)"), "{cut}");
    }

    #[test]
    fn markdown_sees_only_characters() {
        assert_eq!(cell("a|b `c` <!-- x --> *d* [e](f)"), "a\\|b \\`c\\` &lt;!-- x --> \\*d\\* \\[e\\](f)");
        assert_eq!(cell("a\\|b"), "a&#92;\\|b");
        assert_eq!(cell("cost_per_hour _x_ &amp; R&D & co"), "cost_per_hour \\_x\\_ &amp;amp; R&amp;D & co");
        assert_eq!(cell("# title"), "\\# title");
        assert_eq!(cell("- item"), "\\- item");
        assert_eq!(cell("-1"), "-1");
        assert_eq!(cell("12. item 3. x"), "12\\. item 3. x");
        assert_eq!(cell("@all KP203@api"), "&#64;all KP203@api");
        assert_eq!(cell("> quote -> b"), "&gt; quote -> b");
    }

    #[test]
    fn a_line_is_broken_between_words() {
        let mut out = String::from("  help: ");
        fill(&mut out, &"word ".repeat(30), 8, 4);
        assert!(out.lines().all(|line| line.width() <= 100) && out.contains("word\n    word"), "{out}");
        let mut out = String::new();
        fill(&mut out, &"x".repeat(300), 0, 4);
        assert_eq!(out, "x".repeat(300) + "\n");
    }

    #[test]
    fn a_code_span_is_used_only_where_nothing_in_it_can_end_it() {
        assert_eq!(code("sum(rate(x[5m]))"), "`sum(rate(x[5m]))`");
        assert_eq!(code("a|b"), "a\\|b");
        assert_eq!(fence("a ``` b", "mermaid<script>"), "````mermaidscript\na ``` b\n````");
    }
}
