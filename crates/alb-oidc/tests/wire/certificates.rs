//! Certificates, good and bad.

use std::sync::{Arc, LazyLock};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    date_time_ymd,
};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub(crate) type Authority = CertifiedIssuer<'static, KeyPair>;

/// The one that the tests' fetchers trust.
pub(crate) static AUTHORITY: LazyLock<Authority> = LazyLock::new(authority);

pub(crate) fn authority() -> Authority {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// One for `localhost` that is as it should be.
pub(crate) fn good() -> Arc<ServerConfig> {
    signed_by(&AUTHORITY, "localhost", |_| {})
}

pub(crate) fn expired() -> Arc<ServerConfig> {
    signed_by(&AUTHORITY, "localhost", |params| {
        params.not_after = date_time_ymd(2020, 1, 1);
    })
}

pub(crate) fn not_yet_valid() -> Arc<ServerConfig> {
    signed_by(&AUTHORITY, "localhost", |params| {
        params.not_before = date_time_ymd(4000, 1, 1);
    })
}

/// Whatever address a name is made to lead to, the certificate is not for that name.
pub(crate) fn for_another_name() -> Arc<ServerConfig> {
    signed_by(&AUTHORITY, "other.example", |_| {})
}

pub(crate) fn for_clients() -> Arc<ServerConfig> {
    signed_by(&AUTHORITY, "localhost", |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    })
}

pub(crate) fn of_an_unknown_issuer() -> Arc<ServerConfig> {
    signed_by(&authority(), "localhost", |_| {})
}

pub(crate) fn self_signed() -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    config(certificate.der().clone(), &key)
}

fn signed_by(
    authority: &Authority,
    name: &str,
    change: impl FnOnce(&mut CertificateParams),
) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.signed_by(&key, authority).unwrap();
    config(certificate.der().clone(), &key)
}

fn config(certificate: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    Arc::new(config.unwrap())
}
