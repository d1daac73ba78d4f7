//! Answers to questions, and what they lead to.

use super::edits::Edited;
use crate::model::{AnswerSource, AnswerWord, EntityKind, EntityRef};
use crate::workbench::Workbench;
use crate::workbench::overlays::{Choice, Menu, Overlay, Prompt, Purpose, Wish};
use crate::workbench::screens::{self, Target};
use crate::workbench::view::{Line, Role};

impl Workbench {
    /// The answers to choose from.
    pub(super) fn open_question(&mut self, id: &str) {
        let Some(question) = self.session.knowledge().question(id) else { return };
        let ask = |answer| Wish::AskReason { question: id.to_owned(), answer };
        let say = |answer| Wish::Answer { question: id.to_owned(), answer, text: String::new() };
        let derived = screens::derived_of(&self.session, id).filter(|derived| derived.answer != AnswerWord::Unknown);
        let accept = derived.map(|derived| {
            let text = format!("as the {} says: {}", derived.source.word(), derived.answer.word());
            let wish = Wish::Accept(id.to_owned());
            Choice { key: '=', text, wish }
        });
        let choices = [
            ('y', "yes", say(AnswerWord::Yes)),
            ('n', "no", say(AnswerWord::No)),
            ('p', "partly", ask(AnswerWord::Partly)),
            ('-', "not applicable, because …", ask(AnswerWord::NotApplicable)),
            ('?', "don't know yet", say(AnswerWord::Unknown)),
            ('Y', "yes, with a note", ask(AnswerWord::Yes)),
            ('N', "no, with a note", ask(AnswerWord::No)),
        ];
        let choices = choices.into_iter().map(|(key, text, wish)| Choice { key, text: text.to_owned(), wish });
        let choices = choices.chain(accept).collect();
        let mut text = vec![question.text.clone(), String::new(), question.why.clone()];
        if let Some(derived) = derived {
            text.extend([String::new(), format!("The {} says: {}", derived.source.word(), derived.evidence())]);
        }
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
            // What was taken from the model and is changed by a person is the person's, and what showed it does not.
            let old = self.session.review.answers.get(index);
            let taken = old.filter(|old| matches!(old.source, Some(AnswerSource::Model | AnswerSource::Metrics)));
            let before = taken.map(|old| {
                let shown = old.evidence.as_deref().unwrap_or("nothing");
                format!(
                    "instead of {} by {}: {shown}",
                    old.answer.map_or("?", AnswerWord::word),
                    old.source.map_or("", AnswerSource::word)
                )
            });
            if let Some(before) = &before {
                fields.extend([("source", "people"), ("evidence", before.as_str())]);
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

    /// Takes the answer that follows from the review into the file: the only way it gets there.
    pub(super) fn accept_answer(&mut self) {
        let Target::Question(id) = self.target() else {
            self.say(Line::plain("Only a question has an answer of the model."));
            return;
        };
        if let Err(why) = self.accept(&id) {
            self.warn(why);
        }
    }

    pub(super) fn accept(&mut self, question: &str) -> Edited {
        if self.session.analysed != self.session.document.revision() {
            return Err("The model is being computed anew; try again in a moment.".to_owned());
        }
        let index = self.session.answer_of(question);
        let said = index.and_then(|index| self.session.review.answers.get(index));
        if said.is_some_and(|said| !matches!(said.source, Some(AnswerSource::Model | AnswerSource::Metrics))) {
            return Err("People have answered this, and that holds; enter changes the answer.".to_owned());
        }
        let analysis = self.session.analysis.clone();
        let Some(derived) = analysis.as_ref().and_then(|analysis| analysis.derived.get(question)) else {
            return Err("The model has no answer to this question.".to_owned());
        };
        if derived.answer == AnswerWord::Unknown {
            return Err(format!("The model cannot tell; {}", derived.evidence()));
        }
        let (today, evidence) = (self.session.today.to_string(), derived.evidence());
        let (answer, source) = (derived.answer.word(), derived.source.word());
        let fields =
            [("answer", answer), ("evidence", evidence.as_str()), ("source", source), ("date", today.as_str())];
        let document = &mut self.session.document;
        let done = if let Some(index) = index {
            document.set_many(EntityRef::new(EntityKind::Answer, index), &fields)
        } else {
            let all: Vec<(&str, &str)> = std::iter::once(("question", question)).chain(fields).collect();
            document.add(EntityKind::Answer, &all).map(drop)
        };
        done.map_err(|error| error.to_string())?;
        self.edited();
        self.say(Line::of(Role::Good, format!("{question}: {answer}, from the {source}. u takes it back.")));
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
