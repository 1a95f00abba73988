//! axum extractors. Types of this crate's own, for a foreign type may not get a foreign trait.
//!
//! The [`RefusalResponder`](crate::RefusalResponder) is the layer's: an extractor that refuses
//! answers with a problem document, a navigation too, and leaves its refusal in the response's
//! extensions.

use std::error::Error;
use std::fmt;
use std::ops::Deref;

use alb_oidc::{AuthenticatedUser, Refusal};
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::responder::problem_response;
use crate::service::visitor;

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
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Ok(Self(visitor(&parts.extensions).user()?.clone()))
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

impl<S: Sync> FromRequestParts<S> for MaybeUser {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let user = visitor(&parts.extensions).maybe_user()?;
        Ok(user.map_or(Self::Anonymous, |user| Self::SignedIn(user.clone())))
    }
}

/// The signed-in user's claims as the application's own type. Refuses like [`User`], and with 403
/// if the claims do not fit the type.
#[derive(Clone, Copy, Debug)]
pub struct Claims<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Claims<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let User(user) = User::from_request_parts(parts, state).await?;
        Ok(Self(user.claims().deserialize()?))
    }
}

/// Why an extractor gives nothing, as a response: a problem document, with the [`Refusal`] in the
/// response's extensions. It knows no [`RefusalResponder`](crate::RefusalResponder): where people are
/// to get a page, let the layers refuse, or take `Result<User, Rejection>` and answer by
/// [`Pages::answer`](crate::Pages::answer).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection(Refusal);

impl Rejection {
    /// The cause.
    #[must_use]
    pub const fn refusal(&self) -> &Refusal {
        &self.0
    }
}

impl<E: Into<Refusal>> From<E> for Rejection {
    fn from(cause: E) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Rejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.0.tell();
        let mut response: Response = problem_response(&self.0);
        response.extensions_mut().insert(self.0);
        response
    }
}
