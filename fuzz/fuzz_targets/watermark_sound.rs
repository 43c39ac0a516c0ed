#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| biaoshi_fuzz::watermark_sound::run(data));
