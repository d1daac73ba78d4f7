//! Running text with roles, broken into lines. Must not know blocks or tables.

use super::wrapped::{JOINTS, Wrapped};
use crate::model::visible;
use crate::workbench::view::{Line, Role, width};
use unicode_segmentation::UnicodeSegmentation;

/// Words of up to this many cells (a date, `checkout-api`) are better not broken even at joints.
const SHORT_WORD: usize = 12;

/// What stands between a fragment and the one before it; a stronger one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Glue {
    /// Nothing: both belong to one word.
    #[default]
    Tied,
    /// Nothing, but a line may end here.
    Free,
    /// A space, unless a line ends here.
    Space,
    /// A line end.
    Line,
}

#[derive(Debug, Clone, Copy)]
struct Fragment {
    /// Where it ends in the text; it begins where the one before ends.
    end: usize,
    width: usize,
    role: Role,
    glue: Glue,
}

/// Running text: fragments without white space, each with a role.
#[derive(Debug, Clone, Default)]
pub(super) struct Flow {
    text: String,
    fragments: Vec<Fragment>,
    next: Glue,
}

/// A word: where its first fragment begins in the text, its fragments and its width.
struct Word<'a> {
    start: usize,
    fragments: &'a [Fragment],
    width: usize,
}

fn is_space(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}')
}

/// Wide punctuation that does not begin a line.
fn closes(grapheme: &str) -> bool {
    matches!(grapheme, "、" | "。" | "，" | "．" | "」" | "』" | "）" | "】" | "！" | "？" | "：" | "；")
}

impl Flow {
    pub(super) fn is_empty(&self) -> bool {
        self.fragments.is_empty()
    }

    /// Adds a text; white space in it becomes single places to break.
    pub(super) fn push(&mut self, role: Role, text: &str) {
        let text = visible(text);
        let mut rest = &*text;
        loop {
            let word = rest.trim_start_matches(is_space);
            if word.len() < rest.len() {
                self.next = self.next.max(Glue::Space);
            }
            if word.is_empty() {
                return;
            }
            let (word, after) = word.split_at(word.find(is_space).unwrap_or(word.len()));
            self.word(role, word);
            rest = after;
        }
    }

    /// Ends the line.
    pub(super) fn end_line(&mut self) {
        self.next = Glue::Line;
    }

    /// Adds the fragments of another text.
    pub(super) fn append(&mut self, other: &Self) {
        let offset = self.text.len();
        let first = self.fragments.len();
        self.text.push_str(&other.text);
        self.fragments.extend(other.fragments.iter().map(|it| Fragment { end: it.end + offset, ..*it }));
        if let Some(fragment) = self.fragments.get_mut(first) {
            fragment.glue = fragment.glue.max(self.next);
            self.next = other.next;
        }
    }

    /// Where the text is now; for [`Flow::since`].
    pub(super) fn mark(&self) -> usize {
        self.text.len()
    }

    /// What was added since a mark, without white space.
    pub(super) fn since(&self, mark: usize) -> &str {
        self.text.get(mark..).unwrap_or_default()
    }

    fn word(&mut self, role: Role, word: &str) {
        if word.is_ascii() {
            self.add(role, word, word.len());
            return;
        }
        let (mut start, mut used) = (0, 0);
        for (at, grapheme) in word.grapheme_indices(true) {
            let wide = width(grapheme);
            if wide < 2 {
                used += wide;
                continue;
            }
            if start < at {
                self.add(role, &word[start..at], used);
            }
            self.next = match (self.next, closes(grapheme)) {
                (Glue::Tied | Glue::Free, true) => Glue::Tied,
                (next, _) => next.max(Glue::Free),
            };
            self.add(role, grapheme, wide);
            self.next = Glue::Free;
            (start, used) = (at + grapheme.len(), 0);
        }
        if start < word.len() {
            self.add(role, &word[start..], used);
        }
    }

    fn add(&mut self, role: Role, text: &str, width: usize) {
        self.text.push_str(text);
        let glue = std::mem::take(&mut self.next);
        self.fragments.push(Fragment { end: self.text.len(), width, role, glue });
    }

    fn words(&self) -> impl Iterator<Item = Word<'_>> {
        let (mut at, mut start) = (0, 0);
        std::iter::from_fn(move || {
            let rest = self.fragments.get(at..).filter(|rest| !rest.is_empty())?;
            let count = 1 + rest[1..].iter().take_while(|fragment| fragment.glue == Glue::Tied).count();
            let fragments = &rest[..count];
            let word = Word { start, fragments, width: fragments.iter().map(|it| it.width).sum() };
            at += count;
            start = fragments[count - 1].end;
            Some(word)
        })
    }

    /// The widest line if nothing is broken, and the widest part that should not be.
    pub(super) fn widths(&self) -> (usize, usize) {
        let (mut line, mut widest, mut longest) = (0, 0, 0);
        for word in self.words() {
            line = match word.fragments[0].glue {
                Glue::Line => word.width,
                Glue::Space if line > 0 => line + 1 + word.width,
                _ => line + word.width,
            };
            widest = widest.max(line);
            longest = longest.max(self.unbroken(&word));
        }
        (widest, longest)
    }

    /// Short words, and the parts of long ones between their joints, are not to be broken.
    fn unbroken(&self, word: &Word<'_>) -> usize {
        if word.width <= SHORT_WORD {
            return word.width;
        }
        let end = word.fragments.last().map_or(word.start, |fragment| fragment.end);
        let parts = self.text[word.start..end].split_inclusive(JOINTS);
        parts.map(width).max().unwrap_or(0).max(SHORT_WORD)
    }

    /// The first words, as many as fit.
    pub(super) fn beginning(&self, cells: usize) -> Self {
        let mut used = 0;
        let fits = |word: &Word<'_>| {
            used += word.width + 1;
            used <= cells + 1
        };
        let count: usize = self.words().take_while(fits).map(|word| word.fragments.len()).sum();
        let fragments = self.fragments[..count].to_vec();
        let end = fragments.last().map_or(0, |fragment| fragment.end);
        let mut flow = Self { text: self.text[..end].to_owned(), fragments, next: Glue::Tied };
        if count < self.fragments.len() {
            flow.push(self.fragments[0].role, "…");
        }
        flow
    }

    /// Lines of at most some cells (at least 1), each with the cells it takes.
    pub(super) fn wrap(&self, cells: usize) -> Vec<(Line, usize)> {
        self.wrap_hanging(cells, 0)
    }

    /// The same with all lines after the first shorter by `hang`.
    pub(super) fn wrap_hanging(&self, cells: usize, hang: usize) -> Vec<(Line, usize)> {
        let mut wrapped = Wrapped::new(cells, hang);
        for word in self.words() {
            let first = word.fragments[0];
            match first.glue {
                Glue::Line => wrapped.end_unless_first(),
                glue => wrapped.make_room(word.width, glue == Glue::Space, first.role),
            }
            let mut start = word.start;
            let parts = word.fragments.iter().map(|fragment| {
                let text = &self.text[start..fragment.end];
                start = fragment.end;
                (fragment.role, text, fragment.width)
            });
            if wrapped.holds(word.width) {
                for (role, text, width) in parts {
                    wrapped.put(role, text, width);
                }
            } else {
                wrapped.broken(parts.map(|(role, text, _)| (role, text)));
            }
        }
        wrapped.finish()
    }
}
