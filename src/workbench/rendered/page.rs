//! The lines that were written, with their margins, the blank lines between blocks, and where blocks begin.
//!
//! Invariant: the number of blocks depends on the document alone, not on the width; so a place in one page is found
//! again in another of the same document.

use super::margin::Margin;
use crate::workbench::view::Line;

/// The lines of a document at one width.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) lines: Vec<Line>,
    pub(super) margin: Margin,
    /// Whether a blank line goes before the next block.
    pub(super) gap: bool,
    /// The line where each block begins, in order.
    blocks: Vec<usize>,
}

impl Page {
    /// An empty page for lines of at most `cells` cells (at least 1).
    pub(super) fn new(cells: usize) -> Self {
        Self { margin: Margin::new(cells), ..Self::default() }
    }

    /// Marks that a block begins where the page ends now.
    pub(super) fn begin_block(&mut self) {
        self.blocks.push(self.lines.len() + usize::from(self.gap && !self.lines.is_empty()));
    }

    /// The cells left for text beside the margin; at least 1.
    pub(super) fn room(&self) -> usize {
        self.margin.room()
    }

    pub(super) fn write_gap(&mut self) {
        if std::mem::take(&mut self.gap) && !self.lines.is_empty() {
            self.lines.push(self.margin.blank());
        }
    }

    pub(super) fn write(&mut self, line: Line) {
        self.lines.push(self.margin.before(line));
    }

    pub(super) fn write_all(&mut self, lines: Vec<(Line, usize)>) {
        for (line, _) in lines {
            self.write(line);
        }
    }

    /// The line of another page of the same document that shows what a line of this one shows: the same block, as far
    /// into it by its share.
    pub(super) fn same_place(&self, line: usize, other: &Self) -> usize {
        let Some(block) = self.blocks.partition_point(|begin| *begin <= line).checked_sub(1) else { return line };
        let (begin, length) = self.block(block);
        let (other_begin, other_length) = other.block(block);
        other_begin + line.saturating_sub(begin).min(length) * other_length / length.max(1)
    }

    /// Where a block begins and how many lines it has.
    fn block(&self, index: usize) -> (usize, usize) {
        let end = self.lines.len();
        let begin = self.blocks.get(index).map_or(end, |begin| *begin);
        let next = self.blocks.get(index + 1).map_or(end, |begin| *begin);
        (begin, next.saturating_sub(begin))
    }
}
