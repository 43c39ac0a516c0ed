//! Adding properties by one edit.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::Range;

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::{general, label as rows};

use super::reader::{self, Layout, Place};
use super::text::{Decoded, escape, escape_attribute, is_xml_char};
use super::{Form, META, RDF};

/// A simple text property to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// Namespace URI.
    pub namespace: String,
    /// Preferred prefix; a number is put behind it if the packet uses it for something else.
    pub prefix: String,
    /// Name within the namespace.
    pub local: String,
    /// The text, unescaped.
    pub value: String,
}

impl Addition {
    /// A property to add.
    #[must_use]
    pub fn new(
        namespace: impl Into<String>,
        prefix: impl Into<String>,
        local: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self { namespace: namespace.into(), prefix: prefix.into(), local: local.into(), value: value.into() }
    }
}

/// One edit of a packet: put `bytes` in place of `range`.
///
/// The range is empty, an insertion, but for an element that closes itself (`<rdf:RDF/>`): there it
/// is the slash, which moves to the end tag in `bytes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the packet that are replaced.
    pub range: Range<usize>,
    /// What takes their place.
    pub bytes: Vec<u8>,
}

impl Edit {
    /// The packet after the edit; everything outside [`Edit::range`] is unchanged.
    #[must_use]
    pub fn apply(&self, packet: &[u8]) -> Vec<u8> {
        let head = packet.get(..self.range.start).unwrap_or(packet);
        let tail = packet.get(self.range.end..).unwrap_or_default();
        [head, &self.bytes, tail].concat()
    }
}

/// Padding of a fresh packet, in bytes (XMP part 1, 7.3.2 recommends 2 to 4 KiB).
const PADDING: usize = 2048;

/// Adds properties to a packet, or makes a packet with them.
///
/// # Errors
///
/// As [`insertion`]; with `None` only for names and values that XML cannot hold, and for limits.
pub fn insert(packet: Option<&[u8]>, additions: &[Addition], limits: &Limits) -> Result<Vec<u8>> {
    let out = match packet {
        Some(packet) => insertion(packet, additions, limits)?.apply(packet),
        None => fresh(additions)?.into_bytes(),
    };
    let max = usize::try_from(limits.metadata_bytes).unwrap_or(usize::MAX);
    if out.len() > max {
        let row = general::LIMIT.with("limit", "metadata_bytes");
        return Err(Error::Limit(row.arg("value", out.len()).arg("max", max)));
    }
    Ok(out)
}

/// The edit that gives a property that stands in the packet once, as text or as an attribute, another
/// value; nothing if the packet has no such property.
///
/// # Errors
///
/// [`Error::Malformed`] or [`Error::Limit`] if the packet cannot be read to its end;
/// [`Error::Refused`] with `xmp.property_exists` if the property stands there more than once or in
/// another form; [`Error::Invalid`] for a value that XML cannot hold.
pub fn replacement(packet: &[u8], property: &Addition, limits: &Limits) -> Result<Option<Edit>> {
    check(property)?;
    let (view, _, error) = reader::read(packet, limits);
    if let Some(error) = error {
        return Err(error.into());
    }
    let mut found = view.find(&property.namespace, &property.local);
    let (Some(first), second) = (found.next(), found.next()) else { return Ok(None) };
    let text = match first.form {
        Form::Element if second.is_none() && !first.range.is_empty() => escape(&property.value),
        Form::Attribute if second.is_none() => escape_attribute(&property.value),
        _ => {
            let name = format!("{}:{}", first.prefix, first.local);
            let at = u64::try_from(first.range.start).unwrap_or(u64::MAX);
            return Err(Error::Refused(rows::XMP_PROPERTY_EXISTS.with("name", name).at(at)));
        }
    };
    let bytes = Decoded::new(packet).encoding.encode(&text);
    Ok(Some(Edit { range: first.range.clone(), bytes }))
}

/// The edit that adds properties: one new `rdf:Description` at the end of the first `rdf:RDF`, about
/// the same resource as the first description there.
///
/// The prefix is declared on the new description only. A packet without `rdf:RDF` gets one at the
/// end of its `x:xmpmeta`; a packet without any element gets both, before its closing
/// `<?xpacket?>`.
///
/// # Errors
///
/// [`Error::Malformed`] or [`Error::Limit`] if the packet cannot be read to its end;
/// [`Error::Refused`] with `xmp.property_exists` if one of the properties is there already, in any
/// form; [`Error::Unsupported`] if the XML is no XMP; [`Error::Invalid`] for names and values that
/// XML cannot hold.
pub fn insertion(packet: &[u8], additions: &[Addition], limits: &Limits) -> Result<Edit> {
    let (view, layout, error) = reader::read(packet, limits);
    if let Some(error) = error {
        return Err(error.into());
    }
    for addition in additions {
        let mut found = view.find(&addition.namespace, &addition.local);
        if let Some(property) = found.next() {
            let name = format!("{}:{}", property.prefix, property.local);
            let at = u64::try_from(property.range.start).unwrap_or(u64::MAX);
            return Err(Error::Refused(rows::XMP_PROPERTY_EXISTS.with("name", name).at(at)));
        }
    }
    let decoded = Decoded::new(packet);
    let (at, replaced, text) = place(&decoded.text, &layout, additions)?;
    let start = decoded.stored(at);
    let end = decoded.stored(at.saturating_add(replaced));
    Ok(Edit { range: start..end, bytes: decoded.encoding.encode(&text) })
}

/// Where in the text, how many bytes of it are replaced, and by what.
fn place(text: &str, layout: &Layout, additions: &[Addition]) -> Result<(usize, usize, String)> {
    if let Some((name, at)) = &layout.rdf {
        let rdf = name.split_once(':').map(|(prefix, _)| prefix);
        return Ok(inside(name, *at, description(layout, rdf, additions)?));
    }
    if let Some((name, at)) = &layout.meta {
        return Ok(inside(name, *at, rdf(layout, additions)?));
    }
    if layout.root {
        return Err(Error::Unsupported(rows::XMP_NO_RDF.problem()));
    }
    let meta = format!("<x:xmpmeta xmlns:x=\"{META}\">{}</x:xmpmeta>", rdf(layout, additions)?);
    Ok((layout.trailer.unwrap_or(text.len()), 0, meta))
}

/// Puts content at the end of an element.
fn inside(name: &str, place: Place, content: String) -> (usize, usize, String) {
    match place {
        Place::Before(at) => (at, 0, content),
        Place::Slash(at) => (at, 1, format!(">{content}</{name}")),
    }
}

fn rdf(layout: &Layout, additions: &[Addition]) -> Result<String> {
    let inner = description(layout, Some("rdf"), additions)?;
    Ok(format!("<rdf:RDF xmlns:rdf=\"{RDF}\">{inner}</rdf:RDF>"))
}

/// The new description. `rdf` is the prefix of RDF in scope; `None`: RDF is the default namespace,
/// which attributes cannot use, so a prefix is declared.
fn description(layout: &Layout, rdf: Option<&str>, additions: &[Addition]) -> Result<String> {
    let about = escape_attribute(layout.about.as_deref().unwrap_or_default());
    let bound = rdf.unwrap_or("rdf");
    let mut out = format!("<{bound}:Description {bound}:about=\"{about}\"");
    if rdf.is_none() {
        write_declaration(&mut out, bound, RDF);
    }
    let mut prefixes: Vec<(&str, String)> = Vec::new();
    for addition in additions {
        check(addition)?;
        if prefixes.iter().any(|(namespace, _)| *namespace == addition.namespace) {
            continue;
        }
        let prefix = free_prefix(layout, bound, &prefixes, addition);
        write_declaration(&mut out, &prefix, &addition.namespace);
        prefixes.push((&addition.namespace, prefix));
    }
    out.push('>');
    for addition in additions {
        let mut found = prefixes.iter().filter(|(namespace, _)| *namespace == addition.namespace);
        let prefix = found.next().map_or("", |(_, prefix)| prefix);
        let (local, value) = (&addition.local, escape(&addition.value));
        let _ = write!(out, "<{prefix}:{local}>{value}</{prefix}:{local}>");
    }
    let _ = write!(out, "</{bound}:Description>");
    Ok(out)
}

fn write_declaration(out: &mut String, prefix: &str, namespace: &str) {
    let _ = write!(out, " xmlns:{prefix}=\"{}\"", escape_attribute(namespace));
}

/// The wanted prefix, with a number behind it if the packet uses it for another namespace.
fn free_prefix(layout: &Layout, rdf: &str, taken: &[(&str, String)], addition: &Addition) -> String {
    let elsewhere: HashSet<&str> = layout
        .prefixes
        .iter()
        .filter(|(_, uri)| **uri != *addition.namespace)
        .map(|(prefix, _)| prefix.as_str())
        .chain(taken.iter().map(|(_, prefix)| prefix.as_str()))
        .chain([rdf])
        .collect();
    // One more number than there are prefixes that could clash.
    std::iter::once(addition.prefix.clone())
        .chain((1..=elsewhere.len()).map(|n| format!("{}{n}", addition.prefix)))
        .find(|prefix| !elsewhere.contains(prefix.as_str()))
        .unwrap_or_else(|| addition.prefix.clone())
}

fn check(addition: &Addition) -> Result<()> {
    let name = |text: &str| {
        let mut chars = text.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    let reserved = addition.prefix.get(..3).is_some_and(|p| p.eq_ignore_ascii_case("xml"));
    let known = [RDF, super::XML, "http://www.w3.org/2000/xmlns/"];
    let sound = name(&addition.prefix)
        && !reserved
        && name(&addition.local)
        && !addition.namespace.is_empty()
        && !known.contains(&addition.namespace.as_str())
        && addition.namespace.chars().all(|c| is_xml_char(c) && !c.is_control())
        && addition.value.chars().all(is_xml_char);
    if sound {
        return Ok(());
    }
    let shown = format!("{}:{}", addition.prefix, addition.local);
    Err(Error::Invalid(rows::XMP_VALUE.with("name", shown)))
}

/// A packet without the white space before its end that is there to be written into.
pub(crate) fn without_padding(packet: &[u8]) -> Vec<u8> {
    const END: &[u8] = b"<?xpacket end";
    let end = packet.windows(END.len()).rposition(|window| window == END).unwrap_or(packet.len());
    let (head, tail) = packet.split_at(end);
    [head.trim_ascii_end(), tail].concat()
}

/// A packet with wrapper and padding, writable in place (XMP part 1, 7.3.2).
fn fresh(additions: &[Addition]) -> Result<String> {
    let inner = description(&Layout::default(), Some("rdf"), additions)?;
    let mut out = format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"{META}\">\n <rdf:RDF xmlns:rdf=\"{RDF}\">\n  {inner}\n \
         </rdf:RDF>\n</x:xmpmeta>\n"
    );
    let line = format!("{:99}\n", "");
    let whole = PADDING.checked_div(line.len()).unwrap_or(0);
    out.push_str(&line.repeat(whole));
    out.extend(std::iter::repeat_n(' ', PADDING.checked_rem(line.len()).unwrap_or(0)));
    out.push_str("<?xpacket end=\"w\"?>");
    Ok(out)
}
