//! Reasons and refusals of the containers in `riff`.

use super::super::messages;

messages! {
    TOO_LONG = "riff.too_long" {
        en: "the file would pass the 4 GiB that a RIFF header can count; it is not edited",
        zh: "文件将超过 RIFF 文件头所能表示的 4 GiB；不作改动",
        hint_en: "convert sound to RF64, video to Matroska or MP4, then label",
        hint_zh: "请先将音频转换为 RF64，或将视频转换为 Matroska 或 MP4，再添加标识"
    }
    OPEN_END = "riff.open_end" {
        en: "the length of {part} is left open, as in a recording that was streamed or not finished; nothing can follow it",
        zh: "{part} 的长度未填写，常见于流式写入或未完成的录制；其后无法再添加内容",
        hint_en: "rewrite the file with its lengths (ffmpeg -i IN -c copy OUT), then label",
        hint_zh: "请先重写文件以填入长度（ffmpeg -i IN -c copy OUT），再添加标识"
    }
    NO_ROOM = "riff.no_room" {
        en: "this OpenDML file has no spare JUNK chunk of {need} bytes, and its index gives positions that must not move",
        zh: "此 OpenDML 文件没有 {need} 字节的空闲 JUNK 块，而其索引所记录的位置不能移动",
        hint_en: "rewrite the file so that there is room (ffmpeg -i IN -c copy OUT.avi), or convert it to Matroska or MP4, then label",
        hint_zh: "请先重写文件以留出空间（ffmpeg -i IN -c copy OUT.avi），或转换为 Matroska 或 MP4，再添加标识"
    }
    NO_DS64 = "reason.no_ds64" { en: "there is no chunk ds64 with the lengths", zh: "缺少记录长度的 ds64 数据块" }
    NO_SOUND = "reason.no_sound_chunk" { en: "it has no chunks fmt and data", zh: "缺少 fmt 和 data 数据块" }
    NO_MOVIE = "reason.no_movie_list" { en: "it has no list movi", zh: "缺少 movi 列表" }
}
