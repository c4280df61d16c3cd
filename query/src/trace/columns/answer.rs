//! What an answer looks like. Arrays of numbers and one long text of ids: a hundred thousand objects would take a browser longer
//! than all else that it does with them.

use std::fmt::Write as _;

use serde::Serialize;
use spanloom_store::{SpanId, TraceId};
use utoipa::ToSchema;

use super::Planted;
use super::gathered::{Event, Gathered, Operation, Service, flag};
use super::part::{Cut, Part};
use crate::trace::critical::RootReason;
use crate::trace::tree::Top;

/// A trace's spans in columns, without attributes.
///
/// Rows are in the order of the tree: parents before their children, siblings by start. Resends are folded.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SpanColumns {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// The earliest start of a span in decimal digits: JSON numbers would lose the last ones. Times are counted from here.
    pub start_time_unix_nano: String,
    /// To the latest end. This and the next three are of the whole trace, whatever is shown.
    pub duration_ns: i64,
    pub span_count: usize,
    /// Spans whose status is an error.
    pub error_count: usize,
    /// Levels of the deepest tree: 1 for a span alone.
    pub depth: usize,
    pub services: Vec<ServiceRef>,
    pub operations: OperationColumns,
    pub rows: RowColumns,
    /// The tops among the rows, in their order.
    pub tops: Vec<TopRow>,
    pub events: EventColumns,
    /// Below which rows spans are not shown; empty when all are.
    pub cut: Vec<CutRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ServiceRef {
    /// Null for spans without `service.name`.
    #[schema(required)]
    pub name: Option<String>,
    /// `service.namespace`, else `k8s.namespace.name`.
    #[schema(required)]
    pub namespace: Option<String>,
}

/// What spans of one service, name and kind do; arrays of one length.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct OperationColumns {
    /// Places in `services`.
    pub service: Vec<u32>,
    /// Names of the spans, empty for those without one.
    pub name: Vec<String>,
    /// OTLP `SpanKind`.
    pub kind: Vec<i32>,
}

/// Arrays of one length.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct RowColumns {
    /// 16 hexadecimal digits a row, one after the other.
    pub id: String,
    /// The row above; -1 for those at the top.
    pub parent: Vec<i32>,
    /// Places in `operations`.
    pub operation: Vec<u32>,
    /// From the start of the trace, as the senders' clocks say; 0 for spans without a start.
    pub start_ns: Vec<i64>,
    /// Never negative.
    pub duration_ns: Vec<i64>,
    /// Sums of: 1 status ok, 2 status error, 4 no start, 8 no end, 16 ends before it starts, 32 has events, 64 has links, 128 lost
    /// attributes, events or links on its way.
    pub flags: Vec<u8>,
}

/// A row at the top of a tree.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TopRow {
    pub row: usize,
    pub reason: RootReason,
    /// The parent that it names, 16 hexadecimal digits.
    #[schema(required)]
    pub parent_span_id: Option<String>,
}

/// When the first 16 events of each row were; arrays of one length but for `names`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct EventColumns {
    pub row: Vec<u32>,
    /// From the start of the trace.
    pub at_ns: Vec<i64>,
    /// Places in `names`.
    pub name: Vec<u32>,
    /// Empty for events without a name.
    pub names: Vec<String>,
}

/// Spans that are not shown.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CutRow {
    /// They are below this row; -1: they are at the top, or below those.
    pub row: i32,
    /// On all levels.
    pub span_count: usize,
    /// Spans among them whose status is an error.
    pub error_count: usize,
    /// So many of the row's first children are shown or were skipped: where to go on.
    pub skip: usize,
}

/// Things by new numbers, in the order in which they are first used.
struct Used {
    numbers: Vec<Option<u32>>,
    order: Vec<u32>,
}

impl Used {
    fn of(count: usize) -> Self {
        Self { numbers: vec![None; count], order: Vec::new() }
    }

    fn number(&mut self, old: u32) -> u32 {
        let next = self.order.len() as u32;
        let number = *self.numbers[old as usize].get_or_insert(next);
        if number == next {
            self.order.push(old);
        }
        number
    }
}

/// Writes the rows of a part.
struct Writer<'a> {
    gathered: &'a Gathered,
    start_ns: i64,
    services: Used,
    operations: Used,
}

pub(super) fn answer(id: TraceId, gathered: &Gathered, planted: &Planted<'_>, part: &Part) -> SpanColumns {
    let start_ns = start_ns(gathered, planted);
    let mut writer = Writer::new(gathered, start_ns);
    let rows = writer.rows(planted, part);
    let operations = writer.operations();
    SpanColumns {
        trace_id: id.to_string(),
        start_time_unix_nano: start_ns.to_string(),
        duration_ns: writer.end_ns(planted).saturating_sub(start_ns),
        span_count: planted.spans.len(),
        error_count: planted.spans.iter().filter(|span| span.is_error).count(),
        depth: part.depth,
        services: writer.services(),
        operations,
        rows,
        tops: tops(planted, part),
        events: writer.events(planted, part),
        cut: part.cut.iter().map(cut_row).collect(),
    }
}

/// The earliest start that came; of those that were inferred where none did.
fn start_ns(gathered: &Gathered, planted: &Planted<'_>) -> i64 {
    let rows = || planted.rows.iter().map(|row| &gathered.rows[*row as usize]);
    let came = rows().filter(|row| row.flags & flag::NO_START == 0).map(|row| row.start_ns).min();
    came.or_else(|| rows().map(|row| row.start_ns).min()).unwrap_or_default()
}

impl<'a> Writer<'a> {
    fn new(gathered: &'a Gathered, start_ns: i64) -> Self {
        let services = Used::of(gathered.services.all.len());
        let operations = Used::of(gathered.operations.all.len());
        Self { gathered, start_ns, services, operations }
    }

    fn rows(&mut self, planted: &Planted<'_>, part: &Part) -> RowColumns {
        let mut columns = RowColumns { id: String::with_capacity(16 * part.spans.len()), ..RowColumns::default() };
        for (span, parent) in part.spans.iter().zip(&part.parents) {
            let row = &self.gathered.rows[planted.rows[*span] as usize];
            push_id(&mut columns.id, row.id);
            columns.parent.push(parent.map_or(-1, |parent| parent as i32));
            columns.operation.push(self.operations.number(row.operation));
            columns.start_ns.push(self.offset_ns(row.start_ns, row.flags));
            columns.duration_ns.push(row.duration_ns);
            columns.flags.push(row.flags);
        }
        columns
    }

    fn offset_ns(&self, time_ns: i64, flags: u8) -> i64 {
        if flags & flag::NO_START == 0 { time_ns.saturating_sub(self.start_ns) } else { 0 }
    }

    /// The latest end, as rows tell it.
    fn end_ns(&self, planted: &Planted<'_>) -> i64 {
        let rows = planted.rows.iter().map(|row| &self.gathered.rows[*row as usize]);
        let end_ns = |flags, start_ns, duration_ns| self.offset_ns(start_ns, flags).saturating_add(duration_ns);
        let ends = rows.map(|row| end_ns(row.flags, row.start_ns, row.duration_ns));
        self.start_ns.saturating_add(ends.max().unwrap_or_default())
    }

    fn operations(&mut self) -> OperationColumns {
        let mut columns = OperationColumns::default();
        for number in &self.operations.order {
            let Operation { service, name, kind } = self.gathered.operations.all[*number as usize];
            columns.service.push(self.services.number(service));
            columns.name.push(self.text(name));
            columns.kind.push(kind);
        }
        columns
    }

    fn services(&self) -> Vec<ServiceRef> {
        let service = |number: &u32| {
            let Service { name, namespace } = self.gathered.services.all[*number as usize];
            ServiceRef { name: name.map(|name| self.text(name)), namespace: namespace.map(|name| self.text(name)) }
        };
        self.services.order.iter().map(service).collect()
    }

    fn text(&self, number: u32) -> String {
        (*self.gathered.texts.all[number as usize]).to_owned()
    }

    fn events(&self, planted: &Planted<'_>, part: &Part) -> EventColumns {
        let mut columns = EventColumns::default();
        let mut names = Used::of(self.gathered.texts.all.len());
        for (row, span) in (0..).zip(&part.spans) {
            for event in events_of(&self.gathered.events, planted.rows[*span]) {
                columns.row.push(row);
                columns.at_ns.push(event.time_ns.saturating_sub(self.start_ns));
                columns.name.push(names.number(event.name));
            }
        }
        columns.names = names.order.iter().map(|number| self.text(*number)).collect();
        columns
    }
}

/// Of events that are by row those of one.
fn events_of(events: &[Event], row: u32) -> &[Event] {
    let begin = events.partition_point(|event| event.row < row);
    let count = events[begin..].iter().take_while(|event| event.row == row).count();
    &events[begin..begin + count]
}

/// 16 digits.
pub(super) fn push_id(text: &mut String, id: SpanId) {
    // Writing to a `String` cannot fail.
    let _ = write!(text, "{id}");
}

fn tops(planted: &Planted<'_>, part: &Part) -> Vec<TopRow> {
    let at_the_top = (0..part.spans.len()).filter(|row| part.parents[*row].is_none());
    let top = |row: usize| {
        let span = part.spans[row];
        let by_span = |top: &Top| top.span;
        let place = planted.tree.tops.binary_search_by_key(&span, by_span).ok()?;
        let parent_span_id = planted.spans[span].parent.map(|id| id.to_string());
        Some(TopRow { row, reason: planted.tree.tops[place].reason.into(), parent_span_id })
    };
    at_the_top.filter_map(top).collect()
}

fn cut_row(cut: &Cut) -> CutRow {
    let Cut { row, span_count, error_count, skip } = *cut;
    CutRow { row: row.map_or(-1, |row| row as i32), span_count, error_count, skip }
}
