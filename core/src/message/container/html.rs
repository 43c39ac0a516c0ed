//! Reasons and refusals of the containers in `html`.

use super::super::messages;

messages! {
    HTML_CONTROL = "html.control" {
        en: "an attribute of HTML can't hold the character {code}",
        zh: "HTML 属性中不能包含字符 {code}"
    }
    HTML_SHIFTS = "html.encoding" {
        en: "the document is declared as {encoding}, in which letters can stand for other characters; it is not edited",
        zh: "文档声明的编码为 {encoding}，其中字母可能表示其他字符；不作改动",
        hint_en: "save it as UTF-8 and label that", hint_zh: "请另存为 UTF-8 后再添加标识"
    }
    HTML_DECLARATION = "html.declaration" {
        en: "the encoding is declared where no element can follow, and a label before it would move it out of the first 1,024 bytes; the document is not edited",
        zh: "文档在其后无法插入元素之处声明编码，而在其前插入标识会使该声明超出前 1024 字节；不作改动",
        hint_en: "declare the encoding in a meta element directly behind <head>", hint_zh: "请在 <head> 之后直接用 meta 元素声明编码"
    }
}
