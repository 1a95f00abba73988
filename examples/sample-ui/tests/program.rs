//! The program itself, as a shell starts it.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::{Command, Output};

#[test]
fn half_a_configuration_in_the_environment_ends_it_at_once() {
    let output = run(
        &[],
        &[
            ("ALB_OIDC_ISSUER", "https://idp.example"),
            ("ALB_OIDC_CLIENT_ID", ""),
        ],
    );
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(
        error.contains("ALB_OIDC_ALB_ARN")
            && error.contains("ALB_OIDC_CLIENT_ID")
            && !error.contains("ALB_OIDC_ISSUER"),
        "{error}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn help_names_every_variable_and_shows_no_value() {
    let output = run(&["--help"], &[("ALB_OIDC_CLIENT_ID", "canary")]);
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for name in [
        "ALB_OIDC_ALB_ARN",
        "ALB_OIDC_ISSUER",
        "ALB_OIDC_CLIENT_ID",
        "ALB_OIDC_KEY_URL",
        "ALB_OIDC_LOGOUT_URL",
        "ALB_SIM_CLIENT_SECRET",
        "PORT",
        "SAMPLE_UI_COGNITO_GROUPS",
        "SAMPLE_UI_FRAMEWORK",
    ] {
        assert!(help.contains(name), "{name} is not in {help}");
    }
    assert!(!help.contains("canary"));
}

#[test]
fn the_simulators_account_is_not_trusted_with_awss_own_keys() {
    let arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/local-alb/0123456789abcdef";
    let output = run(
        &[
            "--alb-arn",
            arn,
            "--issuer",
            "https://idp.example",
            "--client-id",
            "a",
            "--listen",
            "127.0.0.1:0",
        ],
        &[],
    );
    assert_eq!(output.status.code(), Some(1));
}

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sample-ui"));
    for name in [
        "PORT",
        "ALB_OIDC_ALB_ARN",
        "ALB_OIDC_ISSUER",
        "ALB_OIDC_CLIENT_ID",
        "ALB_OIDC_KEY_URL",
        "ALB_OIDC_LOGOUT_URL",
        "ALB_OIDC_SESSION_COOKIE",
        "SAMPLE_UI_COGNITO_GROUPS",
        "SAMPLE_UI_FRAMEWORK",
    ] {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}
