//! Where no program can be started, none is installed.

use super::{Frame, Laid, Marking, Programs, VideoNotice};
use crate::codec::tool::missing;
use crate::error::Result;
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::tool;
use crate::source::{ReadSeek, ReadWriteSeek};

pub(super) fn run(
    _: Format,
    _: &mut dyn ReadSeek,
    _: (Option<&VideoNotice>, Option<&mut Marking<'_>>),
    _: &Programs,
    _: &Limits,
    _: &mut dyn ReadWriteSeek,
) -> Result<Laid> {
    Err(missing("ffmpeg", "ffmpeg", &tool::PURPOSE_VIDEO))
}

/// Nothing is ever opened.
pub(super) enum Opened {}

impl Opened {
    pub(super) fn new(_: Format, _: &mut dyn ReadSeek, _: &Programs, _: &Limits) -> Result<Self> {
        Err(missing("ffprobe", "ffmpeg", &tool::PURPOSE_FRAMES))
    }

    pub(super) const fn seconds(&self) -> f64 {
        match *self {}
    }

    pub(super) const fn at(&self, _: &Programs, _: &Limits, _: &[f64]) -> Result<Vec<Frame>> {
        match *self {}
    }
}
