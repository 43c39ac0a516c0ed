//! Room for a notice beside what stands on a page or slide.

/// Left, bottom, right, top of something; up is positive.
pub(in crate::container) type Area = [f64; 4];

/// Most things that are looked at.
const MOST: usize = 4_096;
/// Steps in which a page is searched, as parts of the height of the notice.
const STEP: f64 = 0.5;
/// As much of the page is searched, from the edge where the notice is wanted.
const SHARE: f64 = 0.4;

fn overlap(a: &Area, b: &Area) -> f64 {
    let side = |low: f64, high: f64| (high - low).max(0.0);
    side(a[0].max(b[0]), a[2].min(b[2])) * side(a[1].max(b[1]), a[3].min(b[3]))
}

/// The lower left corner of a notice of this size on a page with `taken` areas, and whether it covers a part
/// of them: in a corner or the middle of the wanted edge, in one of the other edge, near the wanted edge; where no
/// place is free, the one that covers least. The right comes first.
pub(in crate::container) fn place(
    taken: &[Area],
    (width, height): (f64, f64),
    notice: (f64, f64),
    margin: f64,
    bottom: bool,
) -> ((f64, f64), bool) {
    let (low, high) = (margin, height - margin - notice.1);
    let sides = [width - margin - notice.0, margin, (width - notice.0) / 2.0];
    let (first, other) = if bottom { (low, high) } else { (high, low) };
    let step = (notice.1 * STEP).max(height / 200.0);
    let count = ((height * SHARE - notice.1) / step).clamp(0.0, 100.0) as u32;
    let steps = (1..=count).map(|n| f64::from(n) * step).map(|way| if bottom { low + way } else { high - way });
    let edges = [first, other].into_iter().chain(steps);
    let mut best: Option<((f64, f64), f64)> = None;
    for at in edges.flat_map(|y| sides.into_iter().map(move |x| (x, y))) {
        let area = [at.0, at.1, at.0 + notice.0, at.1 + notice.1];
        let covered: f64 = taken.iter().take(MOST).map(|other| overlap(&area, other)).sum();
        if covered <= 0.0 {
            return (at, false);
        }
        if best.is_none_or(|(_, least)| covered < least) {
            best = Some((at, covered));
        }
    }
    (best.map_or((sides[0], first), |(at, _)| at), true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGE: (f64, f64) = (600.0, 800.0);
    const NOTICE: (f64, f64) = (100.0, 40.0);

    #[test]
    fn the_first_free_place_is_taken() {
        let at = |taken: &[Area], bottom| place(taken, PAGE, NOTICE, 10.0, bottom);
        assert_eq!(at(&[], false), ((490.0, 750.0), false));
        assert_eq!(at(&[], true), ((490.0, 10.0), false));
        let right = [400.0, 0.0, 600.0, 800.0];
        assert_eq!(at(&[right], false), ((10.0, 750.0), false));
        let top = [0.0, 700.0, 600.0, 800.0];
        assert_eq!(at(&[top], false), ((490.0, 10.0), false));
        assert_eq!(at(&[top, [0.0, 0.0, 600.0, 100.0]], false), ((490.0, 650.0), false));
        // Nothing is free: the least of it is covered.
        let all = [0.0, 0.0, 600.0, 800.0];
        assert_eq!(at(&[all], false), ((490.0, 750.0), true));
        assert_eq!(at(&[all, right], false), ((10.0, 750.0), true));
    }

    proptest! {
        #[test]
        fn what_is_said_to_be_free_is(
            taken in prop::collection::vec((0.0..600.0, 0.0..800.0, 1.0..300.0, 1.0..300.0), 0..20),
            bottom: bool,
        ) {
            let taken: Vec<Area> = taken.into_iter().map(|(x, y, w, h)| [x, y, x + w, y + h]).collect();
            let ((x, y), covers) = place(&taken, PAGE, NOTICE, 10.0, bottom);
            let area = [x, y, x + NOTICE.0, y + NOTICE.1];
            prop_assert!(x >= 10.0 && y >= 10.0 && area[2] <= 590.0 && area[3] <= 790.0);
            prop_assert_eq!(covers, taken.iter().any(|other| overlap(&area, other) > 0.0));
        }
    }
}
