//! One request, decided on the spot.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use alb_oidc::{AuthenticateError, AuthenticatedUser, Authenticator, OidcHeaders};

/// What an authenticator that has its keys at hand decides on a request with
/// these header lines.
pub(crate) fn decide(
    authenticator: &Authenticator,
    lines: &[(&str, &[u8])],
) -> Result<AuthenticatedUser, AuthenticateError> {
    let headers = OidcHeaders::from_lookup(|name| {
        let lines = lines.iter().filter(move |(line, _)| *line == name);
        lines.map(|(_, value)| *value)
    });
    let authentication = pin!(authenticator.authenticate(headers));
    match authentication.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(decision) => decision,
        Poll::Pending => panic!("with its key at hand an authenticator decides at once"),
    }
}
