//! What one dependency's policies allow: its timeout, its attempts, the waits between them. Must not know flows.

use crate::model::{Backoff, Dependency, Retry};
use crate::units::{Count, Estimate, Quantity, Seconds, Span, significant};

/// When a caller gives up on one attempt, in seconds. A timeout of 0 is none: that is how most clients write "no limit".
pub fn timeout(dependency: &Dependency) -> Option<Span> {
    dependency.timeout.as_ref().map(Span::of).filter(|timeout| timeout.likely > 0.0)
}

/// Attempts after the first; 0 where nothing is said.
pub fn retries(dependency: &Dependency) -> Span {
    let attempts = dependency.retry.as_ref().and_then(|retry| retry.attempts.as_ref());
    attempts.map_or(Span::ZERO, Span::of)
}

/// How many times its load a callee may get from one caller that repeats: `1 + attempts`, or `1 + budget` where a budget
/// holds the retries below a share of all calls.
///
/// A circuit breaker does not lower it: it opens after a window of errors, and the first wave is let through.
/// Source: Google SRE book, *Handling Overload* (per-client retry budget of 10 % leaves a factor of 1.1).
pub fn load_factor(dependency: &Dependency) -> Span {
    let attempts = Span::ONE + retries(dependency);
    let budget = dependency.retry.as_ref().and_then(|retry| retry.budget.as_ref());
    budget.map_or(attempts, |budget| attempts.smaller(Span::ONE + Span::of(budget)))
}

/// All the waits between the attempts of a call, in seconds. Jitter makes them shorter, never longer.
///
/// `constant`: n × base. `linear`: base × (1 + 2 + … + n). `exponential`: base × (2ⁿ − 1). Each wait at most `cap`.
pub fn waits_between(retry: &Retry) -> Span {
    let at = |end: fn(&Estimate<Count>) -> Count, time: fn(&Estimate<Seconds>) -> Seconds| {
        let attempts = retry.attempts.as_ref().map_or(0.0, |attempts| end(attempts).value());
        let base = retry.base.as_ref().map_or(0.0, |base| time(base).value());
        let cap = retry.cap.as_ref().map_or(f64::INFINITY, |cap| time(cap).value());
        waits(retry.backoff, attempts, base, cap)
    };
    Span {
        low: at(Estimate::low, Estimate::low),
        likely: at(Estimate::likely, Estimate::likely),
        high: at(Estimate::high, Estimate::high),
    }
}

fn waits(backoff: Option<Backoff>, attempts: f64, base: f64, cap: f64) -> f64 {
    if base == 0.0 || attempts == 0.0 {
        return 0.0;
    }
    // The waits that still grow, their sum, and the rest at the cap.
    let (growing, grown) = match backoff {
        Some(Backoff::None) => return 0.0,
        None | Some(Backoff::Constant) => return base.min(cap) * attempts,
        Some(Backoff::Linear) => {
            let growing = (cap / base).floor().min(attempts);
            (growing, base * growing * (growing + 1.0) / 2.0)
        }
        Some(Backoff::Exponential) => {
            let below_cap = if cap >= base { (cap / base).log2().floor() + 1.0 } else { 0.0 };
            let growing = below_cap.min(attempts);
            (growing, base * (growing.exp2() - 1.0))
        }
    };
    let rest = attempts - growing;
    grown + if rest > 0.0 { cap * rest } else { 0.0 }
}

/// The longest one attempt waits for a connection of the pool, in seconds; 0 where nothing is said.
pub fn pool_wait(dependency: &Dependency) -> Span {
    let wait = dependency.pool.as_ref().and_then(|pool| pool.wait.as_ref());
    wait.map_or(Span::ZERO, Span::of)
}

/// The waits of a call that are not part of its attempts: backoff, and the pool before each attempt.
pub fn waits_of(dependency: &Dependency) -> Span {
    let between = dependency.retry.as_ref().map_or(Span::ZERO, waits_between);
    between + pool_wait(dependency) * (Span::ONE + retries(dependency))
}

/// The longest a caller waits for one call: `(pool wait + timeout) × attempts + backoff`, in seconds; `None` without a
/// timeout. Infinite where waits double without a cap for long enough.
pub fn longest_wait(dependency: &Dependency) -> Option<Span> {
    let timeout = timeout(dependency)?;
    Some(timeout * (Span::ONE + retries(dependency)) + waits_of(dependency))
}

/// [`longest_wait`] without the waits for a connection: `timeout × attempts + backoff`, in seconds.
pub fn longest_call(dependency: &Dependency) -> Option<Span> {
    let between = dependency.retry.as_ref().map_or(Span::ZERO, waits_between);
    Some(timeout(dependency)? * (Span::ONE + retries(dependency)) + between)
}

/// How [`longest_wait`] comes about, likely values: `(500 ms + 20 ms for a connection) × 3 + 120 ms of backoff`.
pub fn longest_wait_in_words(dependency: &Dependency) -> String {
    in_words(dependency, pool_wait(dependency).likely)
}

/// How [`longest_call`] comes about, likely values: `500 ms × 3 + 120 ms of backoff`.
pub fn longest_call_in_words(dependency: &Dependency) -> String {
    in_words(dependency, 0.0)
}

fn in_words(dependency: &Dependency, pool: f64) -> String {
    let Some(timeout) = &dependency.timeout else { return "no timeout".to_owned() };
    let attempts = 1.0 + retries(dependency).likely;
    let mut words = timeout.likely().to_string();
    if pool > 0.0 {
        words = format!("{words} + {} for a connection", Seconds::new(pool));
    }
    if attempts > 1.0 {
        words = if pool > 0.0 { format!("({words})") } else { words };
        words = format!("{words} × {}", significant(attempts, 6));
    }
    let between = dependency.retry.as_ref().map_or(0.0, |retry| waits_between(retry).likely);
    if between == f64::INFINITY {
        words = format!("{words} + backoff without end");
    } else if between > 0.0 {
        words = format!("{words} + {} of backoff", Seconds::new(between));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;

    fn dependency(policy: &str) -> Dependency {
        let text = format!(
            "component = [{{ id = 'a' }}, {{ id = 'b' }}]\n[[dependency]]\nfrom = 'a'\nto = 'b'\ntimeout = '100ms'\n{policy}"
        );
        let (review, _, problems) = parse(&text);
        assert!(problems.is_empty(), "{problems:?}");
        review.dependencies[0].clone()
    }

    fn wait(policy: &str) -> f64 {
        (longest_wait(&dependency(policy)).unwrap().likely * 1e6).round() / 1e6
    }

    #[test]
    fn attempts_and_waits_add_up() {
        assert_eq!(wait(""), 0.1);
        assert_eq!(wait("retry = { attempts = 2 }"), 0.3);
        assert_eq!(wait("retry = { attempts = 2, backoff = 'constant', base = '10ms' }"), 0.32);
        assert_eq!(wait("retry = { attempts = 2, backoff = 'none', base = '10ms' }"), 0.3);
        assert_eq!(wait("retry = { attempts = 3, backoff = 'linear', base = '10ms' }"), 0.46);
        assert_eq!(wait("retry = { attempts = 3, backoff = 'exponential', base = '10ms' }"), 0.47);
        assert_eq!(wait("retry = { attempts = 4, backoff = 'exponential', base = '10ms', cap = '20ms' }"), 0.57);
        assert_eq!(wait("retry = { attempts = 3, backoff = 'linear', base = '10ms', cap = '20ms' }"), 0.45);
        assert_eq!(wait("retry = { attempts = 2, backoff = 'exponential', base = '10ms', cap = '1ms' }"), 0.302);
        assert_eq!(wait("retry = { attempts = 2, backoff = 'linear', base = '10ms', cap = '1ms' }"), 0.302);
        assert_eq!(wait("retry = { attempts = 100000, backoff = 'exponential', base = '10ms' }"), f64::INFINITY);
        assert_eq!(wait("retry = { attempts = 2, backoff = 'exponential', base = '0ms' }"), 0.3);
        assert_eq!(wait("pool = { size = 4, wait = '50ms' }\nretry = { attempts = 1 }"), 0.3);
    }

    #[test]
    fn ranges_give_ranges() {
        let dependency = dependency("retry = { attempts = { low = 1, likely = 2, high = 3 } }");
        assert_eq!(longest_wait(&dependency).map(|wait| wait.is_range()), Some(true));
        let wait = longest_wait(&dependency).unwrap();
        assert!((wait.low - 0.2).abs() < 1e-12 && (wait.high - 0.4).abs() < 1e-12, "{wait:?}");
    }

    #[test]
    fn a_budget_holds_what_attempts_would_do() {
        let factor = |retry: &str| load_factor(&dependency(retry)).likely;
        assert_eq!(factor(""), 1.0);
        assert_eq!(factor("retry = { attempts = 3 }"), 4.0);
        assert_eq!(factor("retry = { attempts = 3, budget = 0.1 }"), 1.1);
        assert_eq!(factor("retry = { attempts = 0, budget = 0.1 }"), 1.0);
        assert_eq!(factor("retry = { attempts = 3 }\nbreaker = { error_ratio = 0.5 }"), 4.0);
    }
}
