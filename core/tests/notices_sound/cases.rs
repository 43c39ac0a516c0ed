//! Files that FFmpeg makes for the tests.

use biaoshi::Format;

/// What is to be tried: a name, the format, shape and FFmpeg's arguments.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) format: Format,
    pub(super) rate: u32,
    pub(super) channels: u16,
    pub(super) args: &'static [&'static str],
}

pub(super) const fn case(
    name: &'static str,
    format: Format,
    rate: u32,
    channels: u16,
    args: &'static [&'static str],
) -> Case {
    Case { name, format, rate, channels, args }
}

/// Codings whose content stays as it is, packet by packet.
pub(super) const SPLICED: &[Case] = &[
    case("a.opus", Format::Opus, 48_000, 2, &["-c:a", "libopus", "-b:a", "64k"]),
    case("b.opus", Format::Opus, 48_000, 1, &["-c:a", "libopus", "-b:a", "24k", "-application", "voip"]),
    case("c.opus", Format::Opus, 48_000, 1, &["-c:a", "libopus", "-b:a", "96k", "-frame_duration", "60"]),
    case("d.opus", Format::Opus, 48_000, 6, &["-c:a", "libopus", "-b:a", "192k"]),
    case("a.mp3", Format::Mp3, 44_100, 2, &["-c:a", "libmp3lame", "-b:a", "128k"]),
    case("b.mp3", Format::Mp3, 44_100, 1, &["-c:a", "libmp3lame", "-q:a", "4"]),
    case("c.mp3", Format::Mp3, 22_050, 1, &["-c:a", "libmp3lame", "-b:a", "32k"]),
    case(
        "d.mp3",
        Format::Mp3,
        48_000,
        2,
        &["-c:a", "libmp3lame", "-b:a", "320k", "-write_xing", "0", "-id3v2_version", "0"],
    ),
    case("e.mp3", Format::Mp3, 32_000, 2, &["-c:a", "libmp3lame", "-abr", "1", "-b:a", "96k"]),
    case("a.m4a", Format::M4a, 44_100, 2, &["-c:a", "aac", "-b:a", "128k"]),
    case("c.m4a", Format::M4a, 24_000, 1, &["-c:a", "aac", "-b:a", "48k", "-movflags", "+faststart"]),
    case("a.mp4", Format::Mp4, 44_100, 2, &["-c:a", "aac", "-b:a", "128k"]),
    case("a.3gp", Format::ThreeGp, 24_000, 1, &["-c:a", "aac", "-b:a", "48k"]),
    case("a.aac", Format::Aac, 48_000, 1, &["-c:a", "aac", "-b:a", "64k"]),
    case("b.aac", Format::Aac, 44_100, 2, &["-c:a", "aac", "-b:a", "128k", "-write_mpeg2", "1"]),
];

pub(super) const PLAIN: &[Case] = &[
    case("a.wav", Format::Wav, 44_100, 2, &["-c:a", "pcm_s16le"]),
    case("b.wav", Format::Wav, 24_000, 1, &["-c:a", "pcm_f32le"]),
    case("c.wav", Format::Wav, 8_000, 1, &["-c:a", "pcm_mulaw"]),
    case("d.wav", Format::Wav, 48_000, 6, &["-c:a", "pcm_s24le"]),
    case("e.wav", Format::Wav, 44_100, 2, &["-c:a", "pcm_s16le", "-rf64", "always"]),
    case("a.flac", Format::Flac, 44_100, 2, &["-c:a", "flac"]),
    case("b.flac", Format::Flac, 24_000, 1, &["-c:a", "flac", "-frame_size", "1152"]),
    case("c.flac", Format::Flac, 48_000, 2, &["-c:a", "flac", "-sample_fmt", "s32"]),
];

pub(super) const RECODED: &[Case] = &[
    case("a.ogg", Format::Ogg, 44_100, 2, &["-c:a", "libvorbis", "-q:a", "5"]),
    case("b.m4a", Format::M4a, 44_100, 2, &["-c:a", "alac", "-f", "ipod"]),
    case("b.mp4", Format::Mp4, 44_100, 2, &["-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov"]),
    case("c.mp4", Format::Mp4, 44_100, 1, &["-c:a", "alac"]),
    case("a.mov", Format::Mov, 48_000, 1, &["-c:a", "aac", "-b:a", "64k"]),
    case("b.mov", Format::Mov, 44_100, 2, &["-c:a", "pcm_s24le"]),
    case("a.mkv", Format::Matroska, 48_000, 2, &["-c:a", "libopus", "-b:a", "96k"]),
    case("b.mkv", Format::Matroska, 44_100, 2, &["-c:a", "flac"]),
    case("c.mkv", Format::Matroska, 44_100, 1, &["-c:a", "aac", "-b:a", "96k"]),
    case("a.webm", Format::Webm, 48_000, 1, &["-c:a", "libopus", "-b:a", "64k"]),
    case("b.webm", Format::Webm, 44_100, 2, &["-c:a", "libvorbis", "-q:a", "4"]),
    case("d.ogg", Format::Ogg, 44_100, 2, &["-c:a", "flac"]),
];
