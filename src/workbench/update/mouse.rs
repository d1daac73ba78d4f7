//! The mouse: a press selects and focuses, a second press opens, the wheel scrolls.

use crate::workbench::key::{Mouse, MouseAction};
use crate::workbench::message::Effect;
use crate::workbench::place::{Focus, Place};
use crate::workbench::{Workbench, screens};

impl Workbench {
    pub(super) fn mouse(&mut self, mouse: Mouse) -> Vec<Effect> {
        if !self.overlays.is_empty() {
            let code = match mouse.action {
                MouseAction::ScrollUp => "up",
                MouseAction::ScrollDown => "down",
                MouseAction::Press => return Vec::new(),
            };
            return crate::workbench::Key::parse(code).map_or_else(Vec::new, |key| self.key(key));
        }
        match mouse.action {
            MouseAction::ScrollUp => self.wheel(mouse, -3),
            MouseAction::ScrollDown => self.wheel(mouse, 3),
            MouseAction::Press => return self.press(mouse),
        }
        Vec::new()
    }

    fn wheel(&mut self, mouse: Mouse, rows: i64) {
        let (x, y) = (mouse.x, mouse.y);
        if self.areas.coach.contains(x, y) {
            self.navigation.coach_scroll = self.navigation.coach_scroll.saturating_add_signed(rows as isize);
        } else if self.areas.outline.contains(x, y) {
            let focus = std::mem::replace(&mut self.navigation.focus, Focus::Outline);
            self.step(rows.signum(), 0);
            self.navigation.focus = focus;
        } else if self.navigation.place() == Place::Graph {
            self.graph.pan(0, rows as i32);
        } else {
            let focus = std::mem::replace(&mut self.navigation.focus, Focus::Work);
            self.step(rows, 0);
            self.navigation.focus = focus;
        }
    }

    fn press(&mut self, mouse: Mouse) -> Vec<Effect> {
        let (x, y) = (mouse.x, mouse.y);
        if self.areas.header.contains(x, y) {
            if let Some(step) = crate::workbench::show::step_at(self, x) {
                self.navigation.go(Place::Step(step));
            }
        } else if self.areas.outline.contains(x, y) {
            self.navigation.focus = Focus::Outline;
            let row = usize::from(y.saturating_sub(self.areas.outline.y + 1)) + self.outline_first;
            if self.navigation.place() == Place::Graph {
                if let Some(id) = self.graph.ids().get(row).cloned() {
                    self.graph.select(&id);
                }
            } else if row < screens::parts(&self.session, &self.navigation.place()).len() {
                self.navigation.choose(row);
            }
        } else if self.areas.work.contains(x, y) {
            self.navigation.focus = Focus::Work;
            return self.press_work(x, y);
        } else if self.areas.coach.contains(x, y) {
            self.navigation.focus = Focus::Coach;
        }
        Vec::new()
    }

    fn press_work(&mut self, x: u16, y: u16) -> Vec<Effect> {
        let inner = self.areas.work.inner();
        let (column, row) = (i32::from(x) - i32::from(inner.x), i32::from(y) - i32::from(inner.y));
        if self.navigation.place() == Place::Graph {
            use crate::model::Element;
            match self.graph.hit(column, row) {
                Some(Element::Component(id)) => self.graph.select(&id),
                Some(Element::Dependency(from, to)) => {
                    let message = format!("{from} -> {to}");
                    self.say(crate::workbench::view::Line::plain(message));
                }
                _ => {}
            }
            return Vec::new();
        }
        if row < 1 || column < 0 {
            return Vec::new();
        }
        let before = self.navigation.cursor();
        let mut cursor = self.drawn.cursor;
        let row = row as usize - 1;
        if row >= self.drawn.height {
            return Vec::new();
        }
        cursor.row = self.drawn.cursor.first_row + row;
        let hit = self.drawn.columns.iter().find(|(_, from, to)| (*from..=*to).contains(&(column as usize)));
        if let Some((index, ..)) = hit {
            cursor.column = *index;
        }
        let place = self.navigation.place();
        let rows = screens::sheet(&self.session, &self.navigation, &place).map_or(0, |sheet| sheet.rows());
        if cursor.row >= rows {
            return Vec::new();
        }
        self.navigation.set_cursor(cursor);
        if (before.row, before.column) == (cursor.row, cursor.column) { self.enter() } else { Vec::new() }
    }
}
