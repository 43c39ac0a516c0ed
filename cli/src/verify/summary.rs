//! What was found in many files, by format.

use std::collections::BTreeMap;

use biaoshi::Lang;
use serde_json::Value;

use crate::output::{Exit, Page, number, pad, style, width};
use crate::text;

/// Counts of one format.
#[derive(Debug, Default, Clone, Copy)]
struct Row {
    files: u64,
    marked: u64,
    intact: u64,
    broken: u64,
}

/// Counts of everything.
#[derive(Debug, Default)]
pub(super) struct Summary {
    formats: BTreeMap<String, Row>,
    good: u64,
    bad: u64,
    broken: u64,
    errors: u64,
    passed_over: u64,
    exit: Option<Exit>,
}

impl Summary {
    /// Counts a file of no known format.
    pub(super) fn pass_over(&mut self) {
        self.passed_over = self.passed_over.saturating_add(1);
    }

    pub(super) fn add(&mut self, answer: &Value) {
        let exit = Exit::from_word(answer.get("exit").and_then(Value::as_str).unwrap_or_default());
        let count = match exit {
            Exit::Success => &mut self.good,
            Exit::Unsatisfied => &mut self.bad,
            Exit::Broken => &mut self.broken,
            Exit::Error | Exit::Stopped => &mut self.errors,
        };
        *count = count.saturating_add(1);
        self.exit = Some(self.exit.map_or(exit, |before| before.and(exit)));
        let word = |key: &str| answer.get("json").and_then(|json| json.get(key)?.as_str());
        let Some(format) = word("format") else { return };
        let row = self.formats.entry(format.to_owned()).or_default();
        row.files = row.files.saturating_add(1);
        row.marked = row.marked.saturating_add(u64::from(word("status") != Some("none")));
        let intact = answer.get("intact").and_then(Value::as_bool).unwrap_or(false);
        row.intact = row.intact.saturating_add(u64::from(intact));
        row.broken = row.broken.saturating_add(u64::from(exit == Exit::Broken));
    }

    /// Whether every file could be read.
    pub(super) const fn complete(&self) -> bool {
        self.errors == 0
    }

    /// The exit status of all.
    pub(super) fn exit(&self) -> Exit {
        self.exit.unwrap_or(Exit::Success)
    }

    /// A table with a line for each format, and the numbers of all.
    pub(super) fn page(&self, lang: Lang) -> String {
        let mut page = Page::new(lang);
        if self.formats.len() > 1 || self.formats.values().any(|row| row.files > 4) {
            let heads = [
                &text::COLUMN_FORMAT,
                &text::COLUMN_FILES,
                &text::COLUMN_MARKED,
                &text::COLUMN_INTACT,
                &text::COLUMN_BROKEN,
            ];
            let mut lines = vec![heads.map(|head| head.get(lang).to_owned())];
            for (format, row) in &self.formats {
                let [files, marked, intact, broken] = [row.files, row.marked, row.intact, row.broken].map(number);
                lines.push([format.clone(), files, marked, intact, broken]);
            }
            let widest = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| width(cell)).max();
            let widths: Vec<usize> = (0..5).map(|column| widest(column).unwrap_or(0)).collect();
            for (at, line) in lines.iter().enumerate() {
                let mut text = String::new();
                for (column, (cell, columns)) in line.iter().zip(&widths).enumerate() {
                    if column == 0 {
                        text.push_str(&pad(cell, *columns));
                    } else {
                        let fill = columns.saturating_sub(width(cell)).saturating_add(2);
                        text.push_str(&format!("{:fill$}{cell}", ""));
                    }
                }
                page.line(text.trim_end(), if at == 0 { style::DIM } else { style::PLAIN });
            }
            page.gap();
        }
        let all = [self.good, self.bad, self.broken, self.errors];
        let args = [
            ("count", number(all.iter().fold(0, |sum, n| sum.saturating_add(*n)))),
            ("good", number(self.good)),
            ("bad", number(self.bad)),
            ("broken", number(self.broken)),
            ("errors", number(self.errors)),
        ];
        page.line(&text::SUMMARY.fill(lang, &args), style::PLAIN);
        if self.passed_over > 0 {
            page.line(&text::PASSED_OVER.fill(lang, &[("count", number(self.passed_over))]), style::DIM);
        }
        page.finish()
    }
}
