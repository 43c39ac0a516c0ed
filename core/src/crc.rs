//! CRC-32 (ISO-HDLC) over long data. For browsers with a table of one kilobyte: the sixteen of the usual
//! implementation don't compress, and are a twentieth of the smallest module.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use flate2::Crc;
#[cfg(target_arch = "wasm32")]
pub(crate) use small::Crc;

#[cfg(any(target_arch = "wasm32", test))]
mod small {
    /// What each value of the lowest byte does.
    #[allow(clippy::indexing_slicing, reason = "checked where it is computed: by the compiler")]
    const TABLE: [u32; 256] = {
        let mut table = [0u32; 256];
        let mut n = 0;
        while n < 256 {
            let (mut crc, mut bit) = (n as u32, 0);
            while bit < 8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
                bit += 1;
            }
            table[n] = crc;
            n += 1;
        }
        table
    };

    /// A checksum that grows with its data.
    #[derive(Debug, Default)]
    pub(crate) struct Crc(u32);

    impl Crc {
        pub(crate) const fn new() -> Self {
            Self(0)
        }

        pub(crate) fn update(&mut self, data: &[u8]) {
            self.0 = !data.iter().fold(!self.0, |crc, byte| {
                crc >> 8 ^ TABLE.get(usize::from(crc as u8 ^ byte)).copied().unwrap_or_default()
            });
        }

        pub(crate) const fn sum(&self) -> u32 {
            self.0
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_small_one_counts_the_same(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..5)) {
            let (mut small, mut usual) = (super::small::Crc::new(), super::Crc::new());
            for part in parts {
                small.update(&part);
                usual.update(&part);
                prop_assert_eq!(small.sum(), usual.sum());
            }
        }
    }
}
