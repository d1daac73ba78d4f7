//! What an entity is called in a sentence.

use crate::model::{EntityKind, EntityRef, Review};

/// The name people know an entity by: its id, `a -> b`, or its kind and number.
pub fn entity_name(review: &Review, entity: EntityRef) -> String {
    let index = entity.index;
    let name = match entity.kind {
        EntityKind::Slo => review.slos.get(index).map(|e| e.id().to_owned()),
        EntityKind::Component => review.components.get(index).map(|e| e.id().to_owned()),
        EntityKind::Flow => review.flows.get(index).map(|e| e.id().to_owned()),
        EntityKind::Hotspot => review.hotspots.get(index).map(|e| e.id().to_owned()),
        EntityKind::Decision => review.decisions.get(index).map(|e| e.id().to_owned()),
        EntityKind::Action => review.actions.get(index).map(|e| e.id().to_owned()),
        EntityKind::Answer => review.answers.get(index).map(|e| e.question().to_owned()),
        EntityKind::Triage => review.triage.get(index).map(|e| e.finding().to_owned()),
        EntityKind::Dependency => review
            .dependencies
            .get(index)
            .filter(|e| e.from.is_some() || e.to.is_some())
            .map(|e| format!("{} -> {}", e.from(), e.to())),
        _ => None,
    };
    match name.filter(|name| !name.is_empty()) {
        Some(name) => name,
        None if entity.kind.many() => format!("{} {}", entity.kind.called(), index + 1),
        None => entity.kind.called().to_owned(),
    }
}
