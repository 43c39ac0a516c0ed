//! Reasons and refusals of the containers in `matroska` and `flv`.

use super::super::messages;

messages! {
    NO_ELEMENT = "reason.ebml_no_element" { en: "no element begins here", zh: "此处没有元素" }
    PAST_PARENT = "reason.ebml_past_parent" { en: "an element is no element or reaches past the one around it", zh: "元素无效，或超出其所在的上级元素" }
    UNKNOWN_SIZE = "reason.ebml_unknown_size" { en: "an element of unknown size that is neither Segment nor Cluster", zh: "大小未知的元素既不是 Segment 也不是 Cluster" }
    TOO_DEEP = "reason.ebml_too_deep" { en: "tags are nested too deeply", zh: "标签嵌套过深" }
    LENGTHS = "reason.ebml_lengths" { en: "EBMLMaxIDLength or EBMLMaxSizeLength is not one that Matroska allows", zh: "EBMLMaxIDLength 或 EBMLMaxSizeLength 不是 Matroska 允许的值" }
    NO_SEGMENT = "reason.ebml_no_segment" { en: "the file has no Segment", zh: "文件没有 Segment" }
    SEVERAL_SEGMENTS = "matroska.several_segments" {
        en: "several files are joined in this one, each with its own Segment",
        zh: "此文件由多个文件拼接而成，各有自己的 Segment",
        hint_en: "split it, or remux it into one Segment (mkvmerge, ffmpeg -c copy), and label that", hint_zh: "请拆分，或重新封装为单一 Segment（mkvmerge、ffmpeg -c copy）后再添加标识"
    }
    SEGMENT_CHECKSUM = "matroska.segment_checksum" {
        en: "a checksum covers the whole Segment; any edit would break it",
        zh: "校验和覆盖整个 Segment；任何改动都会使其失效",
        hint_en: "remux the file (mkvmerge, ffmpeg -c copy), which drops the checksum, and label that", hint_zh: "请重新封装（mkvmerge、ffmpeg -c copy）以去除该校验和后再添加标识"
    }
    SEGMENT_SIZE = "matroska.segment_size" {
        en: "the size of the Segment would be {size}, which its field is too short for",
        zh: "Segment 的大小将为 {size}，其字段容纳不下",
        hint_en: "remux the file (mkvmerge, ffmpeg -c copy), and label that", hint_zh: "请重新封装（mkvmerge、ffmpeg -c copy）后再添加标识"
    }
    NO_ROOM = "matroska.no_room" {
        en: "the tag stands where it can't grow without moving the media",
        zh: "该标签所在之处无法在不移动媒体数据的情况下扩展",
        hint_en: "remux the file (mkvmerge, ffmpeg -c copy), which leaves room, and label that", hint_zh: "请重新封装（mkvmerge、ffmpeg -c copy）以留出空间后再添加标识"
    }
    NOTE_NOT_INDEXED = "matroska.note_not_indexed" {
        en: "the label stands behind the media and no index has room to point to it: players that don't read to the end miss it",
        zh: "标识位于媒体数据之后，而索引没有空间指向它：不读到末尾的播放器会漏掉它",
        hint_en: "to avoid this, remux the file before labelling (mkvmerge, ffmpeg -c copy)", hint_zh: "如需避免，请在添加标识前重新封装（mkvmerge、ffmpeg -c copy）"
    }
    HEADER = "reason.flv_header" { en: "the header states an impossible length", zh: "文件头声明的长度不可能成立" }
    TAG_TYPE = "reason.flv_tag_type" { en: "a tag that is neither audio, video nor script data", zh: "标签类型既不是音频、视频，也不是脚本数据" }
    SCRIPT_DATA = "reason.flv_script_data" { en: "it does not end, is nested too deeply or holds an unknown type", zh: "没有结束标记、嵌套过深或含有未知类型" }
    NO_METADATA = "flv.no_metadata" {
        en: "the file does not begin with onMetaData, where a label stands",
        zh: "文件开头没有 onMetaData，而标识应位于其中",
        hint_en: "remux the file (ffmpeg -c copy), which writes one, and label that", hint_zh: "请重新封装（ffmpeg -c copy）以写入 onMetaData 后再添加标识"
    }
    BROKEN_METADATA = "flv.broken_metadata" {
        en: "onMetaData can't be read to its end",
        zh: "onMetaData 无法完整读取",
        hint_en: "remux the file (ffmpeg -c copy), which writes it anew, and label that", hint_zh: "请重新封装（ffmpeg -c copy）以重写 onMetaData 后再添加标识"
    }
    POSITIONS = "flv.positions" {
        en: "the index of key frames does not fit the file; adding a label would move what it points to",
        zh: "关键帧索引与文件不符；添加标识会移动其所指的内容",
        hint_en: "write the index anew (ffmpeg -c copy -flvflags add_keyframe_index), and label that", hint_zh: "请重写索引（ffmpeg -c copy -flvflags add_keyframe_index）后再添加标识"
    }
}
