//! The load balancer and its settings.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use alb_oidc::{ClientId, Clock, Issuer, SystemClock};
use alb_oidc_testkit::SimulatedAlb;
use http::Uri;

use crate::error::StartError;
use crate::host::{AllowedHosts, is_configurable};
use crate::key_endpoint::KeyEndpoint;
use crate::listener::Listener;
use crate::login::Login;
use crate::provider::ProviderClient;
use crate::proxy::Proxy;
use crate::rule::{AuthenticateOidc, ClientIdentityHeaders, OnUnauthenticatedRequest, PathPattern};
use crate::seal::SealingKey;
use crate::serve::{Bound, Server};
use crate::state::SpentStates;

/// A running local load balancer. Dropping it stops it at once;
/// [`shutdown`](Self::shutdown) lets requests under way finish.
///
/// What it decides, in this order:
///
/// 1. `TRACE` and `CONNECT`: 405. A malformed `Host`, one of `amazonaws.com`,
///    or a `Connection` header that names a header of the load balancer's: 400.
/// 2. [`/oauth2/idpresponse`](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html)
///    is answered here.
/// 3. A [forward path](LocalAlbBuilder::forward) goes to the target without
///    authentication.
/// 4. All else needs a session, or gets what [`OnUnauthenticatedRequest`] says:
///    that of the first [path](LocalAlbBuilder::on_unauthenticated_request)
///    that matches, or else the action's own.
#[derive(Debug)]
pub struct LocalAlb {
    listener: Server,
    keys: Server,
    key_endpoint: Arc<KeyEndpoint>,
    signer: SimulatedAlb,
    url: String,
    key_url: String,
}

impl LocalAlb {
    /// A load balancer in front of `target`, an `http://host:port` URL.
    #[must_use]
    pub fn builder(target: Uri) -> LocalAlbBuilder {
        LocalAlbBuilder {
            target,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            keys_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public: false,
            authenticate: None,
            forward: Vec::new(),
            unauthenticated: Vec::new(),
            hosts: Vec::new(),
            client_identity: ClientIdentityHeaders::default(),
            signer: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// Where a browser finds it: `http://localhost:{port}`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What signs the tokens: its ARN, issuer and client are what the app has
    /// to trust, and it rotates keys.
    #[must_use]
    pub fn signer(&self) -> &SimulatedAlb {
        &self.signer
    }

    /// The base URL of the public keys, `http://{address}:{port}`; a key is at `{base}/{kid}`.
    #[must_use]
    pub fn key_url(&self) -> &str {
        &self.key_url
    }

    /// How many requests the key endpoint has had, whatever their answer.
    #[must_use]
    pub fn key_hits(&self) -> u64 {
        self.key_endpoint.hits()
    }

    /// The address that it listens on.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.listener.address
    }

    /// Accepts no more connections, gives requests under way one second, and
    /// closes what is still open then, WebSockets included.
    pub async fn shutdown(self) {
        self.listener.shutdown().await;
        self.keys.shutdown().await;
    }
}

/// Settings of a [`LocalAlb`].
pub struct LocalAlbBuilder {
    target: Uri,
    listen: SocketAddr,
    keys_listen: SocketAddr,
    public: bool,
    authenticate: Option<AuthenticateOidc>,
    forward: Vec<String>,
    unauthenticated: Vec<(String, OnUnauthenticatedRequest)>,
    hosts: Vec<String>,
    client_identity: ClientIdentityHeaders,
    signer: Option<SimulatedAlb>,
    clock: Arc<dyn Clock>,
}

impl LocalAlbBuilder {
    /// The address to listen on; 127.0.0.1 with a free port by default.
    /// HTTP/1.1 and HTTP/2 without TLS (prior knowledge).
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The address of the key endpoint; 127.0.0.1 with a free port by default.
    #[must_use]
    pub fn keys_listen(mut self, address: SocketAddr) -> Self {
        self.keys_listen = address;
        self
    }

    /// Lets both listeners take addresses that other machines can reach, a
    /// container's for example. **Whoever reaches them can sign in as whom they
    /// like, over plain HTTP.** A warning is traced at start.
    #[must_use]
    pub fn listen_public_i_know_this_is_a_development_tool(mut self) -> Self {
        self.public = true;
        self
    }

    /// The authenticate action for every path that is not a forward path.
    /// Without one, every request is forwarded as it is.
    #[must_use]
    pub fn authenticate(mut self, rule: AuthenticateOidc) -> Self {
        self.authenticate = Some(rule);
        self
    }

    /// Forwards a path without authentication: `/healthz` is exactly that path,
    /// `/static/*` everything under `/static/`. The raw path counts, before
    /// any decoding, and no prefix matches a path with `.` or `..` segments.
    #[must_use]
    pub fn forward(mut self, path: impl Into<String>) -> Self {
        self.forward.push(path.into());
        self
    }

    /// The same authenticate action on another rule, for a path or a prefix
    /// ending in `/*`, with another answer to requests without a session. So
    /// `/login` can lead to the identity provider where all else is denied. The
    /// first that matches counts; [forward paths](Self::forward) come
    /// before.
    #[must_use]
    pub fn on_unauthenticated_request(
        mut self,
        path: impl Into<String>,
        answer: OnUnauthenticatedRequest,
    ) -> Self {
        self.unauthenticated.push((path.into(), answer));
        self
    }

    /// One more `name` or `name:port` that a browser may use for it.
    /// `localhost`, `127.0.0.1` and `[::1]` with the listener's port always
    /// may. Any other name gets 400 wherever a login could begin: it would
    /// become part of the redirect URL.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// What happens to `x-amzn-oidc-*` headers that the client sends; removed
    /// by default.
    #[must_use]
    pub fn client_identity_headers(mut self, client_identity: ClientIdentityHeaders) -> Self {
        self.client_identity = client_identity;
        self
    }

    /// Signs with this, instead of a new one that has the issuer and client of
    /// the authenticate action.
    #[must_use]
    pub fn signer(mut self, signer: SimulatedAlb) -> Self {
        self.signer = Some(signer);
        self
    }

    /// Tells the time to sessions, logins and tokens; the system's clock by
    /// default.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Binds both listeners and serves them.
    ///
    /// # Errors
    ///
    /// [`StartError`] if a setting is one that a load balancer refuses, or an
    /// address cannot be bound.
    pub async fn start(self) -> Result<LocalAlb, StartError> {
        let proxy = Proxy::new(&self.target, self.client_identity).ok_or(StartError::Target)?;
        let forward = self
            .forward
            .iter()
            .map(|path| PathPattern::parse(path))
            .collect::<Option<Vec<_>>>();
        let forward = forward.ok_or(StartError::Path)?;
        let unauthenticated = self
            .unauthenticated
            .iter()
            .map(|(path, answer)| Some((PathPattern::parse(path)?, *answer)))
            .collect::<Option<Vec<_>>>();
        let unauthenticated = unauthenticated.ok_or(StartError::Path)?;
        if !self.hosts.iter().all(|host| is_configurable(host)) {
            return Err(StartError::Host);
        }
        let signer = match (self.signer, &self.authenticate) {
            (Some(signer), _) => signer,
            (None, Some(rule)) => signer_of(rule)?,
            (None, None) => SimulatedAlb::new(),
        };
        let login = self.authenticate.map(login).transpose()?;
        let bound = Bound::bind(self.listen, self.public).await?;
        let keys = Bound::bind(self.keys_listen, self.public).await?;
        let port = bound.address.port();
        let key_endpoint = Arc::new(KeyEndpoint::new(signer.clone()));
        let listener = Listener {
            port,
            hosts: AllowedHosts::new(port, &self.hosts),
            forward,
            unauthenticated,
            login,
            proxy,
            signer: signer.clone(),
            clock: self.clock,
        };
        Ok(LocalAlb {
            url: format!("http://localhost:{port}"),
            key_url: format!("http://{}", keys.address),
            keys: keys.serve(Arc::clone(&key_endpoint)),
            listener: bound.serve(Arc::new(listener)),
            key_endpoint,
            signer,
        })
    }
}

impl fmt::Debug for LocalAlbBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalAlbBuilder")
            .field("target", &self.target)
            .field("listen", &self.listen)
            .field("keys_listen", &self.keys_listen)
            .field("authenticate", &self.authenticate)
            .field("forward", &self.forward)
            .field("unauthenticated", &self.unauthenticated)
            .field("hosts", &self.hosts)
            .field("client_identity", &self.client_identity)
            .finish_non_exhaustive()
    }
}

fn signer_of(rule: &AuthenticateOidc) -> Result<SimulatedAlb, StartError> {
    let identity = |error: &dyn fmt::Display| StartError::Identity(error.to_string());
    let issuer = Issuer::new(&rule.issuer).map_err(|error| identity(&error))?;
    let client = ClientId::new(&rule.client_id).map_err(|error| identity(&error))?;
    Ok(SimulatedAlb::builder()
        .issuer(issuer)
        .client(client)
        .build())
}

fn login(rule: AuthenticateOidc) -> Result<Login, StartError> {
    rule.validate()?;
    let provider = ProviderClient::new(rule.uses_tls())
        .map_err(|error| StartError::Client(error.to_string()))?;
    Ok(Login {
        rule,
        provider,
        key: SealingKey::generate()?,
        spent: SpentStates::default(),
    })
}
