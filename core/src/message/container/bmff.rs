//! Reasons and refusals of the ISO base media file format.

use super::super::messages;

messages! {
    BOX_TAIL = "reason.box_tail" { en: "fewer bytes are left than a box header takes", zh: "剩余字节不足以容纳 box 头部" }
    BOX_SHORT = "reason.box_short" { en: "a box states {length} bytes, fewer than its own header", zh: "box 声明长度为 {length} 字节，小于其头部" }
    BOX_PAST_END = "reason.box_past_end" { en: "a box states {length} bytes and reaches past the end", zh: "box 声明长度为 {length} 字节，超出末尾" }
    NO_VALUE = "reason.no_value" { en: "it names an entry without a value", zh: "条目没有值" }
    KEY_LIST = "reason.key_list" { en: "the list of key names is broken", zh: "键名列表损坏" }
    NO_MOVIE = "movie.no_header" {
        en: "the file has no moov box: it is one segment of a stream or an unfinished recording",
        zh: "文件没有 moov box：它是流媒体的一个分段，或未完成的录制",
        hint_en: "label the initialization segment, or repair the recording first", hint_zh: "请对初始化分段添加标识，或先修复录制文件"
    }
    SEVERAL_MOVIES = "movie.several_headers" {
        en: "the file has several moov boxes, and players differ in which one they believe; it is not edited",
        zh: "文件有多个 moov box，不同播放器会采信不同的一个；不作改动",
        hint_en: "remux the file, then label it", hint_zh: "请先重新封装文件，再添加标识"
    }
    COMPRESSED = "movie.compressed_header" {
        en: "the moov box is compressed (cmov), an obsolete form that is not edited",
        zh: "moov box 是压缩的（cmov），这种过时形式不作改动",
        hint_en: "remux the file, for example with ffmpeg -i IN -c copy OUT, then label it", hint_zh: "请先重新封装文件（例如 ffmpeg -i IN -c copy OUT），再添加标识"
    }
    MIXED_REFERENCES = "movie.mixed_references" {
        en: "a track takes samples from this file and from others, so its offsets can't be corrected",
        zh: "某一轨道的样本既来自本文件也来自其他文件，无法修正其偏移量",
        hint_en: "make the movie self-contained, then label it", hint_zh: "请先将影片转为自包含文件，再添加标识"
    }
    NO_FILE_TYPE = "movie.no_file_type" {
        en: "the file does not begin with one ftyp box, behind which a manifest would stand",
        zh: "文件开头没有唯一的 ftyp box，清单应位于其后"
    }
    INDEX_UNBOUND = "movie.index_unbound" {
        en: "the file ends with an index (mfra), which the signature would leave out, and content could be put there",
        zh: "文件末尾有索引（mfra），签名不涵盖它，其中可能被放入内容",
        hint_en: "remux without the index, for example with ffmpeg -movflags +skip_trailer, then sign", hint_zh: "请先去掉索引重新封装（例如 ffmpeg -movflags +skip_trailer），再签名"
    }
    SAMPLES_BEHIND = "movie.samples_behind" {
        en: "samples are due behind the end of the file; they would come to lie in the label",
        zh: "有样本位于文件末尾之后；添加标识后会落入标识中",
        hint_en: "get the complete file", hint_zh: "请获取完整文件"
    }
    SEVERAL_STORES = "movie.several_stores" {
        en: "the file has C2PA boxes that belong to one another, such as hashes of fragments; they are not replaced",
        zh: "文件带有相互关联的 C2PA box（例如分片的哈希）；不予替换"
    }
    OFFSET_TOO_FAR = "movie.offset_too_far" {
        en: "an offset in {part} would pass what its 32 bits can hold",
        zh: "{part} 中的偏移量将超出其 32 位的表示范围",
        hint_en: "put the moov box behind the media data with another program, then label the file", hint_zh: "请先用其他程序把 moov box 移到媒体数据之后，再添加标识"
    }
    SAMPLES_ASIDE = "content.not_bound" {
        en: "what readers take for content lies in metadata or in free space; a hash of the content would not hold it",
        zh: "读取方视为内容的数据位于元数据或空闲区中；内容哈希无法涵盖它们"
    }
}
