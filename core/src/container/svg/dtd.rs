//! What a document type declares inside the document (XML 1.0, 2.8).

use std::collections::HashMap;

use crate::error::Result;
use crate::limits::Limits;
use crate::source::check_limit;

/// The internal subset, as far as it matters to metadata.
#[derive(Debug, Default, Clone)]
pub(super) struct Dtd {
    /// Entities that stand for plain text.
    entities: HashMap<String, String>,
    /// Elements that are given attributes.
    lists: Vec<String>,
}

/// Longest namespace that is put together from entities, in bytes.
const LONGEST: usize = 1024;

/// Cuts at the first of `stops` that stands outside of quotation marks; the rest begins with it.
fn outside(text: &str, stop: char) -> (&str, &str) {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None if c == stop => return text.split_at(at),
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None => {}
        }
    }
    (text, "")
}

/// Reads what stands between `<!DOCTYPE` and its end.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Dtd> {
    let (mut dtd, mut declarations) = (Dtd::default(), 0u64);
    let mut rest = outside(text, '[').1;
    while let Some((_, tail)) = rest.split_once('<') {
        declarations = declarations.saturating_add(1);
        check_limit("segments", declarations, limits.segments as u64)?;
        let skipped = if let Some(tail) = tail.strip_prefix("!--") {
            tail.split_once("-->")
        } else if tail.starts_with('?') {
            tail.split_once("?>")
        } else {
            let (declaration, tail) = outside(tail, '>');
            if let Some(entity) = declaration.strip_prefix("!ENTITY") {
                dtd.entity(entity);
            } else if let Some(list) = declaration.strip_prefix("!ATTLIST") {
                dtd.lists.extend(list.split_ascii_whitespace().next().map(str::to_owned));
            }
            Some(("", tail))
        };
        rest = skipped.map_or("", |(_, tail)| tail);
    }
    Ok(dtd)
}

impl Dtd {
    /// Keeps a declaration `name "value"`; the first one of a name counts (XML 1.0, 4.2).
    fn entity(&mut self, declaration: &str) {
        let Some((name, value)) = declaration.trim_ascii().split_once(|c: char| c.is_ascii_whitespace()) else {
            return;
        };
        let value = value.trim_ascii();
        let plain = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
        let Some(value) = plain('"').or_else(|| plain('\'')) else { return };
        if !value.contains(['&', '%', '<']) {
            self.entities.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }

    /// An attribute's value with its entities; as it is written if they stand for more than a
    /// namespace can be.
    pub(super) fn expand(&self, raw: &str) -> String {
        let mut out = String::new();
        let mut rest = raw;
        while let Some((head, tail)) = rest.split_once('&') {
            out.push_str(head);
            let Some((name, tail)) = tail.split_once(';') else { return raw.to_owned() };
            match (crate::metadata::xmp::reference(name), self.entities.get(name)) {
                (Some(c), _) => out.push(c),
                (None, Some(value)) if value.len() <= LONGEST => out.push_str(value),
                _ => return raw.to_owned(),
            }
            if out.len() > LONGEST {
                return raw.to_owned();
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    /// The first of `names` that is given attributes by default.
    pub(super) fn gives_attributes<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|name| self.lists.iter().any(|list| list == name))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entities_and_lists() {
        let dtd = read(
            r#"svg PUBLIC "a [ b" 'c' [ <!-- <!ENTITY no "1"> --> <?pi <!ENTITY no "1"> ?>
            <!ENTITY ns "http://a/"> <!ENTITY ns "http://b/"><!ENTITY % p "q"><!ENTITY deep "&ns;">
            <!ENTITY far SYSTEM "x>y"><!ATTLIST rdf:RDF a CDATA ">" b CDATA #FIXED "1"><!ELEMENT x ANY>] "#,
            &Limits::default(),
        )
        .unwrap();
        assert_eq!(dtd.expand("&ns;x&amp;y"), "http://a/x&y");
        for raw in ["&no;", "&deep;", "&far;", "&p;", "&ns", "plain"] {
            assert_eq!(dtd.expand(raw), raw);
        }
        assert_eq!(dtd.gives_attributes(&["metadata", "rdf:RDF"]), Some("rdf:RDF"));
        assert_eq!(dtd.gives_attributes(&["x"]), None);
    }

    #[test]
    fn entities_don_t_multiply() {
        let dtd = read(&format!("svg [<!ENTITY a \"{}\">]", "x".repeat(600)), &Limits::default()).unwrap();
        assert_eq!(dtd.expand("&a;").len(), 600);
        assert_eq!(dtd.expand("&a;&a;"), "&a;&a;");
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[\\[<>!?ENTIYALS%&;\"' a-]{0,80}") {
            let _ = read(&text, &Limits::default()).unwrap().expand(&text);
        }
    }
}
