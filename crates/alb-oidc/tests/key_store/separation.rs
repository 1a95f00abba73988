//! What is shared, and what is not.

use alb_oidc::{Authenticator, KeyStore, OidcHeaders, Signer, TrustPolicy, TrustedRule};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};

use crate::bench::{BAD_SIGNATURE, Bench, UNKNOWN_KEY, Verdict, bogus, fetch_error, forged, store};
use crate::fetcher::FakeEndpoint;

const EAST: &str = "https://east.example/keys";
const WEST: &str = "https://west.example/keys";

/// A load balancer in each of two regions, one policy that trusts both, and an endpoint for each.
struct TwoRegions {
    east: SimulatedAlb,
    west: SimulatedAlb,
    endpoint: FakeEndpoint,
    authenticator: Authenticator,
}

impl TwoRegions {
    fn new() -> Self {
        let alb = |region: &str| {
            let arn = format!(
                "arn:aws:elasticloadbalancing:{region}:000000000000:loadbalancer/app/simulated/50dc6c495c0c9188"
            );
            SimulatedAlb::builder().arn(arn.parse().unwrap()).build()
        };
        let (east, west) = (alb("us-east-1"), alb("eu-west-1"));
        let endpoint = FakeEndpoint::new();
        let store = KeyStore::builder(endpoint.clone())
            .key_url_for(east.arn().region(), EAST)
            .unwrap()
            .key_url_for(west.arn().region(), WEST)
            .unwrap()
            .build()
            .unwrap();
        let rule = |alb: &SimulatedAlb| {
            TrustedRule::new(
                Signer::exact(*alb.arn()),
                alb.issuer().clone(),
                alb.client().clone(),
            )
        };
        let authenticator = Authenticator::builder(TrustPolicy::from(rule(&east)).or(rule(&west)))
            .key_store(store)
            .clock(ManualClock::at_system_time())
            .build()
            .unwrap();
        Self {
            east,
            west,
            endpoint,
            authenticator,
        }
    }

    fn publish(&self, base: &str, alb: &SimulatedAlb) {
        let (key_id, pem) = alb.public_keys().remove(0);
        self.endpoint.publish_pem(base, key_id, pem);
    }

    async fn verdict(&self, token: &str) -> Verdict {
        let headers = OidcHeaders::from_lookup(|name| {
            (name == OidcHeaders::DATA).then_some(token.as_bytes())
        });
        self.authenticator.authenticate(headers).await.map(drop)
    }

    async fn request(&self, alb: &SimulatedAlb) -> Verdict {
        let now = alb_oidc::Clock::unix_time(&alb_oidc::SystemClock).unwrap();
        self.verdict(&alb.mint(r#"{"sub":"alice"}"#, now)).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_looked_for_at_the_endpoint_of_its_signers_region_alone() {
    let regions = TwoRegions::new();
    regions.publish(EAST, &regions.east);
    regions.publish(WEST, &regions.west);
    regions.request(&regions.east).await.unwrap();
    regions.request(&regions.west).await.unwrap();
    let expected = [
        format!("{EAST}/{}", regions.east.key_id()),
        format!("{WEST}/{}", regions.west.key_id()),
    ];
    assert_eq!(regions.endpoint.urls(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_another_region_is_no_key_even_when_it_is_held() {
    let regions = TwoRegions::new();
    // Both endpoints are known, and the east's key is published and held in the west alone.
    let other = SimulatedAlb::new();
    regions.publish(EAST, &other);
    let token = forged(&regions.east, other.key_id());
    assert!(regions.verdict(&token).await.is_err());
    regions.publish(WEST, &regions.east);
    let token = forged(&regions.west, regions.east.key_id());
    assert!(regions.verdict(&token).await.is_err());
    let asked = regions.endpoint.asked();
    assert_eq!(regions.request(&regions.east).await, UNKNOWN_KEY);
    let urls = regions.endpoint.urls();
    assert!(urls.len() > asked);
    assert!(urls[asked..].iter().all(|url| url.starts_with(EAST)));
}

#[tokio::test(start_paused = true)]
async fn a_region_whose_endpoint_has_served_a_key_makes_no_other_believed() {
    let regions = TwoRegions::new();
    regions.publish(EAST, &regions.east);
    regions.request(&regions.east).await.unwrap();
    fetch_error(regions.request(&regions.west).await);
}

#[tokio::test(start_paused = true)]
async fn clones_of_a_store_share_their_keys() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    let alb = bench.alb.clone();
    let clone = Bench::around(alb, bench.endpoint.clone(), bench.store.clone());
    clone.request().await.unwrap();
    assert_eq!(bench.endpoint.asked(), 1);
    // And what is known not to be there.
    assert_eq!(clone.ask_for(bogus(1)).await, UNKNOWN_KEY);
    let asked = bench.endpoint.asked();
    assert_eq!(bench.ask_for(bogus(1)).await, UNKNOWN_KEY);
    assert_eq!(bench.endpoint.asked(), asked);
    clone.store.purge();
    assert_eq!(bench.store.stats().proven_keys, 0);
}

#[tokio::test(start_paused = true)]
async fn two_stores_share_nothing() {
    let first = Bench::new();
    first.request().await.unwrap();
    let endpoint = FakeEndpoint::new();
    let other = store(&endpoint).build().unwrap();
    let second = Bench::around(first.alb.clone(), endpoint, other);
    // The same URL and id, another store: it asks for itself, and believes its own endpoint.
    fetch_error(second.request().await);
    assert_eq!(second.endpoint.asked(), 1);
    assert_eq!(first.request().await, Ok(()));
    let wrong = SimulatedAlb::new().public_keys().remove(0).1;
    second
        .endpoint
        .publish_pem(crate::fetcher::BASE, first.alb.key_id(), wrong);
    second.store.purge();
    assert_eq!(second.request().await, BAD_SIGNATURE);
    assert_eq!(first.request().await, Ok(()));
    assert_eq!(first.endpoint.asked(), 1);
    assert_eq!(first.store.stats().proven_keys, 1);
    assert_eq!(second.store.stats().proven_keys, 0);
}
