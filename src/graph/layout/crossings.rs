//! Counting crossings between two neighbouring ranks (Barth, Jünger and Mutzel: an accumulator
//! tree over the right ends, taken in the order of the left ends).

/// A Fenwick tree that counts how many right ends lie below a position.
pub(super) struct Counter {
    tree: Vec<u32>,
}

impl Counter {
    pub(super) const fn new() -> Self {
        Self { tree: Vec::new() }
    }

    /// The number of pairs that cross: `ends` are right positions below `width`, in the order of
    /// their left ends; pairs with the same right end do not cross.
    pub(super) fn count(&mut self, ends: &[usize], width: usize) -> u64 {
        self.tree.clear();
        self.tree.resize(width + 1, 0);
        let mut crossings = 0;
        for (before, &end) in ends.iter().enumerate() {
            let mut not_above = 0;
            let mut at = end + 1;
            while at > 0 {
                not_above += u64::from(self.tree[at]);
                at &= at - 1;
            }
            crossings += before as u64 - not_above;
            let mut at = end + 1;
            while at <= width {
                self.tree[at] += 1;
                at += at & at.wrapping_neg();
            }
        }
        crossings
    }
}

/// Crossings saved by exchanging two neighbours, from their sorted far ends: crossings as they
/// stand minus crossings after the exchange.
pub(super) fn gain(upper: &[usize], lower: &[usize]) -> i64 {
    let mut gain = 0;
    let (mut below, mut not_above) = (0, 0);
    for &end in upper {
        while below < lower.len() && lower[below] < end {
            below += 1;
        }
        while not_above < lower.len() && lower[not_above] <= end {
            not_above += 1;
        }
        gain += below as i64 - (lower.len() - not_above) as i64;
    }
    gain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_the_pairwise_definition_does() {
        let ends = [3, 1, 4, 1, 5, 0, 2, 2, 5];
        let mut expected = 0;
        for (i, a) in ends.iter().enumerate() {
            expected += ends[i + 1..].iter().filter(|b| *b < a).count() as u64;
        }
        assert_eq!(Counter::new().count(&ends, 6), expected);
    }

    #[test]
    fn gain_is_the_difference_of_the_two_orders() {
        let cross =
            |a: &[usize], b: &[usize]| a.iter().map(|x| b.iter().filter(|y| *y < x).count() as i64).sum::<i64>();
        let (upper, lower) = ([1, 4, 4, 7], [0, 2, 4, 9]);
        assert_eq!(gain(&upper, &lower), cross(&upper, &lower) - cross(&lower, &upper));
    }
}
