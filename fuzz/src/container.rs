//! One target for each container: any bytes that it takes for its own, read whole and in pieces,
//! and labelled.

use std::io::Cursor;

use biaoshi::Format;
use biaoshi::source::Source;

use super::{label_roundtrip, limits, split_independent, verify};

fn run(name: &str, formats: &[Format], data: &[u8]) {
    let limits = limits();
    let mut cursor = Cursor::new(data);
    let Ok(mut source) = Source::new(&mut cursor, &limits) else { return };
    let known = Format::sniff(&mut source, Some(name)).expect("memory");
    if known.is_none_or(|row| !formats.contains(&row.format)) {
        return;
    }
    verify::named(name, data);
    split_independent::named(name, data);
    label_roundtrip::named(name, data);
}

macro_rules! containers {
    ($($target:ident $name:literal [$($format:ident)*])*) => {
        $(
            #[doc = concat!("Files named like `", $name, "`.")]
            pub fn $target(data: &[u8]) {
                run($name, &[$(Format::$format),*], data);
            }
        )*
        /// Every target of a container by its name, with the formats that it takes.
        pub const TARGETS: &[(&str, super::Target, &[Format])] =
            &[$((stringify!($target), $target, &[$(Format::$format),*])),*];
    };
}

containers! {
    gif "a.gif" [Gif]
    tiff "a.tif" [Tiff Dng]
    heif "a.heic" [Heif Avif]
    jxl "a.jxl" [Jxl]
    svg "a.svg" [Svg]
    movie "a.mp4" [Mp4 Mov M4a ThreeGp]
    matroska "a.mkv" [Matroska Webm]
    avi "a.avi" [Avi]
    flv "a.flv" [Flv]
    wav "a.wav" [Wav]
    mp3 "a.mp3" [Mp3 Aac]
    aiff "a.aiff" [Aiff]
    flac "a.flac" [Flac]
    ogg "a.ogg" [Ogg Opus]
    pdf "a.pdf" [Pdf]
    office "a.docx" [Docx Xlsx Pptx Epub Odt Ods Odp]
    html "a.html" [Html]
    markdown "a.md" [Markdown]
    text "a.json" [Json Vtt Srt Csv Txt]
}
