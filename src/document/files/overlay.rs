//! The folder `.kneepoint` of a team, which lies over the embedded method and document template: found, and read.
//!
//! Must not know what its texts mean. Nothing outside the folder is read through it, and it cannot make a command slow:
//! links to folders are not followed, links to files only within it, and files are few and small.

use crate::model::nearest;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// What the folder is called.
const FOLDER: &str = ".kneepoint";
/// The environment variable that names another folder; empty: none is looked for.
const VARIABLE: &str = "KNEEPOINT_DIR";
const CHECKLISTS: &str = "checklists";
const REPORTS: &str = "reports";
/// What the team decides about the rules, below the folder.
const CONFIG: &str = "config.toml";
/// The template of the review document, below the folder.
const TEMPLATE: &str = "reports/review.md.jinja";
/// More checklists are not read.
const MOST_FILES: usize = 200;
/// More entries of folders are not looked at.
const MOST_ENTRIES: usize = 5_000;
/// How many folders may be inside each other.
const DEEPEST: usize = 4;
/// A larger file is not read, in bytes.
const LARGEST: u64 = 1 << 20;

/// What a team keeps over the embedded texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    /// The folder as messages call it: below the current folder where it is there.
    pub folder: String,
    /// Paths below the folder, with `/` (`checklists/caching.toml`), and texts, by path.
    pub checklists: Vec<(String, String)>,
    /// The template of the review document: its path below the folder and its text, or why it cannot be read.
    pub template: Option<Result<(String, String), Unread>>,
    /// The configuration: its path below the folder and its text, or why it cannot be read.
    pub config: Option<Result<(String, String), Unread>>,
    /// Whether the configuration is a file that was named, and not one of the folder.
    pub named: bool,
    /// What else is there and was not read.
    pub unread: Vec<Unread>,
}

/// Something in the folder that was not read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Its path below the folder, with `/`; empty for the folder itself.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Why, without a full stop.
    pub reason: String,
    /// The name that was probably meant.
    pub meant: Option<&'static str>,
}

impl Unread {
    fn new(path: &str, reason: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: 1, reason: reason.into(), meant: None }
    }
}

impl Overlay {
    /// The folder for a review: the nearest `.kneepoint` in the review's folder or one above it, no higher than the
    /// root of the repository; or the one that `KNEEPOINT_DIR` names.
    pub fn find(review: &Path) -> Option<PathBuf> {
        match std::env::var_os(VARIABLE) {
            Some(named) if named.is_empty() => None,
            // Whoever names a link means where it leads.
            Some(named) => Some(fs::canonicalize(&named).unwrap_or_else(|_| named.into())),
            None => above(review),
        }
    }

    /// What lies over the embedded texts for a review: its folder, with `config` for the folder's configuration where
    /// one is named.
    pub fn of(review: &Path, config: Option<&Path>) -> Option<Self> {
        let folder = Self::find(review);
        if folder.is_none() && config.is_none() {
            return None;
        }
        let mut overlay = folder.map(|folder| Self::read(&folder)).unwrap_or_default();
        if let Some(path) = config {
            let name = path.display().to_string();
            let unread = |reason: String| Unread::new(&name, reason);
            let text = read_text(path).map_err(|(line, reason)| Unread { line, ..unread(reason) });
            overlay.named = true;
            overlay.config = Some(text.map(|text| (name, text)));
        }
        Some(overlay)
    }

    /// Reads a folder. Never fails: what cannot be read is named.
    pub fn read(folder: &Path) -> Self {
        let mut overlay = Self { folder: shown(folder), ..Self::default() };
        match folder.symlink_metadata() {
            Ok(data) if data.is_dir() => {
                overlay.template = optional(folder, TEMPLATE);
                overlay.config = optional(folder, CONFIG);
                overlay.read_checklists(folder);
                overlay.find_strangers(folder);
            }
            Ok(data) => overlay.unread.push(Unread::new("", not_followed(data.is_symlink()))),
            Err(error) => overlay.unread.push(Unread::new("", error.to_string())),
        }
        overlay
    }

    fn read_checklists(&mut self, root: &Path) {
        let mut folders = vec![CHECKLISTS.to_owned()];
        let mut files = Vec::new();
        let mut left = MOST_ENTRIES;
        while let Some(folder) = folders.pop() {
            let path = root.join(&folder);
            match path.symlink_metadata() {
                Ok(data) if data.is_dir() => {}
                Ok(data) => {
                    self.unread.push(Unread::new(&folder, not_followed(data.is_symlink())));
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => {
                    self.unread.push(Unread::new(&folder, error.to_string()));
                    continue;
                }
            }
            match names(&path, &mut left) {
                Ok(names) => {
                    for name in names {
                        let inner = format!("{folder}/{name}");
                        // Links to folders are turned away above, those to files where they are read.
                        if path.join(&name).is_dir() {
                            if inner.matches('/').count() > DEEPEST {
                                self.unread.push(Unread::new(&inner, "the folder is too deep; it was ignored"));
                            } else {
                                folders.push(inner);
                            }
                        } else if ends_with(&name, "toml") && !name.starts_with('.') {
                            files.push(inner);
                        }
                    }
                }
                Err(reason) => self.unread.push(Unread::new(&folder, reason)),
            }
        }
        files.sort();
        if left == 0 {
            let reason = format!("it has more than {MOST_ENTRIES} entries; some were ignored");
            self.unread.push(Unread::new(CHECKLISTS, reason));
        }
        if let Some(first) = files.get(MOST_FILES) {
            let reason = format!("there are more than {MOST_FILES} files; this one and those after it were ignored");
            self.unread.push(Unread::new(first, reason));
        }
        for file in files.into_iter().take(MOST_FILES) {
            match read(root, &file) {
                Ok(text) => self.checklists.push((file, text)),
                Err(unread) => {
                    self.unread.push(Unread { reason: format!("{}; it was ignored", unread.reason), ..unread });
                }
            }
        }
    }

    /// Names what is there under a name that nothing looks for, where it seems to be meant for something.
    fn find_strangers(&mut self, root: &Path) {
        let mut left = MOST_ENTRIES;
        for name in names(root, &mut left).unwrap_or_default() {
            if name == CHECKLISTS || name == REPORTS || name == CONFIG {
                continue;
            }
            // Any short TOML name is near `config.toml`.
            let config = name.starts_with("conf").then_some(CONFIG);
            let meant = nearest(&name, [CHECKLISTS, REPORTS]).or(config);
            if meant.is_some() {
                let reason = "nothing looks here; it was ignored";
                self.unread.push(Unread { meant, ..Unread::new(&name, reason) });
            } else if ends_with(&name, "toml") {
                self.unread.push(Unread::new(&name, "checklists stand in checklists/; it was ignored"));
            }
        }
        for name in names(&root.join(REPORTS), &mut left).unwrap_or_default() {
            let path = format!("{REPORTS}/{name}");
            if path != TEMPLATE && ends_with(&name, "jinja") {
                let reason = "there is no such document; it was ignored";
                self.unread.push(Unread { meant: Some(TEMPLATE), ..Unread::new(&path, reason) });
            }
        }
    }
}

/// The nearest folder at or above a review, no higher than the root of its repository.
fn above(review: &Path) -> Option<PathBuf> {
    let parent = review.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for folder in fs::canonicalize(parent).ok()?.ancestors() {
        let found = folder.join(FOLDER);
        if found.symlink_metadata().is_ok() {
            return Some(found);
        }
        if folder.join(".git").symlink_metadata().is_ok() {
            return None;
        }
    }
    None
}

fn shown(folder: &Path) -> String {
    let here = std::env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
    folder.strip_prefix(&here).unwrap_or(folder).display().to_string()
}

/// A file below the folder that need not be there.
fn optional(root: &Path, file: &str) -> Option<Result<(String, String), Unread>> {
    match root.join(file).symlink_metadata() {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
        _ => Some(read(root, file).map(|text| (file.to_owned(), text))),
    }
}

/// The text of a file below the folder.
fn read(root: &Path, path: &str) -> Result<String, Unread> {
    let failed = |error: std::io::Error| Unread::new(path, error.to_string());
    let real = fs::canonicalize(root.join(path)).map_err(failed)?;
    if !real.starts_with(fs::canonicalize(root).map_err(failed)?) {
        return Err(Unread::new(path, "it leads out of the folder"));
    }
    read_text(&real).map_err(|(line, reason)| Unread { line, ..Unread::new(path, reason) })
}

/// The text of a file, or the line and the reason why it is none.
fn read_text(path: &Path) -> Result<String, (usize, String)> {
    let failed = |error: std::io::Error| (1, error.to_string());
    // A pipe without a writer would wait for ever.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err((1, "it is no file".to_owned()));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err((1, format!("it has more than {LARGEST} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        (valid.split(|byte| *byte == b'\n').count(), "it is not UTF-8".to_owned())
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The names in a folder, sorted, as long as any are left to be looked at. Names that are not UTF-8 are nobody's.
fn names(folder: &Path, left: &mut usize) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut names = Vec::new();
    for entry in entries.take(*left) {
        *left -= 1;
        names.extend(entry.ok().and_then(|entry| entry.file_name().into_string().ok()));
    }
    names.sort();
    Ok(names)
}

fn ends_with(name: &str, extension: &str) -> bool {
    Path::new(name).extension().and_then(OsStr::to_str).is_some_and(|end| end.eq_ignore_ascii_case(extension))
}

fn not_followed(link: bool) -> &'static str {
    if link { "it is a link and is not followed" } else { "it is no folder; it was ignored" }
}
