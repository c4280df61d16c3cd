//! A lake in a bucket, of a real object store, through the life of its files.

use std::path::PathBuf;
use std::time::Duration;

use spanloom_bucket::{BUCKET, Bucket, CREDENTIALS, Mood};
use spanloom_store::*;

use crate::fixture::*;

fn lake(bucket: &Bucket) -> LakeConfig {
    let environment = CREDENTIALS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let endpoint = Some(bucket.endpoint().parse().unwrap());
    let url = Some(format!("s3://{BUCKET}/lake").parse().unwrap());
    LakeConfig { url, s3: S3Config { endpoint, environment, ..S3Config::default() }, ..LakeConfig::default() }
}

async fn fixture(bucket: &Bucket) -> Fixture {
    Fixture::with(|config| {
        config.lake = lake(bucket);
        config.compaction.enabled = false;
    })
    .await
}

fn objects(bucket: &Bucket) -> Vec<PathBuf> {
    let files = files_below(&bucket.dir(), "parquet");
    files.into_iter().filter(|path| !path.to_string_lossy().contains("_delta_log")).collect()
}

fn live(fixture: &Fixture) -> usize {
    let view = fixture.store().view(&TenantId::default());
    Table::ALL.into_iter().map(|table| view.table(table).files().count()).sum()
}

fn ids(spans: std::ops::RangeInclusive<i64>) -> Vec<(i64, i64)> {
    spans.map(|span| (7, span)).collect()
}

async fn commit_window(fixture: &Fixture, n: u64) {
    let rows = window(NOW_NS, n, &[edge(NOW_NS, "cart", n as f64)]);
    let committed = fixture.store().commit_windows(&TenantId::default(), Table::Edges, vec![rows], n).await.unwrap();
    assert_eq!(committed.written.len(), 1, "{committed:?}");
}

/// Flushed, written again, put together, forgotten and deleted; also where the store makes each commit and says that it failed.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_made_put_together_and_deleted() {
    for mood in [Mood::Well, Mood::Forgetful] {
        let bucket = Bucket::start().await;
        bucket.set_mood(mood);
        let mut fixture = fixture(&bucket).await;
        for span in 1..=9 {
            fixture.append(&[TestSpan::new(7, span)]).await;
            fixture.store().flush().await.unwrap();
            commit_window(&fixture, span as u64).await;
        }
        assert_eq!(fixture.crashed().await.ids("default").await, ids(1..=9), "{mood:?}");

        fixture.clock.advance(Duration::from_hours(2));
        fixture.store().compact().await.unwrap();
        let view = fixture.store().view(&TenantId::default());
        assert_eq!(view.table(Table::Spans).files().count(), 1, "{mood:?}");
        assert_eq!(batches(fixture.store(), "default", Table::Edges).await.len(), 1, "{mood:?}: one window counts");
        assert_eq!(fixture.ids("default").await, ids(1..=9), "{mood:?}");

        fixture.clock.advance(Duration::from_hours(2));
        fixture.store().retain().await.unwrap();
        assert_eq!(objects(&bucket).len(), live(&fixture), "{mood:?}: what was put together is deleted, and no more");
        assert_eq!(fixture.ids("default").await, ids(1..=9), "{mood:?}");
        fixture.close().await;
        assert!(verify(fixture.config.clone()).await.unwrap().is_sound(), "{mood:?}");

        fixture.open().await.unwrap();
        assert_eq!(fixture.ids("default").await, ids(1..=9), "{mood:?}: after a start");
        fixture.clock.advance(Duration::from_hours(14 * 24 + 1));
        fixture.store().retain().await.unwrap();
        assert_eq!((fixture.ids("default").await, live(&fixture)), (vec![], 0), "{mood:?}: it is too old");
        fixture.clock.advance(Duration::from_hours(2));
        fixture.store().retain().await.unwrap();
        assert_eq!(objects(&bucket), Vec::<PathBuf>::new(), "{mood:?}");
        assert_eq!(bucket.met() > 20, mood == Mood::Forgetful, "{mood:?}: {}", bucket.met());
        assert!(!fixture.dir.path().join("lake").exists(), "{mood:?}: nothing lies on the local disk");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_object_is_named_and_set_aside() {
    let bucket = Bucket::start().await;
    let mut fixture = fixture(&bucket).await;
    for span in 1..=2 {
        fixture.append(&[TestSpan::new(7, span)]).await;
        fixture.store().flush().await.unwrap();
    }
    fixture.close().await;
    let spans = |path: &&PathBuf| path.to_string_lossy().contains("/spans/");
    let damaged = objects(&bucket).iter().find(spans).unwrap().clone();
    let mut bytes = std::fs::read(&damaged).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&damaged, bytes).unwrap();

    let report = verify(fixture.config.clone()).await.unwrap();
    let found: Vec<&DamagedFile> = report.tables.iter().flat_map(|table| &table.damaged).collect();
    let name = damaged.file_name().unwrap().to_string_lossy();
    let [DamagedFile { name: url, problem, .. }] = found[..] else { panic!("{found:?}") };
    assert!(url.starts_with("s3://observability/lake/default/spans/hour=") && url.ends_with(&*name), "{url}");
    assert!(problem.contains("checksum"), "{problem}");

    let repaired = repair(fixture.config.clone()).await.unwrap();
    let [(_, kept)] = &repaired.quarantined[..] else { panic!("{repaired:?}") };
    assert!(kept.starts_with(fixture.dir.path()) && kept.exists() && !damaged.exists(), "{}", kept.display());
    fixture.open().await.unwrap();
    assert_eq!(fixture.ids("default").await.len(), 1, "the rest is served");
}

/// What cannot be asked is not damaged: a repair that took it for that would empty the lake.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_fails_is_not_repaired() {
    let bucket = Bucket::start().await;
    let mut fixture = Fixture::with(|config| {
        config.lake = lake(&bucket);
        config.lake.s3.timeout = Duration::from_secs(1);
    })
    .await;
    fixture.append(&[TestSpan::new(7, 1)]).await;
    fixture.close().await;
    bucket.set_mood(Mood::WithoutFiles);
    assert!(verify(fixture.config.clone()).await.unwrap_err().to_string().contains("s3://observability/lake/default/"));
    repair(fixture.config.clone()).await.unwrap_err();
    assert!(bucket.met() > 1);
    bucket.set_mood(Mood::Well);
    assert!(verify(fixture.config.clone()).await.unwrap().is_sound());
    fixture.open().await.unwrap();
    assert_eq!(fixture.ids("default").await, ids(1..=1));
}

/// A bucket has no end that a part of a disk could be of; a size bounds it.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_bounded_by_a_size() {
    for (budget, expected) in [("1%", ids(1..=2)), ("1B", vec![])] {
        let bucket = Bucket::start().await;
        let fixture = Fixture::with(|config| {
            config.lake = lake(&bucket);
            config.retention.disk_budget = budget.parse().unwrap();
        })
        .await;
        fixture.append(&[TestSpan::new(7, 1), TestSpan::new(7, 2)]).await;
        fixture.store().flush().await.unwrap();
        fixture.store().retain().await.unwrap();
        assert_eq!(fixture.ids("default").await, expected, "{budget}");
    }
}
