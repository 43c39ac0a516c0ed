//! Messages of the codec area.

use super::messages;

messages! {
    PIXELS_MALFORMED = "codec.pixels_malformed" {
        en: "the {format} picture data cannot be decoded: {reason}",
        zh: "无法解码 {format} 图像数据：{reason}"
    }
    PIXELS_ENCODE = "codec.encode" {
        en: "the {format} encoder failed: {reason}",
        zh: "{format} 编码失败：{reason}"
    }
    ANIMATED = "codec.animated" {
        en: "no notice is drawn on, or looked for in, animated {format} pictures",
        zh: "不支持在动态 {format} 图像上绘制或查找显式标识",
        hint_en: "draw the notice on every frame before the animation is made; or, where the rules allow it, give no notice (--explicit none --reason TEXT)",
        hint_zh: "请在制作动画之前为每一帧绘制标识；如规定允许，也可不绘制（--explicit none --reason 原因）"
    }
    PNG_CGBI = "codec.png_cgbi" {
        en: "this is Apple's PNG variant (chunk CgBI), which is not redrawn",
        zh: "这是 Apple 的 PNG 变体（CgBI 块），不支持绘制"
    }
    JPEG_PROCESS = "codec.jpeg_process" {
        en: "this JPEG uses {process}, which is not redrawn",
        zh: "该 JPEG 使用 {process}，不支持绘制",
        hint_en: "convert it to baseline or progressive JPEG with 8 bits per sample",
        hint_zh: "请转换为每样本 8 位的基线或渐进式 JPEG"
    }
    JPEG_SAMPLING = "codec.jpeg_sampling" {
        en: "JPEG sampling factors {factors} cannot be written back",
        zh: "无法按原采样因子 {factors} 写回 JPEG"
    }
    JPEG_TABLES = "codec.jpeg_tables" {
        en: "this JPEG's quantisation tables cannot be written back: {reason}",
        zh: "无法写回该 JPEG 的量化表：{reason}"
    }
    PALETTE_FULL = "codec.palette_full" {
        en: "the palette has no free entry and no two of its colours reach the contrast {needed}:1",
        zh: "调色板没有空余条目，且其中任意两色的对比度均达不到 {needed}:1",
        hint_en: "convert the picture to true colour first",
        hint_zh: "请先将图像转换为真彩色"
    }
    NOTICE_EMPTY = "render.notice_empty" {
        en: "the notice has no text to draw in line {line}",
        zh: "显式标识的第 {line} 行没有可绘制的文字"
    }
    NOTICE_LINES = "render.notice_lines" {
        en: "the notice has more than {max} lines",
        zh: "显式标识超过 {max} 行"
    }
    NOTICE_CHARS = "render.notice_chars" {
        en: "line {line} of the notice has more than {max} characters",
        zh: "显式标识的第 {line} 行超过 {max} 个字符"
    }
    NOTICE_RATIO = "render.notice_ratio" {
        en: "the text height must be more than 0 and at most 0.5 of the shortest side, not {ratio}",
        zh: "文字高度应大于最短边的 0 倍且不超过 0.5 倍，而不是 {ratio}"
    }
    GLYPH_MISSING = "render.glyph_missing" {
        en: "the font has no glyph for {char} ({code_point})",
        zh: "字体中没有字符 {char}（{code_point}）的字形",
        hint_en: "the built-in font holds the characters of the standard notices; pass a font that has this one (--font FILE)",
        hint_zh: "内置字体仅含标准显式标识用字；请用 --font 指定包含该字符的字体"
    }
    FONT_UNREADABLE = "render.font_unreadable" {
        en: "the font cannot be read: {reason}",
        zh: "无法读取字体：{reason}"
    }
    PICTURE_TOO_SMALL = "render.picture_too_small" {
        en: "the notice needs a picture of {needed_width}×{needed_height} pixels, this one has {width}×{height}",
        zh: "绘制该显式标识需要 {needed_width}×{needed_height} 像素的图片，当前为 {width}×{height}",
        hint_en: "use shorter lines or a larger picture; or, where the rules allow it, give no notice (--explicit none --reason TEXT)",
        hint_zh: "请缩短文字或使用更大的图片；如规定允许，也可不绘制（--explicit none --reason 原因）"
    }
    NOTICE_TOO_LARGE = "render.notice_too_large" {
        en: "the notice fits no picture: its lines at {height_px} pixels of text height need more than the shortest side of {width}×{height}, and grow with it",
        zh: "该显式标识无法放入任何图片：文字高度为 {height_px} 像素时，各行所需空间超过 {width}×{height} 的最短边，且会随之增大",
        hint_en: "use fewer lines or a smaller text height",
        hint_zh: "请减少行数或降低文字高度"
    }
    CONTRAST = "render.contrast" {
        en: "the drawn text reaches a contrast of {contrast}:1, {needed}:1 is needed",
        zh: "绘制后的文字对比度为 {contrast}:1，要求至少 {needed}:1"
    }
}
