//! The keys of one service, scope and window.

use super::cells::bits;
use super::index::Index;
use super::place::Place;
use super::text::Text;
use super::values::{Kind, Rules, Values};
use crate::schema::spans::UnreadableRow;
use crate::value::InvalidStoredValue;

/// See the module. Keys are numbered in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Keys<'a> {
    keys: Vec<Key<'a>>,
    index: Index,
    /// The key of each promoted column that was met.
    of_column: Vec<Option<usize>>,
    values_trail: Trail,
    types_trail: Trail,
    /// Rows that were counted.
    visits: u64,
}

/// A key and its values.
#[derive(Debug)]
pub(super) struct Key<'a> {
    name: &'a [u8],
    pub count: i64,
    pub values: Values<'a>,
    /// The bit of its promoted column; 0 if it has none.
    promoted: u64,
    /// The visit that last found a type of its value, and the type.
    stored_type: (u64, &'a [u8]),
}

impl<'a> Keys<'a> {
    /// Counts the attributes of a row as if they were there `times` times.
    ///
    /// # Errors
    /// When a value is not of its type.
    pub fn note_row(&mut self, rules: &Rules, place: &Place<'a>, row: usize, times: i64) -> Result<(), UnreadableRow> {
        self.visits += 1;
        self.note_types(rules, place, row);
        let mut filled = place.cells.filled(row);
        for map in &place.maps {
            for entry in map.entries(row) {
                let Some(number) = self.number_of_entry(rules, place, row, map.key(entry)) else { continue };
                // The original in the map is the attribute; its column only says what can be said of it there.
                filled &= !self.keys[number].promoted;
                self.keys[number].note_stored(rules, self.visits, Text::of(map.value(entry)), times)?;
            }
        }
        for column in bits(filled) {
            let Some(number) = self.number_of_column(rules, place, column) else { continue };
            let (kind, text) = place.cells.value(row, column);
            self.keys[number].note(rules, kind, text, times)?;
        }
        Ok(())
    }

    /// Counts a string under a key that has no column.
    ///
    /// # Errors
    /// None: each text is a string.
    pub fn note_string(&mut self, rules: &Rules, name: &'a [u8], text: Text<'a>) -> Result<(), UnreadableRow> {
        if let Some(number) = self.find(rules, name).or_else(|| self.admit(rules, name)) {
            self.keys[number].note(rules, Kind::String, text, 1)?;
        }
        Ok(())
    }

    /// The keys in their alphabet.
    pub fn sorted(&self) -> Vec<&Key<'a>> {
        let mut keys: Vec<_> = self.keys.iter().collect();
        keys.sort_unstable_by_key(|key| key.name);
        keys
    }

    /// Notes the types of a row's values at their keys, as far as these are known.
    fn note_types(&mut self, rules: &Rules, place: &Place<'a>, row: usize) {
        for entry in place.types.entries(row) {
            let found = find(&self.keys, &self.index, &mut self.types_trail, rules, place.types.key(entry));
            if let Some(number) = found {
                self.keys[number].stored_type = (self.visits, place.types.value(entry));
            }
        }
    }

    /// The number of the key of a map's entry; `None` if it is not counted.
    fn number_of_entry(&mut self, rules: &Rules, place: &Place<'a>, row: usize, name: &'a [u8]) -> Option<usize> {
        if let Some(known) = self.find(rules, name) {
            return Some(known);
        }
        let number = self.admit(rules, name)?;
        let key = &mut self.keys[number];
        key.promoted = place.cells.bit(name);
        if let Some(stored_type) = place.types.find(row, name) {
            key.stored_type = (self.visits, stored_type);
        }
        Some(number)
    }

    fn number_of_column(&mut self, rules: &Rules, place: &Place<'a>, column: usize) -> Option<usize> {
        if let Some(Some(known)) = self.of_column.get(column) {
            return Some(*known);
        }
        let name = place.cells.key(column);
        let number = self.find(rules, name).or_else(|| self.admit(rules, name))?;
        self.keys[number].promoted = 1 << column;
        if self.of_column.len() <= column {
            self.of_column.resize(column + 1, None);
        }
        self.of_column[column] = Some(number);
        Some(number)
    }

    fn find(&mut self, rules: &Rules, name: &[u8]) -> Option<usize> {
        find(&self.keys, &self.index, &mut self.values_trail, rules, name)
    }

    /// Adds a key that is not known, if there is room for one of its length.
    fn admit(&mut self, rules: &Rules, name: &'a [u8]) -> Option<usize> {
        if self.keys.len() >= rules.limits.keys_max || name.len() > rules.limits.key_bytes_max {
            return None;
        }
        self.keys.push(Key { name, count: 0, values: Values::default(), promoted: 0, stored_type: (0, b"") });
        Some(self.index.push(rules.seed.text(name, 0)))
    }
}

/// The number of a key that is known.
fn find(keys: &[Key<'_>], index: &Index, trail: &mut Trail, rules: &Rules, name: &[u8]) -> Option<usize> {
    let expected = trail.expected();
    if keys.get(expected).is_some_and(|key| key.name == name) {
        trail.last = expected;
        return Some(expected);
    }
    let found = index.find(rules.seed.text(name, 0), |number| keys[number].name == name)?;
    trail.follow(found);
    Some(found)
}

impl<'a> Key<'a> {
    /// # Panics
    /// When the name is not UTF-8, which texts of Arrow's string arrays are.
    pub fn name(&self) -> &'a str {
        str::from_utf8(self.name).expect("a string array holds UTF-8")
    }

    /// Counts a value that stands in a map, of the type that this visit found.
    fn note_stored(&mut self, rules: &Rules, visit: u64, text: Text<'a>, times: i64) -> Result<(), InvalidStoredValue> {
        let (found, stored_type) = self.stored_type;
        let Some(kind) = Kind::of((found == visit).then_some(stored_type), text)? else {
            self.count += times;
            return Ok(());
        };
        self.note(rules, kind, text, times)
    }

    fn note(&mut self, rules: &Rules, kind: Kind, text: Text<'a>, times: i64) -> Result<(), InvalidStoredValue> {
        self.count += times;
        self.values.note(rules, kind, text, times)
    }
}

/// Which key came after which. Rows of one service mostly repeat the keys of a row before in the same order, and a key that
/// is expected needs no hash.
#[derive(Debug, Default)]
struct Trail {
    last: usize,
    next: Vec<usize>,
}

impl Trail {
    fn expected(&self) -> usize {
        self.next.get(self.last).copied().unwrap_or_default()
    }

    fn follow(&mut self, number: usize) {
        if self.next.len() <= self.last {
            self.next.resize(self.last + 1, 0);
        }
        self.next[self.last] = number;
        self.last = number;
    }
}
