//! Histograms as text, as Prometheus prints them: `{count:3, sum:4.5, [-0.001,0.001]:1, (1,2]:2}`.

use std::fmt;

use super::bucket::Sign;
use super::{Bucket, Histogram};
use crate::promql::number::General;

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{count:{}, sum:{}", General(self.count), General(self.sum))?;
        let of_side = |sign| self.side(sign).map(move |(index, count)| self.bucket(sign, index, count));
        let mut negative: Vec<Bucket> = of_side(Sign::Negative).collect();
        negative.reverse();
        let zero = std::iter::once(self.zero_bucket());
        let all = negative.into_iter().chain(zero).chain(of_side(Sign::Positive));
        for bucket in all.filter(|bucket| bucket.count != 0.0) {
            write!(f, ", {bucket}")?;
        }
        f.write_str("}")
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opening = if self.lower_inclusive { '[' } else { '(' };
        let closing = if self.upper_inclusive { ']' } else { ')' };
        let (lower, upper, count) = (General(self.lower), General(self.upper), General(self.count));
        write!(f, "{opening}{lower},{upper}{closing}:{count}")
    }
}
