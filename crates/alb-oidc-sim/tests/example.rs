//! The example `alb`, as a program of its own.

#![cfg(unix)]

use std::collections::HashMap;
use std::env;
use std::process::Command;

/// `cargo test` builds it; for `cargo test --test example` alone, `cargo build --examples` has to go
/// before.
#[test]
fn the_example_starts_a_program_that_trusts_its_load_balancer_and_ends_with_it() {
    let mut alb = env::current_exe().unwrap();
    alb.pop();
    alb.set_file_name("examples");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(alb.join("alb"));
        command
            .args(arguments)
            .env("PORT", "3999")
            .output()
            .unwrap()
    };
    let output = run(&["env"]);
    assert!(output.status.success());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("sign in at http://localhost:"),
        "{stderr}"
    );
    let stdout = String::from_utf8(output.stdout).unwrap();
    let variables: HashMap<_, _> = stdout
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let variable = |name| *variables.get(name).unwrap();
    assert_eq!(variable("PORT"), "3999");
    assert!(variable("ALB_OIDC_ALB_ARN").contains(":000000000000:loadbalancer/app/"));
    assert_eq!(variable("ALB_OIDC_CLIENT_ID"), "development-client");
    assert!(variable("ALB_OIDC_ISSUER").starts_with("http://127.0.0.1:"));
    assert!(variable("ALB_OIDC_KEY_URL").starts_with("http://127.0.0.1:"));

    assert!(!run(&["false"]).status.success());
    assert!(!run(&[]).status.success());
}
