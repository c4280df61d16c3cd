//! Classic histograms as native ones.

use super::prints;
use crate::promql::histogram::{ClassicHistogram, ConversionError};

fn converts(buckets: &[(f64, f64)], count: Option<f64>, expected: &str) {
    let native = ClassicHistogram { buckets: buckets.to_vec(), count, sum: 1.0 }.to_native().unwrap();
    prints(&native, expected);
}

#[test]
fn classic_histograms_become_native() {
    let inf = f64::INFINITY;
    converts(&[(1.0, 1.0), (2.0, 3.0), (inf, 4.0)], Some(4.0), "{count:4, sum:1, [-Inf,1]:1, (1,2]:2, (2,+Inf]:1}");
    converts(
        &[(inf, 4.0), (2.0, 3.0), (2.0, 9.0), (1.0, 1.0)],
        None,
        "{count:4, sum:1, [-Inf,1]:1, (1,2]:2, (2,+Inf]:1}",
    );
    converts(&[(1.0, 1.0)], Some(4.0), "{count:4, sum:1, [-Inf,1]:1, (1,+Inf]:3}");
    converts(&[], Some(4.0), "{count:4, sum:1, [-Inf,+Inf]:4}");
}

#[test]
fn odd_classic_histograms_are_refused() {
    let error = |buckets: &[(f64, f64)], count| {
        ClassicHistogram { buckets: buckets.to_vec(), count, sum: 0.0 }.to_native().unwrap_err()
    };
    assert_eq!(error(&[], None), ConversionError::NoCount);
    assert_eq!(error(&[], Some(-1.0)), ConversionError::NegativeCount(-1.0));
    assert_eq!(error(&[(1.0, 2.0), (2.0, 1.0)], None), ConversionError::NotCumulative(1.0, 2.0));
    assert_eq!(error(&[(1.0, -2.0)], None), ConversionError::NegativeBucket { le: 1.0, count: -2.0 });
    assert_eq!(error(&[(f64::NAN, 2.0)], None), ConversionError::NanBound);
    let mismatch = ConversionError::CountMismatch { count: 2.0, le: f64::INFINITY, bucket: 1.0 };
    assert_eq!(error(&[(f64::INFINITY, 1.0)], Some(2.0)), mismatch);
}
