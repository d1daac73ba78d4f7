//! The review as it will be at the peak that it expects: what the capacity is computed of for the rules about peaks.
//!
//! Growth over the horizon is left out: it comes later, and slowly. Must not know what is concluded from it.

use crate::capacity::{Basis, Brings};
use crate::model::{Component, Flow, Review};
use crate::units::{Count, Estimate, Multiple, Quantity};

/// Each flow at its own peak, or else the common one; each component with all replicas that its autoscaling may start.
pub(super) fn scaled(review: &Review) -> Basis {
    let flows = review.flows.iter().map(|flow| at_peak(flow, flow.peak.or(review.growth.peak))).collect();
    Basis { flows, replicas: review.components.iter().map(scaled_out).collect() }
}

fn at_peak(flow: &Flow, peak: Option<Estimate<Multiple>>) -> Brings {
    let Some(peak) = peak else { return Brings { rate: flow.rate, users: flow.users } };
    Brings { rate: flow.rate.map(|rate| times(rate, peak)), users: flow.users.map(|users| times(users, peak)) }
}

/// A product of ranges, end by end; the value itself where it is too large for a number.
fn times<Q: Quantity>(value: Estimate<Q>, peak: Estimate<Multiple>) -> Estimate<Q> {
    let end = |value: Q, peak: Multiple| Q::new((value.value() * peak.value()).min(f64::MAX));
    let product = Estimate::between(
        end(value.low(), peak.low()),
        Some(end(value.likely(), peak.likely())),
        end(value.high(), peak.high()),
    );
    product.unwrap_or(value)
}

fn scaled_out(component: &Component) -> Option<Estimate<Count>> {
    match component.autoscale.as_ref().and_then(|autoscale| autoscale.max) {
        Some(most) => Some(component.replicas.filter(|today| today.value() > most.value()).unwrap_or(most)),
        None => component.replicas,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_comes_at_its_own_peak_and_replicas_at_their_most() {
        let text = "growth = { peak = 3.0, traffic = 2.0 }\n\
            component = [{ id = 'a', replicas = 2, autoscale = { max = 5 } }, { id = 'b', replicas = 7, autoscale = { max = 5 } }]\n\
            flow = [{ id = 'x', entry = 'a', rate = '10/s' }, { id = 'y', entry = 'a', rate = { low = '1/s', likely = '2/s', high = '4/s' }, peak = 10.0 }, { id = 'z', entry = 'b', users = 7 }]";
        let (review, _, problems) = crate::document::parse(text);
        assert!(problems.is_empty(), "{problems:?}");
        let at_peak = scaled(&review);
        let rates: Vec<_> =
            at_peak.flows.iter().map(|flow| flow.rate.map(|rate| (rate.value(), rate.high().value()))).collect();
        assert_eq!(rates, [Some((30.0, 30.0)), Some((20.0, 40.0)), None]);
        assert_eq!(at_peak.flows[2].users.map(|users| users.value()), Some(21.0));
        let replicas: Vec<_> =
            at_peak.replicas.iter().map(|replicas| replicas.map(|replicas| replicas.value())).collect();
        assert_eq!(replicas, [Some(5.0), Some(7.0)]);
    }
}
