//! Which cells of time and frequency carry which bit: one block, repeated for as long as the sound lasts.

use crate::watermark::random::Random;

/// Sampling rate of the analysis, in hertz.
pub(super) const RATE: u32 = 16_000;
/// Samples of a spectrum.
pub(super) const WINDOW: usize = 512;
/// Samples from one spectrum to the next when embedding.
pub(super) const HOP: usize = 256;
/// Spectra of half a unit.
pub(super) const SLOT: usize = 3;
/// Spectra of a unit: its two halves carry opposite signs, so what stands still cancels.
pub(super) const UNIT: usize = 2 * SLOT;
/// First spectral line used.
pub(super) const FIRST: usize = 12;
/// Spectral lines of a cell.
pub(super) const CELL: usize = 2;
/// Pairs of cells in a unit: neighbours carry opposite signs, so critical bands keep their loudness.
pub(super) const PAIRS: usize = 52;
/// Cells of half a unit.
pub(super) const CELLS: usize = 2 * PAIRS;
/// Units of a block.
pub(super) const UNITS: usize = 64;
/// One of so many pairs is known to the detector.
const SYNC_EVERY: usize = 7;
/// Regions of frequency in each of which the bits are spread evenly.
const REGIONS: usize = 4;

/// What a pair in a unit carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbol {
    /// The bit of the code word; none: known to the detector.
    pub(super) bit: Option<u16>,
    /// Its sign is turned.
    pub(super) turned: bool,
}

/// A known symbol.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) unit: u16,
    pub(super) pair: u16,
    pub(super) sign: f32,
}

/// Where the bits are.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    symbols: Vec<Symbol>,
    known: Vec<Known>,
}

impl Layout {
    /// The layout that the key's stream draws, for `bits` of the code word.
    pub(super) fn new(bits: usize, random: &mut Random) -> Self {
        let mut symbols = vec![Symbol { bit: None, turned: false }; UNITS * PAIRS];
        let region = PAIRS / REGIONS;
        let mut decks: Vec<Vec<u16>> = vec![Vec::new(); REGIONS];
        let mut known = Vec::new();
        for unit in 0..UNITS {
            let mut chosen = [false; PAIRS];
            for group in chosen.chunks_mut(SYNC_EVERY) {
                if group.len() == SYNC_EVERY {
                    let at = random.below(SYNC_EVERY as u32) as usize;
                    group.iter_mut().skip(at).take(1).for_each(|known| *known = true);
                }
            }
            let row = symbols.iter_mut().skip(unit * PAIRS).take(PAIRS);
            for (pair, (symbol, is_known)) in row.zip(chosen).enumerate() {
                symbol.turned = random.bit();
                if is_known {
                    let sign = if symbol.turned { -1.0 } else { 1.0 };
                    known.push(Known { unit: unit as u16, pair: pair as u16, sign });
                } else if let Some(deck) = decks.get_mut((pair / region).min(REGIONS - 1)) {
                    if deck.is_empty() {
                        deck.extend(0..bits as u16);
                        random.shuffle(deck);
                    }
                    symbol.bit = deck.pop();
                }
            }
        }
        Self { symbols, known }
    }

    /// The symbols of a unit of the block, by pair.
    pub(super) fn unit(&self, unit: usize) -> &[Symbol] {
        let start = unit % UNITS * PAIRS;
        self.symbols.get(start..start + PAIRS).unwrap_or_default()
    }

    /// The known symbols of the block.
    pub(super) fn known(&self) -> &[Known] {
        &self.known
    }
}
