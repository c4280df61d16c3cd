//! What one may call: names, arguments and results.

use super::tree::ValueType::{self, Matrix, Scalar, String, Vector};

/// A function's signature.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: &'static str,
    pub args: &'static [ValueType],
    /// How many of the last arguments may be left out.
    pub optional: usize,
    /// The last argument may come any number of times.
    pub variadic: bool,
    pub returns: ValueType,
    /// Only where experimental functions are switched on.
    pub experimental: bool,
}

impl Function {
    /// The type of the argument at `index`, from 0; `None` when there is none.
    pub fn arg(&self, index: usize) -> Option<ValueType> {
        let repeated = self.args.last().filter(|_| self.variadic);
        self.args.get(index).or(repeated).copied()
    }

    const fn optional(mut self, optional: usize) -> Self {
        self.optional = optional;
        self
    }

    const fn variadic(mut self) -> Self {
        self.optional = 1;
        self.variadic = true;
        self
    }

    const fn experimental(mut self) -> Self {
        self.experimental = true;
        self
    }
}

/// A function by its name, as it is written: the case matters.
pub fn function(name: &str) -> Option<&'static Function> {
    let found = FUNCTIONS.binary_search_by_key(&name, |function| function.name);
    found.ok().map(|index| &FUNCTIONS[index])
}

const fn of(name: &'static str, args: &'static [ValueType], returns: ValueType) -> Function {
    Function { name, args, optional: 0, variadic: false, returns, experimental: false }
}

/// All functions of Prometheus 3, sorted by name.
pub static FUNCTIONS: [Function; 90] = [
    of("abs", &[Vector], Vector),
    of("absent", &[Vector], Vector),
    of("absent_over_time", &[Matrix], Vector),
    of("acos", &[Vector], Vector),
    of("acosh", &[Vector], Vector),
    of("asin", &[Vector], Vector),
    of("asinh", &[Vector], Vector),
    of("atan", &[Vector], Vector),
    of("atanh", &[Vector], Vector),
    of("avg_over_time", &[Matrix], Vector),
    of("ceil", &[Vector], Vector),
    of("changes", &[Matrix], Vector),
    of("clamp", &[Vector, Scalar, Scalar], Vector),
    of("clamp_max", &[Vector, Scalar], Vector),
    of("clamp_min", &[Vector, Scalar], Vector),
    of("cos", &[Vector], Vector),
    of("cosh", &[Vector], Vector),
    of("count_over_time", &[Matrix], Vector),
    of("day_of_month", &[Vector], Vector).optional(1),
    of("day_of_week", &[Vector], Vector).optional(1),
    of("day_of_year", &[Vector], Vector).optional(1),
    of("days_in_month", &[Vector], Vector).optional(1),
    of("deg", &[Vector], Vector),
    of("delta", &[Matrix], Vector),
    of("deriv", &[Matrix], Vector),
    of("double_exponential_smoothing", &[Matrix, Scalar, Scalar], Vector).experimental(),
    of("end", &[], Scalar).experimental(),
    of("exp", &[Vector], Vector),
    of("first_over_time", &[Matrix], Vector),
    of("floor", &[Vector], Vector),
    of("histogram_avg", &[Vector], Vector),
    of("histogram_count", &[Vector], Vector),
    of("histogram_fraction", &[Scalar, Scalar, Vector], Vector),
    of("histogram_quantile", &[Scalar, Vector], Vector),
    of("histogram_quantiles", &QUANTILES_ARGS, Vector).optional(9).experimental(),
    of("histogram_stddev", &[Vector], Vector),
    of("histogram_stdvar", &[Vector], Vector),
    of("histogram_sum", &[Vector], Vector),
    of("hour", &[Vector], Vector).optional(1),
    of("idelta", &[Matrix], Vector),
    of("increase", &[Matrix], Vector),
    of("info", &[Vector, Vector], Vector).optional(1).experimental(),
    of("irate", &[Matrix], Vector),
    of("label_join", &[Vector, String, String, String], Vector).variadic(),
    of("label_replace", &[Vector, String, String, String, String], Vector),
    of("last_over_time", &[Matrix], Vector),
    of("ln", &[Vector], Vector),
    of("log10", &[Vector], Vector),
    of("log2", &[Vector], Vector),
    of("mad_over_time", &[Matrix], Vector).experimental(),
    of("max_of", &[Scalar, Scalar], Scalar).experimental(),
    of("max_over_time", &[Matrix], Vector),
    of("min_of", &[Scalar, Scalar], Scalar).experimental(),
    of("min_over_time", &[Matrix], Vector),
    of("minute", &[Vector], Vector).optional(1),
    of("month", &[Vector], Vector).optional(1),
    of("pi", &[], Scalar),
    of("predict_linear", &[Matrix, Scalar], Vector),
    of("present_over_time", &[Matrix], Vector),
    of("quantile_over_time", &[Scalar, Matrix], Vector),
    of("rad", &[Vector], Vector),
    of("range", &[], Scalar).experimental(),
    of("rate", &[Matrix], Vector),
    of("resets", &[Matrix], Vector),
    of("round", &[Vector, Scalar], Vector).optional(1),
    of("scalar", &[Vector], Scalar),
    of("sgn", &[Vector], Vector),
    of("sin", &[Vector], Vector),
    of("sinh", &[Vector], Vector),
    of("sort", &[Vector], Vector),
    of("sort_by_label", &[Vector, String], Vector).variadic().experimental(),
    of("sort_by_label_desc", &[Vector, String], Vector).variadic().experimental(),
    of("sort_desc", &[Vector], Vector),
    of("sqrt", &[Vector], Vector),
    of("start", &[], Scalar).experimental(),
    of("start_timestamp", &[Vector], Vector).experimental(),
    of("stddev_over_time", &[Matrix], Vector),
    of("stdvar_over_time", &[Matrix], Vector),
    of("step", &[], Scalar).experimental(),
    of("sum_over_time", &[Matrix], Vector),
    of("tan", &[Vector], Vector),
    of("tanh", &[Vector], Vector),
    of("time", &[], Scalar),
    of("timestamp", &[Vector], Vector),
    of("ts_of_first_over_time", &[Matrix], Vector).experimental(),
    of("ts_of_last_over_time", &[Matrix], Vector).experimental(),
    of("ts_of_max_over_time", &[Matrix], Vector).experimental(),
    of("ts_of_min_over_time", &[Matrix], Vector).experimental(),
    of("vector", &[Scalar], Vector),
    of("year", &[Vector], Vector).optional(1),
];

/// A vector, the label that says which quantile it is, and one to ten quantiles.
const QUANTILES_ARGS: [ValueType; 12] =
    [Vector, String, Scalar, Scalar, Scalar, Scalar, Scalar, Scalar, Scalar, Scalar, Scalar, Scalar];
