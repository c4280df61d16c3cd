//! Table `traces`: one row per trace and flush, the index of the trace list.
//!
//! A trace that came in parts has several rows. They are merged by trace id: start by minimum, end by maximum, counts by
//! sum, services by name, the root from the row with the earliest root span. Readers do that before they filter or cut.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, Int32Array, Int64Array, Int64Builder, ListArray, RecordBatch, StringBuilder,
    StringViewArray,
};
use arrow::datatypes::{DataType, Field, Fields, Int64Type, Schema, SchemaRef};

use super::columns::{HourColumn, ListOffsets, StringColumn, batch, list_type};
use crate::coded::{Coded, CodedBatch};

/// OTLP `STATUS_CODE_ERROR`.
const STATUS_ERROR: i32 = 2;

/// The schema of hot batches and of scans, `hour` first.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let int = |name: &str, nullable| Field::new(name, DataType::Int64, nullable);
        let string = |name: &str, nullable| Field::new(name, DataType::Utf8View, nullable);
        Arc::new(Schema::new(vec![
            string("hour", false),
            int("trace_hi", false),
            int("trace_lo", false),
            int("start_ns", false),
            int("end_ns", false),
            int("root_start_ns", true),
            string("root_service_name", true),
            string("root_name", true),
            int("span_count", false),
            int("error_count", false),
            Field::new("services", list_type(DataType::Struct(service_fields())), true),
        ]))
    });
    Arc::clone(&SCHEMA)
}

fn service_fields() -> Fields {
    Fields::from(vec![
        Field::new("service_name", DataType::Utf8, true),
        Field::new("span_count", DataType::Int64, false),
        Field::new("error_count", DataType::Int64, false),
    ])
}

/// What is known of one trace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraceSummary<'a> {
    pub start_ns: i64,
    pub end_ns: i64,
    pub root: Option<Root<'a>>,
    pub services: BTreeMap<Option<&'a str>, Counts>,
}

/// A span without a parent; the lesser one is a trace's root, so that the choice does not depend on the order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Root<'a> {
    pub start_ns: i64,
    pub service_name: Option<&'a str>,
    pub name: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub spans: i64,
    pub errors: i64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.spans += other.spans;
        self.errors += other.errors;
    }
}

impl<'a> TraceSummary<'a> {
    /// Joins what another row says of the same trace.
    pub fn merge(&mut self, other: Self) {
        self.widen(other.start_ns, other.end_ns, other.root);
        for (service, counts) in other.services {
            self.services.entry(service).or_default().add(counts);
        }
    }

    fn widen(&mut self, start_ns: i64, end_ns: i64, root: Option<Root<'a>>) {
        self.start_ns = self.start_ns.min(start_ns);
        self.end_ns = self.end_ns.max(end_ns);
        self.root = match (self.root, root) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    fn totals(&self) -> Counts {
        let mut totals = Counts::default();
        self.services.values().for_each(|counts| totals.add(*counts));
        totals
    }
}

/// Summaries by (`trace_hi`, `trace_lo`).
pub type Summaries<'a> = BTreeMap<(i64, i64), TraceSummary<'a>>;

/// So many places of names are looked through before one is counted anew; those of one name are joined in the end.
const PLACES_MAX: usize = 16;

/// The `traces` rows of a batch of spans, sorted by trace id.
///
/// # Panics
/// When the batch has not the schema of `spans`.
pub fn from_spans(spans: &CodedBatch) -> CodedBatch {
    let [hi, lo, parents, starts, durations] = ["trace_hi", "trace_lo", "parent_span_id", "start_ns", "duration_ns"]
        .map(|name| typed::<Int64Array>(spans, name));
    let status = typed::<Int32Array>(spans, "status_code");
    let [services, names] = ["service_name", "name"].map(|name| typed::<StringViewArray>(spans, name));
    let id = |row: usize| (hi.value(row), lo.value(row));
    let mut rows: Vec<usize> = (0..spans.num_rows()).collect();
    rows.sort_unstable_by_key(|row| id(*row));
    let mut builder = TracesBuilder::default();
    // By where the name of a service lies, which most spans of a trace have in common with some others.
    let mut counts: Vec<(usize, Option<&str>, Counts)> = Vec::new();
    for rows in rows.chunk_by(|a, b| id(*a) == id(*b)) {
        let first_ns = starts.value(rows[0]);
        let mut summary = TraceSummary { start_ns: first_ns, end_ns: first_ns, ..TraceSummary::default() };
        counts.clear();
        for row in rows.iter().copied() {
            let start_ns = starts.value(row);
            let end_ns = start_ns.max(start_ns + durations.value(row));
            let root = || Root { start_ns, service_name: services.text(row), name: names.text(row) };
            summary.widen(start_ns, end_ns, (!parents.is_valid(row)).then(root));
            let one = Counts { spans: 1, errors: i64::from(status.value(row) == STATUS_ERROR) };
            let place = services.places.of(row);
            match counts.iter_mut().rev().take(PLACES_MAX).find(|(known, ..)| *known == place) {
                Some((.., counts)) => counts.add(one),
                None => counts.push((place, services.text(row), one)),
            }
        }
        for (_, service_name, counts) in &counts {
            summary.services.entry(*service_name).or_default().add(*counts);
        }
        builder.append(id(rows[0]), &summary);
    }
    builder.finish().into()
}

fn typed<'a, T: Array + 'static>(spans: &'a CodedBatch, name: &str) -> Coded<'a, T> {
    spans.coded(name).and_then(Coded::typed).expect("the batch has the table's schema")
}

/// One row per trace out of batches with several.
pub fn merge<'a>(batches: impl IntoIterator<Item = &'a RecordBatch>) -> RecordBatch {
    let mut summaries = Summaries::new();
    for batch in batches {
        read_into(batch, &mut summaries);
    }
    to_batch(&summaries)
}

/// Adds the rows of a batch of this table to `summaries`.
pub fn read_into<'a>(batch: &'a RecordBatch, summaries: &mut Summaries<'a>) {
    let ints = |name: &str| -> &'a Int64Array { column(batch, name).as_primitive::<Int64Type>() };
    let (hi, lo, root_starts) = (ints("trace_hi"), ints("trace_lo"), ints("root_start_ns"));
    let (starts, ends) = (ints("start_ns"), ints("end_ns"));
    let root_services = column(batch, "root_service_name").as_string_view();
    let root_names = column(batch, "root_name").as_string_view();
    let services: &ListArray = column(batch, "services").as_list();
    for row in 0..batch.num_rows() {
        let root = root_starts.is_valid(row).then(|| Root {
            start_ns: root_starts.value(row),
            service_name: text(root_services, row),
            name: text(root_names, row),
        });
        let summary = TraceSummary {
            start_ns: starts.value(row),
            end_ns: ends.value(row),
            root,
            services: read_services(services, row),
        };
        add(summaries, (hi.value(row), lo.value(row)), summary);
    }
}

fn read_services(services: &ListArray, row: usize) -> BTreeMap<Option<&str>, Counts> {
    let elements = services.values().as_struct();
    let names = elements.column(0).as_string::<i32>();
    let spans = elements.column(1).as_primitive::<Int64Type>();
    let errors = elements.column(2).as_primitive::<Int64Type>();
    let offsets = services.value_offsets();
    (offsets[row] as usize..offsets[row + 1] as usize)
        .map(|i| {
            let name = names.is_valid(i).then(|| names.value(i));
            (name, Counts { spans: spans.value(i), errors: errors.value(i) })
        })
        .collect()
}

fn add<'a>(summaries: &mut Summaries<'a>, id: (i64, i64), summary: TraceSummary<'a>) {
    match summaries.get_mut(&id) {
        Some(known) => known.merge(summary),
        None => {
            summaries.insert(id, summary);
        }
    }
}

fn to_batch(summaries: &Summaries<'_>) -> RecordBatch {
    let mut builder = TracesBuilder::default();
    for (id, summary) in summaries {
        builder.append(*id, summary);
    }
    builder.finish()
}

#[derive(Default)]
struct TracesBuilder {
    hour: HourColumn,
    trace_hi: Int64Builder,
    trace_lo: Int64Builder,
    start_ns: Int64Builder,
    end_ns: Int64Builder,
    root_start_ns: Int64Builder,
    root_service_name: StringColumn,
    root_name: StringColumn,
    span_count: Int64Builder,
    error_count: Int64Builder,
    services: ServicesColumn,
}

impl TracesBuilder {
    fn append(&mut self, (hi, lo): (i64, i64), summary: &TraceSummary<'_>) {
        let totals = summary.totals();
        self.hour.append(summary.start_ns);
        self.trace_hi.append_value(hi);
        self.trace_lo.append_value(lo);
        self.start_ns.append_value(summary.start_ns);
        self.end_ns.append_value(summary.end_ns);
        self.root_start_ns.append_option(summary.root.map(|root| root.start_ns));
        self.root_service_name.append_option(summary.root.and_then(|root| root.service_name));
        self.root_name.append_option(summary.root.and_then(|root| root.name));
        self.span_count.append_value(totals.spans);
        self.error_count.append_value(totals.errors);
        self.services.append(&summary.services);
    }

    fn finish(mut self) -> RecordBatch {
        let columns: Vec<ArrayRef> = vec![
            self.hour.finish(),
            Arc::new(self.trace_hi.finish()),
            Arc::new(self.trace_lo.finish()),
            Arc::new(self.start_ns.finish()),
            Arc::new(self.end_ns.finish()),
            Arc::new(self.root_start_ns.finish()),
            self.root_service_name.finish(),
            self.root_name.finish(),
            Arc::new(self.span_count.finish()),
            Arc::new(self.error_count.finish()),
            self.services.finish(),
        ];
        batch(schema(), columns)
    }
}

#[derive(Default)]
struct ServicesColumn {
    rows: ListOffsets,
    service_name: StringBuilder,
    span_count: Int64Builder,
    error_count: Int64Builder,
}

impl ServicesColumn {
    fn append(&mut self, services: &BTreeMap<Option<&str>, Counts>) {
        for (service, counts) in services {
            self.service_name.append_option(*service);
            self.span_count.append_value(counts.spans);
            self.error_count.append_value(counts.errors);
        }
        self.rows.end_row(services.len());
    }

    fn finish(&mut self) -> ArrayRef {
        let children: Vec<ArrayRef> = vec![
            Arc::new(self.service_name.finish()),
            Arc::new(self.span_count.finish()),
            Arc::new(self.error_count.finish()),
        ];
        self.rows.finish(service_fields(), children)
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> &'a ArrayRef {
    batch.column_by_name(name).expect("the batch has the table's schema")
}

fn text(column: &StringViewArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

#[cfg(test)]
mod tests;
