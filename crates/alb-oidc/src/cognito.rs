//! Amazon Cognito: a user pool, its domain, and the URLs that follow from them.

use std::fmt;
use std::str::FromStr;

use crate::arn::{AccountId, Partition, Region};
use crate::error::ConfigError;
use crate::inline::InlineText;
use crate::keys::is_acceptable_base;
use crate::policy::{ClientId, Issuer};
use crate::query::{encode, is_url};

/// A Cognito user pool: its id, such as `eu-west-1_AbCdEf123`, which begins with its region.
///
/// Parsed from the id, or from the ARN,
/// `arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEf123`, as an
/// `authenticate-cognito` action has it. Regions of the partitions `aws` and `aws-us-gov` are
/// accepted. Of the others AWS does not say under which names they have user pools, and nothing is
/// guessed.
///
/// Sources: AWS, *Amazon Cognito User Pools API Reference*, `UserPoolId` (at most 55 characters)
/// and `IssuerConfigurationType` (both forms of the issuer).
///
/// ```
/// use alb_oidc::CognitoUserPool;
///
/// let pool: CognitoUserPool = "eu-west-1_AbCdEf123".parse()?;
/// assert_eq!(
///     pool.issuer().as_str(),
///     "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123"
/// );
/// # Ok::<(), alb_oidc::ConfigError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CognitoUserPool {
    region: Region,
    id: InlineText<55>,
}

impl CognitoUserPool {
    /// The region, which the id begins with.
    #[must_use]
    pub const fn region(&self) -> Region {
        self.region
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.as_str()
    }

    /// The issuer in the form that user pools have had from the first ("original"), and the only
    /// one that AWS documents for load balancers: what an `authenticate-cognito` rule signs.
    #[must_use]
    pub fn issuer(&self) -> Issuer {
        Issuer::known(&self.host("cognito-idp"))
    }

    /// The issuer in the form of pools whose keys are served from several regions ("updated").
    #[must_use]
    pub fn multi_region_issuer(&self) -> Issuer {
        Issuer::known(&self.host("issuer-cognito-idp"))
    }

    /// Where the keys are that the pool signs its tokens with: a JWK set ([RFC 7517 section
    /// 5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
    ///
    /// That of the [original issuer](Self::issuer), which each pool has; the other one answers with
    /// 403 until a pool's issuer is changed.
    #[must_use]
    pub fn jwks_url(&self) -> String {
        format!("{}{JWKS_PATH}", self.host("cognito-idp"))
    }

    /// Where the pool describes itself: [OpenID Connect Discovery section
    /// 4](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig).
    #[must_use]
    pub fn discovery_url(&self) -> String {
        let issuer = self.host("cognito-idp");
        format!("{issuer}/.well-known/openid-configuration")
    }

    #[cfg(feature = "access-token")]
    pub(crate) fn multi_region_jwks_url(&self) -> String {
        format!("{}{JWKS_PATH}", self.host("issuer-cognito-idp"))
    }

    fn host(&self, service: &str) -> String {
        format!(
            "https://{service}.{}.amazonaws.com/{}",
            self.region,
            self.id()
        )
    }

    fn parse_id(text: &str) -> Result<Self, ConfigError> {
        let (region, rest) = text.split_once('_').ok_or(ConfigError::UserPool)?;
        let region: Region = region.parse().map_err(|_| ConfigError::UserPool)?;
        let id = InlineText::new(text.as_bytes()).ok_or(ConfigError::UserPool)?;
        if rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(ConfigError::UserPool);
        }
        has_cognito(region)?;
        Ok(Self { region, id })
    }

    fn parse_arn(text: &str) -> Result<Self, ConfigError> {
        let mut parts = text.splitn(6, ':');
        let mut part = || parts.next().ok_or(ConfigError::UserPool);
        let (arn, partition, service) = (part()?, part()?, part()?);
        let (region, account, resource) = (part()?, part()?, part()?);
        let id = resource.strip_prefix("userpool/");
        let pool = Self::parse_id(id.ok_or(ConfigError::UserPool)?)?;
        let fits = arn == "arn"
            && partition == pool.region.partition().as_str()
            && service == "cognito-idp"
            && region == pool.region.as_str()
            && account.parse::<AccountId>().is_ok();
        fits.then_some(pool).ok_or(ConfigError::UserPool)
    }
}

impl FromStr for CognitoUserPool {
    type Err = ConfigError;

    /// # Errors
    ///
    /// [`ConfigError::UserPool`] if it is neither an id nor an ARN of a user pool;
    /// [`ConfigError::NoCognito`] if nothing is known of user pools in its region.
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        match text.starts_with("arn:") {
            true => Self::parse_arn(text),
            false => Self::parse_id(text),
        }
    }
}

impl fmt::Display for CognitoUserPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl fmt::Debug for CognitoUserPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The domain of a Cognito user pool, where its users sign in and out: a prefix of Amazon's, or
/// one of your own.
///
/// Sources: AWS, *Amazon Cognito Developer Guide*, "Configuring a user pool domain" and "User pool
/// endpoints and managed login reference"; for GovCloud, *AWS GovCloud (US) User Guide*, "Amazon
/// Cognito".
///
/// ```
/// use alb_oidc::{ClientId, CognitoDomain};
///
/// let domain = CognitoDomain::with_prefix("four-tables", "eu-west-1".parse()?)?;
/// let client = ClientId::new("7LTcoPZrV44zeX6YK9VKApvO3q")?;
/// assert_eq!(
///     domain.logout_url(&client, "https://tables.example.com/bye")?,
///     "https://four-tables.auth.eu-west-1.amazoncognito.com/logout\
///      ?client_id=7LTcoPZrV44zeX6YK9VKApvO3q\
///      &logout_uri=https%3A%2F%2Ftables.example.com%2Fbye"
/// );
/// # Ok::<(), alb_oidc::ConfigError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CognitoDomain(Box<str>);

impl CognitoDomain {
    /// The domain with a prefix: `https://{prefix}.auth.{region}.amazoncognito.com`. In GovCloud,
    /// which has FIPS endpoints alone, `https://{prefix}.auth-fips.{region}.amazoncognito.com`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::CognitoDomain`] if it is not a prefix: 1 to 63 lower-case letters, digits and
    /// hyphens, with no hyphen at either end. [`ConfigError::NoCognito`] if nothing is known of
    /// domains in this region.
    pub fn with_prefix(prefix: &str, region: Region) -> Result<Self, ConfigError> {
        if !is_label(prefix) {
            return Err(ConfigError::CognitoDomain);
        }
        let auth = match has_cognito(region)? {
            Documented::Aws => "auth",
            Documented::GovCloud => "auth-fips",
        };
        let base = format!("https://{prefix}.{auth}.{region}.amazoncognito.com");
        Ok(Self(base.into()))
    }

    /// A domain of your own, such as `auth.example.com`; or the base URL of a simulator,
    /// `http://127.0.0.1:9000`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::CognitoDomain`] if it is neither a host name in lower case nor an `http` URL
    /// of a loopback host without a path.
    pub fn custom(domain: &str) -> Result<Self, ConfigError> {
        if let Some(authority) = domain.strip_prefix("http://") {
            let is_simulator = !authority.contains('/') && is_acceptable_base(domain);
            return is_simulator
                .then(|| Self(domain.into()))
                .ok_or(ConfigError::CognitoDomain);
        }
        let is_host =
            domain.len() <= 253 && domain.contains('.') && domain.split('.').all(is_label);
        // The last label of a name is never a number: this is an IP address.
        let is_address = domain
            .rsplit('.')
            .next()
            .is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
        if !is_host || is_address {
            return Err(ConfigError::CognitoDomain);
        }
        Ok(Self(format!("https://{domain}").into()))
    }

    /// Its base URL, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The authorization endpoint.
    #[must_use]
    pub fn authorize_url(&self) -> String {
        self.at("/oauth2/authorize")
    }

    /// The token endpoint.
    #[must_use]
    pub fn token_url(&self) -> String {
        self.at("/oauth2/token")
    }

    /// The userinfo endpoint.
    #[must_use]
    pub fn user_info_url(&self) -> String {
        self.at("/oauth2/userInfo")
    }

    /// The login page.
    #[must_use]
    pub fn login_url(&self) -> String {
        self.at("/login")
    }

    /// Where to send a browser, so that Cognito forgets who is signed in and sends it on to
    /// `logout_uri`: one of the app client's "allowed sign-out URLs", to the letter.
    ///
    /// # Errors
    ///
    /// [`ConfigError::LogoutUri`] if it is not an `https` URL without user and fragment; `http` is
    /// accepted for a loopback host alone.
    pub fn logout_url(&self, client: &ClientId, logout_uri: &str) -> Result<String, ConfigError> {
        if !is_url(logout_uri) {
            return Err(ConfigError::LogoutUri);
        }
        let mut url = self.at("/logout?client_id=");
        encode(client.as_str(), &mut url);
        url.push_str("&logout_uri=");
        encode(logout_uri, &mut url);
        Ok(url)
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl fmt::Display for CognitoDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CognitoDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// The partitions whose names for Cognito AWS documents.
enum Documented {
    Aws,
    GovCloud,
}

fn has_cognito(region: Region) -> Result<Documented, ConfigError> {
    match region.partition() {
        Partition::Aws => Ok(Documented::Aws),
        Partition::AwsUsGov => Ok(Documented::GovCloud),
        partition => Err(ConfigError::NoCognito { region, partition }),
    }
}

/// One label of a host name in lower case ([RFC 1123 section
/// 2.1](https://www.rfc-editor.org/rfc/rfc1123#section-2.1)).
fn is_label(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

const JWKS_PATH: &str = "/.well-known/jwks.json";

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(text: &str) -> Result<CognitoUserPool, ConfigError> {
        text.parse()
    }

    #[test]
    fn an_id_and_its_arn_are_the_same_pool_and_give_its_urls() {
        let id = pool("eu-west-1_AbCdEf123").unwrap();
        let arn = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEf123";
        assert_eq!(pool(arn), Ok(id));
        assert_eq!(
            (id.region().as_str(), id.id()),
            ("eu-west-1", "eu-west-1_AbCdEf123")
        );
        let issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123";
        assert_eq!(id.issuer(), Issuer::new(issuer).unwrap());
        assert_eq!(Issuer::cognito(&id), id.issuer());
        let updated = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123";
        assert_eq!(id.multi_region_issuer(), Issuer::new(updated).unwrap());
        assert_eq!(id.jwks_url(), format!("{issuer}/.well-known/jwks.json"));
        let discovery = format!("{issuer}/.well-known/openid-configuration");
        assert_eq!(id.discovery_url(), discovery);
        assert_eq!(
            format!("{id} {id:?}"),
            "eu-west-1_AbCdEf123 eu-west-1_AbCdEf123"
        );
    }

    #[test]
    fn a_pool_of_govcloud_has_the_documented_names_and_no_other_partition_is_guessed() {
        let west = pool("us-gov-west-1_AbCdEf123").unwrap();
        let issuer = "https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_AbCdEf123";
        assert_eq!(west.issuer().as_str(), issuer);
        let arn = "arn:aws-us-gov:cognito-idp:us-gov-west-1:123456789012:userpool/us-gov-west-1_AbCdEf123";
        assert_eq!(pool(arn), Ok(west));
        for text in [
            "cn-north-1_AbCdEf123",
            "eusc-de-east-1_AbCdEf123",
            "us-iso-east-1_AbCdEf123",
            "arn:aws-cn:cognito-idp:cn-north-1:123456789012:userpool/cn-north-1_AbCdEf123",
        ] {
            let error = pool(text).unwrap_err();
            assert!(
                matches!(error, ConfigError::NoCognito { .. }),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn nothing_else_is_a_pool() {
        for text in [
            "",
            "_",
            "eu-west-1",
            "eu-west-1_",
            "_AbCdEf123",
            "eu-west-1-AbCdEf123",
            "eu-west-1_AbC_123",
            "eu-west-1_AbC/123",
            "eu-west-1_AbC.123",
            "eu-west-1_AbCdEf123\n",
            " eu-west-1_AbCdEf123",
            "eu-west-1_Ab\u{e9}",
            "EU-WEST-1_AbCdEf123",
            "eu-west-1.evil.com_AbCdEf123",
            "eu-west-1_AbCdEf123AbCdEf123AbCdEf123AbCdEf123AbCdEf123AbCdEf",
            "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/",
            "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_A/b",
            "arn:aws:cognito-idp:eu-west-1:123456789012:identitypool/eu-west-1_A",
            "arn:aws:cognito-idp:eu-west-2:123456789012:userpool/eu-west-1_AbCdEf123",
            "arn:aws-us-gov:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEf123",
            "arn:aws:cognito-idp:eu-west-1:12345678901:userpool/eu-west-1_AbCdEf123",
            "arn:aws:cognito-identity:eu-west-1:123456789012:userpool/eu-west-1_AbCdEf123",
            "arn:aws:cognito-idp:*:123456789012:userpool/eu-west-1_AbCdEf123",
            "arn:aws:cognito-idp",
        ] {
            assert_eq!(pool(text), Err(ConfigError::UserPool), "{text:?}");
        }
        assert!(pool(&format!("eu-west-1_{}", "a".repeat(45))).is_ok());
        assert!(pool(&format!("eu-west-1_{}", "a".repeat(46))).is_err());
    }

    #[test]
    fn a_domain_gives_its_urls() {
        let region = "eu-west-1".parse().unwrap();
        let domain = CognitoDomain::with_prefix("four-tables", region).unwrap();
        let base = "https://four-tables.auth.eu-west-1.amazoncognito.com";
        assert_eq!(domain.as_str(), base);
        assert_eq!(domain.authorize_url(), format!("{base}/oauth2/authorize"));
        assert_eq!(domain.token_url(), format!("{base}/oauth2/token"));
        assert_eq!(domain.user_info_url(), format!("{base}/oauth2/userInfo"));
        assert_eq!(domain.login_url(), format!("{base}/login"));
        let own = CognitoDomain::custom("auth.example.com").unwrap();
        assert_eq!(own.login_url(), "https://auth.example.com/login");
        let simulator = CognitoDomain::custom("http://127.0.0.1:9000").unwrap();
        assert_eq!(simulator.login_url(), "http://127.0.0.1:9000/login");
        assert_eq!(
            format!("{own} {own:?}"),
            r#"https://auth.example.com "https://auth.example.com""#
        );
    }

    #[test]
    fn a_prefix_in_govcloud_is_a_fips_domain_and_elsewhere_nothing_is_guessed() {
        let domain = CognitoDomain::with_prefix("desk", "us-gov-east-1".parse().unwrap()).unwrap();
        assert_eq!(
            domain.as_str(),
            "https://desk.auth-fips.us-gov-east-1.amazoncognito.com"
        );
        let error = CognitoDomain::with_prefix("desk", "cn-north-1".parse().unwrap()).unwrap_err();
        assert!(matches!(error, ConfigError::NoCognito { .. }), "{error}");
    }

    #[test]
    fn nothing_else_is_a_domain() {
        let region: Region = "eu-west-1".parse().unwrap();
        let long = "a".repeat(64);
        for prefix in [
            "", "-a", "a-", "a.b", "A", "a_b", "a/b", "a@b", "\u{e9}", "a ", &long,
        ] {
            let refused = CognitoDomain::with_prefix(prefix, region);
            assert_eq!(refused, Err(ConfigError::CognitoDomain), "{prefix:?}");
        }
        for domain in [
            "",
            "localhost",
            "auth.example.com/",
            "auth.example.com:443",
            "https://auth.example.com",
            "http://auth.example.com",
            "http://127.0.0.1:9000/",
            "http://127.0.0.1:9000/x",
            "http://user@127.0.0.1:9000",
            "10.0.0.1",
            "auth..example.com",
            ".example.com",
            "example.com.",
            "AUTH.example.com",
            "auth.example.com?x",
            "auth.example.com#x",
            "user@auth.example.com",
        ] {
            let refused = CognitoDomain::custom(domain);
            assert_eq!(refused, Err(ConfigError::CognitoDomain), "{domain:?}");
        }
    }

    #[test]
    fn what_is_put_into_the_logout_url_cannot_leave_its_parameter() {
        let domain = CognitoDomain::custom("auth.example.com").unwrap();
        let client = ClientId::new("a&logout_uri=b#c%20").unwrap();
        assert_eq!(
            domain
                .logout_url(&client, "https://example.com/bye?a=1&b=%20+")
                .unwrap(),
            "https://auth.example.com/logout?client_id=a%26logout_uri%3Db%23c%2520\
             &logout_uri=https%3A%2F%2Fexample.com%2Fbye%3Fa%3D1%26b%3D%2520%2B"
        );
        let client = ClientId::new("app").unwrap();
        for uri in [
            "https://example.com",
            "https://example.com/",
            "http://localhost:8080/bye",
        ] {
            assert!(domain.logout_url(&client, uri).is_ok(), "{uri}");
        }
        for uri in [
            "",
            "/bye",
            "//example.com",
            "example.com",
            "http://example.com",
            "javascript:alert(1)",
            "https://user@example.com",
            "https://example.com/#x",
            "https://example.com/?x#y",
            "https://example.com/a b",
            "https://example.com/?a b",
            "https://example.com/\r\nx",
            "https://example.com/?\"",
            "https://example.com\\@evil.com",
            "https://example.com/\u{e9}",
        ] {
            let refused = domain.logout_url(&client, uri);
            assert_eq!(refused, Err(ConfigError::LogoutUri), "{uri:?}");
        }
    }
}
