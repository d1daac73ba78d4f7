//! KP318: a rate limit under the load that will come.

use crate::graph::ComponentIndex;
use crate::model::{Component, ComponentKind, Element};
use crate::rules::checks::load::{is_guessed, load_of};
use crate::rules::checks::worst_case::retries;
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Multiple, PerSecond, Quantity};
use std::collections::BTreeMap;

declare_rule! {
    "KP318" "quota-below-peak", Medium, Certain;
    summary: "a provider's or component's rate limit is under the expected peak";
    reads: ["component.rate_limit", "component.kind", "flow.rate", "flow.peak", "growth.traffic", "growth.peak", "flow.calls",
        "dependency.retry.attempts", "dependency.retry.budget"];
    settings: [];
    detects: "A component whose `rate_limit` is below what the flows ask of it: Σ rate × visits a request, times growth × peak for what is asked \
        within an answer, times growth alone for what waits behind a queue or stream, since that evens a peak out. High where it is exceeded \
        today already, and where the answer of a critical flow waits for a provider or store that refuses; else medium, an own \
        door (gateway, CDN, firewall, your own service) included, for it refuses on purpose. What a scheduler starts is taken to follow no peak. Where only the repeats take it over the limit (`retry.attempts` for each \
        call, or the `retry.budget`, while callers time out) it is low and likely. Where the flow's rate is missing and what is known fits, \
        and for an `external` component that a critical flow waits for and that states no limit, the rule cannot tell.";
    why: "A quota is a cliff: one request above it is refused, however fast the provider is. Refused calls are usually tried again, so the rate \
        rises further and more is refused. It is raised by a form and a person at the provider, who are not on call on the evening of \
        the campaign.";
    example: [
        "400 orders a second at the peak, and the provider takes 150:",
        "",
        "```toml",
        r#"growth = { traffic = 1.0, peak = 5.0, horizon = "12mo" }"#,
        r#"component = [{ id = "api" }, { id = "payments", kind = "external", rate_limit = "150/s" }]"#,
        r#"dependency = [{ from = "api", to = "payments", mode = "sync" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", rate = "80/s", critical = true, calls = [{ from = "api", to = "payments" }] }]"#,
        "```",
    ];
    remedy: "Have the quota raised before the date, in writing, and test at that rate. Or ask less: cache, batch, ask only where needed. Or hold calls \
        below it yourself and queue the rest, so that the provider never refuses and the user is told something useful.";
    verify: "Send the peak against the provider's test system, or against a stand-in with the same limit: nothing is refused, or what is refused \
        ends in the queue. The share of the quota that is used is a metric with an alert.";
    accept: "When it is an admission limit at your own edge that is meant to refuse the surplus: say what those users see.";
    references: "The guide, *Abuse protection* and *Capacity planning*. `KP601` saturates-at-peak for limits that are not a rate. `KP403` \
        retry-amplification.";
}

/// What is asked of one limited component.
#[derive(Default)]
struct Asked<'a> {
    today: f64,
    expected: f64,
    /// With every call repeated as often as its caller would.
    repeated: f64,
    in_critical_answer: bool,
    guessed: bool,
    flows: Vec<&'a str>,
    without_rate: Vec<&'a str>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut limited: BTreeMap<ComponentIndex, Asked<'_>> = BTreeMap::new();
    for view in context.flows() {
        let load = load_of(context, view);
        let entry = view.expansion.entry.map(|entry| (entry, 1.0, true, 1.0));
        let calls = view.expansion.made().map(|made| {
            let retry = context.dependency_of(made).map_or(1.0, |dependency| {
                let budget = dependency.retry.as_ref().and_then(|retry| retry.budget);
                1.0 + budget.map_or(retries(dependency), |budget| budget.value().min(retries(dependency)))
            });
            (made.to, made.per_request.likely, made.in_answer, retry)
        });
        for (at, visits, in_answer, retry) in entry.into_iter().chain(calls) {
            let component = context.component_at(at);
            if component.rate_limit.is_none() {
                let provider = component.kind == Some(ComponentKind::External) && view.expansion.entry != Some(at);
                if provider && in_answer && view.is_critical() {
                    report.cannot_tell(Element::Component(component.id().to_owned()), "component.rate_limit");
                }
                continue;
            }
            let asked = limited.entry(at).or_default();
            if asked.flows.last() != Some(&view.flow.id()) {
                asked.flows.push(view.flow.id());
            }
            let Some(load) = load else {
                asked.without_rate.push(view.flow.id());
                continue;
            };
            let expected = if in_answer { load.expected } else { load.steady } * visits;
            asked.guessed |= is_guessed(context, view);
            asked.today += load.today * visits;
            asked.expected += expected;
            asked.repeated += expected * retry;
            asked.in_critical_answer |= in_answer && view.is_critical() && visits > 0.0;
        }
    }
    for (index, asked) in limited {
        judge(context.component_at(index), asked, report);
    }
}

fn judge(component: &Component, asked: Asked<'_>, report: &mut Report<'_>) {
    let Some(limit) = component.rate_limit else { return };
    let id = component.id();
    let above = |rate: f64, limit: f64| rate > limit * (1.0 + 1e-9);
    let now = above(asked.today, limit.value());
    let peak = above(asked.expected, limit.value());
    if !peak && !above(asked.repeated, limit.value()) {
        if asked.without_rate.is_empty() {
            report.pass();
        }
        for flow in asked.without_rate {
            report.cannot_tell(Element::Flow(flow.to_owned()), "flow.rate");
        }
        return;
    }
    let (limited, today) = (limit.likely(), PerSecond::new(asked.today));
    let needed = PerSecond::new(if peak { asked.expected } else { asked.repeated });
    let own = component.kind != Some(ComponentKind::External);
    let reached = if asked.today > 0.0 { limit.value() / asked.today } else { 0.0 };
    let message = if now {
        format!("{id} takes {limited} and is asked {today} today, {needed} as expected")
    } else if peak {
        format!(
            "{id} takes {limited}: that is {} today's {today}, and {needed} will be asked",
            Multiple::new(reached.max(f64::MIN_POSITIVE))
        )
    } else {
        format!(
            "{id} takes {limited}: the expected {} fits, and {needed} with the repeats of its callers does not",
            PerSecond::new(asked.expected)
        )
    };
    let remedy = if !peak {
        format!(
            "give the retries on {id} a budget, so that they add less than {} to all calls",
            share_left(limit.value(), asked.expected)
        )
    } else if own {
        format!(
            "raise rate_limit of {id} to {needed} with the capacity behind it, or say what the refused {} see",
            PerSecond::new((asked.expected - limit.value()).max(0.0))
        )
    } else {
        format!("have {id} confirm {needed} in writing, or hold calls below {limited} and queue what is above")
    };
    // Who refuses at an own door does it on purpose; a provider or a store that refuses breaks what is behind it.
    let door = component.kind.is_none_or(|kind| {
        kind.is_compute() || matches!(kind, ComponentKind::Cdn | ComponentKind::Waf | ComponentKind::LoadBalancer)
    });
    let severity = match (now || asked.in_critical_answer, peak) {
        (_, false) => Severity::Low,
        (true, true) if now || !door => Severity::High,
        (_, true) => Severity::Medium,
    };
    let certain = peak && !asked.guessed && above(asked.expected, limit.high().value());
    report.find(
        Draft::new(Element::Component(id.to_owned()), message, remedy)
            .severity(severity)
            .confidence(if certain { Confidence::Certain } else { Confidence::Likely })
            .fact("rate_limit", Figure::PerSecond(limit.value()))
            .fact("rate_today", Figure::PerSecond(asked.today))
            .fact("rate_expected", Figure::PerSecond(asked.expected))
            .fact("rate_with_repeats", Figure::PerSecond(asked.repeated))
            .flows(asked.flows.into_iter().map(str::to_owned).collect())
            .key("rate_limit"),
    );
}

/// The share of all calls that may be repeats.
fn share_left(limit: f64, expected: f64) -> String {
    let share = if expected > 0.0 { (limit / expected - 1.0).clamp(0.0, 1.0) } else { 0.0 };
    crate::units::Ratio::new((share * 100.0).floor() / 100.0).to_string()
}
