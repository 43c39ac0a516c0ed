//! Programs and data for programs: texts in which a line of words is an error.

use crate::container::Head;
use crate::container::text::units::Form;
use crate::error::{Error, Result};
use crate::format::Format;
use crate::message::notice::text as rows;
use crate::source::Source;

/// First bytes of programs and other texts whose first line must stay the first.
const PROGRAMS: &[&[u8]] = &[b"#!", b"<?", b"%!", b"%YAML", b"%PDF", b"{\\rtf", b"\\documentclass", b"diff --git"];

/// Endings of names of source code, in lower case.
const CODE: &str = "4th abap ada adb ads ahk applescript as asm au3 awk bas bash bat bib bzl c cc cjs cl clj cljs cls cmake cmd \
    cob coffee cpp cr cs csh css cts cu cuh cxx cypher d dart ddl dockerfile dpr el elm erl ex exs f f03 f08 f90 \
    f95 fish for frag fs fsx gd glsl go gradle groovy gsh h hh hlsl hpp hrl hs hx hxx inl ino ipp java jl js jsx \
    ksh kt kts less lhs lisp ll ls lsp lua m m4 mak matlab metal mjs mk ml mli mm mts nim nix nu pas patch php \
    phtml pl pm prolog proto ps1 psm1 purs py pyi pyw pyx qml r rb re rkt rs s sage sas sass scala scm scss sed \
    sh sol sql ss sty styl sv svh swift tcl tex tf thrift ts tsx v vala vb vba vbs vert vhd vhdl vim wat wgsl wl \
    zig zsh";
/// Endings of names of data and settings.
const DATA: &str = "adoc asciidoc ass atom avsc cer cfg cnf conf config crt csl csr csv desktop diff dot dtd editorconfig eml \
    env geojson gitattributes gitignore gpx graphml graphql gv hcl hosts ics inf ini ipynb json json5 jsonc \
    jsonl jsonld key kml ldif lock lrc m3u m3u8 map mbox mpd mps ndjson npmrc nt opml owl pem plist po pot prefs \
    prop properties psv pub rdf reg rss sbv service smi srt ssa strings sub tab tfstate tfvars toml topojson tsv \
    ttl ttml url vcf vcs vtt webmanifest wsdl xaml xbel xliff xmi xml xsd xsl xslt yaml yml";
/// Endings of pages that a program makes.
const TEMPLATES: &str = "asp aspx astro cfm cshtml ejs erb hbs j2 jinja jsp jspx liquid mustache njk php phtml razor svelte tmpl tpl \
    twig vue";
/// Whole names, in lower case.
const NAMES: &str = "brewfile cargo.lock cmakelists.txt codeowners constraints.txt containerfile crontab dockerfile fstab gemfile \
    gnumakefile go.mod go.sum hosts jenkinsfile justfile makefile meson.build passwd pipfile podfile procfile \
    rakefile requirements.txt robots.txt snakefile sshd_config sudoers vagrantfile";
/// Fields of server-sent events (HTML 9.2.6).
const FIELDS: &[&[u8]] = &[b"data", b"event", b"id", b"retry", b""];

/// Whether a list, its words apart by spaces, has this word.
fn has(list: &str, word: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

/// Whether a file of this name is read by programs.
fn is_program(format: Format, name: &str) -> bool {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    // A name that begins with a dot is one of settings: `.env`, `.gitignore`.
    let (stem, ending) = base.rsplit_once('.').unwrap_or((base.as_str(), ""));
    if format == Format::Html {
        return has(TEMPLATES, ending);
    }
    // What has the shape of an answer of a model is one, whatever its name.
    if !matches!(format, Format::Txt | Format::Markdown) {
        return false;
    }
    // `Dockerfile.dev` and its like.
    let variant = matches!(stem, "dockerfile" | "containerfile" | "makefile") && !matches!(ending, "md" | "txt");
    stem.is_empty() || variant || has(NAMES, &base) || [CODE, DATA, TEMPLATES].iter().any(|list| has(list, ending))
}

/// Refuses a file by its name, which tells programs and data from texts where no byte does.
///
/// # Errors
/// [`Error::Refused`].
pub(crate) fn check_name(format: Format, name: Option<&str>) -> Result<()> {
    match name.filter(|name| is_program(format, name)) {
        Some(name) => {
            let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
            Err(Error::Refused(rows::PROGRAM_NAME.with("name", base)))
        }
        None => Ok(()),
    }
}

/// Whether these are lines of server-sent events, data among them. The last line may be cut.
fn is_events(units: &[u8], whole: bool) -> bool {
    let mut lines: Vec<&[u8]> = units.split(|b| matches!(b, b'\n' | b'\r')).collect();
    if !whole {
        lines.pop();
    }
    let mut data = false;
    for line in lines.into_iter().filter(|line| !line.is_empty()) {
        let Some(colon) = line.iter().position(|b| *b == b':') else { return false };
        let name = line.get(..colon).unwrap_or_default();
        if !FIELDS.contains(&name) {
            return false;
        }
        data |= name == b"data";
    }
    data
}

/// Refuses a text that is read by machines from its first line on.
pub(super) fn check_start(source: &mut Source<'_>, form: Form, bom: u64) -> Result<()> {
    let most = Head::LEN as u64;
    let head = form.units(&source.bytes(bom..bom + most, most, "metadata_bytes")?);
    if PROGRAMS.iter().any(|start| head.starts_with(start)) {
        return Err(Error::Refused(rows::PROGRAM.problem().at(bom)));
    }
    if is_events(&head, source.len() <= bom + most) {
        return Err(Error::Refused(rows::EVENTS.problem().at(bom)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn programs_and_data_are_known_by_their_names() {
        for name in [
            "a.py",
            "dir/b.C",
            "c.toml",
            "d.yaml",
            "e.yml",
            "f.sh",
            "Dockerfile",
            "Makefile",
            "dockerfile.dev",
            "g.csv",
            "h.sql",
            "i.xml",
            "j.ini",
            "k.rs",
            "l.ts",
            "m.json",
            "n.ipynb",
            ".env",
            ".gitignore",
            "o.lrc",
            "C:\\x\\p.bat",
            "requirements.txt",
            "CMakeLists.txt",
            "q.css",
            "r.go",
            "s.java",
            "t.R",
        ] {
            assert!(is_program(Format::Txt, name), "{name}");
        }
        for name in [
            "a.txt",
            "b",
            "README",
            "c.log",
            "d.md",
            "essay.2025",
            "e.text",
            "notes.v2",
            "f.rst",
            "-",
            "Makefile.md",
            "hosts.txt",
        ] {
            assert!(!is_program(Format::Txt, name), "{name}");
        }
        assert!(is_program(Format::Html, "index.php") && !is_program(Format::Html, "a.xml"));
        assert!(!is_program(Format::Json, "a.json") && !is_program(Format::Srt, "a.py"));
    }

    #[test]
    fn events_are_told_from_sentences() {
        for (text, whole, due) in [
            ("data: {\"a\":1}\n\ndata: [DONE]\n\n", true, true),
            (": ping\r\n\r\nevent: delta\r\ndata: x\r\n\r\n", true, true),
            ("id: 1\nretry: 3\ndata:x", true, true),
            ("data: x\nDearly bel", false, true),
            ("data: x\nDearly bel", true, false),
            ("data: as collected in spring\nThe ships lay there.\n", true, false),
            ("event: a\n\n", true, false),
            ("Data: x\n", true, false),
            ("", true, false),
        ] {
            assert_eq!(is_events(text.as_bytes(), whole), due, "{text}");
        }
    }

    #[test]
    fn lists_hold_no_name_twice() {
        for list in [CODE, DATA, TEMPLATES, NAMES] {
            let words: Vec<&str> = list.split(' ').collect();
            assert!(words.is_sorted() && words.windows(2).all(|pair| pair[0] != pair[1] && !pair[0].is_empty()));
        }
    }
}
