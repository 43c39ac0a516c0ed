//! Reasons and refusals of the containers in `vorbis`.

use super::super::messages;

messages! {
    SEVERAL_BLOCKS = "flac.several_comment_blocks" {
        en: "the file holds {count} blocks of comments; one is allowed, and players differ in which one they read",
        zh: "文件含有 {count} 个注释块；只允许一个，不同播放器会读取不同的块",
        hint_en: "join them with metaflac, then label", hint_zh: "请先用 metaflac 合并，再添加标识"
    }
    NO_COMMENTS = "ogg.no_comments" {
        en: "no stream of this file is of a coding whose comments are known (Vorbis, Opus, Speex, FLAC, Theora)",
        zh: "此文件中没有注释格式已知的流（Vorbis、Opus、Speex、FLAC、Theora）",
        hint_en: "encode it as one of these, then label", hint_zh: "请先编码为其中之一，再添加标识"
    }
    SHARED_PAGE = "ogg.shared_page" {
        en: "the headers don't begin and end on pages of their own; the file is not edited",
        zh: "头部没有独占页面；不作改动",
        hint_en: "rewrite the file (ffmpeg -i IN -c copy OUT), then label",
        hint_zh: "请先重写文件（ffmpeg -i IN -c copy OUT），再添加标识"
    }
    OTHER_STREAM = "ogg.other_stream" {
        en: "another stream of this file has a comment {key} too; changing one of them would contradict it",
        zh: "此文件的另一个流也有注释 {key}；只改其中之一会造成矛盾",
        hint_en: "write the comments of every stream anew with the tool that made the file",
        hint_zh: "请用生成该文件的工具重写各个流的注释"
    }
    COMMENT_LENGTH = "reason.comment_length" { en: "a length of its comments reaches past the end", zh: "注释中的某个长度超出末尾" }
    COMMENT_NAME = "reason.comment_name" { en: "it does not begin as a comment header", zh: "开头不是注释头" }
    STREAM_INFO = "reason.stream_info" { en: "STREAMINFO is not the first block, or not of 34 bytes", zh: "STREAMINFO 不是第一个块，或长度不是 34 字节" }
    BLOCK_PAST_END = "reason.block_past_end" { en: "a block reaches past the end", zh: "数据块超出文件末尾" }
    NO_FRAME = "reason.no_frame" { en: "no frame follows the blocks", zh: "数据块之后没有音频帧" }
    NO_PAGE = "reason.no_page" { en: "there is no page where one is due", zh: "应有页面之处没有页面" }
    HEADERS_CUT = "reason.headers_cut" { en: "the headers of the first stream are not complete", zh: "第一个流的头部不完整" }
    SKELETON = "ogg.skeleton" {
        en: "the file has an index of page positions (Ogg Skeleton), which a longer header would make wrong",
        zh: "文件含有页面位置索引（Ogg Skeleton），头部变长会使其失效",
        hint_en: "write the file without a skeleton, then label it", hint_zh: "请写出不带 Skeleton 的文件后再添加标识"
    }
}
