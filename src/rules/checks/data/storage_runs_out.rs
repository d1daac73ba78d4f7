//! KP310: a store that is full before the horizon, and when.

use crate::model::{Component, Element, Fix, FixSafety};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Bytes, Multiple, Quantity, Seconds};
use jiff::civil::Date;

declare_rule! {
    "KP310" "storage-runs-out", Medium, Certain;
    summary: "a store reaches its size limit within the horizon";
    reads: ["component.data.rows", "component.data.rows_per_day", "component.data.size", "component.data.size_limit",
        "component.data.retention", "growth.traffic", "growth.horizon"];
    settings: [
        soon_days = 90.0, "A limit that is reached within so many days is high: there is no time for a project.",
            "About a quarter: approval, purchase and a migration of data that is served meanwhile.";
        horizon_days = 365.0, "How far the rule looks where the review states no horizon.", "A year is the usual planning horizon.";
    ];
    detects: "A component whose `data` reaches `size_limit` before the horizon ends. Bytes a row are `size` ÷ `rows`, indexes included. Rows are \
        added at `rows_per_day`, which rises evenly to `growth.traffic` times that at the horizon; rows older than `retention` leave, so a store \
        with a retention may level off and pass. High where it is full today or within 90 days, else medium. Certain where it happens even \
        at the favourable ends of every range, else likely. Where the limit and the rows a day are stated and size or rows are missing, the \
        rule cannot tell; without those two `KP109` asks for them.";
    why: "A full store does not become slow, it stops: writes fail all at once, often without room for the deletes that would help. Growing it, \
        moving it or deleting from it under load takes days to weeks, and all three are slowest in the month before it is full.";
    example: [
        "3 GB a day, doubling over the year, on a disk of 500 GB:",
        "",
        "```toml",
        r#"growth = { horizon = "12mo", traffic = 2.0 }"#,
        r#"component = [{ id = "orders-db", kind = "database", data = { rows = 40e6, rows_per_day = 1e6, size = "120GB", size_limit = "500GB" } }]"#,
        "```",
    ];
    remedy: "Bound it before it is large: a retention that runs every day and drops whole partitions, old rows moved to cheaper storage. Then buy \
        size for what remains. A partition plan is the last step, and takes longest.";
    verify: "Predict the size four weeks ahead from the last four and alert on the prediction, not on the share that is used. Compare with this \
        figure once a quarter.";
    accept: "When the limit is one click to raise and somebody is told in time: say who.";
    references: "`KP109` data-growth-unknown, `KP311` single-writer-ceiling. The guide, *Step 1*: data growth.";
}

const DAY: f64 = 86_400.0;
/// In days; nobody plans a store for longer.
const A_CENTURY: f64 = 36_500.0;

/// How a store grows, in rows, bytes and days from today.
#[derive(Debug, Clone, Copy)]
struct Growth {
    rows: f64,
    /// Rows added a day, today.
    rate: f64,
    /// What the rate is multiplied by at the horizon.
    traffic: f64,
    horizon: f64,
    /// Infinite where nothing leaves.
    retention: f64,
    bytes_a_row: f64,
    limit: f64,
}

impl Growth {
    /// Rows added from today until a day.
    fn added(&self, day: f64) -> f64 {
        self.rate * (day + (self.traffic - 1.0) * day * (day / (2.0 * self.horizon)))
    }

    /// Bytes on a day. What is there today is as old as today's rate explains, but no older than the retention.
    fn size(&self, day: f64) -> f64 {
        let oldest = if self.rate > 0.0 { (self.rows / self.rate).min(self.retention) } else { self.retention };
        let left = match oldest {
            _ if self.retention.is_infinite() => 1.0,
            0.0 => 0.0,
            oldest => ((self.retention - day) / oldest).clamp(0.0, 1.0),
        };
        let kept = if self.retention.is_infinite() { 0.0 } else { (day - self.retention).max(0.0) };
        (self.rows * left + self.added(day) - self.added(kept)) * self.bytes_a_row
    }

    /// The first day on which it is full, up to the horizon.
    fn full_on(&self) -> Option<f64> {
        const STEPS: usize = 256;
        let full = |day: f64| self.size(day) >= self.limit;
        let mut before = 0.0;
        if full(before) {
            return Some(0.0);
        }
        for step in 1..=STEPS {
            let day = self.horizon * step as f64 / STEPS as f64;
            if full(day) {
                let (mut low, mut high) = (before, day);
                while high - low > 0.01 {
                    let middle = f64::midpoint(low, high);
                    if full(middle) { high = middle } else { low = middle }
                }
                return Some(high);
            }
            before = day;
        }
        None
    }

    /// The largest size up to the horizon.
    fn largest(&self) -> f64 {
        (0..=64).map(|step| self.size(self.horizon * f64::from(step) / 64.0)).fold(0.0, f64::max)
    }
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let stated = context.review.growth.horizon.map(|horizon| horizon.value() / DAY).filter(|days| *days > 0.0);
    let horizon = stated.unwrap_or_else(|| report.threshold("horizon_days")).clamp(1.0, A_CENTURY);
    let soon = report.threshold("soon_days");
    for (_, component) in context.components() {
        let element = || Element::Component(component.id().to_owned());
        let Some(data) =
            component.data.as_ref().filter(|data| data.size_limit.is_some() && data.rows_per_day.is_some())
        else {
            continue;
        };
        let full_now = data.size.zip(data.size_limit).is_some_and(|(size, limit)| size.value() >= limit.value());
        if !full_now && data.rows_per_day.is_some_and(|rate| rate.high().value() > 0.0) {
            if data.size.is_none() {
                report.cannot_tell(element(), "component.data.size");
                continue;
            }
            if data.rows.is_none_or(|rows| rows.value() == 0.0) {
                report.cannot_tell(element(), "component.data.rows");
                continue;
            }
        }
        let Some(likely) = growth_of(context, component, horizon, false) else { continue };
        let Some(day) = likely.full_on() else {
            report.pass();
            continue;
        };
        let best = growth_of(context, component, horizon, true);
        let certain = best.is_none_or(|best| best.full_on().is_some());
        report.find(found(context, component, &likely, day, certain, day <= soon));
    }
}

/// How a component's data grows, with the likely values or with the favourable ends of all ranges; `None` where its size
/// is not known.
fn growth_of(context: &Context<'_>, component: &Component, horizon: f64, favourable: bool) -> Option<Growth> {
    let data = component.data.as_ref()?;
    let little = |low: f64, likely: f64| if favourable { low } else { likely };
    let much = |high: f64, likely: f64| if favourable { high } else { likely };
    let size = data.size.map(|size| little(size.low().value(), size.value()))?;
    let rate = data.rows_per_day.map(|rate| little(rate.low().value(), rate.value()))?;
    let limit = data.size_limit.map(|limit| much(limit.high().value(), limit.value()))?;
    let traffic = context.review.growth.traffic.map_or(1.0, |traffic| little(traffic.low().value(), traffic.value()));
    let retention = data.retention.map(|kept| little(kept.low().value(), kept.value()) / DAY);
    let rows = data.rows.map(|rows| much(rows.high().value(), rows.value())).filter(|rows| *rows > 0.0);
    // Without rows nothing is known about a row, and only today's size counts.
    let (rows, rate, bytes_a_row) = rows.map_or((1.0, 0.0, size), |rows| (rows, rate, size / rows));
    let retention = if rate > 0.0 { retention.unwrap_or(f64::INFINITY) } else { f64::INFINITY };
    Some(Growth { rows, rate, traffic, horizon, retention, bytes_a_row, limit })
}

fn found(context: &Context<'_>, component: &Component, growth: &Growth, day: f64, certain: bool, soon: bool) -> Draft {
    let id = component.id();
    let element = Element::Component(id.to_owned());
    let (size, limit) = (Bytes::new(growth.size(0.0)), Bytes::new(growth.limit));
    let daily = Bytes::new(growth.rate * growth.bytes_a_row);
    let rising = if growth.traffic == 1.0 {
        String::new()
    } else {
        format!(", rising to {} that", Multiple::new(growth.traffic))
    };
    let kept = if growth.retention.is_finite() {
        format!(", kept for {}", Seconds::new(growth.retention * DAY))
    } else {
        ", and nothing leaves".to_owned()
    };
    let date = date_of(context.today, day);
    let message = if day == 0.0 {
        format!("{id} holds {size} and is full at {limit}")
    } else {
        let on = date.map(|date| format!(", about {date}")).unwrap_or_default();
        format!("{id} is full in {}{on}: {size} of {limit} today, {daily} a day{rising}{kept}", Seconds::new(day * DAY))
    };
    // A quarter more than it will need: the estimate is no better than that.
    let room = (growth.largest() * 1.25 / 1e9).ceil().max(1.0) * 1e9;
    let at_horizon = growth.rate * growth.traffic.max(1.0) * growth.bytes_a_row;
    let days = if at_horizon > 0.0 { (growth.limit * 0.8 / at_horizon).floor() } else { 0.0 };
    let bound = if days >= 1.0 && days < growth.retention {
        format!(
            "keep rows for at most {} (the disk is then four fifths full at the horizon's rate), or ",
            Seconds::new(days * DAY)
        )
    } else {
        String::new()
    };
    let mut draft =
        Draft::new(element.clone(), message, format!("{bound}raise the limit of {id} to {}", Bytes::new(room)))
            .severity(if soon { Severity::High } else { Severity::Medium })
            .confidence(if certain { Confidence::Certain } else { Confidence::Likely })
            .fact("runway", Figure::Seconds(day * DAY))
            .fact("size_bytes", Figure::Count(size.value()))
            .fact("size_limit_bytes", Figure::Count(limit.value()))
            .fact("bytes_per_day", Figure::Count(daily.value()))
            .key("data.size_limit");
    if let Some(date) = date {
        draft = draft.fact("full_on", Figure::Text(date.to_string()));
    }
    match context.entity(&element).filter(|_| room.is_finite() && room < 1e18) {
        Some(entity) => {
            draft.fix(Fix::set(FixSafety::Suggested, entity, "data.size_limit", format!("{:.0}GB", room / 1e9)))
        }
        None => draft,
    }
}

fn date_of(today: Date, day: f64) -> Option<Date> {
    let days = jiff::Span::new().try_days(day.floor() as i64).ok()?;
    today.checked_add(days).ok()
}
