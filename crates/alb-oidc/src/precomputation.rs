//! The table of a key's multiples: made beside the requests, once, and for so many keys at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use alb_oidc_p256_tables::PrecomputedKey;

use crate::trace::event;

/// A key's table, once it is there.
pub(crate) struct Precomputation {
    table: Arc<OnceLock<Table>>,
    places: &'static Places,
    is_begun: AtomicBool,
    is_told: AtomicBool,
}

struct Table {
    key: PrecomputedKey,
    _place: Place,
}

impl Precomputation {
    fn new(places: &'static Places) -> Self {
        Self {
            table: Arc::default(),
            places,
            is_begun: AtomicBool::new(false),
            is_told: AtomicBool::new(false),
        }
    }

    pub(crate) fn get(&self) -> Option<&PrecomputedKey> {
        self.table.get().map(|table| &table.key)
    }

    /// Has the table made, once. Where there is no place for it, or no thread, the key verifies as it
    /// did, and it can be begun again.
    ///
    /// It takes a thread of its own some milliseconds. A runtime's would do as well, but not every
    /// request has a runtime, and none would outlive its runtime's end.
    pub(crate) fn begin(&self, point: [u8; 65]) {
        if self.is_begun.swap(true, Ordering::Relaxed) {
            return;
        }
        let has_begun = match self.places.take() {
            Some(place) => self.spawn(point, place),
            None => {
                self.tell();
                false
            }
        };
        self.is_begun.store(has_begun, Ordering::Relaxed);
    }

    /// Whether there is a thread for it.
    fn spawn(&self, point: [u8; 65], place: Place) -> bool {
        let slot = self.table.clone();
        let make = move || {
            if let Ok(key) = PrecomputedKey::from_uncompressed_point(&point) {
                // It is the first.
                let _ = slot.set(Table { key, _place: place });
            }
        };
        let thread = thread::Builder::new().name("alb-oidc-p256".to_owned());
        thread.spawn(make).is_ok()
    }

    /// Once a key.
    fn tell(&self) {
        if !self.is_told.swap(true, Ordering::Relaxed) {
            event!(
                warn,
                max = self.places.max,
                "as many keys as may be have a table: another one that is in use verifies without"
            );
        }
    }
}

impl Default for Precomputation {
    fn default() -> Self {
        Self::new(&PLACES)
    }
}

/// How many tables there are in this process, or are being made.
struct Places {
    taken: AtomicUsize,
    max: usize,
}

/// Given back when it is dropped.
struct Place(&'static Places);

impl Places {
    const fn new(max: usize) -> Self {
        Self {
            taken: AtomicUsize::new(0),
            max,
        }
    }

    fn take(&'static self) -> Option<Place> {
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        let taken = self
            .taken
            .fetch_update(set, fetch, |taken| (taken < self.max).then_some(taken + 1));
        taken.ok().map(|_| Place(self))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

static PLACES: Places = Places::new(MAX_TABLES);

const MAX_TABLES: usize = 16;

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::time::{Duration, Instant};

    use p256::ecdsa::SigningKey;

    use super::*;

    #[test]
    fn there_are_so_many_tables_at_once_and_each_goes_with_its_key() {
        static PLACES: Places = Places::new(2);
        let begun = |number| {
            let key = Precomputation::new(&PLACES);
            key.begin(point(number));
            key
        };
        let first = begun(1);
        let second = begun(2);
        let none = begun(3);
        wait_until(|| first.get().is_some() && second.get().is_some());
        assert!(none.get().is_none());
        assert_eq!(taken(&PLACES), 2);

        drop(first);
        // The thread that has made it may hold it a moment longer.
        wait_until(|| taken(&PLACES) == 1);
        none.begin(point(3));
        wait_until(|| none.get().is_some());
        drop((second, none));
        wait_until(|| taken(&PLACES) == 0);
    }

    #[test]
    fn a_table_is_made_once() {
        static PLACES: Places = Places::new(2);
        let key = Precomputation::new(&PLACES);
        for _ in 0..3 {
            key.begin(point(1));
            assert_eq!(taken(&PLACES), 1);
        }
        wait_until(|| key.get().is_some());
        key.begin(point(1));
        assert_eq!(taken(&PLACES), 1);
    }

    #[test]
    fn a_key_that_is_dropped_meanwhile_takes_its_table_along() {
        static PLACES: Places = Places::new(1);
        let key = Precomputation::new(&PLACES);
        key.begin(point(1));
        drop(key);
        wait_until(|| taken(&PLACES) == 0);
    }

    #[test]
    fn what_is_no_point_takes_no_place() {
        static PLACES: Places = Places::new(1);
        let key = Precomputation::new(&PLACES);
        key.begin([4; 65]);
        wait_until(|| taken(&PLACES) == 0);
        assert!(key.get().is_none());
    }

    #[test]
    fn however_many_want_a_place_at_once_there_are_never_more() {
        static PLACES: Places = Places::new(3);
        static HELD: AtomicUsize = AtomicUsize::new(0);
        let barrier = Barrier::new(THREADS);
        let taken_by_one = || {
            barrier.wait();
            let mut taken = 0;
            for _ in 0..TRIES {
                if let Some(place) = PLACES.take() {
                    let held = HELD.fetch_add(1, Ordering::Relaxed) + 1;
                    assert!(held <= 3, "{held} at once");
                    HELD.fetch_sub(1, Ordering::Relaxed);
                    drop(place);
                    taken += 1;
                }
            }
            taken
        };
        let taken_by_all: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(taken_by_one)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert!(taken_by_all >= TRIES, "only {taken_by_all}");
        assert_eq!(taken(&PLACES), 0);
    }

    #[test]
    fn all_tables_at_once_are_a_few_megabytes() {
        const { assert!(MAX_TABLES * PrecomputedKey::TABLE_BYTES < 3_000_000) };
    }

    fn taken(places: &Places) -> usize {
        places.taken.load(Ordering::Relaxed)
    }

    fn point(number: u8) -> [u8; 65] {
        let key = SigningKey::from_slice(&[number; 32]).unwrap();
        let point = key.verifying_key().to_sec1_point(false);
        point.as_bytes().try_into().unwrap()
    }

    fn wait_until(condition: impl Fn() -> bool) {
        let start = Instant::now();
        while !condition() {
            assert!(start.elapsed() < Duration::from_secs(60), "in vain");
            thread::yield_now();
        }
    }

    const THREADS: usize = 8;
    // Enough for two threads to meet between a load and a store, on a busy machine too.
    const TRIES: usize = 1_500_000;
}
