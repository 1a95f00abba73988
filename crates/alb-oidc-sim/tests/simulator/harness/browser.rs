//! As much of a browser as a login needs.

use alb_oidc_sim::ErrorReason;
use reqwest::header::{COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, Url, redirect};
use serde_json::Value;

use super::Stack;

/// Keeps cookies by host, as browsers do: every port of a host sees them all. `Secure` does not keep them from loopback.
#[derive(Clone)]
pub(crate) struct Browser {
    http: Client,
    pub(crate) jar: Vec<Cookie>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cookie {
    pub(crate) host: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn location(&self) -> String {
        self.headers
            .get(LOCATION)
            .expect("a Location")
            .to_str()
            .unwrap()
            .to_owned()
    }

    pub(crate) fn set_cookies(&self) -> Vec<String> {
        self.headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn reason(&self) -> Option<&str> {
        self.headers
            .get(ErrorReason::HEADER)
            .map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.body))
    }

    /// What the target was sent under a header's name, in order.
    pub(crate) fn sent(&self, name: &str) -> Vec<String> {
        let json = self.json();
        let headers = json["headers"].as_array().unwrap().iter();
        headers
            .filter(|pair| pair[0] == name)
            .map(|pair| pair[1].as_str().unwrap().to_owned())
            .collect()
    }
}

impl Browser {
    pub(crate) fn new() -> Self {
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        Self {
            http,
            jar: Vec::new(),
        }
    }

    pub(crate) async fn get(&mut self, url: &str) -> Answer {
        self.request(Method::GET, url, HeaderMap::new(), "").await
    }

    pub(crate) async fn get_with(&mut self, url: &str, headers: &[(&'static str, &str)]) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        self.request(Method::GET, url, map, "").await
    }

    pub(crate) async fn post(&mut self, url: &str, form: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(
            "content-type",
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        self.request(Method::POST, url, headers, form).await
    }

    pub(crate) async fn request(
        &mut self,
        method: Method,
        url: &str,
        mut headers: HeaderMap,
        body: &str,
    ) -> Answer {
        let url: Url = url.parse().unwrap();
        let host = url.host_str().unwrap().to_owned();
        let cookies: Vec<_> = self
            .jar
            .iter()
            .filter(|cookie| cookie.host == host)
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        if !cookies.is_empty() {
            headers.insert(COOKIE, HeaderValue::from_str(&cookies.join("; ")).unwrap());
        }
        let response = self
            .http
            .request(method, url.clone())
            .headers(headers)
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        for value in headers.get_all(SET_COOKIE) {
            self.store(&host, value.to_str().unwrap());
        }
        Answer {
            url,
            status,
            headers,
            body: response.text().await.unwrap(),
        }
    }

    /// Follows redirects with GET until there is none.
    pub(crate) async fn follow(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..10 {
            if answer.status != 302 {
                return answer;
            }
            let next = answer.url.join(&answer.location()).unwrap();
            answer = self.get(next.as_str()).await;
        }
        panic!("too many redirects, the last to {}", answer.url);
    }

    pub(crate) async fn visit(&mut self, url: &str) -> Answer {
        let answer = self.get(url).await;
        self.follow(answer).await
    }

    /// Opens `url`, chooses `username` on the login page, and ends where that leads.
    pub(crate) async fn sign_in(&mut self, url: &str, username: &str) -> Answer {
        let callback = self.callback(url, username).await;
        let answer = self.get(&callback).await;
        self.follow(answer).await
    }

    /// The `/oauth2/idpresponse` URL that a login leads to, not yet opened.
    pub(crate) async fn callback(&mut self, url: &str, username: &str) -> String {
        let page = self.visit(url).await;
        let answer = self.choose(&page, username).await;
        assert_eq!(answer.status, 302, "{}", answer.body);
        answer.location()
    }

    /// Goes to log in, and comes back with `code` as if the provider had said so.
    pub(crate) async fn come_back(&mut self, stack: &Stack, code: &str) -> Answer {
        let challenge = self.get(&stack.url("/")).await.location();
        let state = challenge.split_once("&state=").unwrap().1;
        self.get(&stack.url(&format!("/oauth2/idpresponse?code={code}&state={state}")))
            .await
    }

    /// Presses the button of `username`.
    pub(crate) async fn choose(&mut self, page: &Answer, username: &str) -> Answer {
        let id = one_time_value(page);
        let action = page.url.join("/login").unwrap();
        self.post(
            action.as_str(),
            &format!("authorization={id}&username={username}"),
        )
        .await
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.jar
            .iter()
            .find(|cookie| cookie.name == name)
            .map(|cookie| cookie.value.as_str())
    }

    pub(crate) fn change(&mut self, name: &str, change: impl FnOnce(&mut String)) {
        change(
            &mut self
                .jar
                .iter_mut()
                .find(|cookie| cookie.name == name)
                .expect(name)
                .value,
        );
    }

    pub(crate) fn forget(&mut self, name: &str) {
        self.jar.retain(|cookie| cookie.name != name);
    }

    pub(crate) fn store(&mut self, host: &str, set_cookie: &str) {
        let mut attributes = set_cookie.split("; ");
        let (name, value) = attributes.next().unwrap().split_once('=').unwrap();
        let gone = attributes.any(|attribute| {
            attribute == "Max-Age=0" || attribute == "Expires=Thu, 01 Jan 1970 00:00:00 GMT"
        });
        self.jar
            .retain(|cookie| !(cookie.host == host && cookie.name == name));
        if !gone {
            self.jar.push(Cookie {
                host: host.to_owned(),
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
    }
}

/// The hidden field of a login page.
pub(crate) fn one_time_value(page: &Answer) -> String {
    let marker = r#"name="authorization" value=""#;
    let start = page
        .body
        .find(marker)
        .unwrap_or_else(|| panic!("no login page: {} {}", page.status, page.body))
        + marker.len();
    page.body[start..].split('"').next().unwrap().to_owned()
}
