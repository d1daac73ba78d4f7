//! KP902: a decision about a finding that has run out.

use super::verification::{Found, is_judged, is_over};
use crate::model::{Element, TriageStatus, quote};
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::rules::triage::Pattern;

declare_rule! {
    "KP902" "acceptance-expired", Medium, Certain, after = Ledger;
    summary: "a triage entry whose time has run out";
    reads: ["triage.expires", "triage.status"];
    settings: [];
    detects: "A `[[triage]]` entry whose `expires` lies before today. It holds up to and including that day; after it the finding it answered \
        counts again. An acceptance without `expires` cannot run out: whether it still holds cannot be told. An entry that matches no \
        finding is left to `KP901`.";
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
    let found = Found::for_triage(context);
    for entry in context.review.triage.iter().filter(|entry| !entry.finding().is_empty()) {
        let pattern = Pattern::new(entry.finding());
        // What answers nothing has no acceptance to run out: KP901 speaks about it.
        if context.ran.contains(ORPHANS) && is_judged(context, &pattern) && !found.is_answered(&pattern) {
            continue;
        }
        let element = Element::Other("triage", entry.finding().to_owned());
        let Some(expires) = entry.expires else {
            if entry.status == Some(TriageStatus::Accepted) {
                report.cannot_tell(element, "triage.expires");
            }
            continue;
        };
        if !is_over(context, entry) {
            report.pass();
            continue;
        }
        let days = context.today.since(expires).map_or(0, |span| span.get_days());
        let ago = if days == 1 { "1 day ago".to_owned() } else { format!("{days} days ago") };
        let who = entry.by.as_deref().map(|by| format!(" with {}", quote(by))).unwrap_or_default();
        report.find(
            Draft::new(
                element,
                format!("what was decided about {} expired on {expires}, {ago}", quote(entry.finding())),
                format!("decide it again{who}: mend it, or give the entry today's reason and a new date"),
            )
            .fact("expired_on", Figure::Text(expires.to_string()))
            .fact("days", Figure::Count(f64::from(days)))
            .key("expires"),
        );
    }
}

/// The rule about entries that match nothing.
const ORPHANS: &str = "KP901";
