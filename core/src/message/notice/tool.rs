//! Installed programs that notices need.

use super::super::messages;

messages! {
    MISSING = "tool.missing" {
        en: "{program} is not installed, and {purpose} needs it",
        zh: "未安装 {program}，而{purpose}需要它",
        hint_en: "install the package {package} (Debian: apt-get install {package}), or name the program's path", hint_zh: "请安装软件包 {package}（Debian：apt-get install {package}），或指定该程序的路径"
    }
    FAILED = "tool.failed" {
        en: "{program} failed ({status}): {reason}",
        zh: "{program} 失败（{status}）：{reason}"
    }
    CUT = "tool.cut" {
        en: "{program} did not write its last frame whole",
        zh: "{program} 未完整输出最后一帧"
    }
    TIMEOUT = "tool.timeout" {
        en: "{program} was stopped after {seconds} s",
        zh: "{program} 运行 {seconds} 秒后被终止",
        hint_en: "raise the limit tool_seconds for files that you trust", hint_zh: "仅对可信文件放宽上限 tool_seconds"
    }
    CANCELLED = "tool.cancelled" { en: "{program} was stopped on request", zh: "{program} 已按要求停止" }
    NO_PROGRAMS = "tool.not_allowed" {
        en: "{purpose} needs an installed program, and none may be started here",
        zh: "{purpose}需要已安装的程序，而此处不允许启动程序",
        hint_en: "allow it: Labeler::programs, Verifier::programs", hint_zh: "请允许：Labeler::programs、Verifier::programs"
    }
    PURPOSE_VIDEO = "tool.purpose_video" { en: "laying a notice over moving pictures", zh: "在视频上叠加显式标识" }
    PURPOSE_SOUND = "tool.purpose_sound" { en: "putting a notice into this kind of sound", zh: "在此类音频中加入提示音" }
    PURPOSE_SPEECH = "tool.purpose_speech" { en: "a spoken notice", zh: "语音提示" }
    PURPOSE_FRAMES = "tool.purpose_frames" { en: "looking at frames and listening to coded sound", zh: "查看画面和收听编码音频" }
    PURPOSE_OCR = "tool.purpose_ocr" { en: "reading words in pictures", zh: "识别图片中的文字" }
}
