//! The columns of resources and scopes: a row for each run of spans that have one in common.

use super::columns::{PromotedColumns, map_column, text_column};
use super::{Resource, Scope};
use crate::coded::{Column, MapColumn, Spread, TextColumn};
use crate::schema::columns::AttributesColumn;
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
}

/// The columns of resources.
#[derive(Debug)]
pub(super) struct ResourceColumns {
    runs: Runs,
    promoted: PromotedColumns,
    attrs: MapColumn,
    attr_types: MapColumn,
    dropped_attributes_count: Vec<i64>,
    schema_url: TextColumn,
    entity_refs: TextColumn,
    /// Attributes of the last resource that were left out.
    repeated: usize,
}

impl Default for ResourceColumns {
    fn default() -> Self {
        Self {
            runs: Runs::default(),
            promoted: PromotedColumns::new(promoted::RESOURCE, &promoted::RESOURCE_PLACES),
            attrs: MapColumn::default(),
            attr_types: MapColumn::default(),
            dropped_attributes_count: Vec::new(),
            schema_url: TextColumn::default(),
            entity_refs: TextColumn::default(),
            repeated: 0,
        }
    }
}

/// The finished columns of resources.
pub(super) struct FinishedResources {
    pub promoted: Vec<Column>,
    pub rest: [Column; 5],
}

impl ResourceColumns {
    pub fn begin(&mut self, resource: &Resource<'_>) {
        let run = self.runs.begin();
        let mut repeated = RepeatedKeys::default();
        for (at, (key, value)) in resource.attributes.iter().enumerate() {
            if repeated.is_repeated(&resource.attributes, at)
                || self.promoted.place(key).is_some_and(|place| self.promoted.set(run, place, value))
            {
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

    pub fn finish(&mut self, rows: usize) -> FinishedResources {
        let runs = std::mem::take(&mut self.runs.0);
        let spread = Spread::Runs(&runs, rows);
        FinishedResources {
            promoted: self.promoted.finish(spread),
            rest: [
                map_column(&mut self.attrs, spread),
                map_column(&mut self.attr_types, spread),
                spread.ints(&std::mem::take(&mut self.dropped_attributes_count)),
                text_column(&mut self.schema_url, spread),
                text_column(&mut self.entity_refs, spread),
            ],
        }
    }
}

/// The columns of scopes.
#[derive(Debug, Default)]
pub(super) struct ScopeColumns {
    runs: Runs,
    name: TextColumn,
    version: TextColumn,
    attributes: AttributesColumn,
    dropped_attributes_count: Vec<i64>,
    schema_url: TextColumn,
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

    pub fn finish(&mut self, rows: usize) -> [Column; 6] {
        let runs = std::mem::take(&mut self.runs.0);
        let spread = Spread::Runs(&runs, rows);
        let (attrs, attr_types) = self.attributes.finish();
        [
            text_column(&mut self.name, spread),
            text_column(&mut self.version, spread),
            spread.column(attrs),
            spread.column(attr_types),
            spread.ints(&std::mem::take(&mut self.dropped_attributes_count)),
            text_column(&mut self.schema_url, spread),
        ]
    }
}
