//! Notices that a file was written by another program. The only file that knows `notify`.

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};

/// Calls back when a file may have changed, until it is dropped.
///
/// The call comes from another thread, possibly several times for one change and also for one's own save: whoever is
/// called compares the bytes ([`super::ReviewFile::theirs`]).
#[derive(Debug)]
pub struct FileWatch {
    _watcher: RecommendedWatcher,
}

impl FileWatch {
    /// Watches the folder of a file, since editors replace files by renaming others over them; of a link, also the
    /// folder of what it leads to.
    ///
    /// # Errors
    /// Where the folder cannot be watched, as a sentence. The review works without: saving compares anyway.
    pub fn start(path: &Path, changed: impl Fn() + Send + 'static) -> Result<Self, String> {
        let failed = |error: &dyn std::fmt::Display| format!("the file is not watched for changes: {error}");
        let path = std::path::absolute(path).map_err(|error| failed(&error))?;
        let mut targets: Vec<PathBuf> = vec![path.clone()];
        targets.extend(std::fs::canonicalize(&path).ok().filter(|target| *target != path));
        let names: Vec<_> = targets.iter().filter_map(|target| target.file_name().map(ToOwned::to_owned)).collect();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let about_it = event.is_ok_and(|event| {
                !matches!(event.kind, EventKind::Access(_))
                    && event.paths.iter().any(|path| names.iter().any(|name| path.file_name() == Some(name)))
            });
            if about_it {
                changed();
            }
        })
        .map_err(|error| failed(&error))?;
        let mut folders: Vec<&Path> = targets.iter().filter_map(|target| target.parent()).collect();
        folders.dedup();
        for folder in folders {
            watcher.watch(folder, RecursiveMode::NonRecursive).map_err(|error| failed(&error))?;
        }
        Ok(Self { _watcher: watcher })
    }
}
