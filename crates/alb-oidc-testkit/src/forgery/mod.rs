//! Every attack that the verifier knows, by name: a table a file, by what is attacked.

mod header;
mod headers;
mod json;
mod key_id;
mod payload;
mod policy;
mod signature;
mod structure;
mod times;

use std::fmt;
use std::hash::{Hash, Hasher};

use alb_oidc::UnixTime;

use crate::alb::SimulatedAlb;
use crate::minter::{HeaderLines, Minter};

/// One attack, against an application that trusts a [`SimulatedAlb`]'s rule. Every one of them must
/// be answered with 401.
///
/// An attack that has to be signed is signed with the load balancer's real key: what is tested is
/// everything but the arithmetic.
///
/// ```
/// use alb_oidc::UnixTime;
/// use alb_oidc_testkit::{Forgery, SimulatedAlb};
///
/// let alb = SimulatedAlb::new();
/// let now = UnixTime::from_secs(1_800_000_000);
/// for (name, value) in Forgery::OthersLoadBalancer.headers(&alb, now) {
///     println!("{name}: {}", String::from_utf8_lossy(&value));
/// }
/// assert_eq!(Forgery::OthersLoadBalancer.reason(), "untrusted-signer");
/// ```
#[derive(Clone, Copy)]
pub struct Forgery(&'static Attack);

struct Attack {
    name: &'static str,
    about: &'static str,
    reason: &'static str,
    may_fetch: bool,
    headers: fn(&Minter<'_>) -> HeaderLines,
}

impl Forgery {
    /// All of them.
    pub const ALL: &'static [Self] = &all();

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// What it tries, in a sentence.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.0.about.trim_start()
    }

    /// Why it is rejected: the [`reason`](alb_oidc::AuthenticateError::reason) of the error.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        self.0.reason
    }

    /// Whether a key may be fetched for it. Most must be rejected before.
    #[must_use]
    pub const fn may_fetch(self) -> bool {
        self.0.may_fetch
    }

    /// The headers of a request that tries it.
    #[must_use]
    pub fn headers(self, alb: &SimulatedAlb, now: UnixTime) -> HeaderLines {
        (self.0.headers)(&Minter { alb, now })
    }
}

impl PartialEq for Forgery {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Forgery {}

impl Hash for Forgery {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for Forgery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Attacks on one part of a request.
pub(crate) struct Table {
    /// The part.
    pub(crate) part: &'static str,
    pub(crate) forgeries: &'static [Forgery],
}

/// In the order in which a verifier comes upon them.
pub(crate) const TABLES: [Table; 9] = [
    headers::TABLE,
    structure::TABLE,
    json::TABLE,
    header::TABLE,
    key_id::TABLE,
    policy::TABLE,
    times::TABLE,
    signature::TABLE,
    payload::TABLE,
];

const COUNT: usize = {
    let mut count = 0;
    let mut table = 0;
    while table < TABLES.len() {
        count += TABLES[table].forgeries.len();
        table += 1;
    }
    count
};

/// The tables, one after the other.
const fn all() -> [Forgery; COUNT] {
    let mut all = [TABLES[0].forgeries[0]; COUNT];
    let (mut table, mut count) = (0, 0);
    while table < TABLES.len() {
        let forgeries = TABLES[table].forgeries;
        let mut index = 0;
        while index < forgeries.len() {
            all[count] = forgeries[index];
            count += 1;
            index += 1;
        }
        table += 1;
    }
    all
}

/// A table of forgeries. Each has its documentation, its name, the reason for which it is rejected,
/// whether that needs a key (`fetch`) or must be done without one (`local`), and its headers.
macro_rules! forgeries {
    (
        $part:literal
        $($(#[doc = $doc:expr])* $name:ident $reason:literal $key:ident => $headers:expr;)*
    ) => {
        #[doc = concat!("# Attacks on ", $part)]
        #[expect(
            non_upper_case_globals,
            reason = "named like an enum's variants; an enum cannot be spread over files"
        )]
        impl $crate::Forgery {
            $(
                $(#[doc = $doc])*
                pub const $name: Self = Self(&$crate::forgery::Attack {
                    name: stringify!($name),
                    about: concat!($($doc),*),
                    reason: $reason,
                    may_fetch: $crate::forgery::needs_key!($key),
                    headers: $headers,
                });
            )*
        }

        pub(super) const TABLE: $crate::forgery::Table = $crate::forgery::Table {
            part: $part,
            forgeries: &[$($crate::Forgery::$name,)*],
        };
    };
}

macro_rules! needs_key {
    (local) => {
        false
    };
    (fetch) => {
        true
    };
}

use {forgeries, needs_key};

/// So many members of an object, each with a name of its own.
pub(crate) fn members(count: usize) -> String {
    let members: Vec<_> = (0..count).map(|n| format!(r#""{n}":1"#)).collect();
    members.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_forgery_has_a_name_of_its_own_and_says_what_it_tries() {
        let mut names = HashSet::new();
        for forgery in Forgery::ALL {
            assert!(names.insert(forgery.name()), "{forgery:?} is there twice");
            assert!(forgery.about().ends_with('.'), "{forgery:?}");
        }
    }
}
