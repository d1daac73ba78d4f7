//! KP416: a failure path that was decided and never walked.

use super::edges::{Edge, decided, named, stands_in, waited_for};
use super::stores::Age;
use crate::model::{ComponentKind, Element, Failure, FailureMode, Indicator};
use crate::rules::context::Context;
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP416" "failure-untested", Medium, Certain;
    summary: "a fallback, degradation or queue of a critical flow that was never tried on purpose, or not lately";
    reads: ["failure.at", "failure.when", "failure.response", "failure.tested", "dependency.on_failure", "flow.critical",
        "slo.indicator"];
    settings: [
        days = 180.0, "How old the last test may be, in days", "as for failover drills (KP412): half a year";
        single = 3.0, "From how many untested calls on, where nothing at all was ever tested, they are one finding of the review", "own choice: a list of every call says no more than that the step was not done";
    ];
    detects: "A synchronous dependency in the answer of a critical flow for which a fallback, a degradation or a queue is decided (`on_failure`, \
        or a `[[failure]]` for *slow* or *down*), and for which no `[[failure]]` of the dependency or its callee was `tested` within `days`. \
        Never is medium where an availability objective of such a flow counts on it, else low; too long ago is low. A cache that is read past passes: every miss takes that way. A date that lies ahead is a plan. Failing fast needs no such test and passes. Where nothing \
        in the whole review was ever tested, all of it is one finding.";
    why: "The path that runs once a year is the one with the oldest mistakes: a default that the page can no longer show, a fallback that needs \
        the very thing that failed, a queue whose consumer was removed. It runs for the first time during an incident, under the full \
        load, and turns one failure into two.";
    example: [
        "A decision that nobody has seen at work:",
        "",
        "```toml",
        r#"component = [{ id = "shop" }, { id = "reviews", kind = "service" }]"#,
        r#"dependency = [{ from = "shop", to = "reviews", mode = "sync", timeout = "50ms", criticality = "soft", on_failure = "degrade" }]"#,
        r#"flow = [{ id = "browse", entry = "shop", critical = true, calls = [{ from = "shop", to = "reviews" }] }]"#,
        "```",
    ];
    remedy: "Take the callee away on purpose, first in a test environment, then on a quiet working day in production for a small share of the \
        traffic: once refused, once slow. Look at what the user sees, and write the day into `tested` of a `[[failure]]`.";
    verify: "The date is there, and what surprised people in the test has an action.";
    accept: "When the path is taken every day anyway (a cache miss, a provider that fails daily): name the graph that shows it.";
    references: "`KP406` failure-path-undecided, `KP412` failover-never-drilled. The guide, *Step 5: Instrument and iterate (prove \
        constraints)*. *Principles of Chaos Engineering* (principlesofchaos.org).";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let (days, single) = (report.threshold("days"), report.threshold("single"));
    let mut untested: Vec<(Edge<'_>, Age)> = Vec::new();
    for edge in waited_for(context).into_iter().filter(Edge::is_critical) {
        let modes = [FailureMode::Down, FailureMode::Slow];
        if !modes.into_iter().any(|mode| stands_in(decided(context, edge.dependency, mode))) {
            continue;
        }
        if edge.to.kind == Some(ComponentKind::Cache) {
            report.pass();
            continue;
        }
        // The latest of what was done; a plan only counts where nothing was.
        let ages = modes
            .into_iter()
            .filter_map(|mode| context.failure(edge.dependency, mode))
            .map(|failure: &Failure| Age::of(failure.tested, context.today));
        let age = ages.min_by_key(|age| match age {
            Age::Days(days, _) => (0, *days),
            Age::Planned(_) => (1, 0),
            Age::Never => (2, 0),
        });
        let age = age.unwrap_or(Age::Never);
        if age.is_within(days) {
            report.pass();
        } else {
            untested.push((edge, age));
        }
    }
    let anything = context.review.failures.iter().any(|failure| failure.tested.is_some_and(|day| day <= context.today));
    if !anything && untested.len() as f64 >= single {
        report.find(all_of(&untested));
        return;
    }
    for (edge, age) in &untested {
        report.find(found(context, edge, *age, days));
    }
}

fn all_of(untested: &[(Edge<'_>, Age)]) -> Draft {
    let mut flows: Vec<String> = untested.iter().flat_map(|(edge, _)| edge.flows()).collect();
    flows.sort_unstable();
    flows.dedup();
    let calls: Vec<String> = untested.iter().map(|(edge, _)| edge.element().compact()).collect();
    Draft::new(
        Element::Review,
        format!("none of the {} stand-ins of critical flows was ever tried: {}", calls.len(), named(&calls)),
        format!("take {} away on purpose first, look at what the user sees, and date it in a [[failure]]", calls[0]),
    )
    .fact("untested", Figure::Count(calls.len() as f64))
    .flows(flows)
}

fn found(context: &Context<'_>, edge: &Edge<'_>, age: Age, days: f64) -> Draft {
    let (from, to) = (edge.from.id(), edge.to.id());
    let promised =
        edge.views().iter().any(|view| context.slos_with(view.flow.id(), Indicator::Availability).next().is_some());
    let severity = if matches!(age, Age::Days(..)) || !promised { Severity::Low } else { Severity::Medium };
    let flows = edge.flows();
    let mut draft = Draft::new(
        edge.element(),
        format!("what {} does without {to} {}", named(&flows), age.words()),
        format!(
            "refuse {from}'s calls to {to}, then delay them, see what the user gets, and set tested of its [[failure]]"
        ),
    )
    .severity(severity)
    .fact("allowed_days", Figure::Count(days))
    .flows(flows);
    if let Age::Days(age, _) = age {
        draft = draft.fact("age_days", Figure::Count(f64::from(age)));
    }
    draft
}
