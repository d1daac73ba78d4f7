//! What a check says about each element it applies to: finding, pass, or cannot tell.
//!
//! Must not know selection, triage or what is shown.

use super::context::Context;
use super::finding::{CannotTell, Confidence, Fact, Figure, Finding, Severity, Standing};
use super::rule::Rule;
use crate::model::{Element, Fix};
use std::collections::HashSet;

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
    pub(crate) drafted: Vec<Drafted>,
    pub(crate) cannot_tell: Vec<CannotTell>,
    pub(crate) passed: usize,
    ids: HashSet<String>,
    undecided: HashSet<(Element, String)>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(context: &'a Context<'a>, rule: &'static Rule) -> Self {
        Self {
            context,
            rule,
            drafted: Vec::new(),
            cannot_tell: Vec::new(),
            passed: 0,
            ids: HashSet::new(),
            undecided: HashSet::new(),
        }
    }

    /// The threshold of a key: the default unless the settings say otherwise.
    pub(crate) fn threshold(&self, key: &str) -> f64 {
        self.context.threshold(&self.rule.info, key)
    }

    /// An element was looked at and is in order.
    pub(crate) fn pass(&mut self) {
        self.passed += 1;
    }

    /// An element cannot be judged without a key (`component.hit_ratio`); said once, however often it is met.
    pub(crate) fn cannot_tell(&mut self, element: Element, missing: &str) {
        if self.undecided.insert((element.clone(), missing.to_owned())) {
            let entity = self.context.entity(&element);
            self.cannot_tell.push(CannotTell {
                code: self.rule.info.code,
                name: self.rule.info.name,
                element,
                missing: missing.to_owned(),
                entity,
            });
        }
    }

    /// Something was found. A second finding of one identity is dropped: identities are what the ledger refers to.
    pub(crate) fn find(&mut self, draft: Draft) {
        let id = format!("{}@{}", self.rule.info.code, draft.element.compact());
        if !self.ids.insert(id.clone()) {
            return;
        }
        let path = match &draft.element {
            Element::Path(_, path) => Some(path.clone()),
            _ => None,
        };
        let flows_given = draft.flows.is_some();
        let finding = Finding {
            id,
            code: self.rule.info.code,
            name: self.rule.info.name,
            severity: draft.severity.unwrap_or(self.rule.info.severity),
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
            standing: Standing::Open,
        };
        self.drafted.push(Drafted { finding, flows_given });
    }
}
