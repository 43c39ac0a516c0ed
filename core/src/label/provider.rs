//! The 27-character provider code of TC260-PG-20252A.
//!
//! | position | content |
//! | --- | --- |
//! | 1-2 | format code `00` |
//! | 3 | subject type: `1` organisation |
//! | 4 | binding: `1` unified social credit code |
//! | 5-22 | the unified social credit code (GB 32100), its last character a check digit |
//! | 23 | service: `1` generation, `2` propagation, `0` not used |
//! | 24-27 | the provider's own code for a model or application, `0000` if not used |
//!
//! The form for individual persons is not known here: such codes are reported as unsupported.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::message::{Lang, Message, label as rows};

/// Length of a provider code, in characters.
pub const CODE_LENGTH: usize = 27;
/// Length of a unified social credit code, in characters.
pub const CREDIT_CODE_LENGTH: usize = 18;

/// Alphabet of the unified social credit code: no I, O, S, V, Z (GB 32100).
const CREDIT_ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Weights of the first 17 characters (GB 32100).
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// A provider code that was checked, check digit included.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderCode(String);

/// Position 23 of a provider code: what the provider does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// `0`: the extension is not used.
    None,
    /// `1`: generates content.
    Generation,
    /// `2`: spreads content.
    Propagation,
    /// Any other digit or capital; its meaning is not known here.
    Other(char),
}

impl Service {
    /// The character at position 23.
    #[must_use]
    pub const fn code(self) -> char {
        match self {
            Self::None => '0',
            Self::Generation => '1',
            Self::Propagation => '2',
            Self::Other(c) => c,
        }
    }

    /// The service that a character at position 23 stands for.
    #[must_use]
    pub const fn from_code(code: char) -> Self {
        match code {
            '0' => Self::None,
            '1' => Self::Generation,
            '2' => Self::Propagation,
            other => Self::Other(other),
        }
    }
}

/// Why a text is no provider code, or no credit code. Positions count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CodeError {
    /// Wrong number of characters.
    Length {
        /// Characters found.
        found: usize,
        /// Characters due: 27 for a provider code, 18 for a credit code, 4 for an extension.
        due: usize,
    },
    /// A character that this position cannot hold.
    Character {
        /// Position in the code that was given.
        position: usize,
        /// The character.
        found: char,
        /// The character that was probably meant, if this one looks like it.
        likely: Option<char>,
    },
    /// Positions 1 and 2 are not `00`.
    Format {
        /// The two characters.
        found: String,
    },
    /// Position 3 is not `1`: individuals and other subjects have a form that is not known here.
    Subject {
        /// The character.
        found: char,
    },
    /// Position 4 is not `1`: the subject is not bound to a unified social credit code.
    Binding {
        /// The character.
        found: char,
    },
    /// The credit code's last character does not fit the others.
    CheckDigit {
        /// The character.
        found: char,
        /// The character that fits.
        right: char,
    },
}

impl CodeError {
    /// The error for people, naming the field that holds the code.
    #[must_use]
    pub fn in_field(self, field: &str) -> Error {
        let row = |row: &'static Message| row.with("field", field);
        match self {
            Self::Length { found, due } => Error::Invalid(row(&rows::CODE_LENGTH).arg("found", found).arg("due", due)),
            Self::Character { position, found, likely: Some(likely) } => Error::Invalid(
                row(&rows::CODE_LOOKALIKE).arg("position", position).arg("found", found).arg("likely", likely),
            ),
            Self::Character { position, found, likely: None } => {
                Error::Invalid(row(&rows::CODE_CHARACTER).arg("position", position).arg("found", found))
            }
            Self::Format { found } => Error::Unsupported(row(&rows::CODE_FORMAT).arg("found", found)),
            Self::Subject { found } => Error::Unsupported(row(&rows::CODE_SUBJECT).arg("found", found)),
            Self::Binding { found } => Error::Unsupported(row(&rows::CODE_BINDING).arg("found", found)),
            Self::CheckDigit { found, right } => {
                Error::Invalid(row(&rows::CODE_CHECK_DIGIT).arg("found", found).arg("right", right))
            }
        }
    }
}

impl From<CodeError> for Error {
    fn from(error: CodeError) -> Self {
        error.in_field("ProviderCode")
    }
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Error::from(self.clone()), f)
    }
}

impl std::error::Error for CodeError {}

/// One part of a code, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// First position, counted from 1.
    pub first: usize,
    /// Last position.
    pub last: usize,
    /// The characters.
    pub value: String,
    /// What they mean, in English.
    pub en: &'static str,
    /// What they mean, in Chinese.
    pub zh: &'static str,
}

impl Part {
    /// What the characters mean, in `lang`.
    #[must_use]
    pub const fn meaning(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }
}

impl ProviderCode {
    /// Reads and checks a code.
    ///
    /// # Errors
    ///
    /// The first rule of TC260-PG-20252A that the text breaks, with the position; see
    /// [`CodeError`]. Codes of individual persons are unsupported.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        check_length(text, CODE_LENGTH)?;
        check_characters(text, 1, is_plain)?;
        let (format, rest) = split(text, 2);
        if format != "00" {
            return Err(CodeError::Format { found: format.to_owned() });
        }
        match (first_char(rest), rest.chars().nth(1).unwrap_or_default()) {
            ('1', '1') => {}
            ('1', found) => return Err(CodeError::Binding { found }),
            (found, _) => return Err(CodeError::Subject { found }),
        }
        let (credit, _) = split(split(rest, 2).1, CREDIT_CODE_LENGTH);
        check_credit_code(credit, 5)?;
        Ok(Self(text.to_owned()))
    }

    /// Makes the code of an organisation from its unified social credit code.
    ///
    /// ```
    /// use biaoshi::label::provider::{ProviderCode, Service};
    /// # fn main() -> biaoshi::Result<()> {
    /// let code = ProviderCode::compose("91110102MACQD9K640", Service::Generation, "0000")?;
    /// assert_eq!(code.as_str(), "001191110102MACQD9K64010000");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// `extension` is the provider's own code for the model or application: four digits or
    /// capitals.
    ///
    /// # Errors
    ///
    /// [`CodeError::CheckDigit`] tells the right last character of a mistyped credit code; the
    /// others say which character cannot stand where it does.
    pub fn compose(credit_code: &str, service: Service, extension: &str) -> Result<Self, CodeError> {
        check_length(credit_code, CREDIT_CODE_LENGTH)?;
        check_credit_code(credit_code, 1)?;
        check_characters(&service.code().to_string(), 23, is_plain)?;
        check_length(extension, 4)?;
        check_characters(extension, 1, is_plain)?;
        Ok(Self(format!("0011{credit_code}{}{extension}", service.code())))
    }

    /// The 27 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The unified social credit code: positions 5 to 22.
    #[must_use]
    pub fn credit_code(&self) -> &str {
        split(split(&self.0, 4).1, CREDIT_CODE_LENGTH).0
    }

    /// Format, subject type, binding and credit code: positions 1 to 22. Two codes with the same
    /// subject belong to the same organisation.
    #[must_use]
    pub fn subject(&self) -> &str {
        split(&self.0, 22).0
    }

    /// What the provider does: position 23.
    #[must_use]
    pub fn service(&self) -> Service {
        Service::from_code(first_char(split(&self.0, 22).1))
    }

    /// The provider's own code for the model or application: positions 24 to 27.
    #[must_use]
    pub fn extension(&self) -> &str {
        split(&self.0, 23).1
    }

    /// Every part with its positions and meaning, in order.
    ///
    /// The inner structure of the credit code is that of GB 32100 (general knowledge).
    #[must_use]
    pub fn explain(&self) -> Vec<Part> {
        let service = match self.service() {
            Service::None => ("service: extension not used", "服务：未使用扩展"),
            Service::Generation => ("service: generates content", "服务：生成合成"),
            Service::Propagation => ("service: spreads content", "服务：传播"),
            Service::Other(_) => ("service: meaning not known", "服务：含义未知"),
        };
        let extension = if self.extension() == "0000" {
            ("model or application: not used", "模型或应用编码：未使用")
        } else {
            ("model or application, assigned by the provider", "模型或应用编码：提供者自行分配")
        };
        let table: [(usize, (&'static str, &'static str)); 10] = [
            (2, ("format code", "格式代码")),
            (1, ("subject type: organisation", "主体类型：组织")),
            (1, ("binding: unified social credit code", "绑定方式：统一社会信用代码")),
            (1, ("credit code: registration department", "信用代码：登记管理部门")),
            (1, ("credit code: kind of organisation", "信用代码：机构类别")),
            (6, ("credit code: administrative division", "信用代码：登记管理机关行政区划")),
            (9, ("credit code: organisation", "信用代码：主体标识码")),
            (1, ("credit code: check digit", "信用代码：校验码")),
            (1, service),
            (4, extension),
        ];
        let mut rest = self.0.as_str();
        let mut first = 1_usize;
        let mut parts = Vec::with_capacity(table.len());
        for (length, (en, zh)) in table {
            let (value, tail) = split(rest, length);
            let next = first.saturating_add(length);
            parts.push(Part { first, last: next.saturating_sub(1), value: value.to_owned(), en, zh });
            first = next;
            rest = tail;
        }
        parts
    }
}

impl fmt::Display for ProviderCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ProviderCode {
    type Error = CodeError;

    fn try_from(text: String) -> Result<Self, CodeError> {
        Self::parse(&text).map(|_| Self(text))
    }
}

impl From<ProviderCode> for String {
    fn from(code: ProviderCode) -> Self {
        code.0
    }
}

impl FromStr for ProviderCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        Self::parse(text)
    }
}

impl AsRef<str> for ProviderCode {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// What reading a code gives, as the bindings and the test vectors give it: `result` (`valid`,
/// `acceptable`: right, with a service digit whose meaning is not known, or `invalid`), and its parts
/// or the `reason`.
#[must_use]
pub fn answer(text: &str) -> serde_json::Value {
    match ProviderCode::parse(text) {
        Ok(code) => serde_json::json!({
            "result": if matches!(code.service(), Service::Other(_)) { "acceptable" } else { "valid" },
            "credit_code": code.credit_code(),
            "service": code.service().code().to_string(),
            "extension": code.extension(),
        }),
        Err(why) => {
            serde_json::json!({ "result": "invalid", "reason": serde_json::to_value(why).unwrap_or_default() })
        }
    }
}

/// The check digit that fits the first 17 characters of a credit code (GB 32100).
///
/// # Errors
///
/// [`CodeError::Length`] unless there are 17 characters or more; [`CodeError::Character`] if one of
/// them is not of the credit code's alphabet.
pub fn check_digit(credit_code: &str) -> Result<char, CodeError> {
    let mut sum = 0_usize;
    let mut chars = credit_code.chars();
    for (at, weight) in WEIGHTS.iter().enumerate() {
        let position = at.saturating_add(1);
        let Some(c) = chars.next() else {
            return Err(CodeError::Length { found: at, due: WEIGHTS.len() });
        };
        let value =
            CREDIT_ALPHABET.find(c).ok_or_else(|| character(position, c, |likely| CREDIT_ALPHABET.contains(likely)))?;
        sum = sum.saturating_add(value.saturating_mul(*weight));
    }
    let index = 31_usize.saturating_sub(sum.checked_rem(31).unwrap_or(0)).checked_rem(31);
    Ok(CREDIT_ALPHABET.chars().nth(index.unwrap_or(0)).unwrap_or('0'))
}

/// Whether a text is meant as a provider code: 27 letters and digits that begin with `00` or are
/// mostly digits, or about as many after `0011`. A guess to tell a mistyped code from a name.
#[must_use]
pub fn looks_like_code(text: &str) -> bool {
    let count = text.chars().count();
    let shape = text.chars().all(|c| c.is_ascii_alphanumeric());
    let zeros = text.chars().take(2).all(|c| matches!(c, '0' | 'O' | 'o'));
    let digits = text.chars().filter(char::is_ascii_digit).count();
    shape
        && ((count == CODE_LENGTH && (zeros || digits > 13))
            || ((22..=32).contains(&count) && text.starts_with("0011")))
}

/// Whether a text is a bare unified social credit code with a right check digit.
#[must_use]
pub fn is_credit_code(text: &str) -> bool {
    check_length(text, CREDIT_CODE_LENGTH).is_ok() && check_credit_code(text, 1).is_ok()
}

fn check_length(text: &str, due: usize) -> Result<(), CodeError> {
    let found = text.chars().count();
    if found == due { Ok(()) } else { Err(CodeError::Length { found, due }) }
}

/// Checks 18 characters; `first` is the position of the first one in the text of the caller.
fn check_credit_code(credit: &str, first: usize) -> Result<(), CodeError> {
    check_characters(credit, first, |c| CREDIT_ALPHABET.contains(c))?;
    let right = check_digit(credit)?;
    let found = credit.chars().last().unwrap_or_default();
    if found == right { Ok(()) } else { Err(CodeError::CheckDigit { found, right }) }
}

fn check_characters(text: &str, first: usize, allowed: impl Fn(char) -> bool) -> Result<(), CodeError> {
    for (at, c) in text.chars().enumerate() {
        if !allowed(c) {
            return Err(character(at.saturating_add(first), c, &allowed));
        }
    }
    Ok(())
}

fn character(position: usize, found: char, allowed: impl Fn(char) -> bool) -> CodeError {
    CodeError::Character { position, found, likely: likely(found).filter(|c| allowed(*c)) }
}

/// The digit or capital that a character is often mistaken for.
fn likely(c: char) -> Option<char> {
    let narrow = match u32::from(c) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code.saturating_sub(0xFEE0))?,
        _ => c,
    };
    let upper = narrow.to_ascii_uppercase();
    let swapped = match upper {
        'O' | 'Ο' | 'О' | '〇' | '零' => '0',
        'I' | '|' | 'Ι' | 'І' | '一' => '1',
        'S' | 'Ѕ' => '5',
        'Z' | 'Ζ' => '2',
        'V' => 'U',
        'Α' | 'А' => 'A',
        'Β' | 'В' => 'B',
        'С' => 'C',
        'Ε' | 'Е' => 'E',
        'Η' | 'Н' => 'H',
        'Κ' | 'К' => 'K',
        'Μ' | 'М' => 'M',
        'Ν' => 'N',
        'Ρ' | 'Р' => 'P',
        'Τ' | 'Т' => 'T',
        'Χ' | 'Х' => 'X',
        'Υ' => 'Y',
        other => other,
    };
    // A lower-case letter of the alphabet means its capital; l is more often a 1.
    let meant = if narrow == 'l' { '1' } else { swapped };
    (meant != c && is_plain(meant)).then_some(meant)
}

const fn is_plain(c: char) -> bool {
    c.is_ascii_digit() || c.is_ascii_uppercase()
}

fn first_char(text: &str) -> char {
    text.chars().next().unwrap_or_default()
}

/// Splits ASCII text; text that is too short goes to the head.
fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests;
