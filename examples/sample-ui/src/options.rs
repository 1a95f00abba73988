//! What the program was asked to do, from flags and environment.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use alb_oidc::{ClientId, CognitoUserPool, Issuer, LoadBalancerArn, SessionCookieName, SignOut};
use clap::Parser;
use clap::builder::FalseyValueParser;

use crate::framework::Framework;

/// Four Tables: a small restaurant vote that trusts an Application Load
/// Balancer's signed token.
///
/// With no arguments it starts everything on this machine: a local load
/// balancer, a login page with development users, and the app. With the load
/// balancer's ARN, the issuer and the client it runs as it would behind a real
/// one.
#[derive(Clone, Debug, Parser)]
#[command(name = "sample-ui", version)]
pub struct Arguments {
    /// The port to open: of the local load balancer (8080, or a free one), or
    /// of the app behind a real one (8080)
    #[arg(long, env = "PORT", hide_env_values = true, value_name = "PORT")]
    port: Option<u16>,
    /// The web framework that the app runs on
    #[arg(
        long,
        env = "SAMPLE_UI_FRAMEWORK",
        hide_env_values = true,
        value_enum,
        default_value_t
    )]
    framework: Framework,

    /// The ARN of the load balancer whose tokens are trusted
    #[arg(long, env = "ALB_OIDC_ALB_ARN", hide_env_values = true, value_name = "ARN", help_heading = BEHIND_ALB)]
    alb_arn: Option<String>,
    /// The issuer set in its authenticate action
    #[arg(long, env = "ALB_OIDC_ISSUER", hide_env_values = true, value_name = "URL", help_heading = BEHIND_ALB)]
    issuer: Option<String>,
    /// The client id set in its authenticate action
    #[arg(long, env = "ALB_OIDC_CLIENT_ID", hide_env_values = true, value_name = "ID", help_heading = BEHIND_ALB)]
    client_id: Option<String>,
    /// Where public keys are, if not at AWS's endpoint of the ARN's region
    #[arg(long, env = "ALB_OIDC_KEY_URL", hide_env_values = true, value_name = "URL", help_heading = BEHIND_ALB)]
    key_url: Option<String>,
    /// The address to listen on, whatever the port above [default:
    /// 0.0.0.0:8080]
    #[arg(long, value_name = "ADDR:PORT", help_heading = BEHIND_ALB)]
    listen: Option<SocketAddr>,

    /// The whole address that ends the identity provider's session and leads
    /// back to /signed-out
    #[arg(long, env = "ALB_OIDC_LOGOUT_URL", hide_env_values = true, value_name = "URL", help_heading = SIGN_OUT)]
    logout_url: Option<String>,
    /// The session cookie name of the listener rule [default:
    /// AWSELBAuthSessionCookie]
    #[arg(long, env = "ALB_OIDC_SESSION_COOKIE", hide_env_values = true, value_name = "NAME", help_heading = SIGN_OUT)]
    session_cookie: Option<SessionCookieName>,

    /// Verify Cognito's access tokens too, which alone tell a user's groups; the issuer must be a
    /// user pool's
    #[arg(long, env = "SAMPLE_UI_COGNITO_GROUPS", hide_env_values = true, value_parser = FalseyValueParser::new(), help_heading = GROUPS)]
    cognito_groups: bool,

    /// Sign in at this OpenID provider instead of the development one; the
    /// secret is read from ALB_SIM_CLIENT_SECRET
    #[arg(long, value_name = "URL", requires = "oidc_client_id", help_heading = SIMULATED)]
    oidc_issuer: Option<String>,
    /// The local load balancer's client id there; its redirect address is http://localhost:PORT/oauth2/idpresponse
    #[arg(long, value_name = "ID", requires = "oidc_issuer", help_heading = SIMULATED)]
    oidc_client_id: Option<String>,
    /// The scopes to ask for there
    #[arg(long, value_name = "SCOPES", requires = "oidc_issuer", default_value = "openid email profile", help_heading = SIMULATED)]
    oidc_scope: String,
}

const BEHIND_ALB: &str = "Behind a real load balancer";
const SIGN_OUT: &str = "Signing out";
const GROUPS: &str = "Groups";
const SIMULATED: &str = "With the local load balancer";

/// The name of the environment variable that holds the client's secret at a
/// real OpenID provider. No flag: other users can read those of a running
/// process.
pub const CLIENT_SECRET: &str = "ALB_SIM_CLIENT_SECRET";

/// One of the two ways to run.
#[derive(Clone, Debug)]
pub enum Options {
    /// Everything on this machine.
    Embedded(EmbeddedOptions),
    /// Behind a real load balancer.
    BehindAlb(BehindAlbOptions),
}

/// How to run everything on this machine.
#[derive(Clone, Debug, Default)]
pub struct EmbeddedOptions {
    /// What the app runs on.
    pub framework: Framework,
    /// The local load balancer's port; 8080 or a free one if it is not given,
    /// any free one for 0.
    pub port: Option<u16>,
    /// The session cookie name.
    pub session_cookie: SessionCookieName,
    /// A real OpenID provider.
    pub provider: Option<Provider>,
}

/// A real OpenID provider for the local load balancer.
#[derive(Clone, Debug)]
pub struct Provider {
    /// The issuer, whose discovery document says the rest.
    pub issuer: String,
    /// The client id there.
    pub client_id: String,
    /// The client secret there.
    pub client_secret: ClientSecret,
    /// The scopes, separated by spaces.
    pub scope: String,
    /// Ends the session there.
    pub logout_url: Option<SignOut>,
    /// The Cognito user pool whose access tokens tell groups.
    pub groups: Option<CognitoUserPool>,
}

/// How to run behind a real load balancer.
#[derive(Clone, Debug)]
pub struct BehindAlbOptions {
    /// What the app runs on.
    pub framework: Framework,
    /// The trusted signer.
    pub alb_arn: LoadBalancerArn,
    /// The issuer of its authenticate action.
    pub issuer: Issuer,
    /// The client id of its authenticate action.
    pub client_id: ClientId,
    /// Where public keys are, if not at AWS's endpoint.
    pub key_url: Option<String>,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The session cookie name.
    pub session_cookie: SessionCookieName,
    /// Ends the session at the identity provider.
    pub logout_url: Option<SignOut>,
    /// The Cognito user pool whose access tokens tell groups.
    pub groups: Option<CognitoUserPool>,
}

/// A secret that shows itself to nobody who prints it.
#[derive(Clone)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

impl Arguments {
    /// Decides which way to run. `client_secret` is the value of
    /// [`CLIENT_SECRET`].
    ///
    /// # Errors
    ///
    /// What is wrong or missing. A configuration for a real load balancer that
    /// lacks a part is an error, never a reason to start the local one.
    pub fn into_options(self, client_secret: Option<String>) -> Result<Options, OptionsError> {
        let behind_alb = [
            ("ALB_OIDC_ALB_ARN (--alb-arn)", &self.alb_arn),
            ("ALB_OIDC_ISSUER (--issuer)", &self.issuer),
            ("ALB_OIDC_CLIENT_ID (--client-id)", &self.client_id),
        ];
        let logout_url = self
            .logout_url
            .as_deref()
            .map(parse_logout_url)
            .transpose()?;
        let session_cookie = self.session_cookie.clone().unwrap_or_default();
        let given = behind_alb.iter().any(|(_, value)| value.is_some())
            || self.key_url.is_some()
            || self.listen.is_some();

        match (given, &self.oidc_issuer, &self.oidc_client_id) {
            (true, Some(_), _) => Err(OptionsError::BothWays),
            (true, None, _) => {
                let (Some(arn), Some(issuer), Some(client)) =
                    (set(&self.alb_arn), set(&self.issuer), set(&self.client_id))
                else {
                    let missing = behind_alb
                        .into_iter()
                        .filter(|(_, value)| set(value).is_none())
                        .map(|(name, _)| name);
                    return Err(OptionsError::Missing(
                        missing.collect::<Vec<_>>().join(", "),
                    ));
                };
                if self.key_url.as_deref() == Some("") {
                    return Err(OptionsError::Missing(
                        "ALB_OIDC_KEY_URL (--key-url), which is set but empty".to_owned(),
                    ));
                }
                let port = self.port.unwrap_or(DEFAULT_PORT);
                Ok(Options::BehindAlb(BehindAlbOptions {
                    framework: self.framework,
                    alb_arn: arn
                        .parse()
                        .map_err(|error| invalid("ALB_OIDC_ALB_ARN", &error))?,
                    issuer: Issuer::new(issuer)
                        .map_err(|error| invalid("ALB_OIDC_ISSUER", &error))?,
                    client_id: ClientId::new(client)
                        .map_err(|error| invalid("ALB_OIDC_CLIENT_ID", &error))?,
                    key_url: self.key_url,
                    listen: self
                        .listen
                        .unwrap_or(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port)),
                    session_cookie,
                    logout_url,
                    groups: self.cognito_groups.then(|| user_pool(issuer)).transpose()?,
                }))
            }
            (false, Some(issuer), Some(client_id)) => {
                let client_secret = client_secret
                    .filter(|secret| !secret.is_empty())
                    .ok_or_else(|| OptionsError::Missing(CLIENT_SECRET.to_owned()))?;
                Ok(Options::Embedded(EmbeddedOptions {
                    framework: self.framework,
                    port: self.port,
                    session_cookie,
                    provider: Some(Provider {
                        issuer: issuer.clone(),
                        client_id: client_id.clone(),
                        client_secret: ClientSecret(client_secret),
                        scope: self.oidc_scope,
                        logout_url,
                        groups: self.cognito_groups.then(|| user_pool(issuer)).transpose()?,
                    }),
                }))
            }
            (false, _, _) if logout_url.is_some() || self.cognito_groups => {
                Err(OptionsError::Missing(
                    behind_alb.map(|(name, _)| name).join(", ")
                        + "; or --oidc-issuer and --oidc-client-id",
                ))
            }
            (false, _, _) => Ok(Options::Embedded(EmbeddedOptions {
                framework: self.framework,
                port: self.port,
                session_cookie,
                provider: None,
            })),
        }
    }
}

/// Why the program cannot start as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// Half a configuration.
    #[error("the configuration is only partial. Missing: {0}")]
    Missing(String),
    /// A real load balancer and the local one at once.
    #[error(
        "--oidc-issuer is for the local load balancer, and cannot be used with the settings of a real one"
    )]
    BothWays,
    /// A value that is none of its kind.
    #[error("{name}: {reason}")]
    Invalid {
        /// The setting.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// An empty variable is as good as none for the value, but not for the
/// decision: whoever sets it means a real load balancer.
fn set(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|value| !value.is_empty())
}

/// The pool whose issuer this is, in either form.
fn user_pool(issuer: &str) -> Result<CognitoUserPool, OptionsError> {
    let id = issuer.rsplit('/').next().unwrap_or_default();
    id.parse()
        .ok()
        .filter(|pool: &CognitoUserPool| {
            [pool.issuer(), pool.multi_region_issuer()]
                .iter()
                .any(|own| own.as_str() == issuer)
        })
        .ok_or_else(|| OptionsError::Invalid {
            name: "SAMPLE_UI_COGNITO_GROUPS (--cognito-groups)",
            reason: "the issuer is not that of a Cognito user pool".to_owned(),
        })
}

fn parse_logout_url(text: &str) -> Result<SignOut, OptionsError> {
    SignOut::at(text, []).map_err(|error| invalid("ALB_OIDC_LOGOUT_URL", &error))
}

fn invalid(name: &'static str, error: &dyn std::error::Error) -> OptionsError {
    OptionsError::Invalid {
        name,
        reason: error.to_string(),
    }
}

/// The usual one of the AWS samples' target groups.
pub const DEFAULT_PORT: u16 = 8080;
