//! A batch back to rows of the ledger.

use arrow::array::{BooleanArray, Int64Array, RecordBatch};

use super::{EdgeKey, EdgeRow, EdgeValues, SideColumns};
use crate::ledger::{Outcomes, Side};
use crate::schema::measures::{
    Columns, ExemplarLists, FlagMaps, Histograms, InvalidRow, Optional, PrincipalLists, Splits, Texts, Weights,
};

/// The rows of a batch with the columns of the table's schema, in any order; `hour`, `revision` and `writer` are not needed.
///
/// # Errors
/// When a column is missing or holds what is not ours.
pub fn read(batch: &RecordBatch) -> Result<Vec<EdgeRow>, InvalidRow> {
    let columns = Columns::new(batch);
    let (keys, values) = (Keys::of(&columns)?, Values::of(&columns)?);
    let read = |row| Ok(EdgeRow { key: keys.key(row)?, values: values.values(row)? });
    (0..batch.num_rows()).map(read).collect()
}

struct Keys<'a> {
    window_ns: &'a Int64Array,
    source: Sides<'a>,
    target: Sides<'a>,
    protocol: Texts<'a>,
    observer: Texts<'a>,
    evidence: Texts<'a>,
    reason: Texts<'a>,
}

impl<'a> Keys<'a> {
    fn of(columns: &Columns<'a>) -> Result<Self, InvalidRow> {
        Ok(Self {
            window_ns: columns.whole("window_ns")?,
            source: Sides::of(columns, &SideColumns::SOURCE)?,
            target: Sides::of(columns, &SideColumns::TARGET)?,
            protocol: columns.texts("protocol")?,
            observer: columns.texts("observer")?,
            evidence: columns.texts("evidence")?,
            reason: columns.texts("reason")?,
        })
    }

    fn key(&self, row: usize) -> Result<EdgeKey, InvalidRow> {
        Ok(EdgeKey {
            window_ns: self.window_ns.value(row),
            source: self.source.side(row)?,
            target: self.target.side(row)?,
            protocol: self.protocol.word(row)?,
            observer: self.observer.word(row)?,
            evidence: self.evidence.word(row)?,
            reason: self.reason.optional_word(row)?,
        })
    }
}

struct Sides<'a> {
    cluster: Texts<'a>,
    namespace: Texts<'a>,
    service: Texts<'a>,
    workload: Texts<'a>,
    revision: Texts<'a>,
    principal: Texts<'a>,
    host: Texts<'a>,
    kind: Texts<'a>,
    inferred: Texts<'a>,
}

impl<'a> Sides<'a> {
    fn of(columns: &Columns<'a>, names: &SideColumns) -> Result<Self, InvalidRow> {
        Ok(Self {
            cluster: columns.texts(names.cluster)?,
            namespace: columns.texts(names.namespace)?,
            service: columns.texts(names.service)?,
            workload: columns.texts(names.workload)?,
            revision: columns.texts(names.revision)?,
            principal: columns.texts(names.principal)?,
            host: columns.texts(names.host)?,
            kind: columns.texts(names.kind)?,
            inferred: columns.texts(names.inferred)?,
        })
    }

    fn side(&self, row: usize) -> Result<Side, InvalidRow> {
        Ok(Side {
            cluster: self.cluster.get(row),
            namespace: self.namespace.get(row),
            service: self.service.get(row),
            workload: self.workload.get(row),
            revision: self.revision.get(row),
            principal: self.principal.get(row),
            host: self.host.get(row),
            kind: self.kind.optional_word(row)?,
            inferred: self.inferred.get(row),
        })
    }
}

struct Values<'a> {
    requests: Optional<Weights<'a>>,
    observed: &'a Int64Array,
    attempts: Optional<Weights<'a>>,
    no_response: Weights<'a>,
    http_5xx: Weights<'a>,
    grpc: Weights<'a>,
    status_error: Weights<'a>,
    http_4xx: Weights<'a>,
    latency: Option<Histograms<'a>>,
    split: Option<Splits<'a>>,
    request_bytes: Optional<&'a Int64Array>,
    response_bytes: Optional<&'a Int64Array>,
    connections: Optional<Weights<'a>>,
    mtls: Optional<Weights<'a>>,
    response_flags: Option<FlagMaps<'a>>,
    principals: Option<PrincipalLists<'a>>,
    spread: &'a BooleanArray,
    exemplars: Option<ExemplarLists<'a>>,
}

impl<'a> Values<'a> {
    fn of(columns: &Columns<'a>) -> Result<Self, InvalidRow> {
        Ok(Self {
            requests: columns.optional_weights("requests")?,
            observed: columns.whole("observed")?,
            attempts: columns.optional_weights("attempts")?,
            no_response: columns.weights("errors_no_response")?,
            http_5xx: columns.weights("errors_http_5xx")?,
            grpc: columns.weights("errors_grpc")?,
            status_error: columns.weights("errors_status")?,
            http_4xx: columns.weights("http_4xx")?,
            latency: Histograms::of(columns, "latency")?,
            split: Splits::of(columns, "split")?,
            request_bytes: columns.optional_ints("request_bytes")?,
            response_bytes: columns.optional_ints("response_bytes")?,
            connections: columns.optional_weights("connections")?,
            mtls: columns.optional_weights("mtls")?,
            response_flags: FlagMaps::of(columns, "response_flags")?,
            principals: PrincipalLists::of(columns, "principals")?,
            spread: columns.whole("spread")?,
            exemplars: ExemplarLists::of(columns, "exemplars")?,
        })
    }

    fn values(&self, row: usize) -> Result<EdgeValues, InvalidRow> {
        Ok(EdgeValues {
            requests: self.requests.get(row),
            observed: self.observed.value(row),
            attempts: self.attempts.get(row),
            outcomes: Outcomes {
                no_response: self.no_response.get(row),
                http_5xx: self.http_5xx.get(row),
                grpc: self.grpc.get(row),
                status_error: self.status_error.get(row),
                http_4xx: self.http_4xx.get(row),
            },
            latency: self.latency.as_ref().map(|latency| latency.histogram(row)).unwrap_or_default(),
            split: self.split.as_ref().map(|split| split.get(row)).unwrap_or_default(),
            request_bytes: self.request_bytes.get(row),
            response_bytes: self.response_bytes.get(row),
            connections: self.connections.get(row),
            mtls: self.mtls.get(row),
            response_flags: self.response_flags.as_ref().map(|flags| flags.get(row)).unwrap_or_default(),
            principals: self.principals.as_ref().map(|principals| principals.get(row)).unwrap_or_default(),
            is_spread: self.spread.value(row),
            exemplars: self.exemplars.as_ref().map_or(Ok(Default::default()), |exemplars| exemplars.exemplars(row))?,
        })
    }
}
