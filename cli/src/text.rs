//! All text for people that the command prints itself, in English and Chinese. Findings and
//! errors of the library have their own tables there.

use biaoshi::Lang;
use biaoshi::message::{self, Message};

pub(crate) mod help;

/// One row: a name and a text in both languages; arguments in braces.
#[derive(Debug)]
pub(crate) struct Text {
    /// Name of the row, for tests.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) name: &'static str,
    en: &'static str,
    zh: &'static str,
}

impl Text {
    /// The text in `lang`, arguments not filled in.
    pub(crate) const fn get(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }

    /// The text in `lang` with its arguments; values from files must be escaped before.
    pub(crate) fn fill(&self, lang: Lang, args: &[(&'static str, String)]) -> String {
        message::fill(self.get(lang), args)
    }

    /// The text with one argument.
    pub(crate) fn with(&self, lang: Lang, name: &'static str, value: impl ToString) -> String {
        self.fill(lang, &[(name, value.to_string())])
    }
}

macro_rules! texts {
    ($($name:ident: $en:literal, $zh:literal;)*) => {
        $(pub(crate) static $name: Text = Text { name: stringify!($name), en: $en, zh: $zh };)*
        /// Every row.
        #[cfg(test)]
        pub(crate) static ALL: &[&Text] = &[$(&$name),*];
    };
}

texts! {
    // Words of the frame.
    ERROR: "error", "错误";
    HINT: "hint", "提示";
    COLON: ":", "：";
    STDOUT: "standard output", "标准输出";
    STDIN: "(standard input)", "（标准输入）";
    SEVERITY_INFO: "info", "说明";
    SEVERITY_WARNING: "warning", "警告";
    SEVERITY_ERROR: "error", "错误";
    HELP_USAGE: "Usage: ", "用法：";
    HELP_OPTIONS: "Options", "选项";
    HELP_ARGUMENTS: "Arguments", "参数";
    HELP_COMMANDS: "Commands", "命令";
    HELP_DEFAULT: " [default: {value}]", " [默认：{value}]";
    HELP_VALUES: " [one of: {values}]", " [可选：{values}]";
    HELP_EXAMPLES: "Examples:", "示例：";

    // The report: what the file states.
    FILE_LINE: " ({format}, {bytes} bytes)", "（{format}，{bytes} 字节）";
    STATUS_CONFIRMED: "A mark in the file states: AI-generated or synthesised.", "文件中的标识声明：属于生成合成内容。";
    STATUS_POSSIBLE: "A mark in the file states: possibly AI-generated or synthesised.", "文件中的标识声明：可能为生成合成内容。";
    STATUS_DECLARED: "The user declares: possibly AI-generated. No mark in the file says so.", "用户声明：可能为生成合成内容；文件中没有这样的标识。";
    STATUS_SUSPECTED: "A mark in the file states: suspected to be AI-generated or synthesised.", "文件中的标识声明：疑似生成合成内容。";
    STATUS_TRACES: "No mark states it clearly, but traces were found: suspected to be AI-generated.", "没有明确的标识，但发现生成合成痕迹：按疑似生成合成内容处理。";
    STATUS_INCONCLUSIVE: "A mark is there, but it cannot be relied on.", "文件中有标识，但不可采信。";
    STATUS_NONE_DAMAGED: "No mark was found in the part that could be read. That says nothing about how the content was made.", "在可读取的部分中未发现标识。这并不能说明内容是如何制作的。";
    STATUS_NONE: "No mark was found. That says nothing about how the content was made.", "未发现标识。这并不能说明内容是如何制作的。";
    STATUS_NO_AI_MARK: "No mark in the file speaks of AI generation. That does not show how the content was made.", "文件中没有关于生成合成的标识。这并不能说明内容是如何制作的。";
    CAUTION_BROKEN: "A signature or hash binding in the file is broken; see below.", "文件中的签名或哈希绑定已失效，详见下文。";

    // The report: evidence by layer.
    LAYER_EXPLICIT: "Explicit label", "显式标识";
    LAYER_METADATA: "Implicit label in the metadata", "隐式标识（文件元数据）";
    LAYER_CONTENT: "Implicit label in the content", "隐式标识（内容）";
    CARRIER_AIGC: "AIGC field (GB 45438)", "AIGC 字段（GB 45438）";
    CARRIER_IPTC: "IPTC source type", "IPTC 数字来源类型";
    CARRIER_MANIFEST: "signed manifest (C2PA)", "签名清单（C2PA）";
    CARRIER_INGREDIENT: "manifest of an ingredient", "素材的签名清单";
    CARRIER_ASSERTION: "AIGC field inside the signed manifest", "签名清单中的 AIGC 字段";
    CARRIER_IPTC_AI: "IPTC AI fields", "IPTC 人工智能字段";
    CARRIER_VENDOR: "a vendor's own mark (not the standard's label)", "厂商自有标记（并非标准规定的标识）";
    CARRIER_TRACE: "trace of a generating program (not a label)", "生成程序留下的痕迹（不是标识）";
    CARRIER_NOTICE: "notice for people (explicit label)", "供人感知的显式标识";
    CARRIER_WATERMARK: "watermark (a pointer, never proof)", "水印（仅为线索，并非证明）";
    ROW_WATERMARK: "watermark", "水印";
    WATERMARK_READ: "{payload} ({scheme}), {whose}", "{payload}（{scheme}），{whose}";
    WATERMARK_OF_LABEL: "the number of the label in the metadata", "与元数据标识的编号一致";
    WATERMARK_OF_OTHER: "not the number of the label in the metadata", "与元数据标识的编号不一致";
    WATERMARK_UNBOUND: "belongs to no label in the file", "不属于文件中的任何标识";
    WATERMARK_PUT: "{payload} ({scheme}), read back; {psnr} dB before encoding", "{payload}（{scheme}），已读回验证；编码前 {psnr} dB";
    WATERMARK_PUT_SOUND: "{payload} ({scheme}), read back", "{payload}（{scheme}），已读回验证";
    STORE_ADDED: "{path} was added", "已加入：{path}";
    STORE_THERE: "{path} is in the store already", "存储中已有：{path}";
    STORE_NO_WATERMARK: "none; found again only by how the picture looks", "无；只能按图片外观再次找到";
    STORE_NOTHING: "Nothing in the store has its watermark or looks like it. This says nothing about how it was made.", "存储中没有与其水印或外观相符的内容。这并不说明其制作方式。";
    STORE_BY_MARK: "Found by its watermark, and it looks like what was stored ({bits} of 64 bits of the perceptual hash differ).", "按水印找到，且外观与存储的内容一致（感知哈希 64 位中有 {bits} 位不同）。";
    STORE_OTHER_PICTURE: "Found by its watermark, but it does not look like what was stored ({bits} of 64 bits of the perceptual hash differ): it was cropped or changed, or the watermark was copied from there. The label below need not be that of this content.", "按水印找到，但外观与存储的内容不符（感知哈希 64 位中有 {bits} 位不同）：内容经过裁剪或改动，或者水印是从该处复制的。下列标识未必属于本内容。";
    STORE_NOT_COMPARED: "Found by its watermark; whether it is the same content could not be compared.", "按水印找到；无法比较是否为同一内容。";
    STORE_BY_LOOKS: "A stored picture looks like it ({bits} of 64 bits of the perceptual hash differ); no watermark leads to it.", "存储中有外观相似的图片（感知哈希 64 位中有 {bits} 位不同），但没有水印指向它。";
    ROW_STORED_AS: "stored as", "存储名称";
    ROW_KEY: "secret key", "密钥编号";
    NOTICE_WRITTEN: "{text} ({places})", "{text}（{places}）";
    AT_START: "at the start", "起始";
    AT_MIDDLE: "in the middle", "中间";
    AT_END: "at the end", "末尾";
    COMMA: ", ", "，";
    SOUND_PLACE: "{at} (from {from} s for {long} s)", "{at}（自 {from} 秒起，持续 {long} 秒）";
    SOUND_SPLICED: "the content's own sound is bit for bit as it was coded", "内容自身的声音编码逐位不变";
    SOUND_REENCODED: "all of it was encoded anew by {by}", "已由 {by} 全部重新编码";
    SOUND_LOUD: "{lufs} LUFS", "响度 {lufs} LUFS";
    FILM_NOTICE: "{notice}; seen for {seconds} s; {same} of {all} video packets are as they were, the others by {encoder}", "{notice}；显示 {seconds} 秒；{all} 个视频数据包中有 {same} 个保持不变，其余由 {encoder} 编码";
    EACH_PAGE: "on each page", "每页";
    ROW_NOTICE_SEEN: "notice", "显式标识";
    SEEN_RHYTHM: "the rhythm short-long short-short", "节奏“短长 短短”";
    SEEN_HEIGHT: "{percent} % of the shortest side", "最短边的 {percent}%";
    SEEN_TIME: "from {from} s for {long} s", "自 {from} 秒起，持续 {long} 秒";
    SEEN_OCR: "read by character recognition", "经文字识别";
    SEEN_LACKS: "an element is missing", "缺少要素";
    CARRIER_OTHER: "another mark", "其他标识";
    ROW_FOUND: "found", "位置";
    ROW_STATES: "states", "声明";
    ROW_SOURCE: "source type", "来源类型";
    ROW_PRODUCER: "producer", "生成方";
    ROW_ID: "produce id", "生成编号";
    ROW_PROPAGATOR: "propagator", "传播方";
    ROW_PROPAGATE_ID: "propagate id", "传播编号";
    ROW_RESERVED1: "reserved 1", "预留字段 1";
    ROW_RESERVED2: "reserved 2", "预留字段 2";
    ROW_INTEGRITY: "integrity", "完整性";
    SITE: "{slot}, byte {offset}, {length} bytes", "{slot}，第 {offset} 字节起 {length} 字节";
    SAME_AS_PRODUCER: "the producer (first writing)", "与生成方相同（首次写入）";
    CLAIM_AI: "AI-generated or synthesised", "属于生成合成内容";
    CLAIM_POSSIBLE: "possibly AI-generated or synthesised", "可能为生成合成内容";
    CLAIM_SUSPECTED: "suspected to be AI-generated or synthesised", "疑似生成合成内容";
    CLAIM_NOT_AI: "made in another way; that never outweighs a statement of AI", "以其他方式制作；不能推翻生成合成的声明";
    CLAIM_SILENT: "nothing about AI", "未提及人工智能";
    CLAIM_UNCLEAR: "nothing that can be understood", "无法理解的内容";
    LABEL_VALUE: " (Label {value})", "（Label {value}）";
    EMPTY: "(empty)", "（空）";
    NOT_CHECKED: "not checked", "未检查";
    UNPROTECTED: "nothing protects it: anyone could have written it", "无签名保护：任何人都可能写入";
    UNSUPPORTED: "its signature is of a kind that cannot be checked", "签名种类不受支持，无法检查";
    COVERED_TRUSTED: "intact: covered by the signed manifest (under an anchor that you trust)", "完好：由签名清单覆盖（位于您所信任的信任锚之下）";
    COVERED_EMBEDDED: "intact: covered by the signed manifest, for whose key only the file vouches", "完好：由签名清单覆盖，但其密钥仅由文件自带";
    INTACT: "intact", "完好";
    INTACT_TRUSTED: "intact, signed by {who} (under an anchor that you trust)", "完好，由 {who} 签名（位于您所信任的信任锚之下）";
    INTACT_EMBEDDED: "intact, but with a key that only the file vouches for: anyone can make one; it calls itself {who}", "完好，但密钥仅由文件自带，任何人都能制作；其自称为 {who}";
    INTACT_PINNED: "intact, signed with a key that you gave", "完好，签名密钥是您所给的密钥";
    INTACT_OWN_KEY: "intact, by a signature in the label with a key that only the file vouches for: anyone can make one", "完好，由标识内的签名保证，但密钥仅由文件自带，任何人都能制作";
    INTACT_EXPIRED: "intact, but the certificate of {who} is outside its period and no trusted time stamp shows when it was signed", "完好，但 {who} 的证书不在有效期内，且没有可信时间戳证明签名时间";
    BROKEN: "broken", "已失效";
    BROKEN_CODES: "broken: {codes}", "已失效：{codes}";
    SIGNER_UNNAMED: "a signer without a name", "未署名的签名者";
    SIGNER_OF: "{name} of {organization}", "{name}（{organization}）";
    ROW_TIED: "tied to", "绑定于";
    TIED_CONTENT: "this content, by a hash", "本内容（哈希）";
    TIED_PICTURE: "how this picture looks, by a perceptual hash", "本图片的外观（感知哈希）";
    TIED_NOTHING: "nothing: it could have been taken from other content", "无：可能取自其他内容";
    PROTECTION: "protection data: {scheme}, {bytes} bytes", "安全防护数据：{scheme}，{bytes} 字节";
    ROW_SIGNED_AT: "signed at", "签名时间";

    // The report: findings and verdicts.
    FINDINGS: "Findings", "检查发现";
    AT: " (at {site})", "（{site}）";
    VERDICTS: "Rule sets", "规则";
    OUTCOME_COMPLIANT: "satisfied, as far as a file can show", "符合（就文件本身所能体现的部分而言）";
    OUTCOME_NONCOMPLIANT: "not satisfied", "不符合";
    OUTCOME_NOT_FOUND: "no label to judge", "没有可供判断的标识";
    OUTCOME_INCONCLUSIVE: "cannot be judged: the label cannot be relied on", "无法判断：标识不可采信";
    OUTCOME_NOT_APPLICABLE: "not about this kind of content: it asks for nothing here", "不适用于此类内容：对本文件没有要求";
    CHECK_RECOMMENDED: " (recommended: does not count)", "（推荐项：不计入结论）";
    DUTIES: "What has to be done", "应当采取的措施";
    DUTY: "{who}: {kind} ({clause})", "{who}：{kind}，{clause}";
    DUTY_DISPLAY: "show a notice", "显示提示";
    DUTY_WRITE: "write into the metadata", "写入元数据";
    DUTY_LOG: "keep a record", "留存日志";
    DUTY_REMIND: "remind the user to declare", "提醒用户声明";
    DUTY_FIELDS: "fields: {items}", "字段：{items}";
    DUTY_KEEP: "leave as they are: {items}", "保持不变：{items}";
    DUTY_RECORD: "it holds: {items}", "内容包括：{items}";
    DUTY_MONTHS: "for at least {items} months", "至少留存 {items} 个月";
    DUTY_FROM: "from {items}", "自 {items} 起";
    RECORD_RECIPIENT: "who received the content", "提供对象信息";
    WHO_PLATFORM: "platform", "传播平台";
    WHO_PROVIDER: "provider of the generating service", "生成服务提供者";
    WHO_DEPLOYER: "deployer", "部署者";
    SURE_INFERRED: " [inferred]", " [推断]";
    SURE_UNCONFIRMED: " [unconfirmed]", " [未经核实]";
    CHECKS_PASSED: "{passed} of {count} checks that a file can show hold", "文件可体现的 {count} 项检查中，{passed} 项通过";
    CHECK_FAILED: "fails: {id} ({clause})", "未通过：{id}，{clause}";
    CHECK_BECAUSE: ": {codes}", "：{codes}";
    NOT_CHECKABLE: "not checkable from a file: {ids}", "无法从文件判断：{ids}";
    LIST_COMMA: ", ", "、";
    LAST_WHY_NONE: "Exit status 1: no label was found.", "退出码 1：未发现标识。";
    LAST_WHY_WEAK: "Exit status 1: a warning or an error above concerns the label.", "退出码 1：上述警告或错误涉及该标识，详见检查发现。";
    SUMMARY: "{count} files: {good} satisfied, {bad} not, {broken} with a broken signature, {errors} not read", "共 {count} 个文件：符合 {good}，不符合 {bad}，签名失效 {broken}，无法读取 {errors}";

    PASSED_OVER: "{count} more in folders are of no known format and were passed over", "目录中另有 {count} 个文件格式未知，已略过";
    STOPPED: "stopped: {done} of {count} files looked at", "已停止：{count} 个文件中已查看 {done} 个";
    COLUMN_FORMAT: "format", "格式";
    COLUMN_FILES: "files", "文件";
    COLUMN_MARKED: "with a mark", "带标识";
    COLUMN_INTACT: "sound label", "标识完好";
    COLUMN_BROKEN: "broken", "已失效";

    // The receipt of `label`.
    COPIED: "Copied to {path}: the text has a notice already", "已复制到 {path}：文本中已有显式标识";
    WROTE: "Wrote {path}", "已写入 {path}";
    UNCHANGED: "Nothing to change: the file already carried this very label. Copied to {path}", "无需改动：文件已带有完全相同的标识。已复制到 {path}";
    ROW_NOTICE: "explicit", "显式标识";
    ROW_METADATA: "metadata", "元数据";
    ROW_SIGNED: "signed", "签名";
    ROW_MANIFEST: "manifest", "签名清单";
    ROW_PIXELS: "pixels", "像素";
    ROW_SIZE: "size", "大小";
    ROW_NOTE: "note", "备注";
    NOTHING: "", "";
    ROW_VERIFIED: "verified", "回读验证";
    NOTICE_DRAWN: "{text}, {place}: ink {ink} px high ({required} px required), contrast {contrast}:1, {width} × {height} px at {x},{y}", "{text}，{place}：字高 {ink} 像素（要求 {required} 像素），对比度 {contrast}:1，{width} × {height} 像素，位于 {x},{y}";
    NOTICE_NONE: "none drawn", "未绘制";
    NOTICE_WAIVED: "none drawn: {reason} (whether that is allowed, Measures Art. 9, is yours to make sure of)", "未绘制：{reason}（是否符合《标识办法》第九条须由您自行确认）";
    PIXELS_LOSSLESS: "every pixel outside the notice is as it was", "标识以外的像素保持不变";
    PIXELS_LOSSY: "encoded anew with the parameters of the source", "已按原文件参数重新编码";
    LABEL_SIGNED: "the label itself, over its text and a hash of the content ({algorithm})", "标识自身已签名，涵盖其文本与内容哈希（{algorithm}）";
    METADATA_NOWHERE: "none: the format has no place for a label", "无：该格式没有标识的位置";
    METADATA_PLATFORM: "AIGC field: {claim}, no producer known", "AIGC 字段：{claim}，生成方未知";
    METADATA_WRITTEN: "AIGC field: {claim}, producer {producer}", "AIGC 字段：{claim}，生成方 {producer}";
    MANIFEST_SIGNED: "signed ({algorithm}), certificate of {name} valid until {until}", "已签名（{algorithm}），证书（{name}）有效期至 {until}";
    MANIFEST_NONE: "not signed: anyone could write such a label (see --sign)", "未签名：任何人都能写出这样的标识（参见 --sign）";
    SIZE_GREW: "{bytes} bytes ({growth})", "{bytes} 字节（{growth}）";
    PLACE_TOP_LEFT: "top left", "左上角";
    PLACE_TOP: "top", "上边居中";
    PLACE_TOP_RIGHT: "top right", "右上角";
    PLACE_LEFT: "left", "左边居中";
    PLACE_RIGHT: "right", "右边居中";
    PLACE_BOTTOM_LEFT: "bottom left", "左下角";
    PLACE_BOTTOM: "bottom", "下边居中";
    PLACE_BOTTOM_RIGHT: "bottom right", "右下角";

    // `inspect`.
    PIXEL_SIZE: "{width} × {height} pixels", "{width} × {height} 像素";
    ANIMATED: "animated", "动画";
    PARTS: "Parts", "组成部分";
    COLUMN_OFFSET: "offset", "偏移";
    COLUMN_LENGTH: "length", "长度";
    COLUMN_PART: "part", "部分";
    PART_ESSENCE: "content", "内容数据";
    PART_SLOT: "metadata: {slot}", "元数据：{slot}";
    VALUES: "Metadata values", "元数据值";
    VALUES_NONE: "No metadata values", "没有元数据值";
    BYTES: "{bytes} bytes", "{bytes} 字节";
    VALUE_PADDING: "(and {lines} lines of white space)", "（另有 {lines} 行空白）";
    VALUE_BINARY: "(not text)", "（非文本）";
    LABELS: "Labels read", "读出的标识";

    // `explain` and `list`.
    ROW_CODE: "code", "代码";
    ROW_KIND: "kind", "种类";
    ROW_SEVERITY: "severity", "严重程度";
    ROW_CLAUSE: "clause", "条款";
    ROW_TEXT: "says", "含义";
    ROW_FIX: "what to do", "处理";
    KIND_CHECK: "check of the rule set {profile}", "规则集 {profile} 的检查项";
    CHECK_FAILS_BY: "fails if there is any of these findings: {codes}", "出现以下任一检查发现即不通过：{codes}";
    CHECK_LABEL: "holds if a readable label stands in the metadata", "元数据中有可读取的标识即通过";
    CHECK_NOT_SHOWN: "not judged from a file: {reason}", "无法从文件判断：{reason}";
    CHECK_NO_FINDINGS: "holds if none of its findings is there", "没有相应检查发现即通过";
    CHECK_MARK: "holds if some mark states AI in a form that machines read; traces don't count", "存在机器可读的人工智能声明即通过；生成痕迹不计";
    CHECK_MANIFEST: "holds if there is a C2PA manifest that could be checked", "存在可检查的 C2PA 清单即通过";
    CHECK_SIGNED: "holds if a signature or hash binding over the mark was checked and is intact", "覆盖标识的签名或哈希绑定经检查完好即通过";
    CHECK_TRUSTED: "holds if someone whom you trust signed (--trust); not judged when you give no anchor", "由您信任的签名者（--trust）签名即通过；未给信任锚时不作判断";
    CHECK_TIME: "holds if a time stamp goes with the signature", "签名附有时间戳即通过";
    CHECK_STATED: "holds if some mark states the {field}", "有标识声明 {field} 即通过";
    CHECK_SOURCE: "holds if the manifest states a known digital source type", "清单声明已知的数字来源类型即通过";
    CHECK_WATERMARK: "a watermark is read from the content itself", "从内容本身读取到水印";
    CHECK_LAYERS: "holds if there is a mark in the metadata and another in the content itself; not judged while only the first was found", "元数据和内容本身均有标识即通过；仅发现前者时不作判断";
    CHECK_MODALITIES: "applies to", "适用内容";
    CHECK_SURE: "known", "依据程度";
    SURE_WORD_STATED: "stated by a source that cites the official text", "有引用官方文本的来源";
    SURE_WORD_INFERRED: "inferred", "推断";
    SURE_WORD_UNCONFIRMED: "unconfirmed: check it against the official text", "未经核实：请对照官方文本";
    KIND_FINDING: "finding: something that verify says about a file", "发现：验证时对文件的判断";
    KIND_ERROR: "error: a reason why a command stopped", "错误：命令中止的原因";
    NO_HINT: "nothing in particular", "无需特别处理";
    FORMAT_READS: "labels are read from", "读取位置";
    FORMAT_WRITES: "labels are written to", "写入位置";
    FORMAT_ENDINGS: "name endings", "扩展名";
    MODALITY_TEXT: "text", "文本";
    MODALITY_IMAGE: "image", "图片";
    MODALITY_AUDIO: "audio", "音频";
    MODALITY_VIDEO: "video", "视频";
    MODALITY_SCENE: "virtual scene", "虚拟场景";
    SLOT_WRITE: "read, written", "读写";
    SLOT_READ: "read only", "只读";
    PROFILE_SOURCE: "rests on", "依据";
    PROFILE_FORCE: "in force since", "施行日期";
    PROFILE_AS_OF: "as known on", "信息截至";
    PROFILE_CHECKS: "checks", "检查项";
    PROFILE_DUTIES: "what has to be done", "应当采取的措施";

    // `keygen`.
    KEYGEN_DONE: "Made a private root and a signer's certificate under it in {dir}", "已在 {dir} 中生成私有根证书及其签发的签名证书";
    KEYGEN_KEY: "the private key: keep it secret, it cannot be made again", "私钥：请妥善保密，无法再次生成";
    KEYGEN_CHAIN: "the certificates that go into signed files", "写入签名文件的证书链";
    KEYGEN_ROOT: "the anchor: give it to those who shall trust you", "信任锚：请交给需要信任您的人";
    KEYGEN_KEY_DONE: "Made a key without a certificate; the public key is in {path}", "已生成密钥（无证书），公钥位于 {path}";
    KEYGEN_PUBLIC: "the public key: give it to those who shall trust you", "公钥：请交给需要信任您的人";
    KEYGEN_KEY_WARNING: "SM2 keys sign the protection data of labels, not C2PA manifests. Only people to whom you give public.pem, and who pass it to verify --trust, see the signer as trusted.", "SM2 密钥用于签署标识中的安全防护数据，不能签署 C2PA 清单。只有从您处获得 public.pem 并用 verify --trust 加载的人，才会将签名者视为可信。";
    ROW_SIGNER: "signer", "签名者";
    ROW_EXPIRES: "expires", "有效期至";
    ROW_FINGERPRINT: "SHA-256", "SHA-256";
    KEYGEN_MARK_DONE: "Made a secret watermark key in {path}", "已在 {path} 中生成水印密钥";
    KEYGEN_MARK_WARNING: "Keep it secret and keep it safe: who has it can read and write its watermarks, and without it nobody can. It is given with --watermark-key.", "请妥善保密并备份：持有者可读取和写入相应水印，遗失后任何人都无法读取。使用时以 --watermark-key 指定。";
    KEYGEN_TEXT_WARNING: "Keep it secret and keep it safe: who has it can find and write its marks in text, and without it nobody can. It is read by the library and the Python package.", "请妥善保密并备份：持有者可检测和写入相应的文本水印，遗失后任何人都无法检测。由程序库和 Python 包读取。";
    KEYGEN_WARNING: "This is a private root. Only people to whom you give root.pem, and who pass it to verify --trust, see the signer as trusted; for all others the signature shows that the file is unchanged, not who signed it. The root's own key was thrown away.", "这是私有根证书。只有从您处获得 root.pem 并用 verify --trust 加载的人，才会将签名者视为可信；对其他人而言，签名只能证明文件未被改动，不能证明由谁签名。根证书的私钥已销毁。";

    // `provider check`.
    PROVIDER_VALID: "{code} is a well-formed provider code", "{code} 是格式正确的服务提供者编码";
    PROVIDER_NOTE: "Form and check digit are right; whether it was assigned to anyone is not known here.", "格式与校验码正确；本工具无法得知该编码是否已实际赋予某主体。";
    PROVIDER_INVALID: "not a provider code: {reason}", "不是有效的服务提供者编码：{reason}";
    POSITIONS: "{first}-{last}", "{first}-{last}";
}

macro_rules! problems {
    ($($name:ident = $code:literal { $en:literal, $zh:literal, $he:literal, $hz:literal })*) => {
        $(pub(crate) static $name: Message = Message { code: $code, en: $en, zh: $zh, hint_en: $he, hint_zh: $hz };)*
        /// Every error of the command itself.
        pub(crate) static PROBLEMS: &[&Message] = &[$(&$name),*];
    };
}

problems! {
    DIRECTORY = "cli.directory" {
        "{path} is a directory; files are asked for",
        "{path} 是目录；此处需要文件",
        "name the files, for example: folder/*.png", "请列出文件，例如：folder/*.png" }
    NO_MANIFEST = "cli.no_manifest" {
        "the file has no manifest",
        "文件没有清单",
        "", "" }
    STDIN_TWICE = "cli.stdin_twice" {
        "standard input (-) can be named only once",
        "标准输入（-）只能指定一次",
        "", "" }
    WORKER_LATE = "cli.time_limit" {
        "checking the file took longer than {max} seconds and was ended",
        "检查此文件超过 {max} 秒，已终止",
        "allow more with --time-limit, for files that you trust", "如信任此文件，请用 --time-limit 放宽" }
    WORKER_MEMORY = "cli.memory_limit" {
        "checking the file took more than {max} MiB of memory and was ended",
        "检查此文件所需内存超过 {max} MiB，已终止",
        "allow more with --memory-limit, for files that you trust", "如信任此文件，请用 --memory-limit 放宽" }
    WORKER_ENDED = "cli.worker_ended" {
        "checking the file ended without an answer ({status})",
        "检查此文件的进程未给出结果即结束（{status}）",
        "that must not happen: please report it, with the file if you can", "这不应发生：请报告，如可能请附上该文件" }
    FILE_LIMIT = "cli.file_limit" {
        "{path} is longer than {max} bytes",
        "{path} 超过 {max} 字节",
        "give a shorter one", "请提供较短的文件" }
    LIST_LIMIT = "cli.list_limit" {
        "the list of files is longer than {max} bytes",
        "文件列表超过 {max} 字节",
        "split it", "请拆分列表" }
    LIST_TEXT = "cli.list_text" {
        "the list of files is not UTF-8",
        "文件列表不是 UTF-8",
        "", "" }
    STDIN_LIMIT = "cli.stdin_limit" {
        "standard input is longer than {max} bytes",
        "标准输入超过 {max} 字节",
        "save it to a file and name the file", "请先保存为文件，再指定该文件" }
    REASON_MISSING = "cli.reason_missing" {
        "--explicit none needs --reason TEXT: why no notice is drawn",
        "--explicit none 需要 --reason TEXT 说明不绘制显式标识的原因",
        "the Measures (Article 9) allow a file without explicit label on the user's request, which must be kept on record", "《标识办法》第九条允许应用户要求提供不含显式标识的文件，并须留存记录" }
    REASON_USELESS = "cli.reason_useless" {
        "--reason goes with --explicit none only",
        "--reason 只能与 --explicit none 一起使用",
        "", "" }
    NOTICE_USELESS = "cli.notice_useless" {
        "--explicit none draws nothing: --notice-text, --notice-language and --font have no use",
        "--explicit none 不绘制任何内容：--notice-text、--notice-language 和 --font 无作用",
        "", "" }
    TIME = "cli.time" {
        "--created-at {value} is not a time: {reason}",
        "--created-at {value} 不是有效时间：{reason}",
        "write RFC 3339, for example 2026-01-31T08:00:00Z, or now", "请使用 RFC 3339 格式，例如 2026-01-31T08:00:00Z，或 now" }
    SYSTEM_NOWHERE = "cli.system_nowhere" {
        "--system and --system-version go into the signed manifest or the IPTC fields, and neither is asked for",
        "--system 与 --system-version 写入签名清单或 IPTC 字段，而二者均未要求",
        "add --sign DIR or --iptc-ai-fields", "请加上 --sign 目录 或 --iptc-ai-fields" }
    STORE_OTHER = "cli.store_other" {
        "{path} is no store of this program, is damaged, or of another version",
        "{path} 不是本程序的存储，或已损坏，或属于其他版本",
        "name a new file: biaoshi store add makes it", "请指定新文件：biaoshi store add 会创建" }
    STORE_NO_KEY = "cli.store_no_key" {
        "the content has no watermark and is no picture, so a store could not find it again",
        "内容既无水印也不是图片，存储无法再次找到它",
        "label it with --watermark first", "请先用 --watermark 添加标识" }
    STORE_LABEL = "cli.store_label" {
        "the label that {path} holds of the content {sha256} is damaged: {reason}",
        "{path} 中内容 {sha256} 的标识已损坏：{reason}",
        "add the content to a new store", "请将该内容加入新的存储" }
    STORE_NO_MANIFEST = "cli.store_no_manifest" {
        "the store holds no manifest {id}",
        "存储中没有清单 {id}",
        "see: biaoshi store find", "参见：biaoshi store find" }
    TERMINAL = "cli.terminal" {
        "standard output is a terminal; a file is not written to it",
        "标准输出是终端，不向其写入文件",
        "send it to a file or another program", "请重定向到文件或其他程序" }
    CODE_UNKNOWN = "cli.code_unknown" {
        "no finding or error has the code {code}",
        "没有代码为 {code} 的发现或错误",
        "all findings: biaoshi list findings", "全部发现：biaoshi list findings" }
    CODE_NEAR = "cli.code_near" {
        "no finding or error has the code {code}",
        "没有代码为 {code} 的发现或错误",
        "did you mean {near}?", "是否想查 {near}？" }
    INTERNAL = "cli.internal" {
        "the command could not put its result together: {reason}",
        "命令无法生成结果：{reason}",
        "please report this", "请反馈此问题" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn names(template: &str) -> BTreeSet<&str> {
        template.split('{').skip(1).filter_map(|part| part.split('}').next()).collect()
    }

    #[test]
    fn every_text_speaks_both_languages_with_the_same_arguments() {
        let mut seen = BTreeSet::new();
        for row in ALL.iter().copied().chain(help::ALL.iter().copied()) {
            assert!(seen.insert(row.name), "{} twice", row.name);
            assert_eq!(row.name == "NOTHING", row.en.is_empty() || row.zh.is_empty(), "{}", row.name);
            assert_eq!(names(row.en), names(row.zh), "{}", row.name);
            assert!(!row.en.chars().any(|c| c > '\u{2e80}'), "{} has Chinese in English", row.name);
        }
    }

    #[test]
    fn every_text_with_words_is_really_chinese() {
        let same = [
            "COLON",
            "LIST_COMMA",
            "COMMA",
            "NOTICE_WRITTEN",
            "POSITIONS",
            "LABEL_VALUE",
            "CHECK_BECAUSE",
            "AT",
            "SIGNER_OF",
            "NOTHING",
            "ROW_FINGERPRINT",
        ];
        for row in ALL.iter().copied().chain(help::ALL.iter().copied()).filter(|row| !same.contains(&row.name)) {
            if row.name.ends_with("examples") {
                continue;
            }
            assert!(row.zh.chars().any(|c| c > '\u{2e80}'), "{} is not Chinese", row.name);
        }
    }

    #[test]
    fn every_problem_speaks_both_languages() {
        let mut seen = BTreeSet::new();
        for row in PROBLEMS {
            assert!(seen.insert(row.code), "{} twice", row.code);
            assert!(row.code.starts_with("cli."), "{}", row.code);
            assert_eq!(names(row.en), names(row.zh), "{}", row.code);
            assert_eq!(names(row.hint_en), names(row.hint_zh), "{}", row.code);
            assert_eq!(row.hint_en.is_empty(), row.hint_zh.is_empty(), "{}", row.code);
            assert!(biaoshi::message::find(row.code).is_none(), "{} is the library's", row.code);
        }
    }
}
