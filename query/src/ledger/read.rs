//! The rows of the ledger, handed on one by one: only what is made of them is held.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use datafusion::common::DataFusionError;
use datafusion::dataframe::DataFrame;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::logical_expr::{Expr, col, lit};
use spanloom_store::Table;
use spanloom_store::identity::Directory;
use spanloom_store::schema::edges::{self, EdgeRow};
use spanloom_store::schema::identities::{self, IdentityKey, IdentityRow, IdentityValues};
use spanloom_store::schema::measures::InvalidRow;
use spanloom_store::schema::operations::{self, OperationRow};
use spanloom_store::time::HOUR_NS;

use super::gather::{Each, Gathered, Sums, key};
use super::kept::{State, Window};
use super::sources::runs;
use super::{Source, WindowRange};
use crate::error::QueryError;
use crate::session::Session;

/// Rows that are objects at a time.
const ROWS_AT_A_TIME: usize = 256;
/// What a row takes as an object, texts, histogram and exemplars included.
const READ_BYTES_PER_ROW: usize = 2048;
/// What a statement of the directory takes: as a row, and in the directory.
const STATEMENT_BYTES: usize = 512;
/// Runs of windows in one filter; neighbours beyond that are read as one run, and what lies between them is left out here.
const RUNS_MAX: usize = 32;
/// Columns that nobody needs for what an answer says.
const NOT_READ: [&str; 3] = ["hour", "revision", "writer"];

/// Measures of rows that are not read and so are empty: they are most of what a row takes to read.
pub(crate) type LeftOut = &'static [&'static str];

/// Rows come whole.
pub(crate) const NOTHING: LeftOut = &[];
/// All but numbers and durations.
pub(crate) const DETAILS: LeftOut = &["split", "response_flags", "principals", "exemplars"];
/// All but numbers and exemplars.
pub(crate) const DURATIONS: LeftOut = &["latency", "split", "response_flags", "principals"];
/// All but numbers.
pub(crate) const ALL_BUT_NUMBERS: LeftOut = &["latency", "split", "response_flags", "principals", "exemplars"];

/// Hands on the rows of `sources`. Rows that are kept have their measures, also where these are left out.
pub(crate) async fn edges(
    session: &Session,
    sources: &[Source],
    left_out: LeftOut,
    mut each: impl Each,
) -> Result<(), QueryError> {
    for source in sources {
        match session.kept_ledger().windows(&session.view, source) {
            Some(windows) => edges_of(session, source.table, windows, left_out, &mut each).await?,
            None => edges_in_files(session, source, left_out, &mut each).await?,
        }
    }
    Ok(())
}

/// Hands on the rows of a source as they are stored.
async fn edges_in_files(
    session: &Session,
    source: &Source,
    left_out: LeftOut,
    each: &mut impl Each,
) -> Result<(), QueryError> {
    let in_source = |row: EdgeRow| if source.has(row.key.window_ns) { each(&row) } else { Ok(()) };
    rows(session, source.table, starts_in(&source.runs), left_out, edges::read, in_source).await
}

/// Hands on whole rows of `sources`, those of neighbouring windows added up where there is room to keep them so: for who does not ask in which
/// window something was.
pub(crate) async fn edge_sums(session: &Session, sources: &[Source], mut each: impl Each) -> Result<(), QueryError> {
    for source in sources {
        let Some(windows) = session.kept_ledger().windows(&session.view, source) else {
            edges_in_files(session, source, NOTHING, &mut each).await?;
            continue;
        };
        let length_ns = sum_length_ns(source.table);
        let start_of = |window_ns: i64| window_ns.div_euclid(length_ns) * length_ns;
        let mut runs: BTreeMap<i64, BTreeMap<i64, Window<'_>>> = BTreeMap::new();
        for (window_ns, window) in windows {
            runs.entry(start_of(window_ns)).or_default().insert(window_ns, window);
        }
        let (mut to_read, mut to_add) = (BTreeMap::new(), BTreeMap::new());
        for (start_ns, windows) in runs {
            let states: Vec<State> = windows.values().map(|window| window.state.clone()).collect();
            // A single window is its own sum.
            let is_sum = states.len() > 1;
            let key = key(session, source.table, start_ns, length_ns);
            match session.kept_ledger().edges(&key, &states).filter(|_| is_sum) {
                Some(rows) => rows.iter().try_for_each(&mut each)?,
                None => {
                    to_read.extend(windows);
                    is_sum.then(|| to_add.insert(start_ns, states));
                }
            }
            tokio::task::yield_now().await;
        }
        let mut sums = Sums::new(session);
        let add = |row: &EdgeRow| {
            let start_ns = start_of(row.key.window_ns);
            if to_add.contains_key(&start_ns) { sums.add(start_ns, row, &mut each) } else { each(row) }
        };
        edges_of(session, source.table, to_read, NOTHING, add).await?;
        sums.finish(source.table, length_ns, &to_add, &mut each).await?;
    }
    Ok(())
}

/// Over how long windows are added up.
fn sum_length_ns(table: Table) -> i64 {
    let longer = match table {
        Table::Edges => Table::Edges1m,
        Table::Edges1m => Table::Edges10m,
        _ => return HOUR_NS,
    };
    longer.window_length_ns().unwrap_or(HOUR_NS)
}

/// Hands on the rows of windows, and keeps those that came whole.
async fn edges_of(
    session: &Session,
    table: Table,
    windows: BTreeMap<i64, Window<'_>>,
    left_out: LeftOut,
    mut each: impl Each,
) -> Result<(), QueryError> {
    let length_ns = table.window_length_ns().unwrap_or(1);
    let mut gathered = left_out.is_empty().then(|| Gathered::new(session));
    let mut read: BTreeMap<i64, State> = BTreeMap::new();
    let mut in_files: BTreeSet<i64> = BTreeSet::new();
    for (window_ns, window) in windows {
        let states = std::slice::from_ref(&window.state);
        if let Some(rows) = session.kept_ledger().edges(&key(session, table, window_ns, length_ns), states) {
            rows.iter().try_for_each(&mut each)?;
        } else {
            match window.in_memory() {
                Some(rows) => {
                    let _objects = reserve_rows(session)?;
                    let rows = rows.project(&columns_read(&rows.schema(), left_out)).map_err(DataFusionError::from)?;
                    each_row(&rows, edges::read, &mut |row| handed_on(row, &mut each, &mut gathered))?;
                }
                None => _ = in_files.insert(window_ns),
            }
            read.insert(window_ns, window.state);
        }
        // So that a query can end between two of them.
        tokio::task::yield_now().await;
    }
    if !in_files.is_empty() {
        let starts = starts_in(&runs(in_files.iter().copied(), length_ns));
        let of_them = |row: EdgeRow| {
            if in_files.contains(&row.key.window_ns) { handed_on(row, &mut each, &mut gathered) } else { Ok(()) }
        };
        rows(session, table, starts, left_out, edges::read, of_them).await?;
    }
    gathered.into_iter().for_each(|gathered| gathered.keep(table, &read));
    Ok(())
}

fn handed_on(row: EdgeRow, each: &mut impl Each, gathered: &mut Option<Gathered<'_>>) -> Result<(), QueryError> {
    each(&row)?;
    if let Some(gathered) = gathered {
        gathered.push(row);
    }
    Ok(())
}

/// Hands on the rows of the operations whose minute touches a range.
pub(crate) async fn operations(
    session: &Session,
    range: WindowRange,
    left_out: LeftOut,
    each: impl FnMut(OperationRow) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    let run = touching(range, Table::Operations);
    rows(session, Table::Operations, starts_in(&[run]), left_out, operations::read, each).await
}

/// Hands on the same in batches, which may be rows of earlier minutes, too.
pub(crate) async fn operation_batches(
    session: &Session,
    range: WindowRange,
    left_out: LeftOut,
    each: impl FnMut(&RecordBatch) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    let run = touching(range, Table::Operations);
    session.for_each(frame(session, Table::Operations, starts_in(&[run]), left_out).await?, each).await
}

/// Who was who in a range, and the hour before it: names that were learned earlier still hold. The reservation is for a directory that is not
/// kept.
pub(crate) async fn directory(
    session: &Session,
    range: WindowRange,
) -> Result<(Arc<Directory>, MemoryReservation), QueryError> {
    let before = WindowRange { start_ns: range.start_ns.saturating_sub(HOUR_NS), ..range };
    let run = touching(before, Table::Identities);
    let source = Source { table: Table::Identities, runs: vec![run] };
    let windows = session.kept_ledger().windows(&session.view, &source).unwrap_or_default();
    let states: Vec<State> = windows.into_values().map(|window| window.state).collect();
    // Ranges that end in one hour are told by the same windows.
    let hours = (run.length_ns() - 1).div_euclid(HOUR_NS) + 1;
    let key = key(session, Table::Identities, run.start_ns, hours * HOUR_NS);
    let memory = session.reserve("directory");
    if let Some(directory) = session.kept_ledger().names(&key, &states) {
        return Ok((directory, memory));
    }
    let directory = Arc::new(read_directory(session, run, &memory).await?);
    // Without windows nobody knows whether it is the same the next time.
    if !states.is_empty() && session.kept_ledger().has_room(memory.size()) {
        session.kept_ledger().put_names(key, &states, Arc::clone(&directory), memory.size());
    }
    Ok((directory, memory))
}

async fn read_directory(
    session: &Session,
    run: WindowRange,
    memory: &MemoryReservation,
) -> Result<Directory, QueryError> {
    let mut statements: HashMap<IdentityKey, IdentityValues> = HashMap::new();
    let each = |IdentityRow { key, values }: IdentityRow| {
        let key = IdentityKey { window_ns: 0, ..key };
        match statements.get_mut(&key) {
            Some(known) => known.merge(&values),
            None => {
                memory.try_grow(STATEMENT_BYTES + key.name.len())?;
                statements.insert(key, values);
            }
        }
        Ok(())
    };
    rows(session, Table::Identities, starts_in(&[run]), NOTHING, identities::read, each).await?;
    let statements: Vec<IdentityRow> =
        statements.into_iter().map(|(key, values)| IdentityRow { key, values }).collect();
    Ok(Directory::new(&statements))
}

/// The windows of a table that touch a range.
fn touching(range: WindowRange, table: Table) -> WindowRange {
    let length_ns = table.window_length_ns().unwrap_or(1);
    WindowRange { start_ns: range.start_ns.div_euclid(length_ns) * length_ns, end_ns: range.end_ns }
}

async fn rows<T>(
    session: &Session,
    table: Table,
    filter: Expr,
    left_out: LeftOut,
    read: impl Fn(&RecordBatch) -> Result<Vec<T>, InvalidRow>,
    mut each: impl FnMut(T) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    let _objects = reserve_rows(session)?;
    session.for_each(frame(session, table, filter, left_out).await?, |batch| each_row(batch, &read, &mut each)).await
}

/// Room for the rows that are objects at a time.
fn reserve_rows(session: &Session) -> Result<MemoryReservation, QueryError> {
    let objects = session.reserve("rows of the ledger");
    objects.try_grow(ROWS_AT_A_TIME * READ_BYTES_PER_ROW)?;
    Ok(objects)
}

/// Hands on the rows of a batch, few of which are objects at a time.
fn each_row<T>(
    batch: &RecordBatch,
    read: impl Fn(&RecordBatch) -> Result<Vec<T>, InvalidRow>,
    each: &mut impl FnMut(T) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    for start in (0..batch.num_rows()).step_by(ROWS_AT_A_TIME) {
        let part = batch.slice(start, ROWS_AT_A_TIME.min(batch.num_rows() - start));
        for row in read(&part)? {
            each(row)?;
        }
    }
    Ok(())
}

async fn frame(session: &Session, table: Table, filter: Expr, left_out: LeftOut) -> Result<DataFrame, QueryError> {
    let schema = table.schema();
    let columns = columns_read(&schema, left_out).into_iter().map(|column| schema.field(column).name().as_str());
    let columns: Vec<&str> = columns.collect();
    Ok(session.context()?.table(table.name()).await?.filter(filter)?.select_columns(&columns)?)
}

/// The columns of a table that are read.
fn columns_read(schema: &Schema, left_out: LeftOut) -> Vec<usize> {
    let is_read = |name: &&str| !NOT_READ.contains(name) && !left_out.contains(name);
    let names = schema.fields().iter().map(|field| field.name().as_str());
    names.enumerate().filter(|(_, name)| is_read(name)).map(|(column, _)| column).collect()
}

/// True of windows that begin in one of the runs, and perhaps of some between them.
fn starts_in(runs: &[WindowRange]) -> Expr {
    let begins = |run: &WindowRange| col("window_ns").between(lit(run.start_ns), lit(run.end_ns - 1));
    joined(runs).iter().map(begins).reduce(Expr::or).unwrap_or_else(|| lit(false))
}

/// At most [`RUNS_MAX`] runs that hold all of them: the narrowest gaps are closed.
fn joined(runs: &[WindowRange]) -> Vec<WindowRange> {
    let mut gaps: Vec<usize> = (1..runs.len()).collect();
    gaps.sort_by_key(|i| runs[i - 1].end_ns - runs[*i].start_ns);
    gaps.truncate(RUNS_MAX - 1);
    gaps.sort_unstable();
    let ends = gaps.iter().copied().chain([runs.len()]);
    let starts = std::iter::once(0).chain(gaps.iter().copied());
    let hull = |(first, end): (usize, usize)| {
        let part = runs.get(first..end)?;
        Some(WindowRange { start_ns: part.first()?.start_ns, end_ns: part.last()?.end_ns })
    };
    starts.zip(ends).filter_map(hull).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_runs_become_few_that_hold_them_all() {
        let run = |i: i64| WindowRange { start_ns: i * 100, end_ns: i * 100 + if i % 10 == 0 { 5 } else { 90 } };
        let runs: Vec<WindowRange> = (0..200).map(run).collect();
        let few = joined(&runs);
        assert_eq!(few.len(), RUNS_MAX);
        let is_in = |run: &WindowRange| few.iter().any(|f| f.start_ns <= run.start_ns && run.end_ns <= f.end_ns);
        assert!(runs.iter().all(is_in));
        assert!(few.windows(2).all(|pair| pair[0].end_ns < pair[1].start_ns), "in order and disjoint");
        assert!(few.iter().any(|f| f.end_ns == 1005), "the widest gaps stay open");
        assert_eq!(joined(&runs[..3]), runs[..3]);
        assert_eq!(joined(&[]), []);
    }
}
