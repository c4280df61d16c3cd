//! A recorded page at two times: as it was recorded, and as it would be when its target has worked on. Every sample has its
//! time beside it, so that whoever scrapes the page stores the same points.
//!
//! Gauges stay. A counter gets half of what it had and a little more, which is another for each line, so that no two have
//! the same rate and none has 0. Buckets get half of what they had and a weight times their rank, so that a histogram stays
//! one: no bucket has less than the one below it, and the last has what the count has.

use std::collections::BTreeMap;

use super::super::page;

/// Lines in a row have other weights.
const WEIGHTS: u64 = 7;

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Prometheus' text format 0.0.4: milliseconds.
    Text,
    /// OpenMetrics: seconds.
    OpenMetrics,
}

impl Dialect {
    pub fn media(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    fn time(self, time_ms: i64) -> String {
        match self {
            Self::Text => time_ms.to_string(),
            Self::OpenMetrics => format!("{}.{:03}", time_ms / 1_000, time_ms % 1_000),
        }
    }
}

/// How often the targets of a page have worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    Recorded,
    Grown,
}

/// The page at a time.
pub fn page_at(recorded: &str, dialect: Dialect, age: Age, time_ms: i64) -> String {
    let shape = Shape::of(recorded);
    let (time, mut text) = (dialect.time(time_ms), String::with_capacity(recorded.len() * 2));
    for (at, line) in recorded.lines().enumerate() {
        match page::Line::read(line) {
            Some(line) => {
                let value = if age == Age::Grown { shape.grown(&line, at as u64) } else { None };
                let value = value.map_or_else(|| line.value.to_owned(), |value| value.to_string());
                text.extend([line.series, " ", &value, " ", &time, line.rest]);
            }
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// What a sample is to its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Something that does not only grow.
    Gauge,
    Counter,
    Sum,
    Bucket,
    /// The count of a histogram.
    Count,
}

/// What has to be known of a page before one of its lines can grow.
struct Shape<'a> {
    /// Types of families.
    types: BTreeMap<&'a str, &'a str>,
    histograms: BTreeMap<String, Histogram>,
}

#[derive(Default)]
struct Histogram {
    weight: u64,
    /// Line of each bucket, in the order of the page, which is that of their bounds.
    buckets: Vec<u64>,
}

impl<'a> Shape<'a> {
    fn of(page: &'a str) -> Self {
        let comments = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.trim_end().split_once(' '));
        let mut shape = Self { types: comments.collect(), histograms: BTreeMap::new() };
        for (at, line) in page.lines().enumerate() {
            if let Some(line) = page::Line::read(line).filter(|line| shape.part(line.name()) == Part::Bucket) {
                let weight = shape.histograms.len() as u64 % WEIGHTS + 1;
                let histogram = shape.histograms.entry(histogram(&line)).or_default();
                histogram.weight = if histogram.buckets.is_empty() { weight } else { histogram.weight };
                histogram.buckets.push(at as u64);
            }
        }
        shape
    }

    fn part(&self, name: &str) -> Part {
        let kind = |family: Option<&str>| self.types.get(family?).copied();
        let of = |suffix| kind(name.strip_suffix(suffix));
        match (kind(Some(name)), of("_total"), of("_bucket"), of("_count"), of("_sum")) {
            (Some("counter"), ..) | (_, Some("counter"), ..) => Part::Counter,
            (_, _, Some("histogram"), ..) => Part::Bucket,
            (_, _, _, Some("histogram"), _) => Part::Count,
            (_, _, _, Some("summary"), _) => Part::Counter,
            (_, _, _, _, Some("histogram" | "summary")) => Part::Sum,
            _ => Part::Gauge,
        }
    }

    /// What a line has later, if that is another than now.
    fn grown(&self, line: &page::Line<'_>, at: u64) -> Option<f64> {
        let value: f64 = line.value.parse().ok().filter(|value: &f64| value.is_finite())?;
        let more = match self.part(line.name()) {
            Part::Gauge => return None,
            Part::Counter | Part::Sum => at % WEIGHTS + 1,
            Part::Bucket => self.rank_weight(line, |line_at| *line_at <= at)?,
            Part::Count => self.rank_weight(line, |_| true)?,
        };
        // A whole number stays whole.
        Some(value + (value / 2.0).abs().floor() + more as f64)
    }

    /// The weight of a histogram, as often as it has such buckets.
    fn rank_weight(&self, line: &page::Line<'_>, is_below: impl Fn(&u64) -> bool) -> Option<u64> {
        let histogram = self.histograms.get(&histogram(line))?;
        let rank = histogram.buckets.iter().filter(|line_at| is_below(line_at)).count() as u64;
        Some(rank * histogram.weight)
    }
}

/// What a bucket and the count of one histogram have in common.
fn histogram(line: &page::Line<'_>) -> String {
    let family = line.name().strip_suffix("_bucket").or_else(|| line.name().strip_suffix("_count"));
    let mut labels = line.labels();
    labels.insert("__name__".to_owned(), family.unwrap_or(line.name()).to_owned());
    labels.remove("le");
    format!("{labels:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dialect: Dialect, recorded: &str, expected: &str) {
        assert_eq!(page_at(recorded, dialect, Age::Grown, 1_500), expected);
    }

    #[test]
    fn recorded_values_stay_as_they_are_written() {
        let page = "# TYPE a counter\na{} 1.50e3\nb{x=\"a } b\"} +Inf\n";
        let expected = "# TYPE a counter\na{} 1.50e3 7\nb{x=\"a } b\"} +Inf 7\n";
        assert_eq!(page_at(page, Dialect::Text, Age::Recorded, 7), expected);
    }

    #[test]
    fn counters_grow_and_gauges_stay() {
        check(
            Dialect::Text,
            "# TYPE a counter\na 10\n# TYPE b gauge\nb 3\nc 4\n",
            "# TYPE a counter\na 17 1500\n# TYPE b gauge\nb 3 1500\nc 4 1500\n",
        );
    }

    #[test]
    fn histograms_stay_monotone_and_their_count_is_the_last_bucket() {
        check(
            Dialect::Text,
            "# TYPE h histogram\nh_bucket{le=\"1\"} 0\nh_bucket{le=\"+Inf\"} 5\nh_sum 3\nh_count 5\n",
            "# TYPE h histogram\nh_bucket{le=\"1\"} 1 1500\nh_bucket{le=\"+Inf\"} 9 1500\nh_sum 8 1500\nh_count 9 1500\n",
        );
    }

    #[test]
    fn exemplars_stay_behind_the_time() {
        check(
            Dialect::OpenMetrics,
            "# TYPE a counter\na_total 2 # {id=\"1\"} 3 4.5\n# EOF\n",
            "# TYPE a counter\na_total 5 1.500 # {id=\"1\"} 3 4.5\n# EOF\n",
        );
    }
}
