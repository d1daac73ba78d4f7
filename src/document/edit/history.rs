//! Undo and redo without limit: what was changed, as splices.

use super::splice::Splice;
use crate::model::EntityRef;

/// What an undo or redo step was, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoLabel {
    /// In words: "set timeout of api -> orders-db".
    pub text: String,
    /// The entity it was about, in the revision in which it was made.
    pub entity: Option<EntityRef>,
    /// The key it was about.
    pub keys: Vec<String>,
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
        Some(step.label.clone())
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
