//! The dialects of SecurityData, as data.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::label::aigc::Key;
use crate::table::{names, row};

use super::SecurityData;
use super::form::{Alg, KeyForm};

/// How sure a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Sure {
    /// Real signatures were checked by it.
    Verified,
    /// Others say so.
    Stated,
    /// Our reading.
    Inferred,
}

/// Whether the value is an object or a signature alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Form {
    /// JSON.
    Object,
    /// A signature in hexadecimal.
    Signature,
}

/// Whether the object stands under the key `SecurityData`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Wrapper {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Both are seen.
    Either,
}

/// How algorithms are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum NamedBy {
    /// By object identifier, as the guide says.
    Oid,
    /// By a name such as `sm2`.
    Name,
    /// Both are seen.
    Either,
}

/// What a signature over the label is over; see `spec/security.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MessageKind {
    /// The text of Annex A.1.
    A1,
    /// The 32 bytes of its SM3.
    Sm3A1,
    /// The 32 bytes of the SM3 of provider, number, pHash, time and key version.
    Sm3Concat,
    /// Ours: label and bindings in one text.
    #[serde(rename = "biaoshi_1")]
    Biaoshi1,
    /// Not known.
    None,
}

/// What covers the bindings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cover {
    /// Nothing that is known.
    None,
    /// The signature over the label.
    InMessage,
    /// A signature of their own.
    OwnEntry,
}

/// One row of `dialects.toml`, where the members are explained.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Dialect {
    /// Stable name.
    pub id: String,
    /// Who writes it.
    pub vendor: String,
    /// Where the row comes from.
    pub source: String,
    /// How sure it is.
    pub sure: Sure,
    /// What of the row is surer or less sure.
    pub note: String,
    /// Object or signature alone.
    pub form: Form,
    /// Whether there is a wrapper.
    pub wrapper: Wrapper,
    /// Spelling of the member `PubSD`; empty: any.
    pub public: String,
    /// How algorithms are named.
    pub named_by: NamedBy,
    /// Algorithms of the signature over the label.
    pub signatures: Vec<Alg>,
    /// Values of `TBSData.Type` of that signature; empty: any.
    pub subjects: Vec<String>,
    /// Forms of the public key; empty: any.
    pub keys: Vec<KeyForm>,
    /// What `ReservedCode1` signs.
    pub code1: MessageKind,
    /// What `ReservedCode2` signs.
    pub code2: MessageKind,
    /// What covers the bindings.
    pub bindings: Cover,
    /// What the hash is over, for people.
    pub hash: String,
}

#[cfg(test)]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    dialect: Vec<Dialect>,
}

names!(Sure, Form, Wrapper, NamedBy, MessageKind, Cover, Alg, KeyForm);
row!(Dialect {
    id,
    vendor,
    source,
    sure,
    note,
    form,
    wrapper,
    public,
    named_by,
    signatures,
    subjects,
    keys,
    code1,
    code2,
    bindings,
    hash,
});

static TABLE: LazyLock<Vec<Dialect>> = LazyLock::new(|| crate::table::rows(include_str!("dialects.json"), "dialect"));

/// Every dialect that is known, in the order in which they are tried.
#[must_use]
pub fn dialects() -> &'static [Dialect] {
    &TABLE
}

impl Dialect {
    /// What the signature in `which` is over.
    #[must_use]
    pub const fn message(&self, which: Key) -> MessageKind {
        match which {
            Key::ReservedCode1 => self.code1,
            Key::ReservedCode2 => self.code2,
            _ => MessageKind::None,
        }
    }

    /// Whether a signature with this `TBSData.Type` is the one over the label.
    pub(super) fn signs_label(&self, subject: &str) -> bool {
        self.subjects.is_empty() || self.subjects.iter().any(|known| known == subject)
    }

    fn fits(&self, data: &SecurityData) -> bool {
        let wrapper = match self.wrapper {
            Wrapper::Yes => data.wrapped,
            Wrapper::No => !data.wrapped,
            Wrapper::Either => true,
        };
        let spelt = self.public.is_empty() || self.public == data.public_spelling;
        let named = |by_name: bool| match self.named_by {
            NamedBy::Oid => !by_name,
            NamedBy::Name => by_name,
            NamedBy::Either => true,
        };
        let signed = data
            .signatures
            .iter()
            .any(|s| self.signatures.contains(&s.alg) && named(s.by_name) && self.signs_label(&s.subject));
        let keyed =
            self.keys.is_empty() || data.keys.is_empty() || data.keys.iter().any(|key| self.keys.contains(&key.form));
        self.form == Form::Object && data.familiar && wrapper && spelt && signed && keyed
    }
}

/// The first row that the object fits.
pub(super) fn recognise(data: &SecurityData) -> Option<&'static Dialect> {
    TABLE.iter().find(|row| row.fits(data))
}

/// The row of a bare signature.
pub(super) fn bare() -> Option<&'static Dialect> {
    TABLE.iter().find(|row| row.form == Form::Signature)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_table_loads_and_says_where_each_row_comes_from() {
        let table = toml::from_str::<Table>(include_str!("dialects.toml")).unwrap().dialect;
        assert_eq!(table, dialects());
        assert_eq!(table.iter().map(|row| &row.id).collect::<HashSet<_>>().len(), table.len());
        let wanted = [
            "biaoshi-security-1",
            "tencent-codebuddy",
            "honor-yoyo",
            "stepfun",
            "minimax",
            "tc260-pg-202511a",
            "bare-signature",
        ];
        assert_eq!(table.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), wanted);
        for row in &table {
            assert!(!row.vendor.is_empty() && !row.source.is_empty() && !row.hash.is_empty(), "{}", row.id);
            assert!(!row.signatures.is_empty(), "{}", row.id);
        }
        assert!(bare().is_some());
    }

    #[test]
    fn members_that_nobody_knows_are_refused() {
        let text = include_str!("dialects.toml").replacen("note = \"\"", "note = \"\"\nmagic = 1", 1);
        assert!(toml::from_str::<Table>(&text).is_err());
    }
}
