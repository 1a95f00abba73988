//! The numbers of the key store, and why each is what it is.

use std::time::Duration;

use crate::error::ConfigError;

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr;)*) => {
        /// The numbers of a [`KeyStore`](super::KeyStore). Each has a default, and the reason for it.
        #[derive(Clone, Debug)]
        pub struct KeyStoreSettings {
            $(pub(crate) $name: $type,)*
        }

        impl Default for KeyStoreSettings {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl KeyStoreSettings {
            $(
                $(#[$doc])*
                #[must_use]
                pub const fn $name(mut self, value: $type) -> Self {
                    self.$name = value;
                    self
                }
            )*
        }
    };
}

settings! {
    /// Age at which a key is refreshed in the background, while it is still served. 1 hour: keys
    /// live for days at least, and a withdrawn one is noticed the same day.
    soft_lifetime: Duration = Duration::from_secs(3600);
    /// Age at which a key is no longer served. 24 hours: an outage of the endpoint that long is
    /// not survived, and a withdrawn key lives no longer than that. Time in which the machine is
    /// suspended does not count ([`Instant`](std::time::Instant)).
    hard_lifetime: Duration = Duration::from_secs(24 * 3600);
    /// Least time between two background refreshes of one key, and how long a key is served that
    /// verifies nothing. 60 seconds: one wrong answer of the endpoint is mended within that. In whole
    /// milliseconds, from one to `hard_lifetime`: with a shorter one, this has to be shorter too.
    refresh_interval: Duration = Duration::from_secs(60);
    /// Keys kept that have verified a token of a trusted signer. 64: several have been
    /// seen in a region over the years, few at a time, and one that is out of use is dropped days
    /// later.
    max_proven_keys: usize = 64;
    /// Keys kept that have verified nothing yet. 8: real keys of the region that no token of ours
    /// was signed with.
    max_unproven_keys: usize = 8;
    /// Deadline of one exchange with the endpoint, from connecting to the last byte. 3 seconds,
    /// for one small GET.
    exchange_timeout: Duration = Duration::from_secs(3);
    /// Deadline of everything that is done for one key, a retry included, and of each request
    /// that waits for it. 3.2 seconds.
    flight_timeout: Duration = Duration::from_millis(3200);
    /// Longest answer that is read. 8 KiB: a key is 178 bytes.
    max_body_bytes: usize = 8 * 1024;
    /// How long the first "unknown" or failure for a key id is remembered; each further one
    /// doubles it. 1 second: the endpoint may lag behind a rotation.
    min_backoff: Duration = Duration::from_secs(1);
    /// The longest that an "unknown", a failure or a `Retry-After` is remembered. 8 seconds, so
    /// that recovery takes no more than 10.
    max_backoff: Duration = Duration::from_secs(8);
    /// Pause before the one retry for a key id that an endpoint, which has served others, does
    /// not know. 1 second, as for `min_backoff`.
    unknown_retry_delay: Duration = Duration::from_secs(1);
    /// Unknown key ids fetched at once, before the budget is one every `budget_interval`. 10:
    /// more than a region has keys. At most 1,000.
    budget_burst: u32 = 10;
    /// Time for one more fetch of an unknown key id. 1 second: what a flood of made-up ids costs
    /// AWS and us.
    budget_interval: Duration = Duration::from_secs(1);
    /// Fetches of unknown key ids under way at once. 4.
    max_in_flight: usize = 4;
    /// Key ids whose "unknown" or failure is remembered. 4,096: many times what the budget can bring.
    max_negative: usize = 4096;
    /// Key ids that requests wait for at once. 2,048: a flood of made-up ids, in tokens as long as
    /// an ALB's, then holds no more than 8 MiB, and leaves most places to requests for ids that are
    /// waited for already.
    max_waiting_ids: usize = 2048;
    /// Requests that wait for keys at once. 16,384: as many as a server answers at once, and a
    /// bound to their memory.
    max_waiters: usize = 16_384;
}

impl KeyStoreSettings {
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let within = |holds: bool, name| holds.then_some(()).ok_or(ConfigError::Setting(name));
        within(!self.soft_lifetime.is_zero(), "soft_lifetime")?;
        within(self.hard_lifetime >= self.soft_lifetime, "hard_lifetime")?;
        within(self.hard_lifetime <= MAX_LIFETIME, "hard_lifetime")?;
        within(self.refresh_interval.as_millis() > 0, "refresh_interval")?;
        within(
            self.refresh_interval <= self.hard_lifetime,
            "refresh_interval",
        )?;
        within(self.max_proven_keys > 0, "max_proven_keys")?;
        within(self.max_unproven_keys > 0, "max_unproven_keys")?;
        within(!self.exchange_timeout.is_zero(), "exchange_timeout")?;
        within(
            self.flight_timeout >= self.exchange_timeout,
            "flight_timeout",
        )?;
        within(self.flight_timeout <= MAX_TIMEOUT, "flight_timeout")?;
        within(self.max_body_bytes > 0, "max_body_bytes")?;
        within(!self.min_backoff.is_zero(), "min_backoff")?;
        within(self.max_backoff >= self.min_backoff, "max_backoff")?;
        within(self.max_backoff <= MAX_TIMEOUT, "max_backoff")?;
        within(
            self.unknown_retry_delay <= self.flight_timeout,
            "unknown_retry_delay",
        )?;
        within((1..=MAX_BURST).contains(&self.budget_burst), "budget_burst")?;
        within(!self.budget_interval.is_zero(), "budget_interval")?;
        within(self.budget_interval <= MAX_TIMEOUT, "budget_interval")?;
        within(self.max_in_flight > 0, "max_in_flight")?;
        within(self.max_negative > 0, "max_negative")?;
        within(self.max_waiting_ids > 0, "max_waiting_ids")?;
        within(self.max_waiters > 0, "max_waiters")
    }
}

/// A key that AWS withdraws must be gone within a day.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// No request should hang for longer than a minute over a key.
const MAX_TIMEOUT: Duration = Duration::from_secs(60);
/// More at once would be no budget.
const MAX_BURST: u32 = 1000;
