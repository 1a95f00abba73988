//! axum extractors. Types of this crate's own, for a foreign type may not get a foreign trait.

use std::ops::Deref;

use alb_oidc::{AuthenticatedUser, ClaimsError, Problem};
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::responder::problem_response;
use crate::service::Anonymous;

/// The signed-in user. Refuses with 401 where an [optional](crate::AuthenticateLayer::optional) layer found nobody, and with 500 where no layer is.
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

/// The user, if one is signed in. For routes behind an [optional](crate::AuthenticateLayer::optional) layer; refuses with 500 where no layer is.
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

/// The signed-in user's claims as the application's own type. Refuses like [`User`], and with 403 if the claims do not fit the type.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRejection {
    /// Nobody is signed in: 401.
    Anonymous,
    /// No [`AuthenticateLayer`](crate::AuthenticateLayer) covers the route: 500.
    MissingLayer,
}

/// Why it is not known whether there is a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MaybeUserRejection {
    /// No [`AuthenticateLayer`](crate::AuthenticateLayer) covers the route: 500.
    MissingLayer,
}

/// Why there are no [`Claims`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimsRejection {
    /// There is no user.
    User(UserRejection),
    /// The claims do not fit the type: 403.
    DoNotFit(ClaimsError),
}

impl From<UserRejection> for ClaimsRejection {
    fn from(rejection: UserRejection) -> Self {
        Self::User(rejection)
    }
}

impl UserRejection {
    const fn problem(&self) -> Problem {
        match self {
            Self::Anonymous => Problem::UNAUTHENTICATED,
            Self::MissingLayer => Problem::MISSING_LAYER,
        }
    }
}

impl IntoResponse for UserRejection {
    fn into_response(self) -> Response {
        problem_response(&self.problem())
    }
}

impl IntoResponse for MaybeUserRejection {
    fn into_response(self) -> Response {
        match self {
            Self::MissingLayer => problem_response(&Problem::MISSING_LAYER),
        }
    }
}

impl IntoResponse for ClaimsRejection {
    fn into_response(self) -> Response {
        match self {
            Self::User(rejection) => rejection.into_response(),
            Self::DoNotFit(_) => problem_response(&Problem::CLAIMS_DO_NOT_FIT),
        }
    }
}
