//! Notices in documents.

use super::super::messages;

messages! {
    NO_PAGE = "notice.document_no_page" {
        en: "the document has no page, slide or sheet that people see",
        zh: "文档中没有可供查看的页面、幻灯片或工作表"
    }
    TOO_LARGE = "notice.document_too_large" {
        en: "the notice does not fit on {part}",
        zh: "显式标识无法放入 {part}",
        hint_en: "use fewer or shorter lines", hint_zh: "请减少行数或缩短各行文字"
    }
    TOO_MANY_CHARACTERS = "notice.document_characters" {
        en: "the notice has {count} different characters, and its font in a PDF holds {max}",
        zh: "显式标识含有 {count} 个不同字符，而其在 PDF 中的字体最多容纳 {max} 个",
        hint_en: "use fewer or shorter lines", hint_zh: "请减少行数或缩短各行文字"
    }
    COVERS = "note.notice_covers" {
        en: "no room was found that is free: the notice covers a part of what stands on {part}",
        zh: "未找到空白位置：显式标识遮挡了 {part} 上的部分内容"
    }
    CONTROL = "notice.document_control" {
        en: "line {line} of the notice holds a control character",
        zh: "显式标识的第 {line} 行含有控制字符"
    }
    NO_MOMENT = "notice.document_no_place" {
        en: "the notice has no place: at the start, in the middle or at the end",
        zh: "未指定显式标识的位置：起始、中间或末尾"
    }
    MADE_WHEN_OPENED = "notice.document_made_when_opened" {
        en: "the pages of this PDF are made from a form (XFA) when it is opened, and not from what stands in the file",
        zh: "此 PDF 的页面在打开时由表单（XFA）生成，而非来自文件中的页面内容",
        hint_en: "print it to a PDF, then label that", hint_zh: "请先将其打印为 PDF，再添加标识"
    }
    NO_PAGE_TEXT = "notice.document_not_text" {
        en: "the first and last parts of the book are no XHTML documents that a line can be put into: {part}",
        zh: "书的首个或末尾内容不是可加入文字的 XHTML 文档：{part}"
    }
    HEADER_FULL = "notice.document_header_full" {
        en: "the print header of {part} has no room for the notice within 255 characters; the text box on the sheet carries it alone",
        zh: "{part} 的打印页眉在 255 个字符内已无空间容纳显式标识；仅由工作表上的文本框承载"
    }
}
