//! What was measured, as plain numbers: the analysis reads it and never asks a server.

use super::names::Element;

/// Every number that was measured for a review.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// The measurements, in no order.
    pub measurements: Vec<Measurement>,
}

/// One measured number.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// What it is about.
    pub element: Element,
    /// What it measures (`rate`, `p99` …).
    pub signal: String,
    /// The value in base units; `None` where the server had no answer that is a number.
    pub value: Option<f64>,
    /// When, in seconds of the Unix epoch.
    pub at: f64,
}
