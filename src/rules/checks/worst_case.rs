//! How long a call may take by its own policies, and who gives up when: what the rules about timeouts share.

use crate::model::{Backoff, Dependency, Indicator, Retry};
use crate::rules::context::{Context, FlowView};
use crate::units::{Quantity, Seconds, significant};

/// When a caller gives up, in seconds. A timeout of 0 is none: that is how most clients write "no limit".
pub(crate) fn timeout(dependency: &Dependency) -> Option<f64> {
    dependency.timeout.map(|timeout| timeout.value()).filter(|timeout| *timeout > 0.0)
}

/// Attempts after the first.
pub(crate) fn retries(dependency: &Dependency) -> f64 {
    dependency.retry.as_ref().and_then(|retry| retry.attempts).map_or(0.0, |attempts| attempts.value())
}

/// All the waits between the attempts of a call, in seconds. Jitter makes them shorter, never longer.
pub(crate) fn waits_between(retry: &Retry) -> f64 {
    let attempts = retry.attempts.map_or(0.0, |attempts| attempts.value());
    let base = retry.base.map_or(0.0, |base| base.value());
    let cap = retry.cap.map_or(f64::INFINITY, |cap| cap.value());
    if base == 0.0 || attempts == 0.0 {
        return 0.0;
    }
    // The waits that still grow, their sum, and the rest at the cap.
    let (growing, grown) = match retry.backoff {
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

/// The longest a caller waits for one call by its own timeout, retries and waits between them, in seconds; `None`
/// without a timeout. Infinite where retries double without a cap for long enough.
pub(crate) fn longest_wait(dependency: &Dependency) -> Option<f64> {
    let timeout = timeout(dependency)?;
    let between = dependency.retry.as_ref().map_or(0.0, waits_between);
    Some(timeout * (1.0 + retries(dependency)) + between)
}

/// How [`longest_wait`] comes about: `500 ms × 3 + 120 ms of backoff`.
pub(crate) fn longest_wait_in_words(dependency: &Dependency) -> String {
    let Some(timeout) = dependency.timeout else { return "no timeout".to_owned() };
    let mut words = timeout.likely().to_string();
    let retries = retries(dependency);
    if retries > 0.0 {
        words = format!("{words} × {}", significant(1.0 + retries, 6));
    }
    let between = dependency.retry.as_ref().map_or(0.0, waits_between);
    if between > 0.0 {
        words = format!("{words} + {} of backoff", Seconds::new(between));
    }
    words
}

/// The caller that gives up first on a component, and after how long.
pub(crate) fn first_to_give_up<'a>(context: &Context<'a>, component: &str) -> Option<(f64, &'a str)> {
    let callers = context.callers(component).into_iter().filter(|caller| context.waits(caller));
    let timeouts = callers.filter_map(|caller| Some((timeout(caller)?, caller.from())));
    timeouts.min_by(|a, b| a.0.total_cmp(&b.0))
}

/// The tightest latency SLO of the flows that has a threshold.
pub(crate) fn tightest_threshold<'a>(context: &Context<'a>, flows: &[FlowView<'_>]) -> Option<(f64, &'a str)> {
    let slos = flows.iter().flat_map(|view| context.slos_with(view.flow.id(), Indicator::Latency));
    let thresholds = slos.filter_map(|slo| Some((slo.threshold?.value(), slo.id())));
    thresholds.min_by(|a, b| a.0.total_cmp(&b.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;

    fn wait(policy: &str) -> f64 {
        let text = format!(
            "component = [{{ id = 'a' }}, {{ id = 'b' }}]\n[[dependency]]\nfrom = 'a'\nto = 'b'\ntimeout = '100ms'\n{policy}"
        );
        let (review, _, problems) = parse(&text);
        assert!(problems.is_empty(), "{problems:?}");
        (longest_wait(&review.dependencies[0]).unwrap() * 1e6).round() / 1e6
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
    }
}
