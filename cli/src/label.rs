//! `biaoshi label`: writes a label into a copy of a file.

use std::fs::File;
use std::io::{self, Cursor, IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use biaoshi::{Error, Explicit, Identity, Label, Labeler, Level, Origin, Outcome, Profile, ReadSeek, Receipt};

use crate::args::{ExplicitArg, LabelArgs, LevelArg};
use crate::output::{self, Exit, Failure, Out, is_dash};
use crate::receipt::{self, Written};
use crate::text;

/// Largest font file, in bytes.
const FONT_MAX: u64 = 64 << 20;

pub(crate) fn run(options: &LabelArgs, out: &mut Out) -> Result<Exit, Failure> {
    let written = label(options);
    if options.json {
        // With the file itself on standard output there is no room for anything else.
        let aside = is_dash(&options.output);
        let (value, exit) = match &written {
            Ok(written) => (receipt::json(options, written, out.lang())?, judged(written)),
            Err(Failure::Pipe) => return Err(Failure::Pipe),
            Err(Failure::Core(error)) => {
                let name = options.input.to_string_lossy();
                (output::error_json(&name, error, out.lang()), Exit::Error)
            }
        };
        if aside {
            out.note(&format!("{}\n", output::json_line(&value)));
        } else {
            out.json(&value)?;
        }
        return Ok(exit);
    }
    let written = written?;
    let exit = judged(&written);
    let page = receipt::page(options, &written, out.lang());
    if is_dash(&options.output) {
        out.note(&page.finish());
    } else {
        out.print(&page.finish())?;
    }
    Ok(exit)
}

/// 1 if what the file carries now does not satisfy the profiles asked for, as where it carried
/// the label already with something else wrong.
fn judged(written: &Written) -> Exit {
    let verdicts = &written.receipt.report.verdicts;
    if verdicts.iter().all(|v| matches!(v.outcome, Outcome::Compliant | Outcome::NotApplicable)) {
        Exit::Success
    } else {
        Exit::Unsatisfied
    }
}

fn label(options: &LabelArgs) -> Result<Written, Failure> {
    output::check_input(&options.input)?;
    let to_stdout = is_dash(&options.output);
    if to_stdout && io::stdout().is_terminal() {
        return Err(Failure::invalid(text::TERMINAL.problem()));
    }
    let label = label_of(options)?;
    let explicit = explicit(options)?;
    let identity = match &options.sign {
        Some(folder) => Some(Identity::load(folder, Some(now()))?),
        None => None,
    };
    let mut labeler = labeler(options, explicit);
    if let Some(identity) = &identity {
        labeler = labeler.signer(identity);
    }

    let (receipt, input_bytes) = if is_dash(&options.input) {
        let bytes = output::read_stdin()?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let receipt = if to_stdout {
            stream(&labeler, &mut Cursor::new(bytes), &label)?
        } else {
            // A file again, so that the output is made in the one way that is atomic.
            let mut spool = tempfile::NamedTempFile::new().map_err(|e| Error::io("stdin", e))?;
            spool.write_all(&bytes).map_err(|e| Error::io("stdin", e))?;
            labeler.label_file(spool.path(), &options.output, &label, options.force)?
        };
        (receipt, length)
    } else {
        let length = std::fs::metadata(&options.input).map_or(0, |m| m.len());
        let receipt = if to_stdout {
            let io = |e| Error::io(options.input.display().to_string(), e);
            let mut file = File::open(&options.input).map_err(io)?;
            stream(&labeler, &mut file, &label)?
        } else {
            labeler.label_file(&options.input, &options.output, &label, options.force)?
        };
        (receipt, length)
    };
    let signer = identity.map(receipt::SignerLine::of);
    Ok(Written { receipt, input_bytes, signer })
}

/// Labels to standard output, which gets nothing before the result is complete.
fn stream(labeler: &Labeler<'_>, source: &mut dyn ReadSeek, label: &Label) -> Result<Receipt, Failure> {
    let mut stdout = io::stdout().lock();
    labeler.label(source, label, &mut stdout).map_err(|error| match error {
        Error::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe => Failure::Pipe,
        other => Failure::Core(other),
    })
}

fn labeler<'a>(options: &LabelArgs, explicit: Explicit) -> Labeler<'a> {
    let mut asked = options.profile.iter().copied();
    let first = asked.next().unwrap_or(Profile::CN_GB45438);
    let labeler = asked
        .fold(Labeler::new(first), Labeler::also)
        .explicit(explicit)
        .iptc_ai_fields(options.iptc_ai_fields)
        .sign_over_broken(options.sign_over_broken);
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
        if options.font.is_some() || !options.notice_text.is_empty() || !options.notice_language.is_empty() {
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
    match &options.font {
        Some(path) => Ok(explicit.font(read_font(path)?)),
        None => Ok(explicit),
    }
}

fn read_font(path: &Path) -> Result<Vec<u8>, Error> {
    let io = |e| Error::io(path.display().to_string(), e);
    output::check_input(path)?;
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io)?;
    file.take(FONT_MAX).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}
