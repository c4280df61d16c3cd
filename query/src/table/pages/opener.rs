use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, BooleanBufferBuilder, MutableArrayData, RecordBatch,
    RecordBatchOptions, make_array, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use datafusion::common::{Result, ScalarValue};
use datafusion::datasource::listing::{FileRange, PartitionedFile};
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileOpenFuture, FileOpener, ParquetFileReaderFactory as _};
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection};
use datafusion::parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use datafusion::parquet::arrow::{ProjectionMask, parquet_to_arrow_schema};
use datafusion::parquet::bloom_filter::Sbbf;
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use spanloom_store::pages::{self, Column, FilePages, Layout, PageCache, Place};

use super::columns::{Columns, Source};
use super::condition::{Condition, Holds};
use super::wanted::narrowed;
use crate::traceql::eval::Entries;

/// Rows that are given together, unless a row group has no more wanted ones.
const BATCH_ROWS: usize = 16 * 1024;

/// Of so many rows at most one is wanted where maps are made of these rather than all entries looked at.
const FEW: usize = 32;

/// Opens files of one partition of a scan.
pub(super) struct Opener {
    readers: Readers,
    cache: PageCache,
    asked: Arc<Asked>,
}

/// A reader that the Parquet library takes.
pub(super) struct Reader(Box<dyn AsyncFileReader + Send>);

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
pub(super) struct Readers {
    pub partition: usize,
    pub factory: Arc<CachedParquetFileReaderFactory>,
    pub metrics: ExecutionPlanMetricsSet,
}

impl Readers {
    pub fn open(&self, file: PartitionedFile) -> Result<Reader> {
        Ok(Reader(self.factory.create_reader(self.partition, file, None, &self.metrics)?))
    }
}

/// What is asked of every file.
pub(super) struct Asked {
    pub conditions: Vec<Condition>,
    /// The columns that are given.
    pub schema: SchemaRef,
}

impl Opener {
    pub fn new(readers: Readers, cache: PageCache, asked: Asked) -> Self {
        Self { readers, cache, asked: Arc::new(asked) }
    }
}

/// Where the rows and pages of a file are.
pub(super) async fn metadata(reader: &mut Reader) -> Result<Arc<ParquetMetaData>, ParquetError> {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    reader.get_metadata(Some(&options)).await
}

/// The row groups of a file, or of a part of it.
pub(super) fn groups(metadata: &ParquetMetaData, part: Option<&FileRange>) -> Vec<usize> {
    let is_in = |group: &usize| part.is_none_or(|part| part.contains(start(metadata, *group)));
    (0..metadata.num_row_groups()).filter(is_in).collect()
}

/// Columns of a row group as the Parquet library reads them, with the types of `fields`.
pub(super) fn parquet(
    reader: Reader,
    metadata: &Arc<ParquetMetaData>,
    group: usize,
    fields: &[&Arc<Field>],
) -> Result<ParquetRecordBatchStreamBuilder<Reader>> {
    let columns = metadata.file_metadata().schema_descr();
    let types = parquet_to_arrow_schema(columns, None)?;
    let types = types.fields().iter().map(|field| match fields.iter().find(|asked| asked.name() == field.name()) {
        Some(asked) => Arc::clone(asked),
        None => Arc::clone(field),
    });
    let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(types.collect::<Vec<_>>())));
    let of_file = ArrowReaderMetadata::try_new(Arc::clone(metadata), options)?;
    let names = fields.iter().map(|field| field.name().as_str());
    Ok(ParquetRecordBatchStreamBuilder::new_with_metadata(reader, of_file)
        .with_row_groups(vec![group])
        .with_projection(ProjectionMask::columns(columns, names)))
}

impl FileOpener for Opener {
    fn open(&self, file: PartitionedFile) -> Result<FileOpenFuture> {
        let readers = self.readers.clone();
        let mut reader = readers.open(file.clone())?;
        let asked = Arc::clone(&self.asked);
        let kept = self.cache.of_file(file.object_meta.location.as_ref());
        let open = async move {
            let metadata = metadata(&mut reader).await?;
            let groups = groups(&metadata, file.range.as_ref());
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
        let mut undecided = Vec::with_capacity(asked.conditions.len());
        for condition in &asked.conditions {
            let place = condition.single().map(|field| self.columns.get(field.name()));
            let Some(Source::Flat(place)) = place else {
                undecided.push(condition);
                continue;
            };
            let pages = condition.pages(&layout, place, &self.columns.file);
            if let Some(pages) = pages.as_ref().filter(|pages| pages.contains(&Holds::Never)) {
                wanted = &wanted & &of_pages(&layout, place, pages)?;
            }
            if pages.is_none_or(|pages| pages.contains(&Holds::Perhaps)) {
                undecided.push(condition);
            }
        }
        if wanted.count_set_bits() == 0 || !self.may_have_sought(&layout).await? {
            return Ok(None);
        }
        let mut read = Read { layout, columns: HashMap::new(), lists: HashMap::new() };
        let (early, mut later): (Vec<_>, Vec<_>) =
            undecided.into_iter().partition(|condition| condition.single().is_some() || condition.parts.is_some());
        let mut early: Vec<_> = early.into_iter().map(|condition| (condition, condition.single().is_none())).collect();
        early.sort_by_cached_key(|(condition, is_of_several)| (*is_of_several, self.bytes(group, condition)));
        later.sort_by_cached_key(|condition| self.bytes(group, condition));
        let mut failed = Vec::new();
        for (condition, _) in early {
            if wanted.count_set_bits() == 0 {
                return Ok(None);
            }
            read.load(&mut self.reader, &self.columns, condition.schema.fields(), &wanted).await?;
            match read.truths(&self.columns, condition) {
                Some(truths) => wanted = &wanted & &truths,
                None => failed.push(condition),
            }
        }
        for entries in later.iter().filter_map(|condition| condition.entries.as_ref()) {
            if wanted.count_set_bits() == 0 {
                return Ok(None);
            }
            wanted = &wanted & &self.with_entries(&mut read, entries, &wanted).await?;
        }
        for condition in failed.into_iter().chain(later) {
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

    /// Which of the wanted rows have an entry that a condition needs. Where dictionaries say that none has, no page is read.
    async fn with_entries(
        &mut self,
        read: &mut Read,
        entries: &Entries,
        wanted: &BooleanBuffer,
    ) -> Result<BooleanBuffer> {
        let is_key = |keys: &ArrayRef| truths_of_texts(keys, |key| key == entries.key);
        let is_value = |values: &ArrayRef| truths_of_texts(values, |value| entries.may_be(value));
        let mut found = BooleanBuffer::new_unset(wanted.len());
        for map in &entries.maps {
            let Source::Map(keys, values) = self.columns.get(map) else { continue };
            let (keys, values) = (keys.clone(), values.clone());
            if let Some(keys) = pages::dictionary(&mut self.reader, &read.layout, &keys).await?
                && !is_key(&keys)?.has_true()
            {
                continue;
            }
            // What has no value is empty, and in no dictionary.
            if !entries.may_be("")
                && let Some(values) = pages::dictionary(&mut self.reader, &read.layout, &values).await?
                && !is_value(&values)?.has_true()
            {
                continue;
            }
            if wanted.count_set_bits() * FEW < wanted.len() {
                return Ok(wanted.clone());
            }
            let Some((_, field)) =
                self.asked.conditions.iter().find_map(|condition| condition.schema.fields().find(map))
            else {
                continue;
            };
            read.load(&mut self.reader, &self.columns, std::slice::from_ref(field), wanted).await?;
            if let Some([keys, values]) = read.columns.get(*map).map(Vec::as_slice) {
                found = &found | &Column::rows_with_entry(keys, values, is_key, is_value)?;
            }
        }
        Ok(found)
    }

    /// The lists of the wanted rows of a row group, by column, as the Parquet library reads them.
    async fn lists(
        &mut self,
        group: usize,
        lists: &[&Arc<Field>],
        wanted: &BooleanBuffer,
    ) -> Result<HashMap<String, ArrayRef>> {
        let rows = wanted.set_slices().map(|(start, end)| start..end);
        let rows = RowSelection::from_consecutive_ranges(rows, wanted.len());
        let reader = self.readers.open(self.file.clone())?;
        let batches = parquet(reader, &self.metadata, group, lists)?.with_row_selection(rows).build()?;
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

/// Which texts fulfil a condition; what has no value is empty in a map.
fn truths_of_texts(texts: &ArrayRef, of: impl Fn(&str) -> bool) -> Result<BooleanArray> {
    let texts = texts.as_string_opt::<i32>();
    let texts = texts.ok_or_else(|| ParquetError::General("damaged page: a map of no texts".to_owned()))?;
    Ok(texts.iter().map(|text| Some(of(text.unwrap_or_default()))).collect())
}

/// The rows of the pages that may have some.
fn of_pages(layout: &Layout, place: &Place, pages: &[Holds]) -> Result<BooleanBuffer> {
    let mut rows = BooleanBufferBuilder::new(layout.rows());
    for (page, holds) in layout.page_rows(place)?.into_iter().zip(pages) {
        rows.append_n(page.len(), *holds != Holds::Never);
    }
    // What nothing is known of.
    rows.append_n(layout.rows() - rows.len(), true);
    Ok(rows.finish())
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
        if let Some(parts) = &condition.parts {
            let mut truths = parts.of.iter().map(|part| self.truths(columns, part));
            let first = truths.next()??;
            let joined =
                |all: BooleanBuffer, more: BooleanBuffer| if parts.is_any { &all | &more } else { &all & &more };
            return truths.try_fold(first, |all, more| Some(joined(all, more?)));
        }
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
