//! Writing: styles, escaping, wrapping at 80 columns, exit status, broken pipes.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::Path;

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use biaoshi::message::{self, Args, Message};
use biaoshi::{Error, Lang, Problem, Severity};

use crate::text::{self, Text};

/// Columns that human output keeps to; single long words may pass it.
pub(crate) const COLUMNS: usize = 80;

/// Longest input from standard input, in bytes: 1 GiB.
const STDIN_MAX: u64 = 1 << 30;

/// What the command tells its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done; for `verify`, every file satisfies what was asked.
    Success,
    /// 1: `verify`: some file does not satisfy it; `provider check`: the code is invalid.
    Unsatisfied,
    /// 2: an error; for `verify`, also when only some file could not be read.
    Error,
    /// 3: `verify`: a signature or hash binding is broken.
    Broken,
    /// 130: stopped from outside.
    Stopped,
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Unsatisfied => 1,
            Self::Error => 2,
            Self::Broken => 3,
            Self::Stopped => 130,
        }
    }

    /// The exit of this number.
    pub(crate) fn of_code(code: i32) -> Option<Self> {
        Some(match code {
            0 => Self::Success,
            1 => Self::Unsatisfied,
            2 => Self::Error,
            3 => Self::Broken,
            130 => Self::Stopped,
            _ => return None,
        })
    }

    /// Its name between processes.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Unsatisfied => "unsatisfied",
            Self::Error => "error",
            Self::Broken => "broken",
            Self::Stopped => "stopped",
        }
    }

    /// The exit status of this name.
    pub(crate) fn from_word(word: &str) -> Self {
        let all = [Self::Success, Self::Unsatisfied, Self::Broken];
        all.into_iter().find(|exit| exit.word() == word).unwrap_or(Self::Error)
    }

    /// The weightier of two: an error outweighs a broken signature, that outweighs the rest.
    pub(crate) fn and(self, other: Self) -> Self {
        let weight = |exit| match exit {
            Self::Success => 0,
            Self::Unsatisfied => 1,
            Self::Broken => 2,
            Self::Error => 3,
            Self::Stopped => 4,
        };
        if weight(other) > weight(self) { other } else { self }
    }
}

/// Why a verb stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The library says why.
    Core(Error),
    /// The reader of standard output went away.
    Pipe,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl Failure {
    /// A mistake in what the user asked for.
    pub(crate) fn invalid(problem: Problem) -> Self {
        Self::Core(Error::Invalid(problem))
    }

    /// Result of writing to standard output.
    pub(crate) fn stdout(error: io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe { Self::Pipe } else { Self::Core(Error::io("stdout", error)) }
    }
}

/// Styles; colour only repeats what words and symbols say.
pub(crate) mod style {
    use super::{AnsiColor, Style};

    /// File names, titles.
    pub(crate) const TITLE: Style = Style::new().bold();
    /// Secondary text.
    pub(crate) const DIM: Style = Style::new().dimmed();
    /// Holds.
    pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
    /// Limits what can be concluded.
    pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
    /// Does not hold.
    pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
    /// Hints.
    pub(crate) const HINT: Style = AnsiColor::Cyan.on_default();
    /// None.
    pub(crate) const PLAIN: Style = Style::new();
}

/// Where human text, JSON and errors go.
#[derive(Debug)]
pub(crate) struct Out {
    lang: Lang,
    color: ColorChoice,
}

impl Out {
    /// Output in `lang`.
    pub(crate) fn new(lang: Lang, color: ColorChoice) -> Self {
        Self { lang, color }
    }

    /// Language of human text.
    pub(crate) fn lang(&self) -> Lang {
        self.lang
    }

    /// Writes text to standard output.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        let mut stream = anstream::AutoStream::new(io::stdout().lock(), self.color);
        stream.write_all(text.as_bytes()).and_then(|()| stream.flush()).map_err(Failure::stdout)
    }

    /// Writes bytes to standard output as they are.
    pub(crate) fn print_bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stream = io::stdout().lock();
        stream.write_all(bytes).and_then(|()| stream.flush()).map_err(Failure::stdout)
    }

    /// Writes one JSON value and a line end to standard output.
    pub(crate) fn json(&self, value: &serde_json::Value) -> Result<(), Failure> {
        self.print_bytes(format!("{}\n", json_line(value)).as_bytes())
    }

    /// Writes text to standard error; there is nobody to tell if that fails.
    pub(crate) fn note(&self, text: &str) {
        let mut stream = anstream::AutoStream::new(io::stderr().lock(), self.color);
        let _ = stream.write_all(text.as_bytes());
    }

    /// Says on standard error why a verb stopped.
    pub(crate) fn fail(&self, failure: &Failure) -> Exit {
        match failure {
            Failure::Pipe => Exit::Success,
            Failure::Core(error) => {
                self.error(error);
                Exit::Error
            }
        }
    }

    /// An error about one of several files; the name is added where the text lacks it.
    pub(crate) fn error_page(&self, name: &str, error: &Error) -> String {
        let mut out = String::new();
        if !error.text(self.lang).contains(name) {
            let (bold, end) = (style::TITLE, style::TITLE.render_reset());
            out = format!("{bold}{name}{end}\n");
        }
        out + &self.error_text(error)
    }

    /// Reports an error, with code and hint, on standard error.
    pub(crate) fn error(&self, error: &Error) {
        self.note(&self.error_text(error));
    }

    fn error_text(&self, error: &Error) -> String {
        let mut page = Page::new(self.lang);
        page.error(error, 0);
        page.finish()
    }
}

/// One JSON value on one line. Characters that could act on a terminal are escaped the JSON way,
/// so the value stays the same.
pub(crate) fn json_line(value: &serde_json::Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        if message::is_unsafe_to_show(c) {
            let mut units = [0u16; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The JSON form of an error about one file.
pub(crate) fn error_json(file: &str, error: &Error, lang: Lang) -> serde_json::Value {
    serde_json::json!({ "file": file, "error": error_value(error, lang) })
}

/// An error alone in its JSON form.
pub(crate) fn error_value(error: &Error, lang: Lang) -> serde_json::Value {
    serde_json::json!({
        "code": error.code(),
        "message": error.text(lang),
        "hint": error.hint(lang),
    })
}

/// Human text under construction: styled, wrapped, everything from files escaped.
#[derive(Debug)]
pub(crate) struct Page {
    lang: Lang,
    text: String,
}

impl Page {
    /// An empty page.
    pub(crate) fn new(lang: Lang) -> Self {
        Self { lang, text: String::new() }
    }

    /// The text, with ANSI styles that the stream removes where they don't belong.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// One line as it is, styled.
    pub(crate) fn line(&mut self, text: &str, style: Style) {
        let _ = writeln!(self.text, "{style}{text}{style:#}");
    }

    /// `head` and then `text`, wrapped; further lines are indented by `indent` columns.
    pub(crate) fn wrapped(&mut self, head: &str, text: &str, indent: usize, style: Style) {
        let plain = anstream::adapter::strip_str(head).to_string();
        let space = if plain.is_empty() || plain.ends_with([' ', '：']) { "" } else { " " };
        let start = width(&plain).saturating_add(space.len());
        let mut lines = wrap(text, start, indent).into_iter();
        let first = lines.next().unwrap_or_default();
        let _ = writeln!(self.text, "{head}{space}{style}{first}{style:#}");
        for line in lines {
            let _ = writeln!(self.text, "{:indent$}{style}{line}{style:#}", "");
        }
    }

    /// `  name      text`, wrapped under itself; `column` is where the text starts.
    pub(crate) fn row(&mut self, indent: usize, column: usize, name: &str, text: &str, style: Style) {
        let used = indent.saturating_add(width(name));
        let fill = column.saturating_sub(used).max(1);
        let head = format!("{:indent$}{}{name}{}{:fill$}", "", style::DIM, style::DIM.render_reset(), "");
        self.wrapped(&head, text, column, style);
    }

    /// An error with its code and hint.
    pub(crate) fn error(&mut self, error: &Error, indent: usize) {
        let word = text::ERROR.get(self.lang);
        let colon = text::COLON.get(self.lang);
        let (bad, code, end) = (style::BAD, error.code(), style::BAD.render_reset());
        let head = format!("{:indent$}{bad}{word}[{code}]{end}{colon}", "");
        let inner = indent.saturating_add(2);
        self.wrapped(&head, &error.text(self.lang), inner, style::PLAIN);
        self.hint(&error.hint(self.lang), inner);
    }

    /// A hint, if there is one.
    pub(crate) fn hint(&mut self, hint: &str, indent: usize) {
        if hint.is_empty() {
            return;
        }
        let word = text::HINT.get(self.lang);
        let colon = text::COLON.get(self.lang);
        let head = format!("{:indent$}{}{word}{}{colon}", "", style::HINT, style::HINT.render_reset());
        self.wrapped(&head, hint, indent.saturating_add(2), style::PLAIN);
    }
}

/// Columns that a text takes on a terminal; East Asian wide characters take two.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(char_width).fold(0, usize::saturating_add)
}

fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0x303E
        | 0x3041..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1_F300..=0x1_FAFF
        | 0x2_0000..=0x3_FFFD => 2,
        _ => 1,
    }
}

/// Pads with spaces to `columns`.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let fill = columns.saturating_sub(width(text));
    format!("{text}{:fill$}", "")
}

/// Breaks a text into lines; the first starts at column `start`, the others at `indent`. Words
/// are never cut, so that codes can be copied; Chinese breaks between any two characters except
/// before closing and after opening punctuation.
pub(crate) fn wrap(text: &str, start: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut at = start;
    for piece in pieces(text) {
        let bare = piece.trim_end();
        if !line.is_empty() && at.saturating_add(width(bare)) > COLUMNS {
            lines.push(line.trim_end().to_owned());
            line.clear();
            at = indent;
        }
        at = at.saturating_add(width(piece));
        line.push_str(piece);
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// Parts between which a line may break.
fn pieces(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut from = 0;
    let mut previous: Option<char> = None;
    for (at, c) in text.char_indices() {
        if let Some(before) = previous {
            let wide = char_width(c) == 2 || char_width(before) == 2;
            let glued = "，。；：、）》”！？」』".contains(c) || "（《“「『".contains(before) || c == ' ';
            if (before == ' ' && c != ' ') || (wide && before != ' ' && !glued) {
                out.push(text.get(from..at).unwrap_or_default());
                from = at;
            }
        }
        previous = Some(c);
    }
    out.push(text.get(from..).unwrap_or_default());
    out
}

/// A string from a file or an argument, safe to show.
pub(crate) fn shown(text: &str) -> String {
    message::escape(text)
}

/// A path, safe to show; `-` reads as standard input.
pub(crate) fn shown_path(path: &Path, lang: Lang) -> String {
    if is_dash(path) { text::STDIN.get(lang).to_owned() } else { shown(&path.to_string_lossy()) }
}

/// Whether a path stands for standard input or output.
pub(crate) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A number with its digits in groups of three.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// The word for a severity.
pub(crate) fn severity(severity: Severity) -> (&'static Text, Style) {
    match severity {
        Severity::Info => (&text::SEVERITY_INFO, style::PLAIN),
        Severity::Warning => (&text::SEVERITY_WARNING, style::WARN),
        Severity::Error => (&text::SEVERITY_ERROR, style::BAD),
    }
}

/// Everything on standard input, 1 GiB at most.
pub(crate) fn read_stdin() -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    copy_stdin(&mut bytes, STDIN_MAX)?;
    Ok(bytes)
}

/// Copies standard input, `max` bytes at most.
pub(crate) fn copy_stdin(to: &mut dyn io::Write, max: u64) -> Result<(), Error> {
    let mut input = io::stdin().lock().take(max.saturating_add(1));
    let found = io::copy(&mut input, to).map_err(|e| Error::io("stdin", e))?;
    if found > max {
        return Err(Error::Limit(text::STDIN_LIMIT.with("max", number(max))));
    }
    Ok(())
}

/// Refuses what can't be read as one file: folders, devices, named pipes (opening one would wait).
/// What does not exist is left to the one who opens it.
pub(crate) fn check_input(path: &Path) -> Result<(), Error> {
    if is_dash(path) {
        return Ok(());
    }
    match path.metadata() {
        Ok(found) if found.is_dir() => Err(Error::Invalid(text::DIRECTORY.with("path", path.display()))),
        Ok(found) if !found.is_file() => {
            Err(Error::Unsupported(message::general::INPUT_KIND.with("path", path.display())))
        }
        _ => Ok(()),
    }
}

/// The folder that a path is in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A result that could not be put together; not expected.
pub(crate) fn internal(reason: impl ToString) -> Failure {
    Failure::Core(Error::Internal(text::INTERNAL.with("reason", reason)))
}

/// A problem of the command's own table, as an error of the caller.
pub(crate) fn invalid(message: &'static Message, args: Args) -> Failure {
    let problem = args.into_iter().fold(message.problem(), |problem, (name, value)| problem.arg(name, value));
    Failure::invalid(problem)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_error_outweighs_a_broken_signature_and_that_outweighs_the_rest() {
        use Exit::*;
        let sum = |all: &[Exit]| all.iter().copied().fold(Success, Exit::and);
        assert_eq!(sum(&[]), Success);
        assert_eq!(sum(&[Success, Unsatisfied, Success]), Unsatisfied);
        assert_eq!(sum(&[Unsatisfied, Broken, Unsatisfied]), Broken);
        assert_eq!(sum(&[Broken, Error, Broken]), Error);
        assert_eq!(sum(&[Error, Success]), Error);
    }

    #[test]
    fn words_stay_whole_and_lines_stay_within_the_columns() {
        let text = "word ".repeat(40);
        for line in wrap(&text, 10, 4) {
            assert!(width(&line) <= COLUMNS - 4, "{line}");
        }
        let code = "x".repeat(120);
        assert_eq!(wrap(&code, 0, 0), vec![code]);
        assert_eq!(wrap("", 3, 3), vec![String::new()]);
    }

    #[test]
    fn chinese_breaks_between_characters_but_not_before_a_full_stop() {
        let text = format!("{}。{}", "字".repeat(40), "符".repeat(10));
        let lines = wrap(&text, 0, 0);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines.first().map(|l| width(l)), Some(78));
        assert!(lines.get(1).unwrap().starts_with("字。"));
        assert_eq!(width("属于 AI"), 7);
        assert_eq!(pad("属于", 6), "属于  ");
    }

    #[test]
    fn numbers_are_grouped() {
        for (value, shown) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(value), shown);
        }
    }

    #[test]
    fn json_keeps_the_value_and_shows_nothing_that_acts() {
        let value = serde_json::json!({ "a": "x\u{1b}[2J\u{202e}\u{e0041}中\u{7f}" });
        let line = json_line(&value);
        assert!(line.chars().all(|c| !message::is_unsafe_to_show(c)), "{line}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
    }

    #[test]
    fn paths_are_shown_without_acting() {
        assert_eq!(shown_path(Path::new("a\u{1b}]0;x\u{7}.png"), Lang::En), "a\\u{1b}]0;x\\u{7}.png");
    }
}
