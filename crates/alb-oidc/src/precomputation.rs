//! The table of a key's multiples: made beside the requests, once, and for so many keys at once.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use alb_oidc_p256_tables::PrecomputedKey;

/// A key's table, once it is there.
#[derive(Default)]
pub(crate) struct Precomputation(Arc<OnceLock<Table>>);

struct Table {
    key: PrecomputedKey,
    _place: Place,
}

impl Precomputation {
    pub(crate) fn get(&self) -> Option<&PrecomputedKey> {
        self.0.get().map(|table| &table.key)
    }

    /// Has the table made, if there is a place for it, and a thread. Without either, the key
    /// verifies as it did.
    ///
    /// It takes a thread of its own some milliseconds, once for a key. A runtime's would do as well,
    /// but not every request has a runtime, and none would outlive its runtime's end.
    pub(crate) fn start(&self, point: [u8; 65]) {
        self.start_in(&PLACES, point);
    }

    fn start_in(&self, places: &'static Places, point: [u8; 65]) {
        let Some(place) = places.take() else {
            return;
        };
        let slot = self.0.clone();
        let make = move || {
            if let Ok(key) = PrecomputedKey::from_uncompressed_point(&point) {
                // If there is one already, this one goes.
                let _ = slot.set(Table { key, _place: place });
            }
        };
        let _ = thread::Builder::new()
            .name("alb-oidc-p256".to_owned())
            .spawn(make);
    }
}

impl fmt::Debug for Precomputation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Precomputation")
            .field(&self.get().is_some())
            .finish()
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
    use std::time::{Duration, Instant};

    use p256::ecdsa::SigningKey;

    use super::*;

    #[test]
    fn there_are_so_many_tables_at_once_and_each_goes_with_its_key() {
        static PLACES: Places = Places::new(2);
        let started = |number| {
            let key = Precomputation::default();
            key.start_in(&PLACES, point(number));
            key
        };
        let first = started(1);
        let second = started(2);
        let none = started(3);
        wait_until(|| first.get().is_some() && second.get().is_some());
        assert!(none.get().is_none());
        assert_eq!(taken(&PLACES), 2);

        drop(first);
        // The thread that has made it may hold it a moment longer.
        wait_until(|| taken(&PLACES) == 1);
        let third = started(4);
        wait_until(|| third.get().is_some());
        assert!(none.get().is_none(), "its chance has passed");
        drop((second, third));
        wait_until(|| taken(&PLACES) == 0);
    }

    #[test]
    fn a_key_that_is_dropped_meanwhile_takes_its_table_along() {
        static PLACES: Places = Places::new(1);
        let key = Precomputation::default();
        key.start_in(&PLACES, point(1));
        drop(key);
        wait_until(|| taken(&PLACES) == 0);
    }

    #[test]
    fn what_is_no_point_takes_no_place() {
        static PLACES: Places = Places::new(1);
        let key = Precomputation::default();
        key.start_in(&PLACES, [4; 65]);
        wait_until(|| taken(&PLACES) == 0);
        assert!(key.get().is_none());
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
}
