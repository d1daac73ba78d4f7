//! How much may be let in before something behind is full, from the computed capacity.

use crate::model::{Component, Element};
use crate::rules::checks::load::{asked_of, expected_load};
use crate::rules::context::Context;
use crate::units::significant;

/// What an entrance serves.
pub(super) struct Envelope {
    /// Today's rate there.
    pub(super) today: f64,
    /// The multiple of today's load at which something on the flows' way is full; infinite where nothing limits.
    pub(super) sustains: f64,
    /// The largest multiple that the review expects of the flows.
    pub(super) expected: f64,
    /// What is full then: position in the resources of the capacity.
    pub(super) until: Option<usize>,
}

/// The envelope at a component; `None` where a rate or a limit on the way is not known.
pub(super) fn envelope(context: &Context<'_>, component: &Component) -> Option<Envelope> {
    let asked = asked_of(context, component);
    if asked.rate <= 0.0 || !asked.without_rate.is_empty() {
        return None;
    }
    let mut envelope = Envelope { today: asked.rate, sustains: f64::INFINITY, expected: 1.0, until: None };
    for view in context.flows_through(&Element::Component(component.id().to_owned())) {
        let load = context.capacity.flows.get(view.expansion.flow.0)?;
        let sustains = load.sustains_load?.likely;
        if sustains < envelope.sustains {
            envelope.sustains = sustains;
            envelope.until = load.until;
        }
        envelope.expected = envelope.expected.max(expected_load(context, view));
    }
    Some(envelope)
}

impl Envelope {
    /// A limit a tenth below what is served, as typed into the file; `None` where it would refuse the expected load.
    pub(super) fn limit(&self) -> Option<String> {
        let limit = self.today * self.sustains * 0.9;
        (limit.is_finite() && limit >= self.today * self.expected).then(|| format!("{}/s", rounded_down(limit)))
    }
}

/// To two significant digits, never more than the value.
fn rounded_down(value: f64) -> String {
    let magnitude = 10_f64.powf(value.log10().floor() - 1.0);
    significant((value / magnitude + 1e-9).floor() * magnitude, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_rounded_down() {
        assert_eq!(rounded_down(459.0), "450");
        assert_eq!(rounded_down(450.0), "450");
        assert_eq!(rounded_down(0.099), "0.099");
        assert_eq!(rounded_down(12_999.0), "12000");
    }
}
