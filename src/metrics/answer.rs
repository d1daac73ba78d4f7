//! The states an answer can be in, kept apart, and the words for them.
//!
//! Knows no HTTP. Invariant: only [`Answer::Value`] and [`Answer::Zero`] are numbers; nothing else ever reads as one.

use std::collections::BTreeMap;

use super::{Failure, Unit};

/// Labels of a series, sorted by name, sanitised, cut.
pub type Labels = BTreeMap<String, String>;

/// One number of one series at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// As the server gave it; in [`Answer::Value`] always finite and not 0.
    pub value: f64,
    /// The time it holds for, unix seconds.
    pub at: f64,
    /// Empty for an aggregate and for a scalar.
    pub labels: Labels,
}

/// What came back for an instant query that is meant to give one number.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// One finite number other than 0.
    Value(Reading),
    /// One series, and its value is 0: measured, and nothing happened.
    Zero(Reading),
    /// More series than one; they are not summed behind the reader's back.
    Series {
        /// The first of them, in the server's order, at most 100.
        first: Vec<Reading>,
        /// How many there are.
        count: usize,
    },
    /// The server knows no such series at this time: not measured, which is not 0.
    NoSeries,
    /// The series exists and its value is NaN: usually 0 divided by 0, no traffic in the window.
    NotANumber {
        /// The time it holds for, unix seconds.
        at: f64,
    },
    /// A division by 0, or a quantile in the bucket without an upper bound.
    Infinite {
        /// The time it holds for, unix seconds.
        at: f64,
        /// Minus infinity.
        negative: bool,
    },
    /// The server itself says that its answer may be incomplete.
    Partial {
        /// What it found all the same; [`Answer::NoSeries`] where it found nothing.
        found: Box<Answer>,
        /// What it says is wrong, at most 20.
        warnings: Vec<String>,
    },
    /// No answer.
    Failed(Failure),
}

impl Answer {
    /// The number, if there is exactly one, complete and finite. A partial answer has none.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Value(reading) | Self::Zero(reading) => Some(reading.value),
            _ => None,
        }
    }

    /// The number of a partial answer, if it found exactly one: to be shown as a floor or a hint, never computed with.
    pub fn partial_number(&self) -> Option<f64> {
        match self {
            Self::Partial { found, .. } => found.number(),
            _ => None,
        }
    }

    /// The time the number holds for, unix seconds, where there is one.
    pub fn at(&self) -> Option<f64> {
        match self {
            Self::Value(reading) | Self::Zero(reading) => Some(reading.at),
            Self::NotANumber { at } | Self::Infinite { at, .. } => Some(*at),
            Self::Series { first, .. } => first.first().map(|reading| reading.at),
            Self::Partial { found, .. } => found.at(),
            Self::NoSeries | Self::Failed(_) => None,
        }
    }

    /// Why there is no answer, if there is none.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    /// A few characters for a table cell: `297/s`, `0/s`, `no series`, `NaN: no traffic`, `partial: 2 warnings`,
    /// `refused`, `timed out 10 s`.
    pub fn short(&self, unit: Unit) -> String {
        match self {
            Self::Value(reading) | Self::Zero(reading) => unit.show(reading.value),
            Self::Series { count, .. } => format!("{count} series"),
            Self::NoSeries => "no series".into(),
            Self::NotANumber { .. } => "NaN: no traffic".into(),
            Self::Infinite { negative, .. } => if *negative { "-Inf" } else { "+Inf" }.into(),
            Self::Partial { warnings, .. } => {
                format!("partial: {}", counted(warnings.len(), "warning"))
            }
            Self::Failed(failure) => failure.short(),
        }
    }

    /// One or two full sentences.
    pub fn long(&self, unit: Unit) -> String {
        match self {
            Self::Value(reading) => format!("Measured: {}.", unit.show(reading.value)),
            Self::Zero(reading) => format!("Measured, and it is zero ({}): the series exists and nothing happened.", unit.show(reading.value)),
            Self::Series { first, count } => format!(
                "The query gives {count} series, not one number; they were not added up. The first: {}. Aggregate in the query, for example with sum(...) or max(...).",
                first.iter().take(3).map(|reading| format!("{} {}", braces(&reading.labels), unit.show(reading.value))).collect::<Vec<_>>().join(", "),
            ),
            Self::NoSeries => {
                "No series: the server knows nothing by this name at this time. That is not zero: the metric may be missing, misspelt or renamed.".into()
            }
            Self::NotANumber { .. } => "NaN: there was nothing to divide by, usually no traffic in the window of the query.".into(),
            Self::Infinite { negative, .. } => format!(
                "{}: a division by zero, or a quantile beyond the last bucket of the histogram.",
                if *negative { "-Inf" } else { "+Inf" }
            ),
            Self::Partial { found, warnings } => {
                let found = match found.as_ref() {
                    Self::NoSeries => "It holds no data, which does not mean zero".to_owned(),
                    other => format!("What there is: {}", other.short(unit)),
                };
                format!("The server says that this answer may be incomplete ({}). {found}.", warnings.join("; "))
            }
            Self::Failed(failure) => format!("{} {}", failure.sentence(), failure.hint()),
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn braces(labels: &Labels) -> String {
    format!("{{{}}}", labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(value: f64) -> Reading {
        Reading { value, at: 1.0, labels: Labels::new() }
    }

    #[test]
    fn each_state_has_words_of_its_own() {
        let states = [
            Answer::Value(reading(12.0)),
            Answer::Zero(reading(0.0)),
            Answer::Series { first: vec![reading(1.0), reading(2.0)], count: 2 },
            Answer::NoSeries,
            Answer::NotANumber { at: 1.0 },
            Answer::Infinite { at: 1.0, negative: false },
            Answer::Partial { found: Box::new(Answer::NoSeries), warnings: vec!["a store is down".into()] },
            Answer::Failed(Failure::ConnectionRefused),
            Answer::Failed(Failure::TimedOut { after: 10.0, connecting: false }),
        ];
        let short: Vec<String> = states.iter().map(|state| state.short(Unit::PerSecond)).collect();
        assert_eq!(
            short,
            [
                "12/s",
                "0/s",
                "2 series",
                "no series",
                "NaN: no traffic",
                "+Inf",
                "partial: 1 warning",
                "refused",
                "timed out 10 s"
            ]
        );
        let mut long: Vec<String> = states.iter().map(|state| state.long(Unit::PerSecond)).collect();
        long.sort();
        long.dedup();
        assert_eq!(long.len(), states.len());
    }

    #[test]
    fn only_a_value_and_a_zero_are_numbers() {
        assert_eq!(Answer::Zero(reading(0.0)).number(), Some(0.0));
        for none in [Answer::NoSeries, Answer::NotANumber { at: 1.0 }, Answer::Failed(Failure::Unauthorised)] {
            assert_eq!(none.number(), None);
        }
        let partial = Answer::Partial { found: Box::new(Answer::Value(reading(3.0))), warnings: vec!["w".into()] };
        assert_eq!((partial.number(), partial.partial_number()), (None, Some(3.0)));
    }
}
