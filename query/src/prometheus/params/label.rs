//! Names of labels in paths. What no path or older client can hold is escaped there.
//!
//! Source: "UTF-8 in Prometheus", escaping scheme `values`: `U__` stands first, `__` is an underscore, and any other
//! character that is not a letter, a digit or a colon is its code in hexadecimal between underscores.

use std::borrow::Cow;

const PREFIX: &str = "U__";
/// `10ffff` has so many.
const DIGITS_MAX: usize = 6;

/// The name that a path means. What begins like an escaped name and is none is meant as it stands.
pub fn unescaped(name: &str) -> Cow<'_, str> {
    let Some(rest) = name.strip_prefix(PREFIX) else { return Cow::Borrowed(name) };
    decoded(rest).map_or(Cow::Borrowed(name), Cow::Owned)
}

fn decoded(mut rest: &str) -> Option<String> {
    let mut decoded = String::with_capacity(rest.len());
    while let Some(at) = rest.find('_') {
        decoded.push_str(&rest[..at]);
        let (code, behind) = rest[at + 1..].split_once('_')?;
        decoded.push(if code.is_empty() { '_' } else { character(code)? });
        rest = behind;
    }
    decoded.push_str(rest);
    Some(decoded)
}

fn character(code: &str) -> Option<char> {
    let is_code = code.len() <= DIGITS_MAX && code.bytes().all(|digit| digit.is_ascii_hexdigit());
    let value = u32::from_str_radix(code, 16).ok().filter(|_| is_code)?;
    char::from_u32(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay() {
        assert_eq!(unescaped("job"), "job");
        assert_eq!(unescaped("__name__"), "__name__");
        assert_eq!(unescaped("U_x"), "U_x");
    }

    #[test]
    fn codes_are_characters() {
        assert_eq!(unescaped("U__http_2e_status"), "http.status");
        assert_eq!(unescaped("U___1F600_"), "\u{1f600}");
        assert_eq!(unescaped("U__label_with_20_blank"), "U__label_with_20_blank");
    }

    #[test]
    fn two_underscores_are_one() {
        assert_eq!(unescaped("U__a__b"), "a_b");
        assert_eq!(unescaped("U__a__b_2e_c"), "a_b.c");
    }

    #[test]
    fn what_is_no_code_stays() {
        for name in ["U__a_", "U__a_zz_", "U__a_d800_", "U__a_1234567_", "U__a_+2e_"] {
            assert_eq!(unescaped(name), name);
        }
    }
}
