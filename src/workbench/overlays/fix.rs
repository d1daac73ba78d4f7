//! The edits that findings offer: what each would change in the file and in what is found, applied with one key.

use super::menu::Wish;
use super::{Outcome, middle};
use crate::model::{Fix, FixSafety};
use crate::rules::Summary;
use crate::workbench::key::{Key, KeyCode};
use crate::workbench::view::{Area, Line, Pane, Role, width, wrap};
use std::ops::Range;

/// One edit that is offered.
#[derive(Debug)]
pub struct Offered {
    /// The id of the finding it mends.
    pub finding: String,
    /// The edit.
    pub fix: Fix,
    /// The text with it; or why it cannot be made.
    pub text: Result<String, String>,
}

/// What an edit would bring.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// Whether its finding would be gone.
    pub mends: bool,
    /// Ids of findings that would be new.
    pub brings: Vec<String>,
    /// How many findings there would be.
    pub summary: Summary,
    /// What the promise would say, where it would say something else.
    pub promise: Option<String>,
}

/// Edits being looked at.
#[derive(Debug)]
pub struct FixPreview {
    /// The revision of the text they are for.
    pub revision: u64,
    title: String,
    message: String,
    before: String,
    summary: Summary,
    offered: Vec<Offered>,
    tried: Vec<Option<Tried>>,
    selected: usize,
    first: usize,
    room: usize,
    /// Why the last key did nothing.
    pub error: Option<String>,
}

/// Lines shown around a change.
const AROUND: usize = 2;
/// A resumption of the common lines is looked for this far.
const AHEAD: usize = 80;

impl FixPreview {
    /// Of a text, for a finding of this message, where so much is found now.
    pub fn new(
        title: String,
        message: String,
        revision: u64,
        before: &str,
        summary: Summary,
        offered: Vec<Offered>,
    ) -> Self {
        let tried = offered.iter().map(|_| None).collect();
        Self {
            revision,
            title,
            message,
            before: before.to_owned(),
            summary,
            offered,
            tried,
            selected: 0,
            first: 0,
            room: 10,
            error: None,
        }
    }

    /// The finding and the edit that are chosen.
    pub fn chosen(&self) -> Option<(&str, &Fix)> {
        self.offered.get(self.selected).map(|offered| (offered.finding.as_str(), &offered.fix))
    }

    /// Takes what the edits would bring.
    pub fn tried(&mut self, revision: u64, tried: Vec<Option<Tried>>) {
        if revision == self.revision && tried.len() == self.tried.len() {
            self.tried = tried;
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Outcome {
        self.error = None;
        let last = self.offered.len().saturating_sub(1);
        let choose = |this: &mut Self, to: usize| {
            this.selected = to.min(last);
            this.first = 0;
        };
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => return Outcome::Close,
            KeyCode::Enter | KeyCode::Char('F') => match self.offered.get(self.selected).map(|offered| &offered.text) {
                Some(Ok(_)) => return Outcome::Wish(Wish::Fix),
                Some(Err(why)) => self.error = Some(why.clone()),
                None => return Outcome::Close,
            },
            KeyCode::Up | KeyCode::Char('k') => choose(self, self.selected.saturating_sub(1)),
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Tab => choose(self, self.selected + 1),
            KeyCode::Char(c @ '1'..='9') if c as usize - '1' as usize <= last => {
                choose(self, c as usize - '1' as usize);
            }
            KeyCode::PageUp => self.first = self.first.saturating_sub(self.room),
            KeyCode::PageDown | KeyCode::Char(' ') => self.first += self.room,
            _ => {}
        }
        Outcome::Stay
    }

    /// The pane in the middle of the screen.
    pub fn pane(&mut self, screen: Area) -> Pane {
        let wide = screen.width.saturating_sub(4).clamp(20, 100);
        let inner = usize::from(wide.saturating_sub(2));
        let most = usize::from(screen.height.saturating_sub(2)).max(3);
        let mut head: Vec<Line> = wrap(&self.message, inner, 3).iter().map(Line::plain).collect();
        for (place, offered) in self.offered.iter().enumerate() {
            let number = if self.offered.len() > 1 { format!(" {} ", place + 1) } else { " ".to_owned() };
            let mark = if place == self.selected { "▸" } else { " " };
            let role = if place == self.selected { Role::Strong } else { Role::Plain };
            head.push(
                Line::of(Role::Accent, mark)
                    .and(Role::Key, number)
                    .and(role, &offered.fix.title)
                    .and(Role::Dim, format!(" · {}", offered.fix.safety.word()))
                    .cut(inner),
            );
        }
        let mut tail = self.outcome(inner);
        let mut diff = self.difference(inner);
        // The choice and what it brings stay in sight; the lines of the file are scrolled between them.
        if head.len() + tail.len() + 3 > most {
            head.drain(..head.len().min(head.len() + tail.len() + 3 - most).min(head.len().saturating_sub(1)));
        }
        self.room = most.saturating_sub(head.len() + tail.len() + 2).max(1);
        self.first = self.first.min(diff.len().saturating_sub(self.room));
        let total = diff.len();
        diff = diff.into_iter().skip(self.first).take(self.room).collect();
        if total > self.room {
            let more = format!("lines {} to {} of {total}", self.first + 1, self.first + diff.len());
            tail.insert(0, Line::of(Role::Dim, format!("{more} · pgdn")));
            diff.truncate(self.room.saturating_sub(1).max(1));
        }
        let mut lines = head;
        lines.push(Line::of(Role::Border, "─".repeat(inner)));
        lines.append(&mut diff);
        lines.push(Line::of(Role::Border, "─".repeat(inner)));
        lines.append(&mut tail);
        lines.truncate(most);
        let area = middle(screen, wide, lines.len() as u16 + 2);
        Pane { area, title: Some(Line::of(Role::Strong, &self.title)), focused: true, lines, scroll: None }
    }

    /// What the chosen edit would bring, and who has to agree.
    fn outcome(&self, cells: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let say = |lines: &mut Vec<Line>, role: Role, text: &str| {
            lines.extend(wrap(text, cells, 3).iter().map(|text| Line::of(role, text)));
        };
        let Some(offered) = self.offered.get(self.selected) else { return lines };
        match self.tried.get(self.selected).and_then(Option::as_ref) {
            _ if offered.text.is_err() => {}
            None => say(&mut lines, Role::Dim, "What this brings is being computed …"),
            Some(tried) => {
                if !tried.mends {
                    say(&mut lines, Role::Warn, "The finding would still be there.");
                }
                let (old, new) = (counts(&self.summary), counts(&tried.summary));
                let told = if old == new { format!("{old}, as now") } else { format!("{old} → {new}") };
                say(&mut lines, Role::Plain, &format!("Findings: {told}"));
                if !tried.brings.is_empty() {
                    say(&mut lines, Role::Warn, &format!("New: {}", tried.brings.join(", ")));
                }
                if let Some(promise) = &tried.promise {
                    say(&mut lines, Role::Plain, promise);
                }
            }
        }
        if offered.fix.safety == FixSafety::Suggested {
            let agree = "Suggested: it states what only people know. Somebody must agree before it is true.";
            say(&mut lines, Role::Warn, agree);
        }
        if let Some(error) = &self.error {
            say(&mut lines, Role::Bad, &format!("! {error}"));
        }
        lines
    }

    /// The lines of the file that the chosen edit changes, old and new, with their numbers.
    fn difference(&self, cells: usize) -> Vec<Line> {
        let text = match self.offered.get(self.selected).map(|offered| &offered.text) {
            Some(Ok(text)) => text,
            Some(Err(why)) => return wrap(why, cells, 6).iter().map(|text| Line::of(Role::Bad, text)).collect(),
            None => return Vec::new(),
        };
        let (old, new): (Vec<&str>, Vec<&str>) = (self.before.lines().collect(), text.lines().collect());
        let number = new.len().max(old.len()).to_string().len();
        let mut lines = Vec::new();
        let mut line = |sign: char, at: usize, role: Role, text: &str| {
            let room = cells.saturating_sub(number + 3).max(8);
            let mut lead = format!("{sign} {:>number$} ", at + 1);
            for text in chunks(text, room) {
                lines.push(Line::of(if sign == ' ' { Role::Dim } else { role }, format!("{lead}{text}")));
                lead = format!("{sign} {} ", " ".repeat(number));
            }
        };
        let mut shown = 0;
        let hunks = hunks(&old, &new);
        for (place, (from, to)) in hunks.iter().enumerate() {
            (to.start.saturating_sub(AROUND).max(shown)..to.start).for_each(|at| line(' ', at, Role::Dim, new[at]));
            from.clone().for_each(|at| line('-', at, Role::Bad, old[at]));
            to.clone().for_each(|at| line('+', at, Role::Good, new[at]));
            let next = hunks.get(place + 1).map_or(new.len(), |(_, to)| to.start);
            shown = (to.end + AROUND).min(next);
            (to.end..shown).for_each(|at| line(' ', at, Role::Dim, new[at]));
        }
        lines
    }
}

/// A line of the file in pieces of so many cells, blanks and all; at least one.
fn chunks(text: &str, cells: usize) -> Vec<String> {
    const MOST: usize = 8;
    let mut chunks = vec![String::new()];
    let mut used = 0;
    for c in text.trim_end().chars() {
        let wide = width(c.encode_utf8(&mut [0; 4]));
        if used + wide > cells {
            if chunks.len() == MOST {
                break;
            }
            chunks.push(String::new());
            used = 0;
        }
        used += wide;
        if let Some(last) = chunks.last_mut() {
            last.push(c);
        }
    }
    chunks
}

/// "2 high · 1 medium · 0 low".
fn counts(summary: &Summary) -> String {
    format!("{} high · {} medium · {} low", summary.high, summary.medium, summary.low)
}

/// Lines that differ: those of the old text, and those that stand there in the new one. Linear in the lines.
fn hunks(old: &[&str], new: &[&str]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut hunks = Vec::new();
    let (mut at, mut to) = (0, 0);
    while at < old.len() || to < new.len() {
        if old.get(at).is_some_and(|line| Some(line) == new.get(to)) {
            (at, to) = (at + 1, to + 1);
            continue;
        }
        let (gone, come) = resumption(&old[at..], &new[to..]);
        hunks.push((at..at + gone, to..to + come));
        (at, to) = (at + gone, to + come);
    }
    hunks
}

/// How many lines of each text to leave behind until both say the same again.
fn resumption(old: &[&str], new: &[&str]) -> (usize, usize) {
    let resumes = |gone: usize, come: usize| {
        let (rest, other) = (&old[gone..], &new[come..]);
        let two = rest.len().min(2) == other.len().min(2) && rest.iter().zip(other).take(2).all(|(a, b)| a == b);
        two && (!rest.is_empty() || other.is_empty())
    };
    for both in 1..=AHEAD.min(old.len() + new.len()) {
        // Of equally near places the one after a line for a line.
        let half = both / 2;
        let mut splits: Vec<usize> = (0..=both).collect();
        splits.sort_by_key(|gone| gone.abs_diff(half));
        for gone in splits {
            let come = both - gone;
            if gone <= old.len() && come <= new.len() && resumes(gone, come) {
                return (gone, come);
            }
        }
    }
    (old.len(), new.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_are_found_and_lead_from_one_text_to_the_other() {
        let old: Vec<&str> = "a b c d e f".split(' ').collect();
        let to = |new: &str| {
            let new: Vec<&str> = new.split_whitespace().collect();
            let hunks = hunks(&old, &new);
            let mut made: Vec<&str> = Vec::new();
            let mut at = 0;
            for (from, to) in &hunks {
                made.extend(&old[at..from.start]);
                made.extend(&new[to.clone()]);
                at = from.end;
            }
            made.extend(&old[at..]);
            assert_eq!(made, new);
            hunks
        };
        assert_eq!(to("a b C d e f"), [(2..3, 2..3)]);
        assert_eq!(to("a b c x d e f"), [(3..3, 3..4)]);
        assert_eq!(to("a b e f"), [(2..4, 2..2)]);
        assert_eq!(to("a B c d e f g"), [(1..2, 1..2), (6..6, 6..7)]);
        assert_eq!(to("x"), [(0..6, 0..1)]);
        assert_eq!(to(""), [(0..6, 0..0)]);
        assert_eq!(to("a b c d e f"), []);
    }
}
