//! Who takes work from a queue or stream: what the rules about brokers share.

use crate::graph::ComponentIndex;
use crate::model::{Component, ComponentKind, Element, Operation};
use crate::rules::context::Context;

/// A consumer of a broker with the connection that it is known by.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Consumer {
    pub(super) at: ComponentIndex,
    pub(super) element: Element,
}

/// The brokers of a review, in file order.
pub(super) fn brokers<'a>(
    context: &'a Context<'_>,
    kind: ComponentKind,
) -> impl Iterator<Item = (ComponentIndex, &'a Component)> + 'a {
    context.components().filter(move |(_, component)| component.kind == Some(kind))
}

/// Who takes work from a broker, each once.
///
/// The connection may be drawn from either end: from the broker to whoever works, or from a worker that reads (or polls)
/// it. A connection between two brokers is a bridge, not work.
pub(super) fn consumers(context: &Context<'_>, broker: &Component) -> Vec<Consumer> {
    let mut all: Vec<Consumer> = Vec::new();
    let works = |kind: Option<ComponentKind>| !kind.is_some_and(ComponentKind::is_store);
    for dependency in context.callees(broker.id()) {
        if works(context.callee(dependency).and_then(|callee| callee.kind))
            && let Some(at) = context.graph.component(dependency.to())
        {
            let element = Element::Dependency(dependency.from().to_owned(), dependency.to().to_owned());
            all.push(Consumer { at, element });
        }
    }
    for dependency in context.callers(broker.id()) {
        let takes = matches!(dependency.operation, Some(Operation::Read | Operation::Poll));
        if takes
            && works(context.caller(dependency).and_then(|caller| caller.kind))
            && let Some(at) = context.graph.component(dependency.from())
            && all.iter().all(|known| known.at != at)
        {
            let element = Element::Dependency(dependency.from().to_owned(), dependency.to().to_owned());
            all.push(Consumer { at, element });
        }
    }
    all
}
