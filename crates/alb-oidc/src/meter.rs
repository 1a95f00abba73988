//! Metrics, with the feature `metrics` or without it. Labels are from closed sets: no identity, no
//! key id, no path.

use std::time::Duration;

use crate::arn::Region;
#[cfg(feature = "metrics")]
use counter::Counter;

/// What became of one request.
pub(crate) fn request(_outcome: &'static str, _reason: &'static str, _observed: bool) {
    #[cfg(feature = "metrics")]
    REQUESTS.increment(&[
        ("outcome", _outcome),
        ("reason", _reason),
        ("mode", mode(_observed)),
    ]);
}

/// One token that cannot have come through the load balancer.
pub(crate) fn around_load_balancer() {
    #[cfg(feature = "metrics")]
    AROUND_LOAD_BALANCER.increment(&[]);
}

/// What an authorizer makes of one request: `none` is the reason to let it in.
pub(crate) fn authorization(_reason: &'static str, _observed: bool) {
    #[cfg(feature = "metrics")]
    AUTHORIZATIONS.increment(&[
        (
            "outcome",
            match _reason {
                "none" => "permitted",
                _ => "refused",
            },
        ),
        ("reason", _reason),
        ("mode", mode(_observed)),
    ]);
}

/// What became of one user's access token, where there was one to verify.
#[cfg(feature = "access-token")]
pub(crate) fn access_token(_reason: &'static str) {
    #[cfg(feature = "metrics")]
    ACCESS_TOKENS.increment(&[("reason", _reason)]);
}

/// One request that is refused as another site's.
pub(crate) fn cross_origin() {
    #[cfg(feature = "metrics")]
    CROSS_ORIGIN.increment(&[]);
}

/// One request that an extractor or an endpoint refuses.
pub(crate) fn refusal(_reason: &'static str) {
    #[cfg(feature = "metrics")]
    REFUSALS.increment(&[("reason", _reason)]);
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
    use std::sync::OnceLock;

    use metrics::{Key, Label, Level, Metadata, with_recorder};

    /// A counter, and those of its series that have been counted.
    pub(super) struct Counter {
        pub(super) name: &'static str,
        first: OnceLock<Box<Series>>,
    }

    /// One set of labels. There are as many as there are reasons, which is a closed set.
    struct Series {
        key: Key,
        next: OnceLock<Box<Series>>,
    }

    type Labels = [(&'static str, &'static str)];

    impl Counter {
        pub(super) const fn new(name: &'static str) -> Self {
            Self {
                name,
                first: OnceLock::new(),
            }
        }

        /// Allocates when these labels are counted for the first time, and then never again: to
        /// reject a request must not cost more than it did to send it.
        pub(super) fn increment(&self, labels: &Labels) {
            let mut place = &self.first;
            let series = loop {
                let series = place.get_or_init(|| Series::new(self.name, labels));
                if series.has(labels) {
                    break series;
                }
                place = &series.next;
            };
            with_recorder(|recorder| {
                let counter = recorder.register_counter(&series.key, &METADATA);
                counter.increment(1);
            });
        }
    }

    impl Series {
        fn new(name: &'static str, labels: &Labels) -> Box<Self> {
            let labels = labels.iter();
            let labels = labels.map(|(name, value)| Label::from_static_parts(name, value));
            Box::new(Self {
                key: Key::from_parts(name, labels.collect::<Vec<_>>()),
                next: OnceLock::new(),
            })
        }

        fn has(&self, labels: &Labels) -> bool {
            let own = self.key.labels().map(|label| (label.key(), label.value()));
            own.eq(labels.iter().copied())
        }
    }

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
/// | `alb_oidc_refusals_total` | counter | `reason`: `missing-layer`, `claims-do-not-fit` or an [`AccessTokenError::reason`](crate::AccessTokenError::reason); requests that an extractor or an endpoint refuses, and nothing before it |
/// | `alb_oidc_key_fetch_duration_seconds` | histogram | `document`: `key` of a load balancer, or `key-set` of an issuer of access tokens; `reason`: `none` for a key or a set, `unknown-key`, or how it failed |
/// | `alb_oidc_held_keys` | gauge | `region`: of the policy |
#[cfg(feature = "metrics")]
pub fn describe_metrics() {
    use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!(
        REQUESTS.name,
        Unit::Count,
        "Requests that were decided on, by outcome and reason."
    );
    describe_counter!(
        AROUND_LOAD_BALANCER.name,
        Unit::Count,
        "Tokens that cannot have come through an authenticating rule of a trusted load balancer."
    );
    describe_counter!(
        AUTHORIZATIONS.name,
        Unit::Count,
        "Requests that an authorizer was asked about, by outcome and reason."
    );
    #[cfg(feature = "access-token")]
    describe_counter!(
        ACCESS_TOKENS.name,
        Unit::Count,
        "Users whose access token was to be verified, by what became of it."
    );
    describe_counter!(
        CROSS_ORIGIN.name,
        Unit::Count,
        "Requests that were refused because another site's page made them."
    );
    describe_counter!(
        REFUSALS.name,
        Unit::Count,
        "Requests that an extractor or an endpoint refused, by reason."
    );
    describe_histogram!(
        KEY_FETCH,
        Unit::Seconds,
        "How long fetches of public keys took, by what was fetched and how they ended."
    );
    describe_gauge!(HELD_KEYS, Unit::Count, "Public keys that are held.");
}

#[cfg(feature = "metrics")]
static REQUESTS: Counter = Counter::new("alb_oidc_requests_total");
#[cfg(feature = "metrics")]
static AROUND_LOAD_BALANCER: Counter = Counter::new("alb_oidc_around_load_balancer_total");
#[cfg(feature = "metrics")]
static AUTHORIZATIONS: Counter = Counter::new("alb_oidc_authorizations_total");
#[cfg(all(feature = "metrics", feature = "access-token"))]
static ACCESS_TOKENS: Counter = Counter::new("alb_oidc_access_tokens_total");
#[cfg(feature = "metrics")]
static CROSS_ORIGIN: Counter = Counter::new("alb_oidc_cross_origin_requests_total");
#[cfg(feature = "metrics")]
static REFUSALS: Counter = Counter::new("alb_oidc_refusals_total");
#[cfg(feature = "metrics")]
const KEY_FETCH: &str = "alb_oidc_key_fetch_duration_seconds";
#[cfg(feature = "metrics")]
const HELD_KEYS: &str = "alb_oidc_held_keys";
