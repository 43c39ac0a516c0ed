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
}
