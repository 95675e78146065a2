//! Which numbers of a table may be told.
//!
//! Whoever reads a table is taken to know the sum of its numbers (other tables of the same export may tell it), the threshold,
//! and how this file chooses. They must still not be able to tell any number below the threshold from the other possible ones.

use super::Cell;

/// The cells of a table of these numbers, none of which is 0; `None` when no choice of cells hides those below `threshold`.
pub(super) fn suppress(counts: &[u64], threshold: u32) -> Option<Vec<Cell>> {
    let limit = u64::from(threshold);
    let mut order: Vec<usize> = (0..counts.len()).collect();
    let count = |index: &usize| counts.get(*index).copied().unwrap_or(0);
    order.sort_by_key(|index| (count(index), *index));
    let sorted: Vec<u64> = order.iter().map(count).collect();
    let below = sorted.partition_point(|count| *count < limit);
    let hidden =
        if below == 0 { 0 } else { (below + 1..=sorted.len()).find(|hidden| hides(&sorted, below, *hidden, limit))? };
    let mut cells: Vec<Cell> = counts.iter().map(|count| Cell::Exact(*count)).collect();
    for (rank, index) in order.iter().enumerate().take(hidden) {
        if let Some(cell) = cells.get_mut(*index) {
            *cell = if rank < below { Cell::Below(threshold) } else { Cell::Withheld(threshold) };
        }
    }
    Some(cells)
}

/// Whether each of the first `below` numbers of `sorted` could still be anything from 1 to `limit - 1`, and each of the others
/// more than one number, when the first `hidden` are not told, and their sum is known.
fn hides(sorted: &[u64], below: usize, hidden: usize, limit: u64) -> bool {
    let sum: u64 = sorted.iter().take(hidden).sum();
    let (small, large) = (below as u64, (hidden as u64).saturating_sub(below as u64));
    // What is withheld is less than the smallest number that is told, or as large and earlier in the table. When nothing is
    // told, nothing bounds it but the sum.
    let most = sorted.get(hidden).map_or(sum, |told| told.saturating_sub(1));
    // All but one as small as they can be leave room for the largest value of that one; as large as they can be, for the
    // smallest.
    let most_small = sum.saturating_sub((small - 1) + large * limit);
    let least_small = sum.saturating_sub((small - 1) * (limit - 1) + large * most);
    let most_large = sum.saturating_sub(small + (large - 1) * limit).min(most);
    let least_large = sum.saturating_sub(small * (limit - 1) + (large - 1) * most).max(limit);
    most_small >= limit - 1 && least_small <= 1 && most_large > least_large
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    /// Every table of `len` numbers from 1 to `most` with the same sum, by what would be told of it: what a reader who knows
    /// everything but the numbers can tell apart.
    fn told(len: usize, most: u64, threshold: u32) -> BTreeMap<(u64, String), Vec<Vec<u64>>> {
        let mut tables: Vec<Vec<u64>> = vec![Vec::new()];
        for _ in 0..len {
            tables = tables.into_iter().flat_map(|t| (1..=most).map(move |n| [t.clone(), vec![n]].concat())).collect();
        }
        let mut out: BTreeMap<(u64, String), Vec<Vec<u64>>> = BTreeMap::new();
        for table in tables {
            // A larger sum has tables that are not among these.
            let sum = table.iter().sum();
            if let Some(cells) = suppress(&table, threshold).filter(|_| sum < most + len as u64) {
                out.entry((sum, format!("{cells:?}"))).or_default().push(table);
            }
        }
        out
    }

    #[test]
    fn no_number_below_the_threshold_can_be_told_even_by_who_knows_the_sum_and_this_file() {
        for (threshold, len, most) in
            [(3, 2, 20), (3, 3, 18), (3, 4, 12), (3, 5, 7), (4, 2, 20), (4, 3, 18), (4, 4, 12), (5, 3, 20), (5, 4, 12)]
        {
            for ((sum, cells), tables) in told(len, most, threshold) {
                for place in 0..len {
                    let possible: BTreeSet<u64> = tables.iter().map(|table| table[place]).collect();
                    if !matches!(suppress(&tables[0], threshold).unwrap()[place], Cell::Exact(_)) {
                        assert!(possible.len() > 1, "{threshold}: {cells} with the sum {sum} can only be {tables:?}");
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_told_is_true_and_what_is_small_is_not_told(
            counts in prop::collection::vec(1u64..40, 0..12), threshold in 3u32..8,
        ) {
            let limit = u64::from(threshold);
            match suppress(&counts, threshold) {
                None => prop_assert!(counts.iter().any(|count| *count < limit)),
                Some(cells) => {
                    prop_assert_eq!(cells.len(), counts.len());
                    let mut unknown = 0;
                    for (cell, count) in cells.iter().zip(&counts) {
                        match cell {
                            Cell::Exact(told) => prop_assert!(told == count && *count >= limit),
                            Cell::Below(_) => prop_assert!(*count < limit),
                            Cell::Withheld(_) => prop_assert!(*count >= limit),
                        }
                        unknown += u32::from(!matches!(cell, Cell::Exact(_)));
                    }
                    prop_assert!(unknown != 1, "the sum tells a single one");
                }
            }
        }
    }
}
