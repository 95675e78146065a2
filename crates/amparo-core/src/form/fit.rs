//! Which evidence goes first when not all of it can go.
//!
//! Asks only whether a choice fits, and never what it weighs: how large a sealed file is, only sealing knows. That a larger choice
//! is never the smaller file is all that it relies on.

/// Goes through `order`, the most important first, and keeps whatever still fits with what is kept already, at most `most`. So
/// nothing is left for later that could go along, and something important that is too large does not hold back the rest.
///
/// `fits` is asked about growing choices, a few times for each that is left; `cannot` says at once that something does not fit
/// with these, where that is known without asking. The result is in the order of `order`.
pub(super) fn keep<T: Copy, E>(
    order: &[T],
    most: usize,
    cannot: impl Fn(&[T], T) -> bool,
    mut fits: impl FnMut(&[T]) -> Result<bool, E>,
) -> Result<Vec<T>, E> {
    let mut kept: Vec<T> = Vec::new();
    let mut rest = order;
    while let Some((first, after)) = rest.split_first() {
        if kept.len() >= most {
            break;
        }
        if cannot(&kept, *first) {
            rest = after;
            continue;
        }
        // How many more fit, one after another: between `good` and `bad`.
        let room = most.saturating_sub(kept.len()).min(rest.len());
        let (mut good, mut bad) = (0usize, room.saturating_add(1));
        let mut try_this = room;
        while good.saturating_add(1) < bad {
            let mut choice = kept.clone();
            choice.extend(rest.iter().take(try_this));
            if fits(&choice)? {
                good = try_this
            } else {
                bad = try_this
            }
            try_this = good.midpoint(bad);
        }
        kept.extend(rest.iter().take(good));
        // The next one is what did not fit.
        rest = rest.get(good.saturating_add(1)..).unwrap_or_default();
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn total(sizes: &[u64], choice: &[usize]) -> u64 {
        choice.iter().map(|i| sizes[*i]).sum()
    }

    fn suggest(sizes: &[u64], base: u64, limit: u64, most: usize, hint: bool) -> (Vec<usize>, usize) {
        let order: Vec<usize> = (0..sizes.len()).collect();
        let mut asked = 0;
        let cannot = |kept: &[usize], next: usize| hint && total(sizes, kept) + sizes[next] > limit;
        let kept = keep(&order, most, cannot, |choice| {
            asked += 1;
            Ok::<_, Infallible>(base + total(sizes, choice) <= limit)
        });
        (kept.unwrap(), asked)
    }

    proptest! {
        /// What is kept fits, and nothing that is left could go along.
        #[test]
        fn what_is_kept_fits_and_nothing_is_left_needlessly(
            sizes in prop::collection::vec(1u64..1000, 0..40),
            base in 0u64..500, limit in 1u64..8000, most in 0usize..50, hint in any::<bool>(),
        ) {
            let (kept, _) = suggest(&sizes, base, limit, most, hint);
            prop_assert!(kept.len() <= most);
            prop_assert!(kept.is_sorted_by(|a, b| a < b), "in order, none twice");
            prop_assert!(kept.is_empty() || base + total(&sizes, &kept) <= limit);
            if kept.len() < most {
                for left in (0..sizes.len()).filter(|i| !kept.contains(i)) {
                    prop_assert!(base + total(&sizes, &kept) + sizes[left] > limit, "{left} would have fitted");
                }
            }
            // The most important is only left if it does not fit by itself.
            if let Some(first) = sizes.first()
                && most > 0 && base + first <= limit
            {
                prop_assert_eq!(kept.first(), Some(&0));
            }
            prop_assert_eq!(&suggest(&sizes, base, limit, most, !hint).0, &kept, "the hint changes nothing");
        }

        /// It asks little: what fits is found by halves.
        #[test]
        fn what_all_fits_is_asked_once(count in 1usize..500) {
            let sizes = vec![1; count];
            let (kept, asked) = suggest(&sizes, 0, 10_000, usize::MAX, true);
            prop_assert_eq!((kept.len(), asked), (count, 1));
        }
    }

    #[test]
    fn an_error_stops_it() {
        let result = keep(&[1, 2], 2, |_, _| false, |_| Err::<bool, _>("vault locked"));
        assert_eq!(result, Err("vault locked"));
    }
}
