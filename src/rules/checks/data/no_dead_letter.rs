//! KP313: a queue in which a message that always fails stays.

use crate::model::{ComponentKind, Element, Fix, FixSafety};
use crate::rules::context::Context;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP313" "no-dead-letter", Medium, Certain;
    summary: "a queue in which a message that always fails is tried for ever";
    reads: ["component.kind", "component.broker.dead_letter"];
    settings: [];
    detects: "A component of kind `queue` with `broker.dead_letter = false`. Where it is not said, the rule cannot tell. Streams are left out: \
        their consumers skip or park a record themselves.";
    why: "One message that no consumer can read comes back after every visibility timeout. It takes a worker each time, in an ordered queue \
        it stops everything behind it, and with retries it multiplies the load on whatever it fails against. Without a place to put it \
        the only remedy at night is to purge the queue.";
    example: [
        "Nothing ever leaves this queue except by success:",
        "",
        "```toml",
        r#"component = [{ id = "jobs", kind = "queue", broker = { dead_letter = false } }]"#,
        "```",
    ];
    remedy: "Move a message to a dead-letter queue after a small number of attempts (`max_attempts`), alert on its depth, and have a tool that \
        shows, mends and replays what is in it.";
    verify: "Send a message that cannot be parsed: it is in the dead-letter queue after the last attempt, an alert fired, and the others were not held up.";
    accept: "When losing a message is fine and consumers drop what they cannot read, with a counter.";
    references: "The guide, *Async and event-driven scaling*. `KP314` visibility-shorter-than-work.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, component) in context.components().filter(|(_, component)| component.kind == Some(ComponentKind::Queue)) {
        let id = component.id();
        let element = Element::Component(id.to_owned());
        match component.broker.as_ref().and_then(|broker| broker.dead_letter) {
            Some(true) => report.pass(),
            None => report.cannot_tell(element, "component.broker.dead_letter"),
            Some(false) => {
                let entity = context.entity(&element);
                let draft = Draft::new(
                    element,
                    format!("a message that always fails never leaves {id}"),
                    format!("give {id} a dead-letter queue after a few attempts, and an alert on its depth"),
                )
                .key("broker.dead_letter");
                report.find(match entity {
                    Some(entity) => draft.fix(Fix::set(FixSafety::Suggested, entity, "broker.dead_letter", "true")),
                    None => draft,
                });
            }
        }
    }
}
