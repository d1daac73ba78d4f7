//! Sheets of what is computed or measured: the order of saturation, and measures beside what is declared.

use super::entities::value_line;
use super::sheet::{Column, Sheet, Target};
use crate::capacity::{Capacity, Resource, Span};
use crate::metrics::{Answer, Connection, Unit};
use crate::model::{Element, EntityKind, EntityRef};
use crate::units::{Quantity, Seconds, significant};
use crate::workbench::session::Session;
use crate::workbench::view::{Line, Role, wrap};

/// Every limited thing, those that saturate first in front.
pub struct Headroom<'a> {
    /// The session.
    pub session: &'a Session,
}

impl Headroom<'_> {
    fn capacity(&self) -> Option<&Capacity> {
        self.session.analysis.as_ref().map(|analysis| &analysis.capacity)
    }

    fn resource(&self, row: usize) -> Option<&Resource> {
        self.capacity()?.resources.get(row)
    }
}

/// `71 %`, `71 % (65–80)`.
fn share(span: Span) -> String {
    let percent = |value: f64| significant(value * 100.0, 2);
    if span.is_range() {
        format!("{} % ({}–{})", percent(span.likely), percent(span.low), percent(span.high))
    } else {
        format!("{} %", percent(span.likely))
    }
}

/// `1.4×`, `1.4× (1.2–1.6)`, `never`.
pub fn multiple(span: Span) -> String {
    if span.likely.is_infinite() {
        return "no load fills it".to_owned();
    }
    if span.is_range() && span.high.is_finite() {
        format!("{}× ({}–{})", significant(span.likely, 3), significant(span.low, 3), significant(span.high, 3))
    } else {
        format!("{}×", significant(span.likely, 3))
    }
}

/// A bar of eight cells with a word, readable without colour.
pub fn bar(share: f64) -> (String, Role) {
    let full = (share * 8.0).round().clamp(0.0, 8.0) as usize;
    let (word, role) = match share {
        s if s >= 1.0 => ("SAT", Role::Bad),
        s if s >= 0.7 => ("hot", Role::Warn),
        _ => ("", Role::Good),
    };
    (format!("{}{} {word}", "▮".repeat(full), "▯".repeat(8 - full)), role)
}

impl Sheet for Headroom<'_> {
    fn title(&self) -> Line {
        Line::of(Role::Strong, "What saturates, in order").and(Role::Dim, " · computed; waiting in queues not included")
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::text("resource", 22, 2),
            Column::text("limit", 11, 0),
            Column::text("full at", 10, 1),
            Column::text("share", 8, 1),
            Column::text("today", 12, 0),
            Column::text("holding", 9, 0),
        ]
    }

    fn rows(&self) -> usize {
        self.capacity().map_or(0, |capacity| capacity.resources.len())
    }

    fn cell(&self, row: usize, column: usize) -> Line {
        let Some(resource) = self.resource(row) else { return Line::blank() };
        match column {
            0 => Line::plain(resource.name()),
            1 => Line::plain(resource.kind.called()),
            2 => Line::plain(multiple(resource.saturates_at)),
            3 => Line::plain(share(resource.utilisation)),
            4 => {
                let (text, role) = bar(resource.utilisation.likely);
                Line::of(role, text)
            }
            _ => match resource.holding_time {
                Some(time) => Line::plain(Seconds::new(time.likely).to_string()),
                None => Line::of(Role::Dim, "–"),
            },
        }
    }

    fn target(&self, row: usize, _column: usize) -> Target {
        self.resource(row).map_or(Target::Nothing, |resource| Target::Element(resource.element.clone()))
    }

    fn element(&self, row: usize) -> Option<Element> {
        self.resource(row).map(|resource| resource.element.clone())
    }

    fn empty(&self) -> Vec<Line> {
        let Some(capacity) = self.capacity() else { return vec![Line::plain("Computing …")] };
        let mut lines = vec![Line::plain("Nothing can be computed yet. What is missing:")];
        for missing in capacity.missing.iter().take(8) {
            lines.push(Line::plain(format!("{} of {}: {}", missing.key, missing.element, missing.text)));
        }
        lines
    }

    fn detail(&self, row: usize, cells: usize) -> Vec<Line> {
        let (Some(capacity), Some(resource)) = (self.capacity(), self.resource(row)) else { return Vec::new() };
        let mut lines = Vec::new();
        if let Some(place) = capacity.saturations.iter().position(|saturation| saturation.resource == row) {
            let because = &capacity.saturations[place].because;
            for text in wrap(because, cells, 3) {
                lines.push(Line::plain(text));
            }
            lines.push(Line::of(Role::Dim, format!("number {} in the order of saturation", place + 1)));
        }
        for assumed in resource.assumed.iter().take(3) {
            lines.push(Line::of(Role::Dim, format!("assumed: {assumed}")));
        }
        lines
    }
}

/// The measures: what is declared or computed, beside what the server says.
pub struct Measures<'a> {
    /// The session.
    pub session: &'a Session,
    /// What to say where there is none.
    pub empty: &'static str,
}

impl Measures<'_> {
    fn answer(&self, row: usize) -> Option<(&Answer, Unit)> {
        let measure = self.session.review.measures.get(row)?;
        let signal = measure.signal.as_deref().unwrap_or_default();
        let answer = self.session.live.answers.get(&(measure.at().to_owned(), signal.to_owned()))?;
        Some((answer, Unit::of_signal(signal)))
    }

    /// What the review says of the signal: the value, and whether it is declared or computed.
    fn declared(&self, row: usize) -> Option<(String, &'static str)> {
        let review = &self.session.review;
        let measure = review.measures.get(row)?;
        let element = review.element(measure.at())?;
        let signal = measure.signal.as_deref()?;
        let capacity = self.session.analysis.as_ref().map(|analysis| &analysis.capacity);
        match (&element, signal) {
            (Element::Flow(id), "rate") => review.flow(id)?.rate.map(|rate| (rate.to_string(), "declared")),
            (Element::Flow(id), "p50" | "p90" | "p95" | "p99" | "p999") => {
                let wanted = match signal {
                    "p999" => 99.9,
                    percentile => percentile[1..].parse().ok()?,
                };
                let of_flow = |slo: &&crate::model::Slo| {
                    slo.flow.as_ref().is_some_and(|flow| flow.as_str() == id)
                        && slo.objective.is_some_and(|objective| objective.value() == wanted)
                };
                review.slos.iter().find(of_flow)?.threshold.map(|threshold| (format!("≤ {threshold}"), "target"))
            }
            (element, "rate") => {
                let resource = capacity?.resources.iter().find(|resource| resource.element == *element)?;
                Some((crate::units::PerSecond::new(resource.arrival_rate.likely).to_string(), "computed"))
            }
            (element, "busy" | "pool-busy") => {
                let resource = capacity?.resources.iter().find(|resource| resource.element == *element)?;
                Some((share(resource.utilisation), "computed"))
            }
            (element, "in-flight") => {
                let resource = capacity?.resources.iter().find(|resource| resource.element == *element)?;
                let holding = resource.holding_time?;
                Some((significant(resource.arrival_rate.likely * holding.likely, 3), "computed"))
            }
            _ => None,
        }
    }
}

impl Sheet for Measures<'_> {
    fn title(&self) -> Line {
        Line::of(Role::Strong, "Measures").and(Role::Dim, format!(" · {} · ", self.rows())).and(
            if matches!(self.session.live.connection, Connection::Failed { .. }) { Role::Bad } else { Role::Dim },
            self.session.live.connection.short(),
        )
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::text("at", 13, 4),
            Column::text("signal", 9, 0),
            Column::text("review says", 14, 1),
            Column::text("measured", 14, 2),
            Column::text("query", 16, 3),
        ]
    }

    fn rows(&self) -> usize {
        self.session.review.measures.len()
    }

    fn cell(&self, row: usize, column: usize) -> Line {
        let entity = EntityRef::new(EntityKind::Measure, row);
        match column {
            0 => value_line(self.session, entity, &["at"]),
            1 => value_line(self.session, entity, &["signal"]),
            2 => match self.declared(row) {
                Some((value, source)) => Line::plain(value).and(Role::Dim, format!(" {source}")),
                None => Line::of(Role::Dim, "·"),
            },
            3 => match self.answer(row) {
                Some((answer, unit)) => {
                    let role = match answer {
                        Answer::Value(_) | Answer::Zero(_) => Role::Good,
                        Answer::Failed(_) => Role::Bad,
                        _ => Role::Warn,
                    };
                    Line::of(role, answer.short(unit))
                }
                None => match &self.session.live.connection {
                    Connection::Failed { failure, .. } => Line::of(Role::Bad, failure.short()),
                    Connection::Asking { .. } => Line::of(Role::Dim, "asking …"),
                    _ => Line::of(Role::Dim, "not asked: M"),
                },
            },
            _ => match self.session.document.cell(entity, &["query"]) {
                Some(query) => Line::of(Role::Dim, query.replace('\n', " ")),
                None => Line::of(Role::Dim, "the dialect's query"),
            },
        }
    }

    fn target(&self, row: usize, column: usize) -> Target {
        if row >= self.rows() {
            return Target::Nothing;
        }
        let key = ["at", "signal", "signal", "signal", "query"][column.min(4)];
        match column {
            2 | 3 => {
                let (title, text) = match self.answer(row) {
                    Some((answer, unit)) => {
                        (self.session.name_of(EntityRef::new(EntityKind::Measure, row)), answer.long(unit))
                    }
                    None => ("The metrics server".to_owned(), self.session.live.connection.long()),
                };
                Target::Text(title, wrap(&text, 68, 20).iter().map(Line::plain).collect())
            }
            _ => Target::Field(EntityRef::new(EntityKind::Measure, row), vec![key.to_owned()]),
        }
    }

    fn entity(&self, row: usize) -> Option<EntityRef> {
        (row < self.rows()).then(|| EntityRef::new(EntityKind::Measure, row))
    }

    fn element(&self, row: usize) -> Option<Element> {
        self.session.element_of(EntityRef::new(EntityKind::Measure, row))
    }

    fn empty(&self) -> Vec<Line> {
        vec![Line::plain(self.empty)]
    }

    fn detail(&self, row: usize, cells: usize) -> Vec<Line> {
        let connection = &self.session.live.connection;
        let (role, text) = match (self.answer(row), connection) {
            (Some((answer, unit)), _) => (Role::Plain, answer.long(unit)),
            (None, Connection::Failed { .. } | Connection::Degraded { .. }) => (Role::Bad, connection.long()),
            (None, Connection::Asking { .. }) => (Role::Dim, connection.long()),
            (None, _) => return Vec::new(),
        };
        wrap(&text, cells, 4).iter().map(|text| Line::of(role, text)).collect()
    }
}
