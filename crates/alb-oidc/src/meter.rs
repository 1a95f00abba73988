//! Metrics, with the feature `metrics` or without it. Labels are from closed sets: no identity, no
//! key id, no path.

use std::time::Duration;

use crate::arn::Region;

/// What became of one request.
pub(crate) fn request(_outcome: &'static str, _reason: &'static str, _observed: bool) {
    #[cfg(feature = "metrics")]
    ::metrics::counter!(
        REQUESTS,
        "outcome" => _outcome,
        "reason" => _reason,
        "mode" => if _observed { "observed" } else { "enforced" },
    )
    .increment(1);
}

/// One token that cannot have come through the load balancer.
pub(crate) fn around_load_balancer() {
    #[cfg(feature = "metrics")]
    ::metrics::counter!(AROUND_LOAD_BALANCER).increment(1);
}

/// A user whom an authorizer lets in. All of it is literal, and so nothing is allocated.
pub(crate) fn permitted(_observed: bool) {
    #[cfg(feature = "metrics")]
    if _observed {
        ::metrics::counter!(
            "alb_oidc_authorizations_total",
            "outcome" => "permitted",
            "reason" => "none",
            "mode" => "observed",
        )
    } else {
        ::metrics::counter!(
            "alb_oidc_authorizations_total",
            "outcome" => "permitted",
            "reason" => "none",
            "mode" => "enforced",
        )
    }
    .increment(1);
}

/// A request that an authorizer refuses, or would.
pub(crate) fn refused(_reason: &'static str, _observed: bool) {
    #[cfg(feature = "metrics")]
    ::metrics::counter!(
        AUTHORIZATIONS,
        "outcome" => "refused",
        "reason" => _reason,
        "mode" => if _observed { "observed" } else { "enforced" },
    )
    .increment(1);
}

/// One fetch of a key.
pub(crate) fn key_fetch(_took: Duration, _reason: &'static str) {
    #[cfg(feature = "metrics")]
    ::metrics::histogram!(KEY_FETCH, "reason" => _reason).record(_took);
}

/// How many keys of a region are held from now on.
pub(crate) fn held_keys(_region: Region, _keys: usize) {
    #[cfg(feature = "metrics")]
    ::metrics::gauge!(HELD_KEYS, "region" => _region.to_string())
        .set(u32::try_from(_keys).unwrap_or(u32::MAX));
}

/// Tells the recorder of the facade [`metrics`] what each metric is, with its unit. Call it once,
/// after the recorder is installed; not to call it costs the descriptions alone.
///
/// | metric | kind | labels |
/// |---|---|---|
/// | `alb_oidc_requests_total` | counter | `outcome`: `authenticated`, `missing`, `rejected`, `unavailable`; `reason`: `none` or an [`AuthenticateError::reason`](crate::AuthenticateError::reason), among them `key-fetch-limited` for what the budget refused; `mode`: `enforced`, `observed` |
/// | `alb_oidc_around_load_balancer_total` | counter | none |
/// | `alb_oidc_authorizations_total` | counter | `outcome`: `permitted`, `refused`; `reason`: `none` or a [`Refusal::reason`](crate::Refusal::reason); `mode`: `enforced`, `observed` (of an authorizer that only reports, which lets through what it counts as refused) |
/// | `alb_oidc_key_fetch_duration_seconds` | histogram | `reason`: `none` for a key, `unknown-key`, or how it failed |
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
    describe_histogram!(
        KEY_FETCH,
        Unit::Seconds,
        "How long fetches of public keys took, by how they ended."
    );
    describe_gauge!(HELD_KEYS, Unit::Count, "Public keys that are held.");
}

#[cfg(feature = "metrics")]
const REQUESTS: &str = "alb_oidc_requests_total";
#[cfg(feature = "metrics")]
const AROUND_LOAD_BALANCER: &str = "alb_oidc_around_load_balancer_total";
#[cfg(feature = "metrics")]
const AUTHORIZATIONS: &str = "alb_oidc_authorizations_total";
#[cfg(feature = "metrics")]
const KEY_FETCH: &str = "alb_oidc_key_fetch_duration_seconds";
#[cfg(feature = "metrics")]
const HELD_KEYS: &str = "alb_oidc_held_keys";
