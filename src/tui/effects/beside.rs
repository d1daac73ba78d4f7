//! What stands beside a review and names its elements: they get their new names there too.
//!
//! Must not know the screen. What cannot be read as a whole is not touched.

use super::export::beside;
use crate::document::files::{ReviewFile, SaveError};
use crate::metrics::EvidenceFile;
use crate::model::Renaming;
use crate::rules::Baseline;
use std::path::{Path, PathBuf};

/// The ending of a baseline (`known.baseline`).
const BASELINE: &str = "baseline";
/// The ending of a review's name.
const REVIEW: &str = ".review.toml";

/// Gives elements of a review their new names in the evidence recorded for it and in the baselines of its folder.
/// Returns the files that changed.
///
/// A line of a baseline that names no review is about this one where no other review stands in the folder.
///
/// # Errors
/// A sentence for each file that keeps the old names: it cannot be read or written as a whole.
pub fn rename_beside(review: &Path, renames: &[Renaming]) -> (Vec<PathBuf>, Vec<String>) {
    let (mut changed, mut failed) = (Vec::new(), Vec::new());
    let mut note = |path: PathBuf, result: Result<bool, String>| match result {
        Ok(true) => changed.push(path),
        Ok(false) => {}
        Err(why) => failed.push(why),
    };
    let evidence = beside(review, "evidence.json");
    note(evidence.clone(), rewrite(&evidence, |text| renamed_evidence(text, renames)));
    let (baselines, alone) = neighbours(review);
    let name = review.file_name().unwrap_or_default().to_string_lossy();
    for path in baselines {
        let result = rewrite(&path, |text| renamed_baseline(text, renames, &name, alone));
        note(path, result);
    }
    (changed, failed)
}

/// The baselines in a review's folder, in order, and whether there is no other review.
fn neighbours(review: &Path) -> (Vec<PathBuf>, bool) {
    let folder = review.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let (mut baselines, mut alone) = (Vec::new(), true);
    for path in entries {
        if path.extension().is_some_and(|ending| ending == BASELINE) {
            baselines.push(path);
        } else if path.to_string_lossy().ends_with(REVIEW) && path.file_name() != review.file_name() {
            alone = false;
        }
    }
    baselines.sort();
    (baselines, alone)
}

fn renamed_evidence(text: &str, renames: &[Renaming]) -> Result<Option<String>, String> {
    let (mut recorded, problems) = EvidenceFile::from_text(text);
    // What cannot be read would be lost by writing the rest.
    if let Some(problem) = problems.first() {
        return Err(problem.message.clone());
    }
    let changes = renames.iter().filter(|renaming| recorded.rename(renaming)).count();
    Ok((changes > 0).then(|| recorded.to_text()))
}

fn renamed_baseline(text: &str, renames: &[Renaming], review: &str, alone: bool) -> Result<Option<String>, String> {
    let parsed = |text: &str| {
        Baseline::parse(text).map_err(|errors| {
            errors.first().map_or_else(String::new, |error| format!("line {}: {}", error.line, error.message))
        })
    };
    let is_of = |named: Option<&str>| named.map_or(alone, |path| Path::new(path).file_name() == Some(review.as_ref()));
    let mut new = None;
    for renaming in renames {
        let now = new.as_deref().unwrap_or(text);
        new = parsed(now)?.renamed(renaming, is_of).or(new);
    }
    Ok(new)
}

/// Writes what becomes of a file's text, if anything does; nothing where there is no file.
fn rewrite(path: &Path, become_of: impl Fn(&str) -> Result<Option<String>, String>) -> Result<bool, String> {
    let opened = ReviewFile::open(path).map_err(|error| format!("{error}."))?;
    if opened.new {
        return Ok(false);
    }
    let Some(text) = become_of(&opened.text).map_err(|why| format!("{}: {why}.", path.display()))? else {
        return Ok(false);
    };
    let mut file = opened.file;
    file.save(&text).map(|_| true).map_err(|error| match error {
        SaveError::ChangedOnDisk { .. } => format!("{} is just being written by another program.", path.display()),
        error => format!("{error}."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;
    use crate::model::EntityKind;
    use std::fs;

    fn renaming() -> Renaming {
        let (model, _, _) = parse("component = [{ id = 'api' }, { id = 'db' }]");
        Renaming::new(&model, EntityKind::Component, "api", "front")
    }

    #[test]
    fn recorded_evidence_follows_a_new_name_and_what_cannot_be_read_is_not_lost() {
        let dir = tempfile::tempdir().expect("a directory");
        let review = dir.path().join("shop.review.toml");
        let evidence = dir.path().join("shop.evidence.json");
        assert_eq!(rename_beside(&review, &[renaming()]), (vec![], vec![]), "nothing to do");
        let record = |element: &str| {
            format!(
                r#"{{"element": "{element}", "signal": "rate", "query": "api", "time": {{"at": 1.0}}, "state": "value",
                "value": 2.0, "reason": null, "server": "http://h", "recorded_at": 3.0}}"#
            )
        };
        let text = format!(r#"{{"format": 1, "records": [{}, {}]}}"#, record("api"), record("api -> db"));
        fs::write(&evidence, &text).expect("written");
        assert_eq!(rename_beside(&review, &[renaming()]), (vec![evidence.clone()], vec![]));
        let new = fs::read_to_string(&evidence).expect("there");
        assert!(new.contains(r#""element": "front""#) && new.contains(r#""element": "front -> db""#), "{new}");
        assert!(new.contains(r#""query": "api""#), "the server knows the old name: {new}");
        rename_beside(&review, &[renaming().inverse()]);
        assert!(fs::read_to_string(&evidence).expect("there").contains(r#""element": "api -> db""#));
        let broken = format!(r#"{{"format": 1, "records": [{}, 7]}}"#, record("api"));
        fs::write(&evidence, &broken).expect("written");
        let (changed, failed) = rename_beside(&review, &[renaming()]);
        assert!(changed.is_empty() && failed.len() == 1, "{failed:?}");
        assert_eq!(fs::read_to_string(&evidence).expect("there"), broken);
    }

    #[test]
    fn baselines_of_the_folder_follow_where_their_lines_are_about_this_review() {
        let dir = tempfile::tempdir().expect("a directory");
        let review = dir.path().join("shop.review.toml");
        let known = dir.path().join("known.baseline");
        let text =
            "KP203@api->db # since May\ndocs/other.review.toml#KP203@api->db\ndocs/shop.review.toml#KP204@api->db\n";
        let read = || fs::read_to_string(&known).expect("there");
        fs::write(&known, text).expect("written");
        assert_eq!(rename_beside(&review, &[renaming()]), (vec![known.clone()], vec![]));
        let new = read();
        assert!(
            new.contains("KP203@front->db # since May") && new.contains("other.review.toml#KP203@api->db"),
            "{new}"
        );
        assert!(new.contains("docs/shop.review.toml#KP204@front->db"), "{new}");
        // With another review in the folder, a line without a name may be about that one.
        fs::write(&known, text).expect("written");
        fs::write(dir.path().join("other.review.toml"), "").expect("written");
        rename_beside(&review, &[renaming()]);
        assert!(read().starts_with("KP203@api->db # since May\n"), "{}", read());
        assert!(read().contains("shop.review.toml#KP204@front->db"), "{}", read());
        fs::write(&known, "nonsense\n").expect("written");
        assert_eq!(rename_beside(&review, &[renaming()]).1.len(), 1);
        assert_eq!(read(), "nonsense\n");
    }
}
