//! The one engine: runs the chosen rules, completes what they found, applies the ledger, ranks, and counts.
//!
//! Rules decide nothing of this. Linear in the size of the review up to sorting.

use super::baseline::{Ratchet, Said};
use super::context::Context;
use super::finding::{CannotTell, Confidence, Fact, FailedRule, Figure, Finding, Severity, Standing, Summary, Tally};
use super::impact::Impact;
use super::report::{Drafted, Report};
use super::rule::{Rule, RuleInfo, Stage};
use super::select::{UnknownSelector, chosen};
use super::shortlist::{Ranked, Shortlist};
use crate::capacity::Capacity;
use crate::graph::SystemGraph;
use crate::knowledge::InForce;
use crate::model::{Element, EntityKind, EntityRef, Evidence, Review};
use crate::reliability::Reliability;
use jiff::civil::Date;
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, available_parallelism};

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
    /// The most findings and the most doubts of a rule that are listed; all are counted, and a note says how many
    /// findings are left out.
    pub most: usize,
    /// Whether all ids are wanted for a baseline to be written; with a baseline they always are.
    pub ids: bool,
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
            ids: true,
        }
    }
}

/// What the rules say about a review.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// What was found, what hurts most in front.
    pub findings: Vec<Finding>,
    /// What could not be decided, by code and element: no more of a rule than are listed; [`Self::per_rule`] counts all.
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
    let mut kept = Kept::default();
    for stage in [Stage::System, Stage::Ledger, Stage::Last] {
        let found = run_stage(&context, rules, stage, &mut outcome, &mut kept);
        context.found.extend(found);
        // A rule that failed judged nothing: no entry about it is an orphan, none is verified.
        for failed in &outcome.failed {
            context.ran.remove(failed.code);
        }
    }
    let judged = rules.iter().map(|rule| rule.info.code);
    let judged = judged.filter(|code| outcome.failed.iter().all(|failed| failed.code != *code)).collect();
    outcome.ratchet = Ratchet::new(&options.baseline, kept.said, &judged);
    outcome.findings = ranked(&context, kept.ranked);
    kept.more.sort_by_key(|more| more.code);
    outcome.findings.append(&mut kept.more);
    outcome.cannot_tell = kept.doubts;
    outcome.cannot_tell.sort_by(|a, b| (a.code, &a.element, &a.missing).cmp(&(b.code, &b.element, &b.missing)));
    outcome
}

/// What is kept of what the rules said.
#[derive(Default)]
struct Kept {
    ranked: Vec<Ranked>,
    /// The notes that stand for what is not kept, by code.
    more: Vec<Finding>,
    doubts: Vec<CannotTell>,
    said: Said,
}

/// Runs the rules of a stage; what they found, as far as later stages ask for it.
fn run_stage(
    context: &Context<'_>,
    rules: &[&'static Rule],
    stage: Stage,
    outcome: &mut Outcome,
    kept: &mut Kept,
) -> Vec<(String, Severity)> {
    let due: Vec<&'static Rule> = rules.iter().copied().filter(|rule| rule.stage == stage).collect();
    let mut found = Vec::new();
    for (rule, judged) in due.iter().zip(judge_all(context, &due)) {
        let RuleInfo { code, name, .. } = rule.info;
        let mut report = match judged {
            Ok(report) => report,
            Err(message) => {
                outcome.failed.push(FailedRule { code, name, message });
                continue;
            }
        };
        let Summary { passed, cannot_tell, .. } = report.summary;
        outcome.per_rule.insert(code, Tally { passed, found: report.count(), cannot_tell });
        outcome.summary.add(&report.summary);
        found.append(&mut report.found);
        kept.said.append(report.said);
        kept.doubts.extend(report.doubts.into_kept().into_iter().map(|doubt| doubt.0));
        let Shortlist { counting, settled } = report.shortlist;
        if counting.left_out() > 0 {
            kept.more.push(more(code, name, counting.left_out()));
        }
        kept.ranked.extend(counting.into_kept());
        kept.ranked.extend(settled.into_kept());
    }
    found
}

/// What a rule said, or what it died of.
type Judged<'a> = Result<Report<'a>, String>;

/// Asks one rule. The context is only read, and the report of a rule that fails is dropped whole.
fn judge<'a>(context: &'a Context<'a>, rule: &'static Rule) -> Judged<'a> {
    catch_unwind(AssertUnwindSafe(|| {
        let mut report = Report::new(context, rule);
        (rule.check)(context, &mut report);
        report
    }))
    .map_err(|payload| message_of(payload.as_ref()))
}

/// So many components and dependencies are worth more than one thread.
const LARGE: usize = 2_000;
/// More threads than this gain nothing: the slowest rules decide.
const MOST_THREADS: usize = 4;

/// Asks rules, in their order. On a large review several at a time: they only read, and do not know each other.
fn judge_all<'a>(context: &'a Context<'a>, rules: &[&'static Rule]) -> Vec<Judged<'a>> {
    let size = context.review.components.len() + context.review.dependencies.len();
    let threads = if size < LARGE { 1 } else { available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS) };
    if threads < 2 || rules.len() < 2 {
        return rules.iter().map(|rule| judge(context, rule)).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let mut judged = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(rule) = rules.get(place) else { return judged };
            judged.push((place, judge(context, rule)));
        }
    };
    let mut judged: Vec<(usize, Judged<'a>)> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut judged = take();
        judged.extend(others.into_iter().filter_map(|other| other.join().ok()).flatten());
        judged
    });
    judged.sort_by_key(|(place, _)| *place);
    let mut judged = judged.into_iter().peekable();
    let of = |place| judged.next_if(|(at, _)| *at == place).map(|(_, judged)| judged);
    (0..rules.len()).map(of).map(|judged| judged.unwrap_or_else(|| Err("its thread ended".to_owned()))).collect()
}

/// The text of a panic.
fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

/// What hurts most in front, each with the flows and SLOs it hurts.
fn ranked(context: &Context<'_>, mut ranked: Vec<Ranked>) -> Vec<Finding> {
    let mut impact = Impact::new(context);
    ranked.sort();
    let complete = |one: Ranked| {
        let Drafted { mut finding, flows_given } = *one.drafted;
        impact.complete(&mut finding, flows_given);
        finding
    };
    ranked.into_iter().map(complete).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::registry;
    use crate::rules::rule::{Family, SECTIONS};

    fn fails(_: &Context<'_>, _: &mut Report<'_>) {
        let none: Option<usize> = None;
        assert!(none.is_some(), "index 7 of 3");
    }

    const fn failing(code: &'static str) -> Rule {
        Rule {
            info: RuleInfo {
                code,
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
        }
    }

    static FAILING: Rule = failing("KP299");
    static FAILING_TIMEOUTS: Rule = failing("KP203");

    #[test]
    fn what_was_decided_about_a_rule_that_fails_is_no_orphan() {
        let text = "component = [{ id = 'a' }, { id = 'b' }]\ndependency = [{ from = 'a', to = 'b', mode = 'sync' }]\n\
            triage = [{ finding = 'KP203@a->b', status = 'accepted', expires = 2027-01-01 }]";
        let (review, _, _) = crate::document::parse(text);
        let graph = SystemGraph::new(&review);
        let capacity = crate::capacity::compute(&review, &graph, 1.0);
        let reliability = crate::reliability::compute(&review, &graph);
        let options = Options::new(jiff::civil::date(2026, 11, 23));
        let mut rules = registry::all().to_vec();
        rules.retain(|rule| rule.info.code != "KP203");
        rules.push(&FAILING_TIMEOUTS);
        let said = run_rules(&rules, &review, &graph, &capacity, &reliability, &Evidence::default(), &options);
        assert_eq!(said.failed.len(), 1);
        assert!(said.findings.iter().all(|finding| finding.code != "KP901"), "{:?}", said.findings);
    }

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
