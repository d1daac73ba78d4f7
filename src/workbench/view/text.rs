//! Text in cells: width, cutting, wrapping.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How many cells a text takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// A text cut to some cells, with `…` where something was cut.
pub fn fit(text: &str, cells: usize) -> String {
    if text.len() <= cells || width(text) <= cells {
        return text.to_owned();
    }
    if cells == 0 {
        return String::new();
    }
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = width(grapheme);
        if used + wide + 1 > cells {
            break;
        }
        used += wide;
        kept.push_str(grapheme);
    }
    kept.push('…');
    kept
}

/// A text broken into lines of at most some cells, at spaces where there are any; indentation of a paragraph is kept.
///
/// Stops after `most` lines, the last of them cut.
pub fn wrap(text: &str, cells: usize, most: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let indent: String = paragraph.chars().take_while(|c| *c == ' ').take(cells / 2).collect();
        let mut line = indent.clone();
        let mut used = width(&indent);
        let mut empty = true;
        for word in paragraph.split_whitespace() {
            let wide = width(word);
            let gap = usize::from(!empty);
            if used + gap + wide <= cells {
                if gap == 1 {
                    line.push(' ');
                }
                line.push_str(word);
                used += gap + wide;
                empty = false;
                continue;
            }
            if !empty {
                lines.push(std::mem::take(&mut line));
                if lines.len() >= most {
                    return ellipsis(lines, cells);
                }
                used = 0;
            }
            for grapheme in word.graphemes(true) {
                let wide = width(grapheme);
                if used + wide > cells && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                    if lines.len() >= most {
                        return ellipsis(lines, cells);
                    }
                }
                line.push_str(grapheme);
                used += wide;
            }
            empty = false;
        }
        lines.push(line.trim_end().to_owned());
        if lines.len() >= most {
            return lines;
        }
    }
    lines
}

fn ellipsis(mut lines: Vec<String>, cells: usize) -> Vec<String> {
    if let Some(last) = lines.last_mut() {
        last.push('…');
        *last = fit(last, cells);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_and_wrapped_by_cells() {
        assert_eq!(fit("orders-db", 9), "orders-db");
        assert_eq!(fit("orders-db", 5), "orde…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(wrap("one two three", 7, 9), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3, 9), ["abc", "def", "gh"]);
        assert_eq!(wrap("a b c d", 1, 2), ["a", "…"]);
        assert_eq!(wrap("a\n\nb", 5, 9), ["a", "", "b"]);
    }
}
