//! A development identity provider in Cognito's shape.

mod authorize;
mod form;
mod keys;
mod logout;
mod page;
mod registration;
mod service;
mod store;
mod token;
mod user_info;
mod users;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use alb_oidc::{Clock, SystemClock};

use crate::error::StartError;
use crate::host::{AllowedHosts, is_configurable};
use crate::random;
use crate::rule::AuthenticateOidc;
use crate::serve::{Bound, Server};
use keys::TokenKey;
use registration::{Client, Destination};
use service::Idp;
use store::Store;
pub use users::DevelopmentUser;

/// A running identity provider whose users sign in by choosing their name.
/// Dropping it stops it at once.
///
/// Endpoints: `/.well-known/openid-configuration`, `/.well-known/jwks.json`,
/// `/oauth2/authorize`, `/login`, `/oauth2/token`, `/oauth2/userInfo`,
/// `/logout`. Access tokens are RS256 JWTs as Cognito's are, with
/// `cognito:groups`; and as RFC 9068 has them, for [`AUDIENCE`](Self::AUDIENCE),
/// with `groups`: so that an application can verify them with
/// `AccessTokenVerifier::rfc9068`.
#[derive(Debug)]
pub struct DevelopmentIdp {
    server: Server,
    idp: Arc<Idp>,
}

impl DevelopmentIdp {
    /// Whom its access tokens are for: `aud`.
    pub const AUDIENCE: &'static str = "development-api";

    /// A provider with a client called `development-client`, a random secret,
    /// and the users of [`DevelopmentUser::cast`], until told otherwise.
    #[must_use]
    pub fn builder() -> DevelopmentIdpBuilder {
        DevelopmentIdpBuilder {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public: false,
            hosts: Vec::new(),
            clients: Vec::new(),
            redirect_paths: Vec::new(),
            redirect_uris: Vec::new(),
            logout_uris: Vec::new(),
            users: Vec::new(),
            access_token_lifetime: Duration::from_secs(3600),
            clock: Arc::new(SystemClock),
        }
    }

    /// The authenticate action that uses this provider, as its first client and
    /// with the load balancer's defaults.
    #[must_use]
    pub fn authenticate_oidc(&self) -> AuthenticateOidc {
        let issuer = &self.idp.issuer;
        AuthenticateOidc::new(
            issuer,
            format!("{issuer}/oauth2/authorize"),
            format!("{issuer}/oauth2/token"),
            format!("{issuer}/oauth2/userInfo"),
            &self.idp.first_client.id,
            &self.idp.first_client.secret,
        )
    }

    /// The issuer: `http://{address}:{port}`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.idp.issuer
    }

    /// `{issuer}/.well-known/jwks.json`: the keys of its tokens.
    #[must_use]
    pub fn jwks_url(&self) -> String {
        format!("{}/.well-known/jwks.json", self.idp.issuer)
    }

    /// `{issuer}/logout`. It takes `client_id` and `logout_uri`, as Cognito's
    /// does.
    #[must_use]
    pub fn logout_url(&self) -> String {
        format!("{}/logout", self.idp.issuer)
    }

    /// The address that it listens on.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.server.address
    }

    /// Accepts no more connections, and gives requests under way one second.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

/// Settings of a [`DevelopmentIdp`].
pub struct DevelopmentIdpBuilder {
    listen: SocketAddr,
    public: bool,
    hosts: Vec<String>,
    clients: Vec<Client>,
    redirect_paths: Vec<String>,
    redirect_uris: Vec<String>,
    logout_uris: Vec<String>,
    users: Vec<DevelopmentUser>,
    access_token_lifetime: Duration,
    clock: Arc<dyn Clock>,
}

impl DevelopmentIdpBuilder {
    /// The address to listen on; 127.0.0.1 with a free port by default. Its IP
    /// address is part of the issuer, so that the provider's cookies are not
    /// those of an app on `localhost`.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Lets it take an address that other machines can reach. **Whoever reaches
    /// it can sign in as whom they like, over plain HTTP.** A warning is
    /// traced at start.
    ///
    /// With an unspecified address (`0.0.0.0`), the issuer names 127.0.0.1.
    /// With any other beyond loopback, no [`LocalAlb`](crate::LocalAlb) takes
    /// its rule: an endpoint there has to be `https`.
    #[must_use]
    pub fn listen_public_i_know_this_is_a_development_tool(mut self) -> Self {
        self.public = true;
        self
    }

    /// One more `name` or `name:port` that it answers to, besides `localhost`,
    /// `127.0.0.1` and `[::1]` with its port.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Registers a client, in place of the built-in one.
    #[must_use]
    pub fn client(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.clients.push(Client {
            id: id.into(),
            secret: secret.into(),
        });
        self
    }

    /// Registers a redirect URI by its path: `http`, a loopback host, and any
    /// port (RFC 8252 section 7.3). `/oauth2/idpresponse` if neither this nor
    /// [`redirect_uri`](Self::redirect_uri) is called.
    #[must_use]
    pub fn redirect_path(mut self, path: impl Into<String>) -> Self {
        self.redirect_paths.push(path.into());
        self
    }

    /// Registers one exact redirect URI. One on `http` loopback stands for
    /// every port.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// Registers a URI that `/logout` may send a browser to. One on `http`
    /// loopback stands for every port.
    #[must_use]
    pub fn logout_uri(mut self, uri: impl Into<String>) -> Self {
        self.logout_uris.push(uri.into());
        self
    }

    /// Adds a user, in place of the built-in cast.
    #[must_use]
    pub fn user(mut self, user: DevelopmentUser) -> Self {
        self.users.push(user);
        self
    }

    /// Adds users, in place of the built-in cast.
    #[must_use]
    pub fn users(mut self, users: impl IntoIterator<Item = DevelopmentUser>) -> Self {
        self.users.extend(users);
        self
    }

    /// How long access and ID tokens are good for, in whole seconds; one hour
    /// by default, as with Cognito.
    #[must_use]
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.access_token_lifetime = lifetime;
        self
    }

    /// Tells the time; the system's clock by default.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Generates the RSA key, binds the address and serves it.
    ///
    /// # Errors
    ///
    /// [`StartError`] if a setting is malformed, the address cannot be bound,
    /// or no key can be generated.
    pub async fn start(mut self) -> Result<DevelopmentIdp, StartError> {
        let logouts = self
            .logout_uris
            .iter()
            .map(|uri| Destination::uri(uri))
            .collect::<Option<Vec<_>>>();
        let logouts = logouts.ok_or(StartError::Idp("logout URI"))?;
        let redirects = self.redirects()?;
        if !self.hosts.iter().all(|host| is_configurable(host)) {
            return Err(StartError::Host);
        }
        if self.clients.is_empty() {
            self.clients.push(Client {
                id: "development-client".to_owned(),
                secret: random::secret()?,
            });
        }
        if self.users.is_empty() {
            self.users = DevelopmentUser::cast();
        }
        all_different(
            "client",
            self.clients.iter().map(|client| client.id.as_str()),
        )?;
        all_different("user", self.users.iter().map(DevelopmentUser::username))?;
        let first_client = self
            .clients
            .first()
            .cloned()
            .ok_or(StartError::Idp("client"))?;
        let bound = Bound::bind(self.listen, self.public).await?;
        let port = bound.address.port();
        let idp = Arc::new(Idp {
            issuer: format!("http://{}", reachable(bound.address)),
            hosts: AllowedHosts::new(port, &self.hosts),
            session_cookie: format!("alb-oidc-sim-idp-{port}"),
            browser_cookie: format!("alb-oidc-sim-idp-login-{port}"),
            first_client,
            clients: self.clients,
            redirects,
            logouts,
            users: self.users,
            access_token_lifetime: self.access_token_lifetime,
            key: TokenKey::generate()?,
            clock: self.clock,
            pending: Store::new(Duration::from_secs(900)),
            signed_in: Store::new(Duration::from_secs(3600)),
            codes: Store::new(Duration::from_secs(300)),
            refresh_tokens: Store::new(Duration::from_secs(30 * 86_400)),
        });
        Ok(DevelopmentIdp {
            server: bound.serve(Arc::clone(&idp)),
            idp,
        })
    }

    fn redirects(&self) -> Result<Vec<Destination>, StartError> {
        let paths = self
            .redirect_paths
            .iter()
            .map(|path| Destination::loopback(path));
        let uris = self.redirect_uris.iter().map(|uri| Destination::uri(uri));
        let redirects = paths
            .chain(uris)
            .collect::<Option<Vec<_>>>()
            .ok_or(StartError::Idp("redirect URI"))?;
        if redirects.is_empty() {
            return Ok(vec![Destination::Loopback(
                crate::login::RESPONSE_PATH.to_owned(),
            )]);
        }
        Ok(redirects)
    }
}

impl fmt::Debug for DevelopmentIdpBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevelopmentIdpBuilder")
            .field("listen", &self.listen)
            .field("clients", &self.clients)
            .field("redirect_paths", &self.redirect_paths)
            .field("redirect_uris", &self.redirect_uris)
            .field("logout_uris", &self.logout_uris)
            .field("users", &self.users)
            .finish_non_exhaustive()
    }
}

fn all_different<'a>(
    what: &'static str,
    names: impl Iterator<Item = &'a str>,
) -> Result<(), StartError> {
    let mut seen = std::collections::HashSet::new();
    for name in names {
        if name.is_empty() || !seen.insert(name) {
            return Err(StartError::Idp(what));
        }
    }
    Ok(())
}

/// An address to reach a listener by: an unspecified one stands for loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
