//! Settings for writing.

use std::collections::BTreeMap;

use biaoshi::label::Origin;
use biaoshi::notice::Moment;
use biaoshi::{Explicit, Identity, Imprint, Label, Labeler, Level, Placement, Profile, Propagator, SourceType};
use serde::Deserialize;
use zeroize::Zeroize as _;

use super::{Made, limits, profile};

/// The notice that people perceive.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Notice {
    waived: Option<String>,
    corner: Placement,
    at: Vec<Moment>,
    languages: Vec<String>,
    lines: Vec<String>,
    each_page: bool,
}

impl Notice {
    fn explicit(&self) -> Explicit {
        if let Some(reason) = &self.waived {
            return Explicit::none(reason.as_str());
        }
        let mut out = Explicit::corner(self.corner).each_page(self.each_page);
        for moment in &self.at {
            out = out.at(*moment);
        }
        for language in &self.languages {
            out = out.language(language);
        }
        for line in &self.lines {
            out = out.text(line.as_str());
        }
        out
    }
}

/// A label (GB 45438-2025, Annex E).
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct LabelView {
    producer: String,
    #[serde(default)]
    level: Level,
    produce_id: Option<String>,
    reserved_code1: Option<String>,
    propagator: Option<String>,
    propagate_id: Option<String>,
    reserved_code2: Option<String>,
    #[serde(default)]
    source_type: SourceType,
    #[serde(default)]
    origin: OriginView,
}

/// The system behind the content.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct OriginView {
    system_name: Option<String>,
    system_version: Option<String>,
    model_id: Option<String>,
    created_at: Option<String>,
    human_oversight: Option<String>,
    prompt: Option<String>,
    prompt_writer: Option<String>,
}

impl From<LabelView> for Label {
    fn from(view: LabelView) -> Self {
        Self {
            level: view.level,
            producer: view.producer,
            produce_id: view.produce_id,
            reserved_code1: view.reserved_code1,
            propagator: view.propagator,
            propagate_id: view.propagate_id,
            reserved_code2: view.reserved_code2,
            source_type: view.source_type,
            origin: Origin {
                system_name: view.origin.system_name,
                system_version: view.origin.system_version,
                model_id: view.origin.model_id,
                created_at: view.origin.created_at,
                human_oversight: view.origin.human_oversight,
                prompt: view.origin.prompt,
                prompt_writer: view.origin.prompt_writer,
            },
        }
    }
}

/// Who signs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sign {
    /// The certificates, PEM; nothing for SM2.
    chain: Option<String>,
    /// The private key, PKCS #8 PEM.
    key: String,
    /// Seconds since 1970-01-01T00:00:00Z, which the certificate's period has to hold.
    now: u64,
}

impl Drop for Sign {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl Sign {
    pub(crate) fn identity(&self) -> Made<Identity> {
        let identity = match &self.chain {
            Some(chain) => Identity::from_pem(chain, &self.key),
            None => Identity::from_key_pem(&self.key),
        };
        let checked = identity.and_then(|identity| identity.check_period(self.now).map(|()| identity));
        checked.map_err(|error| crate::error::of(&error))
    }
}

/// What labelling takes.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct LabelOptions {
    pub(crate) lang: String,
    name: Option<String>,
    profiles: Vec<String>,
    notice: Option<Notice>,
    pub(crate) sign: Option<Sign>,
    title: Option<String>,
    iptc_ai_fields: bool,
    watermark: bool,
    limits: BTreeMap<String, u64>,
}

impl LabelOptions {
    pub(crate) fn labeler(&self) -> Made<Labeler<'static>> {
        let mut profiles = self.profiles.iter().map(|id| profile(id)).collect::<Made<Vec<_>>>()?.into_iter();
        let mut out = Labeler::new(profiles.next().unwrap_or(Profile::CN_GB45438))
            .limits(limits(&self.limits)?)
            .iptc_ai_fields(self.iptc_ai_fields);
        for profile in profiles {
            out = out.also(profile);
        }
        if let Some(notice) = &self.notice {
            out = out.explicit(notice.explicit());
        }
        if self.watermark {
            out = out.watermark(Imprint::of_label());
        }
        if let Some(title) = &self.title {
            out = out.title(title.as_str());
        }
        if let Some(name) = &self.name {
            out = out.file_name(name.as_str());
        }
        Ok(out)
    }
}

/// What propagating takes.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct PropagateOptions {
    pub(crate) lang: String,
    name: Option<String>,
    profiles: Vec<String>,
    id: Option<String>,
    reserved_code2: Option<String>,
    pub(crate) sign: Option<Sign>,
    sign_over_broken: bool,
    declared: bool,
    detected: bool,
    limits: BTreeMap<String, u64>,
}

impl PropagateOptions {
    pub(crate) fn propagator(&self, name: &str) -> Made<Propagator<'static>> {
        let mut out = Propagator::new(name)
            .declared(self.declared)
            .detected(self.detected)
            .sign_over_broken(self.sign_over_broken)
            .limits(limits(&self.limits)?);
        for id in &self.profiles {
            out = out.also(profile(id)?);
        }
        if let Some(id) = &self.id {
            out = out.id(id.as_str());
        }
        if let Some(value) = &self.reserved_code2 {
            out = out.reserved_code2(value.as_str());
        }
        if let Some(name) = &self.name {
            out = out.file_name(name.as_str());
        }
        Ok(out)
    }
}
