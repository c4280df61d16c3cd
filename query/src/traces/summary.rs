//! What the list says of its traces, counted from their spans.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow::array::{Array, AsArray, RecordBatch, StringViewArray};
use arrow::datatypes::{Int32Type, Int64Type};
use datafusion::logical_expr::{col, lit};
use spanloom_store::{Table, TraceId};

use super::choose::Chosen;
use super::{ServiceItem, TraceItem};
use crate::error::QueryError;
use crate::session::Session;
use crate::trace::TimeRange;

/// OTLP `STATUS_CODE_ERROR`.
const STATUS_ERROR: i32 = 2;
const NS_PER_MS: f64 = 1e6;
/// The columns that are read of each span, in this order and before all others.
pub(crate) const COLUMNS: [&str; 10] = [
    "trace_hi",
    "trace_lo",
    "span_id",
    "parent_span_id",
    "start_ns",
    "duration_ns",
    "kind",
    "status_code",
    "service_name",
    "name",
];

/// The items of the chosen traces, in their order. A trace whose spans are gone (retention) is not listed.
pub(super) async fn items(session: &Session, chosen: &[Chosen]) -> Result<Vec<TraceItem>, QueryError> {
    let Some(range) = chosen.iter().map(|trace| trace.range).reduce(join) else { return Ok(Vec::new()) };
    let ids = chosen.iter().map(|trace| lit(trace.id.lo())).collect();
    let filter = col("trace_lo").in_list(ids, false).and(range.contains_start());
    let spans = session.context()?.table(Table::Spans.name()).await?.filter(filter)?.select_columns(&COLUMNS)?;
    let answer = session.collect(spans).await?;
    // The sets of what was seen hold about as much as the rows do.
    answer.memory.try_grow(answer.memory.size())?;
    let facts = facts(&answer.batches, chosen.iter().map(|trace| trace.id));
    Ok(chosen.iter().filter_map(|trace| facts.get(&trace.id).map(Facts::item)).collect())
}

/// What batches that begin with [`COLUMNS`] say of the traces, resends folded. Traces without a span are not there.
pub(crate) fn facts<'a>(
    batches: impl IntoIterator<Item = &'a RecordBatch>,
    traces: impl Iterator<Item = TraceId>,
) -> HashMap<TraceId, Facts<'a>> {
    let mut counts: HashMap<TraceId, Counted<'a>> = traces.map(|id| (id, Counted::default())).collect();
    for batch in batches {
        count(batch, &mut counts);
    }
    counts.into_iter().filter_map(|(id, counted)| Some((id, counted.facts(id)?))).collect()
}

/// What is known of one trace once all its spans were counted.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    id: TraceId,
    pub start_ns: i64,
    /// The latest end; a span that ends before it starts counts with its start.
    pub end_ns: i64,
    root: Option<Root<'a>>,
    services: BTreeMap<Option<&'a str>, (i64, i64)>,
}

fn join(a: TimeRange, b: TimeRange) -> TimeRange {
    TimeRange { start_ns: a.start_ns.min(b.start_ns), end_ns: a.end_ns.max(b.end_ns) }
}

/// What makes two rows of a trace one span (design §3.11): id, kind, start and service.
type Identity<'a> = (i64, i32, i64, Option<&'a str>);

/// What is known of one trace so far.
#[derive(Default)]
struct Counted<'a> {
    seen: HashSet<Identity<'a>>,
    start_ns: Option<i64>,
    end_ns: Option<i64>,
    root: Option<Root<'a>>,
    /// Spans and errors by service.
    services: BTreeMap<Option<&'a str>, (i64, i64)>,
}

/// A span without a parent; ordered by start, then by id, so that the choice does not depend on the order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Root<'a> {
    start_ns: i64,
    span_id: i64,
    service_name: Option<&'a str>,
    name: Option<&'a str>,
}

struct Span<'a> {
    identity: Identity<'a>,
    end_ns: i64,
    is_root: bool,
    is_error: bool,
    name: Option<&'a str>,
}

fn count<'a>(batch: &'a RecordBatch, counts: &mut HashMap<TraceId, Counted<'a>>) {
    let ints = |i: usize| batch.column(i).as_primitive::<Int64Type>();
    let small_ints = |i: usize| batch.column(i).as_primitive::<Int32Type>();
    let (services, names) = (batch.column(8).as_string_view(), batch.column(9).as_string_view());
    for row in 0..batch.num_rows() {
        let id = TraceId::from_halves(ints(0).value(row), ints(1).value(row));
        // Another trace may have the same `trace_lo`.
        let Some(counted) = counts.get_mut(&id) else { continue };
        let start_ns = ints(4).value(row);
        counted.add(Span {
            identity: (ints(2).value(row), small_ints(6).value(row), start_ns, text(services, row)),
            end_ns: start_ns.max(start_ns.saturating_add(ints(5).value(row))),
            is_root: ints(3).is_null(row),
            is_error: small_ints(7).value(row) == STATUS_ERROR,
            name: text(names, row),
        });
    }
}

fn text(column: &StringViewArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

impl<'a> Counted<'a> {
    fn add(&mut self, span: Span<'a>) {
        let (span_id, _, start_ns, service_name) = span.identity;
        self.start_ns = Some(self.start_ns.map_or(start_ns, |known| known.min(start_ns)));
        self.end_ns = Some(self.end_ns.map_or(span.end_ns, |known| known.max(span.end_ns)));
        if !self.seen.insert(span.identity) {
            return;
        }
        let (spans, errors) = self.services.entry(service_name).or_default();
        *spans += 1;
        *errors += i64::from(span.is_error);
        if span.is_root {
            let root = Root { start_ns, span_id, service_name, name: span.name };
            self.root = Some(self.root.map_or(root, |known| known.min(root)));
        }
    }

    fn facts(self, id: TraceId) -> Option<Facts<'a>> {
        let (start_ns, end_ns) = (self.start_ns?, self.end_ns?);
        Some(Facts { id, start_ns, end_ns, root: self.root, services: self.services })
    }
}

impl Facts<'_> {
    pub fn root_name(&self) -> Option<&str> {
        self.root.and_then(|root| root.name)
    }

    pub fn root_service(&self) -> Option<&str> {
        self.root.and_then(|root| root.service_name)
    }

    pub fn has_service(&self, service: &str) -> bool {
        self.services.contains_key(&Some(service))
    }

    pub fn item(&self) -> TraceItem {
        let services = self.services.iter().map(|(name, (spans, errors))| ServiceItem {
            name: name.map(str::to_owned),
            span_count: *spans,
            error_count: *errors,
        });
        TraceItem {
            trace_id: self.id.to_string(),
            root_service: self.root_service().map(str::to_owned),
            root_name: self.root_name().map(str::to_owned),
            start_time_unix_nano: self.start_ns.to_string(),
            duration_ms: self.end_ns.saturating_sub(self.start_ns) as f64 / NS_PER_MS,
            span_count: self.services.values().map(|(spans, _)| spans).sum(),
            error_count: self.services.values().map(|(_, errors)| errors).sum(),
            services: services.collect(),
            matched: None,
            spans: None,
        }
    }
}
