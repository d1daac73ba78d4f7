//! The file of a baseline: read before the reviews are judged, rewritten only when that is asked for.

use super::exit::Failure;
use super::files;
use super::load::Judged;
use super::output::Output;
use crate::report;
use crate::rules::{Baseline, Ratchet};
use std::path::{Path, PathBuf};

/// More wrong lines than this are counted.
const MOST_ERRORS: usize = 10;

/// A baseline and where it was read.
pub(super) struct BaselineFile {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) baseline: Baseline,
    text: String,
}

impl BaselineFile {
    /// Reads it. A file that is not there is an error, unless it is about to be written.
    pub(super) fn read(path: &Path, write: bool, folder: &str) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Err(Failure::unusable("a baseline is a file; stdin is for a review"));
        }
        let name = report::relative(&path.display().to_string(), folder);
        if write && path.symlink_metadata().is_err() {
            return Ok(Self { path: path.to_path_buf(), name, baseline: Baseline::default(), text: String::new() });
        }
        let bytes = files::read(path)
            .map_err(|failure| failure.hint(format!("`--write-baseline` with `--baseline {name}` writes one")))?;
        let text =
            String::from_utf8(bytes).map_err(|_| Failure::unusable(format!("the baseline `{name}` is not UTF-8")))?;
        let baseline = Baseline::parse(&text).map_err(|errors| {
            let said = errors.iter().take(MOST_ERRORS).map(|error| format!("line {}: {}", error.line, error.message));
            let mut failure = Failure::unusable(format!("the baseline `{name}` cannot be used"));
            failure.hints.extend(said);
            if errors.len() > MOST_ERRORS {
                failure.hints.push(format!("{} wrong lines in all", errors.len()));
            }
            failure
        })?;
        Ok(Self { path: path.to_path_buf(), name, baseline, text })
    }

    /// Writes what the reviews have now; lines of reviews and rules that were not judged stay.
    pub(super) fn write(&mut self, judged: &[Judged], folder: &str, output: &Output) -> Result<(), Failure> {
        let names: Vec<String> = judged.iter().map(|judged| report::relative(judged.file(), folder)).collect();
        let reviews: Vec<(&str, &Ratchet)> =
            names.iter().map(String::as_str).zip(judged.iter().map(|judged| &judged.analysis.ratchet)).collect();
        let text = self.baseline.rewritten(&reviews);
        let before = self.baseline.count();
        let gone = self.baseline.stale(&reviews).len();
        let written = Baseline::parse(&text)
            .map_err(|_| Failure::unusable(format!("`{}` would not be read again; it was not written", self.name)))?;
        if text == self.text {
            output.note(&format!("{} is up to date", self.name));
        } else {
            files::replace(&self.path, &text)?;
            let new = (written.count() + gone).saturating_sub(before);
            output.note(&format!(
                "wrote {}: {} findings, {new} of them new; {gone} lines taken out",
                self.name,
                written.count()
            ));
        }
        (self.baseline, self.text) = (written, text);
        Ok(())
    }
}
