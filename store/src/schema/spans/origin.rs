//! The columns of resources and scopes: a row for each run of spans that have one in common.

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;

use super::blank::Blank;
use super::columns::{PromotedColumns, ints};
use super::{Resource, Scope};
use crate::schema::columns::{AttributesColumn, StringColumn, StringMapColumn};
use crate::schema::promoted;
use crate::schema::repeated::RepeatedKeys;

/// How many spans there are in each run.
#[derive(Debug, Default)]
struct Runs(Vec<usize>);

impl Runs {
    /// Begins a run; returns its number.
    fn begin(&mut self) -> usize {
        self.0.push(0);
        self.0.len() - 1
    }

    fn add_row(&mut self) {
        *self.0.last_mut().expect("a run has begun") += 1;
    }

    /// Ends the runs: the row of each is to be repeated as often as it has spans.
    fn finish(&mut self, rows: usize) -> Repeater {
        let mut runs = Vec::with_capacity(rows);
        for (run, spans) in self.0.drain(..).enumerate() {
            runs.extend(std::iter::repeat_n(run as u32, spans));
        }
        Repeater { runs: runs.into() }
    }
}

/// The run of each span.
struct Repeater {
    runs: UInt32Array,
}

impl Repeater {
    fn repeat(&self, column: &ArrayRef) -> ArrayRef {
        take(column, &self.runs, None).expect("each run has a row in columns of types that can be taken of")
    }
}

/// The columns of resources.
#[derive(Debug)]
pub(super) struct ResourceColumns {
    runs: Runs,
    promoted: PromotedColumns,
    attrs: StringMapColumn,
    attr_types: StringMapColumn,
    dropped_attributes_count: Vec<i64>,
    schema_url: StringColumn,
    entity_refs: StringColumn,
    /// Attributes of the last resource that were left out.
    repeated: usize,
}

impl Default for ResourceColumns {
    fn default() -> Self {
        Self {
            runs: Runs::default(),
            promoted: PromotedColumns::new(promoted::RESOURCE, &promoted::RESOURCE_PLACES),
            attrs: StringMapColumn::default(),
            attr_types: StringMapColumn::default(),
            dropped_attributes_count: Vec::new(),
            schema_url: StringColumn::default(),
            entity_refs: StringColumn::default(),
            repeated: 0,
        }
    }
}

/// The finished columns of resources.
pub(super) struct FinishedResources {
    pub promoted: Vec<ArrayRef>,
    pub rest: [ArrayRef; 5],
}

impl ResourceColumns {
    pub fn begin(&mut self, resource: &Resource<'_>) {
        let run = self.runs.begin();
        let mut repeated = RepeatedKeys::default();
        for (at, (key, value)) in resource.attributes.iter().enumerate() {
            if repeated.is_repeated(&resource.attributes, at) || self.promoted.set(run, key, value) {
                continue;
            }
            let (text, value_type) = value.encode();
            self.attrs.entry_of(run, key, &text);
            if let Some(value_type) = value_type {
                self.attr_types.entry_of(run, key, value_type.as_str());
            }
        }
        self.repeated = repeated.count;
        self.dropped_attributes_count.push(i64::from(resource.dropped_attributes_count));
        self.schema_url.set_or_null(run, &resource.schema_url);
        if !resource.entity_refs.is_empty() {
            let refs = serde_json::to_string(&resource.entity_refs);
            self.entity_refs.set(run, &refs.expect("strings and lists always become JSON"));
        }
    }

    /// Adds a span of the resource that has begun; returns how many of its attributes were left out.
    pub fn add_row(&mut self) -> usize {
        self.runs.add_row();
        self.repeated
    }

    pub fn finish(&mut self, blank: &Blank) -> FinishedResources {
        let runs = Blank::new(self.runs.0.len());
        let repeater = self.runs.finish(blank.rows());
        let texts = |column: &mut StringColumn| {
            if column.is_blank() { blank.texts() } else { repeater.repeat(&runs.or_texts(column)) }
        };
        let map = |column: &mut StringMapColumn| {
            if column.is_blank() { blank.map() } else { repeater.repeat(&runs.or_map(column)) }
        };
        FinishedResources {
            promoted: self.promoted.finish_each(|column| match column.is_blank() {
                true => column.finish(blank),
                false => repeater.repeat(&column.finish(&runs)),
            }),
            rest: [
                map(&mut self.attrs),
                map(&mut self.attr_types),
                repeater.repeat(&ints(&mut self.dropped_attributes_count)),
                texts(&mut self.schema_url),
                texts(&mut self.entity_refs),
            ],
        }
    }
}

/// The columns of scopes.
#[derive(Debug, Default)]
pub(super) struct ScopeColumns {
    runs: Runs,
    name: StringColumn,
    version: StringColumn,
    attributes: AttributesColumn,
    dropped_attributes_count: Vec<i64>,
    schema_url: StringColumn,
    /// Attributes of the last scope that were left out.
    repeated: usize,
}

impl ScopeColumns {
    pub fn begin(&mut self, scope: &Scope<'_>) {
        let run = self.runs.begin();
        self.name.set_or_null(run, &scope.name);
        self.version.set_or_null(run, &scope.version);
        self.repeated = self.attributes.append(&scope.attributes);
        self.dropped_attributes_count.push(i64::from(scope.dropped_attributes_count));
        self.schema_url.set_or_null(run, &scope.schema_url);
    }

    /// Adds a span of the scope that has begun; returns how many of its attributes were left out.
    pub fn add_row(&mut self) -> usize {
        self.runs.add_row();
        self.repeated
    }

    pub fn finish(&mut self, blank: &Blank) -> [ArrayRef; 6] {
        let runs = Blank::new(self.runs.0.len());
        let repeater = self.runs.finish(blank.rows());
        let texts = |column: &mut StringColumn| {
            if column.is_blank() { blank.texts() } else { repeater.repeat(&runs.or_texts(column)) }
        };
        let (attrs, attr_types) = self.attributes.finish();
        let map = |column: &ArrayRef| match column.null_count() == column.len() {
            true => blank.map(),
            false => repeater.repeat(column),
        };
        [
            texts(&mut self.name),
            texts(&mut self.version),
            map(&attrs),
            map(&attr_types),
            repeater.repeat(&ints(&mut self.dropped_attributes_count)),
            texts(&mut self.schema_url),
        ]
    }
}
