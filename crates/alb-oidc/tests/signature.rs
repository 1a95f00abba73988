//! ES256 and the keys that verify it, with all backends. `wycheproof.rs` has the large sets of
//! vectors.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alb_oidc::{CryptoBackend, PublicKey, PublicKeyError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The other tests that say "all backends" rely on it.
#[test]
fn all_backends_are_compiled_into_the_tests_and_the_first_is_the_default() {
    let all = [
        CryptoBackend::AwsLcRs,
        CryptoBackend::P256,
        CryptoBackend::P256Tables,
    ];
    assert_eq!(CryptoBackend::ALL, all);
    assert_eq!(CryptoBackend::default(), CryptoBackend::AwsLcRs);
}

#[test]
fn rfc_7515_a_3_verifies_although_its_s_is_high() {
    let spki = rfc_7515_a_3_key();
    let message = "eyJhbGciOiJFUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let signature: [u8; 64] = URL_SAFE_NO_PAD
        .decode(signature)
        .unwrap()
        .try_into()
        .unwrap();
    assert!(signature[32] >= 0x80, "this s is high");
    for &backend in CryptoBackend::ALL {
        let key = PublicKey::from_spki_der(&spki, backend).unwrap();
        assert_eq!(key.verify(message.as_bytes(), &signature), Ok(()));
        assert!(key.verify(&message.as_bytes()[1..], &signature).is_err());
    }
}

#[test]
fn a_point_that_is_not_on_the_curve_is_no_key() {
    let good = rfc_7515_a_3_key();
    for &backend in CryptoBackend::ALL {
        assert!(PublicKey::from_spki_der(&good, backend).is_ok());
        let mut off_curve = good.clone();
        off_curve[90] ^= 1;
        assert_eq!(
            PublicKey::from_spki_der(&off_curve, backend),
            Err(PublicKeyError::Point)
        );
        let mut infinity = good.clone();
        infinity[27..].fill(0);
        assert_eq!(
            PublicKey::from_spki_der(&infinity, backend),
            Err(PublicKeyError::Point)
        );
        let mut beyond_the_field = good.clone();
        beyond_the_field[27..59].fill(0xff);
        assert_eq!(
            PublicKey::from_spki_der(&beyond_the_field, backend),
            Err(PublicKeyError::Point)
        );
        for der in [&good[..90], &[&good[..], &[0]].concat(), &good[1..], &[]] {
            assert_eq!(
                PublicKey::from_spki_der(der, backend),
                Err(PublicKeyError::Spki)
            );
        }
        let mut compressed = good.clone();
        compressed[26] = 0x02;
        assert_eq!(
            PublicKey::from_spki_der(&compressed, backend),
            Err(PublicKeyError::Spki)
        );
    }
}

#[test]
fn a_pem_is_one_public_key_and_nothing_else() {
    let pem = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n\
        6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n\
        -----END PUBLIC KEY-----\n";
    let read = |text: &str| PublicKey::from_pem(text.as_bytes(), CryptoBackend::default());
    let key = read(pem).unwrap();
    for same in [
        pem.trim_end().to_owned(),
        pem.replace('\n', "\r\n"),
        pem.trim_end().replace('\n', "\r\n"),
    ] {
        assert_eq!(read(&same).as_ref(), Ok(&key), "{same:?}");
    }
    for other in [
        String::new(),
        "<html>sign in to the proxy</html>".to_owned(),
        format!("{pem}{pem}"),
        format!("{pem}\n"),
        format!("{}\r", pem.trim_end()),
        format!("\n{pem}"),
        format!(" {pem}"),
        format!("\u{feff}{pem}"),
        format!("text\n{pem}"),
        pem.replace("PUBLIC KEY", "PRIVATE KEY"),
        pem.replace("PUBLIC KEY", "CERTIFICATE"),
        pem.replace("PUBLIC KEY", "EC PUBLIC KEY"),
        pem.replace("MzV7\n", "MzV76\n"),
        pem.replace("MzV7\n6e8T", "MzV\n76e8T"),
        pem.replace("MzV7\n6e8T", "MzV76e8T"),
        pem.replace("MzV7\n", "MzV7\n\n"),
        pem.replace("MFkw", "MF w"),
        pem.replace("MFkw", "MF-w"),
        pem.replace("rQ==", "rQ="),
        pem.replace("rQ==", "rR=="),
        pem.replace("-----END PUBLIC KEY-----\n", ""),
        pem.replace("END PUBLIC KEY", "END CERTIFICATE"),
        pem.replace("BEGIN PUBLIC KEY", "BEGIN CERTIFICATE"),
    ] {
        assert_ne!(other, pem, "a replacement that found nothing tests nothing");
        assert_eq!(read(&other), Err(PublicKeyError::Pem), "{other:?}");
    }
    let shorter = pem.replace("rQ==", "");
    assert_eq!(read(&shorter), Err(PublicKeyError::Spki));
    let longer = pem.replace("MFkw", &format!("{}\nMFkw", "A".repeat(64)));
    assert_eq!(read(&longer), Err(PublicKeyError::Spki));
    assert_eq!(
        PublicKey::from_pem(b"\xff", CryptoBackend::default()),
        Err(PublicKeyError::Pem)
    );
}

fn rfc_7515_a_3_key() -> Vec<u8> {
    let prefix = hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
    let x = URL_SAFE_NO_PAD.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    let y = URL_SAFE_NO_PAD.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    [prefix, x.unwrap(), y.unwrap()].concat()
}

fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
