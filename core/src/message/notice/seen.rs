//! Looking for notices.

use super::super::messages;

messages! {
    NO_LANGUAGE = "seen.no_language" {
        en: "the program for character recognition lacks its data for {language}",
        zh: "文字识别程序缺少 {language} 语言数据",
        hint_en: "install the package {package} (Debian: apt-get install {package})", hint_zh: "请安装软件包 {package}（Debian：apt-get install {package}）"
    }
}
