//! A batch back to rows of the ledger.

use arrow::array::RecordBatch;

use super::{EdgeKey, EdgeRow, EdgeValues, SideColumns};
use crate::ledger::{Outcomes, Side};
use crate::schema::measures::{Columns, InvalidRow};

/// The rows of a batch with the columns of the table's schema, in any order; `hour`, `revision` and `writer` are not needed.
///
/// # Errors
/// When a column is missing or holds what is not ours.
pub fn read(batch: &RecordBatch) -> Result<Vec<EdgeRow>, InvalidRow> {
    let columns = Columns::new(batch);
    let read = |row| Ok(EdgeRow { key: key(&columns, row)?, values: values(&columns, row)? });
    (0..batch.num_rows()).map(read).collect()
}

fn key(columns: &Columns<'_>, row: usize) -> Result<EdgeKey, InvalidRow> {
    Ok(EdgeKey {
        window_ns: columns.int("window_ns", row)?,
        source: side(columns, &SideColumns::SOURCE, row)?,
        target: side(columns, &SideColumns::TARGET, row)?,
        protocol: columns.word("protocol", row)?,
        observer: columns.word("observer", row)?,
        evidence: columns.word("evidence", row)?,
        reason: columns.optional_word("reason", row)?,
    })
}

fn side(columns: &Columns<'_>, names: &SideColumns, row: usize) -> Result<Side, InvalidRow> {
    Ok(Side {
        cluster: columns.text(names.cluster, row)?,
        namespace: columns.text(names.namespace, row)?,
        service: columns.text(names.service, row)?,
        workload: columns.text(names.workload, row)?,
        revision: columns.text(names.revision, row)?,
        principal: columns.text(names.principal, row)?,
        host: columns.text(names.host, row)?,
        kind: columns.optional_word(names.kind, row)?,
        inferred: columns.text(names.inferred, row)?,
    })
}

fn values(columns: &Columns<'_>, row: usize) -> Result<EdgeValues, InvalidRow> {
    Ok(EdgeValues {
        requests: columns.optional_weight("requests", row)?,
        observed: columns.int("observed", row)?,
        attempts: columns.optional_weight("attempts", row)?,
        outcomes: Outcomes {
            no_response: columns.weight("errors_no_response", row)?,
            http_5xx: columns.weight("errors_http_5xx", row)?,
            grpc: columns.weight("errors_grpc", row)?,
            status_error: columns.weight("errors_status", row)?,
            http_4xx: columns.weight("http_4xx", row)?,
        },
        latency: columns.histogram("latency", row)?,
        split: columns.split("split", row)?,
        request_bytes: columns.optional_int("request_bytes", row)?,
        response_bytes: columns.optional_int("response_bytes", row)?,
        connections: columns.optional_weight("connections", row)?,
        mtls: columns.optional_weight("mtls", row)?,
        response_flags: columns.flags("response_flags", row)?,
        principals: columns.principals("principals", row)?,
        is_spread: columns.flag("spread", row)?,
        exemplars: columns.exemplars("exemplars", row)?,
    })
}
