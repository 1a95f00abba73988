//! OpenID Connect Discovery 1.0: the endpoints from the issuer's own document.

use serde_json::{Map, Value};

use crate::provider::{FetchError, ProviderClient};
use crate::rule::{AuthenticateOidc, RuleError, TokenEndpointAuthMethod, endpoint};

impl AuthenticateOidc {
    /// Reads `{issuer}/.well-known/openid-configuration` (OpenID Connect
    /// Discovery 1.0 section 4) and fills in the endpoints; all else has the
    /// load balancer's defaults. If the provider takes `client_secret_post`
    /// and not `client_secret_basic`, that is set as well.
    ///
    /// Redirects are not followed, proxies of the environment are not used, and
    /// the provider has 5 seconds to answer.
    ///
    /// # Errors
    ///
    /// [`DiscoverError`] if the document cannot be fetched or read, names
    /// another issuer, or if the issuer or an endpoint is not a URL that a
    /// load balancer takes.
    pub async fn discover(
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Result<Self, DiscoverError> {
        let issuer = issuer.into();
        let tls = endpoint("issuer", &issuer)?.scheme() == "https";
        let client =
            ProviderClient::new(tls).map_err(|error| DiscoverError::Client(error.to_string()))?;
        let url = format!(
            "{}/.well-known/openid-configuration",
            issuer.strip_suffix('/').unwrap_or(&issuer)
        );
        let document = client.json(&url).await?;
        let member = |name: &'static str| text(&document, name).ok_or(DiscoverError::Member(name));
        if member("issuer")? != issuer {
            return Err(DiscoverError::Issuer);
        }
        let mut rule = Self::new(
            issuer.as_str(),
            member("authorization_endpoint")?,
            member("token_endpoint")?,
            member("userinfo_endpoint")?,
            client_id,
            client_secret,
        );
        rule.token_endpoint_auth_method = auth_method(&document);
        rule.validate()?;
        Ok(rule)
    }
}

/// Why a provider's discovery document could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoverError {
    /// The HTTP client could not be made, for want of a certificate store for
    /// example.
    #[error("the HTTP client could not be made: {0}")]
    Client(String),
    /// The provider could not be reached within 5 seconds.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(String),
    /// The provider answered with another status than 200.
    #[error("the discovery document was answered with status {0}")]
    Status(u16),
    /// The document is no JSON object, or has more than 64 KiB.
    #[error("the discovery document is not a JSON object of at most 64 KiB")]
    Body,
    /// A required member is missing or no string.
    #[error("the discovery document has no {0}")]
    Member(&'static str),
    /// The document names another issuer: what section 4.3 of the specification
    /// forbids to use. A trailing slash is a difference.
    #[error("the discovery document names another issuer")]
    Issuer,
    /// An endpoint or a client setting is not one that a load balancer takes.
    #[error(transparent)]
    Rule(#[from] RuleError),
}

impl From<FetchError> for DiscoverError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Unreachable(reason) => Self::Unreachable(reason),
            FetchError::Status(status) => Self::Status(status),
            FetchError::Body => Self::Body,
        }
    }
}

fn text<'a>(document: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    document.get(name).and_then(Value::as_str)
}

/// `client_secret_basic` is the default where the member is missing (OpenID
/// Connect Discovery 1.0 section 3).
fn auth_method(document: &Map<String, Value>) -> TokenEndpointAuthMethod {
    let supported = document
        .get("token_endpoint_auth_methods_supported")
        .and_then(Value::as_array);
    let supports =
        |method| supported.is_some_and(|methods| methods.iter().any(|value| value == method));
    if supports("client_secret_post") && !supports("client_secret_basic") {
        TokenEndpointAuthMethod::ClientSecretPost
    } else {
        TokenEndpointAuthMethod::ClientSecretBasic
    }
}
