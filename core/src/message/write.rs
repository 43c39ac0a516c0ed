//! Writing labels.

use super::messages;

messages! {
    WORDING_LANGUAGE = "wording.language" {
        en: "the profile has no wording in {language}",
        zh: "规则集中没有 {language} 的文案",
        hint_en: "use zh-Hans, zh-Hant, en or pt, or give your own text", hint_zh: "请使用 zh-Hans、zh-Hant、en 或 pt，或自行提供文案"
    }
    WORDING_ELEMENTS = "wording.elements" {
        en: "the notice {text} lacks an element: GB 45438-2025 5.2 asks for 人工智能 or AI, and for 生成 and/or 合成",
        zh: "显式标识文字“{text}”缺少要素：GB 45438-2025 5.2 要求同时包含“人工智能”或“AI”，以及“生成”和/或“合成”",
        hint_en: "add --notice-language zh-Hans, or a line such as AI生成; other languages may stand beside it", hint_zh: "请加上 --notice-language zh-Hans，或加入“AI生成”等文字；其他语言可并列显示"
    }
    EXISTING_LABEL = "label.exists" {
        en: "the file already carries another label; it differs in {fields}",
        zh: "文件已有另一标识；差异在于 {fields}",
        hint_en: "labels are never overwritten; a platform adds its own fields beside the producer's: biaoshi propagate", hint_zh: "标识不可覆盖；传播平台在生成方字段之外添加自己的字段：biaoshi propagate"
    }
    PLACE_TAKEN = "label.place_taken" {
        en: "{slot} holds something that is no label; a label there would replace it",
        zh: "{slot} 中已有并非标识的内容；写入标识会将其替换",
        hint_en: "give it another name first", hint_zh: "请先为其更名"
    }
    EXISTING_UNREADABLE = "label.exists_unreadable" {
        en: "the file carries a label in {slot} that can't be read; nothing is written beside it",
        zh: "文件在 {slot} 中有无法读取的标识；不在其旁另行写入",
        hint_en: "see: biaoshi verify", hint_zh: "参见：biaoshi verify"
    }
    EXISTING_CONFLICT = "label.exists_conflict" {
        en: "the file carries labels that contradict each other in {fields}; nothing is written beside them",
        zh: "文件中的标识在 {fields} 上相互矛盾；不在其旁另行写入",
        hint_en: "see: biaoshi verify", hint_zh: "参见：biaoshi verify"
    }
    EXISTING_SIGNED = "label.exists_signed" {
        en: "the file's manifest holds a signed label that differs in {fields}",
        zh: "文件的清单中有已签名的标识；差异在于 {fields}",
        hint_en: "nothing is written over what somebody signed; ask for the original", hint_zh: "不覆盖他人已签名的内容；请索取原件"
    }
    EXISTING_ELSEWHERE = "label.exists_elsewhere" {
        en: "the file carries this label, but in {slot}, where readers that follow the practice guide don't look; a second one is not written",
        zh: "文件已有此标识，但位于 {slot}，按实践指南读取的程序不会在此查找；不重复写入",
        hint_en: "a file carries exactly one label (GB 45438-2025 6.1 c)); label the picture before it gets this one", hint_zh: "一个文件只应有一处元数据标识（GB 45438-2025 6.1 c)）；请在写入该标识之前添加标识"
    }
    NOTE_NO_SECOND_IMPRINT = "note.no_second_watermark" {
        en: "no watermark was put in: the file carries its label already, and its content stays as it is",
        zh: "未写入水印：文件已有标识，内容保持不变"
    }
    NOTE_MANIFEST_LEFT_OUT = "note.manifest_left_out" {
        en: "the file's broken manifest was left out, as told (--sign-over-broken)",
        zh: "已按要求（--sign-over-broken）舍去文件中失效的清单"
    }
    WOULD_BREAK_MANIFEST = "manifest.would_break" {
        en: "the file has a signed manifest that covers its metadata; a label written now would break it",
        zh: "文件带有涵盖其元数据的签名清单；此时写入标识会使清单失效",
        hint_en: "sign the result (--sign): the present manifest is then kept as its parent", hint_zh: "请对结果签名（--sign）：现有清单将作为其上级保留"
    }
    RESERVED_WRONG = "label.reserved_wrong" {
        en: "the protection data given does not belong to this label and content: {reason}",
        zh: "所给的安全防护数据不属于该标识与内容：{reason}",
        hint_en: "make it for the label as it is written, or let the labeler sign", hint_zh: "请针对实际写入的标识生成，或由本程序签名"
    }
    RESERVED_TAKEN = "label.reserved_taken" {
        en: "{field} holds protection data already; a signature over label and content has no place",
        zh: "{field} 中已有安全防护数据；没有位置存放对标识与内容的签名",
        hint_en: "leave it out, or don't sign", hint_zh: "请不要填写该字段，或不要签名"
    }
    PROPAGATE_MANIFEST = "propagate.would_break" {
        en: "the file has a signed manifest that covers its metadata; the platform's fields would break it",
        zh: "文件带有涵盖其元数据的签名清单；写入平台字段会使清单失效",
        hint_en: "sign the result (--sign): the present manifest becomes its parent; or leave the file as it is and keep the platform's fields in its own records", hint_zh: "请对结果签名（--sign）：现有清单将作为其上级；或保持文件不变，将平台字段记录在平台自己的记录中"
    }
    PROPAGATE_BROKEN = "propagate.broken" {
        en: "the label's own signature does not hold: it was changed, or taken from elsewhere; nothing is written beside it",
        zh: "标识自身的签名不成立：标识被改动或取自他处；不在其旁写入",
        hint_en: "treat the content as suspected (Measures, Article 6) and ask for the original; see: biaoshi verify", hint_zh: "请按疑似处理（《标识办法》第六条）并索取原件；参见：biaoshi verify"
    }
    NOTE_REPLACED = "note.propagator_replaced" {
        en: "the fields of the propagator {propagator} and their protection data gave way to these: a label has room for one propagator",
        zh: "传播方 {propagator} 的字段及其安全防护数据已被取代：标识只能容纳一个传播方"
    }
    NOTE_EARLIER_STAYS = "note.earlier_label_stays" {
        en: "the label in {slot} stays as the producer wrote it, in a place that the practice guide does not name; the new one in the right place says the same of production, and the file carries two (GB 45438-2025 6.1 c) asks for one)",
        zh: "{slot} 中的标识保持生成者写入的原样，其位置并非实践指南所指定；指定位置的新标识与其生成信息相同，文件因此有两处标识（GB 45438-2025 6.1 c) 要求一处）"
    }
    PROPAGATE_NOTHING = "propagate.nothing" {
        en: "no label and no trace was found: there is nothing to propagate",
        zh: "未发现标识或痕迹：没有可传播的内容",
        hint_en: "if the user declared the content: --declared; if the platform detected a notice or traces by its own means: --detected", hint_zh: "如用户已声明：--declared；如平台以自己的方法检测到显式标识或痕迹：--detected"
    }
    MANIFEST_UNCHECKED = "manifest.unchecked" {
        en: "the file has a manifest that could not be checked; it is not edited",
        zh: "文件带有无法检查的清单；不作改动",
        hint_en: "see why: biaoshi verify; if a limit was met, raise it for files that you trust", hint_zh: "原因参见：biaoshi verify；如因达到上限，仅对可信文件放宽上限"
    }
    NOTE_ONLY_CHECKED = "note.nothing_added" {
        en: "the file carries this label already: source type, system, prompt and other statements are not added to it",
        zh: "文件已带有此标识：来源类型、系统、提示词等其他声明不再添加"
    }
    NOTE_FINDING = "note.finding" {
        en: "verify will say {code}: {text}",
        zh: "核验时将报告 {code}：{text}"
    }
    SOURCE_NOT_AI = "label.source_not_ai" {
        en: "the source type {term} says that the content was not made by AI, and the label says that it was",
        zh: "来源类型 {term} 表示内容并非人工智能生成，与标识的声明相反",
        hint_en: "for a picture partly made by AI use compositeWithTrainedAlgorithmicMedia", hint_zh: "部分由人工智能生成的图片请用 compositeWithTrainedAlgorithmicMedia"
    }
    NO_MANIFESTS = "manifest.not_built" {
        en: "this build can't sign manifests",
        zh: "此构建不支持签署清单",
        hint_en: "build with the feature c2pa", hint_zh: "请启用 c2pa 特性构建"
    }
    NOTE_NOT_REDRAWN = "note.notice_not_redrawn" {
        en: "the file carries this label already: no notice was added, and whether it has the one asked for can't be told",
        zh: "文件已带有此标识：本次未添加显式标识，也无法判断是否已有所要求的显式标识"
    }
    NOTE_NOTICE_MISSING = "note.notice_missing" {
        en: "the file carries this label already, but no notice for people was found, and none could be added without breaking a signature",
        zh: "文件已带有此标识，但未发现显式标识；若添加则会破坏签名"
    }
    NOTE_NOTICE_NOT_MADE = "note.notice_not_made" {
        en: "the file carries this label already, but no notice for people was found, and none could be added: {reason}",
        zh: "文件已带有此标识，但未发现显式标识，且无法添加：{reason}"
    }
    NOTICE_LOSES = "notice.would_lose" {
        en: "a notice can't be put in without losing what {slot} says about AI",
        zh: "添加显式标识会丢失 {slot} 中有关人工智能的说明",
        hint_en: "convert the file first, so that nothing has to be written anew", hint_zh: "请先转换文件，以免需要重新写入"
    }
    NO_PLACE = "label.no_place" {
        en: "{format} has no place for a label in its metadata: {instead}",
        zh: "{format} 的元数据中没有标识的位置：{instead}"
    }
    STREAM_WAIVED = "notice.stream_waived" {
        en: "a text sent while it is made carries a notice and nothing else: without one there is nothing to write",
        zh: "边生成边发送的文本只带显式标识；不写显式标识则无内容可写"
    }
    NO_NOTICE = "notice.not_built" {
        en: "a visible or audible notice can't be made in {format} yet",
        zh: "尚不能在 {format} 中制作显式标识",
        hint_en: "make the notice with the program that shows the content, and say why none is made here: --explicit none --reason TEXT", hint_zh: "请由展示内容的程序制作显式标识，并在此说明原因：--explicit none --reason TEXT"
    }
    NOTICE_BRIEF = "notice.too_brief" {
        en: "a notice that is seen for {seconds} s is too brief: the rules ask for {least} s",
        zh: "显式标识显示 {seconds} 秒过短：规则要求至少 {least} 秒"
    }
    NOTICE_FORM = "notice.form" {
        en: "these rules know no rhythm as a notice in sound",
        zh: "所选规则不接受以节奏作为音频中的显式标识",
        hint_en: "speak it: --voice speech, or give a recording: --voice FILE", hint_zh: "请改用语音：--voice speech，或提供录音：--voice 文件"
    }
    NOTE_NOTICE_ALONE = "note.notice_alone" {
        en: "{format} has no place for a label in its metadata: the notice stands alone",
        zh: "{format} 的元数据中没有标识的位置：仅写入显式标识"
    }
    NOTE_NOTICE_ONLY = "note.notice_only" {
        en: "no label stands in the metadata, only the notice in the text: {reason}",
        zh: "元数据中未写入标识，仅在正文中写入显式标识：{reason}"
    }
    NOTE_NOTICE_THERE = "note.notice_there" {
        en: "the content has the notice that is asked for already; it was not put in a second time",
        zh: "内容中已有所要求的显式标识；不再重复添加"
    }
    NOTE_NOTICE_OTHER = "note.notice_other" {
        en: "the content has a notice already, but not the one asked for (words, level, place, height or time differ): that one was put in as well",
        zh: "内容中已有显式标识，但与所要求的不同（文字、程度、位置、高度或时长）：已另行添加"
    }
    NOTE_NO_MANIFEST = "note.manifest_not_embedded" {
        en: "no manifest was signed: {reason}",
        zh: "未签署清单：{reason}"
    }
    MANIFEST_NOT_PLACED = "manifest.not_placed" {
        en: "it has no place in this file: {reason}",
        zh: "此文件中没有清单的位置：{reason}"
    }
    MANIFEST_UNREAD = "manifest.not_read_alike" {
        en: "the library that others check manifests with does not find it valid in this file: {reason}",
        zh: "他人用于检查清单的库在此文件中不认可该清单：{reason}"
    }
    MANIFEST_LOSES = "manifest.would_lose" {
        en: "embedding it would change other parts of this file",
        zh: "嵌入清单会改动此文件的其他部分"
    }
    NOTE_NO_PROPERTIES = "note.properties_left_out" {
        en: "the source type and the IPTC fields were not written: {format} has no place for them beside the label",
        zh: "未写入来源类型和 IPTC 字段：{format} 在标识之外没有存放它们的位置"
    }
    NOTE_DEINTERLACED = "note.deinterlaced" {
        en: "the picture was interlaced and is not any more; its pixels are the same",
        zh: "原图为隔行存储，现改为逐行存储；像素不变"
    }
    NOTE_BECAME_LOSSLESS = "note.became_lossless" {
        en: "the picture was lossy WebP and is lossless now: nothing outside the notice changed, and the file grew",
        zh: "原图为有损 WebP，现为无损：显式标识之外的像素不变，文件变大"
    }
    NOTE_KEPT_PROPERTY = "note.kept_property" {
        en: "the file states {property} already; that was kept",
        zh: "文件已有 {property}；予以保留"
    }
}
