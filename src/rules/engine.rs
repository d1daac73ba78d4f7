//! The one engine: runs the chosen rules, completes what they found, applies the ledger, ranks, and counts.
//!
//! Rules decide nothing of this. Linear in the size of the review up to sorting.

use super::context::Context;
use super::finding::{CannotTell, Confidence, Fact, FailedRule, Figure, Finding, Severity, Standing, Summary};
use super::impact::{Impact, Weight};
use super::report::{Drafted, Report};
use super::rule::{Rule, Stage};
use super::select::{UnknownSelector, chosen};
use super::triage::Ledger;
use crate::capacity::Capacity;
use crate::graph::SystemGraph;
use crate::knowledge::InForce;
use crate::model::{Element, EntityKind, EntityRef, Evidence, Review};
use jiff::civil::Date;
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

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
            knowledge: InForce::default(),
            most: 200,
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
    /// How many of each.
    pub summary: Summary,
    /// Rules that stopped with an error of their own.
    pub failed: Vec<FailedRule>,
    /// Selectors that name no rule.
    pub unknown_selectors: Vec<UnknownSelector>,
}

/// Runs the chosen rules on a review.
pub fn run(
    review: &Review,
    graph: &SystemGraph,
    capacity: &Capacity,
    evidence: &Evidence,
    options: &Options,
) -> Outcome {
    let (rules, unknown_selectors) = chosen(&options.select, &options.ignore);
    Outcome { unknown_selectors, ..run_rules(&rules, review, graph, capacity, evidence, options) }
}

/// Runs these rules on a review.
fn run_rules(
    rules: &[&'static Rule],
    review: &Review,
    graph: &SystemGraph,
    capacity: &Capacity,
    evidence: &Evidence,
    options: &Options,
) -> Outcome {
    let mut context = Context::new(review, graph, capacity, evidence, options);
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
    outcome.findings = ranked(&context, drafted, options.most);
    let ledger = Ledger::new(&review.triage);
    for finding in &mut outcome.findings {
        finding.standing = ledger.standing(finding, options.today);
        count(&mut outcome.summary, finding);
    }
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
    let mut of_rule: BTreeMap<&'static str, (usize, &'static str)> = BTreeMap::new();
    let mut findings = Vec::new();
    for (Drafted { mut finding, flows_given }, _) in weighed {
        let (count, _) = of_rule.entry(finding.code).or_insert((0, finding.name));
        *count += 1;
        if *count <= most {
            impact.complete(&mut finding, flows_given);
            findings.push(finding);
        }
    }
    let left_out = of_rule.into_iter().filter(|(_, (count, _))| *count > most);
    findings.extend(left_out.map(|(code, (count, name))| more(code, name, count - most)));
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
    use crate::rules::rule::{Family, RuleInfo, SECTIONS};

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
        let options = Options::new(jiff::civil::date(2026, 11, 23));
        let with =
            |rules: &[&'static Rule]| run_rules(rules, &review, &graph, &capacity, &Evidence::default(), &options);
        let alone = with(registry::all());
        let mut rules = registry::all().to_vec();
        rules.insert(1, &FAILING);
        let beside = with(&rules);
        assert!(!alone.findings.is_empty() && alone.failed.is_empty());
        assert_eq!((beside.findings, beside.cannot_tell), (alone.findings, alone.cannot_tell));
        let failed: Vec<_> = beside.failed.iter().map(|failed| (failed.code, failed.message.as_str())).collect();
        assert_eq!(failed, [("KP299", "index 7 of 3")]);
    }
}
