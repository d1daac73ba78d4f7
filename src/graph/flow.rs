//! What one request of a flow visits: calls with their multiplicity, visits by component, parallel groups, the answer.
//!
//! Every visit of a component makes all calls of the flow that leave from it. Visits are counted by one pass in
//! topological order, so that a flow with 2⁴⁰ ways through it costs no more than its list of calls.

use super::system::{ComponentIndex, DependencyIndex, FlowIndex, SystemGraph, is_hard, is_synchronous};
use crate::model::{Call, Flow, Review};
use crate::units::Span;
use foldhash::{HashMap, HashMapExt};

/// Something in a flow that had to be worked around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowIssue {
    /// An earlier flow has the same id: this one is not expanded.
    Duplicate,
    /// The entry is missing or names no component: nothing is visited.
    NoEntry,
    /// The call at this position names a component that does not exist: it is left out.
    Dangling(usize),
    /// The call at this position closes a circle: it is left out.
    Cyclic(usize),
    /// Nothing of the flow visits the caller of the call at this position.
    NeverMade(usize),
    /// The call at this position has no `[[dependency]]`: its policies are unknown.
    NoDependency(usize),
    /// The call at this position is made on a miss of this cache, whose hit ratio is unknown: counted as always missed.
    UnknownHitRatio(usize, String),
}

/// A call that one request of a flow makes.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent properties of a call, each asked for by name")]
pub struct MadeCall {
    /// Its position in the flow's `calls`.
    pub call: usize,
    /// Who calls.
    pub from: ComponentIndex,
    /// Who is called.
    pub to: ComponentIndex,
    /// The dependency it uses, where there is one.
    pub dependency: Option<DependencyIndex>,
    /// How often it is made per visit of its caller: count × probability × miss ratio.
    pub per_visit: Span,
    /// How often it is made per request of the flow.
    pub per_request: Span,
    /// Whether its caller waits for it.
    pub synchronous: bool,
    /// Whether the flow's answer waits for it: its caller waits, and the caller is part of the answer.
    pub in_answer: bool,
    /// Whether its caller fails with it; only synchronous calls can be hard.
    pub hard: bool,
    /// Whether it can fail the whole flow: it is hard, and so is every call of one way from the entry to it.
    pub fails_flow: bool,
}

/// What a visit does next: one call, or several together. Positions in [`FlowExpansion::calls`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// One call.
    One(usize),
    /// Calls of one group, made at the same time; it takes as long as the longest that is waited for.
    Together(Vec<usize>),
}

impl Step {
    /// The calls of the step, in file order.
    pub fn calls(&self) -> &[usize] {
        match self {
            Self::One(call) => std::slice::from_ref(call),
            Self::Together(calls) => calls,
        }
    }
}

/// A component that one request of a flow visits.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// The component.
    pub component: ComponentIndex,
    /// How often it is visited per request, by whatever way: what carries load.
    pub visits: Span,
    /// Whether the answer waits for at least one of the visits. Others happen behind an asynchronous call.
    pub in_answer: bool,
    /// Whether its failure fails the flow: a way of hard synchronous calls leads to it.
    pub fails_flow: bool,
    /// What each visit does, in file order; a group stands where its first call stands.
    pub steps: Vec<Step>,
}

/// More caches than this, one behind the other, are not followed.
const MOST_CACHES: usize = 16;

/// The caches that have to miss before a call is made, the nearest first: its own, and where that cache is itself asked
/// only on a miss of another one by the same caller, that one too.
pub fn caches_missed<'a>(flow: &'a Flow, call: &'a Call) -> Vec<&'a str> {
    let mut missed: Vec<&'a str> = Vec::new();
    let mut next = call.on_miss.as_ref().map(crate::model::ComponentName::as_str);
    while let Some(cache) = next.filter(|cache| !missed.contains(cache) && missed.len() < MOST_CACHES) {
        missed.push(cache);
        let calls = flow.calls.as_deref().unwrap_or_default();
        let lookup = calls.iter().find(|lookup| lookup.from() == call.from() && lookup.to() == cache);
        next = lookup.and_then(|lookup| lookup.on_miss.as_ref()).map(crate::model::ComponentName::as_str);
    }
    missed
}

/// What one request of a flow visits and calls.
///
/// Invariants ([`SystemGraph::verify`]): callers stand before callees in `components`; every call of `calls` leaves from
/// and leads to a component of `components`.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowExpansion {
    /// The flow.
    pub flow: FlowIndex,
    /// Where it enters, where that exists.
    pub entry: Option<ComponentIndex>,
    /// The calls that are made, in file order.
    pub calls: Vec<MadeCall>,
    /// The components that are visited, callers before callees, the entry first.
    pub components: Vec<Visit>,
    /// What had to be worked around.
    pub issues: Vec<FlowIssue>,
    pub(super) position: HashMap<ComponentIndex, usize>,
}

impl FlowExpansion {
    /// The calls that are made, in file order.
    pub fn made(&self) -> impl Iterator<Item = &MadeCall> {
        self.calls.iter()
    }

    /// The visits of a component, where the flow visits it.
    pub fn visit(&self, component: ComponentIndex) -> Option<&Visit> {
        self.position.get(&component).map(|position| &self.components[*position])
    }

    /// Where a component stands in `components`, where the flow visits it.
    pub fn place(&self, component: ComponentIndex) -> Option<usize> {
        self.position.get(&component).copied()
    }

    /// The calls over a dependency, per request; nothing where the flow does not use it.
    pub fn calls_over(&self, dependency: DependencyIndex) -> Span {
        let over = self.calls.iter().filter(|call| call.dependency == Some(dependency));
        over.fold(Span::ZERO, |sum, call| sum + call.per_request)
    }

    pub(super) fn of(review: &Review, system: &SystemGraph, index: FlowIndex) -> Self {
        let flow = &review.flows[index.0];
        let mut expansion = Self {
            flow: index,
            entry: system.component(flow.entry()),
            calls: Vec::new(),
            components: Vec::new(),
            issues: Vec::new(),
            position: HashMap::new(),
        };
        if system.flow(flow.id()).is_some_and(|first| first != index) {
            expansion.entry = None;
            expansion.issues.push(FlowIssue::Duplicate);
            return expansion;
        }
        let Some(entry) = expansion.entry else {
            expansion.issues.push(FlowIssue::NoEntry);
            return expansion;
        };
        let candidates = expansion.candidates(flow, review, system);
        let (order, cut) = order_from(entry, &candidates);
        expansion.list(entry, &order);
        expansion.keep_made(&candidates, &cut);
        expansion.steps(flow);
        expansion.count_visits();
        expansion.issues.sort_by_key(FlowIssue::place);
        expansion
    }

    /// The calls whose ends exist.
    fn candidates(&mut self, flow: &Flow, review: &Review, system: &SystemGraph) -> Vec<MadeCall> {
        let mut candidates = Vec::new();
        for (position, call) in flow.calls.as_deref().unwrap_or_default().iter().enumerate() {
            let ends = (system.component(call.from()), system.component(call.to()));
            let (Some(from), Some(to)) = ends else {
                self.issues.push(FlowIssue::Dangling(position));
                continue;
            };
            let dependency = system.dependency(from, to);
            let entity = dependency.map(|d| &review.dependencies[d.0]);
            let synchronous = is_synchronous(entity.and_then(|d| d.mode), review.components[to.0].kind);
            candidates.push(MadeCall {
                call: position,
                from,
                to,
                dependency,
                per_visit: self.per_visit(position, call, review, system),
                per_request: Span::ZERO,
                synchronous,
                in_answer: false,
                hard: synchronous && entity.is_none_or(is_hard),
                fails_flow: false,
            });
        }
        candidates
    }

    fn per_visit(&mut self, position: usize, call: &Call, review: &Review, system: &SystemGraph) -> Span {
        let count = call.count.as_ref().map_or(Span::ONE, Span::of);
        let probability = call.probability.as_ref().map_or(Span::ONE, Span::of);
        let mut misses = Span::ONE;
        for cache in caches_missed(&review.flows[self.flow.0], call) {
            let component = system.component(cache).map(|c| &review.components[c.0]);
            let policy = component.and_then(|component| component.cache.as_ref());
            if let Some(hits) = policy.and_then(|policy| policy.hit_ratio.as_ref()) {
                misses = misses * Span::of(hits).complement();
            } else {
                self.issues.push(FlowIssue::UnknownHitRatio(position, cache.to_owned()));
            }
        }
        count * probability * misses
    }

    fn list(&mut self, entry: ComponentIndex, order: &[ComponentIndex]) {
        for (position, &component) in order.iter().enumerate() {
            self.position.insert(component, position);
            let first = component == entry;
            self.components.push(Visit {
                component,
                visits: if first { Span::ONE } else { Span::ZERO },
                in_answer: first,
                fails_flow: first,
                steps: Vec::new(),
            });
        }
    }

    fn keep_made(&mut self, candidates: &[MadeCall], cut: &[bool]) {
        for (call, cut) in candidates.iter().zip(cut) {
            if *cut {
                self.issues.push(FlowIssue::Cyclic(call.call));
            } else if !self.position.contains_key(&call.from) {
                self.issues.push(FlowIssue::NeverMade(call.call));
            } else {
                if call.dependency.is_none() {
                    self.issues.push(FlowIssue::NoDependency(call.call));
                }
                self.calls.push(call.clone());
            }
        }
    }

    fn steps(&mut self, flow: &Flow) {
        let calls = flow.calls.as_deref().unwrap_or_default();
        let mut groups: HashMap<(usize, &str), usize> = HashMap::new();
        for (position, made) in self.calls.iter().enumerate() {
            let visit = self.position[&made.from];
            let steps = &mut self.components[visit].steps;
            match calls[made.call].group.as_deref() {
                None => steps.push(Step::One(position)),
                Some(group) => {
                    let step = *groups.entry((visit, group)).or_insert_with(|| {
                        steps.push(Step::Together(Vec::new()));
                        steps.len() - 1
                    });
                    if let Step::Together(members) = &mut steps[step] {
                        members.push(position);
                    }
                }
            }
        }
    }

    /// The pass in topological order: everything about a caller is known before its calls are looked at.
    fn count_visits(&mut self) {
        for position in 0..self.components.len() {
            let Visit { visits, in_answer, fails_flow, .. } = self.components[position];
            let steps = std::mem::take(&mut self.components[position].steps);
            for &index in steps.iter().flat_map(Step::calls) {
                let call = &mut self.calls[index];
                call.per_request = visits * call.per_visit;
                call.in_answer = in_answer && call.synchronous;
                call.fails_flow = fails_flow && call.hard;
                let callee = &mut self.components[self.position[&call.to]];
                callee.visits = callee.visits + call.per_request;
                callee.in_answer |= call.in_answer;
                callee.fails_flow |= call.fails_flow;
            }
            self.components[position].steps = steps;
        }
    }
}

impl FlowIssue {
    fn place(&self) -> usize {
        match self {
            Self::Duplicate | Self::NoEntry => 0,
            Self::Dangling(call)
            | Self::Cyclic(call)
            | Self::NeverMade(call)
            | Self::NoDependency(call)
            | Self::UnknownHitRatio(call, _) => *call,
        }
    }
}

/// The components reachable from the entry, callers before callees, and which calls close a circle.
///
/// A depth-first walk in file order with a stack of its own: the calls that lead back to a component on the walk's path
/// are the ones that close circles, and without them the reverse order of leaving is topological.
fn order_from(entry: ComponentIndex, calls: &[MadeCall]) -> (Vec<ComponentIndex>, Vec<bool>) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Open,
        Done,
    }
    let mut leaving: HashMap<ComponentIndex, Vec<usize>> = HashMap::new();
    for (position, call) in calls.iter().enumerate() {
        leaving.entry(call.from).or_default().push(position);
    }
    let mut cut = vec![false; calls.len()];
    let mut states = HashMap::from_iter([(entry, State::Open)]);
    let mut path = vec![(entry, 0)];
    let mut order = Vec::new();
    while let Some((component, next)) = path.last_mut() {
        let component = *component;
        if let Some(&position) = leaving.get(&component).and_then(|all| all.get(*next)) {
            *next += 1;
            let callee = calls[position].to;
            match states.get(&callee) {
                Some(State::Open) => cut[position] = true,
                Some(State::Done) => {}
                None => {
                    states.insert(callee, State::Open);
                    path.push((callee, 0));
                }
            }
        } else {
            states.insert(component, State::Done);
            order.push(component);
            path.pop();
        }
    }
    order.reverse();
    (order, cut)
}
