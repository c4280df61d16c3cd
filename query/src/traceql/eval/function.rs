use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, col,
};
use datafusion::physical_expr::ScalarFunctionExpr;
use datafusion::physical_plan::PhysicalExpr;

use super::{Bound, Compiled, Entries};
use crate::traceql::Invalid;
use crate::traceql::tree::Field;

/// The condition as an expression that is true or false, never null, on the columns that it reads and no others.
///
/// # Errors
/// Where the condition asks for what is not supported yet.
pub(crate) fn condition(field: &Field) -> std::result::Result<Expr, Invalid> {
    let compiled = Compiled::new(field)?;
    let columns = compiled.columns.iter().map(|name| col(*name)).collect();
    let signature = match compiled.columns.len() {
        0 => Signature::nullary(Volatility::Immutable),
        count => Signature::any(count, Volatility::Immutable),
    };
    let function = Condition { text: format!("traceql({field})"), compiled, signature };
    Ok(ScalarUDF::from(function).call(columns))
}

/// What maps have to have wherever a condition is true; `None` of what is no condition of TraceQL, or needs no entry.
pub(crate) fn entries_of(expr: &Arc<dyn PhysicalExpr>) -> Option<Entries> {
    let function = expr.downcast_ref::<ScalarFunctionExpr>()?.fun().inner();
    Entries::of(&function.downcast_ref::<Condition>()?.compiled)
}

/// Two conditions with one text are one condition: the text says all of it.
#[derive(Debug)]
struct Condition {
    text: String,
    compiled: Compiled,
    signature: Signature,
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}

impl Hash for Condition {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl ScalarUDFImpl for Condition {
    fn name(&self) -> &str {
        &self.text
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays: Vec<_> = args.args.iter().map(|arg| arg.to_array(args.number_rows)).collect::<Result<_>>()?;
        let bound = Bound::to_arrays(&self.compiled, &arrays);
        let bound = bound.map_err(|error| exec_datafusion_err!("{}: {error}", self.text))?;
        Ok(ColumnarValue::Array(Arc::new(bound.truths(args.number_rows))))
    }
}
