//! What a check says about each element it applies to: finding, pass, or cannot tell.
//!
//! Must not know selection, triage or what is shown.

use super::baseline::Said;
use super::context::Context;
use super::finding::{CannotTell, Confidence, Fact, Figure, Finding, Severity, Standing, Summary};
use super::impact::{given, weigh};
use super::rule::Rule;
use super::shortlist::{Doubt, Foremost, Rank, Shortlist};
use crate::graph::FlowIndex;
use crate::model::{Element, Fix};
use foldhash::HashSet;
use foldhash::quality::FixedState;
use std::fmt::Write as _;
use std::hash::{BuildHasher, Hash};

/// A finding as its check states it; the engine adds the flows it hurts and what the ledger says.
#[derive(Debug)]
pub(crate) struct Draft {
    element: Element,
    message: String,
    remedy: String,
    severity: Option<Severity>,
    confidence: Option<Confidence>,
    evidence: Vec<Fact>,
    keys: Vec<String>,
    fixes: Vec<Fix>,
    flows: Option<Vec<String>>,
}

impl Draft {
    /// What was found about an element, and what to do about it there.
    pub(crate) fn new(element: Element, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            element,
            message: message.into(),
            remedy: remedy.into(),
            severity: None,
            confidence: None,
            evidence: Vec::new(),
            keys: Vec::new(),
            fixes: Vec::new(),
            flows: None,
        }
    }

    /// Another severity than the rule's.
    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Another confidence than the rule's.
    pub(crate) fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = Some(confidence);
        self
    }

    /// A number that proves it. What is not finite is left out: no output can hold it.
    pub(crate) fn fact(mut self, name: &'static str, figure: Figure) -> Self {
        let finite = match &figure {
            Figure::Seconds(value)
            | Figure::PerSecond(value)
            | Figure::Ratio(value)
            | Figure::Percent(value)
            | Figure::Count(value) => value.is_finite(),
            Figure::Text(_) | Figure::List(_) => true,
        };
        if finite {
            self.evidence.push(Fact { name, figure });
        }
        self
    }

    /// An edit that would mend it; of several the first is the best.
    pub(crate) fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// The key of the element that is wrong.
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.keys.push(key.to_owned());
        self
    }

    /// The flows it hurts, where they are fewer than all that use the element.
    pub(crate) fn flows(mut self, flows: Vec<String>) -> Self {
        self.flows = Some(flows);
        self
    }
}

/// A finding before the engine completes it.
#[derive(Debug)]
pub(crate) struct Drafted {
    pub(crate) finding: Finding,
    /// Whether the check itself said which flows it hurts.
    pub(crate) flows_given: bool,
}

/// What one rule says about a review.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    context: &'a Context<'a>,
    rule: &'static Rule,
    pub(crate) shortlist: Shortlist,
    pub(crate) doubts: Foremost<Doubt>,
    /// How many of each.
    pub(crate) summary: Summary,
    /// The ids of all findings with how much they hurt, where later stages ask for them.
    pub(crate) found: Vec<(String, Severity)>,
    /// The ids that a baseline asks for.
    pub(crate) said: Said,
    /// Fingerprints of the ids so far, and of what could not be told: a few bytes of each instead of all.
    seen: HashSet<u128>,
    undecided: HashSet<u128>,
    print: Fingerprint,
    id: String,
}

/// Hashes of 128 bits: two texts of one fingerprint are not to be met.
#[derive(Debug)]
struct Fingerprint(FixedState, FixedState);

impl Fingerprint {
    fn of(&self, text: &impl Hash) -> u128 {
        u128::from(self.0.hash_one(text)) << 64 | u128::from(self.1.hash_one(text))
    }
}

impl<'a> Report<'a> {
    pub(crate) fn new(context: &'a Context<'a>, rule: &'static Rule) -> Self {
        Self {
            context,
            rule,
            shortlist: Shortlist::new(context.terms.most),
            doubts: Foremost::new(context.terms.most),
            summary: Summary::default(),
            found: Vec::new(),
            said: Said::default(),
            seen: HashSet::default(),
            undecided: HashSet::default(),
            print: Fingerprint(FixedState::with_seed(0x6b6e_6565), FixedState::with_seed(0x0070_6f69_6e74)),
            id: String::new(),
        }
    }

    /// The threshold of a key: the default unless the settings say otherwise.
    pub(crate) fn threshold(&self, key: &str) -> f64 {
        self.context.threshold(&self.rule.info, key)
    }

    /// An element was looked at and is in order.
    pub(crate) fn pass(&mut self) {
        self.summary.passed += 1;
    }

    /// How many findings there are so far.
    pub(crate) fn count(&self) -> usize {
        self.shortlist.found()
    }

    /// An element cannot be judged without a key (`component.hit_ratio`); said once, however often it is met.
    pub(crate) fn cannot_tell(&mut self, element: Element, missing: &str) {
        if !self.undecided.insert(self.print.of(&(&element, missing))) {
            return;
        }
        let terms = &self.context.terms;
        if !terms.baseline.is_empty() {
            let id = format!("{}@{}", self.rule.info.code, element.compact());
            if terms.baseline.contains(&id) {
                self.said.undecided.insert(id);
            }
        }
        self.summary.cannot_tell += 1;
        let comes_later = |last: &Doubt| (&element, missing) > (&last.0.element, last.0.missing.as_str());
        if self.doubts.last().is_some_and(comes_later) {
            self.doubts.pass_over();
            return;
        }
        let entity = self.context.entity(&element);
        let (code, name) = (self.rule.info.code, self.rule.info.name);
        self.doubts.push(Doubt(CannotTell { code, name, element, missing: missing.to_owned(), entity }));
    }

    /// Whether a finding would not be listed, because so many of this rule hurt more, or because its identity was found
    /// already. It is counted then, and need not be put into words. A check that finds thousands asks before it
    /// drafts; what it passes must be what its draft would have.
    pub(crate) fn is_crowded_out(&mut self, element: &Element, severity: Severity) -> bool {
        self.shortlist.is_crowded() && self.passes_over(element, severity, None)
    }

    /// The same, of a finding that itself says which flows it hurts.
    pub(crate) fn is_crowded_out_in(
        &mut self,
        element: &Element,
        severity: Severity,
        flows: impl IntoIterator<Item = FlowIndex>,
    ) -> bool {
        if !self.shortlist.is_crowded() {
            return false;
        }
        let flows: Vec<FlowIndex> = flows.into_iter().collect();
        self.passes_over(element, severity, Some(&flows))
    }

    fn passes_over(&mut self, element: &Element, severity: Severity, flows: Option<&[FlowIndex]>) -> bool {
        let context = self.context;
        self.id.clear();
        let _ = write!(self.id, "{}@", self.rule.info.code);
        element.write_compact(&mut self.id);
        let print = self.print.of(&self.id);
        if self.seen.contains(&print) {
            return true;
        }
        let severity = self.severity_here(severity);
        let weight = match flows {
            Some(flows) => weigh(context, flows),
            None => context.weight(element),
        };
        let standing = context.terms.standing(&self.id);
        let rank = Rank { severity, weight, id: &self.id };
        if !self.shortlist.passes_over(&rank, standing.counts()) {
            return false;
        }
        self.seen.insert(print);
        let id = std::mem::take(&mut self.id);
        self.count_in(&id, severity, &standing);
        self.id = id;
        true
    }

    /// The severity that the settings give to findings of the rule, or else its own.
    fn severity_here(&self, own: Severity) -> Severity {
        self.context.terms.severities.get(self.rule.info.code).copied().unwrap_or(own)
    }

    fn count_in(&mut self, id: &str, severity: Severity, standing: &Standing) {
        self.summary.count(severity, standing);
        let terms = &self.context.terms;
        if terms.ids_for_ledger {
            self.found.push((id.to_owned(), severity));
        }
        if terms.ids_for_baseline {
            self.said.found(terms.baseline, id, standing);
        }
    }

    /// Something was found. A second finding of one identity is dropped: identities are what the ledger refers to.
    pub(crate) fn find(&mut self, draft: Draft) {
        let id = format!("{}@{}", self.rule.info.code, draft.element.compact());
        if !self.seen.insert(self.print.of(&id)) {
            return;
        }
        let context = self.context;
        let severity = self.severity_here(draft.severity.unwrap_or(self.rule.info.severity));
        let weight = match &draft.flows {
            Some(flows) => weigh(context, &given(context, flows)),
            None => context.weight(&draft.element),
        };
        let standing = context.terms.standing(&id);
        self.count_in(&id, severity, &standing);
        let path = match &draft.element {
            Element::Path(_, path) => Some(path.clone()),
            _ => None,
        };
        let flows_given = draft.flows.is_some();
        let finding = Finding {
            id,
            code: self.rule.info.code,
            name: self.rule.info.name,
            severity,
            confidence: draft.confidence.unwrap_or(self.rule.info.confidence),
            entity: self.context.entity(&draft.element),
            element: draft.element,
            path,
            message: draft.message,
            evidence: draft.evidence,
            flows: draft.flows.unwrap_or_default(),
            slos: Vec::new(),
            remedy: draft.remedy,
            fixes: draft.fixes,
            keys: draft.keys,
            standing,
        };
        self.shortlist.push(Drafted { finding, flows_given }, weight);
    }
}
