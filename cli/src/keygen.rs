//! `biaoshi keygen`: a private signing identity, or a watermark key.

use std::path::Path;

use biaoshi::Algorithm;
use biaoshi::sign::{Generated, KeygenOptions, PublicKey, generate, write_identity};
use biaoshi::trust::TrustStore;
use biaoshi::watermark::Key;
use biaoshi::watermark::text::{Scheme, TextKey};

use crate::args::{AlgorithmArg, KeygenArgs};
use crate::label::now;
use crate::output::{Exit, Failure, Out, Page, shown, shown_path, style};
use crate::receipt;
use crate::text::{self, Text};

/// Column where values start.
const COLUMN: usize = 16;

/// How far the period starts in the past, in seconds: clocks differ.
const SKEW: u64 = 300;

pub(crate) fn run(options: &KeygenArgs, out: &mut Out) -> Result<Exit, Failure> {
    let lang = out.lang();
    if let Some(path) = &options.watermark_key {
        let key = Key::make_file(path)?;
        return mark(path, key.id(), &text::KEYGEN_MARK_WARNING, options.json, out);
    }
    if let Some(path) = &options.text_key {
        TextKey::generate(Scheme::HmacSha256)?.save(path)?;
        return mark(path, None, &text::KEYGEN_TEXT_WARNING, options.json, out);
    }
    // One of the three is there.
    let Some(folder) = &options.out else { return Ok(Exit::Success) };
    let algorithm = match options.algorithm {
        AlgorithmArg::Ed25519 => Algorithm::Ed25519,
        AlgorithmArg::Es256 => Algorithm::Es256,
        AlgorithmArg::Sm2 => Algorithm::Sm2,
    };
    let made = generate(&KeygenOptions {
        algorithm,
        organization: options.organization.clone(),
        common_name: options.name.clone(),
        country: options.country.clone(),
        not_before: now().saturating_sub(SKEW),
        days: options.days,
    })?;
    write_identity(folder, &made)?;
    let Some(certificate) = &made.certificate else { return key_alone(folder, options.json, &made, algorithm, out) };
    if options.json {
        out.json(&serde_json::json!({
            "directory": folder.to_string_lossy(),
            "key": folder.join("key.pem").to_string_lossy(),
            "chain": folder.join("chain.pem").to_string_lossy(),
            "root": folder.join("root.pem").to_string_lossy(),
            "algorithm": algorithm,
            "common_name": certificate.subject_common_name,
            "organization": certificate.organization,
            "not_before": certificate.not_before_text,
            "not_after": certificate.not_after_text,
            "sha256": certificate.sha256,
        }))?;
        return Ok(Exit::Success);
    }
    let mut page = Page::new(lang);
    let dir = shown_path(folder, lang);
    page.wrapped("", &text::KEYGEN_DONE.with(lang, "dir", dir), 0, style::TITLE);
    let mut row = |name: &str, value: &str| page.row(2, COLUMN, name, value, style::PLAIN);
    row("key.pem", text::KEYGEN_KEY.get(lang));
    row("chain.pem", text::KEYGEN_CHAIN.get(lang));
    row("root.pem", text::KEYGEN_ROOT.get(lang));
    let mut row = |name: &Text, value: &str| row(name.get(lang), value);
    let signer = format!("{} ({})", shown(certificate.subject()), receipt::algorithm(algorithm));
    row(&text::ROW_SIGNER, &signer);
    row(&text::ROW_EXPIRES, &certificate.not_after_text);
    row(&text::ROW_FINGERPRINT, &certificate.sha256);
    page.gap();
    page.wrapped("! ", text::KEYGEN_WARNING.get(lang), 2, style::PLAIN);
    out.print(&page.finish())?;
    Ok(Exit::Success)
}

/// What there is to say of a watermark key; never the key itself.
fn mark(path: &Path, id: Option<String>, warning: &Text, json: bool, out: &Out) -> Result<Exit, Failure> {
    let lang = out.lang();
    if json {
        let mut value = serde_json::json!({ "key": path.to_string_lossy() });
        if let (Some(all), Some(id)) = (value.as_object_mut(), id) {
            all.insert("id".to_owned(), id.into());
        }
        out.json(&value)?;
        return Ok(Exit::Success);
    }
    let mut page = Page::new(lang);
    page.wrapped("", &text::KEYGEN_MARK_DONE.with(lang, "path", shown_path(path, lang)), 0, style::TITLE);
    if let Some(id) = id {
        page.row(2, COLUMN, text::ROW_KEY.get(lang), &id, style::PLAIN);
    }
    page.gap();
    page.wrapped("! ", warning.get(lang), 2, style::PLAIN);
    out.print(&page.finish())?;
    Ok(Exit::Success)
}

/// What there is to say of a key that has no certificate.
fn key_alone(folder: &Path, json: bool, made: &Generated, algorithm: Algorithm, out: &Out) -> Result<Exit, Failure> {
    let lang = out.lang();
    let pinned = TrustStore::from_pem(&made.public_pem)?;
    let print = pinned.pinned_keys().first().map(PublicKey::sha256).unwrap_or_default();
    let public = folder.join("public.pem");
    if json {
        out.json(&serde_json::json!({
            "directory": folder.to_string_lossy(),
            "key": folder.join("key.pem").to_string_lossy(),
            "public": public.to_string_lossy(),
            "algorithm": algorithm,
            "sha256": print,
        }))?;
        return Ok(Exit::Success);
    }
    let mut page = Page::new(lang);
    let path = shown_path(&public, lang);
    page.wrapped("", &text::KEYGEN_KEY_DONE.with(lang, "path", path), 0, style::TITLE);
    let mut row = |name: &str, value: &str| page.row(2, COLUMN, name, value, style::PLAIN);
    row("key.pem", text::KEYGEN_KEY.get(lang));
    row("public.pem", text::KEYGEN_PUBLIC.get(lang));
    let mut row = |name: &Text, value: &str| row(name.get(lang), value);
    row(&text::ROW_SIGNER, receipt::algorithm(algorithm));
    row(&text::ROW_FINGERPRINT, &print);
    page.gap();
    page.wrapped("! ", text::KEYGEN_KEY_WARNING.get(lang), 2, style::PLAIN);
    out.print(&page.finish())?;
    Ok(Exit::Success)
}
