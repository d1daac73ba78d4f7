//! Who gives up when: what the rules about timeouts share. The arithmetic is [`crate::reliability`]'s.

use crate::model::{Dependency, Indicator, Slo};
use crate::reliability;
pub(crate) use crate::reliability::longest_call_in_words as longest_wait_in_words;
use crate::rules::context::{Context, FlowView};

/// When a caller gives up, in seconds, likely value. A timeout of 0 is none: that is how most clients write "no limit".
pub(crate) fn timeout(dependency: &Dependency) -> Option<f64> {
    reliability::timeout(dependency).map(|timeout| timeout.likely)
}

/// Attempts after the first, likely value.
pub(crate) fn retries(dependency: &Dependency) -> f64 {
    reliability::retries(dependency).likely
}

/// The longest a caller waits for one call by its own timeout, attempts and backoff, in seconds, likely value; `None`
/// without a timeout. Waits for a connection are not in it.
pub(crate) fn longest_wait(dependency: &Dependency) -> Option<f64> {
    reliability::longest_call(dependency).map(|wait| wait.likely)
}

/// The caller that gives up first on a component, and after how long.
pub(crate) fn first_to_give_up<'a>(context: &Context<'a>, component: &str) -> Option<(f64, &'a str)> {
    let caller = context.least_patient(component, |callers| {
        let waiting = callers.iter().enumerate().filter(|(_, caller)| context.waits(caller));
        let timeouts = waiting.filter_map(|(at, caller)| Some((timeout(caller)?, at)));
        timeouts.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, at)| at)
    })?;
    Some((timeout(caller)?, caller.from()))
}

/// The tightest latency SLO of the flows that has a threshold.
pub(crate) fn tightest_threshold<'a>(context: &Context<'a>, flows: &[FlowView<'_>]) -> Option<(f64, &'a str)> {
    let slos = flows.iter().flat_map(|view| context.slos_with(view.flow.id(), Indicator::Latency));
    let thresholds = slos.filter_map(|slo| Some((slo.threshold?.value(), slo.id())));
    thresholds.min_by(|a, b| a.0.total_cmp(&b.0))
}

/// The most patient latency SLO of a flow that has a threshold: after it no objective counts an answer any more.
pub(crate) fn last_threshold<'a>(context: &Context<'a>, view: FlowView<'_>) -> Option<(f64, &'a Slo)> {
    let slos = context.slos_with(view.flow.id(), Indicator::Latency);
    let thresholds = slos.filter_map(|slo| Some((slo.threshold?.value(), slo)));
    thresholds.max_by(|a, b| a.0.total_cmp(&b.0))
}
