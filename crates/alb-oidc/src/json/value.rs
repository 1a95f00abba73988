//! What has been read once, as `serde_json`'s values.
//!
//! Not by its own parser, which would read it all a second time, and rounds another way.

use serde_json::{Map, Number, Value};

use super::{Item, Reader, Text};

impl Reader<'_> {
    /// The value that begins here. `None` if it is none, which has been ruled out.
    pub(super) fn value(&mut self) -> Option<Value> {
        self.skip_whitespace();
        match self.peek()? {
            b'{' => self.members().map(Value::Object),
            b'[' => self.items().map(Value::Array),
            _ => {
                let item = self.item(0).ok()?;
                self.scalar(item)
            }
        }
    }

    fn members(&mut self) -> Option<Map<String, Value>> {
        let mut members = Map::new();
        self.expect(b'{').ok()?;
        loop {
            self.skip_whitespace();
            if self.eat(b'}') {
                return Some(members);
            }
            let name = Text::new(self.text, self.string().ok()?);
            self.skip_whitespace();
            self.expect(b':').ok()?;
            members.insert(name.decode().into_owned(), self.value()?);
            self.skip_whitespace();
            self.eat(b',');
        }
    }

    fn items(&mut self) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        self.expect(b'[').ok()?;
        loop {
            self.skip_whitespace();
            if self.eat(b']') {
                return Some(items);
            }
            items.push(self.value()?);
            self.skip_whitespace();
            self.eat(b',');
        }
    }

    fn scalar(&self, item: Item<'_>) -> Option<Value> {
        let written = item.span.of(self.text);
        match item.value {
            super::Value::Null => Some(Value::Null),
            super::Value::Bool => Some(Value::Bool(written == "true")),
            super::Value::Natural(integer) => Some(integer.into()),
            super::Value::Negative(integer) => Some(integer.into()),
            super::Value::Fraction | super::Value::Exponent => {
                let number = written.parse().ok().and_then(Number::from_f64);
                number.map(Value::Number)
            }
            super::Value::String { .. } => {
                let text = item.as_text()?;
                Some(Value::String(text.decode().into_owned()))
            }
            super::Value::Array | super::Value::Object => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Reader;
    use serde_json::json;

    fn read(text: &str) -> Option<Value> {
        Reader::new(text, usize::MAX).unwrap().value()
    }

    #[test]
    fn every_kind_of_value_is_made() {
        let text = r#"{"a":[1,-2,1.5,-0.5E+2,"\u00e9",null,true,false,{"b":{ }},[ ]],"c" : 18446744073709551615 , "\u0064":-9223372036854775808}"#;
        let expected = json!({
            "a": [1, -2, 1.5, -50.0, "é", null, true, false, {"b": {}}, []],
            "c": u64::MAX,
            "d": i64::MIN,
        });
        assert_eq!(read(text), Some(expected));
    }
}
