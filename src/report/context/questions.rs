//! The questions of the method with the answers of the review, and those that follow from it.

use super::Subject;
use crate::analysis::{DerivedAnswer, MissingKey};
use crate::knowledge::Question;
use crate::model::{Answer, AnswerWord};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// More names than this are counted, not listed.
const MOST_NAMES: usize = 40;

/// The answers of a step or checklist.
#[derive(Debug, Clone, Serialize)]
pub struct QuestionGroup {
    /// Its heading.
    pub title: String,
    /// Whether it is a step.
    pub step: bool,
    /// How many questions it has.
    pub asked: usize,
    /// The answers, in the order of the questions: those of the file, and those that follow from it.
    pub answers: Vec<AnswerRow>,
    /// How many the file answers `yes`, `no` or `partly`.
    pub answered: usize,
    /// How many follow from the review or the metrics, and are not in the file.
    pub derived: usize,
    /// How many are left out, because they do not apply or the review is a quick one.
    pub skipped: usize,
    /// The questions that the review would answer if it said more.
    pub cannot_tell: Vec<UndecidedRow>,
    /// How many nobody knows.
    pub unknown: usize,
    /// How many do not apply.
    pub not_applicable: usize,
    /// The ids of the questions without an answer.
    pub unanswered: Vec<String>,
    /// How many ids are left out of `unanswered`.
    pub unanswered_more: usize,
}

/// An answer.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerRow {
    /// The question's id.
    pub id: String,
    /// The question; `null` where the method has no such question.
    pub question: Option<String>,
    /// `yes`, `no`, `partly`, `not-applicable`, `unknown`; `null` where the file has no answer that can be read.
    pub answer: Option<&'static str>,
    /// Why it does not apply.
    pub reason: Option<String>,
    /// What was said.
    pub note: Option<String>,
    /// What shows it.
    pub evidence: Option<String>,
    /// `model`, `metrics` or `people`.
    pub source: Option<&'static str>,
    /// Who said so.
    pub by: Option<String>,
    /// When.
    pub date: Option<String>,
    /// Whether it follows from the review and is not in the file.
    pub derived: bool,
    /// Whether it is derived and the method wants a person to confirm it.
    pub draft: bool,
    /// Where the review speaks against the answer in the file: how.
    pub contradiction: Option<String>,
}

/// A question that cannot be decided without a key.
#[derive(Debug, Clone, Serialize)]
pub struct UndecidedRow {
    /// The question's id.
    pub id: String,
    /// The keys that are missing, with where.
    pub missing: Vec<String>,
    /// How many of them are left out.
    pub missing_more: usize,
}

pub(super) fn questions(subject: &Subject<'_>) -> Vec<QuestionGroup> {
    let (review, knowledge) = (subject.review, subject.knowledge);
    let mut answers: HashMap<&str, &Answer> = HashMap::new();
    for answer in &review.answers {
        answers.entry(answer.question()).or_insert(answer);
    }
    let mut known: HashSet<&str> = HashSet::new();
    let mut groups = Vec::new();
    let steps =
        knowledge.steps().iter().map(|step| (true, format!("Step {}: {}", step.number, step.title), &step.questions));
    let lists = knowledge.checklists().iter().map(|list| (false, format!("Checklist: {}", list.title), &list.items));
    for (step, title, questions) in steps.chain(lists) {
        known.extend(questions.iter().map(|question| question.id.as_str()));
        let group = group(subject, title, step, questions, &answers);
        if step || !group.answers.is_empty() || !group.cannot_tell.is_empty() {
            groups.push(group);
        }
    }
    let strangers = review.answers.iter().filter(|answer| !known.contains(answer.question()));
    let strangers: Vec<AnswerRow> = strangers.map(|answer| row(answer, None, None)).collect();
    if !strangers.is_empty() {
        let empty = group(subject, "Answers to questions of our own".to_owned(), false, &[], &answers);
        let asked = strangers.len();
        groups.push(QuestionGroup { asked, ..counted(strangers, empty) });
    }
    groups
}

/// A step or checklist. One that is left out shows what is answered all the same, and nothing else.
fn group(
    subject: &Subject<'_>,
    title: String,
    step: bool,
    questions: &[Question],
    answers: &HashMap<&str, &Answer>,
) -> QuestionGroup {
    let analysis = subject.analysis;
    let (mut rows, mut unanswered, mut cannot_tell, mut skipped) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for question in questions {
        let id = question.id.as_str();
        let derived = analysis.derived.get(id);
        if let Some(answer) = answers.get(id) {
            let contradiction = analysis.derived.contradiction(id).map(|one| one.text.clone());
            rows.push(row(answer, Some(question), contradiction));
        } else if analysis.sizing.skips(id).is_some() {
            skipped += 1;
        } else if let Some(derived) = derived.filter(|derived| derived.answer != AnswerWord::Unknown) {
            rows.push(derived_row(derived, question));
        } else if let Some(derived) = derived {
            cannot_tell.push(UndecidedRow {
                id: id.to_owned(),
                missing: derived.missing.iter().map(MissingKey::to_string).collect(),
                missing_more: derived.missing_more,
            });
        } else {
            unanswered.push(id.to_owned());
        }
    }
    let unanswered_more = unanswered.len().saturating_sub(MOST_NAMES);
    unanswered.truncate(MOST_NAMES);
    let group = QuestionGroup {
        title,
        step,
        asked: questions.len(),
        answered: 0,
        derived: 0,
        skipped,
        unknown: 0,
        not_applicable: 0,
        answers: Vec::new(),
        cannot_tell,
        unanswered,
        unanswered_more,
    };
    counted(rows, group)
}

/// The group with these answers.
fn counted(rows: Vec<AnswerRow>, group: QuestionGroup) -> QuestionGroup {
    let count = |words: &[AnswerWord]| {
        let in_file = rows.iter().filter(|row| !row.derived);
        in_file.filter(|row| words.iter().any(|word| Some(word.word()) == row.answer)).count()
    };
    QuestionGroup {
        answered: count(&[AnswerWord::Yes, AnswerWord::No, AnswerWord::Partly]),
        derived: rows.iter().filter(|row| row.derived).count(),
        unknown: count(&[AnswerWord::Unknown]),
        not_applicable: count(&[AnswerWord::NotApplicable]),
        answers: rows,
        ..group
    }
}

fn row(answer: &Answer, question: Option<&Question>, contradiction: Option<String>) -> AnswerRow {
    AnswerRow {
        id: answer.question().to_owned(),
        question: question.map(|question| question.text.clone()),
        answer: answer.answer.map(AnswerWord::word),
        reason: answer.reason.clone(),
        note: answer.note.clone(),
        evidence: answer.evidence.clone(),
        source: answer.source.map(crate::model::AnswerSource::word),
        by: answer.by.clone(),
        date: answer.date.map(|date| date.to_string()),
        derived: false,
        draft: false,
        contradiction,
    }
}

fn derived_row(derived: &DerivedAnswer, question: &Question) -> AnswerRow {
    AnswerRow {
        id: question.id.clone(),
        question: Some(question.text.clone()),
        answer: Some(derived.answer.word()),
        reason: None,
        note: Some(derived.says.clone()),
        evidence: Some(derived.in_short()),
        source: Some(derived.source.word()),
        by: None,
        date: None,
        derived: true,
        draft: derived.draft,
        contradiction: None,
    }
}
