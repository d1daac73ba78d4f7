//! The sheet of what is different since the last commit.

use super::Part;
use super::sheet::{Column, Sheet, Target};
use crate::model::{Element, EntityRef};
use crate::workbench::session::Session;
use crate::workbench::since::{Asked, Group, Leads, Row};
use crate::workbench::view::{Line, Role, wrap};

/// The parts, as the outline shows them.
const PARTS: [(&str, Option<Group>); 4] = [
    ("Everything", None),
    ("Room", Some(Group::Room)),
    ("Findings", Some(Group::Findings)),
    ("The review", Some(Group::Says)),
];

/// What is different since the last commit.
pub struct SinceCommit<'a> {
    session: &'a Session,
    shown: Vec<&'a Row>,
    /// Whether the rows are of the text as it stands: only then do they lead anywhere.
    fresh: bool,
}

/// The parts with how many rows each has.
pub fn since_parts(session: &Session) -> Vec<Part> {
    let count =
        |group: Option<Group>| session.since.rows.iter().filter(|row| group.is_none_or(|g| row.group == g)).count();
    PARTS.iter().map(|(title, group)| Part { title: (*title).to_owned(), badge: count(*group).to_string() }).collect()
}

impl<'a> SinceCommit<'a> {
    /// The rows of a part.
    pub fn new(session: &'a Session, part: usize) -> Self {
        let group = PARTS.get(part).and_then(|(_, group)| *group);
        let since = &session.since;
        let is_read = matches!(since.asked, Asked::Read(_));
        let shown = since.rows.iter().filter(|row| is_read && group.is_none_or(|group| row.group == group)).collect();
        let fresh = since.compared == Some((since.generation, session.document.revision()));
        Self { session, shown, fresh }
    }
}

impl Sheet for SinceCommit<'_> {
    fn title(&self) -> Line {
        let title = Line::of(Role::Strong, "Since the last commit");
        match self.session.since.asked {
            Asked::Read(_) if self.fresh => title.and(Role::Dim, format!(" · {}", self.shown.len())),
            Asked::Read(_) => title.and(Role::Dim, " · comparing …"),
            _ => title,
        }
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::text("what", 24, 2),
            Column::text("which", 14, 1),
            Column::text("last commit", 14, 2),
            Column::text("now", 14, 2),
        ]
    }

    fn rows(&self) -> usize {
        self.shown.len()
    }

    fn cell(&self, row: usize, column: usize) -> Line {
        let Some(row) = self.shown.get(row) else { return Line::blank() };
        match column {
            0 => Line::of(row.role, format!("{} ", row.sign)).and(Role::Plain, &row.what),
            1 => Line::of(Role::Dim, &row.key),
            2 => Line::plain(&row.before),
            _ => Line::of(if row.group == Group::Room { row.role } else { Role::Plain }, &row.after),
        }
    }

    fn target(&self, row: usize, _column: usize) -> Target {
        let Some(row) = self.shown.get(row).filter(|_| self.fresh) else { return Target::Nothing };
        match &row.leads {
            Leads::Nowhere => {
                let lines = [("In the last commit", &row.before), ("Now", &row.after)];
                let lines = lines.iter().flat_map(|(title, text)| {
                    let text = wrap(text, 76, 12).into_iter().map(Line::plain);
                    std::iter::once(Line::of(Role::Accent, *title)).chain(text).chain([Line::blank()])
                });
                Target::Text(row.what.clone(), lines.collect())
            }
            Leads::Entity(entity, keys) => Target::Entity(*entity, keys.clone()),
            Leads::Finding(id) => {
                let analysis = self.session.analysis.as_ref();
                let place = analysis.and_then(|analysis| analysis.findings.iter().position(|found| found.id == *id));
                place.map_or(Target::Nothing, Target::Finding)
            }
            Leads::Element(element) => Target::Element(element.clone()),
            Leads::Gone(fields) => {
                let mut lines = vec![Line::of(Role::Dim, "It stood in the last commit and is gone:"), Line::blank()];
                lines.extend(fields.iter().flat_map(|field| wrap(field, 76, 6)).map(Line::plain));
                Target::Text(row.what.clone(), lines)
            }
        }
    }

    fn entity(&self, row: usize) -> Option<EntityRef> {
        match self.target(row, 0) {
            Target::Entity(entity, _) => Some(entity),
            _ => None,
        }
    }

    fn element(&self, row: usize) -> Option<Element> {
        match &self.shown.get(row)?.leads {
            Leads::Element(element) => Some(element.clone()),
            Leads::Entity(entity, _) if self.fresh => self.session.element_of(*entity),
            _ => None,
        }
    }

    fn empty(&self) -> Vec<Line> {
        match &self.session.since.asked {
            Asked::Not => vec![Line::plain("Not asked yet: V asks git for the last commit.")],
            Asked::Asking => vec![Line::plain("Asking git for the last commit … ctrl-k stops.")],
            Asked::Failed(why) => vec![Line::of(Role::Warn, why), Line::plain("V asks again.")],
            Asked::Read(_) if !self.fresh => vec![Line::plain("Comparing …")],
            Asked::Read(_) if !self.session.since.rows.is_empty() => vec![Line::plain("Nothing of this kind.")],
            Asked::Read(_) => vec![Line::of(Role::Good, "The review says what it said in the last commit.")],
        }
    }

    fn detail(&self, row: usize, cells: usize) -> Vec<Line> {
        let Some(row) = self.shown.get(row) else { return Vec::new() };
        let mut lines = vec![Line::of(row.role, row.sign).and(Role::Strong, format!(" {} · {}", row.what, row.key))];
        for (sign, text) in [("- ", &row.before), ("+ ", &row.after)] {
            for (number, text) in wrap(text, cells.saturating_sub(2), 4).iter().enumerate() {
                lines.push(Line::of(Role::Dim, if number == 0 { sign } else { "  " }).and(Role::Plain, text));
            }
        }
        lines
    }
}
