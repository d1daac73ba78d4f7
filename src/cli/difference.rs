//! `diff`: what one version of a review says otherwise than another, and what follows from that.

use super::arguments::{Diff, DiffFormat};
use super::custom::Customs;
use super::exit::{Exit, Failure};
use super::files;
use super::load::{Judged, Loaded, evidence_path, load_one_of, recorded, today};
use super::output::Output;
use crate::analysis::Settings;
use crate::analysis::difference::{Side, difference};
use crate::document::files::{RevisionError, RevisionPath, committed, revision};
use crate::model::{Evidence, Gravity};
use crate::report::{Compared, Custom, Origin, difference_json, difference_markdown, difference_text};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// One of the two versions.
#[derive(Debug)]
enum Version {
    /// A file, or stdin.
    File(PathBuf),
    /// A file in a revision.
    Revision(RevisionPath),
    /// A file as it was committed last.
    Committed(PathBuf),
}

impl Version {
    /// What an argument names. A file that is there goes before a revision of the same spelling.
    fn of(argument: &OsStr) -> Self {
        let path = PathBuf::from(argument);
        if path.symlink_metadata().is_ok() {
            return Self::File(path);
        }
        argument.to_str().and_then(RevisionPath::parse).map_or(Self::File(path), Self::Revision)
    }

    fn is_stdin(&self) -> bool {
        matches!(self, Self::File(path) if path == Path::new("-"))
    }

    /// The name for people.
    fn name(&self) -> String {
        match self {
            Self::File(_) if self.is_stdin() => "<stdin>".to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::Revision(RevisionPath { revision, path }) => format!("{revision}:{path}"),
            Self::Committed(path) => format!("HEAD:{}", path.display()),
        }
    }
}

pub(super) fn diff(diff: &Diff, output: &Output) -> Result<Exit, Failure> {
    let first = Version::of(&diff.before);
    let (before, after) = match (&diff.after, first) {
        (Some(after), before) => (before, Version::of(after)),
        (None, Version::File(path)) if path == Path::new("-") => {
            return Err(Failure::unusable("stdin has no last commit to compare with")
                .hint("give both: `kneepoint diff HEAD:FILE -`"));
        }
        (None, Version::File(path)) => (Version::Committed(path.clone()), Version::File(path)),
        (None, revision) => {
            return Err(Failure::unusable(format!("`{}` alone is nothing to compare", revision.name()))
                .hint("give the file too: `kneepoint diff REV:FILE FILE`"));
        }
    };
    if before.is_stdin() && after.is_stdin() {
        return Err(
            Failure::unusable("stdin can be read only once").hint("give a file or a revision for one of the two")
        );
    }
    // Both are judged by the method of today, so that the reviews are all that differs.
    let mut customs = Customs::default();
    let custom = [&after, &before].into_iter().find_map(|version| match version {
        Version::File(path) => Some(customs.of(path, output)),
        _ => None,
    });
    let custom = custom.unwrap_or_else(|| customs.of(Path::new("-"), output));
    let old = read(&before, &custom, &mut customs, output)?;
    let new = read(&after, &custom, &mut customs, output)?;
    // All findings, not the first of each rule: what is left out of a list would look new, or fixed.
    let settings = Settings { most: usize::MAX, overview: false, ..Settings::new(diff.as_of.unwrap_or_else(today)) };
    output.detail(&format!("dates are judged as of {}", settings.today));
    let (old, new) = (old.judge(&settings), new.judge(&settings));
    // What was wrong in the past cannot be mended: it is said where it hides something, and no reason to fail.
    if old.exit() != Exit::Fine {
        old.say_problems(output);
    }
    let exit = new.say_problems(output);
    let errors =
        |judged: &Judged| judged.subject().problems.iter().filter(|problem| problem.gravity == Gravity::Error).count();
    let (a, b) = (old.subject(), new.subject());
    let found = difference(
        Side { text: a.text, review: a.review, source: a.source, analysis: a.analysis },
        Side { text: b.text, review: b.review, source: b.source, analysis: b.analysis },
    );
    let compared = Compared {
        before: Origin { name: old.file(), errors: errors(&old) },
        after: Origin { name: new.file(), errors: errors(&new) },
        difference: &found,
    };
    output.result(&match diff.format {
        DiffFormat::Text => difference_text(&compared, output.style),
        DiffFormat::Json => difference_json(&compared),
        DiffFormat::Markdown => difference_markdown(&compared),
    })?;
    Ok(exit)
}

fn read(version: &Version, custom: &Arc<Custom>, customs: &mut Customs, output: &Output) -> Result<Loaded, Failure> {
    let stop = AtomicBool::new(false);
    let (name, bytes, evidence) = match version {
        Version::File(path) => {
            return Ok(load_one_of(path, customs, output)?.judged_by(custom));
        }
        Version::Committed(path) => {
            if !path.exists() {
                // The nearest name is told as everywhere.
                files::read(path)?;
            }
            let bytes = committed(path, &stop).map_err(|error| failure(&error))?;
            (version.name(), bytes, committed(&evidence_path(path), &stop))
        }
        Version::Revision(wanted) => {
            let here = &std::env::current_dir()
                .map_err(|error| Failure::unusable(format!("this folder cannot be read: {error}")))?;
            let bytes = revision(here, wanted, &stop).map_err(|error| failure(&error))?;
            let evidence = evidence_path(Path::new(&wanted.path)).to_string_lossy().into_owned();
            let evidence = RevisionPath { path: evidence, revision: wanted.revision.clone() };
            (version.name(), bytes, revision(here, &evidence, &stop))
        }
    };
    let loaded = Loaded::of(name, &bytes, custom);
    let evidence = match evidence {
        Ok(bytes) => recorded(&format!("the evidence of {}", loaded.file), &bytes, &loaded.review, output),
        Err(_) => Evidence::default(),
    };
    Ok(loaded.with(evidence))
}

fn failure(error: &RevisionError) -> Failure {
    Failure::unusable(error.to_string()).maybe(error.hint().map(str::to_owned))
}
