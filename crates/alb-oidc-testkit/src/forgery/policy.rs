//! Attacks by those who can have whatever they like signed, with the same keys: all that have a
//! load balancer in the region.

use super::forgeries;
use crate::minter::{append, data};

forgeries! { "the signer, the issuer and the client"
    /// The attacker's own load balancer, with our issuer and client id and our region's keys: the
    /// ALBeast attack.
    OthersLoadBalancer "untrusted-signer" local => |m| {
        m.signer(|arn| arn.account = "999999999999".to_owned())
    };
    /// A load balancer of our account with another id.
    OtherId "untrusted-signer" local => |m| m.signer(|arn| arn.id = "50dc6c495c0c9189".to_owned());
    /// A load balancer whose name begins like ours.
    OtherName "untrusted-signer" local => |m| m.signer(|arn| arn.name += "-evil");
    /// A load balancer whose name is the beginning of ours.
    ShorterName "untrusted-signer" local => |m| m.signer(|arn| _ = arn.name.pop());
    /// A load balancer whose name ends like ours.
    NameAfterAnother "untrusted-signer" local => |m| {
        m.signer(|arn| arn.name.insert_str(0, "evil-"))
    };
    /// A load balancer whose name is ours in upper case.
    NameUpperCase "untrusted-signer" local => |m| {
        m.signer(|arn| arn.name = arn.name.to_uppercase())
    };
    /// A load balancer of our name and id in another region.
    OtherRegion "untrusted-signer" local => |m| m.signer(|arn| arn.region = "us-east-2".to_owned());
    /// Our name, id and account in AWS GovCloud.
    GovCloud "untrusted-signer" local => |m| m.signer(|arn| {
        (arn.partition, arn.region) = ("aws-us-gov".to_owned(), "us-gov-east-1".to_owned());
    });
    /// Our name, id and account in China.
    China "untrusted-signer" local => |m| m.signer(|arn| {
        (arn.partition, arn.region) = ("aws-cn".to_owned(), "cn-north-1".to_owned());
    });
    /// Our name, id and account in the European Sovereign Cloud.
    SovereignCloud "untrusted-signer" local => |m| m.signer(|arn| {
        (arn.partition, arn.region) = ("aws-eusc".to_owned(), "eusc-de-east-1".to_owned());
    });
    /// Our name, id and account in an isolated partition.
    IsolatedPartition "untrusted-signer" local => |m| m.signer(|arn| {
        (arn.partition, arn.region) = ("aws-iso".to_owned(), "us-iso-east-1".to_owned());
    });
    /// Our name, id and account in another isolated partition.
    IsolatedPartitionB "untrusted-signer" local => |m| m.signer(|arn| {
        (arn.partition, arn.region) = ("aws-iso-b".to_owned(), "us-isob-east-1".to_owned());
    });
    /// Our name, id and account in a third isolated partition.
    IsolatedPartitionE "untrusted-signer" local => |m| m.signer(|arn| {
        (arn.partition, arn.region) = ("aws-iso-e".to_owned(), "eu-isoe-west-1".to_owned());
    });
    /// Our name, id and account in a fourth isolated partition.
    IsolatedPartitionF "untrusted-signer" local => |m| m.signer(|arn| {
        (arn.partition, arn.region) = ("aws-iso-f".to_owned(), "us-isof-south-1".to_owned());
    });
    /// Our load balancer's ARN with another partition.
    OtherPartition "untrusted-signer" local => |m| {
        m.signer(|arn| arn.partition = "aws-cn".to_owned())
    };
    /// Our load balancer's ARN with a partition that there is not.
    NoPartition "untrusted-signer" local => |m| m.signer(|arn| arn.partition.clear());
    /// Our load balancer's ARN without a region.
    NoRegion "untrusted-signer" local => |m| m.signer(|arn| arn.region.clear());
    /// Our load balancer's ARN without an account.
    NoAccount "untrusted-signer" local => |m| m.signer(|arn| arn.account.clear());
    /// Our account but for its last digit.
    AccountShort "untrusted-signer" local => |m| m.signer(|arn| _ = arn.account.pop());
    /// Our account after a zero.
    AccountLong "untrusted-signer" local => |m| m.signer(|arn| arn.account.insert(0, '0'));
    /// A network load balancer.
    NetworkLoadBalancer "untrusted-signer" local => |m| m.signer(|arn| arn.kind = "net".to_owned());
    /// A gateway load balancer.
    GatewayLoadBalancer "untrusted-signer" local => |m| m.signer(|arn| arn.kind = "gwy".to_owned());
    /// Another service than Elastic Load Balancing.
    OtherService "untrusted-signer" local => |m| m.signer(|arn| arn.service = "ec2".to_owned());
    /// A listener of our load balancer.
    Listener "untrusted-signer" local => |m| m.header_spelled("signer", |arn| {
        arn.replace("loadbalancer/", "listener/") + "/f2f7dc8efc522ab2"
    });
    /// Our load balancer and a slash.
    SignerSlash "untrusted-signer" local => |m| m.header_spelled("signer", |arn| format!("{arn}/"));
    /// Our load balancer and more of a path.
    SignerLonger "untrusted-signer" local => |m| {
        m.header_spelled("signer", |arn| format!("{arn}/evil"))
    };
    /// Our load balancer and a space.
    SignerSpace "untrusted-signer" local => |m| m.header_spelled("signer", |arn| format!("{arn} "));
    /// A space and our load balancer.
    SignerLeadingSpace "untrusted-signer" local => |m| {
        m.header_spelled("signer", |arn| format!(" {arn}"))
    };
    /// Our load balancer and a line feed.
    SignerLineFeed "untrusted-signer" local => |m| {
        m.header_spelled("signer", |arn| format!(r"{arn}\n"))
    };
    /// Our load balancer and a NUL.
    SignerNul "untrusted-signer" local => |m| {
        m.header_spelled("signer", |arn| format!(r"{arn}\u0000"))
    };
    /// Our load balancer in upper case.
    SignerUpperCase "untrusted-signer" local => |m| m.header_spelled("signer", str::to_uppercase);
    /// Our load balancer with one more colon.
    SignerColon "untrusted-signer" local => |m| {
        m.header_spelled("signer", |arn| arn.replacen(":loadbalancer", "::loadbalancer", 1))
    };
    /// Our load balancer with a slash percent-encoded.
    SignerEscaped "untrusted-signer" local => |m| {
        m.header_spelled("signer", |arn| arn.replacen("app/", "app%2F", 1))
    };
    /// Our load balancer with a wildcard for its id.
    SignerWildcard "untrusted-signer" local => |m| m.signer(|arn| arn.id = "*".to_owned());
    /// Our load balancer and another, with a comma between.
    SignerList "untrusted-signer" local => |m| {
        m.header_spelled("signer", |arn| format!("{arn},{arn}"))
    };
    /// Our load balancer but for the last digit of its id.
    SignerShort "untrusted-signer" local => |m| m.signer(|arn| _ = arn.id.pop());
    /// An empty signer.
    SignerEmpty "untrusted-signer" local => |m| m.header_with("signer", r#""""#);
    /// A region that would change a URL's host.
    SignerHostileRegion "untrusted-signer" local => |m| {
        m.signer(|arn| arn.region = "evil.example/x".to_owned())
    };
    /// A region with another domain behind it.
    SignerRegionDomain "untrusted-signer" local => |m| {
        m.signer(|arn| arn.region += ".evil.example")
    };
    /// A region with a line feed behind it.
    SignerRegionLineFeed "untrusted-signer" local => |m| m.signer(|arn| arn.region += r"\n");
    /// No signer.
    SignerMissing "json" local => |m| m.header_without("signer");
    /// A signer of null.
    SignerNull "json" local => |m| m.header_with("signer", "null");
    /// A signer that is a number.
    SignerNumber "json" local => |m| m.header_with("signer", "1");
    /// Our signer in an array.
    SignerArray "json" local => |m| m.header_with("signer", &format!(r#"["{}"]"#, m.alb.arn()));
    /// Our signer in an object.
    SignerObject "json" local => |m| {
        m.header_with("signer", &format!(r#"{{"arn":"{}"}}"#, m.alb.arn()))
    };

    /// Another issuer behind our load balancer, in the header and in the payload.
    OtherIssuer "untrusted-issuer" local => |m| {
        let issuer = r#""https://evil.example""#;
        let header = crate::minter::set(&m.header(), "iss", issuer);
        data(m.alb.sign(header, crate::minter::set(&m.payload(), "iss", issuer)))
    };
    /// Another issuer in the header, and ours in the payload.
    IssuerInPayload "untrusted-issuer" local => |m| {
        m.header_with("iss", r#""https://evil.example""#)
    };
    /// Our issuer and a slash.
    IssuerSlash "untrusted-issuer" local => |m| m.header_spelled("iss", |iss| format!("{iss}/"));
    /// Our issuer but for its last letter.
    IssuerPrefix "untrusted-issuer" local => |m| {
        m.header_spelled("iss", |iss| iss[..iss.len() - 1].to_owned())
    };
    /// Our issuer and more.
    IssuerLonger "untrusted-issuer" local => |m| {
        m.header_spelled("iss", |iss| format!("{iss}.evil.example"))
    };
    /// Our issuer in another one's query.
    IssuerInside "untrusted-issuer" local => |m| {
        m.header_spelled("iss", |iss| format!("https://evil.example?{iss}"))
    };
    /// The end of our issuer.
    IssuerSuffix "untrusted-issuer" local => |m| {
        m.header_spelled("iss", |iss| iss.replacen("https:", "", 1))
    };
    /// Our issuer in upper case.
    IssuerUpperCase "untrusted-issuer" local => |m| m.header_spelled("iss", str::to_uppercase);
    /// Our issuer with the port that it has anyway.
    IssuerPort "untrusted-issuer" local => |m| {
        m.header_spelled("iss", |iss| iss.replacen(".com", ".com:443", 1))
    };
    /// Our issuer without encryption.
    IssuerPlain "untrusted-issuer" local => |m| {
        m.header_spelled("iss", |iss| iss.replacen("https:", "http:", 1))
    };
    /// Our issuer with a letter percent-encoded.
    IssuerEscaped "untrusted-issuer" local => |m| {
        m.header_spelled("iss", |iss| iss.replacen('_', "%5F", 1))
    };
    /// Our issuer with a letter that looks the same.
    IssuerHomograph "untrusted-issuer" local => |m| {
        m.header_spelled("iss", |iss| iss.replacen('a', "а", 1))
    };
    /// Our issuer and a space.
    IssuerSpace "untrusted-issuer" local => |m| m.header_spelled("iss", |iss| format!("{iss} "));
    /// Our issuer and a NUL.
    IssuerNul "untrusted-issuer" local => |m| {
        m.header_spelled("iss", |iss| format!(r"{iss}\u0000"))
    };
    /// An empty issuer.
    IssuerEmpty "untrusted-issuer" local => |m| m.header_with("iss", r#""""#);
    /// No issuer.
    IssuerMissing "json" local => |m| m.header_without("iss");
    /// An issuer of null.
    IssuerNull "json" local => |m| m.header_with("iss", "null");
    /// An issuer that is a number.
    IssuerNumber "json" local => |m| m.header_with("iss", "1");
    /// Our issuer in an array.
    IssuerArray "json" local => |m| m.header_with("iss", &format!(r#"["{}"]"#, m.alb.issuer()));
    /// Our issuer in an object.
    IssuerObject "json" local => |m| {
        m.header_with("iss", &format!(r#"{{"iss":"{}"}}"#, m.alb.issuer()))
    };

    /// Another application behind our load balancer.
    OtherClient "untrusted-client" local => |m| m.header_with("client", r#""neighbour""#);
    /// Our client id in upper case.
    ClientUpperCase "untrusted-client" local => |m| m.header_spelled("client", str::to_uppercase);
    /// Our client id but for its last letter.
    ClientPrefix "untrusted-client" local => |m| {
        m.header_spelled("client", |id| id[..id.len() - 1].to_owned())
    };
    /// Our client id and more.
    ClientLonger "untrusted-client" local => |m| m.header_spelled("client", |id| format!("{id}-2"));
    /// Our client id and another one's, with a space between.
    ClientList "untrusted-client" local => |m| {
        m.header_spelled("client", |id| format!("{id} neighbour"))
    };
    /// Our client id and a space.
    ClientSpace "untrusted-client" local => |m| m.header_spelled("client", |id| format!("{id} "));
    /// Our client id and a NUL.
    ClientNul "untrusted-client" local => |m| {
        m.header_spelled("client", |id| format!(r"{id}\u0000"))
    };
    /// An empty client id.
    ClientEmpty "untrusted-client" local => |m| m.header_with("client", r#""""#);
    /// No client id.
    ClientMissing "json" local => |m| m.header_without("client");
    /// No client id in the header, and ours in the payload, as `aud` and as `client`.
    ClientInPayload "json" local => |m| {
        let header = m.header().replace("\"client\"", "\"audience\"");
        let claims = format!(r#""aud":"{0}","client":"{0}""#, m.alb.client());
        data(m.alb.sign(header, append(&m.payload(), &claims)))
    };
    /// A client id of null.
    ClientNull "json" local => |m| m.header_with("client", "null");
    /// A client id that is a number.
    ClientNumber "json" local => |m| m.header_with("client", "1");
    /// Our client id in an array.
    ClientArray "json" local => |m| m.header_with("client", &format!(r#"["{}"]"#, m.alb.client()));
    /// Our client id in an object.
    ClientObject "json" local => |m| {
        m.header_with("client", &format!(r#"{{"id":"{}"}}"#, m.alb.client()))
    };
}
