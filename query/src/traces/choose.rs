//! Which traces are in the list.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, ListArray};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::functions_aggregate::expr_fn::{bool_or, max, min};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, col, lit,
};
use spanloom_store::{Table, TraceId};

use super::Question;
use crate::error::QueryError;
use crate::session::Session;
use crate::trace::TimeRange;

/// A trace of the list, and when its spans start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chosen {
    pub id: TraceId,
    pub range: TimeRange,
}

/// Groups by id over the widened range, then filters, orders and cuts. Memory is that of one small group per trace, and it
/// spills.
pub(super) async fn choose(session: &Session, question: &Question) -> Result<Vec<Chosen>, QueryError> {
    let rows = session.context()?.table(Table::Traces.name()).await?;
    let rows = rows.filter(question.range.widened(question.trace_span_max_ns).contains_start())?;
    let mut aggregates = vec![min(col("start_ns")).alias("trace_start"), max(col("end_ns")).alias("trace_end")];
    let mut fits =
        col("trace_start").lt_eq(lit(question.range.end_ns)).and(col("trace_end").gt_eq(lit(question.range.start_ns)));
    if let Some(service) = &question.service {
        aggregates.push(bool_or(touches(service)).alias("touches"));
        fits = fits.and(col("touches"));
    }
    let traces = rows
        .aggregate(vec![col("trace_hi"), col("trace_lo")], aggregates)?
        .filter(fits)?
        // The id makes the order of traces that start at the same time a fixed one.
        .sort(vec![
            col("trace_start").sort(false, false),
            col("trace_hi").sort(true, false),
            col("trace_lo").sort(true, false),
        ])?
        .limit(0, Some(question.limit))?
        .select_columns(&["trace_hi", "trace_lo", "trace_start", "trace_end"])?;
    let answer = session.collect(traces).await?;
    let mut chosen = Vec::new();
    for batch in &answer.batches {
        let ints = |i: usize| batch.column(i).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            chosen.push(Chosen {
                id: TraceId::from_halves(ints(0).value(row), ints(1).value(row)),
                range: TimeRange { start_ns: ints(2).value(row), end_ns: ints(3).value(row) },
            });
        }
    }
    Ok(chosen)
}

/// True for rows whose `services` name the service.
fn touches(service: &str) -> Expr {
    ScalarUDF::from(HasService::new(service.to_owned())).call(vec![col("services")])
}

/// `has_service(services)`: the list of structs is searched in one pass over its names.
#[derive(Debug, PartialEq, Eq, Hash)]
struct HasService {
    service: String,
    signature: Signature,
}

impl HasService {
    fn new(service: String) -> Self {
        Self { service, signature: Signature::any(1, Volatility::Immutable) }
    }

    fn search(&self, services: &ListArray) -> Option<BooleanArray> {
        let names = services.values().as_struct_opt()?.column_by_name("service_name")?.as_string_opt::<i32>()?;
        let offsets = services.value_offsets();
        let has = |row: usize| {
            (offsets[row] as usize..offsets[row + 1] as usize)
                .any(|i| names.is_valid(i) && names.value(i) == self.service)
        };
        Some((0..services.len()).map(|row| Some(has(row))).collect())
    }
}

impl ScalarUDFImpl for HasService {
    fn name(&self) -> &str {
        "has_service"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let services = arrays[0].as_list_opt::<i32>();
        let found = services.and_then(|services| self.search(services));
        let found = found.ok_or_else(|| exec_datafusion_err!("services is not a list of services"))?;
        Ok(ColumnarValue::Array(Arc::new(found)))
    }
}
