//! The store: one SQLite file, no server.

use std::path::Path;
use std::time::Duration;

use biaoshi::verify::lookup::{PHASH, Record, SAME_MAX, SoftBinding};
use biaoshi::{Error, LabelFields};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, TransactionBehavior, params};

use crate::text;

/// Marks the file as a store of ours (`PRAGMA application_id`): "bsst".
const APPLICATION: i32 = 0x6273_7374;
/// Version of the tables (`PRAGMA user_version`).
const VERSION: i32 = 2;
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
    key TEXT NOT NULL,
    content INTEGER NOT NULL REFERENCES content (id),
    PRIMARY KEY (alg, value, key, content)
) STRICT, WITHOUT ROWID;
";
/// Every column, so that a store that lacks one is told at once.
const COLUMNS: [&str; 2] = [
    "SELECT id, manifest_id, sha256, name, format, label, manifest, phash FROM content",
    "SELECT alg, value, key, content FROM binding",
];

/// An open store.
pub(super) struct Store {
    path: String,
    connection: Connection,
}

/// Content that was found in the store.
#[derive(Debug)]
pub(super) struct Match {
    /// Name of its manifest, or one made from its hash.
    pub(super) manifest_id: String,
    /// By what it was found: the algorithm of a watermark, or [`PHASH`].
    pub(super) alg: String,
    /// With which secret key the watermark was read.
    pub(super) key: Option<String>,
    /// Name of the file as it was added.
    pub(super) name: Option<String>,
    /// SHA-256 of the file as it was added, in hex.
    pub(super) sha256: String,
    /// The label that it carried; an error if the store holds something else.
    pub(super) label: Result<Option<LabelFields>, Error>,
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

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Looking up; a store that may not be written to does as well.
    Read,
    /// Adding; the file is made if it is not there, and its tables when something is added.
    Add,
}

impl Store {
    /// Opens a store.
    ///
    /// # Errors
    /// [`Error::Io`] if there is none to read, [`Error::Malformed`] for another file or a damaged store.
    pub(super) fn open(path: &Path, access: Access) -> Result<Self, Error> {
        let shown = path.display().to_string();
        crate::output::check_input(path)?;
        // Absolute, or `:memory:` would be no file.
        let path = std::path::absolute(path).map_err(|e| Error::io(&shown, e))?;
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        match access {
            // What is not there is told by the system's own words.
            Access::Read => std::fs::metadata(&path).map(|_| ()).map_err(|e| Error::io(&shown, e))?,
            Access::Add => flags |= OpenFlags::SQLITE_OPEN_CREATE,
        }
        let wrong = |error| failed(&shown, error);
        let connection = Connection::open_with_flags(path, flags).map_err(wrong)?;
        connection.busy_timeout(BUSY).map_err(wrong)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(wrong)?;
        match (state(&connection).map_err(wrong)?, access) {
            (State::Ours, _) | (State::Empty, Access::Add) => Ok(Self { path: shown, connection }),
            _ => Err(Error::Malformed(text::STORE_OTHER.with("path", shown))),
        }
    }

    fn wrong(&self, error: rusqlite::Error) -> Error {
        failed(&self.path, error)
    }

    /// Adds content. Of the same file, if it is there already, watermarks that were not read before.
    pub(super) fn add(&mut self, name: &str, record: &Record) -> Result<bool, Error> {
        let shown = self.path.clone();
        let wrong = |error| failed(&shown, error);
        let label = record.label.as_ref().map(serde_json::to_string).transpose();
        let label = label.map_err(|e| Error::io(&shown, e.into()))?;
        let format = record.report.format.row().name;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrong)?;
        if state(&transaction).map_err(wrong)? == State::Empty {
            transaction.execute_batch(TABLES).map_err(wrong)?;
            transaction.pragma_update(None, "application_id", APPLICATION).map_err(wrong)?;
            transaction.pragma_update(None, "user_version", VERSION).map_err(wrong)?;
        }
        let added = transaction
            .execute(
                "INSERT INTO content (manifest_id, sha256, name, format, label, manifest, phash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (sha256) DO NOTHING",
                params![
                    manifest_id(record),
                    record.sha256,
                    name,
                    format,
                    label,
                    record.manifest,
                    record.phash.map(u64::cast_signed)
                ],
            )
            .map_err(wrong)?;
        for SoftBinding { alg, value, key } in &record.bindings {
            transaction
                .execute(
                    "INSERT INTO binding (alg, value, key, content)
                     SELECT ?1, ?2, ?3, id FROM content WHERE sha256 = ?4 ON CONFLICT DO NOTHING",
                    params![alg, value, key.as_deref().unwrap_or_default(), record.sha256],
                )
                .map_err(wrong)?;
        }
        transaction.commit().map_err(wrong)?;
        Ok(added > 0)
    }

    /// What was stored with one of these watermarks, and pictures that look alike; by watermark first,
    /// the most alike first.
    pub(super) fn find(&self, record: &Record) -> Result<Vec<Match>, Error> {
        let mut out = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for SoftBinding { alg, value, key } in &record.bindings {
            let mut query = self
                .connection
                .prepare("SELECT content FROM binding WHERE alg = ?1 AND value = ?2 AND key = ?3 ORDER BY content")
                .map_err(|e| self.wrong(e))?;
            let asked = params![alg, value, key.as_deref().unwrap_or_default()];
            let rows = query.query_map(asked, |row| row.get::<_, i64>(0)).map_err(|e| self.wrong(e))?;
            for row in rows {
                let content = row.map_err(|e| self.wrong(e))?;
                if seen.insert(content) {
                    out.push(self.content(content, (alg, key.as_ref()), record.phash)?);
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
                    alike.push(self.content(content, (PHASH, None), Some(phash))?);
                }
            }
            alike.sort_by_key(by);
            out.append(&mut alike);
        }
        Ok(out)
    }

    fn content(&self, id: i64, (alg, key): (&str, Option<&String>), phash: Option<u64>) -> Result<Match, Error> {
        self.connection
            .query_row(
                "SELECT manifest_id, name, sha256, label, manifest IS NOT NULL, phash FROM content WHERE id = ?1",
                [id],
                |row| {
                    let sha256: String = row.get(2)?;
                    let label: Option<String> = row.get(3)?;
                    let label = label.map(|text| serde_json::from_str(&text)).transpose();
                    let there: Option<i64> = row.get(5)?;
                    Ok(Match {
                        manifest_id: row.get(0)?,
                        alg: alg.to_owned(),
                        key: key.cloned(),
                        name: row.get(1)?,
                        label: label.map_err(|reason| {
                            let problem = text::STORE_LABEL.with("path", &self.path).arg("sha256", &sha256);
                            Error::Malformed(problem.arg("reason", reason))
                        }),
                        sha256,
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

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A store of this version.
    Ours,
    /// Nothing yet.
    Empty,
    /// Something else.
    Other,
}

fn state(connection: &Connection) -> rusqlite::Result<State> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    match (number("application_id")?, number("user_version")?) {
        (APPLICATION, VERSION) => {
            for columns in COLUMNS {
                connection.prepare(columns)?;
            }
            Ok(State::Ours)
        }
        (0, 0) => {
            let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            Ok(if tables == 0 { State::Empty } else { State::Other })
        }
        _ => Ok(State::Other),
    }
}

/// The name under which content is stored.
pub(super) fn manifest_id(record: &Record) -> String {
    record.manifest_id.clone().unwrap_or_else(|| format!("sha256:{}", record.sha256))
}

/// What SQLite says, as an error: that a table or column is missing, or holds what it never does in a store,
/// is said of the file, not of the system.
fn failed(path: &str, error: rusqlite::Error) -> Error {
    use rusqlite::Error as Sql;

    let other = match &error {
        Sql::SqliteFailure(failure, _) | Sql::SqlInputError { error: failure, .. } => matches!(
            failure.code,
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::TypeMismatch | ErrorCode::Unknown
        ),
        Sql::FromSqlConversionFailure(..)
        | Sql::IntegralValueOutOfRange(..)
        | Sql::InvalidColumnType(..)
        | Sql::Utf8Error(..) => true,
        _ => false,
    };
    if other {
        Error::Malformed(text::STORE_OTHER.with("path", path))
    } else {
        Error::io(path, std::io::Error::other(error))
    }
}
