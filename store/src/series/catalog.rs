//! What series are called, of every tenant: the index of those that are active, and the lake for older hours.
//!
//! The index holds every series that has hot samples, and every series of the lake's hours from `active_from` on. A
//! question about later times needs nothing else; for each older hour it looks which series table `series` has, and only
//! those of one metric if its conditions name one. What they are called is read only of those that the index does not know.

/// Rows of table `series` that fulfil conditions.
mod matching;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use arrow::array::RecordBatch;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use object_store::ObjectStore;
use parking_lot::RwLock;
use tracing::warn;

use super::labels::label::NAME;
use super::read::{FileRows, KnownFiles, Places, ReadError};
use super::{Labels, MatchOp, Matcher, SeriesHour, SeriesId, SeriesIndex, SeriesLimits};
use crate::config::MetricsConfig;
use crate::ids::TenantId;
use crate::lake::LakeFile;
use crate::lake::location::Location;
use crate::scan::ScanError;
use crate::schema::samples::to_ms;
use crate::schema::series::{LABEL_COLUMNS, METADATA_COLUMNS, read_metadata};
use crate::schema::{Rows, Table};
use crate::time::hour_start_ns;
use crate::view::TenantView;

/// Hours before the current one of which the index has all series.
const HOURS_KEPT: i32 = 1;
/// Files that are read at the same time.
const FILES_AT_ONCE: usize = 4;

/// The indexes of all tenants.
pub(crate) struct Catalogs {
    limits: SeriesLimits,
    series_max: usize,
    by_tenant: RwLock<BTreeMap<TenantId, Arc<SeriesIndex>>>,
    now: AtomicI32,
    active_from: AtomicI32,
}

impl Catalogs {
    pub fn new(config: &MetricsConfig, now_ns: i64) -> Self {
        let now = SeriesHour::of_ms(to_ms(now_ns));
        Self {
            limits: config.limits(),
            series_max: config.series_max,
            by_tenant: RwLock::default(),
            now: AtomicI32::new(now.0),
            // Nothing is loaded yet.
            active_from: AtomicI32::new(i32::MAX),
        }
    }

    /// The tenant's index.
    pub fn of(&self, tenant: &TenantId) -> Arc<SeriesIndex> {
        if let Some(index) = self.by_tenant.read().get(tenant) {
            return Arc::clone(index);
        }
        let make = || {
            let index = SeriesIndex::new(self.limits, self.series_max);
            index.set_now(SeriesHour(self.now.load(Ordering::Relaxed)));
            Arc::new(index)
        };
        Arc::clone(self.by_tenant.write().entry(tenant.clone()).or_insert_with(make))
    }

    /// The first hour of which the indexes have all series.
    pub fn active_from(&self) -> SeriesHour {
        SeriesHour(self.active_from.load(Ordering::Acquire))
    }

    /// Notes what the rows of a request say of series. To be called before they are visible.
    pub fn note(&self, tenant: &TenantId, rows: &Rows, received_ns: i64) {
        let Some(metrics) = &rows.metrics else { return };
        let (index, received_ms) = (self.of(tenant), to_ms(received_ns));
        let named = metrics.series.iter().filter_map(|series| Some((series.id, series.labels.clone()?)));
        let named: Vec<(SeriesId, Labels)> = named.collect();
        if !named.is_empty() {
            index.insert(&named, received_ms);
        }
        let times: Vec<(SeriesId, i64)> = metrics.series.iter().map(|series| (series.id, series.newest_ms)).collect();
        index.touch(&times, received_ms);
        index.note_metadata(&metrics.metadata, received_ms);
    }

    /// Loads the series of the lake's hours from the one before `oldest_ns` on: the labels of frames received then may be
    /// there only. A file that is damaged or gone is passed over, and its series are unknown until they come with their labels.
    ///
    /// # Errors
    /// When a bucket cannot be asked.
    pub async fn load(
        &self,
        tenant: &TenantId,
        view: &TenantView,
        lake: &Location,
        known: &KnownFiles,
        oldest_ns: i64,
    ) -> Result<(), ReadError> {
        let from = first_hour(oldest_ns);
        let index = self.of(tenant);
        for file in view.table(Table::Series).lake().files.iter() {
            let Some(hour) = hour_of(file).filter(|hour| *hour >= from) else { continue };
            let rows = FileRows { objects: Arc::clone(lake.objects()), known, table: Table::Series, file };
            let columns = [LABEL_COLUMNS, METADATA_COLUMNS].concat();
            match rows.all(&columns).await {
                Ok(batches) => batches.iter().for_each(|batch| load_rows(&index, hour, batch)),
                Err(error) if lake.dir().is_none() && is_of_store(&error) => return Err(error.into()),
                Err(error) => warn!(%error, %tenant, "failed to read what series are called"),
            }
        }
        Ok(())
    }

    /// Says that everything is loaded that frames which came in since `oldest_ns` need.
    pub fn begin(&self, oldest_ns: i64) {
        self.active_from.store(first_hour(oldest_ns).0, Ordering::Release);
    }

    /// Says what hour it is. When it is another one, the series that nobody has sent for long are forgotten, but for those
    /// that `hot` says have samples which are not flushed, however old: nothing else may know what they are called.
    pub fn set_now(&self, now_ns: i64, hot: impl Fn(&TenantId) -> Vec<SeriesId>) {
        let now = SeriesHour::of_ms(to_ms(now_ns));
        let before = self.now.swap(now.0, Ordering::AcqRel);
        let indexes: Vec<_> =
            self.by_tenant.read().iter().map(|(tenant, index)| (tenant.clone(), Arc::clone(index))).collect();
        indexes.iter().for_each(|(_, index)| index.set_now(now));
        if before >= now.0 {
            return;
        }
        // First readers look at the lake for what is forgotten next. A sample may be an hour ahead of its receipt.
        let active_from = SeriesHour(now.0 - HOURS_KEPT);
        self.active_from.fetch_max(active_from.0, Ordering::AcqRel);
        let cutoff_ms = active_from.before().start_ms();
        for (tenant, index) in indexes {
            // What is not hot yet has been noted a moment ago, and is not swept for that.
            index.received(&hot(&tenant), cutoff_ms);
            index.sweep(cutoff_ms);
        }
    }

    /// Notes that an hour of a tenant's tables is about to go.
    pub fn forget_hour(&self, tenant: &TenantId, hour: &str) {
        if let Some(hour) = hour_start_ns(hour) {
            self.of(tenant).forget_hours(&[SeriesHour::of_ms(to_ms(hour))]);
        }
    }

    /// Of all tenants: how many series are active, and how often ids met other labels.
    pub fn totals(&self) -> (usize, u64) {
        let indexes = self.by_tenant.read();
        let sums = indexes.values().map(|index| (index.len(), index.collisions()));
        sums.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }
}

/// The hour before a time: labels written then or later are durable.
fn first_hour(time_ns: i64) -> SeriesHour {
    SeriesHour::of_ms(to_ms(time_ns)).before()
}

/// Whether a store did not give a file, which may be whole.
fn is_of_store(error: &(dyn std::error::Error + 'static)) -> bool {
    match error.downcast_ref::<object_store::Error>() {
        Some(error) => !matches!(error, object_store::Error::NotFound { .. }),
        None => error.source().is_some_and(is_of_store),
    }
}

fn load_rows(index: &SeriesIndex, hour: SeriesHour, batch: &RecordBatch) {
    let (Some(series), Some(metadata)) = (matching::select(batch, &[]), read_metadata(batch)) else { return };
    let ids: Vec<SeriesId> = series.iter().map(|(id, _)| *id).collect();
    index.insert(&series, hour.start_ms());
    index.mark_written(hour, &ids);
    index.note_metadata(&metadata, hour.start_ms());
}

fn hour_of(file: &LakeFile) -> Option<SeriesHour> {
    hour_start_ns(&file.hour).map(|start_ns| SeriesHour::of_ms(to_ms(start_ns)))
}

/// What one tenant's series are called, active and not.
pub(crate) struct Catalog<'a> {
    pub active: Arc<SeriesIndex>,
    pub active_from: SeriesHour,
    pub objects: Arc<dyn ObjectStore>,
    pub known: &'a KnownFiles,
    pub view: &'a TenantView,
}

/// A file of an hour that the index does not have.
struct OlderFile<'a> {
    file: &'a LakeFile,
    places: Arc<Places>,
}

impl Catalog<'_> {
    /// See [`crate::Store::select_series`].
    pub async fn select(
        &self,
        matchers: &[Matcher],
        times_ms: RangeInclusive<i64>,
        series_max: usize,
    ) -> Result<Vec<(SeriesId, Labels)>, ReadError> {
        let older = self.older(matchers, times_ms).await?;
        let (mut ids, mut strangers) = self.active.ask(|index| index.ids(matchers), &ids_of(&older));
        if ids.len() > series_max {
            return Err(ReadError::TooManySeries { max: series_max });
        }
        ids.sort_unstable();
        let mut found = Vec::with_capacity(ids.len());
        for (id, labels) in ids.iter().zip(self.active.labels_of_each(&ids)) {
            match labels {
                Some(labels) => found.push((*id, labels)),
                // A sweep has dropped it meanwhile.
                None => drop(strangers.insert(*id)),
            }
        }
        let known = found.len();
        self.each_row(&older, strangers, |batch| {
            found.extend(matching::select(batch, matchers).ok_or(ReadError::Foreign(Table::Series))?);
            if found.len() > series_max { Err(ReadError::TooManySeries { max: series_max }) } else { Ok(()) }
        })
        .await?;
        if found.len() > known {
            found.sort_unstable_by_key(|(id, _)| *id);
        }
        Ok(found)
    }

    /// See [`crate::Store::label_names`].
    pub async fn label_names(
        &self,
        matchers: &[Matcher],
        times_ms: RangeInclusive<i64>,
    ) -> Result<BTreeSet<Arc<str>>, ReadError> {
        let older = self.older(matchers, times_ms).await?;
        let (names, strangers) = self.active.ask(|index| index.label_names(matchers), &ids_of(&older));
        let mut names: BTreeSet<Arc<str>> = names.into_iter().collect();
        self.each_row(&older, strangers, |batch| {
            matching::label_names(batch, matchers, &mut names).ok_or(ReadError::Foreign(Table::Series))
        })
        .await?;
        Ok(names)
    }

    /// See [`crate::Store::label_values`].
    pub async fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        times_ms: RangeInclusive<i64>,
    ) -> Result<BTreeSet<Arc<str>>, ReadError> {
        let older = self.older(matchers, times_ms).await?;
        let (values, strangers) = self.active.ask(|index| index.label_values(name, matchers), &ids_of(&older));
        let mut values: BTreeSet<Arc<str>> = values.into_iter().collect();
        self.each_row(&older, strangers, |batch| {
            matching::label_values(batch, name, matchers, &mut values).ok_or(ReadError::Foreign(Table::Series))
        })
        .await?;
        Ok(values)
    }

    fn file_rows<'b>(&'b self, file: &'b LakeFile) -> FileRows<'b> {
        FileRows { objects: Arc::clone(&self.objects), known: self.known, table: Table::Series, file }
    }

    /// The files of table `series` of hours that the index does not have, and where they have the series of the metric that
    /// conditions name, or all.
    async fn older(
        &self,
        matchers: &[Matcher],
        times_ms: RangeInclusive<i64>,
    ) -> Result<Vec<OlderFile<'_>>, ReadError> {
        let hours = SeriesHour::of_ms(*times_ms.start())..=SeriesHour::of_ms(*times_ms.end());
        let is_older = |hour: &SeriesHour| *hour < self.active_from && hours.contains(hour);
        let files = self.view.table(Table::Series).lake().files.iter();
        let files = files.map(AsRef::as_ref).filter(|file| hour_of(file).is_some_and(|hour| is_older(&hour)));
        let metric = matchers.iter().find(|matcher| &*matcher.name == NAME && matcher.op == MatchOp::Equal);
        let metric = metric.map(|matcher| SeriesId::metric(&matcher.value));
        let find = |file| {
            let rows = self.file_rows(file);
            async move { Ok(OlderFile { file, places: rows.places(metric).await? }) }.boxed()
        };
        let finds: Vec<BoxFuture<'_, Result<OlderFile<'_>, ReadError>>> = files.map(find).collect();
        futures::stream::iter(finds).buffered(FILES_AT_ONCE).try_collect().await
    }

    /// Hands over what series are called, of each that is there one row.
    async fn each_row(
        &self,
        older: &[OlderFile<'_>],
        mut strangers: BTreeSet<SeriesId>,
        mut take: impl FnMut(&RecordBatch) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let mut reads: Vec<BoxFuture<'_, Result<Vec<RecordBatch>, ScanError>>> = Vec::new();
        for OlderFile { file, places } in older {
            let each = places.ids.iter().zip(&places.rows);
            let wanted = each.filter(|(id, _)| !strangers.is_empty() && strangers.remove(id));
            let firsts: Vec<Range<usize>> = wanted.map(|(_, rows)| rows.start..rows.start + 1).collect();
            if !firsts.is_empty() {
                let rows = self.file_rows(file);
                reads.push(async move { rows.some(&firsts, LABEL_COLUMNS).await }.boxed());
            }
        }
        let mut batches = futures::stream::iter(reads).buffered(FILES_AT_ONCE);
        while let Some(batches) = batches.try_next().await? {
            batches.iter().try_for_each(&mut take)?;
        }
        Ok(())
    }
}

/// The series of files, each once.
fn ids_of(files: &[OlderFile<'_>]) -> Vec<SeriesId> {
    let mut ids: Vec<SeriesId> = files.iter().flat_map(|older| &older.places.ids).copied().collect();
    // Not the unstable one: this one makes use of what is sorted, as each file is.
    ids.sort();
    ids.dedup();
    ids
}
