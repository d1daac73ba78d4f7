//! A table: aligned columns with cells over several lines, or records of `key: value` where columns do not fit.

use super::columns::{Wish, widths};
use super::flow::Flow;
use crate::workbench::view::{Line, Role};
use pulldown_cmark::Alignment;

/// A key of a record is cut beyond this: it stands again in every record.
const LONGEST_KEY: usize = 40;

/// A table as it is read.
#[derive(Debug, Default)]
pub(super) struct Table {
    alignments: Vec<Alignment>,
    header: Vec<Flow>,
    rows: Vec<Vec<Flow>>,
    row: Vec<Flow>,
}

impl Table {
    pub(super) fn new(alignments: Vec<Alignment>) -> Self {
        Self { alignments, ..Self::default() }
    }

    pub(super) fn cell(&mut self, cell: Flow) {
        self.row.push(cell);
    }

    pub(super) fn end_header(&mut self) {
        self.header = std::mem::take(&mut self.row);
    }

    pub(super) fn end_row(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
    }

    /// Its lines in some cells.
    pub(super) fn lines(&self, room: usize) -> Vec<Line> {
        let columns = self.alignments.len();
        let mut wishes = vec![Wish::default(); columns];
        for row in self.rows.iter().chain([&self.header]) {
            for (wish, cell) in wishes.iter_mut().zip(row) {
                let (line, word) = cell.widths();
                *wish = Wish { line: wish.line.max(line), word: wish.word.max(word) };
            }
        }
        match widths(&wishes, room) {
            Some(widths) => self.aligned(&widths),
            None => self.records(room),
        }
    }

    fn aligned(&self, widths: &[usize]) -> Vec<Line> {
        let rows: Vec<Vec<Line>> = self.rows.iter().map(|row| self.row(row, widths)).collect();
        let mut lines = Vec::new();
        if self.header.iter().any(|cell| !cell.is_empty()) {
            lines.append(&mut self.row(&self.header, widths));
            lines.push(rule(widths, "─", "─┼─"));
        }
        let apart = rule(widths, "┄", "┄┼┄");
        let mut tall = false;
        for (index, mut row) in rows.into_iter().enumerate() {
            // Where a row takes several lines, the eye needs to see where it begins and ends.
            let before = std::mem::replace(&mut tall, row.len() > 1);
            if index > 0 && (before || tall) {
                lines.push(apart.clone());
            }
            lines.append(&mut row);
        }
        lines
    }

    /// One row: as many lines as its longest cell needs.
    fn row(&self, row: &[Flow], widths: &[usize]) -> Vec<Line> {
        let mut cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| cell.wrap(*width).into_iter()).collect();
        let height = cells.iter().map(ExactSizeIterator::len).max().unwrap_or(0).max(1);
        let last = widths.len().saturating_sub(1);
        let mut lines = Vec::with_capacity(height);
        for _ in 0..height {
            let mut line = Line::blank();
            for (column, width) in widths.iter().enumerate() {
                if column > 0 {
                    line = line.and(Role::Dim, " │ ");
                }
                let (text, used) = cells.get_mut(column).and_then(Iterator::next).unwrap_or_default();
                let spare = width.saturating_sub(used);
                let left = match self.alignments.get(column) {
                    Some(Alignment::Right) => spare,
                    Some(Alignment::Center) => spare / 2,
                    _ => 0,
                };
                let right = if column == last { 0 } else { spare - left };
                line = line.and(Role::Plain, " ".repeat(left)).joined(text).and(Role::Plain, " ".repeat(right));
            }
            lines.push(line);
        }
        lines
    }

    /// Every row as a record: a line for each cell that says something.
    fn records(&self, room: usize) -> Vec<Line> {
        let keys: Vec<Flow> = self.header.iter().map(|key| key.beginning(LONGEST_KEY)).collect();
        let nameless = keys.iter().all(Flow::is_empty);
        let mut lines = Vec::new();
        if self.rows.is_empty() {
            lines.extend(keys.iter().flat_map(|key| hanging(key, room)));
        }
        for row in &self.rows {
            if nameless && row.len() == 2 {
                lines.append(&mut hanging(&pair(&row[0], &row[1]), room));
                continue;
            }
            if !lines.is_empty() {
                lines.push(Line::blank());
            }
            for (column, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                lines.append(&mut match keys.get(column) {
                    Some(key) => hanging(&pair(key, cell), room),
                    None => hanging(cell, room),
                });
            }
        }
        lines
    }
}

fn pair(key: &Flow, value: &Flow) -> Flow {
    if key.is_empty() {
        return value.clone();
    }
    let mut flow = key.clone();
    flow.push(Role::Dim, ": ");
    flow.append(value);
    flow
}

/// A text whose lines after the first are indented, where there is room for that.
fn hanging(flow: &Flow, room: usize) -> Vec<Line> {
    let indent = if room >= 12 { 2 } else { 0 };
    let lines = flow.wrap_hanging(room, indent).into_iter().enumerate();
    lines.map(|(index, (line, _))| if index == 0 { line } else { Line::plain(&"  "[..indent]).joined(line) }).collect()
}

fn rule(widths: &[usize], along: &str, across: &str) -> Line {
    let parts: Vec<String> = widths.iter().map(|width| along.repeat(*width)).collect();
    Line::of(Role::Dim, parts.join(across))
}
