//! Kleene's logic of three values, and what is known of a value that cannot be told now.

/// What is known of a statement, in the order of truth: `all` is the least, `any` the greatest, and
/// `not` turns the order round ([Kleene's strong
/// logic](https://en.wikipedia.org/wiki/Three-valued_logic#Kleene_and_Priest_logics)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Truth {
    False,
    /// Neither: what would tell is not there. It stays so under `not`.
    Unknown,
    True,
}

impl Truth {
    const fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(is_true: bool) -> Self {
        if is_true { Self::True } else { Self::False }
    }
}

/// Between which two values the truth is: one value where all that counts could be asked, and more
/// where something could not be asked now and would make a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) least: Truth,
    pub(crate) most: Truth,
}

impl Verdict {
    pub(crate) const TRUE: Self = Self::known(Truth::True);
    pub(crate) const FALSE: Self = Self::known(Truth::False);
    pub(crate) const UNKNOWN: Self = Self::known(Truth::Unknown);
    /// It may be anything.
    pub(crate) const UNAVAILABLE: Self = Self {
        least: Truth::False,
        most: Truth::True,
    };

    const fn known(truth: Truth) -> Self {
        Self {
            least: truth,
            most: truth,
        }
    }

    /// The verdict on all of them, from those that it takes to know it.
    pub(crate) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut verdict = Self::TRUE;
        for part in parts {
            verdict.least = verdict.least.min(part.least);
            verdict.most = verdict.most.min(part.most);
            if verdict == Self::FALSE {
                break;
            }
        }
        verdict
    }

    /// The verdict on any of them, from those that it takes to know it.
    pub(crate) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::all(parts.into_iter().map(Self::not)).not()
    }

    pub(crate) const fn not(self) -> Self {
        Self {
            least: self.most.not(),
            most: self.least.not(),
        }
    }

    pub(crate) fn decision(self) -> Decision {
        if self.least == Truth::True {
            Decision::Permit
        } else if self.most == Truth::True {
            Decision::Undecided
        } else {
            Decision::Deny
        }
    }

    /// Whether what could not be asked makes a difference.
    pub(crate) fn is_open(self) -> bool {
        self.least != self.most
    }
}

/// What becomes of who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Permit,
    /// Whatever else there is to know.
    Deny,
    /// What cannot be asked now decides.
    Undecided,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTHS: [Truth; 3] = [Truth::False, Truth::Unknown, Truth::True];

    fn verdicts() -> Vec<Verdict> {
        let pairs = TRUTHS.map(|least| TRUTHS.map(|most| Verdict { least, most }));
        let verdicts: Vec<_> = pairs.into_iter().flatten().collect();
        verdicts
            .into_iter()
            .filter(|verdict| verdict.least <= verdict.most)
            .collect()
    }

    /// The values that the truth may have.
    fn values(verdict: Verdict) -> Vec<Truth> {
        let within = |truth: &Truth| verdict.least <= *truth && *truth <= verdict.most;
        TRUTHS.into_iter().filter(within).collect()
    }

    #[test]
    fn known_values_follow_kleenes_tables() {
        use Truth::{False, True, Unknown};
        for (left, right, all, any) in [
            (True, True, True, True),
            (True, Unknown, Unknown, True),
            (True, False, False, True),
            (Unknown, Unknown, Unknown, Unknown),
            (Unknown, False, False, Unknown),
            (False, False, False, False),
        ] {
            for pair in [[left, right], [right, left]] {
                let parts = pair.map(Verdict::known);
                assert_eq!(Verdict::all(parts), Verdict::known(all), "{pair:?}");
                assert_eq!(Verdict::any(parts), Verdict::known(any), "{pair:?}");
            }
        }
        assert_eq!(Verdict::TRUE.not(), Verdict::FALSE);
        assert_eq!(Verdict::UNKNOWN.not(), Verdict::UNKNOWN);
        assert_eq!(Verdict::UNAVAILABLE.not(), Verdict::UNAVAILABLE);
    }

    /// A verdict says neither more nor less than what each value that is possible would give.
    #[test]
    fn an_open_verdict_holds_what_every_possible_value_would_give_and_no_more() {
        for left in verdicts() {
            for right in verdicts() {
                let (mut alls, mut anys) = (Vec::new(), Vec::new());
                for one in values(left) {
                    for other in values(right) {
                        alls.push(one.min(other));
                        anys.push(one.max(other));
                    }
                }
                for (verdict, possible) in [
                    (Verdict::all([left, right]), alls),
                    (Verdict::any([left, right]), anys),
                ] {
                    assert_eq!(Some(&verdict.least), possible.iter().min());
                    assert_eq!(Some(&verdict.most), possible.iter().max());
                }
            }
            let possible = values(left).into_iter().map(Truth::not);
            assert!(values(left.not()).into_iter().rev().eq(possible));
        }
    }

    #[test]
    fn only_what_is_true_for_certain_permits_and_only_what_could_be_is_undecided() {
        for verdict in verdicts() {
            let expected = match (verdict.least, verdict.most) {
                (Truth::True, _) => Decision::Permit,
                (_, Truth::True) => Decision::Undecided,
                _ => Decision::Deny,
            };
            assert_eq!(verdict.decision(), expected, "{verdict:?}");
        }
    }

    #[test]
    fn what_is_already_known_is_not_asked_for() {
        let ask = |verdict| [verdict, Verdict::UNKNOWN].into_iter();
        let mut asked = 0;
        Verdict::all(ask(Verdict::FALSE).inspect(|_| asked += 1));
        Verdict::any(ask(Verdict::TRUE).inspect(|_| asked += 1));
        assert_eq!(asked, 2);
        Verdict::all(ask(Verdict::UNAVAILABLE).inspect(|_| asked += 1));
        assert_eq!(asked, 4);
    }
}
