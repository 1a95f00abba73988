//! Who reads a refusal: a person, who gets a page, or a program, which gets a
//! problem document.

/// The one who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// In a browser's window.
    Person,
    /// `fetch`, `curl`, a health check.
    Program,
}

impl Reader {
    /// Guesses from `Sec-Fetch-Mode`, which only a browser sends, and otherwise
    /// from `Accept`.
    #[must_use]
    pub fn of(sec_fetch_mode: Option<&str>, accept: Option<&str>) -> Self {
        let person = match sec_fetch_mode {
            Some(mode) => mode == "navigate",
            None => accept.is_some_and(|accept| {
                accept.split(',').any(|range| {
                    range
                        .split(';')
                        .next()
                        .is_some_and(|kind| kind.trim() == "text/html")
                })
            }),
        };
        if person { Self::Person } else { Self::Program }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_wants_a_page_and_a_script_does_not() {
        assert_eq!(Reader::of(Some("navigate"), Some("*/*")), Reader::Person);
        assert_eq!(Reader::of(Some("cors"), Some("text/html")), Reader::Program);
        assert_eq!(
            Reader::of(None, Some("application/xhtml+xml, text/html;q=0.9")),
            Reader::Person
        );
        assert_eq!(Reader::of(None, Some("application/json")), Reader::Program);
        assert_eq!(Reader::of(None, Some("*/*")), Reader::Program);
        assert_eq!(Reader::of(None, None), Reader::Program);
    }
}
