//! How wide the columns of a table are. Must not know what stands in them.

/// Narrower than this, columns of longer words are not worth reading.
const NARROWEST: usize = 8;
/// The cells between two columns: ` │ `.
pub(super) const BETWEEN: usize = 3;

/// What a column would like: its widest line unbroken, and what of it should not be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wish {
    pub(super) line: usize,
    pub(super) word: usize,
}

/// The widths of columns whose sum with what is between them is at most `room`; none where they do not fit.
///
/// All lines unbroken if that fits; else every column gets its longest word and a share of the rest in proportion to
/// what it lacks; else the longest words are broken, but no column of longer words is below [`NARROWEST`].
pub(super) fn widths(wishes: &[Wish], room: usize) -> Option<Vec<usize>> {
    let room = room.checked_sub(BETWEEN * wishes.len().saturating_sub(1))?;
    let lines: Vec<usize> = wishes.iter().map(|wish| wish.line.clamp(1, room.max(1))).collect();
    if lines.iter().sum::<usize>() <= room {
        return Some(lines);
    }
    let words: Vec<usize> = wishes.iter().map(|wish| wish.word.clamp(1, room.max(1))).collect();
    if words.iter().sum::<usize>() <= room {
        return Some(grown(words, &lines, room));
    }
    // The widest cap under which all fit.
    let capped = |cap: usize| words.iter().map(move |word| *word.min(&cap));
    let cap = (NARROWEST..=room).rev().find(|cap| capped(*cap).sum::<usize>() <= room)?;
    let capped: Vec<usize> = capped(cap).collect();
    Some(grown(capped, &words, room))
}

/// Widths grown towards wishes, in proportion to what each lacks. The wishes together exceed the room.
fn grown(mut widths: Vec<usize>, wishes: &[usize], room: usize) -> Vec<usize> {
    let lacks: Vec<usize> = widths.iter().zip(wishes).map(|(width, wish)| wish.saturating_sub(*width)).collect();
    let total = lacks.iter().sum::<usize>().max(1);
    let spare = room.saturating_sub(widths.iter().sum());
    for (width, lack) in widths.iter_mut().zip(&lacks) {
        *width += (spare * lack / total).min(*lack);
    }
    // What rounding left goes to the first that still lack.
    let mut left = room.saturating_sub(widths.iter().sum());
    for (width, wish) in widths.iter_mut().zip(wishes) {
        if left > 0 && *width < *wish {
            *width += 1;
            left -= 1;
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(line: usize, word: usize) -> Wish {
        Wish { line, word }
    }

    #[test]
    fn columns_get_what_they_need_and_share_the_rest() {
        assert_eq!(widths(&[wish(4, 4), wish(10, 5)], 17), Some(vec![4, 10]));
        // 20 cells for both; 4 and 5 are the words, what is left goes to the one that lacks.
        assert_eq!(widths(&[wish(4, 4), wish(90, 5)], 23), Some(vec![4, 16]));
        assert_eq!(widths(&[wish(30, 5), wish(30, 5)], 43), Some(vec![20, 20]));
        // The longest word is broken before any other.
        assert_eq!(widths(&[wish(9, 9), wish(30, 30), wish(11, 11)], 40), Some(vec![9, 14, 11]));
        assert_eq!(widths(&[wish(30, 30), wish(30, 30)], 19), Some(vec![8, 8]));
        assert_eq!(widths(&[wish(30, 30), wish(30, 30)], 18), None);
        assert_eq!(widths(&[wish(0, 0), wish(0, 0)], 5), Some(vec![1, 1]));
        assert_eq!(widths(&[wish(1, 1), wish(1, 1)], 2), None);
        assert_eq!(widths(&[], 0), Some(vec![]));
    }

    #[test]
    fn no_room_is_exceeded_and_none_is_wasted() {
        for room in 1..120 {
            for seed in 0..200_usize {
                let wishes: Vec<Wish> = (0..=(seed % 7))
                    .map(|column| {
                        let line = (seed * 31 + column * 17) % 90;
                        wish(line, line.min((seed * 7 + column * 13) % 25))
                    })
                    .collect();
                let Some(widths) = widths(&wishes, room) else { continue };
                let sum: usize = widths.iter().sum::<usize>() + BETWEEN * (wishes.len() - 1);
                assert!(sum <= room && widths.iter().all(|width| *width > 0), "{wishes:?} in {room}: {widths:?}");
                let content = wishes.iter().map(|wish| wish.line.max(1)).sum::<usize>() + BETWEEN * (wishes.len() - 1);
                assert_eq!(sum, room.min(content), "{wishes:?} in {room}: {widths:?}");
            }
        }
    }
}
