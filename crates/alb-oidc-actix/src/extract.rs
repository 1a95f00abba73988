//! The extractors. Types of this crate's own, for a foreign type may not get a foreign trait.
//!
//! The [`RefusalResponder`](crate::RefusalResponder) is the middleware's: an extractor that refuses
//! answers with a problem document, a navigation too, and leaves its refusal in the response's
//! extensions.

use std::error::Error;
use std::fmt;
use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, ResponseError};
use alb_oidc::{AuthenticatedUser, Refusal};
use serde::de::DeserializeOwned;

use crate::responder::{problem_response, status};
use crate::service::visitor;

/// The signed-in user. Refuses with 401 where an [optional](crate::Authenticate::optional)
/// middleware found nobody, and with 500 where no middleware is.
///
/// Where a user is optional, take [`MaybeUser`] and not `Option<User>`, which is `None` for
/// whatever reason there is no user, a middleware that was forgotten included; see the [crate's
/// documentation](crate#optional-users).
#[derive(Clone, Debug)]
pub struct User(pub AuthenticatedUser);

impl Deref for User {
    type Target = AuthenticatedUser;

    fn deref(&self) -> &AuthenticatedUser {
        &self.0
    }
}

impl FromRequest for User {
    type Error = Rejection;
    type Future = Ready<Result<Self, Rejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user = visitor(&request.extensions()).user().cloned();
        ready(user.map(Self).map_err(Rejection))
    }
}

/// The user, if one is signed in. For routes behind an
/// [optional](crate::Authenticate::optional) middleware; refuses with 500 where none is.
#[derive(Clone, Debug)]
pub enum MaybeUser {
    /// A load balancer that is trusted vouches for this user.
    SignedIn(AuthenticatedUser),
    /// The request had none of the three headers.
    Anonymous,
}

impl FromRequest for MaybeUser {
    type Error = Rejection;
    type Future = Ready<Result<Self, Rejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user = visitor(&request.extensions())
            .maybe_user()
            .map(|user| user.cloned().map_or(Self::Anonymous, Self::SignedIn));
        ready(user.map_err(Rejection))
    }
}

/// The signed-in user's claims as the application's own type. Refuses like [`User`], and with 403
/// if the claims do not fit the type.
#[derive(Clone, Copy, Debug)]
pub struct Claims<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Claims<T> {
    type Error = Rejection;
    type Future = Ready<Result<Self, Rejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let claims = visitor(&request.extensions())
            .user()
            .and_then(|user| Ok(user.claims().deserialize()?));
        ready(claims.map(Self).map_err(Rejection))
    }
}

/// Why an extractor gives nothing, as an error that answers with a problem document, with the
/// [`Refusal`] in the response's extensions. It knows no [`RefusalResponder`](crate::RefusalResponder):
/// where people are to get a page, let the middlewares refuse, or take `Result<User, Rejection>` and
/// answer by [`Pages::answer`](crate::Pages::answer).
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

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        status(self.0.problem().status())
    }

    fn error_response(&self) -> HttpResponse {
        self.0.tell();
        let mut response = problem_response(&self.0);
        response.extensions_mut().insert(self.0.clone());
        response
    }
}
