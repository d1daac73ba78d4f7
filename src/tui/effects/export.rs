//! The document of a review, written beside it.
//!
//! Must not know the screen. What people wrote between keep marks stays; a file that is not ours is not touched.

use crate::document::files::{ReviewFile, SaveError};
use crate::document::{Parsed, parse};
use crate::metrics::EvidenceFile;
use crate::report::{Custom, document, write_over};
use jiff::civil::Date;
use std::path::{Path, PathBuf};

/// Writes the document; returns its path, or a sentence that says what is in the way.
pub fn export(text: &str, review: &Path, today: Date, custom: &Custom) -> Result<PathBuf, String> {
    let path = beside(review, "md");
    let opened = ReviewFile::open(&path).map_err(|error| format!("{error}."))?;
    let name = review.file_name().unwrap_or_default().to_string_lossy();
    let new = render(text, &name, &recorded_beside(review), today, custom)?;
    let merged = if opened.new {
        new
    } else {
        write_over(&opened.text, &new).map_err(|error| format!("{} {error}.", path.display()))?
    };
    let mut file = opened.file;
    match file.save(&merged) {
        Ok(_) => Ok(path),
        Err(SaveError::ChangedOnDisk { .. }) => {
            Err(format!("{} is just being written by another program.", path.display()))
        }
        Err(error) => Err(format!("{error}.")),
    }
}

/// `shop.md` for `shop.review.toml` and the ending `md`.
pub(super) fn beside(review: &Path, ending: &str) -> PathBuf {
    let name = review.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".review.toml").or_else(|| name.strip_suffix(".toml")).unwrap_or(&name);
    review.with_file_name(format!("{stem}.{ending}"))
}

/// What was recorded beside the review; nothing where there is no such file or it cannot be read.
fn recorded_beside(review: &Path) -> EvidenceFile {
    let text = std::fs::read_to_string(beside(review, "evidence.json"));
    text.map(|text| EvidenceFile::from_text(&text).0).unwrap_or_default()
}

fn render(text: &str, file: &str, recorded: &EvidenceFile, today: Date, custom: &Custom) -> Result<String, String> {
    let (review, map, problems) = parse(text);
    let parsed = Parsed { review, map, problems };
    let evidence = recorded.evidence(&parsed.review);
    document(file, text, &parsed, &evidence, today, custom).map_err(|error| format!("{error}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const TODAY: Date = Date::constant(2026, 1, 2);

    #[test]
    fn the_document_stands_beside_the_review_and_keeps_what_people_wrote() {
        let dir = tempfile::tempdir().expect("a directory");
        let review = dir.path().join("shop.review.toml");
        let path =
            export("format = 1\n[review]\nsystem = \"Shop\"\n", &review, TODAY, &Custom::default()).expect("written");
        assert_eq!(path, dir.path().join("shop.md"));
        let first = fs::read_to_string(&path).expect("there");
        let mark = first.find("<!-- keep:").expect("a block for people");
        let after = mark + first[mark..].find("-->").expect("closed") + 3;
        fs::write(&path, format!("{}\nby hand{}", &first[..after], &first[after..])).expect("written");
        export("format = 1\n[review]\nsystem = \"Shop two\"\n", &review, TODAY, &Custom::default()).expect("written");
        let second = fs::read_to_string(&path).expect("there");
        assert!(second.contains("by hand") && second.contains("Shop two"), "{second}");
    }

    #[test]
    fn a_file_of_somebody_else_is_not_touched() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("shop.md"), "# Ours\n").expect("written");
        let refused = export("format = 1\n", &dir.path().join("shop.review.toml"), TODAY, &Custom::default());
        assert!(refused.is_err_and(|sentence| sentence.contains("not written by kneepoint")));
        assert_eq!(fs::read_to_string(dir.path().join("shop.md")).expect("there"), "# Ours\n");
        assert_eq!(beside(Path::new("a/x.md"), "md"), Path::new("a/x.md.md"), "never the review itself");
    }
}
