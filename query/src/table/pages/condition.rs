use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, UInt64Array};
use arrow::datatypes::{Field, Int64Type, Schema, SchemaRef};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, Result, ScalarValue, exec_datafusion_err};
use datafusion::logical_expr::Operator;
use datafusion::parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use datafusion::parquet::file::metadata::ParquetMetaData;
use datafusion::physical_expr::expressions::{BinaryExpr, Column as ColumnExpr, InListExpr, Literal};
use datafusion::physical_expr::utils::{Guarantee, collect_columns, reassign_expr_columns};
use datafusion::physical_optimizer::pruning::{PruningPredicate, PruningPredicateBuilder};
use datafusion::physical_plan::PhysicalExpr;
use regex::Regex;
use spanloom_store::pages::{Layout, PageBounds, Place};

use crate::table::Numbers;
use crate::traceql::eval::{Entries, entries_of};

/// Values that are looked up in bloom filters; of more, most row groups have some.
const SOUGHT_MAX: usize = 16;

/// A part of a scan's filter: rows are wanted for which it is true.
#[derive(Debug)]
pub(super) struct Condition {
    expr: Arc<dyn PhysicalExpr>,
    /// The columns that it is about.
    pub schema: SchemaRef,
    /// Tells from bounds of a page whether it may have such rows.
    pruning: Option<PruningPredicate>,
    /// The numbers of which its column has to be one.
    listed: Option<Numbers>,
    /// The pattern that its column has to match: to compile it takes longer than to look at the texts of a row group.
    pattern: Option<Regex>,
    compared: Option<Compared>,
    /// Of a condition on several columns.
    pub parts: Option<Parts>,
    /// What maps have to have.
    pub entries: Option<Entries>,
}

/// Conditions of which all are true where one is that is put together of them, or any.
#[derive(Debug)]
pub(super) struct Parts {
    pub is_any: bool,
    pub of: Vec<Condition>,
}

impl Parts {
    /// `None` if it cannot be taken apart into conditions on one column each.
    fn new(expr: &Arc<dyn PhysicalExpr>, file_schema: &Schema) -> Result<Option<Self>> {
        let Some(binary) = expr.downcast_ref::<BinaryExpr>() else { return Ok(None) };
        let is_any = match binary.op() {
            Operator::And => false,
            Operator::Or => true,
            _ => return Ok(None),
        };
        let of: Vec<Condition> = [binary.left(), binary.right()]
            .map(|side| Condition::new(side, file_schema))
            .into_iter()
            .collect::<Result<_>>()?;
        let is_apart = |condition: &Condition| condition.single().is_some() || condition.parts.is_some();
        Ok(of.iter().all(is_apart).then_some(Self { is_any, of }))
    }
}

/// For how many rows of a page a condition is true, as far as its bounds tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Never,
    Perhaps,
    Always,
}

/// A comparison of a column of 64-bit integers with a number: bounds of a page decide most of them.
#[derive(Debug, Clone, Copy)]
struct Compared {
    op: Operator,
    number: i64,
}

impl Compared {
    /// `None` of comparisons of which this does not hold, such as those that are true of what has no value.
    fn new(expr: &Arc<dyn PhysicalExpr>) -> Option<Self> {
        let binary = expr.downcast_ref::<BinaryExpr>().filter(|binary| binary.left().is::<ColumnExpr>())?;
        if !matches!(binary.op(), Operator::Eq | Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq) {
            return None;
        }
        match binary.right().downcast_ref::<Literal>()?.value() {
            ScalarValue::Int64(Some(number)) => Some(Self { op: *binary.op(), number: *number }),
            _ => None,
        }
    }

    fn is_true(self, value: i64) -> bool {
        match self.op {
            Operator::Lt => value < self.number,
            Operator::LtEq => value <= self.number,
            Operator::Gt => value > self.number,
            Operator::GtEq => value >= self.number,
            _ => value == self.number,
        }
    }

    fn holds(self, bounds: PageBounds) -> Holds {
        let Some((min, max)) = bounds.range else { return Holds::Never };
        if self.op == Operator::Eq {
            return if (min..=max).contains(&self.number) { Holds::Perhaps } else { Holds::Never };
        }
        match (self.is_true(min), self.is_true(max)) {
            (false, false) => Holds::Never,
            (true, true) if !bounds.may_lack => Holds::Always,
            _ => Holds::Perhaps,
        }
    }
}

/// The numbers of a list of which a column has to be one.
fn listed(expr: &Arc<dyn PhysicalExpr>) -> Option<Numbers> {
    let list = expr.downcast_ref::<InListExpr>().filter(|list| !list.negated() && list.expr().is::<ColumnExpr>())?;
    let number = |literal: &Arc<dyn PhysicalExpr>| match literal.downcast_ref::<Literal>()?.value() {
        ScalarValue::Int64(Some(number)) => Some(*number),
        _ => None,
    };
    list.list().iter().map(number).collect()
}

/// The pattern that a column has to match; `None` also for one that is wrong, about which evaluation will tell.
fn pattern(expr: &Arc<dyn PhysicalExpr>) -> Option<Regex> {
    let matches = expr.downcast_ref::<BinaryExpr>().filter(|binary| *binary.op() == Operator::RegexMatch)?;
    match matches.right().downcast_ref::<Literal>()?.value() {
        ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)) if matches.left().is::<ColumnExpr>() => {
            Regex::new(text).ok()
        }
        _ => None,
    }
}

impl Condition {
    pub fn new(whole: &Arc<dyn PhysicalExpr>, file_schema: &Schema) -> Result<Self> {
        let mut places: Vec<usize> = collect_columns(whole).iter().map(ColumnExpr::index).collect();
        places.sort_unstable();
        let schema = Arc::new(file_schema.project(&places)?);
        let expr = reassign_expr_columns(Arc::clone(whole), &schema)?;
        let pruning = (places.len() == 1)
            .then(|| {
                PruningPredicateBuilder::new().with_file_schema(Arc::clone(&schema)).try_build(Arc::clone(&expr)).ok()
            })
            .flatten()
            .filter(|pruning| !pruning.always_true());
        let parts = if places.len() > 1 { Parts::new(whole, file_schema)? } else { None };
        let (listed, pattern, compared) = (listed(&expr), pattern(&expr), Compared::new(&expr));
        let entries = entries_of(&expr);
        Ok(Self { expr, schema, pruning, listed, pattern, compared, parts, entries })
    }

    /// The only column that it is about.
    pub fn single(&self) -> Option<&Arc<Field>> {
        match self.schema.fields().as_ref() {
            [field] => Some(field),
            _ => None,
        }
    }

    /// Of which rows it is true, whose columns are those of the schema.
    pub fn truths(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<BooleanArray> {
        if let Some(listed) = &self.listed
            && let [column] = columns.as_slice()
            && let Some(numbers) = column.as_primitive_opt::<Int64Type>()
        {
            return Ok(listed.among(numbers));
        }
        if let Some(pattern) = &self.pattern
            && let [column] = columns.as_slice()
            && let Some(texts) = column.as_string_view_opt()
        {
            return Ok(texts.iter().map(|text| text.map(|text| pattern.is_match(text))).collect());
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        let truths = self.expr.evaluate(&batch)?.into_array(rows)?;
        truths.as_boolean_opt().cloned().ok_or_else(|| exec_datafusion_err!("{} gave no truths", self.expr))
    }

    /// The few values one of which its column has wherever it is true; `None` if it may be true of others.
    pub fn sought(&self) -> Option<&HashSet<ScalarValue>> {
        let guarantees = self.pruning.as_ref()?.literal_guarantees().iter();
        let values = guarantees.filter(|known| known.guarantee == Guarantee::In).map(|known| &known.literals);
        values.min_by_key(|values| values.len()).filter(|values| values.len() <= SOUGHT_MAX)
    }

    /// Of which rows it is true, by page of its column, which is at `place`; `None` where nothing is known. `file` has the file's
    /// columns in their order.
    pub fn pages(&self, layout: &Layout, place: &Place, file: &Schema) -> Option<Vec<Holds>> {
        if let Some(compared) = self.compared
            && let Some(bounds) = layout.bounds(place)
        {
            return Some(bounds.into_iter().map(|bounds| compared.holds(bounds)).collect());
        }
        let may_hold = self.pruned(layout.metadata(), file, layout.group())?;
        Some(may_hold.into_iter().map(|may_hold| if may_hold { Holds::Perhaps } else { Holds::Never }).collect())
    }

    fn pruned(&self, metadata: &ParquetMetaData, file: &Schema, group: usize) -> Option<Vec<bool>> {
        let (pruning, field) = (self.pruning.as_ref()?, self.single()?);
        let converter =
            StatisticsConverter::try_new(field.name(), file, metadata.file_metadata().schema_descr()).ok()?;
        let (bounds, offsets) = (metadata.column_index()?, metadata.offset_index()?);
        let statistics = PageStatistics {
            mins: converter.data_page_mins(bounds, offsets, [&group]).ok()?,
            maxes: converter.data_page_maxes(bounds, offsets, [&group]).ok()?,
            nulls: Arc::new(converter.data_page_null_counts(bounds, offsets, [&group]).ok()?),
            rows: {
                let rows = converter.data_page_row_counts(offsets, metadata.row_groups(), [&group]).ok()??;
                Arc::new(rows)
            },
        };
        pruning.prune(&statistics).ok()
    }
}

/// Bounds of the pages of the one column that a condition is about.
struct PageStatistics {
    mins: ArrayRef,
    maxes: ArrayRef,
    nulls: Arc<UInt64Array>,
    rows: Arc<UInt64Array>,
}

impl PruningStatistics for PageStatistics {
    fn min_values(&self, _column: &Column) -> Option<ArrayRef> {
        Some(Arc::clone(&self.mins))
    }

    fn max_values(&self, _column: &Column) -> Option<ArrayRef> {
        Some(Arc::clone(&self.maxes))
    }

    fn num_containers(&self) -> usize {
        self.mins.len()
    }

    fn null_counts(&self, _column: &Column) -> Option<ArrayRef> {
        Some(Arc::clone(&self.nulls) as ArrayRef)
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::clone(&self.rows) as ArrayRef)
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
