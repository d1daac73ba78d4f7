//! Whether a review's parts fit together: required keys, ids that stand once, references that lead somewhere.

use super::entities::{Component, Dependency, Flow};
use super::names::{Element, Name};
use super::node::Span;
use super::problem::{Problem, ProblemKind, did_you_mean, nearest, quote};
use super::review::Review;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};

/// Everything that does not fit together. Linear in the size of the review.
pub fn resolve(review: &Review) -> Vec<Problem> {
    let names = Names {
        components: review.components.iter().map(Component::id).filter(|id| !id.is_empty()).collect(),
        flows: review.flows.iter().map(Flow::id).filter(|id| !id.is_empty()).collect(),
        edges: review.dependencies.iter().map(|d| (d.from(), d.to())).collect(),
        comparisons: Cell::new(0),
    };
    let mut problems = Vec::new();
    required(review, &mut problems);
    duplicates(review, &mut problems);
    for slo in &review.slos {
        match (&slo.flow, &slo.component) {
            (None, None) => problems.push(Problem::error(
                ProblemKind::MissingKey,
                slo.span,
                "an SLO needs `flow` or `component`: what it is about",
            )),
            (Some(_), Some(component)) => problems.push(Problem::warning(
                ProblemKind::Contradiction,
                component.0.span,
                "an SLO is about a flow or a component; the flow is used",
            )),
            _ => {}
        }
        names.flow(slo.flow.as_ref().map(|n| &n.0), &mut problems);
        names.component(slo.component.as_ref().map(|n| &n.0), &mut problems);
    }
    for dependency in &review.dependencies {
        names.component(dependency.from.as_ref().map(|n| &n.0), &mut problems);
        names.component(dependency.to.as_ref().map(|n| &n.0), &mut problems);
        itself(dependency, &mut problems);
    }
    for flow in &review.flows {
        names.component(flow.entry.as_ref().map(|n| &n.0), &mut problems);
        calls(flow, &names, &mut problems);
    }
    for hotspot in &review.hotspots {
        names.element(hotspot.at.as_ref().map(|n| &n.0), &mut problems);
    }
    for failure in &review.failures {
        names.element(failure.at.as_ref().map(|n| &n.0), &mut problems);
    }
    for measure in &review.measures {
        names.element(measure.at.as_ref().map(|n| &n.0), &mut problems);
    }
    for test in &review.load_tests {
        names.flow(test.flow.as_ref().map(|n| &n.0), &mut problems);
    }
    for answer in &review.answers {
        if answer.answer == Some(super::AnswerWord::NotApplicable) && answer.reason.is_none() {
            missing("an answer `not-applicable`", "reason", answer.span, &mut problems);
        }
    }
    problems
}

struct Names<'a> {
    components: HashSet<&'a str>,
    flows: HashSet<&'a str>,
    edges: HashSet<(&'a str, &'a str)>,
    /// How many names were compared to find what was meant: a file full of slips must not take for ever.
    comparisons: Cell<usize>,
}

/// More comparisons of names than this are not made for one file.
const MOST_COMPARISONS: usize = 100_000;

impl Names<'_> {
    /// The names to compare with, or none where enough were compared.
    fn all(&self, flows: bool) -> impl Iterator<Item = &str> {
        let count = self.components.len() + self.flows.len();
        let made = self.comparisons.get();
        self.comparisons.set(made.saturating_add(count));
        let components = self.components.iter().copied();
        let flows = self.flows.iter().copied().take(if flows { usize::MAX } else { 0 });
        components.chain(flows).take(if made > MOST_COMPARISONS { 0 } else { usize::MAX })
    }

    fn component(&self, name: Option<&Name>, problems: &mut Vec<Problem>) {
        if let Some(name) = name
            && !self.components.contains(name.as_str())
        {
            problems.push(dangling("component", name, did_you_mean(name.as_str(), self.all(false))));
        }
    }

    fn flow(&self, name: Option<&Name>, problems: &mut Vec<Problem>) {
        if let Some(name) = name
            && !self.flows.contains(name.as_str())
        {
            problems.push(dangling("flow", name, did_you_mean(name.as_str(), self.flows.iter().copied())));
        }
    }

    fn element(&self, name: Option<&Name>, problems: &mut Vec<Problem>) {
        let Some(name) = name else { return };
        if let Some((from, to)) = Element::ends(name.as_str()) {
            if !self.edges.contains(&(from, to)) {
                problems.push(dangling("dependency", name, self.nearest_edge(from, to)));
            }
        } else if !self.components.contains(name.as_str()) && !self.flows.contains(name.as_str()) {
            problems.push(dangling("component or flow", name, did_you_mean(name.as_str(), self.all(true))));
        }
    }

    /// The edge that was probably meant: each end corrected on its own.
    fn nearest_edge(&self, from: &str, to: &str) -> Option<String> {
        let correct = |end: &str| {
            if self.components.contains(end) {
                Some(end.to_owned())
            } else {
                nearest(end, self.all(false)).map(str::to_owned)
            }
        };
        let (from, to) = (correct(from)?, correct(to)?);
        if self.edges.contains(&(from.as_str(), to.as_str())) {
            Some(format!("did you mean `{from} -> {to}`?"))
        } else if self.edges.contains(&(to.as_str(), from.as_str())) {
            Some(format!("did you mean `{to} -> {from}`?"))
        } else {
            Some(format!("there is no [[dependency]] from `{from}` to `{to}`"))
        }
    }
}

fn dangling(called: &str, name: &Name, help: Option<String>) -> Problem {
    let message = format!("there is no {called} {}", quote(name.as_str()));
    Problem::error(ProblemKind::DanglingReference, name.span, message).with_help(help)
}

fn missing(called: &str, key: &str, span: Span, problems: &mut Vec<Problem>) {
    problems.push(Problem::error(ProblemKind::MissingKey, span, format!("{called} needs `{key}`")));
}

/// The keys without which an entity cannot be used: ids, ends, entries.
fn required(review: &Review, problems: &mut Vec<Problem>) {
    macro_rules! need {
        ($list:expr, $called:literal, $($field:ident),+) => {
            for entity in &$list { $(
                if entity.$field.is_none() {
                    missing($called, stringify!($field), entity.span, problems);
                }
            )+ }
        };
    }
    need!(review.slos, "an SLO", id);
    need!(review.components, "a component", id);
    need!(review.dependencies, "a dependency", from, to);
    need!(review.flows, "a flow", id, entry);
    need!(review.hotspots, "a hotspot", id, at);
    need!(review.failures, "a failure answer", at);
    need!(review.measures, "a measure", at, signal);
    need!(review.answers, "an answer", question);
    need!(review.decisions, "a decision", id);
    need!(review.triage, "a triage entry", finding);
    need!(review.actions, "an action", id);
    // An empty text answers no finding either, and would look like an entry that does.
    for entry in review.triage.iter().filter(|entry| entry.finding.is_some() && entry.finding().trim().is_empty()) {
        missing("a triage entry", "finding", entry.span, problems);
    }
}

fn duplicates(review: &Review, problems: &mut Vec<Problem>) {
    macro_rules! once {
        ($list:expr, $called:literal) => {
            let mut seen = HashSet::new();
            for id in $list.iter().filter_map(|entity| entity.id.as_ref()) {
                if !seen.insert(id.as_str()) {
                    let message = format!("a second {} with the id {}; the first is used", $called, quote(id.as_str()));
                    problems.push(Problem::error(ProblemKind::Duplicate, id.0.span, message));
                }
            }
        };
    }
    once!(review.slos, "SLO");
    once!(review.components, "component");
    once!(review.flows, "flow");
    once!(review.hotspots, "hotspot");
    once!(review.decisions, "decision");
    once!(review.actions, "action");
    let mut seen = HashSet::new();
    for dependency in &review.dependencies {
        if let (Some(from), Some(to)) = (&dependency.from, &dependency.to)
            && !seen.insert((from.as_str(), to.as_str()))
        {
            let message = format!("a second dependency {}; the first is used", quote(&format!("{from} -> {to}")));
            problems.push(Problem::error(ProblemKind::Duplicate, from.0.span, message));
        }
    }
    let components: HashSet<_> = review.components.iter().map(Component::id).collect();
    for flow in &review.flows {
        if let Some(id) = &flow.id
            && components.contains(id.as_str())
        {
            let message = format!("{} names a component too; `at` means the component then", quote(id.as_str()));
            problems.push(Problem::warning(ProblemKind::Duplicate, id.0.span, message));
        }
    }
}

fn itself(dependency: &Dependency, problems: &mut Vec<Problem>) {
    if let (Some(from), Some(to)) = (&dependency.from, &dependency.to)
        && from == to
    {
        let message = format!("{} depends on itself", quote(from.as_str()));
        problems.push(Problem::error(ProblemKind::Contradiction, to.0.span, message));
    }
}

/// The calls of a flow: ends that exist, edges that are declared, everything reachable, no cycle.
fn calls(flow: &Flow, names: &Names<'_>, problems: &mut Vec<Problem>) {
    let calls = flow.calls.as_deref().unwrap_or_default();
    let mut callees: HashMap<&str, Vec<&str>> = HashMap::new();
    for call in calls {
        for (end, key) in [(&call.from, "from"), (&call.to, "to")] {
            match end {
                Some(name) => names.component(Some(&name.0), problems),
                None => missing("a call", key, call.span, problems),
            }
        }
        names.component(call.on_miss.as_ref().map(|n| &n.0), problems);
        let (from, to) = (call.from(), call.to());
        let known = names.components.contains(from) && names.components.contains(to);
        if known && !names.edges.contains(&(from, to)) {
            let message = format!(
                "a call {} without a [[dependency]]: its policies are unknown",
                quote(&format!("{from} -> {to}"))
            );
            problems.push(Problem::warning(ProblemKind::DanglingReference, call.span, message));
        }
        if known {
            callees.entry(from).or_default().push(to);
        }
    }
    let entry = flow.entry();
    if !names.components.contains(entry) {
        return;
    }
    let (visited, cycle) = walk(entry, &callees);
    if let Some(cycle) = cycle {
        let span =
            calls.iter().find(|call| call.from() == cycle.0 && call.to() == cycle.1).map_or(flow.span, |c| c.span);
        let message = format!("the calls of flow {} go round in a circle through {}", quote(flow.id()), quote(cycle.1));
        problems.push(Problem::error(ProblemKind::Contradiction, span, message));
    }
    for call in calls {
        if names.components.contains(call.from()) && !visited.contains(call.from()) {
            let message = format!("this call is never made: nothing of the flow reaches {}", quote(call.from()));
            problems.push(Problem::warning(ProblemKind::Contradiction, call.span, message));
        }
    }
}

/// What the entry reaches, and the edge that closes a circle if one does. Iterative: depth is the file's to choose.
fn walk<'a>(
    entry: &'a str,
    callees: &HashMap<&'a str, Vec<&'a str>>,
) -> (HashSet<&'a str>, Option<(&'a str, &'a str)>) {
    let mut visited = HashSet::from([entry]);
    let mut on_path = HashSet::from([entry]);
    let mut path = vec![(entry, 0)];
    let mut cycle = None;
    while let Some((component, next)) = path.last_mut() {
        let component = *component;
        if let Some(callee) = callees.get(component).and_then(|all| all.get(*next)).copied() {
            *next += 1;
            if on_path.contains(callee) {
                cycle = cycle.or(Some((component, callee)));
            } else if visited.insert(callee) {
                on_path.insert(callee);
                path.push((callee, 0));
            }
        } else {
            on_path.remove(component);
            path.pop();
        }
    }
    (visited, cycle)
}
