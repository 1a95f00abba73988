//! The whole app on a socket: tokens are minted as a load balancer does, and verified for real.

use reqwest::{Method, StatusCode};
use sample_ui::{page, paths};
use serde_json::{Value, json};

use super::visitor::{self, Answer, Visitor};

#[tokio::test]
async fn a_signed_in_user_sees_name_address_and_claims() {
    let claims = json!({ "sub": "zoe-1", "name": "Zoë Åström", "email": "zoe@example.com", "email_verified": "true", "custom:table": 4 });
    let answer = Visitor::new(claims).get("/").await;

    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("<bdi>Zoë Åström</bdi>"));
    assert!(
        answer.body.contains("<bdi>zoe@example.com</bdi>")
            && answer.body.contains("aria-label=\"verified\"")
    );
    assert!(
        answer.body.contains("<bdi>custom:table</bdi>")
            && answer.body.contains("<pre class=\"solid\">4</pre>")
    );
    assert!(
        answer
            .body
            .contains(&format!("served by {} on <code>", crate::FRAMEWORK))
    );
    assert!(answer.body.contains("&quot;zoe-1&quot;"));
}

#[tokio::test]
async fn an_address_is_shown_as_verified_only_if_it_is() {
    for verified in [
        json!("false"),
        json!(false),
        json!("TRUE "),
        json!(1),
        Value::Null,
    ] {
        let answer = Visitor::new(
            json!({ "sub": "a", "email": "a@example.com", "email_verified": verified }),
        )
        .get("/")
        .await;
        assert!(
            answer.body.contains("not verified")
                && !answer.body.contains("aria-label=\"verified\""),
            "{verified}"
        );
    }
    let answer = Visitor::new(json!({ "sub": "a" })).get("/").await;
    assert!(answer.body.contains("no e-mail") && !answer.body.contains("verified\""));
}

#[tokio::test]
async fn hostile_claims_stay_text() {
    let script = "<script>alert('1')</script>";
    let claims = json!({
        "sub": "\"><script>sub</script>",
        "name": script,
        "email": "\" onmouseover=\"alert(1)@example.com",
        "email_verified": true,
        "\"><img src=x onerror=alert(1)>": ["</pre><script>", { "</td>": "&lt;" }],
        "custom:long": "<b>".repeat(200),
    });
    let answer = Visitor::new(claims).get("/").await;

    assert_eq!(answer.status, StatusCode::OK);
    for raw in ["<script", "<img", "<b>", "\" onmouseover"] {
        assert!(!answer.body.contains(raw), "{raw}");
    }
    assert!(
        answer
            .body
            .contains("&lt;script&gt;alert('1')&lt;/script&gt;")
    );
    assert!(
        answer.body.contains("&amp;lt;"),
        "what looks escaped is escaped again"
    );
}

#[tokio::test]
async fn a_vote_is_cast_moved_and_counted_once() {
    let alice = Visitor::new(json!({ "sub": "alice" }));
    let bob = alice.accompanied_by(json!({ "sub": "bob" }));

    let voted = alice.post("/vote", "restaurant=forno-luna", &[]).await;
    assert_eq!(
        (voted.status, voted.header("location")),
        (StatusCode::SEE_OTHER, "/")
    );
    bob.post("/vote", "restaurant=forno-luna", &[]).await;
    assert!(
        bob.get("/")
            .await
            .body
            .contains("Forno Luna is ahead. Your vote is with Forno Luna")
    );

    alice.post("/vote", "restaurant=fig-and-fennel", &[]).await;
    let page = alice.get("/").await.body;
    assert!(
        page.contains("It is a tie. Your vote is with Fig &amp; Fennel"),
        "{page}"
    );
    assert!(page.contains("2 votes in all"));
}

#[tokio::test]
async fn a_ballot_for_nobody_changes_nothing() {
    let alice = Visitor::new(json!({ "sub": "alice" }));
    alice.post("/vote", "restaurant=forno-luna", &[]).await;
    for ballot in [
        "",
        "restaurant=",
        "restaurant=nowhere",
        "x=forno-luna",
        "restaurant=forno-luna&restaurant=copper-ladle",
        &"restaurant=".repeat(100),
    ] {
        assert_eq!(
            alice.post("/vote", ballot, &[]).await.status,
            StatusCode::BAD_REQUEST,
            "{ballot}"
        );
    }
    assert!(alice.get("/").await.body.contains("1 vote in all"));
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let alice = Visitor::new(json!({ "sub": "alice" }));
    for path in ["/vote", "/signout"] {
        for foreign in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-site", "cross-site"),
            ],
            &[
                ("origin", "http://localhost:8080"),
                ("origin", "https://evil.example"),
            ],
        ] {
            let answer = alice.post(path, "restaurant=forno-luna", foreign).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {foreign:?}");
            assert!(answer.set_cookies().is_empty());
        }
        for own in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("origin", "http://localhost:8080")],
            &[],
        ] {
            assert_eq!(
                alice
                    .post(path, "restaurant=copper-ladle", own)
                    .await
                    .status,
                StatusCode::SEE_OTHER,
                "{path} {own:?}"
            );
        }
    }
    assert!(
        alice
            .get("/")
            .await
            .body
            .contains("Your vote is with The Copper Ladle")
    );
}

#[tokio::test]
async fn api_me_is_the_user_as_json() {
    let claims = json!({ "sub": "a", "name": "A", "email": "a@example.com", "email_verified": "true", "roles": ["x", { "y": 1 }] });
    let visitor = Visitor::new(claims.clone());
    let answer = visitor.get("/api/me").await;
    let me: Value = serde_json::from_str(&answer.body).unwrap();

    assert_eq!(
        (answer.status, answer.header("content-type")),
        (StatusCode::OK, "application/json")
    );
    assert_eq!(
        (&me["subject"], &me["name"], &me["email"], &me["claims"]),
        (&json!("a"), &json!("A"), &json!("a@example.com"), &claims)
    );
    assert_eq!(me["issuer"], json!(visitor.alb().issuer().as_str()));
    assert_eq!(
        me["token"]["signer"],
        json!(visitor.alb().arn().to_string())
    );
    assert_eq!(
        me["token"]["key_id"],
        json!(visitor.alb().key_id().to_string())
    );
    assert_eq!(
        me["token"]["client"],
        json!(visitor.alb().client().as_str())
    );
    assert!(me["token"]["expires_at"].is_u64());
}

#[tokio::test]
async fn without_a_token_people_get_a_page_and_programs_a_problem() {
    let nobody = Visitor::anonymous();
    for path in ["/", "/api/me"] {
        let page = nobody
            .send(Method::GET, path, "", &[("accept", "text/html,*/*;q=0.8")])
            .await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (StatusCode::UNAUTHORIZED, "text/html; charset=utf-8")
        );
        assert!(page.body.contains("Please sign in at the front desk"));

        let problem = nobody.get(path).await;
        assert_eq!(
            (problem.status, problem.header("content-type")),
            (StatusCode::UNAUTHORIZED, "application/problem+json")
        );
        assert_eq!(
            serde_json::from_str::<Value>(&problem.body).unwrap()["status"],
            401
        );

        for answer in [page, problem] {
            assert!(!answer.header("www-authenticate").is_empty());
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
    assert_eq!(
        nobody
            .post("/vote", "restaurant=forno-luna", &[])
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn without_a_token_the_open_paths_answer() {
    let nobody = Visitor::anonymous();
    let health = nobody.get("/healthz").await;
    assert_eq!(
        (health.status, health.body.as_str()),
        (StatusCode::OK, "ok")
    );
    for (path, kind) in [
        ("/signed-out", "text/html"),
        (paths::STYLE, "text/css"),
        (paths::ICON, "image/svg+xml"),
    ] {
        let answer = nobody.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.header("content-type").starts_with(kind), "{path}");
    }
    // A token that does not hold closes none of them: a health check must not depend on who asks.
    assert_eq!(
        nobody
            .send(
                Method::GET,
                "/healthz",
                "",
                &[("x-amzn-oidc-data", "forged")]
            )
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn signing_out_expires_every_shard_and_goes_to_the_provider() {
    let answer = Visitor::new(json!({ "sub": "a" }))
        .post("/signout", "", &[])
        .await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, visitor::LOGOUT_URL)
    );
    let cookies = answer.set_cookies();
    assert_eq!(cookies.len(), 4);
    for (shard, cookie) in cookies.iter().enumerate() {
        assert!(
            cookie.starts_with(&format!("AWSELBAuthSessionCookie-{shard}=;")),
            "{cookie}"
        );
        assert!(cookie.contains("Max-Age=0"), "{cookie}");
    }
    // After a login in between, the browser comes back with a GET.
    for path in ["/signout", "/vote"] {
        let answer = Visitor::new(json!({ "sub": "a" })).get(path).await;
        assert_eq!(
            (
                answer.status,
                answer.header("location"),
                answer.set_cookies().len()
            ),
            (StatusCode::SEE_OTHER, "/", 0)
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_kindly_to_users_and_nothing_is_said_to_others() {
    let visitor = Visitor::new(json!({ "sub": "a" }));
    for path in [
        "/menu",
        "/admin/menu",
        "/api/",
        "//",
        "/healthz/more",
        "/assets/menu",
    ] {
        let page = visitor.open(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.body.contains("Nothing on this plate"), "{path}");
        let problem = visitor.get(path).await;
        assert_eq!(
            (problem.status, problem.header("content-type")),
            (StatusCode::NOT_FOUND, "application/problem+json"),
            "{path}"
        );
        let nobody = Visitor::anonymous().get(path).await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn a_method_that_a_path_has_not_is_a_405_that_names_those_it_has() {
    let visitor = Visitor::new(json!({ "sub": "a" })).in_groups(&["admins"]);
    for (path, open, allow) in [
        (paths::HOME, false, "GET,HEAD"),
        (paths::ME, false, "GET,HEAD"),
        (paths::VOTE, false, "GET,HEAD,POST"),
        (paths::ADMIN, false, "GET,HEAD"),
        (paths::NEW_ROUND, false, "GET,HEAD,POST"),
        (paths::HEALTH, true, "GET,HEAD"),
        // The library's own answer: a GET is no way to sign out, though it leads home.
        (paths::SIGN_OUT, true, "POST"),
        (paths::SIGNED_OUT, true, "GET,HEAD"),
        (paths::STYLE, true, "GET,HEAD"),
        (paths::ICON, true, "GET,HEAD"),
    ] {
        let answer = visitor.send(Method::DELETE, path, "", &[]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let mut allowed: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow, "{path}");
        let nobody = Visitor::anonymous();
        let answer = nobody.send(Method::DELETE, path, "", &[]).await;
        let expected = if open { 405 } else { 401 };
        assert_eq!(answer.status, expected, "{path}");
    }
}

#[tokio::test]
async fn a_head_is_a_get_without_the_text() {
    let visitor = Visitor::new(json!({ "sub": "a" })).in_groups(&["admins"]);
    for path in [
        paths::HOME,
        paths::ME,
        paths::VOTE,
        paths::ADMIN,
        paths::NEW_ROUND,
        paths::HEALTH,
        paths::SIGN_OUT,
        paths::SIGNED_OUT,
        paths::STYLE,
        paths::ICON,
    ] {
        let (get, head) = (
            visitor.get(path).await,
            visitor.send(Method::HEAD, path, "", &[]).await,
        );
        assert_eq!(
            (get.status, get.header("content-type")),
            (head.status, head.header("content-type")),
            "{path}"
        );
        assert_eq!(head.body, "", "{path}");
    }
}

#[tokio::test]
async fn keys_out_of_reach_are_a_503_that_says_when_to_try_again() {
    let page = Visitor::without_keys(json!({ "sub": "a" })).open("/").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (StatusCode::SERVICE_UNAVAILABLE, "text/html; charset=utf-8")
    );
    assert!(page.body.contains("The kitchen needs a moment"));
    assert!(page.header("retry-after").parse::<u64>().is_ok());
}

#[tokio::test]
async fn every_answer_is_hardened_and_only_assets_are_stored() {
    let visitor = Visitor::new(json!({ "sub": "a" }));
    let answers = [
        visitor.get("/").await,
        visitor.get("/api/me").await,
        visitor.get("/healthz").await,
        visitor.get("/signed-out").await,
        visitor.get("/nowhere").await,
        visitor.post("/signout", "", &[]).await,
        Visitor::anonymous().get("/").await,
    ];
    for answer in &answers {
        hardened(answer);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let style = visitor.get(paths::STYLE).await;
    hardened(&style);
    assert!(style.header("cache-control").starts_with("public"));
}

#[tokio::test]
async fn no_page_needs_an_inline_script_or_style_or_another_host() {
    for path in ["/", "/signed-out"] {
        let page = Visitor::new(json!({ "sub": "a", "name": "A" }))
            .get(path)
            .await
            .body;
        for part in [
            "<script",
            "<style",
            " style=",
            " onclick=",
            "javascript:",
            "src=",
        ] {
            assert!(!page.contains(part), "{path}: {part}");
        }
        let links = page
            .split("href=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap());
        assert!(
            links.clone().all(|link| link.starts_with(['/', '#'])),
            "{:?}",
            links.collect::<Vec<_>>()
        );
    }
    assert!(!page::STYLE.contains("url(") && !page::STYLE.contains("@import"));
}

fn hardened(answer: &Answer) {
    let policy = answer.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; ")
            && policy.contains("frame-ancestors 'none'")
            && !policy.contains("unsafe")
    );
    assert_eq!(
        (
            answer.header("x-content-type-options"),
            answer.header("referrer-policy")
        ),
        ("nosniff", "same-origin")
    );
}
