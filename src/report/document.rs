//! The review document of a revision, the same bytes for everybody who asks: preview, export and tests.
//!
//! Must not know files or clocks.

use super::{Custom, Subject, TemplateError, as_of, markdown};
use crate::analysis::{Settings, analyze};
use crate::document::Parsed;
use crate::model::Evidence;
use jiff::civil::Date;

/// The document of a review. Dates are judged as of the newest day in the review, or `today` where it has none.
///
/// # Errors
/// Where the template cannot be read or does not come to an end.
pub fn document(
    file: &str,
    text: &str,
    parsed: &Parsed,
    evidence: &Evidence,
    today: Date,
    custom: &Custom,
) -> Result<String, TemplateError> {
    let as_of = as_of(&parsed.review).unwrap_or(today);
    let settings = custom.settings(Settings::new(as_of));
    let mut analysis = analyze(&parsed.review, evidence, &settings);
    let mut problems = parsed.problems.clone();
    problems.append(&mut analysis.problems);
    problems.sort_by_key(|problem| (problem.span.start, std::cmp::Reverse(problem.gravity)));
    let subject = Subject {
        file,
        text,
        review: &parsed.review,
        source: &parsed.map,
        problems: &problems,
        analysis: &analysis,
        evidence,
        as_of,
        knowledge: &custom.knowledge,
    };
    markdown(&subject, custom.template()?)
}
