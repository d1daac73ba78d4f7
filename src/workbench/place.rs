//! Where one can be in the workbench, and where the cursor stands there.

use super::screens::Grouping;
use crate::model::EntityRef;
use std::collections::HashMap;

/// A place of the workbench.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// Where the review stands: scorecard, size, what is asked and what is left out.
    Overview,
    /// One of the five steps, from 0.
    Step(usize),
    /// The graph.
    Graph,
    /// The findings.
    Findings,
    /// Decisions, actions, triage, parked topics.
    Outcomes,
    /// The checklists.
    Checklists,
    /// The document as it will be written.
    Preview,
    /// Words and knowledge.
    Glossary,
    /// What is wrong in the file.
    Problems,
    /// What is different since the last commit.
    SinceCommit,
    /// Every key of an entity.
    Form(EntityRef),
    /// A list of an entity: calls, options, points.
    Items(EntityRef, String),
}

impl Place {
    /// What it is called in the header.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Step(0) => "Targets",
            Self::Step(1) => "Flows",
            Self::Step(2) => "Bottlenecks",
            Self::Step(3) => "Failure paths",
            Self::Step(_) => "Proof",
            Self::Graph => "Graph",
            Self::Findings => "Findings",
            Self::Outcomes => "Decisions",
            Self::Checklists => "Checklists",
            Self::Preview => "Document",
            Self::Glossary => "Knowledge",
            Self::Problems => "Problems",
            Self::SinceCommit => "Since commit",
            Self::Form(_) => "All keys",
            Self::Items(..) => "List",
        }
    }
}

/// Which pane the keys go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The outline.
    Outline,
    /// The work.
    #[default]
    Work,
    /// The coach.
    Coach,
}

/// Where the cursor stands in a sheet, and what part of the sheet is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The row.
    pub row: usize,
    /// The column.
    pub column: usize,
    /// The first row seen.
    pub first_row: usize,
    /// The first column seen behind the frozen one.
    pub first_column: usize,
}

impl Cursor {
    /// Inside a sheet of a size.
    pub fn clamp(&mut self, rows: usize, columns: usize) {
        self.row = self.row.min(rows.saturating_sub(1));
        self.column = self.column.min(columns.saturating_sub(1));
    }

    /// Moves what is seen so that the cursor's row is in it.
    pub fn follow(&mut self, rows: usize, height: usize) {
        let height = height.max(1);
        if self.row < self.first_row {
            self.first_row = self.row;
        } else if self.row >= self.first_row + height {
            self.first_row = self.row + 1 - height;
        }
        self.first_row = self.first_row.min(rows.saturating_sub(height));
    }
}

/// The way through the workbench: where one is, where one was, and the cursor of every place.
#[derive(Debug, Default)]
pub struct Navigation {
    /// The place; the first step at the start.
    place: Option<Place>,
    back: Vec<Place>,
    /// The pane the keys go to.
    pub focus: Focus,
    sections: HashMap<Place, usize>,
    cursors: HashMap<(Place, usize), Cursor>,
    /// How the findings stand together.
    pub grouping: Grouping,
    /// How far the coach is scrolled.
    pub coach_scroll: usize,
}

impl Navigation {
    /// Where one is.
    pub fn place(&self) -> Place {
        self.place.clone().unwrap_or(Place::Step(0))
    }

    /// Goes to a place and remembers the way back.
    pub fn go(&mut self, place: Place) {
        let from = self.place();
        if from != place {
            self.back.retain(|earlier| *earlier != place);
            self.back.push(from);
            if self.back.len() > 50 {
                self.back.remove(0);
            }
            self.place = Some(place);
            self.coach_scroll = 0;
        }
        self.focus = Focus::Work;
    }

    /// One step back; `false` where there is none.
    pub fn back(&mut self) -> bool {
        let Some(place) = self.back.pop() else { return false };
        self.place = Some(place);
        self.focus = Focus::Work;
        true
    }

    /// Forgets places of entities: their positions may have moved.
    pub fn forget_entities(&mut self, is_there: impl Fn(EntityRef) -> bool) {
        let stays = |place: &Place| match place {
            Place::Form(entity) | Place::Items(entity, _) => is_there(*entity),
            _ => true,
        };
        self.back.retain(|place| stays(place));
        while self.place.as_ref().is_some_and(|place| !stays(place)) {
            self.place = self.back.pop();
        }
    }

    /// Every part of a place that has a cursor, and every place there is a way back to.
    pub fn visited(&self) -> impl Iterator<Item = (&Place, usize)> {
        let parts = self.cursors.keys().map(|(place, section)| (place, *section));
        parts.chain(self.back.iter().chain(&self.place).map(|place| (place, 0)))
    }

    /// Entities have new positions: `to` says which (`None`: it is gone), `row` the new row of a cursor.
    pub fn follow(&mut self, to: impl Fn(EntityRef) -> Option<EntityRef>, row: impl Fn(&Place, usize, usize) -> usize) {
        let moved = |place: Place| match place {
            Place::Form(entity) => to(entity).map(Place::Form),
            Place::Items(entity, key) => to(entity).map(|entity| Place::Items(entity, key)),
            place => Some(place),
        };
        self.back = std::mem::take(&mut self.back).into_iter().filter_map(&moved).collect();
        let sections = std::mem::take(&mut self.sections).into_iter();
        self.sections = sections.filter_map(|(place, section)| Some((moved(place)?, section))).collect();
        let cursors = std::mem::take(&mut self.cursors).into_iter();
        self.cursors = cursors
            .filter_map(|((place, section), mut cursor)| {
                cursor.row = row(&place, section, cursor.row);
                Some(((moved(place)?, section), cursor))
            })
            .collect();
        self.place = self.place.take().and_then(moved).or_else(|| self.back.pop());
    }

    /// The section chosen in the place.
    pub fn section(&self) -> usize {
        self.sections.get(&self.place()).copied().unwrap_or(0)
    }

    /// Chooses a section.
    pub fn choose(&mut self, section: usize) {
        self.sections.insert(self.place(), section);
        self.coach_scroll = 0;
    }

    /// The cursor of the section.
    pub fn cursor(&self) -> Cursor {
        self.cursors.get(&(self.place(), self.section())).copied().unwrap_or_default()
    }

    /// Moves the cursor of the section.
    pub fn set_cursor(&mut self, cursor: Cursor) {
        if cursor.row != self.cursor().row {
            self.coach_scroll = 0;
        }
        self.cursors.insert((self.place(), self.section()), cursor);
    }

    /// The cursor of another section of a place.
    pub fn cursor_of(&self, place: &Place, section: usize) -> Cursor {
        self.cursors.get(&(place.clone(), section)).copied().unwrap_or_default()
    }
}
