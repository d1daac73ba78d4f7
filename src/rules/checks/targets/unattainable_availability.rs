//! KP105: what a flow depends on is available less often than the flow promises.

use crate::graph::ComponentIndex;
use crate::model::{Component, ComponentKind, Criticality, Dependency, Element, FailureMode, Indicator, Response, Slo};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, significant};
use std::collections::HashMap;

declare_rule! {
    "KP105" "unattainable-availability", High, Certain;
    summary: "the product of what a flow hard-depends on is below its availability objective";
    reads: ["slo.objective", "slo.indicator", "component.availability", "component.cache.hit_ratio", "dependency.mode",
        "dependency.criticality", "dependency.on_failure", "failure.response", "flow.calls.on_miss", "flow.calls.probability"];
    settings: [];
    detects: "An availability SLO of a flow above the product of the `availability` of everything the flow's answer cannot do without: \
        the entry and every component reached over synchronous calls, each counted once however many ways lead to it. Left out \
        are calls that are asynchronous, `criticality = \"soft\"`, or answered by a fallback, degradation or queue (in \
        `on_failure`, or in a `[[failure]]` answer for *down*), with everything behind them, `client` components, and an `external` one that the flow enters by. A call on a \
        cache miss or with a probability takes away only its share: `1 − share × (1 − availability)`; of several ways the \
        likeliest counts. A component's availability is that of the whole component, so replicas and retries on them are not \
        counted again. With ranges the favourable ends decide whether the finding is certain. Where availabilities are \
        missing and the known ones do not break the objective already, the rule cannot tell.";
    why: "Failures of hard dependencies add up: five at 99.9 % leave 99.5 %, more than three and a half hours a month. The objective is \
        missed in an ordinary month without any fault of the team that carries the pager, and its error budget says nothing any more.";
    example: [
        "A promise of 99.9 % on top of a provider that gives 99.5 %:",
        "",
        "```toml",
        r#"component = [{ id = "api", availability = 99.99 }, { id = "payments", kind = "external", availability = 99.5 }]"#,
        r#"dependency = [{ from = "api", to = "payments", mode = "sync", criticality = "hard" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", calls = [{ from = "api", to = "payments" }] }]"#,
        r#"slo = [{ id = "checkout-up", flow = "checkout", indicator = "availability", objective = 99.9 }]"#,
        "```",
    ];
    remedy: "Take the weakest dependency out of the answer: accept now and do it later (queue), use another source (fallback), or answer \
        with less (degrade), and write the decision into `on_failure` or a `[[failure]]`. Or run it better: more zones, a second \
        provider. Or promise what can be kept.";
    verify: "Switch the named dependency off in a test: the flow must still answer in the way that was decided. Compare the product \
        with the flow's availability as measured over the last windows.";
    accept: "When the stated availabilities are contract minimums that were beaten for a year, the numbers are at hand, and the \
        entry expires when the contract is renewed.";
    references: "The guide, *Availability & error budgets*. Treynor, Dahlin, Rau, Beyer, *The Calculus of Service Availability* (ACM Queue, 2017).";
}

/// A component that the answer cannot do without.
struct Needed<'a> {
    component: &'a Component,
    /// The least share of requests that need it.
    share: f64,
}

/// What the answer of a flow cannot do without.
struct Needs<'a> {
    components: Vec<Needed<'a>>,
    /// Caches whose hit ratio is unknown; what is called on their misses counts as if there were none.
    without_hit_ratio: Vec<&'a str>,
    /// Whether some call counts as hard only because nothing is said.
    assumed: bool,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for view in context.flows() {
        let id = view.flow.id();
        let strictest = context
            .slos_with(id, Indicator::Availability)
            .filter_map(|slo| Some((slo, slo.objective?)))
            .max_by(|a, b| a.1.value().total_cmp(&b.1.value()));
        let Some((slo, objective)) = strictest else {
            for slo in context.slos_with(id, Indicator::Availability) {
                report.cannot_tell(Element::Slo(slo.id().to_owned()), "slo.objective");
            }
            continue;
        };
        if view.expansion.entry.is_none() {
            continue;
        }
        let needs = needs(context, view);
        let known = |end: fn(&Component) -> Option<f64>| -> f64 {
            let losses =
                needs.components.iter().filter_map(|needed| Some(needed.share * (1.0 - end(needed.component)?)));
            losses.map(|loss| 1.0 - loss).product()
        };
        let likely = known(|component| component.availability.map(|a| a.likely().value() / 100.0));
        let best = known(|component| component.availability.map(|a| a.high().value() / 100.0));
        let objective_share = objective.value() / 100.0;
        // The product of many numbers near 1 is a little off; the objective itself must not count as missed.
        let below = |share: f64| share < objective_share - 1e-12;
        if below(likely) {
            let certain = below(best) && !needs.assumed;
            report.find(found(view, slo, objective.value(), likely, certain, &needs));
            continue;
        }
        let mut undecided = false;
        for needed in
            needs.components.iter().filter(|needed| needed.share > 0.0 && needed.component.availability.is_none())
        {
            undecided = true;
            report.cannot_tell(Element::Component(needed.component.id().to_owned()), "component.availability");
        }
        for cache in &needs.without_hit_ratio {
            undecided = true;
            report.cannot_tell(Element::Component((*cache).to_owned()), "component.cache.hit_ratio");
        }
        if !undecided {
            report.pass();
        }
    }
}

/// Everything the answer cannot do without, with the least share of requests that need it. One pass, callers first.
fn needs<'a>(context: &Context<'a>, view: FlowView<'a>) -> Needs<'a> {
    let mut shares: HashMap<ComponentIndex, f64> = HashMap::new();
    let mut needs = Needs { components: Vec::new(), without_hit_ratio: Vec::new(), assumed: false };
    shares.extend(view.expansion.entry.map(|entry| (entry, 1.0)));
    for visit in &view.expansion.components {
        let Some(share) = shares.get(&visit.component).copied() else { continue };
        let component = context.component_at(visit.component);
        // Whoever asks is there: a browser, or a partner's system that a flow enters by.
        let asks = component.kind == Some(ComponentKind::External) && view.expansion.entry == Some(visit.component);
        if component.kind != Some(ComponentKind::Client) && !asks {
            needs.components.push(Needed { component, share });
        }
        for made in view.steps_of(visit.component).flatten().filter(|made| made.synchronous) {
            let dependency = context.dependency_of(made);
            if dependency.is_some_and(|dependency| survives_without(context, dependency)) {
                continue;
            }
            needs.assumed |= dependency.is_none_or(|dependency| dependency.criticality.is_none());
            let Some(call) = view.call(made) else { continue };
            let times = call.count.map_or(1.0, |count| count.value()).min(1.0);
            let mut share = share * times * call.probability.map_or(1.0, |probability| probability.value());
            if let Some(cache) = call.on_miss.as_ref().and_then(|cache| context.component(cache.as_str())) {
                if let Some(hits) = cache.cache.as_ref().and_then(|policy| policy.hit_ratio) {
                    share *= 1.0 - hits.value();
                } else {
                    share = 0.0;
                    if !needs.without_hit_ratio.contains(&cache.id()) {
                        needs.without_hit_ratio.push(cache.id());
                    }
                }
            }
            let least = shares.entry(made.to).or_insert(0.0);
            *least = least.max(share);
        }
    }
    needs
}

/// Whether the flow answers when the callee is down, by what the file says.
fn survives_without(context: &Context<'_>, dependency: &Dependency) -> bool {
    let kind =
        |response: Option<Response>| matches!(response, Some(Response::Fallback | Response::Degrade | Response::Queue));
    dependency.criticality == Some(Criticality::Soft)
        || kind(dependency.on_failure)
        || kind(context.failure(dependency, FailureMode::Down).and_then(|failure| failure.response))
}

/// A share in percent, rounded down to four places: a promise that is rounded up is broken.
fn percent(share: f64) -> String {
    let down = (share * 1e6 + 1e-6).floor() / 1e4;
    let text = format!("{down:.4}");
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

fn found(view: FlowView<'_>, slo: &Slo, objective: f64, likely: f64, certain: bool, needs: &Needs<'_>) -> Draft {
    let id = view.flow.id();
    let loss = |needed: &Needed<'_>| needed.component.availability.map(|a| needed.share * (1.0 - a.value() / 100.0));
    let mut known: Vec<_> = needs.components.iter().filter_map(|needed| Some((needed, loss(needed)?))).collect();
    known.sort_by(|a, b| b.1.total_cmp(&a.1));
    let unknown = needs.components.len() - known.len();
    let mut message = format!(
        "{id} promises {} % and cannot give more than {}: that is the product of {} it cannot do without",
        significant(objective, 7),
        percent(likely),
        if known.len() == 1 { "the one component".to_owned() } else { format!("the {} components", known.len()) },
    );
    if unknown > 0 {
        message = format!("{message} ({unknown} more of unknown availability)");
    }
    let worst = known.first();
    if let Some((needed, _)) = worst {
        let own = needed.component.availability.map_or(0.0, |a| a.value() / 100.0);
        let part =
            if needed.share < 1.0 { format!(" for {} of the requests", percent(needed.share)) } else { String::new() };
        message = format!("{message}; {} takes the most, with {}{part}", needed.component.id(), percent(own));
    }
    let entry = view.flow.entry();
    let mut draft =
        Draft::new(Element::Flow(id.to_owned()), message, remedy(entry, objective / 100.0, likely, &known, unknown))
            .confidence(if certain { Confidence::Certain } else { Confidence::Likely })
            .fact("slo", Figure::Text(slo.id().to_owned()))
            .fact("objective", Figure::Percent(objective))
            .fact("attainable", Figure::Percent(likely * 100.0))
            .fact("components", Figure::Count(known.len() as f64))
            .fact("unknown", Figure::Count(unknown as f64));
    if let Some((needed, _)) = worst {
        draft = draft.fact("breaks_it", Figure::Text(needed.component.id().to_owned()));
    }
    draft
}

/// Which components to take out of the answer, the largest loss first, until the objective fits; the entry cannot be.
fn remedy(entry: &str, objective: f64, likely: f64, known: &[(&Needed<'_>, f64)], unknown: usize) -> String {
    let promise = format!("promise at most {}", percent(likely));
    let of_entry: f64 =
        known.iter().filter(|(needed, _)| needed.component.id() == entry).map(|(_, l)| 1.0 - l).product();
    let others: Vec<_> = known.iter().filter(|(needed, _)| needed.component.id() != entry).collect();
    if of_entry < objective {
        return format!("{entry} alone is below the objective: run it in more zones, or {promise}");
    }
    // From the end, where nothing but the entry is left, as many as fit stay in the answer.
    let (mut left, mut out) = (of_entry, others.len());
    while out > 0 && left * (1.0 - others[out - 1].1) >= objective {
        out -= 1;
        left *= 1.0 - others[out].1;
    }
    let names: Vec<_> = others[..out].iter().map(|(needed, _)| needed.component.id()).collect();
    let (named, more) = names.split_at(out.min(3));
    let mut named = named.join(", ");
    if !more.is_empty() {
        named = format!("{named} and {} more", more.len());
    }
    format!(
        "decide what the flow answers while {named} {} down (fallback, degrade or queue): {} is left then{}; or {promise}",
        if out == 1 { "is" } else { "are" },
        percent(left),
        if unknown > 0 { ", of what is known" } else { "" }
    )
}
