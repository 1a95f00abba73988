//! Which flags and variables make which way to run.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use clap::Parser;
use sample_ui::framework::Framework;
use sample_ui::options::{Arguments, BehindAlbOptions, EmbeddedOptions, Options, OptionsError};

const ARN: &str = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/votes/0123456789abcdef";
const ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abcdefghi";
const SECRET: &str = "canary-of-a-secret";

#[test]
fn no_arguments_start_everything_on_this_machine() {
    let options = embedded(&[], None);
    assert!(options.provider.is_none());
    assert_eq!(options.port, None);
    assert_eq!(options.session_cookie.as_str(), "AWSELBAuthSessionCookie");
}

#[test]
fn the_three_settings_run_it_behind_a_real_load_balancer() {
    let options = behind_alb(&["--alb-arn", ARN, "--issuer", ISSUER, "--client-id", "abc"]);
    assert_eq!(options.alb_arn.to_string(), ARN);
    assert_eq!(options.issuer.as_str(), ISSUER);
    assert_eq!(options.client_id.as_str(), "abc");
    assert_eq!(options.listen.to_string(), "0.0.0.0:8080");
    assert_eq!((options.key_url, options.logout_url), (None, None));
}

#[test]
fn the_port_and_the_address_can_be_set() {
    let three = ["--alb-arn", ARN, "--issuer", ISSUER, "--client-id", "abc"];
    let with = |more: &[&str]| behind_alb(&[&three, more].concat()).listen.to_string();
    assert_eq!(with(&["--port", "3000"]), "0.0.0.0:3000");
    assert_eq!(with(&["--listen", "127.0.0.1:3000"]), "127.0.0.1:3000");
    assert_eq!(embedded(&["--port", "3000"], None).port, Some(3000));
}

#[test]
fn it_runs_on_axum_until_it_is_told_to_run_on_actix() {
    let three = ["--alb-arn", ARN, "--issuer", ISSUER, "--client-id", "abc"];
    let actix = ["--framework", "actix"];
    assert_eq!(embedded(&[], None).framework, Framework::Axum);
    assert_eq!(embedded(&actix, None).framework, Framework::Actix);
    assert_eq!(behind_alb(&three).framework, Framework::Axum);
    let with_actix = behind_alb(&[&three[..], &actix].concat());
    assert_eq!(with_actix.framework, Framework::Actix);
    assert!(Arguments::try_parse_from(["sample-ui", "--framework", "rocket"]).is_err());
}

#[test]
fn groups_are_cognitos_own_or_it_does_not_start() {
    let with = |issuer| {
        let three = ["--alb-arn", ARN, "--issuer", issuer, "--client-id", "abc"];
        options(&[&three[..], &["--cognito-groups"]].concat(), None)
    };
    for issuer in [
        ISSUER,
        "https://issuer-cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abcdefghi",
    ] {
        let Ok(Options::BehindAlb(options)) = with(issuer) else {
            panic!("{issuer} is a user pool's");
        };
        let pool = options.groups.unwrap();
        assert_eq!(pool.to_string(), "eu-central-1_Abcdefghi", "{issuer}");
    }
    for issuer in [
        "https://idp.example",
        "https://idp.example/eu-central-1_Abcdefghi",
        "https://cognito-idp.us-east-1.amazonaws.com/eu-central-1_Abcdefghi",
    ] {
        let error = with(issuer).unwrap_err().to_string();
        assert!(error.contains("SAMPLE_UI_COGNITO_GROUPS"), "{error}");
    }
    let provider = ["--oidc-issuer", ISSUER, "--oidc-client-id", "abc"];
    let with_groups = [&provider[..], &["--cognito-groups"]].concat();
    let groups = |arguments: &[&str]| embedded(arguments, Some(SECRET)).provider.unwrap().groups;
    assert!(groups(&with_groups).is_some() && groups(&provider).is_none());
    // Of the development provider they are known anyway.
    assert!(matches!(
        options(&["--cognito-groups"], None),
        Err(OptionsError::Missing(_))
    ));
}

#[test]
fn half_a_configuration_says_what_is_missing_and_starts_nothing() {
    for (given, missing) in [
        (
            &["--alb-arn", ARN][..],
            &["ALB_OIDC_ISSUER", "ALB_OIDC_CLIENT_ID"][..],
        ),
        (
            &["--issuer", ISSUER],
            &["ALB_OIDC_ALB_ARN", "ALB_OIDC_CLIENT_ID"],
        ),
        (
            &["--alb-arn", ARN, "--client-id", "abc"],
            &["ALB_OIDC_ISSUER"],
        ),
        (
            &["--alb-arn", ARN, "--issuer", ISSUER, "--client-id", ""],
            &["ALB_OIDC_CLIENT_ID"],
        ),
        (
            &["--alb-arn", "", "--issuer", "", "--client-id", ""],
            &["ALB_OIDC_ALB_ARN", "ALB_OIDC_ISSUER", "ALB_OIDC_CLIENT_ID"],
        ),
        (
            &["--key-url", "https://keys.example"],
            &["ALB_OIDC_ALB_ARN", "ALB_OIDC_ISSUER", "ALB_OIDC_CLIENT_ID"],
        ),
        (
            &["--listen", "0.0.0.0:80"],
            &["ALB_OIDC_ALB_ARN", "ALB_OIDC_ISSUER", "ALB_OIDC_CLIENT_ID"],
        ),
        (
            &["--logout-url", "https://idp.example/logout"],
            &["ALB_OIDC_ALB_ARN", "ALB_OIDC_ISSUER", "ALB_OIDC_CLIENT_ID"],
        ),
        (
            &[
                "--alb-arn",
                ARN,
                "--issuer",
                ISSUER,
                "--client-id",
                "abc",
                "--key-url",
                "",
            ],
            &["ALB_OIDC_KEY_URL"],
        ),
    ] {
        let Err(OptionsError::Missing(text)) = options(given, None) else {
            panic!("{given:?} is only partial")
        };
        for name in [
            "ALB_OIDC_ALB_ARN",
            "ALB_OIDC_ISSUER",
            "ALB_OIDC_CLIENT_ID",
            "ALB_OIDC_KEY_URL",
        ] {
            assert_eq!(
                text.contains(name),
                missing.contains(&name),
                "{given:?}: {text}"
            );
        }
    }
}

#[test]
fn a_real_provider_needs_its_secret_and_excludes_a_real_load_balancer() {
    let provider = [
        "--oidc-issuer",
        "https://idp.example",
        "--oidc-client-id",
        "abc",
    ];
    let named = embedded(&provider, Some(SECRET)).provider.unwrap();
    assert_eq!(
        (
            named.issuer.as_str(),
            named.client_id.as_str(),
            named.scope.as_str()
        ),
        ("https://idp.example", "abc", "openid email profile")
    );
    assert_eq!(named.client_secret.expose(), SECRET);

    for none in [None, Some("")] {
        assert_eq!(
            options(&provider, none).unwrap_err(),
            OptionsError::Missing("ALB_SIM_CLIENT_SECRET".to_owned())
        );
    }
    let both = [
        &provider[..],
        &["--alb-arn", ARN, "--issuer", ISSUER, "--client-id", "abc"],
    ]
    .concat();
    assert_eq!(
        options(&both, Some(SECRET)).unwrap_err(),
        OptionsError::BothWays
    );
    assert!(
        Arguments::try_parse_from(["sample-ui", "--oidc-issuer", "https://idp.example"]).is_err()
    );
}

#[test]
fn a_value_that_is_none_of_its_kind_is_named() {
    for (given, name) in [
        (
            [
                "--alb-arn",
                "arn:aws:s3:::bucket",
                "--issuer",
                ISSUER,
                "--client-id",
                "abc",
            ],
            "ALB_OIDC_ALB_ARN",
        ),
        (
            ["--alb-arn", ARN, "--issuer", "", "--client-id", "abc"],
            "ALB_OIDC_ISSUER",
        ),
    ] {
        assert!(
            options(&given, None)
                .unwrap_err()
                .to_string()
                .contains(name),
            "{given:?}"
        );
    }
    for url in ["javascript:alert(1)", "/logout", "not a url"] {
        let error = options(
            &[
                "--oidc-issuer",
                "https://idp.example",
                "--oidc-client-id",
                "a",
                "--logout-url",
                url,
            ],
            Some(SECRET),
        )
        .unwrap_err();
        assert!(error.to_string().contains("ALB_OIDC_LOGOUT_URL"), "{url}");
    }
    assert!(
        Arguments::try_parse_from(["sample-ui", "--session-cookie", "a; Domain=evil.example"])
            .is_err()
    );
}

#[test]
fn the_secret_is_not_in_the_debug_text() {
    let options = options(
        &[
            "--oidc-issuer",
            "https://idp.example",
            "--oidc-client-id",
            "abc",
        ],
        Some(SECRET),
    )
    .unwrap();
    assert!(!format!("{options:?}{options:#?}").contains(SECRET));
}

fn options(arguments: &[&str], secret: Option<&str>) -> Result<Options, OptionsError> {
    let arguments = Arguments::try_parse_from([&["sample-ui"], arguments].concat()).unwrap();
    arguments.into_options(secret.map(str::to_owned))
}

fn embedded(arguments: &[&str], secret: Option<&str>) -> EmbeddedOptions {
    match options(arguments, secret).unwrap() {
        Options::Embedded(options) => options,
        Options::BehindAlb(options) => panic!("{options:?}"),
    }
}

fn behind_alb(arguments: &[&str]) -> BehindAlbOptions {
    match options(arguments, None).unwrap() {
        Options::BehindAlb(options) => options,
        Options::Embedded(options) => panic!("{options:?}"),
    }
}
