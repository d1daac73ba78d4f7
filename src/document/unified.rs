//! The difference of two texts for people and for `patch`: unified, three lines around each change.

use super::merge::kept_lines;
use std::fmt::Write as _;

/// So many lines stay around a change.
const AROUND: usize = 3;

/// The lines of `old` and `new` that differ, as a unified diff of a file of this name; empty where none do.
///
/// The lines are as they are in the texts: whoever prints them makes them visible.
pub fn unified_diff(name: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let mut out = format!("--- a/{name}\n+++ b/{name}\n");
    let mut hunk: Vec<(usize, usize, usize, usize)> = Vec::new();
    for change in changes(&a, &b) {
        if hunk.last().is_some_and(|last| change.0 > last.1 + 2 * AROUND) {
            write_hunk(&mut out, &a, &b, &hunk);
            hunk.clear();
        }
        hunk.push(change);
    }
    write_hunk(&mut out, &a, &b, &hunk);
    out
}

/// What was replaced, in order: from and to in the old lines, from and to in the new ones.
fn changes(a: &[&str], b: &[&str]) -> Vec<(usize, usize, usize, usize)> {
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let end = a[start..].iter().rev().zip(b[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (middle, other) = (&a[start..a.len() - end], &b[start..b.len() - end]);
    // Too many changes to be told apart are one.
    let mut kept = kept_lines(middle, other).unwrap_or_default();
    kept.push((middle.len(), other.len()));
    let (mut from, mut to) = (0, 0);
    let mut found = Vec::new();
    for (old, new) in kept {
        if old > from || new > to {
            found.push((start + from, start + old, start + to, start + new));
        }
        (from, to) = (old + 1, new + 1);
    }
    found
}

fn write_hunk(out: &mut String, a: &[&str], b: &[&str], changes: &[(usize, usize, usize, usize)]) {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return };
    let before = first.0.min(AROUND);
    let after = (a.len() - last.1).min(AROUND);
    let (from, to) = (first.0 - before, first.2 - before);
    let (old, new) = (last.1 + after - from, last.3 + after - to);
    let begins = |from: usize, count: usize| if count == 0 { from } else { from + 1 };
    let _ = writeln!(out, "@@ -{},{old} +{},{new} @@", begins(from, old), begins(to, new));
    let mut at = from;
    for (start, end, new_start, new_end) in changes {
        a[at..*start].iter().for_each(|line| push(out, ' ', line));
        a[*start..*end].iter().for_each(|line| push(out, '-', line));
        b[*new_start..*new_end].iter().for_each(|line| push(out, '+', line));
        at = *end;
    }
    a[at..at + after].iter().for_each(|line| push(out, ' ', line));
}

fn push(out: &mut String, sign: char, line: &str) {
    out.push(sign);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_that_lie_together_are_one_hunk() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n";
        let new = "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nl\nm";
        assert_eq!(
            unified_diff("x", old, new),
            "--- a/x\n+++ b/x\n@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n@@ -8,5 +8,5 @@\n h\n i\n j\n-k\n l\n+m\n\\ No newline at end of file\n"
        );
        assert_eq!(unified_diff("x", "", "a\n"), "--- a/x\n+++ b/x\n@@ -0,0 +1,1 @@\n+a\n");
        assert_eq!(unified_diff("x", old, old), "");
    }
}
