//! What a group holds of histograms, for all steps.

use crate::promql::histogram::{Combined, Histogram, HistogramMean, HistogramSum, Incompatible};

/// Nothing as long as no histogram came.
#[derive(Default)]
pub(super) struct Histograms(Vec<Held>);

#[derive(Default)]
enum Held {
    #[default]
    Nothing,
    Some(Box<HeldSome>),
    /// Histograms whose buckets cannot be brought together: there is no result.
    Incompatible,
}

pub(super) enum HeldSome {
    Sum(HistogramSum),
    Mean(HistogramMean),
}

impl Histograms {
    /// Takes a histogram in, for a sum or for a mean.
    ///
    /// # Errors
    /// When its buckets cannot be brought together with the others', and for the first such only.
    pub fn take(&mut self, step: usize, steps: usize, histogram: &Histogram, mean: bool) -> Result<(), Incompatible> {
        if self.0.is_empty() {
            self.0.resize_with(steps, Held::default);
        }
        let held = &mut self.0[step];
        let result = match held {
            Held::Incompatible => Ok(()),
            Held::Nothing => {
                let first = if mean {
                    HeldSome::Mean(HistogramMean::new(histogram))
                } else {
                    HeldSome::Sum(HistogramSum::new(histogram))
                };
                *held = Held::Some(Box::new(first));
                Ok(())
            }
            Held::Some(some) => match some.as_mut() {
                HeldSome::Sum(sum) => sum.add(histogram),
                HeldSome::Mean(mean) => mean.add(histogram),
            },
        };
        if result.is_err() {
            *held = Held::Incompatible;
        }
        result
    }

    /// What is held at the steps at which any histogram came; nothing where they were incompatible.
    pub fn into_steps(self) -> impl Iterator<Item = (usize, Option<HeldSome>)> {
        self.0.into_iter().enumerate().filter_map(|(step, held)| match held {
            Held::Nothing => None,
            Held::Some(some) => Some((step, Some(*some))),
            Held::Incompatible => Some((step, None)),
        })
    }
}

impl HeldSome {
    pub fn finish(self) -> Combined {
        match self {
            Self::Sum(sum) => sum.sum(),
            Self::Mean(mean) => mean.mean(),
        }
    }
}
