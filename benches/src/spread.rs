//! What many rounds came to.

use std::fmt;

/// The median of some values, between which quartiles half of them are, and the least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// How many values there are. Without any, the others are not numbers.
    pub values: usize,
    /// The least.
    pub least: f64,
    /// A quarter is below.
    pub lower: f64,
    /// As many are below as above.
    pub median: f64,
    /// A quarter is above.
    pub upper: f64,
}

impl Spread {
    /// Of these values.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let quarter = |n| values.get(values.len() * n / 4).copied();
        Self {
            values: values.len(),
            least: values.first().copied().unwrap_or(f64::NAN),
            lower: quarter(1).unwrap_or(f64::NAN),
            median: quarter(2).unwrap_or(f64::NAN),
            upper: quarter(3).unwrap_or(f64::NAN),
        }
    }
}

/// The median, and the quartiles: `1.052 (1.049–1.057)`, with as many places as are asked for.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = f.precision().unwrap_or(2);
        let Self {
            lower,
            median,
            upper,
            ..
        } = self;
        let text = format!("{median:.places$} ({lower:.places$}–{upper:.places$})");
        match f.width() {
            Some(width) => write!(f, "{text:>width$}"),
            None => f.write_str(&text),
        }
    }
}
