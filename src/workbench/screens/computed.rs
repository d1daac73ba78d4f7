//! The sheet of what is computed: the order of saturation.

use super::sheet::{Column, Sheet, Target};
use crate::capacity::{Capacity, Resource, Span};
use crate::model::Element;
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
