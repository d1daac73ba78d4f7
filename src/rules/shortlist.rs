//! What is kept of what a rule says: what hurts most as a whole, of the rest what is counted.
//!
//! The one place that knows the order of findings. Must not know checks, nor how findings are shown.

use super::engine::Options;
use super::finding::{CannotTell, Finding, Severity, Standing};
use super::impact::Weight;
use super::report::Drafted;
use super::triage::Ledger;
use crate::model::Review;
use jiff::civil::Date;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// What decides how findings stand and how many are kept: the same for all rules.
#[derive(Debug)]
pub(crate) struct Terms<'a> {
    pub(crate) severities: &'a BTreeMap<String, Severity>,
    pub(crate) ledger: Ledger<'a>,
    pub(crate) baseline: &'a BTreeSet<String>,
    pub(crate) today: Date,
    /// So many of a rule are kept: findings that count, findings that do not, and doubts, each for themselves.
    pub(crate) most: usize,
    /// Whether the ids of all findings are asked for by a baseline.
    pub(crate) ids_for_baseline: bool,
    /// Whether rules of a later stage ask for the ids of all findings.
    pub(crate) ids_for_ledger: bool,
}

impl<'a> Terms<'a> {
    pub(crate) fn new(review: &'a Review, options: &'a Options) -> Self {
        // What rules of a later stage look up is named in the ledger or in an action.
        let looked_up = !review.triage.is_empty() || review.actions.iter().any(|action| action.from.is_some());
        Self {
            severities: &options.severities,
            ledger: Ledger::new(&review.triage),
            baseline: &options.baseline,
            today: options.today,
            most: options.most,
            ids_for_baseline: options.ids || !options.baseline.is_empty(),
            ids_for_ledger: looked_up,
        }
    }

    /// How a finding stands. The ledger goes before the baseline: what was accepted for a time counts when that time
    /// is over.
    pub(crate) fn standing(&self, id: &str) -> Standing {
        let standing = self.ledger.standing(id, self.today);
        let covered = standing.counts() && !matches!(standing, Standing::Expired(_));
        if covered && self.baseline.contains(id) { Standing::Baselined } else { standing }
    }
}

/// Where a finding stands in the list: severity, then critical flows, then their share of the value, then how many they
/// are, then the identity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rank<'a> {
    pub(crate) severity: Severity,
    pub(crate) weight: Weight,
    pub(crate) id: &'a str,
}

impl Rank<'_> {
    /// What hurts more in front.
    pub(crate) fn worst_first(&self, other: &Self) -> Ordering {
        other
            .severity
            .cmp(&self.severity)
            .then_with(|| self.weight.worst_first(&other.weight))
            .then_with(|| self.id.cmp(other.id))
    }
}

/// A finding that is kept, with its place among others. Of two, the greater is the one further back.
#[derive(Debug)]
pub(crate) struct Ranked {
    /// Large, and moved often.
    pub(crate) drafted: Box<Drafted>,
    weight: Weight,
}

impl Ranked {
    fn rank(&self) -> Rank<'_> {
        let Finding { severity, id, .. } = &self.drafted.finding;
        Rank { severity: *severity, weight: self.weight, id }
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().worst_first(&other.rank())
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

/// The least of what was pushed, no more than so many.
#[derive(Debug)]
pub(crate) struct Foremost<T> {
    kept: BinaryHeap<T>,
    most: usize,
    pushed: usize,
}

impl<T: Ord> Foremost<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self { kept: BinaryHeap::new(), most, pushed: 0 }
    }

    /// The last of those kept, where there is no more room.
    pub(crate) fn last(&self) -> Option<&T> {
        self.kept.peek().filter(|_| self.kept.len() >= self.most)
    }

    /// Whether there is no more room, not even for what comes first of all.
    pub(crate) fn is_full(&self) -> bool {
        self.kept.len() >= self.most
    }

    pub(crate) fn push(&mut self, one: T) {
        self.pushed += 1;
        if self.kept.len() < self.most {
            self.kept.push(one);
        } else if let Some(mut last) = self.kept.peek_mut()
            && one < *last
        {
            *last = one;
        }
    }

    /// Counts one that would not be kept.
    pub(crate) fn pass_over(&mut self) {
        self.pushed += 1;
    }

    /// How many were pushed or passed over.
    pub(crate) fn pushed(&self) -> usize {
        self.pushed
    }

    /// How many are not kept.
    pub(crate) fn left_out(&self) -> usize {
        self.pushed - self.kept.len()
    }

    /// Those kept, in no order.
    pub(crate) fn into_kept(self) -> Vec<T> {
        self.kept.into_vec()
    }
}

/// The findings of one rule: those that count and those that do not are limited apart, so that what is new does not
/// vanish behind what is known.
#[derive(Debug)]
pub(crate) struct Shortlist {
    pub(crate) counting: Foremost<Ranked>,
    pub(crate) settled: Foremost<Ranked>,
}

impl Shortlist {
    pub(crate) fn new(most: usize) -> Self {
        Self { counting: Foremost::new(most), settled: Foremost::new(most) }
    }

    fn of(&mut self, counts: bool) -> &mut Foremost<Ranked> {
        if counts { &mut self.counting } else { &mut self.settled }
    }

    /// Whether anything can be left out.
    pub(crate) fn is_crowded(&self) -> bool {
        self.counting.is_full() || self.settled.is_full()
    }

    /// Passes over a finding that would not be kept; `false` where it would.
    pub(crate) fn passes_over(&mut self, rank: &Rank<'_>, counts: bool) -> bool {
        let foremost = self.of(counts);
        let crowded = match foremost.last() {
            Some(last) => rank.worst_first(&last.rank()).is_gt(),
            None => foremost.is_full(),
        };
        if crowded {
            foremost.pass_over();
        }
        crowded
    }

    pub(crate) fn push(&mut self, drafted: Drafted, weight: Weight) {
        let counts = drafted.finding.standing.counts();
        self.of(counts).push(Ranked { drafted: Box::new(drafted), weight });
    }

    /// How many findings there were.
    pub(crate) fn found(&self) -> usize {
        self.counting.pushed() + self.settled.pushed()
    }
}

/// A doubt, in the order of the outcome: by code and element.
#[derive(Debug)]
pub(crate) struct Doubt(pub(crate) CannotTell);

impl Doubt {
    fn place(&self) -> (&str, &crate::model::Element, &str) {
        (self.0.code, &self.0.element, &self.0.missing)
    }
}

impl Ord for Doubt {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl PartialOrd for Doubt {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Doubt {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Doubt {}
