//! Rows back to spans.

use arrow::array::{
    Array, AsArray, Int32Array, Int64Array, ListArray, MapArray, RecordBatch, StringArray, StringViewArray, StructArray,
};
use thiserror::Error;

use super::{EntityRef, Event, Link, Quirks, Resource, Scope, Span, bucket_column};
use crate::ids::{SpanId, TraceId};
use crate::schema::columns;
use crate::schema::promoted::{self, ColumnType, Promoted};
use crate::value::{Attributes, InvalidStoredValue, Value};

/// A row that is not one of ours: a column is missing or of another type, or a stored value does not parse.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnreadableRow {
    #[error("column {0:?} of spans is missing or has another type")]
    Column(&'static str),
    #[error(transparent)]
    Value(#[from] InvalidStoredValue),
    #[error("stored entity references are not JSON: {0}")]
    EntityRefs(String),
}

/// A whole row: span, resource and scope.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanRow<'a> {
    pub resource: Resource<'a>,
    pub scope: Scope<'a>,
    pub span: Span<'a>,
}

/// Reads the spans of a batch with all columns of the table's schema (in any order, `hour` not needed).
pub struct SpansReader<'a> {
    resource: ResourceColumns<'a>,
    scope: ScopeColumns<'a>,
    span: SpanColumns<'a>,
}

struct ResourceColumns<'a> {
    attributes: AttributeColumns<'a>,
    promoted: Vec<PromotedColumn<'a>>,
    dropped_attributes_count: &'a Int64Array,
    schema_url: &'a StringViewArray,
    entity_refs: &'a StringViewArray,
}

struct ScopeColumns<'a> {
    name: &'a StringViewArray,
    version: &'a StringViewArray,
    attributes: AttributeColumns<'a>,
    dropped_attributes_count: &'a Int64Array,
    schema_url: &'a StringViewArray,
}

struct SpanColumns<'a> {
    trace_hi: &'a Int64Array,
    trace_lo: &'a Int64Array,
    span_id: &'a Int64Array,
    parent_span_id: &'a Int64Array,
    trace_state: &'a StringViewArray,
    flags: &'a Int64Array,
    name: &'a StringViewArray,
    kind: &'a Int32Array,
    start_ns: &'a Int64Array,
    duration_ns: &'a Int64Array,
    buckets: Vec<&'a MapArray>,
    attr_types: &'a MapArray,
    promoted: Vec<PromotedColumn<'a>>,
    dropped_attributes_count: &'a Int64Array,
    events: Option<Events<'a>>,
    dropped_events_count: &'a Int64Array,
    links: Option<Links<'a>>,
    dropped_links_count: &'a Int64Array,
    status_code: &'a Int32Array,
    status_message: &'a StringViewArray,
    quirks: &'a Int32Array,
}

/// A map of values and the map of their types.
#[derive(Clone, Copy)]
struct AttributeColumns<'a> {
    values: &'a MapArray,
    types: &'a MapArray,
}

struct PromotedColumn<'a> {
    key: &'static str,
    values: PromotedValues<'a>,
}

enum PromotedValues<'a> {
    Strings(&'a StringViewArray),
    Ints(&'a Int64Array),
}

struct Events<'a> {
    list: &'a ListArray,
    time_ns: &'a Int64Array,
    name: &'a StringArray,
    attributes: AttributeColumns<'a>,
    dropped_attributes_count: &'a Int64Array,
}

struct Links<'a> {
    list: &'a ListArray,
    trace_hi: &'a Int64Array,
    trace_lo: &'a Int64Array,
    span_id: &'a Int64Array,
    trace_state: &'a StringArray,
    attributes: AttributeColumns<'a>,
    dropped_attributes_count: &'a Int64Array,
    flags: &'a Int64Array,
}

impl<'a> SpansReader<'a> {
    /// # Errors
    /// The first column that is missing or of another type.
    pub fn new(batch: &'a RecordBatch) -> Result<Self, UnreadableRow> {
        let columns = Columns(batch);
        Ok(Self { resource: columns.resource()?, scope: columns.scope()?, span: columns.span()? })
    }

    /// The span of a row, with its resource and scope.
    ///
    /// # Errors
    /// A value that does not parse.
    pub fn row(&self, row: usize) -> Result<SpanRow<'a>, UnreadableRow> {
        Ok(SpanRow { resource: self.resource(row)?, scope: self.scope(row)?, span: self.span(row)? })
    }

    /// # Errors
    /// As [`Self::row`].
    pub fn resource(&self, row: usize) -> Result<Resource<'a>, UnreadableRow> {
        let columns = &self.resource;
        let mut attributes = columns.attributes.of_row(row)?;
        add_promoted(&columns.promoted, row, &mut attributes);
        let entity_refs: Vec<EntityRef> = match text(columns.entity_refs, row) {
            "" => Vec::new(),
            json => serde_json::from_str(json).map_err(|e| UnreadableRow::EntityRefs(e.to_string()))?,
        };
        Ok(Resource {
            attributes,
            dropped_attributes_count: count(columns.dropped_attributes_count, row),
            schema_url: text(columns.schema_url, row).into(),
            entity_refs,
        })
    }

    /// # Errors
    /// As [`Self::row`].
    pub fn scope(&self, row: usize) -> Result<Scope<'a>, UnreadableRow> {
        let columns = &self.scope;
        Ok(Scope {
            name: text(columns.name, row).into(),
            version: text(columns.version, row).into(),
            attributes: columns.attributes.of_row(row)?,
            dropped_attributes_count: count(columns.dropped_attributes_count, row),
            schema_url: text(columns.schema_url, row).into(),
        })
    }

    /// # Errors
    /// As [`Self::row`].
    pub fn span(&self, row: usize) -> Result<Span<'a>, UnreadableRow> {
        let columns = &self.span;
        let start_ns = columns.start_ns.value(row);
        let parents = columns.parent_span_id;
        Ok(Span {
            trace_id: TraceId::from_halves(columns.trace_hi.value(row), columns.trace_lo.value(row)),
            span_id: SpanId::from_int(columns.span_id.value(row)),
            parent_span_id: parents.is_valid(row).then(|| SpanId::from_int(parents.value(row))),
            trace_state: text(columns.trace_state, row).into(),
            flags: count(columns.flags, row),
            name: text(columns.name, row).into(),
            kind: columns.kind.value(row),
            start_ns,
            end_ns: start_ns + columns.duration_ns.value(row),
            attributes: columns.attributes(row)?,
            dropped_attributes_count: count(columns.dropped_attributes_count, row),
            events: columns.events.as_ref().map_or(Ok(Vec::new()), |events| events.of_row(row))?,
            dropped_events_count: count(columns.dropped_events_count, row),
            links: columns.links.as_ref().map_or(Ok(Vec::new()), |links| links.of_row(row))?,
            dropped_links_count: count(columns.dropped_links_count, row),
            status_code: columns.status_code.value(row),
            status_message: text(columns.status_message, row).into(),
            quirks: Quirks::from_bits(columns.quirks.value(row)),
        })
    }

    /// Whether two rows certainly have one resource: they may have even if this is false.
    pub fn share_resource(&self, a: usize, b: usize) -> bool {
        let columns = &self.resource;
        columns.promoted.iter().all(|promoted| promoted.is_equal(a, b))
            && columns.attributes.are_equal(a, b)
            && columns.dropped_attributes_count.value(a) == columns.dropped_attributes_count.value(b)
            && is_same_text(columns.schema_url, a, b)
            && is_same_text(columns.entity_refs, a, b)
    }

    /// The same of their scopes.
    pub fn share_scope(&self, a: usize, b: usize) -> bool {
        let columns = &self.scope;
        is_same_text(columns.name, a, b)
            && is_same_text(columns.version, a, b)
            && columns.attributes.are_equal(a, b)
            && columns.dropped_attributes_count.value(a) == columns.dropped_attributes_count.value(b)
            && is_same_text(columns.schema_url, a, b)
    }
}

impl<'a> SpanColumns<'a> {
    fn attributes(&self, row: usize) -> Result<Attributes<'a>, UnreadableRow> {
        let mut attributes = Attributes::new();
        for bucket in &self.buckets {
            for (key, text) in columns::map_entries(bucket, row) {
                attributes.push((key.into(), columns::typed(self.attr_types, row, key, text)?));
            }
        }
        add_promoted(&self.promoted, row, &mut attributes);
        Ok(attributes)
    }
}

/// Adds what stands in promoted columns, unless the original was kept beside it.
fn add_promoted<'a>(promoted: &[PromotedColumn<'a>], row: usize, attributes: &mut Attributes<'a>) {
    let originals = attributes.len();
    for PromotedColumn { key, values } in promoted {
        let value = match values {
            PromotedValues::Strings(column) => column.is_valid(row).then(|| Value::String(column.value(row).into())),
            PromotedValues::Ints(column) => column.is_valid(row).then(|| Value::Int(column.value(row))),
        };
        let Some(value) = value else { continue };
        if attributes[..originals].iter().all(|(known, _)| known != key) {
            attributes.push(((*key).into(), value));
        }
    }
}

impl PromotedColumn<'_> {
    fn has_some(&self) -> bool {
        match self.values {
            PromotedValues::Strings(column) => column.null_count() < column.len(),
            PromotedValues::Ints(column) => column.null_count() < column.len(),
        }
    }

    fn is_equal(&self, a: usize, b: usize) -> bool {
        match self.values {
            PromotedValues::Strings(column) => {
                column.is_valid(a) == column.is_valid(b) && (column.is_null(a) || is_same_text(column, a, b))
            }
            PromotedValues::Ints(column) => {
                column.is_valid(a) == column.is_valid(b) && (column.is_null(a) || column.value(a) == column.value(b))
            }
        }
    }
}

impl<'a> AttributeColumns<'a> {
    fn of_row(self, row: usize) -> Result<Attributes<'a>, UnreadableRow> {
        Ok(columns::attributes(self.values, self.types, row)?)
    }

    fn are_equal(self, a: usize, b: usize) -> bool {
        let equal =
            |map: &MapArray| map.keys().is_empty() || columns::map_entries(map, a).eq(columns::map_entries(map, b));
        equal(self.values) && equal(self.types)
    }
}

impl<'a> Events<'a> {
    fn of_row(&self, row: usize) -> Result<Vec<Event<'a>>, UnreadableRow> {
        let event = |i| {
            Ok(Event {
                time_ns: self.time_ns.value(i),
                name: if self.name.is_null(i) { "" } else { self.name.value(i) }.into(),
                attributes: self.attributes.of_row(i)?,
                dropped_attributes_count: count(self.dropped_attributes_count, i),
            })
        };
        elements(self.list, row).map(event).collect()
    }
}

impl<'a> Links<'a> {
    fn of_row(&self, row: usize) -> Result<Vec<Link<'a>>, UnreadableRow> {
        let link = |i| {
            Ok(Link {
                trace_id: TraceId::from_halves(self.trace_hi.value(i), self.trace_lo.value(i)),
                span_id: SpanId::from_int(self.span_id.value(i)),
                trace_state: if self.trace_state.is_null(i) { "" } else { self.trace_state.value(i) }.into(),
                attributes: self.attributes.of_row(i)?,
                dropped_attributes_count: count(self.dropped_attributes_count, i),
                flags: count(self.flags, i),
            })
        };
        elements(self.list, row).map(link).collect()
    }
}

/// The places of a row's elements.
fn elements(list: &ListArray, row: usize) -> std::ops::Range<usize> {
    let offsets = list.value_offsets();
    if list.is_null(row) { 0..0 } else { offsets[row] as usize..offsets[row + 1] as usize }
}

/// Counts are `uint32` in OTLP.
fn count(column: &Int64Array, row: usize) -> u32 {
    column.value(row) as u32
}

/// Most that are equal lie in one place, so that nothing has to be compared.
fn is_same_text(column: &StringViewArray, a: usize, b: usize) -> bool {
    let is_there = column.is_valid(a) && column.is_valid(b);
    (is_there && column.views()[a] == column.views()[b]) || text(column, a) == text(column, b)
}

fn text(column: &StringViewArray, row: usize) -> &str {
    if column.is_null(row) { "" } else { column.value(row) }
}

/// Finds the columns of a batch by name, once for all rows.
struct Columns<'a>(&'a RecordBatch);

impl<'a> Columns<'a> {
    fn resource(&self) -> Result<ResourceColumns<'a>, UnreadableRow> {
        Ok(ResourceColumns {
            attributes: self.attributes("resource_attrs", "resource_attr_types")?,
            promoted: self.promoted(promoted::RESOURCE)?,
            dropped_attributes_count: self.column("resource_dropped_attributes_count")?,
            schema_url: self.column("resource_schema_url")?,
            entity_refs: self.column("resource_entity_refs")?,
        })
    }

    fn scope(&self) -> Result<ScopeColumns<'a>, UnreadableRow> {
        Ok(ScopeColumns {
            name: self.column("scope_name")?,
            version: self.column("scope_version")?,
            attributes: self.attributes("scope_attrs", "scope_attr_types")?,
            dropped_attributes_count: self.column("scope_dropped_attributes_count")?,
            schema_url: self.column("scope_schema_url")?,
        })
    }

    fn span(&self) -> Result<SpanColumns<'a>, UnreadableRow> {
        Ok(SpanColumns {
            trace_hi: self.column("trace_hi")?,
            trace_lo: self.column("trace_lo")?,
            span_id: self.column("span_id")?,
            parent_span_id: self.column("parent_span_id")?,
            trace_state: self.column("trace_state")?,
            flags: self.column("flags")?,
            name: self.column("name")?,
            kind: self.column("kind")?,
            start_ns: self.column("start_ns")?,
            duration_ns: self.column("duration_ns")?,
            buckets: self.buckets()?,
            attr_types: self.column("attr_types")?,
            promoted: self.promoted(promoted::SPAN)?,
            dropped_attributes_count: self.column("dropped_attributes_count")?,
            events: self.events()?,
            dropped_events_count: self.column("dropped_events_count")?,
            links: self.links()?,
            dropped_links_count: self.column("dropped_links_count")?,
            status_code: self.column("status_code")?,
            status_message: self.column("status_message")?,
            quirks: self.column("quirks")?,
        })
    }

    fn attributes(&self, values: &'static str, types: &'static str) -> Result<AttributeColumns<'a>, UnreadableRow> {
        Ok(AttributeColumns { values: self.column(values)?, types: self.column(types)? })
    }

    /// Those in which a span of the batch has something: of most there are several without.
    fn buckets(&self) -> Result<Vec<&'a MapArray>, UnreadableRow> {
        let buckets = (0..promoted::BUCKETS).map(|i| self.column::<MapArray>(bucket_column(i)));
        let has_some = |bucket: &Result<&MapArray, _>| bucket.as_ref().map_or(true, |bucket| !bucket.keys().is_empty());
        buckets.filter(has_some).collect()
    }

    /// Those of which a row of the batch has a value: of many none has.
    fn promoted(&self, promoted: &'static [Promoted]) -> Result<Vec<PromotedColumn<'a>>, UnreadableRow> {
        let column = |promoted: &Promoted| {
            let values = match promoted.column_type {
                ColumnType::String => PromotedValues::Strings(self.column(promoted.column)?),
                ColumnType::Int => PromotedValues::Ints(self.column(promoted.column)?),
            };
            Ok(PromotedColumn { key: promoted.key, values })
        };
        let has_some =
            |column: &Result<PromotedColumn<'_>, _>| column.as_ref().map_or(true, |column| column.has_some());
        promoted.iter().map(column).filter(has_some).collect()
    }

    /// `None` where no span of the batch has one.
    fn events(&self) -> Result<Option<Events<'a>>, UnreadableRow> {
        let Some((list, elements)) = self.list("events")? else { return Ok(None) };
        Ok(Some(Events {
            list,
            time_ns: child(elements, "time_ns", "events")?,
            name: child(elements, "name", "events")?,
            attributes: of_elements(elements, "events")?,
            dropped_attributes_count: child(elements, "dropped_attributes_count", "events")?,
        }))
    }

    /// `None` where no span of the batch has one.
    fn links(&self) -> Result<Option<Links<'a>>, UnreadableRow> {
        let Some((list, elements)) = self.list("links")? else { return Ok(None) };
        Ok(Some(Links {
            list,
            trace_hi: child(elements, "trace_hi", "links")?,
            trace_lo: child(elements, "trace_lo", "links")?,
            span_id: child(elements, "span_id", "links")?,
            trace_state: child(elements, "trace_state", "links")?,
            attributes: of_elements(elements, "links")?,
            dropped_attributes_count: child(elements, "dropped_attributes_count", "links")?,
            flags: child(elements, "flags", "links")?,
        }))
    }

    fn list(&self, name: &'static str) -> Result<Option<(&'a ListArray, &'a StructArray)>, UnreadableRow> {
        let list: &ListArray = self.column(name)?;
        if list.null_count() == list.len() {
            return Ok(None);
        }
        let elements = list.values().as_struct_opt().ok_or(UnreadableRow::Column(name))?;
        Ok(Some((list, elements)))
    }

    fn column<A: Array + 'static>(&self, name: &'static str) -> Result<&'a A, UnreadableRow> {
        self.0.column_by_name(name).and_then(|c| c.as_any().downcast_ref()).ok_or(UnreadableRow::Column(name))
    }
}

fn of_elements<'a>(elements: &'a StructArray, column: &'static str) -> Result<AttributeColumns<'a>, UnreadableRow> {
    Ok(AttributeColumns { values: child(elements, "attrs", column)?, types: child(elements, "attr_types", column)? })
}

fn child<'a, A: Array + 'static>(
    elements: &'a StructArray,
    name: &str,
    column: &'static str,
) -> Result<&'a A, UnreadableRow> {
    elements.column_by_name(name).and_then(|c| c.as_any().downcast_ref()).ok_or(UnreadableRow::Column(column))
}
