//! What `label` wrote, for people and as JSON.

use biaoshi::codec::Reencoded;
use biaoshi::codec::sound::{Kept, Place, Sounded};
use biaoshi::codec::video::Overlaid;
use biaoshi::notice::Made;
use biaoshi::render::Drawn;
use biaoshi::{Algorithm, Identity, Lang, Level, Placement, Receipt, Signer as _};

use crate::output::{self, Failure, Page, number, shown, shown_path, style};
use crate::report;
use crate::text::{self, Text};
use crate::write::Files;

/// Column where values start.
const COLUMN: usize = 16;

/// A label that was written, and what the library's receipt does not know.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) receipt: Receipt,
    pub(crate) input_bytes: u64,
    pub(crate) signer: Option<SignerLine>,
}

/// Who signed.
#[derive(Debug)]
pub(crate) struct SignerLine {
    name: String,
    algorithm: &'static str,
    not_after: String,
}

impl SignerLine {
    /// Takes what is shown from an identity and forgets the key.
    pub(crate) fn of(identity: Identity) -> Self {
        Self {
            name: identity.certificate().map(|c| c.subject().to_owned()).unwrap_or_default(),
            algorithm: algorithm(identity.algorithm()),
            not_after: identity.not_after_text().unwrap_or_default().to_owned(),
        }
    }
}

/// The name of an algorithm.
pub(crate) fn algorithm(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Ed25519 => "Ed25519",
        Algorithm::Es256 => "ES256",
        Algorithm::Sm2 => "SM2",
        _ => "?",
    }
}

/// The receipt as JSON: what the library says, with paths, notes and the report on the output.
pub(crate) fn json(files: &Files<'_>, written: &Written, lang: Lang) -> Result<serde_json::Value, Failure> {
    let mut value = serde_json::json!({
        "schema": "biaoshi.receipt/1",
        "file": files.output.to_string_lossy(),
        "input": files.input.to_string_lossy(),
        "input_bytes": written.input_bytes,
    });
    let receipt = serde_json::to_value(&written.receipt).map_err(output::internal)?;
    let report = serde_json::to_value(written.receipt.report.document(lang)).map_err(output::internal)?;
    let notes: Vec<_> = written
        .receipt
        .notes
        .iter()
        .map(|note| serde_json::json!({ "code": note.message.code, "message": note.text(lang) }))
        .collect();
    if let (Some(object), serde_json::Value::Object(fields)) = (value.as_object_mut(), receipt) {
        object.extend(fields);
        object.insert("notes".to_owned(), notes.into());
        object.insert("report".to_owned(), report);
    }
    Ok(value)
}

/// The receipt for people.
pub(crate) fn page(files: &Files<'_>, written: &Written, lang: Lang) -> Page {
    let mut page = Page::new(lang);
    let receipt = &written.receipt;
    let path =
        if output::is_dash(files.output) { text::STDOUT.get(lang).to_owned() } else { shown_path(files.output, lang) };
    let head = match receipt.changed {
        true => &text::WROTE,
        false if receipt.label.label.is_empty() => &text::COPIED,
        false => &text::UNCHANGED,
    };
    page.wrapped("", &head.with(lang, "path", path), 2, style::TITLE);

    let mut row = |name: &Text, value: &str| page.row(2, COLUMN, name.get(lang), value, style::PLAIN);
    if receipt.changed && !receipt.propagated {
        row(&text::ROW_NOTICE, &notice(receipt, lang));
    }
    if let (Some(Made::Picture(_)), Some(how)) = (&receipt.notice, receipt.reencoded) {
        let words = match how {
            Reencoded::Lossless => &text::PIXELS_LOSSLESS,
            Reencoded::Lossy => &text::PIXELS_LOSSY,
        };
        row(&text::ROW_PIXELS, words.get(lang));
    }
    if let Some(mark) = &receipt.watermark {
        let mut args = vec![("payload", mark.payload.clone()), ("scheme", mark.scheme.clone())];
        let words = match mark.psnr_db {
            Some(psnr) => {
                args.push(("psnr", format!("{psnr:.1}")));
                &text::WATERMARK_PUT
            }
            None => &text::WATERMARK_PUT_SOUND,
        };
        row(&text::ROW_WATERMARK, &words.fill(lang, &args));
    }
    let label = &receipt.label;
    let claim = match Level::from_code(&label.label) {
        Some(Level::Is) => &text::CLAIM_AI,
        Some(Level::Possible) => &text::CLAIM_POSSIBLE,
        Some(Level::Suspected) => &text::CLAIM_SUSPECTED,
        None => &text::CLAIM_UNCLEAR,
    };
    if label.label.is_empty() {
        row(&text::ROW_METADATA, text::METADATA_NOWHERE.get(lang));
    } else if label.content_producer.is_empty() {
        row(&text::ROW_METADATA, &text::METADATA_PLATFORM.with(lang, "claim", claim.get(lang)));
    } else {
        let args = [("claim", claim.get(lang).to_owned()), ("producer", shown(&label.content_producer))];
        row(&text::ROW_METADATA, &text::METADATA_WRITTEN.fill(lang, &args));
        row(&text::ROW_ID, &shown(&label.produce_id));
    }
    if label.content_propagator != label.content_producer || label.propagate_id != label.produce_id {
        row(&text::ROW_PROPAGATOR, &shown(&label.content_propagator));
        row(&text::ROW_PROPAGATE_ID, &shown(&label.propagate_id));
    }
    if receipt.changed {
        match &written.signer {
            _ if label.label.is_empty() => {}
            Some(signer) if receipt.sealed => {
                row(&text::ROW_SIGNED, &text::LABEL_SIGNED.with(lang, "algorithm", signer.algorithm));
            }
            _ => row(&text::ROW_MANIFEST, &manifest(written, lang)),
        }
    }
    row(&text::ROW_SIZE, &size(written, lang));
    row(&text::ROW_FINGERPRINT, &receipt.sha256);
    for note in &receipt.notes {
        row(&text::ROW_NOTE, &note.text(lang));
    }
    row(&text::ROW_VERIFIED, report::status_text(&receipt.report, false).get(lang));
    for verdict in &receipt.report.verdicts {
        let (symbol, words, _) = report::outcome(verdict.outcome);
        let colon = text::COLON.get(lang);
        let space = if colon.ends_with('：') { "" } else { " " };
        row(&text::NOTHING, &format!("{symbol} {}{colon}{space}{}", verdict.profile, words.get(lang)));
    }
    page
}

fn notice(receipt: &Receipt, lang: Lang) -> String {
    match (&receipt.notice, &receipt.notice_waived) {
        (Some(Made::Text(worded)), _) => {
            let mut places: Vec<&str> = worded.at.iter().map(|at| report::notice::moment(*at).get(lang)).collect();
            if worded.each_page {
                places.push(text::EACH_PAGE.get(lang));
            }
            let lines: Vec<String> = worded.lines.iter().map(|line| shown(line)).collect();
            let args = [("text", lines.join(" / ")), ("places", places.join(text::COMMA.get(lang)))];
            text::NOTICE_WRITTEN.fill(lang, &args)
        }
        (Some(Made::Sound(sounded)), _) => sound_text(sounded, lang),
        (Some(Made::Video(film)), _) => film_text(film, lang),
        (Some(made), _) => made.drawn().map(|drawn| drawn_text(drawn, lang)).unwrap_or_default(),
        (None, Some(reason)) => text::NOTICE_WAIVED.with(lang, "reason", shown(reason)),
        (None, None) => text::NOTICE_NONE.get(lang).to_owned(),
    }
}

fn drawn_text(drawn: &Drawn, lang: Lang) -> String {
    let lines: Vec<String> = drawn.lines.iter().map(|line| shown(line)).collect();
    let rect = drawn.display_rect;
    text::NOTICE_DRAWN.fill(
        lang,
        &[
            ("text", lines.join(" / ")),
            ("place", place(drawn.placement).get(lang).to_owned()),
            ("ink", drawn.ink_height_px.to_string()),
            ("required", drawn.required_height_px.to_string()),
            ("contrast", format!("{:.1}", drawn.contrast)),
            ("width", rect.width.to_string()),
            ("height", rect.height.to_string()),
            ("x", rect.x.to_string()),
            ("y", rect.y.to_string()),
        ],
    )
}

fn sound_text(made: &Sounded, lang: Lang) -> String {
    let place = |place: &Place| {
        let args = [
            ("at", report::notice::moment(place.at).get(lang).to_owned()),
            ("from", report::notice::seconds(place.start_ms)),
            ("long", report::notice::seconds(place.duration_ms)),
        ];
        text::SOUND_PLACE.fill(lang, &args)
    };
    let places: Vec<String> = made.places.iter().map(place).collect();
    let kept = match &made.kept {
        Kept::Spliced => text::SOUND_SPLICED.get(lang).to_owned(),
        Kept::Reencoded { by, .. } => text::SOUND_REENCODED.with(lang, "by", shown(by)),
    };
    let loud = made.notice_loudness.map(|tenths| {
        let lufs = format!("{:.1}", f64::from(tenths) / 10.0);
        text::SOUND_LOUD.with(lang, "lufs", lufs)
    });
    let parts = [Some(places.join(text::COMMA.get(lang))), loud, Some(kept)];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(text::COMMA.get(lang))
}

fn film_text(made: &Overlaid, lang: Lang) -> String {
    let args = [
        ("notice", drawn_text(&made.drawn, lang)),
        ("seconds", format!("{:.1}", made.seconds)),
        ("same", number(made.kept.video_packets_identical)),
        ("all", number(made.kept.video_packets)),
        ("encoder", shown(&made.encoder.name)),
    ];
    text::FILM_NOTICE.fill(lang, &args)
}

fn place(placement: Placement) -> &'static Text {
    match placement {
        Placement::TopLeft => &text::PLACE_TOP_LEFT,
        Placement::Top => &text::PLACE_TOP,
        Placement::TopRight => &text::PLACE_TOP_RIGHT,
        Placement::Left => &text::PLACE_LEFT,
        Placement::Right => &text::PLACE_RIGHT,
        Placement::BottomLeft => &text::PLACE_BOTTOM_LEFT,
        Placement::Bottom => &text::PLACE_BOTTOM,
        Placement::BottomRight => &text::PLACE_BOTTOM_RIGHT,
    }
}

fn manifest(written: &Written, lang: Lang) -> String {
    match &written.signer {
        Some(signer) if written.receipt.signed => text::MANIFEST_SIGNED.fill(
            lang,
            &[
                ("algorithm", signer.algorithm.to_owned()),
                ("name", shown(&signer.name)),
                ("until", shown(&signer.not_after)),
            ],
        ),
        _ => text::MANIFEST_NONE.get(lang).to_owned(),
    }
}

fn size(written: &Written, lang: Lang) -> String {
    let (before, after) = (written.input_bytes, written.receipt.bytes);
    let growth = if after >= before {
        format!("+{}", number(after.saturating_sub(before)))
    } else {
        format!("-{}", number(before.saturating_sub(after)))
    };
    text::SIZE_GREW.fill(lang, &[("bytes", number(after)), ("growth", growth)])
}
