//! What is compared between a file and its labelled form.

use std::io::Cursor;

use biaoshi::container::{Container, NewValue, Patch, RawValue, SegmentMap, Slot};
use biaoshi::metadata::xmp;
use biaoshi::source::Source;
use biaoshi::{Format, Limits};

#[path = "../common/patch.rs"]
mod edits;
#[allow(unused_imports)]
pub use edits::{splice, undo};

/// Map and raw values.
pub fn read(bytes: &[u8]) -> (SegmentMap, Vec<RawValue>) {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let row = Format::sniff(&mut source, None).unwrap().unwrap();
    let container = row.container;
    let mut map = container.map(row.format, &mut source, &limits).unwrap();
    let values = container.values(&mut map, &mut source, &limits).unwrap();
    (map, values)
}

/// The packet in the format's own place.
pub fn packet(bytes: &[u8]) -> Option<Vec<u8>> {
    read(bytes).1.into_iter().find(|v| v.slot == Slot::Xmp).map(|v| v.bytes)
}

/// The edits that the container gives for putting `packet` in.
pub fn patch(bytes: &[u8], packet: &[u8]) -> Patch {
    let limits = Limits::default();
    let (map, _) = read(bytes);
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let value = NewValue { slot: Slot::Xmp, bytes: packet.to_vec() };
    map.format.row().container.put(&map, &mut source, &[value], &limits).unwrap().patch
}

/// Namespace, name, value and subject of every property.
pub fn properties(packet: &[u8]) -> Vec<(String, String, String, String)> {
    let (view, error) = xmp::read_lenient(packet, &Limits::default());
    assert_eq!(error, None);
    view.properties
        .iter()
        .map(|p| (p.namespace.to_string(), p.local.clone(), p.value.clone(), p.about.to_string()))
        .collect()
}

/// Every metadata value but the packet, and every part but the packet's.
#[allow(clippy::type_complexity)]
pub fn rest(bytes: &[u8]) -> (Vec<(Slot, String, Vec<u8>, bool)>, Vec<(String, Vec<u8>)>) {
    let (map, values) = read(bytes);
    let values = values
        .into_iter()
        .filter(|v| v.slot != Slot::Xmp)
        .map(|v| (v.slot, v.segment, v.bytes, v.after_essence))
        .collect();
    let parts = map
        .segments
        .iter()
        .filter(|s| s.slot != Some(Slot::Xmp) && !matches!(s.name.as_str(), "VP8X" | "RIFF"))
        .map(|s| (s.name.clone(), bytes[s.range.start as usize..s.range.end as usize].to_vec()))
        .collect();
    (values, parts)
}

/// Every picture of a file, by a decoder that is not ours: PNG frame by frame.
pub fn decode(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let still = image::load_from_memory(bytes).ok()?;
    let mut out =
        vec![format!("{:?} {}x{}", still.color(), still.width(), still.height()).into_bytes(), still.into_bytes()];
    if bytes.starts_with(b"\x89PNG") {
        let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().ok()?;
        let frames = reader.info().animation_control().map_or(1, |a| a.num_frames);
        for _ in 0..frames {
            let mut frame = vec![0; reader.output_buffer_size()?];
            reader.next_frame(&mut frame).ok()?;
            out.push(frame);
        }
    }
    Some(out)
}

/// The container of a format.
pub fn container(format: Format) -> &'static dyn Container {
    format.row().container
}
