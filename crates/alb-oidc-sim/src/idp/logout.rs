//! `/logout`, with Cognito's two forms.

use alb_oidc::UnixTime;
use http::{HeaderMap, Response, StatusCode, Uri};

use super::authorize::{redirect_to, set_cookie};
use super::form::Form;
use super::page;
use super::service::Idp;
use crate::body::Body;
use crate::cookie;

impl Idp {
    /// Ends the provider's session, and with it every refresh token that came
    /// from it. Then:
    ///
    /// - `client_id` and `logout_uri`: on to the logout URI, if it is
    ///   registered;
    /// - `client_id`, `redirect_uri` and `response_type`: on to the login page,
    ///   as `/oauth2/authorize` would;
    /// - neither: a page that says so.
    ///
    /// Parameters that are not registered end nothing.
    pub(crate) fn logout(&self, uri: &Uri, headers: &HeaderMap, now: UnixTime) -> Response<Body> {
        let query = uri.query().unwrap_or_default();
        let Some(form) = Form::parse(query.as_bytes()) else {
            return page::refused(StatusCode::BAD_REQUEST, "A parameter is there twice.");
        };
        let client = form.get("client_id").and_then(|id| self.client(id));
        let mut response = match (client, form.get("logout_uri"), form.get("redirect_uri")) {
            (_, None, None) => page::signed_out(),
            (Some(_), Some(logout_uri), None)
                if self
                    .logouts
                    .iter()
                    .any(|registered| registered.allows(logout_uri)) =>
            {
                redirect_to(logout_uri)
            }
            (Some(_), None, Some(_)) => {
                redirect_to(&format!("{}/oauth2/authorize?{query}", self.issuer))
            }
            (None, _, _) => {
                return page::refused(
                    StatusCode::BAD_REQUEST,
                    "There is no client with that client_id.",
                );
            }
            (Some(_), _, _) => {
                return page::refused(
                    StatusCode::BAD_REQUEST,
                    "That logout_uri is not registered.",
                );
            }
        };
        if let Some(session) = cookie::value(headers, &self.session_cookie) {
            self.signed_in.take(session, now);
            self.refresh_tokens
                .remove_where(|grant| grant.session == session);
            self.codes.remove_where(|grant| grant.session == session);
        }
        set_cookie(
            &mut response,
            &format!(
                "{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
                self.session_cookie
            ),
        );
        response
    }
}
