//! Server-sent events (WHATWG HTML 9.2) in the shape of chat completions.

use std::collections::HashSet;

use super::{Around, Markup};
use crate::container::text::notice::message::{at_in, escaped, items, member, offset_in};
use crate::error::{Error, Result};
use crate::label::Aigc;
use crate::label::aigc::json::pairs;
use crate::limits::Limits;
use crate::message::general;
use crate::notice::TextNotice;

/// Key of the label's object in an event.
const KEY: &str = "AIGC";
/// Most bytes of an event that is looked at; a longer one goes through as it is.
const MOST: usize = 4 << 20;
/// Most answers in one stream that are told apart.
const CHOICES: usize = 128;

/// Labels a stream of server-sent events in the shape of chat completions or completions: events
/// `data: {"choices":[…]}` up to `data: [DONE]`.
///
/// The AIGC object rides in the first event and in every event from the one on that says why an
/// answer ended, so that the last has it and none waits for its successor. The notice stands in
/// the first words of each answer, and in an event of its own before the one that ends the answer.
/// Where a stream ends without such an event, one that carries the label is added before `[DONE]`.
/// Every other byte goes through as it came: comments, other fields and events, usage, tool calls.
///
/// Where the answer is JSON for a program, ask for no notice: words before it would break it.
///
/// An event goes out when it is complete: a reader can't act on it before (HTML 9.2.6).
///
/// ```
/// use biaoshi::label::{Aigc, Label};
/// use biaoshi::notice::{Moment, TextNotice};
/// use biaoshi::stream::{EventStream, Markup};
/// let aigc = Aigc::from_label(&Label::new("example"), "message-1")?;
/// let notice = TextNotice { lines: vec!["AI生成".into()], at: vec![Moment::Start], ..TextNotice::default() };
/// let mut stream = EventStream::new(&aigc, Some(&notice), Markup::Markdown)?;
/// let out = stream.push(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n");
/// let out = String::from_utf8_lossy(&out);
/// assert!(out.starts_with("data: {\"AIGC\":{\"Label\":\"1\"") && out.contains("\"content\":\"AI生成\\n\\nHi\""));
/// # Ok::<(), biaoshi::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct EventStream {
    aigc: String,
    around: Around,
    /// Bytes of an event that is not complete.
    held: Vec<u8>,
    /// Where the line begins in `held` that is being read.
    line: usize,
    /// Whether the event grew too long and goes through as it is.
    passing: bool,
    /// Whether the line that is being read has a byte, where the event goes through.
    any: bool,
    /// Whether a CR was read last: a LF behind it belongs to it.
    cr: bool,
    /// Whether nothing was read yet: a byte order mark may come.
    first: bool,
    /// Whether the label went out at all, and in the event that went out last.
    labelled: bool,
    ended: bool,
    last_labelled: bool,
    done: bool,
    /// Answers that have words, and answers that have ended.
    begun: HashSet<u64>,
    closed: HashSet<u64>,
    /// Members of the first event that an added one repeats.
    frame: String,
}

/// An insertion into the text of an event.
type Insert = (usize, String);

impl EventStream {
    /// A stream that carries this label, and this notice if one is given.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the notice breaks a rule of [`TextNotice`] or is asked for in the
    /// middle; [`Error::Invalid`] or [`Error::Limit`] if the label breaks a rule of [`Aigc::check`].
    pub fn new(aigc: &Aigc, notice: Option<&TextNotice>, markup: Markup) -> Result<Self> {
        aigc.check(&Limits::default())?;
        let around = notice.map(|notice| Around::new(notice, markup)).transpose()?.unwrap_or_default();
        let json = aigc.to_json();
        if json.contains(['\n', '\r']) {
            return Err(Error::Internal(general::BAD_PIECES.problem()));
        }
        Ok(Self {
            aigc: json,
            around,
            held: Vec::new(),
            line: 0,
            passing: false,
            any: false,
            cr: false,
            first: true,
            labelled: false,
            ended: false,
            last_labelled: false,
            done: false,
            begun: HashSet::new(),
            closed: HashSet::new(),
            frame: String::new(),
        })
    }

    /// What goes out for bytes that come in; they may be cut anywhere.
    #[must_use]
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for byte in bytes {
            self.byte(*byte, &mut out);
        }
        if self.passing {
            out.append(&mut self.held);
            self.line = 0;
        }
        out
    }

    /// What goes out when the stream has ended: bytes of an event that was cut off.
    #[must_use]
    pub fn finish(&mut self) -> Vec<u8> {
        self.line = 0;
        let mut out = Vec::new();
        // Between two events there is room for the label.
        if self.held.is_empty() && !self.passing && !self.done {
            out = self.closing("\n").into_bytes();
            self.done = true;
        }
        out.append(&mut self.held);
        out
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        let behind_cr = std::mem::take(&mut self.cr);
        if behind_cr && byte == b'\n' {
            // It belongs to a line that is complete already.
            if self.held.is_empty() {
                out.push(byte);
            } else {
                self.held.push(byte);
                self.line = self.held.len();
            }
            return;
        }
        self.held.push(byte);
        let ends = matches!(byte, b'\n' | b'\r');
        self.cr = byte == b'\r';
        if self.passing {
            if ends && !self.any {
                self.passing = false;
                out.append(&mut self.held);
            }
            self.any = !ends;
            self.line = 0;
            return;
        }
        if !ends {
            if self.held.len() > MOST {
                (self.passing, self.any) = (true, true);
                self.line = 0;
            }
            return;
        }
        let text = self.held.get(self.line..self.held.len() - 1).unwrap_or_default();
        let mark = self.first && text.starts_with(b"\xEF\xBB\xBF");
        let text = if mark { text.get(3..).unwrap_or_default() } else { text };
        let (blank, alone) = (text.is_empty(), self.line == 0);
        let comment = text.starts_with(b":");
        self.first = false;
        if blank {
            let event = std::mem::take(&mut self.held);
            self.line = 0;
            out.append(&mut self.event(event));
        } else if comment && alone {
            // A comment between events keeps connections alive: it must not wait.
            out.append(&mut self.held);
        } else {
            self.line = self.held.len();
        }
    }

    /// A complete event, labelled.
    fn event(&mut self, event: Vec<u8>) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(&event) else { return event };
        let Some((at, data)) = data(text) else { return event };
        if self.done {
            return event;
        }
        let br = breaks(text);
        if data.trim() == "[DONE]" {
            let closing = self.closing(br);
            self.done = true;
            return [closing.into_bytes(), event].concat();
        }
        let Some(edit) = self.edit(data) else { return event };
        let mut out = String::with_capacity(text.len() + 512);
        for extra in &edit.before {
            out.push_str(&format!("data: {extra}{br}{br}"));
        }
        let mut from = 0;
        for (place, insert) in &edit.inserts {
            let place = at + place;
            out.push_str(text.get(from..place).unwrap_or_default());
            out.push_str(insert);
            from = place;
        }
        out.push_str(text.get(from..).unwrap_or_default());
        out.into_bytes()
    }

    /// An event with the label alone, if the last one has none.
    fn closing(&mut self, br: &str) -> String {
        if self.last_labelled || !self.labelled {
            return String::new();
        }
        self.last_labelled = true;
        format!("data: {{{}\"choices\":[],\"{KEY}\":{}}}{br}{br}", self.frame, self.aigc)
    }

    /// What changes in an event of this shape; nothing if it has another.
    fn edit(&mut self, data: &str) -> Option<Edit> {
        let members = pairs(data).ok()?;
        let choices = items(member(data, "choices")?)?;
        let mut edit = Edit::default();
        for choice in choices.iter().take(CHOICES) {
            self.choice(data, choice, &mut edit);
        }
        let first = !self.labelled;
        if first {
            let kept = members.iter().filter(|(key, _)| matches!(key.as_str(), "id" | "object" | "created" | "model"));
            self.frame = kept
                .map(|(key, value)| format!("{}:{},", serde_json::Value::from(key.as_str()), value.get()))
                .collect();
        }
        let theirs = members.iter().any(|(key, _)| key == KEY);
        self.last_labelled = theirs || first || self.ended;
        self.labelled = true;
        if self.last_labelled && !theirs {
            let open = data.find('{')? + 1;
            edit.inserts.push((open, format!("\"{KEY}\":{},", self.aigc)));
        }
        edit.inserts.sort_by_key(|(at, _)| *at);
        Some(edit)
    }

    /// What changes in one answer of an event.
    fn choice(&mut self, data: &str, choice: &str, edit: &mut Edit) {
        let index = member(choice, "index").and_then(|n| n.parse().ok()).unwrap_or(0);
        let ends = member(choice, "finish_reason").is_some_and(|reason| reason != "null");
        let (words, chat) = words(choice);
        let full = self.begun.len() >= CHOICES;
        if let Some(raw) = words {
            let at = at_in(data, raw);
            if !full && self.begun.insert(index) && !self.around.before.is_empty() {
                edit.inserts.push((at + 1, escaped(&self.around.before)));
            }
            // Some send the last words together with the reason.
            if ends && self.begun.contains(&index) && self.closed.insert(index) && !self.around.behind.is_empty() {
                let end = at + offset_in(raw, usize::MAX);
                edit.inserts.push((end, escaped(&self.around.behind)));
            }
        }
        if ends {
            self.ended = true;
            if self.begun.contains(&index) && self.closed.insert(index) && !self.around.behind.is_empty() {
                edit.before.push(extra(data, index, chat, &escaped(&self.around.behind)));
            }
        }
    }
}

/// What changes in an event.
#[derive(Default)]
struct Edit {
    inserts: Vec<Insert>,
    /// The data of events before it.
    before: Vec<String>,
}

/// The words of an answer, if it has any here, as a literal; and whether it has the shape of a
/// chat.
fn words(choice: &str) -> (Option<&str>, bool) {
    let delta = member(choice, "delta");
    let raw = match delta {
        Some(delta) => member(delta, "content"),
        None => member(choice, "text"),
    };
    let sound = |raw: &&str| serde_json::from_str::<String>(raw).is_ok_and(|text| !text.is_empty());
    (raw.filter(|raw| raw.starts_with('"')).filter(sound), delta.is_some())
}

/// An event like this one with words alone.
fn extra(data: &str, index: u64, chat: bool, words: &str) -> String {
    let members = pairs(data).unwrap_or_default().into_iter();
    let kept = members.filter(|(key, _)| !matches!(key.as_str(), "choices" | "usage" | KEY));
    let kept: String = kept.map(|(key, value)| format!("{}:{},", serde_json::Value::from(key), value.get())).collect();
    let inner = if chat { format!("\"delta\":{{\"content\":\"{words}\"}}") } else { format!("\"text\":\"{words}\"") };
    format!("{{{kept}\"choices\":[{{\"index\":{index},{inner},\"finish_reason\":null}}]}}")
}

/// The data of an event that has one line of it, and where that stands.
fn data(event: &str) -> Option<(usize, &str)> {
    let mut found = None;
    for line in event.split(['\n', '\r']) {
        let line = line.strip_prefix('\u{FEFF}').unwrap_or(line);
        let Some(value) = line.strip_prefix("data") else { continue };
        let Some(value) = value.strip_prefix(':') else { continue };
        if found.is_some() {
            return None;
        }
        let value = value.strip_prefix(' ').unwrap_or(value);
        found = Some((at_in(event, value), value));
    }
    found
}

/// The line break of an event.
fn breaks(event: &str) -> &'static str {
    crate::container::text::notice::break_of(event)
}
