//! Animated PNG and WebP: each frame as it is seen is drawn on, and what changed goes into the frame's own
//! pixels.
//!
//! A frame is decoded and encoded as the still picture that its data would be by themselves, so animations
//! are treated as carefully as stills. Timing, order, places, blending and disposal are not touched.

mod apng;
mod webp;

use super::{Draw, PixelFormat, Pixels, check_size, read_all, redraw};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::{codec, general, watermark};
use crate::render::{Canvas, Rgba, quantise};
use crate::source::{ReadSeek, check_limit};

/// Frames in whose course a watermark is looked for.
const COURSE: usize = 64;
/// Of them so many are looked at.
const LOOKED: usize = 7;

/// What becomes of a frame's place before the next one is laid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Keep,
    Clear,
    Restore,
}

/// A frame as it is stored.
#[derive(Debug, Clone)]
struct Frame<'f> {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
    /// Laid over what is there by its alpha; else in its place.
    over: bool,
    after: After,
    /// The picture that is seen where animations are not known, if it is no frame.
    apart: bool,
    data: Vec<&'f [u8]>,
}

/// An animation as it is stored.
struct Animation<'f> {
    width: u32,
    height: u32,
    /// The largest sample.
    max: u16,
    frames: Vec<Frame<'f>>,
    /// What every still needs beside its own data.
    shared: Vec<&'f [u8]>,
    still: fn(&Self, &Frame<'f>) -> Result<Vec<u8>>,
}

/// An animation with what was drawn.
pub(crate) struct Redrawn {
    pub(crate) pixels: Pixels,
    /// Whether interlaced frames became sequential ones.
    pub(crate) deinterlaced: bool,
    /// Whether a lossy frame became a lossless, larger one.
    pub(crate) became_lossless: bool,
}

fn open<'f>(format: PixelFormat, file: &'f [u8], limits: &Limits) -> Result<Animation<'f>> {
    let animation = match format {
        PixelFormat::Png => apng::open(file, limits)?,
        PixelFormat::Webp => webp::open(file, limits)?,
        PixelFormat::Jpeg => return Err(Error::Unsupported(codec::ANIMATED.with("format", "JPEG"))),
    };
    // As it is seen, as it becomes, and what is restored.
    check_size(animation.width, animation.height, 3 * 64, limits)?;
    for frame in &animation.frames {
        let within = |from: u32, size: u32, all: u32| size > 0 && from.checked_add(size).is_some_and(|end| end <= all);
        if !within(frame.left, frame.width, animation.width) || !within(frame.top, frame.height, animation.height) {
            return Err(animation.malformed("frame size"));
        }
    }
    Ok(animation)
}

/// Lets `draw` draw on each frame as it is seen. What it does beyond the frame's own place, and where that is
/// transparent, is dropped.
///
/// # Errors
/// As [`redraw`]; [`Error::Limit`] also where all frames together have more than `limits.pixels`;
/// [`Error::Unsupported`] where nothing is seen.
pub(crate) fn redraw_frames(format: PixelFormat, file: &[u8], limits: &Limits, draw: &mut Draw<'_>) -> Result<Redrawn> {
    let animation = open(format, file, limits)?;
    let all = u64::from(animation.width).saturating_mul(u64::from(animation.height));
    check_limit("pixels", all.saturating_mul(animation.frames.len() as u64), limits.pixels)?;
    let mut seen = Seen::new(&animation);
    let mut out = Redrawn { pixels: Pixels::Frames(Vec::new()), deinterlaced: false, became_lossless: false };
    let mut made = Vec::new();
    let (mut drawn, mut held) = (false, 0u64);
    for frame in &animation.frames {
        let still = (animation.still)(&animation, frame)?;
        let mut alone = frame.apart.then(|| Seen::new(&animation));
        let seen = alone.as_mut().unwrap_or(&mut seen);
        let redrawn = redraw(format, &still, limits, &mut |canvas| {
            frame.fits(canvas)?;
            let kept = seen.lay(frame, canvas);
            if frame.places().any(|(x, y)| canvas.get(x, y).a > 0.0) {
                let mut changed = Seen { data: seen.data.clone(), ..*seen };
                draw(&mut changed)?;
                drawn = true;
                put(frame, canvas, seen, &changed);
            }
            seen.dispose(frame, &kept);
            Ok(())
        })?;
        out.deinterlaced |= redrawn.deinterlaced;
        out.became_lossless |= redrawn.became_lossless;
        held = held.saturating_add(redrawn.pixels.coded_bytes());
        check_limit("pixel_bytes", held, limits.pixel_bytes)?;
        made.push(redrawn.pixels);
    }
    if !drawn {
        return Err(Error::Unsupported(watermark::TRANSPARENT.problem()));
    }
    out.pixels = Pixels::Frames(made);
    Ok(out)
}

/// Some frames of the begin of an animation as they are seen, the first one always: width, height, and 3 bytes
/// a pixel. Past the bounds of a still picture no more frames are looked at.
///
/// # Errors
/// As [`super::decode`].
pub(crate) fn frames(
    format: Format,
    source: &mut dyn ReadSeek,
    limits: &Limits,
) -> Result<Vec<(usize, usize, Vec<u8>)>> {
    let kind = match format {
        Format::Png => PixelFormat::Png,
        Format::Webp => PixelFormat::Webp,
        other => return Err(Error::Unsupported(codec::ANIMATED.with("format", other.row().name))),
    };
    let file = read_all(source, limits)?;
    let animation = open(kind, &file, limits)?;
    let one = u64::from(animation.width).saturating_mul(u64::from(animation.height)).max(1);
    let most = usize::try_from(limits.pixels / one).unwrap_or(usize::MAX).clamp(1, COURSE);
    let course: Vec<&Frame<'_>> = animation.frames.iter().filter(|frame| !frame.apart).take(most).collect();
    let looked = usize::try_from(limits.pixel_bytes / one.saturating_mul(3)).unwrap_or(usize::MAX).clamp(1, LOOKED);
    let last = course.len().saturating_sub(1);
    let chosen: Vec<usize> = (0..looked).map(|n| n.saturating_mul(last) / looked.saturating_sub(1).max(1)).collect();
    let mut seen = Seen::new(&animation);
    let mut out = Vec::new();
    for (number, frame) in course.into_iter().enumerate() {
        let still = (animation.still)(&animation, frame)?;
        let mut kept = None;
        // Nothing is to be encoded: the work ends where drawing would begin.
        let ended = redraw(kind, &still, limits, &mut |canvas| {
            frame.fits(canvas)?;
            kept = Some(seen.lay(frame, canvas));
            Err(Error::Internal(general::BAD_PIECES.problem()))
        });
        let Some(kept) = kept else {
            return Err(ended.err().unwrap_or_else(|| Error::Internal(general::BAD_PIECES.problem())));
        };
        if chosen.contains(&number) {
            out.push(seen.rgb());
        }
        seen.dispose(frame, &kept);
    }
    Ok(out)
}

/// Whether two files are one animation but for the pixels: the same chunks in the same order, byte for byte,
/// but for the coded pictures and whether they are interlaced.
pub(crate) fn alike(format: PixelFormat, one: &[u8], other: &[u8]) -> bool {
    let bare = |file| match format {
        PixelFormat::Png => apng::bare(file),
        PixelFormat::Webp => Some(webp::bare(file)),
        PixelFormat::Jpeg => None,
    };
    bare(one).is_some_and(|one| bare(other) == Some(one))
}

impl Frame<'_> {
    /// All pixels of the frame, from its own corner.
    fn places(&self) -> impl Iterator<Item = (u32, u32)> + use<> {
        let (width, height) = (self.width, self.height);
        (0..height).flat_map(move |y| (0..width).map(move |x| (x, y)))
    }

    /// Whether the data have the size that the frame is said to have.
    fn fits(&self, canvas: &dyn Canvas) -> Result<()> {
        if (canvas.width(), canvas.height()) == (self.width, self.height) {
            return Ok(());
        }
        Err(super::malformed("frame", "size"))
    }
}

impl Animation<'_> {
    fn malformed(&self, reason: &str) -> Error {
        super::malformed("animation", reason)
    }
}

/// What is seen, in samples of the animation's own depth.
struct Seen {
    width: u32,
    height: u32,
    max: u16,
    data: Vec<[u16; 4]>,
}

impl Seen {
    fn new(animation: &Animation<'_>) -> Self {
        let (width, height) = (animation.width, animation.height);
        let all = usize::try_from(u64::from(width).saturating_mul(u64::from(height))).unwrap_or(0);
        Self { width, height, max: animation.max, data: vec![[0; 4]; all] }
    }

    fn place(&self, x: u32, y: u32) -> Option<usize> {
        super::offset(x, y, self.width, self.height, 1)
    }

    fn samples(&self, colour: Rgba) -> [u16; 4] {
        [colour.r, colour.g, colour.b, colour.a].map(|part| quantise(part, self.max))
    }

    /// Lays a frame; gives what it hides, if that is to be restored.
    fn lay(&mut self, frame: &Frame<'_>, canvas: &dyn Canvas) -> Vec<[u16; 4]> {
        let mut kept = Vec::new();
        for (x, y) in frame.places() {
            let Some(at) = self.place(frame.left.saturating_add(x), frame.top.saturating_add(y)) else { continue };
            let new = canvas.get(x, y);
            let below = self.get(frame.left.saturating_add(x), frame.top.saturating_add(y));
            let new = self.samples(if frame.over { over(new, below) } else { new });
            let Some(place) = self.data.get_mut(at) else { continue };
            if frame.after == After::Restore {
                kept.push(*place);
            }
            *place = new;
        }
        kept
    }

    /// Makes room for the next frame.
    fn dispose(&mut self, frame: &Frame<'_>, kept: &[[u16; 4]]) {
        if frame.after == After::Keep {
            return;
        }
        for (number, (x, y)) in frame.places().enumerate() {
            let at = self.place(frame.left.saturating_add(x), frame.top.saturating_add(y));
            if let Some(place) = at.and_then(|at| self.data.get_mut(at)) {
                *place = if frame.after == After::Clear { [0; 4] } else { kept.get(number).copied().unwrap_or([0; 4]) };
            }
        }
    }

    fn rgb(&self) -> (usize, usize, Vec<u8>) {
        let places = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        let rgb = places.flat_map(|(x, y)| self.get(x, y).to_rgb8()).collect();
        (usize::try_from(self.width).unwrap_or(0), usize::try_from(self.height).unwrap_or(0), rgb)
    }
}

impl Canvas for Seen {
    fn width(&self) -> u32 {
        self.width
    }

    fn height(&self) -> u32 {
        self.height
    }

    fn get(&self, x: u32, y: u32) -> Rgba {
        let Some(samples) = self.place(x, y).and_then(|at| self.data.get(at)) else { return Rgba::CLEAR };
        let [r, g, b, a] = samples.map(|sample| f32::from(sample) / f32::from(self.max.max(1)));
        Rgba { r, g, b, a }
    }

    fn set(&mut self, x: u32, y: u32, colour: Rgba) {
        let samples = self.samples(colour);
        if let Some(place) = self.place(x, y).and_then(|at| self.data.get_mut(at)) {
            *place = samples;
        }
    }
}

/// A colour over another one (PNG, third edition, 11.3.6.2; RFC 9649, 2.7.1.1).
fn over(top: Rgba, below: Rgba) -> Rgba {
    if top.a >= 1.0 || below.a <= 0.0 {
        return top;
    }
    if top.a <= 0.0 {
        return below;
    }
    let rest = below.a * (1.0 - top.a);
    let a = top.a + rest;
    let part = |top_part: f32, below_part: f32| (top_part * top.a + below_part * rest) / a;
    Rgba { r: part(top.r, below.r), g: part(top.g, below.g), b: part(top.b, below.b), a }
}

/// Gives the frame's own pixels the difference that was drawn.
fn put(frame: &Frame<'_>, canvas: &mut dyn Canvas, was: &Seen, now: &Seen) {
    for (x, y) in frame.places() {
        let own = canvas.get(x, y);
        let (left, top) = (frame.left.saturating_add(x), frame.top.saturating_add(y));
        let (old, new) = (was.get(left, top), now.get(left, top));
        if own.a > 0.0 && old != new {
            let part = |own: f32, old: f32, new: f32| (own + (new - old)).clamp(0.0, 1.0);
            let (r, g) = (part(own.r, old.r, new.r), part(own.g, old.g, new.g));
            canvas.set(x, y, Rgba { r, g, b: part(own.b, old.b, new.b), a: own.a });
        }
    }
}

#[cfg(test)]
mod tests;
