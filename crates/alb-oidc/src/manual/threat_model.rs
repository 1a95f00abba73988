//! Who attacks, what each check is for, and what is left over.
//!
//! # ALBeast in ten lines
//!
//! 1. The load balancer signs who the user is, and your application checks the signature.
//! 2. The key that it signs with is the region's. Every load balancer there, of every AWS account,
//!    signs with it.
//! 3. An attacker makes a load balancer of their own, in their own account, in your region.
//! 4. They give its rule *your* issuer and *your* client id: both are text fields.
//! 5. They point it at an identity provider of their own, which says that they are your
//!    administrator.
//! 6. They sign in, and keep the token that their load balancer adds.
//! 7. They send the token to your application: around your load balancer if the security group
//!    lets them, or through it on a rule that does not authenticate.
//! 8. The signature is genuine. Issuer and client id are yours. The token has not expired.
//! 9. Only `signer` is not yours, for a load balancer writes its own ARN there and cannot write
//!    another's.
//! 10. So: check `signer`, and let nobody but your load balancer reach your targets. This crate
//!     makes the first impossible to forget; the second is [yours](#what-is-left-to-the-deployment).
//!
//! (Reported by Miggo Research, and published in August 2024. AWS's documentation has asked for the
//! signer to be validated since that year.)
//!
//! # What is worth attacking
//!
//! - **The identity** that an application is handed. Everything else serves it.
//! - **The application's availability**: while keys cannot be fetched, and while somebody floods it.
//! - **The user's claims and access token**, which must not leak into logs, errors or answers.
//! - **AWS's key endpoint**, which must not be hammered in our name.
//! - **This process's memory and time.**
//!
//! # Who attacks
//!
//! | who | can | meets |
//! |---|---|---|
//! | a client through the load balancer | send any header, and have the load balancer add its own | one value a header; on rules that do not authenticate, their own headers are assumed to pass through |
//! | a client around the load balancer | send anything at all | all checks; a stolen token until it expires |
//! | an owner of another load balancer of the region | sign any claims under any issuer and client id | the signer |
//! | a user of another application behind the same load balancer | present a genuine token of that application | the client id and issuer of one rule, together |
//! | somebody on the way to the key endpoint | answer in its place, or with a lie about its address | TLS, with roots that the environment cannot change |
//! | a key endpoint that misbehaves | be slow, endless, wrong or gone | deadlines, limits, and keys that are held |
//! | a reader of logs | read all of them | no secret, and no text that a client wrote |
//! | whoever gets code into the build | change a dependency | few of them, a lock file, and bans that CI checks |
//! | a developer in a hurry | misconfigure | errors at start, types without a careless constructor, and a module called [`danger`](crate::danger) |
//!
//! # Where trust begins
//!
//! Four things are trusted: the configured signer, issuer and client id; TLS to the *configured* key
//! endpoint; the machine's clock; this process.
//!
//! Nothing in a token is, until its signature has been verified. What it says may only cause an
//! *earlier* no. It never chooses where to go, how to verify, or what to ask for: the region in a
//! key's URL is the rule's, the algorithm is a constant, and of the key id sixteen bytes are left
//! before a URL is made.
//!
//! # What each check is for
//!
//! | check | without it |
//! |---|---|
//! | each header once ([`OidcHeaders`](crate::OidcHeaders)) | two parsers pick two different tokens, and one of them is forged |
//! | a length, printable ASCII | a request buys memory, or smuggles bytes into whatever logs it |
//! | no identity or access token without the signed one | an application that reads the plain header is told who the attacker would like to be |
//! | three segments, found by looking for two dots | a million dots buy a million slices |
//! | a signature of exactly 64 bytes | DER, HMAC and oversized signatures reach code that was not made for them |
//! | canonical base64url, each segment padded or not | one token has many spellings, and whatever compares spellings is wrong |
//! | one JSON object, no member twice, bounded | two readers see two tokens; deep nesting ends the process |
//! | `alg` is `ES256`, compared to the byte | the token chooses how it is verified |
//! | no `crit`, `b64`, `jwk`, `jku`, `x5*` | the token brings its own key, or changes what is signed |
//! | `kid` is a UUID in lower case | a key id becomes a path, a host, or a line in a log; one key gets many cache entries |
//! | `signer` in a rule of the policy | ALBeast |
//! | `iss` and `client` in the *same* rule | a neighbour's users are let in; rule A's client gets in with rule B's issuer |
//! | `exp` is there, is an integer, and is not past | a token lives for ever |
//! | `nbf` and `iat` are not to come | a token from a clock that cannot be right is believed |
//! | a [budget](crate::KeyStoreSettings::budget_burst) for unknown key ids | whoever knows the policy makes us flood AWS |
//! | the signature, over the text as received | everything above was written by anybody |
//! | a payload with a `sub`, read after that | a user without a name, or a parser that meets unsigned text |
//! | an access token's own signature, issuer, client, `sub` and use ([`AccessTokenError`](crate::AccessTokenError)) | whoever reaches the application is in the groups that they like; a user's old token, another client's or an ID token passes for it |
//! | the plain identity header equals the `sub` | a proxy that swaps headers goes unnoticed |
//!
//! # Why in this order
//!
//! - **Cheap before dear.** What takes nanoseconds is asked first, so that a flood of nonsense costs
//!   us less than it costs who sends it.
//! - **Policy before network.** A key is asked for only when a token names a load balancer that is
//!   trusted. A forger who does not know the ARN cannot make us send one packet.
//! - **Signature before payload.** The larger part of a token is not parsed until it is known who
//!   wrote it.
//! - **The clock twice.** A key may take seconds to come, and a token may expire meanwhile.
//! - **The first no ends it**, and says which it was to the operator, in a trace; never to the
//!   client.
//!
//! # Residual risks
//!
//! - **Replay.** A token is good until it expires, [two minutes](crate::AuthenticatedUser::token_expires_at)
//!   after its request, and the leeway, wherever it is presented and however often; after a sign-out
//!   too. It has no id, and its bytes are not one: each token has four spellings.
//!   [`with_max_lifetime`](crate::TrustPolicy::with_max_lifetime) bounds what a key that went astray
//!   could sign, not this.
//! - **The issuer proves the configuration.** A load balancer signs the issuer that its rule has now,
//!   not the one that the user signed in at. Whoever may change the rule decides who your users are.
//! - **Groups are as old as the access token.** It lives for an hour and more, and the load balancer
//!   keeps it until it can be refreshed. Somebody who is taken out of a group is in it until then.
//!   [`issued_at`](crate::VerifiedAccessToken::issued_at) says how old it is.
//! - **An access token can be replayed** for as long as it lives, beside any token of the load
//!   balancer's for the same user and client.
//! - **A connection outlives its token.** A WebSocket or an event stream is authenticated when it
//!   begins. End it by yourself; [`token_expires_at`](crate::AuthenticatedUser::token_expires_at) says
//!   until when the identity was vouched for.
//! - **A clever flood.** Whoever knows signer, issuer and client id can ask for made-up keys as often
//!   as they like. Fetches stay within the budget and cached keys go on working, but a key that is
//!   rotated in meanwhile waits its turn among all that are asked for as often, and loses its place
//!   if more ids than [may be waited for](crate::KeyStoreSettings::max_waiting_ids) are asked for
//!   oftener than it is before it has been asked for again: with ids that come twice each, some 640
//!   of them a second shut out a new key that has fewer requests a second than that. A larger number
//!   costs memory, and them as many more requests.
//! - **A forged signature costs a whole verification.** Tens of microseconds of one core, for anybody
//!   who knows the policy. The dearest header that nobody signed, 12 KB of it, costs up to twice as
//!   much (`reject-hostile-…` in the benches). Bound the number of requests where you bound the others.
//! - **Timing.** All that is compared is public, so nothing is compared in constant time. How long a
//!   refusal takes can tell which check refused.
//! - **What a load balancer does with a client's own headers** on rules that do not authenticate is
//!   not documented.
//!
//! # What is left in memory
//!
//! No private key is ever here, and no shared secret: verification needs public keys alone. The
//! access token is wiped when its last owner drops it, which is the best that can be done: the
//! server's buffer and the request's headers have copies that are not ours to wipe. Claims are not
//! wiped. A core dump has whatever the request had.
//!
//! # What is left to the deployment
//!
//! - **Pin the signer**: the ARN in the policy must be your own load balancer's.
//! - **Restrict the targets' security group** to the load balancer's.
//! - **Authenticate on every rule** that leads to the same targets, or on none.
//! - **Refuse what other sites' pages ask for.** A browser sends the load balancer's cookie with it, and
//!   the token that comes of that is good: it proves who the user is, not what the user wanted.
//!   [`CsrfProtection`](crate::CsrfProtection) tells the two apart, for WebSockets too.
//! - **Keep the clock right**, by NTP or the like. A clock that is behind lets expired tokens in, by
//!   as much as it is behind.
//! - **Treat claims as what they are**: text from an identity provider, some of it typed by the user.
//!   Escape it, and decide by [`UserId`](crate::UserId), not by a name. An address, even a verified
//!   one, may be another person's next year.
//! - **Heed the alarm**, and watch [`AuthenticatorStats`](crate::AuthenticatorStats): a token of
//!   another signer, or a bad signature, never arrives through an authenticating rule of yours.
//!   Somebody reaches your targets around the load balancer, or the configuration is wrong.
//! - **Stop observing.** [`observe`](crate::Authenticator::observe) is for trying a policy out, and
//!   protects nothing.
