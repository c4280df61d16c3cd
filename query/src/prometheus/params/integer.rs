//! Integers as Go reads them, and what it says of those it does not.

use std::num::IntErrorKind;

use crate::promql::quote::quoted;

/// # Errors
/// What is wrong, in the words of Go's `strconv.Atoi`.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    text.parse::<i64>().map_err(|error| {
        let why = match error.kind() {
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        format!("strconv.Atoi: parsing {}: {why}", quoted(text))
    })
}
