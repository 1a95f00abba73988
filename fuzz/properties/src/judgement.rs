//! What a reference says of one segment of a token, and how a decision is
//! compared with it.

use std::fmt;

use alb_oidc::{JsonError, JsonKind, Segment, TokenError};

use crate::json::{Document, Json};

/// Every reason that there is to refuse a segment.
pub(crate) struct Judgement {
    segment: Segment,
    /// Each of them is enough.
    faults: Vec<TokenError>,
    /// What else may be blamed once there is a fault.
    blamable: Vec<TokenError>,
    is_on_edge: bool,
}

impl Judgement {
    pub(crate) fn of(document: &Document, segment: Segment) -> Self {
        let errors = |errors: &[JsonError]| {
            let error = |error: &JsonError| TokenError::Json {
                segment,
                error: *error,
            };
            errors.iter().map(error).collect()
        };
        Self {
            segment,
            faults: errors(&document.faults),
            blamable: errors(&document.blamable),
            is_on_edge: document.is_on_edge,
        }
    }

    pub(crate) fn fault(&mut self, error: TokenError) {
        self.faults.push(error);
    }

    pub(crate) fn json_fault(&mut self, error: JsonError) {
        let segment = self.segment;
        self.fault(TokenError::Json { segment, error });
    }

    pub(crate) const fn has_fault(&self) -> bool {
        !self.faults.is_empty()
    }

    /// The text that `member` must be, if it is there and one. Each of several is
    /// judged, and the first is given.
    pub(crate) fn text<'d>(&mut self, root: &'d Json, member: &'static str) -> Option<&'d str> {
        let texts = root.all(member).map(|value| {
            let text = value.text();
            if text.is_none() {
                let found = kind(value);
                self.json_fault(JsonError::Type { member, found });
            }
            text
        });
        texts.collect::<Vec<_>>().first().copied()?
    }

    /// The time that `member` must be, likewise.
    pub(crate) fn time(&mut self, root: &Json, member: &'static str) -> Option<u64> {
        let times = root.all(member).map(|value| self.time_in(value, member));
        times.collect::<Vec<_>>().first().copied()?
    }

    fn time_in(&mut self, value: &Json, member: &'static str) -> Option<u64> {
        let found = kind(value);
        let number = match value {
            Json::Number(number) if number.is_integer() => number,
            _ => {
                self.json_fault(JsonError::Type { member, found });
                return None;
            }
        };
        let Some(seconds) = number.integer() else {
            // It has been found at fault already, under a name that it may lose where the document
            // breaks.
            let error = JsonError::Type { member, found };
            let segment = self.segment;
            self.blamable.push(TokenError::Json { segment, error });
            return None;
        };
        let time = u64::try_from(seconds)
            .ok()
            .filter(|seconds| *seconds <= END_OF_9999);
        if time.is_none() {
            self.json_fault(JsonError::TimeOutOfRange(member));
        }
        time
    }

    /// A decision must refuse exactly what has a fault, and must name one that it
    /// has.
    pub(crate) fn compare<T: fmt::Debug>(&self, decision: &Result<T, TokenError>) {
        match decision {
            Ok(_) => assert!(
                self.faults.is_empty(),
                "accepted in spite of {:?}",
                self.faults
            ),
            Err(error) => {
                let is_refusable = self.is_on_edge || !self.faults.is_empty();
                assert!(is_refusable, "refused without a reason: {error:?}");
                let is_there = self.faults.contains(error) || self.blamable.contains(error);
                assert!(is_there, "{error:?} is not among {:?}", self.faults);
            }
        }
    }
}

impl fmt::Debug for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.faults).finish()
    }
}

/// What a value is.
pub(crate) fn kind(value: &Json) -> JsonKind {
    match value {
        Json::Null => JsonKind::Null,
        Json::Bool(_) => JsonKind::Bool,
        Json::Number(number) if number.is_integer() && number.integer().is_some() => {
            JsonKind::Integer
        }
        Json::Number(number) if number.0.contains(['e', 'E']) => JsonKind::Exponent,
        Json::Number(_) => JsonKind::Fraction,
        Json::Text(_) => JsonKind::String,
        Json::Array(_) => JsonKind::Array,
        Json::Object(_) => JsonKind::Object,
    }
}

const END_OF_9999: u64 = 253_402_300_799;
