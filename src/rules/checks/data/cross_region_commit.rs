//! KP323: a write that waits for another region before it is answered.

use crate::model::{Component, Element, Indicator, Operation, Replication};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, significant};

declare_rule! {
    "KP323" "cross-region-commit", Medium, Likely;
    summary: "a store replicates synchronously between regions in the write path of a flow";
    reads: ["component.data.replication", "component.regions", "component.recovery.rpo", "dependency.operation", "flow.calls", "slo.threshold"];
    settings: [
        round_trip_ms = 60.0, "What one commit waits for the other region.",
            "Round trips between regions of public clouds: about 15 to 40 ms within a continent, 70 to 150 ms across an ocean.";
    ];
    detects: "A store with `replication = \"sync\"` and two or more different `regions`, to which a flow writes within its answer. Each write then waits \
        a round trip between the regions. Medium on a critical flow, low elsewhere, and low where `recovery.rpo` is zero: then it is the price of a promise that \
        somebody made. Where the waits alone are more than a latency SLO of the flow allows, it is medium in any case.";
    why: "Light needs the time, whatever the hardware. Locks are held that much longer, so the store sustains fewer writes to the same row, and \
        when the link between the regions stutters, both regions stop writing: the copy that was to survive the loss of a region makes \
        each region depend on the other.";
    example: [
        "Each order waits twice for the other continent:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "db", kind = "database", regions = ["eu-west-1", "us-east-1"], data = { replication = "sync" } }]"#,
        r#"dependency = [{ from = "api", to = "db", operation = "write" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "db", count = 2 }] }]"#,
        "```",
    ];
    remedy: "Commit in one region, in two zones, and replicate to the other region after the answer; state the loss that this allows as `rpo`. Or give \
        each record a home region, so that its writes stay there. Where nothing may be lost, write once a request instead of several times.";
    verify: "Delay the link by 200 ms in a test: commit latency and lock waits show what each write pays. Cut it: which region still writes?";
    accept: "When the rpo of zero is a contract and the latency fits: state both.";
    references: "The guide, *Multi-region data models & failover*. `KP417` cross-region-sync-call for calls. Abadi, *Consistency Tradeoffs in \
        Modern Distributed Database System Design* (IEEE Computer, 2012).";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let round_trip = report.threshold("round_trip_ms").max(0.0) / 1e3;
    for (index, store) in context.components() {
        let regions = regions_of(store);
        let synchronous = store.data.as_ref().and_then(|data| data.replication) == Some(Replication::Sync);
        if !synchronous || regions.len() < 2 {
            continue;
        }
        let id = store.id();
        let element = Element::Component(id.to_owned());
        let (mut flows, mut most, mut critical, mut missed) = (Vec::new(), 0.0_f64, false, None);
        for view in context.flows_through(&element) {
            let writes = view.expansion.made().filter(|made| made.to == index && made.in_answer).filter(|made| {
                let operation = context.dependency_of(made).and_then(|dependency| dependency.operation);
                operation.or(view.flow.operation).is_some_and(Operation::writes)
            });
            let waits = writes.map(|made| made.per_request.likely).sum::<f64>();
            if waits <= 0.0 {
                continue;
            }
            flows.push(view.flow.id().to_owned());
            most = most.max(waits);
            critical |= view.is_critical();
            let slos = context.slos_with(view.flow.id(), Indicator::Latency);
            let broken = slos.filter(|slo| slo.threshold.is_some_and(|limit| waits * round_trip > limit.value()));
            missed = missed.or(broken.map(|slo| slo.id().to_owned()).next());
        }
        if flows.is_empty() {
            report.pass();
            continue;
        }
        let promised = store.recovery.as_ref().and_then(|recovery| recovery.rpo).is_some_and(|rpo| rpo.value() == 0.0);
        let medium = missed.is_some() || critical && !promised;
        let over = missed.as_ref().map(|slo| format!(", more than {slo} allows")).unwrap_or_default();
        let mut draft = Draft::new(
            element,
            format!(
                "each write to {id} waits for {}: {} a request, about {}{over}",
                regions.join(" and "),
                if most == 1.0 { "once".to_owned() } else { format!("{} times", significant(most, 3)) },
                Seconds::new(most * round_trip)
            ),
            format!("commit in one region of {id} and replicate after the answer (replication = \"async\"), with a stated rpo"),
        )
        .severity(if medium { Severity::Medium } else { Severity::Low })
        .confidence(Confidence::Likely)
        .fact("round_trips", Figure::Count(most))
        .fact("waits", Figure::Seconds(most * round_trip))
        .flows(flows)
        .key("data.replication");
        if let Some(slo) = missed {
            draft = draft.fact("slo", Figure::Text(slo));
        }
        report.find(draft);
    }
}

/// The different regions of a component, in the order of the file; the first three are enough to name.
fn regions_of(component: &Component) -> Vec<&str> {
    let mut regions: Vec<&str> = Vec::new();
    for region in component.regions.as_deref().unwrap_or_default() {
        let region = region.trim();
        if !region.is_empty() && !regions.contains(&region) && regions.len() < 3 {
            regions.push(region);
        }
    }
    regions
}
