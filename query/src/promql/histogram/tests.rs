use super::{BucketSpan, Histogram};

fn histogram(positive: &[f64], negative: &[f64]) -> Histogram {
    let spans = |counts: &[f64]| vec![BucketSpan { offset: 0, length: counts.len() as u32 }];
    Histogram {
        zero_threshold: 0.001,
        count: positive.iter().chain(negative).sum(),
        positive_spans: spans(positive),
        positive: positive.to_vec(),
        negative_spans: spans(negative),
        negative: negative.to_vec(),
        ..Histogram::default()
    }
}

#[test]
fn prints_as_prometheus_does() {
    let printed = histogram(&[1.0, 0.0, 2.0], &[1.5]).to_string();
    assert_eq!(printed, "{count:4.5, sum:0, [-1,-0.5):1.5, (0.5,1]:1, (2,4]:2}");
}

#[test]
fn sums_buckets() {
    let sum = histogram(&[1.0, 2.0], &[1.0]).add(&histogram(&[0.0, 1.0, 1.0], &[])).unwrap();
    assert_eq!(sum.histogram.to_string(), "{count:6, sum:0, [-1,-0.5):1, (0.5,1]:1, (1,2]:3, (2,4]:1}");
}
