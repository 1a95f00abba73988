//! From headers to a user: the steps, in order.

mod builder;

use std::collections::BTreeSet;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

#[cfg(feature = "access-token")]
use crate::access_token::{Checked, Verifiers};
use crate::error::{AuthenticateError, ConfigError, KeyError, TokenError};
use crate::headers::OidcHeaders;
use crate::keys::{KeyDiagnosis, KeyFuture, KeyLookup, KeySource, KeyStore};
use crate::outcomes::{AuthenticatorStats, Mode, Outcomes};
use crate::policy::TrustPolicy;
use crate::signature::PublicKey;
use crate::time::{Clock, ClockError, UnixTime};
use crate::token::{AdmittedToken, VerifiedToken};
use crate::user::AuthenticatedUser;

pub use builder::AuthenticatorBuilder;

/// Decides who is calling: a policy, a source of keys and a clock. Cheap to clone; clones share
/// their keys.
///
/// Build it inside the tokio runtime that the application runs in, once. The runtime needs its time
/// driver and, for fetching, its I/O driver.
#[derive(Clone)]
pub struct Authenticator(Arc<Parts>);

struct Parts {
    policy: TrustPolicy,
    keys: Keys,
    clock: Arc<dyn Clock>,
    outcomes: Outcomes,
    /// Places for what is observed and waits for a key.
    observing: Arc<Semaphore>,
    #[cfg(feature = "access-token")]
    access_tokens: Verifiers,
}

const MAX_OBSERVING: usize = 256;

impl Authenticator {
    /// The variable with the load balancer's ARN, for [`from_env`](Self::from_env).
    pub const ALB_ARN_VARIABLE: &'static str = "ALB_OIDC_ALB_ARN";
    /// The variable with the listener rule's issuer.
    pub const ISSUER_VARIABLE: &'static str = "ALB_OIDC_ISSUER";
    /// The variable with the listener rule's client id.
    pub const CLIENT_ID_VARIABLE: &'static str = "ALB_OIDC_CLIENT_ID";
    /// The variable with another base URL of keys than AWS's. Need not be set.
    pub const KEY_URL_VARIABLE: &'static str = "ALB_OIDC_KEY_URL";

    /// One rule of one load balancer, from the environment: `ALB_OIDC_ALB_ARN`, `ALB_OIDC_ISSUER`,
    /// `ALB_OIDC_CLIENT_ID` and, for a mirror or a simulator, `ALB_OIDC_KEY_URL`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::VariableMissing`] or [`ConfigError::Variable`], which name the variable; and
    /// whatever [`AuthenticatorBuilder::build`] may say.
    pub fn from_env() -> Result<Self, ConfigError> {
        AuthenticatorBuilder::from_env()?.build()
    }

    /// Sets an authenticator up.
    pub fn builder(policy: TrustPolicy) -> AuthenticatorBuilder {
        AuthenticatorBuilder::new(policy)
    }

    /// Decides who sent these headers.
    ///
    /// Takes what [`OidcHeaders::from_lookup`] gives, faults included, so that they are traced like
    /// every other.
    ///
    /// All that can be decided at once is decided in this call, which takes as long as one
    /// signature's verification and reads nothing but memory; the future is ready at its first
    /// poll unless a key has to be fetched. It is `Send + 'static` and holds nothing of the
    /// request. Dropping it does no harm.
    ///
    /// # Errors
    ///
    /// The future gives an [`AuthenticateError`]; its
    /// [`disposition`](AuthenticateError::disposition) says what to answer.
    pub fn authenticate(
        &self,
        headers: Result<OidcHeaders<'_>, AuthenticateError>,
    ) -> Authentication {
        self.decide(headers, Mode::Enforced)
    }

    /// Decides who sent these headers, tells the operator, and nobody else: for trying a policy out
    /// in a running application. It counts in [`stats`](Self::stats), and its events have
    /// `observed=true`.
    ///
    /// A key that has to be fetched is waited for in a task of its own, of which there are at most
    /// 256; what comes on top counts as undecided, for no response waits for it and holds it back.
    /// What is observed and what is enforced count together: to tell them apart, build two
    /// authenticators on clones of one [`KeyStore`].
    pub fn observe(&self, headers: Result<OidcHeaders<'_>, AuthenticateError>) {
        let headers = headers.map(OidcHeaders::without_access_token);
        let Authentication(Stage::Waiting(decision)) = self.decide(headers, Mode::Observed) else {
            return;
        };
        let undecided = match (
            Handle::try_current(),
            self.0.observing.clone().try_acquire_owned(),
        ) {
            (Ok(runtime), Ok(place)) => {
                runtime.spawn(async move {
                    let _place = place;
                    decision.await
                });
                return;
            }
            (Err(_), _) => KeyError::NoRuntime,
            (Ok(_), Err(_)) => KeyError::Limited,
        };
        let undecided = Err(undecided.into());
        self.0.outcomes.record(&undecided, Mode::Observed);
    }

    /// How many requests it has decided on, by outcome. Clones count together.
    ///
    /// [`around_load_balancer`](AuthenticatorStats::around_load_balancer) is worth an alarm. What
    /// it counts also makes an event of level `ERROR`, at most one a minute, and means that the
    /// policy does not name the load balancer in front (compare the event's `presented_signer`),
    /// or that somebody reaches the application around it (restrict the security group of the
    /// targets to the load balancer's) or through a listener rule that does not authenticate; or
    /// that a key URL of your own serves wrong keys.
    #[must_use]
    pub fn stats(&self) -> AuthenticatorStats {
        self.0.outcomes.stats()
    }

    /// The store that its keys come from, to look at or to [invalidate](KeyStore::invalidate) one;
    /// `None` if they come from another source.
    #[must_use]
    pub fn key_store(&self) -> Option<&KeyStore> {
        self.0.keys.as_store()
    }

    /// Drops all keys that were fetched, those of access tokens included, and all that is known of
    /// keys that could not be had: for the day that a key has to be forgotten at once. The next
    /// requests ask anew. Keys that come from another source than a store stay.
    ///
    /// Keys of access tokens are each authenticator's own: where two share a store, purge both.
    pub fn purge(&self) {
        if let Some(store) = self.key_store() {
            store.purge();
        }
        #[cfg(feature = "access-token")]
        self.0.access_tokens.purge();
    }

    /// Whether keys can be had, for each region of the policy, and for each issuer of it whose access
    /// tokens are verified: [`KeyStore::diagnose`] says how that is found out, and [`KeyDiagnosis`]
    /// what it is good for. Keys that come from another source than a store are left out.
    pub async fn diagnose(&self) -> Vec<KeyDiagnosis> {
        // All are asked before the first has answered.
        let regions = self.key_store().into_iter().flat_map(|store| {
            let rules = self.policy().rules();
            let regions: BTreeSet<_> = rules.map(|rule| rule.signer().region()).collect();
            regions.into_iter().map(|region| store.diagnose(region))
        });
        let regions: Vec<_> = regions.collect();
        #[cfg(feature = "access-token")]
        let issuers = self.0.access_tokens.diagnose(self.policy());
        let mut diagnoses = Vec::new();
        for diagnosis in regions {
            diagnoses.push(diagnosis.await);
        }
        #[cfg(feature = "access-token")]
        for diagnosis in issuers {
            diagnoses.push(diagnosis.await);
        }
        diagnoses
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &TrustPolicy {
        &self.0.policy
    }

    /// The token, if it is worth a key lookup, and the time at which it was.
    fn admit<'h>(
        &self,
        headers: OidcHeaders<'h>,
    ) -> Result<(AdmittedToken<'h>, UnixTime), AuthenticateError> {
        let now = || Ok(self.0.clock.unix_time()?);
        self.0.policy.admit_at(headers, now)
    }

    fn decide(
        &self,
        headers: Result<OidcHeaders<'_>, AuthenticateError>,
        mode: Mode,
    ) -> Authentication {
        let (admitted, now) = match headers.and_then(|headers| self.admit(headers)) {
            Ok(admitted) => admitted,
            Err(error) => return self.decided(Err(error), mode),
        };
        match self.key(&admitted) {
            // Perhaps there is one where the future is polled, as in `runtime.block_on(…)`.
            KeyLookup::Ready(Err(KeyError::NoRuntime)) => self.wait_for(admitted, None, mode),
            KeyLookup::Ready(key) => self.conclude(admitted, key, Ok(now), mode),
            KeyLookup::Pending(key) => self.wait_for(admitted, Some(key), mode),
        }
    }

    fn decided(&self, decision: Decision, mode: Mode) -> Authentication {
        self.0.outcomes.record(&decision, mode);
        Authentication(Stage::Decided(decision))
    }

    fn key(&self, admitted: &AdmittedToken<'_>) -> KeyLookup {
        self.0.keys.as_source().key(admitted.key_request())
    }

    fn wait_for(
        &self,
        admitted: AdmittedToken<'_>,
        key: Option<KeyFuture>,
        mode: Mode,
    ) -> Authentication {
        let (this, admitted) = (self.clone(), admitted.into_owned());
        Authentication(Stage::Waiting(Box::pin(async move {
            let lookup = key.map_or_else(|| this.key(&admitted), KeyLookup::Pending);
            let key = match lookup {
                KeyLookup::Ready(key) => key,
                KeyLookup::Pending(key) => key.await,
            };
            let now = this.0.clock.unix_time();
            this.conclude(admitted, key, now, mode).await
        })))
    }

    /// From the key to the user. Not by one function that gives a `Result` to another: a verified token is
    /// large, and would be moved once more.
    fn conclude(
        &self,
        admitted: AdmittedToken<'_>,
        key: Result<Arc<PublicKey>, KeyError>,
        now: Result<UnixTime, ClockError>,
        mode: Mode,
    ) -> Authentication {
        let verified = match (key, now) {
            (Ok(key), Ok(now)) => admitted.verify(&key, now),
            (Err(KeyError::Unknown), _) => Err(TokenError::UnknownKey),
            (Err(error), _) => return self.decided(Err(error.into()), mode),
            (_, Err(error)) => return self.decided(Err(error.into()), mode),
        };
        match verified {
            Ok(token) => self.with_access_token(token, mode),
            Err(error) => self.decided(Err(error.into()), mode),
        }
    }

    /// From the token to the user. Whatever the access token is, that makes no difference to
    /// whether there is one.
    #[cfg(feature = "access-token")]
    fn with_access_token(&self, token: VerifiedToken, mode: Mode) -> Authentication {
        let user = match self.0.access_tokens.check(token) {
            Checked::Ready(user) => return self.decided(Ok(user), mode),
            Checked::Pending(user) => user,
        };
        let this = self.clone();
        Authentication(Stage::Waiting(Box::pin(async move {
            let decision = Ok(user.await);
            this.0.outcomes.record(&decision, mode);
            decision
        })))
    }

    #[cfg(not(feature = "access-token"))]
    fn with_access_token(&self, token: VerifiedToken, mode: Mode) -> Authentication {
        self.decided(Ok(token.into()), mode)
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("policy", &self.0.policy)
            .field("keys", &self.0.keys)
            .field("clock", &self.0.clock)
            .finish()
    }
}

/// The decision on one request, to be awaited.
#[must_use = "a decision that nobody reads decides nothing"]
pub struct Authentication(Stage);

enum Stage {
    Waiting(Pin<Box<dyn Future<Output = Decision> + Send>>),
    Decided(Decision),
    /// Polled again after it was ready, which no executor does.
    Spent,
}

type Decision = Result<AuthenticatedUser, AuthenticateError>;

impl Future for Authentication {
    type Output = Decision;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Decision> {
        if let Stage::Waiting(decision) = &mut self.0 {
            let decision = ready!(decision.as_mut().poll(context));
            self.0 = Stage::Spent;
            return Poll::Ready(decision);
        }
        match mem::replace(&mut self.0, Stage::Spent) {
            Stage::Decided(decision) => Poll::Ready(decision),
            Stage::Waiting(_) | Stage::Spent => Poll::Pending,
        }
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication").finish_non_exhaustive()
    }
}

#[derive(Debug)]
enum Keys {
    Store(KeyStore),
    Source(Arc<dyn KeySource>),
}

impl Keys {
    fn as_source(&self) -> &dyn KeySource {
        match self {
            Self::Store(store) => store,
            Self::Source(source) => source,
        }
    }

    const fn as_store(&self) -> Option<&KeyStore> {
        match self {
            Self::Store(store) => Some(store),
            Self::Source(_) => None,
        }
    }
}
