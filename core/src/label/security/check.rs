//! Whether protection data fits the label that it stands in.

use crate::error::Problem;
use crate::hex::hex;
use crate::label::Aigc;
use crate::label::aigc::Key;
use crate::limits::Limits;
use crate::message::security as rows;
use crate::sign::Algorithm;

use super::dialect::{Cover, Dialect, MessageKind, bare, recognise};
use super::form::keys;
use super::message::{Candidate, PRODUCTION, concatenated, fields, ours, plain_and_hashed};
use super::{
    Binding, BindingKind, Checked, HashAlg, Oddity, Outcome, PublicKey, Reserved, SCHEME, SecurityData, SignatureEntry,
    read,
};

/// `TBSData.Type` of signatures over the label, and over the bindings.
const LABEL_SUBJECTS: [&str; 4] = ["Md", "LabelMataData", "LabelMetaData", SCHEME];
const BINDING_SUBJECTS: [&str; 2] = ["Bnd", "Binding"];

/// Checks the protection data in `which`, `ReservedCode1` or `ReservedCode2`, against the label.
///
/// `pinned` says whether a key is one that the caller trusts; `pinned_keys` are tried where the
/// data holds a signature without a key. The answer is [`Outcome::Broken`] only if the dialect is
/// known to sign a message that is known, and no known form of it fits.
#[must_use]
pub fn check(
    aigc: &Aigc,
    which: Key,
    pinned: &dyn Fn(&PublicKey) -> bool,
    pinned_keys: &[PublicKey],
    limits: &Limits,
) -> Checked {
    if !which.is_reserved() {
        return Checked::of(Outcome::Absent);
    }
    let keys = Keys { pinned, pinned_keys };
    match read(aigc.get(which), limits) {
        Reserved::Empty | Reserved::Marker => Checked::of(Outcome::Absent),
        Reserved::Opaque => Checked::of(Outcome::Opaque),
        Reserved::Malformed(why) => Checked::of(Outcome::Unsupported(why)),
        Reserved::Signature(signature) => alone(aigc, which, &signature, &keys),
        Reserved::Data(data) => Case { aigc, which, row: recognise(&data), data: *data, keys }.judged(),
    }
}

impl Checked {
    const fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            dialect: None,
            key: None,
            pinned: false,
            covers: Vec::new(),
            bindings: Vec::new(),
            oddities: Vec::new(),
        }
    }
}

struct Keys<'a> {
    pinned: &'a dyn Fn(&PublicKey) -> bool,
    pinned_keys: &'a [PublicKey],
}

impl Keys<'_> {
    fn of(&self, algorithm: Algorithm) -> Vec<PublicKey> {
        self.pinned_keys.iter().filter(|key| key.algorithm() == algorithm).cloned().collect()
    }
}

/// The messages that may stand in a field whose message is not known.
fn guesses(aigc: &Aigc, which: Key) -> Vec<Candidate> {
    let mut found = plain_and_hashed(aigc, &PRODUCTION, (false, false)).to_vec();
    if which == Key::ReservedCode2 {
        let spreading = [Key::Label, Key::ContentPropagator, Key::PropagateId];
        found.extend(plain_and_hashed(aigc, &spreading, (false, false)));
    }
    found
}

/// A signature without anything around it: only a pinned key can say whose it is.
fn alone(aigc: &Aigc, which: Key, signature: &[u8], keys: &Keys<'_>) -> Checked {
    let mut checked = Checked::of(Outcome::Unsupported(rows::KEY_MISSING.problem()));
    checked.dialect = bare().map(|row| row.id.as_str());
    let algorithms = bare().map(|row| row.signatures.as_slice()).unwrap_or_default();
    let tried = algorithms.iter().filter_map(|alg| alg.signature()).flat_map(|algorithm| keys.of(algorithm));
    if let Some((key, candidate)) = first_that_holds(tried, &guesses(aigc, which), signature) {
        checked.outcome = Outcome::Intact;
        checked.pinned = (keys.pinned)(&key);
        checked.covers = candidate.covers.clone();
        checked.key = Some(key);
    }
    checked
}

fn first_that_holds<'a>(
    keys: impl IntoIterator<Item = PublicKey>,
    candidates: &'a [Candidate],
    signature: &[u8],
) -> Option<(PublicKey, &'a Candidate)> {
    keys.into_iter().find_map(|key| {
        let candidate = candidates.iter().find(|c| key.verifies(&c.bytes, signature))?;
        Some((key, candidate))
    })
}

struct Case<'a> {
    aigc: &'a Aigc,
    which: Key,
    row: Option<&'static Dialect>,
    data: SecurityData,
    keys: Keys<'a>,
}

/// A signature that holds.
struct Held {
    key: PublicKey,
    candidate: Candidate,
    pinned: bool,
}

impl Case<'_> {
    fn judged(mut self) -> Checked {
        let kind = self.row.map_or(MessageKind::None, |row| row.message(self.which));
        let candidates = self.candidates(kind);
        let mut checked = Checked::of(Outcome::Absent);
        checked.dialect = self.row.map(|row| row.id.as_str());
        let held = self.held(&candidates);
        checked.outcome = match &held {
            Some(held) => self.intact(kind, held, &mut checked),
            None => self.not_intact(kind, &candidates, &mut checked),
        };
        checked.bindings = std::mem::take(&mut self.data.bindings);
        checked.oddities = std::mem::take(&mut self.data.oddities);
        checked
    }

    fn candidates(&mut self, kind: MessageKind) -> Vec<Candidate> {
        let (aigc, which) = (self.aigc, self.which);
        match kind {
            MessageKind::A1 => plain_and_hashed(aigc, &PRODUCTION, (true, false)).to_vec(),
            MessageKind::Sm3A1 => plain_and_hashed(aigc, &PRODUCTION, (false, true)).to_vec(),
            MessageKind::Sm3Concat => {
                let loose = &self.data.loose;
                self.data.oddities.extend(loose.ambiguous());
                concatenated(aigc, which, loose)
            }
            MessageKind::Biaoshi1 => vec![Candidate {
                bytes: ours(aigc, which, &self.data.bindings_json),
                covers: fields(which).to_vec(),
                phash: None,
                expected: true,
            }],
            MessageKind::None => guesses(aigc, which),
        }
    }

    /// The signatures over the label, with their numbers from 1.
    fn label_signatures(&self) -> impl Iterator<Item = (usize, &SignatureEntry)> {
        let over_label = |entry: &SignatureEntry| match self.row {
            Some(row) => row.signs_label(&entry.subject),
            None => LABEL_SUBJECTS.contains(&entry.subject.as_str()),
        };
        (1..).zip(&self.data.signatures).filter(move |(_, entry)| over_label(entry))
    }

    /// The keys that the file gives for a signature: those with its number or, if either has no
    /// number, all.
    fn keys_for(&self, entry: &SignatureEntry) -> Vec<PublicKey> {
        let Some(algorithm) = entry.alg.signature() else { return Vec::new() };
        let goes_with = |id: &Option<String>| id.is_none() || entry.key_id.is_none() || *id == entry.key_id;
        let named = self.data.keys.iter().filter(|key| goes_with(&key.key_id));
        named.flat_map(|key| keys(algorithm, &key.value)).collect()
    }

    /// The best signature that holds: one with a pinned key before others.
    fn held(&mut self, candidates: &[Candidate]) -> Option<Held> {
        let mut best: Option<Held> = None;
        let mut failed = Vec::new();
        for (number, entry) in self.label_signatures() {
            let mut tried = self.keys_for(entry);
            if self.data.keys.is_empty() {
                tried.extend(entry.alg.signature().map(|a| self.keys.of(a)).unwrap_or_default());
            }
            let found = entry.signature.as_ref().and_then(|s| first_that_holds(tried, candidates, s));
            let Some((key, candidate)) = found else {
                failed.push(Oddity::OneNotVerified { number });
                continue;
            };
            let pinned = (self.keys.pinned)(&key);
            if best.as_ref().is_none_or(|best| pinned && !best.pinned) {
                best = Some(Held { key, candidate: candidate.clone(), pinned });
            }
        }
        if best.is_some() {
            self.data.oddities.extend(failed);
        }
        best
    }

    fn intact(&mut self, kind: MessageKind, held: &Held, checked: &mut Checked) -> Outcome {
        checked.key = Some(held.key.clone());
        if kind == MessageKind::Sm3Concat {
            let digest = hex(&held.candidate.bytes);
            if self.data.loose.digests.is_empty() {
                self.data.oddities.push(Oddity::HashMissing);
            } else if !self.data.loose.digests.iter().any(|found| found.eq_ignore_ascii_case(&digest)) {
                return Outcome::Broken(rows::HASH_WRONG.problem());
            }
        }
        if kind != MessageKind::None && !held.candidate.expected {
            self.data.oddities.push(Oddity::OtherMessage);
        }
        match self.row.map_or(Cover::None, |row| row.bindings) {
            Cover::None => {}
            Cover::InMessage => self.cover(held),
            Cover::OwnEntry => self.cover_by_own_entry(&held.key),
        }
        checked.pinned = held.pinned;
        checked.covers.clone_from(&held.candidate.covers);
        Outcome::Intact
    }

    /// Marks the bindings that the message holds.
    fn cover(&mut self, held: &Held) {
        for binding in &mut self.data.bindings {
            binding.signed = match &held.candidate.phash {
                Some(phash) => binding.kind == BindingKind::PerceptualHash && binding.value == *phash,
                // Only what stands in the list that was signed.
                None => !binding.json.is_empty(),
            };
        }
    }

    /// Marks the bindings that the key signed on their own: one entry, or the whole list.
    fn cover_by_own_entry(&mut self, key: &PublicKey) {
        let own = |entry: &&SignatureEntry| BINDING_SUBJECTS.contains(&entry.subject.as_str());
        let signatures: Vec<&Vec<u8>> =
            self.data.signatures.iter().filter(own).filter_map(|entry| entry.signature.as_ref()).collect();
        if signatures.is_empty() {
            return;
        }
        let holds = |json: &str| {
            let hashed = HashAlg::Sm3.digest(json.as_bytes());
            signatures.iter().any(|s| key.verifies(json.as_bytes(), s) || key.verifies(&hashed, s))
        };
        let whole = holds(&self.data.bindings_json);
        let mut bindings: Vec<Binding> = std::mem::take(&mut self.data.bindings);
        for binding in &mut bindings {
            binding.signed = !binding.json.is_empty() && (whole || holds(&binding.json));
        }
        if !bindings.iter().any(|binding| binding.signed) {
            self.data.oddities.push(Oddity::BindingNotVerified);
        }
        self.data.bindings = bindings;
    }

    fn not_intact(&self, kind: MessageKind, candidates: &[Candidate], checked: &mut Checked) -> Outcome {
        let unsupported = |why: Problem| Outcome::Unsupported(why);
        let Some(entry) = self.chosen() else {
            let unknown = !self.data.signatures.is_empty();
            let why = if unknown { &rows::DIALECT_UNKNOWN } else { &rows::NO_SIGNATURE };
            return unsupported(why.problem());
        };
        let keys = self.keys_for(entry);
        checked.key = keys.first().cloned();
        if entry.alg.signature().is_none() {
            return unsupported(rows::ALGORITHM_UNKNOWN.with("id", &entry.alg_id));
        }
        if !self.row.is_some_and(|row| row.signatures.contains(&entry.alg)) {
            return unsupported(rows::DIALECT_UNKNOWN.problem());
        }
        if self.data.keys.is_empty() {
            return unsupported(rows::KEY_MISSING.problem());
        }
        if kind == MessageKind::None {
            return unsupported(rows::MESSAGE_UNKNOWN.problem());
        }
        if keys.is_empty() {
            return unsupported(rows::KEY_UNREADABLE.problem());
        }
        if candidates.is_empty() {
            return unsupported(self.missing());
        }
        if entry.signature.is_none() {
            return Outcome::Broken(rows::SIGNATURE_UNREADABLE.problem());
        }
        Outcome::Broken(rows::SIGNATURE_WRONG.problem())
    }

    /// The signature that speaks for the label, one that could be checked before others.
    fn chosen(&self) -> Option<&SignatureEntry> {
        let usable = |entry: &SignatureEntry| {
            let row = self.row.is_none_or(|row| row.signatures.contains(&entry.alg));
            row && entry.alg.signature().is_some()
        };
        let all: Vec<&SignatureEntry> = self.label_signatures().map(|(_, entry)| entry).collect();
        all.iter().find(|entry| usable(entry)).or(all.first()).copied()
    }

    /// The value that the hash of the fields lacks.
    fn missing(&self) -> Problem {
        let loose = &self.data.loose;
        let lists = [("pHash", &loose.phash), ("Timestamp", &loose.timestamp), ("KeyVersion", &loose.key_version)];
        let name = lists.iter().find(|(_, values)| values.is_empty()).map_or("", |(name, _)| name);
        rows::FIELD_MISSING.with("name", name)
    }
}
