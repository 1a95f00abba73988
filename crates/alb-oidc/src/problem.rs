//! What a client is answered, for all frameworks alike: a status, a constant body, and headers.

use std::borrow::Cow;
use std::time::Duration;

use crate::error::Disposition;

/// An answer as a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)). Adapters
/// translate it and add nothing.
///
/// Its body is one of five constants, and tells an attacker nothing: which check failed is for the
/// operator's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    status: u16,
    grpc_status: u8,
    body: &'static str,
    challenge: Option<&'static str>,
    retry_after: Option<Duration>,
}

impl Problem {
    /// 401: nobody is signed in, or the token is not one to trust.
    pub const UNAUTHENTICATED: Self = Self {
        status: 401,
        grpc_status: 16,
        body: r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"Sign in through the load balancer."}"#,
        challenge: Some(CHALLENGE),
        retry_after: None,
    };

    /// 403: the user is signed in, and is not one whom the application lets do this.
    pub const FORBIDDEN: Self = Self {
        status: 403,
        grpc_status: 7,
        body: r#"{"type":"about:blank","title":"Forbidden","status":403,"detail":"Your account lacks what this page needs."}"#,
        challenge: None,
        retry_after: None,
    };

    /// 403: another site's page made the request.
    pub const CROSS_ORIGIN: Self = Self {
        status: 403,
        grpc_status: 7,
        body: r#"{"type":"about:blank","title":"Forbidden","status":403,"detail":"The request was not made by a page of this application."}"#,
        challenge: None,
        retry_after: None,
    };

    /// 500: an extractor was used where no layer authenticates. The application's mistake, and
    /// nobody is let in.
    pub const MISSING_LAYER: Self = Self {
        status: 500,
        grpc_status: 13,
        body: r#"{"type":"about:blank","title":"Internal Server Error","status":500}"#,
        challenge: None,
        retry_after: None,
    };

    /// The status code.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The body.
    #[must_use]
    pub const fn body(&self) -> &'static str {
        self.body
    }

    /// The same answer to a gRPC call, as a [status
    /// code](https://grpc.io/docs/guides/status-codes/): 16 (`UNAUTHENTICATED`), 7
    /// (`PERMISSION_DENIED`), 14 (`UNAVAILABLE`) or 13 (`INTERNAL`).
    #[must_use]
    pub const fn grpc_status(&self) -> u8 {
        self.grpc_status
    }

    /// The headers, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, Cow<'static, str>)> {
        let challenge = self.challenge.map(Cow::Borrowed);
        let retry_after = self.retry_after.map(|duration| {
            let partial = u64::from(duration.subsec_nanos() > 0);
            let seconds = duration.as_secs().saturating_add(partial);
            Cow::Owned(seconds.max(1).to_string())
        });
        [
            Some(("content-type", Cow::Borrowed("application/problem+json"))),
            Some(("cache-control", Cow::Borrowed("no-store"))),
            challenge.map(|value| ("www-authenticate", value)),
            retry_after.map(|value| ("retry-after", value)),
        ]
        .into_iter()
        .flatten()
    }

    pub(crate) const fn unavailable(retry_after: Duration) -> Self {
        Self {
            status: 503,
            grpc_status: 14,
            body: r#"{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"Who you are cannot be checked at the moment. Try again."}"#,
            challenge: None,
            retry_after: Some(retry_after),
        }
    }
}

impl From<Disposition> for Problem {
    fn from(disposition: Disposition) -> Self {
        match disposition {
            Disposition::Challenge => Self::UNAUTHENTICATED,
            Disposition::Unavailable { retry_after } => Self::unavailable(retry_after),
        }
    }
}

/// RFC 9110 section 11.6.1 wants a challenge with each 401. No registered scheme means "go through
/// the load balancer", and one that browsers know would open a password dialog.
const CHALLENGE: &str = "ALB-OIDC";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_whole_seconds_and_never_zero() {
        for (duration, expected) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (8000, "8")] {
            let problem = Problem::unavailable(Duration::from_millis(duration));
            let retry_after = problem.headers().find(|(name, _)| *name == "retry-after");
            assert_eq!(retry_after.unwrap().1, expected, "{duration} ms");
        }
    }

    #[test]
    fn every_body_is_json_that_names_its_own_status() {
        for problem in [
            Problem::UNAUTHENTICATED,
            Problem::FORBIDDEN,
            Problem::CROSS_ORIGIN,
            Problem::MISSING_LAYER,
            Problem::unavailable(Duration::ZERO),
        ] {
            let body: serde_json::Value = serde_json::from_str(problem.body()).unwrap();
            assert_eq!(body["status"], problem.status());
        }
    }
}
