//! What a rule says about an element.

use crate::model::{Element, EntityRef, Fix, TriageStatus};
use jiff::civil::Date;

/// How much a finding hurts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth mending some day.
    Low,
    /// Worth planning.
    Medium,
    /// An incident that waits for its day.
    High,
}

impl Severity {
    /// All, the worst first.
    pub const ALL: [Self; 4] = [Self::High, Self::Medium, Self::Low, Self::Note];

    /// The word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Note => "note",
        }
    }
}

/// How sure a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// A sign that often means it.
    Heuristic,
    /// Rarely otherwise.
    Likely,
    /// It follows from what the file says.
    Certain,
}

impl Confidence {
    /// The word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Heuristic => "heuristic",
        }
    }
}

/// A number or text that proves a finding.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    /// Seconds.
    Seconds(f64),
    /// Events a second.
    PerSecond(f64),
    /// A share, 0…1.
    Ratio(f64),
    /// A percentage.
    Percent(f64),
    /// A number of things.
    Count(f64),
    /// Words.
    Text(String),
    /// Names in order.
    List(Vec<String>),
}

/// A named [`Figure`].
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What it is, in words joined by `_` (`worst_case`).
    pub name: &'static str,
    /// Its value.
    pub figure: Figure,
}

/// What the ledger says about a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct TriageMark {
    /// The position of the triage entry in the file.
    pub index: usize,
    /// What was decided.
    pub status: TriageStatus,
    /// Why.
    pub reason: Option<String>,
    /// Until when it holds.
    pub expires: Option<Date>,
}

/// Whether a finding still asks for something.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// Nobody decided anything.
    Open,
    /// It is in the ledger, and the entry holds.
    Triaged(TriageMark),
    /// It is in the ledger, and the entry has run out.
    Expired(TriageMark),
    /// It was there when the baseline was written, and nobody decided anything since.
    Baselined,
}

impl Standing {
    /// The word in every output: `open`, `expired`, `baselined`, or the status of the triage.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Expired(_) => "expired",
            Self::Baselined => "baselined",
            Self::Triaged(mark) => mark.status.word(),
        }
    }

    /// Whether it counts against a gate.
    pub fn counts(&self) -> bool {
        match self {
            Self::Open | Self::Expired(_) => true,
            Self::Baselined => false,
            Self::Triaged(mark) => matches!(mark.status, TriageStatus::InDiscussion | TriageStatus::InProgress),
        }
    }
}

/// Something a rule found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// `CODE@element`, stable across renames of titles and reordering.
    pub id: String,
    /// The rule's code.
    pub code: &'static str,
    /// The rule's name.
    pub name: &'static str,
    /// How much it hurts here.
    pub severity: Severity,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// What it is about.
    pub element: Element,
    /// The whole path, where it is about one.
    pub path: Option<Vec<String>>,
    /// What was found, with its numbers, in one sentence.
    pub message: String,
    /// The numbers.
    pub evidence: Vec<Fact>,
    /// The flows it hurts, critical ones first.
    pub flows: Vec<String>,
    /// The SLOs it hurts.
    pub slos: Vec<String>,
    /// What to do about it here.
    pub remedy: String,
    /// Edits that would mend it, the best first; each is a whole answer by itself.
    pub fixes: Vec<Fix>,
    /// The entity in the file to look at.
    pub entity: Option<EntityRef>,
    /// The key of the entity, where one is wrong.
    pub keys: Vec<String>,
    /// What the ledger says.
    pub standing: Standing,
}

/// A rule that could not decide about an element.
#[derive(Debug, Clone, PartialEq)]
pub struct CannotTell {
    /// The rule's code.
    pub code: &'static str,
    /// The rule's name.
    pub name: &'static str,
    /// What it is about.
    pub element: Element,
    /// The key that would decide it (`component.cost_per_hour`).
    pub missing: String,
    /// The entity in the file.
    pub entity: Option<EntityRef>,
}

/// A rule that stopped with an error of its own: it answered nothing, the others did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedRule {
    /// The rule's code.
    pub code: &'static str,
    /// The rule's name.
    pub name: &'static str,
    /// What it died of.
    pub message: String,
}

/// How many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// High findings that count.
    pub high: usize,
    /// Medium findings that count.
    pub medium: usize,
    /// Low findings that count.
    pub low: usize,
    /// Notes that count.
    pub note: usize,
    /// Undecided.
    pub cannot_tell: usize,
    /// Findings that the ledger answers.
    pub triaged: usize,
    /// Findings that the baseline holds.
    pub baselined: usize,
    /// Elements that a rule looked at and found in order.
    pub passed: usize,
}

impl Summary {
    /// Counts a finding.
    pub(crate) fn count(&mut self, severity: Severity, standing: &Standing) {
        if *standing == Standing::Baselined {
            self.baselined += 1;
            return;
        }
        if !standing.counts() {
            self.triaged += 1;
            return;
        }
        match severity {
            Severity::High => self.high += 1,
            Severity::Medium => self.medium += 1,
            Severity::Low => self.low += 1,
            Severity::Note => self.note += 1,
        }
    }

    /// Adds what was counted elsewhere.
    pub(crate) fn add(&mut self, other: &Self) {
        self.high += other.high;
        self.medium += other.medium;
        self.low += other.low;
        self.note += other.note;
        self.cannot_tell += other.cannot_tell;
        self.triaged += other.triaged;
        self.baselined += other.baselined;
        self.passed += other.passed;
    }
}

/// What one rule said, in numbers: the elements it found in order, the findings it had (also those that are not listed
/// because they are too many), and what it could not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Elements that were looked at and found in order.
    pub passed: usize,
    /// Findings, whatever the ledger says about them.
    pub found: usize,
    /// Undecided.
    pub cannot_tell: usize,
}
