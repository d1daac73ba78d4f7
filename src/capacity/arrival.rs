//! What arrives a second at the entry of each flow, today.

use super::basis::{Basis, Brings};
use super::gaps::Gaps;
use super::holding::Holding;
use super::ledger::Ledger;
use super::{Span, flow_element};
use crate::graph::{FlowIssue, SystemGraph};
use crate::model::{Element, Flow, Review};
use crate::units::{Count, Estimate};

/// The rate of each flow by position; `None` where the review does not say, which the ledger then holds.
pub(super) fn rates(
    review: &Review,
    graph: &SystemGraph,
    basis: &Basis,
    holdings: &[Holding],
    ledger: &mut Ledger,
) -> Vec<Option<Span>> {
    let mut rates = Vec::with_capacity(review.flows.len());
    for ((flow, expansion), holding) in review.flows.iter().zip(graph.expansions()).zip(holdings) {
        let element = flow_element(flow, expansion.flow.0);
        if expansion.issues.contains(&FlowIssue::Duplicate) {
            rates.push(None);
            continue;
        }
        if expansion.entry.is_none() {
            ledger.lack(element.clone(), "flow.entry", "where it enters, and so everything it loads", true);
        }
        let rate = match basis.of_flow(expansion.flow.0) {
            Brings { rate: Some(rate), .. } => Some(Span::of(&rate)),
            Brings { users: Some(users), .. } => closed(flow, &users, &element, holding, ledger),
            Brings { .. } => None,
        };
        if rate.is_none() {
            ledger.lack(element, Gaps::RATE.key(), "the load of everything it visits", true);
        }
        rates.push(rate);
    }
    if rates.is_empty() {
        ledger.lack(Element::Review, Gaps::RATE.key(), "no flow says what arrives", true);
    }
    rates
}

/// A closed workload cannot ask faster than `users ÷ (think time + time to the answer)` (the asymptotic bound of the
/// interactive response time law, X ≤ N/(R + Z)), here with R as if nothing ever waited.
fn closed(
    flow: &Flow,
    users: &Estimate<Count>,
    element: &Element,
    holding: &Holding,
    ledger: &mut Ledger,
) -> Option<Span> {
    let users = Span::of(users);
    let think = flow.think.as_ref().map(Span::of);
    let cycle = think.unwrap_or(Span::ZERO) + holding.answer.unwrap_or(Span::ZERO);
    let rate = users.over(cycle);
    if !rate.high.is_finite() {
        ledger.lack(element.clone(), Gaps::THINK.key(), "how often its users ask", true);
        return None;
    }
    if think.is_none() {
        ledger.assume(element.clone(), Gaps::THINK.key(), "its users ask again as soon as they are answered");
    }
    ledger.assume(element.clone(), "flow.users", "its users ask as often as they would if nothing ever waited");
    Some(rate)
}
