//! Notices in plain text: lines of their own, an empty line between them and the text.

use super::charset::Charset;
use super::program::check_start;
use super::{encoded, gap, insert_all, line_break, no_middle};
use crate::container::text::units::{Form, Units};
use crate::container::{Patch, SegmentMap};
use crate::error::Result;
use crate::notice::{Moment, TextNotice};
use crate::source::Source;

/// So many bytes on each side of the middle are looked at for a place.
const AROUND: u64 = 32 << 10;

/// The last characters, of which only breaks matter.
fn tail(source: &mut Source<'_>, form: Form, bom: u64) -> Result<String> {
    let from = source.len().saturating_sub(4 * form.width()).max(bom);
    let bytes = source.bytes(from..source.len(), 8, "metadata_bytes")?;
    Ok(form.units(&bytes).iter().map(|b| if b.is_ascii() { char::from(*b) } else { 'x' }).collect())
}

/// A line near the middle before which a notice may stand, and whether a line without text stands
/// before it: if there is such a line, the nearest of these.
fn middle(source: &mut Source<'_>, form: Form, bom: u64) -> Result<Option<(u64, bool)>> {
    let len = source.len();
    let width = form.width();
    let aim = bom + (len - bom) / 2;
    let from = aim.saturating_sub(AROUND).max(bom);
    let from = from - (from - bom) % width;
    let mut units = Units::new(source, form, from, len.min(aim.saturating_add(AROUND)));
    let mut best: Option<(bool, u64, u64)> = None;
    // What stands before the first line that is seen is not known, and nothing before the very first.
    let (mut blank, mut first) = (false, true);
    while let Some(line) = units.line()? {
        let empty = line.text.trim_ascii().is_empty();
        if !first && !empty {
            let rank = (!blank, line.start.abs_diff(aim), line.start);
            best = Some(best.map_or(rank, |there| there.min(rank)));
        }
        blank = empty && !(first && from > bom);
        first &= empty;
    }
    Ok(best.map(|(joined, _, at)| (at, !joined)))
}

pub(super) fn put(
    map: &SegmentMap,
    source: &mut Source<'_>,
    notice: &TextNotice,
    (charset, form, bom): (Charset, Form, u64),
) -> Result<Patch> {
    check_start(source, form, bom)?;
    let br = line_break(source, form, bom)?;
    let words = notice.lines.join(br);
    let mut pieces = Vec::new();
    for moment in &notice.at {
        let (at, text) = match moment {
            Moment::Start => (bom, format!("{words}{br}{br}")),
            Moment::Middle => {
                let (at, apart) = middle(source, form, bom)?.ok_or_else(no_middle)?;
                (at, format!("{}{words}{br}{br}", if apart { "" } else { br }))
            }
            Moment::End => {
                let tail = tail(source, form, bom)?;
                let last = if tail.ends_with(['\n', '\r']) { br } else { "" };
                (map.len, format!("{}{words}{last}", br.repeat(gap(&tail))))
            }
        };
        pieces.push((at, encoded(charset, &text)?));
    }
    insert_all(map, pieces)
}
