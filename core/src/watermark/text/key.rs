//! Keys of text watermarks, and files that hold them.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::message::{sign, watermark_text as message};

/// Layers that a key made here has.
pub const LAYERS: usize = 30;
/// Most layers of a key.
pub const LAYERS_MAX: usize = 64;
/// Longest n-gram, in tokens; the shortest has 2.
pub const NGRAM_MAX: usize = 64;
/// Most contexts that are remembered.
pub const HISTORY_MAX: usize = 1 << 16;
/// Largest sampling table, in bits; the reference has the same bound.
pub const TABLE_MAX: u32 = 1 << 24;
/// What random keys are drawn below: JSON readers that compute in floating point keep such numbers.
const DRAW_MAX: u64 = 1 << 53;

/// How g-values come from key, context and token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Scheme {
    /// As transformers 4.46 and later and synthid-text 0.2 do: a linear congruential hash and a table of
    /// random bits, as made on a CPU. No more than `sampling_table_size` different outcomes, and nothing
    /// that cryptography calls secure.
    #[default]
    SynthidTable,
    /// As synthid-text does since June 2025: the same hash from a start that depends on the keys, then 12
    /// rounds of it. Not secure either.
    SynthidLcg,
    /// HMAC-SHA-256 of the context, SHA-256 of the token: who sees marked texts can't tell g-values of
    /// other n-grams. Ours.
    HmacSha256,
}

impl Scheme {
    /// The name in key files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SynthidTable => "synthid-table",
            Self::SynthidLcg => "synthid-lcg",
            Self::HmacSha256 => "hmac-sha256",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::SynthidTable, Self::SynthidLcg, Self::HmacSha256].into_iter().find(|one| one.name() == name)
    }
}

/// The secret of a text watermark with what must be the same when it is looked for. Wiped from memory
/// when dropped, and never shown.
#[derive(Clone)]
pub struct TextKey {
    pub(super) scheme: Scheme,
    pub(super) keys: Zeroizing<Vec<i64>>,
    pub(super) ngram_len: usize,
    pub(super) context_history_size: usize,
    pub(super) sampling_table_size: u32,
    pub(super) sampling_table_seed: i64,
    pub(super) skip_first_ngram_calls: bool,
}

impl fmt::Debug for TextKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextKey")
            .field("scheme", &self.scheme)
            .field("layers", &self.keys.len())
            .field("ngram_len", &self.ngram_len)
            .finish_non_exhaustive()
    }
}

/// The fields of a key file, by the names that transformers gives them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(default)]
    scheme: Scheme,
    keys: Vec<i64>,
    #[serde(default = "ngram_len")]
    ngram_len: u64,
    #[serde(default = "history")]
    context_history_size: u64,
    #[serde(default = "table_size")]
    sampling_table_size: u64,
    #[serde(default)]
    sampling_table_seed: i64,
    #[serde(default)]
    skip_first_ngram_calls: bool,
    /// A field of transformers that makes all scores alike, for its tests.
    #[serde(default, skip_serializing)]
    debug_mode: bool,
}

impl Fields {
    /// All else as transformers has it by default.
    const fn of(scheme: Scheme, keys: Vec<i64>) -> Self {
        Self {
            scheme,
            keys,
            ngram_len: ngram_len(),
            context_history_size: history(),
            sampling_table_size: table_size(),
            sampling_table_seed: 0,
            skip_first_ngram_calls: false,
            debug_mode: false,
        }
    }
}

const fn ngram_len() -> u64 {
    5
}

const fn history() -> u64 {
    1024
}

const fn table_size() -> u64 {
    1 << 16
}

fn unusable(field: &'static str, rule: impl ToString) -> Error {
    Error::Invalid(message::KEY_FIELD.with("field", field).arg("rule", rule))
}

/// A count within its bounds.
fn within(field: &'static str, value: u64, low: u64, high: u64) -> Result<usize> {
    match usize::try_from(value) {
        Ok(count) if (low..=high).contains(&value) => Ok(count),
        _ => Err(unusable(field, format!("{low} to {high}"))),
    }
}

impl TextKey {
    /// A key of these numbers, one for each layer, 1 to [`LAYERS_MAX`] and all different, for n-grams of 5
    /// tokens. All else is as transformers has it by default.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are too few or too many keys, or two that are the same.
    pub fn new(scheme: Scheme, keys: Vec<i64>) -> Result<Self> {
        Self::checked(Fields::of(scheme, keys))
    }

    /// Length of the n-grams that are hashed, in tokens (2 to [`NGRAM_MAX`], 5 at first): the context and
    /// the token behind it. A longer one makes the mark weaker against edits, a shorter one shifts
    /// the choice of words for readers of many texts.
    ///
    /// # Errors
    /// [`Error::Invalid`] outside its range.
    pub fn ngram_len(mut self, tokens: usize) -> Result<Self> {
        self.ngram_len = within("ngram_len", tokens as u64, 2, NGRAM_MAX as u64)?;
        Ok(self)
    }

    /// How many contexts are remembered, so that one that comes again is not marked again (0 to
    /// [`HISTORY_MAX`], 1024 at first).
    ///
    /// # Errors
    /// [`Error::Invalid`] outside its range.
    pub fn context_history_size(mut self, contexts: usize) -> Result<Self> {
        self.context_history_size = within("context_history_size", contexts as u64, 0, HISTORY_MAX as u64)?;
        Ok(self)
    }

    /// Size in bits (1 to [`TABLE_MAX`], 65536 at first) and seed of the table of
    /// [`Scheme::SynthidTable`].
    ///
    /// # Errors
    /// [`Error::Invalid`] outside its range.
    pub fn sampling_table(mut self, size: u32, seed: i64) -> Result<Self> {
        within("sampling_table_size", u64::from(size), 1, u64::from(TABLE_MAX))?;
        (self.sampling_table_size, self.sampling_table_seed) = (size, seed);
        Ok(self)
    }

    /// Whether the first `ngram_len - 1` tokens are left as they are. No detector scores them, and their
    /// contexts start with zeros in every text: marking them makes beginnings alike.
    #[must_use]
    pub const fn skip_first_ngram_calls(mut self, skip: bool) -> Self {
        self.skip_first_ngram_calls = skip;
        self
    }

    /// The scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Makes a key of [`LAYERS`] random numbers of 53 bits that leaves the first tokens unmarked.
    ///
    /// # Errors
    /// [`Error::Signing`] if the system gives no random bytes.
    pub fn generate(scheme: Scheme) -> Result<Self> {
        let mut keys: Vec<i64> = Vec::with_capacity(LAYERS);
        while keys.len() < LAYERS {
            let mut bytes = Zeroizing::new([0u8; 8]);
            getrandom::fill(bytes.as_mut_slice())
                .map_err(|reason| Error::Signing(sign::RANDOM.with("reason", reason)))?;
            let key = (u64::from_le_bytes(*bytes) % DRAW_MAX).cast_signed();
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Ok(Self::new(scheme, keys)?.skip_first_ngram_calls(true))
    }

    /// Reads the text of a key file: a JSON object with the fields of transformers'
    /// `SynthIDTextWatermarkingConfig` and `scheme`, or whole numbers, apart by spaces, commas or lines, with
    /// lines such as `ngram_len = 5` between them and remarks behind `#`. Where no scheme is named it is
    /// [`Scheme::SynthidTable`].
    ///
    /// ```
    /// use biaoshi::watermark::text::{Scheme, TextKey};
    /// let key = TextKey::from_text("scheme = hmac-sha256\n654 400 836 # and so on")?;
    /// assert_eq!(key.scheme(), Scheme::HmacSha256);
    /// assert!(!format!("{key:?}").contains("654"));
    /// # Ok::<(), biaoshi::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] if it can't be read or a value is outside its range. The error shows
    /// no value.
    pub fn from_text(text: &str) -> Result<Self> {
        let syntax = || Error::Invalid(message::KEY_SYNTAX.problem());
        let fields = match text.trim_start().chars().next() {
            Some('{') => serde_json::from_str(text).map_err(|_| syntax())?,
            Some('[') => {
                let keys: Vec<i64> = serde_json::from_str(text).map_err(|_| syntax())?;
                return Self::new(Scheme::default(), keys);
            }
            _ => lines(text).ok_or_else(syntax)?,
        };
        Self::checked(fields)
    }

    /// The text of a key file, as JSON. It is the secret: write it where nobody else can read it.
    ///
    /// # Errors
    /// None in practice: that of the JSON writer.
    pub fn to_json(&self) -> Result<Zeroizing<String>> {
        let mut fields = Fields {
            scheme: self.scheme,
            keys: self.keys.to_vec(),
            ngram_len: self.ngram_len as u64,
            context_history_size: self.context_history_size as u64,
            sampling_table_size: u64::from(self.sampling_table_size),
            sampling_table_seed: self.sampling_table_seed,
            skip_first_ngram_calls: self.skip_first_ngram_calls,
            debug_mode: false,
        };
        let text = serde_json::to_string(&fields);
        zeroize::Zeroize::zeroize(&mut fields.keys);
        text.map(Zeroizing::new).map_err(|_| Error::Internal(message::KEY_SYNTAX.problem()))
    }

    /// Loads a key file.
    ///
    /// # Errors
    /// [`Error::Io`] if it can't be read, [`Error::Limit`] if it is longer than 64 KiB,
    /// [`Error::Signing`] if others may read it (Unix), and what [`TextKey::from_text`] returns.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn load(path: impl AsRef<std::path::Path>) -> Result<Self> {
        Self::from_text(&crate::sign::secret_file::read(path.as_ref(), true)?)
    }

    /// Writes a new key file that only its owner may read (Unix).
    ///
    /// # Errors
    /// [`Error::Refused`] if something stands there: nothing is overwritten; [`Error::Io`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn save(&self, path: impl AsRef<std::path::Path>) -> Result<()> {
        crate::sign::secret_file::write_new(path.as_ref(), self.to_json()?.as_bytes(), true)
    }

    fn checked(fields: Fields) -> Result<Self> {
        let keys = Zeroizing::new(fields.keys);
        within("keys", keys.len() as u64, 1, LAYERS_MAX as u64)?;
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(unusable("keys", "all different"));
        }
        if fields.debug_mode {
            return Err(unusable("debug_mode", "false"));
        }
        let size = within("sampling_table_size", fields.sampling_table_size, 1, u64::from(TABLE_MAX))?;
        let history = within("context_history_size", fields.context_history_size, 0, HISTORY_MAX as u64)?;
        Ok(Self {
            scheme: fields.scheme,
            keys,
            ngram_len: within("ngram_len", fields.ngram_len, 2, NGRAM_MAX as u64)?,
            context_history_size: history,
            sampling_table_size: u32::try_from(size).unwrap_or(TABLE_MAX),
            sampling_table_seed: fields.sampling_table_seed,
            skip_first_ngram_calls: fields.skip_first_ngram_calls,
        })
    }
}

/// The plain form of a key file.
fn lines(text: &str) -> Option<Fields> {
    let mut fields = Fields::of(Scheme::default(), Vec::with_capacity(LAYERS_MAX));
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let Some((name, value)) = line.split_once('=') else {
            for number in line.split([' ', '\t', ',', '\r']).filter(|part| !part.is_empty()) {
                // More would grow the list and leave copies of the key behind.
                if fields.keys.len() >= LAYERS_MAX {
                    return None;
                }
                fields.keys.push(number.parse().ok()?);
            }
            continue;
        };
        let value = value.trim();
        match name.trim() {
            "scheme" => fields.scheme = Scheme::from_name(value)?,
            "ngram_len" => fields.ngram_len = value.parse().ok()?,
            "context_history_size" => fields.context_history_size = value.parse().ok()?,
            "sampling_table_size" => fields.sampling_table_size = value.parse().ok()?,
            "sampling_table_seed" => fields.sampling_table_seed = value.parse().ok()?,
            "skip_first_ngram_calls" => fields.skip_first_ngram_calls = value.parse().ok()?,
            _ => return None,
        }
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const NUMBERS: [i64; 3] = [1_234_567_891, -998_877_665_544, 400];

    #[test]
    fn both_forms_say_the_same() {
        let json = r#"{"scheme": "hmac-sha256", "keys": [1234567891, -998877665544, 400], "ngram_len": 4,
            "context_history_size": 7, "sampling_table_size": 99, "sampling_table_seed": -3,
            "skip_first_ngram_calls": true, "debug_mode": false}"#;
        let plain = "# a key\nscheme = hmac-sha256\nngram_len=4\n1234567891, -998877665544\t400 # three\r\n\
            context_history_size = 7\nsampling_table_size = 99\nsampling_table_seed = -3\nskip_first_ngram_calls = true";
        for text in [json, plain] {
            let key = TextKey::from_text(text).unwrap();
            assert_eq!((key.scheme, key.keys.as_slice(), key.ngram_len), (Scheme::HmacSha256, &NUMBERS[..], 4));
            assert_eq!((key.context_history_size, key.sampling_table_size, key.sampling_table_seed), (7, 99, -3));
            assert!(key.skip_first_ngram_calls);
            assert_eq!(
                *TextKey::from_text(&key.to_json().unwrap()).unwrap().to_json().unwrap(),
                *key.to_json().unwrap()
            );
        }
        let listed = TextKey::from_text(" [1234567891,-998877665544,400]").unwrap();
        assert_eq!((listed.scheme, listed.ngram_len, listed.context_history_size), (Scheme::SynthidTable, 5, 1024));
    }

    #[test]
    fn bad_keys_are_refused_and_not_shown() {
        let many = format!("{:?}", (1_234_567_891..1_234_567_891 + 65).collect::<Vec<i64>>());
        for text in [
            "",
            "{}",
            "[]",
            "1234567891 1234567891",
            "1234567891 99999999999999999999",
            "1234567891 1e3",
            "name = 1234567891",
            "scheme = 1234567891",
            r#"{"keys": [1234567891], "ngram_len": 1}"#,
            r#"{"keys": [1234567891], "ngram_len": 65}"#,
            r#"{"keys": [1234567891], "ngram_len": 18446744073709551615}"#,
            r#"{"keys": [1234567891], "sampling_table_size": 0}"#,
            r#"{"keys": [1234567891], "sampling_table_size": 16777217}"#,
            r#"{"keys": [1234567891], "context_history_size": 65537}"#,
            r#"{"keys": [1234567891], "debug_mode": true}"#,
            r#"{"keys": [1234567891], "other": 1}"#,
            r#"{"keys": ["1234567891"]}"#,
            r#"{"keys": [1234567891.5]}"#,
            &many,
            &many.replace(['[', ']', ','], " "),
        ] {
            let error = TextKey::from_text(text).unwrap_err();
            let shown = format!("{error} {error:?} {}", error.text(crate::Lang::Zh));
            assert!(!shown.contains("12345"), "{shown}");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = TextKey::new(Scheme::SynthidLcg, NUMBERS.to_vec()).unwrap();
        let shown = format!("{key:?} {key:#?}");
        assert!(shown.contains("SynthidLcg") && !shown.contains("1234567891") && !shown.contains('['), "{shown}");
    }

    #[test]
    fn made_keys_differ_and_are_read_again() {
        let (one, two) =
            (TextKey::generate(Scheme::HmacSha256).unwrap(), TextKey::generate(Scheme::HmacSha256).unwrap());
        assert_ne!(one.keys, two.keys);
        assert_eq!(one.keys.len(), LAYERS);
        assert_eq!(TextKey::from_text(&one.to_json().unwrap()).unwrap().keys, one.keys);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text.key");
        one.save(&path).unwrap();
        assert_eq!(two.save(&path).unwrap_err().code(), "sign.identity_exists");
        assert_eq!(TextKey::load(&path).unwrap().keys, one.keys);
    }

    #[cfg(unix)]
    #[test]
    fn key_files_that_others_can_read_are_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("text.key");
        std::fs::write(&path, "1234567891 2 3").unwrap();
        for (mode, right) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o644, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match TextKey::load(&path) {
                Ok(key) => assert!(right && key.keys.len() == 3),
                Err(error) => {
                    assert!(!right && error.code() == "sign.key_mode" && !error.to_string().contains("12345"))
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_key_or_an_error(text in r#"[\[{]?["a-z_:=,# \n0-9.-]{0,80}"#) {
            let _ = TextKey::from_text(&text);
        }
    }
}
