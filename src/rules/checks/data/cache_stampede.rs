//! KP304: a cache without stampede protection in front of an origin that cannot take the misses.

use crate::model::{Component, Element, Fix, FixSafety};
use crate::rules::checks::load::{Load, load_of, slots};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Ratio, significant};
use foldhash::{HashSet, HashSetExt};
use std::collections::BTreeMap;

declare_rule! {
    "KP304" "cache-stampede", Medium, Certain;
    summary: "a cache without stampede protection whose origin cannot take the burst when entries are missing";
    reads: ["component.cache.stampede_protection", "flow.calls.on_miss", "flow.calls.count", "flow.calls.probability", "flow.rate", "flow.peak",
        "growth.traffic", "growth.peak", "component.service_time", "component.workers", "component.replicas", "component.data.read_replicas"];
    settings: [];
    detects: "A cache that calls of a flow name in `on_miss`, without `stampede_protection` (absent or `none`), in front of an origin that \
        has fewer slots than the burst needs. The burst is what the origin is asked when nothing hits: the rate of \
        those calls without the cache × the origin's service time, today (high on a critical flow, else medium) or at the growth × peak \
        that the review expects (medium). Its slots are `workers` × `replicas` (× 1 + `read_replicas`). \
        Other work of the origin is not counted, so the burst that is named is a lower bound. A cache whose origin can take the \
        burst passes without protection.";
    why: "When a popular entry expires, every request that wants it misses at once and asks the origin for the same thing. The origin slows \
        down, so filling the entry takes longer, so more requests miss. After a restart or a flush this happens to all entries \
        together, and the system may stay down after the cause has gone, because the cache never gets filled.";
    example: [
        "A cold cache asks a database with 16 slots for 40:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "cache", kind = "cache", cache = { hit_ratio = 0.95, ttl = "5m", invalidation = "ttl" } },"#,
        r#"             { id = "db", kind = "database", workers = 16, service_time = "20ms" }]"#,
        r#"dependency = [{ from = "api", to = "cache", mode = "sync" }, { from = "api", to = "db", mode = "sync" }]"#,
        r#"flow = [{ id = "browse", entry = "api", rate = "2k/s","#,
        r#"        calls = [{ from = "api", to = "cache" }, { from = "api", to = "db", on_miss = "cache" }] }]"#,
        "```",
    ];
    remedy: "Let one request refill an entry while the others wait or get the old value (single flight, a lock with a time limit, stale while \
        revalidating, refreshing early at random), and spread expiries with jitter. For the restart: warm the cache before it takes \
        traffic, and limit the concurrency of calls to the origin.";
    verify: "Delete the hottest entry, then flush a cache node, at peak rate in a test. Queries at the origin per expired entry stay near one, and \
        its utilisation stays below the knee.";
    accept: "When a limit in front of the origin sheds the burst and the flow has an answer without it.";
    references: "`KP303` cache-without-invalidation; `KP305` cache-is-load-bearing for the restart, which protection of single entries does not \
        survive. The guide, *Caching strategy*. Vattani, Chierichetti, Lowenstein, *Optimal Probabilistic \
        Cache Stampede Prevention* (VLDB, 2015). Bronson et al., *Metastable Failures in Distributed Systems* (HotOS, 2021).";
}

/// What one origin is asked when nothing hits.
#[derive(Default)]
struct Burst {
    rate: f64,
    busy: f64,
    rate_expected: f64,
    busy_expected: f64,
    flows: Vec<String>,
    critical: bool,
    missing: Vec<(Element, &'static str)>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut bursts: BTreeMap<usize, BTreeMap<usize, Burst>> = BTreeMap::new();
    for view in context.flows() {
        add_bursts(context, view, &mut bursts);
    }
    for (cache, origins) in bursts {
        let cache = &context.review.components[cache];
        let word = cache.cache.as_ref().and_then(|policy| policy.stampede_protection.as_deref()).map(str::trim);
        let unprotected = word.is_none_or(|word| word.is_empty() || word.eq_ignore_ascii_case("none"));
        if !unprotected {
            report.pass();
            continue;
        }
        judge(context, report, cache, origins, word.is_some_and(|word| !word.is_empty()));
    }
}

/// Adds what the calls of a flow that are made on a miss would ask if every read missed.
fn add_bursts(context: &Context<'_>, view: FlowView<'_>, bursts: &mut BTreeMap<usize, BTreeMap<usize, Burst>>) {
    let load = load_of(context, view);
    let mut counted = HashSet::new();
    for made in view.expansion.made() {
        let Some(call) = view.call(made) else { continue };
        let Some(cache) = call.on_miss.as_ref().and_then(|cache| context.graph.component(cache.as_str())) else {
            continue;
        };
        let burst = bursts.entry(cache.0).or_default().entry(made.to.0).or_default();
        if counted.insert((cache, made.to)) {
            burst.flows.push(view.flow.id().to_owned());
            burst.critical |= view.is_critical();
        }
        let Some(Load { today, expected, .. }) = load else {
            burst.missing.push((Element::Flow(view.flow.id().to_owned()), "flow.rate"));
            continue;
        };
        let visits = view.expansion.visit(made.from).map_or(0.0, |visit| visit.visits.likely);
        let count = call.count.map_or(1.0, |count| count.value());
        let probability = call.probability.map_or(1.0, |probability| probability.value());
        let asked = visits * count * probability;
        burst.rate += today * asked;
        burst.rate_expected += expected * asked;
        if let Some(time) = call.service_time.or(context.component_at(made.to).service_time) {
            burst.busy += today * asked * time.mean.value();
            burst.busy_expected += expected * asked * time.mean.value();
        } else {
            let id = context.graph.name(made.to).to_owned();
            burst.missing.push((Element::Component(id), "component.service_time"));
        }
    }
}

/// Reports the origin that has the least room for its burst.
fn judge(
    context: &Context<'_>,
    report: &mut Report<'_>,
    cache: &Component,
    origins: BTreeMap<usize, Burst>,
    said_none: bool,
) {
    let mut worst: Option<(f64, &Component, f64, Burst)> = None;
    let mut missing = Vec::new();
    for (origin, burst) in origins {
        let origin = &context.review.components[origin];
        let copies = origin.data.as_ref().and_then(|data| data.read_replicas).map_or(0.0, |copies| copies.value());
        let Some(slots) = slots(origin).map(|slots| slots * (1.0 + copies)) else {
            missing.push((Element::Component(origin.id().to_owned()), "component.workers"));
            continue;
        };
        if burst.busy_expected <= slots * (1.0 + 1e-9) {
            missing.extend(burst.missing);
        } else if worst.as_ref().is_none_or(|worst| burst.busy_expected / slots > worst.0) {
            worst = Some((burst.busy_expected / slots, origin, slots, burst));
        }
    }
    let Some((_, origin, slots, burst)) = worst else {
        if missing.is_empty() {
            report.pass();
        }
        for (element, key) in missing {
            report.cannot_tell(element, key);
        }
        return;
    };
    let (cache_id, origin_id) = (cache.id(), origin.id());
    let now = burst.busy > slots * (1.0 + 1e-9);
    let (rate, busy, when) = if now {
        (burst.rate, burst.busy, "")
    } else {
        (burst.rate_expected, burst.busy_expected, " at the expected peak")
    };
    let figure = |value| significant(value, 3);
    let hits = cache.cache.as_ref().and_then(|policy| policy.hit_ratio);
    let usual = hits.map_or("when reads miss".to_owned(), |hits| {
        format!("{} of the reads miss today; when all do", Ratio::new((1.0 - hits.value()).max(0.0)))
    });
    let draft = Draft::new(
            Element::Component(cache_id.to_owned()),
            format!(
                "{cache_id} has no stampede protection: {usual}, {origin_id} is asked {}{when} and needs {} slots; it has {}",
                crate::units::PerSecond::new(rate),
                figure(busy),
                figure(slots)
            ),
            format!(
                "let one request refill an entry of {cache_id} while the others wait or get the old value, and hold {origin_id} to \
                 {} calls at once",
                figure(slots)
            ),
        )
        .severity(if burst.critical && now { Severity::High } else { Severity::Medium })
        .confidence(if said_none { Confidence::Certain } else { Confidence::Likely })
        .fact("origin", Figure::Text(origin_id.to_owned()))
        .fact("burst_rate", Figure::PerSecond(rate))
        .fact("burst_slots", Figure::Count(busy))
        .fact("origin_slots", Figure::Count(slots))
        .flows(burst.flows)
        .key("cache.stampede_protection");
    let fix = context
        .entity(&Element::Component(cache_id.to_owned()))
        .map(|entity| Fix::set(FixSafety::Suggested, entity, "cache.stampede_protection", "singleflight"));
    report.find(match fix {
        Some(fix) => draft.fix(fix),
        None => draft,
    });
}
