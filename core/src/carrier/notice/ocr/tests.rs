#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects)]

use proptest::prelude::*;

use super::*;
use crate::render::{Canvas, Notice, Rgba, draw_notice};

struct Rgb(u32, u32, Vec<u8>);

impl Canvas for Rgb {
    fn width(&self) -> u32 {
        self.0
    }
    fn height(&self) -> u32 {
        self.1
    }
    fn get(&self, x: u32, y: u32) -> Rgba {
        let at = ((y * self.0 + x) * 3) as usize;
        Rgba::from_rgb8(self.2[at], self.2[at + 1], self.2[at + 2])
    }
    fn set(&mut self, x: u32, y: u32, colour: Rgba) {
        let at = ((y * self.0 + x) * 3) as usize;
        self.2[at..at + 3].copy_from_slice(&colour.to_rgb8());
    }
}

#[test]
fn usual_confusions_are_undone_and_nothing_else() {
    for good in [
        "豆包AI生成",
        "豆包Al生成",
        "豆 包 A l 生 成",
        "A1生成",
        "★ 即梦Al生咸",
        "腾讯元宝AI|成",
        "AI牛成",
        "ＡＩ生成",
        "人工智能 生 成",
        "AI 合成",
    ] {
        assert!(states_ai(good), "{good}");
    }
    for bad in [
        "",
        "AI",
        "生成",
        "自动生成",
        "AI 播客",
        "豆包AI",
        "AIGC",
        "EMAIl生成",
        "Al Jazeera 生成中",
        "OpenAI",
        "牛成",
        "合成照片",
        "Alice生成",
        "FAIl生成",
    ] {
        assert!(!states_ai(bad), "{bad}");
    }
}

#[test]
fn words_of_a_line_are_joined() {
    let table = "level\tpage_num\n4\t1\t1\t1\t1\t0\t5\t5\t90\t20\t-1\t\n\
        5\t1\t1\t1\t1\t1\t10\t20\t30\t18\t90.0\t豆包\n5\t1\t1\t1\t1\t2\t44\t18\t50\t22\t60.0\tAI生成\n\
        5\t1\t2\t1\t1\t1\t0\t90\t8\t8\t12.5\tx\n5\t1\t2\t1\t1\t2\t0\t90\t8\tbad\t12\ty\n";
    let lines = table::lines(table);
    let rect = Rect { x: 10, y: 18, width: 84, height: 22 };
    assert_eq!(lines[0], table::Line { text: "豆包 AI生成".to_owned(), rect, sure: 70.0 });
    assert_eq!((lines.len(), lines[1].text.as_str()), (2, "x"));
}

#[test]
fn words_are_read_where_they_are() {
    for (ground, place) in [(200, Placement::BottomRight), (90, Placement::TopLeft), (20, Placement::Bottom)] {
        let mut rgb = Rgb(900, 700, vec![ground; 900 * 700 * 3]);
        let drawn = draw_notice(&mut rgb, 1, &Notice { placement: place, ..Notice::new(["AI生成"]) }).unwrap();
        let seen = read(&rgb.2, 900, 700, &Programs::installed(), &Limits::default()).unwrap();
        let notice: Vec<_> = seen.iter().filter(|seen| states_ai(seen.text.as_deref().unwrap())).collect();
        assert_eq!(notice.len(), 1, "{seen:?}");
        let [seen] = notice[..] else { panic!("{seen:?}") };
        assert_eq!((seen.placement, seen.reader), (Some(place), Reader::Ocr));
        assert!(seen.height_px.abs_diff(drawn.ink_height_px) <= 2, "{seen:?} {drawn:?}");
        let outer = drawn.display_rect;
        assert!(seen.rect.x >= outer.x && seen.rect.x + seen.rect.width <= outer.x + outer.width);
        assert!(seen.contrast > 4.5, "{seen:?}");
    }
}

#[test]
fn without_the_program_nothing_can_be_said() {
    let programs = Programs { tesseract: "no-such-program-here".into(), ..Programs::installed() };
    let error = read(&[0; 300], 10, 10, &programs, &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "tool.missing");
    assert!(matches!(error, Error::Unsupported(_)));
    // A program that lists no languages.
    let programs = Programs { tesseract: "true".into(), ..Programs::installed() };
    assert_eq!(read(&[0; 300], 10, 10, &programs, &Limits::default()).unwrap_err().code(), "seen.no_language");
    let small = Limits { pixels: 99, ..Limits::default() };
    assert_eq!(read(&[0; 300], 10, 10, &Programs::installed(), &small).unwrap_err().code(), "limit");
}

/// The program takes at most 32,767 rows and columns; what is too thin for words isn't handed to it.
#[test]
fn thin_pictures_are_read_without_complaint() {
    let missing = Programs { tesseract: "no-such-program-here".into(), ..Programs::installed() };
    for (width, height) in [(1, 100_000), (100_000, 1), (7, 60_000), (20, 100_000), (100_000, 20), (900, 60_000)] {
        let rgb = vec![120; (width * height * 3) as usize];
        let programs = if width.min(height) < 8 { &missing } else { &Programs::installed() };
        let seen = read(&rgb, width, height, programs, &Limits::default());
        assert_eq!(seen.unwrap(), [], "{width}x{height}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The page is what its head says, whatever the picture's size; frames outside are no ink.
    #[test]
    fn pages_are_whole(width in 8_u32..700, height in 8_u32..700, level: u8, x: u32, y: u32, w: u32, h: u32) {
        let rgb = vec![level; (width * height * 3) as usize];
        let page = Page::of(&rgb, width, height).unwrap();
        let pgm = page.pgm();
        let head: Vec<u8> = pgm.iter().copied().take_while(|b| *b != b'\n').collect();
        let head = String::from_utf8(head).unwrap();
        let sides: Vec<usize> = head.split(' ').skip(1).map(|n| n.parse().unwrap()).collect();
        prop_assert_eq!(pgm.len(), head.len() + 1 + sides[0] * sides[1]);
        prop_assert!(sides.iter().take(2).all(|side| *side <= 32_767));
        let rect = Rect { x: x % 4000, y: y % 4000, width: w % 4000, height: h % 4000 };
        prop_assert_eq!(page.ink(rect), None);
        prop_assert!(Page::of(&rgb[1..], width, height).is_none());
        let far = Rect { x, y, width: w, height: h };
        let _ = page.ink(far);
    }

    #[test]
    fn any_table_is_read(table in "[0-9\\t\\n生A.-]{0,200}") {
        prop_assert!(table::lines(&table).len() <= 512);
    }
}
