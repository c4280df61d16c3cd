//! The keys of one service, scope and window.

use std::ops::Range;

use super::cells::bits;
use super::place::Place;
use super::runs::Counter;
use super::text::Text;
use super::values::{Kind, Rules, Values};
use crate::schema::index::Index;
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

/// Groups of rows that a row is compared with.
const GROUPS_LOOKED_AT: usize = 4;

/// Rows whose maps are the same.
#[derive(Debug)]
struct Group {
    first: usize,
    rows: i64,
    /// See [`Keys::note_maps`].
    originals: u64,
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
        let originals = self.note_maps(rules, place, row, times)?;
        for column in bits(place.cells.filled(row) & !originals) {
            let Some(number) = self.number_of_column(rules, place, column) else { continue };
            let (kind, text) = place.cells.value(row, column);
            self.keys[number].note(rules, kind, text, times)?;
        }
        Ok(())
    }

    /// Counts the attributes of rows. Where no bound can be met on the way they may come in any order: then rows with the same
    /// maps are looked at once, and columns value by value.
    ///
    /// # Errors
    /// As [`Self::note_row`].
    pub fn note_rows(
        &mut self,
        rules: &Rules,
        place: &Place<'a>,
        rows: Range<usize>,
        counter: &mut Counter,
    ) -> Result<(), UnreadableRow> {
        if rows.len() == 1 || !self.has_room(rules, place, &rows) {
            return rows.into_iter().try_for_each(|row| self.note_row(rules, place, row, 1));
        }
        let mut filled = Vec::with_capacity(rows.len());
        let mut groups: Vec<Group> = Vec::new();
        for row in rows.clone() {
            let known =
                groups.iter().rev().take(GROUPS_LOOKED_AT).position(|group| place.has_same_maps(group.first, row));
            let at = known.map_or(groups.len(), |before| groups.len() - 1 - before);
            if known.is_none() {
                groups.push(Group { first: row, rows: 0, originals: 0 });
            }
            groups[at].rows += 1;
            filled.push((at, place.cells.filled(row)));
        }
        for group in &mut groups {
            group.originals = self.note_maps(rules, place, group.first, group.rows)?;
        }
        let mut any = 0;
        for (group, filled) in &mut filled {
            *filled &= !groups[*group].originals;
            any |= *filled;
        }
        for column in bits(any) {
            let Some(number) = self.number_of_column(rules, place, column) else { continue };
            let has = |(row, (_, filled)): (usize, &(usize, u64))| (filled & (1 << column) != 0).then_some(row);
            let with_value = rows.clone().zip(&filled).filter_map(has);
            let (places, values) = place.cells.places(column);
            let key = &mut self.keys[number];
            counter.each(places, values, with_value, |at, times| {
                let (kind, text) = place.cells.value_at(column, at);
                key.note(rules, kind, text, times)
            })?;
        }
        Ok(())
    }

    /// Whether no key and no value of so many rows can be refused because there are too many.
    fn has_room(&self, rules: &Rules, place: &Place<'a>, rows: &Range<usize>) -> bool {
        let entries: usize =
            rows.clone().flat_map(|row| place.maps.iter().map(move |map| map.entries(row).len())).sum();
        // A row's value of a key is in a map or in its column.
        self.keys.len() + entries + u64::BITS as usize <= rules.limits.keys_max
            && self.keys.iter().all(|key| key.values.has_room_for(rules, rows.len()))
            && rows.len() <= rules.limits.values_max
    }

    /// Counts the attributes in the maps of a row. Returns the columns, as bits, of which the originals are there: an original
    /// is the attribute, and its column only says what can be said of it there.
    fn note_maps(&mut self, rules: &Rules, place: &Place<'a>, row: usize, times: i64) -> Result<u64, UnreadableRow> {
        self.visits += 1;
        self.note_types(rules, place, row);
        let mut originals = 0;
        for map in &place.maps {
            for entry in map.entries(row) {
                let Some(number) = self.number_of_entry(rules, place, row, map.key(entry)) else { continue };
                originals |= self.keys[number].promoted;
                self.keys[number].note_stored(rules, self.visits, Text::of(map.value(entry)), times)?;
            }
        }
        Ok(originals)
    }

    /// Counts a string under a key that has no column `times` times.
    ///
    /// # Errors
    /// None: each text is a string.
    pub fn note_string(
        &mut self,
        rules: &Rules,
        name: &'a [u8],
        text: Text<'a>,
        times: i64,
    ) -> Result<(), UnreadableRow> {
        if let Some(number) = self.find(rules, name).or_else(|| self.admit(rules, name)) {
            self.keys[number].note(rules, Kind::String, text, times)?;
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
