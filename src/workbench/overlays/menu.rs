//! A few choices, or one line of text: asked only where something would be lost or has to be said.

use super::add::Adding;
use super::{Outcome, middle};
use crate::model::{AnswerWord, EntityKind, EntityRef, TriageStatus};
use crate::workbench::command::Command;
use crate::workbench::input::TextInput;
use crate::workbench::key::{Key, KeyCode};
use crate::workbench::view::{Area, Line, Pane, Role, wrap};

/// What an overlay asks the workbench to do.
#[derive(Debug, Clone)]
pub enum Wish {
    /// Set a value.
    Set {
        /// The entity.
        entity: EntityRef,
        /// The keys.
        keys: Vec<String>,
        /// What was typed.
        value: String,
    },
    /// Make a value unknown.
    Clear {
        /// The entity.
        entity: EntityRef,
        /// The keys.
        keys: Vec<String>,
    },
    /// Add something.
    Add {
        /// What.
        adding: Adding,
        /// Its values by key.
        values: Vec<(String, String)>,
    },
    /// Run a command.
    Run(Command),
    /// Go to something that was found.
    Go(super::Find),
    /// Answer a question.
    Answer {
        /// The question.
        question: String,
        /// The answer.
        answer: AnswerWord,
        /// The reason, where it does not apply, or a note.
        text: String,
    },
    /// Take the answer that follows from the review.
    Accept(String),
    /// Ask for the reason before a question is answered so.
    AskReason {
        /// The question.
        question: String,
        /// The answer.
        answer: AnswerWord,
    },
    /// Rename an entity.
    Rename {
        /// The kind.
        kind: EntityKind,
        /// The id now.
        from: String,
        /// The new id.
        to: String,
    },
    /// Copy an entity under a new id.
    Duplicate {
        /// The entity.
        entity: EntityRef,
        /// The new id.
        id: String,
    },
    /// Make the edit that is looked at.
    Fix,
    /// Ask for what belongs to a status of a finding.
    Triage {
        /// The finding's id.
        finding: String,
        /// What was decided.
        status: TriageStatus,
    },
    /// Take a triage entry away.
    Untriage(EntityRef),
    /// Save under a path.
    SaveAs(String),
    /// Save, then end.
    SaveAndQuit,
    /// End without saving.
    QuitWithoutSaving,
    /// Take the text of the recovery file.
    Recover,
    /// Give the recovery file up.
    Discard,
    /// In a collision, keep what was typed here.
    KeepMine,
    /// In a collision, keep what stands on disk.
    KeepTheirs,
    /// Decide later.
    Later,
}

/// One thing to choose.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The key that chooses it.
    pub key: char,
    /// What it says.
    pub text: String,
    /// What it does.
    pub wish: Wish,
}

/// Some choices under a text.
#[derive(Debug)]
pub struct Menu {
    title: String,
    text: Vec<String>,
    choices: Vec<Choice>,
    selected: usize,
    confirms: bool,
}

impl Menu {
    /// With its text and choices.
    pub fn new(title: &str, text: Vec<String>, choices: Vec<Choice>) -> Self {
        Self { title: title.to_owned(), text, choices, selected: 0, confirms: false }
    }

    /// One that opens by itself, perhaps between two keys: a letter only points at a choice, Enter does it.
    #[must_use]
    pub fn unasked(mut self) -> Self {
        self.confirms = true;
        self
    }

    /// Whether a letter only points at a choice.
    pub fn confirms(&self) -> bool {
        self.confirms
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Outcome {
        match key.code {
            KeyCode::Esc => Outcome::Close,
            KeyCode::Up => {
                self.selected = self.selected.saturating_sub(1);
                Outcome::Stay
            }
            KeyCode::Down | KeyCode::Tab => {
                self.selected = (self.selected + 1).min(self.choices.len().saturating_sub(1));
                Outcome::Stay
            }
            KeyCode::Enter => {
                self.choices.get(self.selected).map_or(Outcome::Close, |choice| Outcome::Wish(choice.wish.clone()))
            }
            KeyCode::Char(c) if !key.ctrl && !key.alt => {
                let chosen = self.choices.iter().position(|choice| choice.key == c);
                if self.confirms {
                    self.selected = chosen.unwrap_or(self.selected);
                    return Outcome::Stay;
                }
                let chosen = chosen.and_then(|place| self.choices.get(place));
                chosen.map_or(Outcome::Stay, |choice| Outcome::Wish(choice.wish.clone()))
            }
            _ => Outcome::Stay,
        }
    }

    /// The pane in the middle of the screen.
    pub fn pane(&self, screen: Area) -> Pane {
        let wide = screen.width.saturating_sub(4).clamp(20, 78);
        let inner = wide.saturating_sub(2) as usize;
        let mut lines: Vec<Line> = Vec::new();
        for text in &self.text {
            lines.extend(wrap(text, inner, 12).iter().map(Line::plain));
        }
        lines.push(Line::blank());
        for (place, choice) in self.choices.iter().enumerate() {
            let line = Line::of(Role::Key, format!(" {} ", choice.key)).and(Role::Plain, &choice.text).cut(inner);
            lines.push(if place == self.selected {
                Line::of(Role::Selected, format!(" {} {}", choice.key, choice.text)).cut(inner).filled(Role::Selected)
            } else {
                line
            });
        }
        // Where not all fits, the choices matter more than the end of the text.
        let most = screen.height.saturating_sub(2) as usize;
        if lines.len() > most {
            let cut = lines.len() - most;
            let text_end = lines.len() - self.choices.len();
            lines.drain(text_end.saturating_sub(cut)..text_end);
        }
        let area = middle(screen, wide, lines.len() as u16 + 2);
        Pane { area, title: Some(Line::of(Role::Strong, &self.title)), focused: true, lines, scroll: None }
    }
}

/// What a line of text is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// The reason (or note) of an answer.
    Answer {
        /// The question.
        question: String,
        /// The answer.
        answer: AnswerWord,
        /// Whether there must be a text.
        needed: bool,
    },
    /// A new id for an entity.
    Rename {
        /// The kind.
        kind: EntityKind,
        /// The id now.
        from: String,
    },
    /// The id of a copy.
    Duplicate(EntityRef),
    /// Where to save.
    SaveAs,
}

/// One line of text is asked for.
#[derive(Debug)]
pub struct Prompt {
    title: String,
    hint: String,
    /// What is typed.
    pub input: TextInput,
    draft: String,
    purpose: Purpose,
    /// Why it cannot be taken.
    pub error: Option<String>,
}

impl Prompt {
    /// With a draft.
    pub fn new(title: &str, hint: &str, draft: &str, purpose: Purpose) -> Self {
        let input = TextInput::new(draft);
        Self { title: title.to_owned(), hint: hint.to_owned(), input, draft: draft.to_owned(), purpose, error: None }
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Outcome {
        match key.code {
            KeyCode::Esc => Outcome::Close,
            KeyCode::Enter => self.enter(),
            _ => {
                if self.input.key(key) {
                    self.error = None;
                }
                Outcome::Stay
            }
        }
    }

    /// The entity that is copied, where one is.
    pub fn entity(&self) -> Option<EntityRef> {
        if let Purpose::Duplicate(entity) = &self.purpose { Some(*entity) } else { None }
    }

    /// The entity that is copied stands at another position now.
    pub fn set_entity(&mut self, to: EntityRef) {
        if let Purpose::Duplicate(entity) = &mut self.purpose {
            *entity = to;
        }
    }

    /// What was typed, where it differs from the draft.
    pub fn typed_text(&self) -> String {
        if self.input.text() == self.draft { String::new() } else { self.input.text().to_owned() }
    }

    /// Whether it asks for the same thing from the same draft.
    pub fn asks_same(&self, other: &Self) -> bool {
        self.purpose == other.purpose && self.draft == other.draft
    }

    fn enter(&mut self) -> Outcome {
        let text = self.input.text().trim().to_owned();
        let needed = !matches!(self.purpose, Purpose::Answer { needed: false, .. });
        if needed && text.is_empty() {
            self.error = Some("it cannot be empty".to_owned());
            return Outcome::Stay;
        }
        Outcome::Wish(match self.purpose.clone() {
            Purpose::Answer { question, answer, .. } => Wish::Answer { question, answer, text },
            Purpose::Rename { kind, from } => Wish::Rename { kind, from, to: text },
            Purpose::Duplicate(entity) => Wish::Duplicate { entity, id: text },
            Purpose::SaveAs => Wish::SaveAs(text),
        })
    }

    /// The pane in the middle of the screen, and the cursor in it.
    pub fn pane(&self, screen: Area) -> (Pane, Option<(u16, u16)>) {
        let wide = screen.width.saturating_sub(4).clamp(20, 76);
        let inner = wide.saturating_sub(2) as usize;
        let (line, cursor) = self.input.shown(inner);
        let mut lines = vec![line.filled(Role::Input)];
        if let Some(error) = &self.error {
            lines.extend(
                wrap(error, inner.saturating_sub(2), 3).iter().map(|text| Line::of(Role::Bad, format!("! {text}"))),
            );
        }
        lines.extend(wrap(&self.hint, inner, 4).iter().map(|text| Line::of(Role::Dim, text)));
        let area = middle(screen, wide, lines.len() as u16 + 2);
        let cursor = (area.x + 1 + cursor as u16, area.y + 1);
        (
            Pane { area, title: Some(Line::of(Role::Strong, &self.title)), focused: true, lines, scroll: None },
            Some(cursor),
        )
    }
}
