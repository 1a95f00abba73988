//! Whether a request may have been sent by somebody else's page.

use std::sync::Arc;

use tokio::time::Instant;

use crate::authority::Authority;
use crate::browser::{BrowserRequest, Line};
use crate::error::ConfigError;
use crate::meter;
use crate::origin::Origin;
use crate::outcomes::LOUD_EVENTS_PER_MINUTE;
use crate::quota::Quota;
use crate::trace::event;

/// Protects users from requests that another site's page makes in their name (cross-site request
/// forgery), WebSockets included.
///
/// An application behind a load balancer needs it: the user is known by a cookie, which a browser
/// sends along whoever's page asks, and the load balancer has turned it into a good token by the
/// time the request arrives. A token proves who the user is, not what the user wanted.
///
/// # What decides
///
/// In this order; the first that applies ends it.
///
/// 1. `GET`, `HEAD` and `OPTIONS` pass, unless they ask for a WebSocket: they are to change nothing,
///    and what they answer is not for other sites to read. Keep to that: a `GET` that changes
///    something is open to everyone.
/// 2. A `Sec-Fetch-Site`, `Origin` or `Host` that is there twice, or has characters beyond ASCII, is
///    refused: no browser sends it.
/// 3. `Sec-Fetch-Site: same-origin` passes, and `none`, which is the user's own doing. All browsers
///    send it (since 2023), to HTTPS hosts and to localhost, and no script can set it.
/// 4. An `Origin` that is [trusted](Self::trust_origin) passes.
/// 5. Any other `Sec-Fetch-Site` is refused; `same-site` too, for a neighbour's subdomain is not
///    yours.
/// 6. Neither of the two: it passes. It is no browser, which has no user's cookie to abuse. (All
///    browsers send `Origin` with what gets here, since 2020; with a WebSocket always.)
/// 7. An `Origin` that is the host of the request passes, and any other, `null` included, is
///    refused. Ports count, and are the scheme's own where they are not written. The scheme has to
///    be `https`, or `http` on a loopback host: rules that authenticate are on HTTPS listeners,
///    though the target itself is asked by HTTP.
///
/// The idea is Filippo Valsorda's, of Go's
/// [`CrossOriginProtection`](https://pkg.go.dev/net/http#CrossOriginProtection).
///
/// # Behind what rewrites `Host`
///
/// An ALB leaves the `Host` of a browser as it is. Where something in front of it does not (a
/// content delivery network that asks for its own origin), the last rule matches nothing, and old
/// browsers are refused: name the application's own origin with
/// [`trust_origin`](Self::trust_origin). `X-Forwarded-Host` is not read: anybody can send it.
///
/// ```
/// use alb_oidc::{BrowserRequest, CrossOrigin, CsrfProtection};
///
/// let csrf = CsrfProtection::new().trust_origin("https://admin.example.com")?;
/// let check = |method, site: &'static str| {
///     csrf.check(&BrowserRequest::from_lookup(method, None, |name| {
///         (name == "sec-fetch-site").then(|| site.as_bytes())
///     }))
/// };
/// assert_eq!(check("GET", "cross-site"), Ok(()));
/// assert_eq!(check("POST", "same-origin"), Ok(()));
/// assert_eq!(check("POST", "cross-site"), Err(CrossOrigin::Site));
/// # Ok::<(), alb_oidc::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CsrfProtection {
    /// Each has been parsed once.
    trusted: Arc<[Box<str>]>,
    told: Arc<Quota>,
}

impl CsrfProtection {
    /// Trusts the application's own pages, and no other.
    #[must_use]
    pub fn new() -> Self {
        Self {
            trusted: Arc::new([]),
            told: Arc::new(Quota::new(LOUD_EVENTS_PER_MINUTE)),
        }
    }

    /// Trusts the pages of another origin too, `https://admin.example.com`: to the last of them,
    /// for whatever runs there can then act for your users.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Origin`] if it is not `https://host` or `https://host:port`; `http` is accepted
    /// for a loopback host alone. A name beyond ASCII is written as browsers do (`xn--…`).
    pub fn trust_origin(mut self, origin: &str) -> Result<Self, ConfigError> {
        if Origin::parse(origin).is_none() {
            return Err(ConfigError::Origin);
        }
        self.trusted = self
            .trusted
            .iter()
            .cloned()
            .chain([origin.into()])
            .collect();
        Ok(self)
    }

    /// Whether the request may have been sent by somebody else's page. A refusal is told to the
    /// operator, as an event at level `WARN`, and counted with the feature `metrics`.
    ///
    /// # Errors
    ///
    /// [`CrossOrigin`] if so.
    pub fn check(&self, request: &BrowserRequest<'_>) -> Result<(), CrossOrigin> {
        let decision = self.decide(request);
        if let Err(cause) = decision {
            meter::cross_origin();
            self.tell(cause);
        }
        decision
    }

    fn decide(&self, request: &BrowserRequest<'_>) -> Result<(), CrossOrigin> {
        if request.is_safe() {
            return Ok(());
        }
        if request.host == Line::Unreadable {
            return Err(CrossOrigin::Unreadable);
        }
        match (request.site, request.origin) {
            (Line::Unreadable, _) | (_, Line::Unreadable) => Err(CrossOrigin::Unreadable),
            (Line::Once("same-origin" | "none"), _) => Ok(()),
            (_, Line::Once(origin)) if self.trusts(origin) => Ok(()),
            (Line::Once(_), _) => Err(CrossOrigin::Site),
            (Line::Absent, Line::Once(origin)) if is_at_host(origin, request.host) => Ok(()),
            (Line::Absent, Line::Once(_)) => Err(CrossOrigin::Origin),
            (Line::Absent, Line::Absent) => Ok(()),
        }
    }

    fn trusts(&self, origin: &str) -> bool {
        let origin = Origin::parse(origin);
        let mut trusted = self.trusted.iter().map(|trusted| Origin::parse(trusted));
        origin.is_some() && trusted.any(|trusted| trusted == origin)
    }

    #[cfg_attr(
        not(feature = "tracing"),
        expect(clippy::single_match, reason = "either arm traces, and nothing else")
    )]
    fn tell(&self, _cause: CrossOrigin) {
        match self.told.spend(Instant::now()) {
            Some(_untold) => event!(
                warn,
                reason = CrossOrigin::REASON,
                untold = _untold,
                "{_cause}"
            ),
            None => event!(debug, reason = CrossOrigin::REASON, "{_cause}"),
        }
    }
}

impl Default for CsrfProtection {
    fn default() -> Self {
        Self::new()
    }
}

fn is_at_host(origin: &str, host: Line<'_>) -> bool {
    let Line::Once(host) = host else { return false };
    let origin = Origin::parse(origin);
    origin.is_some_and(|origin| Authority::parse(host).is_some_and(|host| origin.is_at(&host)))
}

/// Why a request is taken for another site's. All three are one [label](Self::reason) and one
/// answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum CrossOrigin {
    /// The browser says so, in `Sec-Fetch-Site`.
    #[error("the request was refused: its browser says that a page of another site made it")]
    Site,
    /// `Origin` is not the host that was asked.
    #[error("the request was refused: its origin is neither the host that was asked nor trusted")]
    Origin,
    /// A header that would tell is there twice, or is no text.
    #[error("the request was refused: no browser sends the headers that say where it comes from")]
    Unreadable,
}

impl CrossOrigin {
    pub(crate) const REASON: &'static str = "cross-origin";

    /// The label, for logs and metrics: `cross-origin`.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        Self::REASON
    }
}
