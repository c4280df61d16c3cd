//! The identifier of a series.

use xxhash_rust::xxh3::xxh3_64;

use super::labels::Labels;
use super::labels::label::NAME;

/// Stands behind each name and each value; it is no byte of UTF-8, so that no two label sets are hashed alike.
const END: u8 = 0xff;

/// What a series is called, as two numbers: the series of one metric are neighbours when sorted by it.
///
/// Part of the format (`docs/formats.md`): XXH3 with 64 bits and seed 0, of the metric's name; and of all other labels
/// sorted by name, each as name, 0xff, value, 0xff. Reinterpreted as Int64, as tables have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId {
    /// Of the metric's name.
    pub metric: i64,
    /// Of the other labels.
    pub labels: i64,
}

impl SeriesId {
    pub fn of(labels: &Labels) -> Self {
        let mut scratch = Vec::new();
        Self::of_sorted(labels.iter().map(|label| (&*label.name, &*label.value)), &mut scratch)
    }

    /// The id of labels that are sorted by name, each name once, no value empty. `scratch` is memory to work in.
    pub fn of_sorted<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>, scratch: &mut Vec<u8>) -> Self {
        scratch.clear();
        let mut metric = "";
        for (name, value) in labels {
            if name == NAME {
                metric = value;
                continue;
            }
            scratch.extend_from_slice(name.as_bytes());
            scratch.push(END);
            scratch.extend_from_slice(value.as_bytes());
            scratch.push(END);
        }
        Self { metric: Self::metric(metric), labels: xxh3_64(scratch).cast_signed() }
    }

    /// The first half of the ids of all series of a metric.
    pub fn metric(name: &str) -> i64 {
        xxh3_64(name.as_bytes()).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(labels: &[(&str, &str)]) -> SeriesId {
        SeriesId::of(&Labels::new(labels.iter().copied()))
    }

    #[test]
    fn equal_labels_in_any_order_are_one_series() {
        assert_eq!(
            id(&[("__name__", "up"), ("a", "1"), ("b", "2")]),
            id(&[("b", "2"), ("__name__", "up"), ("a", "1")])
        );
    }

    #[test]
    fn series_of_a_metric_share_a_half() {
        let (one, other) = (id(&[("__name__", "up"), ("a", "1")]), id(&[("__name__", "up"), ("a", "2")]));
        assert_eq!(one.metric, other.metric);
        assert_ne!(one.labels, other.labels);
    }

    #[test]
    fn where_a_name_ends_matters() {
        assert_ne!(id(&[("a", "bc")]), id(&[("ab", "c")]));
        assert_ne!(id(&[("a", "1"), ("b", "2")]), id(&[("a", "1b"), ("", "2")]));
    }

    /// Ids lie in tables: they must never change.
    #[test]
    fn ids_stay_as_they_are() {
        let up = id(&[("__name__", "up"), ("instance", "10.0.0.1:15020"), ("job", "istio-proxy")]);
        assert_eq!(up, SeriesId { metric: -2_510_317_042_598_219_420, labels: 1_242_534_231_894_263_476 });
        // XXH3 of nothing, as its own tests have it.
        let nothing = 0x2d06_8005_38d3_94c2_u64.cast_signed();
        assert_eq!(id(&[]), SeriesId { metric: nothing, labels: nothing });
    }
}
