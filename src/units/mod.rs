//! Quantities with units: durations, rates, ratios, percentages, sizes, counts, and estimates of them.
//!
//! Knows how a person writes a quantity and how it is shown to one. Must not know the review, TOML or any screen.

mod estimate;
mod quantity;
mod show;
mod span;

pub use estimate::Estimate;
pub use quantity::{Bytes, Count, Multiple, Number, PerSecond, Percent, Quantity, QuantityError, Ratio, Seconds};
pub use show::{significant, thousands};
pub use span::Span;
