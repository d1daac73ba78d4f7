//! The team's folder over the embedded texts: found for each review, read once, its problems said once. And the texts
//! themselves, to begin with.

use super::arguments::Method;
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::assets::{Asset, CHECKLISTS, REPORT_TEMPLATES};
use crate::document::files::Overlay;
use crate::model::nearest;
use crate::report::Custom;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// More problems of one folder than this are counted.
const MOST_PROBLEMS: usize = 50;

/// The folders that a command met.
#[derive(Debug, Default)]
pub(super) struct Customs(HashMap<PathBuf, Arc<Custom>>);

impl Customs {
    /// What holds for a review (`-`: for one in this folder). Problems are warnings, except for those of the
    /// configuration: a gate that is not what the team wrote must not look like one.
    pub(super) fn of(&mut self, review: &Path, output: &Output) -> Arc<Custom> {
        let read = || {
            let custom = Overlay::of(review, output.config.as_deref()).map(Custom::new).unwrap_or_default();
            say(&custom, output);
            Arc::new(custom)
        };
        Arc::clone(self.0.entry(Overlay::find(review).unwrap_or_default()).or_insert_with(read))
    }
}

fn say(custom: &Custom, output: &Output) {
    if let Some(folder) = &custom.folder {
        output.detail(&format!("{folder} lies over the method, the document template and the choice of rules"));
    }
    for problem in custom.problems.iter().take(MOST_PROBLEMS) {
        output.note(&format!("warning: {problem}"));
    }
    if custom.config_is_broken {
        output.failure(&Failure::unusable("the configuration has errors: the rules are not judged as the team wants"));
    }
    if custom.problems.len() > MOST_PROBLEMS {
        output.note(&format!("{} problems of the team's files in all", custom.problems.len()));
    }
}

/// The embedded files by their paths in a team's folder.
fn embedded() -> impl Iterator<Item = (&'static str, &'static Asset)> {
    let below = |asset: &'static Asset| asset.path.strip_prefix("templates/").unwrap_or(asset.path);
    CHECKLISTS.iter().chain(REPORT_TEMPLATES).map(move |asset| (below(asset), asset))
}

/// `method [FILE]`.
pub(super) fn method(method: &Method, output: &Output) -> Result<Exit, Failure> {
    let Some(wanted) = &method.file else {
        let names: Vec<&str> = embedded().map(|(name, _)| name).collect();
        return output.result(&(names.join("\n") + "\n"));
    };
    let name = wanted.trim_start_matches("./").trim_start_matches(".kneepoint/");
    if let Some((_, asset)) = embedded().find(|(known, _)| *known == name) {
        return output.result(asset.text);
    }
    let meant = nearest(name, embedded().map(|(known, _)| known));
    Err(Failure::unusable(format!("there is no embedded file `{wanted}`"))
        .maybe(meant.map(|known| format!("did you mean `{known}`?")))
        .hint("`kneepoint method` lists them all"))
}
