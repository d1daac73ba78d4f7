//! KP324: a search index that holds the only copy.

use crate::model::{ComponentKind, DataModel, Element, Operation};
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP324" "index-of-record", Medium, Likely;
    summary: "a search or vector index is written directly and nothing else has the data";
    reads: ["component.kind", "component.data.model", "dependency.operation", "component.recovery.standby"];
    settings: [];
    detects: "A component of kind `search`, or whose `data.model` is `search` or `vector`, that is written (a dependency whose `operation` writes), where none of \
        its writers uses a database, object store, queue, stream or another component that could have the data: it could not be built again. With \
        `recovery.standby` of `backup` or better it passes, for then somebody keeps it as a store.";
    why: "An index is made to be thrown away: a new analyser, another number of shards, a version that cannot read the old files, and it is built again \
        from the source. Without a source it cannot be, so nothing about it can ever be changed. Indexes also acknowledge before they are \
        durable, and drop what does not fit their mapping, without a word.";
    example: [
        "Products are entered into the index, and only there:",
        "",
        "```toml",
        r#"component = [{ id = "catalogue" }, { id = "index", kind = "search" }]"#,
        r#"dependency = [{ from = "catalogue", to = "index", operation = "read-write" }]"#,
        "```",
    ];
    remedy: "Write to a store of record and derive the index from its changes through a stream. Keep the job that builds the index from nothing, and run \
        it regularly.";
    verify: "Delete the index in a test and build it again: the time is known, and the numbers agree.";
    accept: "When it holds only what may be lost (logs of a week): state its rpo and retention.";
    references: "The guide, *Search indexes for query-heavy filtering* (a derived view). Kleppmann, *Designing Data-Intensive Applications*, chapter 11: \
        derived data.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, index) in context.components() {
        let model = index.data.as_ref().and_then(|data| data.model);
        let indexes = match index.kind {
            Some(kind) => {
                kind == ComponentKind::Search
                    || kind == ComponentKind::Database && matches!(model, Some(DataModel::Search | DataModel::Vector))
            }
            None => matches!(model, Some(DataModel::Search | DataModel::Vector)),
        };
        if !indexes {
            continue;
        }
        let id = index.id();
        let callers = context.callers(id);
        // What feeds it without being a store that it could be built from.
        let writers: Vec<&str> = callers
            .iter()
            .filter(|caller| caller.operation.is_some_and(Operation::writes))
            .map(|caller| caller.from())
            .collect();
        if writers.is_empty() {
            continue;
        }
        let kept = index
            .recovery
            .as_ref()
            .and_then(|recovery| recovery.standby)
            .is_some_and(|standby| standby != crate::model::Standby::None);
        let fed = callers.iter().any(|caller| context.kind(caller.from()).is_some_and(ComponentKind::is_store));
        if kept || fed || writers.iter().any(|writer| has_source(context, writer, id)) {
            report.pass();
            continue;
        }
        let names: Vec<String> = writers.iter().take(4).map(|writer| (*writer).to_owned()).collect();
        report.find(
            Draft::new(
                Element::Component(id.to_owned()),
                format!("{} writes {id}, and nothing that the review knows could build it again", names.join(", ")),
                format!(
                    "let {} write a database and derive {id} from its changes, with a job that builds it from nothing",
                    names[0]
                ),
            )
            .fact("writers", Figure::List(names.clone())),
        );
    }
}

/// Whether a writer uses anything from which an index could be built again: a store that keeps, a broker, or another
/// component, which may have one.
fn has_source(context: &Context<'_>, writer: &str, index: &str) -> bool {
    let keeps = |id: &str| id != index && context.kind(id) != Some(ComponentKind::Cache);
    let reads = context.callees(writer).into_iter().any(|dependency| keeps(dependency.to()));
    let takes = context.callers(writer).into_iter().any(|caller| {
        context.kind(caller.from()).is_some_and(|kind| kind.is_broker() || kind == ComponentKind::Database)
    });
    reads || takes || context.kind(writer).is_some_and(ComponentKind::is_broker)
}
