//! What a review asks its metrics server: where, with which headers, and which queries.
//!
//! Knows the model, and nothing of who asks.

use super::{HeaderValueSource, Place, Source, dialect};
use crate::model::{Element, Measure, Review};

/// The dialect of reviews that name none.
const DIALECT: &str = "opentelemetry";
/// Over how much time the queries of a dialect look.
pub const WINDOW: &str = "5m";

/// The server that a review names, with the headers that it wants sent; none where it names none.
///
/// The headers are meant for this server alone: they hold names of environment variables whose values are secrets.
pub fn source_of(review: &Review) -> Option<Source> {
    let settings = review.prometheus.as_ref()?;
    let mut source = Source::new(settings.url.clone()?);
    for (header, variable) in settings.headers_env.iter().flatten() {
        source = source.with_header(header, HeaderValueSource::Environment(variable.clone()));
    }
    Some(source)
}

/// The query of a measure: its own, or the dialect's; none where neither has one.
pub fn query_of(review: &Review, measure: &Measure) -> Option<String> {
    if let Some(query) = measure.query.as_ref().filter(|query| !query.trim().is_empty()) {
        return Some(query.clone());
    }
    let (service, place) = match review.element(measure.at())? {
        Element::Component(id) => (id, Place::Component),
        Element::Dependency(from, _) => (from, Place::Pool),
        _ => return None,
    };
    let name = review.prometheus.as_ref().and_then(|settings| settings.dialect.as_deref()).unwrap_or(DIALECT);
    dialect(name)?.query(measure.signal.as_deref()?, place).map(|query| query.text(&service, WINDOW))
}
