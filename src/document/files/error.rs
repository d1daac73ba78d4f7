//! Why a file could not be read or written, as a sentence with a way on.

use super::review_file::Theirs;
use crate::model::visible;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// Why a file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is a directory, a device or a pipe.
    #[error("{} is not a file", shown(.0))]
    NotAFile(PathBuf),
    /// It is too large to be a review.
    #[error("{} has {bytes} bytes; a review has at most {limit}", shown(path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The largest size that is read.
        limit: u64,
    },
    /// The system says why.
    #[error("{} cannot be read: {reason}", shown(path))]
    Other {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: Error,
    },
}

/// Why a file was not saved. What was on disk is still there, whole.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Another program wrote the file since it was read. Nothing was written; merge, then save again.
    #[error("the file was changed by another program since it was read; nothing was overwritten")]
    ChangedOnDisk {
        /// What is there now.
        theirs: Box<Theirs>,
    },
    /// The file may not be written.
    #[error("{} is read-only; allow writing (chmod u+w)", shown(.0))]
    ReadOnlyFile(PathBuf),
    /// No file may be made beside it.
    #[error("the folder {} is read-only; allow writing there", shown(.0))]
    ReadOnlyFolder(PathBuf),
    /// The folder is not there.
    #[error("the folder {} does not exist; make it", shown(.0))]
    NoFolder(PathBuf),
    /// There is no space left, or the quota is used up.
    #[error("the disk that holds {} is full; free some space and save again", shown(.0))]
    DiskFull(PathBuf),
    /// It is a directory, a device or a pipe.
    #[error("{} is not a file", shown(.0))]
    NotAFile(PathBuf),
    /// The system says why.
    #[error("{} could not be saved: {reason}", shown(path))]
    Other {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: Error,
    },
}

impl SaveError {
    /// From what the system said while something was written for a file in a folder.
    pub(super) fn of(reason: Error, target: &Path, folder: &Path) -> Self {
        match reason.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull(target.to_owned()),
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::NoFolder(folder.to_owned()),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::ReadOnlyFolder(folder.to_owned()),
            ErrorKind::IsADirectory => Self::NotAFile(target.to_owned()),
            _ => Self::Other { path: target.to_owned(), reason },
        }
    }
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}
