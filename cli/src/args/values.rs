//! Words that arguments take.

use biaoshi::Placement;
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
