//! Stores that a container of ours places.

use super::*;
use crate::format::Binding;

/// Room for a store behind the picture of a WebP.
fn roomy(picture: &[u8], room: &[u8]) -> (Vec<u8>, std::ops::Range<u64>) {
    let start = picture.len() as u64 + 8;
    let mut out = [picture, b"C2PA", &(room.len() as u32).to_le_bytes(), room].concat();
    if room.len() % 2 == 1 {
        out.push(0);
    }
    let size = (out.len() - 8) as u32;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    (out, start..start + room.len() as u64)
}

#[test]
fn a_store_that_we_place_is_as_good_as_one_that_the_library_places() {
    for algorithm in [Algorithm::Ed25519, Algorithm::Es256] {
        let (signer, trust) = identity(algorithm);
        let mime = "image/webp";
        let plain = picture(ImageFormat::WebP, 1);
        let plan = plan(&signer, mime);
        let limits = Limits::default();
        let pending = reserve(&mut Cursor::new(&plain), None, &plan, Binding::Bytes, &limits).unwrap();
        let (mut file, at) = roomy(&plain, pending.room());
        // In RIFF the hash leaves out the whole chunk.
        let chunk = at.start - 8..at.end;
        let (store, signed) = pending.sign(&mut Cursor::new(&file), &chunk, &limits).unwrap();
        assert_eq!(signed.manifest_bytes, at.end - at.start);
        file[at.start as usize..at.end as usize].copy_from_slice(&store);
        let reading = look(&file, mime, &trust);
        assert_eq!(reading.state, ManifestState::Trusted, "{:?}", failures(&reading));
        assert!(!reading.exclusion_abuse() && !reading.hash_mismatch());
        for at in [20, plain.len() - 2] {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert_eq!(look(&changed, mime, &trust).state, ManifestState::Invalid, "byte {at}");
        }
    }
}

/// A signer whose key is out of reach.
struct Locked(Identity);
impl Signer for Locked {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }
    fn certificates(&self) -> &[Vec<u8>] {
        self.0.certificates()
    }
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>> {
        Err(Error::Signing(crate::message::sign::RANDOM.with("reason", "locked")))
    }
}

#[test]
fn the_signers_own_error_comes_through() {
    let signer = Locked(identity(Algorithm::Ed25519).0);
    let plain = picture(ImageFormat::WebP, 1);
    let plan = plan(&signer, "image/webp");
    let pending = reserve(&mut Cursor::new(&plain), None, &plan, Binding::Bytes, &Limits::default()).unwrap();
    let (file, at) = roomy(&plain, pending.room());
    let error = pending.sign(&mut Cursor::new(&file), &at, &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::Signing(_)), "{error}");
}

const LEFT_OUT: [&str; 1] = ["FLAC"];

#[test]
fn the_library_knows_every_format_that_the_table_leaves_to_it() {
    use crate::format::{Embedding, FORMATS};
    let (written, read) = (c2pa::Builder::supported_mime_types(), c2pa::Reader::supported_mime_types());
    for row in FORMATS {
        let mime = row.mime.to_owned();
        match row.embedding {
            Embedding::Library => assert!(written.contains(&mime), "{mime} is not written: {written:?}"),
            // 3GP is not on its list, and is found by its content.
            Embedding::Own(_) => assert!(read.contains(&mime) || mime == "video/3gpp", "{mime} is not read"),
            // The library has these too: unstable, lossy (see the module of the labeler) or in a
            // place that players stumble over, so the table leaves them out.
            Embedding::None if written.contains(&mime) => assert!(LEFT_OUT.contains(&row.name), "{mime}"),
            Embedding::None => assert!(!LEFT_OUT.contains(&row.name), "{mime} is not written by the library"),
        }
    }
}
