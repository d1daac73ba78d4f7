//! KP905: an action that should have been done.

use crate::model::{ActionStatus, Element, quote};
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP905" "action-overdue", Low, Certain;
    summary: "an open action whose day has passed";
    reads: ["action.status", "action.due", "action.owner", "action.from"];
    settings: [];
    detects: "An `[[action]]` that is open (or says no status) and whose `due` lies before today. An open action without a `due` cannot be told.";
    why: "A review changes nothing by itself; its actions do. The ones that slip are the ones between teams, which is where the incidents \
        are, and after two missed dates the next review starts with everybody knowing that the list does not count.";
    example: [
        "Due two years ago, and open:",
        "",
        "```toml",
        r#"action = [{ id = "a1", title = "Put a timeout on payments", owner = "checkout lead", due = 2024-12-10, status = "open" }]"#,
        "```",
    ];
    remedy: "Ask the owner for what is in the way. Do it, split it, give it a new date that somebody believes in, or drop it and say what that means \
        for the finding it came from.";
    verify: "`kneepoint check --select KP905` says nothing before the next meeting begins.";
    accept: "Hardly ever: moving `due`, with the reason in the commit, is the honest way.";
    references: "The review format, `[[action]]`. `KP902` acceptance-expired.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for action in &context.review.actions {
        if action.id().is_empty() || !matches!(action.status, None | Some(ActionStatus::Open)) {
            continue;
        }
        let element = Element::Other("action", action.id().to_owned());
        let Some(due) = action.due else {
            report.cannot_tell(element, "action.due");
            continue;
        };
        if due >= context.today {
            report.pass();
            continue;
        }
        let owner = action.owner.as_deref().map_or("nobody named".to_owned(), quote);
        let days = context.today.since(due).map_or(0, |span| span.get_days());
        let late = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
        let from = action.from.as_deref().map(str::trim).filter(|from| !from.is_empty());
        let about = from.map(|from| format!(" about {}", quote(from))).unwrap_or_default();
        report.find(
            Draft::new(
                element,
                format!("the action {}{about} was due on {due}, {late} ago ({owner})", action.id()),
                "do it, split it, drop it, or give it a date that somebody believes in",
            )
            .fact("due", Figure::Text(due.to_string()))
            .fact("days", Figure::Count(f64::from(days)))
            .key("due"),
        );
    }
}
