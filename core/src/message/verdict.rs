//! Why a check could not be run on a file.

use super::messages;

messages! {
    IN_CONTENT = "check.in_content" {
        en: "it stands in the picture, sound or text itself, and is not read there",
        zh: "它位于画面、声音或文字本身之中，未从中读取",
        hint_en: "look at it, or listen",
        hint_zh: "请查看或聆听内容本身"
    }
    NOT_LOOKED = "check.not_looked" {
        en: "the picture, the frames or the sound were not looked at",
        zh: "未查看画面或收听声音",
        hint_en: "ask for it: biaoshi verify --look",
        hint_zh: "可要求查看：biaoshi verify --look"
    }
    NO_PROGRAM = "check.no_program" {
        en: "a program that it takes is not installed or may not be started",
        zh: "所需程序未安装或不允许启动",
        hint_en: "install ffmpeg for films and coded sound, tesseract-ocr with chi_sim for words in pictures",
        hint_zh: "视频和编码音频需要 ffmpeg，图片文字需要 tesseract-ocr 及 chi_sim"
    }
    NOT_RECOGNISED = "check.not_recognised" {
        en: "no notice was recognised, which does not show that there is none",
        zh: "未识别到显式标识；这并不表示没有",
        hint_en: "look at it, or listen",
        hint_zh: "请查看或聆听内容本身"
    }
    NO_WATERMARK = "check.no_watermark" {
        en: "no watermark was read, which does not show that there is none",
        zh: "未读取到水印；这并不表示没有",
        hint_en: "ask the provider for the reader of its scheme",
        hint_zh: "请向生成方索取其方案的读取程序"
    }
    OTHER_NOTICE = "check.other_notice" {
        en: "a notice was recognised, in a form or language that these rules don't ask for",
        zh: "识别到显式标识，但其形式或语言不是本规则所要求的",
        hint_en: "look whether there is another, or add one in the language of those who see it",
        hint_zh: "请查看是否另有标识，或以受众的语言添加一处"
    }
    IN_SERVICE = "check.in_service" {
        en: "a service shows or does it, around the file",
        zh: "它由服务在文件之外显示或完成",
        hint_en: "look at the service",
        hint_zh: "请查看相应服务"
    }
    IN_RECORD = "check.in_record" {
        en: "it stands in agreements, logs or other records",
        zh: "它记载于协议、日志或其他记录",
        hint_en: "ask the provider for them",
        hint_zh: "请向服务提供者索取"
    }
    OPAQUE = "check.opaque" { en: "the form of the value is its writer's own, and it may be empty", zh: "该值的形式由写入者自定，且可以为空" }
    HISTORY = "check.history" { en: "what was done with the file before can't be seen in it", zh: "文件此前的处理经过无法从文件中看出" }
    UNREAD = "check.unread" { en: "it may be in the file, and this reader does not tell of it", zh: "它可能在文件中，但本程序未予报告" }
    UNPUBLISHED = "check.unpublished" { en: "the form that the rules ask for is not published, or not known to us", zh: "规则要求的形式尚未公布，或我们尚不掌握" }
    SIGNATURE_UNCHECKED = "check.signature_unchecked" { en: "there is a signature that was not checked or can't be", zh: "存在签名，但未作检查或无法检查" }
    NO_ANCHORS = "check.no_anchors" {
        en: "nobody said whom to trust",
        zh: "未指定信任对象",
        hint_en: "give the signer's root with --trust",
        hint_zh: "请用 --trust 提供签名者的根证书"
    }
}
