//! KP306: a store that more than one owner writes.

use crate::model::{Component, ComponentKind, Element};
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use std::collections::{BTreeMap, BTreeSet};

declare_rule! {
    "KP306" "shared-database", Medium, Certain;
    summary: "more than one owner writes to one store";
    reads: ["component.kind", "component.owner", "component.data", "dependency.operation"];
    settings: [];
    detects: "A database, search index or object store (or a component with `data` and no kind) that is written by components of two or more \
        `owner`s: dependencies whose `operation` is `write` or `read-write`. Owners are compared without regard to case. A `client` or \
        `external` writer is left out, for it has no team here. Where several components write and an owner is not said, or callers of \
        several owners do not say what they do to the data, the rule cannot tell.";
    why: "Nobody can change such a schema alone: a column that one team drops is another team's nightly job. Invariants hold only if every \
        writer repeats the same checks, so they stop holding when one of them forgets. One team's slow statement or migration \
        is the other team's incident, and neither sees the statements of the other.";
    example: [
        "Shop and billing both write the orders:",
        "",
        "```toml",
        r#"component = [{ id = "shop", owner = "team-shop" }, { id = "billing", owner = "team-billing" }, { id = "orders-db", kind = "database" }]"#,
        r#"dependency = [{ from = "shop", to = "orders-db", operation = "write" }, { from = "billing", to = "orders-db", operation = "read-write" }]"#,
        "```",
    ];
    remedy: "Let one owner write each table and offer the others a call or an event. Where that takes time, split by table first: a schema and \
        a database user for each owner, with rights to write only its own.";
    verify: "List the users with write rights for each table: there is one. Drop a column in a test copy: only its owner's tests fail.";
    accept: "When the tables are divided among the owners and the rights say so; then draw a component for each schema, and the rule is silent.";
    references: "The guide, *Clear boundaries* and *Split by ownership and failure domains*. `KP510` entity-services. \
        Newman, *Building Microservices*, chapter on splitting the monolith.";
}

/// Who uses a store.
#[derive(Default)]
struct Users<'a> {
    /// The writers of each owner, by the owner's name in small letters.
    writers: BTreeMap<String, (&'a str, Vec<&'a str>)>,
    ownerless: Vec<&'a str>,
    /// Callers that do not say what they do, with their owner.
    unsaid: Vec<(&'a str, String)>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, store) in context.components().filter(|(_, component)| keeps_records(component)) {
        let users = users_of(context, store);
        let id = store.id();
        if users.writers.len() > 1 {
            report.find(found(store, &users));
            continue;
        }
        let writing = users.ownerless.len() + users.writers.values().map(|(_, writers)| writers.len()).sum::<usize>();
        let mut undecided = false;
        if writing > 1 {
            for writer in &users.ownerless {
                undecided = true;
                report.cannot_tell(Element::Component((*writer).to_owned()), "component.owner");
            }
        }
        let mut owners: BTreeSet<&str> = users.writers.keys().map(String::as_str).collect();
        owners.extend(users.unsaid.iter().map(|(_, owner)| owner.as_str()));
        if owners.len() > 1 {
            for (caller, _) in &users.unsaid {
                undecided = true;
                report.cannot_tell(Element::Dependency((*caller).to_owned(), id.to_owned()), "dependency.operation");
            }
        }
        if !undecided && writing > 0 {
            report.pass();
        }
    }
}

/// Whether a component keeps what others rely on: no cache, no queue.
fn keeps_records(component: &Component) -> bool {
    match component.kind {
        Some(kind) => matches!(kind, ComponentKind::Database | ComponentKind::Search | ComponentKind::ObjectStore),
        None => component.data.is_some(),
    }
}

fn users_of<'a>(context: &Context<'a>, store: &Component) -> Users<'a> {
    let mut users = Users::default();
    for dependency in context.callers(store.id()) {
        let Some(caller) = context.caller(dependency) else { continue };
        if matches!(caller.kind, Some(ComponentKind::Client | ComponentKind::External)) {
            continue;
        }
        let owner = caller.owner.as_deref().map(str::trim).filter(|owner| !owner.is_empty());
        match (dependency.operation, owner) {
            (Some(operation), _) if !operation.writes() => {}
            (Some(_), Some(owner)) => {
                users.writers.entry(owner.to_lowercase()).or_insert((owner, Vec::new())).1.push(caller.id());
            }
            (Some(_), None) => users.ownerless.push(caller.id()),
            (None, Some(owner)) => users.unsaid.push((caller.id(), owner.to_lowercase())),
            (None, None) => {}
        }
    }
    users
}

fn found(store: &Component, users: &Users<'_>) -> Draft {
    let id = store.id();
    let own = store.owner.as_deref().map(str::trim).unwrap_or_default().to_lowercase();
    // Whose the store is keeps writing; else whoever writes most already.
    let keeper = users
        .writers
        .iter()
        .max_by(|a, b| (*a.0 == own, a.1.1.len()).cmp(&(*b.0 == own, b.1.1.len())).then_with(|| b.0.cmp(a.0)))
        .map_or("", |(_, (owner, _))| *owner);
    let mut writers: Vec<_> = users.writers.values().collect();
    writers.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(b.0)));
    let shown: Vec<_> = writers.iter().take(4).map(|(owner, by)| format!("{owner} ({})", some(by))).collect();
    let more = if writers.len() > 4 { format!(" and {} more", writers.len() - 4) } else { String::new() };
    Draft::new(
        Element::Component(id.to_owned()),
        format!("{} owners write to {id}: {}{more}", writers.len(), shown.join(", ")),
        format!("let {keeper} alone write {id}, and give the others a call or an event; until then a schema and a user for each owner"),
    )
    .fact("owners", Figure::List(writers.iter().map(|(owner, _)| (*owner).to_owned()).take(50).collect()))
}

fn some(names: &[&str]) -> String {
    match names {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        names => names.join(", "),
    }
}
