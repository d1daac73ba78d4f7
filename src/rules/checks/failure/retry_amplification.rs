//! KP403: attempts that multiply along a path.

use crate::graph::MadeCall;
use crate::model::{Change, Element, Fix, FixSafety};
use crate::reliability::{Amplification, load_factor};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::significant;

declare_rule! {
    "KP403" "retry-amplification", Medium, Certain;
    summary: "when the last component of a path fails, the attempts of all callers multiply beyond what it can take";
    reads: ["dependency.retry.attempts", "dependency.retry.budget", "dependency.mode", "flow.calls"];
    settings: [
        factor = 4.0, "The most requests that one request may become at the last component of a path; more fires.",
            "The Google SRE book (Handling Overload) stops at three attempts in one layer; 4 leaves room for two layers that repeat once.";
    ];
    detects: "A way through a flow over calls that are waited for on which `Π (1 + retry.attempts)` is above `factor`. A `retry.budget` holds \
        a hop at `1 + budget`. A breaker, backoff or idempotency does not: a breaker opens after a window of errors, backoff spreads \
        the same number, and a harmless repetition is still load. The worst way of each flow is reported. High on a critical flow. \
        That several layers repeat at all is `KP211`; this rule is about how much it comes to.";
    why: "The last component is slow because it is full, and each layer above answers its silence with more. Three layers with three \
        retries turn one click into 64 queries, at the moment when the database could just about serve one. It stays down after \
        the cause is gone, because the retries alone are more than it can take.";
    example: [
        "4 × 3 = 12 queries for one request:",
        "",
        "```toml",
        r#"component = [{ id = "gateway" }, { id = "api" }, { id = "db", kind = "database" }]"#,
        r#"dependency = [{ from = "gateway", to = "api", mode = "sync", timeout = "2s", retry = { attempts = 3 } },"#,
        r#"              { from = "api", to = "db", mode = "sync", timeout = "100ms", retry = { attempts = 2 } }]"#,
        r#"flow = [{ id = "browse", entry = "gateway", calls = [{ from = "gateway", to = "api" }, { from = "api", to = "db" }] }]"#,
        "```",
    ];
    remedy: "Repeat in one layer only, the one next to the failure, and let the others pass an error on that says \"do not repeat\". Give \
        that layer a budget: retries at most a tenth of its calls.";
    verify: "Let the last component answer every request with an error for a minute: its request rate rises by no more than the factor that \
        was agreed, and it is back to normal as soon as it answers again.";
    accept: "When the upper layers are known not to repeat the errors that this component gives (they repeat connection errors only), and \
        a test shows it.";
    references: "The guide, *Failure signature: retry amplification*. Google SRE book, *Handling Overload* and *Addressing Cascading Failures*. \
        Brooker, *Timeouts, retries, and backoff with jitter* (Amazon Builders' Library).";
}

/// The retry budget that is proposed: of the Google SRE book, *Handling Overload*.
const BUDGET: &str = "0.1";

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let most = report.threshold("factor");
    for view in context.flows() {
        let Some(worst) = context.reliability_of(view).and_then(|figures| figures.amplification.as_ref()) else {
            continue;
        };
        if worst.factor.likely > most * (1.0 + 1e-9) {
            report.find(found(context, view, worst, most));
        } else if worst.factor.likely > 1.0 {
            report.pass();
        }
    }
}

fn found(context: &Context<'_>, view: FlowView<'_>, worst: &Amplification, most: f64) -> Draft {
    let id = view.flow.id();
    let way: Vec<&MadeCall> = worst.way.iter().map(|call| &view.expansion.calls[*call]).collect();
    let path = context.graph.path_names(
        &way.first().map(|made| made.from).into_iter().chain(way.iter().map(|made| made.to)).collect::<Vec<_>>(),
    );
    let factor = |made: &&MadeCall| context.dependency_of(made).map_or(1.0, |all| load_factor(all).likely);
    let hops: Vec<(&MadeCall, f64)> =
        way.iter().map(|made| (*made, factor(made))).filter(|(_, factor)| *factor > 1.0).collect();
    let name = |made: &MadeCall| format!("{} -> {}", context.graph.name(made.from), context.graph.name(made.to));
    let factors: Vec<_> =
        hops.iter().take(6).map(|(made, factor)| format!("{} ({})", significant(*factor, 4), name(made))).collect();
    let more = if hops.len() > 6 { format!(" × {} more", hops.len() - 6) } else { String::new() };
    let last = path.last().cloned().unwrap_or_default();
    let message = format!(
        "one request of {id} becomes up to {} at {last} when it fails: {}{more}",
        significant(worst.factor.likely, 4),
        factors.join(" × ")
    );
    let remedy = match hops.split_last() {
        Some(((nearest, left), above)) if !above.is_empty() && *left <= most => format!(
            "keep the retries of {} and set retry.attempts = 0 on {}: {} is left; or give each a retry.budget of {BUDGET}",
            name(nearest),
            above.iter().take(3).map(|(made, _)| name(made)).collect::<Vec<_>>().join(", "),
            significant(*left, 4)
        ),
        _ => format!(
            "repeat in one layer only, at most {} times, with a retry.budget of {BUDGET}",
            significant((most - 1.0).max(0.0).floor(), 4)
        ),
    };
    let certain = worst.factor.low > most
        && way.iter().all(|made| context.dependency_of(made).is_some_and(|dependency| dependency.mode.is_some()));
    let mut draft = Draft::new(Element::Path(id.to_owned(), path), message, remedy)
        .severity(if view.is_critical() { Severity::High } else { Severity::Medium })
        .confidence(if certain { Confidence::Certain } else { Confidence::Likely })
        .fact("factor", Figure::Count(worst.factor.likely))
        .fact("retried_hops", Figure::Count(hops.len() as f64));
    if let Some(fix) = budgets(context, &hops, most) {
        draft = draft.fix(fix);
    }
    draft
}

/// A budget for the hops that repeat most, until the factor fits.
fn budgets(context: &Context<'_>, hops: &[(&MadeCall, f64)], most: f64) -> Option<Fix> {
    let with_budget = 1.0 + BUDGET.parse::<f64>().ok()?;
    let mut sorted: Vec<_> = hops.to_vec();
    sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut factor: f64 = hops.iter().map(|(_, factor)| factor).product();
    let mut changes = Vec::new();
    for (made, hop) in sorted {
        if factor <= most || hop <= with_budget {
            break;
        }
        let name = |index| context.graph.name(index).to_owned();
        let entity = context.entity(&Element::Dependency(name(made.from), name(made.to)))?;
        changes.push(Change::Set { entity, key: "retry.budget".to_owned(), value: BUDGET.to_owned() });
        factor = factor / hop * with_budget;
    }
    let fits = factor <= most && !changes.is_empty();
    let title = match changes.len() {
        1 => format!("set retry.budget = {BUDGET}"),
        several => format!("set retry.budget = {BUDGET} on {several} hops"),
    };
    fits.then_some(Fix { title, safety: FixSafety::Suggested, changes })
}
