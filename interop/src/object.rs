//! A JSON object as text, to be put together wrongly.

/// Members in order, names and values as they are spelled in JSON.
#[derive(Clone)]
pub(crate) struct Object(Vec<(String, String)>);

impl Object {
    /// These members, the names as they are meant and the values as they are spelled.
    pub(crate) fn of(members: &[(&str, String)]) -> Self {
        let member = |(name, value): &(&str, String)| (quoted(name), value.clone());
        Self(members.iter().map(member).collect())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let name = quoted(name);
        let member = self.0.iter().find(|(other, _)| *other == name);
        member.map(|(_, value)| value.as_str())
    }

    /// The member set to another value, or added.
    pub(crate) fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let mut changed = self.clone();
        let name = quoted(name);
        let value = value.into();
        match changed.0.iter_mut().find(|(other, _)| *other == name) {
            Some(member) => member.1 = value,
            None => changed.0.push((name, value)),
        }
        changed
    }

    pub(crate) fn without(&self, name: &str) -> Self {
        let mut changed = self.clone();
        changed.0.retain(|(other, _)| *other != quoted(name));
        changed
    }

    /// One more member in front, its name as it is spelled in JSON.
    pub(crate) fn after(&self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let mut changed = self.clone();
        changed.0.insert(0, (name.into(), value.into()));
        changed
    }

    /// One more member at the end, its name as it is spelled in JSON.
    pub(crate) fn and(&self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let mut changed = self.clone();
        changed.0.push((name.into(), value.into()));
        changed
    }

    /// The members in another order.
    pub(crate) fn permuted(&self, swap: impl Fn(usize) -> usize) -> Self {
        let mut changed = self.clone();
        for index in (1..changed.0.len()).rev() {
            changed.0.swap(index, swap(index));
        }
        changed
    }

    /// As an ALB writes it.
    pub(crate) fn text(&self) -> String {
        self.spaced("")
    }

    /// With `space` wherever JSON allows white space.
    pub(crate) fn spaced(&self, space: &str) -> String {
        let members: Vec<_> = self
            .0
            .iter()
            .map(|(name, value)| format!("{space}{name}{space}:{space}{value}{space}"))
            .collect();
        format!("{space}{{{}}}{space}", members.join(","))
    }
}

pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
