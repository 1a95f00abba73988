//! Somebody at the load balancer's door, with or without a token.

use std::sync::Arc;

use alb_oidc::{AccessTokenVerifier, Authenticator, HttpFetcher, Issuer, SignOut};
use alb_oidc_testkit::SimulatedAlb;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, StatusCode};
use sample_ui::house::House;
use sample_ui::server::Server;
use serde_json::Value;

use crate::FRAMEWORK;

pub(crate) const LOGOUT_URL: &str =
    "https://idp.example/logout?client_id=abc&logout_uri=https%3A%2F%2Fvote.example%2Fsigned-out";

/// A port that no test is ever given, with nobody at it.
pub(crate) const NOBODY: &str = "http://127.0.0.1:1";

/// One user of one app; with no claims, one without a token.
pub(crate) struct Visitor {
    alb: Arc<SimulatedAlb>,
    app: Arc<Server>,
    client: Client,
    claims: Option<Value>,
    groups: &'static [&'static str],
}

impl Visitor {
    /// Signed in, in no group, at an app of their own.
    pub(crate) fn new(claims: Value) -> Self {
        let alb = SimulatedAlb::new();
        let authenticator = alb.authenticator_with_access_tokens();
        Self::at(alb, authenticator, claims)
    }

    /// With no token at all.
    pub(crate) fn anonymous() -> Self {
        Self {
            claims: None,
            ..Self::new(Value::Null)
        }
    }

    /// Signed in, at an app that cannot reach the public keys.
    pub(crate) fn without_keys(claims: Value) -> Self {
        let alb = SimulatedAlb::new();
        let builder = Authenticator::builder(alb.policy()).key_url(NOBODY);
        let authenticator = builder.unwrap().build();
        Self::at(alb, authenticator.unwrap(), claims)
    }

    /// Signed in, at an app that cannot reach the keys of access tokens.
    pub(crate) fn without_groups(claims: Value) -> Self {
        let issuer = Issuer::new("https://idp.example").unwrap();
        let alb = SimulatedAlb::builder().issuer(issuer.clone()).build();
        let verifier = AccessTokenVerifier::rfc9068(issuer, NOBODY, SimulatedAlb::AUDIENCE);
        let fetcher = HttpFetcher::builder().build().unwrap();
        let authenticator = Authenticator::builder(alb.policy())
            .key_source(alb.clone())
            .verify_access_tokens(verifier.unwrap().fetcher(fetcher))
            .build();
        Self::at(alb, authenticator.unwrap(), claims)
    }

    /// Signed in, at an app that was told nothing of access tokens.
    pub(crate) fn without_a_verifier(claims: Value) -> Self {
        let alb = SimulatedAlb::new();
        let authenticator = alb.authenticator();
        Self::at(alb, authenticator, claims)
    }

    /// Another user of the same app.
    pub(crate) fn accompanied_by(&self, claims: Value) -> Self {
        Self {
            alb: Arc::clone(&self.alb),
            app: Arc::clone(&self.app),
            client: self.client.clone(),
            claims: Some(claims),
            groups: &[],
        }
    }

    /// In these groups, as the access token says.
    pub(crate) fn in_groups(self, groups: &'static [&'static str]) -> Self {
        Self { groups, ..self }
    }

    pub(crate) fn alb(&self) -> &SimulatedAlb {
        &self.alb
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "", &[]).await
    }

    /// As a browser opens a page.
    pub(crate) async fn open(&self, path: &str) -> Answer {
        let navigation = [("sec-fetch-mode", "navigate")];
        self.send(Method::GET, path, "", &navigation).await
    }

    pub(crate) async fn post(&self, path: &str, form: &str, more: &[(&str, &str)]) -> Answer {
        let form_type = [("content-type", "application/x-www-form-urlencoded")];
        let headers = [&form_type, more].concat();
        self.send(Method::POST, path, form, &headers).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &str,
        more: &[(&str, &str)],
    ) -> Answer {
        let url = format!("http://{}{path}", self.app.address());
        let mut request = self
            .client
            .request(method, url)
            .header("host", "localhost:8080")
            .body(body.to_owned());
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        if let Some(claims) = &self.claims {
            for (name, value) in self.alb.headers_in_groups(claims, self.groups) {
                request = request.header(name, value);
            }
        }
        let response = request.send().await.unwrap();
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    fn at(alb: SimulatedAlb, authenticator: Authenticator, claims: Value) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let house = House::new(FRAMEWORK, SignOut::at(LOGOUT_URL, []).unwrap());
        let app = Server::start(listener, authenticator, house).unwrap();
        let client = Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            alb: Arc::new(alb),
            app: Arc::new(app),
            client: client.build().unwrap(),
            claims: Some(claims),
            groups: &[],
        }
    }
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
