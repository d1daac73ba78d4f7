//! KP203: a synchronous network call without a timeout.

use crate::model::{ComponentKind, Dependency, Element, Fix, FixSafety};
use crate::reliability::{rounded_down, written};
use crate::rules::checks::patience::{Fit, Patiences};
use crate::rules::checks::worst_case::{first_to_give_up, retries, timeout};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, significant};

declare_rule! {
    "KP203" "missing-timeout", High, Certain;
    summary: "a synchronous network call without a timeout";
    reads: ["dependency.timeout", "dependency.mode", "dependency.network", "dependency.retry", "flow.calls", "flow.critical", "slo.threshold",
        "component.service_time"];
    settings: [];
    detects: "A dependency whose caller waits (`mode = \"sync\"`, or no mode and a callee that is neither queue nor stream) and that has \
        no `timeout`, or a timeout of 0, which most clients take for \"no limit\". Calls made by a `client` or an \
        `external` system are left out: how long a browser or a partner waits holds none of your workers. So are calls \
        whose `network` is zero, which never leave the process. High on a critical flow, medium on another flow, low where \
        no flow makes the call. The timeout that is proposed is what is left of the time after which the flow's user (the \
        threshold of its latency SLO) or the caller's own caller is gone: a tenth kept by every caller in between, the other \
        calls of the path at their longest, and the rest shared by the attempts.";
    why: "A callee that stops answering keeps the caller's worker, its connection and everything both hold until the operating \
        system loses patience, often after minutes. At 400 requests a second and 64 workers a silent callee uses up one \
        replica in 0.16 s. From then on requests fail that never needed the callee.";
    example: [
        "`api` waits for `payments` for as long as `payments` likes:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "payments", kind = "external" }]"#,
        r#"dependency = [{ from = "api", to = "payments", mode = "sync" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "payments" }] }]"#,
        "```",
    ];
    remedy: "Set `timeout` to what the finding computed, or lower: near the callee's p99.9 in good times. Cover connecting, waiting for a pooled connection and reading: many clients count these apart.";
    verify: "Let the callee accept connections and never answer (a proxy that drops packets does). The caller's workers in use must \
        come back to normal within the timeout, and its other endpoints must not notice.";
    accept: "When the call runs in a worker with its own deadline for the whole job, and that deadline is written down.";
    references: "`KP204` timeout-inversion for timeouts in the wrong order. The guide, *Resilience*: timeouts. \
        Nygard, *Release It!*, chapter on stability patterns.";
}

/// The part of its caller's patience that a call leaves where no flow says more.
const LEFT: f64 = 0.9;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut patiences: Option<Patiences<'_>> = None;
    for dependency in context.dependencies() {
        let in_process = dependency.network.is_some_and(|network| network.high().value() == 0.0);
        let by_others = matches!(
            context.caller(dependency).and_then(|caller| caller.kind),
            Some(ComponentKind::Client | ComponentKind::External)
        );
        if !context.waits(dependency) || in_process || by_others {
            continue;
        }
        if timeout(dependency).is_some() {
            report.pass();
            continue;
        }
        let element = Element::Dependency(dependency.from().to_owned(), dependency.to().to_owned());
        let severity = severity(context, &element);
        if report.is_crowded_out(&element, severity) {
            continue;
        }
        let patiences = patiences.get_or_insert_with(|| Patiences::of_missing_timeouts(context));
        report.find(found(context, dependency, &element, severity, patiences));
    }
}

fn severity(context: &Context<'_>, element: &Element) -> Severity {
    let weight = context.weight(element);
    if weight.is_critical() {
        Severity::High
    } else if weight.flows() == 0 {
        Severity::Low
    } else {
        Severity::Medium
    }
}

fn found(
    context: &Context<'_>,
    dependency: &Dependency,
    element: &Element,
    severity: Severity,
    patiences: &Patiences<'_>,
) -> Draft {
    let (from, to) = (dependency.from(), dependency.to());
    let proposal = match patiences.of(context, dependency) {
        Some(fit) => of_flows(dependency, fit),
        None => of_callers(context, dependency),
    };
    let assumed = if dependency.mode.is_none() { " (no mode is given; a call is taken to wait)" } else { "" };
    let mut draft =
        Draft::new(element.clone(), format!("{from} waits for {to} without a timeout{assumed}"), proposal.remedy)
            .severity(severity)
            .key("timeout");
    if dependency.mode.is_none() {
        draft = draft.confidence(Confidence::Likely);
    }
    if let Some((seconds, safety)) = proposal.timeout {
        draft = draft.fact("timeout_at_most", Figure::Seconds(seconds));
        if let (Some(safety), Some(entity)) = (safety, context.entity(element)) {
            draft = draft.fix(Fix::set(safety, entity, "timeout", written(seconds)));
        }
    }
    draft
}

/// What to do, and the timeout that does it; a safety where it can be set without breaking what is below.
struct Proposal {
    remedy: String,
    timeout: Option<(f64, Option<FixSafety>)>,
}

/// From the flows that make the call: the tightest of them.
fn of_flows(dependency: &Dependency, fit: &Fit<'_>) -> Proposal {
    let seconds = rounded_down(fit.timeout);
    let mut remedy = format!("set timeout ≤ {}: {}", Seconds::new(seconds), fit.because());
    let to = dependency.to();
    if fit.callee_takes > seconds {
        remedy = format!(
            "{remedy}; {to} may take {} by its own limits, and must end before",
            Seconds::new(fit.callee_takes)
        );
        return Proposal { remedy, timeout: Some((seconds, None)) };
    }
    if let Some(mean) = fit.mean_above() {
        remedy = format!(
            "first take calls or attempts out of the answer, then set a timeout: a call of {to} takes {} on average, and no \
             more than {} is left for one: {}",
            Seconds::new(mean),
            Seconds::new(seconds),
            fit.because()
        );
        return Proposal { remedy, timeout: Some((seconds, None)) };
    }
    let safety = if fit.is_safe() { FixSafety::Safe } else { FixSafety::Suggested };
    Proposal { remedy, timeout: Some((seconds, Some(safety))) }
}

/// Where no flow limits the call: from the least patient caller, or else from what the callee allows itself.
fn of_callers(context: &Context<'_>, dependency: &Dependency) -> Proposal {
    let (from, to) = (dependency.from(), dependency.to());
    let attempts = 1.0 + retries(dependency);
    let Some((after, caller)) = first_to_give_up(context, from) else {
        let remedy = format!("set timeout near the p99.9 of {to} in good times; nothing above {from} limits it yet");
        return Proposal { remedy, timeout: None };
    };
    let seconds = rounded_down(after * LEFT / attempts);
    let mut remedy = format!("set timeout ≤ {}: {caller} gives up at {}", Seconds::new(seconds), Seconds::new(after));
    if attempts > 1.0 {
        remedy = format!("{remedy}, {} attempts share that", significant(attempts, 6));
    }
    Proposal { remedy, timeout: Some((seconds, None)) }
}
