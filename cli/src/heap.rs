//! The bound on memory of the processes that look at files; a file that takes more ends its process.

#[cfg(feature = "counted-heap")]
#[global_allocator]
static HEAP: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

/// Bounds what this process allocates, in MiB.
#[cfg(feature = "counted-heap")]
pub(crate) fn bound(mib: usize) {
    let _ = HEAP.set_limit(mib.saturating_mul(1 << 20));
}

/// Bounds what this process allocates from now on, in MiB: by the system, where it can.
#[cfg(not(feature = "counted-heap"))]
pub(crate) fn bound(mib: usize) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        // What the program that brought the command along has taken already is not counted.
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmData:"));
        let own = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default();
        let most = own.saturating_mul(1 << 10).saturating_add((mib as u64).saturating_mul(1 << 20));
        let maximum = getrlimit(Resource::Data).maximum;
        let _ = setrlimit(Resource::Data, Rlimit { current: Some(maximum.map_or(most, |max| max.min(most))), maximum });
    }
    #[cfg(not(target_os = "linux"))]
    let _ = mib;
}
