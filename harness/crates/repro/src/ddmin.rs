//! Delta debugging: the parts of a whole that a property needs (Zeller and Hildebrandt, "Simplifying
//! and Isolating Failure-Inducing Input", IEEE Transactions on Software Engineering 28, 2002).

/// Takes parts away while `holds` says that what is left still has the property, until no single
/// part can be taken away any more. The whole is taken to have it, and is not asked about; nor is
/// anything twice.
///
/// Stops with what it has when `holds` returns `None`.
pub async fn ddmin<T: Clone + PartialEq>(
    whole: Vec<T>,
    mut holds: impl AsyncFnMut(&[T]) -> Option<bool>,
) -> Vec<T> {
    let mut left = whole;
    let mut asked: Vec<Vec<T>> = Vec::new();
    let mut chunks = 2;
    while !left.is_empty() {
        let size = left.len().div_ceil(chunks.min(left.len()));
        let mut smaller = None;
        for start in (0..left.len()).step_by(size) {
            let end = (start + size).min(left.len());
            // Without this chunk; the chunk alone is what another round leaves.
            let candidate = [&left[..start], &left[end..]].concat();
            if asked.contains(&candidate) {
                continue;
            }
            asked.push(candidate.clone());
            match holds(&candidate).await {
                None => return left,
                Some(false) => {}
                Some(true) => {
                    smaller = Some(candidate);
                    break;
                }
            }
        }
        match smaller {
            Some(smaller) => {
                left = smaller;
                chunks = chunks.saturating_sub(1).max(2);
            }
            None if size == 1 => break,
            None => chunks = chunks.saturating_mul(2).min(left.len()),
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn asks_little_when_little_is_needed() {
        let mut asked = 0;
        let left = block_on(ddmin((0..64).collect(), async |parts: &[i32]| {
            asked += 1;
            Some(parts.contains(&7) && parts.contains(&40))
        }));
        assert_eq!(left, [7, 40]);
        assert!(asked < 60, "{asked}");
        assert_eq!(
            block_on(ddmin(vec![1, 2, 3], async |_: &[i32]| Some(true))),
            [0; 0]
        );
    }

    #[test]
    fn stops_with_what_it_has() {
        let mut asked = 0;
        let left = block_on(ddmin((0..8).collect(), async |parts: &[i32]| {
            asked += 1;
            (asked < 3).then_some(parts.contains(&7))
        }));
        assert_eq!(left, [6, 7]);
    }

    proptest! {
        #[test]
        fn what_is_left_holds_and_needs_each_part(
            size in 0_usize..24,
            needed in prop::collection::vec(prop::collection::vec(0_usize..24, 1..4), 0..4),
        ) {
            // At least one part of each group is needed: neither monotone nor unique in its minima,
            // but for single parts.
            let groups: Vec<Vec<usize>> = needed.into_iter()
                .map(|group| group.into_iter().filter(|part| *part < size).collect::<Vec<_>>())
                .filter(|group: &Vec<usize>| !group.is_empty())
                .collect();
            let holds = |parts: &[usize]| groups.iter().all(|group| group.iter().any(|part| parts.contains(part)));
            let whole: Vec<usize> = (0..size).collect();
            let mut seen: Vec<Vec<usize>> = Vec::new();
            let left = block_on(ddmin(whole, async |parts: &[usize]| {
                assert!(!seen.contains(&parts.to_vec()), "asked twice");
                seen.push(parts.to_vec());
                Some(holds(parts))
            }));
            prop_assert!(holds(&left));
            for without in 0..left.len() {
                let mut smaller = left.clone();
                smaller.remove(without);
                prop_assert!(!holds(&smaller), "{left:?} without {without}");
            }
        }
    }
}
