//! KP902: a decision about a finding that has run out.

use crate::model::{Element, quote};
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP902" "acceptance-expired", Medium, Certain;
    summary: "a triage entry whose time has run out";
    reads: ["triage.expires", "triage.status"];
    settings: [];
    detects: "A `[[triage]]` entry whose `expires` lies before today. It holds up to and including that day; after it the finding it answered \
        counts again.";
    why: "The risk was taken for a time, by somebody who wanted to look again. Left alone it turns into one that nobody remembers taking, \
        and the reason it rests on ('until the new provider is live') may have been untrue for a year.";
    example: [
        "Accepted until the end of the quarter, two years ago:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "payments" }]"#,
        r#"dependency = [{ from = "api", to = "payments", mode = "sync" }]"#,
        r#"triage = [{ finding = "KP203@api->payments", status = "accepted", expires = 2024-12-31 }]"#,
        "```",
    ];
    remedy: "Look at the finding again with the person who decided. Mend it, or accept it anew with today's reason and a new date.";
    verify: "`kneepoint check --select KP902` says nothing; the next expiry is in somebody's calendar.";
    accept: "Never: a new date in the entry itself is the acceptance.";
    references: "`KP901` orphan-triage. The review format, `[[triage]]`.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for entry in &context.review.triage {
        let Some(expires) = entry.expires.filter(|_| !entry.finding().is_empty()) else { continue };
        if expires >= context.today {
            report.pass();
            continue;
        }
        let days = context.today.since(expires).map_or(0, |span| span.get_days());
        let who = entry.by.as_deref().map(|by| format!(" with {}", quote(by))).unwrap_or_default();
        report.find(
            Draft::new(
                Element::Other("triage", entry.finding().to_owned()),
                format!("what was decided about {} expired on {expires}", quote(entry.finding())),
                format!("decide it again{who}: mend it, or give the entry today's reason and a new date"),
            )
            .fact("expired_on", Figure::Text(expires.to_string()))
            .fact("days", Figure::Count(f64::from(days)))
            .key("expires"),
        );
    }
}
