//! Filling lines with words, breaking those that no line holds. Must not know where the words come from.

use crate::model::visible;
use crate::workbench::view::{Line, Piece, Role, width};
use unicode_segmentation::UnicodeSegmentation;

/// Words longer than this many cells lose their rest: nobody reads them, and thousands of lines would hide the others.
const LONGEST_WORD: usize = 4_096;

/// Characters after which a long word is broken best.
pub(super) const JOINTS: &[char] = &['-', '/', '_', '.', ':', '@', '>', ',', ';', '=', '&', '?'];

/// Lines that are being filled. Texts given to it are safe to print.
#[derive(Debug)]
pub(super) struct Wrapped {
    cells: usize,
    /// How much shorter the lines after the first are; 0 once that has ended.
    hang: usize,
    lines: Vec<(Line, usize)>,
    line: Line,
    used: usize,
}

impl Wrapped {
    /// Lines of at most `cells` cells, those after the first `hang` less (but at least 1).
    pub(super) fn new(cells: usize, hang: usize) -> Self {
        Self { cells: cells.max(1), hang, lines: Vec::new(), line: Line::blank(), used: 0 }
    }

    /// The lines, each with the cells it takes.
    pub(super) fn finish(mut self) -> Vec<(Line, usize)> {
        if !self.line.pieces.is_empty() {
            self.end();
        }
        self.lines
    }

    /// Whether one line holds a word.
    pub(super) fn holds(&self, width: usize) -> bool {
        width <= self.cells
    }

    /// Ends the line; text has no blank line at its top.
    pub(super) fn end_unless_first(&mut self) {
        if !(self.lines.is_empty() && self.line.pieces.is_empty()) {
            self.end();
        }
    }

    /// Ends the line if a word does not fit any more, else writes the space before it.
    pub(super) fn make_room(&mut self, width: usize, space: bool, role: Role) {
        let space = space && self.used > 0;
        if self.used > 0 && self.used + usize::from(space) + width > self.cells {
            self.end();
        } else if space {
            let same = self.line.pieces.last().is_some_and(|piece| piece.role == role);
            self.put(if same { role } else { Role::Plain }, " ", 1);
        }
    }

    fn end(&mut self) {
        self.lines.push((std::mem::take(&mut self.line), std::mem::take(&mut self.used)));
        self.cells = self.cells.saturating_sub(std::mem::take(&mut self.hang)).max(1);
    }

    /// Adds a text that fits.
    pub(super) fn put(&mut self, role: Role, text: &str, width: usize) {
        self.used += width;
        match self.line.pieces.last_mut() {
            Some(piece) if piece.role == role => piece.text.push_str(text),
            _ => self.line.pieces.push(Piece { text: text.to_owned(), role }),
        }
    }

    /// Breaks a word that no line holds: after a joint that is not near the line's beginning if there is any.
    pub(super) fn broken<'a>(&mut self, parts: impl Iterator<Item = (Role, &'a str)>) {
        let mut graphemes: Vec<(&str, usize, Role)> = Vec::new();
        let mut total = 0;
        'parts: for (role, text) in parts {
            for grapheme in text.graphemes(true) {
                if total >= LONGEST_WORD {
                    graphemes.push(("…", 1, role));
                    break 'parts;
                }
                let wide = width(grapheme);
                let shown = if wide > self.cells { ("…", 1) } else { (grapheme, wide) };
                total += shown.1;
                graphemes.push((shown.0, shown.1, role));
            }
        }
        let mut rest = &graphemes[..];
        while !rest.is_empty() {
            let mut room = self.cells;
            let mut count = rest
                .iter()
                .take_while(|(_, wide, _)| room.checked_sub(*wide).inspect(|left| room = *left).is_some())
                .count();
            if count < rest.len() {
                let from = count / 3;
                let joint = |(text, ..): &(&str, usize, Role)| text.ends_with(JOINTS);
                if let Some(at) = rest[from..count].iter().rposition(joint) {
                    count = from + at + 1;
                }
            }
            let (now, later) = rest.split_at(count.max(1));
            for (text, wide, role) in now {
                self.put(*role, text, *wide);
            }
            rest = later;
            if !rest.is_empty() {
                self.end();
            }
        }
    }
}

/// A line of code in parts of at most some cells, its spaces kept.
pub(super) fn chop(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let text = text.trim_end().replace('\t', "    ");
    let text = visible(&text);
    if text.is_ascii() && text.len() <= cells {
        return vec![text.into_owned()];
    }
    let mut parts = vec![String::new()];
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = width(grapheme);
        let (shown, wide) = if wide > cells { ("…", 1) } else { (grapheme, wide) };
        if used + wide > cells {
            parts.push(String::new());
            used = 0;
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(shown);
        }
        used += wide;
    }
    parts
}
