//! What may be put into a field: words of the format, names of the review, values that others have.

use crate::model::{EntityKind, FieldSpec, Shape, Target};
use crate::workbench::session::Session;
use std::collections::BTreeSet;

/// A value that may be meant, with a word about it.
pub type Suggestion = (String, String);

/// What may be put into a field, best first; empty where anything may.
pub fn suggestions(session: &Session, kind: EntityKind, spec: &FieldSpec) -> Vec<Suggestion> {
    let review = &session.review;
    let plain = |text: &str| (text.to_owned(), String::new());
    match spec.shape {
        Shape::Choice(words, _) => words.iter().map(|word| plain(word)).collect(),
        Shape::Boolean => vec![plain("true"), plain("false")],
        Shape::Reference(target) => match target {
            Target::Component => components(session),
            Target::Flow => {
                review.flows.iter().map(|flow| (flow.id().to_owned(), flow.name.clone().unwrap_or_default())).collect()
            }
            Target::Element => {
                let mut all = components(session);
                all.extend(
                    review
                        .dependencies
                        .iter()
                        .map(|d| (format!("{} -> {}", d.from(), d.to()), "dependency".to_owned())),
                );
                all.extend(review.flows.iter().map(|flow| (flow.id().to_owned(), "flow".to_owned())));
                all
            }
            Target::Question => {
                session.knowledge().questions().map(|question| (question.id.clone(), question.text.clone())).collect()
            }
            Target::Pattern => {
                session.knowledge().patterns().iter().map(|p| (p.id.clone(), p.optimises_for.clone())).collect()
            }
            Target::Finding => {
                let findings = session.analysis.iter().flat_map(|analysis| &analysis.findings);
                findings.map(|finding| (finding.id.clone(), finding.message.clone())).collect()
            }
        },
        Shape::Text => texts(session, kind, spec.name),
        _ => Vec::new(),
    }
}

fn components(session: &Session) -> Vec<Suggestion> {
    let about = |c: &crate::model::Component| c.kind.map_or(String::new(), |kind| kind.word().to_owned());
    session.review.components.iter().map(|c| (c.id().to_owned(), about(c))).collect()
}

/// Free texts that usually are one of a few, and owners that are used already.
fn texts(session: &Session, kind: EntityKind, name: &str) -> Vec<Suggestion> {
    let known: &[&str] = match (kind, name) {
        (EntityKind::Measure, "signal") => {
            &["rate", "errors", "p50", "p95", "p99", "busy", "queue", "pool-wait", "in-flight", "lag", "cost"]
        }
        (EntityKind::Component, "stampede_protection") => &["singleflight", "lock", "stale-while-revalidate", "none"],
        (EntityKind::Component, "metric") => &["cpu", "concurrency", "queue-depth", "rate"],
        (EntityKind::Component, "schema") => &["versioned", "none"],
        (EntityKind::Growth, "currency") => &["EUR", "USD", "GBP"],
        (EntityKind::Prometheus, "dialect") => &["opentelemetry"],
        _ => &[],
    };
    if !known.is_empty() {
        return known.iter().map(|text| ((*text).to_owned(), String::new())).collect();
    }
    if matches!(name, "owner" | "by" | "decider") {
        let owners: BTreeSet<_> = session.review.components.iter().filter_map(|c| c.owner.clone()).collect();
        return owners.into_iter().map(|owner| (owner, String::new())).collect();
    }
    Vec::new()
}
