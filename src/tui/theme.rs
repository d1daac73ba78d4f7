//! How a meaning looks: the 16 colours of the terminal on its own background, or no colour at all.
//!
//! Must not know what is on the screen. No background is ever set, so that light and dark terminals both work; what is
//! under the cursor is shown in reverse video. Every meaning that matters differs by an attribute too, never by colour
//! alone.

use crate::workbench::view::Role;
use ratatui::style::{Color, Modifier, Style};

/// How meanings look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// With the terminal's colours, or with bold, dim, underlined and reversed text only.
    pub colour: bool,
}

impl Theme {
    /// The look of a meaning.
    pub fn style(self, role: Role) -> Style {
        let (colour, mut modifier) = look(role);
        if self.colour && role == Role::Bad {
            // A whole sentence underlined is hard to read; red and bold, and the words themselves, are enough.
            modifier.remove(Modifier::UNDERLINED);
        }
        let style = Style::new().add_modifier(modifier);
        match colour {
            Some(colour) if self.colour => style.fg(colour),
            _ => style,
        }
    }
}

fn look(role: Role) -> (Option<Color>, Modifier) {
    match role {
        Role::Plain | Role::Sync => (None, Modifier::empty()),
        Role::Strong => (None, Modifier::BOLD),
        Role::Dim | Role::Border | Role::Soft => (None, Modifier::DIM),
        Role::Accent | Role::FocusBorder => (Some(Color::Cyan), Modifier::BOLD),
        Role::Good => (Some(Color::Green), Modifier::empty()),
        Role::Warn => (Some(Color::Yellow), Modifier::BOLD),
        Role::Bad => (Some(Color::Red), Modifier::BOLD.union(Modifier::UNDERLINED)),
        Role::Key => (Some(Color::Magenta), Modifier::BOLD),
        Role::Selected => (None, Modifier::REVERSED),
        Role::Cell => (Some(Color::Cyan), Modifier::REVERSED.union(Modifier::BOLD).union(Modifier::UNDERLINED)),
        Role::Input => (None, Modifier::BOLD.union(Modifier::UNDERLINED)),
        // Not blue: on a dark background many terminals show it hardly at all.
        Role::Async => (Some(Color::Magenta), Modifier::empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 16] = [
        Role::Plain,
        Role::Strong,
        Role::Dim,
        Role::Accent,
        Role::Good,
        Role::Warn,
        Role::Bad,
        Role::Key,
        Role::Selected,
        Role::Cell,
        Role::Input,
        Role::Border,
        Role::FocusBorder,
        Role::Sync,
        Role::Async,
        Role::Soft,
    ];

    #[test]
    fn no_meaning_sets_a_background_and_without_colour_none_sets_a_colour() {
        for role in ROLES {
            let (colour, plain) = (Theme { colour: true }.style(role), Theme { colour: false }.style(role));
            assert_eq!(colour.bg, None, "{role:?}");
            assert_eq!((plain.fg, plain.bg), (None, None), "{role:?}");
            assert!(plain.add_modifier.contains(colour.add_modifier), "{role:?}");
        }
    }

    #[test]
    fn the_cursor_and_what_is_broken_are_seen_without_colour() {
        let modifier = |role| Theme { colour: false }.style(role).add_modifier;
        assert!(modifier(Role::Selected).contains(Modifier::REVERSED));
        assert!(modifier(Role::Cell).contains(Modifier::REVERSED));
        assert_ne!(modifier(Role::Selected), modifier(Role::Cell));
        assert_ne!(modifier(Role::Input), modifier(Role::Plain));
        assert_ne!(modifier(Role::Bad), modifier(Role::Plain));
    }
}
