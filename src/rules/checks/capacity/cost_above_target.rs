//! KP605: it costs more than it may.

use super::places::places;
use crate::model::{Component, ComponentKind, Element};
use crate::rules::checks::load::{is_background, rate_of};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Number, Quantity, Span, significant};

declare_rule! {
    "KP605" "cost-above-target", Medium, Certain;
    summary: "the system costs more a month, or a million requests, than it may";
    reads: ["growth.cost.monthly_budget", "growth.cost.per_million_requests", "component.cost_per_hour", "component.replicas", "flow.rate"];
    settings: [
        hours = 730.0, "Hours in a month", "365 × 24 ÷ 12";
    ];
    detects: "The sum over all components of `cost_per_hour` × today's `replicas` (the floor of the autoscaling where they are not said, else one) × \
        `hours` above `growth.cost.monthly_budget`; or the same sum an hour, over the requests an hour that enter from outside (flows that \
        the system starts itself left out, unless there are no others), above `per_million_requests`. Components without a cost add nothing, so \
        what is found is a lower bound; where the known ones fit and some are missing, the rule cannot tell. The favourable ends of ranges \
        decide whether it is certain.";
    why: "Cost is a limit like any other, only slower. It is exceeded by a service a month that nobody switched off and a margin that \
        nobody remembers why, and when it is noticed the cut is made in a week, at the wrong place: in the headroom, just before the peak.";
    example: [
        "700 a month may be spent, 0.50 an hour on four replicas are 1,460:",
        "",
        "```toml",
        r#"growth = { cost = { currency = "EUR", monthly_budget = 700 } }"#,
        r#"component = [{ id = "api", replicas = 4, cost_per_hour = 0.50 }]"#,
        "```",
    ];
    remedy: "Look at the largest line first, and at what it is for: capacity that no peak needs, copies that no objective asks for, data that \
        nobody reads. Lower the work of a request before the price of an hour. Or raise the target, knowing what it buys.";
    verify: "The bill of the next month, per million requests, is below the target; the computed headroom at the peak is still what it should be.";
    accept: "For the months of a migration in which both systems run, with the date on which the old one goes.";
    references: "`KP108` no-unit-cost, `KP609` idle-capacity. The guide, *Scaling efficiency (resources → outcomes)* and *Cost constraints and unit \
        economics*.";
}

/// What all components cost an hour.
struct Bill<'a> {
    hourly: Span,
    /// Component and its part, the largest first.
    lines: Vec<(&'a Component, f64)>,
    /// Components that a flow visits and whose cost is not known.
    unknown: Vec<&'a Component>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let Some(target) = &context.review.growth.cost else { return };
    if target.monthly_budget.is_none() && target.per_million_requests.is_none() {
        return;
    }
    let hours = report.threshold("hours");
    let bill = bill(context);
    if bill.lines.is_empty() {
        report.cannot_tell(Element::Review, "component.cost_per_hour");
        return;
    }
    let currency = target.currency.as_deref().map_or(String::new(), |currency| format!(" {}", currency.trim()));
    let money = |value: f64| format!("{}{currency}", Number::new(rounded(value)));
    let mut exceeded: Vec<(String, bool, &'static str, f64, f64)> = Vec::new();
    let mut undecided = false;
    if let Some(budget) = target.monthly_budget {
        let month = bill.hourly * hours;
        if month.likely > budget.value() {
            let surely = month.low > budget.high().value();
            let text = format!("{} a month, and {} are planned", money(month.likely), money(budget.value()));
            exceeded.push((text, surely, "growth.cost.monthly_budget", month.likely, budget.value()));
        } else {
            undecided = true;
        }
    }
    if let Some(unit) = target.per_million_requests {
        match requests(context) {
            Ok(requests) if requests > 0.0 => {
                let million = bill.hourly * (1e6 / (requests * 3600.0));
                if million.likely > unit.value() {
                    let surely = million.low > unit.high().value();
                    let text = format!(
                        "{} a million requests, and {} are planned",
                        money(million.likely),
                        money(unit.value())
                    );
                    exceeded.push((text, surely, "growth.cost.per_million_requests", million.likely, unit.value()));
                } else {
                    undecided = true;
                }
            }
            Ok(_) => {}
            Err(flow) => report.cannot_tell(flow, "flow.rate"),
        }
    }
    if exceeded.is_empty() {
        if undecided && bill.unknown.is_empty() {
            report.pass();
        }
        for component in bill.unknown.iter().filter(|_| undecided) {
            report.cannot_tell(Element::Component(component.id().to_owned()), "component.cost_per_hour");
        }
        return;
    }
    report.find(found(context, &bill, &exceeded, hours, &money));
}

/// To cents, or to three digits below one.
fn rounded(value: f64) -> f64 {
    let text = if value < 1.0 { significant(value, 3) } else { format!("{value:.2}") };
    text.parse().unwrap_or(value)
}

fn bill<'a>(context: &Context<'a>) -> Bill<'a> {
    let mut bill = Bill { hourly: Span::ZERO, lines: Vec::new(), unknown: Vec::new() };
    for (index, component) in context.components() {
        let floor = component.autoscale.as_ref().and_then(|autoscale| autoscale.min);
        let replicas = component.replicas.or(floor).map_or(Span::ONE, |replicas| Span::of(&replicas));
        if let Some(cost) = &component.cost_per_hour {
            let line = Span::of(cost) * replicas;
            bill.hourly = bill.hourly + line;
            bill.lines.push((component, line.likely));
        } else {
            let ours = !matches!(component.kind, Some(ComponentKind::Client | ComponentKind::External));
            let element = Element::Component(context.graph.name(index).to_owned());
            if ours && !context.graph.flows_through(&element).is_empty() {
                bill.unknown.push(component);
            }
        }
    }
    bill.lines.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.id().cmp(b.0.id())));
    bill
}

/// Requests a second that enter today; a flow whose rate is not known.
fn requests(context: &Context<'_>) -> Result<f64, Element> {
    let (inside, outside): (Vec<_>, Vec<_>) = context.flows().partition(|view| is_background(context, *view));
    let counted = if outside.is_empty() { inside } else { outside };
    let mut all = 0.0;
    for view in counted {
        all += rate_of(context, view).ok_or_else(|| Element::Flow(view.flow.id().to_owned()))?;
    }
    Ok(all)
}

fn found(
    context: &Context<'_>,
    bill: &Bill<'_>,
    exceeded: &[(String, bool, &'static str, f64, f64)],
    hours: f64,
    money: &dyn Fn(f64) -> String,
) -> Draft {
    let said: Vec<&str> = exceeded.iter().map(|(text, ..)| text.as_str()).collect();
    let least = if bill.unknown.is_empty() { "" } else { "at least " };
    let largest: Vec<String> = bill
        .lines
        .iter()
        .take(3)
        .map(|(component, cost)| format!("{} {}", component.id(), money(cost * hours)))
        .collect();
    let surely = exceeded.iter().any(|(_, surely, ..)| *surely);
    let mut draft = Draft::new(
        Element::Review,
        format!("it costs {least}{}; the largest lines a month: {}", said.join("; "), largest.join(", ")),
        remedy(context, bill),
    )
    .confidence(if surely { Confidence::Certain } else { Confidence::Likely })
    .fact("largest", Figure::Text(bill.lines[0].0.id().to_owned()))
    .fact("without_cost", Figure::Count(bill.unknown.len() as f64))
    .flows(Vec::new());
    for (_, _, key, is, may) in exceeded {
        let (is_name, may_name) = if key.ends_with("budget") {
            ("month", "monthly_budget")
        } else {
            ("million_requests", "per_million_requests")
        };
        draft = draft.fact(is_name, Figure::Count(*is)).fact(may_name, Figure::Count(*may));
    }
    draft
}

/// The line with the most money in capacity that even the peak leaves idle.
fn remedy(context: &Context<'_>, bill: &Bill<'_>) -> String {
    let mut idle: Vec<(&str, f64, f64)> = Vec::new();
    for place in places(context) {
        let cost =
            bill.lines.iter().take(20).find(|(component, _)| component.id() == place.owner.id()).map(|(_, cost)| *cost);
        let seen = idle.iter().any(|(id, ..)| *id == place.owner.id());
        if let Some(cost) = cost.filter(|_| !seen && place.at_peak() < 0.5) {
            idle.push((place.owner.id(), place.at_peak(), cost));
        }
    }
    let most = idle.into_iter().max_by(|a, b| ((1.0 - a.1) * a.2).total_cmp(&((1.0 - b.1) * b.2)));
    match most {
        Some((id, share, _)) => format!(
            "look at {id} first: it is {} % full at the expected peak; or raise the target, knowing what it buys",
            significant(share * 100.0, 2)
        ),
        None => format!(
            "lower what a request costs at {} first, or raise the target, knowing what it buys",
            bill.lines[0].0.id()
        ),
    }
}
