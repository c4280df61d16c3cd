//! Rows of the ledger from short lines, and how they come into a store.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use spanloom_store::ledger::{Exemplar, Outcome, Segment, Side, Weight};
use spanloom_store::schema::edges::{EdgeKey, EdgeRow, EdgeValues, EdgesBuilder};
use spanloom_store::schema::identities::{IdentitiesBuilder, IdentityKey, IdentityRow, IdentityValues};
use spanloom_store::schema::operations::{OperationKey, OperationRow, OperationValues, OperationsBuilder};
use spanloom_store::time::HOUR_NS;
use spanloom_store::{SpanId, Table, TenantId, TraceId, WindowRows};

use super::harness::{Harness, NOW_NS, SECOND_NS};

pub const WINDOW_NS: i64 = 10 * SECOND_NS;
/// A window in the middle of the last five minutes.
pub const THEN_NS: i64 = NOW_NS - 100 * SECOND_NS;

fn text(text: &str) -> Option<Arc<str>> {
    (!text.is_empty()).then(|| text.into())
}

/// `namespace/service`, `service`, `database:…`, `host=…`; then `~workload`, `^cluster`, `#kind`. `-` is nobody.
pub fn side(word: &str) -> Side {
    if word == "-" {
        return Side::default();
    }
    let mut side = Side::default();
    let (word, kind) = word.split_once('#').map_or((word, None), |(word, kind)| (word, Some(kind)));
    side.kind = kind.map(|kind| kind.parse().unwrap());
    let (word, cluster) = word.split_once('^').unwrap_or((word, ""));
    side.cluster = text(cluster);
    let (word, workload) = word.split_once('~').unwrap_or((word, ""));
    side.workload = text(workload);
    if let Some(host) = word.strip_prefix("host=") {
        side.host = text(host);
    } else if word.contains(':') {
        side.inferred = text(word);
    } else {
        let (namespace, service) = word.split_once('/').unwrap_or(("", word));
        (side.namespace, side.service) = (text(namespace), text(service));
    }
    side
}

/// `source target protocol observer evidence`, then a reason and numbers in any order:
/// `requests=3 attempts=4 mtls=2 connections=1 no_response=1 http_5xx=1 http_4xx=1 ms=5,7 network=3`. `requests=?` are not
/// known. Durations count one call each and are exemplars of trace 1, 2 and so on.
pub fn edge(line: &str) -> EdgeRow {
    edge_at(THEN_NS, line)
}

pub fn edge_at(window_ns: i64, line: &str) -> EdgeRow {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [source, target, protocol, observer, evidence] = words[..5] else { panic!("five words: {line}") };
    let mut key = EdgeKey {
        window_ns: window_ns.div_euclid(WINDOW_NS) * WINDOW_NS,
        source: side(source),
        target: side(target),
        protocol: protocol.parse().unwrap(),
        observer: observer.parse().unwrap(),
        evidence: evidence.parse().unwrap(),
        reason: None,
    };
    let mut values = EdgeValues { requests: Some(Weight::ZERO), ..EdgeValues::default() };
    for word in &words[5..] {
        match word.split_once('=') {
            None => key.reason = Some(word.parse().unwrap()),
            Some((name, number)) => set(&mut values, name, number),
        }
    }
    EdgeRow { key, values }
}

fn set(values: &mut EdgeValues, name: &str, number: &str) {
    let weight = || Weight::new(number.parse().unwrap());
    match name {
        "requests" if number == "?" => (values.requests, values.observed) = (None, 1),
        "requests" => (values.requests, values.observed) = (Some(weight()), weight().as_f64() as i64),
        "observed" => values.observed = number.parse().unwrap(),
        "attempts" => values.attempts = Some(weight()),
        "connections" => values.connections = Some(weight()),
        "mtls" => values.mtls = Some(weight()),
        "ms" => number.split(',').zip(1..).for_each(|(ms, trace)| {
            let duration_ns = ms.parse::<i64>().unwrap() * 1_000_000;
            values.latency.record(duration_ns, Weight::ONE);
            let (trace_id, span_id) = (TraceId::from_halves(0, trace), SpanId::from_int(trace));
            values.exemplars.record(Exemplar { trace_id, span_id, duration_ns, outcome: Outcome::Ok });
        }),
        name => match (name.parse::<Outcome>(), name.parse::<Segment>()) {
            (Ok(outcome), _) => values.outcomes.record(outcome, weight()),
            (_, Ok(segment)) => {
                values.split.record(segment, number.parse::<i64>().unwrap() * 1_000_000, Weight::ONE);
            }
            _ => panic!("{name} is no number"),
        },
    }
}

/// `service|host name origin namespace service observed`, `-` for none.
pub fn statement(line: &str) -> IdentityRow {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name_kind, name, origin, namespace, service, observed] = words[..] else { panic!("six words: {line}") };
    let given = |word: &str| text(word).filter(|word| &**word != "-");
    let key = IdentityKey {
        window_ns: NOW_NS.div_euclid(HOUR_NS) * HOUR_NS,
        name: name.into(),
        name_kind: name_kind.parse().unwrap(),
        origin: origin.parse().unwrap(),
        cluster: None,
        namespace: given(namespace),
        service: given(service),
        workload: None,
    };
    IdentityRow { key, values: IdentityValues { observed: observed.parse().unwrap(), ..IdentityValues::at(NOW_NS) } }
}

/// `namespace/service operation kind count errors ms`, in the minute of [`THEN_NS`]; `-` is no name.
pub fn operation(line: &str) -> OperationRow {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [who, operation, kind, count, errors, ms] = words[..] else { panic!("six words: {line}") };
    let Side { namespace, service, .. } = side(who);
    let key = OperationKey {
        window_ns: THEN_NS.div_euclid(60 * SECOND_NS) * 60 * SECOND_NS,
        cluster: None,
        namespace,
        service,
        operation: text(operation).filter(|operation| &**operation != "-"),
        kind: kind.parse().unwrap(),
        status_code: 0,
    };
    let weight = |text: &str| Weight::new(text.parse().unwrap());
    let mut values = OperationValues { count: weight(count), errors: weight(errors), ..OperationValues::default() };
    let duration_ns = ms.parse::<i64>().unwrap() * 1_000_000;
    values.latency.record(duration_ns, weight(count));
    let (trace_id, span_id) = (TraceId::from_halves(0, 1), SpanId::from_int(1));
    values.exemplars.record(Exemplar { trace_id, span_id, duration_ns, outcome: Outcome::Ok });
    OperationRow { key, values }
}

pub fn edges_batch(rows: &[EdgeRow]) -> RecordBatch {
    let mut builder = EdgesBuilder::default();
    rows.iter().for_each(|row| builder.append(&row.key, &row.values));
    builder.finish()
}

fn identities_batch(rows: &[IdentityRow]) -> RecordBatch {
    let mut builder = IdentitiesBuilder::default();
    rows.iter().for_each(|row| builder.append(&row.key, &row.values));
    builder.finish()
}

fn operations_batch(rows: &[OperationRow]) -> RecordBatch {
    let mut builder = OperationsBuilder::default();
    rows.iter().for_each(|row| builder.append(&row.key, &row.values));
    builder.finish()
}

/// Rows by the windows in which they are.
pub fn by_window(rows: &[EdgeRow]) -> BTreeMap<i64, Vec<EdgeRow>> {
    let mut windows: BTreeMap<i64, Vec<EdgeRow>> = BTreeMap::new();
    rows.iter().for_each(|row| windows.entry(row.key.window_ns).or_default().push(row.clone()));
    windows
}

impl Harness {
    /// Shows rows as open windows of `edges`.
    pub fn show(&self, rows: &[EdgeRow]) {
        let windows = by_window(rows).into_iter();
        let windows = windows.map(|(window_ns, rows)| (Table::Edges, window_ns, edges_batch(&rows))).collect();
        self.store.show_open_windows(&TenantId::default(), windows);
    }

    pub fn show_lines(&self, lines: &[&str]) {
        self.show(&lines.iter().map(|line| edge(line)).collect::<Vec<_>>());
    }

    /// Shows statements of this hour.
    pub fn show_statements(&self, lines: &[&str]) {
        let rows: Vec<IdentityRow> = lines.iter().map(|line| statement(line)).collect();
        let window_ns = rows[0].key.window_ns;
        let windows = vec![(Table::Identities, window_ns, identities_batch(&rows))];
        self.store.show_open_windows(&TenantId::default(), windows);
    }

    pub fn show_operations(&self, rows: &[OperationRow]) {
        let window_ns = rows[0].key.window_ns;
        let windows = vec![(Table::Operations, window_ns, operations_batch(rows))];
        self.store.show_open_windows(&TenantId::default(), windows);
    }

    /// Writes windows of a table with edges into the lake, as of a frame.
    pub async fn commit(&self, table: Table, rows: &[EdgeRow], last_frame: u64) {
        let windows = by_window(rows).into_iter();
        let windows: Vec<WindowRows> =
            windows.map(|(window_ns, rows)| WindowRows { window_ns, last_frame, rows: edges_batch(&rows) }).collect();
        self.store.commit_windows(&TenantId::default(), table, windows, last_frame).await.unwrap();
    }
}
