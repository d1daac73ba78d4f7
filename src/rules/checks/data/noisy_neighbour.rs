//! KP320: a tenant who takes what belongs to the others.

use crate::capacity::Resource;
use crate::model::{ComponentKind, Element, EntityKind, EntityRef, Fix, FixSafety, Isolation, Tenancy};
use crate::rules::checks::load::rate_of;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Multiple, PerSecond, Quantity, Ratio, thousands};

declare_rule! {
    "KP320" "noisy-neighbour", Medium, Certain;
    summary: "many tenants with neither quota nor isolation, or a quota with which one tenant alone fills a limit";
    reads: ["tenancy.tenants", "tenancy.quota", "tenancy.isolation", "tenancy.largest_share", "flow.rate"];
    settings: [
        surge = 2.0, "Without a quota the largest tenant is taken to ask so many times what it asks today.",
            "The tenancy checklist: the system survives the biggest tenant doubling.";
    ];
    detects: "A review with `[tenancy]` and more than one tenant. Without a `quota`, where `isolation` is `none` (certain) or not said (likely): \
        medium, high where the largest tenant's doubling alone fills the limit that saturates first, while the load of the others stays. With \
        a `quota`: medium where the largest tenant at its quota fills that limit; what it adds is the quota less its `largest_share` of all \
        requests that people send. Isolation by pools or shards passes: a limit that is a tenant's own is not the neighbours'. \
        Where a quota is stated and the share is not, the rule cannot tell, unless the quota alone is below all room.";
    why: "All tenants wait in the same queue, hold connections of the same pool and lock rows of the same table. An import, a loop in one \
        customer's script or simply its Monday makes everybody slow, and from outside it looks like growth. The small tenants leave, \
        and the large one does not know that it was him.";
    example: [
        "1,200 customers, one of them a third of the load, and nothing between them:",
        "",
        "```toml",
        r#"tenancy = { key = "tenant_id", tenants = 1200, largest_share = 0.34, isolation = "none" }"#,
        r#"component = [{ id = "api", replicas = 4, workers = 16, service_time = "20ms" }]"#,
        r#"flow = [{ id = "board", entry = "api", rate = "1k/s" }]"#,
        "```",
    ];
    remedy: "A quota for each tenant at the edge, with a clear refusal, below what fills the first limit. Behind it, lines of their own for what is \
        slow (imports, exports, notifications), pools or shards of their own for the largest. Show rate, errors and latency by tenant.";
    verify: "Let one test tenant send as much as it can: the others' p99 stays within its objective, and the refusals carry the tenant's name.";
    accept: "When the tenants are parts of one company that settle it among themselves.";
    references: "The guide, *SaaS multi-tenant (fairness + isolation)* and *Abuse protection*. `KP302` hot-key for the tenant's shard, \
        `KP410` no-rate-limit-at-edge.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let Some(tenancy) = &context.review.tenancy else { return };
    if tenancy.tenants.is_some_and(|tenants| tenants.high().value() <= 1.0) {
        return;
    }
    if matches!(tenancy.isolation, Some(Isolation::Pools | Isolation::Shards)) {
        report.pass();
        return;
    }
    let first = context.capacity.saturations.first().map(|saturation| {
        let resource = &context.capacity.resources[saturation.resource];
        (resource, saturation.at_load.likely)
    });
    match tenancy.quota {
        Some(quota) => with_quota(context, report, tenancy, quota.value(), first),
        None if tenancy.isolation == Some(Isolation::Queues) => report.pass(),
        None => without_quota(context, report, tenancy, first),
    }
}

fn tenancy_element() -> Element {
    Element::Other("tenancy", "1".to_owned())
}

/// Today's requests a second of the flows that people send: not those that a scheduler starts.
fn asked_by_people(context: &Context<'_>) -> f64 {
    let people = |view: &FlowView<'_>| {
        view.expansion.entry.is_some_and(|entry| context.component_at(entry).kind != Some(ComponentKind::Scheduler))
    };
    context.flows().filter(people).filter_map(|view| rate_of(context, view)).sum()
}

fn without_quota(context: &Context<'_>, report: &mut Report<'_>, tenancy: &Tenancy, first: Option<(&Resource, f64)>) {
    let surge = report.threshold("surge").max(1.0);
    let share = tenancy.largest_share.map(|share| share.value());
    let many =
        tenancy.tenants.map_or("tenants".to_owned(), |tenants| format!("{} tenants", thousands(tenants.value())));
    let said = tenancy.isolation == Some(Isolation::None);
    let mut message = format!(
        "{many} share the system with no quota and {}",
        if said { "nothing between them" } else { "no isolation that is stated" }
    );
    let fills = share.zip(first).filter(|(share, (_, at))| *at > 1.0 && 1.0 + share * (surge - 1.0) >= *at);
    if let Some((share, (resource, at))) = fills {
        message = format!(
            "{message}; the largest asks {}, and asking {} that fills the {} of {} for all, which are full at {}",
            Ratio::new(share),
            Multiple::new(surge),
            resource.kind.called(),
            resource.name(),
            Multiple::new(at)
        );
    } else if let Some(share) = share {
        message = format!("{message}; the largest asks {} of all", Ratio::new(share));
    }
    let total = asked_by_people(context);
    let quota = quota_that_fits(total, share, first);
    let remedy = match quota {
        Some(quota) => format!(
            "refuse what a tenant asks above a quota of at most {}, and give the largest a pool or shard of its own",
            PerSecond::new(quota)
        ),
        None => "refuse what a tenant asks above a quota, and give the largest a pool or shard of its own".to_owned(),
    };
    let mut draft = Draft::new(tenancy_element(), message, remedy)
        .severity(if fills.is_some() { Severity::High } else { Severity::Medium })
        .confidence(if said { Confidence::Certain } else { Confidence::Likely })
        .key("quota");
    if let Some(share) = share {
        draft = draft.fact("largest_share", Figure::Ratio(share));
    }
    if let Some(tenants) = tenancy.tenants {
        draft = draft.fact("tenants", Figure::Count(tenants.value()));
    }
    if let Some(quota) = quota {
        draft = draft.fix(set_quota(quota));
    }
    report.find(draft);
}

/// The quota at which the largest tenant leaves a tenth of the room of the first limit, where it is above what that tenant
/// asks today.
fn quota_that_fits(total: f64, share: Option<f64>, first: Option<(&Resource, f64)>) -> Option<f64> {
    let (share, (_, at)) = share.zip(first)?;
    // Rounded down to two digits: a proposal that pretends to be exact is not believed.
    let exact = total * (share + 0.9 * (at - 1.0));
    let step = 10_f64.powf((exact.log10().floor() - 1.0).max(0.0));
    let quota = (exact / step).floor() * step;
    (quota > total * share && (1.0..1e12).contains(&quota)).then_some(quota)
}

fn set_quota(quota: f64) -> Fix {
    Fix::set(FixSafety::Suggested, EntityRef::only(EntityKind::Tenancy), "quota", format!("{quota:.0}/s"))
}

fn with_quota(
    context: &Context<'_>,
    report: &mut Report<'_>,
    tenancy: &Tenancy,
    quota: f64,
    first: Option<(&Resource, f64)>,
) {
    let total = asked_by_people(context);
    // What is full today already is no tenant's doing.
    let Some((resource, at)) = first.filter(|(_, at)| *at > 1.0) else {
        report.pass();
        return;
    };
    if total <= 0.0 {
        report.pass();
        return;
    }
    let share = tenancy.largest_share.map(|share| share.value());
    // The largest asks something today already, so its quota adds less than itself.
    let added = quota / total - share.unwrap_or(0.0);
    if 1.0 + added < at {
        report.pass();
        return;
    }
    let Some(share) = share else {
        report.cannot_tell(tenancy_element(), "tenancy.largest_share");
        return;
    };
    let fits = quota_that_fits(total, Some(share), first);
    let remedy = fits.map_or_else(
        || {
            format!(
                "raise what {} can take before the quota, or give the largest tenant a pool or shard of its own",
                resource.name()
            )
        },
        |fits| {
            format!(
                "set the quota of a tenant to at most {}, or give the largest a pool or shard of its own",
                PerSecond::new(fits)
            )
        },
    );
    let mut draft = Draft::new(
        tenancy_element(),
        format!(
            "a tenant may ask {}; the largest asks {} of {} today, and at its quota it fills the {} of {} for all, which are full at {}",
            PerSecond::new(quota),
            Ratio::new(share),
            PerSecond::new(total),
            resource.kind.called(),
            resource.name(),
            Multiple::new(at)
        ),
        remedy,
    )
    .confidence(Confidence::Likely)
    .fact("quota", Figure::PerSecond(quota))
    .fact("largest_share", Figure::Ratio(share))
    .fact("full_at_load", Figure::Count(at))
    .key("quota");
    if let Some(fits) = fits {
        draft = draft.fix(set_quota(fits));
    }
    report.find(draft);
}
