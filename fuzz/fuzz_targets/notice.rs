#![no_main]

use std::alloc::System;

#[global_allocator]
static MEMORY: cap::Cap<System> = cap::Cap::new(System, usize::MAX);

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // Beyond the limit an allocation fails, and that aborts.
    let room = MEMORY.allocated() + biaoshi_fuzz::notice::MEMORY;
    MEMORY.set_limit(room).expect("more is in use already");
    biaoshi_fuzz::notice::run(data);
    MEMORY.set_limit(usize::MAX).expect("no limit is no limit");
});
