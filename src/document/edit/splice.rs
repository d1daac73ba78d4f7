//! The one way a text changes: a range of bytes replaced by others, and its way back.

/// Bytes taken out of a text at a place, and bytes put there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    at: usize,
    removed: String,
    inserted: String,
}

impl Splice {
    /// Performs a change and remembers it. The range must lie on character boundaries of the text.
    pub(crate) fn perform(text: &mut String, range: std::ops::Range<usize>, inserted: &str) -> Self {
        let removed = text[range.clone()].to_owned();
        text.replace_range(range.clone(), inserted);
        Self { at: range.start, removed, inserted: inserted.to_owned() }
    }

    /// Performs it again.
    pub(crate) fn redo(&self, text: &mut String) {
        text.replace_range(self.at..self.at + self.removed.len(), &self.inserted);
    }

    /// Takes it back.
    pub(crate) fn undo(&self, text: &mut String) {
        text.replace_range(self.at..self.at + self.inserted.len(), &self.removed);
    }
}

/// Replacements in one text, all in the offsets of the text before any of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan(Vec<(std::ops::Range<usize>, String)>);

impl Plan {
    /// One replacement.
    pub(crate) fn replace(range: std::ops::Range<usize>, with: impl Into<String>) -> Self {
        Self(vec![(range, with.into())])
    }

    /// One insertion.
    pub(crate) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::replace(at..at, text)
    }

    /// Another replacement; may touch, must not overlap.
    pub(crate) fn and(&mut self, range: std::ops::Range<usize>, with: impl Into<String>) {
        self.0.push((range, with.into()));
    }

    /// Performs all of it, from the end of the text to its start, so that offsets hold.
    ///
    /// Returns nothing, and changes nothing, where replacements overlap.
    pub(crate) fn perform(mut self, text: &mut String) -> Option<Vec<Splice>> {
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let apart = self.0.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start);
        let inside = self.0.iter().all(|(range, _)| text.get(range.clone()).is_some());
        if !apart || !inside {
            return None;
        }
        Some(self.0.into_iter().rev().map(|(range, with)| Splice::perform(text, range, &with)).collect())
    }
}
