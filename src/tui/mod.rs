//! The terminal: drawing, the event loop, effects. (In progress.)

use jiff::civil::Date;
use std::fmt;
use std::path::PathBuf;

/// What the workbench is opened on.
#[derive(Debug, Clone)]
pub struct Options {
    /// The review to open.
    pub path: Option<PathBuf>,
    /// The reviews to choose from, where none is given.
    pub choices: Vec<PathBuf>,
    /// The templates to begin with, where there is no review: name and text.
    pub templates: Vec<(String, String)>,
    /// The day for which dates are judged.
    pub today: Date,
    /// Where recovery files go.
    pub state_dir: Option<PathBuf>,
}

/// Why the workbench could not be shown.
#[derive(Debug)]
pub struct TuiError(String);

impl fmt::Display for TuiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TuiError {}

/// Shows the workbench until the user leaves it.
///
/// # Errors
/// Where the terminal cannot be used.
pub fn run(_options: Options) -> Result<(), TuiError> {
    Err(TuiError("the workbench is not part of this build yet".to_owned()))
}
