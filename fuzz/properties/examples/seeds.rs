//! Makes the signer's key and the corpus of the target `token` anew, and throws
//! the private key away.
//!
//!     cargo run -p fuzz-properties --example seeds
//!
//! Needed only if what an ALB writes turns out to be different. A seed may be a
//! genuine token with something changed in its text, or a token that is
//! properly signed and says what is never let in; but no signed token that
//! would be let in if it were changed back, unless it is one of the genuine
//! ones. The fuzzer would change it back.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use alb_oidc_testkit::{Forgery, SimulatedAlb};
use fuzz_properties::{NOW, spellings};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let alb = SimulatedAlb::new();
    let signer = root.join("signer");
    fs::create_dir_all(&signer)?;
    fs::write(signer.join("key-id"), alb.key_id().to_string())?;
    for (_, pem) in alb.public_keys() {
        fs::write(signer.join("public-key.pem"), pem)?;
    }
    let corpus = root.join("../corpus/token");
    fs::create_dir_all(&corpus)?;
    let mut seeds = genuine(&alb);
    let changed = changed(&seeds);
    seeds.extend(changed);
    seeds.extend(signed(&alb));
    let values: BTreeSet<_> = seeds.iter().map(|(_, value)| value).collect();
    assert_eq!(values.len(), seeds.len(), "a change that changes nothing");
    for (name, value) in seeds {
        fs::write(corpus.join(name), value)?;
    }
    Ok(())
}

type Seeds = Vec<(&'static str, Vec<u8>)>;

/// What is to be let in.
fn genuine(alb: &SimulatedAlb) -> Seeds {
    let mint = |userinfo: &str| alb.mint(userinfo, NOW).into_bytes();
    vec![
        ("genuine-cognito", mint(COGNITO)),
        ("genuine-pretty-printed", mint(PRETTY_PRINTED)),
        ("genuine-raw-utf8", mint(RAW_UTF8)),
    ]
}

/// Genuine tokens after a change of their text: two of their other spellings,
/// and what must not be one.
fn changed(genuine: &Seeds) -> Seeds {
    let [cognito, pretty, utf8] = [0, 1, 2].map(|index| {
        let token = genuine.get(index).map(|(_, token)| &**token);
        String::from_utf8_lossy(token.unwrap_or_default()).into_owned()
    });
    let segments: Vec<&str> = pretty.split('.').collect();
    let others: Vec<&str> = utf8.split('.').collect();
    let [header, payload, signature] = *segments else {
        return Seeds::new();
    };
    let [other_header, other_payload, other_signature] = *others else {
        return Seeds::new();
    };
    let [other_s, ..] = spellings(&cognito).map(String::into_bytes);
    let seeds = [
        (
            "unpadded-signature",
            pretty.trim_end_matches('=').to_owned(),
        ),
        (
            "half-padded-signature",
            pretty.trim_end_matches('=').to_owned() + "=",
        ),
        ("escaped-padding", pretty.replace('=', "%3D")),
        (
            "unpadded-header",
            format!("{}.{payload}.{signature}", header.trim_end_matches('=')),
        ),
        (
            "unpadded-payload",
            format!(
                "{other_header}.{}.{other_signature}",
                other_payload.trim_end_matches('=')
            ),
        ),
        ("stray-bits", stray_bits(&pretty)),
        ("space-at-the-end", format!("{pretty} ")),
        ("four-segments", format!("{pretty}.e30=")),
        ("two-segments", format!("{header}.{payload}")),
        (
            "standard-alphabet",
            pretty.replace('-', "+").replace('_', "/"),
        ),
        (
            "others-payload",
            format!("{header}.{other_payload}.{signature}"),
        ),
    ];
    let seeds = seeds.map(|(name, text)| (name, text.into_bytes()));
    [("other-s", other_s)].into_iter().chain(seeds).collect()
}

/// The last of the 86 digits of a signature has four bits that belong to none
/// of its bytes: sets one.
fn stray_bits(token: &str) -> String {
    let digits = token.trim_end_matches('=');
    let (start, last) = digits.split_at(digits.len() - 1);
    // A, Q, g or w.
    let stray = last.bytes().map(|digit| char::from(digit + 1));
    format!("{start}{}==", String::from_iter(stray))
}

/// What the key has signed and is refused all the same.
fn signed(alb: &SimulatedAlb) -> Seeds {
    let forgeries = [
        ("signed-alg-none", Forgery::AlgNone),
        ("signed-client-twice", Forgery::DuplicateMember),
        ("signed-escaped-key-id-twice", Forgery::EscapedDuplicate),
        ("signed-key-id-in-upper-case", Forgery::KidUpperCase),
        ("signed-exp-with-exponent", Forgery::ExpExponent),
        ("signed-expired", Forgery::Expired),
        (
            "signed-for-others-load-balancer",
            Forgery::OthersLoadBalancer,
        ),
        ("signed-unknown-key", Forgery::KidUnknown),
        ("signed-payload-not-base64url", Forgery::PayloadNotBase64),
        ("signed-two-subjects", Forgery::SubTwiceEscaped),
    ];
    let value = |forgery: Forgery| {
        forgery
            .headers(alb, NOW)
            .into_iter()
            .map(|(_, value)| value)
    };
    forgeries
        .into_iter()
        .flat_map(|(name, forgery)| value(forgery).map(move |value| (name, value)))
        .collect()
}

const COGNITO: &str = r#"{"sub":"7a1c5f0e-3b9d-4c58-9c5e-2f1a6b7c8d90","email_verified":"true","identities":"[]","email":"alice@example.com","username":"alice"}"#;
/// As in 2018.
const PRETTY_PRINTED: &str = "{\n  \"sub\" : \"carol\"\n}";
const RAW_UTF8: &str =
    r#"{"sub":"zoe","name":"Zoë Ångström 小林","groups":["a",{"n":-1.5}],"exp":1,"nbf":1}"#;
