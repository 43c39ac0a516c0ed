//! The store: one SQLite file, no server.

use std::path::Path;
use std::time::Duration;

use biaoshi::verify::lookup::{PHASH, Record, SAME_MAX, SoftBinding};
use biaoshi::{Error, LabelFields};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use crate::text;

/// Marks the file as a store of ours (`PRAGMA application_id`): "bsst".
const APPLICATION: i32 = 0x6273_7374;
/// Version of the tables (`PRAGMA user_version`).
const VERSION: i32 = 1;
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(10);

const TABLES: &str = "
CREATE TABLE content (
    id INTEGER PRIMARY KEY,
    manifest_id TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    name TEXT,
    format TEXT NOT NULL,
    label TEXT,
    manifest BLOB,
    phash INTEGER
) STRICT;
CREATE INDEX content_manifest ON content (manifest_id);
CREATE TABLE binding (
    alg TEXT NOT NULL,
    value BLOB NOT NULL,
    content INTEGER NOT NULL REFERENCES content (id),
    PRIMARY KEY (alg, value, content)
) STRICT, WITHOUT ROWID;
";

/// An open store.
pub(super) struct Store {
    path: String,
    connection: Connection,
}

/// Content that was found in the store.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Match {
    /// Name of its manifest, or one made from its hash.
    pub(super) manifest_id: String,
    /// By what it was found: the algorithm of a watermark, or [`PHASH`].
    pub(super) alg: String,
    /// Name of the file as it was added.
    pub(super) name: Option<String>,
    /// SHA-256 of the file as it was added, in hex.
    pub(super) sha256: String,
    /// The label that it carried.
    pub(super) label: Option<LabelFields>,
    /// Whether the store holds its manifest.
    pub(super) has_manifest: bool,
    /// In how many of 64 bits the perceptual hashes differ; nothing where there are no two to compare.
    pub(super) distance: Option<u32>,
}

impl Match {
    /// Whether the picture looks like the one that was stored.
    pub(super) fn same(&self) -> Option<bool> {
        self.distance.map(|distance| distance <= SAME_MAX)
    }

    /// 0 to 100, as in the C2PA soft binding resolution API; nothing where pictures can't be compared.
    pub(super) fn score(&self) -> Option<u32> {
        self.distance.map(|distance| 100_u32.saturating_sub(distance.saturating_mul(100) / 64))
    }
}

impl Store {
    /// Opens a store; makes a new one if `create`.
    ///
    /// # Errors
    /// [`Error::Io`] if there is none, [`Error::Malformed`] for another file.
    pub(super) fn open(path: &Path, create: bool) -> Result<Self, Error> {
        let shown = path.display().to_string();
        if !create {
            crate::output::check_input(path)?;
            std::fs::metadata(path).map_err(|e| Error::io(&shown, e))?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let flags = if create { flags | OpenFlags::SQLITE_OPEN_CREATE } else { flags };
        let wrong = |error| failed(&shown, error);
        let mut connection = Connection::open_with_flags(path, flags).map_err(wrong)?;
        connection.busy_timeout(BUSY).map_err(wrong)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(wrong)?;
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(wrong)?;
        let number = |name: &str| transaction.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        let (application, version) = (number("application_id").map_err(wrong)?, number("user_version").map_err(wrong)?);
        let tables: i64 =
            transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(wrong)?;
        match (application, version) {
            (APPLICATION, VERSION) => {}
            (0, 0) if create && tables == 0 => {
                transaction.execute_batch(TABLES).map_err(wrong)?;
                transaction.pragma_update(None, "application_id", APPLICATION).map_err(wrong)?;
                transaction.pragma_update(None, "user_version", VERSION).map_err(wrong)?;
            }
            _ => return Err(Error::Malformed(text::STORE_OTHER.with("path", shown))),
        }
        transaction.commit().map_err(wrong)?;
        Ok(Self { path: shown, connection })
    }

    fn wrong(&self, error: rusqlite::Error) -> Error {
        failed(&self.path, error)
    }

    /// Adds content, unless the same file is there already.
    pub(super) fn add(&mut self, name: &str, record: &Record) -> Result<bool, Error> {
        let shown = self.path.clone();
        let wrong = |error| failed(&shown, error);
        let label = record.label.as_ref().map(serde_json::to_string).transpose();
        let label = label.map_err(|e| Error::io(&shown, e.into()))?;
        let id = record.manifest_id.clone().unwrap_or_else(|| format!("sha256:{}", record.sha256));
        let format = record.report.format.row().name;
        let transaction = self.connection.transaction().map_err(wrong)?;
        let added = transaction
            .execute(
                "INSERT INTO content (manifest_id, sha256, name, format, label, manifest, phash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (sha256) DO NOTHING",
                params![id, record.sha256, name, format, label, record.manifest, record.phash.map(u64::cast_signed)],
            )
            .map_err(wrong)?;
        if added > 0 {
            let content = transaction.last_insert_rowid();
            for binding in &record.bindings {
                transaction
                    .execute(
                        "INSERT INTO binding (alg, value, content) VALUES (?1, ?2, ?3)",
                        params![binding.alg, binding.value, content],
                    )
                    .map_err(wrong)?;
            }
        }
        transaction.commit().map_err(wrong)?;
        Ok(added > 0)
    }

    /// What was stored with one of these watermarks, and pictures that look alike; by watermark first,
    /// the most alike first.
    pub(super) fn find(&self, record: &Record) -> Result<Vec<Match>, Error> {
        let mut out = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for SoftBinding { alg, value } in &record.bindings {
            let mut query = self
                .connection
                .prepare("SELECT content, ?1 FROM binding WHERE alg = ?1 AND value = ?2 ORDER BY content")
                .map_err(|e| self.wrong(e))?;
            let rows = query.query_map(params![alg, value], |row| row.get::<_, i64>(0)).map_err(|e| self.wrong(e))?;
            for row in rows {
                let content = row.map_err(|e| self.wrong(e))?;
                if seen.insert(content) {
                    out.push(self.content(content, alg, record.phash)?);
                }
            }
        }
        let by = |found: &Match| found.distance.unwrap_or(u32::MAX);
        out.sort_by_key(by);
        if let Some(phash) = record.phash {
            let mut query = self
                .connection
                .prepare("SELECT id, phash FROM content WHERE phash IS NOT NULL")
                .map_err(|e| self.wrong(e))?;
            let rows = query
                .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
                .map_err(|e| self.wrong(e))?;
            let mut alike = Vec::new();
            for row in rows {
                let (content, there) = row.map_err(|e| self.wrong(e))?;
                if distance(phash, there) <= SAME_MAX && !seen.contains(&content) {
                    alike.push(self.content(content, PHASH, Some(phash))?);
                }
            }
            alike.sort_by_key(by);
            out.append(&mut alike);
        }
        Ok(out)
    }

    fn content(&self, id: i64, alg: &str, phash: Option<u64>) -> Result<Match, Error> {
        self.connection
            .query_row(
                "SELECT manifest_id, name, sha256, label, manifest IS NOT NULL, phash FROM content WHERE id = ?1",
                [id],
                |row| {
                    let label: Option<String> = row.get(3)?;
                    let there: Option<i64> = row.get(5)?;
                    Ok(Match {
                        manifest_id: row.get(0)?,
                        alg: alg.to_owned(),
                        name: row.get(1)?,
                        sha256: row.get(2)?,
                        label: label.and_then(|text| serde_json::from_str(&text).ok()),
                        has_manifest: row.get(4)?,
                        distance: phash.zip(there).map(|(here, there)| distance(here, there)),
                    })
                },
            )
            .map_err(|e| self.wrong(e))
    }

    /// The manifest store of this name.
    pub(super) fn manifest(&self, id: &str) -> Result<Option<Vec<u8>>, Error> {
        self.connection
            .query_row(
                "SELECT manifest FROM content WHERE manifest_id = ?1 AND manifest IS NOT NULL ORDER BY id LIMIT 1",
                [id],
                |row| row.get(0),
            )
            .optional()
            .map_err(|e| self.wrong(e))
    }
}

/// In how many bits a hash differs from a stored one.
fn distance(here: u64, stored: i64) -> u32 {
    (here ^ stored.cast_unsigned()).count_ones()
}

fn failed(path: &str, error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;

    let code = match &error {
        rusqlite::Error::SqliteFailure(failure, _) => Some(failure.code),
        _ => None,
    };
    match code {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            Error::Malformed(text::STORE_OTHER.with("path", path))
        }
        _ => Error::io(path, std::io::Error::other(error)),
    }
}
