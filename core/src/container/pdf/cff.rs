//! A font of a few glyphs in the Compact Font Format (Adobe Technical Notes 5176 and 5177), from their
//! outlines, so that fonts of every kind give the same result.

use ab_glyph::{OutlineCurve, Point};

use crate::render::outline::Glyph;

/// Units in an em of what is written.
pub(super) const UNITS: f64 = 1000.0;
/// The first identifier of a string that is not among the standard ones (5176, appendix A).
const STRINGS: u16 = 391;

// Operators of glyph procedures (5177, appendix A).
const RLINETO: u8 = 5;
const RRCURVETO: u8 = 8;
const ENDCHAR: u8 = 14;
const RMOVETO: u8 = 21;

/// What the private dictionary says: widths stand whole in the procedures (5176, 15).
const PRIVATE: [u8; 4] = [139, 20, 139, 21];

/// A whole number in a glyph procedure (5177, 3.2).
fn number(value: i32, out: &mut Vec<u8>) {
    match value {
        -107..=107 => out.push((value + 139).clamp(0, 255) as u8),
        _ => {
            out.push(28);
            out.extend((value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16).to_be_bytes());
        }
    }
}

/// A whole number of a dictionary, in five bytes whatever its size (5176, 4).
fn fixed(value: usize, out: &mut Vec<u8>) {
    out.push(29);
    out.extend(u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes());
}

/// An index of objects (5176, 5).
fn index(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = u16::try_from(objects.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
    if objects.is_empty() {
        return out;
    }
    out.push(4);
    let mut at = 1u32;
    out.extend(at.to_be_bytes());
    for object in objects {
        at = at.saturating_add(u32::try_from(object.len()).unwrap_or(u32::MAX));
        out.extend(at.to_be_bytes());
    }
    objects.iter().for_each(|object| out.extend(object));
    out
}

/// Places in whole units.
struct Pen {
    scale: f64,
    at: (i32, i32),
}

impl Pen {
    /// The way to a place, which becomes the present one.
    fn to(&mut self, (x, y): (f32, f32), out: &mut Vec<u8>) {
        let whole = |n: f32| (f64::from(n) * self.scale).round() as i32;
        let next = (whole(x), whole(y));
        number(next.0.saturating_sub(self.at.0), out);
        number(next.1.saturating_sub(self.at.1), out);
        self.at = next;
    }
}

/// The width of a glyph in units of the font that is written.
pub(super) fn width(glyph: &Glyph, units: f32) -> i32 {
    (f64::from(glyph.advance) * UNITS / f64::from(units)).round() as i32
}

/// The procedure of a glyph (5177, 4): its width, and its outline.
fn procedure(glyph: &Glyph, units: f32) -> Vec<u8> {
    let mut out = Vec::new();
    number(width(glyph, units), &mut out);
    let mut pen = Pen { scale: UNITS / f64::from(units), at: (0, 0) };
    let mut last: Option<Point> = None;
    let third = |a: f32, b: f32| a + (b - a) * 2.0 / 3.0;
    for curve in &glyph.curves {
        let (start, cubic, end) = match curve {
            OutlineCurve::Line(a, b) => (a, None, b),
            OutlineCurve::Quad(a, b, c) => {
                let first = (third(a.x, b.x), third(a.y, b.y));
                (a, Some([first, (third(c.x, b.x), third(c.y, b.y))]), c)
            }
            OutlineCurve::Cubic(a, b, c, d) => (a, Some([(b.x, b.y), (c.x, c.y)]), d),
        };
        if last != Some(*start) {
            pen.to((start.x, start.y), &mut out);
            out.push(RMOVETO);
        }
        let [first, second] = cubic.map_or([None; 2], |pair| pair.map(Some));
        [first, second].into_iter().flatten().for_each(|point| pen.to(point, &mut out));
        pen.to((end.x, end.y), &mut out);
        out.push(if cubic.is_some() { RRCURVETO } else { RLINETO });
        last = Some(*end);
    }
    out.push(ENDCHAR);
    out
}

/// The name of the glyph with this code.
pub(super) fn glyph_name(code: usize) -> String {
    format!("n{code}")
}

/// The font: the glyph that is missing, and the others with the names that [`glyph_name`] gives for 1, 2 and
/// so on.
pub(super) fn font(name: &str, glyphs: &[Glyph], units: f32) -> Vec<u8> {
    let missing = vec![139, ENDCHAR];
    let procedures: Vec<Vec<u8>> =
        std::iter::once(missing).chain(glyphs.iter().map(|glyph| procedure(glyph, units))).collect();
    let names: Vec<Vec<u8>> = (1..=glyphs.len()).map(|code| glyph_name(code).into_bytes()).collect();
    let head = [vec![1, 0, 4, 4], index(&[name.as_bytes().to_vec()])].concat();
    // The dictionary has the same length whatever stands in it.
    let dictionary = |charset: usize, procedures: usize, private: usize| {
        let mut out = Vec::new();
        fixed(charset, &mut out);
        out.push(15);
        fixed(procedures, &mut out);
        out.push(17);
        fixed(PRIVATE.len(), &mut out);
        fixed(private, &mut out);
        out.push(18);
        index(&[out])
    };
    let behind = [index(&names), index(&[])].concat();
    let charset_at = head.len().saturating_add(dictionary(0, 0, 0).len()).saturating_add(behind.len());
    let mut charset = vec![0];
    for (id, _) in (STRINGS..).zip(&names) {
        charset.extend(id.to_be_bytes());
    }
    let procedures_at = charset_at.saturating_add(charset.len());
    let procedures = index(&procedures);
    let end = procedures_at.saturating_add(procedures.len());
    [head, dictionary(charset_at, procedures_at, end), behind, charset, procedures, PRIVATE.to_vec()].concat()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
    use super::*;
    use crate::render::outline::Outlines;

    #[test]
    fn every_part_stands_where_the_dictionary_says() {
        let lines = ["AI生成 g.".to_owned()];
        let outlines = Outlines::new(None, &lines).unwrap();
        let bytes = font("ABCDEF+Test", &outlines.glyphs, outlines.units);
        // Header, index of names, then that of dictionaries with one in it.
        let names = 4 + 2 + 1 + 2 * 4 + "ABCDEF+Test".len();
        let dictionary = names + 2 + 1 + 2 * 4;
        let number = |at: usize| u32::from_be_bytes(bytes[dictionary + at..][1..5].try_into().unwrap()) as usize;
        assert_eq!((bytes[dictionary + 5], bytes[dictionary + 11], bytes[dictionary + 22]), (15, 17, 18));
        let (charset, procedures, private) = (number(0), number(6), number(17));
        let count = outlines.glyphs.len();
        assert_eq!(&bytes[charset..charset + 3], [0, 1, 135]);
        assert_eq!(procedures, charset + 1 + 2 * count);
        assert_eq!(bytes[procedures..procedures + 2], (count as u16 + 1).to_be_bytes());
        assert_eq!(bytes[private..], PRIVATE);
        assert_eq!(bytes[private - 1], ENDCHAR);
    }

    #[test]
    fn numbers_of_every_size() {
        for (value, due) in
            [(0, &[139][..]), (107, &[246]), (-107, &[32]), (108, &[28, 0, 108]), (-1131, &[28, 251, 149])]
        {
            let mut out = Vec::new();
            number(value, &mut out);
            assert_eq!(out, due);
        }
    }
}
