//! Any bytes as what happens to one authenticator: requests, a key endpoint that
//! misbehaves, and time that passes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use alb_oidc::{
    AuthenticateError, AuthenticatedUser, Authenticator, ClientId, Clock, ClockError, Disposition,
    FetchError, Issuer, KeyId, KeyStore, OidcHeaders, Signer, TokenError, TrustPolicy, TrustedRule,
    UnixTime,
};
use tokio::runtime::Builder;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::choices::Choices;
use crate::header::said_by;
use crate::key_endpoint::{BASES, Fetch, KeyEndpoint, Manner, Outcome, Place};
use crate::reference::Form;
use crate::signer::NOW;
use crate::signing_key::SigningKey;
use crate::spelling::{encode, spellings};

/// Whatever `data` makes happen:
///
/// 1. Whoever is let in has sent, in well-formed headers, a token of one of the
///    rules, unexpired, unchanged, signed with a key that the endpoint of the
///    rule's region has served under that id within the last day; and is the
///    one that it names.
/// 2. Whoever sends such a token is let in, or gets a 503 while the endpoint
///    misbehaves. It is a 401 only if the endpoint has just said that it does
///    not know the key, or has served another under its id.
/// 3. A key that has let somebody in goes on doing so for a day, whatever the
///    endpoint does but withdraw or replace it.
/// 4. What could never be let in is a 401, at once.
/// 5. A key is fetched only from its region's endpoint, only for a token that
///    names a rule, and as often as the budget allows.
/// 6. Every request has its answer within 3.2 seconds.
///
/// # Panics
///
/// If one of these does not hold.
pub fn end_to_end(data: &[u8]) {
    run(data);
}

/// How many requests were answered in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    users: u32,
    challenged: u32,
    unavailable: u32,
}

fn run(data: &[u8]) -> Tally {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("a runtime needs nothing").block_on(async {
        let mut world = World::new();
        let mut choices = Choices(data);
        for _ in 0..LONGEST {
            if world.step(&mut choices).await.is_none() {
                break;
            }
            sleep(TICK).await;
            world.collect().await;
        }
        world.wait(Duration::from_secs(5)).await;
        world.collect().await;
        world.end();
        world.tally
    })
}

/// All that there is, and all that has happened.
struct World {
    authenticator: Authenticator,
    endpoint: KeyEndpoint,
    clock: WallClock,
    tokens: Vec<Token>,
    requests: Vec<Request>,
    /// For which keys there were tokens that name a rule, and since when.
    wanted: BTreeMap<Place, Instant>,
    /// Which key let somebody in, and when last.
    proven: BTreeMap<(Place, usize), Instant>,
    /// When the store was last told to forget a key.
    forgotten: Option<Instant>,
    was_clock_broken: bool,
    made_up: u128,
    tally: Tally,
}

/// A token that was signed, by whomever.
#[derive(Clone, Debug)]
struct Token {
    text: String,
    /// Whether signer, issuer and client are those of a rule.
    is_of_a_rule: bool,
    place: Place,
    /// `None` if nobody's key has signed it.
    key: Option<usize>,
    expires_at: u64,
    starts_at: Option<u64>,
    subject: &'static str,
    load_balancer: usize,
    issuer: usize,
    client: usize,
}

impl Token {
    /// As [`names`], for a token that is as it was signed.
    fn names(&self, clock: u64) -> Option<Place> {
        let is_admissible = self.is_of_a_rule && clock < self.expires_at + LEEWAY;
        is_admissible.then(|| self.place.clone())
    }
}

/// A request that has been sent.
struct Request {
    token: Token,
    /// What was sent for it.
    lines: Lines,
    /// The token as it was sent is a spelling of the one that was signed.
    is_intact: bool,
    /// Which key its header names, if it is worth a look at a key.
    names: Option<Place>,
    sent: Instant,
    clock: Option<u64>,
    answer: JoinHandle<Answer>,
}

type Lines = Vec<(&'static str, Vec<u8>)>;

/// What a request was answered, and when.
struct Answer {
    decision: Result<AuthenticatedUser, AuthenticateError>,
    at: Instant,
    clock: Option<u64>,
}

impl World {
    fn new() -> Self {
        let endpoint = KeyEndpoint::new(KEYS.iter().map(SigningKey::pem).collect());
        for (place, key) in [((0, 0), 0), ((0, 1), 1), ((1, 0), 2), ((1, 2), 2)] {
            let place = (place.0, key_id(place.1));
            endpoint.state().published.insert(place, key);
        }
        let mut store = KeyStore::builder(endpoint.clone());
        for (region, base) in REGIONS.into_iter().zip(BASES) {
            let region = region.parse().expect("the region is one");
            store = store.key_url_for(region, base).expect("the URL is one");
        }
        let rules = RULES.map(|(load_balancer, issuer, client)| {
            TrustedRule::new(
                Signer::exact(arn(load_balancer).parse().expect("the ARN is one")),
                Issuer::new(&issuer_of(issuer)).expect("the issuer is one"),
                ClientId::new(&client_of(client)).expect("the client id is one"),
            )
        });
        let clock = WallClock(Arc::new(AtomicU64::new(NOW.as_secs())));
        let authenticator =
            Authenticator::builder(TrustPolicy::new(rules).expect("there are rules"))
                .key_store(store.build().expect("the numbers are the defaults"))
                .clock(clock.clone())
                .build();
        Self {
            authenticator: authenticator.expect("the parts fit together"),
            endpoint,
            clock,
            tokens: Vec::new(),
            requests: Vec::new(),
            wanted: BTreeMap::new(),
            proven: BTreeMap::new(),
            forgotten: None,
            was_clock_broken: false,
            made_up: 0,
            tally: Tally::default(),
        }
    }

    /// Does one thing; `None` if there is nothing left to choose by.
    async fn step(&mut self, choices: &mut Choices<'_>) -> Option<()> {
        match choices.byte()? % 16 {
            0..=4 => {
                let token = self.mint(choices)?;
                self.tokens.push(token.clone());
                self.send_somehow(&token, choices)?;
            }
            5 | 6 => {
                let index = choices.below(self.tokens.len())?;
                let token = self.tokens.get(index)?.clone();
                self.send_somehow(&token, choices)?;
            }
            7 | 8 => self.wait(Duration::from_millis(choices.of(&WAITS)?)).await,
            9 => {
                let place = (choices.below(2)?, key_id(choices.below(KEY_IDS)?));
                let key = choices.below(KEY_COUNT + 1)?;
                let mut state = self.endpoint.state();
                if key < KEY_COUNT {
                    state.published.insert(place, key);
                } else {
                    state.published.remove(&place);
                }
            }
            10 | 11 => {
                let region = choices.below(2)?;
                let manner = choices.of(&MANNERS)?;
                if let Some(of_region) = self.endpoint.state().manners.get_mut(region) {
                    *of_region = manner;
                }
            }
            12 => {
                let latency = Duration::from_millis(choices.of(&LATENCIES)?);
                self.endpoint.state().latency = latency;
            }
            13 => {
                let time = choices.of(&TIMES)?;
                self.was_clock_broken |= time.is_none();
                self.clock.set(time.map(|time| after(NOW.as_secs(), time)));
            }
            14 => self.forget(choices.below(KEY_IDS + 1)?),
            _ => match choices.below(3)? {
                0 => {
                    let index = choices.below(self.requests.len())?;
                    self.requests.swap_remove(index).answer.abort();
                }
                _ => self.make_up(choices.of(&RULES)?),
            },
        }
        Some(())
    }

    /// Time passes.
    async fn wait(&mut self, duration: Duration) {
        sleep(duration).await;
        let now = self.clock.now();
        self.clock.set(now.map(|now| now + duration.as_secs()));
    }

    fn forget(&mut self, index: usize) {
        let store = self.authenticator.key_store();
        let store = store.expect("its keys come from a store");
        if index == KEY_IDS {
            store.purge();
        } else {
            store.invalidate(key_id(index).parse().expect("it is a key id"));
        }
        self.forgotten = Some(Instant::now());
    }

    /// Asks for a dozen keys that there are not.
    fn make_up(&mut self, rule: Rule) {
        for _ in 0..12 {
            self.made_up += 1;
            let key_id = KeyId::from_bytes((0xb065_u128 << 112 | self.made_up).to_be_bytes());
            let token = self.signed(rule, key_id.to_string(), None, 120, None, "mallory");
            let data = token.text.clone().into_bytes();
            self.send(&token, vec![(OidcHeaders::DATA, data)]);
        }
    }

    /// Somebody's load balancer signs somebody in.
    fn mint(&self, choices: &mut Choices<'_>) -> Option<Token> {
        let rule = match choices.below(4)? {
            3 => (choices.below(3)?, choices.below(2)?, choices.below(2)?),
            index => *RULES.get(index)?,
        };
        let key_id = key_id(choices.below(KEY_IDS)?);
        let published = self
            .endpoint
            .state()
            .published
            .get(&(region_of(rule.0), key_id.clone()))
            .copied();
        let key = match choices.below(4)? {
            3 => Some(choices.below(KEY_COUNT + 1)?).filter(|key| *key < KEY_COUNT),
            _ => published,
        };
        let life = choices.of(&[120, 120, 120, 0, -9, -10, -11, 31_536_000])?;
        let start = choices.of(&[None, None, None, Some(0), Some(10), Some(11)])?;
        let subject = choices.of(&SUBJECTS)?;
        Some(self.signed(rule, key_id, key, life, start, subject))
    }

    fn signed(
        &self,
        (load_balancer, issuer, client): Rule,
        key_id: String,
        key: Option<usize>,
        life: i64,
        start: Option<i64>,
        subject: &'static str,
    ) -> Token {
        let now = self.clock.now().unwrap_or(NOW.as_secs());
        let expires_at = after(now, life);
        let starts_at = start.map(|start| after(now, start));
        let header = format!(
            r#"{{"typ":"JWT","kid":"{key_id}","alg":"ES256","iss":"{}","client":"{}","signer":"{}","exp":{expires_at}}}"#,
            issuer_of(issuer),
            client_of(client),
            arn(load_balancer),
        );
        let payload = payload(subject, starts_at);
        let text = match key.and_then(|key| KEYS.get(key)) {
            Some(key) => key.sign(header.as_bytes(), payload.as_bytes()),
            None => [header.as_bytes(), payload.as_bytes(), &[1; 64]]
                .map(encode)
                .join("."),
        };
        Token {
            text,
            is_of_a_rule: RULES.contains(&(load_balancer, issuer, client)),
            place: (region_of(load_balancer), key_id),
            key,
            expires_at,
            starts_at,
            subject,
            load_balancer,
            issuer,
            client,
        }
    }

    /// Sends a token as it is or changed, in one way or another.
    fn send_somehow(&mut self, token: &Token, choices: &mut Choices<'_>) -> Option<()> {
        let text = match choices.below(8)? {
            0 => choices.of(&spellings(&token.text))?,
            1 => change(&token.text, choices)?,
            _ => token.text.clone(),
        };
        let mut lines = Lines::new();
        let mut add = |name, values: &[&str]| {
            lines.extend(values.iter().map(|value| (name, value.as_bytes().to_vec())));
        };
        match choices.below(8)? {
            0 => {}
            1 => add(OidcHeaders::DATA, &[&text, &text]),
            _ => add(OidcHeaders::DATA, &[&text]),
        }
        match choices.below(8)? {
            0 => add(OidcHeaders::IDENTITY, &[token.subject, token.subject]),
            1 => add(OidcHeaders::IDENTITY, &[""]),
            2 => add(OidcHeaders::IDENTITY, &[choices.of(&SUBJECTS)?]),
            3 | 4 => {}
            _ => add(OidcHeaders::IDENTITY, &[token.subject]),
        }
        match choices.below(8)? {
            0 => add(OidcHeaders::ACCESS_TOKEN, &["a", "b"]),
            1 => add(OidcHeaders::ACCESS_TOKEN, &["\n"]),
            2 | 3 => {}
            _ => add(OidcHeaders::ACCESS_TOKEN, &["opaque token"]),
        }
        self.send(token, lines);
        Some(())
    }

    fn send(&mut self, token: &Token, lines: Lines) {
        let clock = self.clock.now();
        let data = only(&lines, OidcHeaders::DATA);
        let is_as_signed = data == Some(token.text.as_bytes());
        let clock_if_well_formed = clock.filter(|_| is_well_formed(&lines));
        let names = clock_if_well_formed.and_then(|clock| {
            if is_as_signed {
                token.names(clock)
            } else {
                names(data?, clock)
            }
        });
        if let Some(place) = &names {
            self.wanted
                .entry(place.clone())
                .or_insert_with(Instant::now);
        }
        let is_spelling = |data: &[u8]| {
            let spellings = spellings(&token.text);
            spellings.iter().any(|text| text.as_bytes() == data)
        };
        let is_intact = is_as_signed || data.is_some_and(is_spelling);
        let (authenticator, clock_of_answer) = (self.authenticator.clone(), self.clock.clone());
        let sent = lines.clone();
        let answer = tokio::spawn(async move {
            let headers = OidcHeaders::from_lookup(|name| {
                let lines = sent.iter().filter(move |(line, _)| *line == name);
                lines.map(|(_, value)| &**value)
            });
            let decision = authenticator.authenticate(headers).await;
            Answer {
                decision,
                at: Instant::now(),
                clock: clock_of_answer.now(),
            }
        });
        self.requests.push(Request {
            token: token.clone(),
            lines,
            is_intact,
            names,
            sent: Instant::now(),
            clock,
            answer,
        });
    }

    /// Judges the answers that have come, in their order.
    async fn collect(&mut self) {
        let mut answered = Vec::new();
        for mut request in std::mem::take(&mut self.requests) {
            if request.answer.is_finished() {
                let answer = (&mut request.answer).await.expect("no request panics");
                answered.push((request, answer));
            } else {
                self.requests.push(request);
            }
        }
        answered.sort_by_key(|(_, answer)| answer.at);
        for (request, answer) in answered {
            let took = answer.at - request.sent;
            assert!(took <= LONGEST_WAIT, "answered after {took:?}");
            match &answer.decision {
                Ok(user) => self.judge_user(user, &request, &answer),
                Err(error) => self.judge_refusal(error, &request, &answer),
            }
            let disposition = answer.decision.err().map(|error| error.disposition());
            let count = match disposition {
                None => &mut self.tally.users,
                Some(Disposition::Challenge) => &mut self.tally.challenged,
                Some(Disposition::Unavailable { .. }) => &mut self.tally.unavailable,
            };
            *count += 1;
        }
    }

    fn judge_user(&mut self, user: &AuthenticatedUser, request: &Request, answer: &Answer) {
        let Request { token, lines, .. } = request;
        assert!(is_well_formed(lines), "let in with {lines:?}");
        assert!(request.is_intact, "let in with a changed token");
        assert!(
            token.is_of_a_rule,
            "let in with a token of no rule: {token:?}"
        );
        let key = token
            .key
            .expect("let in with a token that nobody has signed");
        let clock = answer.clock.expect("let in without a time");
        assert!(is_in_time(token, clock), "let in at {clock} with {token:?}");
        let identity = only(lines, OidcHeaders::IDENTITY);
        assert!(
            identity.is_none_or(|identity| identity == token.subject.as_bytes()),
            "let in with {lines:?}"
        );
        let is_served = |fetch: &Fetch| {
            let is_old = |ended| answer.at - ended > DAY + TICK;
            fetch.outcome == Outcome::Served(key) && !fetch.ended.is_none_or(is_old)
        };
        let fetches = self.fetches_of(&token.place);
        assert!(
            fetches.iter().any(is_served),
            "let in without a key: {token:?}, {fetches:?}"
        );
        self.proven.insert((token.place.clone(), key), answer.at);

        assert_eq!(user.id().subject(), token.subject);
        assert_eq!(user.id().issuer().as_str(), issuer_of(token.issuer));
        assert_eq!(user.client().as_str(), client_of(token.client));
        assert_eq!(user.signer().to_string(), arn(token.load_balancer));
        assert_eq!(user.key_id().to_string(), token.place.1);
        assert_eq!(user.token_expires_at().as_secs(), token.expires_at);
        let access_token = user
            .access_token()
            .map(|token| token.expose_unverified().as_bytes());
        assert_eq!(access_token, only(lines, OidcHeaders::ACCESS_TOKEN));
    }

    fn judge_refusal(&self, error: &AuthenticateError, request: &Request, answer: &Answer) {
        if request.names.is_none() {
            let is_clock = request.clock.is_none() && matches!(error, AuthenticateError::Clock(_));
            assert!(
                is_clock || error.disposition() == Disposition::Challenge,
                "{error:?}"
            );
            assert!(
                answer.at - request.sent <= TICK,
                "it could have been refused at once"
            );
            return;
        }
        let token = &request.token;
        let identity = only(&request.lines, OidcHeaders::IDENTITY);
        let is_own = identity.is_none_or(|identity| identity == token.subject.as_bytes());
        let is_in_time = [request.clock, answer.clock]
            .into_iter()
            .all(|clock| clock.is_some_and(|clock| is_in_time(token, clock)));
        // What was sent is what was signed, so it names what the token does.
        if let Some(key) = token
            .key
            .filter(|_| request.is_intact && is_own && is_in_time)
        {
            self.judge_innocent(error, token, key, answer.at);
        }
    }

    /// Somebody was refused who is to be let in as soon as the key is known.
    fn judge_innocent(&self, error: &AuthenticateError, token: &Token, key: usize, at: Instant) {
        let place = &token.place;
        let fetches = self.fetches_of(place);
        let within = |fetch: &Fetch, time| fetch.ended.is_some_and(|ended| at - ended <= time);
        match error {
            AuthenticateError::Unavailable(_) => {
                let state = self.endpoint.state();
                let is_served = |fetch: &Fetch| matches!(fetch.outcome, Outcome::Served(_));
                // It may have held up another key's fetch, for which this one had to wait.
                let is_quick = |fetch: &Fetch| {
                    let took = fetch.ended.map(|ended| ended - fetch.began);
                    took.is_some_and(|took| took <= SHORT_LATENCY + TICK)
                };
                let misbehaves = !fetches.iter().all(is_served)
                    || !state.fetches.iter().all(is_quick)
                    || state.fetches.len() >= BURST;
                assert!(misbehaves, "{error:?} while all is well");
            }
            AuthenticateError::Rejected(TokenError::UnknownKey) => {
                let is_denied = |fetch: &Fetch| {
                    fetch.outcome == Outcome::Absent && within(fetch, LONGEST_MEMORY)
                };
                assert!(
                    fetches.iter().any(is_denied),
                    "{error:?}, and nobody has said so"
                );
                let state = self.endpoint.state();
                let is_known = |fetch: &Fetch| {
                    fetch.place.0 == place.0 && matches!(fetch.outcome, Outcome::Served(_))
                };
                assert!(
                    state.fetches.iter().any(is_known),
                    "{error:?} of an endpoint that never served a key"
                );
            }
            AuthenticateError::Rejected(TokenError::BadSignature) => {
                let is_other = |fetch: &Fetch| {
                    matches!(fetch.outcome, Outcome::Served(other) if other != key)
                        && within(fetch, DAY + TICK)
                };
                assert!(
                    fetches.iter().any(is_other),
                    "{error:?} of a genuine signature"
                );
            }
            AuthenticateError::Clock(_) => assert!(self.was_clock_broken),
            other => panic!("{other:?} for {token:?}"),
        }
        assert!(
            !self.holds(place, key, at),
            "{error:?} although the key is held: {fetches:?}"
        );
    }

    /// Whether the key has let somebody in, and nothing has happened since that
    /// could have taken it away.
    fn holds(&self, place: &Place, key: usize, at: Instant) -> bool {
        let Some(&proven) = self.proven.get(&(place.clone(), key)) else {
            return false;
        };
        let is_harmless = |fetch: &&Fetch| {
            let is_before = fetch.ended.is_some_and(|ended| ended < proven);
            is_before
                || matches!(fetch.outcome, Outcome::Failed)
                || fetch.outcome == Outcome::Served(key)
        };
        let is_young = |fetch: &Fetch| {
            fetch.outcome == Outcome::Served(key)
                && fetch.ended.is_some_and(|ended| at - ended < DAY - TICK)
        };
        let fetches = self.fetches_of(place);
        proven < at
            && self.forgotten.is_none_or(|forgotten| forgotten < proven)
            && fetches.iter().all(|fetch| is_harmless(&fetch))
            && fetches.iter().any(is_young)
    }

    fn fetches_of(&self, place: &Place) -> Vec<Fetch> {
        let state = self.endpoint.state();
        state
            .fetches
            .iter()
            .filter(|fetch| fetch.place == *place)
            .cloned()
            .collect()
    }

    /// Everything is over.
    fn end(&self) {
        assert!(self.requests.is_empty(), "a request has no answer");
        let store = self.authenticator.key_store();
        let stats = store.expect("its keys come from a store").stats();
        assert_eq!(stats.waiting_requests, 0);
        let state = self.endpoint.state();
        assert!(state.strays.is_empty(), "{:?}", state.strays);
        let mut metered: Vec<&Fetch> = Vec::new();
        let mut renewals: Vec<&Fetch> = Vec::new();
        for (index, fetch) in state.fetches.iter().enumerate() {
            let wanted = self.wanted.get(&fetch.place);
            let is_wanted = wanted.is_some_and(|wanted| *wanted <= fetch.began);
            assert!(is_wanted, "{fetch:?} for nobody");
            let earlier = state.fetches.get(..index).unwrap_or_default();
            if is_renewal(fetch, earlier) || is_second_try(fetch, &renewals) {
                renewals.push(fetch);
                continue;
            }
            let is_under_way =
                |other: &&&Fetch| other.ended.is_none_or(|ended| ended > fetch.began);
            let under_way = metered.iter().filter(is_under_way).count();
            assert!(under_way < MOST_AT_ONCE, "{fetch:?} beside {metered:?}");
            metered.push(fetch);
        }
        let mut saved = 10.0;
        let mut last = None;
        for fetch in metered {
            let passed = last.map_or(Duration::ZERO, |last| fetch.began - last);
            saved = f64::min(saved + passed.as_secs_f64(), 10.0) - 1.0;
            assert!(saved > -0.01, "beyond the budget: {fetch:?}");
            last = Some(fetch.began);
        }
    }
}

/// Whether it may be the renewal of a key that was served an hour ago or more,
/// which costs nothing of the budget.
fn is_renewal(fetch: &Fetch, earlier: &[Fetch]) -> bool {
    let is_served =
        |other: &&Fetch| other.place == fetch.place && matches!(other.outcome, Outcome::Served(_));
    let served = earlier
        .iter()
        .filter(is_served)
        .filter_map(|other| other.ended)
        .max();
    served.is_some_and(|served| fetch.began + TICK >= served + HOUR)
}

/// Whether it may be of the same flight as a renewal: because that failed, or
/// because its key was to be forgotten meanwhile.
fn is_second_try(fetch: &Fetch, renewals: &[&Fetch]) -> bool {
    let is_first =
        |other: &&Fetch| other.place == fetch.place && fetch.began - other.began <= LONGEST_WAIT;
    renewals.iter().any(is_first)
}

/// The one value of a header, if it has one.
fn only<'l>(lines: &'l Lines, name: &str) -> Option<&'l [u8]> {
    let mut values = lines.iter().filter(|(line, _)| *line == name);
    let (_, value) = values.next()?;
    values.next().is_none().then_some(value)
}

/// Each of the three once at most, the token among them, and printable.
fn is_well_formed(lines: &Lines) -> bool {
    let count = |name| lines.iter().filter(|(line, _)| *line == name).count();
    let is_printable = |value: &Vec<u8>| {
        !value.is_empty() && value.iter().all(|byte| (b' '..=b'~').contains(byte))
    };
    count(OidcHeaders::DATA) == 1
        && count(OidcHeaders::IDENTITY) < 2
        && count(OidcHeaders::ACCESS_TOKEN) < 2
        && lines.iter().all(|(_, value)| is_printable(value))
}

/// The key that a token of one of the rules names, if it is in its time.
fn names(data: &[u8], clock: u64) -> Option<Place> {
    let form = Form::read(data).ok()?;
    let said = said_by(&form.header)?;
    let fits = |rule: &&Rule| {
        let (load_balancer, issuer, client) = **rule;
        said.signer == arn(load_balancer)
            && said.issuer == issuer_of(issuer)
            && said.client == client_of(client)
    };
    let (load_balancer, _, _) = RULES.iter().find(fits)?;
    (clock < said.expires_at + LEEWAY).then(|| (region_of(*load_balancer), said.key_id))
}

fn is_in_time(token: &Token, clock: u64) -> bool {
    clock < token.expires_at + LEEWAY && token.starts_at.is_none_or(|start| start <= clock + LEEWAY)
}

/// The same token with something changed.
fn change(text: &str, choices: &mut Choices<'_>) -> Option<String> {
    let segments: Vec<&str> = text.split('.').collect();
    let [header, payload_as_signed, signature] = *segments else {
        return None;
    };
    Some(match choices.below(4)? {
        0 => {
            let other = payload(choices.of(&SUBJECTS)?, None);
            format!("{header}.{}.{signature}", encode(other.as_bytes()))
        }
        1 => format!(
            "{header}.{}.{signature}",
            payload_as_signed.trim_end_matches('=')
        ),
        2 => text
            .get(..text.len().checked_sub(choices.below(90)?)?)?
            .to_owned(),
        _ => {
            let index = usize::from(choices.byte()?) << 3 | choices.below(8)?;
            let other = char::from(choices.of(b"AQgw_-9.=")?);
            let index = index.checked_rem(text.len())?;
            format!("{}{other}{}", text.get(..index)?, text.get(index + 1..)?)
        }
    })
}

fn payload(subject: &str, starts_at: Option<u64>) -> String {
    match starts_at {
        Some(start) => format!(r#"{{"sub":"{subject}","nbf":{start}}}"#),
        None => format!(r#"{{"sub":"{subject}"}}"#),
    }
}

const fn after(time: u64, seconds: i64) -> u64 {
    time.saturating_add_signed(seconds)
}

/// A wall clock that is set by hand. Clones are the same.
#[derive(Clone, Debug)]
struct WallClock(Arc<AtomicU64>);

impl WallClock {
    /// `None` if it cannot be read.
    fn now(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|seconds| *seconds != BROKEN)
    }

    fn set(&self, seconds: Option<u64>) {
        self.0.store(seconds.unwrap_or(BROKEN), Ordering::Relaxed);
    }
}

impl Clock for WallClock {
    fn unix_time(&self) -> Result<UnixTime, ClockError> {
        self.now().map(UnixTime::from_secs).ok_or(ClockError)
    }
}

/// A load balancer, an issuer and a client, each by its index.
type Rule = (usize, usize, usize);

/// What is trusted.
const RULES: [Rule; 3] = [(0, 0, 0), (0, 1, 1), (1, 0, 1)];
const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// The last load balancer is an attacker's, in the region of the first.
fn arn(load_balancer: usize) -> String {
    let region = REGIONS
        .get(region_of(load_balancer))
        .copied()
        .unwrap_or_default();
    let account = if load_balancer == 2 {
        "666666666666"
    } else {
        "123456789012"
    };
    format!(
        "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/shop/50dc6c495c0c9188"
    )
}

const fn region_of(load_balancer: usize) -> usize {
    load_balancer % 2
}

fn issuer_of(index: usize) -> String {
    format!("https://issuer-{index}.example")
}

fn client_of(index: usize) -> String {
    format!("client-{index}")
}

fn key_id(index: usize) -> String {
    format!("{index:08x}-89ab-4def-8123-456789abcdef")
}

static KEYS: LazyLock<[SigningKey; KEY_COUNT]> =
    LazyLock::new(|| [(); KEY_COUNT].map(|()| SigningKey::generate()));

const KEY_COUNT: usize = 3;
const KEY_IDS: usize = 4;
const SUBJECTS: [&str; 2] = ["alice", "bob"];
/// Milliseconds.
const WAITS: [u64; 8] = [1, 100, 1_000, 3_000, 10_000, 61_000, 3_601_000, 86_401_000];
const LATENCIES: [u64; 7] = [0, 50, 100, 1_000, 2_900, 3_100, 10_000];
/// Seconds from the beginning on; `None` is a clock that cannot be read.
const TIMES: [Option<i64>; 6] = [Some(0), Some(10), Some(130), Some(3600), Some(-3600), None];
const MANNERS: [Manner; 18] = [
    Manner::Honest,
    Manner::Honest,
    Manner::Honest,
    Manner::Status(204),
    Manner::Status(302),
    Manner::Status(403),
    Manner::Status(404),
    Manner::Status(410),
    Manner::Status(500),
    Manner::RetryLater(503),
    Manner::Nonsense,
    Manner::TooLong,
    Manner::Failure(FetchError::Timeout),
    Manner::Failure(FetchError::Dns),
    Manner::Failure(FetchError::Connect),
    Manner::Failure(FetchError::Tls),
    Manner::Failure(FetchError::Aborted),
    Manner::Silence,
];
const BROKEN: u64 = u64::MAX;
/// So many things happen at most.
const LONGEST: usize = 100;
/// tokio's timers are late by up to this.
const TICK: Duration = Duration::from_millis(2);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// 3.2 seconds, and two ticks.
const LONGEST_WAIT: Duration = Duration::from_millis(3204);
/// Short enough for four at once to let all others have their turn.
const SHORT_LATENCY: Duration = Duration::from_millis(100);
/// How long it may be remembered that a key is unknown, and a flight on top.
const LONGEST_MEMORY: Duration = Duration::from_secs(15);
/// How many fetches the budget allows at once.
const BURST: usize = 10;
const MOST_AT_ONCE: usize = 4;
/// The default.
const LEEWAY: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// Users, 401s and 503s.
    fn tally(name: &str) -> [u32; 3] {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/end_to_end");
        let tally = run(&fs::read(corpus.join(name)).unwrap());
        [tally.users, tally.challenged, tally.unavailable]
    }

    #[test]
    fn what_happens_in_the_corpus_is_what_its_names_say() {
        for (name, expected) in [
            ("changed", [1, 6, 0]),
            ("client-disconnects", [2, 0, 0]),
            ("clock-breaks", [2, 1, 1]),
            ("expired-and-not-yet-valid", [3, 3, 0]),
            ("expires-while-it-waits", [0, 1, 0]),
            ("flood-of-an-endpoint-that-hangs", [0, 0, 48]),
            ("four-spellings", [5, 0, 0]),
            ("headers-that-no-load-balancer-sends", [0, 7, 0]),
            ("held-through-an-outage", [4, 0, 0]),
            ("key-is-replaced", [2, 2, 0]),
            ("key-of-another-region", [1, 1, 0]),
            ("nothing", [0, 0, 0]),
            ("one-user-of-each-rule", [6, 0, 0]),
            ("others-load-balancer", [1, 1, 0]),
            ("outage-500", [1, 0, 2]),
            ("parts-of-different-rules", [0, 3, 0]),
            ("rotation", [3, 0, 0]),
            ("signed-with-another-key", [1, 2, 0]),
            ("slow", [3, 0, 0]),
            ("too-old-in-an-outage", [1, 0, 1]),
            ("too-slow", [1, 0, 2]),
            ("unknown-key-of-a-known-endpoint", [2, 1, 0]),
            ("withdrawn", [6, 1, 0]),
        ] {
            assert_eq!(tally(name), expected, "{name}");
        }
    }
}
