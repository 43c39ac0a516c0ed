//! Files as large as the limits allow.

use super::{BOUND, HEAP, alone, label, plain};

/// As large as the limits allow: bounded in memory and in counted work, whatever the machine.
#[test]
fn large_files_are_bounded_too() {
    const FULL: usize = 15 << 20;
    let _one = alone();
    let svg = |head: &str, part: &str, tail: &str| {
        [head, &part.repeat((FULL - head.len() - tail.len()) / part.len()), tail].concat().into_bytes()
    };
    let gif = |part: &[u8]| [b"GIF89a\x01\0\x01\0\0\0\0", &*part.repeat((64 << 20) / part.len()), b";"].concat();
    let namespace = format!("<svg xmlns:a='{}'><metadata>", "u".repeat(FULL / 2));
    let namespaces = |n: usize| {
        let list: String = (n * 200..(n + 1) * 200).map(|n| format!(" xmlns:p{n}=''")).collect();
        format!("<g{list}></g>")
    };
    let prefixes = format!("<svg>{}</svg>", (0..4_000).map(namespaces).collect::<String>()).into_bytes();
    let entities: String = (0..300_000).map(|n| format!("<!ENTITY e{n} \"&e{n};\">")).collect();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("elements", svg("<svg>", "<g/>", "</svg>"), "limit"),
        ("nested elements", svg("<svg>", "<a>", ""), "limit"),
        ("packets", svg("<svg><metadata>", "<rdf:RDF/>", "</metadata></svg>"), "limit"),
        ("stores", svg("<svg><metadata>", "<c2pa:manifest/>", "</metadata></svg>"), "limit"),
        ("a long namespace for each packet", svg(&namespace, "<rdf:RDF a:b=''/>", "</metadata></svg>"), "limit"),
        ("prefixes", prefixes, "limit"),
        ("entities", format!("<!DOCTYPE svg [{entities}]><svg/>").into_bytes(), "limit"),
        ("a long text", svg("<svg><desc>", "x", "</desc></svg>"), ""),
        ("a long comment", svg("<svg><!--", "x", "--></svg>"), ""),
        ("references", svg("<svg><metadata><a>", "&amp;", "</a></metadata></svg>"), ""),
        ("blocks", gif(b"\x21\xF9\0"), "limit"),
        ("frames", gif(b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\0"), "limit"),
        ("zeros", gif(&[0]), ""),
    ];
    for (name, bytes, code) in cases {
        let before = HEAP.allocated();
        let peak = HEAP.max_allocated();
        let verified = biaoshi::verify(&bytes).map(drop);
        let labelled = plain().label(&mut std::io::Cursor::new(&bytes), &label(), &mut std::io::sink()).map(drop);
        let most = HEAP.max_allocated();
        assert!(most <= peak.max(before + BOUND), "{name} took {} MiB", (most - before) >> 20);
        assert_eq!(verified.err().map_or("", |e| e.code()), code, "{name}");
        let internal = |e: &biaoshi::Error| matches!(e, biaoshi::Error::Internal(_) | biaoshi::Error::Io { .. });
        assert!(!labelled.is_err_and(|e| internal(&e)), "{name}");
    }
}
