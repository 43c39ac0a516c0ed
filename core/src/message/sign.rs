//! Keys, certificates, trust anchors and C2PA manifests.

use super::messages;

messages! {
    /// The key file is readable by others.
    KEY_MODE = "sign.key_mode" {
        en: "key file {path} can be read by others (mode {mode})",
        zh: "密钥文件 {path} 可被他人读取（权限 {mode}）",
        hint_en: "chmod 600 {path}", hint_zh: "请执行 chmod 600 {path}"
    }
    /// The key file is a symbolic link that another user placed.
    KEY_OWNER = "sign.key_owner" {
        en: "key file {path} is a link whose owner differs from the owner of the file it points to",
        zh: "密钥文件 {path} 是链接，且链接与目标文件的所有者不同",
        hint_en: "name the key file itself", hint_zh: "请直接指定密钥文件"
    }
    /// No usable private key in the PEM text.
    KEY_UNREADABLE = "sign.key_unreadable" {
        en: "the private key cannot be read",
        zh: "无法读取私钥",
        hint_en: "give a PEM file with an Ed25519, P-256 or SM2 key in PKCS #8", hint_zh: "请提供 PKCS #8 格式的 Ed25519、P-256 或 SM2 私钥 PEM 文件"
    }
    /// No usable public key.
    PUBLIC_KEY_UNREADABLE = "sign.public_key_unreadable" {
        en: "the public key cannot be read",
        zh: "无法读取公钥",
        hint_en: "give PEM text with BEGIN PUBLIC KEY, an Ed25519, P-256 or SM2 key", hint_zh: "请提供含 BEGIN PUBLIC KEY 的 PEM 文本，密钥为 Ed25519、P-256 或 SM2"
    }
    /// C2PA does not know the signer's algorithm.
    NOT_FOR_MANIFESTS = "sign.not_for_manifests" {
        en: "{algorithm} keys cannot sign C2PA manifests",
        zh: "{algorithm} 密钥不能用于签署 C2PA 清单",
        hint_en: "sign manifests with Ed25519 or P-256; an SM2 key signs the protection data of the label", hint_zh: "请用 Ed25519 或 P-256 签署清单；SM2 密钥用于签署标识中的安全防护数据"
    }
    /// The private key is encrypted.
    KEY_ENCRYPTED = "sign.key_encrypted" {
        en: "encrypted private keys are not supported",
        zh: "不支持加密的私钥",
        hint_en: "decrypt the key into a file that only you can read, or use a key service", hint_zh: "请将私钥解密到仅本人可读的文件，或使用密钥服务"
    }
    /// Key and certificate are not a pair.
    KEY_MISMATCH = "sign.key_mismatch" {
        en: "the private key does not belong to the certificate of {subject}",
        zh: "私钥与证书（{subject}）不匹配",
        hint_en: "put the signer's certificate first in the chain", hint_zh: "证书链中签名者证书须排在最前"
    }
    /// The PEM text holds no certificate.
    CERTIFICATE_MISSING = "sign.certificate_missing" {
        en: "no certificate found in {source}",
        zh: "{source} 中没有证书",
        hint_en: "give PEM text with BEGIN CERTIFICATE", hint_zh: "请提供含 BEGIN CERTIFICATE 的 PEM 文本"
    }
    /// A certificate does not parse.
    CERTIFICATE_UNREADABLE = "sign.certificate_unreadable" {
        en: "certificate {number} of {source} cannot be read: {reason}",
        zh: "{source} 中第 {number} 个证书无法解析：{reason}"
    }
    /// The chain is not in order.
    CHAIN_ORDER = "sign.chain_order" {
        en: "certificate {number} of the chain was not issued by the next one",
        zh: "证书链中第 {number} 个证书不是由下一个证书签发",
        hint_en: "order the chain from signer to root", hint_zh: "证书链须按签名者到根的顺序排列"
    }
    /// The public key is of a kind that is not handled.
    KEY_KIND = "sign.key_kind" {
        en: "keys of type {kind} are not supported",
        zh: "不支持 {kind} 类型的密钥",
        hint_en: "use Ed25519 or P-256", hint_zh: "请使用 Ed25519 或 P-256"
    }
    /// The certificate has expired.
    CERTIFICATE_EXPIRED = "sign.certificate_expired" {
        en: "the certificate of {subject} expired at {not_after}",
        zh: "证书（{subject}）已于 {not_after} 过期",
        hint_en: "make or obtain a new certificate", hint_zh: "请生成或申请新证书"
    }
    /// The certificate is not valid yet.
    CERTIFICATE_NOT_YET = "sign.certificate_not_yet" {
        en: "the certificate of {subject} is not valid before {not_before}",
        zh: "证书（{subject}）在 {not_before} 之前无效",
        hint_en: "check the clock", hint_zh: "请检查系统时间"
    }
    /// The signer failed.
    FAILED = "sign.failed" {
        en: "signing failed: {reason}",
        zh: "签名失败：{reason}"
    }
    /// A signature has a length that the algorithm does not allow.
    SIGNATURE_LENGTH = "sign.signature_length" {
        en: "the signer returned {found} bytes, the algorithm needs {expected}",
        zh: "签名器返回 {found} 字节，算法要求 {expected} 字节"
    }
    /// Key generation would overwrite something.
    IDENTITY_EXISTS = "sign.identity_exists" {
        en: "{path} exists and is not overwritten",
        zh: "{path} 已存在，不会覆盖",
        hint_en: "choose another name", hint_zh: "请选择其他名称"
    }
    /// An option of key generation breaks a rule.
    KEYGEN_OPTION = "sign.keygen_option" {
        en: "{field} is not usable: {value}",
        zh: "{field} 不可用：{value}",
        hint_en: "names need 1 to 64 characters without controls, the country two capital letters, the period 1 to 366 days", hint_zh: "名称须为 1 至 64 个字符且不含控制字符，国家代码为两个大写字母，有效期为 1 至 366 天"
    }
    /// No randomness.
    RANDOM = "sign.random" {
        en: "the system gave no random bytes: {reason}",
        zh: "系统未能提供随机数：{reason}"
    }
    /// The manifest writer refused the certificate.
    CERTIFICATE_REFUSED = "sign.certificate_refused" {
        en: "the certificate is not allowed to sign C2PA manifests: {reason}",
        zh: "该证书不能用于签署 C2PA 清单：{reason}",
        hint_en: "it needs an authority key identifier, key usage digitalSignature, an extended key usage of the C2PA profile, and must be valid now", hint_zh: "证书须含颁发机构密钥标识、数字签名用途、C2PA 规定的扩展密钥用途，且当前有效"
    }
    /// The file already holds a manifest that does not hold.
    PARENT_BROKEN = "manifest.parent_broken" {
        en: "the file already has a C2PA manifest that is not valid: {codes}",
        zh: "文件已有的 C2PA 清单无效：{codes}",
        hint_en: "find out what changed the file; signing over it would hide that", hint_zh: "请先查明文件被何种操作改动；直接重新签名会掩盖改动"
    }
    /// The manifest code cannot handle this media type.
    MANIFEST_UNSUPPORTED = "manifest.unsupported" {
        en: "C2PA manifests are not supported in {mime}",
        zh: "不支持在 {mime} 中使用 C2PA 清单"
    }
    /// The manifest code could not parse the file around the manifest.
    MANIFEST_ASSET = "manifest.asset" {
        en: "the file cannot be searched for a C2PA manifest: {reason}",
        zh: "无法在文件中查找 C2PA 清单：{reason}"
    }
    /// Writing the manifest failed.
    MANIFEST_FAILED = "manifest.failed" {
        en: "the C2PA manifest could not be written: {reason}",
        zh: "无法写入 C2PA 清单：{reason}"
    }
    /// The borrowed manifest code panicked.
    MANIFEST_PANIC = "manifest.panic" {
        en: "the C2PA library stopped on an internal error",
        zh: "C2PA 库因内部错误而中止",
        hint_en: "please report this file", hint_zh: "请反馈此文件"
    }
    /// An assertion label that a caller may not use.
    ASSERTION_LABEL = "manifest.assertion_label" {
        en: "{label} cannot be the label of a vendor assertion",
        zh: "{label} 不能用作自定义断言的标签",
        hint_en: "use a reversed domain name of your own, for example com.example.label", hint_zh: "请使用自有域名的反写，例如 com.example.label"
    }
    /// A value of the plan that cannot be written.
    MANIFEST_VALUE = "manifest.value" {
        en: "{field} cannot be written to a C2PA manifest: {value}",
        zh: "{field} 不能写入 C2PA 清单：{value}"
    }
}
