//! A review from a file to its analysis.

use super::exit::{Exit, Failure};
use super::files;
use super::output::Output;
use crate::analysis::{Analysis, Settings, analyze};
use crate::document::{SourceMap, parse};
use crate::knowledge::Knowledge;
use crate::model::{Evidence, Gravity, Problem, ProblemKind, Review, Span};
use crate::report::Subject;
use jiff::civil::Date;
use std::path::Path;

/// A review that was read and not yet analysed.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) file: String,
    text: String,
    pub(super) review: Review,
    source: SourceMap,
    problems: Vec<Problem>,
    evidence: Evidence,
}

/// A review with everything that follows from it.
#[derive(Debug)]
pub(super) struct Judged {
    loaded: Loaded,
    pub(super) analysis: Analysis,
    as_of: Date,
}

/// Reads a review. Fails only where there is nothing to read; what is wrong in it is among its problems.
pub(super) fn load(path: &Path) -> Result<Loaded, Failure> {
    let bytes = files::read(path)?;
    let (text, encoding) = decode(bytes);
    let (review, source, mut problems) = parse(&text);
    if let Some(problem) = encoding {
        problems.insert(0, problem);
    }
    let file = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    Ok(Loaded { file, text, review, source, problems, evidence: Evidence::default() })
}

/// Text from bytes: what is not UTF-8 is replaced and said.
fn decode(bytes: Vec<u8>) -> (String, Option<Problem>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let start = error.utf8_error().valid_up_to();
            let message =
                format!("the byte at {start} of the file is not UTF-8; it is read as a replacement character");
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let span = Span::new(start, (start + '\u{fffd}'.len_utf8()).min(text.len()));
            (text, Some(Problem::error(ProblemKind::Encoding, span, message)))
        }
    }
}

impl Loaded {
    /// Analyses it.
    pub(super) fn judge(mut self, settings: &Settings) -> Judged {
        let mut analysis = analyze(&self.review, &self.evidence, settings);
        self.problems.append(&mut analysis.problems);
        self.problems.sort_by_key(|problem| (problem.span.start, std::cmp::Reverse(problem.gravity)));
        Judged { loaded: self, analysis, as_of: settings.today }
    }

    /// The latest day on which the review says that something was done or decided: a document that is judged as of
    /// that day is the same on every day after, until somebody changes the review.
    pub(super) fn latest_day(&self) -> Option<Date> {
        let review = &self.review;
        let dates = [review.head.date].into_iter();
        dates
            .chain(review.answers.iter().map(|answer| answer.date))
            .chain(review.decisions.iter().map(|decision| decision.date))
            .chain(review.triage.iter().map(|triage| triage.date))
            .chain(review.actions.iter().map(|action| action.created))
            .chain(review.meetings.iter().map(|meeting| meeting.date))
            .flatten()
            .max()
    }
}

impl Judged {
    /// For the report.
    pub(super) fn subject(&self) -> Subject<'_> {
        let Loaded { file, text, review, source, problems, evidence } = &self.loaded;
        Subject {
            file,
            text,
            review,
            source,
            problems,
            analysis: &self.analysis,
            evidence,
            as_of: self.as_of,
            knowledge: Knowledge::embedded(),
        }
    }

    /// Says what is wrong in the file, on stderr; the code of a command that had to do with it.
    pub(super) fn say_problems(&self, output: &Output) -> Exit {
        let Loaded { file, text, source, problems, .. } = &self.loaded;
        output.problems(file, text, source, problems);
        self.exit()
    }

    /// Input with errors is not fine, whatever came of it.
    pub(super) fn exit(&self) -> Exit {
        let broken = self.loaded.problems.iter().any(|problem| problem.gravity == Gravity::Error);
        if broken { Exit::Unusable } else { Exit::Fine }
    }
}

/// Today, in UTC.
pub(super) fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}
