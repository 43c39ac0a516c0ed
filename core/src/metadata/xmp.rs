//! XMP packets: what they state, and adding to them without changing another byte.
//!
//! XMP is RDF/XML (XMP part 1, ISO 16684-1). Only what labels need is read: the top-level
//! properties of every `rdf:Description` of every `rdf:RDF`. There is no DTD and there are no
//! entities but the five of XML.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Error;
use crate::limits::Limits;
use crate::message::{general, label as rows};

mod insert;
mod reader;
mod text;

pub(crate) use insert::without_padding;
pub use insert::{Addition, Edit, insert, insertion, replacement};
pub use text::Encoding;
pub(crate) use text::{Decoded, escape_attribute, push_lines, reference};

/// Namespace of RDF.
pub const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/// Namespace of `x:xmpmeta`.
pub const META: &str = "adobe:ns:meta/";
/// Namespace of the property `AIGC` (TC260-PG-20259A).
pub const TC260: &str = "http://www.tc260.org.cn/ns/AIGC/1.0/";
/// Namespace of the IPTC extension schema, home of `DigitalSourceType`.
pub const IPTC_EXT: &str = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
/// Namespace of `xmpNote:HasExtendedXMP` (XMP part 3, JPEG).
pub const XMP_NOTE: &str = "http://ns.adobe.com/xmp/note/";
/// Namespace of Exif properties.
pub const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
/// Namespace of Dublin Core.
pub const DC: &str = "http://purl.org/dc/elements/1.1/";
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// How a property is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// An element with text.
    Element,
    /// An attribute of `rdf:Description`.
    Attribute,
    /// `rdf:resource="…"`.
    Resource,
    /// One item of an `rdf:Alt`, `rdf:Bag` or `rdf:Seq`; each item is a property of its own here.
    Item,
    /// The `rdf:value` of a property with qualifiers.
    Qualified,
    /// A structure; its fields are not read and the value is empty.
    Structure,
}

/// One top-level property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmpProperty {
    /// Namespace URI; shared between properties.
    pub namespace: Arc<str>,
    /// Name within the namespace.
    pub local: String,
    /// Prefix used in the packet.
    pub prefix: String,
    /// The text, references resolved, line ends as XML reads them.
    pub value: String,
    /// How it is written.
    pub form: Form,
    /// Bytes of the value in the packet as stored, escapes and all.
    pub range: Range<usize>,
    /// `rdf:about` of the description; empty: the file itself.
    pub about: Arc<str>,
}

/// Something odd that does not stop reading.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Anomaly {
    /// A byte order mark before the packet in UTF-8.
    ByteOrderMark,
    /// An encoding that is not UTF-8.
    Wide(Encoding),
    /// No `<?xpacket …?>` around the RDF.
    NoWrapper,
    /// NUL bytes after the packet.
    TrailingNuls(usize),
    /// An XML declaration, which XMP packets do not have.
    XmlDeclaration,
    /// The XML declaration names an encoding that the bytes do not have.
    DeclaredEncoding(String),
    /// More than one `rdf:RDF`.
    SeveralRdf,
    /// A child of `rdf:RDF` that is no `rdf:Description`; its properties are read.
    TypedNode(String),
    /// Descriptions of different resources in one packet.
    SeveralSubjects,
    /// An attribute of a description without a namespace; not read.
    UnqualifiedAttribute(String),
}

/// What a packet states.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct XmpView {
    /// Top-level properties, in the order of the packet.
    pub properties: Vec<XmpProperty>,
    /// How the packet is encoded.
    pub encoding: Encoding,
    /// Offset of the end tag of the first `rdf:RDF`, in bytes of the packet; `None` if there is
    /// none or it closes itself.
    pub rdf_end: Option<usize>,
    /// Whether the wrapper says `end="w"`, or `end="r"`; `None` without wrapper.
    pub writable: Option<bool>,
    /// Oddities, one for each occurrence; those of the text at most 256.
    pub anomalies: Vec<Anomaly>,
}

impl XmpView {
    /// The properties with this name.
    pub fn find<'a>(&'a self, namespace: &'a str, local: &'a str) -> impl Iterator<Item = &'a XmpProperty> {
        self.properties.iter().filter(move |p| &*p.namespace == namespace && p.local == local)
    }
}

/// Why a packet cannot be read further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmpError {
    /// What is wrong.
    pub kind: XmpErrorKind,
    /// Where, in bytes of the packet.
    pub offset: usize,
}

/// What is wrong with a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum XmpErrorKind {
    /// A bound of [`Limits`] was reached.
    Limit {
        /// Its name.
        name: &'static str,
        /// What was found.
        value: usize,
        /// The bound.
        max: usize,
    },
    /// Not text in the encoding that the first bytes announce.
    Encoding(Encoding),
    /// Markup that is not closed, or no XML.
    Syntax,
    /// An end tag that closes nothing, or an element that is not closed; its name.
    EndTag(String),
    /// A malformed or repeated attribute; its name.
    Attribute(String),
    /// A document type declaration.
    Doctype,
    /// A reference to an entity or character that does not exist.
    Entity(String),
    /// A prefix that is not declared.
    Prefix(String),
}

impl From<XmpError> for Error {
    fn from(error: XmpError) -> Self {
        let at = u64::try_from(error.offset).unwrap_or(u64::MAX);
        Self::Malformed(match error.kind {
            XmpErrorKind::Limit { name, value, max } => {
                let row = general::LIMIT.with("limit", name).arg("value", value).arg("max", max);
                return Self::Limit(row.at(at));
            }
            XmpErrorKind::Encoding(e) => rows::XMP_ENCODING.with("encoding", e.name()).at(at),
            XmpErrorKind::Syntax => rows::XMP_SYNTAX.problem().at(at),
            XmpErrorKind::EndTag(name) => rows::XMP_END_TAG.with("name", name).at(at),
            XmpErrorKind::Attribute(name) => rows::XMP_ATTRIBUTE.with("name", name).at(at),
            XmpErrorKind::Doctype => rows::XMP_DOCTYPE.problem().at(at),
            XmpErrorKind::Entity(name) => rows::XMP_ENTITY.with("name", name).at(at),
            XmpErrorKind::Prefix(name) => rows::XMP_PREFIX.with("name", name).at(at),
        })
    }
}

impl std::fmt::Display for XmpError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&Error::from(self.clone()), f)
    }
}

impl std::error::Error for XmpError {}

/// Reads a packet.
///
/// ```
/// use biaoshi::{Limits, metadata::xmp};
/// # fn main() -> biaoshi::Result<()> {
/// let limits = Limits::default();
/// let label = xmp::Addition::new(xmp::TC260, "TC260", "AIGC", r#"{"Label":"1"}"#);
/// let packet = xmp::insert(None, &[label], &limits)?;
/// let view = xmp::read(&packet, &limits)?;
/// let found = view.find(xmp::TC260, "AIGC").next();
/// assert_eq!(found.map(|property| property.value.as_str()), Some(r#"{"Label":"1"}"#));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`XmpError`] at the first byte that is not well-formed, or where a limit is reached: packet
/// bytes ([`Limits::metadata_bytes`]), nesting, attributes and bytes of a tag, number of
/// properties ([`Limits::segments`]).
pub fn read(packet: &[u8], limits: &Limits) -> Result<XmpView, XmpError> {
    match read_lenient(packet, limits) {
        (view, None) => Ok(view),
        (_, Some(error)) => Err(error),
    }
}

/// Reads a packet as far as it goes: what was found before an error stays available, because a
/// damaged label is still evidence.
#[must_use]
pub fn read_lenient(packet: &[u8], limits: &Limits) -> (XmpView, Option<XmpError>) {
    let (view, _, error) = reader::read(packet, limits);
    (view, error)
}

/// The GUID of the extended packet that this one announces (XMP part 3, JPEG), if any.
#[must_use]
pub fn extended_guid(view: &XmpView) -> Option<String> {
    view.find(XMP_NOTE, "HasExtendedXMP").next().map(|p| p.value.trim().to_owned())
}

#[cfg(test)]
mod tests;
