//! What is promised, before and after.

use super::figures::{Direction, Moved, direction, same_span};
use crate::model::Slo;
use crate::units::{Estimate, Quantity, Span};

/// An SLO that came, went, or promises something else.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectiveMove {
    /// The SLO, by its later id.
    pub id: String,
    /// What it promised, in words; nothing where it was not there.
    pub promise: Moved<Option<String>>,
    /// Whether more is promised than before, or less; `None` where it is both or neither.
    pub stricter: Option<bool>,
}

/// `checkout latency 99 % within 300 ms over 28 d`.
fn promise(slo: &Slo) -> String {
    let mut words: Vec<String> = Vec::new();
    let about = slo.flow.as_ref().map(ToString::to_string);
    words.extend(about.or_else(|| slo.component.as_ref().map(ToString::to_string)));
    words.extend(slo.indicator.map(|indicator| indicator.to_string()));
    words.push(slo.objective.map_or_else(|| "no objective".to_owned(), |objective| objective.to_string()));
    words.extend(slo.threshold.map(|threshold| format!("within {threshold}")));
    words.extend(slo.window.map(|window| format!("over {window}")));
    words.join(" ")
}

/// What moved between two SLOs that are the same one; `None` where what they promise did not.
pub(super) fn moved(id: &str, before: &Slo, after: &Slo) -> Option<ObjectiveMove> {
    fn step<Q: Quantity>(
        before: Option<&Estimate<Q>>,
        after: Option<&Estimate<Q>>,
        more_is_stricter: bool,
    ) -> (bool, Option<Direction>) {
        match (before, after) {
            (None, None) => (false, None),
            (Some(a), Some(b)) => {
                let (a, b) = (Span::of(a), Span::of(b));
                (!same_span(a, b), direction(a, b, more_is_stricter))
            }
            _ => (true, None),
        }
    }
    let objective = step(before.objective.as_ref(), after.objective.as_ref(), true);
    let threshold = step(before.threshold.as_ref(), after.threshold.as_ref(), false);
    let window = step(before.window.as_ref(), after.window.as_ref(), true);
    let steps = [objective, threshold];
    let stricter = if window.0 || steps.iter().any(|(moved, direction)| *moved && direction.is_none()) {
        None
    } else {
        let goes = |way| steps.iter().any(|(_, direction)| *direction == Some(way));
        match (goes(Direction::Better), goes(Direction::Worse)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    };
    let indicator = before.indicator != after.indicator;
    let any = objective.0 || threshold.0 || window.0 || indicator;
    any.then(|| ObjectiveMove {
        id: id.to_owned(),
        promise: Moved { before: Some(promise(before)), after: Some(promise(after)) },
        stricter: stricter.filter(|_| !indicator),
    })
}

/// An SLO that came (`true`) or went.
pub(super) fn alone(id: &str, slo: &Slo, came: bool) -> ObjectiveMove {
    let said = Some(promise(slo));
    let promise = if came { Moved { before: None, after: said } } else { Moved { before: said, after: None } };
    ObjectiveMove { id: id.to_owned(), promise, stricter: None }
}
