//! Who is asked, and what comes back: the engine, or another evaluator that must agree with it.

use super::super::engine::{Range, Value};
use super::super::source::MemorySource;

/// A result and what was said beside it.
#[derive(Debug)]
pub struct Answered {
    pub value: Value,
    /// As Prometheus writes them: `PromQL warning: … (1:6)`.
    pub warnings: Vec<String>,
    pub infos: Vec<String>,
}

/// Something that evaluates queries.
pub trait Evaluator {
    /// # Errors
    /// Prometheus' message.
    fn ask(&self, source: &MemorySource, text: &str, range: Range) -> Result<Answered, String>;
}
