//! How much memory is asked for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ops::Sub;
use std::sync::atomic::{AtomicU64, Ordering};

/// The system's allocator, counting. To be made the global one.
///
/// It sees what Rust code asks for. What AWS-LC's C code takes from `malloc`
/// itself is not among it.
#[derive(Debug)]
pub struct CountingAllocator {
    calls: AtomicU64,
    bytes: AtomicU64,
    live: AtomicU64,
    peak: AtomicU64,
}

impl CountingAllocator {
    /// An allocator that has counted nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            calls: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            live: AtomicU64::new(0),
            peak: AtomicU64::new(0),
        }
    }

    /// What has been asked for so far, whether given back or not.
    #[must_use]
    pub fn so_far(&self) -> Allocations {
        Allocations {
            calls: self.calls.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// What `work` gives, and by how many bytes it raised what is in use, at the worst moment. A
    /// block that grows is there twice for that moment. Nothing else may be running.
    pub fn peak_of<T>(&self, work: impl FnOnce() -> T) -> (T, u64) {
        let before = self.live.load(Ordering::Relaxed);
        self.peak.store(before, Ordering::Relaxed);
        let result = work();
        (result, self.peak.load(Ordering::Relaxed) - before)
    }

    fn count(&self, bytes: usize) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        let live = self.live.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        self.peak.fetch_max(live, Ordering::Relaxed);
    }

    fn discount(&self, bytes: usize) {
        self.live.fetch_sub(bytes as u64, Ordering::Relaxed);
    }
}

impl Default for CountingAllocator {
    fn default() -> Self {
        Self::new()
    }
}

/// How often memory was asked for, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocations {
    /// Calls: new blocks, and old ones that were to grow.
    pub calls: u64,
    /// Bytes of all these blocks. One that grew counts again, in its new size.
    pub bytes: u64,
}

impl Sub for Allocations {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            calls: self.calls - earlier.calls,
            bytes: self.bytes - earlier.bytes,
        }
    }
}

#[expect(
    unsafe_code,
    reason = "GlobalAlloc is an unsafe trait; every call is passed on to the system's allocator as it came"
)]
// SAFETY: each method hands its arguments to `System` unchanged and returns
// what it gives. Counting neither allocates nor panics.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.count(layout.size());
        // SAFETY: the caller's promises are the ones that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.count(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        self.count(new_size);
        self.discount(layout.size());
        // SAFETY: as above; the block came from `System`.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.discount(layout.size());
        // SAFETY: as above; the block came from `System`.
        unsafe { System.dealloc(block, layout) }
    }
}
