//! The identity provider's RSA keys, which sign access tokens: fixed, published, and good for tests
//! alone.

use std::fmt;
use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// An RS256 key of an identity provider. Its private half is in this crate's source, for anybody to
/// read: what it signs proves nothing outside of a test.
///
/// It is fixed because making an RSA key takes longer than most tests do.
pub struct ProviderKey {
    id: &'static str,
    pair: RsaKeyPair,
}

impl ProviderKey {
    /// The key that a [`SimulatedAlb`](crate::SimulatedAlb)'s provider signs with.
    #[must_use]
    pub fn first() -> &'static Self {
        static KEY: LazyLock<ProviderKey> = LazyLock::new(|| ProviderKey::read("first", FIRST));
        &KEY
    }

    /// Another one: for a rotation, or a stranger.
    #[must_use]
    pub fn second() -> &'static Self {
        static KEY: LazyLock<ProviderKey> = LazyLock::new(|| ProviderKey::read("second", SECOND));
        &KEY
    }

    /// Its `kid`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// Its public half as a JWK (RFC 7517 section 4), with members in Cognito's order.
    #[must_use]
    pub fn jwk(&self) -> String {
        format!(
            r#"{{"alg":"RS256","e":"AQAB","kid":"{}","kty":"RSA","n":"{}","use":"sig"}}"#,
            self.id,
            URL_SAFE_NO_PAD.encode(self.modulus())
        )
    }

    /// The 256 bytes of its modulus.
    #[must_use]
    pub fn modulus(&self) -> &[u8] {
        // `RSAPublicKey` of RFC 8017 appendix A.1.1: nine bytes before the modulus of a 2048-bit
        // key, and five behind it.
        &self.pair.public_key().as_ref()[9..265]
    }

    /// Header and payload, JSON or not, as a compact JWS (RFC 7515 section 7.1) that it has signed
    /// with RS256, whatever they say.
    #[must_use]
    pub fn sign(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair
            .sign(&RSA_PKCS1_SHA256, &random, token.as_bytes(), &mut signature)
            .expect("a key of 2048 bits signs whatever it is given");
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }

    fn read(id: &'static str, key: &str) -> Self {
        let der = STANDARD.decode(key).expect("the test key is base64");
        let pair = RsaKeyPair::from_der(&der).expect("the test key is a key");
        Self { id, pair }
    }
}

impl fmt::Debug for ProviderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

// TEST KEYS: `RSAPrivateKey` of RFC 8017 appendix A.1.2. They are in the source for anybody to
// read, and have never been anything else.
const FIRST: &str = "\
    MIIEowIBAAKCAQEA0Vn8p/7G9yVOTg/hwBf1T/E1hAjUQGO5jB2zJqdb8sHo1+R2N9ZvCloRMHVdmR+3kvRdCMnt\
    zStTNN5YIejxjhbUWBnvmfUtYinM7ErkM/hw32k6l7n+69Gt7gOwdYMVWhgoj5z0YajvDXUzq84p+G0zkJu4xeME\
    cQ/5e1fKNXZ5H2u5kAZm44mv5nppFVxEgWtgCbR70wXcugkjthPODqCoy6N0HeuXMtEyiBVkInteulRjzsEgLVhC\
    Ox89kUQOk8nQRR8m/0IJpIFr6zNs1ny/zFMb/9oACNj7LpZVKNEQ/oACmfHCiALWa1XdaPArf/nhlFiBRl560785\
    qVGq6wIDAQABAoIBADO8jVfm+ryxF3zrJ9sVEKbE8XjDxdBz1LLv1ApFac/AZA6WgzChaaehQoY7OvpQgEls4mD9\
    pisB/foeyKD4tFltAuUS48ekc6bCtcXfbC37w8kydCxy5rDYjKc5ei5QSsKNHdj/7NUFrq4gvLhEptKiChA+q5cb\
    10kprXnx5CL5xXUK5Uh5NSgEEbNsXWZ9CUvKfumXpVwu4hSBqUtP/BSMdmqina5iCUHtgZwNnhVFHdTdr7eICRz9\
    xiQIKcduF+IyHtwp68tIlQ8hJ2kyJSQom8ZHvaDlco0lXcsieYjxeRxD9V8MUjSVyiUl+gU1tcUKPkluWOxq5o/x\
    TItUJEECgYEA/DfmS3O4WBNIdCvVWn21bJV5M2mQnVwVI5XoZ7zUqzqLTlFBcapaDjdTvul/UhBspI7LowgiKUVs\
    YW41Msx/4W1WfWLbPxfuZdEn7/5dOlH0P2Txhzs7H3glGx/6t4qcHqba+HFBV6p9ZjasmdBVJTZ6KgQmyIrHTLo0\
    ii7e4xMCgYEA1H2Muj54dNcQVTeLsMitGy41qApRiMv5ifwMB/SMN6824RlxHY8z1zFgsPydXvhmj8cTlkTi28QX\
    EymhLXxgCb1GWo+uMEcbfYP3ccWcwGwp6tRz6v9fJ5b2mEnIXmbWRACQ+KlDVWrkvTsr5qrhyj4eO+Y77Urs7hIV\
    VM2UO8kCgYATUcTWKrsIJBH8tA7Xq6Fl+90YzxFAvHjyDN2MdK5ln0pkaVz18/KJ/Drx+LjD9HYd9MIsbscPGj4/\
    CE4S4g85mUJywEvC/XZJXkgM3hMOEJEA+h52GVdiBbXx6fUucfObdXR4a1Rx/qE0XyPBdG/RNecNqNu/qMGzYt/7\
    ZbO0+QKBgQCiBimsSb4nuWVm1Tfa0OnN8+pN+7A4EvBv2pSB7GKOgzfhZDjwRSVOTQRhb/2/UMFDmJTC3DvvPxIp\
    NnED8fZ49q4Sl8RGY7H+fwXK5tejkdZUjTLmWVsBIQdfD8OM1/VBXP0t3kLNevh3ogrTlDEeuUbsfZ3sTlljHr7N\
    LwR8oQKBgGWWK7gdx8eJsQopejhsJXpzxq9of1ouWFWzPXnfWHoBzfSR9CM2wuM2zApSxmkkJqqurJtbpGEtVfN4\
    6+0VYWb9GR5uOv2DNUTm6O90QYT/jIYoG6sz/yH/yJ+AjkIYMSkUKnP92djziiz5Z0DF5qypO6YD1SwToh9MsVJX\
    BKWm\
";
const SECOND: &str = "\
    MIIEowIBAAKCAQEAsOd+CJ8UE0Wx6flb8ycUl+G6AewtablmEiuylOwNLsMzApxTOGgvILWcn35oJi9o+PxhCoyA\
    8PFLDGwSBYdfq8bIts9qG8kQvl0F4JDVLVfoHxIU/O0WGmY1W7Zt+W0RvnOUjQRoR7pio0Ibq7IkL36u5N+aef6T\
    wxSXCRDqqDIfEYtMrNUqICEVK8iFBTPzIkWXvNu+f1d137SHWw2PjtDVqrt335TM7o9RXFPl7F3hz6vbO/HSLJ/5\
    oRc8zN6Z9MElwz6clCy37UZoU5JJ8xiY8Sq870CUoRKZSMHyyKP81ZjMJlgwXOA4zcB0eap6VohuIpb78QVJQaIH\
    M52YLwIDAQABAoIBAAsmQ+zCLe87BMgU1cVA8MzTxrfpTUFtFHBPvb0iFYCdf+EJvjr/Yf0DRUBOJL1HXqvWqD0U\
    dun4ozzAsPAVRKPcbvkKoIroxLvivASXzD/D2xbeOmFoheybBYDmwg6m36fru/CZVwMyTZYxi/Hp09sEdnxpVWCb\
    +W8hpJVHMirwhuz8nmk7VPjs5pdr8tv35OiTxMadULAyduccFjRXBJpPiZmFsxrpLWhpJ0Sx0w3KWmkXF9XxBJ1o\
    tpHnKE4fm+Ix3THaXWZUJgdNH2PtWLn7zQKP5MqrAeL0XJ1paj0CejA+HHlebvfP5AU2Bf22DfPVJEGT8TxqRQNF\
    /4qac80CgYEA2VuuK2Hecnc6XxSlFb4x0JZcOypTmr9EWo+uEcuqmaiBeckrQtC9ftClSP3/hzsi/gX3KP4iFmJ+\
    mJwzfmCELlCiBMymlSFCfRWLTBDhXE4sMdhs2o/KfZtSljuf7y1FNg19C24AxRXtYS1ysyocIvuDOWTC3lD1tHpy\
    TSdofEsCgYEA0FqxAhCwe9XH+BuhG8xWlmqGhA9BvrHHfMSzDGNWYfAYBKS2oC4XZs9Cpmv1f0kc4UgER9K4+/D4\
    YcFxiVpKvVcZP2l3Ycz/N97xJK+6B4/Bm3n9uwtG1A7AoJ0DS3GtOnMuFblerjqnnIYdhhOHDHZQ2DnNnpw3x0Gn\
    esr53S0CgYBF0Fa/BG5oobcT9xOXSkHB16nELzIvUCPqWp/0g1BGjoMX1O+aRGW5J9cO/NZoXyw8Hzpl5kqYmgZD\
    ilhXzTRnk+qWVA1ldQtgFd1qDznzZgB3+iXshabqdUsvifMy5X2HgQma9Dg3FXXrcqeWuH3VFqftdVnKAoMI9xNj\
    iLbcxQKBgDgvjLY62+y5DLDaeoqtgtgTJ+0q1BbhiCMcRBBeJWhJv6BY7qqpY0QlNhr81/oYNEKIEidwKtQ9+i0a\
    Zkyc3bTLbRKNlVT5XAWsCClVffwWByavMf4jn1kGFWn6jW3l3Mn7T30qPN8NEDAEdqe2Ul/I9CorBEj2ZZBFIy3Y\
    2KKNAoGBAIy6anc9t6n20QeNXQPVv4348xQ7GLbNNHZVttd1O0jYrOkq0rUl+zKF5HZMciDDtiUNLTLBG6ueBrKl\
    3YHCbEEunNmMrwQvqI1e7F6tQkhEkmn2GOTE4Jxwfa39rsqvNdR1Y1VMSX9/UxrlC2sYyusoOpF0etV/C1lfdBLM\
    gQtW\
";
