//! A Markdown document as lines that fit a width: what the preview shows.
//!
//! Pure and linear in the text. Must not know what the document says, nor which pane shows it.

mod blocks;
mod columns;
mod flow;
mod margin;
mod page;
mod table;
mod wrapped;

use super::view::Line;
use blocks::Writer;
use page::Page;
use pulldown_cmark::{Options, Parser};

/// Markdown as lines of at most `cells` cells; a width of 0 counts as 1.
///
/// Never fails: what is no Markdown is text, and what must not reach a terminal is made visible. Words too long for a
/// line are broken; only where a column of one or two cells meets a wide character does `…` stand for it.
pub fn render(markdown: &str, cells: usize) -> Vec<Line> {
    page(markdown, cells).lines
}

fn page(markdown: &str, cells: usize) -> Page {
    let mut writer = Writer::new(markdown, cells.max(1));
    for (event, range) in Parser::new_ext(markdown, Options::ENABLE_TABLES).into_offset_iter() {
        writer.event(event, range.start);
    }
    writer.finish()
}

/// A document with its lines at the width where it was last shown.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    markdown: String,
    shown: Option<(usize, Page)>,
}

impl Rendered {
    /// A document that was not shown yet.
    pub(super) fn new(markdown: String) -> Self {
        Self { markdown, shown: None }
    }

    /// Its lines at a width, and which of them shows what the line `first` showed at the width before.
    pub(super) fn at(&mut self, cells: usize, first: usize) -> (&[Line], usize) {
        let mut now = first;
        let fresh = match self.shown.take() {
            Some((width, page)) if width == cells => page,
            before => {
                let fresh = page(&self.markdown, cells);
                now = before.map_or(first, |(_, before)| before.same_place(first, &fresh));
                fresh
            }
        };
        let (_, page) = self.shown.insert((cells, fresh));
        (&page.lines, now)
    }
}
