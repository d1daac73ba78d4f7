//! What decides a question without people, and what a question or checklist applies to: a few words of data beside it.
//!
//! `KP203` · `every store has component.recovery.rpo` · `every database has component.data.global_counters = false` ·
//! `every failure has failure.tested within 180 days` · `some load-test has load_test.level = component` ·
//! `every critical-flow measures p99` · `computed next-limit`
//!
//! Knows the words, not what they find in a review.

use super::references::is_rule_code;
use crate::model::{EntityKind, field_at};

macro_rules! words {
    ($(#[doc = $about:literal])* $name:ident { $( $variant:ident = $word:literal, $called:literal; )+ }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $( #[doc = $called] $variant, )+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];
            /// The word in the files of the method.
            pub fn word(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
            /// What it is called in a sentence.
            pub fn called(self) -> &'static str {
                match self { $( Self::$variant => $called, )+ }
            }
            /// From its word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

words! {
    /// A part of a review that a question can be about. What it is called follows "no …" and "every …".
    Among {
        Growth = "growth", "growth assumption";
        Peak = "peak", "peak above the steady load";
        Tenancy = "tenancy", "tenancy";
        Migration = "migration", "migration";
        Flow = "flow", "flow";
        CriticalFlow = "critical-flow", "critical flow";
        SecondFlow = "second-flow", "second flow";
        Objective = "objective", "SLO";
        OnFlow = "on-flow", "component on a flow";
        Compute = "compute", "component that runs code on a flow";
        Edge = "edge", "entrance (client, CDN, WAF, gateway, load balancer)";
        Store = "store", "store of record (database, search index, object store)";
        Database = "database", "database";
        Partitioned = "partitioned", "partitioned store";
        Replicated = "replicated", "store with read replicas";
        Cache = "cache", "cache";
        Broker = "broker", "queue or stream";
        External = "external", "external system";
        Model = "model", "inference model";
        Autoscaled = "autoscaled", "autoscaled component";
        Regional = "regional", "component in a second region";
        Call = "call", "dependency";
        Wait = "wait", "synchronous call";
        Soft = "soft", "call that the flow survives without";
        Write = "write", "call that writes";
        Retried = "retried", "call that is retried";
        Pooled = "pooled", "connection pool";
        CacheCall = "cache-call", "call of a cache";
        Hotspot = "hotspot", "predicted bottleneck";
        Failure = "failure", "failure answer";
        LoadTest = "load-test", "load test";
        Decision = "decision", "decision";
    }
}

impl Among {
    /// The table its members stand in.
    pub fn kind(self) -> EntityKind {
        match self {
            Self::Growth | Self::Peak => EntityKind::Growth,
            Self::Tenancy => EntityKind::Tenancy,
            Self::Migration => EntityKind::Migration,
            Self::Flow | Self::CriticalFlow | Self::SecondFlow => EntityKind::Flow,
            Self::Objective => EntityKind::Slo,
            Self::OnFlow
            | Self::Compute
            | Self::Edge
            | Self::Store
            | Self::Database
            | Self::Partitioned
            | Self::Replicated
            | Self::Cache
            | Self::Broker
            | Self::External
            | Self::Model
            | Self::Autoscaled
            | Self::Regional => EntityKind::Component,
            Self::Call | Self::Wait | Self::Soft | Self::Write | Self::Retried | Self::Pooled | Self::CacheCall => {
                EntityKind::Dependency
            }
            Self::Hotspot => EntityKind::Hotspot,
            Self::Failure => EntityKind::Failure,
            Self::LoadTest => EntityKind::LoadTest,
            Self::Decision => EntityKind::Decision,
        }
    }
}

words! {
    /// An answer that is computed from the flows and the capacity, where no key holds it.
    Computed {
        EveryRequest = "every-request", "the components that every flow visits";
        FirstLimits = "first-limits", "the one or two resources that fill first";
        NextLimit = "next-limit", "what fills second";
        WorkingOrWaiting = "working-or-waiting", "whether the first limit is work or waiting";
        Envelope = "envelope", "how much each critical flow carries, and until what is full";
        Opinions = "opinions", "the inputs that are assumed or missing";
    }
}

/// What a member has to say at a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Anything.
    Anything,
    /// One of these words.
    OneOf(Vec<String>),
    /// A day no longer ago than so many days, and not in the future.
    Within(i32),
}

/// One thing that decides a question. Where a question has several, all of them have to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decider {
    /// A rule: it passes everywhere, or has findings, or cannot tell.
    Rule(String),
    /// Each member says something at a key.
    Every(Among, Vec<String>, Said),
    /// At least one member says something at a key.
    Some(Among, Vec<String>, Said),
    /// Each member has a measure of a signal.
    Measures(Among, String),
    /// Computed.
    Computed(Computed),
}

impl Decider {
    /// From its words; `None` where they mean nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            [code] if is_rule_code(code) => Some(Self::Rule((*code).to_owned())),
            ["computed", name] => Computed::parse(name).map(Self::Computed),
            ["every", among, "measures", signal] => Some(Self::Measures(Among::parse(among)?, (*signal).to_owned())),
            [how @ ("every" | "some"), among, "has", key, rest @ ..] => {
                let among = Among::parse(among)?;
                let mut keys = key.split('.');
                let kind = keys.next().and_then(EntityKind::of_table)?;
                let keys: Vec<&str> = keys.collect();
                if kind != among.kind() || field_at(kind, &keys).is_none() {
                    return None;
                }
                let said = match rest {
                    [] => Said::Anything,
                    ["=", words] => Said::OneOf(words.split('|').map(str::to_owned).collect()),
                    ["within", days, "days"] => Said::Within(days.parse().ok().filter(|days| *days > 0)?),
                    _ => return None,
                };
                let keys = keys.into_iter().map(str::to_owned).collect();
                Some(if *how == "every" { Self::Every(among, keys, said) } else { Self::Some(among, keys, said) })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_what_they_mean_and_nonsense_becomes_nothing() {
        assert_eq!(Decider::parse("KP203"), Some(Decider::Rule("KP203".to_owned())));
        assert_eq!(Decider::parse(" computed  next-limit "), Some(Decider::Computed(Computed::NextLimit)));
        let keys = |text: &[&str]| text.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            Decider::parse("every store has component.recovery.rpo"),
            Some(Decider::Every(Among::Store, keys(&["recovery", "rpo"]), Said::Anything))
        );
        assert_eq!(
            Decider::parse("some load-test has load_test.level = component|service"),
            Some(Decider::Some(Among::LoadTest, keys(&["level"]), Said::OneOf(keys(&["component", "service"]))))
        );
        assert_eq!(
            Decider::parse("every failure has failure.tested within 180 days"),
            Some(Decider::Every(Among::Failure, keys(&["tested"]), Said::Within(180)))
        );
        for nonsense in [
            "",
            "KP2",
            "every",
            "every dog has component.owner",
            "every store has flow.rate",
            "every store has component.colour",
            "every store has component.owner within a week",
            "every failure has failure.tested within -3 days",
            "computed wisdom",
            "no store has component.owner",
        ] {
            assert_eq!(Decider::parse(nonsense), None, "{nonsense}");
        }
    }
}
