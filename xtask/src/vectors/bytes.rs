//! Small pictures and the metadata parts around them, byte by byte.

/// The three formats of the vectors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Png,
    Jpeg,
    Webp,
}

pub const KINDS: [Kind; 3] = [Kind::Png, Kind::Jpeg, Kind::Webp];

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Webp => "webp",
        }
    }

    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            other => other.name(),
        }
    }
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |c, b| {
        (0..8).fold(c ^ u32::from(*b), |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 })
    })
}

fn adler(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

/// A zlib stream (RFC 1950) of stored blocks: the same bytes with any library.
pub fn zlib(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = data.chunks(65_535).peekable();
    if blocks.peek().is_none() {
        out.extend([1, 0, 0, 0xFF, 0xFF]);
    }
    while let Some(block) = blocks.next() {
        let len = u16::try_from(block.len()).expect("at most 65,535");
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(len.to_le_bytes());
        out.extend((!len).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler(data).to_be_bytes());
    out
}

/// Bits, the least significant first (RFC 1951, and VP8L of RFC 9649).
#[derive(Default)]
pub struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    pub fn put(&mut self, value: u32, count: u32) -> &mut Self {
        for n in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let last = self.bytes.last_mut().expect("pushed");
            *last |= ((value >> n & 1) as u8) << (self.used % 8);
            self.used += 1;
        }
        self
    }

    pub fn done(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// A zlib stream that inflates to more than `size` zeros: matches of 258 bytes in fixed codes,
/// 13 bits each.
pub fn bomb(size: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(1, 1).put(1, 2);
    // Literal 0 is 00110000; length 258 is 11000101; distance 1 is 00000. Codes go high bit first.
    bits.put(0b0000_1100, 8);
    for _ in 0..=size / 258 {
        bits.put(0b1010_0011, 8).put(0, 5);
    }
    bits.put(0, 7);
    let mut out = vec![0x78, 0x01];
    out.extend(bits.done());
    out.extend([0; 4]);
    out
}

// ---- PNG ----------------------------------------------------------------------------------------

pub fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(data.len()).expect("small").to_be_bytes().to_vec();
    out.extend(kind);
    out.extend(data);
    out.extend(crc(&out[4..]).to_be_bytes());
    out
}

/// A grey picture of 32 by 32 pixels with parts before and behind its data.
pub fn png(before: &[Vec<u8>], after: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend(32u32.to_be_bytes());
    header.extend(32u32.to_be_bytes());
    header.extend([8, 0, 0, 0, 0]);
    out.extend(png_chunk(b"IHDR", &header));
    before.iter().for_each(|part| out.extend(part));
    let mut rows = Vec::new();
    for y in 0u32..32 {
        rows.push(0);
        rows.extend((0u32..32).map(|x| (x * 8) as u8 ^ (y * 5) as u8));
    }
    out.extend(png_chunk(b"IDAT", &zlib(&rows)));
    after.iter().for_each(|part| out.extend(part));
    out.extend(png_chunk(b"IEND", &[]));
    out
}

pub fn text_chunk(keyword: &str, value: &[u8]) -> Vec<u8> {
    png_chunk(b"tEXt", &[keyword.as_bytes(), b"\0", value].concat())
}

pub fn ztxt_chunk(keyword: &str, stream: &[u8]) -> Vec<u8> {
    png_chunk(b"zTXt", &[keyword.as_bytes(), b"\0\0", stream].concat())
}

pub fn itxt_chunk(keyword: &str, value: &[u8]) -> Vec<u8> {
    png_chunk(b"iTXt", &[keyword.as_bytes(), b"\0\0\0\0\0", value].concat())
}

pub fn itxt_compressed(keyword: &str, stream: &[u8]) -> Vec<u8> {
    png_chunk(b"iTXt", &[keyword.as_bytes(), b"\0\x01\0\0\0", stream].concat())
}

pub fn png_xmp(packet: &[u8]) -> Vec<u8> {
    itxt_chunk("XML:com.adobe.xmp", packet)
}

// ---- JPEG ---------------------------------------------------------------------------------------

pub fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![0xFF, marker];
    out.extend(u16::try_from(data.len() + 2).expect("fits a segment").to_be_bytes());
    out.extend(data);
    out
}

pub fn jfif() -> Vec<u8> {
    segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0")
}

/// A grey baseline picture of 64 by 64 pixels: parts before its tables, and behind its scan.
pub fn jpeg(before: &[Vec<u8>], after: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![0xFF, 0xD8];
    before.iter().for_each(|part| out.extend(part));
    out.extend(segment(0xDB, &[&[0][..], &[8; 64]].concat()));
    out.extend(segment(0xC0, &[8, 0, 64, 0, 64, 1, 1, 0x11, 0]));
    // DC: category 0 is `0`, category 6 is `10`. AC: end of block is `0`.
    out.extend(segment(0xC4, &[&[0x00, 1, 1][..], &[0; 14], &[0, 6]].concat()));
    out.extend(segment(0xC4, &[&[0x10, 1, 0][..], &[0; 14], &[0]].concat()));
    out.extend(segment(0xDA, &[1, 1, 0x00, 0, 63, 0]));
    let mut bits = String::new();
    for block in 0u32..64 {
        // Up and down in turns, so that the sum stays small.
        let value = if block % 2 == 0 { 0b100_000 + block / 4 } else { 0b01_1111 - block / 4 };
        bits += &format!("10{value:06b}0");
    }
    while !bits.len().is_multiple_of(8) {
        bits.push('1');
    }
    for byte in bits.as_bytes().chunks(8) {
        let value = byte.iter().fold(0u8, |v, bit| v << 1 | (bit - b'0'));
        out.push(value);
        if value == 0xFF {
            out.push(0);
        }
    }
    after.iter().for_each(|part| out.extend(part));
    out.extend([0xFF, 0xD9]);
    out
}

pub fn jpeg_xmp(packet: &[u8]) -> Vec<u8> {
    segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", packet].concat())
}

pub fn jpeg_exif(block: &[u8]) -> Vec<u8> {
    segment(0xE1, &[b"Exif\0\0", block].concat())
}

/// One part of extended XMP (XMP part 3, 1.1.3.1).
pub fn jpeg_xmp_part(guid: &str, whole: &[u8], from: usize, to: usize) -> Vec<u8> {
    let mut data = b"http://ns.adobe.com/xmp/extension/\0".to_vec();
    data.extend(guid.as_bytes());
    data.extend((whole.len() as u32).to_be_bytes());
    data.extend((from as u32).to_be_bytes());
    data.extend(&whole[from..to]);
    segment(0xE1, &data)
}

// ---- WebP ---------------------------------------------------------------------------------------

pub fn riff_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = kind.to_vec();
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out.resize(out.len() + data.len() % 2, 0);
    out
}

pub fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let mut out = b"RIFF".to_vec();
    out.extend((body.len() as u32 + 4).to_le_bytes());
    out.extend(b"WEBP");
    out.extend(body);
    out
}

/// A lossless picture of 32 by 32 pixels in two shades.
pub fn vp8l() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2F, 8).put(31, 14).put(31, 14).put(0, 1).put(0, 3);
    // No transform, no colour cache, no meta prefix codes.
    bits.put(0, 1).put(0, 1).put(0, 1);
    // Green: a simple code of two symbols of 8 bits; red, blue, alpha, distance: of one.
    bits.put(1, 1).put(1, 1).put(1, 1).put(0x40, 8).put(0xB0, 8);
    for symbol in [0x80, 0x60, 0xFF, 0] {
        bits.put(1, 1).put(0, 1).put(1, 1).put(symbol, 8);
    }
    for n in 0..32 * 32 {
        bits.put(u32::from((n / 32 + n) % 5 == 0), 1);
    }
    riff_chunk(b"VP8L", &bits.done())
}

pub fn vp8x(flags: u8) -> Vec<u8> {
    riff_chunk(b"VP8X", &[flags, 0, 0, 0, 31, 0, 0, 31, 0, 0])
}

pub fn webp(flags: u8, after: &[Vec<u8>]) -> Vec<u8> {
    let mut chunks = vec![vp8x(flags), vp8l()];
    chunks.extend_from_slice(after);
    riff(&chunks)
}

// ---- XMP and Exif -------------------------------------------------------------------------------

pub const TC260: &str = "http://www.tc260.org.cn/ns/AIGC/1.0/";
pub const IPTC: &str = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A packet with one description; `names` are its namespace declarations and attributes.
pub fn packet(names: &str, body: &str) -> Vec<u8> {
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n \
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n  <rdf:Description rdf:about=\"\" {names}>\n   \
         {body}\n  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>"
    )
    .into_bytes()
}

/// A packet with TC260:AIGC and nothing else.
pub fn aigc_packet(json: &str) -> Vec<u8> {
    packet(&format!("xmlns:TC260=\"{TC260}\""), &format!("<TC260:AIGC>{}</TC260:AIGC>", escape(json)))
}

pub fn iptc_packet(value: &str) -> Vec<u8> {
    packet(
        &format!("xmlns:Iptc4xmpExt=\"{IPTC}\""),
        &format!("<Iptc4xmpExt:DigitalSourceType>{value}</Iptc4xmpExt:DigitalSourceType>"),
    )
}

/// Field type of Exif 2.32: ASCII or UNDEFINED.
pub const ASCII: u16 = 2;
pub const UNDEFINED: u16 = 7;
pub const IMAGE_DESCRIPTION: u16 = 0x010E;
pub const ARTIST: u16 = 0x013B;
pub const USER_COMMENT: u16 = 0x9286;

/// A little-endian TIFF block: entries of the first directory, then those of the Exif directory.
pub fn exif(first: &[(u16, u16, Vec<u8>)], sub: &[(u16, u16, Vec<u8>)]) -> Vec<u8> {
    fn directory(entries: &[(u16, u16, Vec<u8>)], pointer: Option<()>, at: u32) -> Vec<u8> {
        let count = entries.len() + usize::from(pointer.is_some());
        let data_at = at + 2 + 12 * count as u32 + 4;
        let size: usize = entries.iter().map(|(_, _, v)| if v.len() > 4 { v.len() + v.len() % 2 } else { 0 }).sum();
        let (mut table, mut data) = ((count as u16).to_le_bytes().to_vec(), Vec::new());
        for (tag, kind, value) in entries {
            table.extend(tag.to_le_bytes());
            table.extend(kind.to_le_bytes());
            table.extend((value.len() as u32).to_le_bytes());
            if value.len() > 4 {
                table.extend((data_at + data.len() as u32).to_le_bytes());
                data.extend(value);
                data.resize(data.len() + value.len() % 2, 0);
            } else {
                table.extend(value);
                table.resize(table.len() + 4 - value.len(), 0);
            }
        }
        if pointer.is_some() {
            table.extend(0x8769u16.to_le_bytes());
            table.extend(4u16.to_le_bytes());
            table.extend(1u32.to_le_bytes());
            table.extend((data_at + size as u32).to_le_bytes());
        }
        table.extend([0; 4]);
        table.extend(data);
        table
    }
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    out.extend(directory(first, (!sub.is_empty()).then_some(()), 8));
    if !sub.is_empty() {
        let at = out.len() as u32;
        out.extend(directory(sub, None, at));
    }
    out
}

/// A user comment in the code `ASCII`.
pub fn user_comment(text: &str) -> (u16, u16, Vec<u8>) {
    (USER_COMMENT, UNDEFINED, [b"ASCII\0\0\0", text.as_bytes()].concat())
}

pub fn ascii(tag: u16, text: &str) -> (u16, u16, Vec<u8>) {
    (tag, ASCII, [text.as_bytes(), b"\0"].concat())
}

// ---- Labels -------------------------------------------------------------------------------------

/// The code of an organisation that does not exist; its check digit is right.
pub fn code(service: char, extension: &str) -> String {
    subject("91110108MA00T1A00", service, extension)
}

pub fn other_code(service: char, extension: &str) -> String {
    subject("91440300MA00T2B00", service, extension)
}

pub fn subject(credit: &str, service: char, extension: &str) -> String {
    // GB 32100: the weights of the first 17 characters.
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let sum: usize = credit.chars().zip(WEIGHTS).map(|(c, w)| ALPHABET.find(c).expect("in the alphabet") * w).sum();
    let check = ALPHABET.chars().nth((31 - sum % 31) % 31).expect("below 31");
    format!("0011{credit}{check}{service}{extension}")
}

pub const KEYS: [&str; 7] =
    ["Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"];

/// The bare object with these seven values.
pub fn object(values: [&str; 7]) -> String {
    let pairs: Vec<String> =
        KEYS.iter().zip(values).map(|(k, v)| format!("\"{k}\":{}", serde_json::Value::from(v))).collect();
    format!("{{{}}}", pairs.join(","))
}

/// What a careful producer writes.
pub fn plain() -> String {
    with_id("vector-0001")
}

pub fn with_id(id: &str) -> String {
    let code = code('1', "0001");
    object(["1", &code, id, "", &code, id, ""])
}

pub fn wrapped(json: &str) -> String {
    format!("{{\"AIGC\":{json}}}")
}
