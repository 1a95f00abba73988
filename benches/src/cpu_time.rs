//! How long a thread or a process has computed, whoever else uses the machine.

use std::time::Duration;

/// How long the calling thread has been on a processor (`CLOCK_THREAD_CPUTIME_ID`). What others do
/// meanwhile is not in it, but for what they leave of the caches.
///
/// # Panics
///
/// Where there is no such clock that a crate of ours knows: outside of Unix.
#[must_use]
pub fn thread_cpu_time() -> Duration {
    clock::thread()
}

/// How long all threads of this process have been on processors.
///
/// # Panics
///
/// As [`thread_cpu_time`].
#[must_use]
pub fn process_cpu_time() -> Duration {
    clock::process()
}

#[cfg(unix)]
mod clock {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    pub(super) fn thread() -> Duration {
        read(ClockId::ThreadCPUTime)
    }

    pub(super) fn process() -> Duration {
        read(ClockId::ProcessCPUTime)
    }

    fn read(clock: ClockId) -> Duration {
        // It begins at zero, and goes on from there.
        Duration::try_from(clock_gettime(clock)).unwrap_or_default()
    }
}

/// Time on the wall would pass for CPU time, unseen.
#[cfg(not(unix))]
mod clock {
    use std::time::Duration;

    pub(super) fn thread() -> Duration {
        panic!("CPU time is measured on Unix alone");
    }

    pub(super) fn process() -> Duration {
        thread()
    }
}
