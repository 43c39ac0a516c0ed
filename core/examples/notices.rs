//! Measures how well notices are found in pictures: precision, recall, height and time.
//!
//! ```text
//! python tests/notices/make.py OUT --fonts DIR... --photos DIR...
//! cargo run --release --example notices -- own OUT [N]      notices as drawn here, on OUT/grounds
//! cargo run --release --example notices -- others OUT [N]   notices by others, by OCR (Tesseract)
//! cargo run --release --example notices -- none DIR...      any pictures without notice
//! ```
//!
//! `N` takes every Nth picture.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use biaoshi::Limits;
use biaoshi::carrier::notice::{ocr, picture};
use biaoshi::codec::tool::Programs;
use biaoshi::render::{Canvas, Drawn, Notice, Placement, Rgba, draw_notice};
use image::{RgbImage, imageops::FilterType};

struct Rgb(RgbImage);

impl Canvas for Rgb {
    fn width(&self) -> u32 {
        self.0.width()
    }
    fn height(&self) -> u32 {
        self.0.height()
    }
    fn get(&self, x: u32, y: u32) -> Rgba {
        let [r, g, b] = self.0.get_pixel(x, y).0;
        Rgba::from_rgb8(r, g, b)
    }
    fn set(&mut self, x: u32, y: u32, colour: Rgba) {
        self.0.put_pixel(x, y, image::Rgb(colour.to_rgb8()));
    }
}

const LINES: &[&[&str]] = &[
    &["AI生成"],
    &["AI合成"],
    &["人工智能生成"],
    &["人工智能生成合成"],
    &["由人工智能生成"],
    &["可能为AI生成"],
    &["可能為AI生成"],
    &["疑似AI生成"],
    &["AI-generated"],
    &["Possibly AI-generated"],
    &["Gerado por IA"],
    &["AI生成", "AI-generated"],
    &["AI生成", "AI-generated", "Gerado por IA"],
];
const PLACES: [Placement; 8] = [
    Placement::BottomRight,
    Placement::Bottom,
    Placement::BottomLeft,
    Placement::Left,
    Placement::TopLeft,
    Placement::Top,
    Placement::TopRight,
    Placement::Right,
];
const RATIOS: [f64; 5] = [0.03, 0.04, 0.05, 0.06, 0.08];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folder = |n: usize| PathBuf::from(args.get(n).map_or("set", String::as_str));
    let step = args.get(2).and_then(|n| n.parse().ok()).unwrap_or(1);
    match args.first().map(String::as_str) {
        Some("own") => own(&folder(1), step),
        Some("others") => others(&folder(1), step),
        Some("none") => none(&args[1..]),
        _ => println!("own OUT | others OUT | none DIR..."),
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// What happens to a picture after a notice was drawn: a name, the factor, and the new picture.
fn changes(rgb: &RgbImage) -> Vec<(&'static str, f64, RgbImage)> {
    let jpeg = |rgb: &RgbImage, quality: u8| {
        let mut bytes = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(rgb).unwrap();
        image::load_from_memory(&bytes).unwrap().to_rgb8()
    };
    let resized = |factor: f64, filter: FilterType| {
        let to = |side: u32| (f64::from(side) * factor).round() as u32;
        image::imageops::resize(rgb, to(rgb.width()), to(rgb.height()), filter)
    };
    let framed = || {
        let (border, grey) = (rgb.height() / 6, image::Rgb([236, 238, 240]));
        let mut out = RgbImage::from_pixel(rgb.width() + 2 * border, rgb.height() + 3 * border, grey);
        image::imageops::replace(&mut out, rgb, i64::from(border), i64::from(border));
        out
    };
    vec![
        ("lossless", 1.0, rgb.clone()),
        ("jpeg 75", 1.0, jpeg(rgb, 75)),
        ("jpeg 50", 1.0, jpeg(rgb, 50)),
        ("25 %", 0.25, resized(0.25, FilterType::Triangle)),
        ("50 %", 0.5, resized(0.5, FilterType::Triangle)),
        ("50 %, jpeg 50", 0.5, jpeg(&resized(0.5, FilterType::Lanczos3), 50)),
        ("75 %, jpeg 70", 0.75, jpeg(&resized(0.75, FilterType::CatmullRom), 70)),
        ("200 %", 2.0, resized(2.0, FilterType::Triangle)),
        ("framed, jpeg 70", 1.0, jpeg(&framed(), 70)),
    ]
}

#[derive(Default)]
struct Count {
    all: u32,
    found: u32,
    right: u32,
    extra: u32,
    errors: Vec<f64>,
}

impl Count {
    fn show(&mut self, name: &str) {
        self.errors.sort_by(f64::total_cmp);
        let at = |part: f64| self.errors.get((self.errors.len() as f64 * part) as usize).copied().unwrap_or(f64::NAN);
        let mean = self.errors.iter().sum::<f64>() / self.errors.len().max(1) as f64;
        let percent = |n: u32, of: u32| 100.0 * f64::from(n) / f64::from(of.max(1));
        println!(
            "{name:22} {:5} recall {:6.2} % words right {:6.2} % false {:3} precision {:6.2} %  height error: mean {mean:5.2} % median {:5.2} % p95 {:5.2} %",
            self.all,
            percent(self.found, self.all),
            percent(self.right, self.all),
            self.extra,
            percent(self.found, self.found + self.extra),
            at(0.5),
            at(0.95),
        );
    }
}

/// Notices drawn by this library, found in the same picture after it was changed.
fn own(folder: &Path, step: usize) {
    let mut rows: BTreeMap<String, Count> = BTreeMap::new();
    let mut bare = 0;
    let out = folder.join("own");
    std::fs::create_dir_all(&out).unwrap();
    for (n, file) in files(&folder.join("grounds")).iter().enumerate().step_by(step) {
        let ground = image::open(file).unwrap().to_rgb8();
        bare += picture::find(&ground, ground.width(), ground.height()).len();
        let mut canvas = Rgb(ground);
        let lines = LINES[n % LINES.len()];
        let notice = Notice {
            placement: PLACES[(n / 3) % 8],
            min_height_ratio: RATIOS[n % 5],
            ..Notice::new(lines.iter().copied())
        };
        let Ok(drawn) = draw_notice(&mut canvas, 1, &notice) else { continue };
        for (name, factor, changed) in changes(&canvas.0) {
            let seen = picture::find(&changed, changed.width(), changed.height());
            let ratio = format!("height {:.0} %", RATIOS[n % 5] * 100.0);
            for key in [format!("all: {name}"), ratio] {
                count(rows.entry(key).or_default(), &seen, &drawn, factor, lines);
            }
            let text = lines.join("\n");
            if seen.len() != 1 || seen[0].text.as_deref() != Some(text.as_str()) {
                println!("{} {name} {:?} px {} -> {seen:?}", file.display(), lines, drawn.ink_height_px);
            }
        }
        canvas.0.save(out.join(format!("{n:03}.jpg"))).unwrap();
    }
    rows.iter_mut().for_each(|(name, count)| count.show(name));
    println!("grounds without notice: {bare} seen");
}

fn count(row: &mut Count, seen: &[picture::Seen], drawn: &Drawn, factor: f64, lines: &[&str]) {
    let text = lines.join("\n");
    row.all += 1;
    let known: Vec<_> = seen.iter().filter(|seen| seen.text.is_some()).collect();
    row.found += u32::from(!known.is_empty());
    row.right += u32::from(known.iter().any(|seen| seen.text.as_deref() == Some(text.as_str())));
    row.extra += u32::try_from(known.len().saturating_sub(1)).unwrap();
    if let [seen, ..] = known[..] {
        let truth = f64::from(drawn.ink_height_px) * factor;
        row.errors.push((f64::from(seen.height_px) / truth - 1.0).abs() * 100.0);
    }
}

/// Pictures without notice: whatever is seen is a false alarm.
fn none(folders: &[String]) {
    let (mut pictures, mut pixels, mut known, mut unknown, mut time) = (0_u32, 0_u64, 0, 0, Duration::ZERO);
    for file in folders.iter().flat_map(|folder| files(Path::new(folder))) {
        let read = image::ImageReader::open(&file).and_then(|reader| reader.with_guessed_format());
        let Some(rgb) = read.ok().and_then(|reader| reader.decode().ok()).map(|picture| picture.to_rgb8()) else {
            continue;
        };
        // The quickest of three: other programs may be running.
        let once = |_| {
            let started = Instant::now();
            let seen = picture::find(&rgb, rgb.width(), rgb.height());
            (started.elapsed(), seen)
        };
        let Some((took, seen)) = (0..3).map(once).min_by_key(|(took, _)| *took) else { continue };
        time += took;
        pictures += 1;
        pixels += u64::from(rgb.width()) * u64::from(rgb.height());
        for seen in seen {
            println!("{} {seen:?}", file.display());
            if seen.text.is_some() { known += 1 } else { unknown += 1 }
        }
    }
    println!(
        "{pictures} pictures, {:.1} megapixels: {known} with words, {unknown} without; {:.2} ms per megapixel",
        pixels as f64 / 1e6,
        time.as_secs_f64() * 1e9 / pixels as f64
    );
}

/// Notices by others: read by OCR.
fn others(folder: &Path, step: usize) {
    let table = std::fs::read_to_string(folder.join("set.tsv")).unwrap();
    let mut rows: BTreeMap<String, Count> = BTreeMap::new();
    let (mut alarms, mut bare, mut time, mut pictures) = (0, 0, Duration::ZERO, 0_u32);
    for line in table.lines().step_by(step) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [file, style, truth, text, height, ..] = cells[..] else { continue };
        let opacity: u32 = cells[9].parse().unwrap();
        let rgb = image::open(folder.join(file)).unwrap().to_rgb8();
        let (width, high) = rgb.dimensions();
        let started = Instant::now();
        let seen = ocr::read(&rgb, width, high, &Programs::installed(), &Limits::default()).unwrap();
        time += started.elapsed();
        pictures += 1;
        let notices: Vec<_> = seen.iter().filter(|s| s.text.as_deref().is_some_and(ocr::states_ai)).collect();
        if truth == "0" {
            bare += 1;
            alarms += usize::from(!notices.is_empty());
            if !notices.is_empty() {
                println!("false: {file} {text} -> {notices:?}");
            }
            continue;
        }
        let height: f64 = height.parse().unwrap();
        let part = 100.0 * height / f64::from(width.min(high));
        let keys = [
            "all".to_owned(),
            format!("style {style}"),
            format!("height {}-{} %", part.floor(), part.floor() + 1.0),
            format!("opacity {:2}-{} %", opacity / 20 * 20, opacity / 20 * 20 + 20),
            format!("ground {}", cells[11]),
        ];
        for key in keys {
            let row = rows.entry(key).or_default();
            row.all += 1;
            row.found += u32::from(!notices.is_empty());
            row.right += u32::from(notices.iter().any(|s| s.text.as_deref().is_some_and(|t| same(t, text))));
            row.errors.extend(notices.first().map(|s| (f64::from(s.height_px) / height - 1.0).abs() * 100.0));
        }
        if notices.is_empty() {
            println!(
                "missed: {file} {text} {part:.1} % opacity {opacity} -> {:?}",
                seen.iter().map(|s| &s.text).collect::<Vec<_>>()
            );
        }
    }
    rows.iter_mut().for_each(|(name, count)| count.show(name));
    let found = rows.get("all").map_or(0, |row| row.found);
    println!(
        "false alarms: {alarms} of {bare} pictures without notice; precision {:.2} %",
        100.0 * f64::from(found) / (f64::from(found) + alarms as f64).max(1.0)
    );
    println!("{:.2} s per picture", time.as_secs_f64() / f64::from(pictures.max(1)));
}

/// Whether two texts are alike but for spaces and stars.
fn same(one: &str, other: &str) -> bool {
    let bare = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    bare(one) == bare(other)
}
