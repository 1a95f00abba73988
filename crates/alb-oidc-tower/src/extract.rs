//! axum extractors. Types of this crate's own, for a foreign type may not get a foreign trait.
//!
//! The [`Responder`](crate::Responder) is the layer's: an extractor that refuses answers with a
//! problem document, and leaves its rejection in the response's extensions.

use std::ops::Deref;

use alb_oidc::{AuthenticatedUser, ClaimsError, Problem};
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::responder::problem_response;
use crate::service::Anonymous;

/// The signed-in user. Refuses with 401 where an [optional](crate::AuthenticateLayer::optional)
/// layer found nobody, and with 500 where no layer is.
#[derive(Clone, Debug)]
pub struct User(pub AuthenticatedUser);

impl Deref for User {
    type Target = AuthenticatedUser;

    fn deref(&self) -> &AuthenticatedUser {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = UserRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, UserRejection> {
        match MaybeUser::find(parts) {
            Some(MaybeUser::SignedIn(user)) => Ok(Self(user)),
            Some(MaybeUser::Anonymous) => Err(UserRejection::Anonymous),
            None => Err(UserRejection::MissingLayer),
        }
    }
}

/// The user, if one is signed in. For routes behind an
/// [optional](crate::AuthenticateLayer::optional) layer; refuses with 500 where no layer is.
#[derive(Clone, Debug)]
pub enum MaybeUser {
    /// A load balancer that is trusted vouches for this user.
    SignedIn(AuthenticatedUser),
    /// The request had none of the three headers.
    Anonymous,
}

impl MaybeUser {
    fn find(parts: &Parts) -> Option<Self> {
        if let Some(user) = parts.extensions.get::<AuthenticatedUser>() {
            return Some(Self::SignedIn(user.clone()));
        }
        parts.extensions.get::<Anonymous>().map(|_| Self::Anonymous)
    }
}

impl<S: Sync> FromRequestParts<S> for MaybeUser {
    type Rejection = MaybeUserRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MaybeUserRejection> {
        Self::find(parts).ok_or(MaybeUserRejection::MissingLayer)
    }
}

/// The signed-in user's claims as the application's own type. Refuses like [`User`], and with 403
/// if the claims do not fit the type.
#[derive(Clone, Copy, Debug)]
pub struct Claims<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Claims<T> {
    type Rejection = ClaimsRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ClaimsRejection> {
        let User(user) = User::from_request_parts(parts, state).await?;
        let claims = user.claims().deserialize();
        claims.map(Self).map_err(ClaimsRejection::DoNotFit)
    }
}

/// Why there is no [`User`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserRejection {
    /// Nobody is signed in: 401.
    #[error("nobody is signed in")]
    Anonymous,
    /// No [`AuthenticateLayer`](crate::AuthenticateLayer) covers the route: 500.
    #[error("no AuthenticateLayer covers the route, or it only observes")]
    MissingLayer,
}

/// Why it is not known whether there is a user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MaybeUserRejection {
    /// No [`AuthenticateLayer`](crate::AuthenticateLayer) covers the route: 500.
    #[error("no AuthenticateLayer covers the route, or it only observes")]
    MissingLayer,
}

/// Why there are no [`Claims`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsRejection {
    /// There is no user.
    #[error(transparent)]
    User(#[from] UserRejection),
    /// The claims do not fit the type: 403.
    #[error(transparent)]
    DoNotFit(ClaimsError),
}

impl UserRejection {
    const fn problem(&self) -> Problem {
        match self {
            Self::Anonymous => Problem::UNAUTHENTICATED,
            Self::MissingLayer => Problem::MISSING_LAYER,
        }
    }
}

impl MaybeUserRejection {
    const fn problem(&self) -> Problem {
        match self {
            Self::MissingLayer => Problem::MISSING_LAYER,
        }
    }
}

impl ClaimsRejection {
    const fn problem(&self) -> Problem {
        match self {
            Self::User(rejection) => rejection.problem(),
            Self::DoNotFit(_) => Problem::CLAIMS_DO_NOT_FIT,
        }
    }
}

impl IntoResponse for UserRejection {
    fn into_response(self) -> Response {
        refuse(&self.problem(), self)
    }
}

impl IntoResponse for MaybeUserRejection {
    fn into_response(self) -> Response {
        refuse(&self.problem(), self)
    }
}

impl IntoResponse for ClaimsRejection {
    fn into_response(self) -> Response {
        refuse(&self.problem(), self)
    }
}

/// The problem, with the cause for the application's own middleware in the response's extensions.
fn refuse<R: Clone + Send + Sync + 'static>(problem: &Problem, rejection: R) -> Response {
    let mut response: Response = problem_response(problem);
    response.extensions_mut().insert(rejection);
    response
}
