//! `export`: the review as a document, over what people wrote into the one that is there.

use super::arguments::{Export, ExportFormat};
use super::exit::{Exit, Failure};
use super::files;
use super::load::{Judged, load, today};
use super::output::Output;
use crate::analysis::Settings;
use crate::report::{self, OverwriteError, Template};
use std::io::ErrorKind;
use std::path::Path;

pub(super) fn export(export: &Export, output: &Output) -> Result<Exit, Failure> {
    let loaded = load(&export.path, output)?;
    let as_of = export.as_of.or_else(|| report::as_of(&loaded.review)).unwrap_or_else(|| {
        output.note(
            "the review has no date: dates are judged as of today (UTC); `--as-of` or `review.date` fixes the day",
        );
        today()
    });
    output.detail(&format!("dates are judged as of {as_of}"));
    let judged = loaded.judge(&Settings::new(as_of));
    let text = render(export, &judged)?;
    let exit = judged.say_problems(output);
    let Some(path) = export.out.as_deref().filter(|path| *path != Path::new("-")) else {
        if export.check {
            return Err(Failure::unusable("`--check` needs a file to compare with: `--out FILE`"));
        }
        output.result(&text)?;
        return Ok(exit);
    };
    let old = existing(path)?;
    let text = match &old {
        Some(old) => merged(export, path, old, text)?,
        None => text,
    };
    let same = old.as_deref().is_some_and(|old| old == text || old.replace("\r\n", "\n") == text);
    if export.check {
        if same {
            output.detail(&format!("{} is what would be written", path.display()));
            return Ok(exit);
        }
        output.note(&difference(path, old.as_deref(), &text));
        return Ok(exit.or_worse(Exit::Findings));
    }
    if same {
        output.note(&format!("{} is up to date", path.display()));
    } else {
        files::replace(path, &text)?;
        output.note(&format!("wrote {}", path.display()));
    }
    Ok(exit)
}

fn render(export: &Export, judged: &Judged) -> Result<String, Failure> {
    // The name alone: the document is the same from wherever it is written.
    let name = export.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let subject = judged.subject();
    let subject =
        report::Subject { file: name.as_deref().filter(|name| *name != "-").unwrap_or(subject.file), ..subject };
    if export.template.is_some() && export.format != ExportFormat::Markdown {
        return Err(Failure::unusable("a template is for `--format markdown`"));
    }
    Ok(match export.format {
        ExportFormat::Mermaid => {
            let diagram = report::mermaid(subject.review);
            let note = diagram.note.map(|note| format!("%% {note}\n")).unwrap_or_default();
            format!("%% Written by kneepoint.\n{note}{}", diagram.text)
        }
        ExportFormat::Dot => report::dot(subject.review),
        ExportFormat::Json => report::json(&subject),
        ExportFormat::Markdown => {
            let own = match &export.template {
                Some(path) => {
                    let bytes = files::read(path)?;
                    let text = String::from_utf8(bytes)
                        .map_err(|_| Failure::unusable(format!("the template `{}` is not UTF-8", path.display())))?;
                    Some((path.display().to_string(), text))
                }
                None => None,
            };
            let template = match &own {
                Some((name, text)) => Ok(Template { name, text }),
                None => judged.custom().template(),
            };
            template.and_then(|template| report::markdown(&subject, template)).map_err(|error| {
                Failure::unusable(format!("the template does not work: {error}"))
                    .hint("`kneepoint export --format json` shows the names a template can use")
            })?
        }
    })
}

/// The text of the file that is there, if one is.
fn existing(path: &Path) -> Result<Option<String>, Failure> {
    match std::fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| {
            Failure::unusable(format!("`{}` is there and is not text: it is not overwritten", path.display()))
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(files::unreadable(path, &error)),
    }
}

/// The new text with what people wrote into the old one; refuses where that could be lost.
fn merged(export: &Export, path: &Path, old: &str, text: String) -> Result<String, Failure> {
    let over = if export.format == ExportFormat::Markdown {
        report::write_over(old, &text)
    } else {
        report::replace(old, &text)
    };
    match over {
        Ok(text) => Ok(text),
        Err(OverwriteError::NotOurs) if export.check => Ok(text),
        Err(OverwriteError::NotOurs) => {
            Err(Failure::unusable(format!("`{}` {}", path.display(), OverwriteError::NotOurs))
                .hint("choose another file, or remove this one"))
        }
        Err(OverwriteError::Keep(error)) => {
            Err(Failure::unusable(format!("{}:{}: {}; nothing was written", path.display(), error.line, error.message))
                .hint("each `<!-- keep:NAME -->` needs its `<!-- /keep -->`, both alone on their lines"))
        }
    }
}

fn difference(path: &Path, old: Option<&str>, new: &str) -> String {
    let Some(old) = old else { return format!("{} is not there", path.display()) };
    let line = old.lines().zip(new.lines()).take_while(|(old, new)| old == new).count() + 1;
    format!("{} is not what would be written: they differ from line {line} on", path.display())
}
