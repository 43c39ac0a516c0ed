//! The plate around a text: where it must be, and whether one is there.

use super::grey::{Frame, Grey};

/// Space between text and outline in em, as drawn; the radius of the corners.
const PAD_X: f32 = 0.52;
const PAD_Y: f32 = 0.40;
/// How far from that a measured one may be.
const TOLERANCE: f32 = 0.22;
/// Least difference of grey levels at the outline.
const STEP: u8 = 28;
/// Rows or columns that are walked along for each side.
const WALKS: i32 = 15;
/// Part of a text's height against the em: of Latin capitals alone, and of parentheses.
const HEIGHTS: [f32; 2] = [0.62, 1.12];

/// Where the plate of a known text is, by the proportions of the layout.
pub(super) fn expected(ink: Frame, em: f32, picture: Frame) -> Frame {
    let pad = |part: f32| (part * em).round() as i32;
    ink.grown(pad(PAD_X), pad(PAD_Y)).cut(picture)
}

/// The plate around `ink`, if its outline is seen, its proportions are ours and its corners round.
pub(super) fn seen(grey: &Grey, ink: Frame, ground: u8, lines: usize) -> Option<Frame> {
    let most = ink.height().saturating_mul(2);
    let walk = |dx: i32, dy: i32| walk(grey, ink, ground, (dx, dy), most);
    let (left, right, up, down) = (walk(-1, 0)?, walk(1, 0)?, walk(0, -1)?, walk(0, 1)?);
    let alike = |a: i32, b: i32| (a - b).abs() as f32 <= 1.5_f32.max(a.max(b) as f32 * TOLERANCE / 2.0);
    if !alike(left, right) || !alike(up, down) {
        return None;
    }
    let (pad_x, pad_y) = ((left + right) as f32 / 2.0, (up + down) as f32 / 2.0);
    let em = (pad_x + pad_y) / (PAD_X + PAD_Y);
    let near = |pad: f32, part: f32| (pad - part * em).abs() <= 1.0_f32.max(part * em * TOLERANCE);
    let high = ink.height() as f32 / em;
    let count = lines as f32;
    let [low, top] = HEIGHTS.map(|part| part * count + 0.38 * (count - 1.0));
    if !near(pad_x, PAD_X) || !near(pad_y, PAD_Y) || high < low || high > top {
        return None;
    }
    let plate = Frame {
        x0: ink.x0.saturating_sub(left),
        y0: ink.y0.saturating_sub(up),
        x1: ink.x1.saturating_add(right),
        y1: ink.y1.saturating_add(down),
    };
    round(grey, plate, em, ground).then_some(plate)
}

fn differs(level: Option<u8>, ground: u8) -> bool {
    level.is_none_or(|level| level.abs_diff(ground) >= STEP)
}

/// The middle one of the distances at which the ground ends, walking from the text in a direction;
/// nothing where it goes on, or ends unevenly.
fn walk(grey: &Grey, ink: Frame, ground: u8, (dx, dy): (i32, i32), most: i32) -> Option<i32> {
    let mut ends: Vec<i32> = (0..WALKS)
        .map(|n| {
            let along = |from: i32, size: i32| from.saturating_add(size.saturating_mul(n * 2 + 1) / (WALKS * 2));
            let (x, y) = match (dx, dy) {
                (-1, _) => (ink.x0 - 1, along(ink.y0, ink.height())),
                (1, _) => (ink.x1, along(ink.y0, ink.height())),
                (_, -1) => (along(ink.x0, ink.width()), ink.y0 - 1),
                _ => (along(ink.x0, ink.width()), ink.y1),
            };
            // The first pixel may be the text's soft edge.
            (1..most).find(|step| differs(grey.get(x + dx * step, y + dy * step), ground)).unwrap_or(most)
        })
        .collect();
    ends.sort_unstable();
    let at = |part: usize| ends.get(ends.len() * part / 8).copied();
    let (low, middle, high) = (at(2)?, at(4)?, at(6)?);
    let even = high.saturating_sub(low) <= (ink.height() / 12).max(1);
    (even && middle < most).then_some(middle)
}

/// Whether at least three corners are cut off.
fn round(grey: &Grey, plate: Frame, em: f32, ground: u8) -> bool {
    let inner = (em * 0.30).round().max(2.0) as i32;
    let corners = [
        (plate.x0, plate.y0, 1, 1),
        (plate.x1 - 1, plate.y0, -1, 1),
        (plate.x0, plate.y1 - 1, 1, -1),
        (plate.x1 - 1, plate.y1 - 1, -1, -1),
    ];
    let cut = |(x, y, dx, dy): &(i32, i32, i32, i32)| {
        differs(grey.get(*x, *y), ground) && !differs(grey.get(x + dx * inner, y + dy * inner), ground)
    };
    corners.iter().filter(|corner| cut(corner)).count() >= 3
}
