use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, MapArray, StringViewArray, StringViewBuilder};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, DFSchema, Result, exec_err, plan_datafusion_err, plan_err};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};
use spanloom_store::schema::columns;
use spanloom_store::schema::promoted::{self, ColumnType, Promoted};
use spanloom_store::schema::spans::bucket_column;

const NAME: &str = "attribute";
/// The map of resource attributes without a column.
const RESOURCE_MAP: &str = "resource_attrs";

/// What a query names: the places of a key are known when it is planned, so a scan reads the columns and maps in which it may stand, and
/// no others. It stands until [`Places`] has replaced it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Named(Signature);

impl Named {
    pub fn function() -> ScalarUDF {
        Self(Signature::any(1, Volatility::Stable)).into()
    }
}

impl ScalarUDFImpl for Named {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        exec_err!("{NAME}() needs a key that is written out, such as {NAME}('http.route')")
    }
}

/// Puts the columns in which the key may stand in place of [`Named`].
#[derive(Debug)]
pub(crate) struct Places;

impl FunctionRewrite for Places {
    fn name(&self) -> &str {
        "places_of_attributes"
    }

    fn rewrite(&self, expr: Expr, schema: &DFSchema, _config: &ConfigOptions) -> Result<Transformed<Expr>> {
        let Expr::ScalarFunction(ScalarFunction { func, args }) = &expr else { return Ok(Transformed::no(expr)) };
        if !func.inner().is::<Named>() {
            return Ok(Transformed::no(expr));
        }
        let Some(key) = args.first().and_then(Expr::as_literal).and_then(|key| key.try_as_str().flatten()) else {
            return plan_err!("{NAME}() needs a key that is written out, such as {NAME}('http.route')");
        };
        let mut names = Vec::new();
        for (list, map) in [(promoted::SPAN, bucket_column(promoted::bucket(key))), (promoted::RESOURCE, RESOURCE_MAP)]
        {
            match list.iter().find(|promoted| promoted.key == key) {
                // It has the text of every value, whatever its type.
                Some(Promoted { column, column_type: ColumnType::String, .. }) => names.push(*column),
                // What had to be changed to become a number stands in the map as it came.
                Some(Promoted { column, column_type: ColumnType::Int, .. }) => names.extend([map, *column]),
                None => names.push(map),
            }
        }
        let column = |name: &str| -> Result<Expr> {
            let found = schema.qualified_field_with_unqualified_name(name);
            let found =
                found.map_err(|_| plan_datafusion_err!(
                "{NAME}() is for rows of spans: there is no one column {name} here (to order by it, select it under a name)"
            ))?;
            Ok(Expr::Column(Column::from(found)))
        };
        let mut args = vec![lit(key)];
        for name in names {
            args.push(column(name)?);
        }
        let signature = Signature::any(args.len(), Volatility::Immutable);
        Ok(Transformed::yes(ScalarUDF::from(Found(signature)).call(args)))
    }
}

/// The first value that columns have, of a key and those columns: what stands in one of its own, or in a map.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Found(Signature);

impl ScalarUDFImpl for Found {
    fn name(&self) -> &str {
        "attribute_in"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [ColumnarValue::Scalar(key), columns @ ..] = args.args.as_slice() else {
            return exec_err!("{NAME}() lost its key");
        };
        let Some(key) = key.try_as_str().flatten() else { return exec_err!("{NAME}() lost its key") };
        let columns = columns.iter().map(|column| texts_or_map(column.to_array(args.number_rows)?));
        let columns: Vec<ArrayRef> = columns.collect::<Result<_>>()?;
        let places: Vec<Place<'_>> = columns.iter().map(Place::of).collect();
        let mut values = StringViewBuilder::with_capacity(args.number_rows);
        (0..args.number_rows).for_each(|row| values.append_option(places.iter().find_map(|place| place.get(key, row))));
        Ok(ColumnarValue::Array(Arc::new(values.finish())))
    }
}

fn texts_or_map(column: ArrayRef) -> Result<ArrayRef> {
    if column.as_map_opt().is_some() { Ok(column) } else { Ok(cast(&column, &DataType::Utf8View)?) }
}

/// A column in which a value may stand.
enum Place<'a> {
    Texts(&'a StringViewArray),
    Map(&'a MapArray),
}

impl<'a> Place<'a> {
    fn of(column: &'a ArrayRef) -> Self {
        column.as_map_opt().map_or_else(|| Self::Texts(column.as_string_view()), Self::Map)
    }

    fn get(&self, key: &str, row: usize) -> Option<&'a str> {
        match *self {
            Self::Texts(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Self::Map(map) => columns::map_entries(map, row).find(|(found, _)| *found == key).map(|(_, text)| text),
        }
    }
}
