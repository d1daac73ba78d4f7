//! The shapes of the method's data, as they stand in `checklists/`.
//!
//! Plain data: knows neither files nor how it was merged. Every text is in the words of this project and ready for a
//! screen; `see` holds [references](super::Target) of the form `kind:id`.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Who can answer a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// The program answers, and cites the element or the number it did so from.
    Derived,
    /// The program drafts an answer; a person confirms it with one key.
    Confirm,
    /// Only people know.
    Ask,
}

/// Where a question belongs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Home {
    /// The step with this number, 1 to 5.
    Step(u8),
    /// The checklist with this id.
    Checklist(String),
}

impl Default for Home {
    fn default() -> Self {
        Self::Checklist(String::new())
    }
}

/// A question of a step or an item of a checklist.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Question {
    /// What `answer.question` in a review quotes: `fast-path.timeouts`, `caching.stampede`. Unique over the whole bank.
    pub id: String,
    /// The question, or for a checklist the statement that should be true.
    pub text: String,
    /// Why it is asked.
    pub why: String,
    /// Who can answer it.
    pub class: Class,
    /// Keys of the review format that hold the answer: `dependency.timeout`.
    #[serde(default)]
    pub fills: Vec<String>,
    /// Codes of the rules that check it.
    #[serde(default)]
    pub rules: Vec<String>,
    /// What decides it without people: [`Decider`](super::Decider)s in words.
    #[serde(default)]
    pub decided_by: Vec<String>,
    /// What it is about ([`Among`](super::Among) in words): it does not apply where the review has none of these.
    #[serde(default)]
    pub applies: Vec<String>,
    /// The axes and dimensions its answer moves, besides those of its rules.
    #[serde(default)]
    pub serves: Vec<String>,
    /// Whether it is asked in a quick review too.
    #[serde(default)]
    pub quick: bool,
    /// When it need not be asked.
    #[serde(default)]
    pub skip: Option<String>,
    /// What the program can find out by itself.
    #[serde(default)]
    pub auto: Option<String>,
    /// What to do when nobody knows.
    #[serde(default)]
    pub unknown: Option<String>,
    /// Where else the answer lives: outside the review, or in another part of the program.
    #[serde(default)]
    pub found_in: Option<String>,
    /// The step or checklist it belongs to.
    #[serde(skip)]
    pub home: Home,
}

/// One of the five steps of a review.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Step {
    /// The prefix of its questions: `targets`, `fast-path`, `bottleneck`, `failure`, `proof`.
    pub id: String,
    /// 1 to 5.
    pub number: u8,
    /// Short heading.
    pub title: String,
    /// Two sentences for the coach.
    pub purpose: String,
    /// What a facilitator says to begin.
    pub opening: String,
    /// Tables and keys of the review format that the step fills.
    pub records: Vec<String>,
    /// Signs that the step is complete.
    pub done: Vec<String>,
    /// Its questions, in the order in which they are asked.
    #[serde(skip)]
    pub questions: Vec<Question>,
}

/// A checklist.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Checklist {
    /// The prefix of its items, and the name of its file.
    pub id: String,
    /// Short heading.
    pub title: String,
    /// Two sentences for the coach.
    pub purpose: String,
    /// What it is about: it does not apply where the review has none of these.
    #[serde(default)]
    pub applies: Vec<String>,
    /// The axes and dimensions that its items serve where they do not say so themselves and no rule checks them.
    #[serde(default)]
    pub serves: Vec<String>,
    /// Whether a quick review goes through it.
    #[serde(default)]
    pub quick: bool,
    /// Its items.
    #[serde(skip)]
    pub items: Vec<Question>,
}

/// An architecture pattern, described as the price it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pattern {
    /// What `decision.pattern` in a review quotes.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Group on the screen: async, caching, data, concurrency, reliability, admission, compute, feeds, regions, structure, operability, llm.
    pub family: String,
    /// What it is, in a sentence.
    pub summary: String,
    /// What it is good for.
    pub optimises_for: String,
    /// What breaks first when it is used.
    pub fails_first: String,
    /// What to watch.
    pub measure: Vec<String>,
    /// Simpler things to try before.
    pub prefer_first: Vec<String>,
    /// When it fits.
    pub when: String,
    /// When it does not.
    pub not_when: String,
    /// Codes of related rules.
    #[serde(default)]
    pub rules: Vec<String>,
    /// References.
    #[serde(default)]
    pub see: Vec<String>,
}

/// A criterion of a decision table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Criterion {
    /// The key in `decision.weights` and in an option's `scores`.
    pub id: String,
    /// What is scored.
    pub text: String,
}

/// A way to decide.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DecisionOption {
    /// Unique within its table.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// The pattern it uses, if it is one.
    #[serde(default)]
    pub pattern: Option<String>,
    /// When to choose it.
    pub when: String,
    /// What it costs.
    pub price: String,
    /// What breaks first.
    pub fails_first: String,
    /// What to watch.
    pub measure: Vec<String>,
    /// A score from 1 (worst) to 5 (best) for each criterion of the table: a starting point, to be changed by the team.
    pub scores: BTreeMap<String, u8>,
}

/// Options against criteria.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DecisionTable {
    /// Unique id.
    pub id: String,
    /// Short heading.
    pub title: String,
    /// The question it answers.
    pub question: String,
    /// What to consider before looking at scores.
    pub advice: String,
    /// The columns.
    pub criteria: Vec<Criterion>,
    /// The rows.
    #[serde(rename = "option")]
    pub options: Vec<DecisionOption>,
    /// Codes of related rules.
    #[serde(default)]
    pub rules: Vec<String>,
    /// References.
    #[serde(default)]
    pub see: Vec<String>,
}

/// What a kind of failure looks like.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Signature {
    /// Unique id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// The likely cause.
    pub cause: String,
    /// What metrics show.
    pub metrics: Vec<String>,
    /// What traces show.
    pub traces: Vec<String>,
    /// What logs show.
    pub logs: Vec<String>,
    /// What to do first, in order.
    pub first_moves: Vec<String>,
    /// Codes of related rules.
    #[serde(default)]
    pub rules: Vec<String>,
    /// References.
    #[serde(default)]
    pub see: Vec<String>,
}

/// A principle of design.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Principle {
    /// Unique id.
    pub id: String,
    /// Short heading.
    pub title: String,
    /// What it says.
    pub text: String,
    /// What happens in production where it is not followed.
    pub why_it_fails: String,
    /// How it is put into practice.
    pub points: Vec<String>,
    /// Codes of the rules that check it.
    pub rules: Vec<String>,
    /// Ids of the questions that check it.
    pub questions: Vec<String>,
    /// References.
    #[serde(default)]
    pub see: Vec<String>,
}

/// A habit that destroys scalability.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AntiPattern {
    /// Unique id.
    pub id: String,
    /// Short heading.
    pub title: String,
    /// What it is and what it does.
    pub text: String,
    /// What to do in its place.
    pub instead: String,
    /// Codes of the rules that find it.
    pub rules: Vec<String>,
    /// References.
    #[serde(default)]
    pub see: Vec<String>,
}

/// Any other piece of the method: a dimension, an axis, a layer, a phase, an answer to a common question …
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Topic {
    /// Unique within its group.
    pub id: String,
    /// Short heading.
    pub title: String,
    /// What it says.
    pub text: String,
    /// Details, one a line.
    #[serde(default)]
    pub points: Vec<String>,
    /// Codes of related rules.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Ids of related questions.
    #[serde(default)]
    pub questions: Vec<String>,
    /// References.
    #[serde(default)]
    pub see: Vec<String>,
}

/// A word of the field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Term {
    /// Unique id.
    pub id: String,
    /// The word.
    pub word: String,
    /// Other words for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it means.
    pub text: String,
    /// References.
    #[serde(default)]
    pub see: Vec<String>,
}

/// The parts of the method that are neither questions nor patterns nor principles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guidance {
    /// Metric families: throughput, latency percentiles, availability and budget, saturation.
    pub metrics: Vec<Topic>,
    /// How growth becomes a number: model, curve, knee, efficiency, Little's law.
    pub quantification: Vec<Topic>,
    /// Layers of the reference blueprint, from the edge inwards.
    pub layers: Vec<Topic>,
    /// The blueprint as a walk, hop by hop.
    pub hops: Vec<Topic>,
    /// Phases of a migration, in order.
    pub phases: Vec<Topic>,
    /// Levels of load tests, from the smallest.
    pub test_levels: Vec<Topic>,
    /// Common questions.
    pub faq: Vec<Topic>,
    /// What a coach would say.
    pub advice: Vec<Topic>,
}

/// Everything in `catalogue/principles.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Method {
    pub(super) principles: Vec<Principle>,
    pub(super) dimensions: Vec<Topic>,
    pub(super) axes: Vec<Topic>,
    pub(super) antipatterns: Vec<AntiPattern>,
    pub(super) guidance: Guidance,
}

/// Everything in `catalogue/decisions.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Decisions {
    pub(super) rule: String,
    pub(super) tables: Vec<DecisionTable>,
}
