//! Sheets of questions: those of a step, and the items of a checklist.

use super::sheet::{Column, Sheet, Target};
use crate::knowledge::{Class, Question};
use crate::model::AnswerWord;
use crate::workbench::session::Session;
use crate::workbench::view::{Line, Role, wrap};

/// Questions with their answers.
pub struct Questions<'a> {
    /// The session.
    pub session: &'a Session,
    /// What they are called.
    pub title: String,
    /// The questions.
    pub list: &'a [Question],
}

/// How a question stands: a sign and a word, readable without colour.
pub fn state(session: &Session, question: &Question) -> (&'static str, &'static str, Role) {
    let answer = session.answer_of(&question.id).and_then(|index| session.review.answers.get(index));
    match answer.and_then(|answer| answer.answer) {
        Some(AnswerWord::Yes) => ("✓", "yes", Role::Good),
        Some(AnswerWord::No) => ("✗", "no", Role::Bad),
        Some(AnswerWord::Partly) => ("~", "partly", Role::Warn),
        Some(AnswerWord::NotApplicable) => ("–", "not applicable", Role::Dim),
        Some(AnswerWord::Unknown) => ("?", "unknown", Role::Warn),
        None => ("·", "open", Role::Dim),
    }
}

/// How many of some questions have an answer.
pub fn answered(session: &Session, questions: &[Question]) -> usize {
    questions.iter().filter(|question| session.answer_of(&question.id).is_some()).count()
}

impl Sheet for Questions<'_> {
    fn title(&self) -> Line {
        let answered = answered(self.session, self.list);
        Line::of(Role::Strong, &self.title).and(Role::Dim, format!(" · {answered} of {} answered", self.list.len()))
    }

    fn columns(&self) -> Vec<Column> {
        vec![Column::text("answer", 16, 0), Column::text("question", 30, 3), Column::text("who answers", 12, 0)]
    }

    fn rows(&self) -> usize {
        self.list.len()
    }

    fn cell(&self, row: usize, column: usize) -> Line {
        let Some(question) = self.list.get(row) else { return Line::blank() };
        let (sign, word, role) = state(self.session, question);
        match column {
            0 => Line::of(role, format!("{sign} {word}")),
            1 => Line::of(if word == "open" { Role::Plain } else { Role::Dim }, &question.text),
            _ => Line::of(
                Role::Dim,
                match question.class {
                    Class::Derived => "the tool",
                    Class::Confirm => "confirm",
                    Class::Ask => "people",
                },
            ),
        }
    }

    fn target(&self, row: usize, _column: usize) -> Target {
        self.list.get(row).map_or(Target::Nothing, |question| Target::Question(question.id.clone()))
    }

    fn entity(&self, row: usize) -> Option<crate::model::EntityRef> {
        let index = self.session.answer_of(&self.list.get(row)?.id)?;
        Some(crate::model::EntityRef::new(crate::model::EntityKind::Answer, index))
    }

    fn detail(&self, row: usize, cells: usize) -> Vec<Line> {
        let Some(question) = self.list.get(row) else { return Vec::new() };
        let mut lines: Vec<Line> =
            wrap(&question.text, cells, 3).iter().map(|text| Line::of(Role::Strong, text)).collect();
        let answer = self.session.answer_of(&question.id).and_then(|index| self.session.review.answers.get(index));
        if let Some(answer) = answer {
            let said = [("because", &answer.reason), ("note", &answer.note), ("evidence", &answer.evidence)];
            for (called, text) in said {
                if let Some(text) = text {
                    lines.extend(wrap(&format!("{called}: {text}"), cells, 3).iter().map(Line::plain));
                }
            }
            let by = answer.by.as_deref().unwrap_or("somebody");
            let date = answer.date.map(|date| format!(", {date}")).unwrap_or_default();
            lines.push(Line::of(Role::Dim, format!("said by {by}{date}")));
        }
        lines
    }
}
