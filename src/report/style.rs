//! Colour for texts that go to a terminal; colour never carries meaning alone.

/// Whether a text has colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// With escape sequences for colour.
    pub colour: bool,
}

impl Style {
    pub(super) fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// What stands out.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// What stands back.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// What is wrong.
    pub fn red(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// What is odd.
    pub fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// What is fine.
    pub fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// What helps.
    pub fn cyan(self, text: &str) -> String {
        self.paint("36", text)
    }

    /// A word of a severity or gravity in its colour.
    pub fn severity(self, word: &str) -> String {
        self.paint_severity(word, word)
    }

    /// A text in the colour of a severity or gravity.
    pub fn paint_severity(self, word: &str, text: &str) -> String {
        match word {
            "high" | "error" => self.red(text),
            "medium" | "warning" => self.yellow(text),
            "low" => self.cyan(text),
            _ => self.dim(text),
        }
    }
}
