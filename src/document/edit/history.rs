//! Undo and redo without limit: what was changed, as splices; and what has another name than in the saved file.

use super::splice::Splice;
use crate::model::{EntityRef, Renaming};

/// What an undo or redo step was, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoLabel {
    /// In words: "set timeout of api -> orders-db".
    pub text: String,
    /// The entity it was about, in the revision in which it was made.
    pub entity: Option<EntityRef>,
    /// The key it was about.
    pub keys: Vec<String>,
    /// What got another name by the step as it was just made: by an undo, the way back.
    pub renamed: Option<Box<Renaming>>,
}

impl UndoLabel {
    /// Of a step that renames nothing.
    pub(crate) fn new(text: String, entity: Option<EntityRef>, keys: Vec<String>) -> Self {
        Self { text, entity, keys, renamed: None }
    }
}

#[derive(Debug, Clone)]
struct Step {
    label: UndoLabel,
    splices: Vec<Splice>,
}

/// The steps that were made, and how many of them are in the text.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    steps: Vec<Step>,
    done: usize,
}

impl History {
    /// A step that has just been performed. What was undone before it is gone.
    pub(crate) fn push(&mut self, label: UndoLabel, splices: Vec<Splice>) {
        self.steps.truncate(self.done);
        self.steps.push(Step { label, splices });
        self.done += 1;
    }

    pub(crate) fn undo(&mut self, text: &mut String) -> Option<UndoLabel> {
        let step = self.steps.get(self.done.checked_sub(1)?)?;
        step.splices.iter().rev().for_each(|splice| splice.undo(text));
        self.done -= 1;
        let renamed = step.label.renamed.as_ref().map(|renaming| Box::new(renaming.inverse()));
        Some(UndoLabel { renamed, ..step.label.clone() })
    }

    pub(crate) fn redo(&mut self, text: &mut String) -> Option<UndoLabel> {
        let step = self.steps.get(self.done)?;
        step.splices.iter().for_each(|splice| splice.redo(text));
        self.done += 1;
        Some(step.label.clone())
    }

    pub(crate) fn next_undo(&self) -> Option<&UndoLabel> {
        self.steps.get(self.done.checked_sub(1)?).map(|step| &step.label)
    }

    pub(crate) fn next_redo(&self) -> Option<&UndoLabel> {
        self.steps.get(self.done).map(|step| &step.label)
    }
}

/// The names that changed since the file was saved, in order: what stands beside the file still has the old ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Renames {
    made: Vec<Renaming>,
    /// How many of them are on their way to the disk with a save.
    sent: usize,
}

impl Renames {
    /// A name changed. What only takes the last change back leaves no trace, unless that is on its way already.
    pub(crate) fn push(&mut self, renaming: Renaming) {
        let undoes =
            |last: &Renaming| last.kind == renaming.kind && last.old == renaming.new && last.new == renaming.old;
        if self.made.len() > self.sent && self.made.last().is_some_and(undoes) {
            self.made.pop();
        } else {
            self.made.push(renaming);
        }
    }

    /// A step was taken back or made again.
    pub(crate) fn made_by(&mut self, label: &UndoLabel) {
        if let Some(renaming) = &label.renamed {
            self.push(renaming.as_ref().clone());
        }
    }

    /// Those that a save has to take along.
    pub(crate) fn send(&mut self) -> Vec<Renaming> {
        self.sent = self.made.len();
        self.made.clone()
    }

    /// The save ended: what it took along is done, or was not.
    pub(crate) fn ended(&mut self, saved: bool) {
        if saved {
            self.made.drain(..self.sent);
        }
        self.sent = 0;
    }
}
