//! Reasons and refusals of the containers in `text`.

use super::super::messages;

messages! {
    JSON_NO_OBJECT = "json.no_object" {
        en: "the JSON is no object, so it has no member that could be the label",
        zh: "该 JSON 不是对象，没有可作为标识的成员",
        hint_en: "put it into an object, or keep the label in a file beside it", hint_zh: "请将其放入一个对象中，或把标识存放在旁附文件里"
    }
    JSON_LINES = "json.several_values" {
        en: "the file holds several JSON values; a label of the whole file has no place in it",
        zh: "文件含有多个 JSON 值；其中没有整个文件的标识位置",
        hint_en: "put the object AIGC into each message, or keep the label in a file beside it", hint_zh: "请在每条消息中写入 AIGC 对象，或把标识存放在旁附文件里"
    }
    FRONT_REFUSED = "front_matter.refused" {
        en: "the front matter is not edited: {reason}",
        zh: "不改动 front matter：{reason}",
        hint_en: "write it as YAML lines between two lines ---, and label that", hint_zh: "请在两行 --- 之间以 YAML 逐行书写，再添加标识"
    }
    FRONT_ENCODING = "front_matter.encoding" {
        en: "the text is not UTF-8, which front matter has to be",
        zh: "文本不是 UTF-8 编码，而 front matter 必须使用该编码",
        hint_en: "save it as UTF-8 and label that", hint_zh: "请另存为 UTF-8 后再添加标识"
    }
    FRONT_UNREADABLE = "reason.front_unreadable" { en: "it can't be read", zh: "无法读取" }
    FRONT_FLOW = "reason.front_flow" { en: "it is written in braces or indented by tabs", zh: "它以花括号书写或使用制表符缩进" }
    FRONT_TITLE_BLOCK = "reason.front_title_block" { en: "the file begins with a title block (%), which must stay first", zh: "文件以标题块（%）开头，其必须保持在最前" }
    FRONT_METADATA = "reason.front_metadata" { en: "the file begins with lines of metadata (key: value), which must stay first; put a line --- before and behind them", zh: "文件以元数据行（键: 值）开头，其必须保持在最前；请在其前后各加一行 ---" }
    FRONT_TAKEN = "reason.front_taken" { en: "it has the key already", zh: "其中已有该键" }
}
