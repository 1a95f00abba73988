//! Somebody at the load balancer's door, with or without a token.

use std::sync::Arc;

use alb_oidc::{Authenticator, SignOut};
use alb_oidc_testkit::SimulatedAlb;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use sample_ui::app::{House, app};
use serde_json::Value;
use tower::ServiceExt;

pub(crate) const LOGOUT_URL: &str =
    "https://idp.example/logout?client_id=abc&logout_uri=https%3A%2F%2Fvote.example%2Fsigned-out";

/// One user of one app; with no claims, one without a token.
pub(crate) struct Visitor {
    alb: Arc<SimulatedAlb>,
    app: Router,
    claims: Option<Value>,
}

impl Visitor {
    /// Signed in, at an app of their own.
    pub(crate) fn new(claims: Value) -> Self {
        let alb = SimulatedAlb::new();
        let app = house(alb.authenticator());
        Self {
            alb: Arc::new(alb),
            app,
            claims: Some(claims),
        }
    }

    /// With no token at all.
    pub(crate) fn anonymous() -> Self {
        Self {
            claims: None,
            ..Self::new(Value::Null)
        }
    }

    /// Signed in, at an app that cannot reach the public keys.
    pub(crate) async fn without_keys(claims: Value) -> Self {
        let alb = SimulatedAlb::new();
        let authenticator = Authenticator::builder(alb.policy())
            // A port that no test is ever given, with nobody at it.
            .key_url("http://127.0.0.1:1")
            .unwrap()
            .build()
            .unwrap();
        Self {
            alb: Arc::new(alb),
            app: house(authenticator),
            claims: Some(claims),
        }
    }

    /// Another user of the same app.
    pub(crate) fn accompanied_by(&self, claims: Value) -> Self {
        Self {
            alb: Arc::clone(&self.alb),
            app: self.app.clone(),
            claims: Some(claims),
        }
    }

    pub(crate) fn alb(&self) -> &SimulatedAlb {
        &self.alb
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "", &[]).await
    }

    pub(crate) async fn post(&self, path: &str, form: &str, more: &[(&str, &str)]) -> Answer {
        self.send(
            Method::POST,
            path,
            form,
            &[
                &[("content-type", "application/x-www-form-urlencoded")],
                more,
            ]
            .concat(),
        )
        .await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &str,
        more: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:8080");
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        if let Some(claims) = &self.claims {
            request = self.alb.sign_in_with(request, claims);
        }
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Answer {
            status: head.status,
            headers: head.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}

fn house(authenticator: Authenticator) -> Router {
    let sign_out = SignOut::at(LOGOUT_URL, []).unwrap();
    app(authenticator, House::new(sign_out))
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The header's value; empty if it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        self.headers
            .get_all("set-cookie")
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect()
    }
}
