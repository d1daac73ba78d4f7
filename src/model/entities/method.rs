//! Steps 3 to 5: predicted bottlenecks, failure answers, measures, load tests, answers.

use super::policy::Response;
use crate::model::declare::{choice, entity};
use crate::model::{ElementName, FlowName, Id, QuestionName};
use crate::units::{Count, Estimate, Multiple, PerSecond, Ratio, Seconds};
use jiff::civil::Date;
use std::collections::BTreeMap;

choice! {
    /// Why a place is expected to saturate.
    HotspotKind ("a hotspot kind") {
        /// Many share one state.
        SharedState = "shared-state",
        /// Every request touches it.
        EveryRequest = "every-request",
        /// One key has much of the load.
        HotKey = "hot-key",
        /// Work piles up.
        Backlog = "backlog",
        /// Somebody set a limit.
        Quota = "quota",
        /// Something else.
        Other = "other",
    }
}

entity! {
    /// A range of load: surely fine below, surely broken above.
    LoadRange ("load") {
        /// Surely still fine below this multiple.
        low: Estimate<Multiple>,
        /// Surely broken above this multiple.
        high: Estimate<Multiple>,
    }
}

entity! {
    /// A place that is expected to saturate.
    Hotspot ("[[hotspot]]") {
        /// The name of the prediction.
        id: Id,
        /// Where: a component, or `a -> b`.
        at: ElementName,
        /// Why.
        kind: HotspotKind,
        /// Whether it is the room's own guess, made before the computed answer was shown.
        guess: bool,
        /// Between which multiples of today's load it breaks.
        load: LoadRange,
        /// How many people said so.
        votes: Estimate<Count>,
        /// What would show it filling.
        signal: String,
        /// What is done about it.
        mitigation: String,
    }
}

choice! {
    /// How a dependency fails.
    FailureMode ("a failure") {
        /// It answers much later than usual.
        Slow = "slow",
        /// It does not answer.
        Down = "down",
        /// It answers wrongly.
        Wrong = "wrong",
        /// It is asked more than it can do.
        Overloaded = "overloaded",
    }
}

entity! {
    /// What was decided for the failure of an element.
    Failure ("[[failure]]") {
        /// What fails: a component, or `a -> b`.
        at: ElementName,
        /// How it fails.
        when: FailureMode,
        /// What is done then.
        response: Response,
        /// What the user sees, word for word.
        user_sees: String,
        /// What notices it.
        detected_by: String,
        /// When it was last tried on purpose.
        tested: Date,
    }
}

entity! {
    /// The metrics server.
    PrometheusSettings ("[prometheus]") {
        /// Its address.
        url: String,
        /// The named set of queries.
        dialect: String,
        /// Headers whose values come from environment variables: header = variable.
        headers_env: BTreeMap<String, String>,
    }
}

entity! {
    /// A number that the metrics server knows.
    Measure ("[[measure]]") {
        /// What it is about: a component, a flow, or `a -> b`.
        at: ElementName,
        /// What it measures: rate, errors, p50, p95, p99, busy, queue, pool-wait, in-flight, lag, cost and more.
        signal: String,
        /// How it is asked for; absent is the dialect's query.
        query: String,
    }
}

choice! {
    /// How much of the system a load test covered.
    TestLevel ("a test level") {
        /// One component.
        Component = "component",
        /// One service with its dependencies.
        Service = "service",
        /// Everything, as users see it.
        EndToEnd = "end-to-end",
    }
}

entity! {
    /// One point of a load test.
    LoadPoint ("a load test point") {
        /// The rate that was sent.
        rate: Estimate<PerSecond>,
        /// The median response time.
        p50: Estimate<Seconds>,
        /// The 95th percentile.
        p95: Estimate<Seconds>,
        /// The 99th percentile.
        p99: Estimate<Seconds>,
        /// The share of errors.
        errors: Estimate<Ratio>,
    }
}

entity! {
    /// A load test and what it showed.
    LoadTest ("[[load_test]]") {
        /// The flow that was tested.
        flow: FlowName,
        /// How much of the system it covered.
        level: TestLevel,
        /// When it was run.
        date: Date,
        /// What it left out.
        notes: String,
        /// What was measured.
        points: Vec<LoadPoint>,
    }
}

choice! {
    /// An answer to a question.
    AnswerWord ("an answer") {
        /// Yes.
        Yes = "yes",
        /// No.
        No = "no",
        /// In part.
        Partly = "partly",
        /// It does not apply, for a reason.
        NotApplicable = "not-applicable",
        /// Nobody knows yet.
        Unknown = "unknown",
    }
}

choice! {
    /// Where an answer comes from.
    AnswerSource ("an answer's source") {
        /// The model answers it.
        Model = "model",
        /// The metrics answer it.
        Metrics = "metrics",
        /// People said so.
        People = "people",
    }
}

entity! {
    /// An answer to a question of a step or a checklist.
    Answer ("[[answer]]") {
        /// The question.
        question: QuestionName,
        /// The answer.
        answer: AnswerWord,
        /// Why it does not apply.
        reason: String,
        /// What was said.
        note: String,
        /// What shows it.
        evidence: String,
        /// Where it comes from.
        source: AnswerSource,
        /// Who said so (a role).
        by: String,
        /// When.
        date: Date,
    }
}
