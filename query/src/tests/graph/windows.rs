//! Windows long and short, open and closed: the same answer.

use std::sync::LazyLock;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use bytesize::ByteSize;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use spanloom_store::schema::edges::EdgeRow;
use spanloom_store::{Table, TenantId, WindowRows};
use tokio::runtime::Runtime;

use super::{graph, ids, item};
use crate::Config;
use crate::tests::harness::{HOUR_NS, Harness, NOW_NS, SECOND_NS};
use crate::tests::ledger::{WINDOW_NS, edge_at, edges_batch};

pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// The beginning of an hour near now.
pub const HOUR_START_NS: i64 = NOW_NS - NOW_NS % (3600 * SECOND_NS);

pub const LINES: [&str; 6] = [
    "shop/web shop/cart http source_proxy span requests=3 attempts=4 ms=5,7,9 http_5xx=1 network=3",
    "shop/web shop/cart http target_app span requests=2 ms=4",
    "shop/cart bank/pay grpc source_app span requests=1 ms=2000",
    "- shop/web http target_proxy span root requests=7 ms=90 no_response=2",
    "- bank/pay grpc target_app span parent_missing requests=0.5 ms=1",
    "shop/web - http source_proxy span no_target requests=1",
];

/// A row at a place in the hour.
pub fn row((window, line): (i64, usize)) -> EdgeRow {
    edge_at(HOUR_START_NS + window * WINDOW_NS, LINES[line])
}

/// The same rows in longer windows.
pub fn lengthened(rows: &[EdgeRow], table: Table) -> Vec<EdgeRow> {
    let length_ns = table.window_length_ns().unwrap();
    let mut long = std::collections::BTreeMap::new();
    for mut row in rows.iter().cloned() {
        row.key.window_ns = row.key.window_ns.div_euclid(length_ns) * length_ns;
        long.entry(row.key.clone()).and_modify(|known: &mut EdgeRow| known.merge(&row)).or_insert(row);
    }
    long.into_values().collect()
}

/// An answer without the name of its picture.
async fn answer(harness: &Harness, params: &str) -> Json {
    let mut graph = graph(harness, params).await;
    graph["rev"] = Json::Null;
    graph
}

fn scanned(harness: &Harness) -> u64 {
    let metrics = harness.metrics();
    let line = metrics.lines().find(|line| line.starts_with("spanloom_query_files_scanned_total ")).unwrap();
    line.split(' ').next_back().unwrap().parse().unwrap()
}

/// The long tables hold what the short one does, but for windows that were not written yet or are behind.
async fn check(rows: &[EdgeRow], missing: &[i64], behind: &[i64], open: &[i64], range: (i64, i64)) {
    let (long, short) = (Harness::new().await, Harness::new().await);
    let window = |row: &EdgeRow, length: i64| (row.key.window_ns - HOUR_START_NS).div_euclid(length * WINDOW_NS);
    let is_open = |row: &EdgeRow| open.contains(&window(row, 1));
    let (shown, closed): (Vec<EdgeRow>, Vec<EdgeRow>) = rows.iter().cloned().partition(is_open);
    short.show(rows);
    long.commit(Table::Edges, &closed, 5).await;
    long.show(&shown);
    for (table, length) in [(Table::Edges1m, 6), (Table::Edges10m, 60)] {
        let mut written = lengthened(&closed, table);
        written.retain(|row| !missing.contains(&window(row, length)));
        // What is behind lacks calls.
        let (mut old, new): (Vec<_>, Vec<_>) =
            written.into_iter().partition(|row| behind.contains(&window(row, length)));
        old.retain(|row| row.key.source.service.is_some());
        long.commit(table, &new, 5).await;
        long.commit(table, &old, 4).await;
    }
    let params = format!("start={}&end={}", HOUR_START_NS + range.0 * SECOND_NS, HOUR_START_NS + range.1 * SECOND_NS);
    assert_eq!(answer(&long, &params).await, answer(&short, &params).await, "{params}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn long_windows_say_what_short_ones_say(
        places in prop::collection::vec((0..360_i64, 0..LINES.len()), 1..60),
        missing in prop::collection::vec(0..60_i64, 0..4),
        behind in prop::collection::vec(0..60_i64, 0..4),
        open in prop::collection::vec(0..360_i64, 0..6),
        start in 0..1800_i64,
        length in 1..3600_i64,
    ) {
        let rows: Vec<EdgeRow> = places.into_iter().map(row).collect();
        RUNTIME.block_on(check(&rows, &missing, &behind, &open, (start, start + length)));
    }

    #[test]
    fn the_order_of_rows_and_of_windows_means_nothing(
        places in prop::collection::vec((300..360_i64, 0..LINES.len()), 1..40),
        seed in any::<u64>(),
    ) {
        let mut rows: Vec<EdgeRow> = places.into_iter().map(row).collect();
        RUNTIME.block_on(async {
            let (sorted, shuffled) = (Harness::new().await, Harness::new().await);
            sorted.show(&rows);
            rows.sort_by_key(|row| (row.key.window_ns.wrapping_mul(31) ^ row.values.observed).wrapping_mul(seed as i64 | 1));
            let (first, second) = rows.split_at(rows.len() / 2);
            let in_second: Vec<i64> = second.iter().map(|row| row.key.window_ns).collect();
            let (whole, apart): (Vec<_>, Vec<_>) =
                first.iter().cloned().partition(|row| !in_second.contains(&row.key.window_ns));
            shuffled.commit(Table::Edges, &whole, 1).await;
            shuffled.show(&[second, &apart].concat());
            let params = format!("start={HOUR_START_NS}&end={}", HOUR_START_NS + 3600 * SECOND_NS);
            assert_eq!(answer(&shuffled, &params).await, answer(&sorted, &params).await);
        });
    }
}

/// Five requests in the last minute are too few to tell, and would not be if they were read twice.
#[tokio::test]
async fn the_last_minute_is_the_same_behind_long_windows() {
    let harness = Harness::new().await;
    let at = |window: i64, line: &str| edge_at(HOUR_START_NS + window * WINDOW_NS, line);
    let mut rows: Vec<EdgeRow> = (0..354).map(|window| at(window, "a b http source_app span requests=5")).collect();
    rows.extend((354..360).map(|window| at(window, "a b http source_app span requests=5 http_5xx=2")));
    rows.push(at(359, "a c http source_app span requests=5 http_5xx=5"));
    harness.commit(Table::Edges, &rows, 1).await;
    for table in [Table::Edges1m, Table::Edges10m] {
        harness.commit(table, &lengthened(&rows, table), 1).await;
    }
    let params = format!("start={HOUR_START_NS}&end={}", HOUR_START_NS + 3600 * SECOND_NS);
    harness.clock.advance(std::time::Duration::from_secs(3600));
    let graph = graph(&harness, &params).await;
    assert_eq!(item(&graph, "edges", "a->b:http")["recent_error_rate"], 0.4);
    assert_eq!(item(&graph, "edges", "a->c:http")["recent_error_rate"], Json::Null);
    assert_eq!(item(&graph, "edges", "a->b:http")["requests"], 1800.0);
}

#[tokio::test]
async fn a_long_range_reads_few_files() {
    let harness = Harness::with(without_kept_rows()).await;
    let rows: Vec<EdgeRow> = (0..360).map(|window| row((window, 0))).collect();
    harness.commit(Table::Edges, &rows, 1).await;
    for table in [Table::Edges1m, Table::Edges10m] {
        harness.commit(table, &lengthened(&rows, table), 1).await;
    }
    let ask = async |start_s: i64, end_s: i64| {
        let before = scanned(&harness);
        let params = format!("start={}&end={}", HOUR_START_NS + start_s * SECOND_NS, HOUR_START_NS + end_s * SECOND_NS);
        let graph = graph(&harness, &params).await;
        let requests = item(&graph, "edges", "shop/web->shop/cart:http")["requests"].as_f64().unwrap();
        (requests, scanned(&harness) - before)
    };
    const LAST_MINUTE: u64 = 6;
    assert_eq!(ask(0, 3600).await, (1080.0, 6 + LAST_MINUTE), "six windows of ten minutes");
    assert_eq!(ask(570, 3600).await, (909.0, 3 + 5 + LAST_MINUTE), "three of ten seconds before five of ten minutes");
    assert_eq!(ask(500, 3600).await, (930.0, 4 + 1 + 5 + LAST_MINUTE), "the rest is of windows of a minute");
    assert_eq!(
        ask(0, 120).await,
        (36.0, 12 + LAST_MINUTE),
        "a short range is read as it is, and its last minute by itself"
    );
}

fn without_kept_rows() -> Config {
    Config { edge_cache_bytes_max: ByteSize::b(0), ..Config::default() }
}

/// Whatever happens to windows, rows that are kept of them are those that there are.
#[tokio::test]
async fn kept_rows_are_those_of_their_windows() {
    let harnesses = [Harness::new().await, Harness::with(without_kept_rows()).await];
    let [kept, read] = &harnesses;
    let check = async || {
        for (start_s, end_s) in [(0, 3600), (500, 1900), (0, 120), (60, 90), (70, 100)] {
            let [start, end] = [start_s, end_s].map(|seconds| HOUR_START_NS + seconds * SECOND_NS);
            let params = format!("start={start}&end={end}");
            let expected = answer(read, &params).await;
            assert!(!expected["edges"].as_array().unwrap().is_empty());
            for _ in 0..2 {
                assert_eq!(answer(kept, &params).await, expected, "{params}");
            }
        }
    };
    // The hour is over, so that its last minute stays the same.
    harnesses.iter().for_each(|harness| harness.clock.advance(Duration::from_hours(1)));
    let rows: Vec<EdgeRow> = (0..360 * 3).map(|n| row((n / 3, (n * 7 % 6) as usize))).collect();
    for harness in &harnesses {
        harness.commit(Table::Edges, &rows, 1).await;
        for table in [Table::Edges1m, Table::Edges10m] {
            harness.commit(table, &lengthened(&rows, table), 1).await;
        }
    }
    check().await;
    let before = scanned(kept);
    check().await;
    assert_eq!(scanned(kept), before, "nothing is read again");

    // Open windows, of which some change again and again.
    let mut before = None;
    for turn in 0..4 {
        let changed: Vec<EdgeRow> = (350 + turn..359).step_by(2).map(|window| row((window, turn as usize))).collect();
        harnesses.iter().for_each(|harness| harness.show(&changed));
        check().await;
        // The windows beside them are read once, for they are no part of a longer one any more.
        assert_eq!(scanned(kept), *before.get_or_insert_with(|| scanned(kept)), "what is in memory is not in files");
    }
    let closed: Vec<EdgeRow> = (350..359).map(|window| row((window, 3))).collect();
    for harness in &harnesses {
        harness.commit(Table::Edges, &closed, 2).await;
    }
    check().await;

    // Written again, in the short table first.
    let again: Vec<EdgeRow> = [3, 70, 357].map(|window| row((window, 2))).to_vec();
    for harness in &harnesses {
        harness.commit(Table::Edges, &again, 3).await;
    }
    check().await;
    let stays = |row: &EdgeRow, newer: &[EdgeRow]| newer.iter().all(|newer| newer.key.window_ns != row.key.window_ns);
    let rows = rows.iter().filter(|row| stays(row, &closed)).chain(&closed);
    let now: Vec<EdgeRow> = rows.filter(|row| stays(row, &again)).chain(&again).cloned().collect();
    for harness in &harnesses {
        harness.commit(Table::Edges10m, &lengthened(&now, Table::Edges10m), 3).await;
    }
    check().await;
    // Open again, and then written.
    let open: Vec<EdgeRow> = [5, 358, 359].map(|window| row((window, 1))).to_vec();
    harnesses.iter().for_each(|harness| harness.show(&open));
    check().await;
    for harness in &harnesses {
        harness.commit(Table::Edges, &open, 4).await;
    }
    check().await;
    // Nothing is left in a window of which rows were kept.
    let emptied = row((7, 0)).key.window_ns;
    for harness in &harnesses {
        let windows = vec![WindowRows { window_ns: emptied, last_frame: 5, rows: edges_batch(&[]) }];
        harness.store.commit_windows(&TenantId::default(), Table::Edges, windows, 5).await.unwrap();
    }
    check().await;
    let before = scanned(kept);
    for harness in &harnesses {
        harness.clock.advance(Duration::from_hours(30));
        harness.store.compact().await.unwrap();
    }
    let files = || kept.store.view(&TenantId::default()).table(Table::Edges).files().count();
    assert_eq!(files(), 1);
    check().await;
    assert_eq!(scanned(kept), before, "windows are the same in another file");
    // Open once more, now that a file has it among others.
    for line in [2, 4] {
        harnesses.iter().for_each(|harness| harness.show(&[row((5, line))]));
        check().await;
    }
    assert!(scanned(kept) > before, "such a file is read");
}

/// A query that has room for rows but not for keeping them goes on, and keeps what is less: their sums, or nothing.
#[tokio::test]
async fn what_cannot_be_kept_is_read() {
    let cases = [
        (60, ByteSize::b(0), false),
        (60, ByteSize::kib(256), false),
        (60, ByteSize::mib(64), true),
        (400, ByteSize::mib(64), false),
    ];
    for (services, edge_cache_bytes_max, has_sums) in cases {
        let row = |n: i64| {
            let line = format!("a b{} http source_app span requests=1", n % services);
            edge_at(HOUR_START_NS + n / services * WINDOW_NS, &line)
        };
        let rows: Vec<EdgeRow> = (0..60 * services).map(row).collect();
        let config = Config { edge_cache_bytes_max, memory_bytes_max: ByteSize::mib(3), ..Config::default() };
        let harness = Harness::with(config).await;
        harness.commit(Table::Edges, &rows, 1).await;
        let params = format!("start={HOUR_START_NS}&end={}", HOUR_START_NS + 600 * SECOND_NS);
        for is_again in [false, true] {
            let before = scanned(&harness);
            let graph = graph(&harness, &params).await;
            let edges = graph["edges"].as_array().unwrap();
            assert_eq!(edges.len() as i64, services);
            assert!(edges.iter().all(|edge| edge["requests"] == 60.0), "each row counts, and once");
            assert_eq!(
                scanned(&harness) == before,
                is_again && has_sums,
                "{services} services, {edge_cache_bytes_max}"
            );
        }
    }
}

/// Tenants have windows of the same times by the same writer.
#[tokio::test]
async fn kept_rows_are_of_one_tenant() {
    let harness = Harness::new().await;
    harness.commit(Table::Edges, &[row((0, 0))], 1).await;
    let other: TenantId = "other".parse().unwrap();
    let theirs = row((0, 2));
    let windows = vec![WindowRows { window_ns: theirs.key.window_ns, last_frame: 1, rows: edges_batch(&[theirs]) }];
    harness.store.commit_windows(&other, Table::Edges, windows, 1).await.unwrap();
    let path = format!("/api/v1/graph?start={HOUR_START_NS}&end={}", HOUR_START_NS + 60 * SECOND_NS);
    let edges = async |tenant: &str| {
        let request = Request::get(&path).header("X-Scope-OrgID", tenant).body(Body::empty()).unwrap();
        ids(&harness.send(request).await.json(), "edges")
    };
    for _ in 0..2 {
        assert_eq!(edges("default").await, ["shop/web->shop/cart:http"]);
        assert_eq!(edges("other").await, ["shop/cart->bank/pay:grpc"]);
    }
}

/// Of a file that holds several windows only those rows count whose windows were not written again since, and are not open again.
#[tokio::test]
async fn windows_that_were_written_again_count_once() {
    let harness = Harness::new().await;
    let row = |number: i64, requests: u64| {
        let line = format!("shop/web shop/cart http source_proxy span requests={requests}");
        edge_at(NOW_NS - HOUR_NS + number * WINDOW_NS, &line)
    };
    let first: Vec<EdgeRow> = (0..12).map(|number| row(number, 1)).collect();
    harness.commit(Table::Edges, &first, 1).await;
    harness.clock.advance(Duration::from_hours(3));
    harness.store.compact().await.unwrap();
    let files = || harness.store.view(&TenantId::default()).table(Table::Edges).files().count();
    assert_eq!(files(), 1);

    let sums = "select count(*), sum(requests), count(distinct window_ns), min(source_service) from edges";
    assert_eq!(harness.rows(sums).await, json!([[12, 12.0, 12, "web"]]));
    harness.commit(Table::Edges, &[row(3, 10), row(5, 100)], 2).await;
    assert_eq!(files(), 3);
    assert_eq!(harness.rows(sums).await, json!([[12, 120.0, 12, "web"]]));
    let one = format!("select requests from edges where window_ns = {}", row(3, 0).key.window_ns);
    assert_eq!(harness.rows(&one).await, json!([[10.0]]));
    assert_eq!(
        harness.rows("select source_service, requests from edges where requests = 1 limit 3").await,
        json!([["web", 1.0], ["web", 1.0], ["web", 1.0]])
    );
    harness.show(&[row(7, 1000)]);
    assert_eq!(harness.rows(sums).await, json!([[12, 1119.0, 12, "web"]]));
    harness.clock.advance(Duration::from_hours(30));
    harness.store.compact().await.unwrap();
    assert_eq!((files(), harness.rows(sums).await), (1, json!([[12, 1119.0, 12, "web"]])));
}
