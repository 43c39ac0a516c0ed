//! A notice on pages, by one incremental update.
//!
//! The streams of a page stay as they are; one that saves the state of graphics is set before them,
//! and one that restores it and draws the notice behind them. Fonts of the page's resources stay;
//! one is added. The text is at least 10 points large, and its characters reach 2.5 % of the page's
//! shorter side: GB 45438-2025 5.1 asks for clearly legible text without a number (inferred).

use std::collections::BTreeMap;

use crate::container::Placed;
use crate::container::room::Area;
use crate::error::{Error, Result};
use crate::message::notice::document as own;
use crate::notice::{Moment, TextNotice};

use super::doc::{Doc, Object};
use super::lex::{Dict, Reference, written_name};
use super::operators::{Balance, Matrix, balance, inverse, moved};
use super::pages::{Page, Walk, contents};
use super::stamp::Font;
use super::update::{EMPTY, EMPTY_VALUE, Update, malformed};
use super::words;

/// Bytes that are read and inflated to look at the balance of contents, in all.
const BALANCE: u64 = 256 << 20;

/// Most pages that are named as having something covered.
const COVERED: usize = 8;

/// Most saved states that are taken off.
const SAVED: usize = 4_096;

/// What pages have in common is written once.
struct Stamps<'n> {
    notice: &'n TextNotice,
    font: Font,
    font_reference: Reference,
    tagged: bool,
    /// Streams by what they hold.
    streams: BTreeMap<Vec<u8>, Reference>,
    /// New resources by the old ones, with the name of the font in them.
    resources: BTreeMap<u32, (Reference, String)>,
    /// Bytes of content that were looked at.
    looked: u64,
    /// Parts on which it covers something.
    covered: Vec<String>,
}

/// Puts the notice on the asked pages.
pub(super) fn put(doc: &mut Doc<'_, '_>, notice: &TextNotice) -> Result<Placed> {
    let mut update = Update::new(doc)?;
    let doc = &mut *update.doc;
    let catalog = doc.catalog()?.ok_or_else(|| malformed("Root"))?;
    if doc.get(&catalog, b"NeedsRendering", 0)?.is_some_and(|flag| flag.text() == b"true") {
        return Err(Error::Refused(own::MADE_WHEN_OPENED.problem()));
    }
    let tagged = match doc.get(&catalog, b"MarkInfo", 0)? {
        Some(info) => doc.get(&info, b"Marked", 0)?.is_some_and(|flag| flag.text() == b"true"),
        None => false,
    };
    let pages = chosen(doc, notice)?;
    if pages.is_empty() {
        return Err(Error::Unsupported(own::NO_PAGE.problem()));
    }
    let font = Font::new(notice)?;
    let named = if notice.font.is_some() { "Notice" } else { "BiaoshiSans" };
    let font_reference = font.write(&mut update, named)?;
    let mut stamps = Stamps {
        notice,
        font,
        font_reference,
        tagged,
        streams: BTreeMap::new(),
        resources: BTreeMap::new(),
        looked: 0,
        covered: Vec::new(),
    };
    for (number, page, bottom) in pages {
        stamps.page(&mut update, number, &page, bottom)?;
    }
    let covered = stamps.covered.join(", ");
    let notes = if covered.is_empty() { Vec::new() } else { vec![own::COVERS.with("part", covered)] };
    Ok(Placed { notes, ..update.finish()?.into() })
}

/// The pages that get the notice: their number, and whether it stands at the bottom.
fn chosen(doc: &mut Doc<'_, '_>, notice: &TextNotice) -> Result<Vec<(usize, Page, bool)>> {
    let only_end = notice.at == [Moment::End];
    if notice.each_page || notice.at.contains(&Moment::Middle) {
        let mut walk = Walk::new(doc, false)?;
        let mut all = Vec::new();
        while let Some(page) = walk.next(doc)? {
            all.push(page);
        }
        let count = all.len();
        let wanted = |at: &Moment| match at {
            Moment::Start => 0,
            Moment::Middle => count / 2,
            Moment::End => count.saturating_sub(1),
        };
        let wanted: Vec<(usize, bool)> = match notice.each_page {
            true => (0..count).map(|at| (at, only_end)).collect(),
            false => notice.at.iter().map(|at| (wanted(at), *at == Moment::End)).collect(),
        };
        let mut out: Vec<(usize, Page, bool)> = Vec::new();
        for (at, page) in all.into_iter().enumerate() {
            if let Some((_, bottom)) = wanted.iter().find(|(wanted, _)| *wanted == at) {
                out.push((at.saturating_add(1), page, *bottom));
            }
        }
        return Ok(out);
    }
    let mut out: Vec<(usize, Page, bool)> = Vec::new();
    for at in &notice.at {
        let end = *at == Moment::End;
        if let Some(page) = Walk::new(doc, end)?.next(doc)?
            && !out.iter().any(|(_, other, _)| other.reference == page.reference)
        {
            out.push((if end { 0 } else { 1 }, page, end));
        }
    }
    Ok(out)
}

impl Stamps<'_> {
    /// A stream that is written once for all pages that have it.
    fn stream(&mut self, update: &mut Update<'_, '_, '_>, data: Vec<u8>) -> Result<Reference> {
        if let Some(reference) = self.streams.get(&data) {
            return Ok(*reference);
        }
        let reference = update.fresh()?;
        update.stream(reference, "", &data, true);
        self.streams.insert(data, reference);
        Ok(reference)
    }

    fn page(&mut self, update: &mut Update<'_, '_, '_>, number: usize, page: &Page, bottom: bool) -> Result<()> {
        let depth = update.doc.limits.pdf_depth;
        let streams = contents(update.doc, page)?;
        let left = self.balance(update.doc, &streams)?;
        let (resources, name) = self.resources(update, page)?;
        let taken = self.taken(update.doc, page)?;
        let drawing = self.font.drawing(&self.notice.lines, page.size(), page.unit, (bottom, &taken), &name);
        let part = || match number {
            0 => "the last page".to_owned(),
            number => format!("page {number}"),
        };
        let (drawing, covers) = drawing.ok_or_else(|| Error::Invalid(own::TOO_LARGE.with("part", part())))?;
        if covers && self.covered.len() < COVERED {
            self.covered.push(part());
        }
        // Adding 0 takes the sign off a negative zero.
        let written = |matrix: Matrix| matrix.map(|n| format!("{:.6} ", n + 0.0)).concat();
        let matrix = written(page.matrix());
        let edge = if bottom { "Bottom" } else { "Top" };
        let kind = if bottom { "Footer" } else { "Header" };
        let (open, close) = match self.tagged {
            true => (format!("/Artifact << /Type /Pagination /Subtype /{kind} /Attached [/{edge}] >> BDC\n"), "EMC\n"),
            false => (String::new(), ""),
        };
        // Where a content takes off states that it did not save, one that was saved for it would be
        // taken off, too, and what follows would look different. There its matrix is undone.
        let undo = inverse(left.matrix).filter(|_| left.excess > 0);
        let ends = &left.open;
        let image = if left.image { "EI\n" } else { "" };
        let restore = "Q\n".repeat(left.saved.min(SAVED).saturating_add(usize::from(undo.is_none())));
        let undone = undo.map_or(String::new(), |undo| format!("q\n{}cm\n", written(undo)));
        let end = if undo.is_some() { "Q\n" } else { "" };
        // White space first: the last stream may end within a token of its own.
        let behind = format!("\n{ends}{image}{restore}{undone}{open}q\n{matrix}cm\n{drawing}Q\n{close}{end}");
        let before = match undo {
            Some(_) => String::new(),
            None => {
                let states = "q\n".repeat(left.excess.min(SAVED).saturating_add(1));
                format!("{} ", self.stream(update, states.into_bytes())?)
            }
        };
        let behind = self.stream(update, behind.into_bytes())?;
        let list: String = streams.iter().map(|content| format!("{} ", content.reference)).collect();
        let changes: [(&[u8], Vec<u8>); 2] =
            [(b"Contents", format!("[{before}{list}{behind}]").into_bytes()), (b"Resources", resources)];
        let body = page.object.dict(depth).ok_or_else(|| malformed("Page"))?.with(&changes);
        update.object(page.reference, &body);
        Ok(())
    }

    /// Where words and pictures stand on a page as it is displayed, as far as that can be read.
    fn taken(&mut self, doc: &mut Doc<'_, '_>, page: &Page) -> Result<Vec<Area>> {
        let Some(back) = inverse(page.matrix()).filter(|_| self.looked < BALANCE) else { return Ok(Vec::new()) };
        let marks = words::marks(doc, page)?;
        self.looked = self.looked.saturating_add(doc.forget());
        Ok(marks.into_iter().map(|area| moved(area, back)).collect())
    }

    /// What the streams of a page together leave behind. Streams that can't be read count as sound.
    fn balance(&mut self, doc: &mut Doc<'_, '_>, streams: &[super::pages::Content]) -> Result<Balance> {
        let mut all = Vec::new();
        for content in streams {
            // The bound on what is read holds for each stream; this one for all of them.
            self.looked = self.looked.saturating_add(doc.forget());
            if self.looked >= BALANCE {
                return Ok(Balance::default());
            }
            let Some(data) = doc.stream(&content.object)? else { return Ok(Balance::default()) };
            match doc.decoded(&content.object, &data) {
                Ok(Ok(bytes)) => all.extend_from_slice(&bytes),
                Ok(Err(_)) | Err(Error::Limit(_)) => return Ok(Balance::default()),
                Err(other) => return Err(other),
            }
            all.push(b'\n');
        }
        self.looked = self.looked.saturating_add(doc.forget());
        Ok(balance(&all))
    }

    /// The resources of a page with the font: a dictionary or a reference to one, and the name of
    /// the font in it.
    fn resources(&mut self, update: &mut Update<'_, '_, '_>, page: &Page) -> Result<(Vec<u8>, String)> {
        let shared = page.resources.as_ref().and_then(|object| super::lex::reference(&object.value));
        if let Some((reference, name)) = shared.and_then(|shared| self.resources.get(&shared.number)) {
            return Ok((reference.to_string().into_bytes(), name.clone()));
        }
        let old = match &page.resources {
            Some(object) => update.doc.resolve(object, &object.value, 0)?,
            None => None,
        };
        let (body, name) = self.with_font(update.doc, old.as_ref())?;
        match shared {
            Some(shared) => {
                let reference = update.fresh()?;
                update.object(reference, &body);
                self.resources.insert(shared.number, (reference, name.clone()));
                Ok((reference.to_string().into_bytes(), name))
            }
            None => Ok((body, name)),
        }
    }

    fn with_font(&self, doc: &mut Doc<'_, '_>, old: Option<&Object>) -> Result<(Vec<u8>, String)> {
        let depth = doc.limits.pdf_depth;
        let bare = || Dict::parse(EMPTY, &EMPTY_VALUE, depth).ok_or_else(|| malformed("Resources"));
        let fonts = match old {
            Some(old) => doc.get(old, b"Font", 0)?,
            None => None,
        };
        let fonts = match fonts.as_ref().and_then(|fonts| fonts.dict(depth)) {
            Some(fonts) => fonts,
            None => bare()?,
        };
        let most = fonts.entries.len().saturating_add(1);
        let mut names = (0..=most).map(|n| if n == 0 { "AINotice".to_owned() } else { format!("AINotice{n}") });
        let name = names.find(|name| !fonts.entries.iter().any(|e| e.key == name.as_bytes())).unwrap_or_default();
        let fonts = fonts.with(&[(name.as_bytes(), self.font_reference.to_string().into_bytes())]);
        let resources = match old.and_then(|old| old.dict(depth)) {
            Some(resources) => resources,
            None => bare()?,
        };
        debug_assert_eq!(written_name(name.as_bytes()), [b"/", name.as_bytes()].concat());
        Ok((resources.with(&[(b"Font", fonts)]), name))
    }
}
