//! The tables of the format as values: which there are, what they hold, and how one is pointed at.

use super::entities::{
    Action, Answer, Component, Decision, Dependency, Failure, Flow, Growth, Head, Hotspot, LoadTest, Measure, Meeting,
    Migration, Parked, PrometheusSettings, Slo, Tenancy, Triage,
};
use super::field::{FieldSpec, Shape};
use std::fmt;

macro_rules! kinds {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $table:literal, $type:ident, many = $many:literal, called = $called:literal; )+) => {
        /// A table of the format.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EntityKind { $( $(#[doc = $doc])+ $variant, )+ }

        impl EntityKind {
            /// All tables, in the order in which a file has them.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The table's name in the file.
            pub fn table(self) -> &'static str {
                match self { $( Self::$variant => $table, )+ }
            }

            /// What one is called.
            pub fn called(self) -> &'static str {
                match self { $( Self::$variant => $called, )+ }
            }

            /// Whether the file may have several (`[[table]]`).
            pub fn many(self) -> bool {
                match self { $( Self::$variant => $many, )+ }
            }

            /// The keys it may have.
            pub fn fields(self) -> &'static [FieldSpec] {
                match self { $( Self::$variant => $type::FIELDS, )+ }
            }
        }
    };
}

kinds! {
    /// The review itself.
    Head = "review", Head, many = false, called = "review";
    /// Growth and cost.
    Growth = "growth", Growth, many = false, called = "growth";
    /// An SLO.
    Slo = "slo", Slo, many = true, called = "SLO";
    /// A component.
    Component = "component", Component, many = true, called = "component";
    /// Tenants.
    Tenancy = "tenancy", Tenancy, many = false, called = "tenancy";
    /// A dependency.
    Dependency = "dependency", Dependency, many = true, called = "dependency";
    /// A flow.
    Flow = "flow", Flow, many = true, called = "flow";
    /// A predicted bottleneck.
    Hotspot = "hotspot", Hotspot, many = true, called = "hotspot";
    /// A failure answer.
    Failure = "failure", Failure, many = true, called = "failure answer";
    /// The metrics server.
    Prometheus = "prometheus", PrometheusSettings, many = false, called = "metrics server";
    /// A measure.
    Measure = "measure", Measure, many = true, called = "measure";
    /// A load test.
    LoadTest = "load_test", LoadTest, many = true, called = "load test";
    /// An answer.
    Answer = "answer", Answer, many = true, called = "answer";
    /// A decision.
    Decision = "decision", Decision, many = true, called = "decision";
    /// A triage entry.
    Triage = "triage", Triage, many = true, called = "triage entry";
    /// An action.
    Action = "action", Action, many = true, called = "action";
    /// A parked topic.
    Parked = "parked", Parked, many = true, called = "parked topic";
    /// The minutes of a meeting.
    Meeting = "meeting", Meeting, many = true, called = "meeting";
    /// The migration phase.
    Migration = "migration", Migration, many = false, called = "migration";
}

impl EntityKind {
    /// The keys without which an entity cannot be used.
    pub fn required(self) -> &'static [&'static str] {
        match self {
            Self::Slo | Self::Component | Self::Decision | Self::Action => &["id"],
            Self::Dependency => &["from", "to"],
            Self::Flow => &["id", "entry"],
            Self::Hotspot => &["id", "at"],
            Self::Failure => &["at"],
            Self::Measure => &["at", "signal"],
            Self::Answer => &["question"],
            Self::Triage => &["finding"],
            _ => &[],
        }
    }

    /// The kind of a table's name.
    pub fn of_table(table: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.table() == table)
    }
}

/// One entity of the file: its table and its position among its kind, from 0.
///
/// Valid for one revision of a document: adding and removing entities moves positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityRef {
    /// The table.
    pub kind: EntityKind,
    /// The position; 0 where there is only one.
    pub index: usize,
}

impl EntityRef {
    /// From its parts.
    pub fn new(kind: EntityKind, index: usize) -> Self {
        Self { kind, index }
    }

    /// The only one of its kind.
    pub fn only(kind: EntityKind) -> Self {
        Self { kind, index: 0 }
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind.many() {
            write!(f, "{}[{}]", self.kind.table(), self.index)
        } else {
            f.write_str(self.kind.table())
        }
    }
}

/// The key at a path of keys (`["cache", "ttl"]`; positions in lists are skipped as numbers).
pub fn field_at(kind: EntityKind, keys: &[&str]) -> Option<FieldSpec> {
    let mut fields = kind.fields();
    let mut found = None;
    for key in keys {
        if key.bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        let field = *fields.iter().find(|field| field.name == *key)?;
        found = Some(field);
        let mut shape = field.shape;
        while let Shape::List(item) = shape {
            shape = *item;
        }
        fields = match shape {
            Shape::Table(inner) => inner,
            _ => &[],
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_keys_and_every_key_has_a_sentence() {
        for kind in EntityKind::ALL {
            assert_eq!(EntityKind::of_table(kind.table()), Some(*kind));
            assert!(!kind.fields().is_empty());
            for field in kind.fields() {
                assert!(field.doc.trim().ends_with('.'), "{kind:?}.{}: {}", field.name, field.doc);
            }
        }
    }

    #[test]
    fn a_path_of_keys_leads_to_its_declaration() {
        assert_eq!(field_at(EntityKind::Component, &["cache", "ttl"]).map(|f| f.name), Some("ttl"));
        assert_eq!(field_at(EntityKind::Flow, &["calls", "3", "on_miss"]).map(|f| f.name), Some("on_miss"));
        assert_eq!(field_at(EntityKind::Decision, &["trigger", "for"]).map(|f| f.name), Some("for"));
        assert_eq!(field_at(EntityKind::Flow, &["calls", "nothing"]), None);
    }
}
