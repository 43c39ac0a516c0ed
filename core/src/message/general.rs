//! Input, output, formats and limits.

use super::messages;

messages! {
    IO = "io" {
        en: "{context}: {reason}",
        zh: "{context}：{reason}（读写失败）"
    }
    AT_OFFSET = "at_offset" {
        en: " (at byte {offset})",
        zh: "（位于字节 {offset}）"
    }
    LIMIT = "limit" {
        en: "limit {limit} reached: {value} is more than {max}",
        zh: "达到上限 {limit}：{value} 超过 {max}",
        hint_en: "raise this limit only for files that you trust", hint_zh: "仅对可信文件放宽此上限"
    }
    BAD_PATCH = "internal.patch" {
        en: "the planned edits don't fit the file; nothing was written",
        zh: "计划的改动与文件不符；未写入任何内容",
        hint_en: "please report this with the file, if you may share it", hint_zh: "如可共享，请附上文件报告此问题"
    }
    BAD_PIECES = "internal.pieces" {
        en: "the encoded picture is of another format than the file; nothing was written",
        zh: "编码后的图片与文件格式不同；未写入任何内容",
        hint_en: "please report this with the file, if you may share it", hint_zh: "如可共享，请附上文件报告此问题"
    }
    READ_BACK = "internal.read_back" {
        en: "the labelled file did not read back as promised ({reason}); it was discarded",
        zh: "写入标识后的文件回读结果与预期不符（{reason}）；已丢弃",
        hint_en: "please report this with the file, if you may share it", hint_zh: "如可共享，请附上文件报告此问题"
    }
    MALFORMED = "file.malformed_for_writing" {
        en: "the structure is broken at {part}; the file is not edited",
        zh: "文件结构在 {part} 处损坏；不作改动",
        hint_en: "label the complete, undamaged file", hint_zh: "请对完整、未损坏的文件添加标识"
    }
    DAMAGED = "file.damaged" {
        en: "the file is damaged and is not edited: {reason}",
        zh: "文件已损坏，不作改动：{reason}",
        hint_en: "label the complete, undamaged file", hint_zh: "请对完整、未损坏的文件添加标识"
    }
    TOO_LARGE = "file.part_too_large" {
        en: "the new {part} would be longer than the format allows",
        zh: "新的 {part} 超过格式允许的长度"
    }
    XMP_TOO_LARGE = "xmp.too_large" {
        en: "the XMP packet would be {size} bytes; a JPEG segment holds {max}",
        zh: "XMP 数据包将达 {size} 字节；JPEG 段最多容纳 {max} 字节",
        hint_en: "move other properties to extended XMP with the tool that wrote them, then label", hint_zh: "请先用原写入程序把其他属性移到扩展 XMP，再添加标识"
    }
    FORMAT_UNKNOWN = "format.unknown" {
        en: "the content is of no known format",
        zh: "内容不属于任何已知格式",
        hint_en: "see: biaoshi list formats", hint_zh: "参见：biaoshi list formats"
    }
    FORMAT_UNSUPPORTED = "format.unsupported" {
        en: "{format} has no known place for a label: {instead}",
        zh: "{format} 没有已知的标识存放位置：{instead}",
        hint_en: "see: biaoshi list formats", hint_zh: "参见：biaoshi list formats"
    }
    NO_DOCUMENTS = "build.documents" {
        en: "this build can't read documents: PDF, packages, and front matter in TOML",
        zh: "此构建不含文档读取部分：PDF、文档包及 TOML 前置信息",
        hint_en: "use a build with the feature `documents`", hint_zh: "请使用包含 documents 功能的构建"
    }
    NO_CERTIFICATES = "build.certificates" {
        en: "this build can't read certificates",
        zh: "此构建不含证书读取部分",
        hint_en: "use a build with the feature `certificates`", hint_zh: "请使用包含 certificates 功能的构建"
    }
    NO_LOOK = "build.look" {
        en: "this build can't decode pictures and sound",
        zh: "此构建不含图片与声音的解码部分",
        hint_en: "use a build with the feature `look`", hint_zh: "请使用包含 look 功能的构建"
    }
    NO_CHARSETS = "build.charsets" {
        en: "this build reads texts in UTF-8 and UTF-16 alone",
        zh: "此构建只能读取 UTF-8 与 UTF-16 文本",
        hint_en: "use a build with the feature `charsets`", hint_zh: "请使用包含 charsets 功能的构建"
    }
    NO_PDF_MANIFESTS = "build.pdf_manifests" {
        en: "this build can't check manifests in PDF",
        zh: "此构建不含 PDF 清单的核验部分",
        hint_en: "use a build with the feature `pdf-manifests`", hint_zh: "请使用包含 pdf-manifests 功能的构建"
    }
    OUTPUT_EXISTS = "output.exists" {
        en: "{path} exists already",
        zh: "{path} 已存在",
        hint_en: "name another output, or pass --force to replace it", hint_zh: "请另选输出路径，或用 --force 覆盖"
    }
    OUTPUT_LINK = "output.symlink" {
        en: "{path} is a symbolic link and is not followed",
        zh: "{path} 是符号链接，不予跟随",
        hint_en: "name the real path", hint_zh: "请使用真实路径"
    }
    INPUT_KIND = "input.not_a_file" {
        en: "{path} is not a regular file",
        zh: "{path} 不是普通文件"
    }
}
