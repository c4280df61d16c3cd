//! A DataFusion session for one query: the tables of one view, our functions, bounded memory, and nothing else.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow::array::{Array, ArrayData, ArrayRef, AsArray, RecordBatch, make_array};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{DataFusionError, Result};
use datafusion::dataframe::DataFrame;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{FunctionRegistry as _, SendableRecordBatchStream, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt as _;
use object_store::ObjectStore;
use parking_lot::Mutex;
use spanloom_store::{Table, TenantView};
use tokio::time::MissedTickBehavior;
use url::Url;

use crate::config::Config;
use crate::damage;
use crate::error::QueryError;
use crate::fairness::share_threads;
use crate::functions;
use crate::grouping::GroupByCodes;
use crate::ledger::KeptLedger;
use crate::memory::{QueryMemory, TotalMemory};
use crate::metrics::{CachedBytes, Metrics};
use crate::table::{Caches, LAKE_URL, Scanned, ViewTable};
use crate::trace_metrics::KeptCounts;

const CATALOG: &str = "spanloom";
const SCHEMA: &str = "public";
/// Footers of Parquet files that are kept in memory, 186 kB per 3 million rows (storage lab §2).
const FOOTER_CACHE_BYTES: usize = 256 * 1024 * 1024;
/// Between two looks at what is kept in memory.
const TEND_INTERVAL: Duration = Duration::from_secs(5);
/// DataFusion's own default, which a small memory bound could not afford.
const SORT_RESERVATION_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Functions that make a large value out of a small one in one call, so that no memory bound would notice in time.
const UNBOUNDED_FUNCTIONS: [&str; 10] = [
    "repeat",
    "lpad",
    "rpad",
    "array_repeat",
    "list_repeat",
    "array_resize",
    "list_resize",
    "range",
    "generate_series",
    "gen_series",
];

/// Opens sessions that share caches, disk space to spill to and the bound for all memory.
pub(crate) struct Sessions {
    runtime: Arc<RuntimeEnv>,
    store: Arc<dyn ObjectStore>,
    caches: Arc<Caches>,
    counts: Arc<KeptCounts>,
    ledger: Arc<KeptLedger>,
    cached_bytes: CachedBytes,
    total: Arc<TotalMemory>,
    memory_bytes_max: usize,
}

impl Sessions {
    pub fn new(config: &Config, store: Arc<dyn ObjectStore>, metrics: &Metrics) -> Result<Self> {
        let mode = match &config.spill_dir {
            Some(dir) => DiskManagerMode::Directories(vec![dir.clone()]),
            None => DiskManagerMode::OsTmpDirectory,
        };
        let disk =
            DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(config.spill_bytes_max.as_u64());
        let runtime = RuntimeEnvBuilder::new()
            .with_disk_manager_builder(disk)
            .with_metadata_cache_limit(FOOTER_CACHE_BYTES)
            .build_arc()?;
        let url = Url::parse(LAKE_URL).map_err(|error| DataFusionError::External(Box::new(error)))?;
        runtime.register_object_store(&url, Arc::clone(&store));
        let total_bytes_max = config.memory_total_bytes_max.as_u64() as usize;
        let total = Arc::new(TotalMemory::new(total_bytes_max, metrics.memory_bytes.clone()));
        let (page_bytes_max, window_bytes_max) = (config.page_cache_bytes_max, config.window_cache_bytes_max);
        let caches = Arc::new(Caches::new(page_bytes_max.as_u64(), window_bytes_max.as_u64()));
        let counts = Arc::new(KeptCounts::new(config.count_cache_bytes_max.as_u64()));
        let ledger = Arc::new(KeptLedger::new(config.edge_cache_bytes_max.as_u64()));
        let cached_bytes = metrics.cached.clone();
        let memory_bytes_max = config.memory_bytes_max.as_u64() as usize;
        Ok(Self { runtime, store, caches, counts, ledger, cached_bytes, total, memory_bytes_max })
    }

    /// Gives up what nobody has asked for, and says what is kept, again and again.
    pub fn tend(&self) -> impl Future<Output = ()> + Send + use<> {
        let (caches, counts, bytes) = (Arc::clone(&self.caches), Arc::clone(&self.counts), self.cached_bytes.clone());
        let ledger = Arc::clone(&self.ledger);
        async move {
            let mut ticks = tokio::time::interval(TEND_INTERVAL);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                bytes.pages.set(caches.pages.tend());
                bytes.windows.set(caches.windows.tend());
                bytes.edges.set(ledger.tend());
                bytes.counts.set(counts.tend());
            }
        }
    }

    /// A session whose tables are those of `view`.
    pub fn open(&self, view: Arc<TenantView>) -> Session {
        Session {
            context: OnceLock::new(),
            runtime: Arc::clone(&self.runtime),
            memory: Arc::new(QueryMemory::new(self.memory_bytes_max, Arc::clone(&self.total))),
            memory_bytes_max: self.memory_bytes_max,
            view,
            caches: Arc::clone(&self.caches),
            counts: Arc::clone(&self.counts),
            ledger: Arc::clone(&self.ledger),
            scanned: Arc::default(),
            store: Arc::clone(&self.store),
        }
    }
}

fn session_config(memory_bytes_max: usize) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_default_catalog_and_schema(CATALOG, SCHEMA)
        .with_create_default_catalog_and_schema(true)
        .with_information_schema(true);
    let options = config.options_mut();
    options.sql_parser.collect_spans = true;
    options.execution.sort_spill_reservation_bytes = SORT_RESERVATION_BYTES_MAX.min(memory_bytes_max / 8);
    config
}

/// One query's session.
pub(crate) struct Session {
    context: OnceLock<SessionContext>,
    runtime: Arc<RuntimeEnv>,
    memory_bytes_max: usize,
    /// What its tables are of.
    pub view: Arc<TenantView>,
    caches: Arc<Caches>,
    counts: Arc<KeptCounts>,
    ledger: Arc<KeptLedger>,
    scanned: Arc<Mutex<Scanned>>,
    memory: Arc<QueryMemory>,
    store: Arc<dyn ObjectStore>,
}

/// Rows of an answer, and the memory that is set aside for them.
#[derive(Debug)]
pub(crate) struct Batches {
    pub schema: SchemaRef,
    pub batches: Vec<RecordBatch>,
    pub memory: MemoryReservation,
}

impl Session {
    /// Where its tables are asked. Made when it is first asked for: to register all functions takes longer than many a query
    /// that asks no table.
    pub fn context(&self) -> Result<&SessionContext> {
        if let Some(context) = self.context.get() {
            return Ok(context);
        }
        let made = self.make_context()?;
        Ok(self.context.get_or_init(|| made))
    }

    fn make_context(&self) -> Result<SessionContext> {
        let pool = Arc::clone(&self.memory) as Arc<dyn MemoryPool>;
        let runtime = RuntimeEnvBuilder::from_runtime_env(&self.runtime).with_memory_pool(pool).build_arc()?;
        let mut state = SessionStateBuilder::new()
            .with_config(session_config(self.memory_bytes_max))
            .with_runtime_env(runtime)
            .with_default_features()
            .with_physical_optimizer_rule(Arc::new(GroupByCodes))
            .build();
        state.register_function_rewrite(Arc::new(functions::AttributePlaces))?;
        let context = SessionContext::new_with_state(state);
        for table in Table::ALL {
            context.register_table(table.name(), Arc::new(self.table(table)))?;
        }
        UNBOUNDED_FUNCTIONS.iter().for_each(|name| context.deregister_udf(name));
        functions::all().into_iter().for_each(|function| context.register_udf(function));
        Ok(context)
    }

    fn table(&self, table: Table) -> ViewTable {
        ViewTable::new(table, Arc::clone(&self.view), Arc::clone(&self.caches), Arc::clone(&self.scanned))
    }

    /// A table that gives some of its columns coded, see [`ViewTable::coded`].
    pub fn coded(&self, table: Table, columns: &BTreeSet<String>) -> Result<DataFrame> {
        self.context()?.read_table(Arc::new(self.table(table).coded(columns)))
    }

    /// Counts of comparisons that all queries share.
    pub fn kept_counts(&self) -> &KeptCounts {
        &self.counts
    }

    /// What a query may take.
    pub fn memory_bytes_max(&self) -> usize {
        self.memory_bytes_max
    }

    /// What was read of the ledger, which all queries share.
    pub fn kept_ledger(&self) -> &KeptLedger {
        &self.ledger
    }

    /// What the query's scans read.
    pub fn scanned(&self) -> Scanned {
        self.scanned.lock().clone()
    }

    /// How many lake files the query's scans opened so far, as often as they did, and their size.
    pub fn opened(&self) -> (u64, u64) {
        let scanned = self.scanned.lock();
        (scanned.files.len() as u64, scanned.files.iter().map(|file| file.size).sum())
    }

    /// The most bytes the query held.
    pub fn memory_peak(&self) -> usize {
        self.memory.peak()
    }

    /// Room in the query's memory for what is made of its rows; it is given back when this is dropped.
    pub fn reserve(&self, name: &'static str) -> MemoryReservation {
        let pool = Arc::clone(&self.memory) as Arc<dyn MemoryPool>;
        MemoryConsumer::new(name).register(&pool)
    }

    /// Runs a query that we built and hands its batches on, so that it holds one at a time.
    ///
    /// # Errors
    /// As [`Self::collect_plan`], and what `each` fails with.
    pub async fn for_each(
        &self,
        frame: DataFrame,
        mut each: impl FnMut(&RecordBatch) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let (state, plan) = frame.into_parts();
        let stream = self.stream(&state, &plan).await;
        let mut stream = match stream {
            Ok(stream) => stream,
            Err(error) => return Err(self.explain(error).await),
        };
        while let Some(batch) = stream.next().await {
            match batch {
                Ok(batch) => each(&batch)?,
                Err(error) => return Err(self.explain(error).await),
            }
        }
        Ok(())
    }

    /// Runs a query that we built.
    pub async fn collect(&self, frame: DataFrame) -> Result<Batches, QueryError> {
        let (state, plan) = frame.into_parts();
        self.collect_plan(&state, &plan).await
    }

    /// Runs a plan and keeps its rows.
    ///
    /// # Errors
    /// `Memory` when rows and operators hold more than a query may, `DamagedFile` when a lake file cannot be decoded.
    pub async fn collect_plan(
        &self,
        state: &datafusion::execution::SessionState,
        plan: &LogicalPlan,
    ) -> Result<Batches, QueryError> {
        match self.try_collect(state, plan).await {
            Ok(batches) => Ok(batches),
            Err(error) => Err(self.explain(error).await),
        }
    }

    async fn explain(&self, error: DataFusionError) -> QueryError {
        damage::explain(error, &self.scanned().files, self.store.as_ref()).await
    }

    async fn try_collect(&self, state: &datafusion::execution::SessionState, plan: &LogicalPlan) -> Result<Batches> {
        collect(self.stream(state, plan).await?, self.reserve("answer")).await
    }

    async fn stream(
        &self,
        state: &datafusion::execution::SessionState,
        plan: &LogicalPlan,
    ) -> Result<SendableRecordBatchStream> {
        let plan = share_threads(state.create_physical_plan(plan).await?)?;
        execute_stream(plan, state.task_ctx())
    }
}

async fn collect(mut stream: SendableRecordBatchStream, memory: MemoryReservation) -> Result<Batches> {
    let schema = stream.schema();
    let mut batches = Vec::new();
    while let Some(batch) = stream.next().await {
        let batch = compact(&batch?)?;
        memory.try_grow(batch.columns().iter().map(bytes).sum::<Result<usize>>()?)?;
        batches.push(batch);
    }
    Ok(Batches { schema, batches, memory })
}

/// Copies strings out of the large buffers that they share with rows that are not in the answer, and with other tenants'.
fn compact(batch: &RecordBatch) -> Result<RecordBatch> {
    let columns = batch.columns().iter().map(compact_column).collect::<Result<_>>()?;
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(batch.schema(), columns, &options)?)
}

fn compact_column(column: &ArrayRef) -> Result<ArrayRef> {
    match column.data_type() {
        DataType::Utf8View => Ok(Arc::new(column.as_string_view().gc())),
        DataType::BinaryView => Ok(Arc::new(column.as_binary_view().gc())),
        _ => {
            let data = column.to_data();
            if data.child_data().is_empty() {
                return Ok(Arc::clone(column));
            }
            let child = |data: &ArrayData| Ok(compact_column(&make_array(data.clone()))?.to_data());
            let children = data.child_data().iter().map(child).collect::<Result<_>>()?;
            Ok(make_array(data.into_builder().child_data(children).build()?))
        }
    }
}

fn bytes(column: &ArrayRef) -> Result<usize> {
    Ok(column.to_data().get_slice_memory_size()?)
}

#[cfg(test)]
mod tests {
    use arrow::array::{ListArray, StringViewArray, StructArray, UInt32Array};
    use arrow::buffer::OffsetBuffer;
    use arrow::compute::take;
    use arrow::datatypes::{Field, Schema};

    use super::*;

    /// All buffers go out as they are when an answer is sent in Arrow's form.
    fn bytes_behind(data: &ArrayData) -> usize {
        let own: usize = data.buffers().iter().map(|buffer| buffer.len()).sum();
        own + data.child_data().iter().map(bytes_behind).sum::<usize>()
    }

    #[test]
    fn texts_of_other_rows_are_not_in_an_answer_however_deep_they_stand() {
        let secret = format!("what another tenant said {}", "x".repeat(100_000));
        let all = StringViewArray::from_iter_values([secret.as_str(), "a text that is longer than a view"]);
        let own = take(&all, &UInt32Array::from(vec![1, 1]), None).unwrap();
        let field = Arc::new(Field::new("name", DataType::Utf8View, true));
        let of_struct: ArrayRef =
            Arc::new(StructArray::new(vec![Arc::clone(&field)].into(), vec![Arc::clone(&own)], None));
        let offsets = OffsetBuffer::new(vec![0, 1, 2].into());
        let item = Arc::new(Field::new("item", of_struct.data_type().clone(), true));
        let of_list: ArrayRef = Arc::new(ListArray::new(item, offsets, Arc::clone(&of_struct), None));
        let columns = vec![own, of_struct, of_list];
        let fields: Vec<Field> =
            columns.iter().enumerate().map(|(n, c)| Field::new(n.to_string(), c.data_type().clone(), true)).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
        let answer = compact(&batch).unwrap();
        assert_eq!(answer, batch);
        for column in answer.columns() {
            assert!(bytes_behind(&column.to_data()) < 1_000, "{:?}", column.data_type());
        }
    }
}
