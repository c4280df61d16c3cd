//! The tables of SQL: a table's lake files and its hot rows, of one view, as one DataFusion table.
//!
//! The file list is pruned in memory by the snapshot's statistics ([`prune`]); what is left becomes a plain Parquet scan,
//! united with the hot rows ([`hot`]). Both come from one [`TenantView`], so every row is seen exactly once.

mod hot;
mod ids;
mod numbers;
mod pages;
mod prune;
mod scan;
mod windows;

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{Fields, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::union::UnionExec;
use parking_lot::Mutex;
use spanloom_store::pages::{PageCache, coded_type};
use spanloom_store::{LakeFile, Table, TenantView};

use hot::HotScan;
use ids::IdFilters;

pub(crate) use numbers::{Numbers, one_of};
pub(crate) use pages::with_codes;
pub(crate) use scan::LAKE_URL;
pub(crate) use windows::WindowCache;

/// What the scans of one query read and left out of the lake; known once the query is planned.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scanned {
    pub files: Vec<Arc<LakeFile>>,
    pub files_pruned: u64,
    pub bytes_pruned: u64,
}

/// What scans of all queries keep of files.
#[derive(Debug)]
pub(crate) struct Caches {
    ids: IdFilters,
    pub pages: PageCache,
    pub windows: WindowCache,
}

impl Caches {
    /// Decoded pages and columns of windows of at most so many bytes, and filters of ids.
    pub fn new(page_bytes_max: u64, window_bytes_max: u64) -> Self {
        let (pages, windows) = (PageCache::new(page_bytes_max), WindowCache::new(window_bytes_max));
        Self { ids: IdFilters::default(), pages, windows }
    }
}

/// A table of one view.
#[derive(Debug)]
pub(crate) struct ViewTable {
    table: Table,
    schema: SchemaRef,
    view: Arc<TenantView>,
    caches: Arc<Caches>,
    scanned: Arc<Mutex<Scanned>>,
}

impl ViewTable {
    pub fn new(table: Table, view: Arc<TenantView>, caches: Arc<Caches>, scanned: Arc<Mutex<Scanned>>) -> Self {
        Self { table, schema: table.schema(), view, caches, scanned }
    }

    /// Gives some columns as [codes](spanloom_store::pages::coded_type), which no filter may be about: to count what they have without
    /// making it once a row. Where files of other writers are among the table's it gives them as they are.
    pub fn coded(mut self, columns: &BTreeSet<String>) -> Self {
        if self.view.table(self.table).lake().files.iter().all(|file| file.crc32.is_some()) {
            let fields = self.schema.fields().iter().map(|field| match columns.contains(field.name()) {
                true => Arc::new(field.as_ref().clone().with_data_type(coded_type(field.data_type()))),
                false => Arc::clone(field),
            });
            self.schema = Arc::new(Schema::new(fields.collect::<Fields>()));
        }
        self
    }

    /// The files that may hold rows for which all filters are true.
    async fn files(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<Arc<LakeFile>>> {
        let view = self.view.table(self.table);
        let mut files = match conjunction(filters.to_vec()) {
            None => view.lake().files.clone(),
            Some(filter) => {
                let schema = self.table.schema();
                let filter = state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(&schema))?)?;
                prune::files(view.lake(), filter, schema)
            }
        };
        files.retain(|file| !view.is_open(file));
        match ids::wanted(filters) {
            Some(ids) => Ok(self.caches.ids.keep(files, &ids, &scan::readers(state)?).await),
            None => Ok(files),
        }
    }

    fn note(&self, kept: &[Arc<LakeFile>]) {
        let lake = self.view.table(self.table).lake();
        let mut scanned = self.scanned.lock();
        scanned.files_pruned += (lake.files.len() - kept.len()) as u64;
        scanned.bytes_pruned += lake.bytes() - kept.iter().map(|file| file.size).sum::<u64>();
        scanned.files.extend(kept.iter().cloned());
    }
}

#[async_trait]
impl TableProvider for ViewTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Inexact: files, row groups and pages are left out by every filter, and a filter above checks each row.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let files = self.files(state, filters).await?;
        self.note(&files);
        let batches = self.view.table(self.table).hot();
        let mut inputs = Vec::with_capacity(2);
        let view = self.view.table(self.table);
        let left_out = |file: &Arc<LakeFile>| view.windows_left_out(file);
        let files = files.into_iter().map(|file| (left_out(&file), file));
        let (whole, parts): (Vec<_>, Vec<_>) = files.partition(|(left_out, _)| left_out.is_empty());
        let whole = whole.into_iter().map(|(_, file)| file);
        let (kept, others): (Vec<_>, Vec<_>) = whole.partition(|file| self.caches.windows.keeps(file, filters));
        for files in [kept, others].into_iter().filter(|files| !files.is_empty()) {
            inputs.push(scan::lake(&files, state, &self.schema, projection, filters, limit, &self.caches)?);
        }
        for (windows, file) in parts {
            inputs.push(scan::part(file, &windows, state, &self.schema, projection, filters, &self.caches)?);
        }
        if !batches.is_empty() || inputs.is_empty() {
            let schema = &self.table.schema();
            let scan = HotScan { schema, coded: &self.schema, projection, filters, limit };
            inputs.push(hot::scan(batches, state, &scan)?);
        }
        UnionExec::try_new(inputs)
    }
}
