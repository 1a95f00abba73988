//! What cannot be meant is refused when it is configured, with what to write instead.

use alb_oidc::{ArnError, ClientId, ConfigError, Issuer, LoadBalancerArn};

#[test]
fn an_arn_in_the_configuration_is_refused_with_what_to_write_instead() {
    const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188";
    let with = |part: &str, other: &str| ARN.replacen(part, other, 1);
    let app = "loadbalancer/app/<name>/<id>";
    for (text, error, hint) in [
        (
            String::new(),
            ArnError::NotAnArn,
            "write arn:aws:elasticloadbalancing:",
        ),
        ("shop".to_owned(), ArnError::NotAnArn, app),
        (format!(" {ARN}"), ArnError::NotAnArn, app),
        (
            "arn:aws:elasticloadbalancing".to_owned(),
            ArnError::NotAnArn,
            app,
        ),
        (
            with("50dc6c495c0c9188", "*"),
            ArnError::Wildcard,
            "Signer::named",
        ),
        (with("shop", "sho?"), ArnError::Wildcard, "name each one"),
        (
            with("123456789012", "*"),
            ArnError::Wildcard,
            "name each one",
        ),
        (
            with(":aws:", ":aws-moon:"),
            ArnError::Partition,
            "write aws, aws-us-gov",
        ),
        (
            with(":aws:", "::"),
            ArnError::Partition,
            "write aws, aws-us-gov",
        ),
        (
            with("elasticloadbalancing", "ec2"),
            ArnError::Service,
            "must be elasticloadbalancing",
        ),
        (
            with("eu-west-1", "eu-west-1\n"),
            ArnError::Region,
            "such as eu-west-1",
        ),
        (
            with("eu-west-1", "eu-west-1.evil.example"),
            ArnError::Region,
            "such as eu-west-1",
        ),
        (
            with("eu-west-1", "eu-west-1a"),
            ArnError::Region,
            "such as eu-west-1",
        ),
        (
            with("eu-west-1", "Ireland"),
            ArnError::Region,
            "such as eu-west-1",
        ),
        (with("eu-west-1", ""), ArnError::Region, "such as eu-west-1"),
        (
            with("eu-west-1", "cn-north-1"),
            ArnError::PartitionOfRegion,
            "write the partition",
        ),
        (
            with(":aws:", ":aws-us-gov:"),
            ArnError::PartitionOfRegion,
            "write the partition",
        ),
        (
            with("123456789012", "1234-5678-9012"),
            ArnError::Account,
            "twelve digits",
        ),
        (
            with("123456789012", "12345678901"),
            ArnError::Account,
            "twelve digits",
        ),
        (with("123456789012", ""), ArnError::Account, "twelve digits"),
        (
            with("/app/", "/net/"),
            ArnError::NetworkLoadBalancer,
            "name the Application Load Balancer",
        ),
        (
            with("/app/", "/gwy/"),
            ArnError::GatewayLoadBalancer,
            "name the Application Load Balancer",
        ),
        (
            with("loadbalancer/", "listener/") + "/f2f7dc8efc522ab2",
            ArnError::Listener,
            app,
        ),
        (
            with("loadbalancer/", "listener-rule/") + "/f2f7dc8efc522ab2/9683b2d02a6cabee",
            ArnError::ListenerRule,
            app,
        ),
        (
            with("loadbalancer/app/", "targetgroup/"),
            ArnError::TargetGroup,
            app,
        ),
        (
            with("/app/shop/50dc6c495c0c9188", "/shop"),
            ArnError::Resource,
            app,
        ),
        (with("/50dc6c495c0c9188", ""), ArnError::Resource, app),
        (format!("{ARN}/"), ArnError::Resource, app),
        (
            with(":loadbalancer", "::loadbalancer"),
            ArnError::Resource,
            app,
        ),
        (
            with("shop", "sh_op"),
            ArnError::Name,
            "letters, digits and hyphens",
        ),
        (
            with("shop", "-shop"),
            ArnError::Name,
            "no hyphen at either end",
        ),
        (
            with("shop", "a-name-of-more-than-thirty-two-characters"),
            ArnError::Name,
            "1 to 32",
        ),
        (
            with("50dc6c495c0c9188", ""),
            ArnError::Id,
            "16 hexadecimal digits in lower case",
        ),
        (
            with("50dc6c495c0c9188", "50DC6C495C0C9188"),
            ArnError::Id,
            "lower case",
        ),
        (format!("{ARN}\n"), ArnError::Id, "16 hexadecimal digits"),
        (format!("{ARN} "), ArnError::Id, "16 hexadecimal digits"),
        (format!("{ARN}\0"), ArnError::Id, "16 hexadecimal digits"),
    ] {
        let found = text.parse::<LoadBalancerArn>().map_err(ConfigError::from);
        assert_eq!(found, Err(ConfigError::Arn(error)), "{text:?}");
        let message = ConfigError::from(error).to_string();
        assert!(message.contains(hint), "{text:?}: {message}");
    }
    assert_eq!(ARN.parse::<LoadBalancerArn>().unwrap().to_string(), ARN);
}

#[test]
fn an_issuer_and_a_client_id_are_refused_with_what_to_write_instead() {
    for text in [
        "",
        "login.example.com",
        "http://login.example.com",
        "https://login.example.com?x",
        "https://login.example.com#x",
        "https://login.example.com ",
        "https://login.example.com\n",
        "https://user@login.example.com",
        "ftp://login.example.com",
    ] {
        let error = Issuer::new(text).unwrap_err();
        assert_eq!(error, ConfigError::Issuer, "{text:?}");
        assert!(
            error
                .to_string()
                .contains("exactly as the listener rule has it")
        );
    }
    for text in ["", " ", "a b", "a\n", "a\0", "é"] {
        let error = ClientId::new(text).unwrap_err();
        assert_eq!(error, ConfigError::ClientId, "{text:?}");
        assert!(
            error
                .to_string()
                .contains("exactly as the listener rule has it")
        );
    }
}
