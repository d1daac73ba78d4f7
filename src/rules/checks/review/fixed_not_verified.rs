//! KP906: it is said to be mended, and nothing shows it.

use super::verification::{Found, Proofs, Verification, is_judged, is_over, verification};
use crate::model::{ActionStatus, Element, EntityKind, EntityRef, Fix, FixSafety, Triage, TriageStatus, quote};
use crate::rules::context::Context;
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::rules::triage::{Ledger, Pattern};
use jiff::civil::Date;

declare_rule! {
    "KP906" "fixed-not-verified", Low, Certain, after = Ledger;
    summary: "something is said to be mended and is still found, or was last tried before it was mended";
    reads: ["triage.status", "triage.date", "action.status", "action.from", "failure.tested", "load_test.date", "component.recovery.last_drill"];
    settings: [];
    detects: "A `[[triage]]` entry `mitigated` whose finding is still found: it has the severity of the finding it takes out of the count. Where \
        the finding has gone, the newest proof about its element (a trial of its failure, a drill, a load test of a flow through it, a \
        recorded measurement) is compared with the `date` of the entry: one that is older shows the system as it was before. \
        Where there is no proof at all, or no date, it cannot be told. And an `[[action]]` that is `done` while the finding it comes \
        `from` still counts.";
    why: "'Fixed' is said when the change is merged. Whether the timeout is in the build that runs, whether the second replica takes over, is \
        known only from the next time somebody looks; when nobody looks, the incident is the one who does, and the review said that it was mended.";
    example: [
        "Said to be mended a month ago, and the call still has no timeout:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "payments" }]"#,
        r#"dependency = [{ from = "api", to = "payments", mode = "sync" }]"#,
        r#"triage = [{ finding = "KP203@api->payments", status = "mitigated", date = 2024-10-20 }]"#,
        "```",
    ];
    remedy: "Where it is still found: write what was changed into the review, or set the entry back to `in-progress`. Where the proof is too old: \
        try the failure again, run the load test again, or record the metrics, and date it.";
    verify: "`kneepoint check --select KP906` says nothing; `KP901` then says that the entry may go.";
    accept: "For a change that is on its way and dated: set the entry to `in-progress` for as long. A proof that cannot be repeated may be accepted with its date.";
    references: "`KP901` orphan-triage, `KP905` action-overdue. The review format, `[[triage]]`, `[[failure]]`, `[[load_test]]`.";
}

/// So many ids are named in a message.
const NAMED: usize = 3;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mitigated = |entry: &&Triage| entry.status == Some(TriageStatus::Mitigated) && !entry.finding().is_empty();
    let found = Found::for_triage(context);
    let proofs = Proofs::new(context);
    for entry in context.review.triage.iter().filter(mitigated) {
        match verification(context, &found, &proofs, entry) {
            Verification::StillFound(ids) => report.find(still_found(context, entry, &ids)),
            Verification::OlderThanChange(change, proof) => report.find(
                Draft::new(
                    Element::Other("triage", entry.finding().to_owned()),
                    format!(
                        "{} was mended on {change}, and {} is of {}, before that",
                        quote(entry.finding()),
                        proof.what,
                        proof.date
                    ),
                    "try it again as it is now, and write down the day",
                )
                .fact("mended_on", Figure::Text(change.to_string()))
                .fact("last_proof", Figure::Text(proof.date.to_string()))
                .fact("days", Figure::Count(days_between(proof.date, change)))
                .key("date"),
            ),
            Verification::Unproven(element, missing) => report.cannot_tell(element, missing),
            Verification::Verified(_) => report.pass(),
            Verification::Beyond => {}
        }
    }
    let ledger = Ledger::new(&context.review.triage);
    for (position, action) in context.review.actions.iter().enumerate() {
        let from = action.from.as_deref().unwrap_or_default();
        if action.status != Some(ActionStatus::Done) || action.id().is_empty() || !from.contains('@') {
            continue;
        }
        let pattern = Pattern::new(from);
        if pattern.is_wild() || !is_judged(context, &pattern) {
            continue;
        }
        if found.is_answered(&pattern) && !is_taken_out(context, &ledger, &pattern) {
            report.find(done_and_found(action.id(), from, EntityRef::new(EntityKind::Action, position)));
        } else {
            report.pass();
        }
    }
}

fn days_between(from: Date, to: Date) -> f64 {
    to.since(from).map_or(0.0, |span| f64::from(span.get_days()))
}

/// Whether the ledger takes a finding out of the count: then the entry says how it stands, not the action.
fn is_taken_out(context: &Context<'_>, ledger: &Ledger<'_>, pattern: &Pattern) -> bool {
    let entry = ledger.entry(&pattern.id()).and_then(|index| context.review.triage.get(index));
    entry.is_some_and(|entry| {
        let out = matches!(
            entry.status,
            Some(TriageStatus::Accepted | TriageStatus::FalsePositive | TriageStatus::Mitigated)
        );
        out && !is_over(context, entry)
    })
}

/// A mitigated finding that is still there; as grave as what it hides.
fn still_found(context: &Context<'_>, entry: &Triage, ids: &[String]) -> Draft {
    let worst = ids.iter().filter_map(|id| context.found.get(id)).max().copied().unwrap_or(Severity::Low);
    let element = Element::Other("triage", entry.finding().to_owned());
    let since = entry.date.map(|day| format!(" on {day}")).unwrap_or_default();
    let message = match ids {
        [only] => format!("{} is said to be mended{since}, and is still found", quote(only)),
        several => {
            let names: Vec<String> = several.iter().take(NAMED).map(|id| quote(id)).collect();
            let more =
                if several.len() > NAMED { format!(" and {} more", several.len() - NAMED) } else { String::new() };
            let pattern = quote(entry.finding());
            format!(
                "{pattern} is said to be mended{since}, and {} are still found: {}{more}",
                several.len(),
                names.join(", ")
            )
        }
    };
    let remedy = "write what was changed into the review, or set the entry back to in-progress";
    let draft = Draft::new(element.clone(), message, remedy).severity(worst).key("status");
    let draft = draft.fact("still_found", Figure::Count(ids.len() as f64));
    match context.entity(&element) {
        Some(entity) => draft.fix(Fix::set(FixSafety::Suggested, entity, "status", "in-progress")),
        None => draft,
    }
}

fn done_and_found(id: &str, from: &str, entity: EntityRef) -> Draft {
    Draft::new(
        Element::Other("action", id.to_owned()),
        format!("the action {id} is done, and {} is still found", quote(from)),
        "write what was changed into the review, or open the action again",
    )
    .key("status")
    .fix(Fix::set(FixSafety::Suggested, entity, "status", "open"))
}
