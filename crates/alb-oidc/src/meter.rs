//! Metrics, with the feature `metrics` or without it. Labels are from closed sets: no identity, no
//! key id, no path.

use std::time::Duration;

use crate::arn::Region;
#[cfg(feature = "metrics")]
use counter::Counter;

/// What became of one request.
pub(crate) fn request(_outcome: &'static str, _reason: &'static str, _observed: bool) {
    #[cfg(feature = "metrics")]
    Counter::of(REQUESTS)
        .with("outcome", _outcome)
        .with("reason", _reason)
        .with("mode", mode(_observed))
        .increment();
}

/// One token that cannot have come through the load balancer.
pub(crate) fn around_load_balancer() {
    #[cfg(feature = "metrics")]
    Counter::of(AROUND_LOAD_BALANCER).increment();
}

/// What an authorizer makes of one request: `none` is the reason to let it in.
pub(crate) fn authorization(_reason: &'static str, _observed: bool) {
    #[cfg(feature = "metrics")]
    Counter::of(AUTHORIZATIONS)
        .with(
            "outcome",
            match _reason {
                "none" => "permitted",
                _ => "refused",
            },
        )
        .with("reason", _reason)
        .with("mode", mode(_observed))
        .increment();
}

/// What became of one user's access token, where there was one to verify.
#[cfg(feature = "access-token")]
pub(crate) fn access_token(_reason: &'static str) {
    #[cfg(feature = "metrics")]
    Counter::of(ACCESS_TOKENS)
        .with("reason", _reason)
        .increment();
}

/// One request that is refused as another site's.
pub(crate) fn cross_origin() {
    #[cfg(feature = "metrics")]
    Counter::of(CROSS_ORIGIN).increment();
}

/// One fetch of a key, or of a set of them.
pub(crate) fn key_fetch(_document: &'static str, _took: Duration, _reason: &'static str) {
    #[cfg(feature = "metrics")]
    ::metrics::histogram!(KEY_FETCH, "document" => _document, "reason" => _reason).record(_took);
}

/// How many keys of a region are held from now on.
pub(crate) fn held_keys(_region: Region, _keys: usize) {
    #[cfg(feature = "metrics")]
    ::metrics::gauge!(HELD_KEYS, "region" => _region.to_string())
        .set(u32::try_from(_keys).unwrap_or(u32::MAX));
}

#[cfg(feature = "metrics")]
const fn mode(observed: bool) -> &'static str {
    if observed { "observed" } else { "enforced" }
}

#[cfg(feature = "metrics")]
mod counter {
    use std::collections::HashMap;
    use std::sync::Arc;

    use arc_swap::ArcSwapOption;
    use metrics::{Key, Label, Level, Metadata, with_recorder};

    /// A counter with its labels, which are all literals.
    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    pub(super) struct Counter {
        name: &'static str,
        labels: [Option<(&'static str, &'static str)>; 3],
        filled: usize,
    }

    impl Counter {
        pub(super) const fn of(name: &'static str) -> Self {
            Self {
                name,
                labels: [None; 3],
                filled: 0,
            }
        }

        pub(super) fn with(mut self, name: &'static str, value: &'static str) -> Self {
            if let Some(label) = self.labels.get_mut(self.filled) {
                *label = Some((name, value));
                self.filled += 1;
            }
            self
        }

        /// Allocates the first time that these labels are counted, and then never again: a request
        /// that is rejected must not cost more than it did to send.
        pub(super) fn increment(self) {
            let count = |key: &Key| {
                with_recorder(|recorder| {
                    recorder.register_counter(key, &METADATA).increment(1);
                });
            };
            if let Some(key) = KEYS.load().as_ref().and_then(|keys| keys.get(&self)) {
                return count(key);
            }
            let key = self.key();
            count(&key);
            KEYS.rcu(|keys| {
                let mut keys = keys.as_deref().cloned().unwrap_or_default();
                keys.insert(self, key.clone());
                Some(Arc::new(keys))
            });
        }

        fn key(self) -> Key {
            let labels = self.labels.into_iter().flatten();
            let labels = labels.map(|(name, value)| Label::from_static_parts(name, value));
            Key::from_parts(self.name, labels.collect::<Vec<_>>())
        }
    }

    /// The keys of the counters that have been counted. As many as there are labels, which are from
    /// closed sets.
    static KEYS: ArcSwapOption<HashMap<Counter, Key>> = ArcSwapOption::const_empty();

    static METADATA: Metadata<'static> =
        Metadata::new("alb_oidc", Level::INFO, Some(module_path!()));
}

/// Tells the recorder of the facade [`metrics`] what each metric is, with its unit. Call it once,
/// after the recorder is installed; not to call it costs the descriptions alone.
///
/// | metric | kind | labels |
/// |---|---|---|
/// | `alb_oidc_requests_total` | counter | `outcome`: `authenticated`, `missing`, `rejected`, `unavailable`; `reason`: `none` or an [`AuthenticateError::reason`](crate::AuthenticateError::reason), among them `key-fetch-limited` for what the budget refused; `mode`: `enforced`, `observed` |
/// | `alb_oidc_around_load_balancer_total` | counter | none |
/// | `alb_oidc_authorizations_total` | counter | `outcome`: `permitted`, `refused`; `reason`: `none` or a [`Refusal::reason`](crate::Refusal::reason); `mode`: `enforced`, `observed` (of an authorizer that only reports, which lets through what it counts as refused) |
/// | `alb_oidc_access_tokens_total` | counter | `reason`: `none` for one that verifies, or an [`AccessTokenError::reason`](crate::AccessTokenError::reason); of users whose issuer has a verifier |
/// | `alb_oidc_cross_origin_requests_total` | counter | none; requests that a [`CsrfProtection`](crate::CsrfProtection) refuses |
/// | `alb_oidc_key_fetch_duration_seconds` | histogram | `document`: `key` of a load balancer, or `key-set` of an issuer of access tokens; `reason`: `none` for a key or a set, `unknown-key`, or how it failed |
/// | `alb_oidc_held_keys` | gauge | `region`: of the policy |
#[cfg(feature = "metrics")]
pub fn describe_metrics() {
    use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!(
        REQUESTS,
        Unit::Count,
        "Requests that were decided on, by outcome and reason."
    );
    describe_counter!(
        AROUND_LOAD_BALANCER,
        Unit::Count,
        "Tokens that cannot have come through an authenticating rule of a trusted load balancer."
    );
    describe_counter!(
        AUTHORIZATIONS,
        Unit::Count,
        "Requests that an authorizer was asked about, by outcome and reason."
    );
    #[cfg(feature = "access-token")]
    describe_counter!(
        ACCESS_TOKENS,
        Unit::Count,
        "Users whose access token was to be verified, by what became of it."
    );
    describe_counter!(
        CROSS_ORIGIN,
        Unit::Count,
        "Requests that were refused because another site's page made them."
    );
    describe_histogram!(
        KEY_FETCH,
        Unit::Seconds,
        "How long fetches of public keys took, by what was fetched and how they ended."
    );
    describe_gauge!(HELD_KEYS, Unit::Count, "Public keys that are held.");
}

#[cfg(feature = "metrics")]
const REQUESTS: &str = "alb_oidc_requests_total";
#[cfg(feature = "metrics")]
const AROUND_LOAD_BALANCER: &str = "alb_oidc_around_load_balancer_total";
#[cfg(feature = "metrics")]
const AUTHORIZATIONS: &str = "alb_oidc_authorizations_total";
#[cfg(all(feature = "metrics", feature = "access-token"))]
const ACCESS_TOKENS: &str = "alb_oidc_access_tokens_total";
#[cfg(feature = "metrics")]
const CROSS_ORIGIN: &str = "alb_oidc_cross_origin_requests_total";
#[cfg(feature = "metrics")]
const KEY_FETCH: &str = "alb_oidc_key_fetch_duration_seconds";
#[cfg(feature = "metrics")]
const HELD_KEYS: &str = "alb_oidc_held_keys";
