//! What each of the five steps records: its sections, their tables and columns. A table of declarations.

use crate::model::EntityKind;

/// A part of a place: an entry of the outline.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// What it is called.
    pub title: &'static str,
    /// What it shows.
    pub body: Body,
    /// What to say where it is empty: why one would fill it in.
    pub empty: &'static str,
}

/// What a section shows.
#[derive(Debug, Clone, Copy)]
pub enum Body {
    /// Entities of a kind.
    Table(&'static TableSpec),
    /// Every key of the only entity of a kind.
    Form(EntityKind),
    /// The calls of the selected flow.
    Calls,
    /// What saturates, in order.
    Headroom,
    /// Measures with what is declared and what was measured.
    Measures,
    /// The questions of a step, from 0.
    Questions(usize),
}

/// A table of entities.
#[derive(Debug)]
pub struct TableSpec {
    /// The kind.
    pub kind: EntityKind,
    /// The columns.
    pub columns: &'static [ColumnSpec],
    /// The keys asked for when one is added.
    pub add: &'static [&'static str],
}

/// A column of a table of entities.
#[derive(Debug)]
pub struct ColumnSpec {
    /// Its title.
    pub title: &'static str,
    /// Its key, with dots (`cache.ttl`).
    pub key: &'static str,
    /// The least width.
    pub least: usize,
    /// The share of spare room.
    pub weight: usize,
}

const fn column(title: &'static str, key: &'static str, least: usize, weight: usize) -> ColumnSpec {
    ColumnSpec { title, key, least, weight }
}

static SLOS: TableSpec = TableSpec {
    kind: EntityKind::Slo,
    columns: &[
        column("SLO", "id", 18, 2),
        column("flow", "flow", 12, 1),
        column("component", "component", 10, 0),
        column("indicator", "indicator", 12, 0),
        column("objective", "objective", 9, 0),
        column("within", "threshold", 8, 0),
        column("window", "window", 7, 0),
        column("when the budget burns", "policy", 16, 2),
        column("may be dropped first", "degradation", 16, 2),
    ],
    add: &["id", "flow", "indicator", "objective", "threshold", "window"],
};

static COMPONENTS: TableSpec = TableSpec {
    kind: EntityKind::Component,
    columns: &[
        column("component", "id", 18, 2),
        column("kind", "kind", 13, 0),
        column("owner", "owner", 12, 1),
        column("replicas", "replicas", 8, 0),
        column("workers", "workers", 8, 0),
        column("cores", "cores", 6, 0),
        column("service time", "service_time", 12, 0),
        column("rate limit", "rate_limit", 10, 0),
        column("availability", "availability", 12, 0),
        column("stateless", "stateless", 9, 0),
        column("zones", "zones", 6, 0),
        column("cost/h", "cost_per_hour", 7, 0),
        column("signals", "signals", 16, 1),
        column("runbook", "runbook", 14, 1),
    ],
    add: &["id", "kind", "owner", "replicas", "workers", "service_time"],
};

static DEPENDENCIES: TableSpec = TableSpec {
    kind: EntityKind::Dependency,
    columns: &[
        column("from", "from", 14, 1),
        column("to", "to", 14, 1),
        column("mode", "mode", 7, 0),
        column("operation", "operation", 10, 0),
        column("criticality", "criticality", 11, 0),
        column("timeout", "timeout", 8, 0),
        column("retries", "retry.attempts", 7, 0),
        column("pool", "pool.size", 6, 0),
        column("network", "network", 8, 0),
        column("idempotency", "idempotency", 11, 0),
        column("outbox", "outbox", 7, 0),
    ],
    add: &["from", "to", "mode", "timeout", "criticality"],
};

static FLOWS: TableSpec = TableSpec {
    kind: EntityKind::Flow,
    columns: &[
        column("flow", "id", 16, 1),
        column("name", "name", 16, 2),
        column("entry", "entry", 14, 1),
        column("rate", "rate", 9, 0),
        column("peak", "peak", 6, 0),
        column("critical", "critical", 8, 0),
        column("value", "value_share", 6, 0),
        column("operation", "operation", 10, 0),
        column("payload", "payload", 8, 0),
        column("users", "users", 6, 0),
        column("think", "think", 6, 0),
    ],
    add: &["id", "entry", "rate", "critical"],
};

static HOTSPOTS: TableSpec = TableSpec {
    kind: EntityKind::Hotspot,
    columns: &[
        column("prediction", "id", 16, 1),
        column("at", "at", 18, 2),
        column("kind", "kind", 13, 0),
        column("guess", "guess", 6, 0),
        column("fine below", "load.low", 10, 0),
        column("broken above", "load.high", 12, 0),
        column("votes", "votes", 6, 0),
        column("signal", "signal", 14, 1),
        column("mitigation", "mitigation", 16, 2),
    ],
    add: &["id", "at", "kind", "guess", "load.low", "load.high"],
};

static POLICIES: TableSpec = TableSpec {
    kind: EntityKind::Dependency,
    columns: &[
        column("from", "from", 12, 1),
        column("to", "to", 12, 1),
        column("on failure", "on_failure", 10, 0),
        column("fallback", "fallback", 12, 2),
        column("timeout", "timeout", 8, 0),
        column("retries", "retry.attempts", 7, 0),
        column("backoff", "retry.backoff", 11, 0),
        column("jitter", "retry.jitter", 6, 0),
        column("budget", "retry.budget", 6, 0),
        column("breaker at", "breaker.error_ratio", 10, 0),
        column("open for", "breaker.open_for", 8, 0),
        column("pool", "pool.size", 5, 0),
        column("criticality", "criticality", 11, 0),
    ],
    add: &["from", "to", "timeout", "on_failure"],
};

static FAILURES: TableSpec = TableSpec {
    kind: EntityKind::Failure,
    columns: &[
        column("what fails", "at", 20, 2),
        column("when", "when", 10, 0),
        column("response", "response", 10, 0),
        column("the user sees", "user_sees", 18, 3),
        column("noticed by", "detected_by", 14, 1),
        column("tried", "tested", 10, 0),
    ],
    add: &["at", "when", "response", "user_sees"],
};

static LOAD_TESTS: TableSpec = TableSpec {
    kind: EntityKind::LoadTest,
    columns: &[
        column("flow", "flow", 16, 1),
        column("level", "level", 11, 0),
        column("date", "date", 10, 0),
        column("points", "points", 14, 1),
        column("left out", "notes", 20, 3),
    ],
    add: &["flow", "level", "date", "notes"],
};

static DECISIONS: TableSpec = TableSpec {
    kind: EntityKind::Decision,
    columns: &[
        column("decision", "id", 16, 1),
        column("title", "title", 22, 3),
        column("status", "status", 10, 0),
        column("pattern", "pattern", 14, 1),
        column("options", "options", 14, 1),
        column("because", "because", 18, 2),
        column("fails first", "fails_first", 16, 2),
        column("we watch", "measure", 16, 2),
        column("revisit", "revisit", 16, 1),
        column("decider", "decider", 12, 0),
        column("door", "door", 8, 0),
        column("review by", "review_by", 10, 0),
    ],
    add: &["id", "title", "status", "constraint", "pattern", "because", "fails_first", "measure", "revisit"],
};

static ACTIONS: TableSpec = TableSpec {
    kind: EntityKind::Action,
    columns: &[
        column("action", "id", 10, 0),
        column("title", "title", 24, 3),
        column("owner", "owner", 14, 1),
        column("due", "due", 10, 0),
        column("status", "status", 8, 0),
        column("done when", "done_when", 18, 2),
        column("kind", "kind", 8, 0),
        column("from", "from", 16, 1),
    ],
    add: &["id", "title", "owner", "due", "status"],
};

static TRIAGE: TableSpec = TableSpec {
    kind: EntityKind::Triage,
    columns: &[
        column("finding", "finding", 26, 2),
        column("status", "status", 14, 0),
        column("reason", "reason", 22, 3),
        column("by", "by", 12, 1),
        column("date", "date", 10, 0),
        column("expires", "expires", 10, 0),
        column("ticket", "ticket", 10, 0),
    ],
    add: &["finding", "status", "reason", "by", "expires"],
};

static PARKED: TableSpec = TableSpec {
    kind: EntityKind::Parked,
    columns: &[
        column("topic", "title", 26, 3),
        column("goes to", "goes_to", 16, 1),
        column("look at", "look_at", 10, 0),
        column("from", "from", 16, 1),
    ],
    add: &["title", "goes_to", "look_at"],
};

static MEETINGS: TableSpec = TableSpec {
    kind: EntityKind::Meeting,
    columns: &[
        column("date", "date", 10, 0),
        column("planned", "planned", 8, 0),
        column("spent", "spent", 8, 0),
        column("present", "present", 24, 3),
        column("items", "items", 14, 1),
        column("lines", "lines", 14, 1),
    ],
    add: &["date", "planned", "present"],
};

/// The sections of the five steps.
pub const STEPS: [&[Section]; 5] = [
    &[
        Section { title: "The review", body: Body::Form(EntityKind::Head), empty: "" },
        Section {
            title: "SLOs",
            body: Body::Table(&SLOS),
            empty: "No target yet. A percentile with a threshold can be computed and alerted on: press a and say what one good answer is.",
        },
        Section { title: "Growth and cost", body: Body::Form(EntityKind::Growth), empty: "" },
        Section { title: "Tenants", body: Body::Form(EntityKind::Tenancy), empty: "" },
        Section { title: "Questions", body: Body::Questions(0), empty: "" },
    ],
    &[
        Section {
            title: "Components",
            body: Body::Table(&COMPONENTS),
            empty: "No component yet. Press a: start with the one that users reach first.",
        },
        Section {
            title: "Dependencies",
            body: Body::Table(&DEPENDENCIES),
            empty: "No dependency yet. Press a: who calls whom, does the caller wait, and when does it give up?",
        },
        Section {
            title: "Flows",
            body: Body::Table(&FLOWS),
            empty: "No flow yet. Press a: the two or three things that users do and that pay for all the rest.",
        },
        Section { title: "Calls", body: Body::Calls, empty: "" },
        Section { title: "Questions", body: Body::Questions(1), empty: "" },
    ],
    &[
        Section {
            title: "Predictions",
            body: Body::Table(&HOTSPOTS),
            empty: "No prediction yet. Before you look at the computed order: press a and guess what breaks first, and between which multiples of today's load.",
        },
        Section { title: "Computed order", body: Body::Headroom, empty: "" },
        Section { title: "Questions", body: Body::Questions(2), empty: "" },
    ],
    &[
        Section {
            title: "Policies",
            body: Body::Table(&POLICIES),
            empty: "No dependency yet. Step 2 has them; each needs an answer to: what happens when it is slow, and when it is down?",
        },
        Section {
            title: "Failure answers",
            body: Body::Table(&FAILURES),
            empty: "No answer yet. Press a: take one dependency, let it answer ten times slower, and write what the user sees, word for word.",
        },
        Section { title: "Questions", body: Body::Questions(3), empty: "" },
    ],
    &[
        Section {
            title: "Measures",
            body: Body::Measures,
            empty: "No measure yet. Press a: what shows the first bottleneck filling? Then M asks the metrics server.",
        },
        Section {
            title: "Load tests",
            body: Body::Table(&LOAD_TESTS),
            empty: "No load test yet. Press a: up to which load was this last tried, and what did the test leave out?",
        },
        Section { title: "Metrics server", body: Body::Form(EntityKind::Prometheus), empty: "" },
        Section { title: "Migration", body: Body::Form(EntityKind::Migration), empty: "" },
        Section { title: "Questions", body: Body::Questions(4), empty: "" },
    ],
];

/// The sections of what the review decides and leaves behind.
pub const OUTCOMES: &[Section] = &[
    Section {
        title: "Decisions",
        body: Body::Table(&DECISIONS),
        empty: "No decision yet. Press a: what was chosen, because of which constraint, what fails first, and what is watched.",
    },
    Section {
        title: "Actions",
        body: Body::Table(&ACTIONS),
        empty: "No action yet. Press a, or A on a finding or question: who does what until when, and how everybody sees that it is done.",
    },
    Section {
        title: "Triage",
        body: Body::Table(&TRIAGE),
        empty: "Nothing decided about a finding yet. Press t on a finding.",
    },
    Section {
        title: "Parked",
        body: Body::Table(&PARKED),
        empty: "Nothing is parked. P parks the question or finding under the cursor.",
    },
    Section { title: "Meetings", body: Body::Table(&MEETINGS), empty: "No minutes yet." },
];

/// The table that measures are added by.
pub static MEASURES: TableSpec = TableSpec {
    kind: EntityKind::Measure,
    columns: &[column("at", "at", 18, 2), column("signal", "signal", 10, 0), column("query", "query", 20, 3)],
    add: &["at", "signal", "query"],
};

/// The keys asked for when an entity of a kind is added.
pub fn add_keys(kind: EntityKind) -> &'static [&'static str] {
    let tables = STEPS.iter().copied().flatten().chain(OUTCOMES).filter_map(|section| match section.body {
        Body::Table(table) => Some(table),
        _ => None,
    });
    tables.chain([&MEASURES]).find(|table| table.kind == kind).map_or(&[], |table| table.add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::field_at;

    #[test]
    fn every_column_and_every_asked_key_is_a_key_of_the_format() {
        let mut seen = 0;
        for section in STEPS.iter().copied().flatten().chain(OUTCOMES) {
            let Body::Table(table) = section.body else { continue };
            for key in table.columns.iter().map(|column| column.key).chain(table.add.iter().copied()) {
                let keys: Vec<_> = key.split('.').collect();
                assert!(field_at(table.kind, &keys).is_some(), "{:?} has no {key}", table.kind);
                seen += 1;
            }
            assert!(!section.empty.is_empty());
        }
        assert!(seen > 100);
    }
}
