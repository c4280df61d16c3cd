//! Rows back to spans.

use arrow::array::{Array, AsArray, Int32Array, Int64Array, ListArray, MapArray, RecordBatch, StringViewArray};
use arrow::datatypes::{Int32Type, Int64Type};
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
    batch: &'a RecordBatch,
}

impl<'a> SpansReader<'a> {
    pub fn new(batch: &'a RecordBatch) -> Self {
        Self { batch }
    }

    /// The span of a row.
    pub fn row(&self, row: usize) -> Result<SpanRow<'a>, UnreadableRow> {
        Ok(SpanRow { resource: self.resource(row)?, scope: self.scope(row)?, span: self.span(row)? })
    }

    fn resource(&self, row: usize) -> Result<Resource<'a>, UnreadableRow> {
        let mut attributes = self.attributes("resource_attrs", "resource_attr_types", row)?;
        self.add_promoted(promoted::RESOURCE, row, &mut attributes)?;
        let entity_refs: Vec<EntityRef> = match self.text("resource_entity_refs", row)? {
            "" => Vec::new(),
            json => serde_json::from_str(json).map_err(|e| UnreadableRow::EntityRefs(e.to_string()))?,
        };
        Ok(Resource {
            attributes,
            dropped_attributes_count: self.count("resource_dropped_attributes_count", row)?,
            schema_url: self.text("resource_schema_url", row)?.into(),
            entity_refs,
        })
    }

    fn scope(&self, row: usize) -> Result<Scope<'a>, UnreadableRow> {
        Ok(Scope {
            name: self.text("scope_name", row)?.into(),
            version: self.text("scope_version", row)?.into(),
            attributes: self.attributes("scope_attrs", "scope_attr_types", row)?,
            dropped_attributes_count: self.count("scope_dropped_attributes_count", row)?,
            schema_url: self.text("scope_schema_url", row)?.into(),
        })
    }

    fn span(&self, row: usize) -> Result<Span<'a>, UnreadableRow> {
        let start_ns = self.ints("start_ns")?.value(row);
        let parents = self.ints("parent_span_id")?;
        Ok(Span {
            trace_id: TraceId::from_halves(self.ints("trace_hi")?.value(row), self.ints("trace_lo")?.value(row)),
            span_id: SpanId::from_int(self.ints("span_id")?.value(row)),
            parent_span_id: parents.is_valid(row).then(|| SpanId::from_int(parents.value(row))),
            trace_state: self.text("trace_state", row)?.into(),
            flags: self.count("flags", row)?,
            name: self.text("name", row)?.into(),
            kind: self.small_ints("kind")?.value(row),
            start_ns,
            end_ns: start_ns + self.ints("duration_ns")?.value(row),
            attributes: self.span_attributes(row)?,
            dropped_attributes_count: self.count("dropped_attributes_count", row)?,
            events: self.events(row)?,
            dropped_events_count: self.count("dropped_events_count", row)?,
            links: self.links(row)?,
            dropped_links_count: self.count("dropped_links_count", row)?,
            status_code: self.small_ints("status_code")?.value(row),
            status_message: self.text("status_message", row)?.into(),
            quirks: Quirks::from_bits(self.small_ints("quirks")?.value(row)),
        })
    }

    fn span_attributes(&self, row: usize) -> Result<Attributes<'a>, UnreadableRow> {
        let types = self.map("attr_types")?;
        let mut attributes = Attributes::new();
        for bucket in 0..promoted::BUCKETS {
            for (key, text) in columns::map_entries(self.map(bucket_column(bucket))?, row) {
                attributes.push((key.into(), columns::typed(types, row, key, text)?));
            }
        }
        self.add_promoted(promoted::SPAN, row, &mut attributes)?;
        Ok(attributes)
    }

    /// Adds what stands in promoted columns, unless the original was kept beside it.
    fn add_promoted(
        &self,
        promoted: &'static [Promoted],
        row: usize,
        attributes: &mut Attributes<'a>,
    ) -> Result<(), UnreadableRow> {
        let originals = attributes.len();
        for p in promoted {
            let value = match p.column_type {
                ColumnType::String => {
                    let column = self.strings(p.column)?;
                    column.is_valid(row).then(|| Value::String(column.value(row).into()))
                }
                ColumnType::Int => {
                    let column = self.ints(p.column)?;
                    column.is_valid(row).then(|| Value::Int(column.value(row)))
                }
            };
            let Some(value) = value else { continue };
            if attributes[..originals].iter().all(|(key, _)| key != p.key) {
                attributes.push((p.key.into(), value));
            }
        }
        Ok(())
    }

    fn events(&self, row: usize) -> Result<Vec<Event<'a>>, UnreadableRow> {
        let Some((elements, range)) = self.elements("events", row)? else { return Ok(Vec::new()) };
        let time_ns = child::<Int64Array>(elements, "time_ns", "events")?;
        let names = elements.column_by_name("name").and_then(|c| c.as_string_opt::<i32>());
        let names = names.ok_or(UnreadableRow::Column("events"))?;
        let values = child::<MapArray>(elements, "attrs", "events")?;
        let types = child::<MapArray>(elements, "attr_types", "events")?;
        let dropped = child::<Int64Array>(elements, "dropped_attributes_count", "events")?;
        range
            .map(|i| {
                Ok(Event {
                    time_ns: time_ns.value(i),
                    name: if names.is_null(i) { "" } else { names.value(i) }.into(),
                    attributes: columns::attributes(values, types, i)?,
                    dropped_attributes_count: dropped.value(i) as u32,
                })
            })
            .collect()
    }

    fn links(&self, row: usize) -> Result<Vec<Link<'a>>, UnreadableRow> {
        let Some((elements, range)) = self.elements("links", row)? else { return Ok(Vec::new()) };
        let hi = child::<Int64Array>(elements, "trace_hi", "links")?;
        let lo = child::<Int64Array>(elements, "trace_lo", "links")?;
        let span_id = child::<Int64Array>(elements, "span_id", "links")?;
        let states = elements.column_by_name("trace_state").and_then(|c| c.as_string_opt::<i32>());
        let states = states.ok_or(UnreadableRow::Column("links"))?;
        let values = child::<MapArray>(elements, "attrs", "links")?;
        let types = child::<MapArray>(elements, "attr_types", "links")?;
        let dropped = child::<Int64Array>(elements, "dropped_attributes_count", "links")?;
        let flags = child::<Int64Array>(elements, "flags", "links")?;
        range
            .map(|i| {
                Ok(Link {
                    trace_id: TraceId::from_halves(hi.value(i), lo.value(i)),
                    span_id: SpanId::from_int(span_id.value(i)),
                    trace_state: if states.is_null(i) { "" } else { states.value(i) }.into(),
                    attributes: columns::attributes(values, types, i)?,
                    dropped_attributes_count: dropped.value(i) as u32,
                    flags: flags.value(i) as u32,
                })
            })
            .collect()
    }

    fn elements(
        &self,
        name: &'static str,
        row: usize,
    ) -> Result<Option<(&'a arrow::array::StructArray, std::ops::Range<usize>)>, UnreadableRow> {
        let list: &ListArray = self.column(name)?;
        if list.is_null(row) {
            return Ok(None);
        }
        let offsets = list.value_offsets();
        let elements = list.values().as_struct_opt().ok_or(UnreadableRow::Column(name))?;
        Ok(Some((elements, offsets[row] as usize..offsets[row + 1] as usize)))
    }

    fn attributes(
        &self,
        values: &'static str,
        types: &'static str,
        row: usize,
    ) -> Result<Attributes<'a>, UnreadableRow> {
        Ok(columns::attributes(self.map(values)?, self.map(types)?, row)?)
    }

    fn count(&self, name: &'static str, row: usize) -> Result<u32, UnreadableRow> {
        Ok(self.ints(name)?.value(row) as u32)
    }

    fn text(&self, name: &'static str, row: usize) -> Result<&'a str, UnreadableRow> {
        let column = self.strings(name)?;
        Ok(if column.is_null(row) { "" } else { column.value(row) })
    }

    fn strings(&self, name: &'static str) -> Result<&'a StringViewArray, UnreadableRow> {
        self.column(name)
    }

    fn map(&self, name: &'static str) -> Result<&'a MapArray, UnreadableRow> {
        self.column(name)
    }

    fn ints(&self, name: &'static str) -> Result<&'a Int64Array, UnreadableRow> {
        self.batch
            .column_by_name(name)
            .and_then(|c| c.as_primitive_opt::<Int64Type>())
            .ok_or(UnreadableRow::Column(name))
    }

    fn small_ints(&self, name: &'static str) -> Result<&'a Int32Array, UnreadableRow> {
        self.batch
            .column_by_name(name)
            .and_then(|c| c.as_primitive_opt::<Int32Type>())
            .ok_or(UnreadableRow::Column(name))
    }

    fn column<A: Array + 'static>(&self, name: &'static str) -> Result<&'a A, UnreadableRow> {
        self.batch.column_by_name(name).and_then(|c| c.as_any().downcast_ref()).ok_or(UnreadableRow::Column(name))
    }
}

fn child<'a, A: Array + 'static>(
    elements: &'a arrow::array::StructArray,
    name: &str,
    column: &'static str,
) -> Result<&'a A, UnreadableRow> {
    elements.column_by_name(name).and_then(|c| c.as_any().downcast_ref()).ok_or(UnreadableRow::Column(column))
}
