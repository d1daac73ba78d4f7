//! Computed figures before and after: how they are compared, and when one is better.

use crate::units::Span;

/// What is better and what is worse, where that is beyond doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// More room, fewer costs, a finding less.
    Better,
    /// The opposite.
    Worse,
}

impl Direction {
    /// The word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
        }
    }

    fn of(better: bool) -> Self {
        if better { Self::Better } else { Self::Worse }
    }
}

/// A figure that may not be known.
#[derive(Debug, Clone, PartialEq)]
pub enum Known<T> {
    /// It is known.
    Value(T),
    /// It is not; says why.
    Unknown(String),
    /// There is nothing to know: what it is a figure of is not there.
    Absent,
}

impl<T> Known<T> {
    /// The value, where it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Why it is not known.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Unknown(reason) => Some(reason),
            _ => None,
        }
    }
}

/// Something before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved<T> {
    /// In the earlier review.
    pub before: T,
    /// In the later one.
    pub after: T,
}

/// What rounding may make of equal numbers, relatively.
const ROUNDING: f64 = 1e-9;

fn same(a: f64, b: f64) -> bool {
    // Infinity is near to nothing but itself.
    a == b || (a.is_finite() && b.is_finite() && (a - b).abs() <= ROUNDING * a.abs().max(b.abs()))
}

/// Whether two figures are equal, rounding apart.
pub(super) fn same_span(a: Span, b: Span) -> bool {
    same(a.low, b.low) && same(a.likely, b.likely) && same(a.high, b.high)
}

/// Whether a change is for the better: where one end of a range moved this way and none the other.
pub(super) fn direction(before: Span, after: Span, more_is_better: bool) -> Option<Direction> {
    let ends = [(before.low, after.low), (before.likely, after.likely), (before.high, after.high)];
    let moved = |up: bool| ends.iter().any(|(a, b)| !same(*a, *b) && (b > a) == up);
    match (moved(true), moved(false)) {
        (true, false) => Some(Direction::of(more_is_better)),
        (false, true) => Some(Direction::of(!more_is_better)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_that_only_grew_wider_is_neither_better_nor_worse() {
        let span = |low, likely, high| Span { low, likely, high };
        assert_eq!(direction(span(1.0, 2.0, 3.0), span(1.0, 2.0, 4.0), true), Some(Direction::Better));
        assert_eq!(direction(span(1.0, 2.0, 3.0), span(0.5, 2.0, 4.0), true), None);
        assert_eq!(direction(span(1.0, 2.0, 3.0), span(1.0, 1.5, 3.0), true), Some(Direction::Worse));
        assert_eq!(direction(Span::UNBOUNDED, Span::UNBOUNDED, true), None);
        assert_eq!(direction(Span::ONE, Span::UNBOUNDED, true), Some(Direction::Better));
        assert!(same_span(Span::exactly(0.1 + 0.2), Span::exactly(0.3)));
    }
}
