//! `check --fix` and `check --diff`: fixes made in the file, and what they change.

use super::arguments::Check;
use super::exit::{Exit, Failure};
use super::load::Loaded;
use super::output::Output;
use crate::analysis::{Mended, Settings, mend};
use crate::document::files::ReviewFile;
use crate::document::{Document, encode, unified_diff};
use crate::report;
use std::path::Path;

/// More fixes than this are counted.
const MOST_SAID: usize = 50;

/// Makes the fixes of a review, and says what was made; gives what is left to be judged, and the code of its own.
pub(super) fn fix(
    check: &Check,
    path: &Path,
    loaded: Loaded,
    settings: &Settings,
    output: &Output,
) -> Result<(Loaded, Exit), Failure> {
    if loaded.is_broken() {
        output.note(&format!("{}: nothing is fixed where the file has errors; mend them first", loaded.file));
        if path == Path::new("-") && !check.diff {
            output.bytes(&loaded.bytes())?;
        }
        return Ok((loaded, Exit::Unusable));
    }
    let mut document = Document::new(loaded.text().to_owned());
    let mended = mend(&mut document, loaded.evidence(), &loaded.settings(settings), check.suggested);
    let name = report::line(&report::relative(&loaded.file, ""));
    let diff = unified_diff(&name, loaded.text(), document.text());
    let diff = shown(&diff, output.style);
    let stdin = path == Path::new("-");
    if check.diff {
        output.result(&diff)?;
        say(&mended, &loaded.file, "would fix", output);
        let exit = if diff.is_empty() { Exit::Fine } else { Exit::Findings };
        return Ok((loaded, exit));
    }
    if stdin {
        output.bytes(&encode(document.text(), loaded.encoding()))?;
        output.aside(&diff);
    } else {
        if document.text() != loaded.text() {
            save(path, loaded.text(), document.text())?;
        }
        if check.result_is_readable() {
            output.result(&diff)?;
        } else {
            output.aside(&diff);
        }
    }
    say(&mended, &loaded.file, "fixed", output);
    Ok((loaded.with_text(document.text()), Exit::Fine))
}

/// Writes as the workbench does: whole or not at all, and not over what somebody else wrote meanwhile.
fn save(path: &Path, before: &str, after: &str) -> Result<(), Failure> {
    let mut opened = ReviewFile::open(path).map_err(|error| Failure::unusable(error.to_string()))?;
    if opened.text != before {
        return Err(Failure::unusable(format!(
            "`{}` was changed while it was judged; it was not written",
            path.display()
        )));
    }
    match opened.file.save(after) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::unusable(format!("cannot write `{}`: {error}", path.display()))),
    }
}

fn say(mended: &Mended, file: &str, verb: &str, output: &Output) {
    let count = mended.made.len();
    for made in mended.made.iter().take(MOST_SAID) {
        output.note(&format!("{verb} {}: {}", made.id, made.title));
    }
    for (made, why) in mended.refused.iter().take(MOST_SAID) {
        output.note(&format!("not fixed: {}: {}: {why}", made.id, made.title));
    }
    if mended.unsettled {
        output.note(&format!("{file}: fixes made others necessary again and again; run it once more to go on"));
    }
    let findings = if count == 1 { "finding" } else { "findings" };
    output.note(&format!("{file}: {verb} {count} {findings}"));
}

/// A diff for people: nothing of the file reaches a terminal as a command, and lines have their colour.
fn shown(diff: &str, style: report::Style) -> String {
    let mut out = String::with_capacity(diff.len());
    for line in diff.lines() {
        let line = report::block(line.trim_end_matches('\r'));
        out.push_str(&match line.as_bytes().first() {
            _ if line.starts_with("--- ") || line.starts_with("+++ ") => style.bold(&line),
            Some(b'+') => style.green(&line),
            Some(b'-') => style.red(&line),
            Some(b'@') => style.cyan(&line),
            _ => line,
        });
        out.push('\n');
    }
    out
}
