//! Reasons and refusals of the containers in `raster`.

use super::super::messages;

messages! {
    GIF_BLOCK = "reason.gif_block" { en: "no block begins with the byte {byte}", zh: "没有以字节 {byte} 开头的块" }
    GIF_NO_IMAGE = "reason.gif_no_image" { en: "it holds no picture", zh: "其中没有图像" }
    GIF_EMPTY = "reason.gif_empty" { en: "it is empty", zh: "其内容为空" }
    GIF_PACKET = "gif.packet" {
        en: "the XMP packet holds a NUL byte or is not UTF-8, and a GIF can't carry it",
        zh: "XMP 数据包含有 NUL 字节或不是 UTF-8，GIF 无法承载",
        hint_en: "re-save the metadata as UTF-8 with the tool that wrote it, then label", hint_zh: "请先用原写入程序将元数据另存为 UTF-8，再添加标识"
    }
    JXL_FILE_TYPE = "reason.jxl_file_type" { en: "the box ftyp does not follow the signature", zh: "签名之后没有 ftyp box" }
    JXL_NO_CODESTREAM = "reason.jxl_no_codestream" { en: "it holds no codestream", zh: "其中没有码流" }
    JXL_PART = "reason.jxl_part" { en: "a part of the codestream has no counter", zh: "码流的一部分缺少序号" }
    JXL_BROTLI = "reason.jxl_brotli" { en: "it is compressed with Brotli, which is not read", zh: "以 Brotli 压缩，不作读取" }
    JXL_EXIF = "reason.jxl_exif" { en: "its offset points outside of it", zh: "其偏移量指向自身之外" }
    JXL_COMPRESSED = "jxl.compressed_xmp" {
        en: "the file holds an XMP packet compressed with Brotli; it can't be extended, and a second one is not written",
        zh: "文件含有以 Brotli 压缩的 XMP 数据包；无法扩充，也不另写第二个",
        hint_en: "store the metadata uncompressed, then label", hint_zh: "请先以不压缩方式存储元数据，再添加标识"
    }
    JXL_RECONSTRUCTION = "jxl.reconstruction" {
        en: "the file can be turned back into the JPEG that it was made from, byte for byte; new metadata would prevent that",
        zh: "该文件可逐字节还原为原 JPEG；改动元数据会使其无法还原",
        hint_en: "label the JPEG and convert it again, or convert without reconstruction data", hint_zh: "请对 JPEG 添加标识后重新转换，或转换时不保留还原数据"
    }
    JXL_WRAPPED = "note.jxl_wrapped" {
        en: "the bare codestream was wrapped in a container, which has a place for metadata; its own bytes are unchanged",
        zh: "裸码流已封装为容器，以提供元数据的位置；码流本身的字节不变"
    }
    SVG_SYNTAX = "reason.svg_syntax" { en: "the XML is not well formed", zh: "XML 格式不正确" }
    SVG_ENCODING = "reason.svg_encoding" { en: "it is not text in {encoding}", zh: "不是 {encoding} 编码的文本" }
    SVG_OPEN = "reason.svg_open" { en: "an element is not closed", zh: "有元素未闭合" }
    SVG_AFTER_ROOT = "reason.svg_after_root" { en: "more than comments follows the root element", zh: "根元素之后有注释以外的内容" }
    SVG_PREFIXES = "reason.svg_prefixes" { en: "it uses more than {max} namespace prefixes", zh: "使用的命名空间前缀超过 {max} 个" }
    SVG_LEGACY = "reason.svg_legacy" { en: "it holds characters of the encoding {encoding}, which is not decoded", zh: "含有 {encoding} 编码的字符，不作解码" }
    SVG_DEFAULTS = "svg.defaults" {
        en: "the document type gives elements of metadata attributes that do not stand in the text; an insertion could come to mean something else",
        zh: "文档类型声明为元数据元素附加了正文中没有的属性；插入的内容含义可能因此改变",
        hint_en: "remove the ATTLIST declaration of {element}, then label", hint_zh: "请先移除 {element} 的 ATTLIST 声明，再添加标识"
    }
    SVG_STORE_ENCODING = "svg.store_encoding" {
        en: "readers of manifests expect an SVG in UTF-8 without a byte order mark, and this one is not",
        zh: "清单读取程序要求 SVG 为不带字节顺序标记的 UTF-8，而此文件并非如此",
        hint_en: "save the file as UTF-8 without a byte order mark, then sign", hint_zh: "请先将文件存为不带字节顺序标记的 UTF-8，再签名"
    }
    SVG_STORES = "svg.several_stores" {
        en: "the file has more than one manifest store; they are not replaced",
        zh: "文件含有多个清单存储；不予替换"
    }
    SVG_SELECTORS = "svg.selectors" {
        en: "style sheets in the file choose elements by counting children from both ends; a new element could change the picture",
        zh: "文件中的样式表同时从首尾按序号选取元素；插入新元素可能改变画面",
        hint_en: "add an empty <metadata/> element to the root with the program that made the file, then label", hint_zh: "请先用原制作程序在根元素中加入空的 <metadata/> 元素，再添加标识"
    }
}
