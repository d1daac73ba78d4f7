//! KP316: consumers for which there is no partition.

use super::consumers::consumers;
use crate::model::{Component, ComponentKind, Element, Fix, FixSafety};
use crate::rules::checks::load::most_replicas;
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, thousands};

declare_rule! {
    "KP316" "idle-consumers", Medium, Certain;
    summary: "more consumers than partitions: the rest gets nothing";
    reads: ["component.broker.partitions", "component.replicas", "component.autoscale.max", "component.kind"];
    settings: [];
    detects: "A `stream`, or a `queue` that states them, with fewer `broker.partitions` than a consumer has replicas, today or at its \
        `autoscale.max`. Each consumer counts by itself, for each reads all partitions. Threads of one replica (`workers`) are not counted: \
        they may share a partition. Likely instead of certain where the range of the partitions reaches far enough. A stream without \
        partitions cannot be told about where a consumer has more than one replica.";
    why: "A partition is read by one consumer of a group at a time. Replicas beyond that number cost money and do nothing, and what is worse, \
        they are counted on: at the peak the scaler adds them, the lag grows as before, and the remedy in the runbook has no effect. More \
        partitions cannot be added in a hurry, because keys move between them and lose their order.";
    example: [
        "Twelve consumers for eight partitions:",
        "",
        "```toml",
        r#"component = [{ id = "events", kind = "stream", broker = { partitions = 8, retention = "7d" } },"#,
        r#"             { id = "indexer", kind = "worker", replicas = 4, autoscale = { min = 4, max = 12 } }]"#,
        r#"dependency = [{ from = "events", to = "indexer", mode = "stream" }]"#,
        "```",
    ];
    remedy: "Plan partitions for the number of consumers that the horizon's peak needs, with a factor of two, before keys depend on them. Until \
        then cap the scaler at the partitions, and make each consumer faster: batches, or several threads by key within a partition.";
    verify: "Scale the consumer to its maximum in a test: each replica has work, and throughput rises with every one of them.";
    accept: "When the surplus is a warm spare for replicas that die, and the scaler does not count on it.";
    references: "The guide, *Queues vs streams*. Kafka documentation, *Consumers*. `KP302` hot-key for partitions that are not even.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, broker) in context.components() {
        if !broker.kind.is_some_and(ComponentKind::is_broker) {
            continue;
        }
        let partitions = broker.broker.as_ref().and_then(|policy| policy.partitions);
        if partitions.is_none() && broker.kind == Some(ComponentKind::Queue) {
            continue;
        }
        for consumer in consumers(context, broker) {
            let component = context.component_at(consumer.at);
            let Some(most) = most_replicas(component) else { continue };
            let Some(partitions) = partitions else {
                if most > 1.0 {
                    let element = Element::Component(broker.id().to_owned());
                    report.cannot_tell(element, "component.broker.partitions");
                }
                continue;
            };
            if most <= partitions.value() {
                report.pass();
                continue;
            }
            let certain = most > partitions.high().value();
            report.find(found(context, broker, component, consumer.element, partitions.value(), most, certain));
        }
    }
}

fn found(
    context: &Context<'_>,
    broker: &Component,
    consumer: &Component,
    element: Element,
    partitions: f64,
    most: f64,
    certain: bool,
) -> Draft {
    let (broker_id, id) = (broker.id(), consumer.id());
    let today = consumer.replicas.map_or(0.0, |replicas| replicas.value());
    let when = if today > partitions { "today" } else { "when it has scaled out" };
    let counted = if today > partitions { today } else { most };
    let mut draft = Draft::new(
        element,
        format!(
            "{id} has {} replicas {when} for the {} partitions of {broker_id}: {} of them {} nothing",
            thousands(counted),
            thousands(partitions),
            thousands(counted - partitions),
            if counted - partitions == 1.0 { "gets" } else { "get" }
        ),
        format!(
            "cut {broker_id} into at least {} partitions while its keys can still move, or hold {id} at {} replicas and make each faster",
            thousands(most),
            thousands(partitions)
        ),
    )
    .confidence(if certain { Confidence::Certain } else { Confidence::Likely })
    .fact("consumers", Figure::Count(most))
    .fact("partitions", Figure::Count(partitions))
    .key("broker.partitions");
    let entity = context.entity(&Element::Component(broker_id.to_owned()));
    if let Some(entity) = entity.filter(|_| most < 1e15) {
        let mut fix = Fix::set(FixSafety::Suggested, entity, "broker.partitions", format!("{most:.0}"));
        fix.title = format!("cut {broker_id} into {most:.0} partitions");
        draft = draft.fix(fix);
    }
    draft
}
