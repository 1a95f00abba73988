//! Everything on this machine: the development identity provider, a local load
//! balancer, and the app behind it on a port of its own.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use alb_oidc::{
    AccessTokenVerifier, Authenticator, ClientId, ConfigError, Issuer, SignOut, Signer,
    TrustPolicy, TrustedRule,
};
use alb_oidc_sim::{
    AuthenticateOidc, DevelopmentIdp, DevelopmentUser, DiscoverError, LocalAlb, StartError,
};
use http::Uri;

use crate::framework::Framework;
use crate::house::{ADMINS, House};
use crate::options::{DEFAULT_PORT, EmbeddedOptions, Provider};
use crate::paths::{self, SIGNED_OUT};
use crate::server::Server;

/// The running trio. Its [`Display`](fmt::Display) tells a person where
/// everything is and what to try.
#[derive(Debug)]
pub struct Embedded {
    alb: LocalAlb,
    idp: Option<DevelopmentIdp>,
    app: Server,
    framework: Framework,
    users: Vec<DevelopmentUser>,
}

impl Embedded {
    /// Starts all three on loopback addresses.
    ///
    /// # Errors
    ///
    /// If one of them cannot be started, or a real provider has no usable
    /// discovery document.
    pub async fn start(options: EmbeddedOptions) -> Result<Self, EmbeddedError> {
        // The app is bound first, the load balancer needs its address; it is served
        // last, it needs the load balancer's.
        let listener = TcpListener::bind(ANY_PORT)?;
        let address = listener.local_addr()?;
        let target = Uri::builder()
            .scheme("http")
            .authority(address.to_string())
            .path_and_query("/")
            .build()?;

        let users = if options.provider.is_none() {
            DevelopmentUser::cast()
        } else {
            Vec::new()
        };
        let (idp, mut rule) = match &options.provider {
            Some(provider) => (None, discover(provider).await?),
            None => {
                let idp = start_idp(&users).await?;
                let rule = idp.authenticate_oidc();
                (Some(idp), rule)
            }
        };
        options
            .session_cookie
            .as_str()
            .clone_into(&mut rule.session_cookie_name);

        let alb = start_alb(&target, &rule, options.port, options.provider.is_some()).await?;
        let signer = Signer::exact(*alb.signer().arn());
        let trusted = TrustedRule::new(
            signer,
            Issuer::new(&rule.issuer)?,
            ClientId::new(&rule.client_id)?,
        );
        let mut authenticator =
            Authenticator::builder(TrustPolicy::from(trusted)).key_url(alb.key_url())?;
        if let Some(verifier) = access_tokens(idp.as_ref(), options.provider.as_ref())? {
            authenticator = authenticator.verify_access_tokens(verifier);
        }
        let logout = match (&idp, options.provider) {
            (Some(idp), _) => Some(development_logout(idp, &rule.client_id, alb.url())?),
            (None, provider) => provider.and_then(|provider| provider.logout_url),
        };
        let sign_out = logout.map_or_else(|| SignOut::local(SIGNED_OUT), Ok)?;
        let sign_out = sign_out.session_cookie(options.session_cookie)?;
        let house = House::new(options.framework, sign_out);
        let app = Server::start(listener, authenticator.build()?, house)?;
        Ok(Self {
            alb,
            idp,
            app,
            framework: options.framework,
            users,
        })
    }

    /// What to open in a browser.
    #[must_use]
    pub fn url(&self) -> &str {
        self.alb.url()
    }

    /// Where the app itself listens. Nobody gets in there without a token of
    /// the load balancer's.
    #[must_use]
    pub fn app_address(&self) -> SocketAddr {
        self.app.address()
    }

    /// The load balancer.
    #[must_use]
    pub fn alb(&self) -> &LocalAlb {
        &self.alb
    }

    /// Stops all three, from the front to the back.
    pub async fn shutdown(self) {
        self.alb.shutdown().await;
        self.app.shutdown().await;
        if let Some(idp) = self.idp {
            idp.shutdown().await;
        }
    }
}

impl fmt::Display for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (url, app, keys) = (self.alb.url(), self.app.address(), self.alb.key_url());
        writeln!(f, "\n  Four Tables is ready.\n\n    Open         {url}")?;
        match &self.idp {
            Some(idp) => {
                let names = |users: &mut dyn Iterator<Item = &DevelopmentUser>| {
                    users
                        .map(DevelopmentUser::username)
                        .collect::<Vec<_>>()
                        .join(", ")
                };
                let is_admin = |user: &&DevelopmentUser| user.groups().iter().any(|g| g == ADMINS);
                let all = names(&mut self.users.iter());
                let admins = names(&mut self.users.iter().filter(is_admin));
                writeln!(f, "    Sign in as   {all} (no password)")?;
                writeln!(
                    f,
                    "    Admin page   {url}{}  (for {admins})\n",
                    paths::ADMIN
                )?;
                writeln!(f, "  Behind it:\n\n    Login page   {}", idp.issuer())?;
            }
            None => writeln!(
                f,
                "\n  Behind it:\n\n    Redirect     {url}/oauth2/idpresponse  (register this at the provider)"
            )?,
        }
        writeln!(f, "    Public keys  {keys}/{{key id}}")?;
        writeln!(f, "    Signer       {}", self.alb.signer().arn())?;
        writeln!(
            f,
            "    App          http://{app}  (on {}; past the load balancer: 401 for everyone)\n",
            self.framework
        )?;
        writeln!(f, "  Try to get in with a token of your own making:\n")?;
        writeln!(f, "    curl -i http://{app}/api/me \\")?;
        writeln!(f, "      -H 'x-amzn-oidc-data: {ALG_NONE}' \\")?;
        writeln!(
            f,
            "      -H 'x-amzn-oidc-identity: admin' -H 'x-amzn-oidc-accesstoken: none'\n"
        )?;
        writeln!(f, "  Ctrl-C stops everything.")
    }
}

async fn start_idp(users: &[DevelopmentUser]) -> Result<DevelopmentIdp, EmbeddedError> {
    let idp = DevelopmentIdp::builder()
        .client(CLIENT_ID, CLIENT_SECRET)
        .redirect_path("/oauth2/idpresponse")
        // With any port: a loopback address is compared without it (RFC 8252 §7.3).
        .logout_uri(format!("http://localhost:{DEFAULT_PORT}{SIGNED_OUT}"))
        .users(users.iter().cloned());
    Ok(idp.start().await?)
}

/// How to verify what the provider's access tokens say of groups: the development one's always, a
/// real one's where the options say that it is Cognito.
fn access_tokens(
    idp: Option<&DevelopmentIdp>,
    provider: Option<&Provider>,
) -> Result<Option<AccessTokenVerifier>, ConfigError> {
    let pool = provider.and_then(|provider| provider.groups.as_ref());
    let cognito = pool.map(AccessTokenVerifier::cognito);
    let development = idp.map(|idp| {
        let issuer = Issuer::new(idp.issuer())?;
        AccessTokenVerifier::rfc9068(issuer, &idp.jwks_url(), DevelopmentIdp::AUDIENCE)
    });
    cognito.map(Ok).or(development).transpose()
}

async fn discover(provider: &Provider) -> Result<AuthenticateOidc, EmbeddedError> {
    let secret = provider.client_secret.expose();
    let mut rule =
        AuthenticateOidc::discover(&provider.issuer, &provider.client_id, secret).await?;
    provider.scope.clone_into(&mut rule.scope);
    Ok(rule)
}

/// Takes the usual port if it is free and no other was asked for. Not so with a
/// real provider, where the port is part of the registered redirect address.
async fn start_alb(
    target: &Uri,
    rule: &AuthenticateOidc,
    port: Option<u16>,
    exactly: bool,
) -> Result<LocalAlb, EmbeddedError> {
    let listen = |port| {
        let builder = LocalAlb::builder(target.clone())
            .listen(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            .authenticate(rule.clone());
        paths::OPEN
            .iter()
            .fold(builder, |builder, path| builder.forward(*path))
            .start()
    };
    match listen(port.unwrap_or(DEFAULT_PORT)).await {
        Err(StartError::Bind {
            kind: io::ErrorKind::AddrInUse,
            ..
        }) if port.is_none() && !exactly => {
            tracing::info!("port {DEFAULT_PORT} is busy; taking a free one");
            Ok(listen(0).await?)
        }
        started => Ok(started?),
    }
}

/// Cognito's way: the client, and an address registered for it to come back to.
fn development_logout(
    idp: &DevelopmentIdp,
    client: &str,
    alb: &str,
) -> Result<SignOut, ConfigError> {
    let back = format!("{alb}{SIGNED_OUT}");
    SignOut::at(
        &idp.logout_url(),
        [("client_id", client), ("logout_uri", &back)],
    )
}

/// Why the trio did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// A simulator did not start.
    #[error(transparent)]
    Simulator(#[from] StartError),
    /// The real provider cannot be used.
    #[error("the OpenID provider cannot be used: {0}")]
    Provider(#[from] DiscoverError),
    /// The policy cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The app has no socket.
    #[error("the app has no socket: {0}")]
    Socket(#[from] io::Error),
    /// The app's address makes no URL.
    #[error(transparent)]
    Target(#[from] http::Error),
}

const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const CLIENT_ID: &str = "four-tables";
/// Of a login page on loopback that asks nobody for a password: nothing is kept
/// by it.
const CLIENT_SECRET: &str = "development-only";
/// `{"alg":"none"}.{"sub":"admin"}.`: the oldest trick there is.
const ALG_NONE: &str = "eyJhbGciOiJub25lIn0=.eyJzdWIiOiJhZG1pbiJ9.";
