//! What is measured, by name.

use std::iter;
use std::thread;
use std::time::{Duration, Instant};

use alb_oidc::{
    AuthenticateError, Authenticator, Clock as _, CryptoBackend, KeyLookup, KeyRequest,
    KeySource as _, Signer, StaticKeys, SystemClock, TrustPolicy, TrustedRule,
};
use alb_oidc_testkit::SimulatedAlb;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use crate::request::{Request, hours_from_now};
use crate::scene::Scene;
use crate::workload::Workload;

/// One decision, or the part of it that it is compared with. What is refused without a key is
/// [elsewhere](crate::Rejections).
#[derive(Clone, Copy)]
pub struct Operation {
    /// Its name.
    pub name: &'static str,
    workload: fn() -> Workload,
}

impl Operation {
    /// The ES256 verification alone, by the default library, of the same tokens: what no verifier
    /// can do without.
    pub const BARE_VERIFY: Self = Self::new("bare-verify", || Scene::shared().bare_verify());
    /// All of it: from the three headers of a genuine request to the user, with the key in the
    /// store.
    pub const AUTHENTICATE: Self = Self::new("authenticate", || {
        let scene = Scene::shared();
        scene.authenticate(scene.authenticator(CryptoBackend::AwsLcRs))
    });
    /// The same by a rule that names the load balancer without its id.
    pub const AUTHENTICATE_BY_NAME: Self = Self::new("authenticate-by-name", || {
        let scene = Scene::shared();
        let keys = StaticKeys::from_pems(scene.alb.public_keys(), CryptoBackend::AwsLcRs);
        let authenticator = Authenticator::builder(policy_by_name(&scene.alb))
            .key_source(keys.expect("its keys are keys"))
            .build();
        scene.authenticate(authenticator.expect("that is all it needs"))
    });
    /// One of 64 keys out of a store that has them.
    pub const KEY_STORE_HIT: Self = Self::new("key-store-hit", key_store_hit);

    /// All of them. To add one is to add a line here.
    pub const ALL: &'static [Self] = &[
        Self::BARE_VERIFY,
        Self::AUTHENTICATE,
        Self::AUTHENTICATE_BY_NAME,
        // The other library, alone, with a table of the key's multiples, and in all of it.
        Self::new("bare-verify-p256", || Scene::shared().bare_verify_p256()),
        Self::new("bare-verify-p256-tables", || {
            Scene::shared().bare_verify_p256_tables()
        }),
        Self::new("authenticate-p256-tables", authenticate_p256_tables),
        // What comes before the key: the token taken apart, and whether it is to be trusted.
        Self::new("admit", || {
            let scene = Scene::shared();
            admit(scene.alb.policy(), scene.requests.clone())
        }),
        // The same by a rule that names the load balancer without its id: headers are read.
        Self::new("admit-usual-form", || {
            let scene = Scene::shared();
            admit(policy_by_name(&scene.alb), scene.requests.clone())
        }),
        // The same of headers that have a member more than any ALB writes, which are read the long
        // way.
        Self::new("admit-other-form", || {
            let alb = &Scene::shared().alb;
            let token = |userinfo: &str| {
                let header = alb.header(hours_from_now(6)).replace('}', r#","more":1}"#);
                alb.sign(header, userinfo)
            };
            let requests = (0..Workload::TOKENS).map(|n| Request::of_user(n, token));
            admit(alb.policy(), requests.collect())
        }),
        Self::KEY_STORE_HIT,
        // What the measuring takes by itself, of all of them.
        Self::new("nothing", || Workload::new(None, |_| None)),
        // A signature of somebody else's over a token that is genuine otherwise: what an attacker
        // can make us pay for.
        Self::new("reject-bad-signature", || {
            rejected("bad-signature", |alb, userinfo| {
                let somebody = SimulatedAlb::new();
                somebody.sign(alb.header(hours_from_now(6)), userinfo)
            })
        }),
        // A header of 12 KB that nobody signed, full of numbers halfway between two doubles, which
        // are the dearest to parse.
        Self::new("reject-hostile-numbers", || {
            rejected("algorithm", |_, _| {
                let numbers = vec!["24703282292062327208e-343"; 460];
                unsigned(&format!(r#"{{"a":[{}]}}"#, numbers.join(",")))
            })
        }),
        // Another, of numbers that are nearly too great, which are the dearest to compare.
        Self::new("reject-hostile-magnitudes", || {
            rejected("algorithm", |_, _| {
                let numbers = vec!["1e308"; 2_000];
                unsigned(&format!(r#"{{"a":[{}]}}"#, numbers.join(",")))
            })
        }),
        // Another, that is base64url up to its last digit, which stands for too much.
        Self::new("reject-hostile-digits", || {
            rejected("encoding", |_, _| {
                let signature = URL_SAFE.encode([1; 64]);
                format!("{}B.e30=.{signature}", "A".repeat(16_281))
            })
        }),
        // Another, of names that are escapes and little else.
        Self::new("reject-hostile-escapes", || {
            rejected("algorithm", |_, _| {
                let prefix = r"\n".repeat(20);
                let names: Vec<_> = (10..260).map(|n| format!(r#""{prefix}{n}":1"#)).collect();
                unsigned(&format!("{{{}}}", names.join(",")))
            })
        }),
        // Another, of letters and escapes with no pattern to them, another in each token.
        Self::new("reject-hostile-mixture", || {
            rejected("algorithm", |_, userinfo| {
                let names: Vec<_> = mixtures(userinfo)
                    .take(16)
                    .enumerate()
                    .map(|(n, mixture)| format!(r#""{mixture}{n}":1"#))
                    .collect();
                unsigned(&format!("{{{}}}", names.join(",")))
            })
        }),
        // Another, of long names that differ in their last letters, one of them escaped.
        Self::new("reject-hostile-names", || {
            rejected("algorithm", |_, _| {
                let prefix = "x".repeat(700);
                let names: Vec<_> = (10..27).map(|n| format!(r#""{prefix}{n}":1"#)).collect();
                unsigned(&format!(r#"{{"\u0061":1,{}}}"#, names.join(",")))
            })
        }),
    ];

    const fn new(name: &'static str, workload: fn() -> Workload) -> Self {
        Self { name, workload }
    }

    /// The operation and its tokens, each of which has been tried.
    #[must_use]
    pub fn workload(&self) -> Workload {
        (self.workload)()
    }
}

/// An authenticator's refusal, for this reason, of the tokens that `mint` makes.
fn rejected(reason: &'static str, mint: fn(&SimulatedAlb, &str) -> String) -> Workload {
    let scene = Scene::shared();
    let authenticator = scene.authenticator(CryptoBackend::AwsLcRs);
    let requests: Vec<_> = (0..Workload::TOKENS)
        .map(|n| Request::of_user(n, |userinfo| mint(&scene.alb, userinfo)))
        .collect();
    Workload::new(Some(reason), move |n| requests[n].refusal(&authenticator))
}

fn authenticate_p256_tables() -> Workload {
    let scene = Scene::shared();
    let authenticator = scene.authenticator(CryptoBackend::P256Tables);
    let store = authenticator.key_store().expect("it has one").clone();
    let key = admitted(authenticator.policy(), &scene.requests[0]).expect("it is genuine");
    let mut workload = scene.authenticate(authenticator);
    let has_table = || match store.key(key) {
        KeyLookup::Ready(Ok(key)) => key.is_precomputed(),
        KeyLookup::Ready(Err(_)) | KeyLookup::Pending(_) => false,
    };
    // A table is made for a key that goes on verifying.
    let start = Instant::now();
    while !has_table() {
        assert!(start.elapsed() < PATIENCE, "the key gets no table");
        // Not `run_all`, which a profiler counts.
        for _ in 0..Workload::TOKENS {
            workload.run();
        }
        thread::yield_now();
    }
    workload
}

fn policy_by_name(alb: &SimulatedAlb) -> TrustPolicy {
    let arn = alb.arn();
    let signer = Signer::named(arn.region(), arn.account(), *arn.name());
    TrustedRule::new(signer, alb.issuer().clone(), alb.client().clone()).into()
}

fn admit(policy: TrustPolicy, requests: Vec<Request>) -> Workload {
    Workload::new(None, move |n| {
        let admitted = admitted(&policy, &requests[n]);
        admitted.err().map(|error| error.reason())
    })
}

fn key_store_hit() -> Workload {
    let scene = Scene::new(|alb, n| {
        alb.rotate();
        Request::genuine(alb, n)
    });
    let policy = scene.alb.policy();
    let keys: Vec<_> = scene
        .requests
        .iter()
        .map(|request| admitted(&policy, request).expect("it is genuine"))
        .collect();
    let authenticator = scene.authenticator(CryptoBackend::AwsLcRs);
    let store = authenticator.key_store().expect("it has one").clone();
    Workload::new(None, move |n| match store.key(keys[n]) {
        KeyLookup::Ready(Ok(_)) => None,
        KeyLookup::Ready(Err(_)) | KeyLookup::Pending(_) => Some("no-key"),
    })
}

/// Which key would tell, if everything else is well.
fn admitted(policy: &TrustPolicy, request: &Request) -> Result<KeyRequest, AuthenticateError> {
    let now = SystemClock.unix_time()?;
    let admitted = policy.parse_and_admit(request.headers()?, now)?;
    Ok(admitted.key_request())
}

/// The form of a token, around a header of anyone's.
fn unsigned(header: &str) -> String {
    let signature = URL_SAFE.encode([1; 64]);
    format!("{}.e30=.{signature}", URL_SAFE.encode(header))
}

/// Texts of some 740 bytes, which a seed determines and nothing that is easier to foresee: what a
/// processor has guessed before does not come again.
fn mixtures(seed: &str) -> impl Iterator<Item = String> {
    let mut state = seed.bytes().fold(1, |state: u64, byte| {
        state.rotate_left(8).wrapping_mul(31) ^ u64::from(byte)
    });
    let mut unit = move || {
        // Marsaglia's xorshift64.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ["a", "é", r"\n", r"\n", r#"\""#][(state % 5) as usize]
    };
    iter::repeat_with(move || {
        let mut text = String::new();
        while text.len() < 740 {
            text.push_str(unit());
        }
        text
    })
}

/// How long one may take to be made, on a machine that others keep busy.
const PATIENCE: Duration = Duration::from_secs(60);
