//! Answers to questions, and what they lead to.

use super::edits::Edited;
use crate::model::{AnswerWord, EntityKind, EntityRef};
use crate::workbench::Workbench;
use crate::workbench::overlays::{Choice, Menu, Overlay, Prompt, Purpose, Wish};
use crate::workbench::screens::Target;
use crate::workbench::view::{Line, Role};

impl Workbench {
    /// The answers to choose from.
    pub(super) fn open_question(&mut self, id: &str) {
        let Some(question) = self.session.knowledge().question(id) else { return };
        let ask = |answer| Wish::AskReason { question: id.to_owned(), answer };
        let say = |answer| Wish::Answer { question: id.to_owned(), answer, text: String::new() };
        let choices = [
            ('y', "yes", say(AnswerWord::Yes)),
            ('n', "no", say(AnswerWord::No)),
            ('p', "partly", ask(AnswerWord::Partly)),
            ('-', "not applicable, because …", ask(AnswerWord::NotApplicable)),
            ('?', "don't know yet", say(AnswerWord::Unknown)),
            ('Y', "yes, with a note", ask(AnswerWord::Yes)),
            ('N', "no, with a note", ask(AnswerWord::No)),
        ];
        let choices =
            choices.into_iter().map(|(key, text, wish)| Choice { key, text: text.to_owned(), wish }).collect();
        let text = vec![question.text.clone(), String::new(), question.why.clone()];
        self.overlays.push(Overlay::Menu(Menu::new(id, text, choices)));
    }

    pub(super) fn ask_reason(&mut self, question: String, answer: AnswerWord) {
        let needed = answer == AnswerWord::NotApplicable;
        let title = if needed { "Not applicable, because …" } else { "A note" };
        let current = self.session.answer_of(&question).and_then(|index| self.session.review.answers.get(index));
        let draft = current
            .and_then(|current| if needed { current.reason.clone() } else { current.note.clone() })
            .unwrap_or_default();
        let hint = if needed { "The reason stands in the record." } else { "What was said; it stands in the record." };
        let purpose = Purpose::Answer { question, answer, needed };
        self.ask(Overlay::Prompt(Prompt::new(title, hint, &draft, purpose)));
    }

    /// Writes an answer: one step of undo, whether there was one before or not.
    pub(super) fn answer(&mut self, question: &str, answer: AnswerWord, text: &str) -> Edited {
        let today = self.session.today.to_string();
        let key = if answer == AnswerWord::NotApplicable { "reason" } else { "note" };
        if let Some(index) = self.session.answer_of(question) {
            let entity = EntityRef::new(EntityKind::Answer, index);
            let mut fields = vec![("answer", answer.word()), ("date", today.as_str())];
            if !text.is_empty() {
                fields.push((key, text));
            }
            self.session.document.set_many(entity, &fields).map_err(|error| error.to_string())?;
        } else {
            let mut fields = vec![("question", question), ("answer", answer.word())];
            if !text.is_empty() {
                fields.push((key, text));
            }
            fields.extend([("source", "people"), ("date", today.as_str())]);
            self.session.document.add(EntityKind::Answer, &fields).map_err(|error| error.to_string())?;
        }
        self.edited();
        self.say(Line::of(Role::Good, format!("{question}: {}", answer.word())));
        Ok(Vec::new())
    }

    pub(super) fn not_applicable(&mut self) {
        match self.target() {
            Target::Question(id) => self.ask_reason(id, AnswerWord::NotApplicable),
            _ => self.say(Line::plain("Only a question can be not applicable.")),
        }
    }

    pub(super) fn park(&mut self) {
        let title = match self.target() {
            Target::Question(id) => self.session.knowledge().question(&id).map(|question| question.text.clone()),
            Target::Finding(index) => {
                let finding = self.session.analysis.as_ref().and_then(|analysis| analysis.findings.get(index));
                finding.map(|finding| format!("{}: {}", finding.element, finding.message))
            }
            _ => None,
        };
        self.open_add_entity(EntityKind::Parked, &[("title", title.unwrap_or_default())]);
    }
}
