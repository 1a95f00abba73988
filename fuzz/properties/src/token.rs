//! Any bytes as `x-amzn-oidc-data`.

use alb_oidc::{
    AuthenticateError, AuthenticatedUser, Disposition, JoseHeader, OidcHeaders, Segment,
    TokenError, UnverifiedToken,
};
use serde_json::{Map, Value};

use crate::decision::decide;
use crate::reference::{Form, Gate};
use crate::signer::{ACCEPTABLE, AUTHENTICATOR};

/// Whatever `data` is:
///
/// 1. It is refused for its form exactly if the reference refuses its form, and
///    at the same gate.
/// 2. What is parsed of its header is what a plain JSON reader reads there.
/// 3. It is let in exactly if it is one of the four spellings of a token that
///    was signed.
/// 4. The user is the one whom the payload names, with all of the claims and no
///    others.
/// 5. A refusal is a 401 and nothing else.
///
/// # Panics
///
/// If one of these does not hold.
pub fn token(data: &[u8]) {
    let form = Form::read(data);
    if let Ok(headers) = read(data)
        && let Ok(token) = UnverifiedToken::parse(headers)
    {
        let form = form.as_ref().expect("what is parsed is of the right form");
        same_header(token.untrusted_header(), &object(&form.header));
    }
    let decision = decide(&AUTHENTICATOR, &[(OidcHeaders::DATA, data)]);
    let gate = decision.as_ref().err().map_or(Gate::Passed, gate_of);
    let expected = form.as_ref().err().copied().unwrap_or(Gate::Passed);
    assert_eq!(
        gate, expected,
        "the form is judged differently: {decision:?}"
    );
    let acceptable = str::from_utf8(data).is_ok_and(|text| ACCEPTABLE.contains(text));
    assert_eq!(decision.is_ok(), acceptable, "{decision:?}");
    match (&decision, &form) {
        (Ok(user), Ok(form)) => same_user(user, form),
        (Ok(_), Err(gate)) => panic!("let in, and stopped at {gate:?}"),
        (Err(error), _) => assert_eq!(error.disposition(), Disposition::Challenge, "{error:?}"),
    }
}

fn read(data: &[u8]) -> Result<OidcHeaders<'_>, AuthenticateError> {
    OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(data))
}

/// Where an error says that the form is wrong.
fn gate_of(error: &AuthenticateError) -> Gate {
    match error {
        AuthenticateError::Headers(_) => Gate::Value,
        AuthenticateError::Rejected(TokenError::Structure) => Gate::Structure,
        AuthenticateError::Rejected(
            TokenError::SignatureLength
            | TokenError::Encoding {
                segment: Segment::Signature,
                ..
            },
        ) => Gate::Signature,
        AuthenticateError::Rejected(TokenError::Encoding {
            segment: Segment::Header,
            ..
        }) => Gate::Header,
        _ => Gate::Passed,
    }
}

/// The members of an object, as a JSON reader without any policy reads them.
fn object(bytes: &[u8]) -> Map<String, Value> {
    serde_json::from_slice(bytes).expect("what is parsed is a JSON object")
}

fn same_header(parsed: &JoseHeader, plain: &Map<String, Value>) {
    let text = |member| plain.get(member).and_then(Value::as_str);
    assert_eq!(text("alg"), Some("ES256"));
    assert_eq!(
        text("kid"),
        Some(&*parsed.untrusted_key_id().to_string()),
        "kid"
    );
    assert_eq!(
        text("signer"),
        Some(&*parsed.untrusted_signer().to_string()),
        "signer"
    );
    assert_eq!(text("iss"), Some(parsed.untrusted_issuer()), "iss");
    assert_eq!(text("client"), Some(parsed.untrusted_client()), "client");
    let exp = plain.get("exp").and_then(Value::as_u64);
    assert_eq!(exp, Some(parsed.untrusted_expires_at().as_secs()), "exp");
}

fn same_user(user: &AuthenticatedUser, form: &Form) {
    let header = object(&form.header);
    let text = |member| header.get(member).and_then(Value::as_str);
    assert_eq!(text("iss"), Some(user.id().issuer().as_str()));
    assert_eq!(text("client"), Some(user.client().as_str()));
    assert_eq!(text("signer"), Some(&*user.signer().to_string()));
    assert_eq!(text("kid"), Some(&*user.key_id().to_string()));
    let exp = header.get("exp").and_then(Value::as_u64);
    assert_eq!(exp, Some(user.token_expires_at().as_secs()));

    let payload = form.payload.as_ref().expect("its payload is base64url");
    let mut payload = object(payload);
    // The two that the load balancer adds are the token's, not the user's.
    payload.retain(|name, _| !matches!(&**name, "exp" | "iss"));
    let claims = user.claims();
    let claims: Map<_, _> = claims.iter().map(|(n, v)| (n.to_owned(), v)).collect();
    assert_eq!(claims, payload, "the claims");
    let sub = payload.get("sub").and_then(Value::as_str);
    assert_eq!(sub, Some(user.id().subject()), "the subject");
}
