//! Columns that have few different values, taken apart into what Parquet stores of them: for each leaf its values, and by code of
//! a row which of these it has.

use arrow::array::{Array, ArrayRef, AsArray as _, StringArray};
use arrow::datatypes::{DataType, Int32Type, Int64Type};

use crate::coded::Dictionary;

/// Bytes of values that a column's dictionary has at most, as in the Parquet library: of more, plain values take less.
const VALUES_BYTES_MAX: usize = 1 << 20;
/// Entries that all maps of a column have at most: where each row has other ones, there is nothing to save.
const ENTRIES_MAX: usize = 1 << 20;
/// No value.
pub(super) const NULL: u32 = u32::MAX;

/// A column of few values, all rows of which have a code.
#[derive(Debug)]
pub(super) enum Few {
    /// One leaf.
    Flat(Leaf),
    /// Two leaves, `key` and `value`, with a level more of repetition.
    Map { rows: MapRows, keys: Leaf, values: Leaf },
}

/// The different values of a leaf.
#[derive(Debug)]
pub(super) struct Leaf {
    /// By code, or by entry of a map, the number of its value, or [`NULL`].
    pub numbers: Vec<u32>,
    pub plain: Plain,
}

/// By code: which entries a map has.
#[derive(Debug)]
pub(super) struct MapRows {
    ends: Vec<u32>,
    nulls: Vec<bool>,
}

/// Values as Parquet's encoding `PLAIN` has them, one after the other.
#[derive(Debug, Default)]
pub(super) struct Plain {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Plain {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn value(&self, number: u32) -> &[u8] {
        let number = number as usize;
        &self.bytes[number.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[number]]
    }

    /// The number of the value, which follows on that of the one before.
    fn push(&mut self, parts: &[&[u8]]) -> u32 {
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.ends.push(self.bytes.len());
        // There are fewer than codes.
        (self.ends.len() - 1) as u32
    }

    fn push_text(&mut self, text: &[u8]) -> u32 {
        // A text of a request is smaller than 4 GiB.
        self.push(&[&(text.len() as u32).to_le_bytes(), text])
    }
}

impl MapRows {
    /// How many codes there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The entries of a code, and whether its map is there.
    pub fn entries(&self, code: usize) -> Option<std::ops::Range<usize>> {
        let start = code.checked_sub(1).map_or(0, |before| self.ends[before]);
        (!self.nulls[code]).then_some(start as usize..self.ends[code] as usize)
    }
}

impl Few {
    /// How many values, or entries of maps, there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Flat(leaf) => leaf.numbers.len(),
            Self::Map { rows, values, .. } => rows.len().max(values.numbers.len()),
        }
    }

    /// `None` of a column that is better written in another way, or of a type that is none of texts, numbers, and maps of texts.
    pub fn of(values: &ArrayRef) -> Option<Self> {
        let column = match values.data_type() {
            DataType::Utf8View => {
                let texts = values.as_string_view();
                Self::Flat(Leaf::of(texts.iter(), |plain, text| plain.push_text(text.as_bytes())))
            }
            DataType::Int64 => {
                let numbers = values.as_primitive::<Int64Type>();
                Self::Flat(Leaf::of(numbers.iter(), |plain, number| plain.push(&[&number.to_le_bytes()])))
            }
            DataType::Int32 => {
                let numbers = values.as_primitive::<Int32Type>();
                Self::Flat(Leaf::of(numbers.iter(), |plain, number| plain.push(&[&number.to_le_bytes()])))
            }
            DataType::Map(..) => Self::of_maps(values)?,
            _ => return None,
        };
        let bytes = |leaf: &Leaf| leaf.plain.bytes.len();
        let bytes_max = match &column {
            Self::Flat(leaf) => bytes(leaf),
            Self::Map { keys, values, .. } => bytes(keys).max(bytes(values)),
        };
        (bytes_max <= VALUES_BYTES_MAX).then_some(column)
    }

    fn of_maps(values: &ArrayRef) -> Option<Self> {
        let maps = values.as_map_opt()?;
        let (keys, texts) = (maps.keys().as_string_opt::<i32>()?, maps.values().as_string_opt::<i32>()?);
        let offsets = maps.value_offsets();
        let (first, last) = (*offsets.first()?, *offsets.last()?);
        let entries = (last - first) as usize;
        if entries > ENTRIES_MAX {
            return None;
        }
        // Offsets are not negative and ascend.
        let ends = offsets[1..].iter().map(|end| (end - first) as u32).collect();
        let rows = MapRows { ends, nulls: (0..maps.len()).map(|code| maps.is_null(code)).collect() };
        let first = first as usize;
        Some(Self::Map {
            rows,
            keys: Leaf::distinct(keys, first, entries),
            values: Leaf::distinct(texts, first, entries),
        })
    }
}

impl Leaf {
    /// Values that differ from each other.
    fn of<V>(values: impl Iterator<Item = Option<V>>, push: impl Fn(&mut Plain, V) -> u32) -> Self {
        let mut plain = Plain::default();
        let numbers = values.map(|value| value.map_or(NULL, |value| push(&mut plain, value))).collect();
        Self { numbers, plain }
    }

    /// Some texts, many of which are equal.
    fn distinct(texts: &StringArray, first: usize, count: usize) -> Self {
        let (mut dictionary, mut plain) = (Dictionary::default(), Plain::default());
        let number = |at: usize| {
            if texts.is_null(at) {
                return NULL;
            }
            let text = texts.value(at).as_bytes();
            let known = dictionary.len();
            let number = dictionary.number(text, usize::MAX).expect("there is room for any number of texts");
            if number == known { plain.push_text(text) } else { number as u32 - 1 }
        };
        let numbers = (first..first + count).map(number).collect();
        Self { numbers, plain }
    }
}
