//! The three headers that tell the target who is there.

use std::fmt;

use alb_oidc::{OidcHeaders, UnixTime};
use alb_oidc_testkit::SimulatedAlb;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::rule::ClientIdentityHeaders;
use crate::session::Session;

/// `x-amzn-oidc-accesstoken`, `x-amzn-oidc-identity` and `x-amzn-oidc-data` of
/// one request.
pub(crate) struct Identity {
    access_token: HeaderValue,
    subject: HeaderValue,
    data: HeaderValue,
}

impl Identity {
    /// Mints a token for `session`. It is minted for each request, and good for
    /// two minutes.
    pub(crate) fn of(session: &Session, signer: &SimulatedAlb, now: UnixTime) -> Option<Self> {
        let sensitive = |bytes: &[u8]| {
            let mut value = HeaderValue::from_bytes(bytes).ok()?;
            value.set_sensitive(true);
            Some(value)
        };
        Some(Self {
            access_token: sensitive(session.access_token.as_bytes())?,
            subject: sensitive(session.subject()?.as_bytes())?,
            data: sensitive(signer.mint(&session.claims, now).as_bytes())?,
        })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(redacted)")
    }
}

/// Leaves in `headers` what the target is to see of the client's identity
/// headers and of the load balancer's own.
pub(crate) fn apply(
    headers: &mut HeaderMap,
    client: ClientIdentityHeaders,
    identity: Option<&Identity>,
) {
    if client == ClientIdentityHeaders::Strip {
        strip(headers);
    }
    let Some(identity) = identity else { return };
    let own = [
        (ACCESS_TOKEN, &identity.access_token),
        (IDENTITY, &identity.subject),
        (DATA, &identity.data),
    ];
    for (name, value) in own {
        match client {
            ClientIdentityHeaders::Strip | ClientIdentityHeaders::PassThrough => {
                headers.insert(name, value.clone());
            }
            ClientIdentityHeaders::Duplicate => {
                headers.append(name, value.clone());
            }
        }
    }
}

/// Removes every header that is one of the three, or another `x-amzn-oidc-*`,
/// to a server that reads `_` as `-`.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let protected: Vec<_> = headers
        .keys()
        .filter(|name| is_protected(name.as_str()))
        .cloned()
        .collect();
    for name in protected {
        headers.remove(name);
    }
}

/// Whether a lower-case header name is kept for the load balancer.
pub(crate) fn is_protected(name: &str) -> bool {
    name.replace('_', "-").starts_with(PREFIX)
}

const PREFIX: &str = "x-amzn-oidc-";
const ACCESS_TOKEN: HeaderName = HeaderName::from_static(OidcHeaders::ACCESS_TOKEN);
const IDENTITY: HeaderName = HeaderName::from_static(OidcHeaders::IDENTITY);
const DATA: HeaderName = HeaderName::from_static(OidcHeaders::DATA);

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> HeaderMap {
        let mut headers = HeaderMap::new();
        for name in [
            "x-amzn-oidc-data",
            "x_amzn_oidc_data",
            "x-amzn_oidc-identity",
            "x-amzn-oidc-new",
            "x-amzn-trace-id",
        ] {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static("client"),
            );
        }
        headers
    }

    fn identity() -> Identity {
        let value = HeaderValue::from_static("alb");
        Identity {
            access_token: value.clone(),
            subject: value.clone(),
            data: value,
        }
    }

    fn data(headers: &HeaderMap) -> Vec<&HeaderValue> {
        headers.get_all(DATA).iter().collect()
    }

    #[test]
    fn stripping_takes_the_clients_own_and_their_aliases() {
        let mut headers = sent();
        apply(&mut headers, ClientIdentityHeaders::Strip, None);
        assert_eq!(
            headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(),
            ["x-amzn-trace-id"]
        );

        apply(
            &mut headers,
            ClientIdentityHeaders::Strip,
            Some(&identity()),
        );
        assert_eq!(data(&headers), ["alb"]);
    }

    #[test]
    fn passing_through_keeps_the_clients_own_where_there_is_none_of_ours() {
        let mut headers = sent();
        apply(&mut headers, ClientIdentityHeaders::PassThrough, None);
        assert_eq!(data(&headers), ["client"]);

        apply(
            &mut headers,
            ClientIdentityHeaders::PassThrough,
            Some(&identity()),
        );
        assert_eq!(data(&headers), ["alb"]);
        assert!(headers.contains_key("x_amzn_oidc_data"));
    }

    #[test]
    fn duplicating_puts_ours_behind_the_clients() {
        let mut headers = sent();
        apply(
            &mut headers,
            ClientIdentityHeaders::Duplicate,
            Some(&identity()),
        );

        assert_eq!(data(&headers), ["client", "alb"]);
    }

    #[test]
    fn nothing_of_the_user_is_in_the_debug_text() {
        assert_eq!(format!("{:?}", identity()), "Identity(redacted)");
    }
}
