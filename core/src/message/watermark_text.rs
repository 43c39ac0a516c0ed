//! Marks in texts while they are generated.

use super::messages;

messages! {
    /// The key's text is of no known form.
    KEY_SYNTAX = "watermark.text.key_syntax" {
        en: "the text watermark key cannot be read",
        zh: "无法读取文本水印密钥",
        hint_en: "give a JSON object with scheme, keys and ngram_len, or a list of 30 whole numbers", hint_zh: "请提供含 scheme、keys、ngram_len 的 JSON 对象，或 30 个整数组成的列表"
    }
    /// A value of the key is outside its range. The value itself is not shown: it may be secret.
    KEY_FIELD = "watermark.text.key_field" {
        en: "{field} of the text watermark key is not usable: {rule}",
        zh: "文本水印密钥中的 {field} 不可用，要求：{rule}"
    }
    /// A detector model that can't be used.
    MODEL = "watermark.text.model" {
        en: "the detector model is not usable: {field}",
        zh: "检测模型不可用：{field}",
        hint_en: "fit it with the depth of this key", hint_zh: "请按此密钥的层数重新拟合"
    }
    /// Lists that belong together differ in length.
    SHAPE = "watermark.text.shape" {
        en: "{what} has {found} values, {expected} are needed",
        zh: "{what} 有 {found} 个值，需要 {expected} 个"
    }
    /// Not enough to fit a model on.
    FIT = "watermark.text.fit" {
        en: "a model needs at least {needed} scored tokens of marked text, there are {found}",
        zh: "拟合模型至少需要 {needed} 个可计分的带水印词元，现有 {found} 个"
    }
    /// A number outside its range.
    OPTION = "watermark.text.option" {
        en: "{field} must lie between {low} and {high}",
        zh: "{field} 须在 {low} 与 {high} 之间"
    }
}
