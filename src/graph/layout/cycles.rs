//! Which edges run backwards: those that close a cycle in a depth-first walk.
//!
//! The walk starts at nodes nobody calls and takes synchronous edges first, so that a callback or
//! an event is turned round rather than a request.

use super::LayoutEdge;

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

/// For each edge, whether it is a feedback edge; self-loops are. Iterative, linear.
pub(super) fn feedback(nodes: usize, edges: &[LayoutEdge]) -> Vec<bool> {
    let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    let mut called = vec![false; nodes];
    for (index, edge) in edges.iter().enumerate() {
        leaving[edge.from].push(index);
        if edge.from != edge.to {
            called[edge.to] = true;
        }
    }
    for list in &mut leaving {
        list.sort_by_key(|&index| (edges[index].kind, index));
    }
    let mut reversed = vec![false; edges.len()];
    let mut mark = vec![Mark::New; nodes];
    let mut stack: Vec<(usize, usize)> = Vec::new();
    let entries = (0..nodes).filter(|&node| !called[node]);
    for start in entries.chain(0..nodes) {
        if mark[start] != Mark::New {
            continue;
        }
        mark[start] = Mark::Open;
        stack.push((start, 0));
        while let Some((node, next)) = stack.last_mut() {
            let Some(&index) = leaving[*node].get(*next) else {
                mark[*node] = Mark::Done;
                stack.pop();
                continue;
            };
            *next += 1;
            let to = edges[index].to;
            match mark[to] {
                Mark::New => {
                    mark[to] = Mark::Open;
                    stack.push((to, 0));
                }
                Mark::Open => reversed[index] = true,
                Mark::Done => {}
            }
        }
    }
    reversed
}
