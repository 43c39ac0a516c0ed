//! The rows: what the verifier can say about a file.

use super::{Rule, Severity};
use crate::message::Message;

macro_rules! rules {
    ($($name:ident = $code:literal $severity:ident $clause:literal { $en:literal, $zh:literal, $he:literal, $hz:literal })*) => {
        $(
            #[doc = concat!("`", $code, "`.")]
            pub static $name: Rule = Rule {
                message: Message { code: $code, en: $en, zh: $zh, hint_en: $he, hint_zh: $hz },
                severity: Severity::$severity,
                clause: $clause,
            };
        )*
        /// Every row, in order of code area.
        pub static ALL: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    FILE_TRUNCATED = "file.truncated" Error "format specification" {
        "the file ends inside {part}: at least {missing} bytes are missing",
        "文件在 {part} 处中断：至少缺少 {missing} 字节",
        "get the complete file; nothing after the cut can be judged",
        "请获取完整文件；截断之后的内容无法判断" }
    FILE_MALFORMED = "file.malformed" Error "format specification" {
        "the structure is broken at {part}: {reason}",
        "文件结构在 {part} 处损坏：{reason}",
        "the file was damaged or built to mislead; ask for the original",
        "文件已损坏或被刻意构造；请索取原文件" }
    FILE_CHECKSUM = "file.checksum" Warning "ISO/IEC 15948 5.3" {
        "the checksum of chunk {part} is wrong",
        "数据块 {part} 的校验和不正确",
        "something changed these bytes without repairing the checksum",
        "这些字节被改动而校验和未随之更新" }
    FILE_TRAILING = "file.trailing_data" Info "format specification" {
        "{length} bytes follow the end of the content; they are kept and not read",
        "内容结束之后还有 {length} 字节；予以保留，不作读取",
        "motion photos and some cameras do this; so do files that hide another file",
        "动态照片和部分相机会如此；藏有其他文件的文件也会如此" }
    FILE_UNREAD = "file.unread" Warning "format specification" {
        "{length} bytes of the coded picture were not read, so it can't be told whether the file is sound to its end",
        "图像编码数据中有 {length} 字节未被读取，因此无法判断文件直至末尾是否完好",
        "a bound was set so that files can be checked by range; without coded_bytes all is read",
        "为了按范围读取而设置了限制；不设置 coded_bytes 时会读取全部数据" }
    FILE_EXTENSION = "file.extension_mismatch" Warning "content decides, inferred" {
        "the name ends in .{extension} but the content is {format}",
        "文件名以 .{extension} 结尾，而内容是 {format}",
        "rename the file; readers that trust the name look in the wrong place",
        "请改正文件名；依赖扩展名的程序会找错位置" }
    FILE_VALUE = "file.value_unreadable" Warning "format specification" {
        "the metadata in {part} can't be read: {reason}",
        "{part} 中的元数据无法读取：{reason}",
        "what stands there can't be judged; ask for the original",
        "该处内容无法判断；请索取原文件" }
    FILE_BARE_META = "file.bare_meta" Info "ISO/IEC 14496-12 8.11.1; TC260-PG-20257A" {
        "the box meta with the key AIGC stands directly in moov, without version and flags, as in QuickTime's own form",
        "含有 AIGC 键的 meta box 直接位于 moov 之下，且没有版本和标志字段，是 QuickTime 自身的写法",
        "programs that expect the form of ISO/IEC 14496-12 read past the label; write moov/udta/meta with both",
        "按 ISO/IEC 14496-12 读取的程序会错过标识；请写入带这两个字段的 moov/udta/meta" }
    YAML_SCALARS = "yaml.plain_scalars" Info "TC260-PG-20258A 6.5; YAML 1.2 7.3" {
        "values of {part} in the front matter stand without double quotation marks",
        "前置元数据中 {part} 的值没有加双引号",
        "quote every value: YAML gives plain ones other types, and ends them at a number sign behind a space",
        "请为每个值加双引号：YAML 会改变裸值的类型，并在空格加井号处将其截断" }
    YAML_MERGED = "yaml.key_amid" Info "TC260-PG-20258A 6.5 (order inferred)" {
        "{part} stands between other keys of the front matter",
        "{part} 夹在前置元数据的其他键之间",
        "nothing has to be done for YAML; readers that look at the first or last key alone miss it",
        "就 YAML 而言无需处理；只看首尾键的程序会漏掉它" }
    XMP_MALFORMED = "xmp.malformed" Warning "XMP specification part 1" {
        "the XMP packet is not well formed: {reason}",
        "XMP 数据包格式不正确：{reason}",
        "what stands before the error was read; re-save the metadata with a tool that writes XML",
        "错误之前的内容已读取；请用规范的工具重新写入元数据" }
    XMP_SEVERAL = "xmp.several_packets" Warning "XMP specification part 3" {
        "the file holds {count} XMP packets; one is allowed",
        "文件含有 {count} 个 XMP 数据包；只允许一个",
        "readers differ in which one they believe",
        "不同程序会采信不同的数据包" }
    XMP_FLAG = "xmp.flag_missing" Warning "RFC 9649 2.7.1.1; TC260-PG-20259A" {
        "the file holds XMP but its header says that it does not",
        "文件含有 XMP，而文件头声明没有",
        "readers that go by the header miss the label",
        "依据文件头读取的程序会漏掉标识" }
    EXIF_MALFORMED = "exif.malformed" Info "Exif 2.32" {
        "the Exif block is not well formed: {reason}",
        "Exif 数据块格式不正确：{reason}",
        "values that could be found were read; a label belongs into the format's own place as well",
        "能找到的值已读取；标识还应写在该格式规定的位置" }

    EXIF_SEVERAL = "exif.several_blocks" Info "Exif 2.32; ISO/IEC 15948 11.3.4.6 (eXIf)" {
        "the file holds {count} Exif blocks; one is allowed",
        "文件含有 {count} 个 Exif 数据块；只允许一个",
        "readers differ in which one they believe",
        "不同程序会采信不同的数据块" }
    XMP_FORM = "xmp.odd_form" Info "XMP specification part 1" {
        "the XMP packet is odd in form and was read all the same: {reason}",
        "XMP 数据包形式不规范，但仍已读取：{reason}",
        "write the packet as XMP specification part 1 has it, so that stricter readers find the label",
        "请按 XMP 规范第 1 部分书写，使更严格的程序也能找到标识" }

    LABEL_MALFORMED = "label.malformed" Error "GB 45438-2025 Annex E" {
        "a label stands here but cannot be read: {reason}",
        "此处有标识但无法读取：{reason}",
        "treat the content as suspected until the producer's original is seen",
        "在看到生成方原件之前，按疑似处理" }
    LABEL_DUPLICATE = "label.duplicate" Error "GB 45438-2025 6.1 c)" {
        "{count} labels say the same; a file carries exactly one",
        "{count} 处标识内容相同；一个文件只应有一处元数据标识",
        "keep the one in the place that the practice guide names",
        "请保留实践指南所指定位置的那一处" }
    LABEL_COPY = "label.earlier_copy" Error "GB 45438-2025 6.1 c)" {
        "{count} labels say the same of production and differ in {fields}; a file carries exactly one",
        "{count} 处标识的生成信息相同，差异在于 {fields}；一个文件只应有一处元数据标识",
        "a platform added its fields to one of them; the one in the place that the practice guide names is the newest",
        "传播平台在其中一处添加了字段；实践指南所指定位置的那一处为最新" }
    LABEL_CONFLICT = "label.conflict" Error "GB 45438-2025 6.1 c)" {
        "{count} labels contradict each other in {fields}",
        "{count} 处标识在 {fields} 上相互矛盾",
        "none is preferred; the strongest AI statement decides the status",
        "不偏信其中任何一处；以最强的人工智能声明决定状态" }
    LABEL_SLOT = "label.wrong_slot" Warning "TC260-PG-20257A; TC260-PG-20258A; TC260-PG-20259A; TC260-PG-202510A" {
        "the label stands in {slot}; its place in this format is {due}",
        "标识位于 {slot}；此格式中标识的位置应为 {due}",
        "readers that follow the guide will not find it",
        "按指南读取的程序找不到它" }
    LABEL_NAMESPACE = "label.wrong_namespace" Warning "TC260-PG-20259A" {
        "the property AIGC is in the namespace {namespace}, not in http://www.tc260.org.cn/ns/AIGC/1.0/",
        "AIGC 属性的命名空间是 {namespace}，而不是 http://www.tc260.org.cn/ns/AIGC/1.0/",
        "write the property in the namespace of TC260-PG-20259A; other readers may not find this one",
        "请使用 TC260-PG-20259A 的命名空间；其他程序可能找不到此标识" }
    LABEL_QUOTED = "label.quoted" Warning "inferred" {
        "a label stands in {slot}, a text that may quote the label of something else",
        "{slot} 中有标识，但该文本可能只是引用其他内容的标识",
        "it counts as a trace: the front matter of a built site looks the same as a program or page that speaks of labels",
        "按痕迹处理：已构建站点的前置元数据与谈及标识的程序或网页形式相同" }
    LABEL_LATE = "label.after_content" Warning "TC260-PG-20259A" {
        "the label stands behind the content; readers that stop there miss it",
        "标识位于内容数据之后；读到内容数据即停止的程序会漏掉它",
        "write the label in front of the content",
        "请将标识写在内容数据之前" }
    LABEL_WRAPPED = "label.wrapped" Info "TC260-PG-20259A Annex B" {
        "the value is wrapped in an AIGC object where the bare object is due",
        "此处应直接写入标识对象，而值外面多包了一层 AIGC",
        "write the bare object in this place; see spec/carriers.md",
        "此位置请直接写入标识对象；参见 spec/carriers.md" }
    LABEL_WRAPPED_TWICE = "label.wrapped_twice" Warning "GB 45438-2025 Annex E" {
        "the value is wrapped more than once",
        "值被重复包裹",
        "write one object with the seven keys",
        "请只写入一个含七个键的对象" }
    LABEL_JSON_STRING = "label.json_in_string" Warning "GB 45438-2025 Annex E" {
        "the object is a JSON string inside JSON",
        "对象被写成了 JSON 中的字符串",
        "write the object itself, not a string that holds it",
        "请直接写入对象，而不是内含对象的字符串" }
    LABEL_TYPE = "label.not_a_string" Warning "GB 45438-2025 Annex E" {
        "{key} is {found}; Annex E asks for a string",
        "{key} 是 {found}；附录 E 要求字符串",
        "write the value in quotation marks",
        "请用引号书写该值" }
    LABEL_MISSPELT = "label.misspelt_key" Warning "GB 45438-2025 Annex E" {
        "the key {key} is not in Annex E; {likely} may be meant; its value is not used",
        "键 {key} 不在附录 E 中；可能是 {likely}；其值未被采用",
        "spell the key as Annex E does",
        "请按附录 E 的拼写书写该键" }
    LABEL_UNKNOWN_KEY = "label.unknown_key" Info "GB 45438-2025 Annex E" {
        "the key {key} is not in Annex E; it is kept and not interpreted",
        "键 {key} 不在附录 E 中；予以保留，不作解释",
        "keep what is your own in ReservedCode1 or outside the label",
        "自有信息请放在 ReservedCode1 或标识之外" }
    LABEL_QUOTES = "label.single_quotes" Warning "RFC 8259 section 7; GB 45438-2025 Annex E" {
        "the object is written with single quotation marks and is no JSON; it was read all the same",
        "对象使用了单引号，不是合法的 JSON；仍已读取",
        "write JSON with a JSON library; printing a program's own object is not enough",
        "请用 JSON 库生成；直接打印程序中的对象并不合规" }
    LABEL_WIDE = "label.wide_marks" Warning "RFC 8259 section 2; GB 45438-2025 Annex E" {
        "the object is written with typographic quotation marks or punctuation of full width; it was read all the same",
        "对象使用了中文引号或全角标点；仍已读取",
        "use ASCII marks: word processors and input methods replace them",
        "请使用半角符号：文字处理软件和输入法会自动替换" }
    LABEL_UNQUOTED = "label.unquoted" Warning "RFC 8259 sections 4 and 7; GB 45438-2025 Annex E" {
        "keys or values of the object stand without quotation marks; it was read all the same",
        "对象的键或值没有加引号；仍已读取",
        "write keys and values in double quotation marks",
        "请用双引号书写键和值" }
    LABEL_LOOSE = "label.loose_json" Warning "RFC 8259; GB 45438-2025 Annex E" {
        "the object is no JSON but was read all the same: {reason}",
        "对象不是合法的 JSON，但仍已读取：{reason}",
        "write the object with a JSON library; stricter readers find no label here",
        "请用 JSON 库生成；较严格的程序在此读不到标识" }
    LABEL_PREFIXED = "label.prefixed" Warning "GB 45438-2025 Annex E" {
        "the word AIGC stands in front of the object and is no key around it",
        "AIGC 写在对象之前，而不是作为包裹对象的键",
        "make AIGC the key of an outer object where the place has no key of its own",
        "在没有自身键名的位置，请以 AIGC 为外层对象的键" }
    LABEL_AMID = "label.amid_text" Warning "GB 45438-2025 Annex E" {
        "the label stands amid other text",
        "标识夹在其他文字之中",
        "give the label a place of its own: programs that read the whole value find no JSON",
        "请为标识单独安排位置：读取整个值的程序得不到合法的 JSON" }
    LABEL_PADDED = "label.padded" Warning "RFC 8259 section 8.1" {
        "a byte order mark or NUL stands in front of the label",
        "标识之前有字节顺序标记（BOM）或 NUL",
        "write the text without either; JSON must not begin with a byte order mark",
        "请去掉两者；JSON 不得以字节顺序标记开头" }
    LABEL_UTF16 = "label.utf16" Warning "RFC 8259 section 8.1; GB 45438-2025 Annex E j)" {
        "the label is written as UTF-16 where the place holds UTF-8 or single bytes",
        "标识以 UTF-16 书写，而此处应为 UTF-8 或单字节字符",
        "write the label in ASCII or UTF-8",
        "请用 ASCII 或 UTF-8 书写标识" }
    LABEL_HTML = "label.html_escaped" Warning "GB 45438-2025 Annex E" {
        "the label is written with the character references of HTML where none are resolved",
        "标识中使用了 HTML 字符引用，而此处不会被还原",
        "escape once, for the place where the text stands, and nowhere else",
        "只按文本所在位置的要求转义一次" }
    LABEL_PERCENT = "label.percent_encoded" Warning "RFC 3986 section 2.1; GB 45438-2025 Annex E" {
        "the label is percent-encoded as in an address",
        "标识以网址的百分号编码书写",
        "write the object itself; the encoding is for the way to a service, not for the file",
        "请直接写入对象；该编码用于传输接口，而非文件" }
    LABEL_BASE64 = "label.base64" Warning "RFC 4648; GB 45438-2025 Annex E" {
        "the label is encoded in Base64",
        "标识以 Base64 编码书写",
        "write the object itself; the encoding is for the way to a service, not for the file",
        "请直接写入对象；该编码用于传输接口，而非文件" }
    LABEL_VALUE = "label.value_outside_enum" Error "GB 45438-2025 Annex E c)" {
        "Label is {value}; allowed are 1, 2 and 3",
        "Label 的值是 {value}；只允许 1、2、3",
        "the statement is not mapped to a level: what it means is not known",
        "该值不会被换算：其含义不明" }
    LABEL_FIELD = "label.field_missing" Error "GB 45438-2025 Annex E" {
        "{key} is missing or empty",
        "缺少 {key} 或其值为空",
        "the provider that generated the content has to write it",
        "须由生成服务提供者写入" }
    LABEL_PROPAGATOR = "label.propagator_missing" Warning "GB 45438-2025 Annex E g), h)" {
        "{key} is missing or empty; on first writing it equals the producer's field",
        "缺少 {key} 或其值为空；首次写入时应与生成方字段相同",
        "on first writing repeat ContentProducer and ProduceID here; a platform writes its own: biaoshi propagate",
        "首次写入时在此重复 ContentProducer 和 ProduceID；传播平台写入自己的字段：biaoshi propagate" }
    LABEL_CHARSET = "label.charset" Warning "GB 45438-2025 Annex E j)" {
        "{key} holds characters outside the allowed set",
        "{key} 含有允许范围之外的字符",
        "allowed are 0x21 to 0x7E without the quotation mark and the backslash",
        "允许 0x21 至 0x7E，但不含双引号和反斜杠" }
    LABEL_NAME = "label.name_for_code" Info "GB 45438-2025 Annex E d), g)" {
        "{key} is a name; a provider code can be checked, a name cannot",
        "{key} 是名称；编码可以校验，名称不能",
        "write the 27-character code of TC260-PG-20252A: biaoshi provider",
        "请写入 TC260-PG-20252A 的 27 位编码：biaoshi provider" }
    LABEL_CODE = "label.provider_code" Warning "TC260-PG-20252A" {
        "{key} looks like a provider code but is not one: {reason}",
        "{key} 形似服务提供者编码但不合规则：{reason}",
        "see what is wrong with it: biaoshi provider CODE",
        "查看问题所在：biaoshi provider 编码" }
    LABEL_ZERO_ID = "label.zero_id" Warning "GB 45438-2025 Annex E e), h)" {
        "{key} is all zeros and identifies nothing",
        "{key} 全为零，不能标识任何内容",
        "write a number that is this content's alone, such as a UUID",
        "请写入该内容独有的编号，例如 UUID" }
    LABEL_SPACE = "label.spaced_json" Info "GB 45438-2025 Annex E" {
        "the JSON holds white space between members",
        "JSON 成员之间有空白",
        "write the object without white space: space is not among the characters of Annex E j)",
        "请不要在对象中留空白：附录 E j) 的字符中没有空格" }
    LABEL_ORDER = "label.key_order" Info "GB 45438-2025 Annex E" {
        "the keys stand in another order than in Annex E",
        "键的顺序与附录 E 不同",
        "nothing has to be done: the order of members means nothing in JSON",
        "无需处理：JSON 中成员的顺序没有含义" }
    LABEL_LONG = "label.long_field" Info "GB 45438-2025 Annex E (length inferred)" {
        "{key} is {bytes} bytes long",
        "{key} 长 {bytes} 字节",
        "readers with small buffers may cut it; keep protection data short",
        "缓冲区小的程序可能会截断；请缩短保护数据" }
    LABEL_KEY = "label.key_missing" Info "GB 45438-2025 Annex E" {
        "{key} is missing or empty; it may be empty, but the key belongs to the form",
        "缺少 {key} 或其值为空；值可以为空，但该键属于规定形式",
        "write the key with an empty value",
        "请写入该键，值可为空" }
    LABEL_SCHEMA = "label.other_schema" Warning "vendors' own form, seen" {
        "an object named AIGC stands here, but with the keys {keys}, not those of Annex E",
        "此处有名为 AIGC 的对象，但其键为 {keys}，并非附录 E 的键",
        "it is a vendor's own mark and no label of the standard",
        "这是厂商自有标记，不是标准规定的标识" }
    LABEL_UNSIGNED = "label.unsigned" Info "inferred" {
        "no signature protects this label: anyone could have written it",
        "该标识没有签名保护：任何人都可能写入",
        "a producer can sign what it writes: biaoshi label --sign",
        "生成方可对其写入的内容签名：biaoshi label --sign" }

    SIGNATURE_BROKEN = "signature.broken" Error "TC260-PG-202511A Annex A.1; spec/security.md" {
        "{key}: {reason}",
        "{key}：{reason}",
        "believe neither the label nor the signature; ask for the original",
        "标识与签名均不可信；请索取原件" }
    SIGNATURE_CONTENT = "signature.content_changed" Error "ours: spec/security.md, spec/content.md" {
        "the content is not the one that the label was signed for ({key})",
        "内容与标识签名时的内容不一致（{key}）",
        "the content was edited since, or the label was taken from elsewhere; which can't be told",
        "内容此后被编辑，或标识取自他处；无法分辨是哪一种" }
    SIGNATURE_PICTURE = "signature.picture_differs" Error "TC260-PG-202511A; spec/security.md (distance inferred)" {
        "the picture does not look like the one that the label was signed for: {distance} of 64 bits of its perceptual hash differ ({key})",
        "图片与标识签名时的图片不相似：感知哈希的 64 位中有 {distance} 位不同（{key}）",
        "the label was taken from another picture, or this one was changed a lot",
        "标识取自另一图片，或本图片已有较大改动" }
    SIGNATURE_NOT_BOUND = "signature.not_bound" Info "TC260-PG-202511A Annex A.2 (not public)" {
        "the signature in {key} covers the label's text and not this content",
        "{key} 中的签名只涵盖标识文本，不涵盖本内容",
        "such a label can be moved to other content and still verify",
        "此类标识被移到其他内容上仍可通过验证" }
    SIGNATURE_PARTIAL = "signature.partial" Info "TC260-PG-202511A; spec/security.md" {
        "the signature in the label does not cover {fields}",
        "标识中的签名不涵盖 {fields}",
        "what it leaves out could have been changed since",
        "未涵盖的字段可能此后被改动" }
    SIGNATURE_NOT_COMPARED = "signature.not_compared" Info "TC260-PG-202511A Annex A.2 (not public)" {
        "a tie to the content in {key} was not compared: {reason}",
        "{key} 中与内容的绑定未作比较：{reason}",
        "the signature may stand for other content; compare by the means of its writer",
        "该签名可能针对其他内容；请用写入方的方法比对" }
    SIGNATURE_KEY = "signature.unknown_key" Info "TC260-PG-202511A" {
        "the signature in {key} is sound, but its key is not among those given",
        "{key} 中的签名完好，但其公钥不在所给的公钥之中",
        "a key that travels in the file proves that nothing was changed, not who signed; give the signer's public key with --trust",
        "随文件附带的公钥只能证明未被改动，不能证明签名者身份；请用 --trust 提供签名者的公钥" }
    SIGNATURE_UNSUPPORTED = "signature.unsupported" Info "TC260-PG-202511A" {
        "{key} can't be checked: {reason}",
        "无法核验 {key}：{reason}",
        "this says nothing against the label",
        "这并不表示标识有问题" }
    SIGNATURE_OPAQUE = "signature.opaque" Info "GB 45438-2025 Annex E f), i)" {
        "{key} holds data that only its writer can check",
        "{key} 中的数据只有写入方能够核验",
        "ask its writer, the provider that the label names",
        "请向标识所指的写入方询问" }
    SIGNATURE_FORM = "signature.odd_form" Info "TC260-PG-202511A" {
        "{key} differs from the guide: {reason}",
        "{key} 与指南不同：{reason}",
        "readers that follow TC260-PG-202511A to the letter may not check it",
        "严格遵循 TC260-PG-202511A 的程序可能无法核验" }

    MARK_VENDOR = "mark.vendor" Info "vendor's own form, seen; table of marks in spec/marks.md" {
        "a vendor's own mark ({mark}) stands in {slot}; it is no label of the standard",
        "{slot} 中有厂商自有标记（{mark}），不是标准规定的标识",
        "it counts as evidence; alone it does not fulfil the duty to label",
        "可作为证据；仅有它并不满足标识义务" }
    MARK_TRACE = "mark.generator_trace" Info "Measures Art. 6 (3); table of marks in spec/marks.md" {
        "a trace of a generating program ({mark}) stands in {slot}; a trace is no label",
        "{slot} 中有生成程序留下的痕迹（{mark}）；痕迹不是标识",
        "without a label, a platform treats the content as suspected",
        "若无标识，平台应按疑似处理" }
    WATERMARK_ALONE = "watermark.alone" Warning "Measures Art. 5, Art. 6; inferred" {
        "the watermark {payload} ({scheme}) stands in the content, and no machine-readable label beside it: one may have been removed",
        "内容中有水印 {payload}（{scheme}），而没有与之相配的机器可读标识：标识可能已被去除",
        "treat the content as suspected; the payload may lead to the label in the store of whoever wrote it, and names nobody by itself",
        "按疑似处理；可用该载荷在写入方的存储中查找标识，载荷本身不指明任何人" }
    WATERMARK_OTHER = "watermark.other_label" Warning "GB 45438-2025 Annex E (ProduceID); inferred" {
        "the watermark {payload} belongs to another label than the one in the metadata",
        "水印 {payload} 属于另一标识，与元数据中的标识不符",
        "the label or the watermark may have been taken from other content; ask for the original",
        "标识或水印可能取自其他内容；请索取原件" }
    NOTICE_NOT_LOOKED = "notice.not_looked" Info "GB 45438-2025 5.1 to 5.5" {
        "the content could not be looked at for notices that people perceive: {reason}",
        "无法查看内容中供人感知的显式标识：{reason}",
        "look at it, or listen",
        "请查看或聆听内容本身" }

    SOURCE_FORM = "source_type.form" Info "IPTC Photo Metadata Standard" {
        "DigitalSourceType is written as {value}; the standard asks for the full URI",
        "DigitalSourceType 写作 {value}；标准要求完整 URI",
        "write http://cv.iptc.org/newscodes/digitalsourcetype/ with the term behind it",
        "请写作 http://cv.iptc.org/newscodes/digitalsourcetype/ 加词条" }
    SOURCE_UNKNOWN = "source_type.unknown" Warning "IPTC NewsCodes digitalsourcetype" {
        "DigitalSourceType {value} is not a known term",
        "DigitalSourceType {value} 不是已知词条",
        "see the terms of the IPTC vocabulary; nothing is concluded from others",
        "参见 IPTC 词汇表；不据其他词条作出判断" }
    SOURCE_CONFLICT = "source_type.conflict" Warning "GB 45438-2025 6.1; IPTC NewsCodes digitalsourcetype" {
        "DigitalSourceType says {value} while another mark says AI; the AI statement stands",
        "DigitalSourceType 为 {value}，而另一处标记声明为人工智能生成；以人工智能声明为准",
        "for a picture partly made by AI write compositeWithTrainedAlgorithmicMedia",
        "部分由人工智能生成的图片请写 compositeWithTrainedAlgorithmicMedia" }

    MANIFEST_MISSING = "manifest.missing" Error "C2PA 2.2 (downgrade, inferred)" {
        "the label says that a signed manifest goes with it, and there is none",
        "标识声明附有签名清单，但文件中没有",
        "the manifest was lost on the way or removed; ask for the original",
        "清单在流转中丢失或被移除；请索取原件" }
    MANIFEST_CONTENT = "manifest.content_changed" Error "C2PA 2.2 assertion.dataHash.mismatch" {
        "the picture was changed after it was signed",
        "图片在签名之后被修改",
        "what the manifest states holds for the original, not for this picture",
        "清单所述适用于原图，而不是这张图片" }
    MANIFEST_METADATA = "manifest.metadata_changed" Error "C2PA 2.2 assertion.dataHash.mismatch" {
        "the picture data is the one that was signed, but bytes around it were changed, added or removed",
        "图像数据与签名时一致，但其周围的字节被修改、增加或删除",
        "metadata was rewritten, or something was appended, after signing",
        "签名之后有程序改写了元数据，或在文件中附加了内容" }
    MANIFEST_TRANSPLANTED = "manifest.transplanted" Error "C2PA 2.2 assertion.dataHash.mismatch" {
        "neither picture nor label are those that were signed: the manifest was made for another picture, or both were changed since",
        "图片与标识均与签名时不同：清单属于另一张图片，或二者此后都被改动",
        "its statements can't be applied to this picture",
        "其声明不能适用于本图片" }
    MANIFEST_HASH = "manifest.hash_mismatch" Error "C2PA 2.2 assertion.dataHash.mismatch" {
        "the bytes are not those that were signed",
        "文件字节与签名时不一致",
        "the file was edited, re-saved or joined with a foreign manifest; which can't be told",
        "文件被编辑、另存或拼接了他处的清单；无法分辨是哪一种" }
    MANIFEST_EXCLUSION = "manifest.exclusion_abuse" Error "C2PA 2.2 15.12.1" {
        "the signature leaves out bytes that are not the manifest: {reason}",
        "签名所排除的字节并不是清单本身：{reason}",
        "content could hide in the gap; old camera software also does this by mistake",
        "内容可能藏在缺口中；旧的相机软件也会误犯此错" }
    MANIFEST_SIGNATURE = "manifest.signature_broken" Error "C2PA 2.2 claimSignature.mismatch" {
        "the manifest's signature does not verify: {reason}",
        "清单的签名验证失败：{reason}",
        "don't rely on anything that the manifest states; ask for the original",
        "不要采信清单中的任何声明；请索取原文件" }
    MANIFEST_ASSERTION = "manifest.assertion_broken" Error "C2PA 2.2 assertion.hashedURI.mismatch" {
        "a part of the manifest was changed or removed: {reason}",
        "清单的一部分被修改或移除：{reason}",
        "don't rely on what the manifest states; ask for the original",
        "不要采信清单中的声明；请索取原文件" }
    MANIFEST_INGREDIENT = "manifest.ingredient_broken" Error "C2PA 2.2 15 (ingredients)" {
        "the manifest of something that this content was made from does not hold: {reason}",
        "本内容所用素材的清单不成立：{reason}",
        "this content is as it was signed; its history is not",
        "本内容与签名时一致，但其来历不完整" }
    MANIFEST_HISTORY = "manifest.ingredient_ai" Warning "C2PA 2.4 18.16 (that it counts for this content is inferred)" {
        "the manifest says nothing of AI, but the history in it does: {relation}",
        "清单本身未提及人工智能，但其中的来历提及：{relation}",
        "treat the content as its history states; the editor's signature does not undo it",
        "按其来历所述对待本内容；编辑者的签名不能撤销该声明" }
    MANIFEST_INVALID = "manifest.invalid" Error "C2PA 2.2 15" {
        "the manifest does not validate: {reason}",
        "清单未通过验证：{reason}",
        "see every code of the C2PA library: biaoshi inspect --crjson",
        "查看 C2PA 库给出的全部代码：biaoshi inspect --crjson" }
    MANIFEST_UNREADABLE = "manifest.unreadable" Error "C2PA 2.2 11" {
        "a manifest store is present but can't be read: {reason}",
        "存在清单但无法读取：{reason}",
        "what it states can't be judged; ask for the original",
        "其声明无法判断；请索取原文件" }
    MANIFEST_LABEL = "manifest.label_differs" Error "GB 45438-2025 6.1; C2PA 2.2" {
        "the label in the metadata is not the one that was signed; they differ in {fields}",
        "元数据中的标识不是签名时的标识；差异在于 {fields}",
        "believe the signed one, for the content that it was made for",
        "请以签名的标识为准，且仅适用于它所对应的内容" }
    MANIFEST_LABEL_LOST = "manifest.label_missing" Error "GB 45438-2025 6.1; C2PA 2.2" {
        "the manifest holds a signed label, and the metadata no longer does",
        "清单中有已签名的标识，而元数据中已不存在",
        "the metadata label was removed after signing",
        "元数据标识在签名之后被移除" }
    MANIFEST_UNTRUSTED = "manifest.untrusted_signer" Info "C2PA 2.2 signingCredential.untrusted" {
        "the signature is sound, but the signer {signer} is not among the anchors given",
        "签名完好，但签名者 {signer} 不在所给的信任锚之中",
        "anyone can make such a certificate; give the signer's root with --trust",
        "任何人都能制作这样的证书；请用 --trust 提供签名者的根证书" }
    MANIFEST_OTHER = "manifest.other_signer" Warning "ours: marker in ReservedCode1 (spec/manifest.md)" {
        "the label names another signer's certificate than the one that signed this manifest",
        "标识所指的签名者证书与签署本清单的证书不同",
        "the first manifest was replaced, or the label was taken over from elsewhere",
        "原清单已被替换，或标识取自他处" }
    MANIFEST_EXPIRED = "manifest.expired" Warning "C2PA 2.2 signingCredential.expired" {
        "the signer's certificate is not valid at this time and no trusted time stamp says that it was when signing",
        "签名者的证书当前不在有效期内，且没有可信时间戳证明签名时有效",
        "whether it was valid when signing can't be told; a signer adds a time stamp (RFC 3161)",
        "签名时是否有效无法判断；签名者应附加时间戳（RFC 3161）" }
    MANIFEST_REMOTE = "manifest.remote" Warning "C2PA 2.2 11.4" {
        "the manifest lies at another place on the network and was not fetched",
        "清单存放在网络上的其他位置，未获取",
        "fetch it yourself if you trust the place", "如信任该位置，请自行获取" }
    MANIFEST_GONE = "manifest.reference_without_store" Error "C2PA 2.2 11.4 (downgrade, inferred)" {
        "the metadata points to a manifest in this file, and there is none",
        "元数据指向本文件中的清单，但文件中没有",
        "the manifest was lost on the way or removed; ask for the original",
        "清单在流转中丢失或被移除；请索取原件" }
    MANIFEST_NOT_CHECKED = "manifest.not_checked" Warning "C2PA 2.2" {
        "a manifest store is present and was not checked: {reason}",
        "存在清单，但未作检查：{reason}",
        "what it states counts as unchecked; if a limit was met, raise it for files that you trust",
        "其声明视为未核验；如因达到上限，仅对可信文件放宽" }
}
