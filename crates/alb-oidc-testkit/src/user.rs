//! A user for a handler's unit test, minted and verified for real.

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use alb_oidc::{AuthenticatedUser, Authenticator, OidcHeaders};
use serde_json::Value;

use crate::alb::SimulatedAlb;

/// The user with these claims. `claims` is what the identity provider's userinfo endpoint would
/// say, and needs a `sub`.
///
/// ```
/// use alb_oidc_testkit::user;
/// use serde_json::json;
///
/// assert_eq!(user(json!({"sub": "alice"})).display_name(), "alice");
/// ```
///
/// # Panics
///
/// If no load balancer could send such claims: not an object, no `sub`, or a `sub` that is not
/// printable ASCII.
#[must_use]
#[expect(
    clippy::needless_pass_by_value,
    reason = "json!(…) is what callers write"
)]
pub fn user(claims: Value) -> AuthenticatedUser {
    static AUTHENTICATOR: LazyLock<Authenticator> = LazyLock::new(|| ALB.authenticator());
    sign_in(&AUTHENTICATOR, &ALB.headers(&claims))
}

/// The user with these claims, who is in these groups: a verified access token says so.
///
/// ```
/// use alb_oidc_testkit::user_in_groups;
/// use serde_json::json;
///
/// let user = user_in_groups(json!({"sub": "grace"}), &["admins"]);
/// assert_eq!(user.groups()?, ["admins"]);
/// # Ok::<(), alb_oidc::AccessTokenError>(())
/// ```
///
/// # Panics
///
/// As [`user`].
#[cfg(feature = "access-token")]
#[must_use]
#[expect(
    clippy::needless_pass_by_value,
    reason = "json!(…) is what callers write"
)]
pub fn user_in_groups(claims: Value, groups: &[&str]) -> AuthenticatedUser {
    static AUTHENTICATOR: LazyLock<Authenticator> =
        LazyLock::new(|| ALB.authenticator_with_access_tokens());
    sign_in(&AUTHENTICATOR, &ALB.headers_in_groups(&claims, groups))
}

static ALB: LazyLock<SimulatedAlb> = LazyLock::new(SimulatedAlb::new);

fn sign_in(authenticator: &Authenticator, sent: &[(&'static str, String); 3]) -> AuthenticatedUser {
    let headers = OidcHeaders::from_lookup(|name| {
        let values = sent.iter().filter(move |(other, _)| *other == name);
        values.map(|(_, value)| value.as_bytes())
    });
    let authentication = pin!(authenticator.authenticate(headers));
    // With its keys at hand an authenticator decides at once.
    match authentication.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(user)) => user,
        Poll::Ready(Err(error)) => panic!("no load balancer could send these claims: {error}"),
        Poll::Pending => unreachable!("static keys are never pending"),
    }
}
