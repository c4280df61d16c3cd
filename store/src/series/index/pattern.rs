//! What a regular expression asks for, where that is simpler than a regular expression.

/// The shape of a pattern that must match the whole of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// `.*`
    Any,
    /// `.+`
    NotEmpty,
    /// `a|b|c`, `(a|b)`, `a`: just these texts.
    Texts(Vec<String>),
    /// `a.*`; with `.+`, something must follow.
    Prefix { text: String, is_more: bool },
    /// All others.
    Other,
}

impl Shape {
    pub(super) fn of(pattern: &str) -> Self {
        match pattern {
            ".*" => return Self::Any,
            ".+" => return Self::NotEmpty,
            _ => {}
        }
        for (end, is_more) in [(".*", false), (".+", true)] {
            // An escaped dot before the star leaves a lone backslash, which is no text.
            if let Some(text) = pattern.strip_suffix(end).and_then(text_of) {
                return Self::Prefix { text, is_more };
            }
        }
        let texts: Option<Vec<String>> = without_group(pattern).split('|').map(text_of).collect();
        texts.map_or(Self::Other, Self::Texts)
    }
}

/// Without parentheses around the whole. Others stay, and then it is no list of texts.
fn without_group(pattern: &str) -> &str {
    let inner = pattern.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    inner.map_or(pattern, |inner| inner.strip_prefix("?:").unwrap_or(inner))
}

/// The one text that a pattern matches, if it has no operators: a backslash before a sign takes its meaning away.
fn text_of(pattern: &str) -> Option<String> {
    let mut text = String::with_capacity(pattern.len());
    let mut signs = pattern.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => text.push(signs.next().filter(is_operator)?),
            _ if is_operator(&sign) => return None,
            _ => text.push(sign),
        }
    }
    Some(text)
}

/// The signs that mean something in a pattern and stand for themselves behind a backslash. Source: documentation of
/// crate `regex`, "Escape sequences".
fn is_operator(sign: &char) -> bool {
    matches!(sign, '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::series::anchored;

    fn check(pattern: &str, expected: &Shape) {
        assert_eq!(Shape::of(pattern), *expected, "{pattern}");
    }

    fn texts(texts: &[&str]) -> Shape {
        Shape::Texts(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    fn prefix(text: &str, is_more: bool) -> Shape {
        Shape::Prefix { text: text.to_owned(), is_more }
    }

    #[test]
    fn lists_of_texts_are_seen() {
        check("", &texts(&[""]));
        check("a", &texts(&["a"]));
        check("a|b|c", &texts(&["a", "b", "c"]));
        check("(a|b)", &texts(&["a", "b"]));
        check("(?:a|b)", &texts(&["a", "b"]));
        check("a|", &texts(&["a", ""]));
        check(r"10\.0\.0\.1|x\\y", &texts(&["10.0.0.1", r"x\y"]));
        check(r"a\|b", &Shape::Other);
    }

    #[test]
    fn prefixes_are_seen() {
        check("a.*", &prefix("a", false));
        check(r"a\.b.+", &prefix("a.b", true));
        check(".*", &Shape::Any);
        check(".+", &Shape::NotEmpty);
    }

    #[test]
    fn operators_are_left_to_the_engine() {
        for pattern in
            [r"a\.*", r"a\.+", "a*", "a.b", "a|b.*", "(a)|(b)", "(?i)a", r"\d", "[ab]", "a{2}", "^a", "a$", "(?i:a)"]
        {
            check(pattern, &Shape::Other);
        }
    }

    proptest! {
        #[test]
        fn a_shape_matches_what_its_pattern_matches(
            pattern in r"[ab.|*+()\\?:]{0,8}",
            value in r"[ab.|\\?:()\n]{0,5}",
        ) {
            let Ok(regex) = anchored(&pattern) else { return Ok(()) };
            let expected = match Shape::of(&pattern) {
                Shape::Any => true,
                Shape::NotEmpty => !value.is_empty(),
                Shape::Texts(texts) => texts.contains(&value),
                Shape::Prefix { text, is_more } => {
                    value.len() >= text.len() + usize::from(is_more) && value.starts_with(&text)
                }
                Shape::Other => return Ok(()),
            };
            prop_assert_eq!(regex.is_match(&value), expected);
        }
    }
}
