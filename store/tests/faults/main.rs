//! What fails on the write path, and where it could die: each fault point in turn, in one process.
//!
//! Faults are armed for the whole process, so that these tests are a program of their own and run one after the other. A
//! copy of the directory taken at a failed step is what a crash at that step leaves; `tests/e2e/crash.rs` of the root
//! package lets real processes die there, too.

// Helpers of tests are tests, which clippy cannot see here.
#![allow(clippy::unwrap_used)]

mod compaction;
#[allow(dead_code, reason = "shared with the tests in tests/store, which use all of it")]
#[path = "../store/fixture.rs"]
mod fixture;
mod vacuum;
mod windows;

use spanloom_store::*;
use tokio::sync::{Mutex, MutexGuard};

use crate::fixture::*;

/// Arms faults until it is dropped, and keeps other tests waiting.
struct Faults(#[allow(dead_code, reason = "held")] MutexGuard<'static, ()>);

impl Faults {
    async fn none() -> Self {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
        Self(ONE_AT_A_TIME.lock().await)
    }

    fn arm(&self, spec: &str) {
        fault::arm(spec).unwrap();
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        fault::arm("").unwrap();
    }
}

/// Ends what hangs when it is dropped, also by a test that fails: its threads are waited for.
struct Hanging<'a>(&'a Faults);

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        self.0.arm("");
    }
}

fn ids(spans: std::ops::RangeInclusive<i64>) -> Vec<(i64, i64)> {
    spans.map(|span| (7, span)).collect()
}

async fn try_append(fixture: &Fixture, span: i64) -> Result<(), AppendError> {
    fixture.store().append(append_of("default", &[TestSpan::new(7, span)])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_write_is_refused_and_the_next_one_goes_to_a_new_segment() {
    for point in ["wal.append", "wal.before_sync", "wal.after_sync"] {
        let faults = Faults::none().await;
        let fixture = Fixture::new().await;
        fixture.append(&[TestSpan::new(7, 1)]).await;
        let before = fixture.wal_segments();
        faults.arm(&format!("{point}=error@1"));
        assert!(matches!(try_append(&fixture, 2).await, Err(AppendError::Wal(_))), "{point}");
        fixture.append(&[TestSpan::new(7, 3)]).await;
        assert_eq!(fixture.wal_segments().len(), before.len() + 1, "{point}: the segment was written again");
        let expected = [(7, 1), (7, 3)];
        assert_eq!(fixture.ids("default").await, expected, "{point}");
        let crashed = fixture.crashed().await;
        assert_eq!(crashed.ids("default").await, expected, "{point}: a refused span came back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_cannot_be_made_is_backpressure_and_passes() {
    let faults = Faults::none().await;
    let fixture = Fixture::new().await;
    faults.arm("wal.new_segment=error@1,wal.new_segment=error@2");
    assert!(matches!(try_append(&fixture, 1).await, Err(AppendError::Wal(_))));
    assert!(matches!(try_append(&fixture, 1).await, Err(AppendError::Wal(_))));
    fixture.append(&[TestSpan::new(7, 1)]).await;
    assert_eq!(fixture.crashed().await.ids("default").await, ids(1..=1));
}

/// A disk, or whatever a lake lies on, that is slow or does not answer at all: what is acknowledged goes on, and is seen, until
/// memory is full; then it is refused until the lake answers again.
#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_hangs_holds_up_its_flush_alone() {
    let faults = Faults::none().await;
    let fixture = Fixture::with(|config| config.hot.bytes_max = "1MiB".parse().unwrap()).await;
    let runtime = tokio::runtime::Handle::current();
    for point in ["flush.before_files", "flush.before_commit", "flush.after_commit", "flush.before_trim"] {
        let before = fixture.ids("default").await.len() as i64;
        fixture.append(&[TestSpan::new(7, before + 1)]).await;
        faults.arm(&format!("{point}=hang"));
        let mut last = before + 1;
        std::thread::scope(|scope| {
            let hanging = Hanging(&faults);
            let flush = scope.spawn(|| runtime.block_on(fixture.store().flush()));
            let refused = tokio::task::block_in_place(|| {
                runtime.block_on(async {
                    loop {
                        match try_append(&fixture, last + 1).await {
                            Ok(()) => last += 1,
                            Err(refused) => break refused,
                        }
                        assert!(last - before < 100_000, "{point}: memory is never full");
                    }
                })
            });
            assert!(matches!(refused, AppendError::Overloaded { .. }), "{point}: {refused}");
            assert!(!flush.is_finished(), "{point}");
            let seen = tokio::task::block_in_place(|| runtime.block_on(fixture.ids("default")));
            assert_eq!(seen, ids(1..=last), "{point}: while it hangs");
            drop(hanging);
            flush.join().unwrap().unwrap();
        });
        assert!(last > before + 1, "{point}");
        eventually("there is room again", async || try_append(&fixture, last + 1).await.is_ok()).await;
        assert_eq!(fixture.ids("default").await, ids(1..=last + 1), "{point}: afterwards");
        assert_eq!(fixture.crashed().await.ids("default").await, ids(1..=last + 1), "{point}: after a crash");
    }
}

/// The first hit of a point in a flush is for `spans`, the second for `traces`.
const FLUSH_POINTS: [(&str, u64); 4] =
    [("flush.before_files", 2), ("flush.before_commit", 2), ("flush.after_commit", 2), ("flush.before_trim", 1)];

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_anywhere_in_a_flush_loses_and_doubles_nothing() {
    for (point, hits) in FLUSH_POINTS {
        for hit in 1..=hits {
            let faults = Faults::none().await;
            let fixture = failed_flush(&faults, &format!("{point}=error@{hit}")).await;
            let crashed = fixture.crashed().await;
            check_whole(&crashed, 7, point).await;
            crashed.append(&[TestSpan::new(7, 8)]).await;
            crashed.store().flush().await.unwrap();
            check_whole(&crashed, 8, point).await;
            check_whole(&crashed.crashed().await, 8, point).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_that_failed_anywhere_is_taken_up_by_the_next() {
    for (point, hits) in FLUSH_POINTS {
        for hit in 1..=hits {
            let faults = Faults::none().await;
            let fixture = failed_flush(&faults, &format!("{point}=error@{hit}")).await;
            check_whole(&fixture, 7, point).await;
            fixture.append(&[TestSpan::new(7, 8)]).await;
            fixture.store().flush().await.unwrap();
            check_whole(&fixture, 8, point).await;
            let hot: usize = fixture.store().view(&TenantId::default()).table(Table::Spans).hot().len();
            assert_eq!(hot, 0, "{point}: rows are hot after a flush");
            check_whole(&fixture.crashed().await, 8, point).await;
        }
    }
}

/// A store whose last flush failed: some rows in the lake, the others in memory and in the log.
async fn failed_flush(faults: &Faults, spec: &str) -> Fixture {
    let fixture = Fixture::new().await;
    for span in 1..=3 {
        fixture.append(&[TestSpan::new(7, span)]).await;
    }
    fixture.store().flush().await.unwrap();
    for span in 4..=7 {
        fixture.append(&[TestSpan::new(7, span)]).await;
    }
    faults.arm(spec);
    let failed = fixture.store().flush().await;
    assert!(matches!(failed, Err(FlushError::Fault(_))), "{spec}: {failed:?}");
    faults.arm("");
    fixture
}

/// Every span once, and rows of `traces` that count each span once.
async fn check_whole(fixture: &Fixture, spans: i64, point: &str) {
    use arrow::array::AsArray as _;
    use arrow::datatypes::Int64Type;
    assert_eq!(fixture.ids("default").await, ids(1..=spans), "{point}");
    let traces = batches(fixture.store(), "default", Table::Traces).await;
    let counts = traces.iter().map(|batch| batch.column_by_name("span_count").unwrap().as_primitive::<Int64Type>());
    let counted: i64 = counts.flat_map(|counts| counts.values().to_vec()).sum();
    assert_eq!(counted, spans, "{point}: spans counted in traces");
}

#[test]
fn a_spec_that_names_no_point_is_refused() {
    for bad in ["nowhere=abort", "wal.append", "wal.append=explode", "wal.append=error@x"] {
        assert!(fault::arm(bad).unwrap_err().contains(bad), "{bad}");
    }
}
