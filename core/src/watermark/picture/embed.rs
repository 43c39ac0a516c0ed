//! Writing the mark.

use super::foresee::{Enlarged, pushes};
use super::lattice::{Lattice, Wave};
use super::mask::{Activity, CLIP, cell_of};
use super::math::exp;
use super::plane::{Interpolated, Plane, count};
use super::tile::{Square, deviation};
use super::view::{Channels, Sample, luminance};
use super::{Embedded, Strength};

/// Rounds in which weak carriers are made stronger.
const ROUNDS: usize = 3;

/// Roots of pixels: up to the first the tile is `base`, from the second on three eighths more, from the
/// third on it grows with the picture.
const GROWING: [f32; 3] = [512.0, 704.0, 1512.5];
/// By what the tile has grown there.
const GROWN: f32 = 1.375;

/// Pixels of one side of the tile in a picture of this size: larger pictures get larger tiles, so
/// that the mark outlives being shown smaller. A multiple of four.
pub(super) fn side_for((width, height): (usize, usize), base: usize) -> usize {
    let [small, medium, large] = GROWING;
    let root = (count(width) * count(height)).sqrt();
    let across = if root > large {
        GROWN * root / large
    } else {
        1.0 + (GROWN - 1.0) * ((root - small) / (medium - small)).clamp(0.0, 1.0)
    };
    let fours = count(base / 4) * across;
    let whole = (base / 4..8192).find(|n| fours < count(*n) + 0.5).unwrap_or(8192);
    whole * 4
}

/// The side between small and large pictures.
pub(super) fn usual_side(base: usize) -> usize {
    side_for((1_000, 1_000), base)
}

/// Share of what a picture hides that the scheme takes, before smooth pictures get more.
const SHARE: f32 = 0.29;
/// Megapixels of structure at which the share is taken as it is.
const STRUCTURED: f32 = 0.16;
/// Least and most by which less or more structure changes it.
const CHANGE: (f32, f32) = (1.12, 1.42);
/// Of each megapixel at most this counts as structure: a small picture bears less, however rough.
const COUNTED: f32 = 0.32;
/// Amplitude of a sync carrier over that of a payload carrier, and where the codec's rounding is won.
const SYNC: (f32, f32) = (2.75, 1.0);
/// Deviation of the picture in the payload carriers over the mark there from which sync carriers grow, and
/// by how much at most.
const DROWNED: (f32, f32) = (0.6, 1.7);
/// By how much the whole mark grows with it, and at most.
const RISING: f32 = 0.55;
const MOST: f32 = 1.22;
/// Squared periods of a payload carrier of amplitude 1: slower ones are stronger, since more of them
/// outlives codecs.
const MIDDLE: f32 = 420.0;

/// `None`: nothing was there to be marked.
pub(super) fn embed<S: Sample>(
    samples: &mut [S],
    size: (usize, usize),
    channels: Channels,
    lattice: &Lattice,
    payload: u64,
    strength: Strength,
) -> Option<Embedded> {
    let side = side_for(size, lattice.base);
    let luminance = luminance(samples, size, channels);
    let activity = Activity::of(&luminance, cell_of(count(side)));
    let mut mask = activity.mask();
    let mut taken = factor(strength, &activity, &mask, count(usual_side(lattice.base)) / count(side));
    mask.data.iter_mut().for_each(|m| *m *= taken);
    let Informed { tile, wanted, drowned } = informed(&activity, &mask, side, lattice, payload);
    let change = match strength {
        // Pushes would exceed the noise asked for.
        Strength::Psnr(_) => Plane::new(0, 0),
        Strength::Scheme | Strength::Times(_) => {
            let times = (1.0 + RISING * (drowned - DROWNED.0)).clamp(1.0, MOST);
            mask.data.iter_mut().for_each(|m| *m *= times);
            taken *= times;
            pushes(&luminance, &tile, &wanted, &mask, activity.cell)
        }
    };
    drop(luminance);
    let error = apply(samples, size, channels, &tile, &mask, activity.cell, &change)?;
    Some(Embedded { psnr: 10.0 * (65025.0 / error.max(1e-9)).log10(), strength: taken, tile: side })
}

/// By what the mask is multiplied; `smaller`: the usual side of the tile over the side here.
#[allow(clippy::cast_possible_truncation)]
fn factor(strength: Strength, activity: &Activity, mask: &Plane, smaller: f32) -> f32 {
    let counted = count(activity.detail.data.len()) * 1e-6 * COUNTED;
    let more = (STRUCTURED / activity.structure().min(counted).max(1e-4)).sqrt().sqrt().clamp(CHANGE.0, CHANGE.1);
    // The waves of larger tiles are seen more easily.
    let share = SHARE * smaller.sqrt();
    match strength {
        Strength::Scheme => share * more,
        Strength::Times(times) => share * more * times,
        Strength::Psnr(db) => {
            // Rounding adds a twelfth.
            let error = (65025.0 / exp(db * 0.1 * std::f64::consts::LN_10) - 1.0 / 12.0).max(0.01);
            (error.sqrt() as f32) / deviation(mask).max(1e-3)
        }
    }
}

/// The mark as the picture asks for it.
struct Informed {
    /// Of deviation 1; the detector will find its carriers about equally clear.
    tile: Plane,
    /// The same with less of the sync carriers.
    wanted: Plane,
    /// Deviation of the picture in the payload carriers, over the mark there.
    drowned: f32,
}

fn informed(activity: &Activity, mask: &Plane, side: usize, lattice: &Lattice, payload: u64) -> Informed {
    let (host, response) = folded(activity, mask, side);
    let mut square = Square::new(side);
    let host = square.transform(&host);
    let signs = lattice.signs(payload);
    let payload_waves = lattice.carriers.iter().zip(&signs).map(|(w, s)| {
        #[allow(clippy::cast_precision_loss)]
        let usual = (MIDDLE / w.radius2() as f32).sqrt();
        Carrier { wave: *w, sign: *s, usual, amplitude: usual }
    });
    let syncs = lattice.syncs.iter().map(|w| Carrier { wave: *w, sign: 1.0, usual: SYNC.0, amplitude: SYNC.0 });
    let mut carriers: Vec<Carrier> = payload_waves.chain(syncs).collect();
    let bits = signs.len();
    let mut drowned = 0.0;
    for round in 0..ROUNDS {
        let mut seen = sum(&mut square, &carriers);
        seen.data.iter_mut().zip(&response.data).for_each(|(v, r)| *v *= r);
        let seen = square.transform(&seen);
        // Over what is usual of each.
        let clear = |c: &Carrier, of: &[_]| c.sign * square.carried(of, &c.wave).re / c.usual;
        if round == 0 {
            // Where the picture drowns the mark, lines in its spectrum are found by stronger sync carriers only.
            let rms = |of: &[_]| carriers.iter().take(bits).map(|c| clear(c, of) * clear(c, of)).sum::<f32>().sqrt();
            drowned = rms(&host) / rms(&seen).max(1e-9);
            let more = (drowned / DROWNED.0).clamp(1.0, DROWNED.1);
            carriers.iter_mut().skip(bits).for_each(|c| c.amplitude *= more);
        }
        let clear: Vec<f32> = carriers.iter().take(bits).map(|c| clear(c, &host) + clear(c, &seen)).collect();
        let mut sorted = clear.clone();
        sorted.sort_by(f32::total_cmp);
        let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0).max(1e-9);
        for (c, clear) in carriers.iter_mut().zip(&clear) {
            let factor = (1.0 + 0.7 * (middle - clear) / middle).clamp(0.3, 2.0);
            c.amplitude = (c.amplitude * factor).clamp(0.25 * c.usual, 2.5 * c.usual);
        }
    }
    let tile = sum(&mut square, &carriers);
    carriers.iter_mut().skip(bits).for_each(|c| c.amplitude = SYNC.1);
    Informed { tile, wanted: sum(&mut square, &carriers), drowned }
}

/// A wave of the mark: the sign of its bit, its amplitude as the scheme starts from it, and as it is now.
struct Carrier {
    wave: Wave,
    sign: f32,
    usual: f32,
    amplitude: f32,
}

/// The tile, of deviation 1.
fn sum(square: &mut Square, carriers: &[Carrier]) -> Plane {
    let waves: Vec<_> = carriers.iter().map(|c| (c.wave, c.sign * c.amplitude)).collect();
    let mut tile = square.sum(&waves);
    let scale = 1.0 / deviation(&tile).max(1e-9);
    tile.data.iter_mut().for_each(|v| *v *= scale);
    tile
}

/// The picture as the detector weights it, and the weight that it gives the mark, summed over all tiles.
fn folded(activity: &Activity, mask: &Plane, side: usize) -> (Plane, Plane) {
    let (inverse, further) = activity.weights();
    let mut host = Plane::new(side, side);
    let mut response = Plane::new(side, side);
    let width = activity.detail.width;
    let mut grids = [&inverse, &further, mask].map(|grid| Interpolated::new(grid, activity.cell));
    let mut rows = [vec![0.0; width], vec![0.0; width], vec![0.0; width]];
    for (y, detail) in activity.detail.rows().enumerate() {
        for (grid, row) in grids.iter_mut().zip(&mut rows) {
            grid.row(y, row);
        }
        let [inverse, further, mask] = &rows;
        let start = (y % side).saturating_mul(side);
        let end = start.saturating_add(side);
        let (Some(host), Some(response)) = (host.data.get_mut(start..end), response.data.get_mut(start..end)) else {
            continue;
        };
        let parts = detail.chunks(side).zip(inverse.chunks(side)).zip(further.chunks(side)).zip(mask.chunks(side));
        for (((detail, inverse), further), mask) in parts {
            for (((d, i), f), h) in detail.iter().zip(inverse).zip(further).zip(&mut *host) {
                *h += (d * i).clamp(-CLIP, CLIP) * f;
            }
            for (((i, f), m), r) in inverse.iter().zip(further).zip(mask).zip(&mut *response) {
                *r += i * f * m;
            }
        }
    }
    (host, response)
}

/// Adds the mark and gives the squared error per sample on the scale of 255, of the pixels that were marked.
fn apply<S: Sample>(
    samples: &mut [S],
    (width, height): (usize, usize),
    channels: Channels,
    tile: &Plane,
    mask: &Plane,
    cell: usize,
    pushed: &Plane,
) -> Option<f64> {
    let side = tile.width;
    let mut rows = Interpolated::new(mask, cell);
    let mut more = Enlarged::new(pushed);
    let mut added = vec![0.0f32; width];
    let mut error = 0.0f64;
    let mut touched = 0u64;
    for (y, row) in samples.chunks_exact_mut(width.saturating_mul(channels.count())).enumerate().take(height) {
        rows.row(y, &mut added);
        let pattern = tile.row(y % side.max(1));
        for part in added.chunks_mut(side.max(1)) {
            part.iter_mut().zip(pattern).for_each(|(v, t)| *v *= t);
        }
        more.add(y, &mut added);
        let mut sum = 0.0f32;
        match channels {
            Channels::Grey => row.iter_mut().zip(&added).for_each(|(v, d)| change(v, *d, &mut sum)),
            Channels::Rgb => {
                for (pixel, d) in row.as_chunks_mut::<3>().0.iter_mut().zip(&added) {
                    pixel.iter_mut().for_each(|v| change(v, *d, &mut sum));
                }
            }
            Channels::GreyAlpha | Channels::Rgba => {
                for (pixel, d) in row.chunks_exact_mut(channels.count()).zip(&added) {
                    let Some((alpha, colours)) = pixel.split_last_mut() else { continue };
                    if !alpha.is_zero() {
                        colours.iter_mut().for_each(|v| change(v, *d, &mut sum));
                        touched = touched.saturating_add(u64::try_from(colours.len()).unwrap_or(0));
                    }
                }
            }
        }
        if !channels.alpha() {
            touched = touched.saturating_add(u64::try_from(row.len()).unwrap_or(0));
        }
        error += f64::from(sum);
    }
    #[allow(clippy::cast_precision_loss)]
    (touched > 0).then(|| error / touched as f64)
}

#[inline]
fn change<S: Sample>(sample: &mut S, by: f32, error: &mut f32) {
    let before = sample.level();
    let after = S::nearest(before + by);
    *sample = after;
    let moved = after.level() - before;
    *error += moved * moved;
}
