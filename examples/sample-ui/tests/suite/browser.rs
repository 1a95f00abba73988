//! As much of a browser as a login takes: it keeps cookies for each host, follows redirects, and sends forms.

use std::collections::{BTreeMap, HashMap};

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, Response, StatusCode, Url};

pub(crate) struct Browser {
    client: Client,
    jar: HashMap<String, BTreeMap<String, String>>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self {
            client: Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            jar: HashMap::new(),
        }
    }

    /// Opens an address, as a window would.
    pub(crate) async fn open(&mut self, url: &str) -> View {
        self.follow(Method::GET, url.parse().unwrap(), String::new())
            .await
    }

    /// Sends a form from a page.
    pub(crate) async fn send(&mut self, page: &View, action: &str, form: &[(&str, &str)]) -> View {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        self.follow(Method::POST, page.url.join(action).unwrap(), form)
            .await
    }

    /// The names of the cookies that `url`'s host would be sent.
    pub(crate) fn cookies(&self, url: &str) -> Vec<&str> {
        let host = Url::parse(url).unwrap().host_str().unwrap().to_owned();
        self.jar.get(&host).map_or_else(Vec::new, |cookies| {
            cookies.keys().map(String::as_str).collect()
        })
    }

    async fn follow(&mut self, mut method: Method, mut url: Url, mut form: String) -> View {
        for _ in 0..10 {
            let response = self.exchange(&method, &url, form).await;
            let Some(location) = response.headers().get(LOCATION) else {
                return View {
                    status: response.status(),
                    url,
                    body: response.text().await.unwrap(),
                };
            };
            url = url.join(location.to_str().unwrap()).unwrap();
            (method, form) = (Method::GET, String::new());
        }
        panic!("more than ten redirects, the last to {url}");
    }

    async fn exchange(&mut self, method: &Method, url: &Url, form: String) -> Response {
        // A browser's cookies know hosts, not ports (RFC 6265 §8.5).
        let cookies = self
            .jar
            .entry(url.host_str().unwrap().to_owned())
            .or_default();
        let mut request = self
            .client
            .request(method.clone(), url.clone())
            .header("accept", "text/html");
        if *method == Method::POST {
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form);
        }
        if !cookies.is_empty() {
            let line: Vec<_> = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(COOKIE, line.join("; "));
        }
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let mut parts = cookie.to_str().unwrap().split("; ");
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            if parts.any(|attribute| attribute == "Max-Age=0") || value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }
}

/// Where a browser arrived.
pub(crate) struct View {
    pub(crate) status: StatusCode,
    pub(crate) url: Url,
    pub(crate) body: String,
}

impl View {
    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> &str {
        let field = self
            .body
            .split_once(&format!("name=\"{name}\" value=\""))
            .unwrap()
            .1;
        field.split('"').next().unwrap()
    }
}
