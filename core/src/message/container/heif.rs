//! Reasons and refusals of HEIF and AVIF.

use super::super::messages;

messages! {
    ITEM_LOCATIONS = "reason.item_locations" { en: "the table of item locations is cut off or of an unknown form", zh: "项位置表被截断或形式未知" }
    ITEM_COUNT = "reason.item_count" { en: "it states {stated} entries and holds {count}", zh: "声明 {stated} 个条目，实际为 {count} 个" }
    SEVERAL_BOXES = "reason.several_boxes" { en: "there is more than one", zh: "出现不止一个" }
    ITEM_ENCODED = "reason.item_encoded" { en: "the item is compressed", zh: "该项经过压缩" }
    ITEM_PROTECTED = "reason.item_protected" { en: "the item is encrypted", zh: "该项经过加密" }
    ITEM_ELSEWHERE = "reason.item_elsewhere" { en: "the item lies in another file or in another item", zh: "该项位于其他文件或其他项之中" }
    ITEM_EMPTY = "reason.item_empty" { en: "the item has no bytes of its own", zh: "该项没有自己的字节" }
    ITEM_OUTSIDE = "reason.item_outside" { en: "the item lies outside of mdat and idat", zh: "该项不在 mdat 和 idat 之内" }
    ITEM_SHARED = "reason.item_shared" { en: "its bytes also belong to another item", zh: "其字节同时属于其他项" }
    TIFF_OFFSET = "reason.tiff_offset" { en: "it states a TIFF header outside of it", zh: "其声明的 TIFF 头部位于范围之外" }
    NO_ITEMS = "heif.no_items" {
        en: "the file has no image item that XMP could describe: a bare image sequence, or the short form for tiny pictures (mini)",
        zh: "文件没有可由 XMP 描述的图像项：它是单纯的图像序列，或用于极小图片的简短形式（mini）",
        hint_en: "save the picture in the usual form with another program, then label it", hint_zh: "请先用其他程序另存为常规形式，再添加标识"
    }
    XMP_ITEM = "heif.xmp_item" {
        en: "the XMP item of this picture can't be edited: {reason}",
        zh: "无法改写此图片的 XMP 项：{reason}",
        hint_en: "save the metadata again with another program, then label the file", hint_zh: "请先用其他程序重新保存元数据，再添加标识"
    }
    ITEMS_BEHIND = "heif.items_behind" {
        en: "bytes of an item lie behind the last box; they would be lost when the file grows",
        zh: "有图像项的字节位于最后一个 box 之后；文件增长时会丢失"
    }
    OFFSET_TOO_FAR = "heif.offset_too_far" {
        en: "the position of an item would pass what its field can hold",
        zh: "某一项的位置将超出其字段的表示范围",
        hint_en: "save the picture again with another program, then label it", hint_zh: "请先用其他程序重新保存图片，再添加标识"
    }
    NO_ROOM = "heif.no_room" {
        en: "the {part} box can't hold one more item",
        zh: "{part} box 无法再容纳一项",
        hint_en: "save the picture again with another program, then label it", hint_zh: "请先用其他程序重新保存图片，再添加标识"
    }
}
