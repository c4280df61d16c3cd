//! Histograms as text, as Prometheus prints them: `{count:3, sum:4.5, [-0.001,0.001]:1, (1,2]:2}`.

use std::fmt;

use super::bucket::Sign;
use super::{Bucket, Histogram};

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

/// A number as Go's `%g` writes it: the shortest text that reads back, with an exponent where it is below -4 or above 5.
struct General(f64);

impl fmt::Display for General {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        if value.is_nan() {
            return f.write_str("NaN");
        }
        if value.is_infinite() {
            return f.write_str(if value > 0.0 { "+Inf" } else { "-Inf" });
        }
        let scientific = format!("{value:e}");
        match scientific.split_once('e').map(|(digits, exponent)| (digits, exponent.parse::<i32>())) {
            Some((digits, Ok(exponent))) if !(-4..6).contains(&exponent) => {
                let sign = if exponent < 0 { '-' } else { '+' };
                write!(f, "{digits}e{sign}{:02}", exponent.abs())
            }
            _ => write!(f, "{value}"),
        }
    }
}
