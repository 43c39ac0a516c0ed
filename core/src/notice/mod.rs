//! Explicit labels as values: what is asked for, and what was perceived.
//!
//! Containers write notices into texts and documents, codecs mix them into sound and lay them over
//! moving pictures, carriers find them again. They share these types and know nothing of profiles.

use serde::{Deserialize, Serialize};

use crate::codec::sound::Sounded;
use crate::codec::video::Overlaid;
use crate::render::Drawn;

pub mod interface;

/// Where a notice stands in a text, a sound or a film (GB 45438-2025 5.1, 5.3, 5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Before the content begins.
    #[default]
    Start,
    /// At a fitting place within it.
    Middle,
    /// After the content has ended.
    End,
}

/// A notice for a text or document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextNotice {
    /// One to eight lines of at most 120 characters, without control characters. Wording is the
    /// caller's duty.
    pub lines: Vec<String>,
    /// BCP 47 tag of each line, for formats that mark languages; empty where it is not known.
    pub languages: Vec<String>,
    /// Where it stands: one to three places, in order, no two alike.
    pub at: Vec<Moment>,
    /// On each page, slide or sheet, and not on the first alone; in the header where the format
    /// has one.
    pub each_page: bool,
    /// A TrueType or OpenType font for formats that embed one, instead of ours.
    pub font: Option<Vec<u8>>,
}

/// What a notice in a sound is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voice {
    /// The rhythm short-long short-short (GB 45438-2025 5.3 c)). Length of the short sound in
    /// milliseconds, 50 to 400.
    Rhythm {
        /// Length of the short sound in milliseconds.
        unit_ms: u32,
    },
    /// A recording that the caller gives: a whole file of sound, 0.2 to 60 s without the silence at its
    /// edges. WAV and FLAC are read here, other formats by an installed FFmpeg.
    Clip {
        /// The file.
        wav: Vec<u8>,
        /// The words spoken, if the caller says them: the rate is checked by them. Without them a note
        /// says that nothing was checked.
        words: Option<String>,
    },
    /// Words to be spoken by an installed speech synthesis program.
    Speech {
        /// The words.
        words: String,
        /// BCP 47 tag of their language.
        language: String,
    },
}

/// A notice for a sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoundNotice {
    /// What is heard.
    pub voice: Voice,
    /// Where: one to three places, in order, no two alike.
    pub at: Vec<Moment>,
    /// Rate of speech in characters per minute, from and to, if rules state one.
    pub characters_per_minute: Option<[u32; 2]>,
}

/// What kind of notice it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Words as text.
    Text,
    /// Words in a picture or a frame.
    Picture,
    /// The rhythm short-long short-short.
    Rhythm,
}

/// What read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// This library.
    Biaoshi,
    /// An installed program for character recognition.
    Ocr,
}

/// A notice as perceived in a file, measured. Whole numbers, so that every machine says the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Perceived {
    /// What kind of notice it is.
    pub form: Form,
    /// What read it.
    pub reader: Reader,
    /// Its words, as read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// Whether it has both elements: artificial intelligence, and generation or synthesis. A rhythm
    /// has them by definition.
    pub both_elements: bool,
    /// Where in the text, sound or film.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<Moment>,
    /// Where in the picture as displayed, in pixels: left, top, width, height of the ink.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rect: Option<[u32; 4]>,
    /// Whether it touches an edge or corner of the picture.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub edge: Option<bool>,
    /// Height of the ink against the shortest side, in thousandths, rounded down.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub height_permille: Option<u32>,
    /// Begin on the time line, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub start_ms: Option<u64>,
    /// For how long at least it is seen or heard, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration_ms: Option<u64>,
}

/// A notice as written into a text or document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Worded {
    /// The lines, as written.
    pub lines: Vec<String>,
    /// Where it stands.
    pub at: Vec<Moment>,
    /// Whether it stands on each page, slide or sheet.
    pub each_page: bool,
}

/// A notice that was made, measured.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "form", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Made {
    /// Drawn on a picture.
    Picture(Drawn),
    /// Written into a text or document.
    Text(Worded),
    /// Put into a sound.
    Sound(Sounded),
    /// Laid over a film.
    Video(Box<Overlaid>),
}

impl Made {
    /// What was drawn, if it is seen in a picture.
    #[must_use]
    pub const fn drawn(&self) -> Option<&Drawn> {
        match self {
            Self::Picture(drawn) => Some(drawn),
            Self::Video(film) => Some(&film.drawn),
            Self::Text(_) | Self::Sound(_) => None,
        }
    }

    /// Its words, if it has any.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        match self {
            Self::Picture(drawn) => &drawn.lines,
            Self::Text(worded) => &worded.lines,
            Self::Video(film) => &film.drawn.lines,
            Self::Sound(_) => &[],
        }
    }
}
