//! How many times its usual load a component may get while it fails, because callers above it repeat.
//!
//! Attempts multiply along a path: three layers with three retries each ask the last one 4 × 4 × 4 = 64 times
//! (Google SRE book, *Addressing Cascading Failures*). Factors, 1…; only calls that are waited for repeat a failure.
//! Must not know what is too much.

use super::policy::{load_factor, retries};
use super::worst_case::is_ever_made;
use crate::graph::{FlowExpansion, Step};
use crate::model::Review;
use crate::units::Span;

/// The worst repetition of a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Amplification {
    /// How often the last component of the way is asked for one request that would ask it once, if everything fails.
    pub factor: Span,
    /// The way to it from the entry: positions in [`FlowExpansion::calls`]; empty where nothing is repeated.
    pub way: Vec<usize>,
    /// Attempts that one request may have at each component, budgets left out: by position in
    /// [`FlowExpansion::components`].
    pub(crate) attempts: Vec<f64>,
}

/// The worst repetition of a flow; `None` where it enters nowhere. One pass, callers first.
pub(super) fn of_flow(review: &Review, expansion: &FlowExpansion) -> Option<Amplification> {
    expansion.entry?;
    let stated = review.flows[expansion.flow.0].calls.as_deref().unwrap_or_default();
    let nothing = (Span::ZERO, None);
    let mut reached: Vec<(Span, Option<usize>)> = vec![nothing; expansion.components.len()];
    let mut attempts = vec![1.0_f64; expansion.components.len()];
    if let Some(first) = reached.first_mut() {
        first.0 = Span::ONE;
    }
    for position in 0..expansion.components.len() {
        let (factor, _) = reached[position];
        if factor == Span::ZERO {
            continue;
        }
        for &index in expansion.components[position].steps.iter().flat_map(Step::calls) {
            let made = &expansion.calls[index];
            let Some(callee) = expansion.place(made.to) else { continue };
            if !made.synchronous || !is_ever_made(&stated[made.call]) {
                continue;
            }
            let dependency = made.dependency.map(|index| &review.dependencies[index.0]);
            let here = factor * dependency.map_or(Span::ONE, load_factor);
            let raw = attempts[position] * (1.0 + dependency.map_or(0.0, |dependency| retries(dependency).high));
            attempts[callee] = attempts[callee].max(raw);
            let (most, by) = &mut reached[callee];
            if by.is_none() || here.likely > most.likely {
                *by = Some(index);
            }
            *most = most.larger(here);
        }
    }
    let mut worst = 0;
    for (position, (factor, _)) in reached.iter().enumerate() {
        if factor.likely > reached[worst].0.likely {
            worst = position;
        }
    }
    let factor = reached[worst].0;
    let mut way = Vec::new();
    let mut at = worst;
    while let Some(index) = reached[at].1 {
        way.push(index);
        match expansion.place(expansion.calls[index].from) {
            Some(caller) => at = caller,
            None => break,
        }
    }
    way.reverse();
    Some(Amplification { factor, way, attempts })
}
