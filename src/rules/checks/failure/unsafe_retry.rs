//! KP402: a write that is asked again without anything that makes the second one harmless.

use crate::model::{Element, Idempotency};
use crate::rules::checks::worst_case::retries;
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP402" "unsafe-retry", High, Certain;
    summary: "a write that is retried without idempotency";
    reads: ["dependency.retry.attempts", "dependency.operation", "dependency.idempotency"];
    settings: [];
    detects: "A dependency whose `operation` writes, whose `retry` has one or more attempts, and whose `idempotency` is `none` (certain) or not \
        said (likely). Where the operation is not said either, the rule cannot tell.";
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
    for dependency in context.dependencies().filter(|dependency| retries(dependency) > 0.0) {
        let (from, to) = (dependency.from(), dependency.to());
        let element = Element::Dependency(from.to_owned(), to.to_owned());
        let safe = matches!(dependency.idempotency, Some(Idempotency::Natural | Idempotency::Key));
        match dependency.operation {
            _ if safe => report.pass(),
            Some(operation) if !operation.writes() => report.pass(),
            None => report.cannot_tell(element, "dependency.operation"),
            Some(_) => {
                let said = dependency.idempotency == Some(Idempotency::None);
                let how =
                    if said { "and nothing makes the second one harmless" } else { "and no idempotency is stated" };
                report.find(
                    Draft::new(
                        element,
                        format!("{from} repeats a write to {to} {how}"),
                        format!("send an idempotency key that {to} remembers, or take the retry away"),
                    )
                    .confidence(if said { Confidence::Certain } else { Confidence::Likely })
                    .fact("attempts", Figure::Count(retries(dependency)))
                    .key("idempotency"),
                );
            }
        }
    }
}
