#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::metadata::xmp;

const RDF: &str = "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"";

fn identify(bytes: &[u8]) -> bool {
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &Limits::default()).unwrap();
    Svg.identify(&Head { bytes, extension: None }, &mut source).unwrap().is_some()
}

fn read(bytes: &[u8]) -> (SegmentMap, Vec<RawValue>) {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let mut map = Svg.map(Format::Svg, &mut source, &limits).unwrap();
    let mut at = 0;
    for segment in &map.segments {
        assert_eq!(segment.range.start, at, "{map:#?}");
        assert!(segment.range.start <= segment.payload.start && segment.payload.end <= segment.range.end, "{map:#?}");
        at = segment.range.end;
    }
    assert_eq!(at, bytes.len() as u64, "{map:#?}");
    let values = Svg.values(&mut map, &mut source, &limits).unwrap();
    (map, values)
}

fn essence(bytes: &[u8]) -> Vec<u8> {
    read(bytes).0.essence().into_iter().flat_map(|r| bytes[r.start as usize..r.end as usize].to_vec()).collect()
}

/// Adds a property as a labeler does.
fn label(bytes: &[u8], value: &str) -> Result<Vec<u8>> {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits)?;
    let mut map = Svg.map(Format::Svg, &mut source, &limits)?;
    assert!(!map.damaged, "{:?}", map.findings);
    let values = Svg.values(&mut map, &mut source, &limits)?;
    let place = map.segments.iter().find(|s| s.slot == Some(Slot::Xmp)).map(|s| s.range.start);
    let packet = values.iter().find(|v| v.slot == Slot::Xmp && Some(v.range.start) == place).map(|v| &v.bytes[..]);
    let new = xmp::insert(packet, &[xmp::Addition::new("http://e/", "e", "p", value)], &limits)?;
    let new = NewValue { slot: Slot::Xmp, bytes: new };
    let mut out = Vec::new();
    Svg.put(&map, &mut source, &[new], &limits)?.patch.apply(&mut source, &mut out)?;
    assert_eq!(essence(&out), essence(bytes), "{}", String::from_utf8_lossy(&out));
    let found: Vec<String> = read(&out)
        .1
        .iter()
        .filter(|v| v.slot == Slot::Xmp)
        .flat_map(|v| {
            let view = xmp::read(&v.bytes, &limits).unwrap();
            view.find("http://e/", "p").map(|p| p.value.clone()).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(found, [value], "{}", String::from_utf8_lossy(&out));
    Ok(out)
}

fn labelled(text: &str) -> String {
    String::from_utf8(label(text.as_bytes(), "值 & <v>").unwrap()).unwrap()
}

#[test]
fn found_by_the_root_element() {
    for yes in [
        "<svg/>",
        " \n<?xml version='1.0'?><!-- <html> --><!DOCTYPE svg [<!ENTITY a \"<b>\">]><svg:svg xmlns:svg='x'>",
        "<svg width=\"1",
        "<!DOCTYPE svg PUBLIC \"cut",
        "\u{feff}<svg\nxmlns=''>",
    ] {
        assert!(identify(yes.as_bytes()), "{yes}");
    }
    for no in ["", "<svgs/>", "<html><svg/></html>", "<!DOCTYPE html><svg/>x</html", "a<svg/>", "<!-- <svg/>", "{}"] {
        assert!(!identify(no.as_bytes()), "{no}");
    }
    let wide: Vec<u8> = "<svg/>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert!(identify(&wide));
}

#[test]
fn a_new_element_stands_first_and_nothing_else_moves() {
    let out =
        labelled("<?xml version='1.0'?>\r\n<!DOCTYPE svg>\r\n<svg a='>'\r\n>\r\n<g/>&#13;</svg >\r\n<!-- end -->\r\n");
    assert!(out.starts_with("<?xml version='1.0'?>\r\n<!DOCTYPE svg>\r\n<svg a='>'\r\n><metadata><?xpacket "), "{out}");
    assert!(out.ends_with("<?xpacket end=\"w\"?></metadata>\r\n<g/>&#13;</svg >\r\n<!-- end -->\r\n"), "{out}");
}

#[test]
fn empty_elements_are_opened() {
    assert!(labelled("<svg />").starts_with("<svg ><metadata><?xpacket"));
    assert!(labelled("<svg/>\n").ends_with("</metadata></svg>\n"));
    let out = labelled("<s:svg xmlns:s='http://www.w3.org/2000/svg'/>");
    assert!(out.contains("'><s:metadata><?xpacket") && out.ends_with("</s:metadata></s:svg>"), "{out}");
    let out = labelled("<svg><metadata id='m'/><g/></svg>");
    assert!(out.starts_with("<svg><metadata id='m'><?xpacket") && out.ends_with("</metadata><g/></svg>"), "{out}");
}

#[test]
fn a_packet_of_its_own_is_extended_in_place() {
    let packet = format!(
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF {RDF}>\
         </rdf:RDF></x:xmpmeta>  \n<?xpacket end='w'?>"
    );
    let text = format!("<svg><g/><metadata>\n{packet}\n</metadata></svg>");
    let (map, values) = read(text.as_bytes());
    assert_eq!(values[0].bytes, packet.as_bytes());
    assert_eq!(values[0].plain_at, Some(text.find("<?xpacket").unwrap() as u64));
    assert_eq!(map.segments.iter().filter(|s| s.slot == Some(Slot::Xmp)).count(), 1);
    let (head, tail) = text.split_once("</rdf:RDF>").unwrap();
    let out = labelled(&text);
    assert!(out.starts_with(head) && out.ends_with(&format!("</rdf:RDF>{tail}")), "{out}");
}

#[test]
fn borrowed_prefixes_are_lent_and_given_back() {
    let text = format!(
        "<!DOCTYPE svg [<!ENTITY cc \"http://creativecommons.org/ns#\">]>\n\
         <svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:cc=\"&cc;\" {RDF} xmlns:no=\"http://no/\"><metadata>\n\
         <rdf:RDF><cc:Work rdf:about=\"\"/></rdf:RDF></metadata></svg>"
    );
    let (_, values) = read(text.as_bytes());
    let lent = String::from_utf8(values[0].bytes.clone()).unwrap();
    let declarations = format!("<metadata xmlns:cc=\"http://creativecommons.org/ns#\" {RDF}>");
    assert_eq!(lent, format!("{declarations}<rdf:RDF><cc:Work rdf:about=\"\"/></rdf:RDF></metadata>"));
    assert_eq!(values[0].plain_at, None);
    let (head, tail) = text.split_once("</rdf:RDF>").unwrap();
    let out = labelled(&text);
    assert!(out.starts_with(head) && out.ends_with(&format!("</rdf:RDF>{tail}")), "{out}");
    assert!(!out.contains("<metadata xmlns"), "{out}");
    // RDF that closes itself, in the default namespace.
    let root = format!("<s:svg xmlns:s=\"http://www.w3.org/2000/svg\" {}>", RDF.replace(":rdf", ""));
    let out = labelled(&format!("{root}<s:metadata><RDF/></s:metadata></s:svg>"));
    assert!(out.contains("><RDF><rdf:Description"), "{out}");
}

#[test]
fn other_encodings_get_their_own_bytes() {
    for (mark, unit) in
        [(true, u16::to_le_bytes as fn(u16) -> [u8; 2]), (true, u16::to_be_bytes), (false, u16::to_le_bytes)]
    {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><svg><title>标题😀</title></svg>";
        let text = format!("{}{text}", if mark { "\u{feff}" } else { "" });
        let bytes: Vec<u8> = text.encode_utf16().flat_map(unit).collect();
        let out = label(&bytes, "值😀").unwrap();
        let again = label(&out, "x");
        assert_eq!(again.unwrap_err().code(), "xmp.property_exists");
    }
    let legacy = b"<?xml version=\"1.0\" encoding='GBK'?><svg><title>\xB1\xEA\xCC\xE2</title></svg>";
    let out = label(legacy, "值😀").unwrap();
    assert!(out.windows(8).any(|w| w == b"&#x503C;") && out.windows(4).any(|w| w == b"\xB1\xEA\xCC\xE2"));
    let unread = format!("<svg><metadata><rdf:RDF {RDF}>?</rdf:RDF></metadata></svg>").replace('?', "\u{fffd}");
    let unread = [b"<?xml version=\"1.0\" encoding='latin1'?>", unread.as_bytes()].concat();
    let (map, values) = read(&unread);
    assert!(values.is_empty() && map.findings[0].code() == "file.value_unreadable");
    for broken in [&b"<?xml version=\"1.0\" encoding='EBCDIC-US'?><svg/>"[..], b"<svg>\xFF</svg>", b"<svg/>\0"] {
        assert!(read(broken).0.damaged);
    }
}

#[test]
fn what_is_not_the_pictures_metadata() {
    // In a comment, in CDATA, in another namespace, deeper: nothing is written there.
    let text = format!(
        "<svg xmlns='http://www.w3.org/2000/svg'><!-- <metadata/> --><style><![CDATA[<metadata/>]]></style>\
         <metadata xmlns='http://www.w3.org/1999/xhtml'>shown</metadata><g><metadata><rdf:RDF {RDF}/></metadata></g></svg>"
    );
    let out = labelled(&text);
    assert!(out.starts_with("<svg xmlns='http://www.w3.org/2000/svg'><metadata><?xpacket"));
    let (map, values) = read(text.as_bytes());
    assert!(map.segments.iter().all(|s| s.slot.is_none()));
    assert_eq!(values.iter().filter(|v| v.slot == Slot::XmpExtended).count(), 1, "read all the same");
}

#[test]
fn of_two_namespaces_of_the_root_the_last_counts() {
    let out = labelled("<svg xmlns='http://a/' xmlns='http://www.w3.org/2000/svg'><g/></svg>");
    let (map, values) = read(out.as_bytes());
    assert_eq!(map.segments.iter().filter(|s| s.slot == Some(Slot::Xmp)).count(), 1);
    assert_eq!(values.len(), 1);
}

#[test]
fn notes_and_stores() {
    let text = "<!--one--><svg><title>two</title><metadata> <AIGC>{\"a\":\"&amp;\"}</AIGC>\
                <c2pa:manifest xmlns:c2pa=\"http://c2pa.org/manifest\">QUJD</c2pa:manifest></metadata></svg>";
    let (map, values) = read(text.as_bytes());
    let found: Vec<_> = values.iter().map(|v| (v.slot.to_string(), v.plain_at.is_some(), v.bytes.clone())).collect();
    assert_eq!(
        found,
        [
            ("comment".to_owned(), true, b"one".to_vec()),
            ("metadata:title".to_owned(), true, b"two".to_vec()),
            ("metadata:AIGC".to_owned(), false, b"{\"a\":\"&\"}".to_vec()),
        ]
    );
    for value in values.iter().filter(|v| v.plain_at.is_some()) {
        let at = value.plain_at.unwrap() as usize;
        assert_eq!(&text.as_bytes()[at..at + value.bytes.len()], &value.bytes[..]);
    }
    let store = map.segments.iter().find(|s| s.slot == Some(Slot::Manifest)).unwrap();
    assert_eq!(&text.as_bytes()[store.payload.start as usize..store.payload.end as usize], b"QUJD");
}

#[test]
fn counted_children_and_defaults() {
    let style = |selectors: &str| format!("<svg><style>{selectors}</style></svg>");
    assert!(labelled(&style("g:nth-child(2){}")).starts_with("<svg><style>"));
    assert!(labelled(&style("g:last-child{}")).starts_with("<svg><metadata>"));
    let both = style("a:only-child{}");
    assert_eq!(label(both.as_bytes(), "v").unwrap_err().code(), "svg.selectors");
    assert!(labelled(&both.replace("<style>", "<metadata/><style>")).starts_with("<svg><metadata><?xpacket"));
    let list = "<!DOCTYPE svg [<!ATTLIST rdf:Description rdf:parseType CDATA 'Literal'>]><svg/>";
    assert_eq!(label(list.as_bytes(), "v").unwrap_err().code(), "svg.defaults");
}

#[test]
fn broken_documents_are_read_to_the_break() {
    for text in ["<svg>", "<svg></g>", "<svg/><svg/>", "<svg/>x", "<svg><metadata><rdf:RDF", "<svg><metadata><AIGC>{"] {
        assert!(read(text.as_bytes()).0.damaged, "{text}");
    }
    let open = format!("<svg><metadata><rdf:RDF {RDF}><rdf:Description");
    let (map, values) = read(open.as_bytes());
    assert!(map.damaged && values[0].slot == Slot::Xmp);
}

proptest! {
    #[test]
    fn any_text_is_mapped(text in "(<svg|<metadata|<rdf:RDF|>|/>|</|svg>|metadata>|<!--|-->|<\\?xpacket|\\?>|xmlns:a='|'| |a|[<&;\"]){0,24}") {
        read(text.as_bytes());
        read(format!("<svg>{text}</svg>").as_bytes());
        read(format!("<svg><metadata>{text}</metadata></svg>").as_bytes());
    }

    #[test]
    fn any_bytes_are_mapped(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read(&bytes);
        identify(&bytes);
    }
}
