//! Writing to stdout and stderr: colour where it is wanted, silence where nobody listens any more.

use super::arguments::{Color, Global};
use super::exit::{Exit, Failure};
use crate::document::{SourceMap, render_problem};
use crate::model::{Gravity, Problem};
use crate::report::{Style, line};
use std::fmt::Write as _;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::PathBuf;

/// More problems of one file than this are counted.
const MOST_PROBLEMS: usize = 50;

/// Where a command writes.
#[derive(Debug)]
pub(super) struct Output {
    /// The style of results.
    pub(super) style: Style,
    errors: Style,
    quiet: bool,
    verbose: bool,
    /// The configuration that was named for every command.
    pub(super) config: Option<PathBuf>,
}

impl Output {
    pub(super) fn new(global: &Global) -> Self {
        Self {
            style: Style { colour: colour(global.color, std::io::stdout().is_terminal()) },
            errors: Style { colour: colour(global.color, std::io::stderr().is_terminal()) },
            quiet: global.quiet,
            verbose: global.verbose,
            config: global.config.clone(),
        }
    }

    /// Writes a result. A reader that went away is no failure; anything else that prevents it is.
    pub(super) fn result(&self, text: &str) -> Result<Exit, Failure> {
        self.bytes(text.as_bytes())
    }

    /// Writes a result that need not be text.
    #[expect(clippy::unused_self, reason = "whoever writes has an output, whatever it is made of")]
    pub(super) fn bytes(&self, bytes: &[u8]) -> Result<Exit, Failure> {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::unusable(format!("cannot write the result: {error}")))
            }
            _ => Ok(Exit::Fine),
        }
    }

    /// Says something that is neither a result nor a failure.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            stderr(&format!("{}\n", line(text)));
        }
    }

    /// Says a text of several lines beside the result, where stdout is for something else.
    #[expect(clippy::unused_self, reason = "whoever writes has an output, whatever it is made of")]
    pub(super) fn aside(&self, text: &str) {
        stderr(text);
    }

    /// Says something that only the curious want to know.
    pub(super) fn detail(&self, text: &str) {
        if self.verbose && !self.quiet {
            stderr(&format!("{}\n", self.errors.dim(&line(text))));
        }
    }

    /// Whether the curious are listening.
    pub(super) fn verbose(&self) -> bool {
        self.verbose
    }

    pub(super) fn failure(&self, failure: &Failure) {
        let mut text = format!("{}: {}\n", self.errors.red("error"), line(&failure.message));
        for hint in &failure.hints {
            let _ = writeln!(text, "  {}: {}", self.errors.cyan("help"), line(hint));
        }
        stderr(&text);
    }

    /// Says what is wrong in a file, on stderr.
    pub(super) fn problems(&self, file: &str, text: &str, source: &SourceMap, problems: &[Problem]) {
        let shown = problems.iter().filter(|problem| problem.gravity == Gravity::Error || !self.quiet);
        for (count, problem) in shown.enumerate() {
            if count == MOST_PROBLEMS {
                stderr(&format!("{}: {} problems in all\n", line(file), problems.len()));
                return;
            }
            stderr(&format!("{}\n\n", render_problem(file, text, source, problem, self.errors.colour)));
        }
    }
}

fn stderr(text: &str) {
    // Nothing can be said where nobody hears it.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// `--color` first, then `NO_COLOR`, then `CLICOLOR_FORCE`, then whether a terminal is there.
fn colour(color: Color, terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto if std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0") => {
            true
        }
        Color::Auto => terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
    }
}
