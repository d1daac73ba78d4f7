//! Step 1: the review itself, growth, cost, targets, tenancy.

use crate::model::declare::{choice, entity};
use crate::model::{ComponentName, FlowName, Id};
use crate::units::{Estimate, Multiple, Number, PerSecond, Percent, Ratio, Seconds};
use jiff::civil::Date;

choice! {
    /// Where a review stands.
    ReviewStatus ("a review status") {
        /// Being written.
        Draft = "draft",
        /// Under discussion.
        InReview = "in-review",
        /// Agreed.
        Approved = "approved",
        /// Replaced by a later one.
        Superseded = "superseded",
    }
}

entity! {
    /// What is reviewed, by whom, and where it stands.
    Head ("[review]") {
        /// The title of the review.
        title: String,
        /// The system under review.
        system: String,
        /// Where the review stands.
        status: ReviewStatus,
        /// The day of the review.
        date: Date,
        /// Who leads the review (a role).
        facilitator: String,
        /// Who takes part (roles).
        participants: Vec<String>,
        /// What is looked at and what is not.
        scope: String,
    }
}

entity! {
    /// How much more load is expected, and how fast it comes.
    Growth ("[growth]") {
        /// How far ahead the review looks.
        horizon: Estimate<Seconds>,
        /// Steady growth over the horizon, as a multiple of today's rates.
        traffic: Estimate<Multiple>,
        /// The spike over the steady rate (launch, campaign), as a multiple.
        peak: Estimate<Multiple>,
        /// How long the peak lasts.
        peak_duration: Estimate<Seconds>,
        /// Time from steady to peak.
        ramp: Estimate<Seconds>,
        /// What it may cost.
        cost: CostTarget,
    }
}

entity! {
    /// What the system may cost.
    CostTarget ("[growth.cost]") {
        /// The currency of all costs in the file.
        currency: String,
        /// What the system may cost a month.
        monthly_budget: Estimate<Number>,
        /// What a million requests may cost.
        per_million_requests: Estimate<Number>,
    }
}

choice! {
    /// What an SLO counts.
    Indicator ("an indicator") {
        /// Answers within a threshold.
        Latency = "latency",
        /// Answers that are not errors.
        Availability = "availability",
        /// Work done in a time.
        Throughput = "throughput",
        /// Age of what is shown.
        Freshness = "freshness",
        /// Data that is not lost.
        Durability = "durability",
    }
}

entity! {
    /// A service level objective of a flow or a component.
    Slo ("[[slo]]") {
        /// The name of the objective.
        id: Id,
        /// The flow it is about.
        flow: FlowName,
        /// The component it is about, where it is not a flow.
        component: ComponentName,
        /// What is counted.
        indicator: Indicator,
        /// Percent of good events; "p99 < 300 ms" is objective 99 and threshold 300ms.
        objective: Estimate<Percent>,
        /// Up to where an event is good.
        threshold: Estimate<Seconds>,
        /// The window over which it is counted.
        window: Estimate<Seconds>,
        /// What happens when the error budget is nearly gone.
        policy: String,
        /// What may be dropped first.
        degradation: String,
        /// The alerts on its error budget, where they are not those of its component or of its flow's entry.
        alerts: Vec<String>,
    }
}

choice! {
    /// What separates one tenant from another.
    Isolation ("a tenant isolation") {
        /// Nothing.
        None = "none",
        /// Queues of their own.
        Queues = "queues",
        /// Pools of their own.
        Pools = "pools",
        /// Shards of their own.
        Shards = "shards",
    }
}

entity! {
    /// Many customers on one system.
    Tenancy ("[tenancy]") {
        /// The key that tells tenants apart.
        key: String,
        /// How many tenants there are.
        tenants: Estimate<Number>,
        /// The largest tenant's share of the load.
        largest_share: Estimate<Ratio>,
        /// The rate each tenant may use, at the edge.
        quota: Estimate<PerSecond>,
        /// What separates tenants behind the edge.
        isolation: Isolation,
    }
}
