//! KP402: a write that is asked again without anything that makes the second one harmless.

use crate::model::{ComponentKind, Dependency, Element, Fix, FixSafety, Idempotency};
use crate::rules::checks::worst_case::retries;
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP402" "unsafe-retry", High, Certain;
    summary: "a write that is retried without idempotency";
    reads: ["dependency.retry.attempts", "dependency.operation", "dependency.idempotency", "component.broker.max_attempts"];
    settings: [];
    detects: "A dependency whose `operation` writes, whose `retry` has one or more attempts, and whose `idempotency` is `none` (certain) or not \
        said (likely). Where the operation is not said either, or a write has a `retry` without a number of attempts, the rule cannot \
        tell. Also a consumer of a queue or stream with `max_attempts` above 1 whose `idempotency` is said to be `none`: the broker repeats for it.";
    why: "A timeout does not say whether the write happened. The retry writes a second time: two charges, two orders, a counter that is off \
        by one for ever. It happens rarely in tests and every day at scale, mostly when the callee is slow, so the wrong rows pile up \
        during incidents and are found by accounting.";
    example: [
        "A charge that may be made three times:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "payments", kind = "external" }]"#,
        r#"dependency = [{ from = "api", to = "payments", mode = "sync", timeout = "800ms", operation = "write", idempotency = "none","#,
        r#"               retry = { attempts = 2, backoff = "exponential", base = "50ms", jitter = true } }]"#,
        "```",
    ];
    remedy: "Send a key that the caller makes once for the business action and repeats with each attempt; the callee remembers it with the \
        result for longer than anybody retries. Or make the write natural: set a state instead of adding to it. Until then do not retry it.";
    verify: "Cut the connection after the callee has committed and before it answers: after the retry there is one row, and the caller got its id.";
    accept: "When duplicates are removed downstream and somebody tests that: name the test.";
    references: "The guide, *Make retries safe with idempotency* and *Write path checklist*. `KP401` retry-without-backoff-or-jitter.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for dependency in context.dependencies() {
        let element = || Element::Dependency(dependency.from().to_owned(), dependency.to().to_owned());
        let again = redelivered(context, dependency);
        if retries(dependency) == 0.0 && !again {
            let unsaid = dependency.retry.as_ref().is_some_and(|retry| retry.attempts.is_none());
            let writes = dependency.operation.is_some_and(crate::model::Operation::writes);
            if unsaid && writes && !is_safe(dependency) {
                report.cannot_tell(element(), "dependency.retry.attempts");
            }
            continue;
        }
        match dependency.operation {
            _ if is_safe(dependency) => report.pass(),
            Some(operation) if !operation.writes() => report.pass(),
            None if !again => report.cannot_tell(element(), "dependency.operation"),
            _ => {
                let element = element();
                if !report.is_crowded_out(&element, RULE.info.severity) {
                    report.find(found(context, dependency, &element, again));
                }
            }
        }
    }
}

fn is_safe(dependency: &Dependency) -> bool {
    matches!(dependency.idempotency, Some(Idempotency::Natural | Idempotency::Key))
}

/// Whether a broker hands a message over again after a failure, to a consumer that is said not to bear it.
fn redelivered(context: &Context<'_>, dependency: &Dependency) -> bool {
    let broker = context.caller(dependency).filter(|from| from.kind.is_some_and(ComponentKind::is_broker));
    let attempts = broker.and_then(|broker| broker.broker.as_ref()).and_then(|broker| broker.max_attempts);
    attempts.is_some_and(|attempts| attempts.value() > 1.0) && dependency.idempotency == Some(Idempotency::None)
}

fn found(context: &Context<'_>, dependency: &Dependency, element: &Element, again: bool) -> Draft {
    let (from, to) = (dependency.from(), dependency.to());
    let said = dependency.idempotency == Some(Idempotency::None);
    let how = if said { "and nothing makes the second one harmless" } else { "and no idempotency is stated" };
    let (message, remedy) = if again {
        (
            format!("{from} hands messages over again after a failure, {how} for {to}"),
            format!("let {to} remember the key of each message with its result, or make its work a state that is set"),
        )
    } else {
        (
            format!("{from} repeats a write to {to} {how}"),
            format!("send an idempotency key that {to} remembers, or take the retry away"),
        )
    };
    let mut draft = Draft::new(element.clone(), message, remedy)
        .confidence(if said { Confidence::Certain } else { Confidence::Likely })
        .fact("attempts", Figure::Count(retries(dependency)))
        .key("idempotency");
    if let Some(entity) = context.entity(element) {
        draft = draft.fix(Fix::set(FixSafety::Suggested, entity, "idempotency", "key"));
    }
    draft
}
