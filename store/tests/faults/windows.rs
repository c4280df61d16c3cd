//! Windows when the store dies or fails between the steps of a commit.

use std::time::{Duration, Instant, SystemTime};

use spanloom_store::schema::edges::{self, EdgeRow};
use spanloom_store::*;

use crate::Faults;
use crate::fixture::*;

const COMMITS: u64 = 3;

/// The n-th commit: a window that changes each time, and one that is new.
fn windows(n: u64) -> Vec<WindowRows> {
    let new_ns = NOW_NS + n as i64 * 10_000_000_000;
    let changed = [edge(NOW_NS, "cart", n as f64), edge(NOW_NS, "orders", 1.0)];
    vec![window(NOW_NS, n, &changed), window(new_ns, n, &[edge(new_ns, "cart", n as f64)])]
}

async fn commit(fixture: &Fixture, n: u64) -> Result<CommittedWindows, WindowsError> {
    fixture.store().commit_windows(&TenantId::default(), Table::Edges, windows(n), n).await
}

/// What a reader gets after the first n commits.
fn expected(n: u64) -> Vec<EdgeRow> {
    let mut rows: Vec<EdgeRow> = windows(n).iter().flat_map(|window| edges::read(&window.rows).unwrap()).collect();
    rows.extend((1..n).flat_map(|n| edges::read(&windows(n)[1].rows).unwrap()));
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

async fn read(fixture: &Fixture) -> Vec<EdgeRow> {
    let batches = batches(fixture.store(), "default", Table::Edges).await;
    let mut rows: Vec<EdgeRow> = batches.iter().flat_map(|batch| edges::read(batch).unwrap()).collect();
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

fn settled(fixture: &Fixture) -> u64 {
    fixture.store().view(&TenantId::default()).table(Table::Edges).committed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_cut_off_anywhere_is_there_as_a_whole_or_not_at_all_and_can_be_made_again() {
    let faults = Faults::none().await;
    for (point, is_committed) in
        [("windows.before_files", false), ("windows.before_commit", false), ("windows.after_commit", true)]
    {
        for cut_off in 1..=COMMITS {
            let fixture = Fixture::new().await;
            for n in 1..cut_off {
                commit(&fixture, n).await.unwrap();
            }
            faults.arm(&format!("{point}=error"));
            let failed = commit(&fixture, cut_off).await;
            faults.arm("");
            assert!(matches!(failed, Err(WindowsError::Fault(_))), "{point} {cut_off}");
            let mut fixture = fixture.crashed().await;
            let there = if is_committed { cut_off } else { cut_off - 1 };
            let before = if there == 0 { Vec::new() } else { expected(there) };
            assert_eq!(read(&fixture).await, before, "{point} {cut_off}");
            assert_eq!(settled(&fixture), there, "{point} {cut_off}");
            for n in cut_off..=COMMITS {
                commit(&fixture, n).await.unwrap();
            }
            assert_eq!(read(&fixture).await, expected(COMMITS), "{point} {cut_off}");
            fixture.close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_commit_that_was_cut_off_are_deleted_at_a_later_start() {
    let faults = Faults::none().await;
    let mut fixture = Fixture::new().await;
    commit(&fixture, 1).await.unwrap();
    let live = fixture.parquet_files();
    faults.arm("windows.before_commit=error");
    commit(&fixture, 2).await.unwrap_err();
    faults.arm("");
    fixture.close().await;
    let edges = |report: VerifyReport| report.tables.into_iter().find(|table| table.table == Table::Edges).unwrap();
    let report = verify(fixture.config.clone()).await.unwrap();
    assert!(report.is_sound());
    assert_eq!(edges(report).orphans, 2);
    let long_ago = SystemTime::now() - Duration::from_hours(2);
    for path in fixture.parquet_files() {
        std::fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
    }
    fixture.open().await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while fixture.parquet_files() != live {
        assert!(Instant::now() < deadline, "{:?}", fixture.parquet_files());
        tokio::task::yield_now().await;
    }
    assert_eq!(read(&fixture).await, expected(1));
}
