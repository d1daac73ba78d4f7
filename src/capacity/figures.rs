//! The computed figures, as plain data. Every ratio is 0…, every time in seconds, every rate per second.

use crate::model::Element;
pub use crate::units::Span;

/// What kind of limit a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceKind {
    /// Requests held at once by the replicas of a component.
    Workers,
    /// Processors of a component.
    Cores,
    /// Connections of a caller to a callee.
    Pool,
    /// An admission limit or quota.
    RateLimit,
    /// The shard or partition that holds the hottest key, with its part of the component's workers.
    Partition,
}

impl ResourceKind {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Workers => "workers",
            Self::Cores => "cores",
            Self::Pool => "pool",
            Self::RateLimit => "rate-limit",
            Self::Partition => "partition",
        }
    }

    /// What it is called in a sentence ("the … of api").
    pub fn called(self) -> &'static str {
        match self {
            Self::Workers => "workers",
            Self::Cores => "processors",
            Self::Pool => "connections",
            Self::RateLimit => "rate limit",
            Self::Partition => "hottest shard",
        }
    }
}

/// One limited thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// The component, or the dependency for a pool.
    pub element: Element,
    /// What kind of limit.
    pub kind: ResourceKind,
    /// How much there is: slots, processors, or requests per second.
    pub capacity: Span,
    /// What arrives a second at the computed load.
    pub arrival_rate: Span,
    /// How long one visit holds a slot, in seconds; `None` for rate limits and where nothing arrives.
    pub holding_time: Option<Span>,
    /// Offered utilisation at the computed load, 0…; above 1 it cannot be served.
    pub utilisation: Span,
    /// The part of the utilisation that is the resource's own work.
    pub own_work: f64,
    /// The part that is waiting, by callee (largest first).
    pub waiting_for: Vec<(String, f64)>,
    /// The multiple of today's load at which it is full; infinite where no load fills it.
    pub saturates_at: Span,
    /// Inputs that were assumed for this figure (keys such as `component.cores`).
    pub assumed: Vec<String>,
}

impl Resource {
    /// `orders-db`, or `api -> orders-db`.
    pub fn name(&self) -> String {
        self.element.to_string()
    }
}

/// What saturates first and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Saturation {
    /// Position in [`Capacity::resources`].
    pub resource: usize,
    /// The multiple of today's load.
    pub at_load: Span,
    /// Why, in words: own work or waiting for whom.
    pub because: String,
}

/// A flow's arrival at the computed load.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowLoad {
    /// The flow.
    pub flow: String,
    /// Requests a second at its entry; `None` where the review does not say.
    pub arrival_rate: Option<Span>,
    /// Mean time to the answer without any waiting in queues, in seconds: a lower bound.
    pub time_without_queueing: Option<Span>,
    /// The multiple of today's load up to which nothing on the flow's way is full; infinite where nothing limits.
    pub sustains_load: Option<Span>,
    /// What fills first on its way: position in [`Capacity::resources`].
    pub until: Option<usize>,
}

/// Something the review does not say and the computation set.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumption {
    /// What it is about.
    pub element: Element,
    /// The key (`component.cores`).
    pub key: String,
    /// What was assumed, as a sentence.
    pub text: String,
}

/// Something the review does not say and without which a figure cannot be computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Missing {
    /// What it is about.
    pub element: Element,
    /// The key (`component.service_time`).
    pub key: String,
    /// What cannot be computed without it.
    pub text: String,
    /// Whether something may saturate earlier than computed because of it: without it "nothing saturates" is not known.
    pub decisive: bool,
}

/// The capacity picture at one load.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Capacity {
    /// The multiple of today's load it is computed at.
    pub load: f64,
    /// Every limited thing whose utilisation could be computed, those that saturate first in front.
    pub resources: Vec<Resource>,
    /// What saturates first, second … : positions and reasons, in order; only what a finite load fills.
    pub saturations: Vec<Saturation>,
    /// The flows, in file order.
    pub flows: Vec<FlowLoad>,
    /// What was assumed.
    pub assumptions: Vec<Assumption>,
    /// What is missing.
    pub missing: Vec<Missing>,
}
