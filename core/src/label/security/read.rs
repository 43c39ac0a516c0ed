//! The lenient reader of SecurityData.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::carrier::SIGNED_MARKER;
use crate::error::Problem;
use crate::label::aigc::json::{Pairs, check_duplicates, compact, scan};
use crate::limits::Limits;
use crate::message::security as rows;

use super::bindings::{Loose, add_loose, binding};
use super::form::{Alg, KeyForm, Numbers, der_numbers, numbers, unhex};
use super::{ENTRIES_MAX, KeyEntry, Oddity, Reserved, SCHEME, SecurityData, SignatureEntry};

/// Layers of base64 or JSON strings around the object.
const LAYERS: usize = 3;

/// `TBSData.Type` as the guide has it, and our own.
const SUBJECTS: [&str; 3] = ["Md", "Bnd", SCHEME];

/// Reads the value of `ReservedCode1` or `ReservedCode2`.
///
/// The value may be JSON, JSON in a JSON string, or base64 of either. Its length is bounded by
/// [`Limits::label_bytes`], its nesting by [`Limits::json_depth`], its entries by [`ENTRIES_MAX`].
#[must_use]
pub fn read(value: &str, limits: &Limits) -> Reserved {
    let is_padding = |c: char| matches!(c, '\u{feff}' | '\0' | ' ' | '\t' | '\r' | '\n');
    let mut text = value.trim_matches(is_padding).to_owned();
    if text.is_empty() {
        return Reserved::Empty;
    }
    if text.starts_with(SIGNED_MARKER) {
        return Reserved::Marker;
    }
    if text.len() > limits.label_bytes {
        let why = rows::TOO_MUCH.with("name", "ReservedCode").arg("max", limits.label_bytes);
        return malformed(&text, why);
    }
    if let Some((signature, _)) = unhex(&text).filter(|bytes| bytes.len() >= 60).and_then(|b| der_numbers(&b)) {
        return Reserved::Signature(signature);
    }
    let mut oddities = Vec::new();
    if text.len() != value.len() {
        oddities.push(Oddity::Padding);
    }
    for _ in 0..LAYERS {
        text = match text.chars().next() {
            Some('{') => return object(&text, oddities, limits),
            Some('"') => match serde_json::from_str::<String>(&text) {
                Ok(inner) => {
                    oddities.push(Oddity::JsonInString);
                    inner.trim_matches(is_padding).to_owned()
                }
                Err(_) => return malformed(&text, rows::NOT_JSON.problem()),
            },
            _ => match from_base64(&text) {
                Some(inner) => {
                    oddities.push(Oddity::Base64);
                    inner.trim_matches(is_padding).to_owned()
                }
                None => return Reserved::Opaque,
            },
        };
    }
    malformed(&text, rows::NOT_JSON.problem())
}

/// Malformed if the text says that it is SecurityData, else nothing that we understand.
fn malformed(text: &str, why: Problem) -> Reserved {
    if text.contains("SecurityData") || text.contains("TC260PG") {
        return Reserved::Malformed(rows::MALFORMED.problem().because("reason", why));
    }
    Reserved::Opaque
}

/// The text behind base64, if it can be JSON.
fn from_base64(text: &str) -> Option<String> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [STANDARD, URL_SAFE].iter().find_map(|alphabet| {
        let bytes = GeneralPurpose::new(alphabet, config).decode(text).ok()?;
        let inner = String::from_utf8(bytes).ok()?;
        inner.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '"']).then_some(inner)
    })
}

fn object(text: &str, mut oddities: Vec<Oddity>, limits: &Limits) -> Reserved {
    match scan(text, limits.json_depth) {
        Ok(found) if found.whitespace => oddities.push(Oddity::Whitespace),
        Ok(_) => {}
        Err(_) => return malformed(text, rows::TOO_MUCH.with("name", "JSON").arg("max", limits.json_depth)),
    }
    let (Ok(()), Ok(outer)) = (check_duplicates(text), Pairs::read(text)) else {
        return malformed(text, rows::NOT_JSON.problem());
    };
    let mut data = SecurityData { oddities, ..SecurityData::default() };
    match fill(&mut data, &outer) {
        Ok(true) => Reserved::Data(Box::new(data)),
        Ok(false) => Reserved::Opaque,
        Err(why) => malformed(text, why),
    }
}

fn member_wrong(name: &str) -> Problem {
    rows::MEMBER.with("name", name)
}

/// Reads the members; false if the object does not say that it is SecurityData.
fn fill(data: &mut SecurityData, outer: &Pairs<'_>) -> Result<bool, Problem> {
    let inner;
    let pairs = match take(outer, "SecurityData", &mut data.oddities)? {
        Some(raw) => {
            data.wrapped = true;
            inner = Pairs::read(raw.get()).map_err(|_| member_wrong("SecurityData"))?;
            for (name, _) in &outer.0 {
                if !name.eq_ignore_ascii_case("SecurityData") {
                    data.oddities.push(Oddity::UnknownMember { name: name.clone() });
                }
            }
            &inner
        }
        None => outer,
    };
    let kind = take(pairs, "Type", &mut data.oddities)?.map(|raw| text_of(raw.get())).unwrap_or_default();
    if kind.trim() != "TC260PG" {
        if !data.wrapped {
            return Ok(false);
        }
        data.oddities.push(Oddity::OtherType { found: kind.clone() });
    } else if kind != "TC260PG" {
        data.oddities.push(Oddity::TypeSpaces);
    }
    if !data.wrapped {
        data.oddities.push(Oddity::NoWrapper);
    }
    let version = take(pairs, "Version", &mut data.oddities)?.map_or("", RawValue::get);
    if version != "1" {
        data.oddities.push(Oddity::OtherVersion { found: compact(version) });
    }
    data.familiar = kind.trim() == "TC260PG" && matches!(text_of(version).as_str(), "" | "1" | "1.0");
    public(data, pairs)?;
    bindings(data, pairs)?;
    for (name, _) in &pairs.0 {
        let known = ["Type", "Version", "Bindings", "PrivSD", "PubSD", "Extension"];
        if !known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            data.oddities.push(Oddity::UnknownMember { name: name.clone() });
        }
    }
    let members = pairs.0.iter().map(|(name, raw)| {
        let value: Value = serde_json::from_str(raw.get()).unwrap_or_default();
        (name.clone(), value)
    });
    data.loose = Loose::of(&Value::Object(members.collect()));
    add_loose(&mut data.bindings, &data.loose);
    Ok(true)
}

/// The member with this name in any case.
fn take<'a>(
    pairs: &Pairs<'a>,
    meant: &'static str,
    oddities: &mut Vec<Oddity>,
) -> Result<Option<&'a RawValue>, Problem> {
    let mut alike = pairs.0.iter().filter(|(name, _)| name.eq_ignore_ascii_case(meant));
    let Some((name, raw)) = alike.next() else { return Ok(None) };
    if alike.next().is_some() {
        return Err(member_wrong(meant));
    }
    if name != meant {
        oddities.push(Oddity::Spelling { found: name.clone(), meant });
    }
    Ok(Some(raw))
}

/// A string's text, other values' JSON, nothing for null.
fn text_of(raw: &str) -> String {
    match raw.chars().next() {
        Some('"') => serde_json::from_str(raw).unwrap_or_default(),
        Some('n') => String::new(),
        _ => compact(raw),
    }
}

/// The entries of a list, or the one object in its place.
fn entries<'a>(
    raw: &'a RawValue,
    name: &'static str,
    oddities: &mut Vec<Oddity>,
) -> Result<Vec<&'a RawValue>, Problem> {
    match raw.get().chars().next() {
        Some('[') => {
            let list: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| member_wrong(name))?;
            if list.len() > ENTRIES_MAX {
                return Err(rows::TOO_MUCH.with("name", name).arg("max", ENTRIES_MAX));
            }
            Ok(list)
        }
        Some('{') => {
            oddities.push(Oddity::NotAList { name });
            Ok(vec![raw])
        }
        Some('n') => Ok(Vec::new()),
        _ => Err(member_wrong(name)),
    }
}

fn bindings(data: &mut SecurityData, pairs: &Pairs<'_>) -> Result<(), Problem> {
    let Some(raw) = take(pairs, "Bindings", &mut data.oddities)? else { return Ok(()) };
    data.bindings_json = compact(raw.get());
    for entry in entries(raw, "Bindings", &mut data.oddities)? {
        data.bindings.push(binding(entry.get()).ok_or_else(|| member_wrong("Bindings"))?);
    }
    Ok(())
}

fn public(data: &mut SecurityData, pairs: &Pairs<'_>) -> Result<(), Problem> {
    let Some(raw) = take(pairs, "PubSD", &mut data.oddities)? else { return Ok(()) };
    let spelling = pairs.0.iter().find(|(name, _)| name.eq_ignore_ascii_case("PubSD"));
    data.public_spelling = spelling.map(|(name, _)| name.clone()).unwrap_or_default();
    for entry in entries(raw, "PubSD", &mut data.oddities)? {
        let members = Pairs::read(entry.get()).map_err(|_| member_wrong("PubSD"))?;
        public_entry(data, &members)?;
    }
    Ok(())
}

fn public_entry(data: &mut SecurityData, members: &Pairs<'_>) -> Result<(), Problem> {
    let oddities = &mut data.oddities;
    let mut text = |name: &'static str| -> Result<Option<String>, Problem> {
        Ok(take(members, name, oddities)?.map(|raw| text_of(raw.get())))
    };
    let kind = text("Type")?.unwrap_or_default();
    let alg_id = text("AlgID")?.unwrap_or_default();
    let key_id = text("KeyID")?.filter(|id| !id.is_empty());
    let (signature, key) = (text("Signature")?, text("KeyValue")?);
    let is = |wanted: &str| kind.trim().eq_ignore_ascii_case(wanted);
    let (alg, by_name) = Alg::read(&alg_id);
    if by_name {
        oddities.push(Oddity::AlgorithmName { found: alg_id.clone() });
    }
    if is("DS") || (!is("PubKey") && signature.is_some()) {
        if !is("DS") {
            oddities.push(Oddity::UnknownEntry { found: kind.clone() });
        }
        let subject = subject(members, oddities)?;
        let signature = signature_of(&signature.unwrap_or_default(), alg, oddities);
        data.signatures.push(SignatureEntry { alg, alg_id, by_name, key_id, subject, signature });
    } else if is("PubKey") || key.is_some() {
        if !is("PubKey") {
            oddities.push(Oddity::UnknownEntry { found: kind.clone() });
        }
        let value = unhex(key.unwrap_or_default().trim()).unwrap_or_default();
        let form = KeyForm::of(&value);
        oddities.extend(match form {
            KeyForm::Spki => None,
            KeyForm::Unknown => Some(Oddity::Unreadable { name: "KeyValue" }),
            form => Some(Oddity::KeyNotSpki { form }),
        });
        data.keys.push(KeyEntry { alg_id, key_id, form, value });
    } else {
        oddities.push(Oddity::UnknownEntry { found: kind });
    }
    Ok(())
}

fn subject(members: &Pairs<'_>, oddities: &mut Vec<Oddity>) -> Result<String, Problem> {
    let Some(raw) = take(members, "TBSData", oddities)? else { return Ok(String::new()) };
    let found = match Pairs::read(raw.get()) {
        Ok(inner) => take(&inner, "Type", oddities)?.map(|raw| text_of(raw.get())).unwrap_or_default(),
        Err(_) => text_of(raw.get()),
    };
    let subject = found.trim().to_owned();
    if !SUBJECTS.contains(&subject.as_str()) {
        oddities.push(Oddity::OtherSubject { found });
    }
    Ok(subject)
}

fn signature_of(hex: &str, alg: Alg, oddities: &mut Vec<Oddity>) -> Option<Vec<u8>> {
    let bytes = unhex(hex.trim());
    let read = match alg {
        Alg::Ed25519 => bytes.filter(|b| b.len() == 64).map(|b| (b, Numbers::Der)),
        Alg::Rsa | Alg::Other => return None,
        _ => bytes.and_then(|b| numbers(&b)),
    };
    let Some((signature, form)) = read else {
        oddities.push(Oddity::Unreadable { name: "Signature" });
        return None;
    };
    match form {
        Numbers::Der => {}
        Numbers::Zeros => oddities.push(Oddity::SignatureZeros),
        Numbers::Raw => oddities.push(Oddity::RawSignature),
    }
    Some(signature)
}
