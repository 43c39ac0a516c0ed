//! Watermarks.

use super::messages;

messages! {
    NO_SCHEME = "watermark.no_scheme" {
        en: "no watermark can be put into {format}",
        zh: "无法在 {format} 中写入水印",
        hint_en: "watermarks go into PNG, JPEG and WebP pictures; leave --watermark out", hint_zh: "水印可写入 PNG、JPEG 和 WebP 图片；请去掉 --watermark"
    }
    NOT_HELD = "watermark.not_held" {
        en: "the watermark could not be read back from the picture as it was encoded",
        zh: "无法从编码后的图片中读回水印",
        hint_en: "the picture is too flat, too small or coded too coarsely: leave --watermark out, or encode it with higher quality first", hint_zh: "图片过于平坦、过小或压缩过度：请去掉 --watermark，或先以更高质量编码"
    }
    TOO_SMALL = "watermark.too_small" {
        en: "a picture of {width}×{height} pixels is too small for a watermark: at least {least} pixels on each side are needed",
        zh: "{width}×{height} 像素的图片过小，无法写入水印：每边至少需要 {least} 像素",
        hint_en: "leave --watermark out for small pictures", hint_zh: "小图片请去掉 --watermark"
    }
    STRENGTH = "watermark.strength" {
        en: "the strength of a watermark is out of its range",
        zh: "水印强度超出范围",
        hint_en: "0.1 to 4 times, or 30 to 60 dB", hint_zh: "0.1 至 4 倍，或 30 至 60 dB"
    }
    TRANSPARENT = "watermark.transparent" {
        en: "every pixel of the picture is fully transparent, so there is nothing to put a watermark into",
        zh: "图片的每个像素都完全透明，没有可写入水印的内容",
        hint_en: "leave --watermark out", hint_zh: "请去掉 --watermark"
    }
    PALETTE = "watermark.palette" {
        en: "the picture has a palette, which holds no watermark",
        zh: "该图片使用调色板，无法写入水印",
        hint_en: "convert it to true colour first", hint_zh: "请先转换为真彩色"
    }
    KEY_SHORT = "watermark.key_short" {
        en: "the key of a watermark has {found} bytes; at least {least} are needed",
        zh: "水印密钥为 {found} 字节；至少需要 {least} 字节",
        hint_en: "make one with biaoshi keygen --watermark-key", hint_zh: "请用 biaoshi keygen --watermark-key 生成"
    }
}
