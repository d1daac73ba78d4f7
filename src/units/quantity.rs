//! The quantities of a review: how each is written, read and shown.

use super::show::significant;
use std::fmt;

/// Why a text is not the quantity that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuantityError {
    /// The text is not of this quantity's form; holds what the form is.
    Form(String),
    /// The number is outside the quantity's range; holds the range.
    Range(String),
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(text) | Self::Range(text) => f.write_str(text),
        }
    }
}

/// A number with a unit, kept in the base unit of its kind.
pub trait Quantity: Copy + PartialEq + fmt::Debug + fmt::Display {
    /// What it is called in an error (`duration`).
    const NAME: &'static str;
    /// How it is written, for an error and a form (`"250ms", "1.5s", "2h"`).
    const EXAMPLE: &'static str;
    /// Whether a bare number is a way to write it.
    const BARE: bool;

    /// The units that [`Quantity::scale`] knows, as a regular expression.
    const UNITS: &'static str;

    /// From the base unit. The value must be in range; [`Quantity::checked`] makes sure of it.
    fn new(value: f64) -> Self;
    /// In the base unit.
    fn value(self) -> f64;
    /// What is wrong with a number of the base unit, where anything is.
    fn fault(value: f64) -> Option<&'static str>;
    /// A number with its unit as text, into the base unit; `None` where the unit is not known.
    fn scale(unit: &str) -> Option<f64>;

    /// From the base unit, with the range checked.
    ///
    /// # Errors
    /// [`QuantityError::Range`] where the number is not finite or out of range.
    fn checked(value: f64) -> Result<Self, QuantityError> {
        if !value.is_finite() {
            return Err(QuantityError::Range(format!("a {} is a finite number", Self::NAME)));
        }
        match Self::fault(value) {
            Some(fault) => Err(QuantityError::Range(fault.to_owned())),
            None => Ok(Self::new(value)),
        }
    }

    /// From a text such as `250ms`.
    ///
    /// # Errors
    /// Where the text is not of this quantity's form, or its number is out of range.
    fn parse(text: &str) -> Result<Self, QuantityError> {
        let text = text.trim();
        let (number, unit) = split(text);
        let form = || QuantityError::Form(format!("a {} is written {}", Self::NAME, Self::EXAMPLE));
        let number: f64 = number.replace('_', "").parse().map_err(|_| form())?;
        let factor = match unit {
            "" if Self::BARE => 1.0,
            // A zero needs no unit to be understood.
            "" if number == 0.0 => 1.0,
            unit => Self::scale(unit).ok_or_else(form)?,
        };
        Self::checked(number * factor)
    }
}

/// The number at the start of a text, and the unit behind it.
fn split(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        let exponent = matches!(bytes[end], b'e' | b'E')
            && bytes.get(end + 1).is_some_and(|next| next.is_ascii_digit() || matches!(next, b'+' | b'-'));
        let sign = matches!(bytes[end], b'+' | b'-') && (end == 0 || matches!(bytes[end - 1], b'e' | b'E'));
        if bytes[end].is_ascii_digit() || matches!(bytes[end], b'.' | b'_') || exponent || sign {
            end += 1;
        } else {
            break;
        }
    }
    (&text[..end], text[end..].trim())
}

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $called:literal, $example:literal, bare = $bare:literal, units = $units:literal, fault = $fault:expr, scale = $scale:expr, show = $show:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
        pub struct $name(f64);

        impl Quantity for $name {
            const NAME: &'static str = $called;
            const EXAMPLE: &'static str = $example;
            const BARE: bool = $bare;
            const UNITS: &'static str = $units;
            fn new(value: f64) -> Self {
                Self(value)
            }
            fn value(self) -> f64 {
                self.0
            }
            fn fault(value: f64) -> Option<&'static str> {
                let fault: fn(f64) -> Option<&'static str> = $fault;
                fault(value)
            }
            fn scale(unit: &str) -> Option<f64> {
                let scale: fn(&str) -> Option<f64> = $scale;
                scale(unit)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let show: fn(f64) -> String = $show;
                f.write_str(&show(self.0))
            }
        }
    };
}

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;
/// A month is a twelfth of a year of 365 days: long enough for planning, and 12mo is exactly 1y.
const MONTH: f64 = DAY * 365.0 / 12.0;
const YEAR: f64 = DAY * 365.0;

fn not_negative(value: f64) -> Option<&'static str> {
    (value < 0.0).then_some("it cannot be negative")
}

quantity!(
    /// A length of time in seconds, never negative.
    Seconds, "duration", "\"250ms\", \"1.5s\", \"2h\", \"28d\" or \"12mo\"", bare = false, units = "ns|us|µs|μs|ms|s|m|min|h|d|w|mo|y",
    fault = not_negative,
    scale = |unit| Some(match unit {
        "ns" => 1e-9,
        "us" | "µs" | "μs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => MINUTE,
        "h" => HOUR,
        "d" => DAY,
        "w" => 7.0 * DAY,
        "mo" => MONTH,
        "y" => YEAR,
        _ => return None,
    }),
    show = duration
);

quantity!(
    /// Events per second, never negative.
    PerSecond, "rate", "\"400/s\", \"2.5k/s\", \"90/min\" or \"1M/day\"", bare = false, units = "[kKMG]? ?/ ?(s|sec|second|m|min|minute|h|hour|d|day|mo|month)",
    fault = not_negative,
    scale = |unit| {
        let (prefix, per) = unit.split_once('/')?;
        let factor = match prefix.trim() {
            "" => 1.0,
            "k" | "K" => 1e3,
            "M" => 1e6,
            "G" => 1e9,
            _ => return None,
        };
        let seconds = match per.trim() {
            "s" | "sec" | "second" => 1.0,
            "m" | "min" | "minute" => MINUTE,
            "h" | "hour" => HOUR,
            "d" | "day" => DAY,
            "mo" | "month" => MONTH,
            _ => return None,
        };
        Some(factor / seconds)
    },
    show = rate
);

quantity!(
    /// A share between 0 and 1.
    Ratio, "ratio", "0.85 or \"85%\"", bare = true, units = "%",
    fault = |value| (!(0.0..=1.0).contains(&value)).then_some("a ratio lies between 0 and 1 (0% and 100%)"),
    scale = |unit| (unit == "%").then_some(0.01),
    show = |value| format!("{} %", significant(value * 100.0, 3))
);

quantity!(
    /// An objective or promise in percent, above 0 and up to 100.
    Percent, "percentage", "99.95", bare = true, units = "%",
    fault = |value| (value <= 0.0 || value > 100.0).then_some("a percentage lies above 0 and up to 100"),
    scale = |unit| (unit == "%").then_some(1.0),
    show = |value| format!("{} %", significant(value, 6))
);

quantity!(
    /// A size in bytes, never negative.
    Bytes, "size", "\"4KiB\" or \"1.5GB\"", bare = false, units = "B|[kKMGTP]B|[KMGTP]iB",
    fault = not_negative,
    scale = |unit| Some(match unit {
        "B" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        "PB" => 1e15,
        "KiB" => 1024.0,
        "MiB" => 1_048_576.0,
        "GiB" => 1_073_741_824.0,
        "TiB" => 1_099_511_627_776.0,
        "PiB" => 1_125_899_906_842_624.0,
        _ => return None,
    }),
    show = size
);

quantity!(
    /// A whole number of things, never negative.
    Count, "count", "6", bare = true, units = "k|M",
    fault = |value| if value < 0.0 { Some("it cannot be negative") } else if value.fract() != 0.0 { Some("it is a whole number") } else { None },
    scale = |unit| match unit { "k" => Some(1e3), "M" => Some(1e6), _ => None },
    show = super::thousands
);

quantity!(
    /// A number without a unit, never negative (rows, currency, coefficient of variation).
    Number, "number", "80e6", bare = true, units = "k|M|G",
    fault = not_negative,
    scale = |unit| match unit { "k" => Some(1e3), "M" => Some(1e6), "G" => Some(1e9), _ => None },
    show = |value| if value.abs() >= 10_000.0 { super::thousands(value) } else { significant(value, 4) }
);

quantity!(
    /// A multiple of today's load, above 0.
    Multiple, "multiple", "2.0", bare = true, units = "x|×",
    fault = |value| (value <= 0.0).then_some("a multiple is above 0"),
    scale = |unit| matches!(unit, "x" | "×").then_some(1.0),
    show = |value| format!("{}×", significant(value, 3))
);

/// To the three digits that are shown, so that the unit is chosen for those: 0.9999 ms is 1 ms, not 1000 µs.
fn shown(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return significant(seconds, 3);
    }
    let (value, unit) = match shown(seconds) {
        0.0 => (0.0, "s"),
        s if s < 1e-6 => (s * 1e9, "ns"),
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s if s < 2.0 * MINUTE => (s, "s"),
        s if s < 2.0 * HOUR => (s / MINUTE, "min"),
        s if s < 2.0 * DAY => (s / HOUR, "h"),
        s if s < 90.0 * DAY => (s / DAY, "d"),
        s if s < 3.0 * YEAR => (s / MONTH, "mo"),
        s => (s / YEAR, "y"),
    };
    format!("{} {unit}", significant(value, 3))
}

fn rate(per_second: f64) -> String {
    if !per_second.is_finite() {
        return significant(per_second, 3);
    }
    match shown(per_second) {
        r if r >= 1e6 => format!("{}M/s", significant(r / 1e6, 3)),
        r if r >= 1e4 => format!("{}k/s", significant(r / 1e3, 3)),
        r if r >= 0.1 || r == 0.0 => format!("{}/s", significant(r, 3)),
        r if r * MINUTE >= 0.1 => format!("{}/min", significant(r * MINUTE, 3)),
        r => format!("{}/day", significant(r * DAY, 3)),
    }
}

fn size(bytes: f64) -> String {
    if !bytes.is_finite() {
        return significant(bytes, 3);
    }
    let (value, unit) = match shown(bytes) {
        b if b >= 1e15 => (b / 1e15, "PB"),
        b if b >= 1e12 => (b / 1e12, "TB"),
        b if b >= 1e9 => (b / 1e9, "GB"),
        b if b >= 1e6 => (b / 1e6, "MB"),
        b if b >= 1e3 => (b / 1e3, "kB"),
        b => (b, "B"),
    };
    format!("{} {unit}", significant(value, 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_the_format_are_read() {
        let seconds = |text| Seconds::parse(text).map(Quantity::value);
        assert_eq!(seconds("250ms"), Ok(0.25));
        assert_eq!(seconds("1.5s"), Ok(1.5));
        assert_eq!(seconds("28d"), Ok(28.0 * DAY));
        assert_eq!(seconds("12mo"), Ok(YEAR));
        assert_eq!(PerSecond::parse("2.5k/s").map(Quantity::value), Ok(2500.0));
        assert_eq!(PerSecond::parse("90/min").map(Quantity::value), Ok(1.5));
        assert_eq!(PerSecond::parse("1M/day").map(Quantity::value), Ok(1e6 / DAY));
        assert_eq!(Ratio::parse("85%").map(Quantity::value), Ok(0.85));
        assert_eq!(Bytes::parse("4KiB").map(Quantity::value), Ok(4096.0));
        assert_eq!(Count::parse("6").map(Quantity::value), Ok(6.0));
        assert_eq!(Number::parse("80e6").map(Quantity::value), Ok(80e6));
    }

    #[test]
    fn what_is_not_a_quantity_says_what_one_looks_like() {
        for text in ["", "ms", "5", "5 parsecs", "1e999s", "-3ms", "∞", "5ms5"] {
            assert!(Seconds::parse(text).is_err(), "{text}");
        }
        assert!(Seconds::parse("soon").is_err_and(|error| error.to_string().contains("250ms")));
        assert!(Ratio::parse("1.2").is_err());
        assert!(Count::parse("1.5").is_err());
        assert!(Percent::parse("0").is_err());
    }

    #[test]
    fn quantities_are_shown_in_the_unit_that_fits() {
        assert_eq!(Seconds::new(0.0415).to_string(), "41.5 ms");
        assert_eq!(Seconds::new(0.000_999_999_9).to_string(), "1 ms");
        assert_eq!(Seconds::new(0.999_8).to_string(), "1 s");
        assert_eq!(PerSecond::new(999_900.0).to_string(), "1M/s");
        assert_eq!(Seconds::new(f64::INFINITY).to_string(), "unbounded");
        assert_eq!(Bytes::new(999.9e6).to_string(), "1 GB");
        assert_eq!(Seconds::new(600.0).to_string(), "10 min");
        assert_eq!(Seconds::new(28.0 * DAY).to_string(), "28 d");
        assert_eq!(PerSecond::new(571.4).to_string(), "571/s");
        assert_eq!(PerSecond::new(25_000.0).to_string(), "25k/s");
        assert_eq!(Percent::new(99.95).to_string(), "99.95 %");
        assert_eq!(Bytes::new(120e9).to_string(), "120 GB");
    }
}
