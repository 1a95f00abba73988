//! Attacks that need no look into the token.

use alb_oidc::OidcHeaders;

use super::forgeries;
use crate::minter::{data, two};

const DATA: &str = OidcHeaders::DATA;
const IDENTITY: &str = OidcHeaders::IDENTITY;
const ACCESS_TOKEN: &str = OidcHeaders::ACCESS_TOKEN;

forgeries! { "the headers"
    /// `x-amzn-oidc-data` with nothing in it.
    EmptyData "header-empty" local => |_| data("");
    /// `x-amzn-oidc-data` with spaces in it.
    BlankData "header-characters" local => |_| data("   ");
    /// A good token and then a forged one.
    GoodThenForged "header-duplicate" local => |m| two(m.good(), m.mallorys());
    /// A forged token and then a good one.
    ForgedThenGood "header-duplicate" local => |m| two(m.mallorys(), m.good());
    /// The same good token twice.
    GoodTwice "header-duplicate" local => |m| {
        let good = m.good();
        two(good.clone(), good)
    };
    /// Nothing, and then a good token.
    EmptyThenGood "header-duplicate" local => |m| two("", m.good());
    /// A good token, and then nothing.
    GoodThenEmpty "header-duplicate" local => |m| two(m.good(), "");
    /// Two good tokens of two users.
    TwoUsers "header-duplicate" local => |m| {
        two(m.good(), m.alb.mint(r#"{"sub":"mallory"}"#, m.now))
    };
    /// Two tokens joined by a comma, as some proxies fold repeated headers.
    JoinedByComma "structure" local => |m| data(format!("{},{}", m.good(), m.good()));
    /// Two tokens joined by a comma and a space.
    JoinedByCommaAndSpace "header-characters" local => |m| {
        data(format!("{}, {}", m.good(), m.good()))
    };
    /// A scheme before the token.
    BearerToken "header-characters" local => |m| data(format!("Bearer {}", m.good()));
    /// A good token in quotation marks.
    QuotedToken "signature-length" local => |m| data(format!("\"{}\"", m.good()));
    /// A byte that is not ASCII.
    NotAscii "header-characters" local => |m| vec![(DATA, [m.good().as_bytes(), b"\xff"].concat())];
    /// A zero-width space in the token.
    ZeroWidthSpace "header-characters" local => |m| data(m.good().replacen('.', "\u{200b}.", 1));
    /// A space in the token.
    SpaceInToken "header-characters" local => |m| data(m.good().replacen('.', ". ", 1));
    /// A tab in the token.
    TabInToken "header-characters" local => |m| data(m.good().replacen('.', "\t.", 1));
    /// A token longer than the 16 K that an ALB sends.
    TooLarge "header-too-large" local => |m| data(m.good() + &"A".repeat(OidcHeaders::MAX_BYTES));
    /// A token that is one byte too long.
    TooLargeByOne "header-too-large" local => |_| data("A".repeat(OidcHeaders::MAX_BYTES + 1));
    /// The identity header alone.
    IdentityAlone "header-without-data" local => |_| vec![(IDENTITY, b"alice".to_vec())];
    /// The access token alone.
    AccessTokenAlone "header-without-data" local => |_| vec![(ACCESS_TOKEN, b"token".to_vec())];
    /// Both of the unsigned headers, without the signed one.
    BothWithoutData "header-without-data" local => |_| {
        vec![(IDENTITY, b"alice".to_vec()), (ACCESS_TOKEN, b"token".to_vec())]
    };
    /// A good token under a name with underscores, and an identity to go with it.
    UnderscoredName "header-without-data" local => |m| {
        vec![("x_amzn_oidc_data", m.good().into_bytes()), (IDENTITY, b"alice".to_vec())]
    };
    /// A good token with somebody else's identity header.
    OthersIdentity "identity-mismatch" fetch => |m| m.good_and(&[(IDENTITY, b"mallory")]);
    /// A good token with its own identity header twice.
    IdentityTwice "header-duplicate" local => |m| {
        m.good_and(&[(IDENTITY, b"alice"), (IDENTITY, b"alice")])
    };
    /// A good token with its own identity header and somebody else's.
    IdentityOfTwo "header-duplicate" local => |m| {
        m.good_and(&[(IDENTITY, b"alice"), (IDENTITY, b"mallory")])
    };
    /// A good token with an identity header that differs in case.
    IdentityOtherCase "identity-mismatch" fetch => |m| m.good_and(&[(IDENTITY, b"Alice")]);
    /// A good token with the user's e-mail address as identity.
    IdentityEmail "identity-mismatch" fetch => |m| m.good_and(&[(IDENTITY, b"alice@example.com")]);
    /// A good token with an identity that only begins like its subject.
    IdentityLonger "identity-mismatch" fetch => |m| m.good_and(&[(IDENTITY, b"alice2")]);
    /// A good token with an identity header of nothing.
    EmptyIdentity "header-empty" local => |m| m.good_and(&[(IDENTITY, b"")]);
    /// A good token with an identity header of spaces.
    BlankIdentity "header-characters" local => |m| m.good_and(&[(IDENTITY, b"  ")]);
    /// A good token with an identity that is not ASCII.
    IdentityNotAscii "header-characters" local => |m| m.good_and(&[(IDENTITY, "alicé".as_bytes())]);
    /// A good token with an access token of nothing.
    EmptyAccessToken "header-empty" local => |m| m.good_and(&[(ACCESS_TOKEN, b"")]);
    /// A good token with two access tokens.
    TwoAccessTokens "header-duplicate" local => |m| {
        m.good_and(&[(ACCESS_TOKEN, b"a"), (ACCESS_TOKEN, b"b")])
    };
    /// A good token with an access token that is not ASCII.
    AccessTokenNotAscii "header-characters" local => |m| m.good_and(&[(ACCESS_TOKEN, b"\x80")]);
    /// A good token with an access token that is too long.
    AccessTokenTooLarge "header-too-large" local => |m| {
        m.good_and(&[(ACCESS_TOKEN, &[b'a'; OidcHeaders::MAX_BYTES + 1])])
    };
}
