//! Steps 2 and 4: dependencies with their policies, and the policies of components.

use super::system::Operation;
use crate::model::ComponentName;
use crate::model::declare::{choice, entity};
use crate::units::{Bytes, Count, Estimate, Number, Ratio, Seconds};
use jiff::civil::Date;

entity! {
    /// How replicas follow the load.
    Autoscale ("autoscale") {
        /// The fewest replicas.
        min: Estimate<Count>,
        /// The most replicas.
        max: Estimate<Count>,
        /// What is watched.
        metric: String,
        /// The share at which it is held.
        target: Estimate<Ratio>,
        /// Time from needing more to more serving.
        reaction: Estimate<Seconds>,
    }
}

choice! {
    /// What happens when the waiting room is full.
    Overflow ("an overflow") {
        /// The new one is refused.
        Reject = "reject",
        /// The oldest one is dropped.
        DropOldest = "drop-oldest",
        /// The sender waits.
        Block = "block",
    }
}

entity! {
    /// The waiting room before the workers of a component.
    QueuePolicy ("queue") {
        /// How many may wait at one replica.
        limit: Estimate<Count>,
        /// How long one may wait.
        wait: Estimate<Seconds>,
        /// What happens to the next one.
        overflow: Overflow,
    }
}

choice! {
    /// How a cache is filled and kept.
    CachePattern ("a cache pattern") {
        /// The caller reads, misses, reads the origin and fills.
        CacheAside = "cache-aside",
        /// The cache reads the origin itself.
        ReadThrough = "read-through",
        /// Writes go through the cache to the origin.
        WriteThrough = "write-through",
        /// Writes reach the origin later.
        WriteBehind = "write-behind",
    }
}

choice! {
    /// What removes a wrong entry.
    Invalidation ("an invalidation") {
        /// The write that made it wrong.
        Write = "write",
        /// Its age.
        Ttl = "ttl",
        /// An event.
        Event = "event",
        /// Nothing.
        None = "none",
    }
}

entity! {
    /// How a component caches.
    CachePolicy ("cache") {
        /// How it is filled and kept.
        pattern: CachePattern,
        /// The share of reads it answers.
        hit_ratio: Estimate<Ratio>,
        /// How long an entry lives.
        ttl: Estimate<Seconds>,
        /// What removes a wrong entry.
        invalidation: Invalidation,
        /// What keeps many callers from refilling one entry at once (singleflight, lock, stale, none).
        stampede_protection: String,
    }
}

choice! {
    /// The model of a store.
    DataModel ("a data model") {
        /// Rows and transactions.
        Oltp = "oltp",
        /// Columns and scans.
        Olap = "olap",
        /// Values by key.
        KeyValue = "key-value",
        /// Documents.
        Document = "document",
        /// Points in time.
        TimeSeries = "time-series",
        /// Inverted index.
        Search = "search",
        /// Nearest neighbours.
        Vector = "vector",
        /// Append-only log.
        Log = "log",
    }
}

choice! {
    /// How copies follow the primary.
    Replication ("a replication") {
        /// Before the answer.
        Sync = "sync",
        /// After the answer.
        Async = "async",
        /// Not at all.
        None = "none",
    }
}

choice! {
    /// What a reader may rely on.
    Consistency ("a consistency") {
        /// The latest write.
        Strong = "strong",
        /// One's own latest write.
        ReadYourWrites = "read-your-writes",
        /// The latest write, some time.
        Eventual = "eventual",
    }
}

entity! {
    /// How a component keeps data.
    Data ("data") {
        /// The product.
        engine: String,
        /// The model of the store.
        model: DataModel,
        /// How many connections it accepts.
        max_connections: Estimate<Count>,
        /// Rows today.
        rows: Estimate<Number>,
        /// Rows added a day.
        rows_per_day: Estimate<Number>,
        /// How long rows stay.
        retention: Estimate<Seconds>,
        /// Size today.
        size: Estimate<Bytes>,
        /// The size at which it is full.
        size_limit: Estimate<Bytes>,
        /// What it is partitioned by.
        partition_key: String,
        /// How many shards or partitions.
        shards: Estimate<Count>,
        /// The hottest key's share of the load.
        hottest_key_share: Estimate<Ratio>,
        /// How many copies answer reads.
        read_replicas: Estimate<Count>,
        /// How copies follow the primary.
        replication: Replication,
        /// How far copies are behind.
        replication_lag: Estimate<Seconds>,
        /// What a reader may rely on.
        consistency: Consistency,
        /// Whether one row counts for everybody.
        global_counters: bool,
    }
}

entity! {
    /// How a queue or stream keeps messages.
    BrokerPolicy ("broker") {
        /// How many messages fit.
        bound: Estimate<Number>,
        /// Whether messages that always fail leave the line.
        dead_letter: bool,
        /// How long a message is hidden while it is worked on.
        visibility_timeout: Estimate<Seconds>,
        /// How often a message is tried.
        max_attempts: Estimate<Count>,
        /// How many consumers can work in parallel.
        partitions: Estimate<Count>,
        /// How long messages stay.
        retention: Estimate<Seconds>,
        /// Whether the past can be read again.
        replay: bool,
        /// How message forms change (versioned, none …).
        schema: String,
        /// Whether consumers' lag is visible.
        lag_visible: bool,
    }
}

choice! {
    /// Who may write.
    Writers ("a write model") {
        /// One place.
        Single = "single",
        /// Several places.
        Multi = "multi",
    }
}

choice! {
    /// What stands ready to take over.
    Standby ("a standby") {
        /// Nothing.
        None = "none",
        /// A backup to restore.
        Backup = "backup",
        /// A copy that waits.
        ActivePassive = "active-passive",
        /// A copy that works.
        ActiveActive = "active-active",
    }
}

entity! {
    /// How a component is recovered after a loss.
    Recovery ("recovery") {
        /// How much data may be lost, in time.
        rpo: Estimate<Seconds>,
        /// How long recovery may take.
        rto: Estimate<Seconds>,
        /// Who may write.
        writers: Writers,
        /// The rule for conflicts of several writers.
        conflicts: String,
        /// What stands ready to take over.
        standby: Standby,
        /// When recovery was last tried on purpose.
        last_drill: Date,
        /// Where the runbook is.
        runbook: String,
    }
}

choice! {
    /// Whether a caller waits.
    Mode ("a mode") {
        /// The caller waits for the answer.
        Sync = "sync",
        /// The caller goes on.
        Async = "async",
        /// Events flow to readers.
        Stream = "stream",
        /// In lots, at set times.
        Batch = "batch",
    }
}

choice! {
    /// Whether a flow survives without a dependency.
    Criticality ("a criticality") {
        /// It does not.
        Hard = "hard",
        /// It does.
        Soft = "soft",
    }
}

choice! {
    /// How the wait before the next attempt grows.
    Backoff ("a backoff") {
        /// No wait.
        None = "none",
        /// Always the same.
        Constant = "constant",
        /// By a step each time.
        Linear = "linear",
        /// Doubling each time.
        Exponential = "exponential",
    }
}

entity! {
    /// What is done after a failed attempt.
    Retry ("retry") {
        /// Attempts after the first.
        attempts: Estimate<Count>,
        /// How the wait grows.
        backoff: Backoff,
        /// The first wait.
        base: Estimate<Seconds>,
        /// The longest wait.
        cap: Estimate<Seconds>,
        /// Whether the wait is random.
        jitter: bool,
        /// Retries as a share of all calls, at most.
        budget: Estimate<Ratio>,
    }
}

choice! {
    /// What makes a second identical request harmless.
    Idempotency ("an idempotency") {
        /// Its nature: twice is as good as once.
        Natural = "natural",
        /// A key that the callee remembers.
        Key = "key",
        /// Nothing.
        None = "none",
    }
}

entity! {
    /// When a caller stops asking for a while.
    Breaker ("breaker") {
        /// The share of errors that opens it.
        error_ratio: Estimate<Ratio>,
        /// The time over which errors are counted.
        window: Estimate<Seconds>,
        /// How long it stays open.
        open_for: Estimate<Seconds>,
    }
}

entity! {
    /// Connections of one replica of the caller, held for the whole call; also a bulkhead.
    Pool ("pool") {
        /// Connections of one replica of `from`.
        size: Estimate<Count>,
        /// How long one may wait for a connection.
        wait: Estimate<Seconds>,
    }
}

choice! {
    /// What a caller does when the callee fails or is slow.
    Response ("a response") {
        /// Says no at once.
        FailFast = "fail-fast",
        /// Uses another source.
        Fallback = "fallback",
        /// Answers with less.
        Degrade = "degrade",
        /// Accepts now and does it later.
        Queue = "queue",
    }
}

entity! {
    /// One component's use of another.
    Dependency ("[[dependency]]") {
        /// Who calls.
        from: ComponentName,
        /// Who is called.
        to: ComponentName,
        /// Whether the caller waits.
        mode: Mode,
        /// Round trip between the two, without the callee's work.
        network: Estimate<Seconds>,
        /// What it does to data.
        operation: Operation,
        /// Whether the flow survives without it.
        criticality: Criticality,
        /// When the caller gives up.
        timeout: Estimate<Seconds>,
        /// What is done after a failed attempt.
        retry: Retry,
        /// What makes a second identical request harmless.
        idempotency: Idempotency,
        /// When the caller stops asking.
        breaker: Breaker,
        /// The connections that are held for the call.
        pool: Pool,
        /// What the caller does when the callee fails.
        on_failure: Response,
        /// What it falls back to.
        fallback: String,
        /// Whether the event is published through an outbox.
        outbox: bool,
    }
}
