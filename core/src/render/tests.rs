#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects)]

use proptest::prelude::*;

use super::*;

const PLACES: [Placement; 8] = [
    Placement::TopLeft,
    Placement::Top,
    Placement::TopRight,
    Placement::Left,
    Placement::Right,
    Placement::BottomLeft,
    Placement::Bottom,
    Placement::BottomRight,
];

#[derive(Clone)]
struct Plain {
    width: u32,
    height: u32,
    pixels: Vec<Rgba>,
}

impl Plain {
    fn new(width: u32, height: u32, fill: impl Fn(u32, u32) -> Rgba) -> Self {
        let at = |i: u32| fill(i % width, i / width);
        Self { width, height, pixels: (0..width * height).map(at).collect() }
    }
}

impl Canvas for Plain {
    fn width(&self) -> u32 {
        self.width
    }
    fn height(&self) -> u32 {
        self.height
    }
    fn get(&self, x: u32, y: u32) -> Rgba {
        self.pixels[(y * self.width + x) as usize]
    }
    fn set(&mut self, x: u32, y: u32, colour: Rgba) {
        self.pixels[(y * self.width + x) as usize] = colour;
    }
}

fn noise(x: u32, y: u32, seed: u32) -> Rgba {
    let mut v = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ seed;
    v = (v ^ (v >> 15)).wrapping_mul(0x2C1B_3C6D);
    v ^= v >> 12;
    Rgba::from_rgb8(v as u8, (v >> 8) as u8, (v >> 16) as u8)
}

fn code(result: Result<Drawn>) -> &'static str {
    result.unwrap_err().problem().unwrap().message.code
}

#[test]
fn least_height_is_a_twentieth_of_the_shortest_side_rounded_up() {
    for side in 1..20_000_u32 {
        assert_eq!(min_text_height(side, 30_000, 0.05), side.div_ceil(20), "{side}");
        assert_eq!(min_text_height(30_000, side, 0.05), side.div_ceil(20), "{side}");
    }
}

#[test]
fn contrast_is_that_of_wcag() {
    let ratio = |a: f32, b: f32| contrast_ratio(Rgba::grey(a).luminance(), Rgba::grey(b).luminance());
    assert!((ratio(1.0, 0.0) - 21.0).abs() < 1e-9);
    // #767676 on white is the well-known grey that just passes.
    assert!((ratio(f32::from(0x76_u8) / 255.0, 1.0) - 4.54).abs() < 0.01);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Inside, high enough, legible, and nothing else touched: any size, way up and place.
    #[test]
    fn notice_holds_on_any_picture(
        width in 64_u32..420, height in 64_u32..420, orientation in 0_u8..=9,
        place in 0_usize..8, seed: u32, wording in 0_usize..4,
    ) {
        let lines: &[&str] = [
            &["AI生成"][..], &["AI合成"], &["人工智能生成"], &["AI生成", "AI"],
        ][wording];
        let before = Plain::new(width, height, |x, y| noise(x, y, seed));
        let mut canvas = before.clone();
        let notice = Notice { placement: PLACES[place], ..Notice::new(lines.iter().copied()) };
        let drawn = match draw_notice(&mut canvas, orientation, &notice) {
            Err(error) if error.code() == "render.picture_too_small" => {
                prop_assert!(width.min(height) < 100);
                return Ok(());
            }
            other => other.unwrap(),
        };
        let rect = drawn.rect;
        prop_assert!(rect.x + rect.width <= width && rect.y + rect.height <= height);
        prop_assert!(drawn.ink_height_px >= width.min(height).div_ceil(20));
        prop_assert!(drawn.ink_height_px >= drawn.required_height_px);
        prop_assert!(drawn.contrast >= 4.5);
        for y in 0..height {
            for x in 0..width {
                let inside = (rect.x..rect.x + rect.width).contains(&x)
                    && (rect.y..rect.y + rect.height).contains(&y);
                if !inside {
                    prop_assert_eq!(before.get(x, y), canvas.get(x, y));
                }
            }
        }
    }

    /// The size that a refusal names is enough.
    #[test]
    fn advised_size_is_enough(width in 1_u32..120, height in 1_u32..120, long: bool) {
        let text = if long { "人工智能生成合成内容" } else { "AI生成" };
        let notice = Notice::new([text]);
        let draw = |w: u32, h: u32| {
            draw_notice(&mut Plain::new(w, h, |_, _| Rgba::WHITE), 1, &notice)
        };
        let Err(error) = draw(width, height) else { return Ok(()) };
        prop_assert_eq!(error.code(), "render.picture_too_small");
        let args = &error.problem().unwrap().args;
        let get = |name: &str| {
            args.iter().find(|(key, _)| *key == name).unwrap().1.text(crate::Lang::En).parse::<u32>().unwrap()
        };
        let (wide, high) = (get("needed_width"), get("needed_height"));
        prop_assert!((wide, high) != (width, height));
        draw(wide, high).unwrap();
    }
}

/// Height of the bright pixels in the part of the picture that holds the two Han characters.
#[test]
fn ink_height_counted_on_the_picture_agrees() {
    for side in [200_u32, 333, 640, 1001] {
        let mut canvas = Plain::new(side, side, |_, _| Rgba::grey(0.0));
        let drawn = draw_notice(&mut canvas, 1, &Notice::new(["生成"])).unwrap();
        let rect = drawn.rect;
        let row_has_ink = |y: &u32| (rect.x..rect.x + rect.width).any(|x| canvas.get(x, *y).luminance() > 0.5);
        let rows: Vec<u32> = (rect.y..rect.y + rect.height).filter(row_has_ink).collect();
        let counted = rows.last().unwrap() - rows.first().unwrap() + 1;
        assert!(counted >= side.div_ceil(20), "{side}: {counted}");
        assert!(drawn.ink_height_px.abs_diff(counted) <= 1, "{side}: {counted} {drawn:?}");
        // Not much larger than asked for either.
        assert!(counted <= side.div_ceil(20) + 2, "{side}: {counted}");
    }
}

#[test]
fn latin_inside_a_han_line_does_not_count_for_its_height() {
    let font = font::open(None).unwrap();
    let han = font::rasterise(&font, "生成", 40.0).unwrap();
    let mixed = font::rasterise(&font, "AIgj|生成", 40.0).unwrap();
    assert!(mixed.mask.height > han.mask.height);
    assert!(mixed.ink_height <= han.ink_height + 1);
}

#[test]
fn every_background_leaves_the_contrast() {
    for level in 0..=255_u8 {
        for colour in [
            Rgba::from_rgb8(level, level, level),
            Rgba::from_rgb8(level, 255, 255),
            Rgba::from_rgb8(255, 255, level),
            Rgba { a: f32::from(level) / 255.0, ..Rgba::WHITE },
        ] {
            let mut canvas = Plain::new(200, 120, |_, _| colour);
            let drawn = draw_notice(&mut canvas, 1, &Notice::new(["AI生成"])).unwrap();
            assert!(drawn.contrast >= 4.5, "{level} {drawn:?}");
            let centre = canvas.get(drawn.rect.x + drawn.rect.width / 2, drawn.rect.y + 1);
            assert!(centre.a >= 1.0);
        }
    }
}

/// Turning the stored picture and its orientation together must not change what is seen.
#[test]
fn all_orientations_show_the_same() {
    let (width, height) = (240, 160);
    for place in PLACES {
        let notice = Notice { placement: place, ..Notice::new(["AI生成"]) };
        let mut shown = Plain::new(width, height, |x, y| noise(x, y, 7));
        let original = shown.clone();
        let upright = draw_notice(&mut shown, 1, &notice).unwrap();
        for orientation in 1..=8 {
            let swap = orientation >= 5;
            let (w, h) = if swap { (height, width) } else { (width, height) };
            let map = Upright::new(orientation, w, h);
            assert_eq!(map.size(), (width, height));
            let mut stored = Plain::new(w, h, |_, _| Rgba::CLEAR);
            for y in 0..height {
                for x in 0..width {
                    let (sx, sy) = map.stored(x, y);
                    stored.set(sx, sy, original.get(x, y));
                }
            }
            let drawn = draw_notice(&mut stored, orientation, &notice).unwrap();
            assert_eq!(drawn.display_rect, upright.display_rect);
            for y in 0..height {
                for x in 0..width {
                    let (sx, sy) = map.stored(x, y);
                    assert_eq!(stored.get(sx, sy), shown.get(x, y), "{orientation} {x},{y}");
                }
            }
        }
    }
}

/// Exif 2.3: where row 0 and column 0 of the stored picture are seen.
#[test]
fn orientation_puts_the_first_pixel_where_exif_says() {
    // (orientation, displayed x of stored (0,0) is right?, displayed y is bottom?)
    for (orientation, right, bottom) in [
        (1, false, false),
        (2, true, false),
        (3, true, true),
        (4, false, true),
        (5, false, false),
        (6, true, false),
        (7, true, true),
        (8, false, true),
    ] {
        let map = Upright::new(orientation, 30, 20);
        let (w, h) = map.size();
        let x = if right { w - 1 } else { 0 };
        let y = if bottom { h - 1 } else { 0 };
        assert_eq!(map.stored(x, y), (0, 0), "{orientation}");
    }
    // Orientation 6: the stored first row is the displayed right side, top to bottom.
    assert_eq!(Upright::new(6, 30, 20).stored(19, 5), (5, 0));
    // Orientation 8: the stored first row is the displayed left side, bottom to top.
    assert_eq!(Upright::new(8, 30, 20).stored(0, 29 - 5), (5, 0));
}

#[test]
fn places_are_where_they_are_called() {
    let (width, height) = (400_u32, 300_u32);
    for place in PLACES {
        let mut canvas = Plain::new(width, height, |_, _| Rgba::WHITE);
        let notice = Notice { placement: place, ..Notice::new(["AI生成"]) };
        let rect = draw_notice(&mut canvas, 1, &notice).unwrap().display_rect;
        let (left, top) = (rect.x, rect.y);
        let (right, bottom) = (width - rect.x - rect.width, height - rect.y - rect.height);
        let near = |v: u32| (1..20).contains(&v);
        use Placement as P;
        match place {
            P::TopLeft => assert!(near(left) && near(top) && left == top),
            P::Top => assert!(left.abs_diff(right) <= 1 && near(top)),
            P::TopRight => assert!(near(right) && near(top)),
            P::Left => assert!(near(left) && top.abs_diff(bottom) <= 1),
            P::Right => assert!(near(right) && top.abs_diff(bottom) <= 1),
            P::BottomLeft => assert!(near(left) && near(bottom)),
            P::Bottom => assert!(left.abs_diff(right) <= 1 && near(bottom)),
            P::BottomRight => assert!(near(right) && near(bottom) && right == bottom),
        }
    }
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let draw = |notice: &Notice| draw_notice(&mut Plain::new(300, 200, |_, _| Rgba::WHITE), 1, notice);
    for text in ["AI生成😀", "龘", "AI\n生成", "AI\t", "\u{200b}", "\u{fffd}", "AI\u{0}"] {
        assert_eq!(code(draw(&Notice::new([text]))), "render.glyph_missing", "{text:?}");
    }
    let error = draw(&Notice::new(["龘"])).unwrap_err();
    assert!(error.to_string().contains("U+9F98"), "{error}");
    assert_eq!(code(draw(&Notice::new([" "]))), "render.notice_empty");
    assert_eq!(code(draw(&Notice::new([""]))), "render.notice_empty");
    assert_eq!(code(draw(&Notice::new(Vec::<String>::new()))), "render.notice_empty");
    assert_eq!(code(draw(&Notice::new(vec!["AI生成"; 9]))), "render.notice_lines");
    assert_eq!(code(draw(&Notice::new(["生".repeat(121)]))), "render.notice_chars");
    assert_eq!(code(draw(&Notice::new(["生".repeat(60)]))), "render.picture_too_small");
    let tall = Notice { min_height_ratio: 0.5, ..Notice::new(["人工智能生成", "AI", "AI"]) };
    assert_eq!(code(draw(&tall)), "render.notice_too_large");
    for ratio in [0.0, -1.0, f64::NAN, f64::INFINITY, 0.6] {
        let notice = Notice { min_height_ratio: ratio, ..Notice::new(["AI生成"]) };
        assert_eq!(code(draw(&notice)), "render.notice_ratio", "{ratio}");
    }
}

#[test]
fn small_pictures_are_refused_with_the_size_needed() {
    let mut canvas = Plain::new(24, 24, |_, _| Rgba::WHITE);
    let error = draw_notice(&mut canvas, 1, &Notice::new(["AI生成"])).unwrap_err();
    assert_eq!(error.code(), "render.picture_too_small");
    assert!(canvas.pixels.iter().all(|p| *p == Rgba::WHITE));
}

#[test]
fn a_font_of_ones_own_is_used() {
    let with = |font: &[u8]| {
        let notice = Notice { font: Some(font.to_vec()), ..Notice::new(["AI生成"]) };
        draw_notice(&mut Plain::new(300, 200, |_, _| Rgba::WHITE), 1, &notice)
    };
    let bytes: &[u8] = include_bytes!("../../assets/font/BiaoshiSans.otf");
    assert!(with(bytes).is_ok());
    assert_eq!(code(with(b"not a font")), "render.font_unreadable");
    for cut in (0..bytes.len()).step_by(97) {
        let result = with(&bytes[..cut]);
        assert!(result.is_err() || cut > bytes.len() * 9 / 10, "{cut}");
    }
}

#[test]
fn the_embedded_font_has_the_words_of_the_standard() {
    let font = font::open(None).unwrap();
    for text in [
        "人工智能生成合成",
        "AI生成",
        "由AI辅助生成",
        "疑似AI生成",
        "可能为AI合成",
        "本内容为人工智能生成合成",
        "图片视频音频文本图像",
        "人工智慧產生",
        "疑似AI生成內容",
        "本內容由人工智慧生成",
        "AI-generated",
        "Généré par l’IA – KI-generiert, ¿IA?",
        "（AI）：《生成》“合成”。，、；！？「」",
    ] {
        font::check(&font, text, 1).unwrap();
    }
}

#[test]
fn the_font_carries_no_foreign_name() {
    let bytes: &[u8] = include_bytes!("../../assets/font/BiaoshiSans.otf");
    let wide: Vec<u8> = "Noto".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let found = |needle: &[u8]| bytes.windows(needle.len()).any(|part| part == needle);
    assert!(!found(b"Noto") && !found(&wide));
    assert!(found(b"BiaoshiSans-Regular"));
}
