//! Step 2: components, and the flows that use them.

use super::policy::{Autoscale, BrokerPolicy, CachePolicy, Data, QueuePolicy, Recovery};
use crate::model::declare::{choice, entity};
use crate::model::{ComponentName, Id, ServiceTime};
use crate::units::{Bytes, Count, Estimate, Multiple, Number, PerSecond, Percent, Ratio, Seconds};

choice! {
    /// What a component is.
    ComponentKind ("a component kind") {
        /// A browser, an app, a partner's system that calls.
        Client = "client",
        /// A content delivery network.
        Cdn = "cdn",
        /// A filter against attacks.
        Waf = "waf",
        /// Routing, authentication and throttling at the entrance.
        Gateway = "gateway",
        /// Spreads requests over replicas.
        LoadBalancer = "load-balancer",
        /// Answers requests.
        Service = "service",
        /// Takes work from a queue or stream.
        Worker = "worker",
        /// Runs on demand on a platform that scales it.
        Function = "function",
        /// Keeps copies for fast reads.
        Cache = "cache",
        /// Keeps the data of record.
        Database = "database",
        /// A search index.
        Search = "search",
        /// Keeps files and blobs.
        ObjectStore = "object-store",
        /// Hands each message to one consumer.
        Queue = "queue",
        /// Keeps ordered events that many may read again.
        Stream = "stream",
        /// Starts work at set times.
        Scheduler = "scheduler",
        /// A model that infers (language, ranking, vision).
        Model = "model",
        /// Somebody else's system.
        External = "external",
    }
}

impl ComponentKind {
    /// Whether it keeps state that other components share.
    pub fn is_store(self) -> bool {
        matches!(self, Self::Cache | Self::Database | Self::Search | Self::ObjectStore | Self::Queue | Self::Stream)
    }

    /// Whether work waits in it for a consumer.
    pub fn is_broker(self) -> bool {
        matches!(self, Self::Queue | Self::Stream)
    }

    /// Whether it runs the team's own code.
    pub fn is_compute(self) -> bool {
        matches!(self, Self::Gateway | Self::Service | Self::Worker | Self::Function | Self::Scheduler | Self::Model)
    }
}

entity! {
    /// A part of the system with its limits and promises.
    Component ("[[component]]") {
        /// The name other entities refer to.
        id: Id,
        /// The name people read.
        name: String,
        /// What it is.
        kind: ComponentKind,
        /// The team that answers for it.
        owner: String,
        /// Whether any replica may be lost without losing a user's state.
        stateless: bool,
        /// How many run today.
        replicas: Estimate<Count>,
        /// How the number of replicas follows the load.
        autoscale: Autoscale,
        /// Requests one replica holds at once (threads, processes, permits); absent is unbounded.
        workers: Estimate<Count>,
        /// Processors of one replica; absent is one for each worker.
        cores: Estimate<Number>,
        /// Own busy time of one visit, waits and downstream calls excluded.
        service_time: ServiceTime,
        /// The waiting room before the workers.
        queue: QueuePolicy,
        /// Admission limit or a provider's quota, for the whole component.
        rate_limit: Estimate<PerSecond>,
        /// Promise or assumption, percent.
        availability: Estimate<Percent>,
        /// Availability zones it runs in.
        zones: Estimate<Count>,
        /// Regions it runs in.
        regions: Vec<String>,
        /// What one replica costs an hour.
        cost_per_hour: Estimate<Number>,
        /// Components that must be deployed together name the same unit.
        deploys_with: String,
        /// What it reports: metrics, logs, traces.
        signals: Vec<String>,
        /// The alerts on it.
        alerts: Vec<String>,
        /// Where its runbook is.
        runbook: String,
        /// How it caches, where it is a cache.
        cache: CachePolicy,
        /// How it keeps data, where it is a store.
        data: Data,
        /// How it queues, where it is a queue or stream.
        broker: BrokerPolicy,
        /// How it is recovered.
        recovery: Recovery,
    }
}

choice! {
    /// What a call or flow does to data.
    Operation ("an operation") {
        /// Reads.
        Read = "read",
        /// Writes.
        Write = "write",
        /// Both.
        ReadWrite = "read-write",
        /// Asks again and again whether there is work.
        Poll = "poll",
    }
}

impl Operation {
    /// Whether it changes data.
    pub fn writes(self) -> bool {
        matches!(self, Self::Write | Self::ReadWrite)
    }
}

entity! {
    /// A way that requests take through the system.
    Flow ("[[flow]]") {
        /// The name other entities refer to.
        id: Id,
        /// The name people read.
        name: String,
        /// Where it enters.
        entry: ComponentName,
        /// Today's rate at the entry.
        rate: Estimate<PerSecond>,
        /// Users of a closed workload, instead of a rate.
        users: Estimate<Count>,
        /// Time a user of a closed workload thinks between an answer and the next request.
        think: Estimate<Seconds>,
        /// The spike of this flow, over the one of growth.
        peak: Estimate<Multiple>,
        /// Whether it is on the fast path.
        critical: bool,
        /// Its share of the value the system makes.
        value_share: Estimate<Ratio>,
        /// What it does to data.
        operation: Operation,
        /// The size of one request.
        payload: Estimate<Bytes>,
        /// What is called, in order.
        calls: Vec<Call>,
    }
}

entity! {
    /// One call of a flow: each visit of `from` makes it.
    Call ("a call") {
        /// Who calls.
        from: ComponentName,
        /// Who is called.
        to: ComponentName,
        /// Only on a miss of this cache.
        on_miss: ComponentName,
        /// How many times per visit of `from`.
        count: Estimate<Number>,
        /// The share of visits that make the call.
        probability: Estimate<Ratio>,
        /// Calls of one `from` with the same group run in parallel.
        group: String,
        /// Own demand at the callee, where this call is not the usual one.
        service_time: ServiceTime,
    }
}
