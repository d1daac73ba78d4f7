//! KP901: an entry of the ledger that answers nothing.

use super::verification::{Found, Proof, Proofs, Verification, element_of, is_judged, verification};
use crate::model::{Element, Fix, FixSafety, TriageStatus, nearest, quote};
use crate::rules::context::Context;
use crate::rules::finding::{Figure, Severity};
use crate::rules::registry;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::rules::triage::Pattern;
use foldhash::{HashSet, HashSetExt};
use std::collections::BTreeMap;

declare_rule! {
    "KP901" "orphan-triage", Low, Certain, after = Last;
    summary: "a triage entry that matches no finding";
    reads: ["triage.finding", "triage.status", "triage.date"];
    settings: [];
    detects: "A `[[triage]]` entry whose `finding` matches nothing that the rules find now: the finding has been mended, an element has been \
        renamed, the code is not a rule, or there is a slip in the text. The nearest finding is named where one is near. \
        Entries for rules that did not run (`--select`, `--ignore`) are not judged. An entry `mitigated` whose finding has gone is the \
        business of `KP906` until something shows that the fix works; after that it is a note here, and may go.";
    why: "The ledger is the memory of what was decided. An entry that answers nothing hides that the finding it was meant for is open again \
        under another name, or that the problem has gone and the promise in `reason` is no longer needed.";
    example: [
        "The element was renamed from `payment` to `payments`:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "payments" }]"#,
        r#"dependency = [{ from = "api", to = "payments", mode = "sync" }]"#,
        r#"triage = [{ finding = "KP203@api->payment", status = "accepted", reason = "bounded by the SDK" }]"#,
        "```",
    ];
    remedy: "Correct the id where the finding has moved. Remove the entry where the finding has gone, and say so in the commit: that is a success.";
    verify: "`kneepoint check --select KP901` says nothing.";
    accept: "Hardly ever. An entry for a finding that comes and goes with measurements may stay until it expires.";
    references: "`KP902` acceptance-expired, `KP906` fixed-not-verified. `docs/rules.md` for what an identity consists of.";
}

/// Beyond this many orphans nobody reads suggestions, and each costs a walk over the findings of its rule.
const HELPED: usize = 50;
const CANDIDATES: usize = 500;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut by_code: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for id in context.found.keys() {
        by_code.entry(id.split('@').next().unwrap_or_default()).or_default().push(id);
    }
    for ids in by_code.values_mut() {
        ids.sort_unstable();
    }
    let found = Found::for_triage(context);
    let proofs = Proofs::new(context);
    // Entries about this rule's own findings can only be judged when those are known.
    let mut own_ids = HashSet::new();
    let mut own_entries = Vec::new();
    let mut helped = 0;
    for entry in &context.review.triage {
        let text = entry.finding();
        if text.is_empty() {
            continue;
        }
        let pattern = Pattern::new(text);
        if pattern.code() == RULE.info.code {
            own_entries.push((text, pattern));
            continue;
        }
        if !is_judged(context, &pattern) || found.is_answered(&pattern) {
            report.pass();
            continue;
        }
        // A fix that has worked is no slip: the entry waits for its proof, or may go.
        if entry.status == Some(TriageStatus::Mitigated) {
            match verification(context, &found, &proofs, entry) {
                Verification::Verified(proof) => {
                    own_ids.insert(own_id(text));
                    report.find(verified(text, &proof));
                    continue;
                }
                Verification::OlderThanChange(..) | Verification::Unproven(..) if context.ran.contains(VERIFIES) => {
                    report.pass();
                    continue;
                }
                _ => {}
            }
        }
        helped += 1;
        own_ids.insert(own_id(text));
        report.find(orphan(context, text, &pattern, &by_code, helped <= HELPED));
    }
    for (text, pattern) in own_entries {
        if own_ids.iter().any(|id| pattern.matches(&Pattern::cut(id))) {
            report.pass();
        } else {
            report.find(orphan(context, text, &pattern, &by_code, false));
        }
    }
}

/// The rule that asks for the proof of a fix.
const VERIFIES: &str = "KP906";

fn own_id(text: &str) -> String {
    format!("{}@triage.{text}", RULE.info.code)
}

/// An entry whose work is done.
fn verified(text: &str, proof: &Proof) -> Draft {
    let element = Element::Other("triage", text.to_owned());
    let message = format!(
        "{} was mended, is not found any more, and {} on {} came after it",
        quote(text),
        proof.what,
        proof.date
    );
    Draft::new(element, message, "remove the entry: the fix is verified").severity(Severity::Note).key("finding")
}

fn orphan(
    context: &Context<'_>,
    text: &str,
    pattern: &Pattern,
    by_code: &BTreeMap<&str, Vec<&str>>,
    help: bool,
) -> Draft {
    let element = Element::Other("triage", text.to_owned());
    let code = pattern.code();
    let known = registry::find(code).is_some() || code.contains('*');
    let (mut message, mut remedy);
    if !text.contains('@') {
        message = format!("the triage entry {} is no finding's id: it has no @", quote(text));
        remedy = "write it as CODE@element, as `kneepoint check` prints it".to_owned();
    } else if known {
        message = format!("the triage entry {} matches no finding", quote(text));
        remedy = "remove the entry if the finding has gone, correct it if the element was renamed".to_owned();
        if let Some(missing) = missing_element(context, text) {
            message = format!("{message}: there is no {missing}");
        } else if !pattern.is_wild()
            && let Some(element) = element_of(context, text)
        {
            // What is there and in order is not to be taken for something else with a similar name.
            return Draft::new(
                Element::Other("triage", text.to_owned()),
                format!("{message}: {code} finds nothing at {element} any more"),
                "remove the entry: the finding has gone",
            )
            .key("finding");
        }
    } else {
        message = format!("the triage entry {} is about a rule that does not exist", quote(text));
        remedy = "correct the code, or remove the entry".to_owned();
        if let Some(meant) = registry::meant(code).filter(|_| help) {
            message = format!("{message}; {meant}");
        }
    }
    let candidates = by_code.get(code).map(Vec::as_slice).unwrap_or_default();
    let near = nearest(&pattern.id(), candidates.iter().copied().take(CANDIDATES)).filter(|_| help);
    if let Some(near) = near {
        message = format!("{message}; did you mean `{near}`?");
        remedy = format!("if it is meant for `{near}`, write that; otherwise remove the entry");
    }
    let mut draft = Draft::new(element.clone(), message, remedy).key("finding");
    if let Some(near) = near {
        draft = draft.fact("nearest", Figure::Text(near.to_owned()));
        let answered = context.review.triage.iter().any(|entry| Pattern::new(entry.finding()).id() == near);
        if let Some(entity) = context.entity(&element).filter(|_| !answered) {
            draft = draft.fix(Fix::set(FixSafety::Suggested, entity, "finding", near));
        }
    }
    draft
}

/// The part of an id that names nothing of the review: "component `payment`".
fn missing_element(context: &Context<'_>, text: &str) -> Option<String> {
    let (_, element) = text.split_once('@')?;
    if element.contains(['*', ':', '…', '.']) || element.trim() == "review" {
        return None;
    }
    let exists = |id: &str| context.component(id).is_some();
    if let Some((from, to)) = Element::ends(element) {
        let missing = [from, to].into_iter().find(|id| !exists(id))?;
        return Some(format!("component {}", quote(missing)));
    }
    let id = element.trim();
    let slo = || context.entity(&Element::Slo(id.to_owned())).is_some();
    (!exists(id) && context.graph.flow(id).is_none() && !slo()).then(|| format!("component or flow {}", quote(id)))
}
