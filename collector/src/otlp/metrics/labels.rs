//! Attributes as labels.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::KeyValue;

use super::point::BadPoint;
use super::{name, text};

/// Names and values, sorted by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSet(BTreeMap<String, String>);

impl LabelSet {
    /// The labels of attributes. Those that get one name are one label: their values, joined by `;` in the order of the
    /// keys. Of a key that stands there twice the first counts.
    ///
    /// # Errors
    /// [`BadPoint::Attribute`], [`BadPoint::Nesting`].
    pub fn of<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>) -> Result<Self, BadPoint> {
        let mut sorted: Vec<&KeyValue> = attributes.into_iter().collect();
        sorted.sort_by(|one, other| one.key.cmp(&other.key));
        sorted.dedup_by(|later, first| later.key == first.key);
        let mut labels = BTreeMap::<String, String>::new();
        for attribute in sorted {
            let name = name::label(&attribute.key).ok_or_else(|| BadPoint::attribute(&attribute.key))?;
            let value = text::text(attribute.value.as_ref()).ok_or(BadPoint::Nesting)?;
            match labels.get_mut(&name) {
                Some(joined) => {
                    joined.push(';');
                    joined.push_str(&value);
                }
                None => drop(labels.insert(name, value)),
            }
        }
        Ok(Self(labels))
    }

    /// Sets a label, whatever it was.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// Adds labels whose names are not there yet.
    pub fn add_absent(&mut self, others: &Self) {
        for (name, value) in &others.0 {
            self.0.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }

    /// Sets labels, whatever they were.
    pub fn set_all(&mut self, others: &Self) {
        self.0.extend(others.0.iter().map(|(name, value)| (name.clone(), value.clone())));
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Letters of names and values.
    pub fn chars(&self) -> usize {
        self.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum()
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::AnyValue;
    use opentelemetry_proto::tonic::common::v1::any_value::Value;

    use super::*;

    fn check(attributes: &[(&str, &str)], expected: &[(&str, &str)]) {
        let attributes: Vec<KeyValue> = attributes
            .iter()
            .map(|(key, value)| KeyValue {
                key: (*key).to_owned(),
                value: Some(AnyValue { value: Some(Value::StringValue((*value).to_owned())) }),
                ..KeyValue::default()
            })
            .collect();
        assert_eq!(LabelSet::of(&attributes).unwrap().iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn keys_that_become_one_name_are_one_label() {
        check(&[("a_b", "3"), ("a.b", "2"), ("a-b", "1"), ("c", "x")], &[("a_b", "1;2;3"), ("c", "x")]);
    }

    #[test]
    fn of_a_repeated_key_the_first_counts() {
        check(&[("a", "1"), ("a", "2")], &[("a", "1")]);
    }
}
