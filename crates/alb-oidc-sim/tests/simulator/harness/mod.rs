//! A target that tells what it was sent, a browser with a cookie jar, a provider that says what it is told to, and all of them put together.

pub(crate) mod browser;
pub(crate) mod port;
pub(crate) mod provider;
pub(crate) mod target;
pub(crate) mod wire;

use alb_oidc_sim::{
    AuthenticateOidc, DevelopmentIdp, DevelopmentIdpBuilder, LocalAlb, LocalAlbBuilder,
};

use alb_oidc_testkit::ManualClock;

pub(crate) use browser::Browser;
pub(crate) use port::ReservedPort;
pub(crate) use provider::ScriptedProvider;
pub(crate) use target::Target;

/// Provider, load balancer and target, on free ports.
pub(crate) struct Stack {
    pub(crate) target: Target,
    pub(crate) idp: DevelopmentIdp,
    pub(crate) alb: LocalAlb,
    pub(crate) clock: ManualClock,
}

impl Stack {
    pub(crate) async fn start() -> Self {
        Self::with(|idp| idp, |_| {}, |alb| alb).await
    }

    pub(crate) async fn with(
        idp: impl FnOnce(DevelopmentIdpBuilder) -> DevelopmentIdpBuilder,
        rule: impl FnOnce(&mut AuthenticateOidc),
        alb: impl FnOnce(LocalAlbBuilder) -> LocalAlbBuilder,
    ) -> Self {
        let clock = ManualClock::at_system_time();
        let target = Target::start().await;
        let idp = idp(DevelopmentIdp::builder().clock(clock.clone()))
            .start()
            .await
            .unwrap();
        let mut authenticate = idp.authenticate_oidc();
        rule(&mut authenticate);
        let builder = LocalAlb::builder(target.uri())
            .clock(clock.clone())
            .authenticate(authenticate)
            .forward("/healthz")
            .forward("/open/*");
        let alb = alb(builder).start().await.unwrap();
        Self {
            target,
            idp,
            alb,
            clock,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.alb.url())
    }

    /// A browser in which `username` is signed in.
    pub(crate) async fn signed_in(&self, username: &str) -> Browser {
        let mut browser = Browser::new();
        let page = browser.sign_in(&self.url("/"), username).await;
        assert_eq!(page.status, 200, "{}", page.body);
        browser
    }
}
