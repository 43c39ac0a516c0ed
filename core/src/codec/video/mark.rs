//! A watermark in every frame: decoded by one FFmpeg, marked here, encoded by another; no frame is
//! stored.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::Path;

use crate::error::{Error, Result};
use crate::message::notice::{tool, video as rows};
use crate::message::watermark;
use crate::watermark::picture::SamplesMut;

use super::args;
use super::atoms::Stop;
use super::encode::{Choice, Join};
use super::overlay::{Done, Job};
use super::proof::Packets;
use super::splice::Track;
use super::{Marking, Way};

/// How the luminance of a frame lies in what FFmpeg writes.
pub(super) struct Layout {
    pixels: (usize, usize),
    /// Bits of a sample; above 8 it takes two bytes, least byte first.
    bits: u32,
    /// Bytes of the frame.
    size: usize,
}

impl Layout {
    /// Of forms that begin with a plane of luminance.
    fn of(form: &str, width: u32, height: u32) -> Option<Self> {
        let pixels = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
        let all = pixels.0.checked_mul(pixels.1)?;
        let half = pixels.0.div_ceil(2);
        let (samples, bits) = match form {
            "yuv420p" | "yuvj420p" | "nv12" => {
                (all.checked_add(half.checked_mul(pixels.1.div_ceil(2))?.checked_mul(2)?)?, 8)
            }
            "yuv420p10le" => (all.checked_add(half.checked_mul(pixels.1.div_ceil(2))?.checked_mul(2)?)?, 10),
            "yuv422p" | "yuvj422p" => (all.checked_add(half.checked_mul(pixels.1)?.checked_mul(2)?)?, 8),
            "yuv422p10le" => (all.checked_add(half.checked_mul(pixels.1)?.checked_mul(2)?)?, 10),
            "yuv444p" | "yuvj444p" => (all.checked_mul(3)?, 8),
            "yuv444p10le" => (all.checked_mul(3)?, 10),
            _ => return None,
        };
        Some(Self { pixels, bits, size: if bits > 8 { samples.checked_mul(2)? } else { samples } })
    }

    fn mark(&self, frame: &mut [u8], marking: &mut Marking<'_>) -> Result<()> {
        let all = self.pixels.0.saturating_mul(self.pixels.1);
        if self.bits == 8 {
            return marking(SamplesMut::U8(frame.get_mut(..all).unwrap_or_default()), self.pixels);
        }
        let shift = 16 - self.bits;
        let most = (1u32 << self.bits) - 1;
        let luminance = frame.get_mut(..all.saturating_mul(2)).unwrap_or_default();
        let pairs = luminance.as_chunks_mut::<2>().0;
        let mut wide: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair).min(most as u16) << shift).collect();
        marking(SamplesMut::U16(&mut wide), self.pixels)?;
        for (pair, sample) in pairs.iter_mut().zip(&wide) {
            let rounded = (u32::from(*sample) + (1 << (shift - 1))) >> shift;
            *pair = u16::try_from(rounded.min(most)).unwrap_or(u16::MAX).to_le_bytes();
        }
        Ok(())
    }
}

impl Job<'_> {
    /// How the luminance of frames lies that are to be marked.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where frames of this film are not marked.
    pub(super) fn layout(&self, choice: &Choice) -> Result<Layout> {
        let form = choice.form(self.film);
        if self.film.video.interlaced() {
            return Err(Error::Unsupported(watermark::INTERLACED.problem()));
        }
        let found = Layout::of(&form, self.film.video.width, self.film.video.height);
        found.ok_or_else(|| Error::Unsupported(watermark::FRAMES.with("form", form)))
    }

    /// The first way that works: all frames anew in the film itself, or in its stream.
    pub(super) fn marked(&self, before: &Packets) -> Result<Done> {
        let mut why = rows::WHY_PARAMETERS.problem();
        if !self.has_alpha_beside() {
            for gone in [Self::marked_in_place, Self::marked_out] {
                match gone(self, before) {
                    Ok(done) => return Ok(done),
                    Err(Stop::Error(error)) => return Err(error),
                    Err(Stop::Other(reason)) => why = reason,
                }
                self.programs.go_on()?;
            }
        }
        Err(Error::Unsupported(watermark::FILM.problem().because("reason", why)))
    }

    fn marked_in_place(&self, before: &Packets) -> Result<Done, Stop> {
        let (movie, track) = self.itself()?;
        self.whole_in_place(before, (&movie, &track), watermark::WHY_FILM.problem())
    }

    /// Encodes all frames with the mark; `decoded`: what gives them.
    pub(super) fn encode_marked(
        &self,
        track: &Track,
        choice: &Choice,
        decoded: Vec<OsString>,
        marking: &RefCell<&mut Marking<'_>>,
        out: &Path,
    ) -> Result<()> {
        let layout = self.layout(choice)?;
        let form = choice.form(self.film);
        let (width, height) = (self.film.video.width, self.film.video.height);
        let count = track.samples.len();
        let mut from = decoded;
        from.extend(args(["-pix_fmt", &form, "-f", "rawvideo", "pipe:1"]));
        // When each frame is seen is taken from the film; the encoder only has to know about how many a
        // second there are.
        let seconds = self.film.seconds.max(count as f64 / 240.0);
        let (rate, size) = (format!("{:.4}", (count as f64 / seconds).max(1.0)), format!("{width}x{height}"));
        let mut to = args(["-f", "rawvideo", "-pix_fmt", &form, "-video_size", &size, "-framerate", &rate]);
        to.extend(args(["-i", "pipe:0", "-map_metadata", "-1", "-fps_mode", "passthrough"]));
        to.extend(choice.words(out));
        let jobs = (self.programs.ffmpeg(&tool::PURPOSE_VIDEO, from), self.programs.ffmpeg(&tool::PURPOSE_VIDEO, to));
        let (mut done, total) = (0u32, count.max(1) as f64);
        self.programs.between(jobs, layout.size, self.limits, &mut |frame| {
            layout.mark(frame, &mut **marking.borrow_mut())?;
            done = done.saturating_add(1);
            self.tell(f64::from(done) / total * 0.9);
            Ok(())
        })?;
        Ok(())
    }

    /// The way of films in other containers: the stream taken out, all of it made anew, put back.
    fn marked_out(&self, before: &Packets) -> Result<Done, Stop> {
        let (movie, track) = self.extracted()?;
        let made = self.replaced(&movie, &track, track.samples.len(), Join::Never, "whole", 0)?;
        let (path, proof) = self.put_back(before, &made.path, "mov", made.fresh)?;
        let notes = vec![rows::NOTE_REMUXED.problem()];
        Ok(Done { path, way: Way::Whole, proof, encoder: made.encoder, file: false, notes })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn luminance_of_every_depth_is_handed_over_and_put_back() {
        let layout = Layout::of("yuv420p10le", 3, 3).unwrap();
        assert_eq!(layout.size, 2 * (9 + 2 * 4));
        let mut frame = vec![0u8; layout.size];
        for (n, pair) in frame.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            *pair = (n as u16 * 60).to_le_bytes();
        }
        let before = frame.clone();
        layout.mark(&mut frame, &mut |_, _| Ok(())).unwrap();
        assert_eq!(frame, before);
        let add = &mut |samples: SamplesMut<'_>, size: (usize, usize)| {
            let SamplesMut::U16(samples) = samples else {
                return Err(Error::Unsupported(watermark::INTERLACED.problem()));
            };
            assert_eq!((samples.len(), size), (9, (3, 3)));
            samples.iter_mut().for_each(|s| *s = s.saturating_add(64));
            Ok(())
        };
        layout.mark(&mut frame, add).unwrap();
        for (n, (now, was)) in frame.chunks(2).zip(before.chunks(2)).enumerate() {
            let [now, was] = [now, was].map(|b| u16::from_le_bytes([b[0], b[1]]));
            assert_eq!(now, if n < 9 { was + 1 } else { was });
        }
        assert_eq!(Layout::of("yuvj422p", 5, 2).unwrap().size, 10 + 2 * 6);
        assert!(
            Layout::of("gbrp", 4, 4).is_none()
                && Layout::of("yuv420p", u32::MAX, u32::MAX).is_none_or(|_| usize::BITS == 64)
        );
    }
}
