//! The sheet of what is measured: each measure, what the review says of it, and how far the two are apart.

use super::entities::value_line;
use super::sheet::{Column, Sheet, Target};
use crate::capacity::{Capacity, Resource, ResourceKind};
use crate::metrics::{Answer, Connection, Unit};
use crate::model::{Element, EntityKind, EntityRef, Indicator};
use crate::units::significant;
use crate::workbench::session::Session;
use crate::workbench::view::{Line, Role, wrap};

/// Measured and stated may differ by this share of what is stated before the difference gets a word.
const FAR: f64 = 0.25;

/// The measures: what is declared or computed, beside what the server says.
pub struct Measures<'a> {
    /// The session.
    pub session: &'a Session,
    /// What to say where there is none.
    pub empty: &'static str,
}

/// Where a number of the review comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Declared,
    Computed,
    /// The threshold of an SLO: not what is expected, but what must not be exceeded.
    Objective,
}

/// What the review says of a signal, in the unit of the signal.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stated {
    value: f64,
    origin: Origin,
}

impl Stated {
    fn declared(value: f64) -> Self {
        Self { value, origin: Origin::Declared }
    }

    fn computed(value: f64) -> Self {
        Self { value, origin: Origin::Computed }
    }

    /// The number, and in a word or less where it comes from.
    fn short(self, unit: Unit) -> (String, &'static str) {
        match self.origin {
            Origin::Declared => (brief(unit, self.value), "decl."),
            Origin::Computed => (brief(unit, self.value), "comp."),
            Origin::Objective => (format!("≤ {}", unit.show(self.value)), "SLO"),
        }
    }

    /// How a measured number stands to it, in a few characters.
    fn beside(self, measured: f64) -> Option<(String, Role)> {
        if self.origin == Origin::Objective {
            return Some(if measured <= self.value {
                ("within".to_owned(), Role::Good)
            } else {
                ("over".to_owned(), Role::Bad)
            });
        }
        let difference = self.difference(measured)?;
        let text =
            if difference > 9.995 { format!("{}×", significant(difference + 1.0, 2)) } else { percent(difference) };
        // The word first: it is what must not be cut where the column is narrow.
        Some(if difference.abs() > FAR { (format!("off {text}"), Role::Warn) } else { (text, Role::Dim) })
    }

    /// As a share of what is stated; `None` where that is 0.
    fn difference(self, measured: f64) -> Option<f64> {
        let difference = (measured - self.value) / self.value;
        difference.is_finite().then_some(difference)
    }

    /// The same in a sentence.
    fn sentence(self, measured: Option<f64>, unit: Unit) -> String {
        let shown = unit.show(self.value);
        let says = match self.origin {
            Origin::Declared => format!("The review declares {shown}"),
            Origin::Computed => format!("Computed for today's load: {shown}"),
            Origin::Objective => format!("The objective is at most {shown}"),
        };
        let Some(measured) = measured else { return format!("{says}.") };
        match (self.origin, self.difference(measured)) {
            (Origin::Objective, _) if measured <= self.value => format!("{says}: within."),
            (Origin::Objective, _) => format!("{says}: over."),
            (_, None) => format!("{says}."),
            (_, Some(difference)) if difference.abs() > FAR => {
                let what = "the load, or a number of the review, is not what it says";
                format!("{says}; measured is {}: {what}.", apart(difference))
            }
            (_, Some(difference)) => format!("{says}; measured is {}.", apart(difference)),
        }
    }
}

/// A number for a narrow cell: shares in two digits.
fn brief(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Ratio => format!("{} %", significant(value * 100.0, 2)),
        other => other.show(value),
    }
}

/// `+31 %`, `-4 %`, `0 %`.
fn percent(share: f64) -> String {
    let rounded = (share * 100.0).round();
    if rounded == 0.0 { "0 %".to_owned() } else { format!("{rounded:+} %") }
}

/// `31 % above it`, `4 % below it`, `the same`.
fn apart(share: f64) -> String {
    let side = if share > 0.0 { "above" } else { "below" };
    match significant((share * 100.0).abs().round(), 3) {
        same if same == "0" => "the same".to_owned(),
        percent => format!("{percent} % {side} it"),
    }
}

impl Measures<'_> {
    fn unit(&self, row: usize) -> Unit {
        let measure = self.session.review.measures.get(row);
        Unit::of_signal(measure.and_then(|measure| measure.signal.as_deref()).unwrap_or_default())
    }

    fn answer(&self, row: usize) -> Option<&Answer> {
        let measure = self.session.review.measures.get(row)?;
        let signal = measure.signal.as_deref().unwrap_or_default();
        self.session.live.answers.get(&(measure.at().to_owned(), signal.to_owned()))
    }

    /// What the review says of the signal.
    fn stated(&self, row: usize) -> Option<Stated> {
        let measure = self.session.review.measures.get(row)?;
        let element = self.session.review.element(measure.at())?;
        let signal = measure.signal.as_deref()?;
        let capacity = self.session.analysis.as_ref().map(|analysis| &analysis.capacity);
        let stated = match &element {
            Element::Flow(id) => self.stated_of_flow(id, signal, capacity),
            element => stated_of_resource(element, signal, capacity?),
        };
        stated.filter(|stated| stated.value.is_finite())
    }

    fn stated_of_flow(&self, id: &str, signal: &str, capacity: Option<&Capacity>) -> Option<Stated> {
        let review = &self.session.review;
        let load = || capacity?.flows.iter().find(|flow| flow.flow == id);
        match signal {
            "rate" => match review.flow(id)?.rate {
                Some(rate) => Some(Stated::declared(rate.value())),
                None => Some(Stated::computed(load()?.arrival_rate?.likely)),
            },
            "mean" => Some(Stated::computed(load()?.time_without_queueing?.likely)),
            "p50" | "p90" | "p95" | "p99" | "p999" => {
                let percentile = if signal == "p999" { 99.9 } else { signal.get(1..)?.parse().ok()? };
                let of_flow = |slo: &&crate::model::Slo| {
                    slo.flow.as_ref().is_some_and(|flow| flow.as_str() == id)
                        && slo.indicator.is_none_or(|indicator| indicator == Indicator::Latency)
                        && slo.objective.is_some_and(|objective| objective.value() == percentile)
                };
                let threshold = review.slos.iter().find(of_flow)?.threshold?;
                Some(Stated { value: threshold.value(), origin: Origin::Objective })
            }
            _ => None,
        }
    }
}

fn stated_of_resource(element: &Element, signal: &str, capacity: &Capacity) -> Option<Stated> {
    let mut resources = capacity.resources.iter().filter(|resource| resource.element == *element);
    let holds = |resource: &&Resource| matches!(resource.kind, ResourceKind::Workers | ResourceKind::Pool);
    match signal {
        "rate" => Some(Stated::computed(resources.next()?.arrival_rate.likely)),
        "busy" | "pool-busy" => Some(Stated::computed(resources.next()?.utilisation.likely)),
        "mean" => Some(Stated::computed(resources.find(holds)?.holding_time?.likely)),
        "in-flight" => {
            let resource = resources.find(holds)?;
            Some(Stated::computed(resource.arrival_rate.likely * resource.holding_time?.likely))
        }
        _ => None,
    }
}

impl Sheet for Measures<'_> {
    fn title(&self) -> Line {
        let connection = &self.session.live.connection;
        let role = if matches!(connection, Connection::Failed { .. }) { Role::Bad } else { Role::Dim };
        Line::of(Role::Strong, "Measures")
            .and(Role::Dim, format!(" · {} · ", self.rows()))
            .and(role, connection.short())
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::text("at", 18, 2),
            Column::text("signal", 9, 0),
            Column::text("review says", 12, 0),
            Column::text("measured", 14, 1),
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
            2 => match self.stated(row) {
                Some(stated) => {
                    let (value, origin) = stated.short(self.unit(row));
                    Line::plain(value).and(Role::Dim, format!(" {origin}"))
                }
                None => Line::of(Role::Dim, "·"),
            },
            3 => match self.answer(row) {
                Some(answer) => self.measured(row, answer),
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
                let (title, said) = match self.answer(row) {
                    Some(answer) => {
                        (self.session.name_of(EntityRef::new(EntityKind::Measure, row)), self.said(row, answer))
                    }
                    None => ("The metrics server".to_owned(), vec![self.session.live.connection.long()]),
                };
                Target::Text(title, said.iter().flat_map(|text| wrap(text, 68, 20)).map(Line::plain).collect())
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
        let Some(answer) = self.answer(row) else {
            let connection = &self.session.live.connection;
            let role = match connection {
                Connection::Failed { .. } | Connection::Degraded { .. } => Role::Bad,
                Connection::Asking { .. } => Role::Dim,
                _ => return Vec::new(),
            };
            return wrap(&connection.long(), cells, 4).iter().map(|text| Line::of(role, text)).collect();
        };
        let name = self.session.name_of(EntityRef::new(EntityKind::Measure, row));
        let mut lines = vec![Line::of(Role::Strong, name)];
        lines.extend(self.said(row, answer).iter().flat_map(|text| wrap(text, cells, 3)).map(Line::plain));
        lines
    }
}

impl Measures<'_> {
    /// The cell of an answer: the number and how far it is from what the review says, or the state in words.
    fn measured(&self, row: usize, answer: &Answer) -> Line {
        let unit = self.unit(row);
        let beside = answer.number().and_then(|measured| self.stated(row)?.beside(measured));
        match answer {
            Answer::Value(_) | Answer::Zero(_) => {
                let number = Line::of(Role::Good, brief(unit, answer.number().unwrap_or_default()));
                match beside {
                    Some((text, role)) => number.and(Role::Dim, " ").and(role, text),
                    None => number,
                }
            }
            // A cell narrower than the words by one would cut the one that explains.
            Answer::NotANumber { .. } => Line::of(Role::Warn, "NaN no traffic"),
            Answer::Failed(_) => Line::of(Role::Bad, answer.short(unit)),
            _ => Line::of(Role::Warn, answer.short(unit)),
        }
    }

    /// An answer in sentences: what was measured, what the review says, whose series it is.
    fn said(&self, row: usize, answer: &Answer) -> Vec<String> {
        let unit = self.unit(row);
        let mut said = vec![answer.long(unit)];
        said.extend(self.stated(row).map(|stated| stated.sentence(answer.number(), unit)));
        if let Answer::Value(reading) | Answer::Zero(reading) = answer
            && !reading.labels.is_empty()
        {
            let labels: Vec<String> = reading.labels.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            said.push(format!("Labels of the series: {}.", labels.join(", ")));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_a_share_of_what_is_stated_and_a_word_only_where_it_is_far() {
        let said = Stated::beside;
        let computed = Stated::computed(100.0);
        for (measured, text, role) in [
            (100.2, "0 %", Role::Dim),
            (104.0, "+4 %", Role::Dim),
            (75.0, "-25 %", Role::Dim),
            (125.0, "+25 %", Role::Dim),
            (126.0, "off +26 %", Role::Warn),
            (0.0, "off -100 %", Role::Warn),
            (1_099.0, "off +999 %", Role::Warn),
            (5_000.0, "off 50×", Role::Warn),
        ] {
            assert_eq!(said(computed, measured), Some((text.to_owned(), role)), "{measured}");
        }
        assert_eq!(said(Stated::declared(0.0), 3.0), None, "no share of nothing");
        assert_eq!(said(Stated::declared(0.0), 0.0), None);
        let objective = Stated { value: 0.8, origin: Origin::Objective };
        assert_eq!(said(objective, 0.2), Some(("within".to_owned(), Role::Good)), "far below an objective is no fault");
        assert_eq!(said(objective, 0.81), Some(("over".to_owned(), Role::Bad)));
        assert_eq!(brief(Unit::Ratio, 0.715), "72 %");
        assert_eq!(objective.short(Unit::Seconds).0, "≤ 800 ms");
        assert!(objective.sentence(Some(0.9), Unit::Seconds).ends_with("over."));
        assert!(computed.sentence(Some(131.0), Unit::Plain).contains("measured is 31 % above it: the load"));
        assert!(computed.sentence(Some(96.0), Unit::Plain).ends_with("measured is 4 % below it."));
        assert!(computed.sentence(None, Unit::Plain).ends_with("100."));
    }
}
