//! What is asked of the histograms of a selector.

/// What of its histograms reaches what an expression is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Reading {
    /// Everything, as nobody has said otherwise.
    #[default]
    All,
    /// Their counts and sums.
    Totals,
    /// Everything, whatever is said below: what stands above looks at buckets.
    Buckets,
}

impl Reading {
    /// What a function asks of its arguments, when this is what is asked of the function.
    pub fn of_call(self, name: &str) -> Self {
        match name {
            "histogram_quantile" | "histogram_quantiles" | "histogram_fraction" => Self::Buckets,
            "histogram_count" | "histogram_sum" | "histogram_avg" if self == Self::All => Self::Totals,
            _ => self,
        }
    }
}
