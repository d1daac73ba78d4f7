//! `analyze()`: the one entry that the workbench, the command line and the tests share.
//!
//! Pure: no clock, no file, no server. Must not know who asks.

mod promise;
mod references;
mod remedy;

pub use promise::{Promise, PromiseState};

use crate::capacity::Capacity;
use crate::graph::SystemGraph;
use crate::knowledge::InForce;
use crate::model::{Evidence, Problem, Review};
use crate::rules::{self, CannotTell, FailedRule, Finding, Severity, Summary, UnknownSelector};
use jiff::civil::Date;
use std::collections::BTreeMap;

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
    /// The method that the review's references are checked against.
    pub knowledge: InForce,
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
            knowledge: InForce::default(),
        }
    }
}

/// Everything that follows from a review.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// What saturates, when and why.
    pub capacity: Capacity,
    /// The line that is always on screen.
    pub promise: Promise,
    /// What the rules found: what hurts most in front.
    pub findings: Vec<Finding>,
    /// What the rules could not decide.
    pub cannot_tell: Vec<CannotTell>,
    /// Rules that stopped with an error of their own and answered nothing.
    pub failed_rules: Vec<FailedRule>,
    /// How many of each.
    pub summary: Summary,
    /// Selectors of the settings that name no rule.
    pub unknown_selectors: Vec<UnknownSelector>,
    /// What is wrong with references into the method's knowledge (questions, patterns).
    pub problems: Vec<Problem>,
}

/// Analyses a review. Deterministic; milliseconds for a thousand components.
pub fn analyze(review: &Review, evidence: &Evidence, settings: &Settings) -> Analysis {
    let graph = SystemGraph::new(review);
    let capacity = crate::capacity::compute(review, &graph, settings.load);
    let promise = Promise::of(review, &capacity);
    let options = rules::Options {
        select: settings.select.clone(),
        ignore: settings.ignore.clone(),
        severities: settings.severities.clone(),
        thresholds: settings.thresholds.clone(),
        knowledge: settings.knowledge.clone(),
        ..rules::Options::new(settings.today)
    };
    let outcome = rules::run(review, &graph, &capacity, evidence, &options);
    Analysis {
        capacity,
        promise,
        findings: outcome.findings,
        cannot_tell: outcome.cannot_tell,
        failed_rules: outcome.failed,
        summary: outcome.summary,
        unknown_selectors: outcome.unknown_selectors,
        problems: references::problems(review, &settings.knowledge),
    }
}
