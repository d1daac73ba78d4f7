//! The review document in Markdown, from a template.
//!
//! Must not know files: a template comes as text with a name. Invariants: every value is escaped unless the template
//! says otherwise; a template cannot run for ever (fuel) or overflow the stack (recursion limit).

use super::check::inert;
use super::context::{Subject, context};
use super::text;
use crate::assets::{Asset, REPORT_TEMPLATES};
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use std::fmt;

/// The template that is used where a user has none.
pub const REVIEW_TEMPLATE: Asset = REPORT_TEMPLATES[0];

/// Instructions and blocks of 64 bytes a template may use: about a quarter of a gigabyte of text.
const FUEL: u64 = 4_000_000;
/// How deep blocks and macros may nest.
const DEEPEST: usize = 100;

/// A template for a document.
#[derive(Debug, Clone, Copy)]
pub struct Template<'a> {
    /// How it is called in messages: its path.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

impl Default for Template<'_> {
    fn default() -> Self {
        Self { name: REVIEW_TEMPLATE.path, text: REVIEW_TEMPLATE.text }
    }
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The template's name.
    pub name: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong, without a full stop.
    pub message: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.name, self.message),
            None => write!(f, "{}: {}", self.name, self.message),
        }
    }
}

impl std::error::Error for TemplateError {}

/// The review document. The same subject and template always give the same bytes.
///
/// # Errors
/// Where the template cannot be read, names something that is not in the context, or does not come to an end.
pub fn markdown(subject: &Subject<'_>, template: Template<'_>) -> Result<String, TemplateError> {
    let failed = |error: &Error| template_error(template.name, error);
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEEPEST);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    environment.set_formatter(write_value);
    let syntax = minijinja::syntax::SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .map_err(|error| failed(&error))?;
    environment.set_syntax(syntax);
    environment.add_filter("code", |value: String| Value::from_safe_string(text::code(&value)));
    environment
        .add_filter("fence", |value: String, language: String| Value::from_safe_string(text::fence(&value, &language)));
    environment.add_filter("counted", |count: usize, noun: String| text::counted(count, &noun));
    environment
        .add_template_owned(template.name.to_owned(), template.text.to_owned())
        .map_err(|error| failed(&error))?;
    let document = environment
        .get_template(template.name)
        .and_then(|compiled| compiled.render(Serde(context(subject))))
        .map_err(|error| failed(&error))?;
    Ok(tidy(&document))
}

/// The context of a review as JSON: what a template sees.
pub fn json(subject: &Subject<'_>) -> String {
    inert(&(serde_json::to_string_pretty(&context(subject)).unwrap_or_default() + "\n"))
}

/// Writes a value: what is absent as a dash, text escaped, numbers as they are.
fn write_value(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        let _ = state;
        return Err(Error::new(ErrorKind::UndefinedError, "the context has no such name"));
    }
    if value.is_none() {
        return Ok(out.write_str("–")?);
    }
    match value.as_str() {
        Some(text) if value.is_safe() => out.write_str(text)?,
        Some(text) if text.trim().is_empty() => out.write_str("–")?,
        Some(text) => out.write_str(&text::cell(text))?,
        None => out.write_str(&text::cell(&value.to_string()))?,
    }
    Ok(())
}

fn template_error(name: &str, error: &Error) -> TemplateError {
    let kind = error.kind();
    let message = match kind {
        ErrorKind::OutOfFuel => {
            "the template does more work than a document needs; is there a loop without an end?".to_owned()
        }
        _ => match error.detail() {
            Some(detail) => format!("{kind}: {detail}"),
            None => kind.to_string(),
        },
    };
    TemplateError { name: text::line(error.name().unwrap_or(name)), line: error.line(), message: text::line(&message) }
}

/// Without blanks at line ends, without more than one empty line in a row outside fences, with one line end at the end.
fn tidy(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    let mut empty = true;
    let mut fence: Option<usize> = None;
    for line in document.lines() {
        let ticks = line.bytes().take_while(|b| *b == b'`').count();
        let inside = fence.is_some();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            Some(open) if ticks >= open && line.trim_end().len() == ticks => fence = None,
            _ => {}
        }
        let line = if inside { line } else { line.trim_end() };
        if line.is_empty() && empty && !inside {
            continue;
        }
        empty = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}
