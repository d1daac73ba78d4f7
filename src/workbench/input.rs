//! A line of text being typed, with the keys of a shell.

use super::key::{Key, KeyCode};
use super::view::{Line, Role, width};
use tui_input::{Input, InputRequest};
use unicode_segmentation::UnicodeSegmentation;

/// A line of text being typed.
#[derive(Debug, Clone, Default)]
pub struct TextInput {
    input: Input,
}

impl TextInput {
    /// With a text in it, the cursor at its end.
    pub fn new(text: &str) -> Self {
        Self { input: Input::new(text.to_owned()) }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Replaces the text.
    pub fn set(&mut self, text: &str) {
        self.input = Input::new(text.to_owned());
    }

    /// Takes a key; `false` where the key is none of a line's.
    pub fn key(&mut self, key: Key) -> bool {
        let request = match (key.code, key.ctrl, key.alt) {
            (KeyCode::Char(c), false, false) => InputRequest::InsertChar(c),
            (KeyCode::Backspace, false, false) | (KeyCode::Char('h'), true, false) => InputRequest::DeletePrevChar,
            (KeyCode::Delete, false, false) => InputRequest::DeleteNextChar,
            (KeyCode::Left, false, false) => InputRequest::GoToPrevChar,
            (KeyCode::Right, false, false) => InputRequest::GoToNextChar,
            (KeyCode::Left, true, _) | (KeyCode::Char('b'), false, true) => InputRequest::GoToPrevWord,
            (KeyCode::Right, true, _) | (KeyCode::Char('f'), false, true) => InputRequest::GoToNextWord,
            (KeyCode::Home, _, _) | (KeyCode::Char('a'), true, false) => InputRequest::GoToStart,
            (KeyCode::End, _, _) | (KeyCode::Char('e'), true, false) => InputRequest::GoToEnd,
            (KeyCode::Char('w'), true, false) | (KeyCode::Backspace, _, true) => InputRequest::DeletePrevWord,
            (KeyCode::Char('u'), true, false) => InputRequest::DeleteFromStart,
            (KeyCode::Char('k'), true, false) => InputRequest::DeleteTillEnd,
            _ => return false,
        };
        self.input.handle(request);
        true
    }

    /// Takes pasted text: as one line, whatever it holds.
    pub fn paste(&mut self, text: &str) {
        for c in text.trim_end_matches(['\n', '\r']).chars().take(64 * 1024) {
            let c = if c == '\n' || c == '\t' { ' ' } else { c };
            if c != '\r' {
                self.input.handle(InputRequest::InsertChar(c));
            }
        }
    }

    /// The part around the cursor that fits, and where the cursor is in it.
    pub fn shown(&self, cells: usize) -> (Line, usize) {
        let text = self.input.value();
        let before: String = text.chars().take(self.input.cursor()).collect();
        let cells = cells.max(2);
        let mut start = 0;
        let mut left = width(&before);
        // Drop graphemes from the left until the cursor fits with one cell to spare.
        for (offset, grapheme) in before.grapheme_indices(true) {
            if left < cells {
                break;
            }
            left -= width(grapheme);
            start = offset + grapheme.len();
        }
        let line = Line::of(Role::Input, &text[start..]).cut(cells);
        (line, left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_and_the_keys_of_a_shell_work() {
        let mut input = TextInput::new("ab");
        for key in ["c", "ctrl-a", "x", "ctrl-e", "backspace", "left", "delete"] {
            assert!(input.key(Key::parse(key).unwrap()));
        }
        assert_eq!(input.text(), "xa");
        assert!(!input.key(Key::parse("enter").unwrap()));
    }

    #[test]
    fn a_paste_of_many_lines_is_one_line() {
        let mut input = TextInput::default();
        input.paste("a\tb\nc\r\n");
        assert_eq!(input.text(), "a b c");
    }

    #[test]
    fn the_cursor_is_always_in_sight() {
        let input = TextInput::new("日本語テキスト and more");
        for cells in 2..20 {
            let (line, cursor) = input.shown(cells);
            assert!(line.width() <= cells && cursor < cells, "{cells}: {} {cursor}", line.width());
        }
    }
}
