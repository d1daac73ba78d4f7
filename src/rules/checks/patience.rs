//! The timeouts that fit into the patience of those who ask, over all flows that make a call: what the rules that propose
//! a timeout share.

use super::worst_case::last_threshold;
use crate::graph::DependencyIndex;
use crate::model::Dependency;
use crate::reliability::{Fitting, Patience, WorstCase, fitting_timeouts, needs_no_timeout, rounded_down, timeout};
use crate::rules::context::{Context, FlowView};
use crate::units::{Quantity, Seconds, Span, significant};
use foldhash::HashMap;

/// How many times its known mean a call must be allowed before a timeout is set without asking: three times the mean
/// of an exponential time lets 95 % through, and stores are steadier than that.
const OF_MEAN: f64 = 3.0;

/// How often the timeouts of all flows are brought together.
const PASSES: usize = 4;

/// A timeout that fits, in the tightest of the flows that make the call.
#[derive(Debug, Clone)]
pub(crate) struct Fit<'a> {
    /// The longest timeout of one attempt, in seconds.
    pub(crate) timeout: f64,
    /// What the callee may take by its own timeouts, attempts and backoff, in seconds: a shorter timeout only moves the
    /// trouble down.
    pub(crate) callee_takes: f64,
    fitting: Fitting,
    /// Who is gone, and after how long: `gateway gives up at 200 ms`.
    who: String,
    /// Who makes the call.
    caller: &'a str,
    /// The known mean of the call without any waiting, in seconds.
    mean: f64,
    /// Whether every flow that makes the call has an end, so that nobody wanted a later answer.
    limited_everywhere: bool,
}

impl Fit<'_> {
    /// Why no more: `gateway gives up at 200 ms, other calls of api take up to 50 ms, 2 attempts share the rest`.
    pub(crate) fn because(&self) -> String {
        let mut words = self.who.clone();
        if self.fitting.taken > 0.0 {
            words =
                format!("{words}, other calls and waits of {} take {}", self.caller, Seconds::new(self.fitting.taken));
        }
        if self.fitting.attempts > 1.0 {
            words = format!("{words}, {} attempts share the rest", significant(self.fitting.attempts, 6));
        }
        words
    }

    /// Whether nobody loses an answer that he would have waited for.
    pub(crate) fn is_safe(&self) -> bool {
        self.limited_everywhere && self.mean * OF_MEAN <= self.timeout
    }

    /// The known mean of the call in seconds, where it is no shorter than the timeout: most calls would be given up.
    pub(crate) fn mean_above(&self) -> Option<f64> {
        (self.mean > 0.0 && self.mean >= self.timeout).then_some(self.mean)
    }

    /// Whether the mean is known, and leaves room.
    pub(crate) fn leaves_room(&self) -> bool {
        self.mean > 0.0 && self.is_safe()
    }
}

/// The fitting timeouts of many dependencies.
#[derive(Debug, Default)]
pub(crate) struct Patiences<'a> {
    tightest: HashMap<DependencyIndex, Fit<'a>>,
}

impl<'a> Patiences<'a> {
    /// Of every call that should have a timeout and has none. A timeout that one flow makes shorter leaves less for the
    /// calls behind it in another: a few passes over the flows, until nothing changes.
    pub(crate) fn of_missing_timeouts(context: &Context<'a>) -> Self {
        let mut patiences = Self::default();
        for _ in 0..PASSES {
            let next = Self::with_at_most(context, &patiences);
            let changed = next.tightest.len() != patiences.tightest.len()
                || next.tightest.iter().any(|(dependency, fit)| {
                    patiences.tightest.get(dependency).is_none_or(|known| fit.timeout < known.timeout)
                });
            patiences = next;
            if !changed {
                break;
            }
        }
        patiences
    }

    fn with_at_most(context: &Context<'a>, known: &Self) -> Self {
        let mut patiences = Self::default();
        let mut unlimited = Vec::new();
        for view in context.flows() {
            let Some(worst) = context.reliability_of(view).and_then(|figures| figures.worst_case.as_ref()) else {
                continue;
            };
            let lacks = |index: usize| {
                let made = &view.expansion.calls[index];
                worst.calls[index].is_some()
                    && !needs_no_timeout(context.review, made)
                    && context.dependency_of(made).is_some_and(|dependency| timeout(dependency).is_none())
            };
            let lacking: Vec<usize> = (0..view.expansion.calls.len()).filter(|index| lacks(*index)).collect();
            if lacking.is_empty() {
                continue;
            }
            let at_most = |index: usize| {
                let dependency = view.expansion.calls[index].dependency.filter(|_| lacks(index))?;
                Some(known.tightest.get(&dependency).map_or(f64::INFINITY, |fit| fit.timeout))
            };
            let fitting = fits(context, view, worst, at_most);
            for index in lacking {
                let Some(dependency) = view.expansion.calls[index].dependency else { continue };
                match fitting.get(index).cloned().flatten() {
                    Some(fit) => {
                        let known = patiences.tightest.entry(dependency).or_insert_with(|| fit.clone());
                        let limit = |fit: &Fit<'_>| (fit.timeout, fit.fitting.alone);
                        if limit(&fit) < limit(known) {
                            *known = fit;
                        }
                    }
                    None => unlimited.push(dependency),
                }
            }
        }
        for dependency in unlimited {
            if let Some(fit) = patiences.tightest.get_mut(&dependency) {
                fit.limited_everywhere = false;
            }
        }
        patiences
    }

    /// The timeout that fits a dependency; `None` where no flow limits it, or nothing is left for it.
    pub(crate) fn of(&self, context: &Context<'_>, dependency: &Dependency) -> Option<&Fit<'a>> {
        let (index, ..) = context.placed(dependency)?;
        self.tightest.get(&index)
    }
}

/// The fitting timeouts of some calls of a flow, by position in its calls.
pub(crate) fn fits<'a>(
    context: &Context<'a>,
    view: FlowView<'a>,
    worst: &WorstCase,
    wanted: impl Fn(usize) -> Option<f64>,
) -> Vec<Option<Fit<'a>>> {
    let slo = last_threshold(context, view);
    let threshold = slo.map(|(threshold, _)| threshold);
    let fitting = fitting_timeouts(context.review, view.expansion, worst, threshold, wanted);
    let of_call = |(index, fitting): (usize, Option<Fitting>)| {
        let fitting = fitting?;
        let made = &view.expansion.calls[index];
        let place = view.expansion.place(made.to)?;
        let who = match fitting.patience {
            Patience::Caller(call) => {
                let above = &view.expansion.calls[call];
                let after = context.dependency_of(above).and_then(timeout).map_or(0.0, |timeout| timeout.likely);
                format!("{} gives up at {}", context.component_at(above.from).id(), Seconds::new(after))
            }
            Patience::Proposed(call) => {
                let above = context.component_at(view.expansion.calls[call].from).id();
                format!(
                    "{above} is to give up at {} because of another flow",
                    Seconds::new(rounded_down(fitting.allowed))
                )
            }
            Patience::Objective => {
                let (threshold, slo) = slo?;
                format!("{} allows {}", slo.id(), Seconds::new(threshold))
            }
        };
        let own = view.call(made).and_then(|call| call.service_time).or(context.component_at(made.to).service_time);
        let own = own.map_or(0.0, |time| time.mean.value());
        let network = context.dependency_of(made).and_then(|dependency| dependency.network.as_ref());
        let network = network.map_or(0.0, |network| Span::of(network).likely);
        Some(Fit {
            timeout: fitting.timeout,
            callee_takes: worst.visits[place].by_policy.likely,
            fitting,
            who,
            caller: context.component_at(made.from).id(),
            mean: own + network,
            limited_everywhere: true,
        })
    };
    fitting.into_iter().enumerate().map(of_call).collect()
}
