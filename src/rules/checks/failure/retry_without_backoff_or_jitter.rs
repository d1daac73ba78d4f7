//! KP401: retries that come at once, or all together.

use crate::model::{Backoff, Change, Element, EntityRef, Fix, FixSafety, Retry};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, significant};

declare_rule! {
    "KP401" "retry-without-backoff-or-jitter", Medium, Certain;
    summary: "retries that come at once, or all together";
    reads: ["dependency.retry.attempts", "dependency.retry.backoff", "dependency.retry.base", "dependency.retry.jitter"];
    settings: [];
    detects: "A dependency with a `retry` of one or more attempts that has no `backoff` (absent, `none`, or with a `base` of 0) or no `jitter`. Certain where the file \
        says so, likely where it says nothing: most clients retry at once unless told otherwise.";
    why: "A callee that fails because it is full gets the same requests again within milliseconds. Waiting helps only when callers do not \
        wait equally long: without jitter a thousand callers that failed together come back together, second after second, and keep down \
        what wanted to get up.";
    example: [
        "Three more attempts, at once:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "search" }]"#,
        r#"dependency = [{ from = "api", to = "search", mode = "sync", timeout = "200ms", retry = { attempts = 3 } }]"#,
        "```",
    ];
    remedy: "Wait exponentially longer up to a cap, and choose each wait at random between nothing and that. Retry once or twice at most, in \
        one layer only, and stop when retries exceed a tenth of all calls (`budget`).";
    verify: "Let the callee fail for ten seconds under load: its request rate must not rise above the usual, and must not swing in waves afterwards.";
    accept: "For a single background caller with one retry.";
    references: "The guide, *Resilience*. Brooker, *Exponential Backoff And Jitter* (AWS Architecture Blog, 2015).";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for dependency in context.dependencies() {
        let Some(retry) = &dependency.retry else { continue };
        let attempts = retry.attempts.map(|attempts| attempts.value());
        if attempts == Some(0.0) {
            continue;
        }
        let at_once = retry.base.is_some_and(|base| base.high().value() == 0.0);
        let no_backoff = at_once || matches!(retry.backoff, None | Some(Backoff::None));
        let no_jitter = retry.jitter != Some(true);
        if !no_backoff && !no_jitter {
            report.pass();
            continue;
        }
        let element = Element::Dependency(dependency.from().to_owned(), dependency.to().to_owned());
        if report.is_crowded_out(&element, RULE.info.severity) {
            continue;
        }
        let said = at_once || retry.backoff == Some(Backoff::None) || retry.jitter == Some(false);
        let (from, to) = (dependency.from(), dependency.to());
        let lacking = match (no_backoff, no_jitter) {
            (true, true) => "without backoff and jitter",
            (true, false) => "without backoff",
            _ => "without jitter",
        };
        let times = match attempts {
            Some(1.0) => " once".to_owned(),
            Some(attempts) => format!(" {} times", significant(attempts, 6)),
            None => String::new(),
        };
        let mut draft = Draft::new(
            Element::Dependency(from.to_owned(), to.to_owned()),
            format!("{from} asks {to} again{times} {lacking}"),
            "set backoff = \"exponential\" with base, cap and jitter = true",
        )
        .confidence(if said { Confidence::Certain } else { Confidence::Likely })
        .key("retry");
        if let Some(attempts) = attempts {
            draft = draft.fact("attempts", Figure::Count(attempts));
        }
        if let Some(entity) = context.entity(&Element::Dependency(from.to_owned(), to.to_owned())) {
            draft = draft.fix(fix(entity, retry, no_backoff, no_jitter));
        }
        report.find(draft);
    }
}

/// Jitter alone only shortens the waits that are declared. Backoff makes calls take longer: somebody has to agree.
fn fix(entity: EntityRef, retry: &Retry, no_backoff: bool, no_jitter: bool) -> Fix {
    if !no_backoff {
        return Fix::set(FixSafety::Safe, entity, "retry.jitter", "true");
    }
    let set = |key: &str, value: &str| Change::Set { entity, key: key.to_owned(), value: value.to_owned() };
    let mut changes = vec![set("retry.backoff", "exponential")];
    if retry.base.is_none_or(|base| base.high().value() == 0.0) {
        changes.push(set("retry.base", "20ms"));
    }
    if no_jitter {
        changes.push(set("retry.jitter", "true"));
    }
    let title = if no_jitter { "wait longer each time, with jitter" } else { "wait longer each time" };
    Fix { title: title.to_owned(), safety: FixSafety::Suggested, changes }
}
