//! Rows of the ledger to a batch.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, RecordBatch};

use super::{EdgeKey, EdgeValues, schema};
use crate::ledger::{Side, SideKind};
use crate::schema::columns::StringColumn;
use crate::schema::measures::{ExemplarsColumn, FlagsColumn, HistogramColumn, PrincipalsColumn, SplitColumn};
use crate::schema::window::unwritten;
use crate::time::hour_text;

/// Builds batches of `edges`, `edges_1m` or `edges_10m`. The rows have revision 0 and no writer; the store says both when
/// it writes a window.
#[derive(Default)]
pub struct EdgesBuilder {
    hour: StringColumn,
    window_ns: Int64Builder,
    source: SideBuilder,
    target: SideBuilder,
    protocol: StringColumn,
    observer: StringColumn,
    evidence: StringColumn,
    reason: StringColumn,
    values: ValuesBuilder,
    rows: usize,
}

#[derive(Default)]
struct SideBuilder {
    cluster: StringColumn,
    namespace: StringColumn,
    service: StringColumn,
    workload: StringColumn,
    revision: StringColumn,
    principal: StringColumn,
    host: StringColumn,
    kind: StringColumn,
    inferred: StringColumn,
}

#[derive(Default)]
struct ValuesBuilder {
    requests: Float64Builder,
    observed: Int64Builder,
    attempts: Float64Builder,
    errors_no_response: Float64Builder,
    errors_http_5xx: Float64Builder,
    errors_grpc: Float64Builder,
    errors_status: Float64Builder,
    http_4xx: Float64Builder,
    latency: HistogramColumn,
    split: SplitColumn,
    request_bytes: Int64Builder,
    response_bytes: Int64Builder,
    connections: Float64Builder,
    mtls: Float64Builder,
    response_flags: FlagsColumn,
    principals: PrincipalsColumn,
    spread: BooleanBuilder,
    exemplars: ExemplarsColumn,
}

impl EdgesBuilder {
    pub fn append(&mut self, key: &EdgeKey, values: &EdgeValues) {
        self.hour.append_option(Some(&hour_text(key.window_ns)));
        self.window_ns.append_value(key.window_ns);
        self.source.append(&key.source);
        self.target.append(&key.target);
        self.protocol.append_option(Some(key.protocol.as_str()));
        self.observer.append_option(Some(key.observer.as_str()));
        self.evidence.append_option(Some(key.evidence.as_str()));
        self.reason.append_option(key.reason.map(|reason| reason.as_str()));
        self.values.append(values);
        self.rows += 1;
    }

    pub fn finish(mut self) -> RecordBatch {
        let mut columns: Vec<ArrayRef> = vec![self.hour.finish(), Arc::new(self.window_ns.finish())];
        columns.extend(self.source.finish());
        columns.extend(self.target.finish());
        columns.extend([self.protocol.finish(), self.observer.finish(), self.evidence.finish(), self.reason.finish()]);
        columns.extend(self.values.finish());
        columns.extend(unwritten(self.rows));
        RecordBatch::try_new(schema(), columns).expect("builder and schema list the same columns")
    }
}

impl SideBuilder {
    fn append(&mut self, side: &Side) {
        self.cluster.append_option(side.cluster.as_deref());
        self.namespace.append_option(side.namespace.as_deref());
        self.service.append_option(side.service.as_deref());
        self.workload.append_option(side.workload.as_deref());
        self.revision.append_option(side.revision.as_deref());
        self.principal.append_option(side.principal.as_deref());
        self.host.append_option(side.host.as_deref());
        self.kind.append_option(side.kind.map(SideKind::as_str));
        self.inferred.append_option(side.inferred.as_deref());
    }

    fn finish(&mut self) -> [ArrayRef; 9] {
        [
            self.cluster.finish(),
            self.namespace.finish(),
            self.service.finish(),
            self.workload.finish(),
            self.revision.finish(),
            self.principal.finish(),
            self.host.finish(),
            self.kind.finish(),
            self.inferred.finish(),
        ]
    }
}

impl ValuesBuilder {
    fn append(&mut self, values: &EdgeValues) {
        self.requests.append_option(values.requests.map(|weight| weight.as_f64()));
        self.observed.append_value(values.observed);
        self.attempts.append_option(values.attempts.map(|weight| weight.as_f64()));
        self.errors_no_response.append_value(values.outcomes.no_response.as_f64());
        self.errors_http_5xx.append_value(values.outcomes.http_5xx.as_f64());
        self.errors_grpc.append_value(values.outcomes.grpc.as_f64());
        self.errors_status.append_value(values.outcomes.status_error.as_f64());
        self.http_4xx.append_value(values.outcomes.http_4xx.as_f64());
        self.latency.append(&values.latency);
        self.split.append(&values.split);
        self.request_bytes.append_option(values.request_bytes);
        self.response_bytes.append_option(values.response_bytes);
        self.connections.append_option(values.connections.map(|weight| weight.as_f64()));
        self.mtls.append_option(values.mtls.map(|weight| weight.as_f64()));
        self.response_flags.append(&values.response_flags);
        self.principals.append(&values.principals);
        self.spread.append_value(values.is_spread);
        self.exemplars.append(&values.exemplars);
    }

    fn finish(&mut self) -> [ArrayRef; 18] {
        [
            Arc::new(self.requests.finish()),
            Arc::new(self.observed.finish()),
            Arc::new(self.attempts.finish()),
            Arc::new(self.errors_no_response.finish()),
            Arc::new(self.errors_http_5xx.finish()),
            Arc::new(self.errors_grpc.finish()),
            Arc::new(self.errors_status.finish()),
            Arc::new(self.http_4xx.finish()),
            self.latency.finish(),
            self.split.finish(),
            Arc::new(self.request_bytes.finish()),
            Arc::new(self.response_bytes.finish()),
            Arc::new(self.connections.finish()),
            Arc::new(self.mtls.finish()),
            self.response_flags.finish(),
            self.principals.finish(),
            Arc::new(self.spread.finish()),
            self.exemplars.finish(),
        ]
    }
}
