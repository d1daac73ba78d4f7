//! Moving: rows, columns, pages, panes.

use crate::workbench::Workbench;
use crate::workbench::place::{Focus, Place};
use crate::workbench::screens;

impl Workbench {
    /// Rows and columns of the sheet one is in.
    fn extent(&self) -> (usize, usize) {
        let place = self.navigation.place();
        screens::sheet(&self.session, &self.navigation, &place)
            .map_or((0, 0), |sheet| (sheet.rows(), sheet.columns().len()))
    }

    pub(super) fn step(&mut self, rows: i64, columns: i64) {
        match self.navigation.focus {
            Focus::Outline => self.step_outline(rows, columns),
            Focus::Coach => {
                self.navigation.coach_scroll = self.navigation.coach_scroll.saturating_add_signed(rows as isize);
            }
            Focus::Work => match self.navigation.place() {
                Place::Graph => match (rows, columns) {
                    (0, 1) => self.graph.follow_edge(true),
                    (0, _) => self.graph.follow_edge(false),
                    (rows, _) => self.graph.move_vertically(rows > 0),
                },
                Place::Preview => self.preview.first = self.preview.first.saturating_add_signed(rows as isize),
                _ => {
                    let (total, wide) = self.extent();
                    let mut cursor = self.navigation.cursor();
                    if columns < 0 && cursor.column == 0 && self.areas.outline.width > 0 {
                        self.navigation.focus = Focus::Outline;
                        return;
                    }
                    cursor.row = cursor.row.saturating_add_signed(rows as isize);
                    cursor.column = cursor.column.saturating_add_signed(columns as isize);
                    cursor.clamp(total, wide);
                    self.navigation.set_cursor(cursor);
                }
            },
        }
    }

    fn step_outline(&mut self, rows: i64, columns: i64) {
        if columns > 0 {
            self.navigation.focus = Focus::Work;
            return;
        }
        if self.navigation.place() == Place::Graph {
            let ids = self.graph.ids();
            let at = ids.iter().position(|id| Some(id) == self.graph.selected.as_ref()).unwrap_or(0);
            let next = at.saturating_add_signed(rows as isize).min(ids.len().saturating_sub(1));
            if let Some(id) = ids.get(next).cloned() {
                self.graph.select(&id);
            }
            return;
        }
        let parts = screens::parts(&self.session, &self.navigation.place()).len();
        let next = self.navigation.section().saturating_add_signed(rows as isize).min(parts.saturating_sub(1));
        if !matches!(self.navigation.place(), Place::Form(_) | Place::Items(..)) {
            self.navigation.choose(next);
        }
    }

    pub(super) fn page(&mut self, direction: i64) {
        let rows = match (self.navigation.focus, self.navigation.place()) {
            (Focus::Outline, _) => 5,
            (_, Place::Graph) => {
                self.graph.pan(0, direction as i32 * (i32::from(self.areas.work.height) / 2).max(1));
                return;
            }
            _ => i64::from(self.areas.work.height.saturating_sub(4)).max(1),
        };
        self.step(direction * rows, 0);
    }

    pub(super) fn edge(&mut self, last: bool) {
        const FAR: i64 = 1 << 40;
        if self.navigation.place() != Place::Graph {
            self.step(if last { FAR } else { -FAR }, 0);
        }
    }

    pub(super) fn next_pane(&mut self, forward: bool) {
        let mut panes = Vec::new();
        if self.areas.outline.width > 0 {
            panes.push(Focus::Outline);
        }
        panes.push(Focus::Work);
        if self.areas.coach.width > 0 {
            panes.push(Focus::Coach);
        }
        if panes.len() == 1 {
            // With one pane the parts of the place are still one key away.
            let parts = screens::parts(&self.session, &self.navigation.place()).len().max(1);
            let next = if forward { self.navigation.section() + 1 } else { self.navigation.section() + parts - 1 };
            self.navigation.choose(next % parts);
            return;
        }
        let at = panes.iter().position(|pane| *pane == self.navigation.focus).unwrap_or(0);
        let next = if forward { at + 1 } else { at + panes.len() - 1 };
        self.navigation.focus = panes[next % panes.len()];
    }
}
