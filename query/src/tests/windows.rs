//! Files of windows whose columns are kept: the same answers as without, and the second time without the file.

use std::time::Duration;

use bytesize::ByteSize;
use serde_json::json;
use spanloom_store::schema::edges::EdgeRow;
use spanloom_store::{Table, TenantId};

use super::harness::{Harness, NOW_NS, SECOND_NS};
use super::ledger::{WINDOW_NS, edge_at};
use crate::Config;

/// The beginning of an hour near now.
const START_NS: i64 = NOW_NS - NOW_NS % (3600 * SECOND_NS);
const WINDOWS: i64 = 300;
const SERVICES: i64 = 30;

/// More rows than are given together, of an hour but for its end.
fn rows() -> Vec<EdgeRow> {
    let row = |i: i64| {
        let (service, ms) = (i % SERVICES, i % 7 + 1);
        let line = match service {
            0 => "shop/web - http source_proxy span no_target requests=1".to_owned(),
            _ => format!("shop/web shop/s{service} http target_app span requests=2 ms={ms},{} http_5xx=1", 3 * ms),
        };
        edge_at(START_NS + i / SERVICES * WINDOW_NS, &line)
    };
    (0..WINDOWS * SERVICES).map(row).collect()
}

async fn harness(window_cache_bytes_max: ByteSize) -> Harness {
    let harness = Harness::with(Config { window_cache_bytes_max, ..Config::default() }).await;
    harness.commit(Table::Edges, &rows(), 1).await;
    // One file instead of one for each window.
    harness.clock.advance(Duration::from_hours(3));
    harness.store.compact().await.unwrap();
    let view = harness.store.view(&TenantId::default());
    let files: Vec<u64> = view.table(Table::Edges).files().map(|file| file.rows).collect();
    assert_eq!(files, [(WINDOWS * SERVICES) as u64]);
    harness
}

fn between(first: i64, last: i64) -> String {
    format!("window_ns between {} and {}", START_NS + first * WINDOW_NS, START_NS + last * WINDOW_NS)
}

#[tokio::test]
async fn kept_columns_say_what_files_say() {
    let (kept, read) = (harness(ByteSize::mib(128)).await, harness(ByteSize::b(0)).await);
    let whole = between(0, WINDOWS);
    let texts = [
        format!("select count(*) from edges where {whole}"),
        format!(
            "select * exclude (writer) from edges where {} order by window_ns, target_service",
            between(20, WINDOWS)
        ),
        format!("select target_service, sum(requests), count(latency) from edges where {whole} group by 1 order by 1"),
        format!("select sum(latency['sum_ns']) from edges where {} and target_service = 's7'", between(0, 200)),
        "select hour, count(*), min(window_ns) from edges group by 1".to_owned(),
        format!("select count(*) from edges where target_service is null and {}", between(1, WINDOWS)),
        format!("select 1 from edges where {whole} and target_service = 'nobody'"),
        // What fails for a row does not fail for those that are asked for.
        format!("select count(*) from edges where {whole} and observed > 1 and 100 / (observed - 1) > 5"),
        format!("select count(*) from edges where {whole} and observed is distinct from 2"),
        format!("select window_ns from edges where {whole} order by window_ns desc, target_service limit 3"),
        "select count(*), count(writer) from edges where revision >= 0 or target_service is null".to_owned(),
    ];
    for text in &texts {
        let expected = read.rows(text).await;
        for _ in 0..2 {
            assert_eq!(kept.rows(text).await, expected, "{text}");
        }
    }
    let of_one = &texts[3];
    assert_eq!(kept.rows(of_one).await, json!([[3_208_000_000_i64]]), "as it was said");
}

/// The word that plans have for how a file is read, and how many bytes of it are.
async fn reading(harness: &Harness, condition: &str) -> (String, bool) {
    let text = format!("explain analyze select sum(requests), sum(latency['sum_ns']) from edges where {condition}");
    let plan = harness.sql(&text).await.text();
    let word = |name: &str| {
        let (_, rest) = plan.split_once(name).unwrap_or_else(|| panic!("no {name} in {plan}"));
        rest[..rest.find([',', ']', ' ']).unwrap()].to_owned()
    };
    let bytes = plan.split_once("bytes_scanned=").map(|_| word("bytes_scanned="));
    (word("file_type="), bytes.is_some_and(|bytes| bytes != "0"))
}

#[tokio::test]
async fn files_are_read_once_and_of_a_short_time_by_pages() {
    let kept = harness(ByteSize::mib(128)).await;
    let (whole, half, short) = (between(0, WINDOWS), between(100, WINDOWS), between(290, WINDOWS));
    let columns = || "columns".to_owned();
    assert_eq!(reading(&kept, &short).await, ("parquet".to_owned(), true));
    assert_eq!(reading(&kept, &whole).await, (columns(), true));
    assert_eq!(reading(&kept, &whole).await, (columns(), false));
    assert_eq!(reading(&kept, &half).await, (columns(), false));
    // A column that nobody asked for yet.
    assert_eq!(reading(&kept, &format!("{half} and target_service = 's3'")).await, (columns(), true));
    assert_eq!(reading(&kept, &format!("{half} and target_service = 's3'")).await, (columns(), false));
    let read = harness(ByteSize::b(0)).await;
    for _ in 0..2 {
        assert_eq!(reading(&read, &whole).await, ("parquet".to_owned(), true));
    }
    // What is too large for its share is not kept.
    let little = harness(ByteSize::kib(64)).await;
    assert_eq!(reading(&little, &whole).await, ("parquet".to_owned(), true));
}
