//! The questions of the method with the answers of the review.

use crate::knowledge::{Knowledge, Question};
use crate::model::{Answer, AnswerWord, Review};
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
    /// The answers, in the order of the questions.
    pub answers: Vec<AnswerRow>,
    /// How many are answered `yes`, `no` or `partly`.
    pub answered: usize,
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
}

pub(super) fn questions(review: &Review, knowledge: &Knowledge) -> Vec<QuestionGroup> {
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
        let rows =
            questions.iter().filter_map(|question| Some(row(answers.get(question.id.as_str())?, Some(question))));
        let rows: Vec<AnswerRow> = rows.collect();
        if !step && rows.is_empty() {
            continue;
        }
        let unanswered = questions.iter().map(|question| &question.id).filter(|id| !answers.contains_key(id.as_str()));
        groups.push(group(title, step, rows, unanswered.cloned().collect()));
    }
    let strangers = review.answers.iter().filter(|answer| !known.contains(answer.question()));
    let strangers: Vec<AnswerRow> = strangers.map(|answer| row(answer, None)).collect();
    if !strangers.is_empty() {
        groups.push(group("Answers to questions of our own".to_owned(), false, strangers, Vec::new()));
    }
    groups
}

fn group(title: String, step: bool, rows: Vec<AnswerRow>, mut unanswered: Vec<String>) -> QuestionGroup {
    let count = |words: &[AnswerWord]| {
        rows.iter().filter(|row| words.iter().any(|word| Some(word.word()) == row.answer)).count()
    };
    let unanswered_more = unanswered.len().saturating_sub(MOST_NAMES);
    let asked = rows.len() + unanswered.len();
    unanswered.truncate(MOST_NAMES);
    QuestionGroup {
        title,
        step,
        asked,
        answered: count(&[AnswerWord::Yes, AnswerWord::No, AnswerWord::Partly]),
        unknown: count(&[AnswerWord::Unknown]),
        not_applicable: count(&[AnswerWord::NotApplicable]),
        answers: rows,
        unanswered,
        unanswered_more,
    }
}

fn row(answer: &Answer, question: Option<&Question>) -> AnswerRow {
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
    }
}
