//! KP303: a cache whose wrong entries nothing removes.

use crate::model::{CachePattern, ComponentKind, Element, Fix, FixSafety, Invalidation};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP303" "cache-without-invalidation", Medium, Certain;
    summary: "a cache whose wrong entries nothing removes";
    reads: ["component.cache.invalidation", "component.cache.ttl", "component.cache.pattern"];
    settings: [];
    detects: "A component of kind `cache`, or with a `cache` table, whose `invalidation` is `none`. Where it is not said and there is a `ttl`, \
        the finding is low and likely: entries age out, and nobody decided that this is soon enough. Where neither is said, \
        the rule cannot tell, and the same for `invalidation = \"ttl\"` without a `ttl`. A `write-through` cache without a \
        word passes: its writes replace the entry.";
    why: "Sooner or later the data changes behind the cache. From then on some users see the old price and some the new one, depending on \
        which node answers, and the report reaches the team as something that cannot be reproduced. The usual emergency \
        measure, emptying the cache, sends the full load to the origin at the worst time.";
    example: [
        "Prices are cached until somebody restarts the cache:",
        "",
        "```toml",
        r#"component = [{ id = "price-cache", kind = "cache", cache = { pattern = "cache-aside", invalidation = "none" } }]"#,
        "```",
    ];
    remedy: "Say for each kind of entry how wrong it may be and for how long. Delete or replace it with the write that changes it (after the \
        commit), or on an event; keep a `ttl` as the safety net behind both, with some randomness so that entries do not \
        expire together.";
    verify: "Change a record and read it through the cache: the time until the new value shows is below what was agreed. Count reads whose \
        entry is older than the record.";
    accept: "For data that never changes under its key (hashed assets, closed months): say so in the reason.";
    references: "`KP304` cache-stampede. The guide, *Caching strategy* and *Anti-patterns*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, component) in context.components() {
        if component.cache.is_none() && component.kind != Some(ComponentKind::Cache) {
            continue;
        }
        let id = component.id();
        let element = Element::Component(id.to_owned());
        let policy = component.cache.as_ref();
        let ttl = policy.and_then(|policy| policy.ttl);
        let write_through = policy.and_then(|policy| policy.pattern) == Some(CachePattern::WriteThrough);
        match (policy.and_then(|policy| policy.invalidation), ttl) {
            (Some(Invalidation::None), ttl) => {
                let until = ttl.map(|ttl| format!(" for up to {}", ttl.likely())).unwrap_or_default();
                let mut draft = Draft::new(
                    element,
                    format!("nothing removes a wrong entry from {id}: it is served{until}"),
                    format!("let the write that changes a record delete its entry in {id}, and keep a ttl behind it"),
                )
                .key("cache.invalidation");
                if let Some(ttl) = ttl {
                    draft = draft.fact("ttl", Figure::Seconds(ttl.value()));
                }
                report.find(draft);
            }
            (Some(Invalidation::Ttl), None) => report.cannot_tell(element, "component.cache.ttl"),
            (Some(_), _) => report.pass(),
            (None, _) if write_through => report.pass(),
            (None, Some(ttl)) => {
                let entity = context.entity(&element);
                let draft = Draft::new(
                    element,
                    format!("{id} says nothing about invalidation: a wrong entry is served for up to {}", ttl.likely()),
                    format!(
                        "decide whether {} of old data is fine and say invalidation = \"ttl\", or invalidate on write",
                        ttl.likely()
                    ),
                )
                .severity(Severity::Low)
                .confidence(Confidence::Likely)
                .fact("ttl", Figure::Seconds(ttl.value()))
                .key("cache.invalidation");
                report.find(match entity {
                    Some(entity) => draft.fix(Fix::set(FixSafety::Suggested, entity, "cache.invalidation", "ttl")),
                    None => draft,
                });
            }
            (None, None) => report.cannot_tell(element, "component.cache.invalidation"),
        }
    }
}
