//! Our own protection data: one signature over label and content.

use crate::error::{Error, Result};
use crate::hex::hex;
use crate::label::Aigc;
use crate::label::aigc::{Key, push_string};
use crate::message::{security as rows, sign};
use crate::sign::{Algorithm, Signer};

use super::form::{Alg, to_der};
use super::message::ours;
use super::{ContentHash, PublicKey, SCHEME};

/// The value for `which`, `ReservedCode1` or `ReservedCode2`, by the scheme `biaoshi-security-1`.
///
/// A producer that says "generated" (`Label` 1) signs in `ReservedCode1`: `Label`,
/// `ContentProducer`, `ProduceID`. A platform that marks or spreads content signs in
/// `ReservedCode2`: these, `ReservedCode1`, `ContentPropagator`, `PropagateID`. Both cover the
/// hash of the content too. The value of `which` in `aigc` itself is not looked at; every other
/// field must be as it will be written.
///
/// The result is compact JSON of under 1 KiB; see `spec/security.md`. It is ours: the guide's
/// Annex A.2 is not public.
///
/// # Errors
/// [`Error::Invalid`] for another field than these two; what the signer returns;
/// [`Error::Signing`] if its key is of another kind than its algorithm, or the signature just made
/// does not hold.
pub fn build(aigc: &Aigc, which: Key, content: &ContentHash, signer: &dyn Signer) -> Result<String> {
    if !which.is_reserved() {
        return Err(Error::Invalid(rows::NOT_RESERVED.with("field", which)));
    }
    let spki = signer.public_key()?;
    let key = PublicKey::from_spki_der(&spki)?;
    let algorithm = signer.algorithm();
    let bindings = format!(
        r#"[{{"Type":"Hash","AlgID":"{}","CntSel":{},"Value":"{}"}}]"#,
        content.alg.alg().oid(),
        quoted(&content.rule),
        hex(&content.value),
    );
    let message = ours(aigc, which, &bindings);
    let raw = signer.sign(&message)?;
    if raw.len() != algorithm.signature_len() {
        let problem = sign::SIGNATURE_LENGTH.with("found", raw.len());
        return Err(Error::Signing(problem.arg("expected", algorithm.signature_len())));
    }
    if key.algorithm() != algorithm || !key.verifies(&message, &raw) {
        return Err(Error::Signing(rows::SIGNER.problem()));
    }
    let signature = match algorithm {
        Algorithm::Ed25519 => raw,
        Algorithm::Es256 | Algorithm::Sm2 => {
            to_der(&raw).ok_or_else(|| Error::Signing(rows::SIGNATURE_UNREADABLE.problem()))?
        }
    };
    let oid = Alg::of(algorithm).oid();
    Ok(format!(
        concat!(
            r#"{{"SecurityData":{{"Type":"TC260PG","Version":1,"Bindings":{},"PubSD":["#,
            r#"{{"Type":"DS","AlgID":"{}","KeyID":1,"TBSData":{{"Type":"{}"}},"Signature":"{}"}},"#,
            r#"{{"Type":"PubKey","AlgID":"{}","KeyID":1,"KeyValue":"{}"}}]}}}}"#,
        ),
        bindings,
        oid,
        SCHEME,
        hex(&signature),
        oid,
        hex(key.spki_der()),
    ))
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    push_string(&mut out, text);
    out
}
