//! The app as it runs on EKS: nothing simulated, a real load balancer in front.

use std::io;
use std::net::TcpListener;

use alb_oidc::{
    AccessTokenVerifier, Authenticator, ConfigError, SignOut, Signer, TrustPolicy, TrustedRule,
};

use crate::house::House;
use crate::options::BehindAlbOptions;
use crate::paths;
use crate::server::Server;

/// Starts the app for the load balancer that the options name.
///
/// # Errors
///
/// If the options make no usable policy, or the address cannot be listened on.
pub fn start(options: BehindAlbOptions) -> Result<Server, BehindAlbError> {
    let rule = TrustedRule::new(
        Signer::exact(options.alb_arn),
        options.issuer,
        options.client_id,
    );
    let mut builder = Authenticator::builder(TrustPolicy::from(rule));
    if let Some(url) = &options.key_url {
        builder = builder.key_url(url)?;
    }
    if let Some(pool) = &options.groups {
        builder = builder.verify_access_tokens(AccessTokenVerifier::cognito(pool));
    }
    let logout = options.logout_url;
    let sign_out = logout.map_or_else(|| SignOut::local(paths::SIGNED_OUT), Ok)?;
    let sign_out = sign_out.session_cookie(options.session_cookie)?;
    let house = House::new(options.framework, sign_out);
    let listener = TcpListener::bind(options.listen)
        .map_err(|error| BehindAlbError::Listen(options.listen, error))?;
    Ok(Server::start(listener, builder.build()?, house)?)
}

/// Why the app did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BehindAlbError {
    /// The policy or the key address cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, #[source] io::Error),
    /// The socket failed.
    #[error(transparent)]
    Socket(#[from] io::Error),
}
