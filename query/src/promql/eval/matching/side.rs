//! The two sides of a pair.

use crate::promql::eval::row::{Points, Row};
use crate::promql::labels::Labels;
use crate::promql::sample::Sample;

/// What stands for samples that are missing.
pub(super) struct Filled {
    pub labels: Labels,
    pub value: f64,
    /// Where they are missing.
    pub steps: Vec<bool>,
}

/// One side of a pair.
#[derive(Clone, Copy)]
pub(super) enum Side<'a> {
    /// A row, by number.
    Row(usize),
    Filled(&'a Filled),
}

impl<'a> Side<'a> {
    pub fn labels(self, rows: &'a [Row]) -> &'a Labels {
        match self {
            Self::Row(at) => &rows[at].labels,
            Self::Filled(filled) => &filled.labels,
        }
    }

    pub fn points(self, rows: &'a [Row]) -> Option<&'a Points> {
        match self {
            Self::Row(at) => Some(&rows[at].points),
            Self::Filled(_) => None,
        }
    }

    pub fn sample(self, rows: &[Row], step: usize) -> Option<Sample> {
        match self {
            Self::Row(at) => rows[at].points.sample(step),
            Self::Filled(filled) => filled.steps[step].then_some(Sample::Float(filled.value)),
        }
    }

    pub fn drop_name(self, rows: &[Row]) -> bool {
        match self {
            Self::Row(at) => rows[at].drop_name,
            Self::Filled(_) => false,
        }
    }
}
