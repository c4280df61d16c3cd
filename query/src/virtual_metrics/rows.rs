//! Rows of the ledger to windows, hour by hour, so that no more than an hour's rows are held at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::execution::memory_pool::MemoryReservation;
use spanloom_store::Table;
use spanloom_store::ledger::Protocol;
use spanloom_store::schema::edges::{EdgeRow, EdgeValues};
use spanloom_store::schema::operations::OperationRow;
use spanloom_store::time::HOUR_NS;

use super::named::Named;
use super::{
    Collected, Connection, EdgeLabels, EdgeWindow, Hour, Numbers, OperationLabels, OperationWindow, Rows,
    ServiceLabels, TargetWindow, TooManySamples, Wanted, Window, add_hour, chosen,
};
use crate::error::QueryError;
use crate::ledger::{
    ALL_BUT_NUMBERS, Between, Calls, DETAILS, Group, Grouping, Kind, LeftOut, Place, Places, Source, Views, ViewsBy,
    WindowRange, directory, edges, operations,
};
use crate::promql::sample::Series;
use crate::promql::source::Selection;
use crate::session::Session;

const NS_PER_MS: i64 = 1_000_000;
/// What an operation's window takes besides its histogram: key, texts, entry of a map.
const OPERATION_BYTES: usize = 512;
const BUCKET_BYTES: usize = 32;

impl From<TooManySamples> for QueryError {
    fn from(error: TooManySamples) -> Self {
        Self::TooLarge(error.to_string())
    }
}

/// The virtual series of a selection. `settled_ms` is `pairing_wait` ago; `samples_max` bounds what is made, the
/// session's memory what it is made of.
///
/// # Errors
/// `TooLarge` when there are more samples, `Memory` when there is no room for the rows, and what reading fails with.
pub(crate) async fn select(
    session: &Session,
    selection: &Selection,
    settled_ms: i64,
    samples_max: usize,
) -> Result<Vec<Arc<Series>>, QueryError> {
    let wanted = Wanted::new(selection);
    let mut collected = Collected::new(samples_max);
    for hour in hours(session, &wanted, settled_ms) {
        if wanted.reads(Rows::Edges) {
            add_edges(session, &wanted, hour, settled_ms, &mut collected).await?;
        }
        if wanted.reads(Rows::Operations) || wanted.reads(Rows::Targets) {
            add_operations(session, &wanted, hour, settled_ms, &mut collected).await?;
        }
    }
    Ok(collected.done())
}

/// The hours of a selection in which there may be rows, ascending: a range may reach back to the epoch, the tables do
/// not.
fn hours(session: &Session, wanted: &Wanted<'_>, settled_ms: i64) -> Vec<Hour> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let Some((first, last)) = wanted.hours(settled_ms) else { return Vec::new() };
    let mut found: BTreeSet<Hour> = BTreeSet::new();
    for table in [Table::Edges, Table::Operations] {
        let view = session.view.table(table);
        let open = view.open_windows().map(|(window_ns, _)| window_ns);
        found.extend(open.map(hour_of_window));
        let files = view.files().filter_map(|file| spanloom_store::time::hour_start_ns(&file.hour));
        found.extend(files.map(hour_of_window));
    }
    // What came just now may be in no file and no open window yet.
    let now = Hour::until(settled_ms);
    found.extend([Hour::until(now.start_ms), now]);
    found.range(first..=last).copied().collect()
}

/// The hour of a window by its start.
fn hour_of_window(window_ns: i64) -> Hour {
    Hour::after(window_ns / NS_PER_MS)
}

fn range_of(hour: Hour) -> WindowRange {
    let start_ns = hour.start_ms * NS_PER_MS;
    WindowRange { start_ns, end_ns: start_ns + HOUR_NS }
}

async fn add_edges(
    session: &Session,
    wanted: &Wanted<'_>,
    hour: Hour,
    settled_ms: i64,
    collected: &mut Collected,
) -> Result<(), QueryError> {
    let range = range_of(hour);
    let (directory, _names) = directory(session, range).await?;
    let mut places = Places::new(&directory, Grouping::Service, session.reserve("nodes"));
    let mut named = Named::new(wanted, &directory);
    let mut calls: Calls<(Between, i64)> = Calls::new(session.reserve("service graph"));
    let left_out = left_out(wanted, Rows::Edges);
    let add = |row: &EdgeRow| {
        let end_ms = row.key.window_ns / NS_PER_MS + EdgeWindow::LENGTH_MS;
        if row.key.reason.is_none() && end_ms <= settled_ms {
            let between = Between::of(&row.key, &mut places)?;
            if named.may_be_wanted(between, &places) {
                calls.add_values((between, end_ms), &row.key, &needed(&row.values))?;
            }
        }
        Ok(())
    };
    edges(session, &[Source { table: Table::Edges, runs: vec![range] }], left_out, add).await?;
    let (groups, _nodes) = places.into_groups();
    let Calls { views, memory } = calls;
    // What is chosen is a copy of a part of it.
    memory.try_grow(memory.size())?;
    let windows = by_edge(views).into_iter().flat_map(|(between, windows)| edge_windows(&groups, between, windows));
    Ok(add_hour(collected, wanted, hour, settled_ms, windows)?)
}

/// What of a row the metrics say.
fn needed(values: &EdgeValues) -> EdgeValues {
    let EdgeValues { requests, observed, outcomes, latency, .. } = values;
    EdgeValues {
        requests: *requests,
        observed: *observed,
        outcomes: *outcomes,
        latency: latency.clone(),
        ..EdgeValues::default()
    }
}

/// What no metric of some rows is made of.
fn left_out(wanted: &Wanted, rows: Rows) -> LeftOut {
    if wanted.needs_latency(rows) { DETAILS } else { ALL_BUT_NUMBERS }
}

fn by_edge(views: ViewsBy<(Between, i64)>) -> BTreeMap<Between, BTreeMap<i64, Views>> {
    let mut by_edge: BTreeMap<Between, BTreeMap<i64, Views>> = BTreeMap::new();
    for ((between, end_ms), views) in views {
        by_edge.entry(between).or_default().insert(end_ms, views);
    }
    by_edge
}

fn edge_windows(groups: &[Group], between: Between, windows: BTreeMap<i64, Views>) -> Vec<EdgeWindow> {
    let group = |place: Option<Place>| place.and_then(|place| groups.get(place.index()));
    let (Some(source), Some(target)) = (group(between.source), group(between.target)) else { return Vec::new() };
    let labels = EdgeLabels {
        client: name(source),
        client_namespace: source.namespace.clone(),
        server: name(target),
        server_namespace: target.namespace.clone(),
        connection: connection(source.kind, target.kind, between.protocol),
    };
    let window = |(end_ms, numbers): (i64, Numbers)| EdgeWindow {
        end_ms,
        labels: labels.clone(),
        requests: numbers.requests,
        failed: numbers.failed,
        server_latency: numbers.server_latency,
        client_latency: numbers.client_latency,
    };
    chosen(&windows).map(window).collect()
}

/// The raw name under which a node was seen most, by which its traces are found; else its own.
fn name(group: &Group) -> Arc<str> {
    let own = || group.name.clone().unwrap_or_else(|| group.id.as_str().into());
    group.aliases().into_iter().next().unwrap_or_else(own)
}

fn connection(source: Kind, target: Kind, protocol: Protocol) -> Connection {
    let is_one = |kind: Kind| source == kind || target == kind;
    if is_one(Kind::Queue) || protocol == Protocol::Messaging {
        Connection::Messaging
    } else if is_one(Kind::Database) {
        Connection::Database
    } else if is_one(Kind::External) {
        Connection::Virtual
    } else {
        Connection::Services
    }
}

async fn add_operations(
    session: &Session,
    wanted: &Wanted<'_>,
    hour: Hour,
    settled_ms: i64,
    collected: &mut Collected,
) -> Result<(), QueryError> {
    let memory = session.reserve("operations");
    let mut windows: BTreeMap<(i64, OperationLabels), OperationWindow> = BTreeMap::new();
    let left_out = left_out(wanted, Rows::Operations);
    let add = |row: OperationRow| {
        let window = operation_window(row);
        let service = window.labels.service.service.as_deref().unwrap_or_default();
        // Its name is a label of whatever is made of the row.
        if !wanted.may_be("service", service) || window.end_ms > settled_ms {
            return Ok(());
        }
        merge(&mut windows, window, &memory)
    };
    operations(session, range_of(hour), left_out, add).await?;
    if wanted.reads(Rows::Targets) {
        let target = |(end_ms, labels): &(i64, OperationLabels)| TargetWindow {
            end_ms: *end_ms,
            labels: ServiceLabels::clone(&labels.service),
        };
        add_hour(collected, wanted, hour, settled_ms, windows.keys().map(target))?;
    }
    if wanted.reads(Rows::Operations) {
        add_hour(collected, wanted, hour, settled_ms, windows.into_values())?;
    }
    Ok(())
}

fn operation_window(OperationRow { key, values }: OperationRow) -> OperationWindow {
    let service = ServiceLabels { service: key.service, namespace: key.namespace, cluster: key.cluster };
    OperationWindow {
        end_ms: key.window_ns / NS_PER_MS + OperationWindow::LENGTH_MS,
        labels: OperationLabels { service, operation: key.operation, kind: key.kind, status_code: key.status_code },
        calls: values.count,
        latency: values.latency,
    }
}

fn merge(
    windows: &mut BTreeMap<(i64, OperationLabels), OperationWindow>,
    window: OperationWindow,
    memory: &MemoryReservation,
) -> Result<(), QueryError> {
    memory.try_grow(window.latency.buckets().len() * BUCKET_BYTES)?;
    match windows.get_mut(&(window.end_ms, window.labels.clone())) {
        Some(known) => known.merge(&window),
        None => {
            memory.try_grow(OPERATION_BYTES)?;
            windows.insert((window.end_ms, window.labels.clone()), window);
        }
    }
    Ok(())
}
