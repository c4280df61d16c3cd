//! What is looked for in spans by text: `cart 503` finds spans that have both words in their names, ids or values;
//! `http.route=/cart` those that have the value in that attribute; `-redis` leaves out what has the word. Words with blanks are quoted.
//! Case does not matter.

use arrow::array::{
    Array, AsArray, Int32Array, Int64Array, ListArray, MapArray, RecordBatch, StringViewArray, StructArray,
};
use arrow::datatypes::{Int32Type, Int64Type};
use regex::{Regex, RegexBuilder};
use spanloom_store::SpanId;
use spanloom_store::schema::columns::map_entries;
use spanloom_store::schema::promoted::{self, ColumnType, Promoted};
use spanloom_store::schema::spans::{self, UnreadableRow};

use super::gathered;
use crate::error::QueryError;

/// Characters of a text.
const TEXT_CHARS_MAX: usize = 1000;
const KINDS: [&str; 6] = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const STATUSES: [&str; 3] = ["unset", "ok", "error"];

/// One of the words, of which a span must have all.
struct Word {
    text: Regex,
    /// The whole of a name.
    whole: Regex,
    /// Only in the value of this; anywhere when there is none.
    key: Option<Regex>,
    is_excluded: bool,
}

pub(super) struct Words(Vec<Word>);

impl Words {
    /// # Errors
    /// `BadRequest` for a text that says nothing, or is too long.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(QueryError::BadRequest(format!("text has more than {TEXT_CHARS_MAX} characters")));
        }
        let pattern = Regex::new(r#"(-?)(?:([^\s"=]+)=)?(?:"([^"]*)"?|(\S+))"#).map_err(internal)?;
        let words = pattern.captures_iter(text).filter_map(|found| Word::of(&found).transpose());
        let words = words.collect::<Result<Vec<Word>, QueryError>>()?;
        if words.is_empty() {
            return Err(QueryError::BadRequest("text has no words to look for".to_owned()));
        }
        Ok(Self(words))
    }

    /// Whether the span of a row has all words.
    pub fn are_in(&self, row: &SearchedRow<'_>) -> bool {
        self.0.iter().all(|word| row.has(word) != word.is_excluded)
    }
}

impl Word {
    /// None for who still types: `-` or `""` says nothing yet.
    fn of(found: &regex::Captures<'_>) -> Result<Option<Self>, QueryError> {
        let text = found.get(3).or_else(|| found.get(4)).map_or("", |text| text.as_str());
        if text.is_empty() || text == "-" {
            return Ok(None);
        }
        let text = regex::escape(text);
        let key = found.get(2).map(|key| ignoring_case(&format!("^{}$", regex::escape(key.as_str()))));
        Ok(Some(Self {
            whole: ignoring_case(&format!("^{text}$"))?,
            text: ignoring_case(&text)?,
            key: key.transpose()?,
            is_excluded: &found[1] == "-",
        }))
    }

    fn is_in(&self, name: &str, value: &str) -> bool {
        self.key.as_ref().is_none_or(|key| key.is_match(name)) && self.text.is_match(value)
    }

    /// A word that is the whole name of an attribute finds those that have it.
    fn is_in_attribute(&self, key: &str, value: &str) -> bool {
        self.key.is_none() && self.whole.is_match(key) || self.is_in(key, value)
    }
}

fn ignoring_case(pattern: &str) -> Result<Regex, QueryError> {
    RegexBuilder::new(pattern).case_insensitive(true).build().map_err(internal)
}

fn internal(error: regex::Error) -> QueryError {
    QueryError::Internal(error.to_string())
}

/// The columns that are looked into, with those that every trace in columns needs.
pub(super) fn columns() -> Vec<&'static str> {
    let mut columns: Vec<&str> = gathered::COLUMNS.into();
    columns.extend(["status_message", "resource_attrs"]);
    columns.extend((0..promoted::BUCKETS).map(spans::bucket_column));
    let promoted = promoted::RESOURCE.iter().chain(promoted::SPAN).map(|promoted| promoted.column);
    columns.extend(promoted.filter(|column| !gathered::COLUMNS.contains(column)));
    columns
}

/// A batch with [`columns`].
pub(super) struct SearchedBatch<'a> {
    id: &'a Int64Array,
    kind: &'a Int32Array,
    status: &'a Int32Array,
    name: &'a StringViewArray,
    message: &'a StringViewArray,
    service: &'a StringViewArray,
    maps: Vec<&'a MapArray>,
    texts: Vec<(&'static str, &'a StringViewArray)>,
    ints: Vec<(&'static str, &'a Int64Array)>,
    events: &'a ListArray,
}

impl<'a> SearchedBatch<'a> {
    pub fn of(batch: &'a RecordBatch) -> Result<Self, UnreadableRow> {
        let find = |name: &'static str| batch.column_by_name(name).ok_or(UnreadableRow::Column(name));
        let int = |name| find(name)?.as_primitive_opt::<Int64Type>().ok_or(UnreadableRow::Column(name));
        let small_int = |name| find(name)?.as_primitive_opt::<Int32Type>().ok_or(UnreadableRow::Column(name));
        let text = |name| find(name)?.as_string_view_opt().ok_or(UnreadableRow::Column(name));
        let map = |name| find(name)?.as_map_opt().ok_or(UnreadableRow::Column(name));
        let promoted = || promoted::RESOURCE.iter().chain(promoted::SPAN);
        let of_type = move |wanted| promoted().filter(move |promoted: &&Promoted| promoted.column_type == wanted);
        let maps = (0..promoted::BUCKETS).map(spans::bucket_column).chain(["resource_attrs"]);
        Ok(Self {
            id: int("span_id")?,
            kind: small_int("kind")?,
            status: small_int("status_code")?,
            name: text("name")?,
            message: text("status_message")?,
            service: text("service_name")?,
            maps: maps.map(map).collect::<Result<_, _>>()?,
            texts: of_type(ColumnType::String).map(|p| keyed(p, text(p.column))).collect::<Result<_, _>>()?,
            ints: of_type(ColumnType::Int).map(|p| keyed(p, int(p.column))).collect::<Result<_, _>>()?,
            events: find("events")?.as_list_opt().ok_or(UnreadableRow::Column("events"))?,
        })
    }

    pub fn row(&self, at: usize) -> SearchedRow<'_> {
        SearchedRow { batch: self, at }
    }
}

fn keyed<T>(promoted: &Promoted, column: Result<T, UnreadableRow>) -> Result<(&'static str, T), UnreadableRow> {
    Ok((promoted.key, column?))
}

/// A span that is looked into.
pub(super) struct SearchedRow<'a> {
    batch: &'a SearchedBatch<'a>,
    at: usize,
}

impl SearchedRow<'_> {
    fn has(&self, word: &Word) -> bool {
        self.is_called(word) || self.has_attribute(word) || self.has_event(word)
    }

    fn is_called(&self, word: &Word) -> bool {
        let Self { batch, at } = *self;
        let of = |names: &[&'static str], number: i32| {
            usize::try_from(number).ok().and_then(|number| names.get(number).copied()).unwrap_or(names[0])
        };
        word.is_in("name", text(batch.name, at))
            || word.is_in("service", text(batch.service, at))
            || word.is_in("kind", of(&KINDS, batch.kind.value(at)))
            || word.is_in("status", of(&STATUSES, batch.status.value(at)))
            || word.is_in("message", text(batch.message, at))
            || word.is_in("id", &SpanId::from_int(batch.id.value(at)).to_string())
    }

    fn has_attribute(&self, word: &Word) -> bool {
        let Self { batch, at } = *self;
        let texts = || batch.texts.iter().filter(|(_, column)| column.is_valid(at));
        let ints = || batch.ints.iter().filter(|(_, column)| column.is_valid(at));
        texts().any(|(key, column)| word.is_in_attribute(key, column.value(at)))
            || ints().any(|(key, column)| word.is_in_attribute(key, &column.value(at).to_string()))
            || batch.maps.iter().any(|map| is_in_map(word, map, at))
    }

    fn has_event(&self, word: &Word) -> bool {
        let Self { batch: SearchedBatch { events, .. }, at } = *self;
        if events.is_null(at) {
            return false;
        }
        let offsets = events.value_offsets();
        let range = offsets[at] as usize..offsets[at + 1] as usize;
        events.values().as_struct_opt().is_some_and(|elements| range.into_iter().any(|i| is_event(word, elements, i)))
    }
}

fn is_event(word: &Word, elements: &StructArray, at: usize) -> bool {
    let names = elements.column_by_name("name").and_then(|column| column.as_string_opt::<i32>());
    let attributes = elements.column_by_name("attrs").and_then(|column| column.as_map_opt());
    names.is_some_and(|names| word.is_in("event", if names.is_null(at) { "" } else { names.value(at) }))
        || attributes.is_some_and(|attributes| is_in_map(word, attributes, at))
}

fn is_in_map(word: &Word, map: &MapArray, at: usize) -> bool {
    map_entries(map, at).any(|(key, value)| word.is_in_attribute(key, value))
}

fn text(column: &StringViewArray, at: usize) -> &str {
    if column.is_valid(at) { column.value(at) } else { "" }
}
