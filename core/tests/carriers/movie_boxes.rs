//! Boxes built and read in the plainest way there is.

pub(super) fn bx(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&(content.len() as u32 + 8).to_be_bytes()[..], kind, &content].concat()
}

pub(super) fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
}

pub(super) fn number(bytes: &[u8], at: usize, width: usize) -> u64 {
    bytes[at..at + width].iter().fold(0, |n, b| n << 8 | u64::from(*b))
}

/// The boxes in `range`: type, start, start of the content, end.
pub(super) fn boxes(bytes: &[u8], range: std::ops::Range<usize>) -> Vec<([u8; 4], usize, usize, usize)> {
    let (mut at, mut out) = (range.start, Vec::new());
    while at + 8 <= range.end {
        let kind: [u8; 4] = bytes[at + 4..at + 8].try_into().unwrap();
        let (len, head) = match number(bytes, at, 4) {
            0 if number(bytes, at, 8) == 0 => break,
            0 => (range.end - at, 8),
            1 => (number(bytes, at + 8, 8) as usize, 16),
            len => (len as usize, 8),
        };
        out.push((kind, at, at + head, at + len));
        at += len;
    }
    out
}

pub(super) fn child(bytes: &[u8], range: std::ops::Range<usize>, path: &[&[u8; 4]]) -> Option<(usize, usize)> {
    let (_, _, start, end) = boxes(bytes, range).into_iter().find(|b| b.0 == *path[0])?;
    if path.len() == 1 { Some((start, end)) } else { child(bytes, start..end, &path[1..]) }
}

/// Where every chunk of every track begins.
pub(super) fn offsets(bytes: &[u8]) -> Vec<Vec<u64>> {
    let (start, end) = child(bytes, 0..bytes.len(), &[b"moov"]).unwrap();
    let tracks = boxes(bytes, start..end).into_iter().filter(|b| &b.0 == b"trak");
    tracks
        .filter_map(|(_, _, start, end)| {
            let (start, end) = child(bytes, start..end, &[b"mdia", b"minf", b"stbl"])?;
            let table = |kind, width| {
                let (at, _) = child(bytes, start..end, &[kind])?;
                let count = number(bytes, at + 4, 4) as usize;
                Some((0..count).map(|n| number(bytes, at + 8 + n * width, width)).collect())
            };
            table(b"stco", 4).or_else(|| table(b"co64", 8))
        })
        .collect()
}

/// The bytes of every sample of every track, by way of the tables.
pub(super) fn samples(bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let (start, end) = child(bytes, 0..bytes.len(), &[b"moov"]).unwrap();
    let tracks: Vec<_> = boxes(bytes, start..end).into_iter().filter(|b| &b.0 == b"trak").collect();
    let mut out = Vec::new();
    for ((_, _, start, end), chunks) in tracks.into_iter().zip(offsets(bytes)) {
        let (start, end) = child(bytes, start..end, &[b"mdia", b"minf", b"stbl"]).unwrap();
        let (stsz, _) = child(bytes, start..end, &[b"stsz"]).unwrap();
        let (stsc, _) = child(bytes, start..end, &[b"stsc"]).unwrap();
        let (fixed, count) = (number(bytes, stsz + 4, 4), number(bytes, stsz + 8, 4) as usize);
        let sizes: Vec<u64> =
            (0..count).map(|n| if fixed > 0 { fixed } else { number(bytes, stsz + 12 + 4 * n, 4) }).collect();
        let runs: Vec<(u64, u64)> = (0..number(bytes, stsc + 4, 4) as usize)
            .map(|n| (number(bytes, stsc + 8 + 12 * n, 4), number(bytes, stsc + 12 + 12 * n, 4)))
            .collect();
        let (mut track, mut sizes) = (Vec::new(), sizes.into_iter());
        for (index, offset) in chunks.into_iter().enumerate() {
            let run = runs.iter().rev().find(|(first, _)| *first <= index as u64 + 1).unwrap();
            let mut at = offset as usize;
            for size in sizes.by_ref().take(run.1 as usize) {
                track.push(bytes[at..at + size as usize].to_vec());
                at += size as usize;
            }
        }
        assert!(sizes.next().is_none(), "samples without a chunk");
        out.push(track);
    }
    out
}

/// A movie to be built.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// Sizes of the samples, one chunk each; whether the table is 64 bits wide.
    pub(super) tracks: Vec<(Vec<u8>, bool)>,
    /// Whether `moov` stands before the samples.
    pub(super) first: bool,
    /// Content of `free` behind `moov`, and of one inside of it.
    pub(super) free: Option<usize>,
    pub(super) spare: Option<usize>,
    /// What `moov` holds besides.
    pub(super) rest: Vec<u8>,
    /// How the lengths of `mdat` and `moov` are stated: 32 bits, 64 bits, to the end.
    pub(super) form: u8,
    pub(super) header: u8,
    /// Data reference: this file or another.
    pub(super) own: bool,
}

pub(super) fn trak(sizes: &[u8], wide: bool, own: bool, at: &mut u64) -> Vec<u8> {
    let n = sizes.len() as u32;
    let flag = u32::from(own);
    let dref = bx(b"dref", &[&words(&[0, 1]), &bx(b"url ", &[&words(&[flag])])]);
    let stsz: Vec<u32> = [0, 0, n].into_iter().chain(sizes.iter().map(|s| u32::from(*s))).collect();
    let positions: Vec<u64> = sizes.iter().map(|size| std::mem::replace(at, *at + u64::from(*size))).collect();
    let table: Vec<u8> = match wide {
        true => positions.iter().flat_map(|p| p.to_be_bytes()).collect(),
        false => positions.iter().flat_map(|p| (*p as u32).to_be_bytes()).collect(),
    };
    let stco = bx(if wide { b"co64" } else { b"stco" }, &[&words(&[0, n]), &table]);
    let stbl = bx(b"stbl", &[&bx(b"stsc", &[&words(&[0, 1, 1, 1, 1])]), &bx(b"stsz", &[&words(&stsz)]), &stco]);
    bx(b"trak", &[&bx(b"mdia", &[&bx(b"minf", &[&bx(b"dinf", &[&dref]), &stbl])])])
}

/// A box whose length is stated in this form.
pub(super) fn stated(form: u8, kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    match form {
        0 => bx(kind, &[content]),
        1 => [&words(&[1])[..], kind, &(content.len() as u64 + 16).to_be_bytes(), content].concat(),
        _ => [&words(&[0])[..], kind, content].concat(),
    }
}

pub(super) fn build(plan: &Plan) -> Vec<u8> {
    let ftyp = bx(b"ftyp", &[b"isom\0\0\0\0isommp42"]);
    let content: Vec<u8> = (0..plan.tracks.iter().flat_map(|t| &t.0).map(|s| usize::from(*s)).sum::<usize>())
        .map(|n| (n * 31 % 251) as u8)
        .collect();
    let mdat = stated(plan.form, b"mdat", &content);
    let free = plan.free.map_or(Vec::new(), |n| bx(b"free", &[&vec![7; n]]));
    let spare = plan.spare.map_or(Vec::new(), |n| bx(b"skip", &[&vec![7; n]]));
    let moov = |mut at: u64| {
        let tracks: Vec<u8> =
            plan.tracks.iter().flat_map(|(sizes, wide)| trak(sizes, *wide, plan.own, &mut at)).collect();
        stated(plan.header, b"moov", &[bx(b"mvhd", &[&[0; 100]]), tracks, spare.clone(), plan.rest.clone()].concat())
    };
    let head = (mdat.len() - content.len()) as u64;
    if plan.first {
        let before = ftyp.len() + moov(0).len() + free.len();
        [ftyp, moov(before as u64 + head), free, mdat].concat()
    } else {
        let before = ftyp.len() as u64 + head;
        [ftyp, mdat, moov(before), free].concat()
    }
}
