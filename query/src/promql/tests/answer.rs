//! Who is asked, and what comes back: the engine, or another evaluator that must agree with it.

use futures::FutureExt as _;

use super::super::annotation::Severity;
use super::super::engine::{Engine, Range, Value};
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

    /// Whether errors, warnings and infos are to read as Prometheus writes them.
    fn has_words_of_prometheus(&self) -> bool {
        true
    }
}

impl Evaluator for Engine {
    fn ask(&self, source: &MemorySource, text: &str, range: Range) -> Result<Answered, String> {
        let answer = self.query(source, text, range).now_or_never();
        let answer = answer.expect("series in memory are there at once").map_err(|failure| failure.to_string())?;
        let texts = |severity| answer.annotations.texts(severity, text);
        Ok(Answered { warnings: texts(Severity::Warning), infos: texts(Severity::Info), value: answer.value })
    }
}
