//! KP308: a flow that writes to a primary and reads a copy that follows later.

use crate::graph::{ComponentIndex, MadeCall};
use crate::model::{
    Component, ComponentKind, Consistency, Dependency, Element, Fix, FixSafety, Mode, Operation, Replication,
};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::Quantity;
use foldhash::{HashSet, HashSetExt};
use std::collections::BTreeMap;

declare_rule! {
    "KP308" "read-your-writes-gap", Medium, Certain;
    summary: "a flow writes to a primary and reads a copy that follows later";
    reads: ["component.data.read_replicas", "component.data.replication", "component.data.replication_lag",
        "component.data.consistency", "dependency.operation", "dependency.mode", "flow.calls"];
    settings: [];
    detects: "A flow that writes to a store and reads from it again, where the store has `read_replicas` that follow it with \
        `replication = \"async\"` and `consistency = \"eventual\"`: nothing sends the read to the primary. Or a flow that writes to one store \
        and reads another one that the first feeds asynchronously (a dependency between them with mode `async`, `stream` or `batch`), \
        unless the second states `strong` or `read-your-writes`. A read that one component makes before its write is no gap. High on a critical flow \
        whose answer holds the read, medium elsewhere. Where the store says neither how copies follow nor what a reader may rely on, the \
        rule cannot tell.";
    why: "A user saves, the page is drawn from a copy that has not heard of it, and the old value is back. The user saves again. A service \
        that reads its own write a moment later takes the missing row for a failure, and creates a second one. It is rare while the lag \
        is milliseconds, and it happens to everybody on the day the lag is seconds, which is the day of the peak.";
    example: [
        "An order is written, and the page that follows reads any replica:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "db", kind = "database", data = { read_replicas = 2, replication = "async","#,
        r#"              replication_lag = "200ms", consistency = "eventual" } }]"#,
        r#"dependency = [{ from = "api", to = "db", operation = "read-write" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "db", count = 2 }] }]"#,
        "```",
    ];
    remedy: "Send a reader to the primary for as long as the lag may be after its own write (a mark in the session, a position in the log that \
        the replica must have reached), or answer from what was just written. Say which with `consistency`.";
    verify: "Stop replication in a test and run the flow: the user still sees the write. Watch the lag at peak, and count reads that were sent to \
        the primary for this reason.";
    accept: "When nobody can notice (a counter of views), or the answer says that it may be late.";
    references: "The guide, *Read replicas* and *Read-your-writes gaps*. Terry et al., *Session Guarantees for Weakly Consistent Replicated Data* \
        (PDIS, 1994). `KP414` rpo-below-replication-lag.";
}

/// A store whose readers may see an older state than its writers wrote.
#[derive(Default)]
struct Gap<'a> {
    flows: Vec<&'a str>,
    critical: bool,
    /// The store that is written, where it is another one.
    primary: Option<&'a str>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    // Stores that are fed by another, by what feeds them.
    let mut fed: BTreeMap<ComponentIndex, Vec<ComponentIndex>> = BTreeMap::new();
    for dependency in context.dependencies() {
        let ends = (context.graph.component(dependency.from()), context.graph.component(dependency.to()));
        if let (Some(from), Some(to)) = ends
            && feeds(context, dependency)
        {
            fed.entry(to).or_default().push(from);
        }
    }
    let mut gaps: BTreeMap<ComponentIndex, Gap<'_>> = BTreeMap::new();
    let mut undecided = HashSet::new();
    for view in context.flows() {
        let uses = uses_of(context, view);
        for (store, used) in &uses {
            let component = context.component_at(*store);
            if used.gap()
                && let Some(late) = lateness(component)
            {
                match late {
                    Late::Sure => note(&mut gaps, *store, view, used, None),
                    Late::Unsaid(key) => _ = undecided.insert((*store, key)),
                    Late::Never => report.pass(),
                }
            }
            let Some(primaries) = fed.get(store).filter(|_| used.last_read.is_some()) else { continue };
            if routed(component) {
                report.pass();
                continue;
            }
            let after = |primary: &&ComponentIndex| {
                uses.get(primary).and_then(|written| written.first_write).is_some_and(|write| used.reads_after(write))
            };
            let primary = primaries.iter().find(after);
            if let Some(primary) = primary {
                note(&mut gaps, *store, view, used, Some(context.component_at(*primary).id()));
            }
        }
    }
    for (store, key) in undecided {
        if !gaps.contains_key(&store) {
            report.cannot_tell(Element::Component(context.component_at(store).id().to_owned()), key);
        }
    }
    for (store, gap) in gaps {
        report.find(found(context, context.component_at(store), gap));
    }
}

fn note<'a>(
    gaps: &mut BTreeMap<ComponentIndex, Gap<'a>>,
    store: ComponentIndex,
    view: FlowView<'a>,
    used: &Used,
    primary: Option<&'a str>,
) {
    let gap = gaps.entry(store).or_default();
    gap.flows.push(view.flow.id());
    gap.critical |= view.is_critical() && used.in_answer;
    gap.primary = gap.primary.or(primary);
}

/// What one flow does to one store.
#[derive(Default)]
struct Used {
    in_answer: bool,
    /// Reads and writes that are not known to stand the safe way round.
    after: bool,
    first_write: Option<(ComponentIndex, usize)>,
    last_read: Option<(ComponentIndex, usize)>,
    /// Whether several components read it: then their order is not known.
    many_read: bool,
}

impl Used {
    fn gap(&self) -> bool {
        self.first_write.is_some() && self.last_read.is_some() && self.after
    }

    /// Whether a read of it may follow a write somewhere else; one component makes its calls in file order.
    fn reads_after(&self, (writer, write): (ComponentIndex, usize)) -> bool {
        self.last_read.is_some_and(|(reader, read)| self.many_read || reader != writer || read > write)
    }
}

fn uses_of(context: &Context<'_>, view: FlowView<'_>) -> BTreeMap<ComponentIndex, Used> {
    let mut uses: BTreeMap<ComponentIndex, Used> = BTreeMap::new();
    let calls: Vec<(&MadeCall, Operation)> = view
        .expansion
        .made()
        .filter(|made| view.is_ever_made(made))
        .filter_map(|made| Some((made, context.dependency_of(made)?.operation?)))
        .collect();
    for (made, operation) in &calls {
        let used = uses.entry(made.to).or_default();
        if operation.writes() {
            used.first_write = used.first_write.or(Some((made.from, made.call)));
        }
    }
    for (made, operation) in calls {
        let Some(used) = uses.get_mut(&made.to).filter(|_| operation != Operation::Write) else { continue };
        used.in_answer |= made.in_answer;
        used.many_read |= used.last_read.is_some_and(|(reader, _)| reader != made.from);
        used.last_read = Some((made.from, made.call));
        let before = used.first_write.is_some_and(|(from, call)| from == made.from && made.call < call);
        used.after |= !before;
    }
    uses
}

enum Late {
    Sure,
    Never,
    Unsaid(&'static str),
}

/// Whether a store's own copies may answer with an older state; `None` where it has none.
fn lateness(component: &Component) -> Option<Late> {
    let data = component.data.as_ref()?;
    data.read_replicas.filter(|copies| copies.high().value() > 0.0)?;
    Some(match (data.replication, data.consistency) {
        (Some(Replication::Sync), _) | (_, Some(Consistency::Strong | Consistency::ReadYourWrites)) => Late::Never,
        (_, None) => Late::Unsaid("component.data.consistency"),
        (None, Some(Consistency::Eventual)) if data.replication_lag.is_none() => {
            Late::Unsaid("component.data.replication")
        }
        (Some(Replication::None), _) => Late::Never,
        (_, Some(Consistency::Eventual)) => Late::Sure,
    })
}

/// Whether readers of a store are promised their own writes.
fn routed(component: &Component) -> bool {
    let consistency = component.data.as_ref().and_then(|data| data.consistency);
    matches!(consistency, Some(Consistency::Strong | Consistency::ReadYourWrites))
}

/// Whether a dependency is one store feeding another later.
fn feeds(context: &Context<'_>, dependency: &Dependency) -> bool {
    let store = |id: &str| matches!(context.kind(id), Some(ComponentKind::Database | ComponentKind::Search));
    matches!(dependency.mode, Some(Mode::Async | Mode::Stream | Mode::Batch))
        && store(dependency.from())
        && store(dependency.to())
}

fn found(context: &Context<'_>, store: &Component, gap: Gap<'_>) -> Draft {
    let id = store.id();
    let element = Element::Component(id.to_owned());
    let lag = store.data.as_ref().and_then(|data| data.replication_lag);
    let late = lag.map(|lag| format!(", {} behind", lag.likely())).unwrap_or_default();
    let (first, more) = (gap.flows.first().copied().unwrap_or_default(), gap.flows.len() - 1);
    let who = if more > 0 { format!("{first} and {more} more") } else { first.to_owned() };
    let copies = store.data.as_ref().and_then(|data| data.read_replicas).map_or(0.0, |copies| copies.value());
    let (message, remedy) = match gap.primary {
        Some(primary) => (
            format!("{who} writes to {primary} and reads {id}, which follows it asynchronously{late}"),
            format!(
                "read {primary} after an own write until {id} has it, and say so with consistency = \"read-your-writes\" on {id}"
            ),
        ),
        None => (
            format!(
                "{who} writes to {id} and reads it again, and any of its {} asynchronous {} may answer{late}",
                copies,
                if copies == 1.0 { "copy" } else { "copies" }
            ),
            format!(
                "send a reader to the primary of {id} for {} after its own write, and say consistency = \"read-your-writes\"",
                lag.map_or("longer than the lag".to_owned(), |lag| format!("at least {}", lag.high()))
            ),
        ),
    };
    let mut draft = Draft::new(element.clone(), message, remedy)
        .severity(if gap.critical { Severity::High } else { Severity::Medium })
        .confidence(if gap.primary.is_some() { Confidence::Likely } else { Confidence::Certain })
        .flows(gap.flows.into_iter().map(str::to_owned).collect())
        .key("data.consistency");
    if let Some(lag) = lag {
        draft = draft.fact("replication_lag", Figure::Seconds(lag.value()));
    }
    match context.entity(&element) {
        Some(entity) => draft.fix(Fix::set(FixSafety::Suggested, entity, "data.consistency", "read-your-writes")),
        None => draft,
    }
}
