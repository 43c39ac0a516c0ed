//! Reasons that stand inside of findings and errors.

use super::messages;

messages! {
    CHUNK_LENGTH = "reason.chunk_length" { en: "a chunk length above 2^31-1", zh: "数据块长度超过 2^31-1" }
    CHUNK_TYPE = "reason.chunk_type" { en: "a chunk type that is not four letters", zh: "数据块类型不是四个字母" }
    HEADER_CHUNK = "reason.header_chunk" { en: "it must stand once and hold 13 bytes", zh: "该数据块应仅出现一次且长 13 字节" }
    SPLIT_RUN = "reason.split_run" { en: "the picture data is not in one run", zh: "图像数据不连续" }
    CHECKSUM = "reason.checksum" { en: "its checksum is wrong", zh: "校验和不正确" }
    FIRST_CHUNK = "reason.first_chunk" { en: "IHDR is not the first chunk", zh: "IHDR 不是第一个数据块" }
    NO_KEYWORD = "reason.no_keyword" { en: "it has no keyword", zh: "缺少关键字" }
    COMPRESSION = "reason.compression" { en: "compression method {method} is unknown", zh: "未知的压缩方法 {method}" }
    INFLATES = "reason.inflates" { en: "it inflates to more than {max} bytes", zh: "解压后超过 {max} 字节" }
    DEFLATE = "reason.deflate" { en: "its compressed data is broken ({reason})", zh: "压缩数据损坏（{reason}）" }
    NO_MARKER = "reason.no_marker" { en: "there is no marker where one is due", zh: "应有标记之处没有标记" }
    STUFFED = "reason.stuffed" { en: "FF 00 stands outside of a scan", zh: "扫描数据之外出现 FF 00" }
    SEGMENT_LENGTH = "reason.segment_length" { en: "a segment length below 2", zh: "段长度小于 2" }
    NO_SCAN = "reason.no_scan" { en: "the picture has no scan", zh: "图片没有扫描数据" }
    EXTENSION_HEADER = "reason.extension_header" { en: "the header of extended XMP is too short", zh: "扩展 XMP 的头部过短" }
    EXTENSION_PARTS = "reason.extension_parts" { en: "the parts of extended XMP don't join", zh: "扩展 XMP 的各部分无法拼接" }
    EXTENSION_LONG = "reason.extension_long" { en: "extended XMP is longer than the limit metadata_bytes", zh: "扩展 XMP 超过上限 metadata_bytes" }
    EXTENSION_MISSING = "reason.extension_missing" { en: "a part of extended XMP is missing", zh: "扩展 XMP 缺少一部分" }
    CHUNK_TAIL = "reason.chunk_tail" { en: "fewer than 8 bytes are left for a chunk", zh: "剩余不足 8 字节，容不下一个数据块" }
    CHUNK_PAST_END = "reason.chunk_past_end" { en: "a chunk reaches past the end", zh: "数据块超出文件末尾" }
    PAD_BYTE = "reason.pad_byte" { en: "the pad byte is missing", zh: "缺少填充字节" }
    NO_IMAGE_CHUNK = "reason.no_image_chunk" { en: "the picture has no image chunk", zh: "图片没有图像数据块" }
    EXIF_ENTRIES = "reason.exif_entries" { en: "{count} entries point outside of it, repeat or are cut off", zh: "有 {count} 个条目越界、重复或被截断" }
    SHORT_HEADER = "reason.short_header" { en: "it is shorter than 10 bytes", zh: "其长度不足 10 字节" }
    NESTED_PROPERTY = "reason.nested_property" { en: "the property AIGC stands inside another property", zh: "AIGC 属性位于另一属性之内" }
    XML_DECLARATION = "reason.xml_declaration" { en: "an XML declaration stands in it", zh: "其中有 XML 声明" }
    DECLARED_ENCODING = "reason.declared_encoding" { en: "it declares an encoding that its bytes do not have", zh: "其声明的编码与实际字节不符" }
    SEVERAL_RDF = "reason.several_rdf" { en: "it holds more than one rdf:RDF", zh: "其中有多个 rdf:RDF" }
    SEVERAL_SUBJECTS = "reason.several_subjects" { en: "it describes several resources", zh: "其中描述了多个资源" }
    BINDING_UNSIGNED = "reason.binding_unsigned" { en: "no signature that holds covers it", zh: "没有成立的签名涵盖它" }
    RULE_UNKNOWN = "reason.rule_unknown" { en: "its rule {rule} is not known", zh: "其规则 {rule} 未知" }
    HASH_UNREADABLE = "reason.hash_unreadable" { en: "it can't be read as a hash", zh: "无法读作哈希值" }
    FILE_DAMAGED = "reason.file_damaged" { en: "the file is damaged", zh: "文件已损坏" }
    NO_PIXELS = "reason.no_pixels" { en: "the picture has no pixels", zh: "图片没有像素" }
    NO_DECODER = "reason.no_decoder" { en: "pictures in {format} are not decoded", zh: "不解码 {format} 格式的图片" }
    STORE_NOT_FOUND = "reason.store_not_found" { en: "no store can be found in it", zh: "其中找不到清单" }
    STORE_SIZE = "reason.store_size" { en: "it is {value} bytes and the limit manifest_bytes is {max}", zh: "其长度为 {value} 字节，上限 manifest_bytes 为 {max}" }
    NOT_BUILT = "reason.not_built" { en: "this build has no C2PA support", zh: "此构建不支持 C2PA" }
    NO_MANIFEST_PLACE = "reason.no_manifest_place" { en: "in {format} it can't be embedded without changing other parts of the file", zh: "在 {format} 中无法在不改动文件其他部分的情况下嵌入清单" }
    NO_SM2_MANIFEST = "reason.no_sm2_manifest" { en: "C2PA does not know SM2", zh: "C2PA 不支持 SM2" }
    USUAL_EXCLUSIONS = "reason.usual_exclusions" { en: "its signature holds, but leaves out where in the file the content lies, as editions before C2PA 2.1 did; other content could stand there", zh: "其签名有效，但按 C2PA 2.1 之前版本的做法排除了内容在文件中的位置；该处可能是其他内容" }
    SPACE_LEFT_OUT = "reason.space_left_out" { en: "its signature holds, but leaves out boxes in which something stands (free space, an index, further C2PA boxes); content or labels could lie there", zh: "其签名有效，但排除了其中有内容的 box（空闲空间、索引或其他 C2PA box）；内容或标识可能位于其中" }
    BINDING_UNREAD = "reason.binding_unread" { en: "its signature holds, but which bytes it covers can't be told", zh: "其签名有效，但无法判断它涵盖哪些字节" }
    INGREDIENT_PARENT = "reason.ingredient_parent" { en: "an earlier version of the content is stated to be AI-generated or -altered", zh: "本内容的较早版本被声明为由人工智能生成或修改" }
    INGREDIENT_COMPONENT = "reason.ingredient_component" { en: "a part that was put into it is stated to be AI-generated or -altered", zh: "放入其中的素材被声明为由人工智能生成或修改" }
    INGREDIENT_INPUT = "reason.ingredient_input" { en: "a process that made it read something that is stated to be AI-generated or -altered", zh: "制作过程读取了被声明为由人工智能生成或修改的素材" }
    INGREDIENT_MODEL = "reason.ingredient_model" { en: "a process that made it used an AI model", zh: "制作过程使用了人工智能模型" }
    JSON_COMMAS = "reason.json_commas" { en: "a comma is too many or missing", zh: "多了或缺少逗号" }
    JSON_COMMENT = "reason.json_comment" { en: "a comment stands in it", zh: "其中有注释" }
    JSON_EQUALS = "reason.json_equals" { en: "an equals sign stands where a colon is due", zh: "应为冒号之处写了等号" }
    JSON_CONTROL = "reason.json_control" { en: "a string holds a control character, such as the end of a line", zh: "字符串中有控制字符，例如换行" }
    JSON_ESCAPE = "reason.json_escape" { en: "an escape is not one of JSON", zh: "含有 JSON 不认识的转义" }
    JSON_SPACE = "reason.json_space" { en: "a space between its tokens is not one of JSON, or can't be seen", zh: "记号之间有 JSON 不认识的空格或不可见字符" }
    MORE_EXCLUSIONS = "reason.more_exclusions" { en: "further ranges are excluded", zh: "还排除了其他范围" }
}
