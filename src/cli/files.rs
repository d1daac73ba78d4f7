//! Files by name: what is here, what was probably meant, what a new one begins with, and writing without half-written
//! files.

use super::arguments::New;
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::assets::{Asset, EXAMPLES, REVIEW_TEMPLATES};
use crate::document::files::{ReviewFile, SaveError};
use crate::model::nearest;
use std::ffi::OsStr;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// How the file of a review ends.
pub(super) const SUFFIX: &str = ".review.toml";
/// Larger files are not reviews.
const LARGEST: u64 = 32 * 1024 * 1024;

/// The names of the templates.
pub(super) fn template_names() -> Vec<&'static str> {
    REVIEW_TEMPLATES.iter().filter_map(|asset| Path::new(asset.path).file_stem()?.to_str()).collect()
}

/// The names of the examples.
pub(super) fn example_names() -> Vec<&'static str> {
    EXAMPLES.iter().filter_map(|asset| Path::new(asset.path).parent()?.file_name()?.to_str()).collect()
}

/// A template by its name.
pub(super) fn template(name: &str) -> Option<&'static Asset> {
    REVIEW_TEMPLATES.iter().zip(template_names()).find(|(_, known)| *known == name).map(|(asset, _)| asset)
}

/// An example by its name.
pub(super) fn example(name: &str) -> Option<&'static Asset> {
    EXAMPLES.iter().zip(example_names()).find(|(_, known)| *known == name).map(|(asset, _)| asset)
}

/// The reviews of a folder, by name.
pub(super) fn reviews_in(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.ends_with(SUFFIX)))
        .filter(|path| path.is_file())
        .map(|path| path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path))
        .collect();
    found.sort();
    found
}

/// The bytes of a file, or of stdin for `-`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        // A folder opens and fails later, a pipe without a writer would wait for ever.
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                let reviews = reviews_in(path);
                let hint = reviews.first().map(|review| format!("did you mean `{}`?", review.display()));
                return Err(Failure::unusable(format!("`{}` is a folder", path.display())).maybe(hint));
            }
            _ => std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)),
        }
    };
    match read {
        Ok(_) if bytes.len() as u64 > LARGEST => Err(Failure::unusable(format!(
            "`{}` has more than {} MB: it is no review",
            path.display(),
            LARGEST / 1_048_576
        ))),
        Ok(_) => Ok(bytes),
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// Why a file cannot be read, with the nearest one that could have been meant.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let name = path.display();
    match error.kind() {
        ErrorKind::NotFound => Failure::unusable(format!("there is no file `{name}`")).maybe(meant(path)),
        ErrorKind::PermissionDenied => Failure::unusable(format!("`{name}` may not be read")),
        _ => Failure::unusable(format!("cannot read `{name}`: {error}")),
    }
}

/// The nearest name to the first part of a path that is not there.
fn meant(path: &Path) -> Option<String> {
    let here = |folder: &Path| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_path_buf() };
    let missing = path.ancestors().find(|part| part.parent().is_some_and(|folder| here(folder).is_dir()))?;
    let typed = missing.file_name()?.to_str()?;
    let names: Vec<String> = std::fs::read_dir(here(missing.parent()?))
        .ok()?
        .take(10_000)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let whole = format!("{typed}{SUFFIX}");
    let found = names
        .iter()
        .find(|name| **name == whole)
        .map(String::as_str)
        .or_else(|| nearest(typed, names.iter().map(String::as_str)))?;
    Some(format!("did you mean `{}`?", missing.with_file_name(found).display()))
}

/// Replaces a file at once, or leaves it as it was.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let opened = ReviewFile::open(path).map_err(|error| Failure::unusable(error.to_string()))?;
    save(opened.file, text)
}

fn save(mut file: ReviewFile, text: &str) -> Result<(), Failure> {
    file.save(text).map(|_| ()).map_err(|error| match error {
        SaveError::NoFolder(_) => Failure::unusable(format!("the folder of `{}` is not there", file.path().display()))
            .hint("create the folder first"),
        error => Failure::unusable(format!("cannot write `{}`: {error}", file.path().display())),
    })
}

/// Creates a file that must not be there yet.
fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let opened = ReviewFile::open(path).map_err(|error| Failure::unusable(error.to_string()))?;
    // A link that leads nowhere is there too.
    if !opened.new || path.symlink_metadata().is_ok() {
        return Err(Failure::unusable(format!("`{}` is there already", path.display()))
            .hint("choose another name, or open it: it is never overwritten"));
    }
    save(opened.file, text)
}

/// `new PATH --template NAME`.
pub(super) fn new(new: &New, output: &Output) -> Result<Exit, Failure> {
    let Some(template) = template(&new.template) else {
        return Err(Failure::unusable(format!("there is no template `{}`", new.template)));
    };
    if new.path == Path::new("-") {
        return output.result(template.text);
    }
    if new.path.is_dir() {
        let name = new.path.join(format!("{}{SUFFIX}", new.template));
        return Err(Failure::unusable(format!("`{}` is a folder", new.path.display()))
            .hint(format!("did you mean `{}`?", name.display())));
    }
    create(&new.path, template.text)?;
    output.note(&format!("created {}; open it: kneepoint {}", new.path.display(), new.path.display()));
    if !new.path.as_os_str().to_string_lossy().ends_with(SUFFIX) {
        output.note(&format!("without a name that ends in {SUFFIX}, `kneepoint` alone does not find it"));
    }
    Ok(Exit::Fine)
}
