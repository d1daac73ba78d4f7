//! How a measured number is written on a screen, by what it measures.
//!
//! Knows signals by name only, no element and no model.

/// What one unit of a measured number is. Prometheus conventions: seconds, ratios from 0 to 1, rates per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unit {
    /// Events per second: `297/s`.
    PerSecond,
    /// Seconds, shown in the unit that reads best: `23.3 ms`.
    Seconds,
    /// A share from 0 to 1, shown in per cent: `1.2 %`.
    Ratio,
    /// A bare number.
    #[default]
    Plain,
}

impl Unit {
    /// The unit that a signal of a `[[measure]]` is read in; an unknown signal is a bare number.
    pub fn of_signal(signal: &str) -> Self {
        match signal {
            "rate" => Self::PerSecond,
            "errors" | "busy" | "pool-wait-share" => Self::Ratio,
            "p50" | "p90" | "p95" | "p99" | "p999" | "mean" | "pool-wait" | "lag-time" => Self::Seconds,
            _ => Self::Plain,
        }
    }

    /// The number with its unit, in three significant digits. A number other than 0 never reads as 0.
    ///
    /// ```
    /// # use kneepoint::metrics::Unit;
    /// assert_eq!(Unit::PerSecond.show(296.7), "297/s");
    /// assert_eq!(Unit::Seconds.show(0.0233), "23.3 ms");
    /// assert_eq!(Unit::Ratio.show(0.0), "0 %");
    /// ```
    pub fn show(self, value: f64) -> String {
        match self {
            Self::PerSecond => format!("{}/s", three_digits(value)),
            Self::Ratio => format!("{} %", three_digits(value * 100.0)),
            Self::Plain => three_digits(value),
            Self::Seconds => {
                let size = value.abs();
                let (scale, name) = if size == 0.0 || size >= 0.9995 {
                    (1.0, "s")
                } else if size >= 0.000_999_5 {
                    (1e3, "ms")
                } else {
                    (1e6, "µs")
                };
                format!("{} {name}", three_digits(value * scale))
            }
        }
    }
}

fn three_digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        }
        .to_owned();
    }
    let size = value.abs();
    if !(1e-3..1e12).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = (2 - size.log10().floor() as i32).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_never_read_as_nothing() {
        assert_eq!(Unit::PerSecond.show(1e-9), "1.00e-9/s");
        assert_eq!(Unit::Plain.show(0.0012), "0.0012");
        assert_eq!(Unit::Plain.show(-0.0), "0");
        assert_eq!(Unit::Seconds.show(0.000_000_5), "0.5 µs");
        assert_eq!(Unit::Plain.show(1234.5), "1234");
        assert_eq!(Unit::Plain.show(f64::MAX), "1.80e308");
        assert_eq!(Unit::Seconds.show(0.9996), "1 s");
        assert_eq!(Unit::Ratio.show(0.0123), "1.23 %");
    }
}
