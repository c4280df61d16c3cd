//! The values of a key: counted one by one as long as there are few, and estimated from then on.

use super::distinct::Distinct;
use super::limits::Limits;
use super::text::Text;
use crate::schema::index::{Index, Seed};
use crate::value::{InvalidStoredValue, Value, ValueType};

/// What a tally goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub limits: Limits,
    pub seed: Seed,
}

/// The type of a value that can be proposed, strings first and then by name: the order among values of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    String,
    Bool,
    Double,
    Int,
}

impl Kind {
    /// The name in column `type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Bool => ValueType::Bool.as_str(),
            Self::Double => ValueType::Double.as_str(),
            Self::Int => ValueType::Int.as_str(),
        }
    }

    /// The kind of a stored value of which the map of types says `stored_type`; `None` if it is not proposed: nobody types
    /// a list, and what is no text at all cannot be typed.
    ///
    /// # Errors
    /// When there is no such type.
    pub fn of(stored_type: Option<&[u8]>, text: Text<'_>) -> Result<Option<Self>, InvalidStoredValue> {
        let Some(name) = stored_type else { return Ok(Some(Self::String)) };
        let is_name = |known: &str| known.as_bytes() == name;
        if let Some(typed) = [Self::Int, Self::Bool, Self::Double].into_iter().find(|kind| is_name(kind.as_str())) {
            return Ok(Some(typed));
        }
        if !UNLISTED.iter().any(|unlisted| is_name(unlisted.as_str())) {
            check(text, &String::from_utf8_lossy(name))?;
        }
        Ok(None)
    }
}

/// Whether a text is one of a stored type.
fn check(text: Text<'_>, stored_type: &str) -> Result<(), InvalidStoredValue> {
    text.read(|text| Value::decode(text, Some(stored_type)).map(|_| ()))
}

const UNLISTED: [ValueType; 5] =
    [ValueType::Array, ValueType::Map, ValueType::Tagged, ValueType::Bytes, ValueType::Empty];

/// A value and how often it was there.
#[derive(Debug)]
struct Known<'a> {
    kind: Kind,
    text: Text<'a>,
    count: i64,
}

/// See the module. Texts are those of the batches.
#[derive(Debug, Default)]
pub(super) struct Values<'a> {
    /// The first that came.
    known: Vec<Known<'a>>,
    /// The one that was there last: neighbouring rows mostly have the same.
    last: usize,
    index: Index,
    /// All of them, once there are more than are kept.
    distinct: Option<Distinct>,
}

impl<'a> Values<'a> {
    /// Counts a value that was there `times` times. A key has its integers either as numbers or as texts.
    ///
    /// # Errors
    /// When the text is not one of its kind.
    pub fn note(&mut self, rules: &Rules, kind: Kind, text: Text<'a>, times: i64) -> Result<(), InvalidStoredValue> {
        if let Some(last) = self.known.get_mut(self.last).filter(|last| last.kind == kind && last.text == text) {
            last.count += times;
            return Ok(());
        }
        let is_short = text.is_within(rules.limits.value_bytes_max);
        let hash = if is_short { text.hash(rules.seed, kind as u8) } else { 0 };
        if is_short && let Some(known) = self.find(hash, kind, text) {
            self.known[known].count += times;
            self.last = known;
            return Ok(());
        }
        if kind != Kind::String && !matches!(text, Text::Number(_)) {
            check(text, kind.as_str())?;
        }
        if is_short && self.has_room(rules) {
            self.index.push(hash);
            self.known.push(Known { kind, text, count: times });
        } else {
            self.estimate(text);
        }
        Ok(())
    }

    fn find(&self, hash: u64, kind: Kind, text: Text<'_>) -> Option<usize> {
        self.index.find(hash, |at| self.known[at].kind == kind && self.known[at].text == text)
    }

    /// Once a value had no room none gets it, so that the known ones are counted from their first time on.
    fn has_room(&self, rules: &Rules) -> bool {
        self.distinct.is_none() && self.known.len() < rules.limits.values_max
    }

    /// Whether none of so many values can be the first that has no room.
    pub fn has_room_for(&self, rules: &Rules, values: usize) -> bool {
        self.distinct.is_some() || self.known.len() + values <= rules.limits.values_max
    }

    fn estimate(&mut self, text: Text<'_>) {
        let known = &self.known;
        let distinct = self.distinct.get_or_insert_with(|| {
            let mut distinct = Distinct::default();
            known.iter().for_each(|known| known.text.read(|text| distinct.note(text)));
            distinct
        });
        text.read(|text| distinct.note(text));
    }

    /// How many different values there were, about.
    pub fn distinct(&self) -> i64 {
        self.distinct.as_ref().map_or(self.known.len() as i64, Distinct::estimate)
    }

    /// The values worth proposing of a key that was there `count` times, the most frequent first: all, or the most frequent,
    /// or none where nearly every one is another.
    pub fn kept(&self, rules: &Rules, count: i64) -> Vec<(Kind, String, i64)> {
        let (distinct, values_kept) = (self.distinct(), rules.limits.values_kept);
        if distinct > values_kept as i64 && distinct.saturating_mul(10) > count.saturating_mul(9) {
            return Vec::new();
        }
        let row = |known: &Known<'_>| (known.kind, known.text.read(str::to_owned), known.count);
        let mut values: Vec<_> = self.known.iter().map(row).collect();
        values.sort_unstable_by(|a, b| b.2.cmp(&a.2).then_with(|| (&a.1, a.0).cmp(&(&b.1, b.0))));
        if self.distinct.is_some() {
            values.truncate(values_kept);
        }
        values
    }
}
