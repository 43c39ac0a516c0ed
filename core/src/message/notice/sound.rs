//! Notices in sound.

use super::super::messages;

messages! {
    RATE = "sound.rate_not_heard" {
        en: "sound of {rate} Hz in {channels} channels is not listened to: 8,000 to 192,000 Hz in 1 to 64 channels are",
        zh: "无法听取 {rate} Hz、{channels} 声道的声音：仅支持 8000 至 192000 Hz、1 至 64 声道"
    }
}
