//! Questions that the review answers by itself: what decides each stands beside it in the method, and every answer
//! cites the elements, keys and findings it rests on.
//!
//! A derived answer is never in the file: a person accepts it, or says something else, which then holds; where the two
//! disagree, both are shown. Must not know how any of it is shown.

mod computed;
mod vote;

use super::members::Members;
use crate::capacity::Capacity;
use crate::knowledge::{Class, Knowledge, Question};
use crate::model::{AnswerSource, AnswerWord, EntityKind, EntityRef, Evidence, Review, TriageStatus};
use crate::rules::{CannotTell, Finding, Severity, Standing, Tally};
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};
use vote::Vote;

/// More places than this are counted, not listed.
const MOST_CITED: usize = 6;

/// A sentence names no more than this.
const MOST_SHORT: usize = 3;

/// A place that an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// What stands there: `api -> db: timeout 250 ms`, or a finding's identity.
    pub text: String,
    /// The entity of the file.
    pub entity: Option<EntityRef>,
    /// The keys of the entity.
    pub keys: Vec<String>,
    /// The finding, by its position in the analysis.
    pub finding: Option<usize>,
}

/// A key without which a question cannot be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingKey {
    /// The whole key: `component.recovery.rpo`; or a table, `load_test`.
    pub key: String,
    /// Where, as a name; empty where it is about the whole review.
    pub at: String,
    /// The entity of the file.
    pub entity: Option<EntityRef>,
}

/// An answer that follows from the review or from what was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedAnswer {
    /// The question.
    pub question: String,
    /// `yes`, `no`, `partly` or `unknown`.
    pub answer: AnswerWord,
    /// The model, or the metrics.
    pub source: AnswerSource,
    /// Whether it is a draft: the method wants a person to confirm it.
    pub draft: bool,
    /// What decided it, with counts, in a clause for each decider.
    pub says: String,
    /// What it rests on, at most a few; what speaks against first. Empty only where all there is to cite is missing.
    pub cites: Vec<Citation>,
    /// How many of `cites`, from the first, speak against.
    pub against: usize,
    /// How often something speaks against, listed or not.
    pub fails: usize,
    /// How many places are not listed.
    pub cites_more: usize,
    /// What is missing, at most a few.
    pub missing: Vec<MissingKey>,
    /// How many missing keys are not listed.
    pub missing_more: usize,
}

impl DerivedAnswer {
    /// What it rests on, in a line: the places, and what is missing.
    pub fn evidence(&self) -> String {
        self.cited(0..self.cites.len(), MOST_CITED)
    }

    /// [`DerivedAnswer::evidence`] with the two or three places that decide: what speaks against, where anything does.
    pub fn in_short(&self) -> String {
        let shown = match (self.against, self.missing.is_empty()) {
            (0, true) => 0..MOST_SHORT,
            (0, false) => 0..0,
            (against, _) => 0..against.min(MOST_SHORT),
        };
        self.cited(shown, MOST_SHORT)
    }

    /// Some of the places, and so many of the missing keys; the others are counted.
    fn cited(&self, shown: std::ops::Range<usize>, most: usize) -> String {
        let more = |count: usize| if count > 0 { format!(" and {count} more") } else { String::new() };
        let places = self.cites.get(shown.start..shown.end.min(self.cites.len())).unwrap_or_default();
        let mut parts = Vec::new();
        if !places.is_empty() {
            let all = if self.against > 0 && shown.end <= self.against {
                self.fails
            } else {
                self.cites.len() + self.cites_more
            };
            let texts: Vec<&str> = places.iter().map(|cite| cite.text.as_str()).collect();
            parts.push(format!("{}{}", texts.join("; "), more(all.saturating_sub(places.len()))));
        }
        if !self.missing.is_empty() {
            let missing: Vec<String> = self.missing.iter().take(most).map(MissingKey::to_string).collect();
            let left_out = self.missing.len() - missing.len() + self.missing_more;
            parts.push(format!("missing: {}{}", missing.join(", "), more(left_out)));
        }
        parts.join("; ")
    }
}

impl std::fmt::Display for MissingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.at.is_empty() { f.write_str(&self.key) } else { write!(f, "{} of {}", self.key, self.at) }
    }
}

/// An answer in the file that the review itself speaks against.
#[derive(Debug, Clone, PartialEq)]
pub struct Contradiction {
    /// The question.
    pub question: String,
    /// The answer in the file, by position.
    pub index: usize,
    /// What stands in the file.
    pub said: AnswerWord,
    /// What follows from the review.
    pub derived: AnswerWord,
    /// "answered yes, but the model says no: KP203@api->payments".
    pub text: String,
}

/// Every answer that follows from the review.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Derived {
    answers: Vec<DerivedAnswer>,
    positions: HashMap<String, usize>,
    /// Answers in the file that it speaks against, in the order of the questions.
    pub contradictions: Vec<Contradiction>,
}

impl Derived {
    /// The answers, in the order of the questions.
    pub fn answers(&self) -> &[DerivedAnswer] {
        &self.answers
    }

    /// The answer to a question, where it can be decided.
    pub fn get(&self, question: &str) -> Option<&DerivedAnswer> {
        self.answers.get(*self.positions.get(question)?)
    }

    /// What speaks against the answer in the file.
    pub fn contradiction(&self, question: &str) -> Option<&Contradiction> {
        self.contradictions.iter().find(|one| one.question == question)
    }
}

/// What the deciders look at.
pub(super) struct Ground<'a> {
    pub(super) members: &'a Members<'a>,
    pub(super) capacity: &'a Capacity,
    pub(super) today: Date,
    per_rule: &'a BTreeMap<&'static str, Tally>,
    findings: HashMap<&'static str, Vec<usize>>,
    all_findings: &'a [Finding],
    cannot_tell: HashMap<&'static str, Vec<&'a CannotTell>>,
    /// By what it is about and its signal: the measure in the file.
    measures: HashMap<(String, &'a str), usize>,
    measured: HashMap<(String, &'a str), f64>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(
        members: &'a Members<'a>,
        capacity: &'a Capacity,
        evidence: &'a Evidence,
        per_rule: &'a BTreeMap<&'static str, Tally>,
        all_findings: &'a [Finding],
        undecided: &'a [CannotTell],
        today: Date,
    ) -> Self {
        let mut findings: HashMap<&'static str, Vec<usize>> = HashMap::new();
        for (index, finding) in all_findings.iter().enumerate() {
            if speaks_against(finding) {
                findings.entry(finding.code).or_default().push(index);
            }
        }
        let mut cannot_tell: HashMap<&'static str, Vec<&CannotTell>> = HashMap::new();
        for one in undecided {
            cannot_tell.entry(one.code).or_default().push(one);
        }
        let mut measures = HashMap::new();
        for (index, measure) in members.review.measures.iter().enumerate() {
            let signal = measure.signal.as_deref().unwrap_or_default();
            measures.entry((vote::place(measure.at()), signal)).or_insert(index);
        }
        let numbers = evidence.measurements.iter().filter_map(|one| {
            let value = one.value.filter(|value| value.is_finite())?;
            Some(((one.element.compact(), one.signal.as_str()), value))
        });
        let measured = numbers.collect();
        Self { members, capacity, today, per_rule, findings, all_findings, cannot_tell, measures, measured }
    }
}

/// Whether a finding is a "no": a note only observes, and a false positive is the rule's mistake, as people said.
pub(super) fn speaks_against(finding: &Finding) -> bool {
    let wrong = |mark: &crate::rules::TriageMark| mark.status == TriageStatus::FalsePositive;
    finding.severity > Severity::Note && !matches!(&finding.standing, Standing::Triaged(mark) if wrong(mark))
}

/// Everything that follows from the review, and what in the file it speaks against.
pub(super) fn derive(ground: &Ground<'_>, review: &Review, knowledge: &Knowledge) -> Derived {
    let mut derived = Derived::default();
    // Where nothing is described nothing follows from it: not even that a number is missing.
    if ground.members.nothing_described() {
        return derived;
    }
    let mut said: HashMap<&str, usize> = HashMap::new();
    for (index, answer) in review.answers.iter().enumerate() {
        said.insert(answer.question(), index);
    }
    for question in knowledge.questions() {
        let Some(answer) = answer(ground, question) else { continue };
        let in_file = said.get(question.id.as_str()).and_then(|index| Some((*index, review.answers.get(*index)?)));
        if let Some((index, in_file)) = in_file
            && let Some(word) = in_file.answer
            && disagree(word, answer.answer)
        {
            let by_model = in_file.source == Some(AnswerSource::Model);
            derived.contradictions.push(contradiction(index, word, by_model, &answer));
        }
        derived.positions.insert(question.id.clone(), derived.answers.len());
        derived.answers.push(answer);
    }
    derived
}

/// Whether two answers cannot both be right. Who does not know contradicts nobody, and "partly" leaves room for both.
fn disagree(said: AnswerWord, derived: AnswerWord) -> bool {
    use AnswerWord::{No, NotApplicable, Partly, Unknown, Yes};
    match (said, derived) {
        (Yes | NotApplicable, No | Partly) | (No, Yes) => true,
        (_, Unknown | NotApplicable) | (Unknown | Partly, _) | (Yes | NotApplicable, Yes) | (No, No | Partly) => false,
    }
}

fn contradiction(index: usize, said: AnswerWord, by_model: bool, derived: &DerivedAnswer) -> Contradiction {
    let from = if derived.source == AnswerSource::Metrics { "metrics say" } else { "model says" };
    let said_words = if said == AnswerWord::NotApplicable { "not applicable" } else { said.word() };
    let start = if by_model {
        format!("the model once said {said_words}, and now says {}", derived.answer.word())
    } else {
        format!("answered {said_words}, but the {from} {}", derived.answer.word())
    };
    let text = format!("{start}: {}", derived.in_short());
    Contradiction { question: derived.question.clone(), index, said, derived: derived.answer, text }
}

/// The answer to a question, where everything that decides it could be asked and something of it is there.
fn answer(ground: &Ground<'_>, question: &Question) -> Option<DerivedAnswer> {
    let deciders: Vec<_> =
        question.decided_by.iter().filter_map(|text| crate::knowledge::Decider::parse(text)).collect();
    if deciders.is_empty() {
        return None;
    }
    let votes: Vec<Vote> = deciders.iter().map(|decider| vote::cast(ground, decider)).collect();
    let fails: usize = votes.iter().map(|vote| vote.fails).sum();
    let holds: usize = votes.iter().map(|vote| vote.holds).sum();
    let unsaid: usize = votes.iter().map(|vote| vote.unsaid).sum();
    if fails + holds + unsaid == 0 || (fails == 0 && votes.iter().any(|vote| vote.not_run)) {
        return None;
    }
    let word = match (fails, unsaid) {
        (1.., _) if holds > 0 => AnswerWord::Partly,
        (1.., _) => AnswerWord::No,
        (0, 0) => AnswerWord::Yes,
        // What a rule cannot tell is open; a statement that some make and some do not is made in part.
        _ if votes.iter().any(|vote| vote.unsaid > 0 && (vote.strict || vote.holds == 0)) => AnswerWord::Unknown,
        _ => AnswerWord::Partly,
    };
    let speaking: Vec<&Vote> = votes.iter().filter(|vote| vote.fails + vote.holds + vote.unsaid > 0).collect();
    let mut clauses: Vec<&str> = Vec::new();
    for vote in &speaking {
        if !clauses.contains(&vote.says.as_str()) {
            clauses.push(&vote.says);
        }
    }
    let says = clauses.join("; ");
    let against = votes.iter().flat_map(|vote| &vote.against);
    let mut cites: Vec<Citation> = against.chain(votes.iter().flat_map(|vote| &vote.holding)).cloned().collect();
    let mut all = fails + votes.iter().map(|vote| vote.cited_holds).sum::<usize>();
    if cites.is_empty() && holds > 0 {
        // Rules that pass say how often, not where: the keys they read, which the question names, do.
        (cites, all) = filled(ground, question);
    }
    cites.truncate(MOST_CITED);
    let mut missing: Vec<MissingKey> = Vec::new();
    for key in votes.iter().flat_map(|vote| &vote.missing) {
        if !missing.contains(key) {
            missing.push(key.clone());
        }
    }
    let unlisted = unsaid.saturating_sub(votes.iter().map(|vote| vote.missing.len()).sum::<usize>());
    let missing_more = unlisted + missing.len().saturating_sub(MOST_CITED);
    missing.truncate(MOST_CITED);
    if cites.is_empty() && missing.is_empty() {
        return None;
    }
    let against = votes.iter().map(|vote| vote.against.len()).sum::<usize>().min(cites.len());
    let measured = !speaking.is_empty() && speaking.iter().all(|vote| vote.measured);
    Some(DerivedAnswer {
        question: question.id.clone(),
        answer: word,
        source: if measured { AnswerSource::Metrics } else { AnswerSource::Model },
        draft: question.class != Class::Derived,
        says,
        cites_more: all.saturating_sub(cites.len()),
        missing_more,
        cites,
        against,
        fails,
        missing,
    })
}

/// The places where the keys that hold a question's answer stand, the first few and how many there are.
fn filled(ground: &Ground<'_>, question: &Question) -> (Vec<Citation>, usize) {
    let (mut cites, mut all) = (Vec::new(), 0);
    let review = ground.members.review;
    for key in &question.fills {
        let mut keys = key.split('.');
        let Some(kind) = keys.next().and_then(EntityKind::of_table) else { continue };
        let keys: Vec<&str> = keys.collect();
        for index in 0..review.count(kind) {
            let entity = EntityRef::new(kind, index);
            let Some(said) = review.said(entity, &keys) else { continue };
            all += 1;
            if cites.len() < MOST_CITED {
                cites.push(vote::citation(ground.members, entity, &keys, &said));
            }
        }
    }
    (cites, all)
}
