//! Vertical coordinates: whole rows, order kept, no overlaps, lines as straight as possible.
//!
//! The sum of weighted vertical distances along all segments is brought down in two ways. One rank
//! at a time it is minimised exactly (an isotonic L1 regression by slope trick, n log n). Then
//! whatever is already connected by straight lines moves as one block, so that long edges stay
//! straight while they move.

use super::order::Orders;
use super::strands::Strands;
use std::collections::BinaryHeap;

/// Rounds of regression plus block moves.
const ROUNDS: usize = 10;

/// The top row of each vertex's reserved rows; the smallest is 0.
pub(super) fn rows(strands: &Strands, orders: &Orders, node_gap: i32) -> Vec<i32> {
    let mut plan = Plan::new(strands, orders, node_gap);
    for round in 0..ROUNDS {
        let one_sided = round < 4;
        plan.sweep(true, one_sided, round % 2 == 1);
        plan.sweep(false, one_sided, round % 2 == 1);
        if round >= 2 {
            for _ in 0..3 {
                if !plan.move_blocks() {
                    break;
                }
            }
        }
    }
    let first = plan.top.iter().copied().min().unwrap_or(0);
    plan.top.iter().map(|top| (top - first) as i32).collect()
}

/// A segment as one of its ends sees it: the far vertex, and the far row minus the near row.
#[derive(Clone, Copy)]
struct Pull {
    other: usize,
    shift: i64,
    weight: i64,
}

struct Plan<'a> {
    strands: &'a Strands,
    orders: &'a Orders,
    top: Vec<i64>,
    /// Distance of each vertex's top to the top of its rank if everything is stacked tightly.
    stacked: Vec<i64>,
    left: Vec<Vec<Pull>>,
    right: Vec<Vec<Pull>>,
}

impl<'a> Plan<'a> {
    fn new(strands: &'a Strands, orders: &'a Orders, node_gap: i32) -> Self {
        let count = strands.vertices.len();
        let mut plan = Self {
            strands,
            orders,
            top: vec![0; count],
            stacked: vec![0; count],
            left: vec![Vec::new(); count],
            right: vec![Vec::new(); count],
        };
        for segment in &strands.segments {
            let shift = i64::from(segment.from_row - segment.to_row);
            let weight = segment.weight;
            plan.left[segment.to].push(Pull { other: segment.from, shift, weight });
            plan.right[segment.from].push(Pull { other: segment.to, shift: -shift, weight });
        }
        for rank in &orders.ranks {
            let mut next = 0;
            let mut before: Option<usize> = None;
            for &vertex in rank {
                if let Some(above) = before {
                    let joints = [above, vertex].iter().filter(|v| **v >= strands.boxes).count();
                    next += i64::from(match joints {
                        2 => 0,
                        1 => node_gap.min(1),
                        _ => node_gap,
                    });
                }
                plan.stacked[vertex] = next;
                plan.top[vertex] = next;
                next += i64::from(strands.vertices[vertex].height);
                before = Some(vertex);
            }
        }
        plan
    }

    /// Minimises rank by rank. `one_sided` looks only at the rank before, and pulls each vertex to
    /// the middle of its neighbours there; otherwise every segment pulls for itself.
    fn sweep(&mut self, to_right: bool, one_sided: bool, mirrored: bool) {
        let last = self.orders.ranks.len();
        let mut terms: Vec<(i64, i64)> = Vec::new();
        let mut bounds: Vec<usize> = Vec::new();
        for step in 0..last {
            let rank = &self.orders.ranks[if to_right { step } else { last - 1 - step }];
            terms.clear();
            bounds.clear();
            for &vertex in rank {
                let (left, right) = (&self.left[vertex], &self.right[vertex]);
                let place = |pull: &Pull| self.top[pull.other] + pull.shift - self.stacked[vertex];
                if one_sided {
                    let near = if to_right { left } else { right };
                    if let Some(term) = middle(near, place) {
                        terms.push(term);
                    } else {
                        terms.push((self.top[vertex] - self.stacked[vertex], 1));
                    }
                } else {
                    terms.extend(left.iter().chain(right).map(|p| (place(p), p.weight)));
                    if left.is_empty() && right.is_empty() {
                        terms.push((self.top[vertex] - self.stacked[vertex], 1));
                    }
                }
                bounds.push(terms.len());
            }
            let places = isotonic(&terms, &bounds, mirrored);
            for (&vertex, place) in rank.iter().zip(places) {
                self.top[vertex] = place + self.stacked[vertex];
            }
        }
    }

    /// Moves every group of vertices that straight segments hold together to where its other
    /// segments want it, as far as its neighbours let it. Returns whether something moved.
    fn move_blocks(&mut self) -> bool {
        let count = self.top.len();
        let mut block = vec![usize::MAX; count];
        let mut members: Vec<Vec<usize>> = Vec::new();
        let mut stack = Vec::new();
        for start in 0..count {
            if block[start] != usize::MAX {
                continue;
            }
            let own = members.len();
            members.push(Vec::new());
            block[start] = own;
            stack.push(start);
            while let Some(vertex) = stack.pop() {
                members[own].push(vertex);
                for pull in self.left[vertex].iter().chain(&self.right[vertex]) {
                    let straight = self.top[pull.other] + pull.shift == self.top[vertex];
                    if straight && block[pull.other] == usize::MAX {
                        block[pull.other] = own;
                        stack.push(pull.other);
                    }
                }
            }
        }
        let mut moved = false;
        for (own, vertices) in members.iter().enumerate() {
            let (mut up, mut down) = (0, 0);
            let (mut nearest_up, mut nearest_down) = (i64::MAX, i64::MAX);
            for &vertex in vertices {
                for pull in self.left[vertex].iter().chain(&self.right[vertex]) {
                    let distance = self.top[pull.other] + pull.shift - self.top[vertex];
                    match distance.cmp(&0) {
                        std::cmp::Ordering::Less => {
                            up += pull.weight;
                            nearest_up = nearest_up.min(-distance);
                        }
                        std::cmp::Ordering::Greater => {
                            down += pull.weight;
                            nearest_down = nearest_down.min(distance);
                        }
                        // A segment that became straight a moment ago joins two blocks: leave it.
                        std::cmp::Ordering::Equal if block[pull.other] != own => {
                            up += pull.weight;
                            down += pull.weight;
                            nearest_up = 0;
                            nearest_down = 0;
                        }
                        std::cmp::Ordering::Equal => {}
                    }
                }
            }
            let (direction, wanted) = match up.cmp(&down) {
                std::cmp::Ordering::Greater => (-1, nearest_up),
                std::cmp::Ordering::Less => (1, nearest_down),
                std::cmp::Ordering::Equal => continue,
            };
            let step =
                vertices.iter().fold(wanted, |step, &vertex| step.min(self.slack(vertex, direction, own, &block)));
            if step > 0 {
                moved = true;
                for &vertex in vertices {
                    self.top[vertex] += direction * step;
                }
            }
        }
        moved
    }

    /// How far a vertex can move before it meets a neighbour of another block.
    fn slack(&self, vertex: usize, direction: i64, own: usize, block: &[usize]) -> i64 {
        let rank = &self.orders.ranks[self.strands.vertices[vertex].rank];
        let position = self.orders.position[vertex];
        let next = if direction < 0 {
            position.checked_sub(1).and_then(|index| rank.get(index))
        } else {
            rank.get(position + 1)
        };
        let Some(&next) = next else { return i64::MAX };
        if block[next] == own {
            return i64::MAX;
        }
        let free = |v: usize| self.top[v] - self.stacked[v];
        (free(next) - free(vertex)).abs()
    }
}

/// The middle of what pulls a vertex, and the sum of the weights.
fn middle(pulls: &[Pull], place: impl Fn(&Pull) -> i64) -> Option<(i64, i64)> {
    let mut places: Vec<i64> = pulls.iter().map(place).collect();
    places.sort_unstable();
    let half = places.len() / 2;
    let upper = *places.get(half)?;
    let lower = if places.len().is_multiple_of(2) { places[half - 1] } else { upper };
    let weight = pulls.iter().map(|pull| pull.weight).sum();
    Some(((lower + upper).div_euclid(2), weight))
}

/// Places that do not decrease and minimise the sum of weight × distance. `terms` are (place,
/// weight); `bounds[i]` is where the terms of vertex i end, each vertex having one at least. Where
/// several places are equally good it takes the lowest, mirrored the highest.
fn isotonic(terms: &[(i64, i64)], bounds: &[usize], mirrored: bool) -> Vec<i64> {
    let count = bounds.len();
    let mut heap: BinaryHeap<(i64, i64)> = BinaryHeap::new();
    let mut best = Vec::with_capacity(count);
    for step in 0..count {
        let index = if mirrored { count - 1 - step } else { step };
        let start = if index == 0 { 0 } else { bounds[index - 1] };
        let mut surplus = 0;
        for &(place, weight) in &terms[start..bounds[index]] {
            heap.push((if mirrored { -place } else { place }, weight * 2));
            surplus += weight;
        }
        while surplus > 0 {
            let Some((place, weight)) = heap.pop() else {
                break;
            };
            if weight > surplus {
                heap.push((place, weight - surplus));
            }
            surplus -= weight.min(surplus);
        }
        best.push(heap.peek().map_or(0, |&(place, _)| place));
    }
    let mut limit = i64::MAX;
    for place in best.iter_mut().rev() {
        limit = limit.min(*place);
        *place = limit;
    }
    if mirrored {
        best.reverse();
        for place in &mut best {
            *place = -*place;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::isotonic;

    #[test]
    fn isotonic_reaches_the_least_cost() {
        let terms = [(5, 1), (2, 3), (2, 1), (9, 1), (4, 2), (4, 1)];
        let bounds = [1, 2, 4, 5, 6];
        let cost = |places: &[i64]| -> i64 {
            let mut start = 0;
            let mut sum = 0;
            for (place, &end) in places.iter().zip(&bounds) {
                sum += terms[start..end].iter().map(|(p, w)| (p - place).abs() * w).sum::<i64>();
                start = end;
            }
            sum
        };
        let mut least = i64::MAX;
        for code in 0..11_i64.pow(5) {
            let places: Vec<i64> = (0..5).map(|i| code / 11_i64.pow(i) % 11).collect();
            if places.windows(2).all(|pair| pair[0] <= pair[1]) {
                least = least.min(cost(&places));
            }
        }
        for mirrored in [false, true] {
            let places = isotonic(&terms, &bounds, mirrored);
            assert!(places.windows(2).all(|pair| pair[0] <= pair[1]));
            assert_eq!(cost(&places), least, "{places:?}");
        }
    }
}
