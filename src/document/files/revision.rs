//! A file as it was in a revision of its git repository.
//!
//! Git is asked as a program, without a shell, and only to read: nothing is fetched and nothing is written. Must not know
//! what the file says. A name of a revision is hostile: it never becomes an option.

use crate::model::visible;
use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Larger files are not reviews.
const LARGEST: u64 = 64 * 1024 * 1024;
/// How much is read of what git complains about.
const LONGEST_COMPLAINT: u64 = 16 * 1024;
/// How long the first look at a running git waits; each next one twice as long.
const FIRST_LOOK: Duration = Duration::from_millis(1);
const LONGEST_LOOK: Duration = Duration::from_millis(20);

/// Why a file of a revision could not be read, as a sentence without a full stop.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// There is no git to ask.
    #[error("git is needed for revisions, and there is no program `git` here")]
    NoGit,
    /// The folder lies in no repository.
    #[error("{} is not in a git repository", shown(.0))]
    NoRepository(PathBuf),
    /// The name could be taken for something else than a revision.
    #[error("`{}` is no name of a revision", visible(.0))]
    BadName(String),
    /// There is no such revision here.
    #[error("there is no revision `{}` in this repository", visible(.0))]
    NoRevision(String),
    /// Nothing was committed yet.
    #[error("nothing was committed in this repository yet")]
    NoCommit,
    /// The file was not in the revision.
    #[error("there is no `{}` in revision `{}`", visible(path), visible(revision))]
    NotThere {
        /// The revision.
        revision: String,
        /// The file, as it was asked for.
        path: String,
    },
    /// What is there is a folder, or another repository.
    #[error("`{}` is not a file in revision `{}`", visible(path), visible(revision))]
    NotAFile {
        /// The revision.
        revision: String,
        /// The file, as it was asked for.
        path: String,
    },
    /// It is too large to be a review.
    #[error("`{}` has more than {} MB: it is no review", visible(.0), LARGEST / 1_048_576)]
    TooLarge(String),
    /// It is not wanted any more.
    #[error("it was stopped")]
    Stopped,
    /// Git says why.
    #[error("git: {0}")]
    Other(String),
}

impl RevisionError {
    /// What to do about it, where something can be done.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoGit => Some("install git, or compare two files"),
            Self::NoRepository(_) => Some("compare two files, or begin one with `git init`"),
            Self::BadName(_) => Some("a revision is written `main`, `HEAD~2`, `v1.4` or as the beginning of a hash"),
            Self::NoRevision(_) => Some(
                "`git log --oneline` lists them; a shallow clone, as CI makes it, has only its newest: fetch more \
                 (`fetch-depth: 0`)",
            ),
            Self::NoCommit => Some("commit the file first"),
            Self::NotThere { .. } => Some(
                "the path is that of the whole repository, or from here with `./`; perhaps it had another name then",
            ),
            Self::Other(reason) if reason.contains("dubious ownership") => {
                Some("git does not trust a repository of somebody else: see `git help config`, safe.directory")
            }
            _ => None,
        }
    }
}

/// `REV:PATH`: a file as it was in a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionPath {
    /// The revision; empty for what is staged.
    pub revision: String,
    /// The path from the top of the repository, or with `./` from the folder.
    pub path: String,
}

impl RevisionPath {
    /// What an argument names, if it has the form and is not a path of Windows (`C:\shop.review.toml`).
    ///
    /// A colon in braces belongs to the revision (`HEAD^{/fix: names}:shop.review.toml`).
    pub fn parse(text: &str) -> Option<Self> {
        let mut depth = 0_usize;
        let colon = text.char_indices().find(|(_, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            *c == ':' && depth == 0
        });
        let (revision, path) = (&text[..colon?.0], &text[colon?.0 + 1..]);
        let mut letters = revision.chars();
        let is_drive = letters.next().is_some_and(|c| c.is_ascii_alphabetic()) && letters.next().is_none();
        if path.is_empty() || (is_drive && path.starts_with(['\\', '/'])) {
            return None;
        }
        Some(Self { revision: revision.to_owned(), path: path.to_owned() })
    }
}

/// The version of a file that was committed last, read in the file's own folder.
///
/// # Errors
/// Where git cannot be asked, or nothing of the file was committed.
pub fn committed(file: &Path, stop: &AtomicBool) -> Result<Vec<u8>, RevisionError> {
    // A link is followed: git would give the path that the link holds.
    let file = file.canonicalize().or_else(|_| std::path::absolute(file)).unwrap_or_else(|_| file.to_owned());
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else {
        return Err(RevisionError::NotAFile { revision: "HEAD".to_owned(), path: file.display().to_string() });
    };
    let mut path = OsString::from("./");
    path.push(name);
    Asking { folder, stop }.read("HEAD", &path, &name.to_string_lossy())
}

/// A file as it was in a revision of the repository that a folder lies in.
///
/// The path is that from the top of the repository; where there is none, that from the folder.
///
/// # Errors
/// Where git cannot be asked, or does not have it.
pub fn revision(folder: &Path, wanted: &RevisionPath, stop: &AtomicBool) -> Result<Vec<u8>, RevisionError> {
    let RevisionPath { revision, path } = wanted;
    // `:/text` would be a search among messages, `:1:path` a side of a merge.
    let odd = revision.is_empty() && (path.starts_with('/') || path.contains(':'));
    if revision.starts_with('-') || revision.contains(['\0', '\n']) || path.contains('\0') || odd {
        return Err(RevisionError::BadName(if odd { format!(":{path}") } else { revision.clone() }));
    }
    let asking = Asking { folder, stop };
    match asking.read(revision, OsStr::new(path), path) {
        Err(RevisionError::NotThere { .. }) if !path.starts_with(['.', '/']) => {
            asking.read(revision, OsStr::new(&format!("./{path}")), path)
        }
        answer => answer,
    }
}

/// A series of questions to git in one folder.
struct Asking<'a> {
    folder: &'a Path,
    stop: &'a AtomicBool,
}

/// What git said.
struct Said {
    out: Vec<u8>,
    err: String,
    fine: bool,
}

impl Asking<'_> {
    fn read(&self, revision: &str, path: &OsStr, called: &str) -> Result<Vec<u8>, RevisionError> {
        let inside = self.git(&["rev-parse".as_ref(), "--git-dir".as_ref()])?;
        if !inside.fine {
            return Err(if inside.err.contains("not a git repository") {
                RevisionError::NoRepository(self.folder.to_owned())
            } else {
                RevisionError::Other(inside.complaint())
            });
        }
        if !revision.is_empty() && self.object(format!("{revision}^{{tree}}").as_ref())?.is_none() {
            let head = revision == "HEAD" || revision == "@";
            let unborn = head || self.object("HEAD^{tree}".as_ref())?.is_none();
            return Err(if unborn { RevisionError::NoCommit } else { RevisionError::NoRevision(revision.to_owned()) });
        }
        let (revision, path) = (revision.to_owned(), {
            let mut whole = OsString::from(format!("{revision}:"));
            whole.push(path);
            whole
        });
        let Some(object) = self.object(&path)? else {
            let revision = if revision.is_empty() { "the index".to_owned() } else { revision };
            return Err(RevisionError::NotThere { revision, path: called.to_owned() });
        };
        let blob = self.git(&["cat-file".as_ref(), "blob".as_ref(), object.as_ref()])?;
        if blob.out.len() as u64 > LARGEST {
            return Err(RevisionError::TooLarge(called.to_owned()));
        }
        if !blob.fine {
            let kind = self.git(&["cat-file".as_ref(), "-t".as_ref(), object.as_ref()])?;
            let is_blob = kind.out.starts_with(b"blob");
            let path = called.to_owned();
            return Err(if is_blob {
                RevisionError::Other(blob.complaint())
            } else {
                RevisionError::NotAFile { revision, path }
            });
        }
        Ok(blob.out)
    }

    /// The hash of what a name means, if it means anything here.
    fn object(&self, name: &OsStr) -> Result<Option<String>, RevisionError> {
        let said = self.git(&["rev-parse".as_ref(), "--verify".as_ref(), "--quiet".as_ref(), name])?;
        let hash = String::from_utf8_lossy(&said.out).trim().to_owned();
        let is_hash = !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        Ok((said.fine && is_hash).then_some(hash))
    }

    fn git(&self, arguments: &[&OsStr]) -> Result<Said, RevisionError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(RevisionError::Stopped);
        }
        let mut command = Command::new("git");
        command
            // Nothing is fetched, whatever is missing here.
            .args(["-c", "protocol.allow=never", "--no-pager"])
            .args(arguments)
            .current_dir(self.folder)
            .env("LC_ALL", "C")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            // The folder says which repository is meant, not the one that a hook runs in.
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_PREFIX")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound if !self.folder.is_dir() => RevisionError::NoRepository(self.folder.to_owned()),
            ErrorKind::NotFound => RevisionError::NoGit,
            ErrorKind::InvalidInput => RevisionError::BadName("with a zero byte".to_owned()),
            _ => RevisionError::Other(error.to_string()),
        })?;
        self.listen(child)
    }

    /// Both of git's voices are heard at once: one that nobody hears would stop it.
    fn listen(&self, mut child: Child) -> Result<Said, RevisionError> {
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let reader = |pipe: Option<Box<dyn Read + Send>>, most: u64| {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                if let Some(pipe) = pipe {
                    // What is cut off here ends git with a broken pipe.
                    let _ = pipe.take(most).read_to_end(&mut bytes);
                }
                bytes
            })
        };
        let out = reader(out.map(|pipe| Box::new(pipe) as Box<dyn Read + Send>), LARGEST + 1);
        let err = reader(err.map(|pipe| Box::new(pipe) as Box<dyn Read + Send>), LONGEST_COMPLAINT);
        let mut look = FIRST_LOOK;
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break Ok(status),
                Ok(None) if self.stop.load(Ordering::Relaxed) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    break Err(RevisionError::Stopped);
                }
                Ok(None) => {
                    thread::sleep(look);
                    look = (look * 2).min(LONGEST_LOOK);
                }
                Err(error) => break Err(RevisionError::Other(error.to_string())),
            }
        };
        let (out, err) = (out.join().unwrap_or_default(), err.join().unwrap_or_default());
        Ok(Said { fine: status?.success(), out, err: String::from_utf8_lossy(&err).into_owned() })
    }
}

impl Said {
    /// The first line of what git complains about.
    fn complaint(&self) -> String {
        let line = self.err.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it failed without a word");
        let line: String = line.trim_start_matches("fatal: ").chars().take(300).collect();
        visible(&line).into_owned()
    }
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_and_a_path_are_told_from_paths() {
        let parsed = |text: &str| RevisionPath::parse(text).map(|found| (found.revision, found.path));
        let both = |revision: &str, path: &str| Some((revision.to_owned(), path.to_owned()));
        assert_eq!(parsed("HEAD:docs/shop.review.toml"), both("HEAD", "docs/shop.review.toml"));
        assert_eq!(parsed("HEAD^{/fix: it}:a"), both("HEAD^{/fix: it}", "a"));
        assert_eq!(parsed(":./a"), both("", "./a"));
        assert_eq!(parsed("m:a"), both("m", "a"), "a branch of one letter");
        for path in ["C:\\shop.review.toml", "c:/shop.review.toml", "shop.review.toml", "HEAD:", "-"] {
            assert_eq!(parsed(path), None, "{path}");
        }
    }
}
