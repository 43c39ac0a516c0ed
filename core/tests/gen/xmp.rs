//! XMP packets of every shape that is found in files.

use proptest::prelude::*;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

#[derive(Debug, Clone)]
pub enum Property {
    /// `dc:title` as alternatives in languages.
    Title(String, String),
    /// `dc:subject` as a bag.
    Subject(Vec<String>),
    /// Own namespace, element form.
    Element(String),
    /// The same text in CDATA, `]]>` split as XML asks.
    Cdata(String),
    /// Own namespace, attribute form.
    Attribute(String),
    /// A structure with fields.
    Structure(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Utf8,
    Utf8Bom,
    Utf16Le,
    Utf16Be,
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub wrapper: bool,
    pub meta: bool,
    pub self_closing: bool,
    pub about: String,
    pub properties: Vec<Property>,
    pub comment: bool,
    /// The prefix TC260 stands for something else.
    pub prefix_taken: bool,
    pub padding: usize,
    pub nul: bool,
    pub coding: Coding,
    /// Source type that is there already: 0 none, 1 AI, 2 camera, 3 unknown.
    pub source_type: u8,
}

/// Characters that XML may hold, the awkward ones often.
pub fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ -~]{0,12}",
        1 => Just("]]>".to_owned()),
        1 => Just("\"'&<>{}".to_owned()),
        1 => Just("一只戴帽子的猫，𠀀".to_owned()),
        1 => Just("👩‍🎨🏽 emoji".to_owned()),
        1 => Just("</rdf:RDF><x/>".to_owned()),
        1 => Just("\u{e9}\u{fc}\u{df}".to_owned()),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|v| v.concat())
}

pub fn plan() -> impl Strategy<Value = Plan> {
    let property = prop_oneof![
        (text(), text()).prop_map(|(a, b)| Property::Title(a, b)),
        prop::collection::vec(text(), 0..4).prop_map(Property::Subject),
        text().prop_map(Property::Element),
        text().prop_map(Property::Cdata),
        text().prop_map(Property::Attribute),
        text().prop_map(Property::Structure),
    ];
    let coding = prop_oneof![
        6 => Just(Coding::Utf8), 1 => Just(Coding::Utf8Bom), 1 => Just(Coding::Utf16Le), 1 => Just(Coding::Utf16Be)
    ];
    (
        (
            any::<bool>(),
            any::<bool>(),
            prop::bool::weighted(0.1),
            prop_oneof![3 => Just(String::new()), 1 => Just("uuid:é&\"1".to_owned())],
        ),
        prop::collection::vec(property, 0..5),
        (any::<bool>(), prop::bool::weighted(0.2), 0usize..300, prop::bool::weighted(0.2), coding, 0u8..8),
    )
        .prop_map(
            |(
                (wrapper, meta, self_closing, about),
                properties,
                (comment, prefix_taken, padding, nul, coding, source),
            )| Plan {
                wrapper,
                meta,
                self_closing,
                about,
                properties,
                comment,
                prefix_taken,
                padding,
                nul: nul && matches!(coding, Coding::Utf8 | Coding::Utf8Bom),
                coding,
                source_type: if source < 4 { source } else { 0 },
            },
        )
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

pub fn build(plan: &Plan) -> Vec<u8> {
    let mut body = String::new();
    if plan.comment {
        body.push_str("<!-- </rdf:RDF> <TC260:AIGC>not a label</TC260:AIGC> -->");
    }
    for (n, property) in plan.properties.iter().enumerate() {
        let ns = format!("http://example.com/ns/{n}/");
        let about = escape(&plan.about);
        let open = format!("<rdf:Description rdf:about=\"{about}\"");
        match property {
            Property::Title(a, b) => body.push_str(&format!(
                "{open} xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title><rdf:Alt>\
                 <rdf:li xml:lang=\"x-default\">{}</rdf:li><rdf:li xml:lang=\"zh\">{}</rdf:li></rdf:Alt></dc:title></rdf:Description>",
                escape(a), escape(b)
            )),
            Property::Subject(items) => {
                let items: String = items.iter().map(|i| format!("<rdf:li>{}</rdf:li>", escape(i))).collect();
                body.push_str(&format!(
                    "{open} xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject></rdf:Description>\n"
                ));
            }
            Property::Element(t) => body.push_str(&format!("{open} xmlns:my=\"{ns}\"><my:note>{}</my:note></rdf:Description>", escape(t))),
            Property::Cdata(t) => body.push_str(&format!(
                "{open} xmlns:my=\"{ns}\"><my:cd><![CDATA[{}]]></my:cd></rdf:Description>",
                t.replace("]]>", "]]]]><![CDATA[>")
            )),
            Property::Attribute(t) => body.push_str(&format!("{open} xmlns:my=\"{ns}\" my:attr=\"{}\"/>", escape(t))),
            Property::Structure(t) => body.push_str(&format!(
                "{open} xmlns:my=\"{ns}\"><my:st rdf:parseType=\"Resource\"><my:field>{}</my:field></my:st></rdf:Description>",
                escape(t)
            )),
        }
    }
    let source = match plan.source_type {
        1 => "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
        2 => "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
        3 => "http://example.com/whatever",
        _ => "",
    };
    if !source.is_empty() {
        body.push_str(&format!(
            "<rdf:Description rdf:about=\"{}\" xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\">\
             <Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType></rdf:Description>",
            escape(&plan.about)
        ));
    }
    if plan.prefix_taken {
        body.push_str(&format!(
            "<rdf:Description rdf:about=\"{}\" xmlns:TC260=\"http://example.com/other/\"><TC260:thing>1</TC260:thing></rdf:Description>",
            escape(&plan.about)
        ));
    }
    let rdf = if plan.self_closing {
        format!("<rdf:RDF xmlns:rdf=\"{RDF}\"/>")
    } else {
        format!("<rdf:RDF xmlns:rdf=\"{RDF}\">{body}</rdf:RDF>")
    };
    let meta = if plan.meta {
        format!("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk=\"test\">\n {rdf}\n</x:xmpmeta>")
    } else {
        rdf
    };
    let mut all = if plan.wrapper {
        format!(
            "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n{meta}\n{}<?xpacket end=\"w\"?>",
            " ".repeat(plan.padding)
        )
    } else {
        meta
    };
    if plan.nul {
        all.push('\0');
    }
    match plan.coding {
        Coding::Utf8 => all.into_bytes(),
        Coding::Utf8Bom => [b"\xEF\xBB\xBF".as_slice(), all.as_bytes()].concat(),
        Coding::Utf16Le => std::iter::once(0xFEFFu16).chain(all.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
        Coding::Utf16Be => std::iter::once(0xFEFFu16).chain(all.encode_utf16()).flat_map(u16::to_be_bytes).collect(),
    }
}

/// A plain packet around one label value.
pub fn with_label(json: &str) -> Vec<u8> {
    format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"{RDF}\"><rdf:Description rdf:about=\"\" \
         xmlns:TC260=\"http://www.tc260.org.cn/ns/AIGC/1.0/\"><TC260:AIGC>{}</TC260:AIGC></rdf:Description></rdf:RDF></x:xmpmeta>",
        escape(json)
    )
    .into_bytes()
}
