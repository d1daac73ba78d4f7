//! Two small sums: how often a fan-out meets the tail of one of its calls, and what one failover costs of a budget.
//!
//! Must not know flows.

/// The chance that at least one of several calls is slow, 0…1: `1 − Π (1 − made × slow)^times`, where each call is slow
/// with chance `slow`, independently of the others.
///
/// `calls` are pairs of the share of requests that make the call (0…1) and how often they make it (0…). Source: Dean,
/// Barroso, *The Tail at Scale* (CACM 2013): 100 calls of which each is slow in 1 % make 63 % of the requests slow.
pub fn some_call_slow(slow: f64, calls: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    let all_fast: f64 = calls.into_iter().map(|(made, times)| (1.0 - made * slow).max(0.0).powf(times)).product();
    1.0 - all_fast
}

/// The most calls, each slow with chance `slow`, of which with chance `most` or less at least one is slow; infinite
/// where none is ever slow.
pub fn widest_fan_out(slow: f64, most: f64) -> f64 {
    if slow <= 0.0 || most >= 1.0 {
        return f64::INFINITY;
    }
    ((1.0 - most).ln() / (1.0 - slow).ln() + 1e-9).floor().max(0.0)
}

/// The error budget of a window in seconds of total outage: `window × (1 − objective)`; the objective is a share, 0…1.
///
/// Source: Google SRE workbook, *Alerting on SLOs*: 99.9 % of 30 days leaves 43.2 minutes.
pub fn error_budget(window: f64, objective: f64) -> f64 {
    (window * (1.0 - objective)).max(0.0)
}

/// What one failover spends of the window's error budget: `RTO × share ÷ (window × (1 − objective))`, where `share` of
/// the requests fail while it lasts. 1 is all of it; infinite where there is no budget.
pub fn failover_cost(recovery_time: f64, share: f64, window: f64, objective: f64) -> f64 {
    let spent = recovery_time * share;
    if spent <= 0.0 {
        return 0.0;
    }
    let budget = error_budget(window, objective);
    if budget > 0.0 { spent / budget } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: f64 = 86_400.0;

    #[test]
    fn a_hundred_calls_meet_the_slow_hundredth_in_most_requests() {
        assert!((some_call_slow(0.01, [(1.0, 100.0)]) - 0.633_967_66).abs() < 1e-8);
        assert!((some_call_slow(0.01, [(1.0, 1.0), (0.5, 2.0)]) - (1.0 - 0.99 * 0.995 * 0.995)).abs() < 1e-12);
        assert_eq!(some_call_slow(0.01, [(1.0, 0.0), (0.0, 5.0)]), 0.0);
        assert_eq!(widest_fan_out(0.01, 0.2), 22.0);
        assert!(some_call_slow(0.01, [(1.0, 22.0)]) <= 0.2 && some_call_slow(0.01, [(1.0, 23.0)]) > 0.2);
        assert_eq!(widest_fan_out(0.0, 0.2), f64::INFINITY);
    }

    #[test]
    fn a_failover_is_counted_in_budgets() {
        assert!((error_budget(30.0 * DAY, 0.999) - 2592.0).abs() < 1e-6);
        assert!((failover_cost(2592.0, 1.0, 30.0 * DAY, 0.999) - 1.0).abs() < 1e-9);
        assert!((failover_cost(3600.0, 0.1, 30.0 * DAY, 0.999) - 360.0 / 2592.0).abs() < 1e-9);
        assert_eq!(failover_cost(1.0, 1.0, DAY, 1.0), f64::INFINITY);
        assert_eq!(failover_cost(0.0, 1.0, DAY, 1.0), 0.0);
    }
}
