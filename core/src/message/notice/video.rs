//! Notices over moving pictures.

use super::super::messages;

messages! {
    NO_VIDEO = "video.no_video" {
        en: "there are no moving pictures in this file",
        zh: "该文件中没有视频画面"
    }
    PROBE = "video.probe" {
        en: "what ffprobe says of this file cannot be used: {reason}",
        zh: "无法使用 ffprobe 对该文件的描述：{reason}"
    }
    CODEC = "video.codec" {
        en: "no notice can be laid over video of the coding {codec}: it cannot be encoded again",
        zh: "无法在编码为 {codec} 的视频上叠加显式标识：不支持重新编码为该格式",
        hint_en: "convert the film to H.264, H.265, VP9 or AV1 first", hint_zh: "请先将视频转换为 H.264、H.265、VP9 或 AV1"
    }
    PIXEL_FORMAT = "video.pixel_format" {
        en: "no notice can be laid over samples of the form {form} ({codec})",
        zh: "无法在样本格式为 {form}（{codec}）的画面上叠加显式标识"
    }
    ENCRYPTED = "video.encrypted" {
        en: "this film is encrypted: its pictures can be neither seen nor drawn on",
        zh: "该视频已加密：无法查看画面，也无法在其上叠加标识",
        hint_en: "label it before it is encrypted", hint_zh: "请在加密之前添加标识"
    }
    STREAM = "video.stream" {
        en: "a stream of the coding {codec} can't be written into a new {format} file, which this film needs",
        zh: "该视频需重新封装，但编码为 {codec} 的流无法写入新的 {format} 文件",
        hint_en: "take that stream out, or convert the film to one file that is not fragmented, then label",
        hint_zh: "请先移出该流，或将视频转换为未分段的文件，再添加标识"
    }
    NOTE_DEPTH = "video.note_depth" {
        en: "the encoder takes samples of the form {new}; the decoder gives {old}",
        zh: "编码器采用 {new} 样本格式，而解码器输出为 {old}"
    }
    NOTE_LAST_SHORT = "video.note_last_short" {
        en: "the film ends during the last notice, which is seen for {seconds} s",
        zh: "视频在最后一次标识显示期间结束，该次标识显示 {seconds} 秒"
    }
    DYNAMIC_HDR = "video.dynamic_hdr" {
        en: "this film carries {what}, which would be lost when it is encoded again",
        zh: "该视频带有 {what}，重新编码会使其丢失",
        hint_en: "label a version without it", hint_zh: "请对不含该数据的版本添加标识"
    }
    ROTATION = "video.rotation" {
        en: "the picture is displayed at an angle that is no multiple of 90 degrees",
        zh: "画面的显示角度不是 90 度的整数倍"
    }
    SPAN = "video.span" {
        en: "a notice of {seconds} s every {period} s is not possible",
        zh: "无法每 {period} 秒显示 {seconds} 秒的标识"
    }
    FRAMES_LOST = "video.frames_lost" {
        en: "{found} of {expected} frames came back from the encoder",
        zh: "编码器返回了 {found} 帧，应为 {expected} 帧"
    }
    LOST_STREAM = "video.lost" {
        en: "the film with the notice does not hold what it should: {reason}",
        zh: "添加标识后的视频内容不完整：{reason}"
    }
    NOTE_SHORT = "video.note_short" {
        en: "the film lasts {duration} s: the notice cannot be seen for {seconds} s",
        zh: "视频时长为 {duration} 秒，标识显示时间无法达到 {seconds} 秒"
    }
    NOTE_WHOLE = "video.note_whole" {
        en: "all of the video was encoded again: {reason}",
        zh: "视频画面已全部重新编码：{reason}"
    }
    NOTE_REMUXED = "video.note_remuxed" {
        en: "the file was written anew by FFmpeg: parts that it does not know are lost",
        zh: "文件由 FFmpeg 重新封装：其不支持的部分已丢失"
    }
    NOTE_OTHER_VIDEO = "video.note_other_video" {
        en: "{count} more video streams were copied without a notice",
        zh: "另有 {count} 路视频流被原样复制，未添加标识"
    }
    WHY_THROUGHOUT = "video.why_throughout" {
        en: "the notice is seen up to its end",
        zh: "标识显示至视频结尾"
    }
    WHY_NO_KEYFRAME = "video.why_no_keyframe" {
        en: "no keyframe after the notice begins a part that stands alone",
        zh: "标识之后没有可独立解码的关键帧"
    }
    WHY_CODEC = "video.why_codec" {
        en: "{codec} cannot be joined from two encoders",
        zh: "{codec} 无法拼接两个编码器的结果"
    }
    WHY_LAYOUT = "video.why_layout" {
        en: "the file's layout does not allow it ({part})",
        zh: "文件结构不允许（{part}）"
    }
    WHY_PARAMETERS = "video.why_parameters" {
        en: "the parameters of the two parts do not go together",
        zh: "两部分的编码参数不兼容"
    }
    WHY_PROOF = "video.why_proof" {
        en: "the joined film was not as it should be ({reason})",
        zh: "拼接后的视频不符合要求（{reason}）",
        hint_en: "write the film anew with another program, or convert it to Matroska or QuickTime, then label",
        hint_zh: "请先用其他程序重新封装，或转换为 Matroska 或 QuickTime，再添加标识"
    }
    PURPOSE_PROOF = "video.purpose_proof" {
        en: "checking the film with the notice",
        zh: "核对添加标识后的视频"
    }
}
