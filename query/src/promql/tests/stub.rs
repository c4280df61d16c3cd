use super::super::labels::Labels;
use super::super::sample::{Sample, Series};

#[derive(Debug, Clone, Copy)]
pub enum Range {
    Instant(i64),
    Steps { start_ms: i64, end_ms: i64, step_ms: i64 },
}

#[derive(Debug)]
pub enum Value {
    Scalar { time_ms: i64, value: f64 },
    String { time_ms: i64, value: String },
    Vector(Vec<(Labels, i64, Sample)>),
    Matrix(Vec<Series>),
}

impl std::fmt::Display for super::super::tree::Expr {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

pub fn parse(_text: &str) -> Result<super::super::tree::Expr, String> {
    Err("no parser".to_owned())
}
