//! Messages of the metrics request.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint,
    exemplar, number_data_point,
};
use serde::de::MapAccess;

use super::super::scalar::{Bool, Double, Enum, EnumNames, Integer};
use super::{Field, Message};

impl<'de, A: MapAccess<'de>> Field<'_, A> {
    fn double(self) -> Result<f64, A::Error> {
        self.scalar().map(|Double(value)| value)
    }

    fn optional_double(self) -> Result<Option<f64>, A::Error> {
        Ok(self.scalar::<Option<Double>>()?.map(|Double(value)| value))
    }

    fn optional_integer(self) -> Result<Option<i64>, A::Error> {
        Ok(self.scalar::<Option<Integer<i64>>>()?.map(|Integer(value)| value))
    }

    fn temporality(self) -> Result<i32, A::Error> {
        Ok(self.scalar::<Enum<AggregationTemporality>>()?.0)
    }
}

impl EnumNames for AggregationTemporality {
    fn number(name: &str) -> Option<i32> {
        Self::from_str_name(name).map(|temporality| temporality as i32)
    }
}

impl Message for ExportMetricsServiceRequest {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "resourceMetrics" => self.resource_metrics = field.list()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for ResourceMetrics {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "resource" => self.resource = Some(field.message()?),
            "scopeMetrics" => self.scope_metrics = field.list()?,
            "schemaUrl" => self.schema_url = field.text()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for ScopeMetrics {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "scope" => self.scope = Some(field.message()?),
            "metrics" => self.metrics = field.list()?,
            "schemaUrl" => self.schema_url = field.text()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for Metric {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "name" => self.name = field.text()?,
            "description" => self.description = field.text()?,
            "unit" => self.unit = field.text()?,
            "metadata" => self.metadata = field.list()?,
            "gauge" => self.data = Some(Data::Gauge(field.message()?)),
            "sum" => self.data = Some(Data::Sum(field.message()?)),
            "histogram" => self.data = Some(Data::Histogram(field.message()?)),
            "exponentialHistogram" => self.data = Some(Data::ExponentialHistogram(field.message()?)),
            "summary" => self.data = Some(Data::Summary(field.message()?)),
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for Gauge {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "dataPoints" => self.data_points = field.list()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for Sum {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "dataPoints" => self.data_points = field.list()?,
            "aggregationTemporality" => self.aggregation_temporality = field.temporality()?,
            "isMonotonic" => self.is_monotonic = field.scalar::<Bool>()?.0,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for Histogram {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "dataPoints" => self.data_points = field.list()?,
            "aggregationTemporality" => self.aggregation_temporality = field.temporality()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for ExponentialHistogram {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "dataPoints" => self.data_points = field.list()?,
            "aggregationTemporality" => self.aggregation_temporality = field.temporality()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for Summary {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "dataPoints" => self.data_points = field.list()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for NumberDataPoint {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        use number_data_point::Value;
        match key {
            "attributes" => self.attributes = field.list()?,
            "startTimeUnixNano" => self.start_time_unix_nano = field.integer()?,
            "timeUnixNano" => self.time_unix_nano = field.integer()?,
            "asDouble" => self.value = field.optional_double()?.map(Value::AsDouble).or(self.value),
            "asInt" => self.value = field.optional_integer()?.map(Value::AsInt).or(self.value),
            "exemplars" => self.exemplars = field.list()?,
            "flags" => self.flags = field.integer()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for HistogramDataPoint {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "attributes" => self.attributes = field.list()?,
            "startTimeUnixNano" => self.start_time_unix_nano = field.integer()?,
            "timeUnixNano" => self.time_unix_nano = field.integer()?,
            "count" => self.count = field.integer()?,
            "sum" => self.sum = field.optional_double()?,
            "bucketCounts" => self.bucket_counts = field.numbers()?,
            "explicitBounds" => self.explicit_bounds = field.numbers()?,
            "exemplars" => self.exemplars = field.list()?,
            "flags" => self.flags = field.integer()?,
            "min" => self.min = field.optional_double()?,
            "max" => self.max = field.optional_double()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for ExponentialHistogramDataPoint {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "attributes" => self.attributes = field.list()?,
            "startTimeUnixNano" => self.start_time_unix_nano = field.integer()?,
            "timeUnixNano" => self.time_unix_nano = field.integer()?,
            "count" => self.count = field.integer()?,
            "sum" => self.sum = field.optional_double()?,
            "scale" => self.scale = field.integer()?,
            "zeroCount" => self.zero_count = field.integer()?,
            "positive" => self.positive = Some(field.message()?),
            "negative" => self.negative = Some(field.message()?),
            "flags" => self.flags = field.integer()?,
            "exemplars" => self.exemplars = field.list()?,
            "min" => self.min = field.optional_double()?,
            "max" => self.max = field.optional_double()?,
            "zeroThreshold" => self.zero_threshold = field.double()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for Buckets {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "offset" => self.offset = field.integer()?,
            "bucketCounts" => self.bucket_counts = field.numbers()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for SummaryDataPoint {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "attributes" => self.attributes = field.list()?,
            "startTimeUnixNano" => self.start_time_unix_nano = field.integer()?,
            "timeUnixNano" => self.time_unix_nano = field.integer()?,
            "count" => self.count = field.integer()?,
            "sum" => self.sum = field.double()?,
            "quantileValues" => self.quantile_values = field.list()?,
            "flags" => self.flags = field.integer()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for ValueAtQuantile {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "quantile" => self.quantile = field.double()?,
            "value" => self.value = field.double()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for Exemplar {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        use exemplar::Value;
        match key {
            "filteredAttributes" => self.filtered_attributes = field.list()?,
            "timeUnixNano" => self.time_unix_nano = field.integer()?,
            "spanId" => self.span_id = field.hex()?,
            "traceId" => self.trace_id = field.hex()?,
            "asDouble" => self.value = field.optional_double()?.map(Value::AsDouble).or(self.value),
            "asInt" => self.value = field.optional_integer()?.map(Value::AsInt).or(self.value),
            _ => field.skip()?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
