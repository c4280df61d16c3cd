//! Point 4: whatever is in flight when the process dies, everything acknowledged is found afterwards, folded to once.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use crate::harness::{Ended, Site, text_of};
use crate::load::{self, Load};

const KILLS: usize = 10;
/// Small bounds, so that segments end, flushes start and the log is trimmed all the time.
const SMALL: &str = "hot: { bytes_max: 128KiB, age_max: 500ms }\nwal: { segment_bytes: 64KiB }";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed_ten_times() {
    let site = Site::new(SMALL);
    let load = Load::start();
    for _ in 0..KILLS {
        let server = site.start().await;
        load.point_at(&server);
        load.more(1 + random() % 150).await;
        server.kill();
    }
    let server = site.start().await;
    load.point_at(&server);
    let sent = load.finish().await;
    assert!(sent.iter().any(|request| request.lost > 0), "the kills met no request in flight");
    load::check(&server, &sent).await;
    server.stop().await;

    let verified = site.run(&["verify"]);
    assert!(verified.status.success(), "{}", text_of(&verified));
    let server = site.start().await;
    load::check(&server, &sent).await;
    server.stop().await;
}

/// A number that differs from run to run.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Declares a test that dies at a fault point's first and second hit, and once more at the same while it recovers.
macro_rules! fault_points {
    ($($test:ident: $point:literal),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            for hit in [1, 2] {
                die_at(&format!("{}=abort@{hit}", $point)).await;
            }
        }
    )*};
}

fault_points! {
    death_before_an_append_loses_nothing: "wal.append",
    death_before_a_sync_loses_nothing: "wal.before_sync",
    death_after_a_sync_loses_nothing: "wal.after_sync",
    death_before_a_new_segment_loses_nothing: "wal.new_segment",
    death_before_the_files_of_a_flush_loses_nothing: "flush.before_files",
    death_between_files_and_commit_loses_nothing: "flush.before_commit",
    death_between_the_commits_of_two_tables_loses_nothing: "flush.after_commit",
    death_between_commit_and_trim_loses_nothing: "flush.before_trim",
}

async fn die_at(fault: &str) {
    let site = Site::new(SMALL);
    let load = Load::start();
    let server = site.start().await;
    load.point_at(&server);
    load.more(5).await;
    server.kill();
    for _ in 0..2 {
        let ended = run_until_the_end(&site, &load, fault).await;
        assert!(ended.is_abort(), "{fault}: {ended}");
    }
    let server = site.start().await;
    load.point_at(&server);
    load.more(20).await;
    let sent = load.finish().await;
    load::check(&server, &sent).await;
    server.stop().await;
    let server = site.start().await;
    load::check(&server, &sent).await;
    server.stop().await;
}

/// The fault may strike before the server is ready, as it replays, or later, under load.
async fn run_until_the_end(site: &Site, load: &Load, fault: &str) -> Ended {
    match site.try_start(&[("SPANLOOM_FAULT", fault)]).await {
        Ok(server) => {
            load.point_at(&server);
            server.end().await
        }
        Err(ended) => ended,
    }
}

/// A step that fails without a crash: its requests are refused, resent and then stored once, not twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_write_is_refused_and_not_found_later() {
    let site = Site::new(SMALL);
    let faults = "wal.append=error@5,wal.before_sync=error@9,wal.after_sync=error@13,wal.new_segment=error@3,\
                  flush.before_files=error@2,flush.before_commit=error@3,\
                  flush.after_commit=error@4,flush.before_trim=error@3";
    let server = site.try_start(&[("SPANLOOM_FAULT", faults)]).await.unwrap_or_else(|ended| panic!("{ended}"));
    let load = Load::start_at(&server);
    load.more(150).await;
    let sent = load.finish().await;
    assert!(sent.iter().all(|request| request.lost == 0), "a request got no answer, though nothing crashed");
    assert!(server.metric("spanloom_wal_failed_frames_total").await > 0.0, "no write failed");
    assert!(server.metric("spanloom_flush_failed_total").await > 0.0, "no flush failed");
    load::check(&server, &sent).await;
    server.kill();
    let server = site.start().await;
    load::check(&server, &sent).await;
    server.stop().await;
}
