//! The notice that people perceive, put into the content.

use crate::carrier::aigc::Metadata;
use crate::codec::video::{self, Span, VideoNotice, View};
use crate::codec::{self, PixelFormat, Pixels, Reencoded, redraw, sound};
use crate::container::Patch;
use crate::container::text::notice::program::check_name;
use crate::error::{Error, Problem, Result};
use crate::finding::Site;
use crate::format::{Format, Modality};
use crate::label::{Aigc, Label};
use crate::message::notice::tool;
use crate::message::notice::video::NO_VIDEO;
use crate::message::{general, watermark, write as rows};
use crate::notice::{Made, TextNotice, Worded};
use crate::profile::{Explicit as Notices, NoticeRow};
use crate::render::{Notice, draw_notice};
use crate::source::{ReadSeek, ReadWriteSeek, Source};
use crate::verify::{Collected, collect_as, spread};
use crate::watermark::picture::SamplesMut;

use super::there::There;
use super::write::{Stage, digest, stage};
use super::{Imprint, Imprinted, Labeler, Receipt, tongue};

/// Least time that a notice is seen in a film, in seconds (GB 45438-2025 5.4).
const MIN_SECONDS: f64 = 2.0;

/// What is put into content.
#[derive(Clone, Copy)]
pub(super) struct Due {
    /// Whether a notice is.
    pub(super) notice: bool,
    /// Payload of the watermark, if one is.
    pub(super) imprint: Option<u64>,
}

/// A notice or watermark made, and the file that it was put into.
pub(super) struct Perceivable {
    pub(super) made: Option<Made>,
    pub(super) imprinted: Option<Imprinted>,
    pub(super) reencoded: Option<Reencoded>,
    pub(super) stage: Stage,
    pub(super) notes: Vec<Problem>,
}

/// What the notice came to. Content is looked at and encoded once, however often the label is written
/// beside it.
#[derive(Default)]
pub(super) struct Once {
    pub(super) there: Option<There>,
    pub(super) made: Option<Perceivable>,
    /// The number of this production, if the caller gave none.
    pub(super) number: Option<String>,
}

fn of(lossless: bool) -> Reencoded {
    if lossless { Reencoded::Lossless } else { Reencoded::Lossy }
}

/// Where something is said about AI that is not said any more: programs that write a file anew leave out
/// what they don't know. A label itself is written again.
fn lost<'m>(before: &'m Metadata, now: &Metadata) -> Option<&'m Site> {
    let (xmp, left) = (&before.xmp, &now.xmp);
    let types = xmp.source_types.iter().filter(|(value, _)| !left.source_types.iter().any(|(there, _)| there == value));
    let fields = xmp.ai_fields.iter().filter(|(name, ..)| !left.ai_fields.iter().any(|(there, ..)| there == name));
    let marks = before.marks.iter().filter(|mark| !now.marks.iter().any(|there| there.row.id == mark.row.id));
    types.map(|(_, site)| site).chain(fields.map(|(.., site)| site)).chain(marks.map(|mark| &mark.site)).next()
}

impl Labeler<'_> {
    /// Puts what is due into a copy of the content.
    pub(super) fn perceivable(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        label: &Label,
        due: Due,
    ) -> Result<Perceivable> {
        let mut notes = Vec::new();
        let mut made = self.made(source, before, label, due, &mut notes)?;
        made.notes.append(&mut notes);
        let mut staged = Source::new(&mut made.stage, &self.limits)?;
        let now = collect_as(before.format.row(), &mut staged, &self.limits)?;
        match lost(&before.metadata, &now.metadata) {
            Some(site) => Err(Error::Refused(rows::NOTICE_LOSES.with("slot", &site.slot).at(site.offset))),
            None => Ok(made),
        }
    }

    fn made(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        label: &Label,
        due: Due,
        notes: &mut Vec<Problem>,
    ) -> Result<Perceivable> {
        let modality = before.format.row().modality;
        let no_scheme = || Error::Unsupported(watermark::NO_SCHEME.with("format", before.format.row().name));
        match modality {
            Modality::Text if due.imprint.is_some() => Err(no_scheme()),
            Modality::Text => self.word(source, before, label, notes),
            Modality::Audio => self.sound(source, before, label, due, notes),
            // A film's container without a film holds a sound.
            Modality::Video => match self.film(source, before, label, due, notes) {
                Err(error) if error.code() == NO_VIDEO.code => self.sound(source, before, label, due, notes),
                done => done,
            },
            _ => self.draw(source, before, label, due, notes),
        }
    }

    /// Least height of text that the profiles ask for, as a part of the shortest side.
    pub(super) fn height_ratio(&self, row: impl Fn(&Notices) -> Option<&NoticeRow>) -> f64 {
        let rows = self.profiles.iter().filter_map(|p| row(&p.data()?.explicit));
        rows.map(|row| row.min_height_ratio).fold(crate::render::MIN_HEIGHT_RATIO, f64::max)
    }

    /// When the notice is seen in a film, and for how many seconds at least rules ask.
    pub(super) fn span(&self) -> Result<(Span, f64)> {
        let asked = || self.profiles.iter().filter_map(|p| p.data()?.explicit.video.as_ref());
        let least = asked().filter_map(|row| row.min_seconds).fold(0.0, f64::max);
        let due = least.max(MIN_SECONDS);
        let span = match self.explicit.span {
            Some(Span::Start { seconds } | Span::Every { seconds, .. }) if seconds < least => {
                return Err(Error::Invalid(rows::NOTICE_BRIEF.with("seconds", seconds).arg("least", least)));
            }
            Some(span) => span,
            None if asked().any(|row| row.continuous) => Span::Throughout,
            None => Span::Start { seconds: due + 1.0 },
        };
        Ok((span, due))
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
        let there = self.is_there(source, before, label)?;
        notes.extend(there.note());
        if there == There::Asked {
            Patch::new(before.map.len).apply(&mut Source::new(source, &self.limits)?, out)?;
        } else {
            let due = Due { notice: true, imprint: None };
            let mut perceivable = self.perceivable(source, before, label, due)?;
            notes.append(&mut perceivable.notes);
            let mut staged = Source::new(&mut perceivable.stage, &self.limits)?;
            Patch::new(staged.len()).apply(&mut staged, out)?;
            made = perceivable.made;
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
        Ok(Perceivable {
            made: Some(Made::Text(Worded { lines, at, each_page })),
            imprinted: None,
            reencoded: None,
            stage: next,
            notes: Vec::new(),
        })
    }

    fn sound(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        label: &Label,
        due: Due,
        notes: &mut Vec<Problem>,
    ) -> Result<Perceivable> {
        let notice = if due.notice { Some(self.explicit.sound(label, &self.profiles)?.0) } else { None };
        let (format, programs, limits) = (before.format, self.programs.as_ref(), &self.limits);
        let mut next = stage();
        let (mut sounded, mut imprinted, mut reencoded) = (None, None, None);
        if let (Some(notice), true) = (&notice, due.imprint.is_none() || sound::is_written_here(format)) {
            sounded = Some(sound::add_notice(format, source, notice, programs, limits, &mut next)?);
        }
        if let (Some(imprint), Some(bits)) = (&self.imprint, due.imprint) {
            let mut with = std::mem::replace(&mut next, stage());
            let (current, late): (&mut dyn ReadSeek, _) = match sounded {
                Some(_) => (&mut with, None),
                None => (source, notice.as_ref()),
            };
            let mut marking = |shape| imprint.sound(shape, bits);
            let marked = sound::mark(format, current, late, &mut marking, (programs, limits), &mut next)?;
            notes.extend(marked.notes);
            sounded = sounded.or(marked.notice);
            let mut listener = None;
            sound::decode_shaped(format, &mut next, programs, limits, &mut |shape, block| {
                listener.get_or_insert_with(|| imprint.listener(shape)).push(block);
                Ok(())
            })?;
            imprinted = Some(Imprint::heard(listener, bits)?);
            if let (Some(made), true) = (&mut sounded, sound::is_written_here(format)) {
                made.kept = sound::Kept::Reencoded { by: "biaoshi".to_owned(), lossless: false };
            }
            // A watermark is in every sample.
            reencoded = Some(Reencoded::Lossy);
        }
        let made = sounded.map(|mut made| {
            notes.append(&mut made.notes);
            if let sound::Kept::Reencoded { lossless, .. } = made.kept {
                reencoded = reencoded.or(Some(of(lossless)));
            }
            Made::Sound(made)
        });
        Ok(Perceivable { made, imprinted, reencoded, stage: next, notes: Vec::new() })
    }

    fn film(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        label: &Label,
        due: Due,
        notes: &mut Vec<Problem>,
    ) -> Result<Perceivable> {
        let notice = match due.notice {
            true => Some(VideoNotice {
                lines: self.explicit.lines(label, &self.profiles, |e| e.video.as_ref())?.0,
                placement: self.explicit.placement,
                min_height_ratio: self.height_ratio(|e| e.video.as_ref()),
                font: self.explicit.font.clone(),
                span: self.span()?.0,
            }),
            false => None,
        };
        let Some(programs) = &self.programs else {
            return Err(Error::Unsupported(tool::NO_PROGRAMS.problem().because("purpose", &tool::PURPOSE_VIDEO)));
        };
        let (format, limits) = (before.format, &self.limits);
        let imprint = self.imprint.as_ref().zip(due.imprint);
        let mut least = f64::INFINITY;
        let mut marking = |samples: SamplesMut<'_>, size: (usize, usize)| {
            if let Some((imprint, bits)) = imprint {
                least = least.min(imprint.frame(samples, size, bits)?);
            }
            Ok(())
        };
        let marking = imprint.is_some().then_some(&mut marking as &mut video::Marking<'_>);
        let mut next = stage();
        let laid = video::laid(format, source, (notice.as_ref(), marking), programs, limits, &mut next)?;
        notes.extend(laid.notes);
        let mut imprinted = None;
        if let Some((imprint, bits)) = imprint {
            let seen = spread(&View::open(format, &mut next, programs, limits)?)?;
            imprinted = Some(imprint.seen(&seen, bits, least)?);
        }
        let mut reencoded = imprinted.is_some().then_some(Reencoded::Lossy);
        let made = laid.notice.map(|mut made| {
            notes.append(&mut made.notes);
            reencoded = reencoded.or(Some(of(made.encoder.lossless)));
            Made::Video(Box::new(made))
        });
        Ok(Perceivable { made, imprinted, reencoded, stage: next, notes: Vec::new() })
    }

    fn draw(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        label: &Label,
        due: Due,
        notes: &mut Vec<Problem>,
    ) -> Result<Perceivable> {
        if let (Some(bits), false) = (due.imprint, due.notice) {
            match before.format {
                Format::Png | Format::Webp if before.map.animated => {
                    return self.imprint_frames(source, before, bits, notes);
                }
                Format::Gif => return Err(Error::Unsupported(watermark::PALETTE.problem())),
                _ => {}
            }
        }
        let (lines, _) = self.explicit.lines(label, &self.profiles, |e| Some(&e.image))?;
        let ratio = self.height_ratio(|e| Some(&e.image));
        let notice = Notice {
            placement: self.explicit.placement,
            min_height_ratio: ratio,
            font: self.explicit.font.clone(),
            ..Notice::new(lines)
        };
        let file = codec::read_all(source, &self.limits)?;
        let format = match before.format {
            Format::Png => PixelFormat::Png,
            Format::Jpeg => PixelFormat::Jpeg,
            Format::Webp => PixelFormat::Webp,
            other => return Err(Error::Unsupported(rows::NO_NOTICE.with("format", other.row().name))),
        };
        let orientation = before.metadata.orientation.unwrap_or(1);
        let (mut drawn, mut imprinted) = (None, None);
        let redrawn = redraw(format, &file, &self.limits, &mut |canvas| {
            if due.notice {
                drawn = Some(draw_notice(canvas, orientation, &notice)?);
            }
            if let (Some(imprint), Some(payload)) = (&self.imprint, due.imprint) {
                imprinted = Some(imprint.put(canvas, payload)?);
            }
            Ok(())
        })?;
        // A palette, or a few levels of grey, would break the mark into steps.
        if let (Some(_), Pixels::Png { ihdr: [.., depth, colour, _, _, _], .. }) = (due.imprint, &redrawn.pixels)
            && (*colour == 3 || *depth < 8)
        {
            return Err(Error::Unsupported(watermark::PALETTE.problem()));
        }
        if drawn.is_some() != due.notice {
            return Err(Error::Internal(general::READ_BACK.with("reason", "no notice was drawn")));
        }
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
        if let (Some(imprint), Some(payload)) = (&self.imprint, due.imprint) {
            let (width, height, rgb) = codec::decode(before.format, &mut next, &self.limits)?;
            imprint.read_back((&rgb, width, height), payload)?;
        }
        Ok(Perceivable {
            made: drawn.map(Made::Picture),
            imprinted,
            // A watermark is in every pixel.
            reencoded: Some(if due.imprint.is_some() { Reencoded::Lossy } else { redrawn.reencoded }),
            stage: next,
            notes: Vec::new(),
        })
    }
}
