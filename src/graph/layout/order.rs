//! The order inside each rank: sweeps by median and by barycentre, exchanges of neighbours, the
//! best of two starts or, for small graphs, of up to twelve.
//!
//! The effort is bounded by counted steps. With the rows of an earlier layout the known boxes keep
//! their order and only joints and new boxes look for their place.

use super::crossings::{Counter, gain};
use super::strands::Strands;

/// Sweeps of one start.
const SWEEPS: usize = 24;
/// Sweeps without an improvement after which a start is given up.
const PATIENCE: usize = 5;
/// Steps (segments looked at) for all starts together.
const BUDGET: u64 = 12_000_000;
/// Starts at most; the third and later ones only while less than [`EASY`] steps were taken.
const STARTS: u64 = 12;
/// Steps that a small graph may always take.
const EASY: u64 = 600_000;

/// Who stands where.
pub(super) struct Orders {
    pub(super) ranks: Vec<Vec<usize>>,
    /// Index of each vertex in its rank.
    pub(super) position: Vec<usize>,
}

/// Neighbour lists in one direction, flattened.
struct Adjacent {
    start: Vec<usize>,
    ends: Vec<(usize, usize)>,
}

impl Adjacent {
    fn new(count: usize, pairs: impl Iterator<Item = (usize, usize, usize)> + Clone) -> Self {
        let mut start = vec![0; count + 1];
        for (vertex, _, _) in pairs.clone() {
            start[vertex + 1] += 1;
        }
        for index in 0..count {
            start[index + 1] += start[index];
        }
        let mut fill = start.clone();
        let mut ends = vec![(0, 0); start[count]];
        for (vertex, other, port) in pairs {
            ends[fill[vertex]] = (other, port);
            fill[vertex] += 1;
        }
        Self { start, ends }
    }

    fn of(&self, vertex: usize) -> &[(usize, usize)] {
        &self.ends[self.start[vertex]..self.start[vertex + 1]]
    }
}

struct Search<'a> {
    strands: &'a Strands,
    /// To the right: (vertex, port of the start).
    right: Adjacent,
    /// To the left: (vertex, port of the start).
    left: Adjacent,
    ranks: Vec<Vec<usize>>,
    position: Vec<usize>,
    /// Vertices that keep their order among each other.
    fixed: Vec<bool>,
    steps: u64,
    counter: Counter,
    far: FarEnds,
}

/// Sorted lists in one buffer; exchanging two lists exchanges their bounds.
#[derive(Default)]
struct Lists {
    ends: Vec<usize>,
    bounds: Vec<(usize, usize)>,
}

impl Lists {
    fn push(&mut self, ends: impl Iterator<Item = usize>) {
        let start = self.ends.len();
        self.ends.extend(ends);
        self.ends[start..].sort_unstable();
        self.bounds.push((start, self.ends.len()));
    }

    fn list(&self, index: usize) -> &[usize] {
        let (start, end) = self.bounds[index];
        &self.ends[start..end]
    }
}

/// Where the neighbours of each vertex of one rank stand.
#[derive(Default)]
struct FarEnds {
    left: Lists,
    right: Lists,
}

impl FarEnds {
    fn clear(&mut self) {
        for lists in [&mut self.left, &mut self.right] {
            lists.ends.clear();
            lists.bounds.clear();
        }
    }

    /// Crossings saved by exchanging a vertex with the one before it, and the steps taken.
    fn gain(&self, index: usize) -> (i64, u64) {
        let mut gained = 0;
        let mut steps = 0;
        for lists in [&self.left, &self.right] {
            let (upper, lower) = (lists.list(index - 1), lists.list(index));
            gained += gain(upper, lower);
            steps += (upper.len() + lower.len()) as u64;
        }
        (gained, steps)
    }
}

/// Finds the order; `None` if cancelled.
pub(super) fn order(
    strands: &Strands,
    previous: Option<&[Option<i32>]>,
    cancelled: &dyn Fn() -> bool,
) -> Option<Orders> {
    let count = strands.vertices.len();
    let segments = &strands.segments;
    let mut search = Search {
        strands,
        right: Adjacent::new(count, segments.iter().map(|s| (s.from, s.to, s.port))),
        left: Adjacent::new(count, segments.iter().map(|s| (s.to, s.from, s.port))),
        ranks: strands.ranks.clone(),
        position: vec![0; count],
        fixed: vec![false; count],
        steps: 0,
        counter: Counter::new(),
        far: FarEnds::default(),
    };
    let known = previous.filter(|rows| {
        let known = rows.iter().filter(|row| row.is_some()).count();
        known * 2 >= rows.len() && known > 1
    });
    let mut best: Option<(u64, Vec<Vec<usize>>)> = None;
    if let Some(rows) = known {
        search.start_from(rows);
        search.improve(&mut best, BUDGET, cancelled)?;
    } else {
        for start in 0..STARTS {
            if start >= 2 && search.steps > EASY {
                break;
            }
            search.start_by_walk(start % 2 == 1, start / 2);
            let limit = if start < 2 { BUDGET * (start + 1) / 2 } else { BUDGET };
            search.improve(&mut best, limit, cancelled)?;
        }
    }
    if let Some((_, ranks)) = best {
        search.ranks = ranks;
        search.renumber();
    }
    Some(Orders { ranks: search.ranks, position: search.position })
}

impl Search<'_> {
    fn renumber(&mut self) {
        for rank in &self.ranks {
            for (index, &vertex) in rank.iter().enumerate() {
                self.position[vertex] = index;
            }
        }
    }

    /// Orders by a depth-first walk from the left (or from the right), which keeps what belongs
    /// together together.
    fn start_by_walk(&mut self, from_right: bool, turn: u64) {
        let count = self.strands.vertices.len();
        let mut seen = vec![false; count];
        let mut ranks = vec![Vec::new(); self.ranks.len()];
        let mut roots: Vec<usize> = (0..count).collect();
        roots.sort_by_key(|&vertex| {
            let rank = self.strands.vertices[vertex].rank;
            (if from_right { self.ranks.len() - rank } else { rank }, vertex)
        });
        // Later starts begin elsewhere, which leads to other orders.
        let begin = roots.len() * turn as usize * 2 / STARTS as usize;
        roots.rotate_left(begin);
        let mut stack = Vec::new();
        for root in roots {
            stack.push(root);
            while let Some(vertex) = stack.pop() {
                if std::mem::replace(&mut seen[vertex], true) {
                    continue;
                }
                ranks[self.strands.vertices[vertex].rank].push(vertex);
                let (first, second) = if from_right { (&self.left, &self.right) } else { (&self.right, &self.left) };
                for &(other, _) in second.of(vertex).iter().rev().chain(first.of(vertex).iter().rev()) {
                    if !seen[other] {
                        stack.push(other);
                    }
                }
            }
        }
        self.ranks = ranks;
        self.renumber();
    }

    /// Orders by the rows of an earlier layout; what is new stands where its neighbours stand.
    fn start_from(&mut self, rows: &[Option<i32>]) {
        let count = self.strands.vertices.len();
        let mut key: Vec<Option<i64>> = vec![None; count];
        for (vertex, row) in rows.iter().enumerate().take(self.strands.boxes) {
            key[vertex] = row.map(|row| i64::from(row) * 16);
            self.fixed[vertex] = row.is_some();
        }
        let nets = &self.strands.nets;
        let mut ends: Vec<(i64, i64)> = vec![(0, 0); nets.len()];
        for entry in &self.strands.entries {
            if let Some(at) = key[entry.target] {
                ends[entry.net].0 += at;
                ends[entry.net].1 += 1;
            }
        }
        for (net, (sum, number)) in nets.iter().zip(ends) {
            let own = key[net.source];
            for &joint in &net.joints {
                key[joint] = match (own, number) {
                    (Some(own), 0) => Some(own),
                    (Some(own), _) => Some(i64::midpoint(own, sum / number)),
                    (None, 0) => None,
                    (None, _) => Some(sum / number),
                };
            }
        }
        let guesses: Vec<Option<i64>> = (0..count)
            .map(|vertex| {
                key[vertex].or_else(|| {
                    let around = self.left.of(vertex).iter().chain(self.right.of(vertex));
                    let keys: Vec<i64> = around.filter_map(|&(other, _)| key[other]).collect();
                    (!keys.is_empty()).then(|| keys.iter().sum::<i64>() / keys.len() as i64)
                })
            })
            .collect();
        for rank in &mut self.ranks {
            rank.sort_by_key(|&vertex| (guesses[vertex].unwrap_or(i64::MAX), vertex));
        }
        self.renumber();
    }

    fn crossings(&mut self) -> u64 {
        let mut total = 0;
        let mut ends = Vec::new();
        let mut own = Vec::new();
        for rank in 0..self.ranks.len().saturating_sub(1) {
            ends.clear();
            for &vertex in &self.ranks[rank] {
                own.clear();
                own.extend(self.right.of(vertex).iter().map(|&(to, port)| (port, self.position[to])));
                own.sort_unstable();
                ends.extend(own.iter().map(|&(_, at)| at));
            }
            self.steps += ends.len() as u64 * 2;
            total += self.counter.count(&ends, self.ranks[rank + 1].len());
        }
        total
    }

    /// Sweeps until nothing gets better; keeps the best order seen in `best`.
    fn improve(
        &mut self,
        best: &mut Option<(u64, Vec<Vec<usize>>)>,
        limit: u64,
        cancelled: &dyn Fn() -> bool,
    ) -> Option<()> {
        let keeps_order = self.fixed.contains(&true);
        let mut stale = 0;
        let mut own_best = u64::MAX;
        for sweep in 0..SWEEPS {
            if cancelled() {
                return None;
            }
            if sweep > 0 && !keeps_order {
                self.sweep(sweep % 2 == 1, sweep % 4 < 2);
            }
            self.exchange(sweep % 3 == 2, limit);
            let crossings = self.crossings();
            if best.as_ref().is_none_or(|(least, _)| crossings < *least) {
                *best = Some((crossings, self.ranks.clone()));
            }
            if crossings < own_best {
                own_best = crossings;
                stale = 0;
            } else {
                stale += 1;
            }
            if crossings == 0 || stale > PATIENCE || self.steps > limit {
                break;
            }
        }
        Some(())
    }

    /// Sorts every rank by where its neighbours in the rank before stand.
    fn sweep(&mut self, to_right: bool, by_median: bool) {
        let last = self.ranks.len();
        let mut keyed: Vec<(i64, usize, usize)> = Vec::new();
        let mut places = Vec::new();
        let mut ends: Vec<usize> = Vec::new();
        for step in 1..last {
            let rank = if to_right { step } else { last - 1 - step };
            keyed.clear();
            places.clear();
            for (index, &vertex) in self.ranks[rank].iter().enumerate() {
                let near = if to_right { self.left.of(vertex) } else { self.right.of(vertex) };
                if near.is_empty() {
                    continue;
                }
                ends.clear();
                ends.extend(
                    near.iter().map(|&(other, port)| self.position[other] * 4 + if to_right { port } else { 1 }),
                );
                ends.sort_unstable();
                self.steps += ends.len() as u64;
                keyed.push((middle_of(&ends, by_median), index, vertex));
                places.push(index);
            }
            keyed.sort_unstable();
            for (&place, &(_, _, vertex)) in places.iter().zip(&keyed) {
                self.ranks[rank][place] = vertex;
                self.position[vertex] = place;
            }
        }
    }

    /// Exchanges neighbours as long as that saves crossings.
    fn exchange(&mut self, also_equal: bool, limit: u64) {
        let mut equal = also_equal;
        for _ in 0..6 {
            let mut gained = 0;
            for rank in 0..self.ranks.len() {
                gained += self.exchange_in(rank, equal);
                if self.steps > limit {
                    return;
                }
            }
            equal = false;
            if gained == 0 {
                return;
            }
        }
    }

    fn exchange_in(&mut self, rank: usize, also_equal: bool) -> i64 {
        let mut members = std::mem::take(&mut self.ranks[rank]);
        let mut far = std::mem::take(&mut self.far);
        far.clear();
        for &vertex in &members {
            let left = self.left.of(vertex).iter();
            far.left.push(left.map(|&(other, port)| self.position[other] * 4 + port));
            let right = self.right.of(vertex).iter();
            far.right.push(right.map(|&(other, _)| self.position[other]));
        }
        let mut total = 0;
        for index in 1..members.len() {
            let (upper, lower) = (members[index - 1], members[index]);
            if self.fixed[upper] && self.fixed[lower] {
                continue;
            }
            let (gained, steps) = far.gain(index);
            self.steps += steps;
            if gained > 0 || (also_equal && gained == 0) {
                members.swap(index - 1, index);
                far.left.bounds.swap(index - 1, index);
                far.right.bounds.swap(index - 1, index);
                total += gained;
            }
        }
        self.far = far;
        for (index, &vertex) in members.iter().enumerate() {
            self.position[vertex] = index;
        }
        self.ranks[rank] = members;
        total
    }
}

/// The median (weighted towards the denser side, as Gansner and others do) or the mean, × 64.
fn middle_of(sorted: &[usize], by_median: bool) -> i64 {
    let count = sorted.len();
    if !by_median {
        return sorted.iter().map(|&end| end as i64 * 64).sum::<i64>() / count.max(1) as i64;
    }
    let half = count / 2;
    match (count % 2, count) {
        (1, _) => sorted[half] as i64 * 64,
        (_, 2) => (sorted[0] + sorted[1]) as i64 * 32,
        _ => {
            let (low, high) = (sorted[half - 1] as i64, sorted[half] as i64);
            let (before, after) = (low - sorted[0] as i64, sorted[count - 1] as i64 - high);
            if before + after == 0 { (low + high) * 32 } else { (low * after + high * before) * 64 / (before + after) }
        }
    }
}
