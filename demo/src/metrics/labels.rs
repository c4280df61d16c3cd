//! Labels of a series, as the text formats write them.

use std::fmt::Write as _;

/// What stands between the braces, in the order of adding: a series is what its labels say, so whoever counts it says
/// them in one order.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labels(String);

impl Labels {
    /// Without any.
    pub fn none() -> Self {
        Self::default()
    }

    pub fn of(name: &str, value: &str) -> Self {
        Self::none().and(name, value)
    }

    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Self {
        let comma = if self.0.is_empty() { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{comma}{name}=\"{}\"", escaped(value));
        self
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As both formats want it: the backslash, the quote and the end of a line.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
