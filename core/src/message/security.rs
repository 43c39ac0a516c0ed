//! Protection data in ReservedCode1 and ReservedCode2 (TC260-PG-202511A).

use super::messages;

messages! {
    /// It says it is SecurityData and cannot be read.
    MALFORMED = "security.malformed" {
        en: "the protection data says it is a SecurityData object and cannot be read: {reason}",
        zh: "安全防护数据声明为 SecurityData 对象，但无法读取：{reason}"
    }
    /// A bound was reached.
    TOO_MUCH = "security.too_much" {
        en: "{name} is larger than {max}",
        zh: "{name} 超过上限 {max}"
    }
    /// A member is not what it should be.
    MEMBER = "security.member" {
        en: "the member {name} is missing, stands twice or is of the wrong kind",
        zh: "成员 {name} 缺失、重复或类型错误"
    }
    /// The JSON is broken.
    NOT_JSON = "security.not_json" {
        en: "it is no JSON object without repeated keys",
        zh: "不是无重复键的 JSON 对象"
    }
    /// The signature does not fit the label.
    SIGNATURE_WRONG = "security.signature_wrong" {
        en: "the signature in the protection data does not fit the label: one of the two was changed or taken from elsewhere",
        zh: "安全防护数据中的签名与标识不符：其中之一被改动或取自他处"
    }
    /// The signature cannot be read as one.
    SIGNATURE_UNREADABLE = "security.signature_unreadable" {
        en: "the signature in the protection data is damaged",
        zh: "安全防护数据中的签名已损坏"
    }
    /// The stored hash is not that of the values.
    HASH_WRONG = "security.hash_wrong" {
        en: "the hash in the protection data is not that of the label's fields",
        zh: "安全防护数据中的哈希值与标识字段不符"
    }
    /// No row of the table fits.
    DIALECT_UNKNOWN = "security.dialect_unknown" {
        en: "the form of this protection data is not known",
        zh: "该安全防护数据的形式未知"
    }
    /// What is signed is not known.
    MESSAGE_UNKNOWN = "security.message_unknown" {
        en: "what the signature in the protection data is over is not known",
        zh: "安全防护数据中签名所覆盖的内容未知"
    }
    /// The algorithm is not handled.
    ALGORITHM_UNKNOWN = "security.algorithm_unknown" {
        en: "signatures of the algorithm {id} are not checked",
        zh: "不支持核验 {id} 算法的签名"
    }
    /// The signature has no key.
    KEY_MISSING = "security.key_missing" {
        en: "the signature in the protection data comes without a key, and no pinned key fits",
        zh: "安全防护数据中的签名未附公钥，且没有匹配的已固定公钥",
        hint_en: "give the provider's public key as an anchor", hint_zh: "请将服务提供者的公钥作为信任锚提供"
    }
    /// The key cannot be read.
    KEY_UNREADABLE = "security.key_unreadable" {
        en: "the public key in the protection data cannot be read",
        zh: "无法读取安全防护数据中的公钥"
    }
    /// There is no signature.
    NO_SIGNATURE = "security.no_signature" {
        en: "the protection data holds no signature over the label that everyone can check",
        zh: "安全防护数据中没有可公开核验的标识签名"
    }
    /// A value that the hash takes in is not there.
    FIELD_MISSING = "security.field_missing" {
        en: "the protection data lacks {name}, which its hash takes in",
        zh: "安全防护数据缺少其哈希所需的 {name}"
    }
    /// Protection data goes into two fields only.
    NOT_RESERVED = "security.not_reserved" {
        en: "protection data cannot stand in {field}",
        zh: "{field} 不能存放安全防护数据",
        hint_en: "use ReservedCode1 or ReservedCode2", hint_zh: "请使用 ReservedCode1 或 ReservedCode2"
    }
    /// The signer's parts do not fit together.
    SIGNER = "security.signer" {
        en: "the signature just made does not verify with the signer's public key",
        zh: "刚生成的签名无法用签名者的公钥验证"
    }
    /// Space around the value.
    PADDING = "security.padding" {
        en: "white space or a byte order mark stands around the protection data",
        zh: "安全防护数据前后有空白或字节顺序标记"
    }
    /// Space in the JSON.
    WHITESPACE = "security.whitespace" {
        en: "white space stands between the tokens of the protection data",
        zh: "安全防护数据的 JSON 符号之间有空白"
    }
    /// A string in place of an object.
    JSON_IN_STRING = "security.json_in_string" {
        en: "the protection data stands inside a JSON string",
        zh: "安全防护数据位于 JSON 字符串中"
    }
    /// Base64.
    BASE64 = "security.base64" {
        en: "the protection data is in base64",
        zh: "安全防护数据为 Base64 编码"
    }
    /// No key SecurityData.
    NO_WRAPPER = "security.no_wrapper" {
        en: "the protection data does not stand under the key SecurityData",
        zh: "安全防护数据没有 SecurityData 外层键"
    }
    /// Space around the type.
    TYPE_SPACES = "security.type_spaces" {
        en: "white space stands around TC260PG",
        zh: "TC260PG 前后有空白"
    }
    /// Another type.
    OTHER_TYPE = "security.other_type" {
        en: "Type is \"{found}\", not \"TC260PG\"",
        zh: "Type 为“{found}”，而非“TC260PG”"
    }
    /// Another version.
    OTHER_VERSION = "security.other_version" {
        en: "Version is {found}, not the number 1",
        zh: "Version 为 {found}，而非数字 1"
    }
    /// Another spelling.
    SPELLING = "security.spelling" {
        en: "{found} stands for {meant}",
        zh: "以 {found} 代替 {meant}"
    }
    /// An object in place of a list.
    NOT_A_LIST = "security.not_a_list" {
        en: "{name} is one object, not a list",
        zh: "{name} 是单个对象而非列表"
    }
    /// A further member.
    UNKNOWN_MEMBER = "security.unknown_member" {
        en: "the protection data has a member {name}, which the guide does not have",
        zh: "安全防护数据含有指南未规定的成员 {name}"
    }
    /// A further entry.
    UNKNOWN_ENTRY = "security.unknown_entry" {
        en: "an entry of PubSD has the type \"{found}\", which the guide does not have",
        zh: "PubSD 中有指南未规定的条目类型“{found}”"
    }
    /// A name in place of an identifier.
    ALGORITHM_NAME = "security.algorithm_name" {
        en: "an algorithm is named \"{found}\", not by its object identifier",
        zh: "算法以名称“{found}”而非对象标识符表示"
    }
    /// Another subject.
    OTHER_SUBJECT = "security.other_subject" {
        en: "TBSData.Type is \"{found}\", not Md or Bnd",
        zh: "TBSData.Type 为“{found}”，而非 Md 或 Bnd"
    }
    /// Another form of key.
    KEY_NOT_SPKI = "security.key_not_spki" {
        en: "the key has the form {form}, not SubjectPublicKeyInfo",
        zh: "公钥形式为 {form}，而非 SubjectPublicKeyInfo"
    }
    /// A signature without DER.
    RAW_SIGNATURE = "security.raw_signature" {
        en: "the signature is 64 bytes without DER",
        zh: "签名为 64 字节，未采用 DER 编码"
    }
    /// Wrong zeros in DER.
    SIGNATURE_ZEROS = "security.signature_zeros" {
        en: "the DER of the signature has too many or too few leading zeros",
        zh: "签名的 DER 编码前导零过多或过少"
    }
    /// A value that can't be read.
    UNREADABLE = "security.unreadable" {
        en: "the value of {name} cannot be read",
        zh: "无法读取 {name} 的值"
    }
    /// Another message.
    OTHER_MESSAGE = "security.other_message" {
        en: "the signature holds over another known message than the one expected here",
        zh: "签名成立，但所覆盖的是另一种已知消息形式"
    }
    /// Two values.
    AMBIGUOUS = "security.ambiguous" {
        en: "the protection data names {name} more than once, with different values",
        zh: "安全防护数据多次给出不同的 {name}"
    }
    /// No hash.
    HASH_MISSING = "security.hash_missing" {
        en: "the protection data does not store the hash that is signed",
        zh: "安全防护数据未存储被签名的哈希值"
    }
    /// One of several.
    ONE_NOT_VERIFIED = "security.one_not_verified" {
        en: "signature {number} of the protection data does not hold or cannot be checked",
        zh: "安全防护数据中第 {number} 个签名不成立或无法核验"
    }
    /// The bindings' own signature.
    BINDING_NOT_VERIFIED = "security.binding_not_verified" {
        en: "the signature over the content bindings does not hold in the form that is known",
        zh: "内容绑定的签名按已知形式不成立"
    }
}
