//! `biaoshi inspect`: every part of a file and every metadata value.

use std::fs::File;
use std::io::Cursor;

use biaoshi::{Error, Inspection, Lang, ReadSeek, Report, TrustStore, Verifier, inspect_source};

use crate::args::InspectArgs;
use crate::guard::{self, Guard};
use crate::output::{self, Exit, Failure, Out, Page, is_dash, number, pad, shown, shown_path, style, width};
use crate::text;

pub(crate) fn run(options: &InspectArgs, out: &mut Out) -> Result<Exit, Failure> {
    match guard::enter(&options.work, 60, None) {
        Ok(Guard::Inside) => inspect(options, out),
        Ok(Guard::Done(exit)) => Ok(exit),
        Err(error) if options.work.json => {
            out.json(&output::error_json(&options.file.to_string_lossy(), &error, out.lang()))?;
            Ok(Exit::Error)
        }
        Err(error) => Err(Failure::Core(error)),
    }
}

fn inspect(options: &InspectArgs, out: &mut Out) -> Result<Exit, Failure> {
    let lang = out.lang();
    if options.crjson {
        let written = crjson(options)?.ok_or_else(|| Failure::invalid(text::NO_MANIFEST.problem()))?;
        out.json(&written)?;
        return Ok(Exit::Success);
    }
    let read = look(options);
    if options.work.json {
        let name = options.file.to_string_lossy();
        return match read {
            Ok((inspection, report)) => {
                out.json(&json(&name, &inspection, &report)?)?;
                Ok(Exit::Success)
            }
            Err(error) => {
                out.json(&output::error_json(&name, &error, lang))?;
                Ok(Exit::Error)
            }
        };
    }
    let (inspection, report) = read?;
    let name = shown_path(&options.file, lang);
    out.print(&page(&name, &inspection, &report, lang).finish())?;
    Ok(Exit::Success)
}

/// The file, and its name unless it is standard input.
fn open(options: &InspectArgs) -> Result<(Box<dyn ReadSeek>, Option<String>), Error> {
    output::check_input(&options.file)?;
    if is_dash(&options.file) {
        return Ok((Box::new(Cursor::new(output::read_stdin()?)), None));
    }
    let io = |e| Error::io(options.file.display().to_string(), e);
    let file = File::open(&options.file).map_err(io)?;
    Ok((Box::new(file), Some(options.file.to_string_lossy().into_owned())))
}

fn crjson(options: &InspectArgs) -> Result<Option<serde_json::Value>, Error> {
    let (mut source, name) = open(options)?;
    let mut trust = TrustStore::new();
    for path in &options.trust {
        trust.add_path(path)?;
    }
    let verifier = Verifier::new().trust(&trust).limits(options.work.limits());
    name.iter().fold(verifier, |verifier, name| verifier.file_name(name)).crjson(&mut *source)
}

/// The parts, and the labels as the verifier reads them.
fn look(options: &InspectArgs) -> Result<(Inspection, Report), Error> {
    let (mut source, name) = open(options)?;
    let (source, name, limits) = (&mut *source, name.as_deref(), options.work.limits());
    let inspection = inspect_source(source, name, &limits)?;
    source.rewind().map_err(|e| Error::io("seek", e))?;
    let verifier = name.map_or_else(Verifier::new, |name| Verifier::new().file_name(name)).limits(limits);
    let report = verifier.verify(source)?;
    Ok((inspection, report))
}

fn json(name: &str, inspection: &Inspection, report: &Report) -> Result<serde_json::Value, Failure> {
    let mut value = serde_json::json!({ "schema": "biaoshi.inspection/1", "file": name });
    let fields = serde_json::to_value(inspection).map_err(output::internal)?;
    let labels: Vec<_> = report
        .evidence
        .iter()
        .filter_map(|e| e.label.as_ref().map(|label| serde_json::json!({ "site": e.site, "label": label })))
        .collect();
    if let (Some(object), serde_json::Value::Object(fields)) = (value.as_object_mut(), fields) {
        object.extend(fields);
        object.insert("labels".to_owned(), labels.into());
    }
    Ok(value)
}

fn page(name: &str, inspection: &Inspection, report: &Report, lang: Lang) -> Page {
    let mut page = Page::new(lang);
    let args = [("format", inspection.format.row().name.to_owned()), ("bytes", number(inspection.bytes))];
    let (bold, end) = (style::TITLE, style::TITLE.render_reset());
    page.line(&format!("{bold}{name}{end}{}", text::FILE_LINE.fill(lang, &args)), style::PLAIN);
    if let Some((width, height)) = inspection.size {
        let args = [("width", width.to_string()), ("height", height.to_string())];
        let mut line = text::PIXEL_SIZE.fill(lang, &args);
        if inspection.animated {
            line.push_str(text::LIST_COMMA.get(lang));
            line.push_str(text::ANIMATED.get(lang));
        }
        page.line(&line, style::PLAIN);
    }
    parts(&mut page, inspection, lang);
    values(&mut page, inspection, lang);
    labels(&mut page, report, lang);
    structure(&mut page, inspection, report, lang);
    page
}

fn right(text: &str, columns: usize) -> String {
    let fill = columns.saturating_sub(width(text));
    format!("{:fill$}{text}", "")
}

fn parts(page: &mut Page, inspection: &Inspection, lang: Lang) {
    page.gap();
    page.line(text::PARTS.get(lang), style::TITLE);
    let column = |header: &str, cells: &mut dyn Iterator<Item = u64>| {
        cells.map(|n| width(&number(n))).fold(width(header), usize::max)
    };
    let (offset, length) = (text::COLUMN_OFFSET.get(lang), text::COLUMN_LENGTH.get(lang));
    let first = column(offset, &mut inspection.segments.iter().map(|s| s.offset));
    let second = column(length, &mut inspection.segments.iter().map(|s| s.length));
    let header = format!("  {}  {}  {}", right(offset, first), right(length, second), text::COLUMN_PART.get(lang));
    page.line(&header, style::DIM);
    for segment in &inspection.segments {
        let mut name = shown(&segment.name);
        if let Some(slot) = &segment.slot {
            name = format!("{}  {}", pad(&name, 10), text::PART_SLOT.with(lang, "slot", shown(slot)));
        } else if segment.essence {
            name = format!("{}  {}", pad(&name, 10), text::PART_ESSENCE.get(lang));
        }
        let (at, long) = (right(&number(segment.offset), first), right(&number(segment.length), second));
        page.line(&format!("  {at}  {long}  {name}"), style::PLAIN);
    }
}

fn values(page: &mut Page, inspection: &Inspection, lang: Lang) {
    page.gap();
    if inspection.values.is_empty() {
        page.line(text::VALUES_NONE.get(lang), style::TITLE);
        return;
    }
    page.line(text::VALUES.get(lang), style::TITLE);
    for value in &inspection.values {
        let place = text::SITE.fill(
            lang,
            &[
                ("slot", format!("{} ({})", shown(&value.slot), shown(&value.segment))),
                ("offset", number(value.offset)),
                ("length", number(value.length)),
            ],
        );
        page.line(&format!("  {place}"), style::DIM);
        match &value.text {
            None => {
                let bytes = text::BYTES.with(lang, "bytes", number(value.bytes));
                page.line(&format!("    {} {bytes}", text::VALUE_BINARY.get(lang)), style::PLAIN);
            }
            Some(text) => show_text(page, text, lang),
        }
    }
}

/// Text as it stands in the file, JSON laid out; each line escaped.
fn show_text(page: &mut Page, value: &str, lang: Lang) {
    let parsed = serde_json::from_str::<serde_json::Value>(value.trim());
    let laid_out = parsed.ok().filter(|value| value.is_object() || value.is_array());
    let pretty = laid_out.and_then(|value| serde_json::to_string_pretty(&value).ok());
    let mut blank = 0_usize;
    for line in pretty.as_deref().unwrap_or(value).lines() {
        // XMP packets hold room for growth: some 2,000 spaces.
        if line.trim().is_empty() {
            blank = blank.saturating_add(1);
            continue;
        }
        // A tab is common in XMP and harmless once it is spaces.
        page.line(&format!("    {}", shown(&line.replace('\t', "    "))), style::PLAIN);
    }
    if blank > 0 {
        page.line(&format!("    {}", text::VALUE_PADDING.with(lang, "lines", blank)), style::DIM);
    }
}

fn labels(page: &mut Page, report: &Report, lang: Lang) {
    let mut titled = false;
    for (evidence, label) in report.evidence.iter().filter_map(|e| e.label.as_ref().map(|l| (e, l))) {
        if !titled {
            page.gap();
            page.line(text::LABELS.get(lang), style::TITLE);
            titled = true;
        }
        page.line(&format!("  {}", shown(&evidence.site.slot)), style::DIM);
        for (key, value) in [
            ("Label", &label.label),
            ("ContentProducer", &label.content_producer),
            ("ProduceID", &label.produce_id),
            ("ReservedCode1", &label.reserved_code1),
            ("ContentPropagator", &label.content_propagator),
            ("PropagateID", &label.propagate_id),
            ("ReservedCode2", &label.reserved_code2),
        ] {
            let value = if value.is_empty() { text::EMPTY.get(lang).to_owned() } else { shown(value) };
            page.row(4, 24, key, &value, style::PLAIN);
        }
    }
}

fn structure(page: &mut Page, inspection: &Inspection, report: &Report, lang: Lang) {
    let codes: Vec<&str> = inspection.findings.iter().map(|(code, _)| code.as_str()).collect();
    let found: Vec<_> = report.findings.iter().filter(|f| codes.contains(&f.code())).cloned().collect();
    crate::report::findings(page, &found, lang);
}
