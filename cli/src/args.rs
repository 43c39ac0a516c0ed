//! Arguments. Help texts stand in [`crate::text::help`], one row per verb and argument, so that
//! both languages are complete; the structures here carry none.

use std::ffi::OsString;
use std::path::PathBuf;

use anstream::ColorChoice;
use biaoshi::{Lang, Limits, Profile, SourceType};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Args, Command, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::output::{Exit, Out, shown};
use crate::text::{self, help};

mod store;
mod values;

pub(crate) use store::{StoreArgs, StoreFiles, StoreManifest, StoreVerb};

pub(crate) use values::{
    AlgorithmArg, ExplicitArg, LevelArg, ListArg, MomentArg, SchemaArg, SecondsArg, ServiceArg, VoiceArg,
};

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "biaoshi", version, disable_help_flag = true, disable_help_subcommand = true)]
#[command(subcommand_required = true, arg_required_else_help = true, max_term_width = 80)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
    #[arg(long, global = true, value_enum, value_name = "LANG")]
    lang: Option<LangArg>,
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    color: ColorArg,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Label(Box<LabelArgs>),
    Verify(VerifyArgs),
    Propagate(Box<PropagateArgs>),
    Inspect(InspectArgs),
    Explain(ExplainArgs),
    List(ListArgs),
    Keygen(KeygenArgs),
    Provider(ProviderArgs),
    Store(StoreArgs),
    Schema(SchemaArgs),
    Completions(CompletionsArgs),
}

/// A bound by its name.
pub(crate) type Bound = (&'static str, u64);

/// `NAME=VALUE`; the value may end in K, M or G for 1,024 and its powers.
fn limit(text: &str) -> Result<Bound, String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE")?;
    let name = Limits::NAMES.iter().find(|known| **known == name).ok_or_else(|| Limits::NAMES.join(", "))?;
    let (digits, shift) = match value.strip_suffix(['K', 'M', 'G', 'k', 'm', 'g']) {
        None => (value, 0),
        Some(digits) => (
            digits,
            if value.ends_with(['K', 'k']) {
                10
            } else if value.ends_with(['M', 'm']) {
                20
            } else {
                30
            },
        ),
    };
    let number = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift));
    let number = number.ok_or_else(|| format!("{value} is not a number that fits"))?;
    if Limits::default().set(name, number) {
        Ok((name, number))
    } else {
        Err(format!("{value} is not a number that fits"))
    }
}

/// What a watermark carries: 16 hexadecimal digits.
fn bits(text: &str) -> Result<u64, String> {
    let wrong = || "16 hexadecimal digits".to_owned();
    if text.len() != 16 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    u64::from_str_radix(text, 16).map_err(|_| wrong())
}

/// The default bounds with these.
pub(crate) fn limits(asked: &[Bound]) -> Limits {
    let mut limits = Limits::default();
    for (name, value) in asked {
        limits.set(name, *value);
    }
    limits
}

#[derive(Debug, Args)]
pub(crate) struct LabelArgs {
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,
    #[arg(long, value_name = "CODE")]
    pub(crate) producer: String,
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    #[arg(long, value_enum, default_value = "is")]
    pub(crate) level: LevelArg,
    #[arg(long, value_name = "TERM", value_parser = source_types(), hide_possible_values = true)]
    pub(crate) source_type: Option<SourceType>,
    #[arg(long, value_name = "CODE", requires = "propagate_id")]
    pub(crate) propagator: Option<String>,
    #[arg(long, value_name = "ID", requires = "propagator")]
    pub(crate) propagate_id: Option<String>,
    #[arg(long, value_name = "VALUE")]
    pub(crate) reserved_code1: Option<String>,
    #[arg(long, value_name = "VALUE")]
    pub(crate) reserved_code2: Option<String>,
    #[arg(long, value_name = "PROFILE", value_parser = profiles())]
    pub(crate) profile: Vec<Profile>,
    #[arg(long, value_enum, value_name = "PLACE", hide_possible_values = true)]
    pub(crate) explicit: Option<ExplicitArg>,
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    #[arg(long, value_name = "TAG", value_parser = ["zh-Hans", "zh-Hant", "en", "pt"])]
    pub(crate) notice_language: Vec<String>,
    #[arg(long, value_name = "LINE", conflicts_with = "notice_language")]
    pub(crate) notice_text: Vec<String>,
    #[arg(long, value_name = "FILE")]
    pub(crate) font: Option<PathBuf>,
    #[arg(long, value_enum, value_name = "WHERE")]
    pub(crate) notice_at: Vec<MomentArg>,
    #[arg(long)]
    pub(crate) each_page: bool,
    #[arg(long, value_name = "VOICE", default_value = "rhythm")]
    pub(crate) voice: VoiceArg,
    #[arg(long, value_name = "SECONDS")]
    pub(crate) notice_seconds: Option<SecondsArg>,
    #[arg(long, conflicts_with_all = ["watermark_key", "watermark_bits"])]
    pub(crate) watermark: bool,
    #[arg(long, value_name = "FILE", requires = "watermark_bits")]
    pub(crate) watermark_key: Option<PathBuf>,
    #[arg(long, value_name = "HEX", requires = "watermark_key", value_parser = bits)]
    pub(crate) watermark_bits: Option<u64>,
    #[arg(long, value_name = "DIR")]
    pub(crate) sign: Option<PathBuf>,
    #[arg(long, requires = "sign")]
    pub(crate) sign_over_broken: bool,
    #[arg(long, value_name = "NAME")]
    pub(crate) system: Option<String>,
    #[arg(long, value_name = "VERSION")]
    pub(crate) system_version: Option<String>,
    #[arg(long, value_name = "ID", requires = "sign")]
    pub(crate) model_id: Option<String>,
    #[arg(long, value_name = "TIME", requires = "sign")]
    pub(crate) created_at: Option<String>,
    #[arg(long, value_name = "TEXT", requires = "sign")]
    pub(crate) oversight: Option<String>,
    #[arg(long)]
    pub(crate) iptc_ai_fields: bool,
    #[arg(long, value_name = "TEXT", requires = "iptc_ai_fields")]
    pub(crate) prompt: Option<String>,
    #[arg(long, value_name = "NAME", requires = "iptc_ai_fields")]
    pub(crate) prompt_writer: Option<String>,
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[arg(value_name = "FILE", required_unless_present = "files_from")]
    pub(crate) files: Vec<PathBuf>,
    #[arg(long, value_name = "LIST")]
    pub(crate) files_from: Option<PathBuf>,
    #[arg(short = '0', long, requires = "files_from")]
    pub(crate) null: bool,
    #[arg(long, value_name = "PROFILE", value_parser = profiles())]
    pub(crate) profile: Vec<Profile>,
    #[arg(long, value_name = "PATH")]
    pub(crate) trust: Vec<PathBuf>,
    #[arg(long)]
    pub(crate) declared: bool,
    #[arg(long)]
    pub(crate) look: bool,
    #[arg(long, value_name = "FILE", requires = "look")]
    pub(crate) watermark_key: Vec<PathBuf>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) time_limit: u32,
    #[arg(long, value_name = "MIB", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(16..))]
    pub(crate) memory_limit: u32,
    #[arg(long, value_name = "NAME=VALUE", value_parser = limit)]
    pub(crate) limit: Vec<Bound>,
    #[arg(long)]
    pub(crate) json: bool,
    #[arg(long, conflicts_with = "json")]
    pub(crate) sarif: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PropagateArgs {
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,
    #[arg(long, value_name = "CODE")]
    pub(crate) propagator: String,
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    #[arg(long, value_name = "VALUE")]
    pub(crate) reserved_code2: Option<String>,
    #[arg(long, conflicts_with = "detected")]
    pub(crate) declared: bool,
    #[arg(long)]
    pub(crate) detected: bool,
    #[arg(long, value_name = "PROFILE", value_parser = profiles())]
    pub(crate) profile: Vec<Profile>,
    #[arg(long, value_name = "DIR")]
    pub(crate) sign: Option<PathBuf>,
    #[arg(long, requires = "sign")]
    pub(crate) sign_over_broken: bool,
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

/// What the work may cost, and how it is answered.
#[derive(Debug, Args)]
pub(crate) struct WorkArgs {
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) time_limit: Option<u32>,
    #[arg(long, value_name = "MIB", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(16..))]
    pub(crate) memory_limit: u32,
    #[arg(long, value_name = "NAME=VALUE", value_parser = limit)]
    limit: Vec<Bound>,
    #[arg(long)]
    pub(crate) json: bool,
}

impl WorkArgs {
    /// The bounds on memory and work.
    pub(crate) fn limits(&self) -> Limits {
        limits(&self.limit)
    }
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    #[arg(long, conflicts_with = "json")]
    pub(crate) crjson: bool,
    #[arg(long, value_name = "PATH", requires = "crjson")]
    pub(crate) trust: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[arg(value_name = "CODE")]
    pub(crate) code: String,
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[arg(value_enum, value_name = "WHAT")]
    pub(crate) what: ListArg,
    #[arg(long)]
    pub(crate) json: bool,
}

/// What makes watermark keys, to which the options of identities don't apply.
const MARK_KEYS: [&str; 2] = ["watermark_key", "text_key"];

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("made").required(true).args(["out", "watermark_key", "text_key"]))]
pub(crate) struct KeygenArgs {
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "ed25519", conflicts_with_all = MARK_KEYS)]
    pub(crate) algorithm: AlgorithmArg,
    #[arg(long, value_name = "NAME", default_value = "Private", conflicts_with_all = MARK_KEYS)]
    pub(crate) organization: String,
    #[arg(long, value_name = "NAME", default_value = "Biaoshi signer", conflicts_with_all = MARK_KEYS)]
    pub(crate) name: String,
    #[arg(long, value_name = "CC", default_value = "CN", conflicts_with_all = MARK_KEYS)]
    pub(crate) country: String,
    #[arg(long, value_name = "N", default_value_t = 365, conflicts_with_all = MARK_KEYS)]
    pub(crate) days: u16,
    #[arg(long, value_name = "FILE")]
    pub(crate) watermark_key: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub(crate) text_key: Option<PathBuf>,
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ProviderArgs {
    #[command(subcommand)]
    pub(crate) verb: ProviderVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProviderVerb {
    Compose(ComposeArgs),
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ComposeArgs {
    #[arg(long, value_name = "CODE")]
    pub(crate) credit_code: String,
    #[arg(long, value_enum, default_value = "generation")]
    pub(crate) service: ServiceArg,
    #[arg(long, value_name = "XXXX", default_value = "0000")]
    pub(crate) extension: String,
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[arg(value_name = "CODE")]
    pub(crate) code: String,
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    #[arg(value_enum, value_name = "WHAT", default_value = "report")]
    pub(crate) what: SchemaArg,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LangArg {
    #[value(name = "en")]
    En,
    #[value(name = "zh-CN", alias = "zh")]
    Zh,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorArg {
    Auto,
    Always,
    Never,
}

fn profiles() -> impl clap::builder::TypedValueParser<Value = Profile> {
    PossibleValuesParser::new(Profile::ALL.iter().map(|p| PossibleValue::new(p.id())))
        .try_map(|id| Profile::find(&id).ok_or("?"))
}

/// Retired terms are read, not written.
fn source_types() -> impl clap::builder::TypedValueParser<Value = SourceType> {
    let terms = SourceType::ALL.iter().filter(|t| !t.is_retired());
    PossibleValuesParser::new(terms.map(|t| PossibleValue::new(t.term())))
        .try_map(|term| SourceType::from_term(&term).ok_or("?"))
}

/// The language asked for: `--lang`, else the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is
/// not empty, as POSIX has it; else English. Looks before parsing, so that help and mistakes in
/// the arguments speak it too.
pub(crate) fn language(arguments: &[OsString], env: impl Fn(&str) -> Option<String>) -> Lang {
    let mut words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        if let Some(tag) = word.strip_prefix("--lang=") {
            return Lang::from_tag(tag);
        }
        if word == "--lang" {
            return words.next().map_or(Lang::En, Lang::from_tag);
        }
    }
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(env)
        .find(|value| !value.is_empty())
        .map_or(Lang::En, |tag| Lang::from_tag(&tag))
}

/// The command with its help in `lang`.
pub(crate) fn command(lang: Lang) -> Command {
    use clap::CommandFactory as _;
    speak(Cli::command(), "", lang)
}

/// Fills in the help of a command and of everything below it.
fn speak(command: Command, path: &str, lang: Lang) -> Command {
    let row = |name: &str| help::find(&if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") });
    let about = help::find(path).map(|r| r.get(lang)).unwrap_or_default();
    let examples = row("examples").map(|r| r.get(lang)).unwrap_or_default();
    let options = text::HELP_OPTIONS.get(lang);
    let arguments = text::HELP_ARGUMENTS.get(lang);
    let usage = text::HELP_USAGE.get(lang);
    let template = format!("{{about}}\n\n{usage}{{usage}}\n\n{{all-args}}{{after-help}}");
    let help_flag = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    let mut command = command
        .disable_help_flag(true)
        .arg(help_flag)
        .about(about)
        .subcommand_help_heading(text::HELP_COMMANDS.get(lang))
        .help_template(template);
    if path.is_empty() {
        let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
        command = command.disable_version_flag(true).arg(version);
    }
    let notes = row("notes").map(|r| format!("{}\n\n", r.get(lang))).unwrap_or_default();
    if !examples.is_empty() {
        command = command.after_help(format!("{notes}{}\n{examples}", text::HELP_EXAMPLES.get(lang)));
    }
    let command = command.mut_args(|arg| {
        let id = arg.get_id().to_string();
        let found = row(&id).or_else(|| help::find(&format!("*.{id}")));
        let heading = if arg.is_positional() { arguments } else { options };
        let words = found.map(|r| r.get(lang)).unwrap_or_default();
        let words = format!("{words}{}", values(&arg, lang));
        let takes_values = arg.get_action().takes_values();
        let arg = arg.help(words).help_heading(heading);
        let arg = if takes_values { arg.hide_default_value(true).hide_possible_values(true) } else { arg };
        if ["lang", "color", "help", "version"].contains(&id.as_str()) { arg.display_order(900) } else { arg }
    });
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        command.mut_subcommand(name, |sub| speak(sub, &below, lang))
    })
}

/// Default and possible values of an option, in `lang`; clap's own words are English only.
fn values(arg: &Arg, lang: Lang) -> String {
    if !arg.get_action().takes_values() {
        return String::new();
    }
    let comma = text::LIST_COMMA.get(lang);
    let mut out = String::new();
    let names: Vec<String> = arg.get_possible_values().iter().map(|v| v.get_name().to_owned()).collect();
    if !names.is_empty() && !arg.is_hide_possible_values_set() {
        out.push_str(&text::HELP_VALUES.with(lang, "values", names.join(comma)));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|v| v.to_string_lossy()).collect();
    if !defaults.is_empty() {
        out.push_str(&text::HELP_DEFAULT.with(lang, "value", defaults.join(comma)));
    }
    out
}

/// Help, version or a mistake in the arguments: what is printed instead of running a verb.
#[derive(Debug)]
pub(crate) struct Early {
    error: clap::Error,
    lang: Lang,
}

impl Early {
    /// Prints it: help and version to standard output, mistakes to standard error.
    pub(crate) fn print(&self) -> Exit {
        let out = Out::new(self.lang, ColorChoice::Auto);
        let rendered = self.error.render().ansi().to_string();
        match self.error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match out.print(&rendered) {
                Ok(()) => Exit::Success,
                Err(failure) => out.fail(&failure),
            },
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                out.note(&rendered);
                Exit::Error
            }
            _ => {
                // Arguments are quoted in it: they may hold anything.
                let plain = self.error.render().to_string();
                let safe: Vec<String> = plain.lines().map(shown).collect();
                out.note(&format!("{}\n", safe.join("\n").trim_end()));
                Exit::Error
            }
        }
    }
}

/// Parses the command line.
pub(crate) fn parse(arguments: Vec<OsString>, lang: Lang) -> Result<(Cli, ColorChoice), Early> {
    let parsed = command(lang)
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(|error| Early { error, lang })?;
    let color = match parsed.color {
        ColorArg::Auto => ColorChoice::Auto,
        ColorArg::Always => ColorChoice::Always,
        ColorArg::Never => ColorChoice::Never,
    };
    Ok((parsed, color))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use std::collections::BTreeSet;

    fn lang_of(arguments: &[&str], env: &[(&str, &str)]) -> Lang {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        language(&arguments, |name| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_language_comes_from_the_option_then_from_the_locale() {
        let zh = [("LANG", "zh_CN.UTF-8")];
        assert_eq!(lang_of(&["biaoshi"], &[]), Lang::En);
        assert_eq!(lang_of(&["biaoshi"], &zh), Lang::Zh);
        assert_eq!(lang_of(&["biaoshi"], &[("LC_ALL", "C"), ("LANG", "zh_CN")]), Lang::En);
        assert_eq!(lang_of(&["biaoshi"], &[("LC_ALL", ""), ("LC_MESSAGES", "zh")]), Lang::Zh);
        assert_eq!(lang_of(&["biaoshi", "--lang", "en", "list"], &zh), Lang::En);
        assert_eq!(lang_of(&["biaoshi", "list", "--lang=zh-CN"], &[]), Lang::Zh);
        assert_eq!(lang_of(&["biaoshi", "verify", "--", "--lang=zh-CN"], &[]), Lang::En);
    }

    #[test]
    fn every_verb_and_argument_has_help_and_no_help_is_orphaned() {
        fn walk(command: &Command, path: &str, used: &mut BTreeSet<String>) {
            assert!(help::find(path).is_some(), "no help for {path:?}");
            used.insert(path.to_owned());
            let name = |id: &str| if path.is_empty() { id.to_owned() } else { format!("{path}.{id}") };
            used.extend([name("examples"), name("notes")]);
            for arg in command.get_arguments() {
                let id = arg.get_id().as_str();
                let keys = [name(id), format!("*.{id}")];
                let key = keys.iter().find(|key| help::find(key).is_some());
                used.insert(key.unwrap_or_else(|| panic!("no help for {path}.{id}")).clone());
            }
            for sub in command.get_subcommands() {
                walk(sub, &name(sub.get_name()), used);
            }
        }
        let mut used = BTreeSet::new();
        let command = command(Lang::En);
        walk(&command, "", &mut used);
        for row in help::ALL {
            assert!(used.contains(row.name), "help row {} belongs to nothing", row.name);
        }
        command.debug_assert();
        super::command(Lang::Zh).debug_assert();
    }

    #[test]
    fn contradictions_are_refused() {
        let parse = |words: &[&str]| super::parse(words.iter().map(OsString::from).collect(), Lang::En);
        let label = ["biaoshi", "label", "a.png", "-o", "b.png", "--producer", "x"];
        let with = |more: &[&str]| parse(&[&label, more].concat());
        assert!(with(&[]).is_ok());
        for bad in [
            ["--prompt", "x"].as_slice(),
            &["--sign-over-broken"],
            &["--propagate-id", "x"],
            &["--source-type", "digitalArt"],
            &["--source-type", "nonsense"],
            &["--profile", "nonsense"],
            &["--notice-language", "fr"],
            &["--notice-text", "x", "--notice-language", "en"],
            &["--explicit", "middle"],
        ] {
            assert!(with(bad).is_err(), "{bad:?}");
        }
    }
}
