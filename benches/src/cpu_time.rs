//! How long a thread or a process has computed, whoever else uses the machine.

use std::time::Duration;

/// How long the calling thread has been on a processor (`CLOCK_THREAD_CPUTIME_ID`). What others do
/// meanwhile is not in it, but for what they leave of the caches.
#[cfg(unix)]
#[must_use]
pub fn thread_cpu_time() -> Duration {
    read(rustix::time::ClockId::ThreadCPUTime)
}

/// How long all threads of this process have been on processors.
#[cfg(unix)]
#[must_use]
pub fn process_cpu_time() -> Duration {
    read(rustix::time::ClockId::ProcessCPUTime)
}

#[cfg(unix)]
fn read(clock: rustix::time::ClockId) -> Duration {
    // It begins at zero, and goes on from there.
    Duration::try_from(rustix::time::clock_gettime(clock)).unwrap_or_default()
}

/// Where there is no such clock that a crate of ours knows: how long it has been since the first
/// call.
#[cfg(not(unix))]
#[must_use]
pub fn thread_cpu_time() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// The same.
#[cfg(not(unix))]
#[must_use]
pub fn process_cpu_time() -> Duration {
    thread_cpu_time()
}
