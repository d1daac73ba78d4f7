//! Opening the workbench: on the review that is meant, on a choice of reviews, or on a template.

use super::arguments::Demo;
use super::exit::{Exit, Failure};
use super::files;
use super::load::today;
use super::output::Output;
use crate::analysis::{Settings, analyze};
use crate::document::Document;
use crate::model::{EntityKind, EntityRef, Evidence, nearest};
use crate::simulated_source::SimulatedSource;
use crate::tui;
use crate::workbench::Offer;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// The commands, for those who slip.
const COMMANDS: [&str; 9] = ["demo", "new", "check", "rule", "capacity", "measure", "export", "method", "completions"];

/// `kneepoint [REVIEW]`.
pub(super) fn review(path: Option<&Path>, output: &Output) -> Result<Exit, Failure> {
    let Some(path) = path else { return here(output) };
    if !path.exists() {
        let error = std::io::Error::from(std::io::ErrorKind::NotFound);
        let command = path.to_str().and_then(|typed| nearest(typed, COMMANDS));
        let failure = files::unreadable(path, &error);
        return Err(failure
            .maybe(command.map(|command| format!("did you mean the command `kneepoint {command}`?")))
            .hint(format!("`kneepoint new {}` creates it", path.display())));
    }
    // A folder and a file that may not be read are said here, not inside the workbench.
    files::read(path)?;
    terminal(&format!("`kneepoint check {}` says what is wrong without one", path.display()))?;
    open(tui::Options { path: Some(path.to_path_buf()), ..options(output) })
}

/// `kneepoint` alone.
fn here(output: &Output) -> Result<Exit, Failure> {
    let reviews = files::reviews_in(Path::new("."));
    let list = |reviews: &[PathBuf]| {
        let names: Vec<String> = reviews.iter().map(|path| crate::report::line(&path.display().to_string())).collect();
        names.join("\n") + "\n"
    };
    match reviews.as_slice() {
        [only] => review(Some(only), output),
        [] => {
            if terminal("").is_err() {
                let names = files::template_names().join("\n");
                output.result(&format!("{names}\n"))?;
                return Err(Failure::unusable("there is no review here; the templates are listed")
                    .hint("`kneepoint new shop.review.toml --template NAME` begins one, `kneepoint demo` shows one"));
            }
            let templates = files::template_names().into_iter().filter_map(|name| {
                let text = files::template(name)?.text;
                Some(Offer::Template(name.to_owned(), about(text), text.to_owned()))
            });
            open(tui::Options { offers: templates.collect(), ..options(output) })
        }
        several => {
            if terminal("").is_err() {
                output.result(&list(several))?;
                return Err(Failure::unusable("there are several reviews here; say which one")
                    .hint(format!("`kneepoint {}`", several[0].display())));
            }
            open(tui::Options { offers: several.iter().cloned().map(Offer::Review).collect(), ..options(output) })
        }
    }
}

/// `demo [NAME]`.
pub(super) fn demo(demo: &Demo, output: &Output) -> Result<Exit, Failure> {
    let Some(example) = files::example(&demo.name) else {
        return Err(Failure::unusable(format!("there is no example `{}`", demo.name)));
    };
    terminal(&format!("`kneepoint new shop.review.toml --template {}` writes a review like it", demo.name))?;
    // A folder of its own in every run: nobody else's copy is touched, and a saved one can be found again.
    let folder = tempfile::Builder::new().prefix("kneepoint-demo-").tempdir();
    let folder = folder.map_err(|error| Failure::unusable(format!("cannot make a private copy: {error}")))?.keep();
    let path = folder.join(format!("{}{}", demo.name, files::SUFFIX));
    let copy = Copy::of(example.text);
    let (text, source, metrics) = match copy {
        Ok(Copy { text, source }) => {
            (text, Some(source), "metrics are simulated: M asks for them in step 5.".to_owned())
        }
        Err(why) => (example.text.to_owned(), None, format!("there are no simulated metrics: {why}.")),
    };
    files::replace(&path, &text)?;
    let greeting = Some(format!("A private copy of the worked example {}; {metrics}", demo.name));
    let exit = open(tui::Options { path: Some(path.clone()), greeting, ..options(output) })?;
    let ended = if source.is_some() { "; its simulated metrics ended with the demo" } else { "" };
    output.note(&format!("your copy is {}{ended}", path.display()));
    Ok(exit)
}

/// An example with a metrics source of its own: `[prometheus] url` names the source, every other byte is as it was.
struct Copy {
    text: String,
    source: SimulatedSource,
}

impl Copy {
    /// Starts the source. Where that fails, why.
    fn of(example: &str) -> Result<Self, String> {
        let mut document = Document::new(example.to_owned());
        let review = document.review();
        let analysis = analyze(review, &Evidence::default(), &Settings::new(today()));
        let source = SimulatedSource::start(review, &analysis.capacity).map_err(|error| error.to_string())?;
        document
            .set(EntityRef::new(EntityKind::Prometheus, 0), &["url"], &source.url())
            .map_err(|error| error.to_string())?;
        Ok(Self { text: document.text().to_owned(), source })
    }
}

/// Fails where there is no terminal to draw on.
fn terminal(hint: &str) -> Result<(), Failure> {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return Ok(());
    }
    let failure = Failure::unusable("the workbench needs a terminal");
    Err(if hint.is_empty() { failure } else { failure.hint(hint) })
}

fn options(output: &Output) -> tui::Options {
    tui::Options { config: output.config.clone(), ..tui::Options::new(today()) }
}

/// What a template says of itself: the first sentence of its first comment.
fn about(text: &str) -> String {
    let comment = text.lines().find_map(|line| line.strip_prefix('#')).unwrap_or_default();
    let sentence = comment.split(". ").next().unwrap_or_default().trim().trim_end_matches('.');
    sentence.strip_prefix("A review to start from: ").unwrap_or(sentence).to_owned()
}

/// The one place where the workbench is entered.
fn open(options: tui::Options) -> Result<Exit, Failure> {
    match tui::run(options) {
        Ok(reason) => Ok(Exit::Ended(reason.code())),
        Err(error) => {
            let code = if matches!(error, tui::TuiError::Crashed { .. }) { Exit::Ended(101) } else { Exit::Unusable };
            Err(Failure { code, hints: error.hints(), message: error.to_string() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_differs_from_its_example_in_one_value() {
        for example in crate::assets::EXAMPLES {
            let copy = Copy::of(example.text).unwrap();
            let differing: Vec<(&str, &str)> =
                example.text.lines().zip(copy.text.lines()).filter(|(before, after)| before != after).collect();
            let [(before, after)] = differing[..] else { panic!("{}: {differing:?}", example.path) };
            assert_eq!(before.replace("http://127.0.0.1:9090", &copy.source.url()), after);
            assert_eq!(example.text.lines().count(), copy.text.lines().count());
            assert!(copy.source.url().contains("simulated"));
        }
    }
}
