//! The channel between two ranks: which vertical run gets which track.
//!
//! A bundle comes in on rows at the left, leaves on rows at the right, and joins them by one
//! vertical run. Two runs share a track only if a row stays free between them. Where a row is one
//! bundle's way in and another's way out, the first must stand left of the second; where such
//! demands form a circle, one run is cut in two with a step on a free row. Within these laws the
//! order with the fewest crossings is looked for.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

/// Up to this many runs every pair is weighed; above, a rule of thumb orders them.
const PAIRWISE: usize = 320;

/// What one net does in a channel.
#[derive(Default)]
pub(super) struct Bundle {
    pub(super) net: usize,
    /// Rows on which it touches the left edge of the channel.
    pub(super) left: Vec<i32>,
    /// Rows on which it touches the right edge.
    pub(super) right: Vec<i32>,
}

/// A part of a bundle with its tracks.
pub(super) struct Piece {
    left: Vec<i32>,
    right: Vec<i32>,
    /// Track of the run that touches the left rows; `None` if it goes straight through.
    first: Option<usize>,
    /// The row of a step, and the track of the run that touches the right rows.
    step: Option<(i32, usize)>,
}

/// The solved channel.
pub(super) struct Tracks {
    /// Number of tracks in use.
    pub(super) count: usize,
    pieces: Vec<Vec<Piece>>,
}

impl Tracks {
    /// The vertical runs on the way of a bundle from a row at the left to a row at the right:
    /// (track, row reached), from left to right.
    pub(super) fn through(&self, bundle: usize, from: i32, to: i32) -> Vec<(usize, i32)> {
        let piece = self.pieces[bundle].iter().find(|piece| piece.left.contains(&from) && piece.right.contains(&to));
        match piece {
            Some(Piece { first: Some(first), step: Some((row, second)), .. }) => {
                vec![(*first, *row), (*second, to)]
            }
            Some(Piece { first: Some(first), .. }) => vec![(*first, to)],
            _ => Vec::new(),
        }
    }

    /// The vertical run between two rows of the same side, for a bundle that turns round.
    pub(super) fn turn(&self, bundle: usize, at_left: bool, from: i32, to: i32) -> Option<usize> {
        let piece = self.pieces[bundle].iter().find(|piece| {
            let rows = if at_left { &piece.left } else { &piece.right };
            rows.contains(&from) && rows.contains(&to)
        })?;
        match (at_left, piece.step) {
            (false, Some((_, second))) => Some(second),
            _ => piece.first,
        }
    }
}

/// A vertical run that looks for a track.
struct Run {
    bundle: usize,
    piece: usize,
    /// Whether it is the right part of a run that was cut.
    after_step: bool,
    net: usize,
    left: Vec<i32>,
    right: Vec<i32>,
    low: i32,
    high: i32,
}

impl Run {
    fn measure(&mut self) {
        self.left.sort_unstable();
        self.right.sort_unstable();
        let rows = || self.left.iter().chain(&self.right);
        self.low = rows().copied().min().unwrap_or(0);
        self.high = rows().copied().max().unwrap_or(0);
    }

    /// Crossings with another run if this one stands left of it.
    fn crossings_left_of(&self, other: &Self) -> i64 {
        let inside = |rows: &[i32], low: i32, high: i32| {
            let start = rows.partition_point(|&row| row <= low);
            let end = rows.partition_point(|&row| row < high);
            end.saturating_sub(start) as i64
        };
        inside(&self.right, other.low, other.high) + inside(&other.left, self.low, self.high)
    }

    /// For many runs: those going down from the lowest to the highest start, then those going up
    /// from the highest to the lowest, which keeps parallel bundles free of crossings.
    fn thumb(&self) -> (bool, i64) {
        let start = self.left.first().or(self.right.first()).copied().unwrap_or(0);
        let goes_up = i64::from(self.low) + i64::from(self.high) < 2 * i64::from(start);
        (goes_up, if goes_up { i64::from(start) } else { -i64::from(start) })
    }
}

/// Gives every bundle its tracks.
pub(super) fn solve(bundles: &[Bundle]) -> Tracks {
    let mut runs = Vec::new();
    let mut pieces: Vec<Vec<Piece>> = Vec::with_capacity(bundles.len());
    let mut taken: BTreeSet<i32> = BTreeSet::new();
    for (index, bundle) in bundles.iter().enumerate() {
        taken.extend(bundle.left.iter().chain(&bundle.right));
        let mut own = Vec::new();
        for (left, right) in without_four_way_joins(bundle) {
            let row = left.first().or(right.first()).copied().unwrap_or(0);
            if left.iter().chain(&right).any(|&other| other != row) {
                let mut run = Run {
                    bundle: index,
                    piece: own.len(),
                    after_step: false,
                    net: bundle.net,
                    left: left.clone(),
                    right: right.clone(),
                    low: 0,
                    high: 0,
                };
                run.measure();
                runs.push(run);
            }
            own.push(Piece { left, right, first: None, step: None });
        }
        pieces.push(own);
    }
    let before = demands(&mut runs, &mut taken);
    let sequence = if runs.len() <= PAIRWISE { fewest_crossings(&runs, &before) } else { by_thumb(&runs, &before) };
    let mut count = 0;
    for (index, track) in stack(&runs, &sequence) {
        count = count.max(track + 1);
        let run = &runs[index];
        let piece = &mut pieces[run.bundle][run.piece];
        if run.after_step {
            let row = run.left.first().copied().unwrap_or(0);
            piece.step = Some((row, track));
        } else {
            piece.first = Some(track);
        }
    }
    Tracks { count, pieces }
}

/// Cuts a bundle that would need a join of four arms (straight on, up and down) into an upper and
/// a lower part, so that such a join is never drawn.
fn without_four_way_joins(bundle: &Bundle) -> Vec<(Vec<i32>, Vec<i32>)> {
    let all = || bundle.left.iter().chain(&bundle.right);
    let through = bundle.left.iter().copied().find(|row| bundle.right.contains(row));
    let Some(row) = through.filter(|row| all().any(|r| r < row) && all().any(|r| r > row)) else {
        return vec![(bundle.left.clone(), bundle.right.clone())];
    };
    let above = |rows: &[i32]| rows.iter().copied().filter(|r| *r < row).collect::<Vec<_>>();
    let below = |rows: &[i32]| rows.iter().copied().filter(|r| *r >= row).collect::<Vec<_>>();
    let mut upper_left = above(&bundle.left);
    upper_left.push(row);
    vec![(upper_left, above(&bundle.right)), (below(&bundle.left), below(&bundle.right))]
}

/// The lists of runs that each run must stand left of, free of circles; runs are cut for that.
fn demands(runs: &mut Vec<Run>, taken: &mut BTreeSet<i32>) -> Vec<Vec<usize>> {
    loop {
        let mut left_of: HashMap<i32, Vec<usize>> = HashMap::new();
        for (index, run) in runs.iter().enumerate().filter(|(_, run)| !run.after_step) {
            for &row in &run.left {
                left_of.entry(row).or_default().push(index);
            }
        }
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); runs.len()];
        for (index, run) in runs.iter().enumerate() {
            for row in &run.right {
                for &other in left_of.get(row).into_iter().flatten() {
                    let same_net = runs[other].net == run.net;
                    if other != index && !(same_net && run.left.contains(row)) {
                        before[other].push(index);
                    }
                }
            }
            if run.after_step {
                // The left part of a cut run comes directly before it in the list.
                before[index - 1].push(index);
            }
        }
        let circles = on_circles(runs, &before);
        if circles.is_empty() {
            return before;
        }
        let mut cut: Vec<usize> = circles;
        cut.sort_unstable_by_key(|&index| Reverse(index));
        for index in cut {
            cut_run(runs, index, taken);
        }
    }
}

/// One run of each circle that is met when runs without demands are taken away.
fn on_circles(runs: &[Run], before: &[Vec<usize>]) -> Vec<usize> {
    let mut open = vec![0_usize; runs.len()];
    let mut demanded: Vec<Vec<usize>> = vec![Vec::new(); runs.len()];
    for (index, list) in before.iter().enumerate() {
        for &other in list {
            open[other] += 1;
            demanded[other].push(index);
        }
    }
    let mut gone = vec![false; runs.len()];
    let mut ready: Vec<usize> = (0..runs.len()).filter(|&index| open[index] == 0).collect();
    let mut chosen = Vec::new();
    let mut next = 0;
    loop {
        while let Some(index) = ready.pop() {
            if std::mem::replace(&mut gone[index], true) {
                continue;
            }
            for &other in &before[index] {
                open[other] = open[other].saturating_sub(1);
                if open[other] == 0 {
                    ready.push(other);
                }
            }
        }
        while next < runs.len() && gone[next] {
            next += 1;
        }
        if next == runs.len() {
            return chosen;
        }
        // Everything left has a demand that is left too: walking back must close a circle.
        let mut step_of: HashMap<usize, usize> = HashMap::new();
        let mut path = Vec::new();
        let mut at = next;
        while !step_of.contains_key(&at) {
            step_of.insert(at, path.len());
            path.push(at);
            let Some(&back) = demanded[at].iter().find(|&&index| !gone[index]) else {
                break;
            };
            at = back;
        }
        let circle = &path[step_of.get(&at).copied().unwrap_or(0)..];
        let cheapest = circle.iter().copied().filter(|&index| !is_part(runs, index)).min_by_key(|&index| {
            (runs[index].left.len() + runs[index].right.len(), runs[index].high - runs[index].low, index)
        });
        let victim = cheapest.unwrap_or(at);
        if cheapest.is_some() {
            chosen.push(victim);
        }
        ready.push(victim);
    }
}

/// Whether a run is one part of a run that was cut; such parts are on no circle.
fn is_part(runs: &[Run], index: usize) -> bool {
    runs[index].after_step || runs.get(index + 1).is_some_and(|next| next.after_step)
}

/// Cuts a run into one for its left rows and one for its right rows, joined on a free row.
fn cut_run(runs: &mut Vec<Run>, index: usize, taken: &mut BTreeSet<i32>) {
    let run = &mut runs[index];
    let centre = i32::midpoint(run.low, run.high);
    let mut row = centre;
    let mut distance = 0;
    while taken.contains(&row) {
        distance += 1;
        let above = centre - distance;
        row = if above >= 0 && !taken.contains(&above) { above } else { centre + distance };
    }
    taken.insert(row);
    let mut second =
        Run { left: vec![row], right: std::mem::replace(&mut run.right, vec![row]), after_step: true, ..*run };
    run.measure();
    second.measure();
    runs.insert(index + 1, second);
}

/// An order that keeps all demands and takes, again and again, the run whose standing left of the
/// rest costs least compared with its standing right of it.
fn fewest_crossings(runs: &[Run], before: &[Vec<usize>]) -> Vec<usize> {
    let count = runs.len();
    let mut open = vec![0_usize; count];
    before.iter().flatten().for_each(|&other| open[other] += 1);
    let mut cost = vec![0_i64; count * count];
    let mut score = vec![0_i64; count];
    for a in 0..count {
        for b in a + 1..count {
            if runs[a].low > runs[b].high || runs[b].low > runs[a].high {
                continue;
            }
            let difference = runs[a].crossings_left_of(&runs[b]) - runs[b].crossings_left_of(&runs[a]);
            cost[a * count + b] = difference;
            cost[b * count + a] = -difference;
            score[a] += difference;
            score[b] -= difference;
        }
    }
    let mut waiting: Vec<usize> = (0..count).collect();
    let mut sequence = Vec::with_capacity(count);
    while !waiting.is_empty() {
        let best = waiting
            .iter()
            .enumerate()
            .filter(|(_, index)| open[**index] == 0)
            .min_by_key(|(_, index)| (score[**index], runs[**index].thumb(), **index));
        let Some((place, &index)) = best else { break };
        waiting.remove(place);
        sequence.push(index);
        before[index].iter().for_each(|&other| open[other] -= 1);
        for &other in &waiting {
            score[other] -= cost[other * count + index];
        }
    }
    improve(&mut sequence, &cost, count, before);
    sequence
}

/// Exchanges neighbours of the order while that saves crossings and no demand forbids it.
fn improve(sequence: &mut [usize], cost: &[i64], count: usize, before: &[Vec<usize>]) {
    for _ in 0..count.min(24) {
        let mut better = false;
        for index in 1..sequence.len() {
            let (a, b) = (sequence[index - 1], sequence[index]);
            if cost[a * count + b] > 0 && !before[a].contains(&b) {
                sequence.swap(index - 1, index);
                better = true;
            }
        }
        if !better {
            break;
        }
    }
}

fn by_thumb(runs: &[Run], before: &[Vec<usize>]) -> Vec<usize> {
    let mut open = vec![0_usize; runs.len()];
    before.iter().flatten().for_each(|&other| open[other] += 1);
    let mut ready: BinaryHeap<Reverse<((bool, i64), usize)>> =
        (0..runs.len()).filter(|&index| open[index] == 0).map(|index| Reverse((runs[index].thumb(), index))).collect();
    let mut sequence = Vec::with_capacity(runs.len());
    while let Some(Reverse((_, index))) = ready.pop() {
        sequence.push(index);
        for &other in &before[index] {
            open[other] -= 1;
            if open[other] == 0 {
                ready.push(Reverse((runs[other].thumb(), other)));
            }
        }
    }
    sequence
}

/// Puts each run, in order, on the first track right of everything it would touch.
fn stack(runs: &[Run], sequence: &[usize]) -> Vec<(usize, usize)> {
    let low = runs.iter().map(|run| run.low).min().unwrap_or(0) - 1;
    let high = runs.iter().map(|run| run.high).max().unwrap_or(0) + 1;
    let mut used = vec![0_usize; (high - low + 1) as usize];
    sequence
        .iter()
        .map(|&index| {
            let run = &runs[index];
            let (top, bottom) = ((run.low - low) as usize, (run.high - low) as usize);
            let track = used[top - 1..=bottom + 1].iter().copied().max().unwrap_or(0);
            used[top..=bottom].fill(track + 1);
            (index, track)
        })
        .collect()
}
