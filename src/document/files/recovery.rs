//! What was typed and not saved, kept outside the review's folder until it is saved: `kill -9` loses nothing.

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The environment variable that names the folder for recovery files.
const VARIABLE: &str = "KNEEPOINT_STATE_DIR";

/// The recovery file of one session on one review. Dropping it leaves the file: only a save or a wish removes it.
#[derive(Debug)]
pub struct Recovery {
    review: PathBuf,
    record: PathBuf,
    lock: PathBuf,
    /// Held as long as the session lives; the system lets go of it when the process ends in whatever way.
    _held: File,
}

/// What earlier and other sessions left about a review.
#[derive(Debug, Default)]
pub struct Found {
    /// Texts of sessions that ended without a save, the newest first.
    pub lost: Vec<Recovered>,
    /// Processes that have the review open now.
    pub open_in: Vec<u32>,
}

/// A text that was typed and not saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The text.
    pub text: String,
    /// When it was written.
    pub written: SystemTime,
    /// The process that wrote it.
    pub process: u32,
    /// Whether the file on disk is still the one that was edited.
    pub base_is_on_disk: bool,
    record: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    version: u32,
    path: String,
    /// Of the saved text that was edited.
    base: String,
    /// Seconds and milliseconds of the Unix epoch.
    written: f64,
    process: u32,
    text: String,
}

impl Recovery {
    /// Where recovery files are: `$KNEEPOINT_STATE_DIR`, or `kneepoint/recovery` in the user's state folder.
    pub fn folder() -> Option<PathBuf> {
        if let Some(folder) = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
            return Some(PathBuf::from(folder).join("recovery"));
        }
        let user = etcetera::choose_base_strategy().ok()?;
        Some(user.state_dir().unwrap_or_else(|| user.data_dir()).join("kneepoint").join("recovery"))
    }

    /// Begins to keep what is typed into a review, which need not exist yet.
    ///
    /// # Errors
    /// Where the folder cannot be made or written.
    pub fn start(folder: &Path, review: &Path) -> std::io::Result<Self> {
        private_folder(folder)?;
        let review = std::path::absolute(review)?;
        let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let session = format!("{}{}-{nanoseconds}", prefix(&review), std::process::id());
        let lock = folder.join(format!("{session}.lock"));
        let held = File::create(&lock)?;
        held.try_lock()?;
        Ok(Self { review, record: folder.join(format!("{session}.json")), lock, _held: held })
    }

    /// Keeps a text; `saved` is what is on disk as far as this session knows.
    ///
    /// The file is replaced as a whole and readable only by its owner. It is not forced to the disk: it guards against
    /// the end of the process, and is written on every edit.
    ///
    /// # Errors
    /// Where it cannot be written: the caller says so once, and goes on.
    pub fn keep(&self, text: &str, saved: &str) -> std::io::Result<()> {
        let written = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let record = Record {
            version: 1,
            path: self.review.to_string_lossy().into_owned(),
            base: fingerprint(saved.as_bytes()),
            written,
            process: std::process::id(),
            text: text.to_owned(),
        };
        let json = serde_json::to_vec(&record).map_err(std::io::Error::other)?;
        let folder = self.record.parent().unwrap_or(Path::new("."));
        // Temporary files are private to their owner from the start.
        let mut file = tempfile::Builder::new().prefix(".recovery-").tempfile_in(folder)?;
        file.write_all(&json)?;
        file.persist(&self.record).map_err(|error| error.error)?;
        Ok(())
    }

    /// Forgets what was kept, after a save or when it is not wanted.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn forget(&self) -> std::io::Result<()> {
        remove(&self.record)
    }

    /// Ends the session in order: nothing is left of it.
    ///
    /// # Errors
    /// Where something cannot be removed.
    pub fn end(self) -> std::io::Result<()> {
        self.forget()?;
        remove(&self.lock)
    }

    /// What other sessions left about a review. `on_disk` is the text of the review's file (empty where there is none):
    /// what says the same is cleared away.
    ///
    /// # Errors
    /// Where the folder cannot be read. A folder that is not there holds nothing.
    pub fn find(folder: &Path, review: &Path, on_disk: &str) -> std::io::Result<Found> {
        let review = std::path::absolute(review)?;
        let prefix = prefix(&review);
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::default()),
            entries => entries?,
        };
        let mut found = Found::default();
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(session) = name.strip_suffix(".lock").and_then(|name| name.strip_prefix(&prefix)) else {
                continue;
            };
            let process: u32 = session.split('-').next().and_then(|id| id.parse().ok()).unwrap_or_default();
            if is_held(&path) {
                if process != std::process::id() {
                    found.open_in.push(process);
                }
                continue;
            }
            let record = path.with_extension("json");
            match recovered(&record, &review, on_disk) {
                Some(lost) if lost.text != on_disk => found.lost.push(lost),
                _ => {
                    let _ = remove(&record);
                    let _ = remove(&path);
                }
            }
        }
        found.lost.sort_by_key(|lost| std::cmp::Reverse(lost.written));
        Ok(found)
    }
}

impl Recovered {
    /// Removes it for good.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn discard(&self) -> std::io::Result<()> {
        remove(&self.record)?;
        remove(&self.record.with_extension("lock"))
    }
}

fn recovered(path: &Path, review: &Path, on_disk: &str) -> Option<Recovered> {
    let record: Record = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    (record.path == review.to_string_lossy()).then(|| Recovered {
        written: UNIX_EPOCH + Duration::try_from_secs_f64(record.written).unwrap_or_default(),
        process: record.process,
        base_is_on_disk: record.base == fingerprint(on_disk.as_bytes()),
        text: record.text,
        record: path.to_owned(),
    })
}

/// Whether a living process holds a lock. What cannot be asked is taken as held: nothing of it is touched then.
fn is_held(lock: &Path) -> bool {
    !matches!(File::open(lock).map(|file| file.try_lock()), Ok(Ok(())))
}

/// How the names of all files about a review begin: readable, and different for every path.
fn prefix(review: &Path) -> String {
    let name: String = review.file_name().unwrap_or_default().to_string_lossy().chars().take(40).collect();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect();
    format!("{name}-{}-", fingerprint(review.as_os_str().as_encoded_bytes()))
}

/// FNV-1a of 64 bits: the same in every version of the program.
fn fingerprint(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
