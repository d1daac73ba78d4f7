//! KP302: one key, counter or tenant that takes more than its shard can serve.

use crate::model::{Component, Data, Element};
use crate::rules::checks::load::{Asked, asked_of_all, slots};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Multiple, Quantity, Ratio};

declare_rule! {
    "KP302" "hot-key", Medium, Certain;
    summary: "the hottest key asks more than its shard can serve, a global counter, or shards without a partition key";
    reads: ["component.data.global_counters", "component.data.hottest_key_share", "component.data.shards",
        "component.data.partition_key", "component.workers", "component.replicas", "component.service_time", "flow.rate",
        "tenancy.key", "tenancy.largest_share", "growth.traffic", "growth.peak", "flow.peak"];
    settings: [];
    detects: "In a component with `data`: `global_counters = true`; more than one of `shards` without a `partition_key`; or a hottest key \
        whose share of the load fills its shard by itself, today (high) or at the growth × peak that the review expects of its flows (medium). \
        One shard has `workers` × `replicas` ÷ `shards` slots; the key needs its share of all busy slots, which are visits a \
        second × service time. Where the store is partitioned by the tenancy's key, the largest tenant's share counts \
        as the hottest key's if that is larger. The rule cannot tell where a sharded store does not say how hot its hottest key is.";
    why: "A key lives on one shard, so adding shards does nothing for it. Its shard queues while the others idle, averages look healthy, \
        and every request that touches the key, or merely shares the shard with it, is slow. A counter that everybody \
        increments is the same thing with one row: writers wait for each other's locks.";
    example: [
        "A fifth of 3,000 requests a second go to one tenant, and one shard has room for 400:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "db", kind = "database", workers = 8, service_time = "5ms","#,
        r#"              data = { shards = 4, partition_key = "tenant_id" } }]"#,
        r#"dependency = [{ from = "api", to = "db", mode = "sync" }]"#,
        r#"flow = [{ id = "list", entry = "api", rate = "3k/s", calls = [{ from = "api", to = "db" }] }]"#,
        r#"tenancy = { key = "tenant_id", largest_share = 0.2 }"#,
        "```",
    ];
    remedy: "Split the key: spread a counter over many rows and add them when read, add a suffix to a hot key, give the largest tenant a shard \
        of its own. Or ask less of it: cache it for a second, combine increments in memory, refuse above a quota per key.";
    verify: "Load and latency by shard (and by key or tenant, for the top ten) are on a dashboard; the largest shard stays within twice the average.";
    accept: "When the hot key is read-only and served from caches in front, and the share at the store is measured.";
    references: "The guide, *Failure signature: hot partitions / hot keys* and *Write path checklist*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut asked = None;
    for (index, component) in context.components() {
        let Some(data) = &component.data else { continue };
        let mut heat = Heat::default();
        if data.global_counters == Some(true) {
            heat.say(Severity::Medium, format!("{} has a counter that every request shares", component.id()));
            heat.remedies.push("spread each counter over many rows and add them when it is read".to_owned());
        }
        let shards = data.shards.map_or(1.0, |shards| shards.value()).max(1.0);
        if shards > 1.0 && data.partition_key.as_deref().is_none_or(|key| key.trim().is_empty()) {
            heat.say(Severity::Medium, format!("{} has {shards} shards and no partition key", component.id()));
            heat.remedies
                .push("name the partition_key; without one nobody can say which shard a request loads".to_owned());
            heat.keys.push("data.partition_key");
        }
        let mut undecided = Vec::new();
        match hottest(context, data) {
            Some((share, whose)) => {
                let asked = &asked.get_or_insert_with(|| asked_of_all(context))[index.0];
                judge(context, component, asked, shards, (share, &whose), &mut heat, &mut undecided);
            }
            None if shards > 1.0 => undecided.push((own(component), "component.data.hottest_key_share")),
            None => {}
        }
        if heat.said.is_empty() {
            if undecided.is_empty() {
                report.pass();
            }
            for (element, key) in undecided {
                report.cannot_tell(element, key);
            }
            continue;
        }
        report.find(heat.draft(component));
    }
}

fn own(component: &Component) -> Element {
    Element::Component(component.id().to_owned())
}

/// The hottest key's share of the load, and whose it is.
fn hottest(context: &Context<'_>, data: &Data) -> Option<(f64, String)> {
    let stated = data.hottest_key_share.map(|share| (share.value(), "the hottest key".to_owned()));
    let tenant = context.review.tenancy.as_ref().and_then(|tenancy| {
        let by_tenant = tenancy.key.is_some() && tenancy.key == data.partition_key;
        let share = tenancy.largest_share.filter(|_| by_tenant)?;
        Some((share.value(), "the largest tenant".to_owned()))
    });
    stated.into_iter().chain(tenant).max_by(|a, b| a.0.total_cmp(&b.0))
}

fn judge(
    context: &Context<'_>,
    component: &Component,
    asked: &Asked,
    shards: f64,
    (share, whose): (f64, &str),
    heat: &mut Heat,
    undecided: &mut Vec<(Element, &'static str)>,
) {
    let Asked { rate, busy, busy_expected, .. } = *asked;
    let Some(slots) = slots(component) else {
        undecided.push((own(component), "component.workers"));
        return;
    };
    // What is known alone may fill the shard already; only otherwise what is missing matters.
    let full_at = if share * busy > 0.0 { slots / shards / (share * busy) } else { f64::INFINITY };
    let expected = if busy > 0.0 { busy_expected / busy } else { 1.0 };
    if full_at >= expected * (1.0 - 1e-9) {
        undecided.extend(asked.missing(context, component));
        return;
    }
    let servable = rate * share * full_at;
    let severity = if full_at <= 1.0 { Severity::High } else { Severity::Medium };
    heat.say(
        severity,
        format!(
            "{whose} takes {} of {} on {}, and its shard is full at {} today's load ({} of the key)",
            Ratio::new(share),
            crate::units::PerSecond::new(rate),
            component.id(),
            Multiple::new(full_at.max(f64::MIN_POSITIVE)),
            crate::units::PerSecond::new(servable),
        ),
    );
    heat.remedies.push(format!(
        "split what {whose} asks over several shards, or hold it below {}",
        crate::units::PerSecond::new(servable)
    ));
    heat.keys.push("data.hottest_key_share");
    heat.figures = vec![
        ("hottest_share", Figure::Ratio(share)),
        ("arrival_rate", Figure::PerSecond(rate)),
        ("key_capacity", Figure::PerSecond(servable)),
        ("full_at_load", Figure::Count(full_at)),
        ("expected_load", Figure::Count(expected)),
    ];
}

/// The reasons why one store is hot.
#[derive(Default)]
struct Heat {
    said: Vec<String>,
    remedies: Vec<String>,
    keys: Vec<&'static str>,
    figures: Vec<(&'static str, Figure)>,
    severity: Option<Severity>,
}

impl Heat {
    fn say(&mut self, severity: Severity, sentence: String) {
        self.severity = self.severity.max(Some(severity));
        self.said.push(sentence);
    }

    fn draft(self, component: &Component) -> Draft {
        let mut draft = Draft::new(own(component), self.said.join("; "), self.remedies.join("; "))
            .severity(self.severity.unwrap_or(Severity::Medium))
            .confidence(Confidence::Certain);
        for (name, figure) in self.figures {
            draft = draft.fact(name, figure);
        }
        for key in self.keys {
            draft = draft.key(key);
        }
        draft
    }
}
