use regex::Regex;

use super::{Compiled, Node, Place, Val};
use crate::traceql::tree::Comparison;

/// A condition is true only of rows of which one of these maps has an entry with this key, and with a value that may do. Maps have
/// dictionaries, of which it is soon asked whether there are such entries at all.
#[derive(Debug, Clone)]
pub(crate) struct Entries {
    /// Names of columns.
    pub maps: Vec<&'static str>,
    pub key: String,
    values: Texts,
}

/// Which stored texts may do. Types stand elsewhere, so that there are more than those that do.
#[derive(Debug, Clone)]
enum Texts {
    Any,
    One(String),
    Matching(Regex),
    /// Numbers that compare with another.
    Number(Comparison, f64),
}

impl Entries {
    /// `None` where no entry is needed, or another column may have the attribute as well.
    pub fn of(compiled: &Compiled) -> Option<Self> {
        Self::of_node(&compiled.node, &compiled.columns)
    }

    fn of_node(node: &Node, columns: &[&'static str]) -> Option<Self> {
        match node {
            Node::And(left, right) => Self::of_node(left, columns).or_else(|| Self::of_node(right, columns)),
            Node::Compare(op, attribute, other) if matches!(**attribute, Node::Attribute { .. }) => {
                let Node::Literal(value) = &**other else { return None };
                Self::of_attribute(attribute, columns, Texts::compared(*op, value))
            }
            Node::Compare(_, literal, attribute) if matches!(**literal, Node::Literal(_)) => {
                Self::of_attribute(attribute, columns, Texts::Any)
            }
            Node::Matches { operand, regex, negated } => {
                let values = if *negated { Texts::Any } else { Texts::Matching(regex.clone()) };
                Self::of_attribute(operand, columns, values)
            }
            Node::Attribute { .. } => Self::of_attribute(node, columns, Texts::One(true.to_string())),
            Node::Exists(true, operand) => Self::of_attribute(operand, columns, Texts::Any),
            _ => None,
        }
    }

    fn of_attribute(node: &Node, columns: &[&'static str], values: Texts) -> Option<Self> {
        let Node::Attribute { key, places } = node else { return None };
        let map = |place: &Place| match place {
            Place::Map { values, .. } => columns.get(*values).copied(),
            _ => None,
        };
        let maps = places.iter().map(map).collect::<Option<Vec<_>>>()?;
        Some(Self { maps, key: key.clone(), values })
    }

    /// Whether an entry with this stored text may do.
    pub fn may_be(&self, text: &str) -> bool {
        // Elements of arrays are compared each by itself.
        let is_nested = text.starts_with(['[', '{']);
        is_nested
            || match &self.values {
                Texts::Any => true,
                Texts::One(only) => text == only,
                Texts::Matching(regex) => regex.is_match(text),
                Texts::Number(op, number) => text.parse().is_ok_and(|value: f64| may_compare(*op, value, *number)),
            }
    }
}

impl Texts {
    fn compared(op: Comparison, value: &Val<'_>) -> Self {
        match (op, value) {
            (Comparison::Eq, Val::Text(text)) => Self::One(text.clone().into_owned()),
            (Comparison::Eq, Val::Bool(truth)) => Self::One(truth.to_string()),
            (Comparison::NotEq, _) => Self::Any,
            (_, value) => value.number().map_or(Self::Any, |number| Self::Number(op, number)),
        }
    }
}

/// Whether it may be true of numbers that are rounded to these.
fn may_compare(op: Comparison, a: f64, b: f64) -> bool {
    match op {
        Comparison::Eq => a == b,
        Comparison::Less | Comparison::LessEq => a <= b,
        Comparison::Greater | Comparison::GreaterEq => a >= b,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traceql::parse;
    use crate::traceql::tree::{Filter, Stage};

    fn entries(text: &str) -> Option<Entries> {
        let query = parse(&format!("{{ {text} }}")).unwrap();
        let [Stage::Filter(Filter { condition: Some(field), .. })] = query.pipeline.stages.as_slice() else {
            panic!("{text}")
        };
        Entries::of(&Compiled::new(field).unwrap())
    }

    #[test]
    fn entries_are_needed_where_nothing_else_makes_it_true() {
        for (text, maps, key) in [
            ("span.a = `x`", &["attrs_3"][..], "a"),
            (".a != 3", &["attrs_3", "resource_attrs"], "a"),
            ("3 < resource.a", &["resource_attrs"], "a"),
            ("status = error && span.a =~ `x.*`", &["attrs_3"], "a"),
            ("span.a != nil", &["attrs_3"], "a"),
            ("span.a", &["attrs_3"], "a"),
        ] {
            let found = entries(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.maps.as_slice(), found.key.as_str()), (maps, key), "{text}");
        }
        for text in [
            "span.a = nil",
            "!(span.a = `x`)",
            "span.a = `x` || status = error",
            "span.http.route = `x`",
            "span.a + 1 > 2",
            "span.a = span.b",
            "name = `a`",
            "event.a = `x`",
        ] {
            assert!(entries(text).is_none(), "{text}");
        }
    }

    #[test]
    fn values_that_do_may_be() {
        for (text, may, may_not) in [
            ("span.a = `x`", &["x", "[\"x\"]"][..], &["y", "", "xx"][..]),
            ("span.a = 3", &["3", "3.0", "[3]"], &["4", "x", "3x"]),
            ("span.a = 9007199254740993", &["9007199254740993"], &["1"]),
            ("span.a > 1.5", &["2", "1.5", "Infinity", "1e300"], &["1", "-2", "text"]),
            ("span.a <= 2s", &["2000000000", "-1"], &["2000000001"]),
            ("span.a = true", &["true", "[true]"], &["false", "1"]),
            ("span.a =~ `x.`", &["xy"], &["x", "axy"]),
            ("span.a !~ `x.`", &["xy", "z"], &[]),
            ("span.a != `x`", &["x", "y"], &[]),
            ("span.a > `x`", &["a", "y"], &[]),
        ] {
            let entries = entries(text).unwrap();
            assert!(may.iter().all(|value| entries.may_be(value)), "{text}");
            assert!(!may_not.iter().any(|value| entries.may_be(value)), "{text}");
        }
    }
}
