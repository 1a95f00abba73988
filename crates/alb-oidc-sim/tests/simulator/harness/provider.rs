//! An identity provider that says what a test tells it to, right or wrong.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use alb_oidc_sim::AuthenticateOidc;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// `/token` and `/userinfo` as they were last set, to whoever asks. There is no login page: a test comes back from it by itself.
pub(crate) struct ScriptedProvider {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
}

#[derive(Clone, Default)]
struct Script {
    token: (u16, String),
    user_info: (u16, String),
}

impl ScriptedProvider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::<Mutex<Script>>::default();
        let shared = Arc::clone(&script);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let script = Arc::clone(&shared);
                let service = service_fn(move |request| {
                    let answer = answer(&request, &script.lock().unwrap());
                    async { Ok::<_, Infallible>(answer) }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { address, script }
    }

    pub(crate) fn rule(&self) -> AuthenticateOidc {
        let issuer = format!("http://{}", self.address);
        AuthenticateOidc::new(
            issuer.as_str(),
            format!("{issuer}/authorize"),
            format!("{issuer}/token"),
            format!("{issuer}/userinfo"),
            "client",
            "secret",
        )
    }

    /// An ID token of this provider with more claims. Nobody checks its signature.
    pub(crate) fn id_token(&self, more: &Value) -> String {
        let mut claims = json!({ "iss": self.rule().issuer });
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        format!(
            "{}.{}.c2ln",
            encode(&json!({ "alg": "RS256" })),
            encode(&claims)
        )
    }

    pub(crate) fn token_says(&self, status: u16, body: impl ToString) {
        self.script.lock().unwrap().token = (status, body.to_string());
    }

    pub(crate) fn user_info_says(&self, status: u16, body: impl ToString) {
        self.script.lock().unwrap().user_info = (status, body.to_string());
    }
}

fn answer(request: &Request<Incoming>, script: &Script) -> Response<Full<Bytes>> {
    let (status, body) = match request.uri().path() {
        "/token" => script.token.clone(),
        "/userinfo" => script.user_info.clone(),
        _ => (404, String::new()),
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status.try_into().unwrap();
    response
}
