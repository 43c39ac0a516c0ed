//! Messages of the label area.

use super::messages;

messages! {
    /// A text has not as many characters as the code needs.
    CODE_LENGTH = "provider.length" {
        en: "{field}: {found} characters where {due} are due",
        zh: "{field}：应有 {due} 个字符，实有 {found} 个",
        hint_en: "a provider code has 27 characters: 0011, the 18 characters of the unified social credit code, one for the service, four of your own",
        hint_zh: "服务提供者编码共 27 位：0011、18 位统一社会信用代码、1 位服务类型、4 位自定义扩展"
    }
    /// A character that looks like the right one.
    CODE_LOOKALIKE = "provider.lookalike" {
        en: "{field}: character {position} is \"{found}\"; \"{likely}\" was probably meant",
        zh: "{field}：第 {position} 位是“{found}”，可能应为“{likely}”",
        hint_en: "codes have ASCII digits and capitals only; the credit code inside has no I, O, S, V and Z",
        hint_zh: "编码仅含半角数字和大写字母；其中的统一社会信用代码不含 I、O、S、V、Z"
    }
    /// A character that cannot stand in a code.
    CODE_CHARACTER = "provider.character" {
        en: "{field}: character {position} is \"{found}\", which cannot stand there",
        zh: "{field}：第 {position} 位是“{found}”，此处不允许",
        hint_en: "codes have ASCII digits and capitals only; the credit code inside has no I, O, S, V and Z",
        hint_zh: "编码仅含半角数字和大写字母；其中的统一社会信用代码不含 I、O、S、V、Z"
    }
    /// The format code is not 00.
    CODE_FORMAT = "provider.format" {
        en: "{field}: provider codes of format \"{found}\" are not supported, only 00",
        zh: "{field}：不支持格式代码“{found}”，仅支持 00"
    }
    /// The subject is no organisation.
    CODE_SUBJECT = "provider.subject" {
        en: "{field}: provider codes of subject type \"{found}\" are not supported, only 1 (organisation)",
        zh: "{field}：不支持主体类型“{found}”，仅支持 1（组织）",
        hint_en: "the form for individual persons is not known to this tool",
        hint_zh: "本工具未掌握个人主体的编码格式"
    }
    /// The binding is not the unified social credit code.
    CODE_BINDING = "provider.binding" {
        en: "{field}: provider codes of binding \"{found}\" are not supported, only 1 (unified social credit code)",
        zh: "{field}：不支持绑定方式“{found}”，仅支持 1（统一社会信用代码）"
    }
    /// The credit code's check digit is wrong.
    CODE_CHECK_DIGIT = "provider.check_digit" {
        en: "{field}: the last character of the credit code is \"{found}\", but \"{right}\" fits the others",
        zh: "{field}：统一社会信用代码末位是“{found}”，按校验规则应为“{right}”",
        hint_en: "compare every character with the business licence: one of them is mistyped",
        hint_zh: "请与营业执照逐位核对，至少有一位输入有误"
    }
    /// A required field is empty.
    FIELD_EMPTY = "label.field_empty" {
        en: "{field} must not be empty",
        zh: "{field} 不能为空"
    }
    /// A field is too long.
    FIELD_LENGTH = "label.field_length" {
        en: "{field} has {found} bytes, more than {max}",
        zh: "{field} 长 {found} 字节，超过 {max}"
    }
    /// A character outside the label's character set.
    FIELD_CHARSET = "label.field_charset" {
        en: "{field}: character {position} is \"{found}\"; a label holds printable ASCII only, without space, quotation mark and backslash",
        zh: "{field}：第 {position} 个字符是“{found}”；标识字段只允许可见 ASCII 字符，不含空格、双引号和反斜杠",
        hint_en: "GB 45438-2025 Annex E j)",
        hint_zh: "GB 45438-2025 附录 E j)"
    }
    /// A Chinese name where a code should stand.
    FIELD_CHARSET_NAME = "label.field_charset_name" {
        en: "{field}: character {position} is \"{found}\"; a name in Chinese letters cannot stand in a label",
        zh: "{field}：第 {position} 个字符是“{found}”；标识字段不能使用中文名称",
        hint_en: "use the 27-character provider code instead (GB 45438-2025 Annex E j)); it can be composed from the unified social credit code",
        hint_zh: "请改用 27 位服务提供者编码（GB 45438-2025 附录 E j)），可由统一社会信用代码生成"
    }
    /// A credit code where a provider code should stand.
    FIELD_CREDIT_CODE = "label.credit_code" {
        en: "{field} is a bare unified social credit code; the provider code has 27 characters",
        zh: "{field} 是统一社会信用代码本身；服务提供者编码应为 27 位",
        hint_en: "put 0011 before it and five characters after it: service and extension",
        hint_zh: "其前加 0011，其后加 1 位服务类型和 4 位扩展"
    }
    /// An unknown key cannot be written.
    FIELD_UNKNOWN = "label.field_unknown" {
        en: "the further key {field} cannot be written: it repeats a key, or its value is not JSON",
        zh: "附加键 {field} 无法写入：键重复，或其值不是 JSON"
    }
    /// A label is not UTF-8.
    LABEL_UTF8 = "label.not_utf8" {
        en: "the label is not valid UTF-8",
        zh: "标识不是有效的 UTF-8"
    }
    /// A label is empty.
    LABEL_EMPTY = "label.empty" {
        en: "the label is empty",
        zh: "标识内容为空"
    }
    /// A label is not JSON.
    LABEL_JSON = "label.not_json" {
        en: "the label is not valid JSON",
        zh: "标识不是有效的 JSON"
    }
    /// A label is JSON, but no object.
    LABEL_NOT_OBJECT = "label.not_object" {
        en: "the label is not a JSON object",
        zh: "标识不是 JSON 对象"
    }
    /// A key stands twice.
    LABEL_DUPLICATE_KEY = "label.duplicate_key" {
        en: "the key {key} stands twice in the label",
        zh: "标识中的键 {key} 重复出现"
    }
    /// An object without any key of Annex E.
    LABEL_NO_KEYS = "label.no_keys" {
        en: "the JSON holds none of the seven keys of GB 45438-2025 Annex E",
        zh: "该 JSON 不含 GB 45438-2025 附录 E 的任何键"
    }
    /// Keys of a label both inside and outside of the wrapper.
    LABEL_TWO = "label.two_in_one" {
        en: "label keys stand both inside and beside the key AIGC",
        zh: "标识的键既在 AIGC 之内又在其外"
    }
    /// Wrapped more than twice.
    LABEL_WRAPPED = "label.wrapped_too_often" {
        en: "the label is wrapped more than twice",
        zh: "标识嵌套超过两层"
    }
    /// An XMP packet is not text in a Unicode encoding.
    XMP_ENCODING = "xmp.encoding" {
        en: "the XMP packet is not valid {encoding}",
        zh: "XMP 数据包不是有效的 {encoding}"
    }
    /// Markup is not closed or not XML.
    XMP_SYNTAX = "xmp.syntax" {
        en: "the XMP packet is not well-formed XML",
        zh: "XMP 数据包不是格式良好的 XML"
    }
    /// An end tag does not fit.
    XMP_END_TAG = "xmp.end_tag" {
        en: "the XMP packet has an end tag that closes nothing, or an element that is not closed: {name}",
        zh: "XMP 数据包的结束标记不匹配，或元素未结束：{name}"
    }
    /// A bad attribute.
    XMP_ATTRIBUTE = "xmp.attribute" {
        en: "the XMP packet has a malformed or repeated attribute: {name}",
        zh: "XMP 数据包的属性有误或重复：{name}"
    }
    /// A document type declaration.
    XMP_DOCTYPE = "xmp.doctype" {
        en: "the XMP packet has a document type declaration, which XMP does not allow",
        zh: "XMP 数据包含有文档类型声明（DOCTYPE），XMP 不允许"
    }
    /// An entity that XML does not define.
    XMP_ENTITY = "xmp.entity" {
        en: "the XMP packet refers to \"{name}\", which is no character and none of the five entities of XML",
        zh: "XMP 数据包引用了“{name}”，它既非字符引用也非 XML 的五个预定义实体"
    }
    /// A prefix without a namespace.
    XMP_PREFIX = "xmp.prefix" {
        en: "the XMP packet uses the prefix \"{name}\" without declaring it",
        zh: "XMP 数据包使用了未声明的前缀“{name}”"
    }
    /// The property is already there.
    XMP_PROPERTY_EXISTS = "xmp.property_exists" {
        en: "the XMP packet already holds the property {name}",
        zh: "XMP 数据包已有属性 {name}"
    }
    /// No place for RDF.
    XMP_NO_RDF = "xmp.no_rdf" {
        en: "the XML holds neither rdf:RDF nor x:xmpmeta: it is no XMP packet",
        zh: "该 XML 既无 rdf:RDF 也无 x:xmpmeta，不是 XMP 数据包"
    }
    /// A name or value that XML cannot hold.
    XMP_VALUE = "xmp.value" {
        en: "the property {name} cannot be written: its name, namespace or value holds a character that XML does not allow there",
        zh: "属性 {name} 无法写入：名称、命名空间或值含有 XML 不允许的字符"
    }
    /// A block that is not TIFF.
    EXIF_HEADER = "exif.header" {
        en: "the Exif block does not begin with a TIFF header",
        zh: "Exif 数据块没有以 TIFF 头开始"
    }
    /// The first directory is not there.
    EXIF_TRUNCATED = "exif.truncated" {
        en: "the first image file directory of the Exif block is outside the block",
        zh: "Exif 数据块的首个图像文件目录（IFD）超出范围"
    }
}
