//! Counts keys and values, with a bound for each.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::RecordBatch;

use super::Scope;
use super::distinct::Distinct;
use crate::schema::spans::{SpanRow, SpansReader, UnreadableRow};
use crate::time::bucket_start_ns;
use crate::value::{Attributes, Value, ValueType};

/// Longer values are counted and not kept.
pub const VALUE_BYTES_MAX: usize = 128;
/// Values of one key, service and window that are kept.
pub const VALUES_MAX: usize = 1_000;
/// Of a key with more values, the most frequent ones are kept.
pub const VALUES_KEPT: usize = 100;
/// Keys of one service, scope and window; a client that makes up keys must not make the table as large as the spans.
const KEYS_MAX: usize = 5_000;
/// Longer keys are not proposed.
const KEY_BYTES_MAX: usize = 256;

/// Whose keys are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Group {
    pub start_ns: i64,
    pub scope: Scope,
    pub service: Option<Arc<str>>,
}

/// Keys by group.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<Group, BTreeMap<Box<str>, KeyTally>>);

/// The values of a key.
#[derive(Debug, Default)]
pub(super) struct KeyTally {
    count: i64,
    values: HashMap<(Option<ValueType>, Box<str>), i64>,
    /// All of them, once there are more than are kept.
    distinct: Option<Distinct>,
}

impl Tally {
    pub fn add(&mut self, spans: &RecordBatch) -> Result<(), UnreadableRow> {
        let reader = SpansReader::new(spans);
        for row in 0..spans.num_rows() {
            self.add_span(&reader.row(row)?);
        }
        Ok(())
    }

    pub fn groups(&self) -> impl Iterator<Item = (&Group, &BTreeMap<Box<str>, KeyTally>)> {
        self.0.iter()
    }

    fn add_span(&mut self, row: &SpanRow<'_>) {
        let service = row.resource.attributes.iter().find_map(|(key, value)| match value {
            Value::String(name) if key == "service.name" => Some(Arc::from(&**name)),
            _ => None,
        });
        let start_ns = bucket_start_ns(row.span.start_ns);
        let mut add = |scope, attributes: &Attributes<'_>| {
            if !attributes.is_empty() {
                let group = Group { start_ns, scope, service: service.clone() };
                let keys = self.0.entry(group).or_default();
                attributes.iter().for_each(|(key, value)| note(keys, key, value));
            }
        };
        add(Scope::Resource, &row.resource.attributes);
        add(Scope::Span, &row.span.attributes);
        add(Scope::Instrumentation, &row.scope.attributes);
        row.span.events.iter().for_each(|event| add(Scope::Event, &event.attributes));
        row.span.links.iter().for_each(|link| add(Scope::Link, &link.attributes));
        if !row.span.name.is_empty() {
            add(Scope::Intrinsic, &vec![("name".into(), Value::String(row.span.name.clone()))]);
        }
    }
}

fn note(keys: &mut BTreeMap<Box<str>, KeyTally>, key: &str, value: &Value<'_>) {
    if key.len() > KEY_BYTES_MAX {
        return;
    }
    if let Some(known) = keys.get_mut(key) {
        known.note(value);
    } else if keys.len() < KEYS_MAX {
        keys.entry(key.into()).or_default().note(value);
    }
}

impl KeyTally {
    fn note(&mut self, value: &Value<'_>) {
        self.count += 1;
        // Nobody types a list, and what is no text at all cannot be typed.
        if matches!(value, Value::Array(_) | Value::Map(_) | Value::Bytes(_) | Value::Empty) {
            return;
        }
        let (text, value_type) = value.encode();
        let is_short = text.len() <= VALUE_BYTES_MAX;
        if is_short && self.distinct.is_none() && self.values.len() < VALUES_MAX {
            *self.values.entry((value_type, text.into())).or_default() += 1;
            return;
        }
        if let Some(known) = self.values.get_mut(&(value_type, Box::from(&*text))) {
            *known += 1;
        }
        let known = &self.values;
        let distinct = self.distinct.get_or_insert_with(|| {
            let mut distinct = Distinct::default();
            known.keys().for_each(|(_, text)| distinct.note(text));
            distinct
        });
        distinct.note(&*text);
    }

    pub fn count(&self) -> i64 {
        self.count
    }

    /// How many different values there were, about.
    pub fn distinct(&self) -> i64 {
        self.distinct.as_ref().map_or(self.values.len() as i64, Distinct::estimate)
    }

    /// The values worth proposing: all, or the most frequent, or none where nearly every one is another.
    pub fn kept(&self) -> Vec<(Option<ValueType>, &str, i64)> {
        let distinct = self.distinct();
        if distinct > VALUES_KEPT as i64 && distinct.saturating_mul(10) > self.count.saturating_mul(9) {
            return Vec::new();
        }
        let mut values: Vec<_> = self.values.iter().map(|((kind, value), count)| (*kind, &**value, *count)).collect();
        values.sort_unstable_by(|a, b| {
            b.2.cmp(&a.2).then_with(|| (a.1, a.0.map(ValueType::as_str)).cmp(&(b.1, b.0.map(ValueType::as_str))))
        });
        if self.distinct.is_some() {
            values.truncate(VALUES_KEPT);
        }
        values
    }
}
