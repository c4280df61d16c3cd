//! Rows of table `series` that fulfil conditions, without making labels of those that do not.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{AsArray as _, MapArray, RecordBatch, StringArray, StringViewArray};
use arrow::datatypes::Int64Type;

use crate::series::labels::label::NAME;
use crate::series::{Labels, Matcher, SeriesId};

/// The columns that say what a series is called.
struct Named<'a> {
    metric_ids: &'a [i64],
    labels_ids: &'a [i64],
    names: &'a StringViewArray,
    maps: &'a MapArray,
    keys: &'a StringArray,
    values: &'a StringArray,
}

impl<'a> Named<'a> {
    fn of(rows: &'a RecordBatch) -> Option<Self> {
        let ints = |name| Some(rows.column_by_name(name)?.as_primitive_opt::<Int64Type>()?.values());
        let maps = rows.column_by_name("labels")?.as_map_opt()?;
        Some(Self {
            metric_ids: ints("metric_id")?,
            labels_ids: ints("labels_id")?,
            names: rows.column_by_name("name")?.as_string_view_opt()?,
            maps,
            keys: maps.keys().as_string_opt()?,
            values: maps.values().as_string_opt()?,
        })
    }

    fn matching(&self, matchers: &[Matcher]) -> impl Iterator<Item = usize> {
        (0..self.metric_ids.len()).filter(|row| matchers.iter().all(|m| m.matches(self.value(*row, &m.name))))
    }

    /// The labels of a row but for the metric's name.
    fn entries(&self, row: usize) -> impl Iterator<Item = (&'a str, &'a str)> {
        let offsets = self.maps.value_offsets();
        (offsets[row] as usize..offsets[row + 1] as usize).map(|at| (self.keys.value(at), self.values.value(at)))
    }

    fn value(&self, row: usize, name: &str) -> &'a str {
        if name == NAME {
            return self.names.value(row);
        }
        self.entries(row).find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    }
}

/// `None` when the rows are not of this table; so below.
pub(super) fn select(rows: &RecordBatch, matchers: &[Matcher]) -> Option<Vec<(SeriesId, Labels)>> {
    let named = Named::of(rows)?;
    let series = named.matching(matchers).map(|row| {
        let id = SeriesId { metric: named.metric_ids[row], labels: named.labels_ids[row] };
        (id, Labels::new([(NAME, named.names.value(row))].into_iter().chain(named.entries(row))))
    });
    Some(series.collect())
}

pub(super) fn label_names(rows: &RecordBatch, matchers: &[Matcher], names: &mut BTreeSet<Arc<str>>) -> Option<()> {
    let named = Named::of(rows)?;
    for row in named.matching(matchers) {
        for (name, _) in [(NAME, "")].into_iter().chain(named.entries(row)) {
            add(names, name);
        }
    }
    Some(())
}

pub(super) fn label_values(
    rows: &RecordBatch,
    name: &str,
    matchers: &[Matcher],
    values: &mut BTreeSet<Arc<str>>,
) -> Option<()> {
    let named = Named::of(rows)?;
    for row in named.matching(matchers) {
        add(values, named.value(row, name));
    }
    Some(())
}

fn add(texts: &mut BTreeSet<Arc<str>>, text: &str) {
    if !text.is_empty() && !texts.contains(text) {
        texts.insert(text.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::series::SeriesBuilder;

    #[test]
    fn series_come_back_by_their_labels() {
        let all = [
            Labels::new([("__name__", "up"), ("job", "istio"), ("instance", "a:1")]),
            Labels::new([("__name__", "up"), ("job", "linkerd")]),
            Labels::new([("__name__", "bare")]),
        ];
        let mut builder = SeriesBuilder::default();
        all.iter().for_each(|labels| builder.append(0, SeriesId::of(labels), labels, None));
        let rows = builder.finish();
        let check = |matchers: &[Matcher], expected: &[Labels]| {
            let found: Vec<Labels> = select(&rows, matchers).unwrap().into_iter().map(|(_, labels)| labels).collect();
            assert_eq!(found, expected);
        };
        check(&[], &all);
        check(&[Matcher::equal("__name__", "up"), Matcher::equal("job", "istio")], &all[..1]);
        check(&[Matcher::equal("job", "")], &all[2..]);
        assert_eq!(select(&rows, &[]).unwrap()[2].0, SeriesId::of(&all[2]));
    }

    #[test]
    fn rows_of_another_table_are_none() {
        assert!(select(&crate::schema::samples::build(Vec::new()), &[]).is_none());
    }
}
