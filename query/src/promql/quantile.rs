//! Quantiles of values and of classic histograms.

#[cfg(test)]
mod tests;

/// Relative differences up to this between neighbouring buckets are taken for rounding.
const SMALL_DELTA: f64 = 1e-12;

/// A bucket of a classic histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassicBucket {
    pub upper: f64,
    /// Of all that is not above `upper`.
    pub count: f64,
}

/// A quantile of a classic histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassicQuantile {
    pub value: f64,
    /// Some bucket counted less than the one below it, which was mended.
    pub forced_monotonic: Option<Forced>,
}

/// Where buckets that counted too little were mended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forced {
    /// The bound of the lowest such bucket.
    pub lowest: f64,
    /// The bound of the highest such bucket.
    pub highest: f64,
    /// The most that a bucket counted too little.
    pub difference: f64,
}

/// The value below which the fraction `q` of what a classic histogram observed lies, with the values in a bucket evenly
/// spread. Buckets may come in any order, and equal bounds count together; they are sorted and mended in place.
///
/// NaN when nothing was observed, `q` is NaN, there are fewer than two bounds or +Inf is not among them; an infinity when
/// `q` is not between 0 and 1.
pub fn bucket_quantile(q: f64, buckets: &mut Vec<ClassicBucket>) -> ClassicQuantile {
    let plain = |value| ClassicQuantile { value, forced_monotonic: None };
    if q.is_nan() {
        return plain(f64::NAN);
    }
    if q < 0.0 {
        return plain(f64::NEG_INFINITY);
    }
    if q > 1.0 {
        return plain(f64::INFINITY);
    }
    if !coalesce(buckets) {
        return plain(f64::NAN);
    }
    let forced_monotonic = make_monotonic(buckets);
    ClassicQuantile { value: sorted_quantile(q, buckets), forced_monotonic }
}

fn sorted_quantile(q: f64, buckets: &[ClassicBucket]) -> f64 {
    let [finite @ .., highest] = buckets else { return f64::NAN };
    let Some(last_finite) = finite.last() else { return f64::NAN };
    if highest.count == 0.0 {
        return f64::NAN;
    }
    let rank = q * highest.count;
    let at = finite.partition_point(|bucket| bucket.count < rank || bucket.count.is_nan());
    let Some(bucket) = finite.get(at) else { return last_finite.upper };
    let below = match at.checked_sub(1) {
        Some(before) => finite[before],
        None if bucket.upper <= 0.0 => return bucket.upper,
        None => ClassicBucket { upper: 0.0, count: 0.0 },
    };
    below.upper + (bucket.upper - below.upper) * ((rank - below.count) / (bucket.count - below.count))
}

/// The fraction of what a classic histogram observed that lies between two values; see [`bucket_quantile`].
///
/// NaN when nothing was observed, a value is NaN or +Inf is not among the bounds; zero when the lower value is not below the
/// upper one.
pub fn bucket_fraction(lower: f64, upper: f64, buckets: &mut Vec<ClassicBucket>) -> f64 {
    if !coalesce(buckets) {
        return f64::NAN;
    }
    let count = buckets.last().map_or(0.0, |bucket| bucket.count);
    if count == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    (bucket_rank(upper, buckets, count) - bucket_rank(lower, buckets, count)) / count
}

/// How many observations lie below a value.
fn bucket_rank(value: f64, buckets: &[ClassicBucket], all: f64) -> f64 {
    let lowest = match buckets.first() {
        Some(first) if first.upper <= 0.0 => f64::NEG_INFINITY,
        _ => 0.0,
    };
    let mut below = ClassicBucket { upper: lowest, count: 0.0 };
    for bucket in buckets {
        if below.upper >= value {
            return all.min(below.count);
        }
        if bucket.upper > value {
            // Where values lie in a bucket without a lower bound is unknown.
            let within = match below.upper {
                f64::NEG_INFINITY => bucket.count,
                _ => (bucket.count - below.count) * (value - below.upper) / (bucket.upper - below.upper),
            };
            return all.min(below.count + within);
        }
        below = *bucket;
    }
    all
}

/// Sorts buckets and adds up those of one bound; says whether the highest one is that of +Inf, as it must be.
fn coalesce(buckets: &mut Vec<ClassicBucket>) -> bool {
    buckets.sort_by(|a, b| a.upper.total_cmp(&b.upper));
    buckets.dedup_by(|later, first| {
        let same = later.upper == first.upper;
        if same {
            first.count += later.count;
        }
        same
    });
    buckets.last().is_some_and(|bucket| bucket.upper == f64::INFINITY)
}

/// Lets no bucket count less than the one below it. Differences that are but rounding are mended without a word.
fn make_monotonic(buckets: &mut [ClassicBucket]) -> Option<Forced> {
    let mut forced: Option<Forced> = None;
    let mut below = buckets.first()?.count;
    for bucket in &mut buckets[1..] {
        if almost_equal(bucket.count, below) {
            bucket.count = below;
        } else if bucket.count < below {
            let difference = below - bucket.count;
            bucket.count = below;
            let first = Forced { lowest: bucket.upper, highest: bucket.upper, difference };
            let so_far = forced.get_or_insert(first);
            so_far.highest = bucket.upper;
            so_far.difference = so_far.difference.max(difference);
        } else {
            below = bucket.count;
        }
    }
    forced
}

fn almost_equal(a: f64, b: f64) -> bool {
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    let sum = a.abs() + b.abs();
    let difference = (a - b).abs();
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < SMALL_DELTA * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < SMALL_DELTA
}

/// The value below which the fraction `q` of the values lies, between two of them in proportion. NaN counts as the lowest
/// value. The values are reordered.
///
/// NaN when there is no value or `q` is NaN; an infinity when `q` is not between 0 and 1.
pub fn quantile(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    let rank = q * (values.len() - 1) as f64;
    let weight = rank - rank.floor();
    let at = (rank.floor() as usize).min(values.len() - 1);
    let (_, lower, above) = values.select_nth_unstable_by(at, nan_first);
    let lower = *lower;
    let upper = above.iter().copied().min_by(nan_first).unwrap_or(lower);
    lower * (1.0 - weight) + upper * weight
}

fn nan_first(a: &f64, b: &f64) -> std::cmp::Ordering {
    a.partial_cmp(b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}
