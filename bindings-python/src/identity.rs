//! Keys: who signs, and who is trusted.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use biaoshi::sign::{Algorithm, KeygenOptions, certificates_from_pem, generate, write_identity};
use biaoshi::{Error, Signer};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::errors::raised;
use crate::options::word;

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A private key with its certificates.
#[pyclass(frozen, module = "biaoshi._native")]
pub(crate) struct Identity(biaoshi::Identity);

#[pymethods]
impl Identity {
    /// Reads the folder that `keygen` made; refuses a certificate outside its period.
    #[staticmethod]
    fn load(py: Python<'_>, folder: PathBuf) -> PyResult<Self> {
        biaoshi::Identity::load(folder, Some(now())).map(Self).map_err(|error| raised(py, error))
    }

    /// Reads a chain and its key, or an SM2 key alone.
    #[staticmethod]
    #[pyo3(signature = (key, chain=None))]
    fn from_pem(py: Python<'_>, key: &str, chain: Option<&str>) -> PyResult<Self> {
        let made = match chain {
            Some(chain) => biaoshi::Identity::from_pem(chain, key),
            None => biaoshi::Identity::from_key_pem(key),
        };
        made.map(Self).map_err(|error| raised(py, error))
    }

    #[getter]
    fn algorithm(&self) -> PyResult<String> {
        algorithm_name(self.0.algorithm())
    }

    /// The subject of the certificate; nothing for SM2.
    #[getter]
    fn subject(&self) -> Option<String> {
        self.0.certificate().map(|info| info.subject().to_owned())
    }

    /// Last second of the certificate's period, since 1970-01-01T00:00:00Z; nothing for SM2.
    #[getter]
    fn not_after(&self) -> Option<u64> {
        self.0.not_after()
    }
}

fn algorithm_name(algorithm: Algorithm) -> PyResult<String> {
    let value = serde_json::to_value(algorithm);
    let value = value.map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()))?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

/// Signs by a function of Python, for keys in key services and hardware modules.
#[pyclass(frozen, module = "biaoshi._native")]
pub(crate) struct CallbackSigner {
    algorithm: Algorithm,
    certificates: Vec<Vec<u8>>,
    public_key: Option<Vec<u8>>,
    sign: Py<PyAny>,
    /// What the function raised last: the way through the manifest's library keeps only its text.
    failed: Mutex<Option<PyErr>>,
}

#[pymethods]
impl CallbackSigner {
    #[new]
    #[pyo3(signature = (sign, algorithm, chain=None, public_key=None))]
    fn new(
        py: Python<'_>,
        sign: Py<PyAny>,
        algorithm: &str,
        chain: Option<&str>,
        public_key: Option<Vec<u8>>,
    ) -> PyResult<Self> {
        let algorithm = word("algorithm", algorithm)?;
        let certificates = match chain {
            Some(pem) => certificates_from_pem(pem).map_err(|error| raised(py, error))?,
            None => Vec::new(),
        };
        Ok(Self { algorithm, certificates, public_key, sign, failed: Mutex::default() })
    }
}

impl Signer for CallbackSigner {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    fn sign(&self, message: &[u8]) -> biaoshi::Result<Vec<u8>> {
        let signed = Python::attach(|py| -> PyResult<Vec<u8>> {
            let answer = self.sign.bind(py).call1((PyBytes::new(py, message),))?;
            Ok(answer.extract::<PyBackedBytes>()?.to_vec())
        });
        signed.map_err(|error| {
            let copy = Python::attach(|py| error.clone_ref(py));
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            Error::io("sign", std::io::Error::other(copy))
        })
    }

    fn public_key(&self) -> biaoshi::Result<Vec<u8>> {
        match (&self.public_key, self.certificates.first()) {
            (Some(key), _) => Ok(key.clone()),
            (None, Some(certificate)) => {
                biaoshi::sign::PublicKey::from_certificate_der(certificate).map(|key| key.spki_der().to_vec())
            }
            (None, None) => biaoshi::sign::PublicKey::from_spki_der(&[]).map(|key| key.spki_der().to_vec()),
        }
    }
}

/// Whatever signs.
#[derive(FromPyObject)]
pub(crate) enum AnySigner {
    Identity(Py<Identity>),
    Callback(Py<CallbackSigner>),
}

impl AnySigner {
    pub(crate) fn get(&self) -> &dyn Signer {
        match self {
            Self::Identity(identity) => &identity.get().0,
            Self::Callback(callback) => callback.get(),
        }
    }

    /// What the caller's function raised, if that is why the work failed.
    pub(crate) fn raised(_py: Python<'_>, signer: Option<&Self>, error: PyErr) -> PyErr {
        let Some(Self::Callback(callback)) = signer else { return error };
        callback.get().failed.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(error)
    }
}

/// Makes a key with its certificates, writes them into a new folder, and returns the identity.
#[pyfunction]
pub(crate) fn keygen(
    py: Python<'_>,
    folder: PathBuf,
    organization: String,
    common_name: String,
    country: String,
    days: u16,
    algorithm: &str,
) -> PyResult<Identity> {
    let algorithm = word("algorithm", algorithm)?;
    let options = KeygenOptions { algorithm, organization, common_name, country, not_before: now(), days };
    let made = py.detach(|| {
        let generated = generate(&options)?;
        write_identity(&folder, &generated)?;
        biaoshi::Identity::load(&folder, Some(now()))
    });
    made.map(Identity).map_err(|error| raised(py, error))
}

/// Anchors and pinned keys.
#[pyclass(frozen, module = "biaoshi._native")]
pub(crate) struct TrustStore(pub(crate) biaoshi::TrustStore);

#[pymethods]
impl TrustStore {
    /// Reads PEM texts: certificates and public keys.
    #[staticmethod]
    fn from_pem(py: Python<'_>, text: &str) -> PyResult<Self> {
        biaoshi::TrustStore::from_pem(text).map(Self).map_err(|error| raised(py, error))
    }

    /// Reads PEM files, or all PEM files of folders.
    #[staticmethod]
    fn load(py: Python<'_>, paths: Vec<PathBuf>) -> PyResult<Self> {
        let mut store = biaoshi::TrustStore::new();
        for path in paths {
            store.add_path(path).map_err(|error| raised(py, error))?;
        }
        Ok(Self(store))
    }

    /// SHA-256 of each certificate, in hex.
    #[getter]
    fn anchors(&self) -> Vec<&str> {
        self.0.anchors().iter().map(biaoshi::trust::Anchor::sha256).collect()
    }

    /// The anchors and keys as PEM.
    fn to_pem(&self) -> String {
        self.0.to_pem()
    }
}
