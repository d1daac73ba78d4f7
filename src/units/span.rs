//! A computed number with the range that ranges in its inputs give it.

use super::{Estimate, Quantity};
use std::ops::{Add, Mul};

/// A computed number with the range that ranges in the inputs give it.
///
/// Invariant: `low <= likely <= high`; infinite where nothing limits. All arithmetic here is for numbers of at least 0,
/// where a sum or a product is lowest at the low ends of its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// With every range at its favourable or unfavourable end, whichever gives less.
    pub low: f64,
    /// With every range at its likely value.
    pub likely: f64,
    /// The other end.
    pub high: f64,
}

impl Span {
    /// Nothing.
    pub const ZERO: Self = Self { low: 0.0, likely: 0.0, high: 0.0 };
    /// One.
    pub const ONE: Self = Self { low: 1.0, likely: 1.0, high: 1.0 };
    /// No limit.
    pub const UNBOUNDED: Self = Self { low: f64::INFINITY, likely: f64::INFINITY, high: f64::INFINITY };

    /// A number without a range.
    pub fn exactly(value: f64) -> Self {
        Self { low: value, likely: value, high: value }
    }

    /// What the review states, in the base unit.
    pub fn of<Q: Quantity>(estimate: &Estimate<Q>) -> Self {
        Self { low: estimate.low().value(), likely: estimate.likely().value(), high: estimate.high().value() }
    }

    /// Whether the inputs left a range.
    pub fn is_range(&self) -> bool {
        self.low < self.high
    }

    #[must_use]
    /// What is left of 1: the miss ratio of a hit ratio. Never below 0.
    pub fn complement(self) -> Self {
        let rest = |part: f64| (1.0 - part).max(0.0);
        Self { low: rest(self.high), likely: rest(self.likely), high: rest(self.low) }
    }

    #[must_use]
    /// The larger of two, end by end: the time of two things done together.
    pub fn larger(self, other: Self) -> Self {
        Self { low: self.low.max(other.low), likely: self.likely.max(other.likely), high: self.high.max(other.high) }
    }

    #[must_use]
    /// The smaller of two, end by end.
    pub fn smaller(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), likely: self.likely.min(other.likely), high: self.high.min(other.high) }
    }

    #[must_use]
    /// This part of a whole; nothing of nothing is 0, something of nothing is infinite.
    pub fn over(self, whole: Self) -> Self {
        Self {
            low: ratio(self.low, whole.high),
            likely: ratio(self.likely, whole.likely),
            high: ratio(self.high, whole.low),
        }
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if part == 0.0 {
        0.0
    } else if whole == 0.0 {
        f64::INFINITY
    } else if part == f64::INFINITY {
        part
    } else {
        part / whole
    }
}

/// Zero times whatever is zero: a call that is never made adds nothing, however long it would take.
fn product(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { a * b }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { low: self.low + other.low, likely: self.likely + other.likely, high: self.high + other.high }
    }
}

impl Mul for Span {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self {
            low: product(self.low, other.low),
            likely: product(self.likely, other.likely),
            high: product(self.high, other.high),
        }
    }
}

impl Mul<f64> for Span {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        self * Self::exactly(factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_stay_in_order_and_nothing_is_not_a_number() {
        let a = Span { low: 1.0, likely: 2.0, high: 4.0 };
        assert_eq!(a.over(a), Span { low: 0.25, likely: 1.0, high: 4.0 });
        assert_eq!((Span { low: 0.2, likely: 0.5, high: 0.9 }).complement().likely, 0.5);
        assert_eq!(Span::ZERO * Span::UNBOUNDED, Span::ZERO);
        assert_eq!(Span::ZERO.over(Span::ZERO), Span::ZERO);
        assert_eq!(Span::ONE.over(Span::ZERO), Span::UNBOUNDED);
        assert_eq!(Span::UNBOUNDED.over(Span::UNBOUNDED), Span::UNBOUNDED);
    }
}
