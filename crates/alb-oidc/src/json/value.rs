//! Members that may be anything: kept, or only looked through.

use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{Context, Faults, NameSeed};
use crate::error::JsonError;

pub(crate) struct ValueSeed<'f>(pub(super) Context<'f>);

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        self.0.faults.note_float(number);
        Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not finite"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inside = self.0.inside()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(ValueSeed(inside))? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let inside = self.0.inside()?;
        let mut object = Map::new();
        while let Some(name) = values.next_key_seed(NameSeed)? {
            if inside.faults.is_number_in_disguise(&name) {
                let text = values.next_value_seed(NameSeed)?;
                return number(&text, inside.faults);
            }
            inside.faults.count_member()?;
            let value = values.next_value_seed(ValueSeed(inside))?;
            let previous = object.insert(name.into_owned(), value);
            inside.faults.unless_duplicate(previous.is_none())?;
        }
        Ok(Value::Object(object))
    }
}

pub(crate) struct IgnoredSeed<'f>(pub(super) Context<'f>);

impl<'de> DeserializeSeed<'de> for IgnoredSeed<'_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for IgnoredSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inside = self.0.inside()?;
        while items.next_element_seed(IgnoredSeed(inside))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let inside = self.0.inside()?;
        let mut names = Vec::new();
        while let Some(name) = values.next_key_seed(NameSeed)? {
            inside.faults.count_member()?;
            inside.faults.unless_duplicate(!names.contains(&name))?;
            names.push(name);
            values.next_value_seed(IgnoredSeed(inside))?;
        }
        Ok(())
    }
}

/// A number that came as text, because it is no 64-bit integer.
fn number<E: de::Error>(text: &str, faults: &Faults) -> Result<Value, E> {
    if !text.contains(['.', 'e', 'E']) {
        return Err(faults.raise(faults.json(JsonError::IntegerTooLarge)));
    }
    let float = text.parse().ok().filter(|float: &f64| float.is_finite());
    float
        .and_then(Number::from_f64)
        .map(Value::Number)
        .ok_or_else(|| E::custom("not finite"))
}
