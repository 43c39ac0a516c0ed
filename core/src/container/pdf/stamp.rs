//! What is drawn on a page: a plate, and text in a font of glyph procedures.
//!
//! The font is an embedded subset (ISO 32000-2 9.6.2, 9.9) that holds the outlines of the characters of
//! the notice and nothing else, in the Compact Font Format; its `ToUnicode` map says which characters
//! they are.

use std::fmt::Write as _;
use std::io::Write as _;

use crate::container::room::{Area, place};
use crate::error::{Error, Result};
use crate::message::notice::document as own;
use crate::notice::TextNotice;
use crate::render::outline::{Glyph, Outlines};

use super::cff;
use super::lex::Reference;
use super::update::Update;

/// Most glyphs of a font whose codes have one byte; code 0 stays free.
const GLYPHS: usize = 255;
/// Grey level of the plate.
const PLATE: &str = "0.07";
/// Least text size in points, and least ink height as a part of the page's shorter side.
const POINTS: f64 = 10.0;
const RATIO: f64 = 0.025;
/// Height of a line, space around the text, and distance to the edges, in em.
const LINE: f64 = 1.3;
const PAD: f64 = 0.4;
const MARGIN: f64 = 0.5;

/// Marks that end something.
const MARKS: &str = "，。、；：？！）》】』」’”…,.;:?!)";

/// A number as PDF writes it.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn packed(data: &[u8]) -> Result<Vec<u8>> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(data).and_then(|()| out.finish()).map_err(|e| Error::io("deflate", e))
}

/// Which characters the codes of the font stand for (ISO 32000-2 9.10.3).
fn to_unicode(outlines: &Outlines) -> String {
    let mut out = "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
                   /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
                   /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
                   1 begincodespacerange\n<00> <FF>\nendcodespacerange\n"
        .to_owned();
    let codes: Vec<(usize, char)> = (1usize..).zip(outlines.glyphs.iter().map(|glyph| glyph.c)).collect();
    for part in codes.chunks(100) {
        let _ = writeln!(out, "{} beginbfchar", part.len());
        for (code, c) in part {
            let units: String = c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("{unit:04X}")).collect();
            let _ = writeln!(out, "<{code:02X}> <{units}>");
        }
        out.push_str("endbfchar\n");
    }
    out.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    out
}

/// Six letters made of the characters.
fn tag(glyphs: &[Glyph]) -> String {
    let mut sum = glyphs.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, glyph| {
        (sum ^ u64::from(u32::from(glyph.c))).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mut letter = || {
        let letter = b'A'.saturating_add((sum % 26) as u8);
        sum /= 26;
        char::from(letter)
    };
    std::iter::repeat_with(&mut letter).take(6).collect()
}

/// The characters of a notice as a font.
pub(super) struct Font {
    outlines: Outlines,
}

impl Font {
    pub(super) fn new(notice: &TextNotice) -> Result<Self> {
        let outlines = Outlines::new(notice.font.as_deref(), &notice.lines)?;
        if outlines.glyphs.len() > GLYPHS {
            let count = outlines.glyphs.len();
            return Err(Error::Invalid(own::TOO_MANY_CHARACTERS.with("count", count).arg("max", GLYPHS)));
        }
        Ok(Self { outlines })
    }

    /// Writes the font into a revision.
    pub(super) fn write(&self, update: &mut Update<'_, '_, '_>, named: &str) -> Result<Reference> {
        let Outlines { units, ascent, descent, glyphs } = &self.outlines;
        let thousandths = |value: f32| number((f64::from(value / units) * cff::UNITS).round());
        let edge = |pick: fn(&[f32; 4]) -> f32, better: fn(f32, f32) -> f32| {
            thousandths(glyphs.iter().map(|glyph| pick(&glyph.bounds)).fold(0.0, better))
        };
        let bounds = [
            edge(|[left, ..]| *left, f32::min),
            edge(|[_, bottom, ..]| *bottom, f32::min),
            edge(|[_, _, right, _]| *right, f32::max),
            edge(|[_, _, _, top]| *top, f32::max),
        ]
        .join(" ");
        let (mut names, mut widths) = (String::new(), String::new());
        for (code, glyph) in (1usize..).zip(glyphs) {
            let _ = write!(names, " /{}", cff::glyph_name(code));
            let _ = write!(widths, " {}", cff::width(glyph, *units));
        }
        // A subset has six capital letters before its name (ISO 32000-2 9.9.2), which tell it from others.
        let named = format!("{}+{named}", tag(glyphs));
        let program = update.fresh()?;
        let program_bytes = packed(&cff::font(&named, glyphs, *units))?;
        update.stream(program, "/Subtype /Type1C /Filter /FlateDecode", &program_bytes, true);
        let map = update.fresh()?;
        update.stream(map, "/Filter /FlateDecode", &packed(to_unicode(&self.outlines).as_bytes())?, true);
        let descriptor = update.fresh()?;
        let (ascent, descent) = (thousandths(*ascent), thousandths(*descent));
        update.object(
            descriptor,
            format!(
                "<< /Type /FontDescriptor /FontName /{named} /Flags 4 /FontBBox [{bounds}] /ItalicAngle 0\n\
                 /Ascent {ascent} /Descent {descent} /CapHeight {ascent} /StemV 80 /FontFile3 {program} >>"
            )
            .as_bytes(),
        );
        let font = update.fresh()?;
        update.object(
            font,
            format!(
                "<< /Type /Font /Subtype /Type1 /BaseFont /{named} /FirstChar 1 /LastChar {} /Widths [{widths} ]\n\
                 /Encoding << /Type /Encoding /Differences [1{names}] >>\n/FontDescriptor {descriptor} /ToUnicode {map} >>",
                glyphs.len()
            )
            .as_bytes(),
        );
        Ok(font)
    }

    /// The lines, wrapped to a width in em.
    fn wrapped(&self, lines: &[String], room: f64) -> Vec<String> {
        let mut out = Vec::new();
        for line in lines {
            let mut row = String::new();
            for c in line.chars() {
                row.push(c);
                if self.outlines.width(&row) <= room || row.chars().count() == 1 {
                    continue;
                }
                // At the last space, else before the last character.
                let space = row.rfind(' ').filter(|at| *at > 0);
                // A line does not begin with a mark that belongs to what stands before it.
                let mut breaks = row.char_indices().rev().filter(|(at, c)| *at > 0 && !MARKS.contains(*c));
                let last = row.char_indices().next_back().map(|(at, _)| at);
                let at = space.or_else(|| breaks.next().map(|(at, _)| at)).or(last).unwrap_or(0);
                let rest = row.split_off(at);
                out.push(std::mem::replace(&mut row, rest.trim_start_matches(' ').to_owned()));
            }
            if !row.trim().is_empty() {
                out.push(row);
            }
        }
        out
    }

    /// The operators that draw the notice on a page of this displayed size, in units of `unit`
    /// points, and whether they cover a part of what is `taken`: at the top or at the bottom, at the right
    /// where that is free.
    pub(super) fn drawing(
        &self,
        lines: &[String],
        (width, height): (f64, f64),
        unit: f64,
        (bottom, taken): (bool, &[Area]),
        name: &str,
    ) -> Option<(String, bool)> {
        let short = width.min(height);
        let ink = lines.iter().map(|line| self.outlines.ink_height(line)).fold(1.0, f64::min).max(0.05);
        let em = (short * RATIO / ink).max(POINTS / unit);
        let room = width / em - 2.0 * (PAD + MARGIN);
        let rows = (room >= 1.0).then(|| self.wrapped(lines, room))?;
        let widest = rows.iter().map(|row| self.outlines.width(row)).fold(0.0, f64::max);
        let plate = ((widest + 2.0 * PAD) * em, (rows.len() as f64 * LINE + 2.0 * PAD) * em);
        if widest > room || plate.1 + 2.0 * MARGIN * em > height {
            return None;
        }
        let ((left, low), covers) = place(taken, (width, height), plate, MARGIN * em, bottom);
        let n = number;
        let mut out = format!(
            "{PLATE} g\n{} {} {} {} re f\nBT\n1 g 0 Tr 0 Tc 0 Tw 100 Tz 0 Ts /{name} {} Tf\n",
            n(left),
            n(low),
            n(plate.0),
            n(plate.1),
            n(em)
        );
        for (row, number) in rows.iter().zip(1u32..) {
            let x = left + (plate.0 - self.outlines.width(row) * em) / 2.0;
            // The baseline stands so that ink of Han characters is in the middle of its line.
            let y = low + plate.1 - (PAD + LINE * f64::from(number) - 0.27) * em;
            let codes = row.chars().filter_map(|c| self.outlines.index(c));
            let codes: String = codes.map(|index| format!("{:02X}", index.saturating_add(1))).collect();
            let _ = writeln!(out, "1 0 0 1 {} {} Tm <{codes}> Tj", n(x), n(y));
        }
        out.push_str("ET\n");
        Some((out, covers))
    }
}
