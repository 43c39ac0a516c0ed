//! Reasons and refusals of the containers with ID3v2 tags: MP3, ADTS and AIFF.

use super::super::messages;

messages! {
    NO_TAG = "reason.id3_no_tag" { en: "it does not start with an ID3v2 header", zh: "开头不是 ID3v2 头部" }
    NO_FRAME = "reason.id3_no_frame" { en: "there is no frame where one is due", zh: "应有帧之处没有帧" }
    FRAME_PAST_END = "reason.id3_frame_past_end" { en: "a frame reaches past the end of the tag", zh: "帧超出标签末尾" }
    TAG_PAST_END = "reason.id3_tag_past_end" { en: "the tag reaches past the end of its chunk", zh: "标签超出其所在数据块" }
    CUT_OFF = "reason.id3_cut_off" { en: "{missing} bytes of the tag are missing", zh: "标签缺少 {missing} 字节" }
    VERSION = "reason.id3_version" { en: "version 2.{version} is not known", zh: "未知的版本 2.{version}" }
    COMPRESSED_TAG = "reason.id3_compressed_tag" { en: "a tag of version 2.2 says that it is compressed, which has no definition", zh: "2.2 版标签声明为压缩，而压缩方法并无定义" }
    EXTENDED_HEADER = "reason.id3_extended_header" { en: "its extended header is broken", zh: "其扩展头部损坏" }
    ENCRYPTED = "reason.id3_encrypted" { en: "a frame is encrypted", zh: "有帧已加密" }
    ENCODING = "reason.id3_encoding" { en: "text encoding {number} is unknown", zh: "未知的文本编码 {number}" }
    NO_TEXT = "reason.id3_no_text" { en: "a text frame is empty", zh: "文本帧为空" }
    LONG_TEXT = "reason.id3_long_text" { en: "a tag or text frame is longer than {max} bytes", zh: "标签或文本帧超过 {max} 字节" }
    BROKEN_FRAMES = "reason.id3_broken_frames" { en: "what follows its frames is neither padding nor a frame", zh: "其帧之后既非填充也非帧" }
    CHECKSUM = "reason.id3_checksum" { en: "its extended header holds a checksum over all frames", zh: "其扩展头部含有覆盖全部帧的校验和" }
    EXTENDED_UNSYNCHRONISED = "reason.id3_extended_unsynchronised" { en: "it has an extended header and is unsynchronised", zh: "它带有扩展头部且经过去同步处理" }
    STORE_VERSION = "reason.id3_store_version" { en: "it is of version 2.2", zh: "它是 2.2 版" }
    STORE_UNSYNCHRONISED = "reason.id3_store_unsynchronised" { en: "it is unsynchronised, so the manifest would not stand there as it is", zh: "它经过去同步处理，清单无法原样存放" }
    STORE_EXTENDED = "reason.id3_store_extended" { en: "it is of version 2.3 with an extended header", zh: "它是带扩展头部的 2.3 版" }
    STORE_SIZES = "reason.id3_store_sizes" { en: "its frame sizes are not written as version 2.4 says", zh: "其帧长度未按 2.4 版规定书写" }
    NO_AUDIO = "reason.no_audio" { en: "there is no sound in it", zh: "其中没有声音" }
    NO_COMMON_CHUNK = "reason.no_common_chunk" { en: "the chunk COMM is missing", zh: "缺少 COMM 数据块" }
    KEPT = "id3.kept" {
        en: "the ID3v2 tag is not edited: {reason}",
        zh: "不改动该 ID3v2 标签：{reason}",
        hint_en: "save the tags anew with another program, without this feature, then label", hint_zh: "请先用其他程序重新保存标签并去掉该特性，再添加标识"
    }
    STORE_KEPT_OUT = "id3.store_kept_out" {
        en: "readers would not find a manifest in this ID3v2 tag: {reason}",
        zh: "读取程序无法在该 ID3v2 标签中找到清单：{reason}",
        hint_en: "save the tags anew as ID3v2.4 with another program, then sign", hint_zh: "请先用其他程序把标签重新保存为 ID3v2.4，再签名"
    }
}
