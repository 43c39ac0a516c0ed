//! Words in pictures, read by an installed program for character recognition (Tesseract).
//!
//! The upper and the lower edge are read, corners among them, where generators put their notices
//! (GB 45438-2025 5.2); the middle is not, and neither are the left and right edge between. Both
//! strips go to the program in one picture, as they are and with only what is brighter than its
//! surroundings, so that half transparent writing on bright ground stands out.

mod page;
mod table;
#[cfg(test)]
mod tests;

use std::ffi::OsString;

use self::page::Page;
use super::picture::Seen;
use crate::{
    codec::tool::{Job, Programs},
    error::{Error, Result},
    label::wording::has_both_elements,
    limits::Limits,
    message::notice::{seen as rows, tool},
    notice::Reader,
    render::{Placement, Rect},
    source::check_limit,
};

/// The program's data for Chinese, which knows Latin letters too. With `eng` beside it, it takes more
/// Chinese for Latin, and twice as long.
const LANGUAGE: &str = "chi_sim";
/// Debian's package that has it.
const PACKAGE: &str = "tesseract-ocr-chi-sim";
/// Lines less sure than this are no words, in percent.
const SURE: f32 = 20.0;

/// Reads words at the upper and lower edge. `rgb` has 3 bytes for each of `width` × `height` pixels
/// as displayed; nothing is read if it has fewer.
///
/// # Errors
/// [`Error::Unsupported`] if the program or its Chinese is not installed: then nothing can be said
/// about notices by others. [`Error::Limit`] past `pixels`, `tool_seconds` or `tool_bytes`,
/// [`Error::Malformed`] if the program fails.
pub fn read(rgb: &[u8], width: u32, height: u32, programs: &Programs, limits: &Limits) -> Result<Vec<Seen>> {
    check_limit("pixels", u64::from(width).saturating_mul(u64::from(height)), limits.pixels)?;
    let Some(page) = Page::of(rgb, width, height) else { return Ok(Vec::new()) };
    has_language(programs, limits)?;
    let input = page.pgm();
    // Page segmentation mode 11: sparse text, in no particular order.
    let answer =
        run(programs, &["stdin", "stdout", "-l", LANGUAGE, "--psm", "11", "--dpi", "150", "tsv"], &input, limits)?;
    let lines = table::lines(&answer);
    let seen = lines.iter().filter(|line| line.sure >= SURE).filter_map(|line| seen(line, &page, (width, height)));
    Ok(best(seen.collect()))
}

fn run(programs: &Programs, args: &[&str], input: &[u8], limits: &Limits) -> Result<String> {
    let args = args.iter().map(OsString::from).collect();
    let program = programs.tesseract.as_os_str();
    let job = Job { program, package: PACKAGE, purpose: &tool::PURPOSE_OCR, args, input };
    Ok(String::from_utf8_lossy(&programs.run(job, limits)?.stdout).into_owned())
}

/// The program without Chinese reads nothing that counts.
fn has_language(programs: &Programs, limits: &Limits) -> Result<()> {
    let list = run(programs, &["--list-langs"], &[], limits)?;
    if list.lines().any(|line| line.trim() == LANGUAGE) {
        return Ok(());
    }
    Err(Error::Unsupported(rows::NO_LANGUAGE.with("language", LANGUAGE).arg("package", PACKAGE)))
}

/// A line as seen in the picture.
fn seen(line: &table::Line, page: &Page, (width, height): (u32, u32)) -> Option<Seen> {
    let ink = page.ink(line.rect)?;
    (line.text.chars().filter(|c| c.is_alphanumeric()).count() >= 2).then_some(())?;
    Some(Seen {
        text: Some(line.text.clone()),
        rect: ink.rect,
        plate: None,
        height_px: ink.rect.height,
        contrast: ink.contrast,
        placement: placement(ink.rect, width, height),
        score: (line.sure * 10.0).clamp(0.0, 1000.0) as u32,
        reader: Reader::Ocr,
    })
}

/// The edge or corner that words stand at: no further from it than one and a half times their
/// height, or a twentieth of the shortest side. GB 45438-2025 5.2 has no number: inferred.
fn placement(rect: Rect, width: u32, height: u32) -> Option<Placement> {
    let near = rect.height.saturating_mul(3).div_ceil(2).max(width.min(height).div_ceil(20));
    let side = |from: u32, size: u32, all: u32| {
        let after = all.saturating_sub(from.saturating_add(size));
        match (from <= near, after <= near) {
            (true, true) | (false, false) => 0,
            (true, false) => -1,
            (false, true) => 1,
        }
    };
    Some(match (side(rect.x, rect.width, width), side(rect.y, rect.height, height)) {
        (-1, -1) => Placement::TopLeft,
        (1, -1) => Placement::TopRight,
        (-1, 1) => Placement::BottomLeft,
        (1, 1) => Placement::BottomRight,
        (_, -1) => Placement::Top,
        (_, 1) => Placement::Bottom,
        (-1, _) => Placement::Left,
        (1, _) => Placement::Right,
        _ => return None,
    })
}

/// Of readings of the same place, one that states AI, then the surest.
fn best(mut all: Vec<Seen>) -> Vec<Seen> {
    let states = |seen: &Seen| seen.text.as_deref().is_some_and(states_ai);
    all.sort_by_key(|seen| std::cmp::Reverse((states(seen), seen.score)));
    let mut kept: Vec<Seen> = Vec::new();
    for seen in all {
        if !kept.iter().any(|other| overlap(seen.rect, other.rect)) {
            kept.push(seen);
        }
    }
    kept
}

fn overlap(one: Rect, other: Rect) -> bool {
    let apart =
        |a: u32, a_size: u32, b: u32, b_size: u32| a.saturating_add(a_size) <= b || b.saturating_add(b_size) <= a;
    !apart(one.x, one.width, other.x, other.width) && !apart(one.y, one.height, other.y, other.height)
}

/// Whether words read say both that artificial intelligence is meant and that it generated, with
/// what the program takes one character for another (GB 45438-2025 clause 5).
#[must_use]
pub fn states_ai(text: &str) -> bool {
    has_both_elements(&tidy(text))
}

/// What the program reads instead of 生 when it stands between `AI` and 成.
const LIKE_SHENG: &str = "牛主王玍壬丰年车和坐士|丨";
/// What it reads instead of 成 after 生.
const LIKE_CHENG: &str = "咸戚戌戍威戊戒";

/// The text with usual confusions undone: spaces between characters, `Al` and `A1` for `AI`,
/// look-alikes of 生成.
fn tidy(text: &str) -> String {
    let chars: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).map(plain).collect();
    let at = |n: usize| chars.get(n).copied().unwrap_or(' ');
    let before = |n: usize| n.checked_sub(1).map_or(' ', at);
    // Between Latin letters an l is an l.
    let ai = |n: usize| {
        at(n) == 'A'
            && matches!(at(n + 1), 'I' | 'l' | '1' | '|' | '!' | 'i')
            && !at(n + 2).is_ascii_alphanumeric()
            && !before(n).is_ascii_alphanumeric()
    };
    let mut out = String::new();
    for (n, c) in chars.iter().enumerate() {
        let after_ai = n >= 2 && ai(n - 2);
        out.push(match c {
            _ if n >= 1 && ai(n - 1) => 'I',
            c if after_ai && LIKE_SHENG.contains(*c) && at(n + 1) == '成' => '生',
            c if before(n) == '生' && LIKE_CHENG.contains(*c) => '成',
            c => *c,
        });
    }
    // Without its spaces, what stood as a word of its own may touch letters: that does not count.
    out
}

/// Full-width forms and letters of other scripts that look the same.
fn plain(c: char) -> char {
    match c {
        'Ａ' | 'Α' | 'А' => 'A',
        'Ｉ' | 'Ι' | 'І' => 'I',
        '｜' => '|',
        _ => c,
    }
}
