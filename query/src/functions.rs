//! SQL functions of our own: ids are stored as Int64, people write hexadecimal digits; and attributes lie in many columns.
//!
//! | function | gives |
//! | --- | --- |
//! | `trace_id(trace_hi, trace_lo)` | the id as 32 hexadecimal digits |
//! | `trace_hi('…')`, `trace_lo('…')` | the two halves of an id in hexadecimal digits |
//! | `span_id(span_id)` | the id as 16 hexadecimal digits |
//! | `span_id_int('…')` | the Int64 of an id in hexadecimal digits |
//! | `attribute('…')` | the attribute of a span with that key, or else of its resource, as text; null if there is none |

/// Attributes by key, wherever they stand.
mod attribute;

use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Array, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use spanloom_store::{SpanId, TraceId};

pub(crate) use attribute::Places as AttributePlaces;

/// All of them.
pub(crate) fn all() -> Vec<ScalarUDF> {
    let functions = [Function::TraceId, Function::TraceHi, Function::TraceLo, Function::SpanId, Function::SpanIdInt];
    let of_ids = functions.into_iter().map(|function| ScalarUDF::from(IdFunction::new(function)));
    of_ids.chain([attribute::Named::function()]).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Function {
    TraceId,
    TraceHi,
    TraceLo,
    SpanId,
    SpanIdInt,
}

impl Function {
    const fn name(self) -> &'static str {
        match self {
            Self::TraceId => "trace_id",
            Self::TraceHi => "trace_hi",
            Self::TraceLo => "trace_lo",
            Self::SpanId => "span_id",
            Self::SpanIdInt => "span_id_int",
        }
    }

    fn arguments(self) -> Vec<DataType> {
        match self {
            Self::TraceId => vec![DataType::Int64, DataType::Int64],
            Self::SpanId => vec![DataType::Int64],
            Self::TraceHi | Self::TraceLo | Self::SpanIdInt => vec![DataType::Utf8View],
        }
    }

    const fn result(self) -> DataType {
        match self {
            Self::TraceId | Self::SpanId => DataType::Utf8View,
            Self::TraceHi | Self::TraceLo | Self::SpanIdInt => DataType::Int64,
        }
    }

    fn parse(self, text: &str) -> Result<i64> {
        let parsed = match self {
            Self::TraceHi => text.parse::<TraceId>().map(|id| id.hi()),
            Self::TraceLo => text.parse::<TraceId>().map(|id| id.lo()),
            _ => text.parse::<SpanId>().map(|id| id.as_int()),
        };
        parsed.map_err(|error| exec_datafusion_err!("{}: {error}", self.name()))
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct IdFunction {
    function: Function,
    signature: Signature,
}

impl IdFunction {
    fn new(function: Function) -> Self {
        Self { function, signature: Signature::exact(function.arguments(), Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for IdFunction {
    fn name(&self) -> &str {
        self.function.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.function.result())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let result: Arc<dyn Array> = match self.function {
            Function::TraceId => {
                let (hi, lo) = (arrays[0].as_primitive::<Int64Type>(), arrays[1].as_primitive::<Int64Type>());
                let ids = hi.iter().zip(lo).map(|(hi, lo)| Some(TraceId::from_halves(hi?, lo?).to_string()));
                Arc::new(ids.collect::<StringViewArray>())
            }
            Function::SpanId => {
                let ids = arrays[0].as_primitive::<Int64Type>().iter();
                Arc::new(ids.map(|id| Some(SpanId::from_int(id?).to_string())).collect::<StringViewArray>())
            }
            Function::TraceHi | Function::TraceLo | Function::SpanIdInt => {
                let texts = cast(&arrays[0], &DataType::Utf8View)?;
                let texts = texts.as_string_view().iter();
                Arc::new(
                    texts
                        .map(|text| text.map(|t| self.function.parse(t)).transpose())
                        .collect::<Result<Int64Array>>()?,
                )
            }
        };
        if is_scalar {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(result))
    }
}
