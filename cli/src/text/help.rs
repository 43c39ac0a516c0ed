//! Help texts: one row per verb, per argument (`verb.argument`) and per block of examples
//! (`verb.examples`). `*.argument` is for arguments that several verbs share.

use super::Text;

/// Finds a row by its name.
pub(crate) fn find(name: &str) -> Option<&'static Text> {
    ALL.iter().copied().find(|row| row.name == name)
}

macro_rules! help {
    ($($name:literal: $en:literal, $zh:literal;)*) => {
        /// Every row.
        pub(crate) static ALL: &[&Text] = &[$(&Text { name: $name, en: $en, zh: $zh }),*];
    };
}

help! {
    "": "Write and verify labels on AI-generated content (GB 45438-2025, C2PA, IPTC).\nIt reads labels; it does not guess whether unlabelled content is AI-generated.",
        "为人工智能生成合成内容添加和验证标识（GB 45438-2025、C2PA、IPTC）。\n本工具读取标识，不推测没有标识的内容是否由人工智能生成。";
    "examples":
        "  biaoshi label in.png -o out.png --producer 001191110102MACQD9K64010000\n  biaoshi verify out.png\n  biaoshi explain label.duplicate",
        "  biaoshi label in.png -o out.png --producer 001191110102MACQD9K64010000\n  biaoshi verify out.png\n  biaoshi explain label.duplicate";
    "*.help": "Print help", "显示帮助";
    "version": "Print the version", "显示版本";
    "*.lang": "Language [default: from LC_ALL, LC_MESSAGES, LANG]", "文字语言 [默认：依 LC_ALL、LC_MESSAGES、LANG]";
    "*.color": "Colours; they only repeat what words say", "颜色；仅作辅助，不单独表达含义";
    "*.json": "Print JSON, one object per line", "输出 JSON，每行一个对象";

    "*.memory_limit": "Most memory, in MiB", "最大内存（MiB）";
    "*.limit": "A bound on memory or work, see list limits; K, M, G for powers of 1,024; repeatable", "内存或工作量的上限，参见 list limits；K、M、G 表示 1,024 的幂；可重复";
    "label": "Write a label into a copy of a file", "为文件副本添加标识";
    "label.input": "File to label; - is standard input", "待添加标识的文件；- 表示标准输入";
    "label.output": "Where to write; - is standard output. Written only when complete and verified", "输出路径；- 表示标准输出。仅在完整写入并通过回读验证后生成";
    "label.producer": "Provider that generated the content: 27-character code, or a name in ASCII", "生成服务提供者：27 位编码，或 ASCII 名称";
    "label.id": "The producer's unique number for this content [default: a new one]", "生成方为该内容分配的唯一编号 [默认：自动生成]";
    "label.level": "How sure: is (1), possible (2: the user declared it), suspected (3)", "确定程度：is 属于（1）、possible 可能（2，用户声明）、suspected 疑似（3）";
    "label.source_type": "IPTC digital source type, for example compositeSynthetic [default: trainedAlgorithmicMedia]", "IPTC 数字来源类型，例如 compositeSynthetic [默认：trainedAlgorithmicMedia]";
    "label.propagator": "Provider that spreads the content [default: the producer]", "传播服务提供者 [默认：与生成方相同]";
    "label.propagate_id": "The propagator's unique number for this content", "传播方为该内容分配的唯一编号";
    "label.reserved_code1": "The producer's protection data (ReservedCode1)", "生成方预留的保护数据（ReservedCode1）";
    "label.reserved_code2": "The propagator's protection data (ReservedCode2)", "传播方预留的保护数据（ReservedCode2）";
    "label.profile": "Rule set to satisfy; repeatable [default: cn-gb45438]", "须符合的规则；可重复 [默认：cn-gb45438]";
    "label.explicit": "Place of the visible notice: top-left, top, top-right, left, right, bottom-left, bottom, bottom-right, or none [default: bottom-right]", "显式标识的位置：top-left、top、top-right、left、right、bottom-left、bottom、bottom-right，或 none [默认：bottom-right]";
    "label.reason": "Why no notice is made, with --explicit none", "不绘制显式标识的原因，与 --explicit none 合用";
    "label.notice_language": "Language of a line of the notice; repeatable [default: zh-Hans]", "显式标识各行的语言；可重复 [默认：zh-Hans]";
    "label.notice_text": "A line of the notice instead of the rule set's wording; repeatable", "以此文字代替规则中的提示语，每次一行；可重复";
    "label.font": "TrueType or OpenType font for the notice [default: embedded]", "显式标识所用的 TrueType 或 OpenType 字体 [默认：内置]";
    "label.notice_at": "Where the notice stands in a text, document or sound; repeatable [default: start]", "显式标识在文本、文档或音频中的位置；可重复 [默认：start]";
    "label.voice": "What is heard in a sound: rhythm (short-long short-short), speech (by espeak-ng), or a WAV file", "音频提示：rhythm（短长 短短）、speech（由 espeak-ng 朗读），或 WAV 文件";
    "label.notice_seconds": "How long the notice is seen in a film: 3, all, or 3/60 (3 s every 60 s) [default: as the rule set asks]", "视频中显式标识的显示时长（秒）：3、all（全程）或 3/60（每 60 秒显示 3 秒）[默认：依规则]";
    "label.each_page": "Put the notice on each page, slide or sheet of a document", "在文档的每一页、每张幻灯片或每个工作表上放置显式标识";
    "label.watermark": "Also put an imperceptible watermark into a picture (PNG, JPEG, WebP), sound or film, which anyone can read", "同时在图片（PNG、JPEG、WebP）、音频或视频中写入任何人均可读取的隐形水印";
    "label.watermark_key": "Put in a watermark that only holders of the secret key in FILE can read", "写入只有持有 FILE 中密钥者才能读取的水印";
    "label.watermark_bits": "What that watermark carries: 16 hexadecimal digits", "该水印携带的内容：16 位十六进制数字";
    "label.sign": "Sign a C2PA manifest with the identity in this folder (see keygen)", "用此目录中的身份签署 C2PA 清单（参见 keygen）";
    "label.sign_over_broken": "Sign although the file already holds a manifest that is broken", "即使文件已有失效的清单也签名";
    "label.system": "Name of the generating system", "生成系统的名称";
    "label.system_version": "Version of the generating system", "生成系统的版本";
    "label.model_id": "Identifier of the model", "模型标识";
    "label.created_at": "Time of creation: RFC 3339, or now", "创建时间：RFC 3339 格式，或 now";
    "label.oversight": "What people did to the content or checked", "人工参与或审核的说明";
    "label.iptc_ai_fields": "Also write the IPTC fields about the AI system", "同时写入 IPTC 的人工智能系统字段";
    "label.prompt": "The prompt; it can hold personal data", "提示词；可能含有个人信息";
    "label.prompt_writer": "Who wrote the prompt; this is personal data", "提示词作者；属于个人信息";
    "label.force": "Replace OUT if it exists", "若输出文件已存在则覆盖";
    "label.json": "Print a receipt as one JSON object (to standard error with -o -)", "以一个 JSON 对象输出回执（使用 -o - 时输出到标准错误）";
    "label.examples":
        "  biaoshi label in.png -o out.png --producer 001191110102MACQD9K64010000\n  biaoshi label in.jpg -o out.jpg --producer acme --level possible --sign id/\n  biaoshi label in.webp -o out.webp --producer acme \\\n      --explicit top-left --notice-language zh-Hans --notice-language en\n  cat in.png | biaoshi label - -o - --producer acme > out.png",
        "  biaoshi label in.png -o out.png --producer 001191110102MACQD9K64010000\n  biaoshi label in.jpg -o out.jpg --producer acme --level possible --sign id/\n  biaoshi label in.webp -o out.webp --producer acme \\\n      --explicit top-left --notice-language zh-Hans --notice-language en\n  cat in.png | biaoshi label - -o - --producer acme > out.png";

    "propagate": "Add a platform's own fields next to the producer's (Measures, Article 6)", "在生成方字段之外写入传播平台自己的字段（《标识办法》第六条）";
    "propagate.notes":
        "The producer's fields stay as they are. A file without a label gets one by\nthe platform: 2 (possible) if the user declared it, 3 (suspected) if traces\nwere found. No notice is drawn: Article 6 asks for one around the content.",
        "生成方的字段保持不变。没有标识的文件由平台写入标识：用户声明的为 2\n（可能），发现痕迹的为 3（疑似）。不绘制提示：第六条要求提示位于内容周边。";
    "propagate.input": "File to extend; - is standard input", "待写入的文件；- 表示标准输入";
    "propagate.output": "Where to write; - is standard output. Written only when complete and verified", "输出路径；- 表示标准输出。仅在完整写入并通过回读验证后生成";
    "propagate.propagator": "The platform: 27-character code, or a name in ASCII", "传播平台：27 位编码，或 ASCII 名称";
    "propagate.id": "The platform's unique number for this content [default: a new one]", "平台为该内容分配的唯一编号 [默认：自动生成]";
    "propagate.reserved_code2": "The platform's protection data (ReservedCode2)", "平台预留的保护数据（ReservedCode2）";
    "propagate.declared": "The user declares that the content is AI-generated", "用户已声明内容为生成合成内容";
    "propagate.detected": "The platform detected a notice or other traces by its own means", "平台以自己的方法检测到显式标识或其他痕迹";
    "propagate.profile": "Rule set to judge the result by as well; repeatable [default: cn-gb45438]", "另用于判断结果的规则；可重复 [默认：cn-gb45438]";
    "propagate.sign": "Sign with the identity in this folder; a manifest of the file becomes its parent", "用此目录中的身份签名；文件已有的清单成为其上级";
    "propagate.sign_over_broken": "Sign although the file already holds a manifest that is broken", "即使文件已有失效的清单也签名";
    "propagate.force": "Replace OUT if it exists", "若输出文件已存在则覆盖";
    "propagate.json": "Print a receipt as one JSON object (to standard error with -o -)", "以一个 JSON 对象输出回执（使用 -o - 时输出到标准错误）";
    "propagate.examples":
        "  biaoshi propagate labelled.png -o out.png --propagator 001191110102MACQD9K64020000\n  biaoshi propagate upload.jpg -o out.jpg --propagator acme-video --declared\n  biaoshi propagate signed.mp4 -o out.mp4 --propagator acme-video --sign id/",
        "  biaoshi propagate labelled.png -o out.png --propagator 001191110102MACQD9K64020000\n  biaoshi propagate upload.jpg -o out.jpg --propagator acme-video --declared\n  biaoshi propagate signed.mp4 -o out.mp4 --propagator acme-video --sign id/";

    "verify": "Say what labels state, whether to believe them, which rules hold", "报告标识声明了什么、是否可信、符合哪些规则";
    "verify.notes":
        "Exit status:\n  0  every file satisfies the rule sets asked for; none asked: it carries a\n     label and nothing in it is broken or warned about\n  1  some file does not\n  2  error; the other files are still reported\n  3  a signature or hash binding is broken",
        "退出码：\n  0  全部文件符合所要求的规则；未指定规则时：带有标识，且其中\n     没有失效之处或警告\n  1  有文件不符合\n  2  出错；其余文件仍会报告\n  3  签名或哈希绑定已失效";
    "verify.files": "Files, folders and patterns to verify; - is standard input", "待验证的文件、目录与通配符；- 表示标准输入";
    "verify.files_from": "File with one path per line; - is standard input", "每行一个路径的列表文件；- 表示标准输入";
    "verify.null": "Paths in the list end with NUL instead of a line end", "列表中的路径以 NUL 而非换行结尾";
    "verify.jobs": "Files looked at at the same time [default: one for each processor]", "同时查看的文件数 [默认：每个处理器一个]";
    "label.time_limit": "Longest time, in seconds [default: 3600]", "最长时间（秒）[默认：3600]";
    "propagate.time_limit": "Longest time, in seconds [default: 600]", "最长时间（秒）[默认：600]";
    "inspect.time_limit": "Longest time, in seconds [default: 60]", "最长时间（秒）[默认：60]";
    "verify.time_limit": "Longest time for one file, in seconds", "单个文件的最长时间（秒）";
    "verify.memory_limit": "Most memory for one file, in MiB", "单个文件的最大内存（MiB）";
    "verify.sarif": "Print findings as one SARIF 2.1.0 document", "以一个 SARIF 2.1.0 文档输出发现的问题";
    "verify.profile": "Rule set to judge by; repeatable [default: cn-gb45438, without effect on the exit status]", "用于判断的规则；可重复 [默认：cn-gb45438，但不影响退出码]";
    "verify.trust": "Certificates and public keys (PEM) to trust, or a folder of keygen; repeatable [default: none]", "信任的证书和公钥（PEM）或 keygen 生成的目录；可重复 [默认：无]";
    "verify.declared": "The user declares that the content is AI-generated (Measures, Article 6)", "用户已声明内容为生成合成内容（《标识办法》第六条）";
    "verify.watermark_key": "Also read watermarks that were written with the secret key in FILE; repeat it for several", "同时读取用 FILE 中的密钥写入的水印；可重复";
    "verify.look": "Look at pictures, listen to sound and read frames for notices; takes longer, and ffmpeg and tesseract where they are installed", "查看画面、收听声音以寻找显式标识；耗时较长，并使用已安装的 ffmpeg 和 tesseract";
    "verify.examples":
        "  biaoshi verify photo.png\n  biaoshi verify *.jpg --profile cn-gb45438 --json\n  biaoshi verify signed.webp --trust partner-root.pem",
        "  biaoshi verify photo.png\n  biaoshi verify *.jpg --profile cn-gb45438 --json\n  biaoshi verify signed.webp --trust partner-root.pem";

    "inspect": "Show every part of a file and every metadata value", "显示文件的全部组成部分和元数据值";
    "inspect.crjson": "Print the manifest store as the C2PA library writes it in crJSON", "以 C2PA 库的 crJSON 形式输出清单";
    "inspect.trust": "Certificates (PEM) to trust, or a folder of keygen; repeatable", "信任的证书（PEM）或 keygen 生成的目录；可重复";
    "inspect.file": "File to look into; - is standard input", "待查看的文件；- 表示标准输入";
    "inspect.examples": "  biaoshi inspect photo.png\n  biaoshi inspect photo.png --json", "  biaoshi inspect photo.png\n  biaoshi inspect photo.png --json";

    "explain": "Explain the code of a finding or error", "解释发现或错误的代码";
    "explain.code": "The code, for example label.duplicate", "代码，例如 label.duplicate";
    "explain.examples": "  biaoshi explain label.duplicate\n  biaoshi explain output.exists --lang zh-CN", "  biaoshi explain label.duplicate\n  biaoshi explain output.exists --lang en";

    "list": "List formats, carriers, rule sets or findings", "列出格式、载体、规则或发现";
    "list.what": "What to list", "要列出的内容";
    "list.examples": "  biaoshi list formats\n  biaoshi list findings --json", "  biaoshi list formats\n  biaoshi list findings --json";

    "keygen": "Make a private signing identity (key, certificate, root) or a watermark key", "生成私有签名身份（私钥、证书、根证书）或水印密钥";
    "keygen.watermark_key": "New file for a secret watermark key of 32 random bytes, for label, verify and store; nothing is overwritten", "水印密钥的新文件（32 个随机字节），用于 label、verify 和 store；不覆盖已有文件";
    "keygen.text_key": "New file for a secret key of marks in text while it is generated (scheme hmac-sha256); nothing is overwritten", "文本生成水印密钥的新文件（方案 hmac-sha256）；不覆盖已有文件";
    "keygen.out": "Folder for key.pem, chain.pem and root.pem (sm2: key.pem and public.pem); nothing is overwritten", "存放 key.pem、chain.pem 和 root.pem（sm2：key.pem 和 public.pem）的目录；不覆盖已有文件";
    "keygen.algorithm": "Signature algorithm; sm2 keys sign protection data, not manifests", "签名算法；sm2 密钥用于安全防护数据，不用于清单";
    "keygen.organization": "Organisation in the certificate, 1 to 64 characters", "证书中的组织名称，1 至 64 个字符";
    "keygen.name": "Common name in the certificate, 1 to 64 characters", "证书中的通用名称，1 至 64 个字符";
    "keygen.country": "Country in the certificate, two capitals (ISO 3166-1)", "证书中的国家代码，两个大写字母（ISO 3166-1）";
    "keygen.days": "How long the certificate is valid, 1 to 366 days", "证书有效期，1 至 366 天";
    "keygen.examples": "  biaoshi keygen --out id --organization 'Acme Ltd' --name 'Acme labels' --country CN\n  biaoshi label in.png -o out.png --producer acme --sign id\n  biaoshi keygen --watermark-key trace.key\n  biaoshi label in.png -o out.png --producer acme \\\n      --watermark-key trace.key --watermark-bits 00000000000004d2", "  biaoshi keygen --out id --organization 'Acme Ltd' --name 'Acme labels' --country CN\n  biaoshi label in.png -o out.png --producer acme --sign id\n  biaoshi keygen --watermark-key trace.key\n  biaoshi label in.png -o out.png --producer acme \\\n      --watermark-key trace.key --watermark-bits 00000000000004d2";

    "store": "Find labels again that content has lost, by watermark and by how a picture looks", "按水印和图片外观找回内容失去的标识";
    "store.add": "Add labelled content to a store", "将已添加标识的内容加入存储";
    "store.add.files": "Files to add", "待加入的文件";
    "store.add.store": "The store: an SQLite file, made if it is not there; links are not followed", "存储：SQLite 文件，不存在则创建；不跟随符号链接";
    "store.add.watermark_key": "Also read watermarks that were written with the secret key in FILE, which is not stored; repeatable", "同时读取用 FILE 中的密钥写入的水印，密钥本身不存储；可重复";
    "store.add.time_limit": "Longest time, in seconds [default: 600]", "最长时间（秒）[默认：600]";
    "store.add.json": "Print one JSON object for each file", "每个文件输出一个 JSON 对象";
    "store.add.examples": "  biaoshi label in.png -o out.png --producer acme --watermark --sign id/\n  biaoshi store add out.png --store labels.db", "  biaoshi label in.png -o out.png --producer acme --watermark --sign id/\n  biaoshi store add out.png --store labels.db";
    "store.find": "Look content up in a store", "在存储中查找内容";
    "store.find.notes": "Exit status: 0 something was found for each file, 1 not for all, 2 error.\nA watermark can be copied: the answer says whether the picture looks like the\none that was stored.", "退出码：0 每个文件都有结果，1 并非全部有结果，2 出错。\n水印可以被复制：结果会说明图片外观是否与存储的一致。";
    "store.find.files": "Files to look up", "待查找的文件";
    "store.find.store": "The store", "存储";
    "store.find.watermark_key": "Also look up watermarks that were written with the secret key in FILE; repeatable", "同时查找用 FILE 中的密钥写入的水印；可重复";
    "store.find.time_limit": "Longest time, in seconds [default: 600]", "最长时间（秒）[默认：600]";
    "store.find.json": "Print one JSON object for each file, matches as in the C2PA soft binding resolution API", "每个文件输出一个 JSON 对象，匹配项采用 C2PA 软绑定解析 API 的形式";
    "store.find.examples": "  biaoshi store find copy.jpg --store labels.db", "  biaoshi store find copy.jpg --store labels.db";
    "store.manifest": "Write the manifest of this name to a file", "将该名称的清单写入文件";
    "store.manifest.id": "Name of the manifest, as store find prints it", "清单名称，由 store find 输出";
    "store.manifest.output": "Where to write; - is standard output", "输出路径；- 表示标准输出";
    "store.manifest.store": "The store", "存储";
    "store.manifest.force": "Replace OUT if it exists", "若输出文件已存在则覆盖";
    "store.manifest.examples": "  biaoshi store manifest urn:c2pa:… -o manifest.c2pa --store labels.db", "  biaoshi store manifest urn:c2pa:… -o manifest.c2pa --store labels.db";
    "provider": "Compose or check a 27-character provider code (TC260-PG-20252A)", "生成或检查 27 位服务提供者编码（TC260-PG-20252A）";
    "provider.compose": "Compose a code from a unified social credit code", "由统一社会信用代码生成编码";
    "provider.compose.credit_code": "Unified social credit code, 18 characters; its check digit is checked", "统一社会信用代码，18 位；会核对校验码";
    "provider.compose.service": "What the provider does", "服务类型";
    "provider.compose.extension": "The provider's own code for the model or application: four digits or capitals", "提供者为模型或应用自行分配的代码：四位数字或大写字母";
    "provider.compose.examples": "  biaoshi provider compose --credit-code 91110102MACQD9K640", "  biaoshi provider compose --credit-code 91110102MACQD9K640";
    "provider.check": "Check a code and say what its parts mean", "检查编码并说明各部分含义";
    "provider.check.notes": "Exit status: 0 valid, 1 not valid, 2 error.", "退出码：0 有效，1 无效，2 出错。";
    "provider.check.code": "The code", "编码";
    "provider.check.examples": "  biaoshi provider check 001191110102MACQD9K64010000", "  biaoshi provider check 001191110102MACQD9K64010000";

    "schema": "Print the JSON Schema of what verify --json prints", "输出 verify --json 结果的 JSON Schema";
    "schema.what": "Which document", "哪种文档";
    "schema.examples": "  biaoshi schema > report.schema.json", "  biaoshi schema > report.schema.json";

    "completions": "Print shell completions", "输出命令行补全脚本";
    "completions.shell": "The shell", "命令行解释器";
    "completions.examples": "  biaoshi completions bash > ~/.local/share/bash-completion/completions/biaoshi", "  biaoshi completions bash > ~/.local/share/bash-completion/completions/biaoshi";
}
