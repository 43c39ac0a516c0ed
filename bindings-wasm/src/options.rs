//! Settings, by the names that JavaScript uses.

use std::collections::BTreeMap;

use biaoshi::verify::Look;
use biaoshi::{Limits, Profile, TrustStore, Verifier};
use serde::Deserialize;
use wasm_bindgen::JsValue;

use crate::error::Failure;

type Made<T> = Result<T, JsValue>;

/// What verifying and inspecting take.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct VerifyOptions {
    pub(crate) lang: String,
    pub(crate) name: Option<String>,
    profiles: Vec<String>,
    declared: bool,
    look: LookWord,
    /// Certificates and public keys, PEM.
    trust: Vec<String>,
    limits: BTreeMap<String, u64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum LookWord {
    Nothing,
    #[default]
    Words,
    Everything,
}

impl VerifyOptions {
    pub(crate) fn trust(&self) -> Made<TrustStore> {
        let mut store = TrustStore::new();
        for pem in &self.trust {
            store.add_pem(pem, "PEM").map_err(|error| crate::error::of(&error))?;
        }
        Ok(store)
    }

    pub(crate) fn verifier<'t>(&self, trust: &'t TrustStore) -> Made<Verifier<'t>> {
        let look = match self.look {
            LookWord::Nothing => Look::Nothing,
            LookWord::Words => Look::Words,
            LookWord::Everything => Look::Everything,
        };
        let mut out = Verifier::new().trust(trust).limits(self.limits()?).declared(self.declared).look(look);
        for id in &self.profiles {
            out = out.profile(profile(id)?);
        }
        if let Some(name) = &self.name {
            out = out.file_name(name);
        }
        Ok(out)
    }

    pub(crate) fn limits(&self) -> Made<Limits> {
        limits(&self.limits)
    }
}

#[cfg(feature = "whole")]
pub(crate) use write::{LabelOptions, LabelView, PropagateOptions};

#[cfg(feature = "whole")]
mod write;

fn profile(id: &str) -> Made<Profile> {
    Profile::find(id).ok_or_else(|| {
        let known: Vec<_> = Profile::ALL.iter().map(|p| p.id()).collect();
        Failure::invalid(&format!("profiles: unknown name {id:?}; known are {}", known.join(", ")))
    })
}

fn limits(asked: &BTreeMap<String, u64>) -> Made<Limits> {
    let mut limits = Limits::default();
    for (name, value) in asked {
        if !limits.set(name, *value) {
            let known = Limits::NAMES.join(", ");
            return Err(Failure::invalid(&format!("limits: {name} can't be set to {value}; known are {known}")));
        }
    }
    Ok(limits)
}
