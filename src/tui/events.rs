//! What the terminal says, as messages of the workbench.
//!
//! Must not know what a key does. Terminals differ in how they say the same: released keys, shift beside a capital
//! letter, a line feed for enter and control-h for backspace are evened out here.

use crate::workbench::{Key, KeyCode, Mouse, MouseAction, Msg};
use crossterm::event::{
    Event, KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

/// The message of a terminal's event; none for what the workbench does not care about.
pub fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => key_of(key).map(Msg::Key),
        Event::Mouse(mouse) => mouse_of(mouse).map(Msg::Mouse),
        Event::Paste(text) => Some(Msg::Paste(text)),
        // The size is asked when the system says that it changed.
        Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
    }
}

fn key_of(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let alt = event.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::META);
    let shift = event.modifiers.contains(KeyModifiers::SHIFT);
    if event.modifiers.intersects(KeyModifiers::SUPER | KeyModifiers::HYPER) {
        return None;
    }
    let code = match event.code {
        Code::Char('h') if ctrl && !alt => return Some(Key::plain(KeyCode::Backspace)),
        Code::Char('j' | 'm') if ctrl && !alt => return Some(Key::plain(KeyCode::Enter)),
        Code::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
        Code::Char(c) if shift && c.is_lowercase() => KeyCode::Char(one(c.to_uppercase()).unwrap_or(c)),
        Code::Char(c) if c.is_control() => return None,
        Code::Char(c) => KeyCode::Char(c),
        Code::Enter => KeyCode::Enter,
        Code::Esc => KeyCode::Esc,
        Code::Tab if shift => KeyCode::BackTab,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Backspace => KeyCode::Backspace,
        Code::Delete => KeyCode::Delete,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        Code::F(number) => KeyCode::F(number),
        _ => return None,
    };
    Some(Key { code, ctrl, alt })
}

/// The only character of some; `ß` stays as it is, since its capital is two letters.
fn one(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next()?;
    characters.next().is_none().then_some(first)
}

fn mouse_of(event: MouseEvent) -> Option<Mouse> {
    let action = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseAction::Press,
        MouseEventKind::ScrollUp => MouseAction::ScrollUp,
        MouseEventKind::ScrollDown => MouseAction::ScrollDown,
        _ => return None,
    };
    Some(Mouse { action, x: event.column, y: event.row })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: Code, modifiers: KeyModifiers) -> Option<String> {
        key_of(KeyEvent::new(code, modifiers)).map(|key| key.to_string())
    }

    #[test]
    fn keys_are_what_the_table_of_commands_writes() {
        let (none, shift, ctrl, alt) =
            (KeyModifiers::NONE, KeyModifiers::SHIFT, KeyModifiers::CONTROL, KeyModifiers::ALT);
        let cases = [
            (Code::Char('a'), none, "a"),
            (Code::Char('A'), shift, "A"),
            (Code::Char('a'), shift, "A"),
            (Code::Char('?'), shift, "?"),
            (Code::Char('ß'), shift, "ß"),
            (Code::Char('R'), ctrl | shift, "ctrl-r"),
            (Code::Char('x'), alt, "alt-x"),
            (Code::Char('h'), ctrl, "backspace"),
            (Code::Char('j'), ctrl, "enter"),
            (Code::Char(' '), none, "space"),
            (Code::BackTab, shift, "shift-tab"),
            (Code::Tab, shift, "shift-tab"),
            (Code::Down, shift, "down"),
            (Code::F(1), none, "f1"),
        ];
        for (code, modifiers, written) in cases {
            assert_eq!(key(code, modifiers).as_deref(), Some(written), "{code:?} {modifiers:?}");
        }
        assert_eq!(key(Code::Char('a'), KeyModifiers::SUPER), None);
        assert_eq!(key(Code::Char('\u{1b}'), none), None);
        assert_eq!(key(Code::CapsLock, none), None);
    }

    #[test]
    fn a_key_that_goes_up_says_nothing() {
        let mut event = KeyEvent::new(Code::Char('a'), KeyModifiers::NONE);
        event.kind = KeyEventKind::Repeat;
        assert!(key_of(event).is_some());
        event.kind = KeyEventKind::Release;
        assert!(key_of(event).is_none());
    }

    #[test]
    fn only_the_left_button_and_the_wheel_say_something() {
        let event = |kind| MouseEvent { kind, column: 3, row: 4, modifiers: KeyModifiers::NONE };
        let press = mouse_of(event(MouseEventKind::Down(MouseButton::Left)));
        assert_eq!(press, Some(Mouse { action: MouseAction::Press, x: 3, y: 4 }));
        assert_eq!(mouse_of(event(MouseEventKind::Moved)), None);
        assert_eq!(mouse_of(event(MouseEventKind::Up(MouseButton::Left))), None);
    }
}
