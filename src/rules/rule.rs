//! What a rule is: one declaration from which the registry, the reference, the explanations and the outputs derive.

use super::context::Context;
use super::finding::{Confidence, Severity};
use super::report::Report;

/// The part of the method a rule belongs to; the digit behind `KP`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Targets and growth.
    Targets,
    /// Flows and the fast path.
    Flows,
    /// Data and shared state.
    Data,
    /// Failure paths.
    Failure,
    /// Instrument and operate.
    Operate,
    /// Computed capacity.
    Capacity,
    /// Measured evidence.
    Measured,
    /// The review itself.
    Review,
}

impl Family {
    /// The family of a code such as `KP203`; anything unknown belongs to the review itself.
    pub const fn of(code: &str) -> Self {
        match code.as_bytes() {
            [_, _, b'1', ..] => Self::Targets,
            [_, _, b'2', ..] => Self::Flows,
            [_, _, b'3', ..] => Self::Data,
            [_, _, b'4', ..] => Self::Failure,
            [_, _, b'5', ..] => Self::Operate,
            [_, _, b'6', ..] => Self::Capacity,
            [_, _, b'7', ..] => Self::Measured,
            _ => Self::Review,
        }
    }

    /// What it is called above a list of its rules.
    pub fn title(self) -> &'static str {
        match self {
            Self::Targets => "Targets and growth",
            Self::Flows => "Flows and the fast path",
            Self::Data => "Data and shared state",
            Self::Failure => "Failure paths",
            Self::Operate => "Instrument and operate",
            Self::Capacity => "Capacity",
            Self::Measured => "Measured",
            Self::Review => "The review itself",
        }
    }
}

/// A threshold of a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// Its key; `CODE.key` in the settings of an analysis.
    pub key: &'static str,
    /// What holds where nobody says otherwise.
    pub default: f64,
    /// What it decides, as a sentence.
    pub about: &'static str,
    /// Where the default comes from.
    pub source: &'static str,
}

/// What people and programs may know about a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RuleInfo {
    /// `KP203`; never used again for another rule.
    pub code: &'static str,
    /// `missing-timeout`.
    pub name: &'static str,
    /// What it says, in one clause without a full stop.
    pub summary: &'static str,
    /// How much its findings hurt where they do not say otherwise.
    pub severity: Severity,
    /// How sure its findings are where they do not say otherwise.
    pub confidence: Confidence,
    /// The part of the method it belongs to.
    pub family: Family,
    /// The documentation: title and Markdown text, always the same seven in the same order ([`SECTIONS`]).
    pub sections: [(&'static str, &'static str); 7],
    /// Its thresholds.
    pub settings: &'static [Setting],
    /// The keys of the review it looks at (`dependency.timeout`).
    pub reads: &'static [&'static str],
}

/// The titles of every rule's documentation.
pub const SECTIONS: [&str; 7] = [
    "What it detects",
    "Why it fails in production",
    "Example",
    "Remedy",
    "How to check",
    "When to accept it",
    "References",
];

/// When a rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// With the others: it judges the system.
    System,
    /// After the others: it judges the ledger against what they found.
    Ledger,
    /// After all others: it judges the ledger against what all of them found.
    Last,
}

/// A rule: what is known about it, and its check.
#[derive(Debug)]
pub struct Rule {
    /// What people and programs may know about it.
    pub info: RuleInfo,
    pub(crate) stage: Stage,
    pub(crate) check: fn(&Context<'_>, &mut Report<'_>),
}

/// Declares a rule as `pub(crate) static RULE`.
///
/// Texts are Markdown; a list of literals is lines (an example's TOML is a whole review on which the rule fires, and a
/// test runs it).
macro_rules! declare_rule {
    (
        $code:literal $name:literal, $severity:ident, $confidence:ident $(, after = $stage:ident)?;
        summary: $summary:literal;
        reads: [$($read:literal),* $(,)?];
        settings: [$($key:ident = $default:literal, $about:literal, $source:literal;)*];
        detects: $detects:literal;
        why: $why:literal;
        example: [$($line:literal),+ $(,)?];
        remedy: $remedy:literal;
        verify: $verify:literal;
        accept: $accept:literal;
        references: $references:literal;
    ) => {
        pub(crate) static RULE: $crate::rules::rule::Rule = $crate::rules::rule::Rule {
            info: $crate::rules::rule::RuleInfo {
                code: $code,
                name: $name,
                summary: $summary,
                severity: $crate::rules::finding::Severity::$severity,
                confidence: $crate::rules::finding::Confidence::$confidence,
                family: $crate::rules::rule::Family::of($code),
                sections: [
                    ($crate::rules::rule::SECTIONS[0], $detects),
                    ($crate::rules::rule::SECTIONS[1], $why),
                    ($crate::rules::rule::SECTIONS[2], concat!($($line, "\n"),+)),
                    ($crate::rules::rule::SECTIONS[3], $remedy),
                    ($crate::rules::rule::SECTIONS[4], $verify),
                    ($crate::rules::rule::SECTIONS[5], $accept),
                    ($crate::rules::rule::SECTIONS[6], $references),
                ],
                settings: &[$($crate::rules::rule::Setting {
                    key: stringify!($key), default: $default, about: $about, source: $source,
                }),*],
                reads: &[$($read),*],
            },
            stage: declare_rule!(@stage $($stage)?),
            check,
        };
    };
    (@stage) => { $crate::rules::rule::Stage::System };
    (@stage $stage:ident) => { $crate::rules::rule::Stage::$stage };
}

pub(crate) use declare_rule;
