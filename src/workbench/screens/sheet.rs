//! Sheets: everything with rows and columns, drawn and navigated in one way.

use crate::model::{Element, EntityRef};
use crate::workbench::place::{Cursor, Place};
use crate::workbench::view::{Line, Piece, Role, fit, width, wrap};

/// What a cell is about: what Enter does there.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Nothing.
    Nothing,
    /// A key of an entity: edited.
    Field(EntityRef, Vec<String>),
    /// A question: answered.
    Question(String),
    /// A finding, by position in the analysis: the element is opened.
    Finding(usize),
    /// A problem of the file, by position.
    Problem(usize),
    /// An element of the system: opened.
    Element(Element),
    /// An entity, with the cursor on one of its keys: opened.
    Entity(EntityRef, Vec<String>),
    /// A rule, by code: explained.
    Rule(String),
    /// A row of a part of a place: gone to.
    Row(Place, usize, usize),
    /// A text to read: title and lines.
    Text(String, Vec<Line>),
}

/// A column of a sheet.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its title.
    pub title: String,
    /// How many cells it wants at least.
    pub least: usize,
    /// How much of the spare room it gets.
    pub weight: usize,
    /// Numbers are aligned to the right.
    pub right: bool,
}

impl Column {
    /// A column of text.
    pub fn text(title: &str, least: usize, weight: usize) -> Self {
        Self { title: title.to_owned(), least, weight, right: false }
    }

    /// A column of numbers.
    pub fn number(title: &str, least: usize) -> Self {
        Self { title: title.to_owned(), least, weight: 0, right: true }
    }
}

/// Something with rows and columns.
pub trait Sheet {
    /// What the pane is called.
    fn title(&self) -> Line;
    /// The columns; the first one stays when the others are scrolled.
    fn columns(&self) -> Vec<Column>;
    /// How many rows there are.
    fn rows(&self) -> usize;
    /// What stands in a cell.
    fn cell(&self, row: usize, column: usize) -> Line;
    /// What a cell is about.
    fn target(&self, row: usize, column: usize) -> Target;
    /// The entity of a row, for commands that are about a whole row.
    fn entity(&self, _row: usize) -> Option<EntityRef> {
        None
    }
    /// The element of the system a row is about.
    fn element(&self, _row: usize) -> Option<Element> {
        None
    }
    /// What to say where there are no rows.
    fn empty(&self) -> Vec<Line> {
        vec![Line::of(Role::Dim, "Nothing here.")]
    }
    /// What to say under the rows about the selected one.
    fn detail(&self, _row: usize, _cells: usize) -> Vec<Line> {
        Vec::new()
    }
}

/// Where the selected cell is drawn, relative to the pane's inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CellPlace {
    /// Column of cells.
    pub x: usize,
    /// Row of cells.
    pub y: usize,
    /// Width.
    pub width: usize,
}

/// A sheet as lines, and what is needed to find cells again.
#[derive(Debug, Clone, Default)]
pub struct Drawn {
    /// The lines.
    pub lines: Vec<Line>,
    /// The cursor with the scroll that was needed.
    pub cursor: Cursor,
    /// How many rows fit.
    pub height: usize,
    /// Where the selected cell is.
    pub cell: CellPlace,
    /// Where each column begins and ends, by column.
    pub columns: Vec<(usize, usize, usize)>,
}

const GAP: usize = 1;

/// Widths of the columns that are seen: `(column, width)`.
fn layout(columns: &[Column], first: usize, cells: usize) -> Vec<(usize, usize)> {
    let mut shown: Vec<(usize, usize)> = Vec::new();
    let mut left = cells;
    // On a narrow screen the column that stays gives way: a name without a value beside it says nothing.
    let second = columns.get(first + 1).map_or(0, |column| column.least);
    let narrow = columns.first().is_some_and(|stays| stays.least + GAP + second > cells);
    if narrow && second > 0 && cells > 12 {
        let stays = columns[0].least.min(cells * 2 / 5);
        return vec![(0, stays), (first + 1, cells - stays - GAP)];
    }
    for (index, column) in columns.iter().enumerate() {
        if index != 0 && index <= first {
            continue;
        }
        let least = column.least.min(cells);
        let gap = if shown.is_empty() { 0 } else { GAP };
        if least + gap > left {
            break;
        }
        left -= least + gap;
        shown.push((index, least));
    }
    let weights: usize = shown.iter().map(|(index, _)| columns[*index].weight).sum();
    if weights > 0 {
        let spare = left;
        for (index, wide) in &mut shown {
            let extra = (spare * columns[*index].weight).checked_div(weights).unwrap_or(0);
            *wide += extra;
            left -= extra;
        }
        if let Some((_, wide)) = shown.iter_mut().rev().find(|(index, _)| columns[*index].weight > 0) {
            *wide += left;
        }
    }
    shown
}

/// Draws a sheet into a width and height; the cursor is moved into the sheet and into sight.
pub fn draw(sheet: &dyn Sheet, mut cursor: Cursor, cells: usize, rows: usize, focused: bool) -> Drawn {
    let columns = sheet.columns();
    let total = sheet.rows();
    cursor.clamp(total, columns.len());
    if total == 0 {
        let mut lines = vec![Line::blank()];
        for line in sheet.empty() {
            for text in crate::workbench::view::wrap(&line.text(), cells.saturating_sub(2), 6) {
                lines.push(Line::plain(" ").and(line.pieces.first().map_or(Role::Plain, |piece| piece.role), text));
            }
        }
        return Drawn { lines, cursor, height: rows, ..Drawn::default() };
    }
    let mut detail = sheet.detail(cursor.row, cells);
    let whole = whole_value(sheet, &columns, cursor, cells, &detail);
    detail.splice(0..0, whole);
    let detail_rows = if detail.is_empty() { 0 } else { (detail.len() + 1).min(rows / 2) };
    let height = rows.saturating_sub(1 + detail_rows).max(1);
    cursor.follow(total, height);
    // Move columns until the selected one is seen.
    cursor.first_column = cursor.first_column.min(columns.len().saturating_sub(1));
    if cursor.column == 0 || cursor.column <= cursor.first_column {
        cursor.first_column = cursor.column.saturating_sub(1);
    }
    let mut shown = layout(&columns, cursor.first_column, cells);
    while cursor.column > 0
        && !shown.iter().any(|(index, _)| *index == cursor.column)
        && cursor.first_column + 1 < columns.len()
    {
        cursor.first_column += 1;
        shown = layout(&columns, cursor.first_column, cells);
    }
    let hidden_left = cursor.first_column > 0;
    let hidden_right = shown.last().is_some_and(|(index, _)| index + 1 < columns.len());

    let mut drawn = Drawn { cursor, height, ..Drawn::default() };
    let mut head = Line::blank();
    let mut x = 0;
    for (place, (index, wide)) in shown.iter().enumerate() {
        if place > 0 {
            head = head.and(Role::Dim, " ");
            x += GAP;
        }
        let mut title = columns[*index].title.clone();
        if place == 1 && hidden_left {
            title = format!("‹ {title}");
        }
        if place + 1 == shown.len() && hidden_right {
            title = format!("{} ›", fit(&title, wide.saturating_sub(2)));
        }
        head = head.and(Role::Accent, pad(&title, *wide, columns[*index].right));
        drawn.columns.push((*index, x, x + wide));
        if *index == cursor.column {
            drawn.cell = CellPlace { x, y: 1 + cursor.row - cursor.first_row, width: *wide };
        }
        x += wide;
    }
    drawn.lines.push(head);
    for row in cursor.first_row..(cursor.first_row + height).min(total) {
        let selected = row == cursor.row;
        let mut line = Line::blank();
        for (place, (index, wide)) in shown.iter().enumerate() {
            if place > 0 {
                line = line.and(if selected && focused { Role::Selected } else { Role::Plain }, " ");
            }
            let cell = align(sheet.cell(row, *index), *wide, columns[*index].right);
            let role = match (selected, focused, *index == cursor.column) {
                (true, true, true) => Some(Role::Cell),
                (true, true, false) => Some(Role::Selected),
                (true, false, _) => Some(Role::Strong),
                _ => None,
            };
            line = line.joined(match role {
                Some(role) => Line { pieces: vec![Piece { text: cell.text(), role }], fill: None },
                None => cell,
            });
        }
        if selected && focused {
            line.fill = Some(Role::Selected);
        }
        drawn.lines.push(line);
    }
    if detail_rows > 0 {
        while drawn.lines.len() < 1 + height {
            drawn.lines.push(Line::blank());
        }
        drawn.lines.push(Line::of(Role::Border, "─".repeat(cells)));
        drawn.lines.extend(detail.into_iter().take(detail_rows.saturating_sub(1)));
    }
    drawn
}

/// The selected cell's text in lines, where its column cuts it and nothing under the rows says it already.
fn whole_value(sheet: &dyn Sheet, columns: &[Column], cursor: Cursor, cells: usize, detail: &[Line]) -> Vec<Line> {
    let shown = layout(columns, cursor.first_column, cells);
    let cell = sheet.cell(cursor.row, cursor.column);
    let room = shown.iter().find(|(index, _)| *index == cursor.column).map_or(0, |(_, wide)| *wide);
    if cell.width() <= room {
        return Vec::new();
    }
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said: Vec<String> = detail.iter().map(Line::text).collect();
    let text = words(&cell.text());
    if words(&said.join(" ")).contains(&text) {
        return Vec::new();
    }
    wrap(&text, cells, 4).iter().map(Line::plain).collect()
}

fn pad(text: &str, cells: usize, right: bool) -> String {
    let text = fit(text, cells);
    let spare = " ".repeat(cells.saturating_sub(width(&text)));
    if right { spare + &text } else { text + &spare }
}

/// A cell's line in exactly a width.
fn align(line: Line, cells: usize, right: bool) -> Line {
    let line = line.cut(cells);
    let spare = " ".repeat(cells.saturating_sub(line.width()));
    if right { Line::plain(spare).joined(line) } else { line.and(Role::Plain, spare) }
}
