//! The lake: files by hour and bucket, statistics, checksums, other writers, retention, verification, repair.

use std::time::Duration;

use arrow::array::{Array as _, AsArray};
use arrow::datatypes::Int64Type;
use spanloom_store::time::{BUCKET_NS, HOUR_NS};
use spanloom_store::*;

use crate::fixture::*;

fn snapshot(fixture: &Fixture, table: Table) -> std::sync::Arc<LakeSnapshot> {
    fixture.store().view(&TenantId::default()).table(table).lake().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_makes_one_sorted_file_per_fresh_bucket_and_one_per_older_hour() {
    let fixture = Fixture::new().await;
    let starts = [0, 1, -BUCKET_NS, -3 * BUCKET_NS, -5 * BUCKET_NS, -HOUR_NS, -HOUR_NS - 4 * BUCKET_NS];
    let spans: Vec<TestSpan> =
        starts.iter().zip(1..).map(|(ago, span)| TestSpan::new(span, span).at(NOW_NS + ago)).collect();
    fixture.append(&spans).await;
    fixture.store().flush().await.unwrap();
    let snapshot = snapshot(&fixture, Table::Spans);
    let mut files: Vec<(&str, u64)> = snapshot.files.iter().map(|file| (file.hour.as_str(), file.rows)).collect();
    files.sort_unstable();
    // The newest bucket and the one before it have files of their own, the rest one per hour.
    assert_eq!(files, [("2025-12-31-22", 1), ("2025-12-31-23", 1), ("2025-12-31-23", 3), ("2026-01-01-00", 2)]);
    for file in &snapshot.files {
        let start = &file.ranges["start_ns"];
        assert!(start.min.is_some() && start.max.is_some());
        assert!(file.crc32.is_some());
        assert_eq!(file.ingested_ns, NOW_NS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_file_are_sorted_by_service_and_start() {
    let fixture = Fixture::new().await;
    let spans: Vec<TestSpan> = (1..=50).map(|span| TestSpan::new(1, span).at(NOW_NS + 100 - span)).collect();
    fixture.append(&spans).await;
    fixture.store().flush().await.unwrap();
    let batches = batches(fixture.store(), "default", Table::Spans).await;
    assert_eq!(batches.len(), 1);
    let services = batches[0].column_by_name("service_name").unwrap();
    let services = arrow::compute::cast(services, &arrow::datatypes::DataType::Utf8).unwrap();
    let starts = batches[0].column_by_name("start_ns").unwrap().as_primitive::<Int64Type>();
    let keys: Vec<(&str, i64)> =
        services.as_string::<i32>().iter().flatten().zip(starts.values().iter().copied()).collect();
    assert!(keys.is_sorted());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snapshot_has_a_row_of_statistics_per_file() {
    let fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1), TestSpan::new(1, 2).at(NOW_NS - HOUR_NS)]).await;
    fixture.store().flush().await.unwrap();
    let snapshot = snapshot(&fixture, Table::Spans);
    assert_eq!(snapshot.statistics.num_rows(), 2);
    let min = snapshot.statistics.column_by_name("start_ns.min").unwrap().as_primitive::<Int64Type>();
    for (row, file) in snapshot.files.iter().enumerate() {
        assert_eq!(Some(StatValue::Int(min.value(row))), file.ranges["start_ns"].min);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_is_dropped_by_the_age_of_its_ingest_and_its_files_outlive_readers() {
    let fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1).at(NOW_NS - 1000 * HOUR_NS)]).await;
    fixture.store().flush().await.unwrap();
    fixture.store().retain().await.unwrap();
    assert_eq!(fixture.ids("default").await.len(), 1, "imported old data stays");
    let files = fixture.parquet_files();
    fixture.clock.advance(Duration::from_hours(14 * 24 + 1));
    fixture.append(&[TestSpan::new(2, 2)]).await;
    fixture.store().flush().await.unwrap();
    fixture.store().retain().await.unwrap();
    assert_eq!(fixture.ids("default").await, [(2, 2)]);
    assert!(files.iter().all(|path| path.exists()), "a query may still read them");
    fixture.clock.advance(Duration::from_hours(2));
    fixture.store().retain().await.unwrap();
    assert!(files.iter().all(|path| !path.exists()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_hours_go_when_the_disk_budget_is_spent() {
    let fixture = Fixture::with(|config| config.retention.disk_budget = "40KiB".parse().unwrap()).await;
    for hour in 0..6 {
        fixture.append(&[TestSpan::new(hour, hour + 1).at(NOW_NS + hour * HOUR_NS)]).await;
        fixture.clock.advance(Duration::from_hours(1));
        fixture.store().flush().await.unwrap();
    }
    fixture.store().retain().await.unwrap();
    let kept = fixture.ids("default").await;
    assert!(!kept.is_empty() && kept.len() < 6, "{kept:?}");
    assert_eq!(kept.last(), Some(&(5, 6)), "the newest stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_finds_a_flipped_byte_and_repair_sets_the_file_aside() {
    let mut fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1), TestSpan::new(1, 2).at(NOW_NS - HOUR_NS)]).await;
    fixture.close().await;
    assert!(verify(fixture.config.clone()).await.unwrap().is_sound());
    let damaged =
        fixture.parquet_files().into_iter().find(|p| p.to_string_lossy().contains("spans/hour=2026")).unwrap();
    let mut bytes = std::fs::read(&damaged).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&damaged, &bytes).unwrap();

    let report = verify(fixture.config.clone()).await.unwrap();
    let found: Vec<_> = report.tables.iter().flat_map(|table| &table.damaged).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, damaged.display().to_string());
    assert!(found[0].problem.contains("checksum"));

    let repaired = repair(fixture.config.clone()).await.unwrap();
    assert_eq!(repaired.quarantined.len(), 1);
    assert_eq!(std::fs::read(&repaired.quarantined[0].1).unwrap(), bytes);
    assert!(verify(fixture.config.clone()).await.unwrap().is_sound());
    fixture.open().await.unwrap();
    assert_eq!(fixture.ids("default").await, [(1, 2)]);
}

/// Commits of another writer, which change nothing here but count.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_many_commits_gets_a_checkpoint_and_stays_readable() {
    let mut fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1)]).await;
    fixture.close().await;
    let log = fixture.dir.path().join("lake/default/spans/_delta_log");
    for version in 2..=110 {
        let commit = format!("{{\"txn\":{{\"appId\":\"other\",\"version\":{version}}}}}\n");
        std::fs::write(log.join(format!("{version:020}.json")), commit).unwrap();
    }
    // The store's house-keeping begins with the start.
    fixture.open().await.unwrap();
    eventually("there is a checkpoint", async || log.join("_last_checkpoint").exists()).await;
    fixture.append(&[TestSpan::new(1, 2)]).await;
    fixture.close().await;
    for version in 0..=110 {
        std::fs::remove_file(log.join(format!("{version:020}.json"))).unwrap();
    }
    fixture.open().await.unwrap();
    assert_eq!(fixture.ids("default").await, [(1, 1), (1, 2)]);
    assert_eq!(snapshot(&fixture, Table::Spans).version, 111);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_is_found_by_itself_in_a_running_store() {
    let mut fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1)]).await;
    fixture.close().await;
    let files = fixture.parquet_files();
    let mut bytes = std::fs::read(&files[0]).unwrap();
    bytes[10] ^= 1;
    std::fs::write(&files[0], &bytes).unwrap();
    fixture.open().await.unwrap();
    let count = files.len() as u64;
    eventually("every file is read", async || fixture.metric("spanloom_scrub_files_total") == count).await;
    eventually("the damage is counted", async || fixture.metric("spanloom_scrub_damaged_files_total") == 1).await;
}

/// What crashes leave is deleted, but not before a reader of an older version could have ended.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_no_table_names_are_deleted_when_they_are_old() {
    let mut fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1)]).await;
    fixture.close().await;
    let live = fixture.parquet_files();
    let hour = live[0].parent().unwrap();
    let log = fixture.dir.path().join("lake/default/spans/_delta_log");
    let (old, young) = (hour.join("0000-old.parquet"), hour.join("0000-young.parquet"));
    let unfinished = log.join("00000000000000000009.json#12");
    for (path, age) in
        [(&old, Duration::from_hours(2)), (&young, Duration::ZERO), (&unfinished, Duration::from_hours(2))]
    {
        let file = std::fs::File::create(path).unwrap();
        file.set_modified(std::time::SystemTime::now() - age).unwrap();
    }
    fixture.open().await.unwrap();
    eventually("the old files are gone", async || !old.exists() && !unfinished.exists()).await;
    assert!(young.exists() && live.iter().all(|path| path.exists()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_writes_the_attributes_of_its_spans() {
    let mut fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1), TestSpan::new(1, 2)]).await;
    fixture.store().flush().await.unwrap();
    fixture.append(&[TestSpan::new(2, 3)]).await;
    fixture.close().await;
    fixture.open().await.unwrap();
    let batches = batches(fixture.store(), "default", Table::Attributes).await;
    let mut count = 0;
    for batch in &batches {
        let keys = batch.column_by_name("key").unwrap().as_string_view();
        let values = batch.column_by_name("value").unwrap().as_string_view();
        let counts = batch.column_by_name("count").unwrap().as_primitive::<Int64Type>();
        let of_key = (0..batch.num_rows()).filter(|row| keys.value(*row) == "n" && values.is_null(*row));
        count += of_key.map(|row| counts.value(row)).sum::<i64>();
    }
    assert_eq!((batches.len(), count), (2, 3), "a file a flush, and every span once");
}
