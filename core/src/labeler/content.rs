//! The notice that people perceive, put into the content.

use std::io::Read as _;

use crate::carrier::notice::words;
use crate::codec::video::{self, Span, VideoNotice};
use crate::codec::{PixelFormat, Reencoded, redraw, sound};
use crate::container::text::notice::program::check_name;
use crate::container::{Patch, Shown};
use crate::error::{Error, Problem, Result};
use crate::format::{Format, Modality};
use crate::label::{Aigc, Label, wording};
use crate::message::notice::tool;
use crate::message::{general, write as rows};
use crate::notice::{Made, TextNotice, Worded};
use crate::render::{Notice, draw_notice};
use crate::source::{ReadSeek, ReadWriteSeek, Source, check_limit};
use crate::verify::{Collected, collect_as};

use super::write::{Stage, digest, stage};
use super::{Labeler, Receipt, tongue};

/// Least time that a notice is seen in a film, in seconds (GB 45438-2025 5.4).
const MIN_SECONDS: f64 = 2.0;

/// A notice made, and the file that it was put into.
pub(super) struct Perceivable {
    pub(super) made: Made,
    pub(super) reencoded: Option<Reencoded>,
    pub(super) stage: Stage,
}

impl Labeler<'_> {
    /// Puts the notice into a copy of the content.
    pub(super) fn perceivable(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        label: &Label,
        notes: &mut Vec<Problem>,
    ) -> Result<Perceivable> {
        match before.format.row().modality {
            Modality::Text => self.word(source, before, label, notes),
            Modality::Audio => self.sound(source, before, label, notes),
            Modality::Video => self.film(source, before, label, notes),
            _ => self.draw(source, before, label, notes),
        }
    }

    /// Whether people read a notice in this text already: one with the elements that the profiles ask
    /// for, or the very line asked for. Of other content nobody can tell without decoding it.
    pub(super) fn is_noticed(&self, source: &mut dyn ReadSeek, now: &Collected, label: &Label) -> Result<bool> {
        if now.format.row().modality != Modality::Text {
            return Ok(false);
        }
        let shown = self.shown(source, now)?;
        let (lines, _) =
            self.explicit.lines_of(label, &self.profiles, |e| e.text.as_ref(), tongue::of_shown(&shown))?;
        let mut rows = self.profiles.iter().filter_map(|p| p.data()?.explicit.text.as_ref());
        let strict = rows.any(|row| row.both_elements);
        // Of several lines, one with the elements.
        let counts = |own: &&String| !strict || wording::has_both_elements(own);
        let lines: Vec<&String> = lines.iter().filter(counts).collect();
        let own = |shown: &Shown| shown.text.lines().any(|line| lines.iter().any(|own| own.as_str() == line.trim()));
        Ok(shown.iter().any(own) || words::find(&shown).iter().any(|f| f.perceived.both_elements || !strict))
    }

    fn shown(&self, source: &mut dyn ReadSeek, now: &Collected) -> Result<Vec<Shown>> {
        let mut bounded = Source::new(source, &self.limits)?;
        now.format.row().container.shown(&now.map, &mut bounded, &self.limits)
    }

    /// Writes the notice into a text that has no place for a label in metadata.
    pub(super) fn notice_alone(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        label: &Label,
        out: &mut dyn ReadWriteSeek,
    ) -> Result<Receipt> {
        let row = before.format.row();
        if let Some(why) = before.map.closed.filter(|_| self.signer.is_some()) {
            return Err(Error::Refused(why.problem()));
        }
        if self.signer.is_some() {
            let instead = row.instead.unwrap_or(&crate::message::recognised::CONVERT_DOCUMENT);
            return Err(Error::Unsupported(rows::NO_PLACE.with("format", row.name).because("instead", instead)));
        }
        // What the label says has to be right, although it stands nowhere.
        self.aigc(label, None)?;
        let mut notes = vec![match before.map.closed {
            Some(why) => rows::NOTE_NOTICE_ONLY.problem().because("reason", why),
            None => rows::NOTE_NOTICE_ALONE.with("format", row.name),
        }];
        let mut made = None;
        if self.is_noticed(source, before, label)? {
            notes.push(rows::NOTE_NOTICE_THERE.problem());
            Patch::new(before.map.len).apply(&mut Source::new(source, &self.limits)?, out)?;
        } else {
            let mut perceivable = self.word(source, before, label, &mut notes)?;
            let mut staged = Source::new(&mut perceivable.stage, &self.limits)?;
            Patch::new(staged.len()).apply(&mut staged, out)?;
            made = Some(perceivable.made);
        }
        out.flush().map_err(|e| Error::io("write", e))?;
        let mut reader = &mut *out;
        let now = collect_as(row, &mut Source::new(&mut reader, &self.limits)?, &self.limits)?;
        let shown = self.shown(&mut reader, &now)?;
        let wanted = made.as_ref().and_then(|made: &Made| made.lines().first().cloned());
        if wanted.is_some_and(|line| !shown.iter().any(|shown| shown.text.contains(&line))) {
            return Err(Error::Internal(general::READ_BACK.with("reason", "the notice is not there")));
        }
        let verifier = self.profiles.iter().fold(self.verifier(), |verifier, profile| verifier.profile(*profile));
        let report = verifier.verify(&mut reader)?;
        let (bytes, sha256) = digest(out, &self.limits)?;
        let mut receipt = self.receipt(before.format, &Aigc::default(), &report, bytes, sha256, notes);
        receipt.changed = made.is_some();
        receipt.notice = made;
        Ok(receipt)
    }

    fn word(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        label: &Label,
        notes: &mut Vec<Problem>,
    ) -> Result<Perceivable> {
        // What is drawn has to be in the font.
        let written = tongue::of_shown(&self.shown(source, before)?);
        let written =
            written.filter(|_| before.format != Format::Pdf || self.explicit.draws(label, &self.profiles, written));
        let (lines, languages) = self.explicit.lines_of(label, &self.profiles, |e| e.text.as_ref(), written)?;
        let at = self.explicit.moments();
        let each_page = self.explicit.each_page;
        let notice = TextNotice { lines, languages, at, each_page, font: self.explicit.font.clone() };
        let mut bounded = Source::new(source, &self.limits)?;
        let container = before.format.row().container;
        check_name(before.format, self.file_name.as_deref())?;
        let placed = container.put_notice(&before.map, &mut bounded, &notice, &self.limits)?;
        notes.extend(placed.notes);
        let mut next = stage();
        placed.patch.apply(&mut bounded, &mut next)?;
        let at = placed.at.unwrap_or(notice.at);
        let lines = notice.lines;
        Ok(Perceivable { made: Made::Text(Worded { lines, at, each_page }), reencoded: None, stage: next })
    }

    fn sound(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        label: &Label,
        notes: &mut Vec<Problem>,
    ) -> Result<Perceivable> {
        let (notice, _) = self.explicit.sound(label, &self.profiles)?;
        let mut next = stage();
        let programs = self.programs.as_ref();
        let mut made = sound::add_notice(before.format, source, &notice, programs, &self.limits, &mut next)?;
        notes.append(&mut made.notes);
        let reencoded = matches!(made.kept, sound::Kept::Reencoded { .. }).then_some(Reencoded::Lossy);
        Ok(Perceivable { made: Made::Sound(made), reencoded, stage: next })
    }

    fn film(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        label: &Label,
        notes: &mut Vec<Problem>,
    ) -> Result<Perceivable> {
        let (lines, _) = self.explicit.lines(label, &self.profiles, |e| e.video.as_ref())?;
        let asked = || self.profiles.iter().filter_map(|p| p.data()?.explicit.video.as_ref());
        let least = asked().filter_map(|row| row.min_seconds).fold(0.0, f64::max);
        let span = match self.explicit.span {
            Some(Span::Start { seconds } | Span::Every { seconds, .. }) if seconds < least => {
                return Err(Error::Invalid(rows::NOTICE_BRIEF.with("seconds", seconds).arg("least", least)));
            }
            Some(span) => span,
            None if asked().any(|row| row.continuous) => Span::Throughout,
            None => {
                Span::Start { seconds: asked().filter_map(|row| row.min_seconds).fold(MIN_SECONDS, f64::max) + 1.0 }
            }
        };
        let notice = VideoNotice {
            lines,
            placement: self.explicit.placement,
            min_height_ratio: asked().map(|row| row.min_height_ratio).fold(crate::render::MIN_HEIGHT_RATIO, f64::max),
            font: self.explicit.font.clone(),
            span,
        };
        let Some(programs) = &self.programs else {
            return Err(Error::Unsupported(tool::NO_PROGRAMS.problem().because("purpose", &tool::PURPOSE_VIDEO)));
        };
        let mut next = stage();
        let mut made = video::overlay(before.format, source, &notice, programs, &self.limits, &mut next)?;
        notes.append(&mut made.notes);
        Ok(Perceivable { made: Made::Video(Box::new(made)), reencoded: Some(Reencoded::Lossy), stage: next })
    }

    fn draw(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        label: &Label,
        notes: &mut Vec<Problem>,
    ) -> Result<Perceivable> {
        let (lines, _) = self.explicit.lines(label, &self.profiles, |e| Some(&e.image))?;
        let ratio = self
            .profiles
            .iter()
            .filter_map(|p| p.data())
            .map(|d| d.explicit.image.min_height_ratio)
            .fold(crate::render::MIN_HEIGHT_RATIO, f64::max);
        let notice = Notice {
            placement: self.explicit.placement,
            min_height_ratio: ratio,
            font: self.explicit.font.clone(),
            ..Notice::new(lines)
        };
        check_limit("pixel_bytes", before.map.len, self.limits.pixel_bytes)?;
        let mut file = Vec::new();
        source.rewind().map_err(|e| Error::io("seek", e))?;
        source
            .take(self.limits.pixel_bytes.saturating_add(1))
            .read_to_end(&mut file)
            .map_err(|e| Error::io("read", e))?;
        let format = match before.format {
            Format::Png => PixelFormat::Png,
            Format::Jpeg => PixelFormat::Jpeg,
            Format::Webp => PixelFormat::Webp,
            other => return Err(Error::Unsupported(rows::NO_NOTICE.with("format", other.row().name))),
        };
        let orientation = before.metadata.orientation.unwrap_or(1);
        let mut drawn = None;
        let redrawn = redraw(format, &file, &self.limits, &mut |canvas| {
            drawn = Some(draw_notice(canvas, orientation, &notice)?);
            Ok(())
        })?;
        let Some(drawn) = drawn else {
            return Err(Error::Internal(general::READ_BACK.with("reason", "no notice was drawn")));
        };
        if redrawn.deinterlaced {
            notes.push(rows::NOTE_DEINTERLACED.problem());
        }
        if redrawn.became_lossless {
            notes.push(rows::NOTE_BECAME_LOSSLESS.problem());
        }
        let mut cursor = std::io::Cursor::new(file);
        let mut bounded = Source::new(&mut cursor, &self.limits)?;
        let patch = before.format.row().container.put_pixels(&before.map, &mut bounded, &redrawn.pixels)?;
        let mut next = stage();
        patch.apply(&mut bounded, &mut next)?;
        Ok(Perceivable { made: Made::Picture(drawn), reencoded: Some(redrawn.reencoded), stage: next })
    }
}
