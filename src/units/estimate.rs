//! A quantity that is known exactly, or only guessed between a low and a high end.

use super::Quantity;

/// A quantity as the review states it: one number, or a range with a likely value.
///
/// Invariant: `low <= likely <= high`, all finite. A single number has all three equal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate<Q> {
    low: Q,
    likely: Q,
    high: Q,
}

impl<Q: Quantity> Estimate<Q> {
    /// A number without a range.
    pub fn exactly(value: Q) -> Self {
        Self { low: value, likely: value, high: value }
    }

    /// A guessed range; without a likely value the middle stands for it.
    ///
    /// Returns `None` where the ends are not in order.
    pub fn between(low: Q, likely: Option<Q>, high: Q) -> Option<Self> {
        let likely = likely.unwrap_or_else(|| Q::new(f64::midpoint(low.value(), high.value())));
        (low.value() <= likely.value() && likely.value() <= high.value()).then_some(Self { low, likely, high })
    }

    /// The lowest value it may have.
    pub fn low(&self) -> Q {
        self.low
    }

    /// The value to compute with where one number is wanted.
    pub fn likely(&self) -> Q {
        self.likely
    }

    /// The highest value it may have.
    pub fn high(&self) -> Q {
        self.high
    }

    /// The likely value as a bare number in the base unit (seconds, per second, bytes …).
    pub fn value(&self) -> f64 {
        self.likely.value()
    }

    /// Whether it was given as a range.
    pub fn is_range(&self) -> bool {
        self.low.value() < self.high.value()
    }
}

impl<Q: Quantity> std::fmt::Display for Estimate<Q> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_range() {
            write!(f, "{} ({}–{})", self.likely, self.low, self.high)
        } else {
            write!(f, "{}", self.likely)
        }
    }
}
