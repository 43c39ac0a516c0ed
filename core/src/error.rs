//! Errors, split by who must act: the file, the caller, the operator, us, the environment.

use std::{fmt, io};

use crate::message::{self, Args, Lang, Message, general};

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, by who can act on it.
///
/// Bad *content* of a readable file is not an error of the verifier: it becomes a finding in the
/// report. `Display` is English; [`Error::text`] gives the other language.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing failed (environment).
    Io {
        /// What was being done, as a path or a step.
        context: Box<str>,
        /// The operating system's reason.
        source: Box<io::Error>,
    },
    /// The bytes do not follow their format's grammar (file).
    Malformed(Problem),
    /// A format, variant or feature that is not handled (file or us).
    Unsupported(Problem),
    /// A bound of [`crate::Limits`] was reached (operator).
    Limit(Problem),
    /// An argument breaks a rule of the standard or of this API (caller).
    Invalid(Problem),
    /// The step would lose or contradict something that the file holds (caller decides).
    Refused(Problem),
    /// A key, certificate or signature could not be used (operator).
    Signing(Problem),
    /// What was written did not read back as promised; the output was discarded (us).
    Internal(Problem),
}

/// The value of a named argument: words from anywhere, or a message that is itself translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// Words, names and numbers; may come from the file.
    Text(String),
    /// Another message.
    Problem(Problem),
}

impl Arg {
    /// The value in `lang`, escaped.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::Text(text) => message::escape(text),
            Self::Problem(problem) => problem.text(lang),
        }
    }
}

/// Arguments as text in `lang`.
pub(crate) fn render(args: &[(&'static str, Arg)], lang: Lang) -> Args {
    args.iter().map(|(name, value)| (*name, value.text(lang))).collect()
}

/// A message, its arguments, and where in the file it applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(Box<Told>);

/// What a [`Problem`] says; it lies apart, so that results stay small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The row of the message table.
    pub message: &'static Message,
    /// Named arguments; values may come from the file.
    pub args: Vec<(&'static str, Arg)>,
    /// Byte offset in the file, where one applies.
    pub offset: Option<u64>,
}

impl std::ops::Deref for Problem {
    type Target = Told;

    fn deref(&self) -> &Told {
        &self.0
    }
}

impl From<Told> for Problem {
    fn from(told: Told) -> Self {
        Self(Box::new(told))
    }
}

impl Problem {
    /// A problem without arguments or place.
    #[must_use]
    pub fn new(message: &'static Message) -> Self {
        Told { message, args: Vec::new(), offset: None }.into()
    }

    /// Adds a named argument.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl ToString) -> Self {
        self.0.args.push((name, Arg::Text(value.to_string())));
        self
    }

    /// Adds a named argument that is a message itself.
    #[must_use]
    pub fn because(mut self, name: &'static str, problem: impl Into<Self>) -> Self {
        self.0.args.push((name, Arg::Problem(problem.into())));
        self
    }

    /// Says where in the file, in bytes from its start.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.0.offset = Some(offset);
        self
    }

    /// The sentence in `lang`, arguments escaped, with the byte offset if one applies.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let args = render(&self.args, lang);
        let mut out = message::fill(self.message.text(lang), &args);
        if let Some(offset) = self.offset {
            let place = vec![("offset", offset.to_string())];
            out.push_str(&message::fill(general::AT_OFFSET.text(lang), &place));
        }
        out
    }

    /// What to do about it, in `lang`; empty if there is nothing to say.
    #[must_use]
    pub fn hint(&self, lang: Lang) -> String {
        let args = render(&self.args, lang);
        message::fill(self.message.hint(lang), &args)
    }
}

impl From<&'static Message> for Problem {
    fn from(message: &'static Message) -> Self {
        Self::new(message)
    }
}

impl From<Error> for Problem {
    /// What an error says, to be used as a reason.
    fn from(error: Error) -> Self {
        match error {
            Error::Io { context, source } => general::IO.with("context", context).arg("reason", source),
            Error::Malformed(p)
            | Error::Unsupported(p)
            | Error::Limit(p)
            | Error::Invalid(p)
            | Error::Refused(p)
            | Error::Signing(p)
            | Error::Internal(p) => p,
        }
    }
}

impl Message {
    /// Starts a [`Problem`] with this row.
    #[must_use]
    pub fn problem(&'static self) -> Problem {
        Problem::new(self)
    }

    /// Starts a [`Problem`] with one argument.
    #[must_use]
    pub fn with(&'static self, name: &'static str, value: impl ToString) -> Problem {
        Problem::new(self).arg(name, value)
    }
}

impl Error {
    /// Wraps an I/O error with what was being done.
    pub fn io(context: impl Into<String>, source: io::Error) -> Self {
        Self::Io { context: context.into().into(), source: Box::new(source) }
    }

    /// The problem behind every variant but [`Error::Io`].
    #[must_use]
    pub const fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Io { .. } => None,
            Self::Malformed(p)
            | Self::Unsupported(p)
            | Self::Limit(p)
            | Self::Invalid(p)
            | Self::Refused(p)
            | Self::Signing(p)
            | Self::Internal(p) => Some(p),
        }
    }

    /// Who can act, as a word: `io`, `malformed`, `unsupported`, `limit`, `invalid`, `refused`, `signing`
    /// or `internal`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Io { .. } => "io",
            Self::Malformed(_) => "malformed",
            Self::Unsupported(_) => "unsupported",
            Self::Limit(_) => "limit",
            Self::Invalid(_) => "invalid",
            Self::Refused(_) => "refused",
            Self::Signing(_) => "signing",
            Self::Internal(_) => "internal",
        }
    }

    /// Stable code, for example `io` or `label.conflict`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.problem().map_or("io", |p| p.message.code)
    }

    /// Whether this build lacks a part that the file takes: another build has an answer.
    #[must_use]
    pub fn is_of_build(&self) -> bool {
        self.code().starts_with("build.")
    }

    /// The sentence in `lang`; strings that came from a file are escaped.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::Io { context, source } => {
                let args =
                    vec![("context", message::escape(context)), ("reason", message::escape(&source.to_string()))];
                message::fill(general::IO.text(lang), &args)
            }
            other => other.problem().map(|p| p.text(lang)).unwrap_or_default(),
        }
    }

    /// What to do about it, in `lang`; empty if there is nothing to say.
    #[must_use]
    pub fn hint(&self, lang: Lang) -> String {
        self.problem().map(|p| p.hint(lang)).unwrap_or_default()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(&**source),
            _ => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(source: io::Error) -> Self {
        Self::io("read", source)
    }
}
