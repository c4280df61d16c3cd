use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, BooleanArray, BooleanBufferBuilder, MutableArrayData, RecordBatch, RecordBatchOptions,
    make_array, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use datafusion::common::{Result, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileOpenFuture, FileOpener, ParquetFileReaderFactory as _};
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection};
use datafusion::parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use datafusion::parquet::arrow::{ProjectionMask, parquet_to_arrow_schema};
use datafusion::parquet::bloom_filter::Sbbf;
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use datafusion::physical_plan::PhysicalExpr;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use spanloom_store::pages::{self, Column, FilePages, Layout, PageCache, Place};

use super::condition::Condition;

/// Rows that are given together, unless a row group has no more wanted ones.
const BATCH_ROWS: usize = 16 * 1024;

/// Opens files of one partition of a scan.
pub(super) struct Opener {
    readers: Readers,
    cache: PageCache,
    asked: Arc<Asked>,
}

/// A reader that the Parquet library takes.
struct Reader(Box<dyn AsyncFileReader + Send>);

impl AsyncFileReader for Reader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        self.0.get_bytes(range)
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>, ParquetError>> {
        self.0.get_byte_ranges(ranges)
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        self.0.get_metadata(options)
    }
}

/// Makes readers of files.
#[derive(Clone)]
struct Readers {
    partition: usize,
    factory: Arc<CachedParquetFileReaderFactory>,
    metrics: ExecutionPlanMetricsSet,
}

impl Readers {
    fn open(&self, file: PartitionedFile) -> Result<Reader> {
        Ok(Reader(self.factory.create_reader(self.partition, file, None, &self.metrics)?))
    }
}

/// What is asked of every file.
struct Asked {
    conditions: Vec<Condition>,
    /// The columns that are given.
    schema: SchemaRef,
}

impl Opener {
    pub fn new(
        partition: usize,
        factory: Arc<CachedParquetFileReaderFactory>,
        cache: PageCache,
        metrics: ExecutionPlanMetricsSet,
        conditions: &[Arc<dyn PhysicalExpr>],
        file_schema: &Schema,
        schema: SchemaRef,
    ) -> Result<Self> {
        let conditions = conditions.iter().map(|expr| Condition::new(expr, file_schema)).collect::<Result<_>>()?;
        let readers = Readers { partition, factory, metrics };
        Ok(Self { readers, cache, asked: Arc::new(Asked { conditions, schema }) })
    }
}

impl FileOpener for Opener {
    fn open(&self, file: PartitionedFile) -> Result<FileOpenFuture> {
        let range = file.range.clone();
        let readers = self.readers.clone();
        let mut reader = readers.open(file.clone())?;
        let asked = Arc::clone(&self.asked);
        let kept = self.cache.of_file(file.object_meta.location.as_ref());
        let open = async move {
            let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
            let metadata = reader.get_metadata(Some(&options)).await?;
            let mut groups: Vec<usize> = (0..metadata.num_row_groups()).collect();
            if let Some(range) = range {
                groups.retain(|group| range.contains(start(&metadata, *group)));
            }
            let columns = Columns::new(&metadata, &asked)?;
            let file = File { file, readers, reader, columns, metadata, kept, asked, blank: HashMap::new() };
            let rows =
                stream::try_unfold((file, groups.into_iter(), None), |(mut file, mut groups, rest)| async move {
                    let mut rest: Option<Wanted> = rest;
                    loop {
                        if let Some(wanted) = &mut rest
                            && let Some(rows) = wanted.next()
                        {
                            let batch = file.batch(wanted, &rows)?;
                            return Ok(Some((batch, (file, groups, rest))));
                        }
                        let Some(group) = groups.next() else { return Ok(None) };
                        rest = file.group(group).await?;
                    }
                });
            Ok(rows.boxed())
        };
        Ok(open.boxed())
    }
}

/// A row group belongs to that part of a file in which its first page begins.
fn start(metadata: &ParquetMetaData, group: usize) -> i64 {
    let first = metadata.row_group(group).column(0);
    first.dictionary_page_offset().unwrap_or_else(|| first.data_page_offset())
}

/// A column as the file has it.
#[derive(Debug, Clone)]
enum Source {
    /// The file is older than the column.
    Missing,
    Flat(Place),
    Map(Place, Place),
    /// With a part that tells which rows have one.
    List(Place),
}

impl Source {
    /// # Errors
    /// When the file has the column as something else: none of its values would be told.
    fn of(metadata: &ParquetMetaData, field: &Field) -> Result<Self, ParquetError> {
        let (name, data_type) = (field.name(), field.data_type());
        let found = match data_type {
            DataType::Map(..) => Place::of_map(metadata, name).map(|(keys, values)| Self::Map(keys, values)),
            DataType::List(_) => tells_lists(data_type)
                .and_then(|part| Place::of_list(metadata, name, part.name(), part.data_type()))
                .map(Self::List),
            DataType::Dictionary(_, value) => Place::of_column(metadata, name, value).map(Self::Flat),
            _ => Place::of_column(metadata, name, data_type).map(Self::Flat),
        };
        let columns = metadata.file_metadata().schema_descr().root_schema().get_fields();
        match found {
            Some(found) => Ok(found),
            None if columns.iter().any(|column| column.name() == name) => {
                Err(ParquetError::General(format!("column {name} is no {data_type} in the file")))
            }
            None => Ok(Self::Missing),
        }
    }

    fn places(&self) -> Vec<Place> {
        match self {
            Self::Missing => Vec::new(),
            Self::Flat(place) | Self::List(place) => vec![place.clone()],
            Self::Map(keys, values) => vec![keys.clone(), values.clone()],
        }
    }
}

/// Where the columns are that are asked for, by name.
struct Columns {
    sources: HashMap<String, Source>,
    /// The file's columns as bounds of pages are looked up: by their order in it.
    file: Schema,
}

impl Columns {
    fn new(metadata: &ParquetMetaData, asked: &Asked) -> Result<Self> {
        let conditions = asked.conditions.iter().flat_map(|condition| condition.schema.fields());
        let fields = conditions.chain(asked.schema.fields());
        let fields: HashMap<&str, &Arc<Field>> = fields.map(|field| (field.name().as_str(), field)).collect();
        let of_file = metadata.file_metadata().schema_descr().root_schema().get_fields().iter();
        let of_file = of_file.map(|column| match fields.get(column.name()) {
            Some(field) => Arc::clone(field),
            None => Arc::new(Field::new(column.name(), DataType::Null, true)),
        });
        let file = Schema::new(of_file.collect::<Vec<_>>());
        let sources = fields.into_iter().map(|(name, field)| Ok((name.to_owned(), Source::of(metadata, field)?)));
        Ok(Self { sources: sources.collect::<Result<_, ParquetError>>()?, file })
    }

    fn get(&self, name: &str) -> &Source {
        self.sources.get(name).unwrap_or(&Source::Missing)
    }
}

/// The part of lists of structs that tells which rows have a list: a number.
pub(super) fn tells_lists(data_type: &DataType) -> Option<&Arc<Field>> {
    let DataType::List(element) = data_type else { return None };
    let DataType::Struct(parts) = element.data_type() else { return None };
    parts.iter().find(|part| matches!(part.data_type(), DataType::Int64 | DataType::Int32))
}

struct File {
    file: PartitionedFile,
    readers: Readers,
    reader: Reader,
    metadata: Arc<ParquetMetaData>,
    kept: FilePages,
    columns: Columns,
    asked: Arc<Asked>,
    blank: HashMap<DataType, ArrayRef>,
}

/// Wanted rows of a row group, some of which were given already.
struct Wanted {
    read: Read,
    rows: BooleanBuffer,
    given: usize,
    /// Where rows that are given together end if it is not all the same.
    ends: Vec<usize>,
}

impl Iterator for Wanted {
    type Item = Range<usize>;

    /// The next rows of the row group that are given together.
    fn next(&mut self) -> Option<Range<usize>> {
        let rest = self.rows.len() - self.given;
        let next = self.ends.iter().find(|end| **end > self.given);
        let mut count = next.map_or(BATCH_ROWS, |end| end - self.given).min(rest);
        if self.rows.slice(self.given, rest).count_set_bits() <= BATCH_ROWS {
            count = rest;
        }
        let rows = self.given..self.given + count;
        self.given = rows.end;
        (count > 0).then_some(rows)
    }
}

impl File {
    /// The wanted rows of a row group, with the columns that are asked for; `None` if there are none.
    async fn group(&mut self, group: usize) -> Result<Option<Wanted>> {
        let asked = Arc::clone(&self.asked);
        let layout = Layout::new(Arc::clone(&self.metadata), group).keeping(self.kept.clone());
        let mut wanted = BooleanBuffer::new_set(layout.rows());
        for condition in &asked.conditions {
            let Some(field) = condition.single() else { continue };
            if let (Source::Flat(place), Some(pages)) =
                (self.columns.get(field.name()), condition.pages(&self.metadata, &self.columns.file, group))
            {
                wanted = &wanted & &of_pages(&layout, place, &pages)?;
            }
        }
        if wanted.count_set_bits() == 0 || !self.may_have_sought(&layout).await? {
            return Ok(None);
        }
        let mut read = Read { layout, columns: HashMap::new(), lists: HashMap::new() };
        let (mut singles, mut others): (Vec<_>, Vec<_>) =
            asked.conditions.iter().partition(|condition| condition.single().is_some());
        singles.sort_by_cached_key(|condition| self.bytes(group, condition));
        others.sort_by_cached_key(|condition| self.bytes(group, condition));
        let mut later = Vec::new();
        for condition in singles {
            if wanted.count_set_bits() == 0 {
                return Ok(None);
            }
            read.load(&mut self.reader, &self.columns, condition.schema.fields(), &wanted).await?;
            match read.truths(&self.columns, condition) {
                Some(truths) => wanted = &wanted & &truths,
                None => later.push(condition),
            }
        }
        for condition in later.into_iter().chain(others) {
            let rows = wanted.count_set_bits();
            if rows == 0 {
                return Ok(None);
            }
            let fields = condition.schema.fields();
            read.load(&mut self.reader, &self.columns, fields, &wanted).await?;
            let all = 0..wanted.len();
            let columns = fields.iter().map(|field| read.take(&self.columns, field, &wanted, &all));
            wanted = narrowed(&wanted, &condition.truths(columns.collect::<Result<_>>()?, rows)?);
        }
        if wanted.count_set_bits() == 0 {
            return Ok(None);
        }
        read.load(&mut self.reader, &self.columns, asked.schema.fields(), &wanted).await?;
        let lists = asked.schema.fields().iter().filter(|field| matches!(field.data_type(), DataType::List(_)));
        let lists: Vec<&Arc<Field>> = lists.filter(|field| !read.is_blank(field)).collect();
        if !lists.is_empty() {
            read.lists = self.lists(group, &lists, &wanted).await?;
        }
        let ends = read.page_ends(asked.schema.fields());
        Ok(Some(Wanted { read, rows: wanted, given: 0, ends }))
    }

    /// The lists of the wanted rows of a row group, by column, as the Parquet library reads them.
    async fn lists(
        &mut self,
        group: usize,
        lists: &[&Arc<Field>],
        wanted: &BooleanBuffer,
    ) -> Result<HashMap<String, ArrayRef>> {
        let columns = self.metadata.file_metadata().schema_descr();
        let types = parquet_to_arrow_schema(columns, None)?;
        let types = types.fields().iter().map(|field| match lists.iter().find(|list| list.name() == field.name()) {
            Some(list) => Arc::clone(list),
            None => Arc::clone(field),
        });
        let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(types.collect::<Vec<_>>())));
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(&self.metadata), options)?;
        let names = lists.iter().map(|list| list.name().as_str());
        let rows = wanted.set_slices().map(|(start, end)| start..end);
        let rows = RowSelection::from_consecutive_ranges(rows, wanted.len());
        let reader = self.readers.open(self.file.clone())?;
        let batches = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata)
            .with_row_groups(vec![group])
            .with_projection(ProjectionMask::columns(columns, names))
            .with_row_selection(rows)
            .build()?;
        let schema = Arc::clone(batches.schema());
        let batches: Vec<RecordBatch> = batches.try_collect().await?;
        let all = concat_batches(&schema, &batches)?;
        if all.num_rows() != wanted.count_set_bits() {
            return Err(ParquetError::General("damaged page: fewer lists than rows".to_owned()).into());
        }
        let named = schema.fields().iter().zip(all.columns());
        Ok(named.map(|(field, lists)| (field.name().clone(), Arc::clone(lists))).collect())
    }

    /// Some rows of a row group.
    fn batch(&mut self, wanted: &Wanted, rows: &Range<usize>) -> Result<RecordBatch> {
        let count = wanted.rows.slice(rows.start, rows.len()).count_set_bits();
        let asked = Arc::clone(&self.asked);
        let columns = asked.schema.fields().iter().map(|field| {
            if wanted.read.is_blank(field) {
                return Ok(self.blank(field.data_type(), count));
            }
            wanted.read.take(&self.columns, field, &wanted.rows, rows)
        });
        let columns = columns.collect::<Result<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&asked.schema), columns, &options)?)
    }

    /// A column without values: many have none.
    fn blank(&mut self, data_type: &DataType, rows: usize) -> ArrayRef {
        match self.blank.get(data_type).filter(|blank| blank.len() >= rows) {
            Some(blank) => blank.slice(0, rows),
            None => {
                let blank = new_null_array(data_type, rows);
                self.blank.insert(data_type.clone(), Arc::clone(&blank));
                blank
            }
        }
    }

    /// False if a bloom filter says that the row group lacks what is looked for.
    async fn may_have_sought(&mut self, layout: &Layout) -> Result<bool> {
        for condition in &self.asked.conditions {
            let (Some(field), Some(values)) = (condition.single(), condition.sought()) else { continue };
            let Source::Flat(place) = self.columns.get(field.name()) else { continue };
            let Some(filter) = layout.bloom_filter(place) else { continue };
            let filter = Sbbf::from_bytes(&self.reader.get_bytes(filter).await?)?;
            let may_have = |value: &ScalarValue| match value {
                ScalarValue::Int64(Some(value)) => filter.check(value),
                ScalarValue::Utf8View(Some(value)) | ScalarValue::Utf8(Some(value)) => filter.check(value.as_str()),
                _ => true,
            };
            if !values.iter().any(may_have) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a condition's columns take in the file: few bytes are soon decoded.
    fn bytes(&self, group: usize, condition: &Condition) -> i64 {
        let names: Vec<&str> = condition.schema.fields().iter().map(|field| field.name().as_str()).collect();
        let columns = self.metadata.row_group(group).columns().iter();
        let of_names = columns
            .filter(|column| column.column_path().parts().first().is_some_and(|name| names.contains(&name.as_str())));
        of_names.map(|column| column.compressed_size()).sum()
    }
}

/// The rows of the pages that may have some.
fn of_pages(layout: &Layout, place: &Place, pages: &[bool]) -> Result<BooleanBuffer> {
    let mut rows = BooleanBufferBuilder::new(layout.rows());
    for (page, may_have) in layout.page_rows(place)?.into_iter().zip(pages) {
        rows.append_n(page.len(), *may_have);
    }
    // What nothing is known of.
    rows.append_n(layout.rows() - rows.len(), true);
    Ok(rows.finish())
}

/// Of the wanted rows those of which a condition is true.
fn narrowed(wanted: &BooleanBuffer, truths: &BooleanArray) -> BooleanBuffer {
    let mut rows = BooleanBufferBuilder::new(wanted.len());
    rows.append_n(wanted.len(), false);
    for (i, row) in wanted.set_indices().enumerate() {
        rows.set_bit(row, truths.is_valid(i) && truths.value(i));
    }
    rows.finish()
}

/// What was read of a row group.
struct Read {
    layout: Layout,
    /// By name, and of maps by part. A later reader wants no more rows than who read a column first.
    columns: HashMap<String, Vec<Column>>,
    /// Of the wanted rows, by name; none of columns without any.
    lists: HashMap<String, ArrayRef>,
}

impl Read {
    /// Reads columns that were not read yet.
    async fn load(
        &mut self,
        reader: &mut Reader,
        columns: &Columns,
        fields: &[Arc<Field>],
        wanted: &BooleanBuffer,
    ) -> Result<()> {
        let missing: Vec<(&str, Vec<Place>)> = fields
            .iter()
            .filter(|field| !self.columns.contains_key(field.name()))
            .map(|field| (field.name().as_str(), columns.get(field.name()).places()))
            .filter(|(_, places)| !places.is_empty())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let places: Vec<Place> = missing.iter().flat_map(|(_, places)| places.clone()).collect();
        let mut read = pages::read(reader, &self.layout, &places, wanted).await?.into_iter();
        for (name, places) in missing {
            self.columns.insert(name.to_owned(), read.by_ref().take(places.len()).collect());
        }
        Ok(())
    }

    /// Of which rows a condition on one column is true; `None` where only rows themselves tell: a value that no wanted row has may
    /// be one of which it fails.
    fn truths(&self, columns: &Columns, condition: &Condition) -> Option<BooleanBuffer> {
        let field = condition.single()?;
        let of = |values: &ArrayRef| condition.truths(vec![Arc::clone(values)], values.len());
        match (columns.get(field.name()), self.columns.get(field.name()).map(Vec::as_slice)) {
            (Source::Flat(_), Some([column])) => column.truths(of).ok(),
            _ => None,
        }
    }

    /// Where pages of the first column of codes end; most columns have pages of as many rows.
    fn page_ends(&self, fields: &[Arc<Field>]) -> Vec<usize> {
        let mut coded = fields.iter().filter(|field| matches!(field.data_type(), DataType::Dictionary(..)));
        let first = coded.find_map(|field| self.columns.get(field.name())?.first());
        first.into_iter().flat_map(Column::page_ends).collect()
    }

    /// True if no wanted row has a value in a column.
    fn is_blank(&self, field: &Field) -> bool {
        self.columns.get(field.name()).is_none_or(|read| read.iter().all(Column::is_blank))
    }

    /// The wanted ones of some rows of a column that was read.
    fn take(&self, columns: &Columns, field: &Field, wanted: &BooleanBuffer, rows: &Range<usize>) -> Result<ArrayRef> {
        match (columns.get(field.name()), self.columns.get(field.name()).map(Vec::as_slice)) {
            (Source::Flat(_), Some([column])) if matches!(field.data_type(), DataType::Dictionary(..)) => {
                Ok(column.take_codes(wanted, rows)?)
            }
            (Source::Flat(_), Some([column])) => Ok(column.take(wanted, rows)?),
            (Source::Map(..), Some([keys, values])) => {
                Ok(Column::take_maps(keys, values, wanted, rows, field.data_type())?)
            }
            (Source::List(_), _) if let Some(lists) = self.lists.get(field.name()) => {
                let before = wanted.slice(0, rows.start).count_set_bits();
                let count = wanted.slice(rows.start, rows.len()).count_set_bits();
                // A copy: a slice holds the lists of all rows, and is counted as if they were its own.
                let lists = lists.to_data();
                let mut copy = MutableArrayData::new(vec![&lists], false, count);
                copy.try_extend(0, before, before + count)?;
                Ok(make_array(copy.freeze()))
            }
            _ => Ok(new_null_array(field.data_type(), wanted.slice(rows.start, rows.len()).count_set_bits())),
        }
    }
}
