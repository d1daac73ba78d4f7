//! KP414: less may be lost than the copies are behind.

use super::stores::{critical_flows, is_written};
use crate::model::{Element, Replication, Standby};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::Quantity;

declare_rule! {
    "KP414" "rpo-below-replication-lag", Medium, Certain;
    summary: "the acceptable loss of data is less than what the copies are behind";
    reads: ["component.recovery.rpo", "component.data.replication", "component.data.replication_lag", "component.recovery.standby"];
    settings: [];
    detects: "A component whose `recovery.rpo` is below the `replication_lag` of its `data`, where replication is asynchronous (said, or a lag is \
        stated without a mode), and its standby is not a mere `backup`. An `rpo` of 0 cannot be kept by asynchronous copies whatever the \
        lag. High where a critical flow visits it and somebody writes to it, else medium. Where only the high end of a range is above, it \
        is likely; equal is enough. With asynchronous copies and an `rpo` but no lag the rule cannot tell.";
    why: "When the primary is lost, everything that it had acknowledged and not yet sent is lost with it. The promise was made to somebody: \
        orders that were confirmed and are gone, payments taken for nothing. And the lag grows exactly when it matters, under write load \
        and when the network is ill.";
    example: [
        "A second may be lost, and the copy is five behind:",
        "",
        "```toml",
        r#"component = [{ id = "orders-db", kind = "database", data = { replication = "async", replication_lag = "5s" }, recovery = { rpo = "1s" } }]"#,
        "```",
    ];
    remedy: "Let a commit wait for one copy (`replication = \"sync\"`, which adds its round trip to each write), or make the lag shorter and alarm \
        on it, or agree a larger `rpo` with those who carry the loss. Keep what must not be lost in a log that is copied synchronously.";
    verify: "Stop the primary under write load without letting it finish: compare the last acknowledged write with the newest one on the copy.";
    accept: "When lost writes come again by themselves (a sensor's next reading, an import that is repeated): then the `rpo` is larger than it says.";
    references: "`KP411` no-recovery-objectives, `KP308` read-your-writes-gap. The guide, *Multi-region data models & failover (RPO/RTO)*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, component) in context.components() {
        let Some(recovery) = &component.recovery else { continue };
        let Some(rpo) = recovery.rpo else { continue };
        let data = component.data.as_ref();
        let lag = data.and_then(|data| data.replication_lag);
        let replication = data.and_then(|data| data.replication).or(lag.map(|_| Replication::Async));
        if replication != Some(Replication::Async) || recovery.standby == Some(Standby::Backup) {
            continue;
        }
        let id = component.id();
        let element = Element::Component(id.to_owned());
        let none_allowed = rpo.high().value() == 0.0;
        let above = |lag: f64, rpo: f64| lag > rpo;
        let surely = none_allowed || lag.is_some_and(|lag| above(lag.value(), rpo.value()));
        let perhaps = lag.is_some_and(|lag| above(lag.high().value(), rpo.low().value()));
        if !surely && !perhaps {
            match lag {
                None => report.cannot_tell(element, "component.data.replication_lag"),
                Some(_) => report.pass(),
            }
            continue;
        }
        let critical = critical_flows(context, component);
        let written = is_written(context, component) != Some(false);
        let severity = if critical.is_empty() || !written { Severity::Medium } else { Severity::High };
        let behind = lag.map_or_else(|| "asynchronous".to_owned(), |lag| format!("{lag} behind"));
        let mut draft = Draft::new(
            element,
            format!("{id} may lose writes of {rpo} at most, and the copies that would take over are {behind}"),
            match lag {
                Some(lag) => {
                    format!("replicate {id} synchronously to one copy, or agree an rpo of at least {}", lag.high())
                }
                None => format!("replicate {id} synchronously to one copy, or agree how much may be lost"),
            },
        )
        .severity(severity)
        .confidence(if surely { Confidence::Certain } else { Confidence::Likely })
        .fact("rpo", Figure::Seconds(rpo.value()))
        .key("recovery.rpo");
        if let Some(lag) = lag {
            draft = draft.fact("replication_lag", Figure::Seconds(lag.value()));
        }
        if !critical.is_empty() {
            draft = draft.flows(critical.iter().map(|view| view.flow.id().to_owned()).collect());
        }
        report.find(draft);
    }
}
