//! `biaoshi label`: writes a label into a copy of a file.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use biaoshi::watermark::Key;
use biaoshi::{Error, Explicit, Identity, Imprint, Label, Labeler, Level, Origin, Profile};

use crate::args::{ExplicitArg, LabelArgs, LevelArg, SecondsArg, VoiceArg};
use crate::output::{self, Exit, Failure, Out, is_dash};
use crate::progress::Bar;
use crate::receipt::{self, Written};
use crate::text;
use crate::write::{Files, Ways};

/// Largest font file, in bytes.
const FONT_MAX: u64 = 64 << 20;
/// Largest recording of a notice, in bytes.
const CLIP_MAX: u64 = 256 << 20;

pub(crate) fn run(options: &LabelArgs, out: &mut Out) -> Result<Exit, Failure> {
    let files = Files { input: &options.input, output: &options.output, force: options.force, json: options.work.json };
    files.guarded(&options.work, 3600, &|| label(options, &files), out)
}

fn label(options: &LabelArgs, files: &Files<'_>) -> Result<Written, Failure> {
    files.check()?;
    let label = label_of(options)?;
    let explicit = explicit(options)?;
    let identity = match &options.sign {
        Some(folder) => Some(Identity::load(folder, Some(now()))?),
        None => None,
    };
    let bar = Bar::new(options.work.json);
    let mut labeler = labeler(options, explicit, imprint(options)?).programs(bar.programs());
    if let Some(identity) = &identity {
        labeler = labeler.signer(identity);
    }
    let (receipt, input_bytes) = files.write(&Ways {
        file: &|path| labeler.label_file(path, files.output, &label, files.force),
        stream: &|source, out| labeler.label(source, &label, out),
    })?;
    bar.end();
    Ok(Written { receipt, input_bytes, signer: identity.map(receipt::SignerLine::of) })
}

fn labeler<'a>(options: &LabelArgs, explicit: Explicit, imprint: Option<Imprint>) -> Labeler<'a> {
    let mut asked = options.profile.iter().copied();
    let first = asked.next().unwrap_or(Profile::CN_GB45438);
    let labeler = asked
        .fold(Labeler::new(first), Labeler::also)
        .explicit(explicit)
        .iptc_ai_fields(options.iptc_ai_fields)
        .limits(options.work.limits())
        .sign_over_broken(options.sign_over_broken);
    let labeler = match imprint {
        Some(imprint) => labeler.watermark(imprint),
        None => labeler,
    };
    let name = options.output.file_name().filter(|_| !is_dash(&options.output));
    match name.and_then(|name| name.to_str()) {
        Some(title) => labeler.title(title),
        None => labeler,
    }
}

fn label_of(options: &LabelArgs) -> Result<Label, Failure> {
    // Names of systems go into the manifest or into the IPTC fields: without either they would be
    // dropped silently.
    let named = options.system.is_some() || options.system_version.is_some();
    if named && options.sign.is_none() && !options.iptc_ai_fields {
        return Err(Failure::invalid(text::SYSTEM_NOWHERE.problem()));
    }
    let mut label = Label::new(&options.producer).with_level(match options.level {
        LevelArg::Is => Level::Is,
        LevelArg::Possible => Level::Possible,
        LevelArg::Suspected => Level::Suspected,
    });
    label.produce_id.clone_from(&options.id);
    label.propagator.clone_from(&options.propagator);
    label.propagate_id.clone_from(&options.propagate_id);
    label.reserved_code1.clone_from(&options.reserved_code1);
    label.reserved_code2.clone_from(&options.reserved_code2);
    label.source_type = options.source_type.unwrap_or_default();
    label.origin = Origin {
        system_name: options.system.clone(),
        system_version: options.system_version.clone(),
        model_id: options.model_id.clone(),
        created_at: options.created_at.as_deref().map(time).transpose()?,
        human_oversight: options.oversight.clone(),
        prompt: options.prompt.clone(),
        prompt_writer: options.prompt_writer.clone(),
    };
    Ok(label)
}

/// A time as given, or the present one; RFC 3339.
fn time(value: &str) -> Result<String, Failure> {
    if value == "now" {
        let now = jiff::Timestamp::now().as_second();
        return jiff::Timestamp::from_second(now).map(|t| t.to_string()).map_err(output::internal);
    }
    let wrong = |reason: jiff::Error| Failure::invalid(text::TIME.with("value", value).arg("reason", reason));
    value.parse::<jiff::Timestamp>().map_err(wrong)?;
    Ok(value.to_owned())
}

/// The present, in seconds since 1970-01-01T00:00:00Z.
pub(crate) fn now() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or(0)
}

fn explicit(options: &LabelArgs) -> Result<Explicit, Failure> {
    let place = options.explicit.unwrap_or(ExplicitArg::BottomRight);
    let Some(placement) = place.placement() else {
        let placed = options.each_page || !options.notice_at.is_empty() || options.notice_seconds.is_some();
        let placed = placed || options.voice != VoiceArg::Rhythm;
        if placed || options.font.is_some() || !options.notice_text.is_empty() || !options.notice_language.is_empty() {
            return Err(Failure::invalid(text::NOTICE_USELESS.problem()));
        }
        return match options.reason.as_deref().map(str::trim) {
            Some(reason) if !reason.is_empty() => Ok(Explicit::none(reason)),
            _ => Err(Failure::invalid(text::REASON_MISSING.problem())),
        };
    };
    if options.reason.is_some() {
        return Err(Failure::invalid(text::REASON_USELESS.problem()));
    }
    let mut explicit = Explicit::corner(placement);
    for language in &options.notice_language {
        explicit = explicit.language(language);
    }
    for line in &options.notice_text {
        explicit = explicit.text(line);
    }
    for at in &options.notice_at {
        explicit = explicit.at(at.moment());
    }
    explicit = explicit.each_page(options.each_page);
    explicit = match &options.voice {
        VoiceArg::Rhythm => explicit,
        VoiceArg::Speech => explicit.spoken(),
        VoiceArg::Clip(path) => explicit.clip(read_whole(path, CLIP_MAX)?),
    };
    if let Some(SecondsArg(span)) = options.notice_seconds {
        explicit = explicit.span(span);
    }
    match &options.font {
        Some(path) => Ok(explicit.font(read_whole(path, FONT_MAX)?)),
        None => Ok(explicit),
    }
}

/// The watermark that is asked for.
fn imprint(options: &LabelArgs) -> Result<Option<Imprint>, Failure> {
    match (&options.watermark_key, options.watermark_bits) {
        (Some(path), Some(bits)) => Ok(Some(Imprint::secret(Key::load(path)?, bits))),
        _ => Ok(options.watermark.then(Imprint::of_label)),
    }
}

fn read_whole(path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let io = |e| Error::io(path.display().to_string(), e);
    output::check_input(path)?;
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io)?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > most {
        return Err(Error::Limit(text::FILE_LIMIT.with("path", path.display()).arg("max", output::number(most))));
    }
    Ok(bytes)
}
