//! Line by line: two edits of one text that lie apart are both kept, comments and all.

use std::ops::Range;

/// More changed lines than this are not compared line by line.
const MOST_CHANGES: usize = 1_000;

/// Lines of a base that a side replaced by others.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hunk<'a> {
    base: Range<usize>,
    lines: Vec<&'a str>,
}

/// Both edits of a text, where no two of them touch. The same edit on both sides is made once.
pub(super) fn combine(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let lines: Vec<&str> = base.split_inclusive('\n').collect();
    let mut all = hunks(&lines, &ours.split_inclusive('\n').collect::<Vec<_>>())?;
    all.append(&mut hunks(&lines, &theirs.split_inclusive('\n').collect::<Vec<_>>())?);
    all.sort_by_key(|hunk| (hunk.base.start, hunk.base.end));
    all.dedup();
    let touch = |pair: &[Hunk]| {
        let [first, second] = pair else { return false };
        let insertion = first.base.is_empty() || second.base.is_empty();
        first.base.end > second.base.start || (insertion && first.base.end == second.base.start)
    };
    if all.windows(2).any(touch) {
        return None;
    }
    let mut text = String::new();
    let mut next = 0;
    for hunk in all {
        text.extend(lines[next..hunk.base.start].iter().copied());
        text.extend(hunk.lines);
        next = hunk.base.end;
    }
    text.extend(lines[next..].iter().copied());
    Some(text)
}

/// What a side replaced, in the order of the base.
fn hunks<'a>(base: &[&str], side: &[&'a str]) -> Option<Vec<Hunk<'a>>> {
    let mut found = Vec::new();
    let (mut from, mut to) = (0, 0);
    let mut kept = kept_lines(base, side)?;
    kept.push((base.len(), side.len()));
    for (old, new) in kept {
        if old - from == new - to {
            // Line for line, so that the same edit of one line is found on both sides.
            let lines = (from..old).zip(&side[to..new]);
            found.extend(lines.map(|(line, new)| Hunk { base: line..line + 1, lines: vec![*new] }));
        } else {
            found.push(Hunk { base: from..old, lines: side[to..new].to_vec() });
        }
        (from, to) = (old + 1, new + 1);
    }
    Some(found)
}

/// The pairs of lines that stay, by the greedy algorithm of Myers (1986): as few changes as possible.
pub(in crate::document) fn kept_lines(base: &[&str], side: &[&str]) -> Option<Vec<(usize, usize)>> {
    let start = base.iter().zip(side).take_while(|(a, b)| a == b).count();
    let (old, new) = (&base[start..], &side[start..]);
    // `furthest[k + offset]`: how far along `old` a path on diagonal `k = x - y` reaches with the changes made so far.
    let most = (old.len() + new.len()).min(MOST_CHANGES);
    let offset = most as isize + 1;
    let mut furthest = vec![0_usize; 2 * most + 3];
    let mut history = Vec::new();
    let at = |k: isize| (k + offset) as usize;
    for changes in 0..=most as isize {
        history.push(furthest[at(-changes)..=at(changes)].to_vec());
        let mut k = -changes;
        while k <= changes {
            let down = k == -changes || (k != changes && furthest[at(k - 1)] < furthest[at(k + 1)]);
            let mut x = if down { furthest[at(k + 1)] } else { furthest[at(k - 1)] + 1 };
            let mut y = (x as isize - k) as usize;
            while x < old.len() && y < new.len() && old[x] == new[y] {
                (x, y) = (x + 1, y + 1);
            }
            furthest[at(k)] = x;
            if x >= old.len() && y >= new.len() {
                let kept = walk_back(&history, old.len(), new.len());
                let before = (0..start).map(|line| (line, line));
                return Some(before.chain(kept.into_iter().map(|(x, y)| (x + start, y + start))).collect());
            }
            k += 2;
        }
    }
    None
}

/// The kept lines of a path, from its end to its start through what was reached with one change less each time.
fn walk_back(history: &[Vec<usize>], mut x: usize, mut y: usize) -> Vec<(usize, usize)> {
    let mut kept = Vec::new();
    for (changes, reached) in history.iter().enumerate().rev() {
        let changes = changes as isize;
        let k = x as isize - y as isize;
        // `reached` holds the diagonals from -changes to changes, as they were before this round.
        let get = |k: isize| reached.get((k + changes) as usize).copied().unwrap_or_default();
        let down = k == -changes || (k != changes && get(k - 1) < get(k + 1));
        let before = if down { k + 1 } else { k - 1 };
        let (from_x, from_y) = if changes == 0 {
            (0, 0)
        } else {
            let from_x = get(before);
            (from_x, (from_x as isize - before) as usize)
        };
        while x > from_x && y > from_y {
            (x, y) = (x - 1, y - 1);
            kept.push((x, y));
        }
        (x, y) = (from_x, from_y);
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_that_lie_apart_come_together() {
        let base = "a\nb\nc\nd\ne\n";
        assert_eq!(combine(base, "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\nf\n").as_deref(), Some("A\nb\nc\nd\nE\nf\n"));
        assert_eq!(combine(base, "a\nB\nc\nD\ne\n", "a\nB\nC\nd\nE\n").as_deref(), Some("a\nB\nC\nD\nE\n"));
        assert_eq!(combine(base, "a\nB\nc\nd\ne\nx\n", "a\nB\nc\nd\n").as_deref(), None);
        assert_eq!(combine(base, "a\nB\nc\nd\ne\n", "a\nB\nc\nd\ne\nx").as_deref(), Some("a\nB\nc\nd\ne\nx"));
        assert_eq!(combine(base, "b\nc\nd\ne\n", "a\nb\nc\ne\n").as_deref(), Some("b\nc\ne\n"));
        assert_eq!(combine(base, "X\na\nb\nc\nd\ne\n", "Y\na\nb\nc\nd\ne\n"), None);
    }

    #[test]
    fn a_difference_leads_from_one_text_to_the_other() {
        // Every pair of short texts over two lines.
        let all: Vec<Vec<&str>> = (0..=5_u32)
            .flat_map(|length| {
                (0..1_u32 << length)
                    .map(move |bits| (0..length).map(|i| if bits >> i & 1 == 0 { "a\n" } else { "b\n" }).collect())
            })
            .collect();
        for base in &all {
            for side in &all {
                let base_text: String = base.concat();
                assert_eq!(combine(&base_text, &side.concat(), &base_text), Some(side.concat()), "{base:?} {side:?}");
            }
        }
    }
}
