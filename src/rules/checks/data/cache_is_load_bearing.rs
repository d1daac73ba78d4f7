//! KP305: a cache without which its origin cannot work.

use crate::graph::ComponentIndex;
use crate::model::{Component, ComponentKind, Criticality, Dependency, Element, FailureMode, Overflow, Response};
use crate::rules::checks::load::{Asked, Load, asked_of_all, is_guessed, load_of, most_replicas};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{PerSecond, Quantity, significant};
use foldhash::HashSet;
use std::collections::BTreeMap;

declare_rule! {
    "KP305" "cache-is-load-bearing", High, Certain;
    summary: "with the cache cold, its origin is past saturation";
    reads: ["flow.calls.on_miss", "flow.calls.count", "flow.calls.probability", "flow.calls.service_time", "flow.rate", "flow.peak",
        "growth.traffic", "growth.peak", "component.cache.hit_ratio", "component.service_time", "component.workers",
        "component.cores", "component.replicas", "component.autoscale.max", "component.rate_limit", "component.data.read_replicas",
        "dependency.pool.size", "dependency.on_failure", "dependency.criticality", "failure.response"];
    settings: [];
    detects: "For each cache that calls of a flow name in `on_miss`: every such call is taken to be made always, and what follows from it too. \
        The rule adds up what each component is then asked by all flows (Σ rate × visits × service time) and divides by what it has: \
        `workers` × `replicas` (× 1 + `read_replicas`), `cores` × `replicas`, or `rate_limit`. It fires where a component that is \
        below saturation with the cache warm is above it with the cache cold: high at today's rate on a critical flow, medium elsewhere \
        and at the growth × peak that the review expects (then with `autoscale.max` replicas). Where every caller may hold no more than \
        the origin can work on (`pool.size` × replicas, a queue of the origin that refuses, or a `rate_limit` as its only limit) it is medium, because the cache fills \
        again by itself; with that and an answer without the origin (soft, fallback, degrade, queue) it passes. A `cdn` is medium at most: it is never empty everywhere at once \
        without a person's doing. Waiting of the origin \
        for others is left out: the utilisation that is named is a lower bound.";
    why: "The system has two stable states. In one the cache is warm and the origin idles; in the other the cache is empty, the origin is so \
        slow that callers give up before an entry is stored, and it stays that way after the cause has gone. A restart of the cache, \
        a deployment that changes the keys, or an eviction wave moves it from one to the other, and nothing but taking the load away \
        brings it back.";
    example: [
        "A database that the cache keeps at 10 % would have to work at 200 % without it:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "db", kind = "database", workers = 20, service_time = "20ms" },"#,
        r#"             { id = "cache", kind = "cache", cache = { hit_ratio = 0.95, stampede_protection = "singleflight" } }]"#,
        r#"dependency = [{ from = "api", to = "cache" }, { from = "api", to = "db" }]"#,
        r#"flow = [{ id = "browse", entry = "api", rate = "2k/s", critical = true,"#,
        r#"          calls = [{ from = "api", to = "cache" }, { from = "api", to = "db", on_miss = "cache" }] }]"#,
        "```",
    ];
    remedy: "Let no more reach the origin than it can work on: a pool per replica whose sum is its slots, a short wait, and an answer without it \
        meanwhile (an older copy, fewer details, \"come back\"). Then a cold cache costs minutes of a worse answer instead of an outage. \
        Warm a cache before it takes traffic, keep more than one node of it, and change keys in steps. Or give the origin the slots.";
    verify: "Empty one cache node at peak rate in a test, then all of them. The origin's rate stays at its limit, refused requests are answered \
        quickly, and the hit ratio is back after the stated time without anybody doing anything.";
    accept: "When the cache is never empty by construction (replicated, persistent, warmed before use) and somebody has tried that: name the test.";
    references: "`KP304` cache-stampede for single entries. The guide, *Fast path checklist* and *Multi-layer caching*. Bronson et al., \
        *Metastable Failures in Distributed Systems* (HotOS, 2021). AWS Builders' Library, *Caching challenges and strategies*.";
}

/// What a component is asked in addition when one cache is cold.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "four independent remarks about one figure")]
struct Extra {
    rate: f64,
    busy: f64,
    rate_expected: f64,
    busy_expected: f64,
    flows: Vec<String>,
    critical: bool,
    /// Whether calls name the cache in `on_miss` on their way to it; otherwise it stands further behind.
    direct: bool,
    without_time: bool,
    /// Whether a rate or a time is a range.
    guessed: bool,
    /// Who calls it on a miss.
    callers: HashSet<ComponentIndex>,
}

type Colds = BTreeMap<ComponentIndex, BTreeMap<ComponentIndex, Extra>>;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut colds: Colds = BTreeMap::new();
    let mut without_rate: BTreeMap<ComponentIndex, Vec<Element>> = BTreeMap::new();
    for view in context.flows() {
        let seeds = seeds(context, view);
        let Some(load) = load_of(context, view) else {
            for cache in seeds.into_keys() {
                without_rate.entry(cache).or_default().push(Element::Flow(view.flow.id().to_owned()));
                colds.entry(cache).or_default();
            }
            continue;
        };
        for (cache, seeds) in seeds {
            spread(context, view, load, cache, seeds, colds.entry(cache).or_default());
        }
    }
    if colds.is_empty() {
        return;
    }
    let warm = asked_of_all(context);
    for (cache, origins) in colds {
        judge(
            context,
            report,
            context.component_at(cache),
            origins,
            &warm,
            without_rate.remove(&cache).unwrap_or_default(),
        );
    }
}

/// The calls of a flow that are made on a miss, by cache: positions in the expansion's calls.
fn seeds(context: &Context<'_>, view: FlowView<'_>) -> BTreeMap<ComponentIndex, Vec<usize>> {
    let mut seeds: BTreeMap<ComponentIndex, Vec<usize>> = BTreeMap::new();
    for (position, made) in view.expansion.calls.iter().enumerate() {
        let cache = view.call(made).and_then(|call| call.on_miss.as_ref());
        if let Some(cache) = cache.and_then(|cache| context.graph.component(cache.as_str())) {
            seeds.entry(cache).or_default().push(position);
        }
    }
    seeds
}

/// Follows the additional visits of a flow from the calls that a cold cache adds, callers before callees.
fn spread(
    context: &Context<'_>,
    view: FlowView<'_>,
    load: Load,
    cache: ComponentIndex,
    seeds: Vec<usize>,
    extras: &mut BTreeMap<ComponentIndex, Extra>,
) {
    let expansion = view.expansion;
    let always = |position: usize| {
        let call = view.call(&expansion.calls[position]);
        let count = call.and_then(|call| call.count).map_or(1.0, |count| count.value());
        count * call.and_then(|call| call.probability).map_or(1.0, |probability| probability.value())
    };
    let on_miss: HashSet<usize> = seeds.iter().copied().collect();
    // Additional visits by place in the flow; the lowest place first, so that each is complete when it is taken.
    let mut open: BTreeMap<usize, f64> = BTreeMap::new();
    let mut add = |position: usize, visits: f64, open: &mut BTreeMap<usize, f64>| {
        let made = &expansion.calls[position];
        let time = view.call(made).and_then(|call| call.service_time).or(context.component_at(made.to).service_time);
        let extra = extras.entry(made.to).or_default();
        let busy = visits * time.map_or(0.0, |time| time.mean.value());
        extra.rate += load.today * visits;
        extra.rate_expected += load.expected * visits;
        extra.busy += load.today * busy;
        extra.busy_expected += load.expected * busy;
        extra.without_time |= time.is_none();
        extra.guessed |= is_guessed(context, view) || time.is_some_and(|time| time.mean.is_range());
        extra.critical |= view.is_critical();
        extra.direct |= on_miss.contains(&position);
        if on_miss.contains(&position) {
            extra.callers.insert(made.from);
        }
        if extra.flows.last().is_none_or(|last| last != view.flow.id()) {
            extra.flows.push(view.flow.id().to_owned());
        }
        if let Some(place) = expansion.place(made.to) {
            *open.entry(place).or_insert(0.0) += visits;
        }
    };
    for position in seeds {
        let made = &expansion.calls[position];
        let visits = expansion.visit(made.from).map_or(0.0, |visit| visit.visits.likely);
        add(position, visits * (always(position) - made.per_visit.likely).max(0.0), &mut open);
    }
    while let Some((place, visits)) = open.pop_first() {
        if visits <= 0.0 {
            continue;
        }
        let visit = &expansion.components[place];
        if visit.component == cache {
            continue;
        }
        for position in visit.steps.iter().flat_map(|step| step.calls().iter().copied()) {
            let each =
                if on_miss.contains(&position) { always(position) } else { expansion.calls[position].per_visit.likely };
            add(position, visits * each, &mut open);
        }
    }
}

/// A limit of a component with what it is asked, warm and cold.
struct Pressed {
    warm: f64,
    cold: f64,
    /// What there is, in words.
    has: String,
}

impl Pressed {
    /// Whether the cold cache, and nothing else, takes it past saturation.
    fn by_cold_cache(&self) -> bool {
        self.warm <= 1.0 && self.cold > 1.0 + 1e-9
    }
}

/// The limit of a component that the cold cache presses most, today or at the expected worst; `None` without any limit.
fn pressed(component: &Component, asked: &Asked, extra: &Extra, expected: bool) -> Option<Pressed> {
    let replicas = if expected { most_replicas(component) } else { component.replicas.map(|count| count.value()) };
    let replicas = replicas.unwrap_or(1.0);
    let copies = component.data.as_ref().and_then(|data| data.read_replicas).map_or(0.0, |copies| copies.value());
    let (rate, busy, more_rate, more_busy) = if expected {
        (asked.rate_expected, asked.busy_expected, extra.rate_expected, extra.busy_expected)
    } else {
        (asked.rate, asked.busy, extra.rate, extra.busy)
    };
    let mut limits = Vec::new();
    if let Some(workers) = component.workers {
        let slots = workers.value() * replicas * (1.0 + copies);
        limits.push((busy, more_busy, slots, format!("{} slots", significant(slots, 4))));
    }
    if let Some(cores) = component.cores {
        let cores = cores.value() * replicas * (1.0 + copies);
        limits.push((busy, more_busy, cores, format!("{} processors", significant(cores, 4))));
    }
    if let Some(limit) = component.rate_limit {
        limits.push((rate, more_rate, limit.value(), format!("rate limit of {}", limit.likely())));
    }
    let pressed = limits.into_iter().filter(|limit| limit.2 > 0.0).map(|(warm, more, has, words)| Pressed {
        warm: warm / has,
        cold: (warm + more) / has,
        has: words,
    });
    pressed.max_by(|a, b| {
        (a.by_cold_cache(), a.cold).partial_cmp(&(b.by_cold_cache(), b.cold)).unwrap_or(std::cmp::Ordering::Equal)
    })
}

/// What one replica of a component works on at once.
fn slots_of_one(component: &Component) -> Option<f64> {
    component.workers.map(|workers| workers.value()).or_else(|| component.cores.map(|cores| cores.value()))
}

/// What the callers do with more than the origin can work on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Guard {
    /// They send it.
    None,
    /// They refuse it.
    Bounded,
    /// They refuse it and answer without the origin.
    Answered,
}

fn guard(context: &Context<'_>, origin: &Component, extra: &Extra) -> Guard {
    let calls: Vec<Option<&Dependency>> = extra
        .callers
        .iter()
        .map(|caller| context.graph.dependency(*caller, context.graph.component(origin.id())?))
        .map(|index| index.map(|index| &context.review.dependencies[index.0]))
        .collect();
    let sheds = origin.queue.as_ref().is_some_and(|queue| {
        queue.limit.is_some() && matches!(queue.overflow, Some(Overflow::Reject | Overflow::DropOldest))
    }) && origin.workers.is_some();
    // A rate limit is a refusal, and the only limit that is known here.
    let sheds = sheds || origin.rate_limit.is_some() && slots_of_one(origin).is_none();
    let copies = origin.data.as_ref().and_then(|data| data.read_replicas).map_or(0.0, |copies| copies.value());
    let replicas = origin.replicas.map_or(1.0, |replicas| replicas.value());
    let slots = slots_of_one(origin).map(|slots| slots * replicas * (1.0 + copies));
    let held: Option<f64> = calls
        .iter()
        .map(|call| {
            let call = (*call)?;
            let size = call.pool.as_ref()?.size?;
            Some(size.value() * context.component(call.from()).and_then(most_replicas)?)
        })
        .sum();
    let bounded = sheds || held.zip(slots).is_some_and(|(held, slots)| held <= slots);
    let answered = calls.iter().all(|call| call.is_some_and(|call| survives(context, call)));
    match (bounded && !calls.is_empty(), answered) {
        (true, true) => Guard::Answered,
        (true, false) => Guard::Bounded,
        (false, _) => Guard::None,
    }
}

/// Whether the caller answers without the callee when that is overloaded, by what the file says.
fn survives(context: &Context<'_>, dependency: &Dependency) -> bool {
    let answers =
        |response: Option<Response>| matches!(response, Some(Response::Fallback | Response::Degrade | Response::Queue));
    let decided = |mode| answers(context.failure(dependency, mode).and_then(|failure| failure.response));
    dependency.criticality == Some(Criticality::Soft)
        || answers(dependency.on_failure)
        || decided(FailureMode::Overloaded)
        || decided(FailureMode::Slow)
}

fn judge(
    context: &Context<'_>,
    report: &mut Report<'_>,
    cache: &Component,
    origins: BTreeMap<ComponentIndex, Extra>,
    warm: &[Asked],
    without_rate: Vec<Element>,
) {
    let mut worst: Option<(bool, Pressed, &Component, Extra, Guard)> = None;
    let mut missing: Vec<(Element, &'static str)> = without_rate.into_iter().map(|flow| (flow, "flow.rate")).collect();
    let mut more = 0_usize;
    for (index, extra) in origins {
        let origin = context.component_at(index);
        let element = || Element::Component(origin.id().to_owned());
        let today = pressed(origin, &warm[index.0], &extra, false).filter(Pressed::by_cold_cache);
        let found = match today {
            Some(pressed) => Some((true, pressed)),
            None => pressed(origin, &warm[index.0], &extra, true)
                .filter(Pressed::by_cold_cache)
                .map(|pressed| (false, pressed)),
        };
        let Some((now, pressed)) = found else {
            let limited = origin.workers.is_some() || origin.cores.is_some();
            if extra.direct && !limited && origin.rate_limit.is_none() && origin.kind != Some(ComponentKind::External) {
                missing.push((element(), "component.workers"));
            } else if extra.direct && limited && extra.without_time {
                missing.push((element(), "component.service_time"));
            }
            continue;
        };
        let guard = guard(context, origin, &extra);
        if guard == Guard::Answered {
            continue;
        }
        let worse = |worst: &(bool, Pressed, &Component, Extra, Guard)| {
            (worst.4, std::cmp::Reverse(worst.0)) > (guard, std::cmp::Reverse(now))
                || (worst.4, worst.0) == (guard, now) && pressed.cold > worst.1.cold
        };
        more += usize::from(worst.is_some());
        if worst.as_ref().is_none_or(worse) {
            worst = Some((now, pressed, origin, extra, guard));
        }
    }
    let Some((now, pressed, origin, extra, guard)) = worst else {
        if missing.is_empty() {
            report.pass();
        }
        for (element, key) in missing {
            report.cannot_tell(element, key);
        }
        return;
    };
    report.find(draft(context, cache, origin, now, &pressed, extra, guard, more));
}

#[expect(clippy::too_many_arguments, reason = "what was worked out about one origin, said once")]
fn draft(
    context: &Context<'_>,
    cache: &Component,
    origin: &Component,
    now: bool,
    pressed: &Pressed,
    extra: Extra,
    guard: Guard,
    more: usize,
) -> Draft {
    let (cache, id) = (cache.id(), origin.id());
    let percent = |share: f64| format!("{} %", significant(share * 100.0, 3));
    let when = if now { "at today's rate" } else { "at the expected peak" };
    let asked = PerSecond::new(if now { extra.rate } else { extra.rate_expected });
    let others = match more {
        0 => String::new(),
        1 => "; one more component behind it is past saturation too".to_owned(),
        more => format!("; {more} more components behind it are past saturation too"),
    };
    let message = format!(
        "with {cache} cold, {id} is asked {asked} more {when} and would work at {} of its {}, {} with the cache warm{others}",
        percent(pressed.cold),
        pressed.has,
        percent(pressed.warm)
    );
    let replicas: f64 =
        extra.callers.iter().filter_map(|caller| most_replicas(context.component_at(*caller))).sum::<f64>().max(1.0);
    let slots = slots_of_one(origin).map(|slots| slots * origin.replicas.map_or(1.0, |replicas| replicas.value()));
    let each = slots.map(|slots| (slots / replicas).floor()).filter(|each| *each >= 1.0);
    let remedy = match (guard, each) {
        (Guard::Bounded, _) => format!(
            "decide what its callers answer while {id} refuses (an older copy, fewer details), and warm {cache} before it takes traffic; \
             or give {id} {} times what it has",
            significant(pressed.cold, 3)
        ),
        (_, Some(each)) => format!(
            "give each caller's replica a pool of at most {} for {id} and answer with less meanwhile, warm {cache} before it takes \
             traffic; or give {id} {} times what it has",
            significant(each, 4),
            significant(pressed.cold, 3)
        ),
        (_, None) => format!(
            "limit what reaches {id} while {cache} fills, answer with less meanwhile, and warm {cache} before it takes traffic; or give \
             {id} {} times what it has",
            significant(pressed.cold, 3)
        ),
    };
    // Nobody empties all of a delivery network by accident; a cache is emptied by a restart.
    let by_restart = context.kind(cache) != Some(ComponentKind::Cdn);
    let severity =
        if extra.critical && now && guard == Guard::None && by_restart { Severity::High } else { Severity::Medium };
    let mut draft = Draft::new(Element::Component(cache.to_owned()), message, remedy)
        .severity(severity)
        .confidence(if extra.without_time || extra.guessed { Confidence::Likely } else { Confidence::Certain })
        .fact("origin", Figure::Text(id.to_owned()))
        .fact("cold_utilisation", Figure::Percent(pressed.cold * 100.0))
        .fact("warm_utilisation", Figure::Percent(pressed.warm * 100.0))
        .fact("additional_rate", Figure::PerSecond(asked.value()));
    if let Some(hits) = context.component(cache).and_then(|cache| cache.cache.as_ref()?.hit_ratio) {
        draft = draft.fact("hit_ratio", Figure::Ratio(hits.value()));
    }
    draft.flows(extra.flows).key("cache")
}
