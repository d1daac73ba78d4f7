//! Exit codes, and what is said when a command cannot do its work.

use std::process::ExitCode;

/// The exit codes: a contract with scripts. 130 is left to the shell, which gives it to a program that was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done, and nothing stands against it.
    Fine,
    /// Findings at or above the gate, or a document that differs.
    Findings,
    /// Wrong usage; input that cannot be read or has errors.
    Unusable,
    /// A rule could not tell, and the gate asked.
    Undecided,
    /// The workbench ended, with the code its end has: 0, 128 and the number of a signal, 101 after a defect.
    Ended(u8),
    /// The metrics source failed.
    SourceFailed,
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Findings => 1,
            Self::Unusable => 2,
            Self::Undecided => 3,
            Self::Ended(code) => code,
            Self::SourceFailed => 4,
        }
    }

    /// The more telling of two, for commands over several files: unusable input before findings before doubt.
    pub(super) fn or_worse(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Self::Fine => 0,
            Self::Undecided => 1,
            Self::Findings => 2,
            Self::Unusable => 3,
            Self::Ended(_) | Self::SourceFailed => 4,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command stopped, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: Exit,
    /// One sentence without a full stop; may quote names of files.
    pub(super) message: String,
    /// What to do, each a clause.
    pub(super) hints: Vec<String>,
}

impl Failure {
    /// Wrong usage or unusable input.
    pub(super) fn unusable(message: impl Into<String>) -> Self {
        Self { code: Exit::Unusable, message: message.into(), hints: Vec::new() }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub(super) fn maybe(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }
}
