//! What a review decides and leaves behind: decisions, triage, actions, parked topics, minutes, migration.

use crate::model::declare::{choice, entity};
use crate::model::{FindingName, Id, PatternName};
use crate::units::{Count, Estimate, Number, Seconds};
use jiff::civil::Date;
use std::collections::BTreeMap;

choice! {
    /// Where a decision stands.
    DecisionStatus ("a decision status") {
        /// Put forward.
        Proposed = "proposed",
        /// Taken.
        Accepted = "accepted",
        /// Not taken.
        Rejected = "rejected",
        /// Replaced by a later one.
        Superseded = "superseded",
    }
}

choice! {
    /// Whether a decision can be taken back.
    Door ("a door") {
        /// Hardly.
        OneWay = "one-way",
        /// Easily.
        TwoWay = "two-way",
    }
}

entity! {
    /// One way to decide, with a score for each criterion.
    DecisionOption ("an option") {
        /// What it is called.
        name: String,
        /// Scores by criterion, higher is better.
        scores: BTreeMap<String, Estimate<Number>>,
    }
}

entity! {
    /// Somebody who disagreed, and the sign they expect.
    Dissent ("dissent") {
        /// Who (a role).
        by: String,
        /// What they say.
        says: String,
        /// The sign that would prove them right.
        expects: String,
    }
}

entity! {
    /// What a machine reads to reopen a decision.
    Trigger ("trigger") {
        /// The measure that is read.
        measure: String,
        /// True below this value.
        below: Estimate<Number>,
        /// True above this value.
        above: Estimate<Number>,
        /// For how long.
        duration as "for": Estimate<Seconds>,
    }
}

entity! {
    /// What was chosen, why, and when to look again.
    Decision ("[[decision]]") {
        /// The name of the decision.
        id: Id,
        /// What it says.
        title: String,
        /// Where it stands.
        status: DecisionStatus,
        /// What it answers: the constraint.
        constraint: String,
        /// The pattern it uses.
        pattern: PatternName,
        /// The ways that were weighed.
        options: Vec<DecisionOption>,
        /// How much each criterion counts.
        weights: BTreeMap<String, Estimate<Number>>,
        /// Why.
        because: String,
        /// What fails first with it.
        fails_first: String,
        /// What is watched.
        measure: String,
        /// When to look again, as a sentence.
        revisit: String,
        /// The findings it answers.
        findings: Vec<FindingName>,
        /// When it was taken.
        date: Date,
        /// Who took it (a role).
        decider: String,
        /// Whether it can be taken back.
        door: Door,
        /// Who disagreed.
        dissent: Vec<Dissent>,
        /// What a machine reads to reopen it.
        trigger: Trigger,
        /// When to look again, as a day.
        review_by: Date,
    }
}

choice! {
    /// What was decided about a finding.
    TriageStatus ("a triage status") {
        /// Being talked about.
        InDiscussion = "in-discussion",
        /// Lived with, for a reason and a time.
        Accepted = "accepted",
        /// Being mended.
        InProgress = "in-progress",
        /// Mended, it is said.
        Mitigated = "mitigated",
        /// The rule is wrong here.
        FalsePositive = "false-positive",
    }
}

entity! {
    /// What was decided about a finding.
    Triage ("[[triage]]") {
        /// The finding: CODE@element; `*` matches within one part.
        finding: FindingName,
        /// What was decided.
        status: TriageStatus,
        /// Why.
        reason: String,
        /// Who (a role).
        by: String,
        /// When.
        date: Date,
        /// Until when it holds.
        expires: Date,
        /// Where it is tracked.
        ticket: String,
    }
}

choice! {
    /// Where an action stands.
    ActionStatus ("an action status") {
        /// To do.
        Open = "open",
        /// Done.
        Done = "done",
        /// Given up.
        Dropped = "dropped",
    }
}

choice! {
    /// What an action is for.
    ActionKind ("an action kind") {
        /// Mend something.
        Fix = "fix",
        /// Find something out.
        FindOut = "find-out",
        /// Show that something holds.
        Prove = "prove",
        /// Ask somebody.
        Ask = "ask",
    }
}

entity! {
    /// Something somebody does until a day.
    Action ("[[action]]") {
        /// The name of the action.
        id: Id,
        /// What is done.
        title: String,
        /// Who does it (a role).
        owner: String,
        /// Until when.
        due: Date,
        /// Where it stands.
        status: ActionStatus,
        /// The finding, decision or question it comes from.
        from: String,
        /// What it is for.
        kind: ActionKind,
        /// How everybody sees that it is done.
        done_when: String,
        /// When it was agreed.
        created: Date,
    }
}

entity! {
    /// A topic put aside.
    Parked ("[[parked]]") {
        /// The topic.
        title: String,
        /// Where it goes.
        goes_to: String,
        /// When somebody looks at it.
        look_at: Date,
        /// Where it came up.
        from: String,
    }
}

entity! {
    /// One item of a meeting.
    MeetingItem ("a meeting item") {
        /// What it was about.
        at: String,
        /// How long it was to take.
        planned: Estimate<Seconds>,
        /// How long it took.
        spent: Estimate<Seconds>,
        /// How it ended.
        out: String,
    }
}

entity! {
    /// One line of the minutes.
    MeetingLine ("a line of the minutes") {
        /// What it was about.
        at: String,
        /// Minutes after the start.
        min: Estimate<Number>,
        /// What kind of line it is.
        kind: String,
        /// What was said.
        text: String,
    }
}

entity! {
    /// The minutes of a meeting.
    Meeting ("[[meeting]]") {
        /// When it was.
        date: Date,
        /// How long it was to take.
        planned: Estimate<Seconds>,
        /// How long it took.
        spent: Estimate<Seconds>,
        /// Who was there (roles).
        present: Vec<String>,
        /// The items.
        items: Vec<MeetingItem>,
        /// The lines that were written.
        lines: Vec<MeetingLine>,
    }
}

entity! {
    /// Where the system stands on the way from one to many.
    Migration ("[migration]") {
        /// 1 stabilise, 2 modularise, 3 move work off the request path, 4 split.
        phase: Estimate<Count>,
        /// What must be true before the next phase.
        notes: String,
    }
}
