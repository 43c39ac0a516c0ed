//! How much a picture hides, and how much each of its places says to the detector.

use super::plane::{Interpolated, Plane, count, detail};

/// Deviation, in grey levels, that even flat places are taken to have when the mark is read.
const READ_FLOOR: f32 = 1.2;
/// Share of the calmest neighbour in what a cell hides.
const CALM: f32 = 0.8;
/// Grey levels of activity that even flat cells are taken to have.
const FLOOR: f32 = 2.5;
/// Activity beyond this hides no more.
const MOST: f32 = 30.0;
/// Deviation at which a cell counts half as structure.
const STRUCTURE: f32 = 5.0;
/// Details beyond so many deviations are clipped when the mark is read.
pub(super) const CLIP: f32 = 3.0;

/// Details of the luminance, and in cells their deviation and the light around.
pub(super) struct Activity {
    pub(super) cell: usize,
    pub(super) detail: Plane,
    pub(super) deviation: Plane,
    light: Plane,
}

impl Activity {
    pub(super) fn of(luminance: &Plane, cell: usize) -> Self {
        let (detail, light) = detail(luminance, cell);
        let mut energy = detail.means_of(cell, |v| v * v);
        energy.smooth();
        energy.smooth();
        Self { cell, deviation: energy.map(f32::sqrt), detail, light }
    }

    /// One over the deviation, and the further weight of each place: together the deviation to the power -11/8.
    pub(super) fn weights(&self) -> (Plane, Plane) {
        let inverse = self.deviation.map(|s| 1.0 / (s + READ_FLOOR));
        let further = inverse.map(|v| {
            let quarter = v.sqrt().sqrt();
            quarter * quarter.sqrt()
        });
        (inverse, further)
    }

    /// What the detector folds: details, clipped and weighted.
    pub(super) fn weighted(&self) -> Plane {
        let (inverse, further) = self.weights();
        let mut out = self.detail.clone();
        let mut a = Interpolated::new(&inverse, self.cell);
        let mut b = Interpolated::new(&further, self.cell);
        let (mut ra, mut rb) = (vec![0.0; out.width], vec![0.0; out.width]);
        for (y, row) in out.rows_mut().enumerate() {
            a.row(y, &mut ra);
            b.row(y, &mut rb);
            for ((v, i), f) in row.iter_mut().zip(&ra).zip(&rb) {
                *v = (*v * i).clamp(-CLIP, CLIP) * f;
            }
        }
        out
    }

    /// How much of the picture has structure in which a mark outlives codecs, in megapixels.
    pub(super) fn structure(&self) -> f32 {
        let cell = count(self.cell) * count(self.cell) * 1e-6;
        self.deviation.data.iter().map(|s| s * s / (s * s + STRUCTURE * STRUCTURE)).sum::<f32>() * cell
    }

    /// Grey levels (deviation of the mark) that each cell hides at strength 1.
    pub(super) fn mask(&self) -> Plane {
        // Flat places beside edges hide less than their own deviation says.
        let mut calm = self.deviation.least();
        calm.smooth();
        let mut out = self.deviation.clone();
        for ((v, c), y) in out.data.iter_mut().zip(&calm.data).zip(&self.light.data) {
            let active = CALM * c + (1.0 - CALM) * *v;
            let hidden = (active + FLOOR).min(MOST).sqrt();
            let bright = (0.6 + 0.4 * (y / 60.0).min((275.0 - y) / 60.0)).clamp(0.5, 1.0);
            *v = 0.7 * hidden * bright;
        }
        out
    }
}

/// Side of cells for a tile of `side` pixels: about a 32nd, so that the slowest wave spans two. Few
/// values, since who reads weights the picture anew for each.
pub(super) fn cell_of(side: f32) -> usize {
    [(56.0, 2), (180.0, 4), (256.0, 6), (384.0, 8)].iter().find(|(most, _)| side < *most).map_or(12, |(_, cell)| *cell)
}
