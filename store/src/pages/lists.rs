//! Which entries the rows of a page have, out of its levels.

use std::borrow::Cow;
use std::ops::Range;

use arrow::array::BooleanBufferBuilder;
use arrow::buffer::{BooleanBuffer, NullBuffer};
use parquet::errors::ParquetError;

use super::bits::{Hybrid, Numbers};
use super::damaged;

/// Of at most so many rows entries are looked up one by one: for more it is cheaper to know those of all.
pub(super) const FEW_ROWS_MAX: usize = 16;
/// The greatest definition level that is taken apart into bits.
const BITS_DEF_MAX: u32 = 3;

/// See the module.
#[derive(Debug)]
pub(super) enum Lists {
    Each {
        /// One more than rows.
        offsets: Vec<u32>,
        /// Rows without a map have no bit; `None` if all have one.
        valid: Option<NullBuffer>,
    },
    /// Where few rows are looked at.
    Few(FewLists),
}

/// Levels as bits.
#[derive(Debug)]
pub(super) struct FewLists {
    /// Levels with which a row begins; `None` if all do.
    starts: Option<BooleanBuffer>,
    rows: usize,
    /// Levels that are entries.
    entries: BooleanBuffer,
    /// Levels of rows without a map; `None` if all have one.
    nulls: Option<BooleanBuffer>,
}

impl Lists {
    pub fn rows(&self) -> usize {
        match self {
            Self::Each { offsets, .. } => offsets.len() - 1,
            Self::Few(few) => few.rows,
        }
    }

    /// How many entries all rows have.
    pub fn entries(&self) -> usize {
        match self {
            Self::Each { offsets, .. } => offsets.last().map_or(0, |len| *len as usize),
            Self::Few(few) => few.entries.count_set_bits(),
        }
    }

    /// The entries of neighbouring rows.
    pub fn of_rows(&self, rows: &Range<usize>) -> Range<usize> {
        match self {
            Self::Each { offsets, .. } => offsets[rows.start] as usize..offsets[rows.end] as usize,
            Self::Few(few) => few.before(rows.start)..few.before(rows.end),
        }
    }

    pub fn has_map(&self, row: usize) -> bool {
        match self {
            Self::Each { valid, .. } => valid.as_ref().is_none_or(|valid| valid.is_valid(row)),
            Self::Few(few) => few.nulls.as_ref().is_none_or(|nulls| !nulls.value(few.level(row))),
        }
    }

    /// Appends the ends of neighbouring rows, moved by `by`, and whether they have a map.
    pub fn append_to(&self, rows: &Range<usize>, by: i32, ends: &mut Vec<i32>, has_map: &mut BooleanBufferBuilder) {
        if let Self::Each { offsets, valid } = self {
            ends.extend(offsets[rows.start + 1..=rows.end].iter().map(|end| by + *end as i32));
            match valid {
                Some(valid) => has_map.append_buffer(&valid.inner().slice(rows.start, rows.len())),
                None => has_map.append_n(rows.len(), true),
            }
            return;
        }
        for row in rows.clone() {
            ends.push(by + self.of_rows(&(row..row + 1)).end as i32);
            has_map.append(self.has_map(row));
        }
    }

    /// Whether any row has a map.
    pub fn has_any_map(&self) -> bool {
        match self {
            _ if self.rows() == 0 => false,
            Self::Each { valid, .. } => valid.as_ref().is_none_or(|valid| valid.null_count() < valid.len()),
            // A row without a map is one level.
            Self::Few(few) => few.nulls.as_ref().is_none_or(|nulls| nulls.count_set_bits() < few.rows),
        }
    }

    /// By row the first of its entries, and at last how many there are.
    pub fn offsets(&self) -> Cow<'_, [u32]> {
        match self {
            Self::Each { offsets, .. } => offsets.into(),
            Self::Few(few) => few.offsets().into(),
        }
    }
}

impl FewLists {
    /// The level with which a row begins; of the row after the last how many levels there are.
    fn level(&self, row: usize) -> usize {
        match &self.starts {
            Some(starts) if row < self.rows => nth(starts, row),
            Some(starts) => starts.len(),
            None => row,
        }
    }

    fn offsets(&self) -> Vec<u32> {
        let mut offsets = Vec::with_capacity(self.rows + 1);
        let mut before = 0;
        for (level, is_entry) in self.entries.iter().enumerate() {
            if self.starts.as_ref().is_none_or(|starts| starts.value(level)) {
                offsets.push(before);
            }
            before += u32::from(is_entry);
        }
        offsets.push(before);
        offsets
    }

    /// How many entries come before a row.
    fn before(&self, row: usize) -> usize {
        self.entries.slice(0, self.level(row)).count_set_bits()
    }
}

/// The place of a set bit of which `before` come earlier.
fn nth(bits: &BooleanBuffer, mut before: usize) -> usize {
    for (at, word) in bits.bit_chunks().iter_padded().enumerate() {
        let count = word.count_ones() as usize;
        if before < count {
            let mut rest: u64 = word;
            (0..before).for_each(|_| rest &= rest - 1);
            return at * u64::BITS as usize + rest.trailing_zeros() as usize;
        }
        before -= count;
    }
    bits.len()
}

/// The lists of a page of `count` levels, and which of their entries have a value, `None` if all have. `repeats` are the levels that go
/// on with the row of the one before; an entry's level of definition is at least `entry_def`, a value's is `def_max`.
pub(super) fn few(
    repeats: &BooleanBuffer,
    defs: Hybrid<'_>,
    (entry_def, def_max): (u32, u32),
    count: usize,
) -> Result<(Lists, Option<NullBuffer>), ParquetError> {
    debug_assert!(reads(def_max));
    check(repeats, count)?;
    let (low, high) = if count == 0 { (repeats.clone(), repeats.clone()) } else { defs.two_bits(count)? };
    let at_least = |def: u32| match def {
        1 => &low | &high,
        2 => high.clone(),
        3 => &low & &high,
        _ => BooleanBuffer::new_set(count),
    };
    let entries = at_least(entry_def);
    let nulls = (entry_def > 1).then(|| !&at_least(1)).filter(BooleanBuffer::has_true);
    let valid = (def_max > entry_def).then(|| {
        let values = at_least(def_max);
        NullBuffer::new(entries.set_indices().map(|entry| values.value(entry)).collect())
    });
    let starts = repeats.has_true().then(|| !repeats);
    let rows = starts.as_ref().map_or(count, BooleanBuffer::count_set_bits);
    let lists = Lists::Few(FewLists { starts, rows, entries, nulls });
    Ok((lists, valid.filter(|valid| valid.null_count() > 0)))
}

/// Whether levels of definition are taken apart into bits.
pub(super) fn reads(def_max: u32) -> bool {
    (1..=BITS_DEF_MAX).contains(&def_max)
}

/// The lists of a page of `count` levels, and the definition levels of entries alone.
pub(super) fn each(
    repeats: &BooleanBuffer,
    defs: Numbers,
    entry_def: u32,
    count: usize,
) -> Result<(Lists, Numbers), ParquetError> {
    check(repeats, count)?;
    if let Numbers::Same(def) = &defs {
        if *def >= entry_def {
            let starts = !repeats;
            let offsets = starts.set_indices_u32().chain([count as u32]).collect();
            return Ok((Lists::Each { offsets, valid: None }, defs));
        }
        if !repeats.has_true() {
            let valid = (*def == 0 && entry_def > 1).then(|| NullBuffer::new_null(count));
            return Ok((Lists::Each { offsets: vec![0; count + 1], valid }, defs));
        }
    }
    let defs = defs.each(count);
    // Without branches: what is written is written again until its place is left.
    let (mut offsets, mut kept, mut has_map) = (vec![0; count + 1], vec![0; count + 1], vec![false; count + 1]);
    let (mut rows, mut entries) = (0, 0);
    for (repeats, def) in repeats.iter().zip(&*defs) {
        offsets[rows] = entries as u32;
        has_map[rows] = *def > 0;
        kept[entries] = *def;
        rows += usize::from(!repeats);
        entries += usize::from(*def >= entry_def);
    }
    offsets[rows] = entries as u32;
    offsets.truncate(rows + 1);
    offsets.shrink_to_fit();
    kept.truncate(entries);
    let has_null = entry_def > 1 && defs.contains(&0);
    let valid = has_null.then(|| NullBuffer::new(BooleanBuffer::collect_bool(rows, |row| has_map[row])));
    Ok((Lists::Each { offsets, valid }, Numbers::Each(kept.into())))
}

fn check(repeats: &BooleanBuffer, count: usize) -> Result<(), ParquetError> {
    match count > 0 && repeats.value(0) {
        true => Err(damaged("a page that begins within a row")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Levels of rows: of no map, of one without entries, and of entries with and without a value.
    fn rows(entry_def: u32) -> impl Strategy<Value = Vec<(bool, u32)>> {
        let row = prop_oneof![
            3 => (0..entry_def).prop_map(|def| vec![def]),
            2 => vec(entry_def..=entry_def + 1, 1..5),
            1 => (0..entry_def, 1usize..200).prop_map(|(def, times)| vec![def; times]),
        ];
        let levels = move |row: Vec<u32>| -> Vec<(bool, u32)> {
            // Several levels of no entry are several rows.
            row.iter().enumerate().map(|(at, def)| (at > 0 && *def >= entry_def, *def)).collect()
        };
        vec(row.prop_map(levels), 0..60).prop_map(|rows| rows.concat())
    }

    proptest! {
        #[test]
        fn few_are_those_of_all(
            (entry_def, mut levels) in (1u32..=2).prop_flat_map(|def| (Just(def), rows(def))),
            is_key in any::<bool>(),
            (first, last) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        ) {
            let (count, def_max) = (levels.len(), if is_key { entry_def } else { entry_def + 1 });
            levels.iter_mut().for_each(|(_, def)| *def = (*def).min(def_max));
            let repeats = BooleanBuffer::collect_bool(count, |at| levels[at].0);
            let defs: Vec<u32> = levels.iter().map(|(_, def)| *def).collect();
            let mut bytes = Vec::new();
            let width = u32::BITS - def_max.leading_zeros();
            crate::lake::file::encode_hybrid(&defs, width, &mut bytes);
            let (few, few_valid) =
                few(&repeats, Hybrid::new(&bytes, width).unwrap(), (entry_def, def_max), count).unwrap();
            let (each, of_entries) = each(&repeats, Numbers::Each(defs.into()), entry_def, count).unwrap();
            let valid: Vec<bool> = of_entries.each(each.entries()).iter().map(|def| *def == def_max).collect();
            let few_valid = few_valid.map_or(vec![true; few.entries()], |valid| valid.iter().collect());
            prop_assert_eq!(few_valid, valid);
            prop_assert_eq!((few.rows(), few.entries()), (each.rows(), each.entries()));
            prop_assert_eq!(few.offsets(), each.offsets());
            prop_assert_eq!(few.has_any_map(), (0..each.rows()).any(|row| each.has_map(row)));
            for row in 0..each.rows() {
                prop_assert_eq!(few.of_rows(&(row..row + 1)), each.of_rows(&(row..row + 1)));
                prop_assert_eq!(few.has_map(row), each.has_map(row));
            }
            let ends = [first.index(each.rows() + 1), last.index(each.rows() + 1)];
            let some = ends[0].min(ends[1])..ends[0].max(ends[1]);
            prop_assert_eq!(few.of_rows(&some), each.of_rows(&some));
            let appended = |lists: &Lists| {
                let (mut ends, mut has_map) = (Vec::new(), BooleanBufferBuilder::new(0));
                lists.append_to(&some, 3, &mut ends, &mut has_map);
                (ends, has_map.finish())
            };
            prop_assert_eq!(appended(&few), appended(&each));
        }
    }
}
