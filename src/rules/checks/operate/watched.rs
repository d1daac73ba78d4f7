//! What an alert, a signal or a measure watches, read off its name: what the rules about instrumentation share.

use crate::model::Indicator;

/// Names with one of these parts say how full something is.
const FULL: [&str; 39] = [
    "age",
    "backlog",
    "blocked",
    "busy",
    "capacity",
    "concurrency",
    "connections",
    "cpu",
    "deadlock",
    "depth",
    "disk",
    "exhausted",
    "flight",
    "full",
    "headroom",
    "inflight",
    "lag",
    "load",
    "lock",
    "locks",
    "memory",
    "pool",
    "queue",
    "queued",
    "queueing",
    "quota",
    "refusals",
    "refused",
    "rejected",
    "saturation",
    "shed",
    "threads",
    "throttle",
    "throttled",
    "throttling",
    "utilisation",
    "utilization",
    "wait",
    "waits",
];

/// Names with one of these parts watch a budget, whatever is counted.
const BUDGET: [&str; 5] = ["burn", "burnrate", "budget", "slo", "objective"];

/// The parts of a name: words and numbers, in small letters.
fn parts(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_lowercase)
}

/// Whether a name says how full something is: `pool-wait`, `in-flight`, `busy`, `lag`.
pub(super) fn says_how_full(name: &str) -> bool {
    parts(name).any(|part| FULL.contains(&part.as_str()))
}

/// Whether an alert of this name watches an objective with this indicator, or its budget.
pub(super) fn watches(name: &str, indicator: Option<Indicator>, slo: &str) -> bool {
    let own: &[&str] = match indicator {
        None => &[],
        Some(Indicator::Latency) => &["latency", "p50", "p90", "p95", "p99", "p999", "slow", "duration", "response"],
        Some(Indicator::Availability) => {
            &["availability", "unavailable", "error", "errors", "5xx", "success", "failures", "down", "uptime", "probe"]
        }
        Some(Indicator::Throughput) => &["throughput", "rate", "rps", "backlog", "drain", "lag"],
        Some(Indicator::Freshness) => {
            &["freshness", "fresh", "age", "lag", "stale", "staleness", "delay", "late", "overdue"]
        }
        Some(Indicator::Durability) => {
            &["durability", "backup", "backups", "loss", "lost", "replication", "checksum", "restore"]
        }
    };
    (!slo.is_empty() && name.trim().to_lowercase().contains(slo))
        || parts(name).any(|part| BUDGET.contains(&part.as_str()) || own.contains(&part.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_how_full() {
        for name in ["pool-wait", "in-flight", "busy", "Queue depth", "lag-time", "cpu_utilisation", "quota"] {
            assert!(says_how_full(name), "{name}");
        }
        for name in ["rate", "p99", "errors", "burn-rate", "", "traces", "carpool"] {
            assert!(!says_how_full(name), "{name}");
        }
    }

    #[test]
    fn an_alert_watches_the_budget_or_what_is_counted() {
        assert!(watches("Burn rate 1h", Some(Indicator::Latency), "a"));
        assert!(watches("p99", Some(Indicator::Latency), "a") && !watches("p99", Some(Indicator::Availability), "a"));
        assert!(watches("checkout-latency fast", None, "checkout-latency"));
        assert!(watches("oldest-event-age", Some(Indicator::Freshness), "a"));
        assert!(!watches("disk", Some(Indicator::Availability), "a") && !watches("anything", None, ""));
    }
}
