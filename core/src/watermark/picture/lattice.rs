//! Where a mark lies in the plane of frequencies: points of a lattice, drawn from the key.

use super::math::{ln, turn};
use crate::watermark::Key;
use crate::watermark::polar::Code;
use crate::watermark::random::Random;

/// Cells of one side of the canonical tile; a lattice point counts periods in it.
pub(super) const TILE: usize = 128;
/// Bits of a code word, one for each payload carrier.
pub(super) const CARRIERS: usize = 512;
/// Carriers of known phase that show where and how the tile lies.
pub(super) const SYNCS: usize = 24;
/// Periods in the tile of the slowest carrier, and of the fastest sync carrier.
const LEAST: i32 = 16;
const MOST: i32 = 25;

/// Paths that the decoder follows.
pub(super) const LIST: usize = 32;

/// Sync carriers keep off the axes, where pictures and blocks of codecs have their own lines.
const OFF_AXIS: i32 = 4;
/// Draws of sync carriers of which the best spread is taken.
const DRAWS: usize = 200;

/// A wave: periods across and down the tile, and the cosine and sine of its phase.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wave {
    pub(super) k: i32,
    pub(super) l: i32,
    pub(super) cos: f32,
    pub(super) sin: f32,
}

impl Wave {
    pub(super) fn radius2(&self) -> i32 {
        self.k * self.k + self.l * self.l
    }
}

/// All waves of one key.
#[derive(Debug, Clone)]
pub(super) struct Lattice {
    /// Pixels of one side of the tile in pictures that are not large. Secret tiles are larger, so that
    /// their waves are none of the public ones: marks of both kinds live in one picture.
    pub(super) base: usize,
    pub(super) syncs: Vec<Wave>,
    pub(super) carriers: Vec<Wave>,
    /// Added to the code word, so that no plain picture looks like a word.
    pub(super) scramble: Vec<u8>,
    pub(super) code: Code,
    /// Order of the carriers by radius.
    pub(super) by_radius: Vec<usize>,
    /// Logarithm of the radius over the tile, and angle in turns, of each sync carrier.
    pub(super) polar: Vec<(f64, f64)>,
}

impl Lattice {
    pub(super) fn new(key: &Key) -> Self {
        let mut random = key.stream("picture 1");
        let mut points: Vec<(i32, i32)> = (-MOST..=MOST)
            .flat_map(|k| (0..=MOST).map(move |l| (k, l)))
            .filter(|&(k, l)| (l > 0 || k > 0) && (LEAST * LEAST..=MOST * MOST).contains(&(k * k + l * l)))
            .collect();
        let mut eligible: Vec<(i32, i32)> =
            points.iter().copied().filter(|&(k, l)| k.abs() >= OFF_AXIS && l >= OFF_AXIS).collect();
        let mut chosen: Vec<(i32, i32)> = Vec::new();
        let mut best = -1;
        for _ in 0..DRAWS {
            let draw = random.choose(&mut eligible, SYNCS);
            let spread = spread(&draw);
            if spread > best {
                best = spread;
                chosen = draw;
            }
        }
        points.retain(|p| !chosen.contains(p));
        points.sort_by_key(|&(k, l)| (k * k + l * l, k, l));
        points.truncate(CARRIERS);
        random.shuffle(&mut points);
        let syncs: Vec<Wave> = chosen.iter().map(|&p| wave(p, &mut random)).collect();
        let carriers: Vec<Wave> = points.iter().map(|&p| wave(p, &mut random)).collect();
        let scramble = carriers.iter().map(|_| u8::from(random.bit())).collect();
        let mut by_radius: Vec<usize> = (0..carriers.len()).collect();
        by_radius.sort_by_key(|&i| carriers.get(i).map_or(0, |w| w.radius2()));
        let polar = syncs.iter().map(polar).collect();
        let base = if key.is_public() { TILE } else { TILE + TILE / 16 };
        Self {
            base,
            syncs,
            carriers,
            scramble,
            code: Code::of_512(b"biaoshi picture 1").with_list(LIST),
            by_radius,
            polar,
        }
    }

    /// The sign of each carrier for this payload.
    pub(super) fn signs(&self, payload: u64) -> Vec<f32> {
        let word = self.code.encode(payload);
        word.iter().zip(&self.scramble).map(|(b, s)| if b == s { 1.0 } else { -1.0 }).collect()
    }
}

fn wave((k, l): (i32, i32), random: &mut Random) -> Wave {
    let (cos, sin) = turn(f64::from(random.below(1 << 16)) / 65536.0);
    #[allow(clippy::cast_possible_truncation)]
    Wave { k, l, cos: cos as f32, sin: sin as f32 }
}

/// Least squared distance between two points, and of points to mirrored ones (which counts up to 4).
fn spread(points: &[(i32, i32)]) -> i32 {
    let mut apart = i32::MAX;
    let mut mirrored = 4;
    for (i, &(a, b)) in points.iter().enumerate() {
        for (j, &(c, d)) in points.iter().enumerate() {
            if j < i {
                apart = apart.min((a - c) * (a - c) + (b - d) * (b - d));
            }
            mirrored = mirrored.min((a + c) * (a + c) + (b - d) * (b - d));
        }
    }
    apart.saturating_add(mirrored)
}

fn polar(wave: &Wave) -> (f64, f64) {
    let radius2 = f64::from(wave.radius2()) / (128.0 * 128.0);
    // The angle of the upper half plane by bisection: cosines fall from 0 to half a turn.
    let cosine = f64::from(wave.k) / f64::from(wave.radius2()).sqrt();
    let (mut low, mut high) = (0.0, 0.5);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if turn(middle).0 > cosine {
            low = middle;
        } else {
            high = middle;
        }
    }
    (0.5 * ln(radius2), low)
}
