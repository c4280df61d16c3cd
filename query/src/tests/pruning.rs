//! Pruning never loses a row: random filters over files, compared with the filter evaluated row by row.

use std::fmt;
use std::sync::LazyLock;

use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::harness::{HOUR_NS, Harness, MINUTE_NS, NOW_NS, Sample, sample};

const SERVICES: [Option<&str>; 4] = [Some("a"), Some("b"), Some("c"), None];
const SPANS: u64 = 400;

/// A filter that can be written as SQL and evaluated here.
#[derive(Debug, Clone)]
enum Filter {
    Compare(Column, &'static str, i64),
    Service(&'static str),
    ServiceIn(Vec<&'static str>),
    NoService,
    Hour(i64),
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
}

#[derive(Debug, Clone, Copy)]
enum Column {
    Start,
    Duration,
    Status,
    TraceLo,
    SpanId,
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start_ns",
            Self::Duration => "duration_ns",
            Self::Status => "status_code",
            Self::TraceLo => "trace_lo",
            Self::SpanId => "span_id",
        }
    }

    fn of(self, sample: &Sample) -> i64 {
        let span = &sample.span;
        match self {
            Self::Start => span.start_ns,
            Self::Duration => span.end_ns - span.start_ns,
            Self::Status => i64::from(span.status_code),
            Self::TraceLo => span.trace_id.lo(),
            Self::SpanId => span.span_id.as_int(),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(column, operator, value) => write!(f, "{} {operator} {value}", column.name()),
            Self::Service(name) => write!(f, "service_name = '{name}'"),
            Self::ServiceIn(names) => write!(f, "service_name in ('{}')", names.join("', '")),
            Self::NoService => f.write_str("service_name is null"),
            Self::Hour(time_ns) => write!(f, "hour = '{}'", spanloom_store::time::hour_text(*time_ns)),
            Self::And(a, b) => write!(f, "({a} and {b})"),
            Self::Or(a, b) => write!(f, "({a} or {b})"),
            Self::Not(a) => write!(f, "not ({a})"),
        }
    }
}

impl Filter {
    /// SQL's three values of truth: `None` is null.
    fn holds(&self, sample: &Sample, service: Option<&str>) -> Option<bool> {
        match self {
            Self::Compare(column, operator, value) => {
                let found = column.of(sample);
                Some(match *operator {
                    "<" => found < *value,
                    ">=" => found >= *value,
                    "<>" => found != *value,
                    _ => found == *value,
                })
            }
            Self::Service(name) => service.map(|service| service == *name),
            Self::ServiceIn(names) => service.map(|service| names.contains(&service)),
            Self::NoService => Some(service.is_none()),
            Self::Hour(time_ns) => {
                use spanloom_store::time::hour_text;
                Some(hour_text(sample.span.start_ns) == hour_text(*time_ns))
            }
            Self::And(a, b) => match (a.holds(sample, service), b.holds(sample, service)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(a, b) => match (a.holds(sample, service), b.holds(sample, service)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Self::Not(a) => a.holds(sample, service).map(|holds| !holds),
        }
    }
}

fn service_of(id: u64) -> Option<&'static str> {
    SERVICES[(id * 7 % 11) as usize % SERVICES.len()]
}

/// Spans over four hours, spread so that times, services and durations of files overlap in part.
fn samples() -> Vec<Sample> {
    let span = |id: u64| {
        let start_ns = NOW_NS - (id as i64 * 37 % 240) * MINUTE_NS;
        let span = sample(id.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 50 + 1, id, service_of(id), start_ns)
            .lasting(id as i64 * 31 % 97);
        if id.is_multiple_of(13) { span.failed() } else { span }
    };
    (1..=SPANS).map(span).collect()
}

struct Fixture {
    runtime: Runtime,
    harness: Harness,
}

/// Eight flushes and a hot rest.
static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let harness = runtime.block_on(async {
        let harness = Harness::new().await;
        for chunk in samples().chunks(45) {
            harness.flush().await;
            harness.append(chunk).await;
        }
        harness
    });
    Fixture { runtime, harness }
});

fn filters() -> impl Strategy<Value = Filter> {
    let operator = prop_oneof![Just("<"), Just(">="), Just("="), Just("<>")];
    let start = (0..250_i64).prop_map(|minutes| NOW_NS - minutes * MINUTE_NS);
    let value = prop_oneof![
        start.prop_map(|value| (Column::Start, value)),
        (0..100_i64).prop_map(|value| (Column::Duration, value)),
        (0..3_i64).prop_map(|value| (Column::Status, value)),
        (0..60_i64).prop_map(|value| (Column::TraceLo, value)),
        (0..SPANS as i64).prop_map(|value| (Column::SpanId, value)),
    ];
    let name = prop_oneof![Just("a"), Just("b"), Just("c"), Just("d")];
    let leaf = prop_oneof![
        4 => (value, operator).prop_map(|((column, value), operator)| Filter::Compare(column, operator, value)),
        1 => name.clone().prop_map(Filter::Service),
        1 => prop::collection::vec(name, 1..4).prop_map(Filter::ServiceIn),
        1 => Just(Filter::NoService),
        1 => (0..5_i64).prop_map(|hours| Filter::Hour(NOW_NS - hours * HOUR_NS)),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Filter::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Filter::Or(Box::new(a), Box::new(b))),
            inner.prop_map(|a| Filter::Not(Box::new(a))),
        ]
    })
}

/// DataFusion makes `x in ('a') and x in ('b')` false where it is null, if `x` is: `not` of it then finds rows without `x`.
fn is_misread(filter: &Filter) -> bool {
    fn services(filter: &Filter) -> usize {
        match filter {
            Filter::Service(_) | Filter::ServiceIn(_) => 1,
            Filter::And(a, b) | Filter::Or(a, b) => services(a) + services(b),
            Filter::Not(a) => services(a),
            Filter::Compare(..) | Filter::NoService | Filter::Hour(_) => 0,
        }
    }
    match filter {
        Filter::Not(a) => services(a) > 1 || is_misread(a),
        Filter::And(a, b) | Filter::Or(a, b) => is_misread(a) || is_misread(b),
        _ => false,
    }
}

fn check(filter: &Filter) {
    let samples = samples();
    let holds = |sample: &&Sample| filter.holds(sample, service_of(sample.span.span_id.as_int() as u64)) == Some(true);
    let expected: Vec<i64> = samples.iter().filter(holds).map(|sample| sample.span.span_id.as_int()).collect();
    FIXTURE.runtime.block_on(async {
        let harness = &FIXTURE.harness;
        let rows = harness.rows(&format!("select span_id from spans where {filter} order by 1")).await;
        let found: Vec<i64> = rows.as_array().unwrap().iter().map(|row| row[0].as_i64().unwrap()).collect();
        assert_eq!(found, expected, "rows, filter pushed down: {filter}");
        let counted = harness.rows(&format!("select count(*) from spans where {filter}")).await;
        assert_eq!(counted[0][0], expected.len(), "count, filter not pushed down: {filter}");
        let newest = harness.rows(&format!("select start_ns from spans where {filter} order by 1 desc limit 1")).await;
        let latest = samples.iter().filter(holds).map(|sample| sample.span.start_ns).max();
        assert_eq!(newest[0][0].as_str().map(str::to_owned), latest.map(|ns| ns.to_string()), "top: {filter}");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn pruning_never_loses_a_row(filter in filters()) {
        prop_assume!(!is_misread(&filter));
        check(&filter);
    }
}

#[test]
fn files_are_left_out_by_time_service_and_partition() {
    let Fixture { runtime, .. } = &*FIXTURE;
    runtime.block_on(async {
        let harness = Harness::new().await;
        for hours in 0..4 {
            harness.append(&[sample(1, 1, Some("a"), NOW_NS - hours * HOUR_NS)]).await;
            harness.append(&[sample(2, 2, Some("z"), NOW_NS - hours * HOUR_NS)]).await;
            harness.flush().await;
        }
        let pruned = |metrics: &str| -> u64 {
            let line = metrics.lines().find(|line| line.starts_with("spanloom_query_files_pruned_total ")).unwrap();
            line.split(' ').next_back().unwrap().parse().unwrap()
        };
        let cases = [
            (format!("start_ns >= {}", NOW_NS - HOUR_NS / 2), 3),
            (format!("hour = '{}'", spanloom_store::time::hour_text(NOW_NS)), 3),
            ("service_name = 'zz'".to_owned(), 4),
            ("duration_ns > 1000000000".to_owned(), 4),
            ("kind = 2".to_owned(), 0),
            ("trace_lo = 1".to_owned(), 0),
            ("trace_lo = 999 and trace_hi = 0".to_owned(), 4),
            ("trace_lo = 999 or trace_lo = 998".to_owned(), 4),
            ("trace_lo in (2, 997)".to_owned(), 0),
        ];
        let mut before = 0;
        for (filter, files) in cases {
            harness.rows(&format!("select span_id from spans where {filter}")).await;
            let after = pruned(&harness.metrics());
            assert_eq!(after - before, files, "{filter}");
            before = after;
        }
    });
}
