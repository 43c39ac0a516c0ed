#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;

use super::*;

/// Two frames, the second one smaller.
fn small() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut out, 12, 10);
    encoder.set_color(::png::ColorType::Rgba);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[200; 12 * 10 * 4]).unwrap();
    writer.set_frame_dimension(4, 3).unwrap();
    writer.set_frame_position(5, 6).unwrap();
    writer.set_blend_op(::png::BlendOp::Over).unwrap();
    writer.write_image_data(&[100; 4 * 3 * 4]).unwrap();
    writer.finish().unwrap();
    out
}

/// With checksums that are right.
fn mended(mut file: Vec<u8>) -> Vec<u8> {
    let mut at = 8;
    while let Some(length) = file.get(at..).and_then(<[u8]>::first_chunk).map(|length| u32::from_be_bytes(*length)) {
        let end = at.saturating_add(8).saturating_add(length as usize);
        let Some(data) = file.get(at + 4..end) else { break };
        let mut crc = crate::crc::Crc::new();
        crc.update(data);
        let Some(stated) = file.get_mut(end..end + 4) else { break };
        stated.copy_from_slice(&crc.sum().to_be_bytes());
        at = end + 4;
    }
    file
}

/// Frames of every disposal and blending are laid over each other as the `image` crate does it, which restores
/// otherwise than the specification says where the frame before was cleared: that is left out.
#[test]
fn what_is_seen_is_what_others_see() {
    use ::png::{BlendOp, DisposeOp};
    use image::AnimationDecoder as _;
    for disposals in [
        [DisposeOp::None, DisposeOp::Previous, DisposeOp::Background],
        [DisposeOp::Previous, DisposeOp::None, DisposeOp::Previous],
        [DisposeOp::Background, DisposeOp::None, DisposeOp::Previous],
    ] {
        let mut file = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut file, 12, 10);
        encoder.set_color(::png::ColorType::Rgba);
        encoder.set_animated(4, 0).unwrap();
        let mut writer = encoder.write_header().unwrap();
        writer.set_dispose_op(disposals[0]).unwrap();
        writer.write_image_data(&[180; 12 * 10 * 4]).unwrap();
        let others = [(2, 3, BlendOp::Over, 90u8), (4, 4, BlendOp::Source, 250), (3, 5, BlendOp::Over, 20)];
        for ((left, top, blend, level), disposal) in others.into_iter().zip([disposals[1], disposals[2], disposals[0]])
        {
            writer.set_frame_dimension(6, 4).unwrap();
            writer.set_frame_position(left, top).unwrap();
            writer.set_blend_op(blend).unwrap();
            writer.set_dispose_op(disposal).unwrap();
            writer.write_image_data(&[level; 6 * 4 * 4]).unwrap();
        }
        writer.finish().unwrap();
        let decoder = image::codecs::png::PngDecoder::new(std::io::Cursor::new(&file)).unwrap();
        let theirs = decoder.apng().unwrap().into_frames().collect_frames().unwrap();
        let ours = frames(Format::Png, &mut std::io::Cursor::new(&file), &Limits::default()).unwrap();
        assert_eq!(ours.len(), theirs.len());
        for (number, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            for (ours, theirs) in ours.2.as_chunks::<3>().0.iter().zip(theirs.buffer().pixels()) {
                let [r, g, b, a] = theirs.0;
                let far = ours.iter().zip([r, g, b]).any(|(ours, theirs)| ours.abs_diff(theirs) > 3);
                assert!(a == 0 || !far, "{disposals:?} {number}: {ours:?} {theirs:?}");
            }
        }
    }
}

/// A frame that decoders refuse is not written anew with a checksum that is right.
#[test]
fn damaged_frames_are_not_made_whole() {
    let mut file = small();
    let data = file.windows(4).position(|four| four == b"fdAT").unwrap();
    file[data + 10] ^= 1;
    assert!(matches!(brighter(&file), Err(Error::Malformed(_))));
}

/// Turns the level of every pixel that is drawn on up by one; says how often it was called.
fn brighter(file: &[u8]) -> Result<(Vec<Vec<u8>>, u32)> {
    let mut calls = 0;
    let redrawn = redraw_frames(PixelFormat::Png, file, &Limits::default(), &mut |canvas| {
        calls += 1;
        let (width, height) = (canvas.width(), canvas.height());
        for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
            let Rgba { r, g, b, a } = canvas.get(x, y);
            canvas.set(x, y, Rgba { r: r + 1.0 / 255.0, g, b, a });
        }
        Ok(())
    })?;
    let Pixels::Frames(frames) = redrawn.pixels else { panic!("no frames") };
    let streams = frames.into_iter().map(|frame| match frame {
        Pixels::Png { idat, .. } => idat,
        _ => panic!("no PNG"),
    });
    Ok((streams.collect(), calls))
}

#[test]
fn what_is_drawn_on_what_is_seen_goes_into_the_frame_itself() {
    let (streams, calls) = brighter(&small()).unwrap();
    assert_eq!((streams.len(), calls), (2, 2));
    let data: Vec<Vec<u8>> = streams
        .iter()
        .map(|stream| {
            let mut out = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::ZlibDecoder::new(&stream[..]), &mut out).unwrap();
            out
        })
        .collect();
    assert_eq!((data[0].len(), data[1].len()), (10 * (1 + 48), 3 * (1 + 16)));
    let mut source = std::io::Cursor::new(small());
    let seen = frames(Format::Png, &mut source, &Limits::default()).unwrap();
    assert_eq!((seen.len(), seen[0].0, seen[0].1), (2, 12, 10));
    // 100 of opacity 100 over 200 of opacity 200.
    let inside = &seen[1].2[(6 * 12 + 5) * 3..][..3];
    assert_eq!((&seen[1].2[..3], inside), (&[200, 200, 200][..], &[155, 155, 155][..]));
}

#[test]
fn places_outside_and_parts_without_an_order_are_malformed() {
    let file = small();
    let at = |kind: &[u8]| file.windows(4).position(|four| four == kind).unwrap();
    let second = file.windows(4).rposition(|four| four == b"fcTL").unwrap();
    let data = at(b"fdAT");
    for (place, byte) in [(second + 19, 9u8), (second + 11, 0), (second + 28, 3), (second + 29, 2), (data + 3, b't')] {
        let mut broken = file.clone();
        broken[place] = byte;
        let broken = mended(broken);
        assert!(matches!(brighter(&broken), Err(Error::Malformed(_))), "{place}");
    }
    assert!(matches!(
        redraw_frames(PixelFormat::Webp, &file, &Limits::default(), &mut |_| Ok(())),
        Err(Error::Malformed(_))
    ));
    let narrow = Limits { pixels: 239, ..Limits::default() };
    assert!(matches!(redraw_frames(PixelFormat::Png, &file, &narrow, &mut |_| Ok(())), Err(Error::Limit(_))));
}

#[test]
fn files_are_alike_only_if_nothing_but_pixels_differs() {
    let file = small();
    assert!(alike(PixelFormat::Png, &file, &file));
    let timed = file.windows(4).rposition(|four| four == b"fcTL").unwrap();
    let picture = file.windows(4).position(|four| four == b"IDAT").unwrap();
    for (place, same) in [(timed + 25, false), (picture + 9, true), (file.len() - 1, false)] {
        let mut other = file.clone();
        other[place] ^= 1;
        assert_eq!(alike(PixelFormat::Png, &file, &other), same, "{place}");
    }
}

proptest! {
    #[test]
    fn broken_animations_never_panic(
        flips in proptest::collection::vec((0usize..400, any::<u8>()), 1..6),
        cut in 0usize..400,
        mend in any::<bool>(),
    ) {
        let mut file = small();
        for (at, byte) in flips {
            if let Some(place) = file.get_mut(at) {
                *place = byte;
            }
        }
        let keep = file.len().saturating_sub(cut % 120);
        file.truncate(keep);
        if mend {
            file = mended(file);
        }
        let _ = brighter(&file);
        let _ = frames(Format::Png, &mut std::io::Cursor::new(&file), &Limits::default());
        let riff = [b"RIFF\0\0\0\0", &file[..]].concat();
        let _ = frames(Format::Webp, &mut std::io::Cursor::new(riff), &Limits::default());
    }
}
