//! What is refused at once.

use std::sync::Arc;

use alb_oidc::{Authenticator, CryptoBackend, UnixTime};
use alb_oidc_testkit::{Forgery, ManualClock, SimulatedAlb};

use crate::key_endpoint::warm_authenticator;
use crate::request::{Request, hours_from_now, read_headers, refusal};
use crate::workload::{Ending, Workload};

/// The test kit's forgeries, minted by some load balancers, each of which has a key and an
/// application of its own, so that no token is measured twice in a row.
pub struct Rejections {
    now: UnixTime,
    applications: Arc<[(SimulatedAlb, Authenticator)]>,
}

impl Rejections {
    /// By so many load balancers.
    #[must_use]
    pub fn by(load_balancers: usize) -> Self {
        let now = hours_from_now(0);
        let application = |_| {
            let alb = SimulatedAlb::new();
            let genuine = [Request::genuine(&alb, 0)];
            let clock = ManualClock::at(now);
            let authenticator = warm_authenticator(&alb, CryptoBackend::AwsLcRs, clock, &genuine);
            (alb, authenticator)
        };
        Self {
            now,
            applications: (0..load_balancers).map(application).collect(),
        }
    }

    /// Those that are refused without a key. What needs a fetch waits for it.
    pub fn forgeries() -> impl Iterator<Item = Forgery> {
        let all = Forgery::ALL.iter().copied();
        all.filter(|forgery| !forgery.may_fetch())
    }

    /// Those that are refused by a key that is held.
    pub fn forgeries_by_key(&self) -> impl Iterator<Item = Forgery> {
        let all = Forgery::ALL.iter().copied();
        all.filter(|forgery| {
            // What would have to be fetched is refused here for want of a runtime.
            forgery.may_fetch() && self.refusals(*forgery)(0) == Some(forgery.reason())
        })
    }

    /// The refusal of this one.
    #[must_use]
    pub fn workload(&self, forgery: Forgery) -> Workload {
        Workload::new(Some(forgery.reason()), self.refusals(forgery))
    }

    /// The end of this one, by a number for the load balancer.
    fn refusals(&self, forgery: Forgery) -> impl Fn(usize) -> Ending + Send + Sync + use<> {
        let now = self.now;
        let headers = self.applications.iter();
        let headers: Vec<_> = headers.map(|(alb, _)| forgery.headers(alb, now)).collect();
        let applications = Arc::clone(&self.applications);
        move |n| {
            let n = n % applications.len();
            let (_, authenticator) = &applications[n];
            refusal(authenticator, read_headers(&headers[n]))
        }
    }

    /// How long its headers are.
    #[must_use]
    pub fn bytes(&self, forgery: Forgery) -> usize {
        let first = self.applications.first();
        let headers = first.map_or_else(Vec::new, |(alb, _)| forgery.headers(alb, self.now));
        headers.iter().map(|(_, value)| value.len()).sum()
    }
}
