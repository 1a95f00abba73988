//! Members that must be of one kind: a text, or a time.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::{Faults, NameSeed};
use crate::error::{JsonError, JsonKind};
use crate::time::UnixTime;

/// What a value is when it is not what its member must be.
macro_rules! refuse_other_kinds {
    ($($visit:ident($($argument:ty)?) $kind:ident,)*) => {$(
        fn $visit<E: de::Error>(self $(, _: $argument)?) -> Result<Self::Value, E> {
            Err(self.refuse(JsonKind::$kind))
        }
    )*
        fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(self.refuse(JsonKind::Array))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
            match values.next_key_seed(NameSeed)? {
                Some(name) if self.faults.is_number_in_disguise(&name) => {
                    self.faults.huge_number.set(true);
                    Err(self.refuse(JsonKind::Fraction))
                }
                _ => Err(self.refuse(JsonKind::Object)),
            }
        }
    };
}

pub(crate) struct TextSeed<'f> {
    pub(super) member: &'static str,
    pub(super) faults: &'f Faults,
}

impl TextSeed<'_> {
    fn refuse<E: de::Error>(&self, found: JsonKind) -> E {
        let member = self.member;
        self.faults
            .raise(self.faults.json(JsonError::Type { member, found }))
    }
}

impl<'de> DeserializeSeed<'de> for TextSeed<'_> {
    type Value = Cow<'de, str>;

    fn deserialize<D: de::Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TextSeed<'_> {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        self.faults.note_float(number);
        Err(self.refuse(JsonKind::Fraction))
    }

    refuse_other_kinds! {
        visit_unit() Null,
        visit_bool(bool) Bool,
        visit_i64(i64) Integer,
        visit_u64(u64) Integer,
    }
}

pub(crate) struct TimeSeed<'f> {
    pub(super) member: &'static str,
    pub(super) faults: &'f Faults,
}

impl TimeSeed<'_> {
    fn refuse<E: de::Error>(&self, found: JsonKind) -> E {
        let member = self.member;
        self.faults
            .raise(self.faults.json(JsonError::Type { member, found }))
    }

    fn out_of_range<E: de::Error>(&self) -> E {
        self.faults
            .raise(self.faults.json(JsonError::TimeOutOfRange(self.member)))
    }
}

impl<'de> DeserializeSeed<'de> for TimeSeed<'_> {
    type Value = UnixTime;

    fn deserialize<D: de::Deserializer<'de>>(self, from: D) -> Result<UnixTime, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TimeSeed<'_> {
    type Value = UnixTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seconds since 1970, as an integer")
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<UnixTime, E> {
        let time = UnixTime::from_secs(seconds);
        if time > UnixTime::MAX {
            return Err(self.out_of_range());
        }
        Ok(time)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<UnixTime, E> {
        // serde_json hands over as i64 only what is below zero.
        Err(self.out_of_range())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<UnixTime, E> {
        self.faults.note_float(number);
        Err(self.refuse(JsonKind::Fraction))
    }

    refuse_other_kinds! {
        visit_unit() Null,
        visit_bool(bool) Bool,
        visit_str(&str) String,
    }
}
