//! Watermarks.

use super::messages;

messages! {
    NO_SCHEME = "watermark.no_scheme" {
        en: "no watermark can be put into {format}",
        zh: "无法在 {format} 中写入水印",
        hint_en: "watermarks go into PNG, JPEG and WebP pictures, into sound and into films; leave --watermark out", hint_zh: "水印可写入 PNG、JPEG、WebP 图片、音频和视频；请去掉 --watermark"
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
    NOT_HEARD = "watermark.not_heard" {
        en: "the watermark could not be read back from the sound as it was encoded",
        zh: "无法从编码后的音频中读回水印",
        hint_en: "at least 6 seconds of speech or music between 360 and 6,860 Hz are needed; leave --watermark out, or encode with a higher bit rate first", hint_zh: "至少需要 6 秒频率在 360 至 6860 Hz 之间的语音或音乐；请去掉 --watermark，或先以更高码率编码"
    }
    SOUND = "watermark.sound" {
        en: "sound of {rate} Hz with {channels} channels can't hold a watermark",
        zh: "采样率 {rate} Hz、{channels} 声道的音频无法写入水印",
        hint_en: "8,000 to 192,000 Hz and 1 to 8 channels can", hint_zh: "支持 8000 至 192000 Hz、1 至 8 声道"
    }
    SOUND_STRENGTH = "watermark.sound_strength" {
        en: "the strength of a sound's watermark can't be given in decibels of a picture",
        zh: "音频水印的强度不能以图片的分贝数给出",
        hint_en: "0.25 to 4 times", hint_zh: "0.25 至 4 倍"
    }
    FRAMES = "watermark.frames" {
        en: "frames of the form {form} can't hold a watermark",
        zh: "像素格式 {form} 的帧无法写入水印",
        hint_en: "planar YUV of 8 and 10 bits without transparency can", hint_zh: "支持 8 位和 10 位、无透明度的平面 YUV"
    }
    INTERLACED = "watermark.interlaced" {
        en: "interlaced frames can't hold a watermark",
        zh: "隔行扫描的帧无法写入水印",
        hint_en: "deinterlace the film first, or leave --watermark out", hint_zh: "请先去隔行，或去掉 --watermark"
    }
    FILM = "watermark.film" {
        en: "no watermark can be put into this film: {reason}",
        zh: "无法在此视频中写入水印：{reason}",
        hint_en: "MP4, QuickTime, Matroska and WebM with H.264, H.265, VP9 or AV1 can hold one", hint_zh: "采用 H.264、H.265、VP9 或 AV1 的 MP4、QuickTime、Matroska 和 WebM 可写入水印"
    }
    WHY_FILM = "watermark.why_film" {
        en: "the watermark is in every frame",
        zh: "水印写入每一帧"
    }
    NOT_SEEN = "watermark.not_seen" {
        en: "the watermark could not be read back from the frames as they were encoded",
        zh: "无法从编码后的帧中读回水印",
        hint_en: "the film is too flat, too small or coded too coarsely: leave --watermark out, or encode it with a higher bit rate first", hint_zh: "视频过于平坦、过小或压缩过度：请去掉 --watermark，或先以更高码率编码"
    }
    ANOTHER = "watermark.another" {
        en: "another watermark, {payload}, was read back in place of the one that was put in: the content carries one already",
        zh: "读回的是另一个水印 {payload}，而不是写入的水印：内容中已有水印",
        hint_en: "leave --watermark out: a second mark of one key in the same content drowns the first", hint_zh: "请去掉 --watermark：同一密钥的第二个水印会与原有水印相互干扰"
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
