//! Lays a notice over a film: `notice_film IN OUT [SECONDS|all|PERIOD/SECONDS]`; prints what was
//! done as JSON.

use std::fs::File;
use std::path::Path;

use biaoshi::codec::tool::Programs;
use biaoshi::codec::video::{Span, VideoNotice, overlay};
use biaoshi::source::Source;
use biaoshi::{Format, Limits, Placement};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, rest @ ..] = args.as_slice() else { return Err("notice_film IN OUT [SECONDS|all]".into()) };
    let span = match rest.first().map(String::as_str) {
        None => Span::Start { seconds: 2.0 },
        Some("all") => Span::Throughout,
        Some(text) => match text.split_once('/') {
            Some((period, seconds)) => Span::Every { period: period.parse()?, seconds: seconds.parse()? },
            None => Span::Start { seconds: text.parse()? },
        },
    };
    let (limits, mut source) = (Limits::default(), File::open(from)?);
    let format = Format::sniff(&mut Source::new(&mut source, &limits)?, Some(from))?.ok_or("unknown format")?.format;
    let notice = VideoNotice {
        lines: vec!["本视频由AI生成".to_owned(), "AI-generated".to_owned()],
        placement: Placement::BottomRight,
        min_height_ratio: 0.05,
        font: None,
        span,
    };
    let mut out = File::options().read(true).write(true).create(true).truncate(true).open(Path::new(to))?;
    let done = overlay(format, &mut source, &notice, &Programs::installed(), &limits, &mut out)?;
    let json = serde_json::to_string_pretty(&done)?;
    let notes: Vec<String> = done.notes.iter().map(|note| note.text(biaoshi::Lang::En)).collect();
    std::io::Write::write_all(&mut std::io::stdout(), format!("{json}\n{}\n", notes.join("\n")).as_bytes())?;
    Ok(())
}
