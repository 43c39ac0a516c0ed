#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use proptest::prelude::*;

use super::*;

const HEAD: &str =
    r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">"#;
const TAIL: &str = "</rdf:RDF></x:xmpmeta>";
const JSON: &str = r#"{"Label":"1","ContentProducer":"a<b>&c"}"#;

fn limits() -> Limits {
    Limits::default()
}

fn packet(inner: &str) -> String {
    format!("{HEAD}{inner}{TAIL}")
}

fn described(inner: &str) -> String {
    packet(&format!(r#"<rdf:Description rdf:about="" xmlns:a="urn:a">{inner}</rdf:Description>"#))
}

fn view(packet: impl AsRef<[u8]>) -> XmpView {
    read(packet.as_ref(), &limits()).unwrap_or_else(|e| panic!("{e:?}: {}", String::from_utf8_lossy(packet.as_ref())))
}

fn kind(packet: impl AsRef<[u8]>) -> XmpErrorKind {
    read(packet.as_ref(), &limits()).unwrap_err().kind
}

fn aigc(value: &str) -> Vec<Addition> {
    vec![Addition::new(TC260, "TC260", "AIGC", value)]
}

fn simple(view: &XmpView) -> Vec<(&str, &str, Form)> {
    view.properties.iter().map(|p| (p.local.as_str(), p.value.as_str(), p.form)).collect()
}

/// Inserts and checks that every other byte stayed and that the value reads back.
fn check_insert(packet: &[u8], value: &str) -> (Edit, XmpView) {
    let edit = insertion(packet, &aigc(value), &limits())
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(packet)));
    let out = insert(Some(packet), &aigc(value), &limits()).unwrap();
    assert_eq!(out[..edit.range.start], packet[..edit.range.start]);
    let after = edit.range.start + edit.bytes.len();
    assert_eq!(out[after..], packet[edit.range.end..]);
    assert!(edit.range.len() <= 4, "{edit:?}");
    let seen = view(&out);
    let found: Vec<_> = seen.find(TC260, "AIGC").collect();
    assert_eq!(found.len(), 1, "{}", String::from_utf8_lossy(&out));
    assert_eq!(found[0].value, value);
    let before = view(packet);
    assert_eq!(seen.properties.len(), before.properties.len() + 1);
    (edit, seen)
}

#[test]
fn every_form_of_a_property_is_read_with_its_bytes() {
    let text = packet(
        r#"<rdf:Description rdf:about="urn:x" xmlns:a="urn:a" a:attr='1&quot;2' a:two = "x
y"><a:el xml:lang="en">t&amp;<!-- c --><![CDATA[<&>]]>&#x4E2D;</a:el><a:res rdf:resource="http://r"/><a:alt><rdf:Alt><rdf:li xml:lang="x-default">one</rdf:li><rdf:li>two</rdf:li></rdf:Alt></a:alt><a:q rdf:parseType="Resource"><rdf:value>v</rdf:value><a:qual>z</a:qual></a:q><a:d><rdf:Description><rdf:value>w</rdf:value></rdf:Description></a:d><a:s rdf:parseType="Resource"><a:f>no</a:f></a:s><a:short a:f="1"/><a:empty/><a:none></a:none></rdf:Description>"#,
    );
    let seen = view(&text);
    use Form::*;
    assert_eq!(
        simple(&seen),
        [
            ("attr", "1\"2", Attribute),
            ("two", "x y", Attribute),
            ("el", "t&<&>中", Element),
            ("res", "http://r", Resource),
            ("alt", "one", Item),
            ("alt", "two", Item),
            ("q", "v", Qualified),
            ("d", "w", Qualified),
            ("s", "", Structure),
            ("short", "", Structure),
            ("empty", "", Element),
            ("none", "", Element),
        ]
    );
    let stored: Vec<&str> = seen.properties.iter().map(|p| &text[p.range.clone()]).collect();
    assert_eq!(
        stored[..8],
        ["1&quot;2", "x\ny", "t&amp;<!-- c --><![CDATA[<&>]]>&#x4E2D;", "http://r", "one", "two", "v", "w"]
    );
    assert!(seen.properties.iter().all(|p| &*p.namespace == "urn:a" && p.prefix == "a"));
    assert!(seen.properties.iter().all(|p| &*p.about == "urn:x"));
    assert_eq!(seen.rdf_end, text.find("</rdf:RDF>"));
    assert_eq!(seen.writable, None);
}

#[test]
fn namespaces_follow_scopes() {
    let text = r#"<R xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><Description r:about=""><p:AIGC xmlns:p="http://www.tc260.org.cn/ns/AIGC/1.0/">v</p:AIGC><p:x xmlns:p="urn:p">w</p:x></Description></R>"#;
    assert!(view(text).properties.is_empty(), "no RDF element");
    let seen = view(text.replace("<R ", "<RDF ").replace("</R>", "</RDF>"));
    assert_eq!(seen.find(TC260, "AIGC").next().unwrap().value, "v");
    assert_eq!(seen.find("urn:p", "x").next().unwrap().value, "w");
    assert_eq!(kind(described("<b:x>1</b:x>")), XmpErrorKind::Prefix("b".into()));
    let ended = described(r#"<a:x xmlns:b="urn:b">1</a:x><b:y>2</b:y>"#);
    assert_eq!(kind(ended), XmpErrorKind::Prefix("b".into()));
}

#[test]
fn oddities_are_named() {
    let twice = format!("{}{}", described("<a:x>1</a:x>"), described("<a:x>2</a:x>"));
    let seen = view(&twice);
    assert_eq!(simple(&seen), [("x", "1", Form::Element), ("x", "2", Form::Element)]);
    assert_eq!(seen.anomalies, [Anomaly::NoWrapper, Anomaly::SeveralRdf]);
    let odd = format!(
        "<?xml version=\"1.0\" encoding=\"latin1\"?><?xpacket begin=\"\" id=\"\"??>{}<?xpacket end='r'?>\0\0",
        packet(r#"<a:T xmlns:a="urn:a" b="1"><a:x>1</a:x></a:T><rdf:Description rdf:about="urn:b"/>"#)
    );
    let seen = view(&odd);
    assert_eq!(simple(&seen), [("x", "1", Form::Element)]);
    assert_eq!(seen.writable, Some(false));
    assert_eq!(
        seen.anomalies,
        [
            Anomaly::XmlDeclaration,
            Anomaly::DeclaredEncoding("latin1".into()),
            Anomaly::TypedNode("a:T".into()),
            Anomaly::UnqualifiedAttribute("b".into()),
            Anomaly::SeveralSubjects,
            Anomaly::TrailingNuls(2),
        ]
    );
}

#[test]
fn what_came_before_an_error_stays_available() {
    let good = "<a:x>1</a:x>";
    for (bad, expected) in [
        ("<a:y>", XmpErrorKind::EndTag("rdf:Description".into())),
        ("</a:y>", XmpErrorKind::EndTag("a:y".into())),
        ("<a:y>&nope;</a:y>", XmpErrorKind::Entity("nope".into())),
        ("<a:y>&#0;</a:y>", XmpErrorKind::Entity("#0".into())),
        ("<a:y>& </a:y>", XmpErrorKind::Entity("&".into())),
        ("<a:y b='&e;'/>", XmpErrorKind::Entity("e".into())),
        ("<a:y b='1' b='2'/>", XmpErrorKind::Attribute("b".into())),
        ("<a:y b/>", XmpErrorKind::Attribute("b".into())),
        ("<a:y b=1/>", XmpErrorKind::Attribute("b".into())),
        ("<!DOCTYPE x [<!ENTITY e 'x'>]>", XmpErrorKind::Doctype),
        ("<!ENTITY e 'x'>", XmpErrorKind::Syntax),
    ] {
        let text = described(&format!("{good}{bad}"));
        let (seen, error) = read_lenient(text.as_bytes(), &limits());
        assert_eq!(simple(&seen), [("x", "1", Form::Element)], "{bad}");
        let error = error.unwrap_or_else(|| panic!("{bad}"));
        assert_eq!(error.kind, expected, "{bad}");
        assert!(error.offset >= text.find(bad).unwrap() && error.offset <= text.len(), "{bad}");
        assert!(insertion(text.as_bytes(), &aigc("v"), &limits()).is_err());
    }
    let mut bytes = described(&format!("{good}<a:y>z</a:y>")).into_bytes();
    let at = bytes.iter().position(|b| *b == b'z').unwrap();
    bytes[at] = 0xFF;
    let (seen, error) = read_lenient(&bytes, &limits());
    assert_eq!(simple(&seen), [("x", "1", Form::Element)]);
    assert_eq!(error, Some(XmpError { kind: XmpErrorKind::Encoding(Encoding::Utf8), offset: at }));
    for cut in [HEAD, "<", "<?xpacket", "<!--", "<![CDATA[", "<a b='"] {
        assert!(read(cut.as_bytes(), &limits()).is_err(), "{cut}");
    }
    let error = Error::from(read(b"<a", &limits()).unwrap_err());
    assert_eq!(error.code(), "xmp.syntax");
}

#[test]
fn limits_hold_at_n_and_n_plus_one() {
    let nested = |n: usize| described(&format!("<a:x>{}{}</a:x>", "<a:y>".repeat(n), "</a:y>".repeat(n)));
    assert!(read(nested(60).as_bytes(), &limits()).is_ok());
    let limit = |text: &str, limits: &Limits| match read(text.as_bytes(), limits) {
        Ok(_) => None,
        Err(XmpError { kind: XmpErrorKind::Limit { name, .. }, .. }) => Some(name),
        Err(e) => panic!("{e:?}"),
    };
    assert_eq!(limit(&nested(61), &limits()), Some("xml_depth"));
    let many = |n: usize| {
        let attributes: String = (0..n).map(|i| format!(" a:b{i}='1'")).collect();
        described(&format!("<a:x{attributes}/>"))
    };
    assert_eq!(limit(&many(256), &limits()), None);
    assert_eq!(limit(&many(257), &limits()), Some("xml_attributes"));
    let long = |n: usize| described(&format!("<a:x a:b='{}'/>", "v".repeat(n - 13)));
    assert_eq!(limit(&long(65_536), &limits()), None);
    assert_eq!(limit(&long(65_537), &limits()), Some("xml_tag_bytes"));
    let few = Limits { segments: 3, ..limits() };
    assert_eq!(limit(&described(&"<a:x/>".repeat(3)), &few), None);
    assert_eq!(limit(&described(&"<a:x/>".repeat(4)), &few), Some("segments"));
    let text = described("");
    let size = u64::try_from(text.len()).unwrap();
    assert_eq!(limit(&text, &Limits { metadata_bytes: size, ..limits() }), None);
    assert_eq!(limit(&text, &Limits { metadata_bytes: size - 1, ..limits() }), Some("metadata_bytes"));
}

/// Seconds that this thread has had a processor, where the system tells; else of the clock.
fn processor_seconds(since: std::time::Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = told.and_then(|line| line.split(' ').next()?.parse::<f64>().ok());
    spent.map_or_else(|| since.elapsed().as_secs_f64(), |nanoseconds| nanoseconds * 1e-9)
}

#[test]
fn hostile_packets_cost_time_in_proportion_to_their_size() {
    let shapes: [fn(usize) -> String; 6] = [
        |n| "<a>".repeat(n),
        |n| described(&"<a:x/>".repeat(n)),
        |n| described(&format!("<a:x>{}</a:x>", "&amp;".repeat(n))),
        |n| described(&format!("<a:x a:b='{}'/>", "&".repeat(n))),
        |n| described(&(0..n).map(|i| format!("<p{i}:x xmlns:p{i}='TC260{i}'/>")).collect::<String>()),
        |n| described(&(0..n).map(|i| format!("<TC260{i}:x xmlns:TC260{i}='u'/>")).collect::<String>()),
    ];
    let roomy = Limits { segments: usize::MAX, ..limits() };
    let clock = std::time::Instant::now();
    for (i, shape) in shapes.iter().enumerate() {
        let once = |text: &str| {
            let start = processor_seconds(clock);
            let _ = read(text.as_bytes(), &roomy);
            let _ = insertion(text.as_bytes(), &aigc("v"), &roomy);
            processor_seconds(clock) - start
        };
        let time = |n: usize| {
            let text = shape(n);
            (0..3).map(|_| once(&text)).fold(f64::MAX, f64::min)
        };
        let (small, large) = (time(10_000), time(40_000));
        // Four times the size; what is quadratic would take sixteen times as long.
        assert!(large < 10.0 * small.max(0.008), "shape {i}: {small} s, then {large} s");
    }
}

#[test]
fn insertion_finds_the_right_end_tag() {
    let cases = [
        described("<a:x>1</a:x>"),
        described("<!-- </rdf:RDF> -->"),
        described("<a:x><![CDATA[</rdf:RDF>]]></a:x>"),
        described("<a:x a:b='</rdf:RDF>'/>"),
        format!("<!-- </rdf:RDF> -->{}", described("<a:x>1</a:x>")),
        format!("{}{}", described("<a:x>1</a:x>"), described("<a:x>2</a:x>")),
        described("").replace("rdf:", "r:").replace(":rdf=", ":r="),
        packet(""),
        packet(" \n "),
        format!("<?xml version='1.0'?><?xpacket begin='\u{feff}'?>{}<?xpacket end='w'??>", described("")),
        format!("<?xpacket begin=''?><?xml version='1.0'?>\n{}\n   \n<?xpacket end='r'?>\0", described("")),
        format!("\u{feff}{}\0\0\0", described("<a:x>中😀</a:x>")),
        r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF>"#.to_owned(),
        r#"<RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></RDF>"#.to_owned(),
    ];
    for text in &cases {
        let (edit, _) = check_insert(text.as_bytes(), JSON);
        assert!(edit.range.is_empty());
        assert_eq!(Some(edit.range.start), view(text).rdf_end);
    }
    for text in [
        r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>"#.to_owned(),
        r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" /></x:xmpmeta>"#.to_owned(),
        r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"/>"#.to_owned(),
        "<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'/><?xpacket end='w'?>".to_owned(),
    ] {
        let (edit, _) = check_insert(text.as_bytes(), JSON);
        assert_eq!(text.as_bytes()[edit.range.clone()], *b"/");
    }
    for text in [
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>",
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><x:xmpmeta> </x:xmpmeta><!-- --></x:xmpmeta>",
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'> </x:xmpmeta><other/>",
        "<?xpacket begin=''?>  <?xpacket end='w'?>",
        "",
        " \0",
    ] {
        check_insert(text.as_bytes(), JSON);
    }
    let seen = insert(Some(b"<?xpacket begin=''?>  <?xpacket end='w'?>"), &aigc("v"), &limits()).unwrap();
    assert!(seen.ends_with(b"</x:xmpmeta><?xpacket end='w'?>"));
}

#[test]
fn the_new_description_is_about_the_same_resource() {
    let text = packet(r#"<rdf:Description rdf:about="uuid:&lt;1&gt;&#10;"/>"#);
    let (_, seen) = check_insert(text.as_bytes(), "v");
    assert_eq!(&*seen.properties[0].about, "uuid:<1>\n");
    assert!(!seen.anomalies.contains(&Anomaly::SeveralSubjects));
}

#[test]
fn prefixes_do_not_clash() {
    let other = described(r#"<TC260:x xmlns:TC260="urn:other">1</TC260:x>"#);
    let (_, seen) = check_insert(other.as_bytes(), "v");
    assert_eq!(seen.find(TC260, "AIGC").next().unwrap().prefix, "TC2601");
    let same = described(r#"<TC260:x xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/">1</TC260:x>"#);
    let (_, seen) = check_insert(same.as_bytes(), "v");
    assert_eq!(seen.find(TC260, "AIGC").next().unwrap().prefix, "TC260");
    let two = [
        Addition::new("urn:1", "p", "a", "1"),
        Addition::new("urn:2", "p", "a", "2"),
        Addition::new("urn:1", "q", "b", "3"),
        Addition::new("urn:3", "rdf", "c", "4"),
    ];
    let seen = view(insert(Some(packet("").as_bytes()), &two, &limits()).unwrap());
    let found: Vec<_> = seen.properties.iter().map(|p| (&*p.namespace, &*p.prefix, &*p.value)).collect();
    assert_eq!(found, [("urn:1", "p", "1"), ("urn:2", "p1", "2"), ("urn:1", "p", "3"), ("urn:3", "rdf1", "4")]);
}

#[test]
fn a_property_that_is_there_is_refused_in_any_form() {
    let ns = r#"xmlns:t="http://www.tc260.org.cn/ns/AIGC/1.0/""#;
    for inner in [
        format!("<rdf:Description rdf:about='' {ns} t:AIGC='1'/>"),
        format!("<rdf:Description rdf:about='' {ns}><t:AIGC>1</t:AIGC></rdf:Description>"),
        format!("<rdf:Description rdf:about='' {ns}><t:AIGC rdf:resource='x'/></rdf:Description>"),
        format!("<rdf:Description rdf:about='' {ns}><t:AIGC t:f='x'/></rdf:Description>"),
    ] {
        let error = insertion(packet(&inner).as_bytes(), &aigc("v"), &limits()).unwrap_err();
        assert_eq!(error.code(), "xmp.property_exists", "{inner}");
        assert!(matches!(error, Error::Refused(_)));
    }
    assert_eq!(insertion(b"<svg/>", &aigc("v"), &limits()).unwrap_err().code(), "xmp.no_rdf");
    for bad in [
        Addition::new(TC260, "TC260", "AIGC", "a\u{0}"),
        Addition::new(TC260, "TC260", "AIGC", "\u{ffff}"),
        Addition::new(TC260, "x y", "AIGC", ""),
        Addition::new(TC260, "xmlns", "AIGC", ""),
        Addition::new(TC260, "TC260", "", ""),
        Addition::new("", "TC260", "AIGC", ""),
        Addition::new(RDF, "r", "AIGC", ""),
    ] {
        assert_eq!(insert(None, &[bad], &limits()).unwrap_err().code(), "xmp.value");
    }
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    let property = &aigc(JSON)[0];
    for (form, inner) in [
        (
            "element",
            format!(
                "<rdf:Description xmlns:T=\"{TC260}\"><T:AIGC>old &amp; <![CDATA[more]]></T:AIGC><a:b xmlns:a=\"u\">x</a:b></rdf:Description>"
            ),
        ),
        ("attribute", format!("<rdf:Description xmlns:T=\"{TC260}\" T:AIGC='old' />")),
    ] {
        let old = packet(&inner);
        for wide in [false, true] {
            let stored =
                if wide { old.encode_utf16().flat_map(u16::to_le_bytes).collect() } else { old.clone().into_bytes() };
            let stored = if wide { [&[0xFF, 0xFE][..], &stored].concat() } else { stored };
            let edit = replacement(&stored, property, &limits()).unwrap().unwrap();
            let new = edit.apply(&stored);
            let seen = view(&new);
            let found: Vec<_> = seen.find(TC260, "AIGC").map(|p| p.value.as_str()).collect();
            assert_eq!(found, [JSON], "{form} {wide}");
            assert_eq!(seen.properties.len(), view(&stored).properties.len(), "{form}");
            assert_eq!(new[..edit.range.start], stored[..edit.range.start]);
            assert_eq!(new[edit.range.start + edit.bytes.len()..], stored[edit.range.end..]);
        }
    }
    let none = packet("<rdf:Description/>");
    assert_eq!(replacement(none.as_bytes(), property, &limits()).unwrap(), None);
    for inner in ["<T:AIGC/>", "<T:AIGC>1</T:AIGC><T:AIGC>2</T:AIGC>", "<T:AIGC rdf:resource=\"u\"/>"] {
        let old = packet(&format!("<rdf:Description xmlns:T=\"{TC260}\">{inner}</rdf:Description>"));
        let error = replacement(old.as_bytes(), property, &limits()).unwrap_err();
        assert_eq!(error.code(), "xmp.property_exists", "{inner}");
    }
}

#[test]
fn wide_encodings_are_kept() {
    for encoding in [Encoding::Utf16Be, Encoding::Utf16Le, Encoding::Utf32Be, Encoding::Utf32Le] {
        for bom in ["", "\u{feff}"] {
            for end in [&[][..], &[0; 1], &[0; 5]] {
                let long = "中😀x".repeat(300);
                let text = described(&format!("<a:x>{long}</a:x><a:y>2</a:y>"));
                let mut bytes = encoding.encode(&format!("{bom}{text}"));
                let clean = bytes.len();
                bytes.extend(end);
                let (edit, seen) = check_insert(&bytes, "值😀<\"");
                assert_eq!(seen.encoding, encoding);
                assert!(seen.anomalies.contains(&Anomaly::Wide(encoding)));
                let nuls = Anomaly::TrailingNuls(bytes.len() - clean);
                assert_eq!(seen.anomalies.contains(&nuls), !end.is_empty());
                let tail = encoding.encode(TAIL);
                assert!(bytes[edit.range.start..].starts_with(&tail));
                for p in &view(&bytes).properties {
                    assert_eq!(bytes[p.range.clone()], encoding.encode(&p.value));
                }
            }
        }
    }
    let mut cut = Encoding::Utf16Le.encode(&described("<a:x>1</a:x>"));
    cut.extend([0x00, 0xD8]);
    let (seen, error) = read_lenient(&cut, &limits());
    assert_eq!(seen.properties.len(), 1);
    let expected = XmpErrorKind::Encoding(Encoding::Utf16Le);
    assert_eq!(error, Some(XmpError { kind: expected, offset: cut.len() - 2 }));
}

#[test]
fn a_fresh_packet_has_wrapper_and_padding() {
    let out = insert(None, &aigc(JSON), &limits()).unwrap();
    let seen = view(&out);
    assert_eq!(simple(&seen), [("AIGC", JSON, Form::Element)]);
    assert_eq!((seen.writable, seen.anomalies.len()), (Some(true), 0));
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains(r#"TC260:AIGC>{&quot;Label&quot;:&quot;1&quot;"#), "{text}");
    assert!(!text.contains("<b>") && text.contains("a&lt;b&gt;&amp;c"), "{text}");
    let after = text.split("</x:xmpmeta>\n").nth(1).unwrap();
    assert_eq!(after.len() - "<?xpacket end=\"w\"?>".len(), 2048);
}

#[test]
fn extended_xmp_is_announced_by_its_guid() {
    let text =
        packet(r#"<rdf:Description rdf:about="" xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="0123"/>"#);
    assert_eq!(extended_guid(&view(text)), Some("0123".into()));
    assert_eq!(extended_guid(&view(packet(""))), None);
}

fn value() -> impl Strategy<Value = String> {
    let awkward = prop_oneof![
        any::<char>(),
        prop::sample::select(vec!['&', '<', '>', '"', '\'', ']', '\r', '\n', '\t', ' ', '中', '😀', '{']),
    ];
    prop_oneof![
        prop::collection::vec(awkward, 0..60)
            .prop_map(|chars| chars.into_iter().filter(|c| text::is_xml_char(*c)).collect::<String>()),
        Just("]]>".to_owned()),
        Just("\"中😀".repeat(512)),
        Just("</TC260:AIGC></rdf:RDF>".to_owned()),
    ]
}

fn part() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "<a:x>1</a:x>",
        "<!-- </rdf:RDF> -->",
        "<a:y a:z='</rdf:RDF>'/>",
        "<a:c><![CDATA[</rdf:RDF>]]></a:c>",
        "\n  ",
        "<a:b><rdf:Bag><rdf:li>x</rdf:li></rdf:Bag></a:b>",
        "<?pi </rdf:RDF>?>",
        "<a:中>😀</a:中>",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn insertion_keeps_every_other_byte_and_reads_back(
        value in value(),
        inner in prop::collection::vec(part(), 0..6),
        wrap in any::<bool>(),
        encoding in prop::sample::select(vec![Encoding::Utf8, Encoding::Utf16Be, Encoding::Utf16Le, Encoding::Utf32Be, Encoding::Utf32Le]),
    ) {
        let mut text = described(&inner.concat());
        if wrap {
            text = format!("<?xpacket begin='\u{feff}' id='W5M0MpCehiHzreSzNTczkc9d'?>\n{text}\n{}<?xpacket end='w'?>", " ".repeat(200));
        }
        let bytes = encoding.encode(&text);
        let (edit, _) = check_insert(&bytes, &value);
        let mut out = edit.apply(&bytes);
        out.drain(edit.range.start..edit.range.start + edit.bytes.len());
        prop_assert_eq!(out, bytes);
    }

    #[test]
    fn a_fresh_packet_holds_any_legal_value(value in value()) {
        let out = insert(None, &aigc(&value), &limits()).unwrap();
        prop_assert_eq!(&view(&out).properties[0].value, &value);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_lenient(&bytes, &limits());
        let _ = insertion(&bytes, &aigc("v"), &limits());
    }

    #[test]
    fn xml_like_text_is_read_without_panic(
        parts in prop::collection::vec(prop::sample::select(vec![
            "<", ">", "/", "</", "/>", "<a:x", "<a:x>", "</a:x>", "<rdf:RDF", "</rdf:RDF>", "<rdf:li>", "</rdf:li>", "<rdf:Description>",
            "</rdf:Description>", " xmlns='u'", " xmlns:a='u'", "='", "'", "\"", "&", ";", "&#x", "&amp;", "<!--", "-->", "<![CDATA[", "]]>",
            "<?", "?>", "<!DOCTYPE", "[", "中", "\0", " ", "=", "xpacket end",
        ]), 0..40),
        wrapped in any::<bool>(),
    ) {
        let inner = parts.concat();
        let text = if wrapped { described(&inner) } else { inner };
        let (seen, error) = read_lenient(text.as_bytes(), &limits());
        for property in &seen.properties {
            prop_assert!(text.get(property.range.clone()).is_some(), "{:?} in {}", property, text);
        }
        if let Some(error) = &error {
            prop_assert!(error.offset <= text.len());
        }
        if let Ok(edit) = insertion(text.as_bytes(), &aigc("v"), &limits()) {
            prop_assert!(error.is_none());
            let out = edit.apply(text.as_bytes());
            prop_assert_eq!(view(&out).find(TC260, "AIGC").count(), 1, "{}", String::from_utf8_lossy(&out));
        }
    }

    #[test]
    fn a_damaged_packet_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = described("<a:x>1</a:x><a:y><rdf:Alt><rdf:li>2</rdf:li></rdf:Alt></a:y>").into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read_lenient(&bytes, &limits());
        if let Ok(edit) = insertion(&bytes, &aigc("v"), &limits()) {
            prop_assert_eq!(view(edit.apply(&bytes)).find(TC260, "AIGC").count(), 1);
        }
    }
}
