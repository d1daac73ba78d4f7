//! `analyze()`: the one entry that the workbench, the command line and the tests share.
//!
//! Pure: no clock, no file, no server. Must not know who asks.

mod derived;
pub mod difference;
mod members;
mod mend;
mod promise;
mod references;
mod remedy;
mod scorecard;
mod sizing;
mod words;

pub use derived::{Citation, Contradiction, Derived, DerivedAnswer, MissingKey};
pub use mend::{Made, Mended, mend};
pub use promise::{Promise, PromiseState};
pub use scorecard::{Check, Mover, Moves, Scale, ScoreLine, Scorecard, Verdict};
pub use sizing::{Depth, SizeReason, Sizing, Skipped, Weighs};

use crate::capacity::Capacity;
use crate::graph::SystemGraph;
use crate::knowledge::InForce;
use crate::model::{Evidence, Problem, Review};
use crate::reliability::Reliability;
use crate::rules::{
    self, CannotTell, FailedRule, Finding, MOST_OF_A_RULE, Ratchet, RuleInfo, Severity, Summary, Tally, UnknownSelector,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What an analysis depends on besides the review and what was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The day for which expiries and due dates are judged.
    pub today: Date,
    /// The multiple of today's load the capacity figures are for.
    pub load: f64,
    /// Rules to run (codes, names or prefixes); empty is all.
    pub select: Vec<String>,
    /// Rules not to run.
    pub ignore: Vec<String>,
    /// Severities other than the rules' own, by code.
    pub severities: BTreeMap<String, Severity>,
    /// Thresholds other than the rules' own, by `CODE.key` (`KP201.hops`).
    pub thresholds: BTreeMap<String, f64>,
    /// Ids of findings that were there before: they are marked, and do not count.
    pub baseline: BTreeSet<String>,
    /// So many findings of one rule are listed, and so many that it could not tell; all are counted.
    pub most: usize,
    /// Whether a baseline is to be written, which holds the ids of all findings, listed or not. With a baseline they are
    /// always there.
    pub ids: bool,
    /// The method that the review's references are checked against.
    pub knowledge: InForce,
    /// Whether to go on to the questions: derived answers, the size of the review, the scorecard. A gate needs none of
    /// them, nor the method's files that they are read from; they are empty then.
    pub overview: bool,
}

impl Settings {
    /// All rules at today's load, with the embedded method.
    pub fn new(today: Date) -> Self {
        Self {
            today,
            load: 1.0,
            select: Vec::new(),
            ignore: Vec::new(),
            severities: BTreeMap::new(),
            thresholds: BTreeMap::new(),
            baseline: BTreeSet::new(),
            most: MOST_OF_A_RULE,
            ids: true,
            knowledge: InForce::default(),
            overview: true,
        }
    }
}

/// Everything that follows from a review.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// What saturates, when and why.
    pub capacity: Capacity,
    /// What each flow can promise by its dependencies and policies.
    pub reliability: Reliability,
    /// The line that is always on screen.
    pub promise: Promise,
    /// What the rules found: what hurts most in front.
    pub findings: Vec<Finding>,
    /// What the rules could not decide: no more of a rule than are listed, see [`Self::cannot_tell_left_out`].
    pub cannot_tell: Vec<CannotTell>,
    /// The rules that were asked, by code.
    pub rules: Vec<&'static RuleInfo>,
    /// Thresholds other than the rules' own that were used, by `CODE.key`.
    pub thresholds: BTreeMap<String, f64>,
    /// Rules that stopped with an error of their own and answered nothing.
    pub failed_rules: Vec<FailedRule>,
    /// How many of each, listed or not.
    pub summary: Summary,
    /// What each rule that answered said, by code.
    pub per_rule: BTreeMap<&'static str, Tally>,
    /// What a baseline written now would hold, and which ids of the present one it would not.
    pub ratchet: Ratchet,
    /// Selectors of the settings that name no rule.
    pub unknown_selectors: Vec<UnknownSelector>,
    /// What is wrong with references into the method's knowledge (questions, patterns).
    pub problems: Vec<Problem>,
    /// The questions that the review answers by itself, and the answers in the file that it speaks against.
    pub derived: Derived,
    /// How much review the system deserves, and what that leaves out.
    pub sizing: Sizing,
    /// The axes and dimensions with what moves them.
    pub scorecard: Scorecard,
}

impl Analysis {
    /// The rules that could not tell more often than is listed, by code, and how much more often.
    pub fn cannot_tell_left_out(&self) -> BTreeMap<&'static str, usize> {
        let mut left_out: BTreeMap<&'static str, usize> =
            self.per_rule.iter().map(|(code, tally)| (*code, tally.cannot_tell)).collect();
        for doubt in &self.cannot_tell {
            if let Some(count) = left_out.get_mut(doubt.code) {
                *count = count.saturating_sub(1);
            }
        }
        left_out.retain(|_, count| *count > 0);
        left_out
    }
}

/// Analyses a review. Deterministic; milliseconds for a thousand components.
pub fn analyze(review: &Review, evidence: &Evidence, settings: &Settings) -> Analysis {
    let graph = SystemGraph::new(review);
    let capacity = crate::capacity::compute(review, &graph, settings.load);
    let reliability = crate::reliability::compute(review, &graph);
    let promise = Promise::of(review, &capacity);
    let options = rules::Options {
        select: settings.select.clone(),
        ignore: settings.ignore.clone(),
        severities: settings.severities.clone(),
        thresholds: settings.thresholds.clone(),
        baseline: settings.baseline.clone(),
        most: settings.most,
        ids: settings.ids,
        knowledge: settings.knowledge.clone(),
        ..rules::Options::new(settings.today)
    };
    let outcome = rules::run(review, &graph, &capacity, &reliability, evidence, &options);
    let (derived, sizing, scorecard) = if settings.overview {
        overview(review, &graph, &capacity, evidence, &outcome, settings)
    } else {
        Default::default()
    };
    Analysis {
        capacity,
        reliability,
        promise,
        findings: outcome.findings,
        cannot_tell: outcome.cannot_tell,
        rules: outcome.rules,
        thresholds: options.thresholds,
        failed_rules: outcome.failed,
        summary: outcome.summary,
        per_rule: outcome.per_rule,
        ratchet: outcome.ratchet,
        unknown_selectors: outcome.unknown_selectors,
        problems: references::problems(review, &settings.knowledge),
        derived,
        sizing,
        scorecard,
    }
}

/// What the review answers by itself, how much review it deserves, and how it scores.
fn overview(
    review: &Review,
    graph: &SystemGraph,
    capacity: &Capacity,
    evidence: &Evidence,
    outcome: &rules::Outcome,
    settings: &Settings,
) -> (Derived, Sizing, Scorecard) {
    let members = members::Members::new(review, graph);
    let ground = derived::Ground::new(
        &members,
        capacity,
        evidence,
        &outcome.per_rule,
        &outcome.findings,
        &outcome.cannot_tell,
        settings.today,
    );
    let derived = derived::derive(&ground, review, &settings.knowledge);
    let sizing = sizing::size(&members, &derived, &settings.knowledge);
    let scorecard = scorecard::score(&scorecard::Told {
        review,
        knowledge: &settings.knowledge,
        findings: &outcome.findings,
        cannot_tell: &outcome.cannot_tell,
        failed: &outcome.failed,
        per_rule: &outcome.per_rule,
        derived: &derived,
        sizing: &sizing,
        nothing_described: members.nothing_described(),
    });
    (derived, sizing, scorecard)
}
