//! Writes what the series of flushed samples are called, before the samples themselves.
//!
//! A series is written once for each hour that has samples of it. Rows say the same however often they are written, so
//! that a flush which is done again after a crash does no harm.

use std::collections::BTreeMap;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::Int64Type;
use deltalake_core::kernel::Add;
use tracing::error;

use super::{FlushError, count, encode_apart, store_all};
use crate::ids::TenantId;
use crate::lake::table::{LakeTable, WalRange};
use crate::schema::Table;
use crate::schema::samples::{to_ms, to_ns};
use crate::schema::series::SeriesBuilder;
use crate::series::{MetricMetadata, SeriesHour, SeriesId, SeriesIndex};
use crate::store::Inner;
use crate::view::{Sealed, TenantView};

/// Series of one file: what is in memory as rows at a time.
const FILE_SERIES: usize = 128 * 1024;

/// Returns the number of rows that went into the table, which is as new as it can be.
pub(super) async fn flush(
    inner: &Inner,
    sealed: &Sealed,
    tenant: &TenantId,
    view: &TenantView,
    lake: &mut LakeTable,
) -> Result<u64, FlushError> {
    let committed = lake.committed(&inner.app_id).await?;
    inner.views.set_lake(tenant, Table::Series, lake.snapshot().clone(), committed);
    if committed >= sealed.last {
        return Ok(0);
    }
    let index = inner.catalogs.of(tenant);
    let now_ns = inner.clock.now_ns();
    let range = WalRange { app_id: inner.app_id.clone(), first: committed + 1, last: sealed.last };
    let (mut added, mut written): (Vec<Add>, Vec<(SeriesHour, Vec<SeriesId>)>) = (Vec::new(), Vec::new());
    for (hour, ids) in hours(sealed, view) {
        for piece in ids.chunks(FILE_SERIES) {
            let Some(rows) = unwritten(inner, &index, hour, piece) else { continue };
            added.extend(
                store_all(lake, encode_apart(Table::Series, vec![rows.into()], now_ns).await?, &range, now_ns).await?,
            );
            written.push((hour, piece.to_vec()));
        }
    }
    if added.is_empty() {
        return Ok(0);
    }
    lake.commit(&range, added.clone()).await?;
    inner.views.set_lake(tenant, Table::Series, lake.snapshot().clone(), sealed.last);
    written.iter().for_each(|(hour, ids)| index.mark_written(*hour, ids));
    let rows = added.iter().filter_map(|add| add.get_stats().ok()?).map(|stats| stats.num_records.unsigned_abs()).sum();
    count(inner, Table::Series, rows, &added);
    Ok(rows)
}

/// The series that have samples which are not in the lake, sorted, each once.
pub(crate) fn hot_series(view: &TenantView) -> Vec<SeriesId> {
    let mut hours = BTreeMap::new();
    Table::METRICS
        .iter()
        .flat_map(|table| view.table(*table).hot())
        .for_each(|batch| add_series(&batch.to_batch(), &mut hours));
    let mut ids: Vec<SeriesId> = hours.into_values().flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The series of each hour that is flushed, sorted, each once.
fn hours(sealed: &Sealed, view: &TenantView) -> BTreeMap<SeriesHour, Vec<SeriesId>> {
    let mut hours: BTreeMap<SeriesHour, Vec<SeriesId>> = BTreeMap::new();
    for table in Table::METRICS {
        for batch in sealed.batches(view, table, view.table(table).committed()) {
            add_series(&batch.to_batch(), &mut hours);
        }
    }
    for ids in hours.values_mut() {
        ids.sort_unstable();
        ids.dedup();
    }
    hours
}

fn add_series(batch: &RecordBatch, hours: &mut BTreeMap<SeriesHour, Vec<SeriesId>>) {
    let ints = |name| batch.column_by_name(name).map(|column| column.as_primitive::<Int64Type>().values());
    let (Some(metrics), Some(labels), Some(times)) = (ints("metric_id"), ints("labels_id"), ints("time_ns")) else {
        return;
    };
    let mut last = None;
    for row in 0..batch.num_rows() {
        let id = SeriesId { metric: metrics[row], labels: labels[row] };
        let series = (SeriesHour::of_ms(to_ms(times[row])), id);
        // Samples of a series are mostly neighbours.
        if last != Some(series) {
            hours.entry(series.0).or_default().push(id);
            last = Some(series);
        }
    }
}

/// Rows of those series that the hour does not have yet.
fn unwritten(inner: &Inner, index: &SeriesIndex, hour: SeriesHour, ids: &[SeriesId]) -> Option<RecordBatch> {
    let unwritten = index.unwritten(hour, ids.iter().copied());
    if !unwritten.unknown.is_empty() {
        let count = unwritten.unknown.len() as u64;
        inner.metrics.series.orphans.inc_by(count);
        error!(series = count, "samples are flushed of series whose labels are not known");
    }
    if unwritten.series.is_empty() {
        return None;
    }
    let mut builder = SeriesBuilder::default();
    let hour_ns = to_ns(hour.start_ms());
    for (id, labels) in &unwritten.series {
        builder.append(hour_ns, *id, labels, family(index, labels.metric()).as_ref());
    }
    Some(builder.finish())
}

/// What is known of a metric's family: that of its own name, or without what histograms and summaries add to it.
fn family(index: &SeriesIndex, metric: &str) -> Option<MetricMetadata> {
    let of_parts = || {
        let stems = ["_bucket", "_sum", "_count"].iter().filter_map(|part| metric.strip_suffix(part));
        stems.filter_map(|stem| index.metadata_of(stem)).next()
    };
    index.metadata_of(metric).or_else(of_parts)
}
