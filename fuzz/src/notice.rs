//! Any bytes of a known format, with a notice drawn into the picture.

use biaoshi::{Explicit, Label, Labeler, Placement, Profile, Status};

use super::{expected, limits};

/// What drawing may take under [`limits`], in bytes: the picture, and what surrounds it.
pub const MEMORY: usize = 64 << 20;

pub fn run(data: &[u8]) {
    drawn(data);
}

/// Whether a notice was drawn.
pub fn drawn(data: &[u8]) -> bool {
    let explicit = Explicit::corner(Placement::TopLeft);
    let labeler = Labeler::new(Profile::CN_GB45438).explicit(explicit).limits(limits());
    let label = Label::new("example").with_produce_id("fuzz-1");
    let Ok((out, receipt)) = labeler.label_bytes(data, &label).inspect_err(expected) else { return false };
    assert_eq!(receipt.report.status, Status::Confirmed);
    if !receipt.changed {
        return false;
    }
    let before = biaoshi::inspect_source(&mut std::io::Cursor::new(data), None, &limits()).expect("read before");
    let after = biaoshi::inspect_source(&mut std::io::Cursor::new(&out), None, &limits()).expect("read back before");
    assert_eq!((before.format, before.size), (after.format, after.size));
    let made = receipt.notice.expect("a notice was asked for");
    // Texts get words, without a rectangle.
    let Some(drawn) = made.drawn() else { return true };
    let (width, height) = after.size.expect("a picture has a size");
    let rect = drawn.rect;
    assert!(rect.x + rect.width <= width && rect.y + rect.height <= height, "{rect:?} in {width}x{height}");
    let (_, again) = labeler.label_bytes(&out, &label).expect("a labelled picture is labelled again");
    assert!(!again.changed, "drawn twice");
    true
}
