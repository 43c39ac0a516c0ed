//! Words that arguments take.

use std::path::PathBuf;
use std::str::FromStr;

use biaoshi::Placement;
use biaoshi::codec::video::Span;
use biaoshi::notice::Moment;
use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LevelArg {
    Is,
    Possible,
    Suspected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplicitArg {
    TopLeft,
    Top,
    TopRight,
    Left,
    Right,
    BottomLeft,
    Bottom,
    BottomRight,
    None,
}

/// Where in a text, a document or a sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MomentArg {
    Start,
    Middle,
    End,
}

impl MomentArg {
    pub(crate) const fn moment(self) -> Moment {
        match self {
            Self::Start => Moment::Start,
            Self::Middle => Moment::Middle,
            Self::End => Moment::End,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListArg {
    Formats,
    Carriers,
    Profiles,
    Findings,
    Limits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AlgorithmArg {
    Ed25519,
    Es256,
    Sm2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServiceArg {
    None,
    Generation,
    Propagation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaArg {
    Report,
}

impl ExplicitArg {
    /// The place on the picture; nothing for `none`.
    pub(crate) fn placement(self) -> Option<Placement> {
        Some(match self {
            Self::TopLeft => Placement::TopLeft,
            Self::Top => Placement::Top,
            Self::TopRight => Placement::TopRight,
            Self::Left => Placement::Left,
            Self::Right => Placement::Right,
            Self::BottomLeft => Placement::BottomLeft,
            Self::Bottom => Placement::Bottom,
            Self::BottomRight => Placement::BottomRight,
            Self::None => return None,
        })
    }
}

/// What is heard in a sound: the rhythm, speech, or a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum VoiceArg {
    Rhythm,
    Speech,
    Clip(PathBuf),
}

impl FromStr for VoiceArg {
    type Err = std::convert::Infallible;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(match word {
            "rhythm" => Self::Rhythm,
            "speech" => Self::Speech,
            path => Self::Clip(path.into()),
        })
    }
}

/// For how long a notice is seen in a film, and how often: `3`, `all`, `3/60`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SecondsArg(pub(crate) Span);

impl FromStr for SecondsArg {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| {
            let value: f64 = text.parse().map_err(|_| format!("{text} is no number of seconds"))?;
            if value > 0.0 && value.is_finite() { Ok(value) } else { Err("a time is above 0".to_owned()) }
        };
        Ok(Self(match word.split_once('/') {
            _ if word == "all" => Span::Throughout,
            None => Span::Start { seconds: number(word)? },
            Some((seconds, period)) => Span::Every { seconds: number(seconds)?, period: number(period)? },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_a_notice_are_read() {
        let read = |word: &str| SecondsArg::from_str(word).map(|s| s.0).ok();
        assert_eq!(read("all"), Some(Span::Throughout));
        assert_eq!(read("2.5"), Some(Span::Start { seconds: 2.5 }));
        assert_eq!(read("3/60"), Some(Span::Every { seconds: 3.0, period: 60.0 }));
        for wrong in ["", "0", "-1", "3/", "inf", "NaN", "x"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
