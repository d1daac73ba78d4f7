//! What the flows can promise by their dependencies and policies, before and after: the availability that they can attain,
//! and the longest that they may take.

use super::Side;
use super::figures::{Direction, Known, Moved, direction, same_span};
use super::names::Names;
use crate::model::EntityKind;
use crate::reliability::FlowReliability;
use crate::units::Span;
use std::collections::{BTreeSet, HashMap};

/// Which figure of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowFigure {
    /// The best availability that what it depends on leaves it, 0…1.
    Availability,
    /// The longest it may take by its timeouts, attempts and waits, in seconds; infinite where some wait has no end.
    WorstCase,
}

impl FlowFigure {
    /// What it is called.
    pub fn called(self) -> &'static str {
        match self {
            Self::Availability => "attainable availability",
            Self::WorstCase => "worst case",
        }
    }

    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Availability => "attainable_availability",
            Self::WorstCase => "worst_case",
        }
    }
}

/// A figure of a flow that moved, came or went.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowFigureMove {
    /// The flow, by its later name.
    pub flow: String,
    /// Which figure.
    pub figure: FlowFigure,
    /// The figure.
    pub value: Moved<Known<Span>>,
    /// Whether it is only the most that it can be: something of it is not said.
    pub at_most: Moved<bool>,
    /// Whether the move is better; nothing where a bound moved because something is known now, or not any more.
    pub direction: Option<Direction>,
}

/// The value and whether it is a bound.
type Read = (Known<Span>, bool);

fn read(flow: Option<&FlowReliability>, figure: FlowFigure) -> Read {
    let Some(flow) = flow else { return (Known::Absent, false) };
    let nothing = || (Known::Unknown("nothing is known of where it enters".to_owned()), false);
    match figure {
        FlowFigure::Availability => {
            flow.availability.as_ref().map_or_else(nothing, |found| (Known::Value(found.share), !found.is_complete()))
        }
        FlowFigure::WorstCase => flow.worst_case.as_ref().map_or_else(nothing, |found| {
            (Known::Value(if found.is_bounded() { found.seconds } else { Span::UNBOUNDED }), false)
        }),
    }
}

/// The figures that moved, by flow.
pub(super) fn moved(before: Side<'_>, after: Side<'_>, names: &Names) -> Vec<FlowFigureMove> {
    let mut old: HashMap<&str, &FlowReliability> = HashMap::new();
    for flow in &before.analysis.reliability.flows {
        old.entry(names.name(EntityKind::Flow, &flow.flow)).or_insert(flow);
    }
    let mut new: HashMap<&str, &FlowReliability> = HashMap::new();
    for flow in &after.analysis.reliability.flows {
        new.entry(flow.flow.as_str()).or_insert(flow);
    }
    let flows: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let mut moves = Vec::new();
    for flow in flows {
        for figure in [FlowFigure::Availability, FlowFigure::WorstCase] {
            let (a, b) = (read(old.get(flow).copied(), figure), read(new.get(flow).copied(), figure));
            let same = match (&a.0, &b.0) {
                (Known::Value(x), Known::Value(y)) => same_span(*x, *y) && a.1 == b.1,
                (Known::Unknown(_), Known::Unknown(_)) => true,
                _ => false,
            };
            if same {
                continue;
            }
            let both = a.0.value().zip(b.0.value()).filter(|_| !a.1 && !b.1);
            let direction = both.and_then(|(x, y)| direction(*x, *y, figure == FlowFigure::Availability));
            moves.push(FlowFigureMove {
                flow: flow.to_owned(),
                figure,
                value: Moved { before: a.0, after: b.0 },
                at_most: Moved { before: a.1, after: b.1 },
                direction,
            });
        }
    }
    moves
}
