//! Reasons and refusals of the containers in `pdf`.

use super::super::messages;

messages! {
    NO_START = "reason.pdf_no_start" { en: "no startxref stands near the end", zh: "文件末尾附近没有 startxref" }
    SECTION = "reason.pdf_section" { en: "a cross-reference section can't be read", zh: "无法读取交叉引用部分" }
    CYCLE = "reason.pdf_cycle" { en: "the cross-reference sections lead back to one another", zh: "交叉引用部分互相指回，形成循环" }
    NO_CATALOG = "reason.pdf_no_catalog" { en: "the document catalog can't be read where it is said to be", zh: "在所指的位置无法读取文档目录" }
    OBJECT = "reason.pdf_object" { en: "the object {object} can't be read where it is said to be", zh: "在所指的位置无法读取对象 {object}" }
    OVERLAP = "reason.pdf_overlap" { en: "the stream reaches into another part of the file", zh: "该流延伸到文件的其他部分" }
    PREDICTOR = "reason.pdf_predictor" { en: "the predictor is unknown or its rows don't fit", zh: "预测器未知或其行数据不符" }
    FILTER = "reason.pdf_filter" { en: "the filter {filter} is not read", zh: "不支持读取过滤器 {filter}" }
    ENCRYPTED_VALUE = "reason.pdf_encrypted" { en: "it is encrypted", zh: "内容已加密" }
    ENCRYPTED = "pdf.encrypted" {
        en: "the PDF is encrypted and is not edited",
        zh: "PDF 已加密，不作改动",
        hint_en: "label the document before it is encrypted, or save it without a password", hint_zh: "请在加密之前添加标识，或另存为无密码的文件"
    }
    SIGNED = "pdf.signed" {
        en: "the PDF has a digital signature or is prepared for one, which an edit would break",
        zh: "PDF 带有数字签名或已为签名作好准备，改动会使其失效",
        hint_en: "label the document before it is signed", hint_zh: "请在签名之前添加标识"
    }
    AMBIGUOUS = "pdf.ambiguous" {
        en: "bytes stand before the PDF header, and its positions can be counted in two ways; readers would disagree about an edit",
        zh: "PDF 文件头之前有其他字节，其位置可按两种方式计算；不同阅读器对改动的理解会不一致",
        hint_en: "save the document anew with a PDF program, then label it", hint_zh: "请用 PDF 程序重新保存文档，再添加标识"
    }
    NOTE_ARCHIVE = "note.pdf_archive" {
        en: "the label was written to the document information alone: the file follows PDF/A, and its XMP packet does not allow the property",
        zh: "标识仅写入文档信息字典：文件遵循 PDF/A，其 XMP 数据包不允许该属性"
    }
}
