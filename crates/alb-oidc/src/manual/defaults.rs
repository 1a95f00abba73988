//! Every default and every limit, with its reason and the way to change it.
//!
//! This page is the home of these numbers; a test compares it with the code, in both directions.
//!
//! # What can be chosen
//!
//! | what | unless you say otherwise | why | how to say otherwise |
//! |---|---|---|---|
//! | whom to trust | nobody: there is no default | a default would be somebody else's load balancer | [`TrustPolicy`](crate::TrustPolicy) |
//! | requests without a token | there is no default either | it is the one choice that must be seen in the code | the adapter's `required`, `optional` or, to try a policy out, `observe` |
//! | which users to let in | whoever is signed in | what an application requires is its own to say | the adapter's layer with an [`Authorizer`](crate::Authorizer) |
//! | where keys are | AWS's documented endpoint of the rule's region | an endpoint that is not documented is never guessed | [`key_url`](crate::AuthenticatorBuilder::key_url), [`key_url_for`](crate::AuthenticatorBuilder::key_url_for) |
//! | who is believed to be that endpoint | Mozilla's root certificates, compiled in; TLS 1.2 or later | an image from scratch has no certificate store | [`root_certificates_pem`](crate::AuthenticatorBuilder::root_certificates_pem), [`platform_root_certificates`](crate::AuthenticatorBuilder::platform_root_certificates) |
//! | proxy | none, whatever the environment says | the way to the keys is not for the environment to change | [`proxy`](crate::AuthenticatorBuilder::proxy) |
//! | redirects, compression, HTTP/2 | none, for one small GET | everything else is attack surface | a [`KeyFetcher`](crate::KeyFetcher) of your own |
//! | what verifies | aws-lc-rs where it is compiled in | it is fast, and what rustls uses anyway | [`crypto_backend`](crate::AuthenticatorBuilder::crypto_backend) |
//! | the time | the operating system's clock | | [`clock`](crate::AuthenticatorBuilder::clock) |
//! | access tokens | passed along, not verified | verifying one takes its issuer's keys, from another endpoint, and most applications need no groups | `verify_access_tokens`, with the feature `access-token` |
//! | the longest lifetime of a token | any | what an ALB signs expires two minutes later; a limit guards against what it should not sign | [`with_max_lifetime`](crate::TrustPolicy::with_max_lifetime) |
//!
//! # Policy
//!
//! | what | number | why | how to change it |
//! |---|---|---|---|
//! | leeway for clocks | 10 seconds | clocks that are kept by NTP differ by far less; a token lives for 120 | [`with_leeway`](crate::TrustPolicy::with_leeway); `TrustPolicy::DEFAULT_LEEWAY` |
//! | the longest leeway | 60 seconds | a clock that is further off needs correcting | fixed: `TrustPolicy::MAX_LEEWAY` |
//!
//! # Headers and tokens
//!
//! All fixed: they are what an ALB sends, with room to spare.
//!
//! | what | number | why | name |
//! |---|---|---|---|
//! | bytes of each of the three headers | 16 KiB | the ALB's own limit for a header | `OidcHeaders::MAX_BYTES` |
//! | bytes of a signature | 64 | `r` and `s` of P-256 | `signature::SIGNATURE_BYTES` |
//! | depth of the header's JSON | 16 | an ALB writes flat members; AWS may add some | `jose::LIMITS.depth` |
//! | members of the header's JSON, at all depths | 256 | the same | `jose::LIMITS.members` |
//! | depth of the payload's JSON | 64 | claims are the identity provider's | `claims::LIMITS.depth` |
//! | members of the payload's JSON, at all depths | 1,024 | an ALB lets 11 KB of claims through | `claims::LIMITS.members` |
//! | the latest time that a token may name | 253,402,300,799 | the last second of the year 9999, in seconds since 1970 | `UnixTime::MAX` |
//!
//! # Key store
//!
//! Each is a method of [`KeyStoreSettings`](crate::KeyStoreSettings), which goes into
//! [`key_store_settings`](crate::AuthenticatorBuilder::key_store_settings). What is out of range is a
//! [`ConfigError::Setting`](crate::ConfigError::Setting) at start.
//!
//! | setting | default | range | why |
//! |---|---|---|---|
//! | [`soft_lifetime`](crate::KeyStoreSettings::soft_lifetime): a key is refreshed in the background from this age on | 1 hour | more than 0 | keys live for days at least, and a withdrawn one is noticed the same day |
//! | [`hard_lifetime`](crate::KeyStoreSettings::hard_lifetime): a key is served until this age | 24 hours | `soft_lifetime` to 24 hours | an outage this long is survived, and a withdrawn key lives no longer, but for time in which the machine is suspended |
//! | [`refresh_interval`](crate::KeyStoreSettings::refresh_interval): between two background refreshes of a key, and the life of one that verifies nothing | 60 seconds | 1 millisecond to `hard_lifetime` | one wrong answer is mended within it |
//! | [`max_proven_keys`](crate::KeyStoreSettings::max_proven_keys): keys that have verified a token | 64 | at least 1 | several have been seen in a region over the years, few at a time, and one that is out of use is dropped days later |
//! | [`max_unproven_keys`](crate::KeyStoreSettings::max_unproven_keys): keys that have verified nothing yet | 8 | at least 1 | real keys of the region that sign for others |
//! | [`exchange_timeout`](crate::KeyStoreSettings::exchange_timeout): one exchange, to the last byte | 3 seconds | more than 0 | it is one small GET |
//! | [`flight_timeout`](crate::KeyStoreSettings::flight_timeout): all that is done for a key, and each request that waits for it | 3.2 seconds | `exchange_timeout` to 60 seconds | an exchange, and a retry of one that failed at once |
//! | [`max_body_bytes`](crate::KeyStoreSettings::max_body_bytes): of an answer | 8 KiB | at least 1 | a key is 178 bytes |
//! | [`min_backoff`](crate::KeyStoreSettings::min_backoff): how long the first "unknown" or failure is remembered | 1 second | more than 0 | the endpoint may lag behind a rotation; it doubles from here, and up to an eighth is added at random |
//! | [`max_backoff`](crate::KeyStoreSettings::max_backoff): how long any is, and a `Retry-After` | 8 seconds | `min_backoff` to 60 seconds | recovery is noticed within 10 seconds |
//! | [`unknown_retry_delay`](crate::KeyStoreSettings::unknown_retry_delay): before the one retry for an unknown key id | 1 second | up to `flight_timeout` | as `min_backoff` |
//! | [`budget_burst`](crate::KeyStoreSettings::budget_burst): fetches of unknown key ids at once | 10 | 1 to 1,000 | more than a region has keys |
//! | [`budget_interval`](crate::KeyStoreSettings::budget_interval): until there is one more | 1 second | more than 0, to 60 seconds | what a flood of made-up ids costs AWS and us |
//! | [`max_in_flight`](crate::KeyStoreSettings::max_in_flight): such fetches under way at once | 4 | at least 1 | |
//! | [`max_negative`](crate::KeyStoreSettings::max_negative): key ids whose "unknown" or failure is remembered | 4,096 | at least 1 | many times what the budget can bring |
//! | [`max_waiting_ids`](crate::KeyStoreSettings::max_waiting_ids): key ids that requests wait for | 2,048 | at least 1 | a flood of made-up ids, each asked for once in a token as long as an ALB's, holds no more than 8 MiB, and most places stay for requests that name an id which is waited for already |
//! | [`max_waiters`](crate::KeyStoreSettings::max_waiters): requests that wait for keys | 16,384 | at least 1 | as many as a server answers at once. Each holds a copy of its headers until it is answered: a few KiB as an ALB sends them, and up to 60 KiB from somebody who knows the ARN, issuer and client id, reaches the application and fills each header to its limit; set it to what the memory allows |
//!
//! # What else is fixed
//!
//! | what | number | why | name |
//! |---|---|---|---|
//! | the longest `hard_lifetime` | 24 hours | a key that AWS withdraws must be gone within a day | `settings::MAX_LIFETIME` |
//! | the longest of the other times | 60 seconds | no request should hang for longer over a key | `settings::MAX_TIMEOUT` |
//! | the largest `budget_burst` | 1,000 | more at once would be no budget | `settings::MAX_BURST` |
//! | refusals until a held key is given up | 3 | a `refresh_interval` apart, from an endpoint that served another meanwhile; fewer may be an outage | `entries::ABSENCES_BELIEVED` |
//! | waiting requests that count for a key id's turn | 32 | more clients cannot make an id more urgent | `flights::COUNTED_WAITERS` |
//! | of its `hard_lifetime`s, after how many a key is dropped when another is taken in | 2 | for as long again as it is served, it may be fetched anew whatever unknown key ids are asked for | `entries::LIFETIMES_KEPT` |
//! | tokens that a key has verified when it is taken to be in use, and its table is made, with `CryptoBackend::P256Tables` | 32 | a table takes as long to make as a dozen tokens to verify without one, and a key that has verified more than twice as many will verify many more | `signature::IN_USE` |
//! | keys with such a table, in a process | 16 | few are in use at a time; each takes 148 KiB, and a key without one verifies all the same, and is tried again at its next refresh | `precomputation::MAX_TABLES` |
//! | before the one retry of a connection that failed | 0.2 seconds | what mends itself does so at once | `flights::TRANSIENT_RETRY_DELAY` |
//! | how overdue a task is that is taken for lost | 1 second | more than a loaded machine is late | `flights::GRACE` |
//! | until a key id that nobody asks for has its shortest backoff again | 60 seconds | after its last backoff is over | `backoff::FORGET_AFTER` |
//! | events a minute of a rejection, of a request that another site's page made, of an access token that does not verify, and of what an extractor refuses, at level `WARN`; of an outage, and of an extractor without its layer, at `ERROR`; and of each authorizer's denials at `INFO` or, if it only reports, at `WARN`; what is more goes out at `DEBUG` | 60 | enough to see what is going on, too few to fill a disk | `outcomes::LOUD_EVENTS_PER_MINUTE` |
//! | that minute; and between two alarms that the application is reachable around its load balancer | 60 seconds | the same | `quota::MINUTE` |
//! | items of a list of requirements that a denial names | 8 | a list of a thousand addresses is no line of a log | `requirement::MAX_SHOWN_PARTS` |
//! | observed requests that wait for a key | 256 | no response waits for them, and each holds a copy of its token | `authenticator::MAX_OBSERVING` |
//! | `Retry-After` of a 503 whose end is not known | 1 second | the least that the header can say | `error::DEFAULT_RETRY_AFTER` |
//!
//! # Access tokens
//!
//! With the feature `access-token`. A key set is fetched and kept by the key store's numbers
//! ([`KeyStoreSettings`](crate::KeyStoreSettings), by `AccessTokenVerifier::settings`), but for
//! these, which are fixed.
//!
//! | what | number | why | name |
//! |---|---|---|---|
//! | age of a key set at which a key id that it lacks is a reason to fetch it again | 10 seconds | providers publish a key long before they sign with it; made-up key ids cost them six fetches a minute | `jwks::REFETCH_INTERVAL` |
//! | bytes of a key set | 64 KiB | some dozens of RSA keys, each with the certificates that some providers add; Cognito's has two keys | `jwks::MAX_SET_BYTES` |
//! | depth of a key set's JSON | 16 | what RFC 7517 registers is three deep | `jwk::LIMITS.depth` |
//! | members of a key set's JSON, at all depths | 4,096 | as many keys as fit have fewer | `jwk::LIMITS.members` |
//! | bits of an RSA key, at least | 2,048 | RFC 7518 section 3.3 | `jwk::MIN_RSA_BITS` |
//! | bits of an RSA key, at most | 8,192 | what aws-lc-rs takes | `jwk::MAX_RSA_BITS` |
//! | depth of an access token's JSON, header or payload | 64 | claims are the identity provider's | `jwt::LIMITS.depth` |
//! | members of an access token's JSON, header or payload, at all depths | 1,024 | a header of 16 KiB has few more | `jwt::LIMITS.members` |
//!
//! # HTTP client
//!
//! | what | number | why | how to change it |
//! |---|---|---|---|
//! | making a connection | 1 second | a way through proxies may need more | [`connect_timeout`](crate::HttpFetcherBuilder::connect_timeout); `http::CONNECT_TIMEOUT` |
//! | a connection that is not used is kept for | 10 seconds | keys are fetched once an hour | fixed: `http::IDLE_TIMEOUT` |
