//! All spans of some traces, and which of the traces match.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Builder, RecordBatch, StringViewArray, StringViewBuilder,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema, SchemaRef};
use datafusion::common::{DFSchema, DataFusionError};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::physical_expr::PhysicalExpr;
use spanloom_store::value::Value;
use spanloom_store::{SpanId, Table, TraceId};

use super::candidates::Candidate;
use super::extents::{Extent, extents, is_one_of};
use super::spansets::{Asked, Spanset};
use super::structure::Tree;
use super::{FoundSpan, FoundSpanset, FoundTrace, Question};
use crate::error::QueryError;
use crate::session::Session;
use crate::trace::TimeRange;
use crate::traceql::eval::{Bound, Val, computed, is_computed};
use crate::traceql::plan::Plan;
use crate::traces::summary::{self, Facts};

/// The value of the group of spans without one.
const NIL: &str = "nil";
/// Spans that are read at once, unless one trace has more.
const SPANS_TOGETHER: usize = 32 * 1024;

/// Judges traces by a plan.
pub(super) struct Judge<'a> {
    session: &'a Session,
    question: &'a Question,
    plan: &'a Plan,
    /// What is read of each span: the columns of [`summary`] first.
    columns: Vec<String>,
    /// The same, and the computed columns that the plan reads.
    schema: SchemaRef,
    filters: Vec<Arc<dyn PhysicalExpr>>,
}

/// What came of some traces.
#[derive(Default)]
pub(super) struct Judged {
    /// In no order.
    pub traces: Vec<FoundTrace>,
    pub spans: u64,
}

impl<'a> Judge<'a> {
    /// `more` are columns that batches have beside those that the plan reads.
    pub fn new(
        session: &'a Session,
        question: &'a Question,
        plan: &'a Plan,
        more: &BTreeSet<String>,
    ) -> Result<Self, QueryError> {
        let wanted = &plan.columns() | more;
        let columns = columns(&wanted);
        let schema = schema(&columns, &wanted)?;
        let state = session.context()?.state();
        let names = DFSchema::try_from(Arc::clone(&schema))?;
        let filters = plan.filters.iter().map(|filter| state.create_physical_expr(filter.exact.clone(), &names));
        let filters = filters.collect::<Result<_, _>>()?;
        Ok(Self { session, question, plan, columns, schema, filters })
    }

    pub async fn judge(&self, candidates: &[Candidate]) -> Result<Judged, QueryError> {
        let mut judged = Judged::default();
        for part in self.parts(candidates).await? {
            let found = self.with_matches(&part, |batch, matches| self.found(batch, matches));
            judged.spans += found.await?.map_or(0, |(spans, traces)| {
                judged.traces.extend(traces);
                spans
            });
        }
        Ok(judged)
    }

    /// How many spans there were, and what is said of the traces that match.
    fn found(
        &self,
        batch: &RecordBatch,
        matches: Vec<(&Trace<'_>, Vec<Spanset>)>,
    ) -> Result<(u64, Vec<FoundTrace>), QueryError> {
        let outputs = self.plan.outputs.iter();
        let outputs = outputs.map(|output| Ok((output.name.as_str(), Bound::to_batch(&output.value, batch)?)));
        let outputs: Vec<(&str, Bound<'_>)> = outputs.collect::<Result<_, QueryError>>()?;
        let spans_of = Spans { batch, outputs, spans_max: self.question.searched.spans_max };
        let found = matches.into_iter().map(|(trace, spansets)| {
            let spansets = spansets.into_iter().map(|spanset| spans_of.found(spanset)).collect();
            FoundTrace { item: trace.facts.item(), start_ns: trace.facts.start_ns, spansets }
        });
        Ok((batch.num_rows() as u64, found.collect()))
    }

    /// Hands over batches with all spans of these traces, and which rows of each the plan gives, ascending. Returns how
    /// many spans were read.
    pub async fn matched(
        &self,
        candidates: &[Candidate],
        mut see: impl FnMut(&RecordBatch, &[usize]) -> Result<(), QueryError>,
    ) -> Result<u64, QueryError> {
        let mut spans = 0;
        for part in self.parts(candidates).await? {
            let read = self.with_matches(&part, |batch, matches| {
                let spansets = matches.into_iter().flat_map(|(_, spansets)| spansets);
                let mut rows: Vec<usize> = spansets.flat_map(|spanset| spanset.rows).collect();
                rows.sort_unstable();
                rows.dedup();
                see(batch, &rows)?;
                Ok(batch.num_rows() as u64)
            });
            spans += read.await?.unwrap_or_default();
        }
        Ok(spans)
    }

    /// Traces that are read together, in their order.
    async fn parts(&self, candidates: &[Candidate]) -> Result<Vec<Part>, QueryError> {
        let starts = || candidates.iter().map(|candidate| candidate.start_max_ns);
        let (Some(start_ns), Some(end_ns)) = (starts().min(), starts().max()) else { return Ok(Vec::new()) };
        let range = TimeRange { start_ns, end_ns }.widened(self.question.trace_span_max_ns);
        let extents = extents(self.session, candidates, range).await?;
        let mut parts: Vec<Part> = Vec::new();
        for candidate in candidates {
            // What the index does not know may be anywhere.
            let extent = extents.get(&candidate.id).copied().unwrap_or(Extent { starts: range, spans: 0 });
            match parts.last_mut().filter(|part| part.extent.spans + extent.spans <= SPANS_TOGETHER) {
                Some(part) => {
                    part.candidates.push(*candidate);
                    part.extent = part.extent.with(extent);
                }
                None => parts.push(Part { candidates: vec![*candidate], extent }),
            }
        }
        Ok(parts)
    }

    /// What is made of the traces that match, and the batch with their spans; `None` if there are no spans.
    async fn with_matches<T>(
        &self,
        part: &Part,
        make: impl FnOnce(&RecordBatch, Vec<(&Trace<'_>, Vec<Spanset>)>) -> Result<T, QueryError>,
    ) -> Result<Option<T>, QueryError> {
        let Some((spans, _memory)) = self.spans(part).await? else { return Ok(None) };
        let traces = self.whole_traces(&part.candidates, &spans)?;
        let batch = self.with_computed(&spans, &traces)?;
        let masks: Vec<BooleanArray> =
            self.filters.iter().map(|filter| mask(filter, &batch)).collect::<Result<_, _>>()?;
        let asked = Asked::new(self.plan, &batch, masks);
        let mut matches = Vec::new();
        for trace in traces.values().filter(|trace| self.is_asked_for(trace)) {
            let spansets = asked.spansets(trace)?;
            if !spansets.is_empty() {
                matches.push((trace, spansets));
            }
        }
        make(&batch, matches).map(Some)
    }

    /// The spans of the candidates in one batch, resends and perhaps spans of strangers among them, and the memory that is
    /// set aside for it.
    async fn spans(&self, part: &Part) -> Result<Option<(RecordBatch, MemoryReservation)>, QueryError> {
        let filter = is_one_of(&part.candidates).and(part.extent.starts.contains_start());
        let names: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let frame = self.session.context()?.table(Table::Spans.name()).await?.filter(filter)?.select_columns(&names)?;
        let rows = self.session.collect(frame).await?;
        // One batch holds as much again while the others are there, and the sets of what was seen about as much.
        rows.memory.try_grow(2 * rows.memory.size())?;
        if rows.batches.is_empty() {
            return Ok(None);
        }
        let batch = concat_batches(&rows.schema, &rows.batches).map_err(DataFusionError::from)?;
        Ok(Some((batch, rows.memory)))
    }

    /// The rows of each candidate, resends folded, with what is known of the trace.
    fn whole_traces<'b>(
        &self,
        candidates: &[Candidate],
        spans: &'b RecordBatch,
    ) -> Result<BTreeMap<TraceId, Trace<'b>>, QueryError> {
        let facts = summary::facts([spans], candidates.iter().map(|candidate| candidate.id));
        let rows = folded_rows(spans, &facts);
        let trace = |(id, facts)| {
            let rows = rows.get(&id)?.clone();
            Some((id, Trace { tree: Tree::new(spans, &rows), rows, facts }))
        };
        Ok(facts.into_iter().filter_map(trace).collect())
    }

    fn is_asked_for(&self, trace: &Trace<'_>) -> bool {
        let (question, facts) = (&self.question.searched, &trace.facts);
        let duration_ns = facts.end_ns.saturating_sub(facts.start_ns);
        let overlaps = facts.start_ns <= question.range.end_ns && facts.end_ns >= question.range.start_ns;
        overlaps
            && question.duration_min_ns.is_none_or(|min_ns| duration_ns >= min_ns)
            && question.duration_max_ns.is_none_or(|max_ns| duration_ns <= max_ns)
            && question.service.as_deref().is_none_or(|service| facts.has_service(service))
    }

    /// The batch and what the plan needs to know of each span's trace.
    fn with_computed(
        &self,
        spans: &RecordBatch,
        traces: &BTreeMap<TraceId, Trace<'_>>,
    ) -> Result<RecordBatch, QueryError> {
        let mut columns = spans.columns().to_vec();
        let added = self.schema.fields().iter().skip(columns.len());
        columns.extend(added.map(|field| computed_column(field.name(), spans.num_rows(), traces)));
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        Ok(batch.map_err(DataFusionError::from)?)
    }
}

/// Traces that are read together, and how far they reach.
struct Part {
    candidates: Vec<Candidate>,
    extent: Extent,
}

/// A trace as a whole.
pub(super) struct Trace<'a> {
    /// Its spans, each once, ascending.
    pub rows: Vec<usize>,
    pub tree: Tree,
    pub facts: Facts<'a>,
}

/// The table's columns to read: those of [`summary`], then what the plan wants.
fn columns(wanted: &BTreeSet<String>) -> Vec<String> {
    let mut columns: Vec<String> = summary::COLUMNS.iter().map(|name| (*name).to_owned()).collect();
    let more = wanted.iter().filter(|name| !is_computed(name) && !summary::COLUMNS.contains(&name.as_str()));
    columns.extend(more.cloned());
    columns
}

fn schema(columns: &[String], wanted: &BTreeSet<String>) -> Result<SchemaRef, QueryError> {
    let table = Table::Spans.schema();
    let mut fields = Vec::with_capacity(columns.len());
    for name in columns {
        let field = table.field_with_name(name).map_err(|error| QueryError::Internal(error.to_string()))?;
        fields.push(field.clone());
    }
    fields.extend(wanted.iter().filter(|name| is_computed(name)).map(|name| {
        let is_text = [computed::ROOT_NAME, computed::ROOT_SERVICE].contains(&name.as_str());
        Field::new(name, if is_text { DataType::Utf8View } else { DataType::Int64 }, true)
    }));
    Ok(Arc::new(Schema::new(fields)))
}

fn mask(filter: &Arc<dyn PhysicalExpr>, batch: &RecordBatch) -> Result<BooleanArray, QueryError> {
    let truths = filter.evaluate(batch)?.into_array(batch.num_rows())?;
    truths.as_boolean_opt().cloned().ok_or_else(|| QueryError::Internal("a filter gave no truths".to_owned()))
}

/// The rows of the traces, ascending, without the copies that resends made: of those the one that ended last stays.
fn folded_rows(spans: &RecordBatch, traces: &HashMap<TraceId, Facts<'_>>) -> HashMap<TraceId, Vec<usize>> {
    let ints = |i: usize| spans.column(i).as_primitive::<Int64Type>();
    let kinds = spans.column(6).as_primitive::<Int32Type>();
    let (services, durations) = (spans.column(8).as_string_view(), ints(5));
    let mut kept: HashMap<_, usize> = HashMap::with_capacity(spans.num_rows());
    for row in 0..spans.num_rows() {
        let id = TraceId::from_halves(ints(0).value(row), ints(1).value(row));
        if !traces.contains_key(&id) {
            continue;
        }
        let identity = (id, ints(2).value(row), kinds.value(row), ints(4).value(row), text(services, row));
        let copy = kept.entry(identity).or_insert(row);
        if durations.value(row) > durations.value(*copy) {
            *copy = row;
        }
    }
    let mut rows: HashMap<TraceId, Vec<usize>> = HashMap::new();
    kept.into_iter().for_each(|((id, ..), row)| rows.entry(id).or_default().push(row));
    rows.values_mut().for_each(|rows| rows.sort_unstable());
    rows
}

fn text(column: &StringViewArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

/// A column that says something of each span's trace, or of the span in it; null for rows that do not count.
fn computed_column(name: &str, len: usize, traces: &BTreeMap<TraceId, Trace<'_>>) -> ArrayRef {
    let texts = |of: &dyn Fn(&Trace<'_>) -> Option<String>| -> ArrayRef {
        let mut values = vec![None; len];
        for trace in traces.values() {
            let value = of(trace);
            trace.rows.iter().for_each(|row| values[*row].clone_from(&value));
        }
        let mut builder = StringViewBuilder::with_capacity(len);
        values.iter().for_each(|value| builder.append_option(value.as_deref()));
        Arc::new(builder.finish())
    };
    let ints = |of: &dyn Fn(&Trace<'_>, usize) -> i64| -> ArrayRef {
        let mut values = vec![None; len];
        for trace in traces.values() {
            trace.rows.iter().enumerate().for_each(|(i, row)| values[*row] = Some(of(trace, i)));
        }
        let mut builder = Int64Builder::with_capacity(len);
        values.into_iter().for_each(|value| builder.append_option(value));
        Arc::new(builder.finish())
    };
    match name {
        computed::ROOT_NAME => texts(&|trace| trace.facts.root_name().map(str::to_owned)),
        computed::ROOT_SERVICE => texts(&|trace| trace.facts.root_service().map(str::to_owned)),
        computed::CHILD_COUNT => ints(&|trace, i| trace.tree.place(i).children),
        computed::NESTED_LEFT => ints(&|trace, i| trace.tree.place(i).left),
        computed::NESTED_RIGHT => ints(&|trace, i| trace.tree.place(i).right),
        computed::NESTED_PARENT => ints(&|trace, i| trace.tree.place(i).parent_left),
        _ => ints(&|trace, _| trace.facts.end_ns.saturating_sub(trace.facts.start_ns)),
    }
}

/// Says what is said of spans found.
struct Spans<'a> {
    batch: &'a RecordBatch,
    outputs: Vec<(&'a str, Bound<'a>)>,
    spans_max: usize,
}

impl Spans<'_> {
    fn found(&self, spanset: Spanset) -> FoundSpanset {
        let Spanset { mut rows, attributes } = spanset;
        let matched = rows.len();
        let (starts, ids) = (self.ints(4), self.ints(2));
        rows.sort_by_key(|row| (starts.value(*row), ids.value(*row)));
        rows.truncate(self.spans_max);
        let said = |(name, value): (String, Val<'static>)| (name, value.shown().unwrap_or(Value::String(NIL.into())));
        FoundSpanset {
            matched,
            spans: rows.into_iter().map(|row| self.span(row)).collect(),
            attributes: attributes.into_iter().map(said).collect(),
        }
    }

    fn ints(&self, i: usize) -> &arrow::array::Int64Array {
        self.batch.column(i).as_primitive::<Int64Type>()
    }

    fn span(&self, row: usize) -> FoundSpan {
        let texts = |i: usize| text(self.batch.column(i).as_string_view(), row);
        let mut attributes: Vec<(String, Value<'static>)> = Vec::new();
        for (name, bound) in &self.outputs {
            if attributes.iter().all(|(known, _)| known != name) {
                attributes.extend(bound.value(row).shown().map(|value| ((*name).to_owned(), value)));
            }
        }
        FoundSpan {
            span_id: SpanId::from_int(self.ints(2).value(row)).to_string(),
            name: texts(9).unwrap_or_default().to_owned(),
            service: texts(8).map(str::to_owned),
            start_ns: self.ints(4).value(row),
            duration_ns: self.ints(5).value(row).max(0),
            status_code: self.batch.column(7).as_primitive::<Int32Type>().value(row),
            attributes,
        }
    }
}
