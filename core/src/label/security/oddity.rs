//! Ways in which protection data that could be read differs from the guide.

use crate::error::Problem;
use crate::message::security as rows;

use super::KeyForm;

/// A way in which SecurityData differs from TC260-PG-202511A, or a guess that was needed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oddity {
    /// White space or a byte order mark around the value.
    Padding,
    /// White space between the tokens of the JSON.
    Whitespace,
    /// The JSON stands inside a JSON string.
    JsonInString,
    /// The JSON stands in base64.
    Base64,
    /// There is no key `SecurityData` around the object.
    NoWrapper,
    /// White space around `TC260PG`.
    TypeSpaces,
    /// `Type` is not `TC260PG`.
    OtherType {
        /// What it is; empty if it is missing.
        found: String,
    },
    /// `Version` is not the number 1.
    OtherVersion {
        /// The JSON; empty if it is missing.
        found: String,
    },
    /// A member is spelt differently.
    Spelling {
        /// As found.
        found: String,
        /// As the guide has it.
        meant: &'static str,
    },
    /// `PubSD` or `Bindings` is one object in place of a list.
    NotAList {
        /// The member.
        name: &'static str,
    },
    /// A member that the guide does not have.
    UnknownMember {
        /// Its name.
        name: String,
    },
    /// An entry of `PubSD` that is neither signature nor key.
    UnknownEntry {
        /// Its `Type`.
        found: String,
    },
    /// An algorithm is named by a word.
    AlgorithmName {
        /// The word.
        found: String,
    },
    /// `TBSData.Type` of a signature is none of the guide's.
    OtherSubject {
        /// What it is.
        found: String,
    },
    /// The key is no SubjectPublicKeyInfo.
    KeyNotSpki {
        /// What it is.
        form: KeyForm,
    },
    /// The signature is 64 bytes without DER.
    RawSignature,
    /// The DER of the signature has zeros too many or too few.
    SignatureZeros,
    /// A signature or key is not hexadecimal, or no signature.
    Unreadable {
        /// The member.
        name: &'static str,
    },
    /// The message that holds is not the one that the dialect is known for.
    OtherMessage,
    /// A value that the hash takes in stands there more than once, and differs.
    Ambiguous {
        /// Its name.
        name: &'static str,
    },
    /// No hash is stored beside the values that it takes in.
    HashMissing,
    /// One of several signatures does not hold, or can't be checked.
    OneNotVerified {
        /// Its number among the signatures, from 1.
        number: usize,
    },
    /// The bindings have a signature of their own that does not hold as far as its form is known.
    BindingNotVerified,
}

impl Oddity {
    /// What it says, as a row of the message table.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Padding => rows::PADDING.problem(),
            Self::Whitespace => rows::WHITESPACE.problem(),
            Self::JsonInString => rows::JSON_IN_STRING.problem(),
            Self::Base64 => rows::BASE64.problem(),
            Self::NoWrapper => rows::NO_WRAPPER.problem(),
            Self::TypeSpaces => rows::TYPE_SPACES.problem(),
            Self::OtherType { found } => rows::OTHER_TYPE.with("found", found),
            Self::OtherVersion { found } => rows::OTHER_VERSION.with("found", found),
            Self::Spelling { found, meant } => rows::SPELLING.with("found", found).arg("meant", meant),
            Self::NotAList { name } => rows::NOT_A_LIST.with("name", name),
            Self::UnknownMember { name } => rows::UNKNOWN_MEMBER.with("name", name),
            Self::UnknownEntry { found } => rows::UNKNOWN_ENTRY.with("found", found),
            Self::AlgorithmName { found } => rows::ALGORITHM_NAME.with("found", found),
            Self::OtherSubject { found } => rows::OTHER_SUBJECT.with("found", found),
            Self::KeyNotSpki { form } => rows::KEY_NOT_SPKI.with("form", form.name()),
            Self::RawSignature => rows::RAW_SIGNATURE.problem(),
            Self::SignatureZeros => rows::SIGNATURE_ZEROS.problem(),
            Self::Unreadable { name } => rows::UNREADABLE.with("name", name),
            Self::OtherMessage => rows::OTHER_MESSAGE.problem(),
            Self::Ambiguous { name } => rows::AMBIGUOUS.with("name", name),
            Self::HashMissing => rows::HASH_MISSING.problem(),
            Self::OneNotVerified { number } => rows::ONE_NOT_VERIFIED.with("number", number),
            Self::BindingNotVerified => rows::BINDING_NOT_VERIFIED.problem(),
        }
    }
}
