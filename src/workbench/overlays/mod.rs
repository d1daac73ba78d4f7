//! What lies over a place for a moment: editing a cell, adding, finding, choosing, reading.
//!
//! An overlay keeps its own state and says what it wants; the workbench does it.

mod add;
mod cell;
mod finder;
mod fix;
mod menu;
mod reader;
mod suggestions;

pub use add::{AddField, AddForm, Adding};
pub use cell::CellEdit;
pub use finder::{Find, Finder, Found};
pub use fix::{FixPreview, Offered, Tried};
pub use menu::{Choice, Menu, Prompt, Purpose, Wish};
pub use reader::Reader;
pub use suggestions::suggestions;

use super::key::Key;
use super::view::{Area, Pane};
use crate::model::EntityRef;

/// Something over a place.
#[derive(Debug)]
pub enum Overlay {
    /// A cell is being edited.
    Cell(CellEdit),
    /// An entity or item is being added.
    Add(AddForm),
    /// Something is being looked for.
    Find(Finder),
    /// One of some choices.
    Menu(Menu),
    /// A line of text is asked for.
    Prompt(Prompt),
    /// A text is being read.
    Read(Reader),
    /// Edits that mend a finding are being looked at.
    Fix(FixPreview),
}

/// What became of a key.
#[derive(Debug)]
pub enum Outcome {
    /// The overlay goes on.
    Stay,
    /// The overlay is closed; nothing happens.
    Close,
    /// The overlay asks for something; the workbench closes it if that succeeds.
    Wish(Wish),
}

impl Overlay {
    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Outcome {
        match self {
            Self::Cell(cell) => cell.key(key),
            Self::Add(form) => form.key(key),
            Self::Find(finder) => finder.key(key),
            Self::Menu(menu) => menu.key(key),
            Self::Prompt(prompt) => prompt.key(key),
            Self::Read(reader) => reader.key(key),
            Self::Fix(preview) => preview.key(key),
        }
    }

    /// The entity it is about, where it is about one by its position.
    pub fn entity(&self) -> Option<EntityRef> {
        match self {
            Self::Cell(cell) => Some(cell.entity),
            Self::Add(form) => match &form.adding {
                Adding::Item(entity, ..) | Adding::Values(entity) => Some(*entity),
                Adding::Entity(_) => None,
            },
            Self::Prompt(prompt) => prompt.entity(),
            Self::Find(_) | Self::Menu(_) | Self::Read(_) | Self::Fix(_) => None,
        }
    }

    /// The entity stands at another position now.
    pub fn set_entity(&mut self, to: EntityRef) {
        match self {
            Self::Cell(cell) => cell.entity = to,
            Self::Add(AddForm { adding: Adding::Item(entity, ..) | Adding::Values(entity), .. }) => *entity = to,
            Self::Prompt(prompt) => prompt.set_entity(to),
            Self::Add(_) | Self::Find(_) | Self::Menu(_) | Self::Read(_) | Self::Fix(_) => {}
        }
    }

    /// What was typed into it, where it differs from what stood there; empty otherwise.
    pub fn typed(&self) -> String {
        match self {
            Self::Cell(cell) => cell.typed_text(),
            Self::Add(form) => form.typed_text(),
            Self::Prompt(prompt) => prompt.typed_text(),
            Self::Find(_) | Self::Menu(_) | Self::Read(_) | Self::Fix(_) => String::new(),
        }
    }

    /// Whether it asks for the same thing as another, from the same start.
    pub fn asks_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cell(one), Self::Cell(other)) => one.asks_same(other),
            (Self::Add(one), Self::Add(other)) => one.asks_same(other),
            (Self::Prompt(one), Self::Prompt(other)) => one.asks_same(other),
            _ => false,
        }
    }

    /// The keys it takes, each with a word.
    pub fn keys(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Cell(_) => &[
                ("enter", "take it"),
                ("esc", "leave it"),
                ("↑↓", "choose"),
                ("ctrl-u", "empty it"),
                ("ctrl-w", "last word away"),
            ],
            Self::Add(_) => {
                &[("enter", "next, the last one adds"), ("esc", "leave it"), ("shift-tab", "back"), ("↑↓", "choose")]
            }
            Self::Find(_) => &[("enter", "go"), ("↑↓", "choose"), ("esc", "close"), ("type", "to narrow")],
            Self::Menu(menu) if menu.confirms() => &[("↑↓", "choose"), ("enter", "do it"), ("esc", "later")],
            Self::Menu(_) => &[("a letter", "or"), ("↑↓ enter", "choose"), ("esc", "close")],
            Self::Prompt(_) => &[("enter", "take it"), ("esc", "leave it"), ("ctrl-u", "empty it")],
            Self::Read(_) => &[("↑↓ space", "scroll"), ("esc", "close")],
            Self::Fix(_) => &[("enter", "apply it"), ("esc", "leave it"), ("↑↓", "another edit"), ("pgdn", "scroll")],
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        match self {
            Self::Cell(cell) => cell.paste(text),
            Self::Add(form) => form.paste(text),
            Self::Find(finder) => finder.paste(text),
            Self::Prompt(prompt) => prompt.input.paste(text),
            Self::Menu(_) | Self::Read(_) | Self::Fix(_) => {}
        }
    }

    /// Says that what was asked for failed: shown in the overlay, nothing typed is lost.
    pub fn refuse(&mut self, why: String) {
        match self {
            Self::Cell(cell) => cell.error = Some(why),
            Self::Add(form) => form.error = Some(why),
            Self::Prompt(prompt) => prompt.error = Some(why),
            Self::Fix(preview) => preview.error = Some(why),
            Self::Find(_) | Self::Menu(_) | Self::Read(_) => {}
        }
    }

    /// Its pane on a screen, and where the cursor blinks.
    pub fn pane(&mut self, screen: Area, anchor: Area) -> (Pane, Option<(u16, u16)>) {
        match self {
            Self::Cell(cell) => cell.pane(screen, anchor),
            Self::Add(form) => form.pane(screen),
            Self::Find(finder) => finder.pane(screen),
            Self::Menu(menu) => (menu.pane(screen), None),
            Self::Prompt(prompt) => prompt.pane(screen),
            Self::Read(reader) => (reader.pane(screen), None),
            Self::Fix(preview) => (preview.pane(screen), None),
        }
    }
}

/// A box of a wanted size in the middle of the screen, cut to it.
fn middle(screen: Area, width: u16, height: u16) -> Area {
    let width = width.min(screen.width);
    let height = height.min(screen.height);
    Area::new(screen.x + (screen.width - width) / 2, screen.y + (screen.height - height) / 2, width, height)
}
