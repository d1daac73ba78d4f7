//! Sheets of questions: those of a step, and the items of a checklist.

use super::sheet::{Column, Sheet, Target};
use crate::analysis::DerivedAnswer;
use crate::knowledge::{Class, Question};
use crate::model::{Answer, AnswerSource, AnswerWord};
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
///
/// What people said comes first. ◆ is the review's own answer, ◇ its draft, ≠ an answer that the review speaks against.
fn state(session: &Session, question: &Question) -> (String, Role) {
    let said = in_file(session, question).and_then(|answer| answer.answer);
    let (sign, word, role) = if let Some(answer) = said {
        worded(answer)
    } else {
        if skips(session, question).is_some() {
            return ("– left out".to_owned(), Role::Dim);
        }
        let Some(derived) = derived_of(session, &question.id) else { return ("· open".to_owned(), Role::Dim) };
        let (_, word, role) = worded(derived.answer);
        (if derived.draft { "◇" } else { "◆" }, word, role)
    };
    let against = session.analysis.as_ref().and_then(|analysis| analysis.derived.contradiction(&question.id));
    match against {
        Some(_) if in_file(session, question).is_some() => (format!("{sign} {word} ≠ model"), Role::Bad),
        _ => (format!("{sign} {word}"), role),
    }
}

fn worded(answer: AnswerWord) -> (&'static str, &'static str, Role) {
    match answer {
        AnswerWord::Yes => ("✓", "yes", Role::Good),
        AnswerWord::No => ("✗", "no", Role::Bad),
        AnswerWord::Partly => ("~", "partly", Role::Warn),
        AnswerWord::NotApplicable => ("–", "not applicable", Role::Dim),
        AnswerWord::Unknown => ("?", "unknown", Role::Warn),
    }
}

fn in_file<'a>(session: &'a Session, question: &Question) -> Option<&'a Answer> {
    session.answer_of(&question.id).and_then(|index| session.review.answers.get(index))
}

fn skips<'a>(session: &'a Session, question: &Question) -> Option<&'a str> {
    session.analysis.as_ref()?.sizing.skips(&question.id)
}

/// What the review itself answers, where nothing in the file does.
pub fn derived_of<'a>(session: &'a Session, question: &str) -> Option<&'a DerivedAnswer> {
    if session.answer_of(question).is_some() {
        return None;
    }
    session.analysis.as_ref()?.derived.get(question)
}

/// How many of some questions need nobody any more: they are answered, decided by the review, or left out.
pub fn settled(session: &Session, questions: &[Question]) -> usize {
    let settled = |question: &&Question| {
        session.answer_of(&question.id).is_some()
            || skips(session, question).is_some()
            || derived_of(session, &question.id)
                .is_some_and(|derived| !derived.draft && derived.answer != AnswerWord::Unknown)
    };
    questions.iter().filter(settled).count()
}

impl Questions<'_> {
    /// Who answers, or who did.
    fn source(&self, question: &Question) -> &'static str {
        if let Some(answer) = in_file(self.session, question) {
            return answer.source.map_or("people", AnswerSource::word);
        }
        if skips(self.session, question).is_some() {
            return "";
        }
        match derived_of(self.session, &question.id) {
            Some(derived) if derived.draft => "draft",
            Some(derived) => derived.source.word(),
            None => match question.class {
                Class::Derived => "the tool",
                Class::Confirm => "confirm",
                Class::Ask => "people",
            },
        }
    }
}

impl Sheet for Questions<'_> {
    fn title(&self) -> Line {
        let settled = settled(self.session, self.list);
        let count = |is: &dyn Fn(&Question) -> bool| self.list.iter().filter(|question| is(question)).count();
        let said = count(&|question| in_file(self.session, question).is_some());
        let left_out =
            count(&|question| in_file(self.session, question).is_none() && skips(self.session, question).is_some());
        let model = settled - said - left_out;
        let all = self.list.len();
        Line::of(Role::Strong, &self.title)
            .and(Role::Dim, format!(" · {said} of {all} answered, {model} by the model, {left_out} left out"))
    }

    fn columns(&self) -> Vec<Column> {
        vec![Column::text("answer", 16, 0), Column::text("question", 30, 3), Column::text("who answers", 12, 0)]
    }

    fn rows(&self) -> usize {
        self.list.len()
    }

    fn cell(&self, row: usize, column: usize) -> Line {
        let Some(question) = self.list.get(row) else { return Line::blank() };
        let (state, role) = state(self.session, question);
        let answer = in_file(self.session, question);
        let open = answer.is_none() && skips(self.session, question).is_none();
        match column {
            0 => Line::of(role, state),
            1 => Line::of(if open { Role::Plain } else { Role::Dim }, &question.text),
            _ => Line::of(Role::Dim, self.source(question)),
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
            let against = self.session.analysis.as_ref().and_then(|one| one.derived.contradiction(&question.id));
            if let Some(against) = against {
                lines.extend(wrap(&against.text, cells, 3).iter().map(|text| Line::of(Role::Bad, text)));
            }
            let said = [("because", &answer.reason), ("note", &answer.note), ("evidence", &answer.evidence)];
            for (called, text) in said {
                if let Some(text) = text {
                    lines.extend(wrap(&format!("{called}: {text}"), cells, 3).iter().map(Line::plain));
                }
            }
            let by = answer.by.as_deref().unwrap_or("somebody");
            let date = answer.date.map(|date| format!(", {date}")).unwrap_or_default();
            let source = match answer.source {
                Some(AnswerSource::Model) => "taken from the model",
                Some(AnswerSource::Metrics) => "taken from the metrics",
                _ => "said",
            };
            lines.push(Line::of(Role::Dim, format!("{source} by {by}{date}")));
            return lines;
        }
        if let Some(reason) = skips(self.session, question) {
            lines.push(Line::of(Role::Dim, format!("Left out: {reason}. An answer brings it back.")));
        }
        if let Some(derived) = derived_of(self.session, &question.id) {
            let word = derived.answer.word();
            let says = format!("{} says {word}: {}", derived.source.word(), derived.says);
            lines.extend(wrap(&says, cells, 2).iter().map(Line::plain));
            lines.extend(wrap(&derived.evidence(), cells, 3).iter().map(|text| Line::of(Role::Dim, text)));
            if derived.answer != AnswerWord::Unknown {
                lines.push(Line::of(Role::Key, "= ").and(Role::Dim, "takes it into the file"));
            }
        }
        lines
    }
}
