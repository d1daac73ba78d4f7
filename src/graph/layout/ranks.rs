//! Columns: the longest path from an entry, then tightened so that edges get short.

use super::LayoutEdge;

/// Rounds of tightening; each is linear, and few graphs need more than four.
const ROUNDS: usize = 12;

/// The rank of each node: every edge that is not reversed goes from a lower to a higher rank, and
/// the lowest rank is 0.
pub(super) fn ranks(nodes: usize, edges: &[LayoutEdge], reversed: &[bool]) -> Vec<usize> {
    let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    let mut entering: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for (edge, _) in edges.iter().zip(reversed).filter(|(_, back)| !**back) {
        leaving[edge.from].push(edge.to);
        entering[edge.to].push(edge.from);
    }
    let mut open: Vec<usize> = entering.iter().map(Vec::len).collect();
    let mut sequence: Vec<usize> = (0..nodes).filter(|&node| open[node] == 0).collect();
    let mut rank = vec![0; nodes];
    let mut next = 0;
    while let Some(&node) = sequence.get(next) {
        next += 1;
        for &to in &leaving[node] {
            rank[to] = rank[to].max(rank[node] + 1);
            open[to] -= 1;
            if open[to] == 0 {
                sequence.push(to);
            }
        }
    }
    let last = rank.iter().copied().max().unwrap_or(0);
    for round in 0..ROUNDS {
        let mut moved = false;
        let mut tighten = |node: usize| {
            let low = entering[node].iter().map(|&n| rank[n] + 1).max().unwrap_or(0);
            let high = leaving[node].iter().map(|&n| rank[n] - 1).min().unwrap_or(last);
            let (ins, outs) = (entering[node].len(), leaving[node].len());
            let wanted = match outs.cmp(&ins) {
                std::cmp::Ordering::Greater => high,
                std::cmp::Ordering::Less => low,
                std::cmp::Ordering::Equal => rank[node],
            };
            moved |= wanted != rank[node];
            rank[node] = wanted;
        };
        if round % 2 == 0 {
            for &node in sequence.iter().rev() {
                tighten(node);
            }
        } else {
            for &node in &sequence {
                tighten(node);
            }
        }
        if !moved {
            break;
        }
    }
    let first = rank.iter().copied().min().unwrap_or(0);
    for r in &mut rank {
        *r -= first;
    }
    close_gaps(&mut rank);
    rank
}

/// Renumbers so that no rank is empty.
fn close_gaps(rank: &mut [usize]) {
    let mut used = vec![false; rank.iter().max().map_or(0, |last| last + 1)];
    for &r in rank.iter() {
        used[r] = true;
    }
    let mut number = 0;
    let numbers: Vec<usize> = used
        .iter()
        .map(|&is_used| {
            let own = number;
            number += usize::from(is_used);
            own
        })
        .collect();
    for r in rank.iter_mut() {
        *r = numbers[*r];
    }
}
