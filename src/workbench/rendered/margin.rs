//! What stands before lines: the markers of list items and the bars of quotes.
//!
//! Invariant: however deep items and quotes are nested, at least one cell is left for text; what is nested too deep for
//! the width gets no further indent, so that no line costs more than the width.

use crate::workbench::view::{Line, Role, width};

const BAR: &str = "│ ";
/// Text is read well enough in this many cells, or in half of the width where that is less.
const ENOUGH: usize = 24;

#[derive(Debug)]
struct Prefix {
    /// Before the first line of an item, until that was written.
    marker: Option<String>,
    /// Before every other line.
    rest: String,
}

/// The open items and quotes.
#[derive(Debug, Default)]
pub(super) struct Margin {
    cells: usize,
    prefixes: Vec<Prefix>,
    /// For every open item and quote, whether it has a prefix.
    indented: Vec<bool>,
    used: usize,
}

impl Margin {
    /// No margin on lines of `cells` cells (at least 1).
    pub(super) fn new(cells: usize) -> Self {
        Self { cells, ..Self::default() }
    }

    /// The cells left for text; at least 1.
    pub(super) fn room(&self) -> usize {
        self.cells.saturating_sub(self.used).max(1)
    }

    pub(super) fn open_quote(&mut self) {
        let fits = self.fits(width(BAR));
        if fits {
            self.prefixes.push(Prefix { marker: None, rest: BAR.to_owned() });
        }
        self.indented.push(fits);
    }

    /// Opens an item; gives its marker back where there is no room for one.
    pub(super) fn open_item(&mut self, marker: String) -> Result<(), String> {
        let wide = width(&marker);
        let fits = self.fits(wide);
        self.indented.push(fits);
        if !fits {
            return Err(marker);
        }
        self.prefixes.push(Prefix { marker: Some(marker), rest: " ".repeat(wide) });
        Ok(())
    }

    fn fits(&mut self, wide: usize) -> bool {
        let left = self.room().saturating_sub(wide);
        let fits = left >= ENOUGH || left > 0 && left * 2 >= self.cells;
        if fits {
            self.used += wide;
        }
        fits
    }

    /// Closes the innermost item or quote.
    pub(super) fn close(&mut self) {
        if self.indented.pop() == Some(true)
            && let Some(prefix) = self.prefixes.pop()
        {
            self.used -= width(&prefix.rest);
        }
    }

    /// Whether the innermost item has not written a line.
    pub(super) fn marker_waits(&self) -> bool {
        self.indented.last() == Some(&true) && self.prefixes.last().is_some_and(|prefix| prefix.marker.is_some())
    }

    /// A line with its margin.
    pub(super) fn before(&mut self, line: Line) -> Line {
        let mut full = Line::blank();
        for prefix in &mut self.prefixes {
            full = match prefix.marker.take() {
                Some(marker) => full.and(Role::Dim, marker),
                None => full.and(Role::Dim, &prefix.rest),
            };
        }
        full.joined(line)
    }

    /// The blank line between two blocks: quotes go on in it, markers wait.
    pub(super) fn blank(&self) -> Line {
        let open = self.prefixes.iter().take_while(|prefix| prefix.marker.is_none());
        let text: String = open.map(|prefix| prefix.rest.as_str()).collect();
        Line::of(Role::Dim, text.trim_end())
    }
}
