//! The one engine: runs the chosen rules, completes what they found, applies the ledger, ranks, and counts.
//!
//! Rules decide nothing of this. Linear in the size of the review up to sorting.

use super::baseline::Ratchet;
use super::context::Context;
use super::finding::{CannotTell, Confidence, Fact, FailedRule, Figure, Finding, Severity, Standing, Summary, Tally};
use super::impact::{Impact, Weight};
use super::report::{Drafted, Report};
use super::rule::{Rule, RuleInfo, Stage};
use super::select::{UnknownSelector, chosen};
use super::triage::Ledger;
use crate::capacity::Capacity;
use crate::graph::SystemGraph;
use crate::knowledge::InForce;
use crate::model::{Element, EntityKind, EntityRef, Evidence, Review};
use crate::reliability::Reliability;
use jiff::civil::Date;
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// So many findings of one rule are listed where nobody says otherwise.
pub const MOST_OF_A_RULE: usize = 200;

/// How the rules are run.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The day for which expiries are judged.
    pub today: Date,
    /// Rules to run (codes, names or prefixes); empty is all.
    pub select: Vec<String>,
    /// Rules not to run; wins over `select`.
    pub ignore: Vec<String>,
    /// Severities other than the rules' own, by code.
    pub severities: BTreeMap<String, Severity>,
    /// Thresholds other than the rules' own, by `CODE.key`.
    pub thresholds: BTreeMap<String, f64>,
    /// Ids of findings that were there before and do not count.
    pub baseline: BTreeSet<String>,
    /// The method: its questions and patterns.
    pub knowledge: InForce,
    /// The most findings a rule may have; the rest is counted in one note.
    pub most: usize,
}

impl Options {
    /// All rules as they are declared.
    pub fn new(today: Date) -> Self {
        Self {
            today,
            select: Vec::new(),
            ignore: Vec::new(),
            severities: BTreeMap::new(),
            thresholds: BTreeMap::new(),
            baseline: BTreeSet::new(),
            knowledge: InForce::default(),
            most: MOST_OF_A_RULE,
        }
    }
}

/// What the rules say about a review.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// What was found, what hurts most in front.
    pub findings: Vec<Finding>,
    /// What could not be decided, by code and element.
    pub cannot_tell: Vec<CannotTell>,
    /// How many of each, listed or not.
    pub summary: Summary,
    /// What a baseline written now would hold, and which ids of the present one it would not.
    pub ratchet: Ratchet,
    /// The rules that were asked, by code.
    pub rules: Vec<&'static RuleInfo>,
    /// Rules that stopped with an error of their own.
    pub failed: Vec<FailedRule>,
    /// Selectors that name no rule.
    pub unknown_selectors: Vec<UnknownSelector>,
    /// What each rule that answered said, by code: rules that failed or were not chosen have no entry.
    pub per_rule: BTreeMap<&'static str, Tally>,
}

/// Runs the chosen rules on a review.
pub fn run(
    review: &Review,
    graph: &SystemGraph,
    capacity: &Capacity,
    reliability: &Reliability,
    evidence: &Evidence,
    options: &Options,
) -> Outcome {
    let (rules, unknown_selectors) = chosen(&options.select, &options.ignore);
    let infos = rules.iter().map(|rule| &rule.info).collect();
    let said = run_rules(&rules, review, graph, capacity, reliability, evidence, options);
    Outcome { unknown_selectors, rules: infos, ..said }
}

/// Runs these rules on a review.
fn run_rules(
    rules: &[&'static Rule],
    review: &Review,
    graph: &SystemGraph,
    capacity: &Capacity,
    reliability: &Reliability,
    evidence: &Evidence,
    options: &Options,
) -> Outcome {
    let mut context = Context::new(review, graph, capacity, reliability, evidence, options);
    context.ran = rules.iter().map(|rule| rule.info.code).collect();
    let mut outcome = Outcome::default();
    let mut drafted = Vec::new();
    for stage in [Stage::System, Stage::Ledger, Stage::Last] {
        let mut new = run_stage(&context, rules, stage, &mut outcome);
        for Drafted { finding, .. } in &mut new {
            finding.severity = options.severities.get(finding.code).copied().unwrap_or(finding.severity);
        }
        context.found.extend(new.iter().map(|drafted| (drafted.finding.id.clone(), drafted.finding.severity)));
        drafted.append(&mut new);
    }
    let ledger = Ledger::new(&review.triage);
    for Drafted { finding, .. } in &mut drafted {
        let standing = ledger.standing(finding, options.today);
        let covered = standing.counts() && !matches!(standing, Standing::Expired(_));
        // The ledger goes before the baseline: what was accepted for a time counts when that time is over.
        let baselined = covered && options.baseline.contains(&finding.id);
        finding.standing = if baselined { Standing::Baselined } else { standing };
        count(&mut outcome.summary, finding);
    }
    let judged = rules.iter().map(|rule| rule.info.code);
    let judged = judged.filter(|code| outcome.failed.iter().all(|failed| failed.code != *code)).collect();
    let findings = drafted.iter().map(|drafted| &drafted.finding);
    outcome.ratchet = Ratchet::new(&options.baseline, findings, &outcome.cannot_tell, &judged);
    outcome.findings = ranked(&context, drafted, options.most);
    outcome.cannot_tell.sort_by(|a, b| (a.code, &a.element, &a.missing).cmp(&(b.code, &b.element, &b.missing)));
    outcome.summary.cannot_tell = outcome.cannot_tell.len();
    outcome
}

fn run_stage(context: &Context<'_>, rules: &[&'static Rule], stage: Stage, outcome: &mut Outcome) -> Vec<Drafted> {
    let mut drafted = Vec::new();
    for rule in rules.iter().filter(|rule| rule.stage == stage) {
        // The context is only read, and the report of a rule that fails is dropped whole.
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let mut report = Report::new(context, rule);
            (rule.check)(context, &mut report);
            report
        }));
        let mut report = match judged {
            Ok(report) => report,
            Err(payload) => {
                let message = message_of(payload.as_ref());
                outcome.failed.push(FailedRule { code: rule.info.code, name: rule.info.name, message });
                continue;
            }
        };
        outcome.summary.passed += report.passed;
        let tally = Tally { passed: report.passed, found: report.drafted.len(), cannot_tell: report.cannot_tell.len() };
        outcome.per_rule.insert(rule.info.code, tally);
        outcome.cannot_tell.append(&mut report.cannot_tell);
        drafted.append(&mut report.drafted);
    }
    drafted
}

/// The text of a panic.
fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

/// What hurts most in front, at most so many of a rule, each with the flows and SLOs it hurts.
///
/// Findings that count and findings that do not are limited apart: what is new does not vanish behind what is known.
/// The order: severity, then critical flows, then their share of the value, then how many they are, then the identity.
fn ranked(context: &Context<'_>, drafted: Vec<Drafted>, most: usize) -> Vec<Finding> {
    let mut impact = Impact::new(context);
    let mut weighed: Vec<(Drafted, Weight)> = drafted
        .into_iter()
        .map(|drafted| {
            let weight = impact.weight(&drafted.finding, drafted.flows_given);
            (drafted, weight)
        })
        .collect();
    weighed.sort_by(|(a, weight_of_a), (b, weight_of_b)| {
        let (a, b) = (&a.finding, &b.finding);
        b.severity.cmp(&a.severity).then_with(|| weight_of_a.worst_first(weight_of_b)).then_with(|| a.id.cmp(&b.id))
    });
    let mut of_rule: BTreeMap<(&'static str, bool), (usize, &'static str)> = BTreeMap::new();
    let mut findings = Vec::new();
    for (Drafted { mut finding, flows_given }, _) in weighed {
        let (count, _) = of_rule.entry((finding.code, finding.standing.counts())).or_insert((0, finding.name));
        *count += 1;
        if *count <= most {
            impact.complete(&mut finding, flows_given);
            findings.push(finding);
        }
    }
    let left_out = of_rule.into_iter().filter(|((_, counts), (count, _))| *counts && *count > most);
    findings.extend(left_out.map(|((code, _), (count, name))| more(code, name, count - most)));
    findings
}

/// The note that stands for the findings of a rule beyond the most that are listed.
fn more(code: &'static str, name: &'static str, count: usize) -> Finding {
    Finding {
        id: format!("{code}@more"),
        code,
        name,
        severity: Severity::Note,
        confidence: Confidence::Certain,
        element: Element::Review,
        path: None,
        message: format!("{count} more findings of this rule are not listed; those that hurt most are"),
        evidence: vec![Fact { name: "left_out", figure: Figure::Count(count as f64) }],
        flows: Vec::new(),
        slos: Vec::new(),
        remedy: "mend the listed ones, or look at the cause they share; the rest shows as these go".to_owned(),
        fixes: Vec::new(),
        entity: Some(EntityRef::only(EntityKind::Head)),
        keys: Vec::new(),
        standing: Standing::Open,
    }
}

fn count(summary: &mut Summary, finding: &Finding) {
    if finding.standing == Standing::Baselined {
        summary.baselined += 1;
        return;
    }
    if !finding.standing.counts() {
        summary.triaged += 1;
        return;
    }
    match finding.severity {
        Severity::High => summary.high += 1,
        Severity::Medium => summary.medium += 1,
        Severity::Low => summary.low += 1,
        Severity::Note => summary.note += 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::registry;
    use crate::rules::rule::{Family, SECTIONS};

    fn fails(_: &Context<'_>, _: &mut Report<'_>) {
        let none: Option<usize> = None;
        assert!(none.is_some(), "index 7 of 3");
    }

    static FAILING: Rule = Rule {
        info: RuleInfo {
            code: "KP299",
            name: "always-fails",
            summary: "a rule that dies of every review",
            severity: Severity::High,
            confidence: Confidence::Certain,
            family: Family::Flows,
            sections: [(SECTIONS[0], ""); 7],
            settings: &[],
            reads: &[],
        },
        stage: Stage::System,
        check: fails,
    };

    #[test]
    fn a_rule_that_fails_is_named_and_the_others_answer() {
        let text = "component = [{ id = 'a' }, { id = 'b' }]\ndependency = [{ from = 'a', to = 'b', mode = 'sync' }]";
        let (review, _, _) = crate::document::parse(text);
        let graph = SystemGraph::new(&review);
        let capacity = crate::capacity::compute(&review, &graph, 1.0);
        let reliability = crate::reliability::compute(&review, &graph);
        let options = Options::new(jiff::civil::date(2026, 11, 23));
        let with = |rules: &[&'static Rule]| {
            run_rules(rules, &review, &graph, &capacity, &reliability, &Evidence::default(), &options)
        };
        let alone = with(registry::all());
        let mut rules = registry::all().to_vec();
        rules.insert(1, &FAILING);
        let beside = with(&rules);
        assert!(!alone.findings.is_empty() && alone.failed.is_empty());
        assert_eq!(alone.per_rule, beside.per_rule);
        assert_eq!(alone.per_rule.len(), registry::all().len(), "every rule that answered is there");
        let sum = |part: fn(&Tally) -> usize| alone.per_rule.values().map(part).sum::<usize>();
        assert_eq!(sum(|tally| tally.passed), alone.summary.passed);
        assert_eq!(sum(|tally| tally.found), alone.findings.len());
        assert_eq!(sum(|tally| tally.cannot_tell), alone.cannot_tell.len());
        assert_eq!((beside.findings, beside.cannot_tell), (alone.findings, alone.cannot_tell));
        let failed: Vec<_> = beside.failed.iter().map(|failed| (failed.code, failed.message.as_str())).collect();
        assert_eq!(failed, [("KP299", "index 7 of 3")]);
    }
}
