//! What is read from X.509 certificates (RFC 5280) and their PEM text (RFC 7468).

use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode, DecodePem};
use x509_cert::ext::pkix::name::DirectoryString;

use crate::error::{Error, Result};
use crate::hex::hex;
use crate::message::sign;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Names, number and period of one certificate; strings are cut at 256 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateInfo {
    /// Common name of the subject.
    pub subject_common_name: Option<String>,
    /// Organization of the subject.
    pub organization: Option<String>,
    /// Common name of the issuer, or its organization if it has none.
    pub issuer: Option<String>,
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// SHA-256 of the DER, lower-case hexadecimal.
    pub sha256: String,
    /// Start of the period, in seconds since 1970-01-01T00:00:00Z.
    pub not_before: u64,
    /// Last second of the period, in seconds since 1970-01-01T00:00:00Z.
    pub not_after: u64,
    /// [`CertificateInfo::not_before`] as RFC 3339 text in UTC.
    pub not_before_text: String,
    /// [`CertificateInfo::not_after`] as RFC 3339 text in UTC.
    pub not_after_text: String,
}

impl CertificateInfo {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`Error::Signing`] if it does not parse.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let certificate = parse(der, "DER", 1)?;
        Ok(Self::of(&certificate, der))
    }

    pub(crate) fn of(certificate: &Certificate, der: &[u8]) -> Self {
        let tbs = certificate.tbs_certificate();
        let validity = tbs.validity();
        Self {
            subject_common_name: text(tbs.subject().common_name()),
            organization: text(tbs.subject().organization()),
            issuer: text(tbs.issuer().common_name()).or_else(|| text(tbs.issuer().organization())),
            serial: hex(tbs.serial_number().as_bytes()),
            sha256: fingerprint(der),
            not_before: validity.not_before.to_unix_duration().as_secs(),
            not_after: validity.not_after.to_unix_duration().as_secs(),
            not_before_text: validity.not_before.to_date_time().to_string(),
            not_after_text: validity.not_after.to_date_time().to_string(),
        }
    }

    /// The subject as people call it: common name, organization or serial number.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.subject_common_name.as_deref().or(self.organization.as_deref()).unwrap_or(&self.serial)
    }
}

fn text(value: x509_cert::der::Result<Option<DirectoryString>>) -> Option<String> {
    value.ok().flatten().map(|text| cap(&text.value(), 256))
}

/// At most `max` characters of `text`.
pub(crate) fn cap(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn fingerprint(der: &[u8]) -> String {
    hex(&Sha256::digest(der))
}

/// Parses DER; `source` and `number` (from 1) are for the error.
pub(crate) fn parse(der: &[u8], source: &str, number: usize) -> Result<Certificate> {
    Certificate::from_der(der).map_err(|reason| {
        Error::Signing(sign::CERTIFICATE_UNREADABLE.with("number", number).arg("source", source).arg("reason", reason))
    })
}

/// Every certificate of a PEM text, in order, as DER; text and other blocks between are skipped.
///
/// # Errors
/// [`Error::Signing`] if there is none or one does not parse.
pub(crate) fn pem_certificates(pem: &str, source: &str) -> Result<Vec<Vec<u8>>> {
    use x509_cert::der::Encode;
    let mut found: Vec<Vec<u8>> = Vec::new();
    for block in pem.split(BEGIN).skip(1) {
        let number = found.len().saturating_add(1);
        let failed = |reason: String| {
            Error::Signing(
                sign::CERTIFICATE_UNREADABLE.with("number", number).arg("source", source).arg("reason", reason),
            )
        };
        let (body, _) = block.split_once(END).ok_or_else(|| failed("END CERTIFICATE".to_owned()))?;
        let whole = format!("{BEGIN}{body}{END}\n");
        let certificate = Certificate::from_pem(whole.as_bytes()).map_err(|reason| failed(reason.to_string()))?;
        found.push(certificate.to_der().map_err(|reason| failed(reason.to_string()))?);
    }
    if found.is_empty() {
        return Err(Error::Signing(sign::CERTIFICATE_MISSING.with("source", source)));
    }
    Ok(found)
}

/// PEM text of a certificate in DER.
pub(crate) fn to_pem(der: &[u8]) -> String {
    use x509_cert::der::pem::{LineEnding, encode_string};
    encode_string("CERTIFICATE", LineEnding::LF, der).unwrap_or_default()
}

/// Whether a certificate names itself as its issuer; false if it does not parse.
#[cfg(any(test, feature = "c2pa"))]
pub(crate) fn is_self_issued(der: &[u8]) -> bool {
    Certificate::from_der(der).is_ok_and(|certificate| {
        let tbs = certificate.tbs_certificate();
        tbs.issuer() == tbs.subject()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_an_error_and_not_a_panic(parts in prop::collection::vec(
            prop_oneof![
                Just(BEGIN.to_owned()), Just(END.to_owned()), Just("\n".to_owned()),
                Just("MIIB".to_owned()), "[A-Za-z0-9+/=\n]{0,80}", "\\PC{0,20}",
            ], 0..12,
        )) {
            prop_assert!(pem_certificates(&parts.concat(), "test").is_err());
        }

        #[test]
        fn any_bytes_are_an_error_and_not_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(CertificateInfo::from_der(&bytes).is_err());
            prop_assert!(!is_self_issued(&bytes));
        }
    }

    #[test]
    fn a_text_without_certificates_says_so() {
        let error = pem_certificates("-----BEGIN PRIVATE KEY-----", "x.pem").unwrap_err();
        assert_eq!(error.code(), "sign.certificate_missing");
        assert!(error.to_string().contains("x.pem"));
    }
}
