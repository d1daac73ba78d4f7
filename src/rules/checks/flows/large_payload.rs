//! KP214: requests of a critical flow so large that moving them is the work.

use crate::model::{ComponentKind, Element};
use crate::rules::checks::load::rate_of;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Bytes, PerSecond, Quantity, significant};

declare_rule! {
    "KP214" "large-payload-on-fast-path", Medium, Likely;
    summary: "a critical flow whose requests are larger than 1 MiB and pass through the team's own code";
    reads: ["flow.payload", "flow.critical", "flow.rate", "flow.entry", "component.kind"];
    settings: [
        bytes = 1_048_576.0, "The largest payload of a critical flow, in bytes; more fires.",
            "The default limit of request bodies of nginx (`client_max_body_size`, 1 MiB); beyond it most proxies buffer to disk.";
    ];
    detects: "A critical flow with a `payload` above `bytes` whose answer passes at least one component of the team's own code (gateway, service, \
        worker, function, model, or no `kind` given). A flow that goes only through a `cdn` and an `object-store` is left out.";
    why: "Each hop receives, holds, often parses and sends the whole of it. A worker and its memory are held for as long as the slowest client's line \
        takes, so a few users with bad connections fill the pool of everybody, and the collector of the runtime stops all requests to \
        clear what one left behind. Bandwidth between zones is paid by the byte.";
    example: [
        "Eight MiB a picture, through the gateway and the API:",
        "",
        "```toml",
        r#"component = [{ id = "gateway", kind = "gateway" }, { id = "api", kind = "service" }]"#,
        r#"dependency = [{ from = "gateway", to = "api", mode = "sync", timeout = "10s" }]"#,
        r#"flow = [{ id = "upload", entry = "gateway", rate = "40/s", payload = "8MiB", critical = true, calls = [{ from = "gateway", to = "api" }] }]"#,
        "```",
    ];
    remedy: "Let the client send the bytes to an object store by a signed address, in parts, and pass only the reference through the services. For \
        answers: pages, a selection of fields, compression, a link. Refuse larger bodies at the edge.";
    verify: "Send the largest allowed request over a slow line (1 Mbit/s) while the load test runs: memory and p99 of other requests do not move.";
    accept: "When the payload is streamed through without being held, and the measured memory of a worker shows it.";
    references: "The guide, *Define a workload model* (payload sizes). nginx documentation, *ngx_http_core_module*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let allowed = report.threshold("bytes");
    for view in context.flows().filter(FlowView::is_critical) {
        let Some(payload) = view.flow.payload else { continue };
        let own: Vec<&str> = view
            .expansion
            .components
            .iter()
            .filter(|visit| visit.in_answer)
            .map(|visit| context.component_at(visit.component))
            .filter(|component| component.kind.is_none_or(ComponentKind::is_compute))
            .map(crate::model::Component::id)
            .collect();
        let size = payload.value();
        if own.is_empty() {
            continue;
        }
        if size <= allowed && payload.high().value() <= allowed {
            report.pass();
            continue;
        }
        let id = view.flow.id();
        let surely = payload.low().value() > allowed;
        let growth = &context.review.growth;
        let peak = growth.traffic.map_or(1.0, |traffic| traffic.value())
            * view.flow.peak.or(growth.peak).map_or(1.0, |peak| peak.value());
        let rate = rate_of(context, view).map(|rate| rate * peak.max(1.0)).filter(|rate| rate.is_finite());
        let shown = if size > allowed { payload.likely() } else { payload.high() };
        let mut message = format!("a request of {id} carries {shown} through {}", through(&own));
        if let Some(rate) = rate {
            let volume = Bytes::new(rate * shown.value());
            message = format!("{message}: {volume} a second at every hop, at the peak of {}", PerSecond::new(rate));
        }
        let mut draft = Draft::new(
            Element::Flow(id.to_owned()),
            message,
            format!(
                "send the bytes past {} (object store, signed address, parts) and pass a reference; refuse bodies above {} at the edge",
                own.first().copied().unwrap_or_default(),
                Bytes::new(allowed)
            ),
        )
        .confidence(if surely { Confidence::Likely } else { Confidence::Heuristic })
        .fact("bytes", Figure::Count(size))
        .fact("allowed_bytes", Figure::Count(allowed))
        .key("payload");
        if let Some(rate) = rate {
            draft = draft.fact("bytes_per_second", Figure::Count(rate * shown.value()));
        }
        report.find(draft);
    }
}

fn through(own: &[&str]) -> String {
    const SHOWN: usize = 4;
    if own.len() <= SHOWN {
        return own.join(", ");
    }
    format!("{} and {} more", own[..SHOWN].join(", "), significant((own.len() - SHOWN) as f64, 6))
}
