//! `biaoshi store`: finds labels again that content has lost, by watermark and by how a picture looks.
//!
//! The answers have the shapes of the C2PA soft binding resolution API; nothing is served.

mod db;

use std::io::IsTerminal as _;
use std::path::Path;

use biaoshi::verify::lookup::{PHASH, Record};
use biaoshi::watermark::Key;
use biaoshi::{Error, Lang, Verifier};

use crate::args::{StoreFiles, StoreManifest, StoreVerb};
use crate::guard::{self, Guard};
use crate::output::{self, Exit, Failure, Out, Page, shown, shown_path, style};
use crate::process;
use crate::text;
use db::{Access, Match, Store, manifest_id};

/// Column where values start.
const COLUMN: usize = 16;

pub(crate) fn run(verb: &StoreVerb, out: &mut Out) -> Result<Exit, Failure> {
    match verb {
        StoreVerb::Add(options) => guarded(options, add, out),
        StoreVerb::Find(options) => guarded(options, find, out),
        StoreVerb::Manifest(options) => manifest(options, out),
    }
}

/// Looks at files in a process that can be ended.
fn guarded(
    options: &StoreFiles,
    work: fn(&StoreFiles, &mut Out) -> Result<Exit, Failure>,
    out: &mut Out,
) -> Result<Exit, Failure> {
    match guard::enter(&options.work, 600, None)? {
        Guard::Inside => work(options, out),
        Guard::Done(exit) => Ok(exit),
    }
}

/// What there is to say of one file.
struct Answer {
    exit: Exit,
    json: serde_json::Value,
    page: Page,
}

/// Looks at each file and prints what `work` answers; one that fails is told of, and the others go on.
fn each(
    options: &StoreFiles,
    out: &Out,
    work: &mut dyn FnMut(&Path, &Record) -> Result<Answer, Error>,
) -> Result<Exit, Failure> {
    let mut verifier = Verifier::new().limits(options.work.limits()).programs(process::programs());
    for path in &options.watermark_key {
        verifier = verifier.watermark_key(Key::load(path)?);
    }
    let mut exit = Exit::Success;
    for path in &options.files {
        let answer = record(path, &verifier).and_then(|record| work(path, &record));
        match answer {
            Ok(answer) => {
                exit = exit.and(answer.exit);
                if options.work.json { out.json(&answer.json)? } else { out.print(&answer.page.finish())? }
            }
            Err(error) => {
                exit = exit.and(Exit::Error);
                if options.work.json {
                    out.json(&output::error_json(&path.to_string_lossy(), &error, out.lang()))?;
                } else {
                    out.note(&out.error_page(&shown_path(path, out.lang()), &error));
                }
            }
        }
    }
    Ok(exit)
}

fn record(path: &Path, verifier: &Verifier<'_>) -> Result<Record, Error> {
    output::check_input(path)?;
    let mut file = biaoshi::open_regular(path)?;
    verifier.clone().file_name(&path.display().to_string()).record(&mut file)
}

fn add(options: &StoreFiles, out: &mut Out) -> Result<Exit, Failure> {
    let lang = out.lang();
    let at = &options.store;
    biaoshi::refuse_link(at)?;
    // What can't be a store is told before files are looked at, but one is made only for something to add.
    let mut store = if at.exists() { Some(Store::open(at, Access::Add)?) } else { None };
    if store.is_none() {
        let folder = output::folder(at);
        std::fs::metadata(folder).map_err(|e| Error::io(folder.display().to_string(), e))?;
    }
    each(options, out, &mut |path, record| {
        if record.bindings.is_empty() && record.phash.is_none() {
            return Err(Error::Unsupported(text::STORE_NO_KEY.problem()));
        }
        let store = match &mut store {
            Some(store) => store,
            None => store.insert(Store::open(at, Access::Add)?),
        };
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let added = store.add(&name, record)?;
        let id = manifest_id(record);
        let json = serde_json::json!({
            "file": path.to_string_lossy(),
            "added": added,
            "manifestId": id,
            "watermarks": record.bindings.iter().map(binding).collect::<Vec<_>>(),
            "phash": record.phash.map(|hash| format!("{hash:016x}")),
        });
        let words = if added { &text::STORE_ADDED } else { &text::STORE_THERE };
        let mut page = Page::new(lang);
        page.wrapped("", &words.with(lang, "path", shown_path(path, lang)), 2, style::TITLE);
        let mut row = |name: &text::Text, value: &str| page.row(2, COLUMN, name.get(lang), value, style::PLAIN);
        row(&text::ROW_MANIFEST, &shown(&id));
        for mark in &record.bindings {
            row(&text::ROW_WATERMARK, &format!("{} ({})", hex(&mark.value), mark.alg));
            if let Some(key) = &mark.key {
                row(&text::ROW_KEY, key);
            }
        }
        if record.bindings.is_empty() {
            row(&text::ROW_WATERMARK, text::STORE_NO_WATERMARK.get(lang));
        }
        Ok(Answer { exit: Exit::Success, json, page })
    })
}

fn find(options: &StoreFiles, out: &mut Out) -> Result<Exit, Failure> {
    let lang = out.lang();
    let store = Store::open(&options.store, Access::Read)?;
    each(options, out, &mut |path, record| {
        let matches = store.find(record)?;
        let exit = match () {
            () if matches.is_empty() => Exit::Unsatisfied,
            () if matches.iter().any(|found| found.label.is_err()) => Exit::Error,
            () => Exit::Success,
        };
        let found: Vec<_> = matches.iter().map(|found| json(found, lang)).collect();
        let json = serde_json::json!({ "file": path.to_string_lossy(), "matches": found });
        Ok(Answer { exit, json, page: page(path, &matches, lang) })
    })
}

/// A match: `manifestId` and `similarityScore` as in the C2PA soft binding resolution API, the rest ours.
fn json(found: &Match, lang: Lang) -> serde_json::Value {
    let mut value = serde_json::json!({
        "manifestId": found.manifest_id,
        "alg": found.alg,
        "name": found.name,
        "sha256": found.sha256,
        "label": found.label.as_ref().ok(),
        "hasManifest": found.has_manifest,
        "samePicture": found.same(),
    });
    let mut put =
        |name: &str, part: serde_json::Value| value.as_object_mut().map(|all| all.insert(name.to_owned(), part));
    if let Some(score) = found.score() {
        put("similarityScore", score.into());
    }
    if let Some(key) = &found.key {
        put("key", key.as_str().into());
    }
    if let Err(error) = &found.label {
        put("error", output::error_value(error, lang));
    }
    value
}

fn page(path: &Path, matches: &[Match], lang: Lang) -> Page {
    let mut page = Page::new(lang);
    page.wrapped("", &shown_path(path, lang), 2, style::TITLE);
    if matches.is_empty() {
        page.wrapped("  ", text::STORE_NOTHING.get(lang), 2, style::PLAIN);
    }
    for found in matches {
        let bits = found.distance.map(|distance| distance.to_string()).unwrap_or_default();
        let (words, look) = match (found.alg == PHASH, found.same()) {
            (true, _) => (&text::STORE_BY_LOOKS, style::WARN),
            (false, Some(true)) => (&text::STORE_BY_MARK, style::GOOD),
            (false, Some(false)) => (&text::STORE_OTHER_PICTURE, style::BAD),
            (false, None) => (&text::STORE_NOT_COMPARED, style::WARN),
        };
        page.gap();
        page.wrapped("  ", &words.with(lang, "bits", bits), 2, look);
        let mut row = |name: &text::Text, value: &str| page.row(2, COLUMN, name.get(lang), value, style::PLAIN);
        row(&text::ROW_MANIFEST, &shown(&found.manifest_id));
        if let Some(key) = &found.key {
            row(&text::ROW_KEY, key);
        }
        if let Some(name) = &found.name {
            row(&text::ROW_STORED_AS, &shown(name));
        }
        match &found.label {
            Ok(Some(label)) => {
                row(&text::ROW_PRODUCER, &shown(&label.content_producer));
                row(&text::ROW_ID, &shown(&label.produce_id));
            }
            Ok(None) => {}
            Err(error) => page.error(error, 2),
        }
    }
    page
}

fn manifest(options: &StoreManifest, out: &mut Out) -> Result<Exit, Failure> {
    let store = Store::open(&options.store, Access::Read)?;
    let Some(bytes) = store.manifest(&options.id)? else {
        return Err(Failure::invalid(text::STORE_NO_MANIFEST.with("id", &options.id)));
    };
    if output::is_dash(&options.output) {
        if std::io::stdout().is_terminal() {
            return Err(Failure::invalid(text::TERMINAL.problem()));
        }
        out.print_bytes(&bytes)?;
        return Ok(Exit::Success);
    }
    biaoshi::write_whole(&options.output, &bytes, options.force)?;
    Ok(Exit::Success)
}

fn binding(binding: &biaoshi::verify::lookup::SoftBinding) -> serde_json::Value {
    match &binding.key {
        Some(key) => serde_json::json!({ "alg": binding.alg, "value": hex(&binding.value), "key": key }),
        None => serde_json::json!({ "alg": binding.alg, "value": hex(&binding.value) }),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
