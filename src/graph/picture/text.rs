//! Text cut to a number of columns, safe to put into a grid.

use unicode_width::UnicodeWidthChar;

/// Columns a character takes in the grid: 0 (dropped), 1 or 2. Control characters are shown as `?`
/// and so take one; format characters (direction overrides, joiners, soft hyphens) are dropped.
pub(super) fn char_width(glyph: char) -> usize {
    match glyph {
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => 0,
        glyph if glyph.is_control() => 1,
        glyph => glyph.width().unwrap_or(0).min(2),
    }
}

/// Columns a text takes once it is made safe.
pub fn display_width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// The text made safe and cut to at most `columns`; a cut text ends in `~`.
pub fn fit(text: &str, columns: usize) -> String {
    let mut result = String::new();
    let mut used = 0;
    // Where the marker would go if the text turns out to be too long.
    let mut cut = (0, 0);
    for glyph in text.chars() {
        let width = char_width(glyph);
        if width == 0 {
            continue;
        }
        if used + width > columns {
            result.truncate(cut.0);
            if cut.1 < columns {
                result.push('~');
            }
            return result;
        }
        result.push(if glyph.is_control() { '?' } else { glyph });
        used += width;
        if used < columns {
            cut = (result.len(), used);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_by_columns_and_marks_the_cut() {
        assert_eq!(fit("orders-db", 9), "orders-db");
        assert_eq!(fit("orders-db", 8), "orders-~");
        assert_eq!(fit("漢字漢字", 5), "漢字~");
        assert_eq!(fit("漢字漢字", 4), "漢~");
        assert_eq!(fit("ab", 1), "~");
        assert_eq!(fit("ab", 0), "");
        assert_eq!(fit("漢", 1), "~");
    }

    #[test]
    fn hostile_characters_do_not_reach_the_grid() {
        assert_eq!(fit("a\u{1b}[31mb", 20), "a?[31mb");
        assert_eq!(fit("a\u{202e}b\u{200d}c\r\n", 20), "abc??");
        assert_eq!(display_width("e\u{301}"), 1);
    }
}
