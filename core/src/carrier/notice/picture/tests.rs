#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects)]

use proptest::prelude::*;

use super::*;
use crate::render::{Canvas, Drawn, Notice, Rgba, draw_notice};

const PLACES: [Placement; 8] = [
    Placement::TopLeft,
    Placement::Top,
    Placement::TopRight,
    Placement::Left,
    Placement::Right,
    Placement::BottomLeft,
    Placement::Bottom,
    Placement::BottomRight,
];

const WORDINGS: [&[&str]; 12] = [
    &["AI生成"],
    &["AI合成"],
    &["人工智能生成合成"],
    &["由人工智能生成"],
    &["可能为AI生成"],
    &["可能為AI生成"],
    &["疑似AI生成"],
    &["AI-generated"],
    &["Possibly AI-generated"],
    &["Gerado por IA"],
    &["AI生成", "AI-generated"],
    &["AI生成", "AI-generated", "Gerado por IA"],
];

#[derive(Clone)]
struct Rgb {
    width: u32,
    height: u32,
    bytes: Vec<u8>,
}

impl Rgb {
    fn new(width: u32, height: u32, fill: impl Fn(u32, u32) -> [u8; 3]) -> Self {
        let bytes = (0..width * height).flat_map(|i| fill(i % width, i / width)).collect();
        Self { width, height, bytes }
    }

    fn find(&self) -> Vec<Seen> {
        find(&self.bytes, self.width, self.height)
    }

    fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let at = ((y * self.width + x) * 3) as usize;
        [self.bytes[at], self.bytes[at + 1], self.bytes[at + 2]]
    }
}

impl Canvas for Rgb {
    fn width(&self) -> u32 {
        self.width
    }
    fn height(&self) -> u32 {
        self.height
    }
    fn get(&self, x: u32, y: u32) -> Rgba {
        let [r, g, b] = self.pixel(x, y);
        Rgba::from_rgb8(r, g, b)
    }
    fn set(&mut self, x: u32, y: u32, colour: Rgba) {
        let at = ((y * self.width + x) * 3) as usize;
        self.bytes[at..at + 3].copy_from_slice(&colour.to_rgb8());
    }
}

fn hash(x: u32, y: u32, seed: u32) -> u32 {
    let mut v = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ seed;
    v = (v ^ (v >> 15)).wrapping_mul(0x2C1B_3C6D);
    v = (v ^ (v >> 12)).wrapping_mul(0x297A_2D39);
    v ^ (v >> 15)
}

/// Grounds of every kind: noise of single pixels and of blocks, plain, slopes, stripes.
fn ground(kind: u32, seed: u32) -> impl Fn(u32, u32) -> [u8; 3] {
    move |x, y| {
        let split = |v: u32| [v as u8, (v >> 8) as u8, (v >> 16) as u8];
        match kind {
            0 => split(hash(x, y, seed)),
            1 => split(hash(x / 7, y / 7, seed)),
            2 => split(hash(0, 0, seed)),
            3 => [255; 3],
            4 => [0; 3],
            5 => [(x * 255 / 1200) as u8, (y * 255 / 1200) as u8, seed as u8],
            6 => [if (x / (2 + seed % 30)).is_multiple_of(2) { 250 } else { 10 }; 3],
            _ => [if (y / (2 + seed % 30)).is_multiple_of(2) { 250 } else { 10 }; 3],
        }
    }
}

/// Draws, or nothing where the picture, or any of its shape, is too small for it.
fn drawn(rgb: &mut Rgb, lines: &[&str], placement: Placement, ratio: f64) -> Option<Drawn> {
    let notice = Notice { placement, min_height_ratio: ratio, ..Notice::new(lines.iter().copied()) };
    match draw_notice(rgb, 1, &notice) {
        Err(error) if matches!(error.code(), "render.picture_too_small" | "render.notice_too_large") => None,
        other => Some(other.unwrap()),
    }
}

fn inside(inner: Rect, outer: Rect) -> bool {
    inner.x >= outer.x
        && inner.y >= outer.y
        && inner.x + inner.width <= outer.x + outer.width
        && inner.y + inner.height <= outer.y + outer.height
}

/// Every wording of every profile is seen as it is drawn.
#[test]
fn wordings_of_the_profiles_are_seen() {
    assert_eq!(words::known().len(), words::KNOWN.len(), "the embedded font draws each known wording");
    for profile in crate::Profile::ALL {
        for wording in profile.data().into_iter().flat_map(|data| &data.wordings) {
            let mut rgb = Rgb::new(900, 500, ground(1, 7));
            let notice = Notice { placement: Placement::BottomRight, ..Notice::new([wording.text.as_str()]) };
            match draw_notice(&mut rgb, 1, &notice) {
                // Drawn with a font of the caller's only, which nobody here knows.
                Err(error) if error.code() == "render.glyph_missing" => {
                    let own = ["zh-Hans", "zh-Hant", "en", "pt"];
                    assert!(!own.contains(&wording.language.as_str()), "{} {error}", profile.id());
                    continue;
                }
                drawn => drawn.unwrap(),
            };
            let seen: Vec<Option<String>> = rgb.find().into_iter().map(|seen| seen.text).collect();
            assert_eq!(seen, [Some(wording.text.clone())], "{} {}", profile.id(), wording.language);
        }
    }
}

/// What is drawn on a ground of this kind is found, with its words, its place and its height.
fn seen_as_drawn(
    (width, height): (u32, u32),
    place: Placement,
    (kind, seed): (u32, u32),
    wording: usize,
    ratio: f64,
) -> Result<(), TestCaseError> {
    let lines = WORDINGS[wording];
    let mut rgb = Rgb::new(width, height, ground(kind, seed));
    let Some(drawn) = drawn(&mut rgb, lines, place, ratio) else { return Ok(()) };
    let found = rgb.find();
    prop_assert_eq!(found.len(), 1, "{:?} {:?}", found, drawn);
    let seen = &found[0];
    prop_assert_eq!(&seen.text, &Some(lines.join("\n")), "{:?} {:?}", seen, drawn);
    prop_assert!(seen.height_px.abs_diff(drawn.ink_height_px) <= 1, "{:?} {:?}", seen, drawn);
    prop_assert!(inside(seen.rect, drawn.display_rect), "{:?} {:?}", seen, drawn);
    prop_assert!(seen.contrast >= 4.5 && seen.score >= 800, "{:?}", seen);
    let perceived = seen.perceived(width, height);
    prop_assert_eq!(perceived.edge, Some(true));
    prop_assert_eq!(perceived.both_elements, lines.iter().any(|l| l.contains('成')));
    let permille = perceived.height_permille.unwrap();
    prop_assert_eq!(permille, seen.height_px * 1000 / width.min(height));
    Ok(())
}

/// Cases that once were seen wrongly.
#[test]
fn notices_on_grounds_of_blocks_are_found() {
    let square = seen_as_drawn((442, 442), PLACES[0], (1, 1_128_745_754), 0, 0.111_084_821_757_458_78);
    let upright = seen_as_drawn((296, 661), PLACES[7], (1, 356_090_074), 0, 0.05);
    assert!(square.is_ok() && upright.is_ok(), "{square:?} {upright:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    /// Whatever is drawn is found, with its words, its place and its height.
    #[test]
    fn what_is_drawn_is_found(
        width in 150_u32..900, height in 150_u32..900, place in 0_usize..8, kind in 0_u32..8, seed: u32,
        wording in 0_usize..WORDINGS.len(), ratio in prop_oneof![Just(0.03), Just(0.05), 0.03..0.12],
    ) {
        seen_as_drawn((width, height), PLACES[place], (kind, seed), wording, ratio)?;
    }

    /// Nothing is seen where nothing was drawn.
    #[test]
    fn nothing_is_found_in_grounds(
        width in 1_u32..500, height in 1_u32..500, kind in 0_u32..8, seed: u32,
    ) {
        prop_assert_eq!(Rgb::new(width, height, ground(kind, seed)).find(), vec![]);
    }
}
