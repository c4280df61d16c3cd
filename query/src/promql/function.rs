//! What one may call: names, arguments and results.

use super::tree::ValueType;

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
