//! What the application's own pages are told of the user.

use std::sync::Arc;

use serde_json::Value;

use crate::answer::Answer;
use crate::browser::BrowserRequest;
use crate::refusal::Refusal;
use crate::user::AuthenticatedUser;
use crate::visitor::Visitor;

/// The signed-in user as JSON, for a page's own script: the claims on a list, and nothing else.
///
/// ```
/// use alb_oidc::Me;
/// use alb_oidc_testkit::user;
/// use serde_json::json;
///
/// let me = Me::new(["sub", "name", "email", "email_verified"]);
/// let alice = user(json!({"sub": "alice", "email": "a@example.com", "email_verified": "true", "roles": ["x"]}));
/// assert_eq!(me.json(&alice), r#"{"sub":"alice","email":"a@example.com","email_verified":true}"#);
/// ```
///
/// It is for showing. What a user may do is decided where the request is handled, never in a page.
///
/// - A claim that the user has not is left out.
/// - `iss` is the issuer, as the listener rule names it. With `sub` it is the user's
///   [id](crate::UserId); neither is there unless it is on the list.
/// - `email_verified` and `phone_number_verified` are booleans, also where the provider sends them as
///   texts, as Cognito does; what is neither is left out. List them beside `email` and
///   `phone_number`, and take an address without a `true` for something that somebody once typed.
/// - The token and the access token cannot be listed. Nor can the time when the token expires, which
///   is not when the session does.
#[derive(Clone, Debug)]
pub struct Me {
    claims: Arc<[Box<str>]>,
}

impl Me {
    /// Tells these claims, in this order.
    pub fn new<C: Into<Box<str>>>(claims: impl IntoIterator<Item = C>) -> Self {
        let mut listed: Vec<Box<str>> = Vec::new();
        for claim in claims.into_iter().map(Into::into) {
            if !listed.contains(&claim) {
                listed.push(claim);
            }
        }
        Self {
            claims: listed.into(),
        }
    }

    /// The JSON: one object. It has no `<`, and can stand in a `<script>` as it is.
    #[must_use]
    pub fn json(&self, user: &AuthenticatedUser) -> String {
        let members = self.claims.iter().filter_map(|name| {
            let value = value(user, name)?;
            Some(format!("{}:{value}", Value::from(&**name)))
        });
        let json = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
        // They stand in names and values alone.
        json.replace('<', "\\u003c")
            .replace('\u{2028}', "\\u2028")
            .replace('\u{2029}', "\\u2029")
    }

    /// The answer. It is not stored, it is taken for nothing but JSON, and other sites' pages cannot
    /// load it.
    #[must_use]
    pub fn answer(&self, user: &AuthenticatedUser) -> Answer {
        Answer::new(200, self.json(user))
            .with("content-type", "application/json")
            .with("x-content-type-options", "nosniff")
            .with("cross-origin-resource-policy", "same-origin")
    }

    /// The answer to this request of this visitor: to `GET` and `HEAD`. To any other method it is 405.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unauthenticated`] if there is no user, [`Refusal::MissingLayer`] if nobody has
    /// looked for one.
    pub fn answer_to(
        &self,
        request: &BrowserRequest<'_>,
        visitor: Visitor<'_>,
    ) -> Result<Answer, Refusal> {
        let user = visitor.user().inspect_err(Refusal::tell)?;
        match request.method() {
            "GET" | "HEAD" => Ok(self.answer(user)),
            _ => Ok(Answer::method_not_allowed("GET, HEAD")),
        }
    }
}

fn value(user: &AuthenticatedUser, name: &str) -> Option<Value> {
    let claims = user.claims();
    match name {
        "iss" => Some(user.id().issuer().as_str().into()),
        "email_verified" => claims.email_verified().map(Value::Bool),
        "phone_number_verified" => claims.phone_number_verified().map(Value::Bool),
        _ => claims.get(name),
    }
}
