//! Reasons and refusals of the containers in `office`.

use super::super::messages;

messages! {
    ZIP_END_RECORDS = "reason.zip_end_records" { en: "another end record stands behind the one that fits", zh: "在相符的结束记录之后还有另一个结束记录" }
    STORE_NAME = "office.store_name" {
        en: "the name of {name} is not read alike by all programs, so a manifest can't name it",
        zh: "各程序对 {name} 的名称解读不一致，清单无法引用该名称"
    }
    STORE_PACKED = "office.store_compressed" {
        en: "the file has a manifest store that is compressed; it is not replaced",
        zh: "文件中的清单存储经过压缩；不予替换"
    }
    ZIP_END = "reason.zip_end" { en: "end record and central directory don't fit each other", zh: "结束记录与中央目录不相符" }
    ZIP_SPLIT = "reason.zip_split" { en: "it is one part of a split archive", zh: "这是分卷压缩包的一部分" }
    ZIP_DIRECTORY = "reason.zip_directory" { en: "entry {index} is cut off or is none", zh: "第 {index} 个条目被截断或不是条目" }
    ZIP_COUNT = "reason.zip_count" { en: "it holds {found} entries where {stated} are due", zh: "应有 {stated} 个条目，实有 {found} 个" }
    ZIP_LOCAL = "reason.zip_local" { en: "its local header is missing or its data lies outside of the file", zh: "其本地文件头缺失，或数据位于文件之外" }
    ZIP_DISAGREE = "reason.zip_disagree" { en: "local header and central directory disagree in {field}", zh: "本地文件头与中央目录在 {field} 上不一致" }
    ZIP_DESCRIPTOR = "reason.zip_descriptor" { en: "its data descriptor is missing or wrong", zh: "其数据描述符缺失或不正确" }
    ZIP_OVERLAP = "reason.zip_overlap" { en: "its bytes overlap those of another entry", zh: "其字节与另一条目重叠" }
    ZIP_NAME = "reason.zip_name" { en: "its name leads out of the folder or is not portable", zh: "其名称指向文件夹之外或不可移植" }
    ZIP_PATH = "reason.zip_path" { en: "an extra field gives it another name", zh: "其扩展字段给出了另一个名称" }
    ZIP_DUPLICATE = "reason.zip_duplicate" { en: "another entry has the same name", zh: "另有同名条目" }
    ZIP_ENCRYPTED = "reason.zip_encrypted" { en: "it is encrypted", zh: "其内容已加密" }
    ZIP_GAP = "reason.zip_gap" { en: "{length} bytes belong to no entry", zh: "有 {length} 字节不属于任何条目" }
    ZIP_HIDDEN = "reason.zip_hidden" { en: "an entry stands here that the central directory does not list", zh: "此处有中央目录未列出的条目" }
    XML_SYNTAX = "reason.xml_syntax" { en: "its XML is not well formed at byte {at}", zh: "其 XML 在字节 {at} 处格式不正确" }
    XML_DOCTYPE = "reason.xml_doctype" { en: "it has a document type declaration, which is not read", zh: "其中有文档类型声明，不予读取" }
    XML_ENTITY = "reason.xml_entity" { en: "it refers to an entity that XML does not define, at byte {at}", zh: "其在字节 {at} 处引用了 XML 未定义的实体" }
    XML_PREFIX = "reason.xml_prefix" { en: "it uses the prefix {prefix} without declaring it", zh: "其使用了未声明的前缀 {prefix}" }
    XML_ENCODING = "reason.xml_encoding" { en: "its text is in no Unicode encoding", zh: "其文本不是 Unicode 编码" }
    XML_WIDE = "reason.xml_wide" { en: "its text is in UTF-16", zh: "其文本为 UTF-16 编码" }
    XML_ELEMENT = "reason.xml_element" { en: "the element {name} is missing", zh: "缺少元素 {name}" }
    XML_TWICE = "reason.xml_twice" { en: "{name} stands in it more than once", zh: "其中 {name} 不止一处" }
    PART_MISSING = "reason.part_missing" { en: "the package has no such part", zh: "包内没有该部件" }
    OFFICE_SIGNED = "office.signed" {
        en: "the document is digitally signed ({part}); a label would break the signature",
        zh: "文档带有数字签名（{part}）；写入标识会使签名失效",
        hint_en: "label the document first and sign it then", hint_zh: "请先添加标识，再签名"
    }
    OFFICE_ENCRYPTED = "office.encrypted" {
        en: "{part} is encrypted, so that no label can be put into the document",
        zh: "{part} 已加密，无法向文档写入标识",
        hint_en: "label the document before it is encrypted: save it without password, label it, then protect it again", hint_zh: "请在加密之前添加标识：先另存为无密码文件，添加标识后再加密"
    }
    OFFICE_PART = "office.part" {
        en: "the part {part} can't be edited: {reason}",
        zh: "部件 {part} 无法改动：{reason}",
        hint_en: "save the document with the program that made it, then label it", hint_zh: "请用原编辑程序重新保存文档，再添加标识"
    }
    OFFICE_VALUE = "office.value" {
        en: "the value for {part} holds a character that XML can't hold",
        zh: "写入 {part} 的值含有 XML 不允许的字符",
        hint_en: "leave control characters out of the label", hint_zh: "请去除标识中的控制字符"
    }
}
