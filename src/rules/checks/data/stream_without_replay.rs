//! KP315: a stream whose past cannot be read again, whose forms may not change, or whose lag nobody sees.

use super::consumers::brokers;
use crate::model::{Change, ComponentKind, Element, Fix, FixSafety};
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP315" "stream-without-replay", Medium, Certain;
    summary: "a stream without replay, without a rule for changing forms, or without visible lag";
    reads: ["component.kind", "component.broker.replay", "component.broker.schema", "component.broker.lag_visible"];
    settings: [];
    detects: "A component of kind `stream` with `broker.replay = false`, `broker.schema = \"none\"` or `broker.lag_visible = false`; one finding names \
        all of them that are so. For each that is not said, the rule cannot tell.";
    why: "A stream is chosen because many may read it, now and again later. Without replay a consumer that was wrong for a day leaves wrong \
        tables for ever, and a new one starts blind. Without a rule for its forms the first new field stops a consumer of \
        another team. And a consumer that falls behind is silent: everything it publishes looks right, and is from yesterday.";
    example: [
        "Events are gone once they are read, and nobody sees who is behind:",
        "",
        "```toml",
        r#"component = [{ id = "events", kind = "stream", broker = { retention = "7d", replay = false, schema = "versioned", lag_visible = false } }]"#,
        "```",
    ];
    remedy: "Keep events for longer than the longest mistake takes to be found, let a consumer start again from a time, and let it repeat without \
        telling the customers again. Give events versions that old readers can read. Alert on the age of the oldest event not yet read, per \
        consumer, against a promise in seconds.";
    verify: "Set a test consumer back by a day: it arrives at the same tables, and nobody was mailed twice. Publish an event with an unknown field. \
        Stop a consumer for ten minutes: somebody is told.";
    accept: "When the stream only carries hints (invalidations, presence) that are worthless a minute later.";
    references: "The guide, *Async and event-driven scaling*: replay controls, schema evolution, consumer lag visibility, and *Replay/backfill as a \
        first-class feature*. Kreps, *The Log* (2013).";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, stream) in brokers(context, ComponentKind::Stream) {
        let id = stream.id();
        let element = Element::Component(id.to_owned());
        let broker = stream.broker.as_ref();
        let schema = broker.and_then(|broker| broker.schema.as_deref()).map(str::trim).filter(|word| !word.is_empty());
        let points = [
            (
                "replay",
                "component.broker.replay",
                broker.and_then(|broker| broker.replay),
                "its past cannot be read again",
                "keep events and let a consumer start again from a time",
            ),
            (
                "schema",
                "component.broker.schema",
                schema.map(|word| !word.eq_ignore_ascii_case("none")),
                "nothing says how the form of its events may change",
                "version its events so that old readers can read new ones",
            ),
            (
                "lag_visible",
                "component.broker.lag_visible",
                broker.and_then(|broker| broker.lag_visible),
                "nobody sees which consumer is behind",
                "alert on the age of the oldest event that a consumer has not read",
            ),
        ];
        let lacking: Vec<_> = points.iter().filter(|point| point.2 == Some(false)).collect();
        for (_, key, _, _, _) in points.iter().filter(|point| point.2.is_none()) {
            report.cannot_tell(element.clone(), key);
        }
        if lacking.is_empty() {
            if points.iter().all(|point| point.2.is_some()) {
                report.pass();
            }
            continue;
        }
        let join = |words: Vec<&str>| words.join("; ");
        let mut draft = Draft::new(
            element.clone(),
            format!("{id}: {}", join(lacking.iter().map(|point| point.3).collect())),
            join(lacking.iter().map(|point| point.4).collect()),
        )
        .fact("lacking", Figure::List(lacking.iter().map(|point| point.0.to_owned()).collect()));
        for point in &lacking {
            draft = draft.key(&format!("broker.{}", point.0));
        }
        if let Some(entity) = context.entity(&element) {
            let changes = lacking.iter().map(|point| Change::Set {
                entity,
                key: format!("broker.{}", point.0),
                value: if point.0 == "schema" { "versioned" } else { "true" }.to_owned(),
            });
            let changes: Vec<_> = changes.collect();
            let names: Vec<_> = lacking.iter().map(|point| point.0).collect();
            let title = format!("promise {} of {id}", names.join(", "));
            draft = draft.fix(Fix { title, safety: FixSafety::Suggested, changes });
        }
        report.find(draft);
    }
}
