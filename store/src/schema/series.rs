//! Table `series`: what the series of an hour are called, and what is known of their metrics.
//!
//! A series stands there once for each hour that has samples of it; more rows than one for a series and hour say the same.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array as _, ArrayRef, AsArray as _, Int64Builder, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::columns::{StringColumn, StringMapColumn, batch, map_type};
use crate::series::{Labels, MetricKind, MetricMetadata, SeriesId, label};
use crate::time::hour_text;

/// The columns by which files are sorted, as those of `samples` are.
pub(super) const SORT_COLUMNS: &[&str] = &["metric_id", "labels_id"];

/// The columns that say what a series is called.
pub(crate) const LABEL_COLUMNS: &[&str] = &["metric_id", "labels_id", "name", "labels"];

/// The columns that say what is known of a series' metric.
pub(crate) const METADATA_COLUMNS: &[&str] = &["family", "kind", "unit", "help"];

/// The schema of batches and of scans, `hour` first.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let field = Field::new;
        Arc::new(Schema::new(vec![
            field("hour", DataType::Utf8View, false),
            field("metric_id", DataType::Int64, false),
            field("labels_id", DataType::Int64, false),
            field("time_ns", DataType::Int64, false),
            field("name", DataType::Utf8View, false),
            field("labels", map_type(), true),
            field("family", DataType::Utf8View, true),
            field("kind", DataType::Utf8View, true),
            field("unit", DataType::Utf8View, true),
            field("help", DataType::Utf8View, true),
        ]))
    });
    Arc::clone(&SCHEMA)
}

/// Builds batches of the table.
#[derive(Default)]
pub struct SeriesBuilder {
    hour: StringColumn,
    metric_id: Int64Builder,
    labels_id: Int64Builder,
    time_ns: Int64Builder,
    name: StringColumn,
    labels: StringMapColumn,
    family: StringColumn,
    kind: StringColumn,
    unit: StringColumn,
    help: StringColumn,
}

impl SeriesBuilder {
    /// Adds a series of the hour that begins at `hour_ns`.
    pub fn append(&mut self, hour_ns: i64, id: SeriesId, labels: &Labels, metadata: Option<&MetricMetadata>) {
        self.hour.append_option(Some(&hour_text(hour_ns)));
        self.metric_id.append_value(id.metric);
        self.labels_id.append_value(id.labels);
        self.time_ns.append_value(hour_ns);
        self.name.append_option(Some(labels.metric()));
        labels
            .iter()
            .filter(|label| &*label.name != label::NAME)
            .for_each(|label| self.labels.entry(&label.name, &label.value));
        self.labels.end_row();
        self.family.append_option(metadata.map(|metadata| &*metadata.family));
        self.kind.append_option(metadata.map(|metadata| metadata.kind.name()));
        self.unit.append_or_null(metadata.map_or("", |metadata| &metadata.unit));
        self.help.append_or_null(metadata.map_or("", |metadata| &metadata.help));
    }

    pub fn finish(mut self) -> RecordBatch {
        let columns: Vec<ArrayRef> = vec![
            self.hour.finish(),
            Arc::new(self.metric_id.finish()),
            Arc::new(self.labels_id.finish()),
            Arc::new(self.time_ns.finish()),
            self.name.finish(),
            self.labels.finish(),
            self.family.finish(),
            self.kind.finish(),
            self.unit.finish(),
            self.help.finish(),
        ];
        batch(schema(), columns)
    }
}

/// What a batch with the columns `family`, `kind`, `unit` and `help` says of metrics, once for neighbours that say the same.
///
/// `None` when it is not of this table.
pub(crate) fn read_metadata(rows: &RecordBatch) -> Option<Vec<MetricMetadata>> {
    let texts = |name| rows.column_by_name(name)?.as_string_view_opt();
    let (families, kinds, units, helps) = (texts("family")?, texts("kind")?, texts("unit")?, texts("help")?);
    let mut found: Vec<MetricMetadata> = Vec::new();
    for row in (0..rows.num_rows()).filter(|row| families.is_valid(*row)) {
        let family = families.value(row);
        if found.last().is_some_and(|last| &*last.family == family) {
            continue;
        }
        let text =
            |column: &arrow::array::StringViewArray| if column.is_valid(row) { column.value(row) } else { "" }.into();
        let kind = MetricKind::named(kinds.value(row)).unwrap_or_default();
        found.push(MetricMetadata { family: family.into(), kind, unit: text(units), help: text(helps) });
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_come_back() {
        let labels = Labels::new([("__name__", "up"), ("job", "istio"), ("instance", "a:1")]);
        let bare = Labels::new([("__name__", "bare")]);
        let metadata =
            MetricMetadata { family: "up".into(), kind: MetricKind::Gauge, help: "whether".into(), unit: "".into() };
        let mut builder = SeriesBuilder::default();
        builder.append(0, SeriesId::of(&labels), &labels, Some(&metadata));
        builder.append(0, SeriesId::of(&bare), &bare, None);
        let rows = builder.finish();
        assert_eq!(read_metadata(&rows).unwrap(), [metadata]);
    }
}
