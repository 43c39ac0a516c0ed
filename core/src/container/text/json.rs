//! JSON (RFC 8259): members of objects, found and edited by position.
//!
//! Numbers of any size, repeated keys and the order of members stay as they are.

use std::ops::Range;

use super::notice::charset::Charset;
use super::units::{Form, Units};
use crate::container::{ASIDE, Patch, Segment, SegmentMap, Slot};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::container::text as rows;
use crate::message::general;
use crate::names::same_name;
use crate::source::{Source, check_limit};

/// Most characters of a key that is compared.
const KEY: usize = 256;
/// Most bytes looked at to tell whether a text is JSON.
const LOOK: u64 = 16 << 20;

/// A member of an object.
pub(super) struct Member {
    pub(super) key: String,
    /// How many objects and arrays it stands in.
    depth: usize,
    /// From behind the brace or comma before it to behind the comma after it.
    whole: Range<u64>,
    pub(super) value: Range<u64>,
}

/// What a text of JSON consists of.
#[derive(Default)]
pub(super) struct Scan {
    /// How many values stand one after another.
    values: u64,
    /// Where the first value, an object, has its first member, or would have it.
    object: Option<u64>,
    /// The white space before the first key of that object, and what stands between that key and
    /// its value; nothing if the object is empty.
    style: Option<(Range<u64>, Range<u64>)>,
    /// The members asked for; none that stands in another of them.
    pub(super) members: Vec<Member>,
    /// Where the last value ends.
    pub(super) end: u64,
}

/// What the reading came to.
pub(super) enum Outcome {
    /// JSON.
    Sound(Scan),
    /// JSON as far as it goes, but it ends inside a value.
    Cut,
    /// Something else.
    Other,
}

/// Why the reading stopped before its end.
enum Stop {
    Cut,
    Other,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

type Step<T> = std::result::Result<T, Stop>;

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    /// Behind `[`: a value or the end.
    Item,
    /// Behind `{`: a key or the end.
    First,
    Key,
    After,
}

/// The reader. Nesting costs one byte a level.
struct Reader<'r, 's, 'a> {
    units: &'r mut Units<'s, 'a>,
    wanted: &'r dyn Fn(&str) -> bool,
    most: usize,
    /// Whether each open bracket is an object's.
    open: Vec<bool>,
    /// Behind the last brace or comma.
    mark: u64,
    pending: Option<Member>,
    scan: Scan,
}

/// Reads a text of JSON values, or one value alone, and finds the members whose keys are `wanted`.
pub(super) fn scan(
    units: &mut Units<'_, '_>,
    one: bool,
    wanted: &dyn Fn(&str) -> bool,
    limits: &Limits,
) -> Result<Outcome> {
    let most = limits.segments;
    let mut reader = Reader { units, wanted, most, open: Vec::new(), mark: 0, pending: None, scan: Scan::default() };
    match reader.run(one) {
        Ok(()) => Ok(Outcome::Sound(reader.scan)),
        Err(Stop::Cut) => Ok(Outcome::Cut),
        Err(Stop::Other) => Ok(Outcome::Other),
        Err(Stop::Failed(error)) => Err(error),
    }
}

impl Reader<'_, '_, '_> {
    fn run(&mut self, one: bool) -> Step<()> {
        let mut state = State::Value;
        loop {
            let line = self.space()?;
            let at = self.units.offset();
            let Some(unit) = self.units.peek()? else {
                let whole = self.open.is_empty() && state == State::Value && self.scan.values > 0;
                return if whole { Ok(()) } else { Err(Stop::Cut) };
            };
            state = match (state, unit) {
                (State::First | State::Item, b'}' | b']') | (State::After, b'}' | b']') => self.close(unit)?,
                (State::After, b',') => {
                    self.units.next()?;
                    self.finish(self.units.offset())?;
                    self.mark = self.units.offset();
                    if self.open.last() == Some(&true) { State::Key } else { State::Value }
                }
                (State::First | State::Key, b'"') => self.key(at)?,
                (State::Value | State::Item, _) => {
                    // Values that follow each other stand on lines of their own.
                    if self.open.is_empty() && self.scan.values > 0 && !line {
                        return Err(Stop::Other);
                    }
                    self.value(unit, at)?
                }
                _ => return Err(Stop::Other),
            };
            if self.open.is_empty() && state == State::After {
                self.scan.values += 1;
                self.scan.end = self.units.offset();
                if one {
                    return Ok(());
                }
                state = State::Value;
            }
        }
    }

    /// Passes white space; says whether a line ended in it.
    fn space(&mut self) -> Step<bool> {
        let mut line = false;
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.units.peek()? {
            line |= self.units.next()? == Some(b'\n');
        }
        Ok(line)
    }

    fn value(&mut self, unit: u8, at: u64) -> Step<State> {
        if let Some(pending) = self.pending.as_mut().filter(|p| p.depth == self.open.len() && p.value.end == 0) {
            pending.value.start = at;
        }
        if let Some((_, between)) = self.scan.style.as_mut().filter(|(_, between)| between.end == 0) {
            between.end = at;
        }
        match unit {
            b'{' | b'[' => {
                self.units.next()?;
                if unit == b'{' && self.open.is_empty() && self.scan.values == 0 {
                    self.scan.object = Some(self.units.offset());
                }
                self.open.push(unit == b'{');
                self.mark = self.units.offset();
                return Ok(if unit == b'{' { State::First } else { State::Item });
            }
            b'"' => {
                self.string(None)?;
            }
            b't' => self.word(b"true")?,
            b'f' => self.word(b"false")?,
            b'n' => self.word(b"null")?,
            _ => self.number()?,
        }
        self.ended();
        Ok(State::After)
    }

    /// Notes that the value of the pending member ends here.
    fn ended(&mut self) {
        let (depth, here) = (self.open.len(), self.units.offset());
        if let Some(pending) = self.pending.as_mut().filter(|p| p.depth == depth) {
            pending.value.end = here;
        }
    }

    /// The pending member is complete, up to here.
    fn finish(&mut self, end: u64) -> Step<()> {
        if let Some(mut member) = self.pending.take_if(|p| p.depth == self.open.len()) {
            check_limit("segments", self.scan.members.len() as u64, self.most as u64)?;
            member.whole.end = end;
            self.scan.members.push(member);
        }
        Ok(())
    }

    fn close(&mut self, unit: u8) -> Step<State> {
        let end = self.pending.as_ref().map_or(0, |p| p.value.end);
        self.finish(end)?;
        if self.open.pop() != Some(unit == b'}') {
            return Err(Stop::Other);
        }
        self.units.next()?;
        self.ended();
        Ok(State::After)
    }

    fn key(&mut self, at: u64) -> Step<State> {
        let mut text = Vec::new();
        self.string(Some(&mut text))?;
        let key_end = self.units.offset();
        self.space()?;
        match self.units.next()? {
            Some(b':') => {}
            None => return Err(Stop::Cut),
            Some(_) => return Err(Stop::Other),
        }
        if self.open.len() == 1 && self.scan.values == 0 && self.scan.object == Some(self.mark) {
            self.scan.style = Some((self.mark..at, key_end..0));
        }
        if self.pending.is_none() && text.len() <= KEY + 2 {
            // A key may hide behind escapes.
            let key: Option<String> = serde_json::from_slice(&text).ok();
            if let Some(key) = key.filter(|key| (self.wanted)(key)) {
                self.pending = Some(Member { key, depth: self.open.len(), whole: self.mark..0, value: 0..0 });
            }
        }
        Ok(State::Value)
    }

    /// A string, its quotation marks included; its first characters go to `text`.
    fn string(&mut self, mut text: Option<&mut Vec<u8>>) -> Step<()> {
        let mut keep = |unit: u8| {
            if let Some(text) = text.as_mut().filter(|text| text.len() <= KEY + 2) {
                text.push(unit);
            }
            text.is_some()
        };
        self.units.next()?;
        let keeps = keep(b'"');
        loop {
            if !keeps {
                self.units.skip_to(|b| matches!(b, b'"' | b'\\' | 0..=0x1F))?;
            }
            let unit = self.units.next()?.ok_or(Stop::Cut)?;
            keep(unit);
            match unit {
                b'"' => return Ok(()),
                b'\\' => {
                    let escape = self.units.next()?.ok_or(Stop::Cut)?;
                    keep(escape);
                    let digits = match escape {
                        b'u' => 4,
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 0,
                        _ => return Err(Stop::Other),
                    };
                    for _ in 0..digits {
                        let digit = self.units.next()?.ok_or(Stop::Cut)?;
                        keep(digit);
                        if !digit.is_ascii_hexdigit() {
                            return Err(Stop::Other);
                        }
                    }
                }
                0..=0x1F => return Err(Stop::Other),
                _ => {}
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Step<()> {
        for unit in word {
            match self.units.next()? {
                Some(there) if there == *unit => {}
                None => return Err(Stop::Cut),
                Some(_) => return Err(Stop::Other),
            }
        }
        Ok(())
    }

    /// Passes digits, at least one.
    fn digits(&mut self) -> Step<()> {
        match self.units.peek()? {
            Some(b'0'..=b'9') => {}
            None => return Err(Stop::Cut),
            Some(_) => return Err(Stop::Other),
        }
        self.units.skip_to(|b| !b.is_ascii_digit())?;
        Ok(())
    }

    fn number(&mut self) -> Step<()> {
        self.units.take(b'-')?;
        if !self.units.take(b'0')? {
            self.digits()?;
        }
        if self.units.take(b'.')? {
            self.digits()?;
        }
        if self.units.take(b'e')? || self.units.take(b'E')? {
            let _ = self.units.take(b'+')? || self.units.take(b'-')?;
            self.digits()?;
        }
        Ok(())
    }
}

/// Whether a text is JSON: an object or an array, or several on lines of their own; with the
/// ending of JSON also any other value.
pub(super) fn identify(head: &[u8], (form, bom): (Form, u64), named: bool, source: &mut Source<'_>) -> Result<bool> {
    if !named && !matches!(head.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return Ok(false);
    }
    let end = source.len().min(bom + LOOK);
    let long = end < source.len();
    let limits = Limits::default();
    let charset = if long { None } else { Charset::detect(source, form, bom)? };
    let outcome = match charset {
        Some(Charset::Gb18030) => Decoded::read(source, Charset::Gb18030, bom..end)?.scan(&|_| false, &limits)?,
        _ => scan(&mut Units::new(source, form, bom, end), false, &|_| false, &limits)?,
    };
    Ok(match outcome {
        Outcome::Sound(_) => true,
        Outcome::Cut => long,
        Outcome::Other => false,
    })
}

/// A text whose characters have second bytes that look like marks of JSON, as UTF-8.
struct Decoded {
    charset: Charset,
    bytes: Vec<u8>,
    base: u64,
    text: String,
}

impl Decoded {
    fn read(source: &mut Source<'_>, charset: Charset, body: Range<u64>) -> Result<Self> {
        let (base, most) = (body.start, body.end.saturating_sub(body.start));
        let bytes = source.bytes(body, most, "metadata_bytes")?;
        Ok(Self { charset, text: charset.decode(bytes.clone()), bytes, base })
    }

    fn scan(&self, wanted: &dyn Fn(&str) -> bool, limits: &Limits) -> Result<Outcome> {
        let mut cursor = std::io::Cursor::new(self.text.as_bytes());
        let mut source = Source::new(&mut cursor, &Limits::default())?;
        let len = source.len();
        scan(&mut Units::new(&mut source, Form::Byte, 0, len), false, wanted, limits)
    }

    /// The same with the places in the file.
    fn placed(&self, mut scan: Scan) -> Scan {
        let mut places: Vec<&mut u64> = scan.object.iter_mut().chain(std::iter::once(&mut scan.end)).collect();
        let mut ranges: Vec<&mut Range<u64>> =
            scan.style.iter_mut().flat_map(|(before, between)| [before, between]).collect();
        ranges.extend(scan.members.iter_mut().flat_map(|member| [&mut member.whole, &mut member.value]));
        places.extend(ranges.into_iter().flat_map(|range| [&mut range.start, &mut range.end]));
        places.sort_unstable();
        let in_text: Vec<usize> = places.iter().map(|at| usize::try_from(**at).unwrap_or(usize::MAX)).collect();
        let in_file = self.charset.offsets(&self.bytes, &self.text, &in_text);
        for (place, at) in places.into_iter().zip(in_file) {
            *place = self.base.saturating_add(at);
        }
        scan
    }
}

/// Reads the whole file.
fn read(source: &mut Source<'_>, (form, bom): (Form, u64), limits: &Limits) -> Result<Scan> {
    let end = source.len();
    check_limit("metadata_bytes", end, limits.metadata_bytes)?;
    let wanted = |key: &str| same_name(key, ASIDE);
    let (decoded, outcome) = match Charset::detect(source, form, bom)? {
        Some(Charset::Gb18030) => {
            let decoded = Decoded::read(source, Charset::Gb18030, bom..end)?;
            let outcome = decoded.scan(&wanted, limits)?;
            (Some(decoded), outcome)
        }
        _ => (None, scan(&mut Units::new(source, form, bom, end), false, &wanted, limits)?),
    };
    match outcome {
        Outcome::Sound(scan) => Ok(match decoded {
            Some(decoded) => decoded.placed(scan),
            None => scan,
        }),
        // What is no JSON to its end was not taken for JSON.
        Outcome::Cut | Outcome::Other => Err(Error::Malformed(general::MALFORMED.with("part", "JSON"))),
    }
}

/// The place of a member of the outermost object.
const PLACE: &str = "member";

/// The members that are metadata places. The first of the outermost object with the label's very
/// key is the label's own; any other is read, but is content.
pub(super) fn parts(source: &mut Source<'_>, start: (Form, u64), limits: &Limits) -> Result<Vec<Segment>> {
    let scan = read(source, start, limits)?;
    let mut own = false;
    let part = |member: Member| {
        let outer = member.depth == 1 && scan.values == 1;
        let place = if outer { PLACE } else { "nested" };
        let essence = own || !outer || member.key != ASIDE;
        own |= !essence;
        Segment {
            name: "member".to_owned(),
            range: member.whole,
            payload: member.value,
            slot: Some(Slot::item(place, member.key)),
            essence,
        }
    };
    Ok(scan.members.into_iter().map(part).collect())
}

pub(super) fn put(
    map: &SegmentMap,
    source: &mut Source<'_>,
    (key, value): (&str, &str),
    limits: &Limits,
) -> Result<Patch> {
    let there = map.segments.iter().find(|s| s.slot == Some(Slot::item(PLACE, key)));
    let (form, bom) = super::form(source)?;
    let scan = match there {
        Some(_) => Scan::default(),
        None => read(source, (form, bom), limits)?,
    };
    // Where no encoding is known, bytes stay apart as they did before.
    let charset = Charset::detect(source, form, bom)?.unwrap_or(Charset::Utf8);
    if scan.values > 1 {
        return Err(Error::Refused(rows::JSON_LINES.problem()));
    }
    member(map.len, there.map(|s| s.payload.clone()), &scan, source, (charset, key, value))
}

/// The edit that puts a member first into an object, written as the member behind it is, or
/// replaces the value that is there.
pub(super) fn member(
    len: u64,
    there: Option<Range<u64>>,
    scan: &Scan,
    source: &mut Source<'_>,
    (charset, key, value): (Charset, &str, &str),
) -> Result<Patch> {
    let sound = serde_json::from_str::<&serde_json::value::RawValue>(value).is_ok() && value.starts_with('{');
    if !sound {
        return Err(Error::Internal(general::BAD_PIECES.problem()));
    }
    let encoded = |text: &str| charset.encode(text).ok_or_else(|| Error::Internal(general::BAD_PIECES.problem()));
    let mut patch = Patch::new(len);
    if let Some(range) = there {
        let (at, remove) = (range.start, range.end - range.start);
        patch.push(crate::container::Edit { at, remove, insert: encoded(value)? })?;
        return Ok(patch);
    }
    let Some(at) = scan.object else { return Err(Error::Refused(rows::JSON_NO_OBJECT.problem())) };
    let mut text = |range: &Range<u64>, other: &'static str| -> Result<Vec<u8>> {
        // Nobody indents that far.
        let fits = range.end - range.start <= 128;
        if fits { source.bytes(range.clone(), 128, "metadata_bytes") } else { encoded(other) }
    };
    let name = serde_json::Value::from(key).to_string();
    let insert = match &scan.style {
        Some((before, between)) => {
            [text(before, "")?, encoded(&name)?, text(between, ":")?, encoded(value)?, encoded(",")?].concat()
        }
        None => encoded(&format!("{name}:{value}"))?,
    };
    patch.insert(at, insert)?;
    Ok(patch)
}
