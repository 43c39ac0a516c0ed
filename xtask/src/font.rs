//! Builds the embedded font: a renamed subset of Debian's Noto Sans CJK, and the record of how.
//!
//! Needed only when the glyph list or the input changes; the built font is committed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};

/// Debian package that carries the input.
const PACKAGE: &str = "fonts-noto-cjk";
/// Input collection, as that package installs it.
const INPUT: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";
/// Face of the collection: 2 is Noto Sans CJK SC.
const FACE: &str = "2";
/// The package's licence record, which holds the text of the Open Font License.
const LICENCE: &str = "/usr/share/doc/fonts-noto-cjk/copyright";

/// Simplified characters: the elements of GB 45438-2025, and words to build notices from.
const SIMPLIFIED: &str = "人工智能生成合成由辅助疑似可能图片图像视频音频文本本内容为是的含有部分\
    经制作处理编辑标识声明虚拟场景提示注意甄别仅供参考已或与和";
/// Traditional forms of the same words.
const TRADITIONAL: &str = "人工智慧產生生成合成內容疑似可能輔助圖片圖像影片視訊音訊文字為經製作\
    處理編輯標識聲明虛擬場景提示注意甄別僅供參考與";
/// Chinese punctuation and the ideographic space.
const PUNCTUATION: &str = "，。、：；！？（）《》【】「」『』·—…“”‘’–•\u{3000}";

const SCRIPT: &str = r#"
import hashlib, sys
import fontTools
from fontTools import subset
from fontTools.ttLib import TTFont

source, face, target, wanted = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
font = TTFont(source, fontNumber=face, recalcTimestamp=False)
version = font["name"].getDebugName(5)
notice = font["name"].getDebugName(0)
missing = sorted(set(wanted) - {chr(c) for c in font.getBestCmap()})
options = subset.Options()
options.hinting = False
options.layout_features = []
options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG", "DSIG"]
options.notdef_outline = False
options.name_IDs = []
options.recalc_timestamp = False
worker = subset.Subsetter(options)
worker.populate(text=wanted)
worker.subset(font)
name = font["name"]
name.names = []
for ident, text in [
    (0, notice), (1, "Biaoshi Sans"), (2, "Regular"), (3, "Biaoshi Sans Regular 1"),
    (4, "Biaoshi Sans"), (5, "Version 1.000; subset"), (6, "BiaoshiSans-Regular"),
    (13, "This Font Software is licensed under the SIL Open Font License, Version 1.1."),
    (14, "https://openfontlicense.org"),
]:
    name.setName(text, ident, 3, 1, 0x409)
cff = font["CFF "].cff
cff.fontNames = ["BiaoshiSans-Regular"]
top = cff.topDictIndex[0]
for key, text in [("FullName", "Biaoshi Sans"), ("FamilyName", "Biaoshi Sans"), ("Weight", "Regular")]:
    if hasattr(top, key):
        setattr(top, key, text)
for key in ("Copyright", "Notice"):
    top.rawDict.pop(key, None)
    if hasattr(top, key):
        delattr(top, key)
for n, part in enumerate(getattr(top, "FDArray", [])):
    part.FontName = "BiaoshiSans-Regular-%d" % n
font.save(target, reorderTables=True)
print(fontTools.version)
print(version)
print(hashlib.sha256(open(source, "rb").read()).hexdigest())
print(hashlib.sha256(open(target, "rb").read()).hexdigest())
print(len(font.getGlyphOrder()))
print(notice.replace("\n", " "))
print("".join(missing))
print("".join(chr(c) for c in sorted(font.getBestCmap())))
"#;

/// Writes `core/assets/font/BiaoshiSans.otf`, its licence and the record of how it was made.
///
/// Runs the Python interpreter named by `BIAOSHI_PYTHON` (default `python3`), which must have
/// fonttools, over the font of Debian's package `fonts-noto-cjk`.
///
/// # Errors
///
/// If the package or fonttools is missing, if the subsetter fails, or if the input lacks one of
/// the Chinese characters or ASCII.
pub fn font_subset() -> Result<()> {
    let folder = root()?.join("core/assets/font");
    fs::create_dir_all(&folder)?;
    let target = folder.join("BiaoshiSans.otf");
    let python = env::var_os("BIAOSHI_PYTHON").unwrap_or_else(|| "python3".into());
    let output = Command::new(&python)
        .args(["-c", SCRIPT, INPUT, FACE])
        .arg(&target)
        .arg(wanted())
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .with_context(|| format!("run {}", Path::new(&python).display()))?;
    if !output.status.success() {
        bail!(
            "the subsetter failed (install {PACKAGE}, and fonttools for {}):\n{}",
            Path::new(&python).display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let text = String::from_utf8(output.stdout)?;
    let lines: Vec<&str> = text.split('\n').collect();
    let [tool, version, input_hash, output_hash, glyphs, notice, missing, have, ..] = lines.as_slice() else {
        bail!("the subsetter printed {} lines", lines.len());
    };
    let needed = |c: &char| !is_latin_extended(*c);
    let lost: String = missing.chars().filter(needed).collect();
    ensure!(lost.is_empty(), "the input font lacks {lost}");

    let package = package_version()?;
    let bytes = fs::metadata(&target)?.len();
    let missing_list: Vec<String> = missing.chars().map(|c| format!("U+{:04X}", u32::from(c))).collect();
    let missing = if missing.is_empty() { "none".to_owned() } else { missing_list.join(" ") };
    fs::write(
        folder.join("README.md"),
        format!(
            "# Biaoshi Sans\n\n\
             A renamed subset of Noto Sans CJK SC Regular for drawing visible notices. Licence: SIL Open \
             Font License 1.1, see OFL.txt. Do not edit this folder by hand: `cargo xtask font-subset` writes it.\n\n\
             | | |\n| --- | --- |\n\
             | input package | {PACKAGE} {package} (Debian) |\n\
             | input file | {INPUT}, face {FACE} |\n\
             | input version | {version} |\n\
             | input SHA-256 | `{input_hash}` |\n\
             | tool | fonttools {tool}, hinting and layout tables dropped |\n\
             | command | `BIAOSHI_PYTHON=python3 cargo xtask font-subset` (glyph list and script: xtask/src/font.rs) |\n\
             | output | BiaoshiSans.otf, {bytes} bytes, {glyphs} glyphs |\n\
             | output SHA-256 | `{output_hash}` |\n\
             | asked for, absent from the input | {missing} |\n\n\
             ## Characters\n\n```text\n{}\n```\n",
            wrap(have)
        ),
    )?;
    fs::write(folder.join("OFL.txt"), licence(notice)?)?;
    Ok(())
}

/// ASCII, Latin-1, Latin Extended-A, and the Chinese words, each character once.
fn wanted() -> String {
    let latin = (0x20_u32..=0x7E).chain(0xA0..=0x17F).filter_map(char::from_u32);
    let mut all: Vec<char> =
        latin.chain(SIMPLIFIED.chars()).chain(TRADITIONAL.chars()).chain(PUNCTUATION.chars()).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().collect()
}

fn is_latin_extended(c: char) -> bool {
    ('\u{a0}'..='\u{17f}').contains(&c)
}

/// Breaks the character list into lines of 60.
fn wrap(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let lines: Vec<String> = chars.chunks(60).map(|line| line.iter().collect()).collect();
    lines.join("\n")
}

fn package_version() -> Result<String> {
    let output = Command::new("dpkg-query").args(["-W", "-f=${Version}", PACKAGE]).output()?;
    ensure!(output.status.success(), "package {PACKAGE} is not installed");
    Ok(String::from_utf8(output.stdout)?)
}

/// The Open Font License as the package ships it, after the font's own copyright line.
fn licence(notice: &str) -> Result<String> {
    let text = fs::read_to_string(LICENCE).with_context(|| format!("read {LICENCE}"))?;
    let start = text.find("License: SIL-1.1\n -").context("the package's record lacks the licence")?;
    let body = text.get(start..).unwrap_or_default();
    let mut out = format!("{notice}\n\nRenamed subset \"Biaoshi Sans\": see README.md.\n\n");
    for line in body.lines().skip(1).take_while(|line| !line.starts_with("License:")) {
        let line = line.strip_prefix(' ').unwrap_or(line);
        out.push_str(if line == "." { "" } else { line });
        out.push('\n');
    }
    Ok(format!("{}\n", out.trim_end()))
}

fn root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(Path::to_path_buf).context("xtask has no parent folder")
}
