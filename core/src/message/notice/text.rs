//! Notices in text.

use super::super::messages;

messages! {
    LINES = "notice.lines" {
        en: "a notice has one to {lines} lines of at most {chars} characters each, without control characters and without white space at their ends, and as many languages as lines or none",
        zh: "显式标识应有 1 至 {lines} 行，每行不超过 {chars} 个字符，不含控制字符，首尾无空白；语言标签的个数应与行数相同或为零"
    }
    PLACES = "notice.places" {
        en: "the places of a notice are one to three of start, middle and end, in this order",
        zh: "显式标识的位置应为起始、中间、末尾中的一至三处，并按此顺序给出"
    }
    CHARACTERS = "notice.characters" {
        en: "the notice has a character that this text can't hold",
        zh: "显式标识含有此文本无法表示的字符",
        hint_en: "save the text as UTF-8, or choose other words", hint_zh: "请将文本另存为 UTF-8，或更换文字"
    }
    ENCODING = "notice.encoding" {
        en: "the text is neither UTF-8 nor UTF-16 with its mark nor GB18030, so words put into it might not be read",
        zh: "文本既不是 UTF-8、带标记的 UTF-16，也不是 GB18030，写入的文字可能无法读出",
        hint_en: "save it as UTF-8 and label that", hint_zh: "请另存为 UTF-8 后再添加标识"
    }
    TAKEN_FOR = "note.taken_for" {
        en: "the text was taken for {encoding}: it is no UTF-8, and every byte of it fits",
        zh: "文本按 {encoding} 处理：它不是 UTF-8，且全部字节符合该编码"
    }
    PROGRAM = "notice.program" {
        en: "the text begins as programs and data do whose first line must stay the first",
        zh: "文本以程序或数据的形式开头，其第一行必须保持在最前",
        hint_en: "show the notice beside the text", hint_zh: "请在文本旁展示显式标识"
    }
    PROGRAM_NAME = "notice.program_name" {
        en: "{name} is by its name a program or data for programs, which words in it would break",
        zh: "从文件名看，{name} 是程序或供程序读取的数据，写入文字会破坏它",
        hint_en: "show the notice beside the text; if it is a text for people, give it the ending .txt or .md", hint_zh: "请在文本旁展示显式标识；若是供人阅读的文本，请改用 .txt 或 .md 扩展名"
    }
    EVENTS = "notice.events" {
        en: "the text is a recording of server-sent events, whose readers pass over other lines",
        zh: "该文本是服务器推送事件（SSE）的记录，其读取程序会忽略其他行",
        hint_en: "label the events as they are sent (stream::EventStream), or label the answer itself", hint_zh: "请在发送事件时添加标识（stream::EventStream），或标识应答本身"
    }
    TABLE = "notice.table" {
        en: "a table of comma-separated values has no place for words beside its rows",
        zh: "逗号分隔的表格在各行之外没有放置文字的位置",
        hint_en: "show the notice beside the table", hint_zh: "请在表格旁展示显式标识"
    }
    NO_MESSAGE = "notice.no_message" {
        en: "the JSON is no answer of a known shape, so no string in it is known to be shown to people",
        zh: "该 JSON 不是已知形式的应答，无法确定其中哪个字符串会展示给人",
        hint_en: "known are chat completions, completions, Responses, Messages, generateContent, DashScope, Ollama, and an object with role and content", hint_zh: "已知形式：chat completions、completions、Responses、Messages、generateContent、DashScope、Ollama，以及含 role 与 content 的对象"
    }
    SUBTITLES = "notice.subtitles" {
        en: "subtitles can show a notice at the start alone",
        zh: "字幕只能在起始处展示显式标识"
    }
    NO_CUE = "notice.no_cue" {
        en: "no subtitle with a time that can be read was found, before which a notice could stand",
        zh: "未找到时间可读的字幕，无法在其前放置显式标识",
        hint_en: "put the notice into the picture", hint_zh: "请在画面中加入显式标识"
    }
    BESIDE_CUE = "note.beside_cue" {
        en: "the first subtitle comes before {seconds} s have passed, so the notice is shown together with it",
        zh: "首条字幕在 {seconds} 秒之前出现，显式标识与其同时展示"
    }
    NO_MIDDLE = "notice.no_middle" {
        en: "the text has no place in its middle where a notice breaks nothing",
        zh: "文本中间没有可放置显式标识而不破坏内容的位置",
        hint_en: "put it at the start or end", hint_zh: "请放在起始或末尾"
    }
    NO_START = "notice.no_start" {
        en: "a notice would change how the rest of the text is read",
        zh: "加入显式标识会改变文本其余部分的呈现",
        hint_en: "show the notice beside the text", hint_zh: "请在文本旁展示显式标识"
    }
    MOVED = "note.notice_moved" {
        en: "the text ends within code or HTML, so the notice stands at its start instead of its end",
        zh: "文本在代码或 HTML 之中结束，显式标识改置于起始处"
    }
    NO_BODY = "notice.no_body" {
        en: "the document has no body that could hold a notice",
        zh: "文档没有可容纳显式标识的正文（body）"
    }
    HIDDEN = "notice.hidden" {
        en: "the element {name} hides all that it holds, so nobody would see a notice in it",
        zh: "元素 {name} 隐藏了其全部内容，放在其中的显式标识不会被看到",
        hint_en: "label the page as it is shown: without `hidden`, `display:none`, `visibility:hidden` or `opacity:0` there", hint_zh: "请标识展示状态的页面：去除该处的 hidden、display:none、visibility:hidden 或 opacity:0"
    }
    UNSTYLED = "note.unstyled" {
        en: "the page's Content-Security-Policy forbids styles in attributes, so the notice has no box and colours of its own",
        zh: "页面的 Content-Security-Policy 禁止内联样式，显式标识没有自己的边框和颜色"
    }
    OPEN_END = "notice.open_end" {
        en: "the document ends within a tag, a comment or an element whose text is no markup",
        zh: "文档在标签、注释或不含标记的元素之中结束",
        hint_en: "put the notice at the start", hint_zh: "请将显式标识放在起始处"
    }
    STREAM_MIDDLE = "stream.no_middle" {
        en: "the middle of a stream is not known; a notice in it stands at start or end",
        zh: "流的中间位置无法预知；其中的显式标识只能在起始或末尾"
    }
}
