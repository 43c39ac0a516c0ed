//! EPUB (EPUB 3.3, OPF 2.0.1): the package document behind `META-INF/container.xml`.

use crate::error::{Error, Problem, Result};
use crate::message::container::office as rows;

use super::edit::Change;
use super::ooxml::DC_NS;
use super::package::{Found, Package, Part, Places, Value, refused};
use super::xml::{Element, Scope, TextEdit, Visitor};

/// Files with fixed names (EPUB 3.3 4.2.6).
const CONTAINER: &str = "META-INF/container.xml";
const ENCRYPTION: &str = "META-INF/encryption.xml";

const CONTAINER_NS: &str = "urn:oasis:names:tc:opendocument:xmlns:container";
const PACKAGE_NS: &str = "http://www.idpf.org/2007/opf";
const PACKAGE_TYPE: &str = "application/oebps-package+xml";
const ENCRYPTION_NS: &str = "http://www.w3.org/2001/04/xmlenc#";

/// Vocabulary of the properties that are written; EPUB 3 asks for one behind each prefix (D.1.4).
/// It is the namespace that TC260-PG-20259A gives to the same property in XMP.
const VOCABULARY: &str = "http://www.tc260.org.cn/ns/AIGC/1.0/";
/// Package documents of one file that are read: renditions of the same book.
const RENDITIONS: usize = 16;

/// Paths of the package documents.
#[derive(Default)]
struct Container {
    paths: Vec<String>,
}

impl<'t> Visitor<'t> for Container {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, _: &[Element<'t>], _: &Scope) {
        let package = element.value("media-type").is_none_or(|kind| kind == PACKAGE_TYPE);
        let rootfile = package && element.is(CONTAINER_NS, "rootfile") && self.paths.len() < RENDITIONS;
        if let Some(path) = element.value("full-path").filter(|_| rootfile) {
            self.paths.push(path.trim_start_matches('/').to_owned());
        }
    }
}

/// Paths of the package documents, and why they could not be read to the end.
fn container(package: &mut Package<'_, '_>) -> Result<(Vec<String>, Option<Problem>)> {
    let mut container = Container::default();
    let mut end = match package.part(CONTAINER)? {
        Ok(part) => part.scan(package.limits, &mut container).err(),
        Err(why) => Some(why),
    };
    if container.paths.is_empty() {
        end.get_or_insert_with(|| rows::XML_ELEMENT.with("name", "rootfile"));
    }
    Ok((container.paths, end))
}

/// Names of the parts that a label changes, and why there is no place for one.
pub(super) fn parts(package: &mut Package<'_, '_>) -> Result<Places> {
    let (paths, end) = container(package)?;
    let first: Vec<String> = paths.into_iter().take(1).collect();
    let missing = first.iter().find(|path| package.find(path).is_none());
    let missing = missing.map(|path| (path.clone(), rows::PART_MISSING.problem()));
    Ok((first, missing.or_else(|| end.map(|why| (CONTAINER.to_owned(), why)))))
}

/// A package document.
#[derive(Default)]
struct Book<'t> {
    values: Vec<Value>,
    /// For an edit: the name that is looked for.
    key: &'t str,
    found: Vec<Element<'t>>,
    metadata: Option<Element<'t>>,
    root: Option<Element<'t>>,
}

/// The name of a property without its prefix.
fn unprefixed(property: &str) -> &str {
    property.trim().rsplit_once(':').map_or(property.trim(), |(_, name)| name)
}

fn is_meta(element: &Element<'_>) -> bool {
    (element.namespace.is_empty() || &*element.namespace == PACKAGE_NS) && element.local() == "meta"
}

impl<'t> Visitor<'t> for Book<'t> {
    fn wants(&self, element: &Element<'t>, open: &[Element<'t>]) -> bool {
        let inside = open.get(1).is_some_and(|outer| outer.local() == "metadata");
        let text = &*element.namespace == DC_NS && matches!(element.local(), "title" | "subject" | "description");
        inside && (text || (is_meta(element) && element.attribute("property").is_some()))
    }

    fn visit(&mut self, mut element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        let text = element.text.take();
        let inside = open.get(1).is_some_and(|outer| outer.local() == "metadata");
        let mut take = |place, key: &str, text: String, at| {
            self.values.push(Value { place, key: key.to_owned(), text, at });
            !self.key.is_empty() && key == self.key
        };
        let here = match (element.value("property"), element.attribute("content")) {
            _ if !inside => false,
            (Some(property), _) if is_meta(&element) => {
                take("opf", unprefixed(property), text.unwrap_or_default(), element.inner.clone())
            }
            (None, Some(content)) if is_meta(&element) => {
                let name = element.value("name").unwrap_or_default();
                take("opf", unprefixed(name), content.value.clone(), content.range.clone())
            }
            _ => {
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    take("dc", element.local(), text, element.inner.clone());
                }
                false
            }
        };
        match open.len() {
            0 => self.root = Some(element),
            1 if element.local() == "metadata" && self.metadata.is_none() => self.metadata = Some(element),
            _ if here => self.found.push(element),
            _ => {}
        }
    }
}

/// Every value that is a text.
pub(super) fn values(package: &mut Package<'_, '_>) -> Result<Found> {
    let mut found = Found::default();
    let (paths, end) = container(package)?;
    if let Some(why) = end {
        found.fault(package, CONTAINER, why);
    }
    for path in paths {
        found.take(package, &path, &|part, limits| {
            let mut book = Book::default();
            let end = part.scan(limits, &mut book);
            (book.values, end)
        })?;
    }
    Ok(found)
}

/// Whether a path is one that is said to be encrypted.
struct Encrypted<'p> {
    path: &'p str,
    found: bool,
}

impl<'t> Visitor<'t> for Encrypted<'_> {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, _: &[Element<'t>], _: &Scope) {
        let named = element.value("URI").is_some_and(|uri| uri.trim_start_matches('/') == self.path);
        self.found |= named && element.is(ENCRYPTION_NS, "CipherReference");
    }
}

/// Whether the file at this path is encrypted.
pub(super) fn is_encrypted(package: &mut Package<'_, '_>, path: &str) -> Result<bool> {
    if package.find(ENCRYPTION).is_none() {
        return Ok(false);
    }
    let mut encrypted = Encrypted { path, found: false };
    package.editable(ENCRYPTION)?.study(package.limits, &mut encrypted)?;
    Ok(encrypted.found)
}

/// The changes that give the book a property.
pub(super) fn put(package: &mut Package<'_, '_>, key: &str, value: &str) -> Result<Vec<Change>> {
    package.unsigned(&|name| name == "meta-inf/signatures.xml")?;
    let (paths, end) = container(package)?;
    let path = match (paths.into_iter().next(), end) {
        (Some(path), None) => path,
        (_, why) => return Err(refused(CONTAINER, why.unwrap_or_else(|| rows::PART_MISSING.problem()))),
    };
    if is_encrypted(package, &path)? {
        return Err(Error::Refused(rows::OFFICE_ENCRYPTED.with("part", path)));
    }
    let part = package.editable(&path)?;
    let mut book = Book { key, ..Book::default() };
    part.study(package.limits, &mut book)?;
    Ok(vec![part.edited(edits(&part, book, value)?)])
}

fn edits(part: &Part, book: Book<'_>, value: &str) -> Result<Vec<TextEdit>> {
    let missing = |name: &str| refused(&part.name, rows::XML_ELEMENT.with("name", name));
    let root = book.root.filter(|root| root.local() == "package").ok_or_else(|| missing("package"))?;
    let metadata = book.metadata.ok_or_else(|| missing("metadata"))?;
    match book.found.as_slice() {
        [] => {}
        [one] => {
            return Ok(vec![match one.attribute("content") {
                Some(content) if one.attribute("property").is_none() => {
                    (content.range.clone(), part.escape(value, true)?)
                }
                _ => one.fill(&part.escape(value, false)?),
            }]);
        }
        [..] => return Err(refused(&part.name, rows::XML_TWICE.with("name", book.key))),
    }
    let (meta, key) = (metadata.sibling("meta"), book.key);
    // Versions before 3 know names and contents only (OPF 2.0.1 2.2).
    if !root.value("version").is_some_and(|version| version.trim_start().starts_with('3')) {
        let value = part.escape(value, true)?;
        return Ok(vec![metadata.append(&format!("<{meta} name=\"{key}\" content=\"{value}\"/>"))]);
    }
    let (prefix, declaration) = prefix(&root, key);
    let value = part.escape(value, false)?;
    let mut edits = vec![metadata.append(&format!("<{meta} property=\"{prefix}:{key}\">{value}</{meta}>"))];
    edits.extend(declaration);
    Ok(edits)
}

/// The prefix of the vocabulary, and the edit that declares it (EPUB 3.3 D.1.4).
fn prefix(root: &Element<'_>, key: &str) -> (String, Option<TextEdit>) {
    let declared = root.attribute("prefix");
    let words: Vec<&str> = declared.map(|a| a.value.split_ascii_whitespace().collect()).unwrap_or_default();
    let pairs = || words.windows(2).filter_map(|pair| Some((pair.first()?.strip_suffix(':')?, *pair.last()?)));
    if let Some((prefix, _)) = pairs().find(|(_, uri)| *uri == VOCABULARY) {
        return (prefix.to_owned(), None);
    }
    let wanted = key.to_ascii_lowercase();
    let names = std::iter::once(wanted.clone()).chain((1..=words.len()).map(|n| format!("{wanted}{n}")));
    let free = { names }.find(|name| !pairs().any(|(prefix, _)| prefix == name)).unwrap_or(wanted);
    let edit = match declared {
        Some(attribute) => {
            let space = if attribute.value.trim().is_empty() { "" } else { " " };
            (attribute.range.end..attribute.range.end, format!("{space}{free}: {VOCABULARY}"))
        }
        None => (root.name_end..root.name_end, format!(" prefix=\"{free}: {VOCABULARY}\"")),
    };
    (free, Some(edit))
}
