//! Streams of uncompressed meta-blocks (RFC 7932, sections 9.1 and 9.2).
#![allow(non_snake_case, unreachable_pub)]

use std::io::{self, Read, Write};

/// The compressor's settings: nothing can be set.
pub mod enc {
    /// Stands in for the settings.
    #[derive(Debug, Clone, Copy, Default)]
    pub struct BrotliEncoderParams;
}

/// The most bytes of a meta-block whose length takes four nibbles.
const BLOCK: u64 = 1 << 16;
/// `ISLAST` and `ISLASTEMPTY`.
const END: u8 = 0b11;

/// Writes what a reader gives as a Brotli stream, and says how many bytes that took.
///
/// # Errors
/// Those of the reader and the writer.
pub fn BrotliCompress<R: Read, W: Write>(from: &mut R, to: &mut W, _: &enc::BrotliEncoderParams) -> io::Result<usize> {
    let mut written = 0;
    let mut block = Vec::new();
    loop {
        block.clear();
        from.by_ref().take(BLOCK).read_to_end(&mut block)?;
        let Some(last) = block.len().checked_sub(1) else { break };
        // From the lowest bit: `ISLAST` 0, `MNIBBLES` 0 (four), `MLEN` less one, `ISUNCOMPRESSED` 1; the
        // stream's first bit before it says that the window has 16 bits.
        let first = u32::from(written == 0);
        let header = ((u32::try_from(last).unwrap_or(0) << 3) | (1 << 19)) << first;
        let [a, b, c, _] = header.to_le_bytes();
        to.write_all(&[a, b, c])?;
        to.write_all(&block)?;
        written += 3 + block.len();
    }
    // An empty stream has its window's bit before the end.
    let end = if written == 0 { END << 1 } else { END };
    to.write_all(&[end])?;
    Ok(written + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::{BrotliCompress, enc};

    fn back(bytes: &[u8]) -> Vec<u8> {
        let (mut stream, mut plain) = (Vec::new(), Vec::new());
        let written = BrotliCompress(&mut &*bytes, &mut stream, &enc::BrotliEncoderParams).unwrap();
        assert_eq!(written, stream.len());
        whole::BrotliDecompress(&mut stream.as_slice(), &mut plain).unwrap();
        plain
    }

    #[test]
    fn blocks_of_every_length_are_read_back() {
        for length in [0, 1, 2, 255, 65_535, 65_536, 65_537, 131_072, 200_000] {
            let bytes: Vec<u8> = (0..length).map(|n: u32| (n % 251) as u8).collect();
            assert!(back(&bytes) == bytes, "{length}");
        }
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_back(bytes in prop::collection::vec(any::<u8>(), 0..5000)) {
            prop_assert_eq!(back(&bytes), bytes);
        }
    }
}
