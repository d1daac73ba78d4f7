//! One file: read, compared with what is on disk, replaced whole.

use super::error::{OpenError, SaveError};
use crate::document::encoding::{Encoding, decode, encode};
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Larger files are not reviews.
const LARGEST: u64 = 64 * 1024 * 1024;

/// A review's place on disk and what was last seen there.
#[derive(Debug, Clone)]
pub struct ReviewFile {
    path: PathBuf,
    encoding: Encoding,
    /// What was last read or written; nothing for a file that was not there.
    seen: Option<Vec<u8>>,
}

/// A file that was opened.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The file, to save to.
    pub file: ReviewFile,
    /// Its text; empty for a file that is not there yet.
    pub text: String,
    /// Whether there is no such file yet: it is made by the first save.
    pub new: bool,
}

/// What another program wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theirs {
    /// The text.
    pub text: String,
    bytes: Vec<u8>,
    encoding: Encoding,
}

/// What a save did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveOutcome {
    /// The file was written.
    Written,
    /// The file said the same already; it was not touched.
    Unchanged,
    /// The file had been removed by another program and was written anew.
    Restored,
}

impl ReviewFile {
    /// Reads a file. A file that is not there is a new one, not an error.
    ///
    /// # Errors
    /// Where it is no file, too large, or cannot be read.
    pub fn open(path: &Path) -> Result<Opened, OpenError> {
        let failed = |reason| OpenError::Other { path: path.to_owned(), reason };
        let seen = match std::fs::metadata(path) {
            Err(reason) if reason.kind() == ErrorKind::NotFound => None,
            Err(reason) => return Err(failed(reason)),
            Ok(data) if !data.is_file() => return Err(OpenError::NotAFile(path.to_owned())),
            Ok(data) if data.len() > LARGEST => {
                return Err(OpenError::TooLarge { path: path.to_owned(), bytes: data.len(), limit: LARGEST });
            }
            Ok(_) => Some(read(path).map_err(failed)?),
        };
        let (text, encoding) = decode(seen.as_deref().unwrap_or_default());
        let new = seen.is_none();
        Ok(Opened { file: Self { path: path.to_owned(), encoding, seen }, text, new })
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another place for the same review ("save as"). What is there already is seen as changed by another program.
    #[must_use]
    pub fn elsewhere(&self, path: &Path) -> Self {
        Self { path: path.to_owned(), encoding: self.encoding, seen: None }
    }

    /// What another program has written since, if it has. A file that was removed is no change: saving restores it.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn theirs(&self) -> Result<Option<Theirs>, OpenError> {
        let opened = Self::open(&self.path)?;
        let changed = opened.file.seen.filter(|bytes| self.seen.as_ref() != Some(bytes));
        Ok(changed.map(|bytes| Theirs { text: opened.text, bytes, encoding: opened.file.encoding }))
    }

    /// Says that the text of another program has been taken into the document: the next save is compared with it.
    pub fn accept(&mut self, theirs: &Theirs) {
        self.encoding = theirs.encoding;
        self.seen = Some(theirs.bytes.clone());
    }

    /// Writes a text: whole, or not at all. Links, permissions and owner stay.
    ///
    /// # Errors
    /// Where another program has changed the file, or it cannot be written. What is on disk is untouched then.
    pub fn save(&mut self, text: &str) -> Result<SaveOutcome, SaveError> {
        let bytes = encode(text, self.encoding);
        let target = resolve(&self.path).map_err(|reason| SaveError::Other { path: self.path.clone(), reason })?;
        let folder = folder_of(&target);
        let present = match std::fs::metadata(&target) {
            Err(reason) if reason.kind() == ErrorKind::NotFound => None,
            Err(reason) => return Err(SaveError::of(reason, &target, &folder)),
            Ok(data) if !data.is_file() => return Err(SaveError::NotAFile(target)),
            Ok(data) => Some(data),
        };
        if present.is_some() {
            let failed = |reason| SaveError::Other { path: target.clone(), reason };
            let on_disk = read(&target).map_err(failed)?;
            if on_disk == bytes {
                self.seen = Some(bytes);
                return Ok(SaveOutcome::Unchanged);
            }
            if self.seen.as_ref() != Some(&on_disk) {
                let (text, encoding) = decode(&on_disk);
                return Err(SaveError::ChangedOnDisk { theirs: Box::new(Theirs { text, bytes: on_disk, encoding }) });
            }
        }
        if let Some(data) = &present {
            may_write(&target, data)?;
        }
        replace(&target, &folder, &bytes, present.as_ref())
            .map_err(|reason| SaveError::of(reason, &target, &folder))?;
        let restored = present.is_none() && self.seen.is_some();
        self.seen = Some(bytes);
        Ok(if restored { SaveOutcome::Restored } else { SaveOutcome::Written })
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // A file may grow while it is read: no more than the limit and one byte that tells.
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(std::io::Error::other("it is too large"));
    }
    Ok(bytes)
}

/// Renaming over a file needs no right to write to it: so that right is asked for.
fn may_write(target: &Path, data: &Metadata) -> Result<(), SaveError> {
    let denied = match std::fs::OpenOptions::new().write(true).open(target) {
        Ok(_) => false,
        Err(reason) if matches!(reason.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => true,
        Err(reason) => return Err(SaveError::Other { path: target.to_owned(), reason }),
    };
    // The superuser may write everything; a file that says read-only means it all the same.
    if denied || data.permissions().readonly() { Err(SaveError::ReadOnlyFile(target.to_owned())) } else { Ok(()) }
}

/// The file behind links; also where the last link leads nowhere yet.
fn resolve(path: &Path) -> std::io::Result<PathBuf> {
    const MOST_LINKS: usize = 40;
    let mut target = std::path::absolute(path)?;
    for _ in 0..MOST_LINKS {
        match std::fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(std::io::Error::other("too many links"))
}

fn folder_of(target: &Path) -> PathBuf {
    match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A new file beside the target, complete and on disk before it takes the target's name.
fn replace(target: &Path, folder: &Path, bytes: &[u8], present: Option<&Metadata>) -> std::io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".kneepoint-").suffix(".tmp");
    #[cfg(unix)]
    if present.is_none() {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: what the umask leaves of this.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Some(data) = present {
        keep_owner(file.as_file(), data);
        file.as_file().set_permissions(data.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    // The name is only safe once its folder is; where folders cannot be synced, the system does it.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

#[cfg(unix)]
fn keep_owner(file: &File, data: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    // Only the superuser can give files away; for everybody else the owner is right already.
    let _ = fchown(file, Some(data.uid()), Some(data.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _data: &Metadata) {}
