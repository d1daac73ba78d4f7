//! KP216: components that no flow visits, so that no figure knows their load.

use crate::model::{Component, ComponentKind, Element};
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP216" "unmapped-component", Note, Certain;
    summary: "components that no flow visits: their load is in no figure";
    reads: ["flow.calls", "flow.entry", "dependency.from", "dependency.to"];
    settings: [];
    detects: "Where at least one flow makes calls: components that no flow visits and that share a dependency with one that a flow visits. One note about \
        the review names them. A `client` is left out, and components that nothing visited touches are taken to be out of scope.";
    why: "What they ask of shared stores and services is real, and every computed figure leaves it out. The first thing to fill is often filled by \
        work that nobody thinks of as the product: a report, an importer, another team.";
    example: [
        "Who else reads the orders?",
        "",
        "```toml",
        r#"component = [{ id = "api", kind = "service" }, { id = "orders-db", kind = "database" }, { id = "reports", kind = "service" }]"#,
        r#"dependency = [{ from = "api", to = "orders-db", timeout = "100ms" }, { from = "reports", to = "orders-db", timeout = "1m" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", rate = "60/s", critical = true, calls = [{ from = "api", to = "orders-db" }] }]"#,
        "```",
    ];
    remedy: "Write a flow for each: where it enters, how often, what it calls. A rough range is enough (`rate = { low = \"1/s\", high = \"10/s\" }`).";
    verify: "The measured rate of each shared store is close to the sum of the declared flows.";
    accept: "When it is really out of scope: say so in `review.scope`, or take it out of the file.";
    references: "The guide, *Step 2* and *Define a workload model*. `KP704` declared-differs-from-measured.";
}

/// As many names as somebody reads.
const SHOWN: usize = 8;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    if !context.flows().any(|view| !view.expansion.calls.is_empty()) {
        return;
    }
    let visited = |id: &str| !context.graph.flows_through(&Element::Component(id.to_owned())).is_empty();
    let unmapped: Vec<&Component> = context
        .components()
        .map(|(_, component)| component)
        .filter(|component| component.kind != Some(ComponentKind::Client) && !visited(component.id()))
        .filter(|component| {
            let id = component.id();
            context.callees(id).iter().any(|callee| visited(callee.to()))
                || context.callers(id).iter().any(|caller| visited(caller.from()))
        })
        .collect();
    if unmapped.is_empty() {
        report.pass();
        return;
    }
    let mut names: Vec<String> = unmapped.iter().take(SHOWN).map(|component| component.id().to_owned()).collect();
    let count = unmapped.len();
    if count > SHOWN {
        names.push(format!("{} more", count - SHOWN));
    }
    let message = match count {
        1 => format!("no flow visits {}, which works with what flows use: its load is in no figure", names[0]),
        _ => format!("no flow visits {count} components that work with what flows use: {}", names.join(", ")),
    };
    report.find(
        Draft::new(
            Element::Review,
            message,
            format!("write a flow for {}: entry, rate, calls; a range is enough", unmapped[0].id()),
        )
        .fact("components", Figure::Count(count as f64))
        .flows(Vec::new()),
    );
}
