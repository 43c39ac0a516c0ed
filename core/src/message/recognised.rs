//! What else helps where a format has no place for a label.

use super::messages;

messages! {
    CONVERT_PICTURE = "instead.convert_picture" {
        en: "convert it to PNG, JPEG, WebP or TIFF, and label that",
        zh: "请转换为 PNG、JPEG、WebP 或 TIFF 后再添加标识"
    }
    CONVERT_VIDEO = "instead.convert_video" {
        en: "put its streams into MP4, MOV or Matroska, which changes no picture, and label that",
        zh: "请将其音视频流封装为 MP4、MOV 或 Matroska（画面不变）后再添加标识"
    }
    CONVERT_DOCUMENT = "instead.convert_document" {
        en: "save it as DOCX, XLSX, PPTX, OpenDocument or PDF, without a password, and label that",
        zh: "请另存为 DOCX、XLSX、PPTX、OpenDocument 或 PDF（不设密码）后再添加标识"
    }
    EXPORT_DOCUMENT = "instead.export_document" {
        en: "the practice guide covers it but its text was not at hand; export it as PDF, and label that",
        zh: "实践指南涵盖该格式，但本项目未获得其条文；请导出为 PDF 后再添加标识"
    }
    DEVELOP_PICTURE = "instead.develop_picture" {
        en: "camera originals are left alone; export it as TIFF, JPEG or DNG, and label that",
        zh: "不改动相机原始文件；请导出为 TIFF、JPEG 或 DNG 后再添加标识"
    }
    UNPACK = "instead.unpack" {
        en: "unpack it and label the files in it",
        zh: "请解压后分别为其中的文件添加标识"
    }
    NOTICE_LINES = "instead.notice_lines" {
        en: "write the visible notice as its first and last line (GB 45438-2025 5.1), or save it as Markdown",
        zh: "请在首行和末行写入显式标识（GB 45438-2025 5.1），或另存为 Markdown"
    }
    NOTICE_CUE = "instead.notice_cue" {
        en: "convert it to WebVTT, or show the visible notice as its first cue",
        zh: "请转换为 WebVTT，或以第一条字幕显示显式标识"
    }
    NOTICE_PAGE = "instead.notice_page" {
        en: "label the page or the Markdown that it belongs to, and show the notice there",
        zh: "请标识其所属的网页或 Markdown 文件，并在该处显示显式标识"
    }
    BESIDE_TABLE = "instead.beside_table" {
        en: "keep the label in the metadata file beside it (CSV on the Web), or save it as XLSX",
        zh: "请把标识写入旁附的元数据文件（CSV on the Web），或另存为 XLSX"
    }
}
