//! Reasons and refusals of the containers in `tiff`.

use super::super::messages;

messages! {
    IFD_CYCLE = "reason.ifd_cycle" { en: "the chain of directories leads back to one before", zh: "目录链指回先前的目录" }
    IFD_OUTSIDE = "reason.ifd_outside" { en: "a directory is due where the file has none", zh: "应有目录之处不在文件之内" }
    IFD_OVERLAP = "reason.ifd_overlap" { en: "it shares bytes with the picture", zh: "其与图像数据占用相同的字节" }
    IFD_REPEATED = "reason.ifd_repeated" { en: "the first directory has its tag twice", zh: "首个目录中该标签出现两次" }
    STORE_ELSEWHERE = "tiff.store_elsewhere" {
        en: "the file has a manifest store in another directory than the first; readers would go on finding that one",
        zh: "文件在首个目录以外的目录中存有清单；读取程序仍会找到那一份"
    }
    CLASSIC_FULL = "tiff.classic_full" {
        en: "a TIFF of this kind addresses 4 GiB, and the file with its label would be {size} bytes",
        zh: "此类 TIFF 最多寻址 4 GiB，而加上标识后文件将达 {size} 字节",
        hint_en: "convert the picture to BigTIFF, then label", hint_zh: "请先将图片转换为 BigTIFF，再添加标识"
    }
}
