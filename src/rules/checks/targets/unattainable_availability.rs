//! KP105: what a flow depends on is available less often than the flow promises.

use crate::graph::ComponentIndex;
use crate::model::{Element, Indicator, Slo};
use crate::reliability::{Attainable, Needed};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::significant;

declare_rule! {
    "KP105" "unattainable-availability", High, Certain;
    summary: "the product of what a flow hard-depends on is below its availability objective";
    reads: ["slo.objective", "slo.indicator", "component.availability", "component.cache.hit_ratio", "dependency.mode",
        "dependency.criticality", "dependency.on_failure", "dependency.fallback", "dependency.retry.attempts", "failure.response", "flow.calls.on_miss", "flow.calls.probability"];
    settings: [];
    detects: "An availability SLO of a flow above the best that what it depends on leaves it: the product of the `availability` of \
        everything its answer cannot do without, each component counted once however many ways lead to it. A call on a cache \
        miss or with a probability takes away only its share, of several ways the likeliest; which requests those are is not \
        known, so they are taken to be the same ones, which gives the flow the most. A call with a `fallback` that is the id \
        of a component needs one of the two: `1 − (1 − a)(1 − b)`. Left out are calls that are asynchronous, \
        `criticality = \"soft\"`, or answered by another fallback, a degradation or a queue (in `on_failure`, or in a \
        `[[failure]]` answer for *down*), with everything behind them, `client` components, and an `external` one that the \
        flow enters by. A component's availability is that of all its replicas together, so neither replicas nor retries raise \
        it again; where retries would be enough if every failure were one replica's alone, the finding is medium and likely. \
        With ranges the favourable ends decide whether it is certain. Where availabilities are missing and the known \
        ones do not break the objective already, the rule cannot tell.";
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

/// The most components whose leaving is tried before the finding says that there are too many.
const TRIED: usize = 6;

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
        let Some(best) = context.reliability_of(view).and_then(|figures| figures.availability.as_ref()) else {
            continue;
        };
        let objective = objective.value();
        if misses(best.share.likely, objective) {
            report.find(found(context, view, slo, objective, best));
            continue;
        }
        let mut undecided = false;
        for component in unknown(best, objective) {
            undecided = true;
            report.cannot_tell(Element::Component(context.graph.name(component).to_owned()), "component.availability");
        }
        for cache in &best.without_hit_ratio {
            undecided = true;
            report.cannot_tell(Element::Component(context.graph.name(*cache).to_owned()), "component.cache.hit_ratio");
        }
        if !undecided {
            report.pass();
        }
    }
}

/// Whether a share is below an objective in percent. The product of many numbers near 1 is a little off; the objective
/// itself must not count as missed.
fn misses(share: f64, objective: f64) -> bool {
    share < objective / 100.0 - 1e-12
}

/// What would have to be known. One of two ways is not asked for where the other alone keeps the objective.
fn unknown(best: &Attainable, objective: f64) -> impl Iterator<Item = ComponentIndex> {
    let needed = best.needed.iter().filter(|needed| needed.availability.is_none() && needed.share.likely > 0.0);
    let alternatives = best.either.iter().filter(move |either| misses(either.at_least, objective));
    needed
        .map(|needed| needed.component)
        .chain(alternatives.flat_map(|either| either.unknown.iter().copied()))
        .collect::<Vec<_>>()
        .into_iter()
}

/// A share in percent, rounded down to four places: a promise that is rounded up is broken.
fn percent(share: f64) -> String {
    let down = (share * 1e6 + 1e-6).floor() / 1e4;
    let text = format!("{down:.4}");
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// What a component takes from the answers; `None` where its availability is unknown.
fn loss(needed: &Needed) -> Option<f64> {
    needed.availability.map(|availability| needed.share.likely * (1.0 - availability.likely))
}

fn found(context: &Context<'_>, view: FlowView<'_>, slo: &Slo, objective: f64, best: &Attainable) -> Draft {
    let id = view.flow.id();
    let likely = best.share.likely;
    let mut known: Vec<_> = best.needed.iter().filter_map(|needed| Some((needed, loss(needed)?))).collect();
    known.sort_by(|a, b| b.1.total_cmp(&a.1));
    let unknown = best.needed.len() - known.len();
    let mut message = format!(
        "{id} promises {} % and cannot give more than {}: that is the product of {} it cannot do without",
        significant(objective, 7),
        percent(likely),
        if known.len() == 1 { "the one component".to_owned() } else { format!("the {} components", known.len()) },
    );
    if !best.either.is_empty() {
        message = format!("{message}, and of {} with another to fall back to", best.either.len());
    }
    if unknown > 0 {
        message = format!("{message} ({unknown} more of unknown availability)");
    }
    // What takes the most may also be a choice of two.
    let pair = best.either.iter().max_by(|a, b| pair_loss(a).total_cmp(&pair_loss(b)));
    let single = known.first().map_or(0.0, |(_, loss)| *loss);
    let pair = pair.filter(|either| pair_loss(either) > single);
    let breaks_it = if let Some(either) = pair {
        let (first, fallback) = (context.graph.name(either.first), context.graph.name(either.fallback));
        message = format!(
            "{message}; {first} or else {fallback} takes the most, with {} together",
            percent(either.availability.likely)
        );
        Some(first)
    } else if let Some((needed, _)) = known.first() {
        let own = needed.availability.map_or(0.0, |availability| availability.likely);
        let name = context.graph.name(needed.component);
        let share = needed.share.likely;
        let part = if share < 1.0 { format!(" for {} of the requests", percent(share)) } else { String::new() };
        message = format!("{message}; {name} takes the most, with {}{part}", percent(own));
        Some(name)
    } else {
        None
    };
    let masked = !misses(best.if_retries_mask.likely, objective);
    if masked {
        message = format!(
            "{message} (if every failure were a single request's, the stated retries would give {})",
            percent(best.if_retries_mask.likely)
        );
    }
    let certain = misses(best.if_retries_mask.high, objective) && misses(best.share.high, objective) && !best.assumed;
    let mut draft =
        Draft::new(Element::Flow(id.to_owned()), message, remedy(context, view, objective, best, &known, unknown))
            .confidence(if certain { Confidence::Certain } else { Confidence::Likely })
            .fact("slo", Figure::Text(slo.id().to_owned()))
            .fact("objective", Figure::Percent(objective))
            .fact("attainable", Figure::Percent(likely * 100.0))
            .fact("components", Figure::Count(known.len() as f64))
            .fact("unknown", Figure::Count(unknown as f64));
    if masked {
        draft = draft
            .severity(Severity::Medium)
            .fact("if_retries_mask", Figure::Percent(best.if_retries_mask.likely * 100.0));
    }
    if let Some(name) = breaks_it {
        draft = draft.fact("breaks_it", Figure::Text(name.to_owned()));
    }
    draft
}

fn pair_loss(either: &crate::reliability::Either) -> f64 {
    either.share.likely * (1.0 - either.availability.likely)
}

/// Which components to take out of the answer, the largest loss first, until the objective fits; the entry cannot be.
fn remedy(
    context: &Context<'_>,
    view: FlowView<'_>,
    objective: f64,
    best: &Attainable,
    known: &[(&Needed, f64)],
    unknown: usize,
) -> String {
    let promise = format!("promise at most {}", percent(best.share.likely));
    let without = |left_out: &[ComponentIndex]| {
        let (review, graph) = (context.review, context.graph);
        let left = context.reliability.availability_without(review, graph, view.expansion.flow, left_out);
        left.map_or((0.0, 0), |left| (left.share.likely, left.needed.len()))
    };
    let entry = view.expansion.entry;
    let of_entry = known.iter().find(|(needed, _)| Some(needed.component) == entry).map_or(0.0, |(_, loss)| *loss);
    if misses(1.0 - of_entry, objective) {
        return format!("{} alone is below the objective: run it in more zones, or {promise}", view.flow.entry());
    }
    let singles = known.iter().map(|(needed, loss)| (needed.component, *loss));
    let pairs = best.either.iter().map(|either| (either.first, pair_loss(either)));
    let mut losses: Vec<(ComponentIndex, f64)> =
        singles.chain(pairs).filter(|(component, loss)| Some(*component) != entry && *loss > 0.0).collect();
    losses.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut out: Vec<ComponentIndex> = Vec::new();
    let mut left = best.share.likely;
    for (component, _) in losses.iter().take(TRIED) {
        out.push(*component);
        let (share, needed) = without(&out);
        // What takes most of the flow along is the flow.
        if 2 * needed < best.needed.len() {
            out.pop();
            continue;
        }
        left = share;
        if !misses(left, objective) {
            break;
        }
    }
    if !misses(left, objective) {
        // What stands behind another that leaves need not be named.
        for component in out.clone() {
            let fewer: Vec<_> = out.iter().copied().filter(|other| *other != component).collect();
            let (share, _) = without(&fewer);
            if !fewer.is_empty() && !misses(share, objective) {
                (out, left) = (fewer, share);
            }
        }
    }
    let names: Vec<_> = out.iter().map(|component| context.graph.name(*component)).collect();
    if out.is_empty() {
        return promise;
    }
    if misses(left, objective) {
        let named = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        return format!(
            "even without {named}{} in the answer only {} is left: {promise}, or let the flow need fewer components",
            if names.len() > 3 { format!(" and {} more", names.len() - 3) } else { String::new() },
            percent(left)
        );
    }
    let (named, more) = names.split_at(names.len().min(3));
    let mut named = named.join(", ");
    if !more.is_empty() {
        named = format!("{named} and {} more", more.len());
    }
    format!(
        "decide what the flow answers while {named} {} down (fallback, degrade or queue): {} is left then{}; or {promise}",
        if out.len() == 1 { "is" } else { "are" },
        percent(left),
        if unknown > 0 { ", of what is known" } else { "" }
    )
}
