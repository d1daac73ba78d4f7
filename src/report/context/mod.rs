//! What a report template is given: plain data with stable names, every text as it stands in the review (the template
//! engine escapes it), every number already in words a person reads.
//!
//! Must not know Markdown. The names here are a contract with users' own templates: add, never rename. A `null` means
//! that the review does not say.
//!
//! Marks of numbers: `m` measured · `d` declared in the file · `a` assumed · `c` computed · `g` the room's guess.

mod answer;
mod capacity;
mod decisions;
mod failures;
pub(super) mod findings;
mod flows;
mod inputs;
mod outcome;
mod proof;
mod questions;
mod scorecard;
mod targets;

pub use answer::Answer;
pub use capacity::{Bottleneck, Envelope, Guess};
pub use decisions::{DecisionTable, OpenDecision, TableOption, TableRow, Trigger};
pub use failures::FailurePath;
pub use findings::{CannotTellRow, FindingGroup, FindingRow, Findings};
pub use flows::FlowSection;
pub use inputs::{Assumed, InputRow, Inputs, MissingRow};
pub use outcome::{ActionRow, MeetingRow, ParkedRow, Unseen};
pub use proof::{LoadTestRow, MeasureRow, Proof};
pub use questions::{AnswerRow, QuestionGroup, UndecidedRow};
pub use scorecard::{MoverRow, ScoreRow, Size, SizeReasonRow, SkippedRow};
pub use targets::{GrowthRow, SloRow, Targets, target};

pub(super) use capacity::{amount, sentence as envelope_sentence};
pub(super) use findings::show as show_figure;

use crate::analysis::Analysis;
use crate::capacity::Span;
use crate::document::{Position, SourceMap};
use crate::knowledge::Knowledge;
use crate::model::{EntityRef, Evidence, Gravity, Problem, Review};
use crate::units::significant;
use jiff::civil::Date;
use serde::Serialize;

/// What a report is about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The name of the file as it is shown.
    pub file: &'a str,
    /// Its text.
    pub text: &'a str,
    /// What it says.
    pub review: &'a Review,
    /// Where it says so.
    pub source: &'a SourceMap,
    /// What is wrong in it.
    pub problems: &'a [Problem],
    /// What follows from it.
    pub analysis: &'a Analysis,
    /// What was measured.
    pub evidence: &'a Evidence,
    /// The day for which dates are judged; a document is the same on every day after.
    pub as_of: Date,
    /// The method: its questions, in order.
    pub knowledge: &'a Knowledge,
}

impl Subject<'_> {
    /// Where a value of an entity stands, or the nearest thing around it.
    pub fn place(&self, entity: Option<EntityRef>, keys: &[String]) -> Option<Position> {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let span = self.source.place(entity?, &keys)?;
        Some(self.source.position(self.text, span.start))
    }
}

/// Everything a template can show.
#[derive(Debug, Clone, Serialize)]
pub struct Context {
    /// The version of these names: 1.
    pub format: u32,
    /// `kneepoint`.
    pub written_by: &'static str,
    /// The name of the review file.
    pub file: String,
    /// The day for which dates were judged.
    pub as_of: String,
    /// `[review]`.
    pub review: Head,
    /// The promise, the verdict and the counts.
    pub answer: Answer,
    /// The axes of the method and the dimensions of growth, with what moves them.
    pub scorecard: Vec<ScoreRow>,
    /// How much review the system deserves, and what that leaves out.
    pub size: Size,
    /// What has to happen.
    pub actions: Vec<ActionRow>,
    /// Objectives, growth and cost.
    pub targets: Targets,
    /// The flows with their diagrams.
    pub flows: Vec<FlowSection>,
    /// What the rules found.
    pub findings: Findings,
    /// What fills up, in order.
    pub bottlenecks: Vec<Bottleneck>,
    /// How many more limits there are behind the ones in `bottlenecks`.
    pub bottlenecks_more: usize,
    /// What the room and the authors predicted.
    pub guesses: Vec<Guess>,
    /// What happens when a dependency is slow or down.
    pub failures: Vec<FailurePath>,
    /// How far each flow goes.
    pub envelope: Vec<Envelope>,
    /// The decisions.
    pub decisions: Vec<OpenDecision>,
    /// The questions of the steps and checklists with their answers.
    pub questions: Vec<QuestionGroup>,
    /// What would reopen a decision.
    pub triggers: Vec<Trigger>,
    /// Where the numbers come from.
    pub inputs: Inputs,
    /// What is open.
    pub open: Vec<String>,
    /// Topics put aside.
    pub parked: Vec<ParkedRow>,
    /// What nobody looked at.
    pub unseen: Unseen,
    /// What is wrong in the file.
    pub problems: Vec<ProblemRow>,
    /// Measures and load tests.
    pub proof: Proof,
    /// The meetings.
    pub meetings: Vec<MeetingRow>,
}

/// `[review]`.
#[derive(Debug, Clone, Serialize)]
pub struct Head {
    /// The title; else the system; else the file.
    pub title: String,
    /// The system.
    pub system: Option<String>,
    /// `draft`, `in-review`, `approved`, `superseded`.
    pub status: Option<&'static str>,
    /// The day of the review.
    pub date: Option<String>,
    /// Who leads it.
    pub facilitator: Option<String>,
    /// Who takes part.
    pub participants: Vec<String>,
    /// What is looked at.
    pub scope: Option<String>,
}

/// A problem in the file.
#[derive(Debug, Clone, Serialize)]
pub struct ProblemRow {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// `error` or `warning`.
    pub gravity: &'static str,
    /// The stable name of the kind.
    pub kind: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// The latest day on which the review says that something was done or decided: a document that is judged as of that
/// day is the same on every day after, until somebody changes the review.
pub fn as_of(review: &Review) -> Option<Date> {
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

/// The context of a review.
pub fn context(subject: &Subject<'_>) -> Context {
    let review = subject.review;
    let (bottlenecks, bottlenecks_more) = capacity::bottlenecks(subject);
    Context {
        format: 1,
        written_by: "kneepoint",
        file: subject.file.to_owned(),
        as_of: subject.as_of.to_string(),
        review: head(subject),
        answer: answer::answer(subject),
        scorecard: scorecard::scorecard(subject),
        size: scorecard::size(subject),
        actions: outcome::actions(subject),
        targets: targets::targets(review),
        flows: flows::flows(subject),
        findings: findings::findings(subject),
        bottlenecks,
        bottlenecks_more,
        guesses: capacity::guesses(subject),
        failures: failures::failures(review),
        envelope: capacity::envelope(review, &subject.analysis.capacity),
        decisions: review.decisions.iter().map(decisions::decision).collect(),
        questions: questions::questions(subject),
        triggers: decisions::triggers(review),
        inputs: inputs::inputs(subject),
        open: outcome::open(subject),
        parked: outcome::parked(review),
        unseen: outcome::unseen(subject),
        problems: subject.problems.iter().map(|problem| problem_row(subject, problem)).collect(),
        proof: proof::proof(subject),
        meetings: outcome::meetings(review),
    }
}

fn head(subject: &Subject<'_>) -> Head {
    let head = &subject.review.head;
    let title = [&head.title, &head.system].into_iter().flatten().find(|text| !text.trim().is_empty());
    Head {
        title: title.map_or_else(|| subject.file.to_owned(), Clone::clone),
        system: head.system.clone(),
        status: head.status.map(crate::model::ReviewStatus::word),
        date: head.date.map(|date| date.to_string()),
        facilitator: head.facilitator.clone(),
        participants: head.participants.clone().unwrap_or_default(),
        scope: head.scope.clone(),
    }
}

fn problem_row(subject: &Subject<'_>, problem: &Problem) -> ProblemRow {
    let Position { line, column } = subject.source.position(subject.text, problem.span.start);
    ProblemRow {
        line,
        column,
        gravity: gravity(problem.gravity),
        kind: problem.kind.name(),
        message: problem.message.clone(),
        help: problem.help.clone(),
    }
}

/// The word of a gravity.
pub(super) fn gravity(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Error => "error",
        Gravity::Warning => "warning",
    }
}

/// A multiple of today's load, with its range where the inputs were ranges: `3× (2.5×–3.4×)`.
pub(super) fn times(span: &Span) -> String {
    let one = |value: f64| {
        if value.is_finite() { format!("{}×", significant(value, 3)) } else { "no known limit".to_owned() }
    };
    if span.is_range() && one(span.low) != one(span.high) {
        format!("{} ({}–{})", one(span.likely), one(span.low), one(span.high))
    } else {
        one(span.likely)
    }
}

/// A share of 1 in percent; may be above 100.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", significant(share * 100.0, 3))
}

/// A declared value with its mark.
pub(super) fn declared(value: impl std::fmt::Display) -> String {
    format!("{value} d")
}
