//! `biaoshi store`: finds labels again that content has lost, by watermark and by how a picture looks.
//!
//! The answers have the shapes of the C2PA soft binding resolution API; nothing is served.

mod db;

use std::io::Write as _;
use std::path::Path;

use biaoshi::verify::lookup::{PHASH, Record};
use biaoshi::{Error, Lang, Verifier};

use crate::args::{StoreFiles, StoreManifest, StoreVerb, limits};
use crate::guard::{self, Guard};
use crate::output::{self, Exit, Failure, Out, Page, shown, shown_path, style};
use crate::text;
use db::{Match, Store};

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
    match guard::enter(&options.budget, 600, None)? {
        Guard::Inside => work(options, out),
        Guard::Done(exit) => Ok(exit),
    }
}

fn record(path: &Path, options: &StoreFiles) -> Result<Record, Error> {
    output::check_input(path)?;
    let mut file = biaoshi::open_regular(path)?;
    let name = path.display().to_string();
    Verifier::new().limits(limits(&options.limit)).file_name(&name).record(&mut file)
}

/// Tells of a file that could not be read, and goes on.
fn told(path: &Path, error: &Error, options: &StoreFiles, out: &Out) -> Result<(), Failure> {
    if options.json {
        return out.json(&output::error_json(&path.to_string_lossy(), error, out.lang()));
    }
    out.note(&out.error_page(&shown_path(path, out.lang()), error));
    Ok(())
}

fn add(options: &StoreFiles, out: &mut Out) -> Result<Exit, Failure> {
    let lang = out.lang();
    let mut store = Store::open(&options.store, true)?;
    let mut exit = Exit::Success;
    for path in &options.files {
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let record = match record(path, options) {
            Ok(record) => record,
            Err(error) => {
                told(path, &error, options, out)?;
                exit = exit.and(Exit::Error);
                continue;
            }
        };
        if record.bindings.is_empty() && record.phash.is_none() {
            told(path, &Error::Unsupported(text::STORE_NO_KEY.problem()), options, out)?;
            exit = exit.and(Exit::Error);
            continue;
        }
        let added = store.add(&name, &record)?;
        let id = record.manifest_id.clone().unwrap_or_else(|| format!("sha256:{}", record.sha256));
        if options.json {
            out.json(&serde_json::json!({
                "file": path.to_string_lossy(),
                "added": added,
                "manifestId": id,
                "watermarks": record.bindings.iter().map(binding).collect::<Vec<_>>(),
                "phash": record.phash.map(|hash| format!("{hash:016x}")),
            }))?;
            continue;
        }
        let words = if added { &text::STORE_ADDED } else { &text::STORE_THERE };
        let mut page = Page::new(lang);
        page.wrapped("", &words.with(lang, "path", shown_path(path, lang)), 2, style::TITLE);
        let mut row = |name: &text::Text, value: &str| page.row(2, COLUMN, name.get(lang), value, style::PLAIN);
        row(&text::ROW_MANIFEST, &shown(&id));
        let marks: Vec<String> = record.bindings.iter().map(|b| format!("{} ({})", hex(&b.value), b.alg)).collect();
        let none = || text::STORE_NO_WATERMARK.get(lang).to_owned();
        row(&text::ROW_WATERMARK, &if marks.is_empty() { none() } else { marks.join(text::LIST_COMMA.get(lang)) });
        out.print(&page.finish())?;
    }
    Ok(exit)
}

fn find(options: &StoreFiles, out: &mut Out) -> Result<Exit, Failure> {
    let store = Store::open(&options.store, false)?;
    let mut exit = Exit::Success;
    for path in &options.files {
        let record = match record(path, options) {
            Ok(record) => record,
            Err(error) => {
                told(path, &error, options, out)?;
                exit = exit.and(Exit::Error);
                continue;
            }
        };
        let matches = store.find(&record)?;
        if matches.is_empty() {
            exit = exit.and(Exit::Unsatisfied);
        }
        if options.json {
            let found: Vec<_> = matches.iter().map(json).collect();
            out.json(&serde_json::json!({ "file": path.to_string_lossy(), "matches": found }))?;
        } else {
            out.print(&page(path, &matches, out.lang()).finish())?;
        }
    }
    Ok(exit)
}

/// A match: `manifestId` and `similarityScore` as in the C2PA soft binding resolution API, the rest ours.
fn json(found: &Match) -> serde_json::Value {
    let mut value = serde_json::json!({
        "manifestId": found.manifest_id,
        "alg": found.alg,
        "name": found.name,
        "sha256": found.sha256,
        "label": found.label,
        "hasManifest": found.has_manifest,
        "samePicture": found.same(),
    });
    if let (Some(object), Some(score)) = (value.as_object_mut(), found.score()) {
        object.insert("similarityScore".to_owned(), score.into());
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
        if let Some(name) = &found.name {
            row(&text::ROW_STORED_AS, &shown(name));
        }
        if let Some(label) = &found.label {
            row(&text::ROW_PRODUCER, &shown(&label.content_producer));
            row(&text::ROW_ID, &shown(&label.produce_id));
        }
    }
    page
}

fn manifest(options: &StoreManifest, out: &mut Out) -> Result<Exit, Failure> {
    let store = Store::open(&options.store, false)?;
    let Some(bytes) = store.manifest(&options.id)? else {
        return Err(Failure::invalid(text::STORE_NO_MANIFEST.with("id", &options.id)));
    };
    if output::is_dash(&options.output) {
        out.print_bytes(&bytes)?;
        return Ok(Exit::Success);
    }
    write(&options.output, &bytes, options.force)?;
    Ok(Exit::Success)
}

/// Writes a file whole or not at all.
fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), Error> {
    let io = |e| Error::io(path.display().to_string(), e);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(io)?;
    let done = if force { file.persist(path) } else { file.persist_noclobber(path) };
    done.map(drop).map_err(|e| io(e.error))
}

fn binding(binding: &biaoshi::verify::lookup::SoftBinding) -> serde_json::Value {
    serde_json::json!({ "alg": binding.alg, "value": hex(&binding.value) })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
