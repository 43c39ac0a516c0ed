//! Notices in sound.

use super::super::messages;

messages! {
    UNIT = "sound.unit" {
        en: "the short sound of a rhythm notice can't last {value} ms; {least} to {most} ms can be heard as a rhythm",
        zh: "节奏提示音的短音不能为 {value} 毫秒；应为 {least} 至 {most} 毫秒"
    }
    RHYTHM = "sound.rhythm" {
        en: "the rhythm {code} can't be rendered at {rate} samples per second",
        zh: "无法以每秒 {rate} 个采样生成节奏 {code}"
    }
    PLACES = "sound.places" {
        en: "a notice in a sound stands at one to three places, no two alike",
        zh: "音频中的提示应位于一至三个位置，且互不相同"
    }
    EMPTY = "sound.empty" { en: "this file holds no sound", zh: "该文件不含音频采样" }
    CODING = "sound.coding" {
        en: "{format} with this coding of sound ({coding}) can't take a notice",
        zh: "采用此音频编码（{coding}）的 {format} 无法加入提示音",
        hint_en: "convert it to PCM, FLAC, MP3, AAC or Opus, then label",
        hint_zh: "请先转换为 PCM、FLAC、MP3、AAC 或 Opus，再添加标识"
    }
    BROKEN = "sound.broken" {
        en: "the {format} sound can't be read: {reason}",
        zh: "无法读取 {format} 音频：{reason}"
    }
    STREAMS = "sound.streams" {
        en: "this Ogg file holds more than one stream; only one stream of sound can take a notice",
        zh: "该 Ogg 文件含有多个流；仅支持在单一音频流中加入提示音",
        hint_en: "take the sound out into a file of its own, then label",
        hint_zh: "请先将音频单独取出为一个文件，再添加标识"
    }
    TRACKS = "sound.tracks" {
        en: "this file holds more than one track of sound ({tracks}), which would be lost",
        zh: "该文件除一路音频外还含有其他轨道（{tracks}），处理后会丢失",
        hint_en: "take the sound out into a file of its own, then label",
        hint_zh: "请先将音频单独取出为一个文件，再添加标识"
    }
    LENGTHS = "sound.lengths" {
        en: "the file would pass what its header can count ({field})",
        zh: "文件将超过其文件头字段 {field} 所能表示的范围"
    }
    CLIP = "sound.clip" {
        en: "the recording for the notice can't be used: {reason}",
        zh: "无法使用所提供的提示录音：{reason}"
    }
    CLIP_FORMAT = "sound.clip_format" { en: "it is no file of sound that is known", zh: "它不是可识别的音频文件" }
    CLIP_PROGRAMS = "sound.clip_programs" {
        en: "it is {format}, which an installed program has to decode, and none may be started; WAV and FLAC are read without",
        zh: "其格式为 {format}，需由已安装的程序解码，但未允许启动程序；WAV 和 FLAC 可直接读取"
    }
    CLIP_LENGTH = "sound.clip_length" {
        en: "it lasts {seconds} s; 0.2 to 60 s are allowed",
        zh: "其时长为 {seconds} 秒；允许 0.2 至 60 秒"
    }
    CLIP_SILENT = "sound.clip_silent" { en: "nothing can be heard in it", zh: "其中没有可听到的声音" }
    WORDS = "sound.words" {
        en: "the words of a spoken notice are empty, too long or hold control characters",
        zh: "语音提示的文字为空、过长或含有控制字符"
    }
    LANGUAGE = "sound.language" {
        en: "{language} is no BCP 47 tag of a language that can be spoken",
        zh: "{language} 不是可用于语音合成的 BCP 47 语言标签"
    }
    SPEECH_RATE = "sound.speech_rate" {
        en: "the notice is spoken at {rate} characters per minute; {least} to {most} are asked for",
        zh: "语音提示的语速为每分钟 {rate} 字；要求为 {least} 至 {most} 字",
        hint_en: "speak it slower or faster (GB 45438-2025 5.3 e)", hint_zh: "请调整语速（GB 45438-2025 5.3 e)）"
    }
    NOT_READ = "sound.not_read" {
        en: "{program} gave no sound that can be used",
        zh: "{program} 未给出可用的音频"
    }
    NOTE_REENCODED = "sound.note_reencoded" {
        en: "the whole sound was encoded anew by {by}: {reason}",
        zh: "整段音频已由 {by} 重新编码：{reason}"
    }
    REASON_VORBIS = "sound.reason_vorbis" {
        en: "packets of Vorbis can't be read with another packet's setup header",
        zh: "Vorbis 数据包不能与其他编码的设置头混用"
    }
    REASON_WATERMARK = "sound.reason_watermark" {
        en: "the watermark is in every sample",
        zh: "水印写入每一个采样"
    }
    REASON_SPLICE = "sound.reason_splice" {
        en: "frames can't be put between those of this file ({what})",
        zh: "无法在该文件的帧之间插入其他帧（{what}）"
    }
    NOTE_LAST_BLOCK = "sound.note_last_block" {
        en: "the last, short FLAC frame was coded anew without loss, because only the last frame of a stream may be short",
        zh: "由于流中仅最后一帧可以较短，原最后的短 FLAC 帧已无损重新编码"
    }
    NOTE_NOT_CD = "sound.note_not_cd" {
        en: "the CUESHEET is not marked as that of a Compact Disc any more: its tracks don't begin at sectors of 588 samples",
        zh: "CUESHEET 不再标为 CD：其音轨起点不再位于 588 采样的扇区边界"
    }
    NOTE_MD5 = "sound.note_md5" {
        en: "the MD5 in STREAMINFO did not fit the sound; it was left out",
        zh: "STREAMINFO 中的 MD5 与音频不符，已予清零"
    }
    NOTE_FLOOR = "sound.note_floor" {
        en: "the content is quiet or silent: the notice is louder than it so as to be heard",
        zh: "内容音量很低或无声：为保证可听到，提示音比内容更响"
    }
    NOTE_QUIETER = "sound.note_quieter" {
        en: "the notice is {lu} LU quieter than the content: it can't be louder without clipping",
        zh: "提示音比内容低 {lu} LU：再提高音量将导致削波",
        hint_en: "make the content quieter, or give a recording that is denser", hint_zh: "可降低内容音量，或提供动态更小的录音"
    }
    NOTE_RATE_UNCHECKED = "sound.note_rate_unchecked" {
        en: "neither the words of the recording nor their rate were checked: it is not known what it says",
        zh: "未检查录音的文字及语速：不知其所说内容",
        hint_en: "give the words of the recording as the text of the notice (GB 45438-2025 5.3 e)",
        hint_zh: "请同时提供录音的文字作为标识内容（GB 45438-2025 5.3 e)）"
    }
    NOTE_PROFILE = "sound.note_profile" {
        en: "the AAC profile changed from {old} to {new}: no encoder of the former is at hand",
        zh: "AAC 规格由 {old} 变为 {new}：没有前者的编码器可用"
    }
    NOTE_TAGS = "sound.note_tags" {
        en: "tags that {by} does not know may be missing",
        zh: "{by} 不识别的标签可能已丢失"
    }
    RATE = "sound.rate_not_heard" {
        en: "sound of {rate} Hz in {channels} channels is not listened to: 8,000 to 192,000 Hz in 1 to 64 channels are",
        zh: "无法听取 {rate} Hz、{channels} 声道的声音：仅支持 8000 至 192000 Hz、1 至 64 声道"
    }
}
