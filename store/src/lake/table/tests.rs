//! One table: each range once, whatever happens between its file and its commit, and nothing that is not ours.

use std::borrow::Cow;

use tempfile::TempDir;

use super::*;
use crate::ids::{SpanId, TraceId};
use crate::lake::file::encode;
use crate::lake::snapshot::StatValue;
use crate::retention::orphans;
use crate::schema::spans::{Quirks, Resource, Scope, Span, SpansBuilder};
use crate::value::Value;

/// 2026-01-01T00:00:00Z.
const NOW_NS: i64 = 1_767_225_600_000_000_000;

/// A directory for one table.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    async fn try_open(&self) -> Result<LakeTable, LakeError> {
        LakeTable::open(Table::Spans, Location::directory(&self.dir.path().join("spans"))?).await
    }

    async fn open(&self) -> LakeTable {
        self.try_open().await.unwrap()
    }

    fn commit_file(&self, version: u64) -> PathBuf {
        self.dir.path().join(format!("spans/_delta_log/{version:020}.json"))
    }
}

fn range(app_id: &str, last: u64) -> WalRange {
    WalRange { app_id: app_id.to_owned(), first: last, last }
}

fn file(span_id: i64) -> EncodedFile {
    let service = (Cow::from("service.name"), Value::String(format!("service-{span_id}").into()));
    let resource = Resource { attributes: vec![service], ..Resource::default() };
    let span = Span {
        trace_id: TraceId::from_halves(0, 1),
        span_id: SpanId::from_int(span_id),
        parent_span_id: None,
        trace_state: "".into(),
        flags: 0,
        name: "".into(),
        kind: 0,
        start_ns: NOW_NS + span_id,
        end_ns: NOW_NS + span_id,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: Vec::new(),
        dropped_events_count: 0,
        links: Vec::new(),
        dropped_links_count: 0,
        status_code: 0,
        status_message: "".into(),
        quirks: Quirks::default(),
    };
    let mut builder = SpansBuilder::new();
    builder.append(&resource, &Scope::default(), &span);
    encode(Table::Spans, &[builder.finish_coded()], NOW_NS).unwrap().remove(0)
}

/// Stores a file and commits it as a range.
async fn add(table: &mut LakeTable, wal: &WalRange, span_id: i64) {
    let added = table.store(file(span_id), wal, NOW_NS).await.unwrap();
    table.commit(wal, vec![added]).await.unwrap();
}

/// The spans of a snapshot, told by the bounds in the log.
fn spans(table: &LakeTable) -> Vec<i64> {
    let mut found = Vec::new();
    for file in &table.snapshot().files {
        let Some(StatValue::Int(start_ns)) = file.ranges["start_ns"].min else { panic!("{file:?}") };
        found.push(start_ns - NOW_NS);
    }
    found.sort_unstable();
    found
}

#[tokio::test]
async fn a_range_is_committed_once() {
    let place = Place::new();
    let mut table = place.open().await;
    assert_eq!((table.snapshot().version, table.committed("wal/0").await.unwrap()), (-1, 0));
    add(&mut table, &range("wal/0", 7), 1).await;
    add(&mut table, &range("wal/0", 7), 2).await;
    assert_eq!((spans(&table), table.committed("wal/0").await.unwrap()), (vec![1], 7));
    let mut table = place.open().await;
    add(&mut table, &range("wal/0", 7), 3).await;
    assert_eq!(spans(&table), [1]);
    add(&mut table, &range("wal/0", 8), 4).await;
    assert_eq!(spans(&place.open().await), [1, 4]);
    assert_eq!(orphans(&table).await.unwrap().len(), 2, "the files of the refused ranges");
}

/// delta-rs would take it, and the number in the table would go back.
#[tokio::test]
async fn a_range_before_one_that_is_there_is_not_committed() {
    let place = Place::new();
    let mut table = place.open().await;
    add(&mut table, &range("wal/0", 7), 1).await;
    add(&mut table, &range("wal/0", 5), 2).await;
    assert_eq!((spans(&table), table.committed("wal/0").await.unwrap()), (vec![1], 7));
}

#[tokio::test]
async fn logs_do_not_know_of_one_another() {
    let place = Place::new();
    let mut table = place.open().await;
    add(&mut table, &range("old/0", 1000), 1).await;
    add(&mut table, &range("new/0", 1), 2).await;
    assert_eq!(spans(&table), [1, 2]);
    assert_eq!((table.committed("old/0").await.unwrap(), table.committed("new/0").await.unwrap()), (1000, 1));
}

/// They stay until no reader of this process can hold them, and are no leftovers meanwhile.
#[tokio::test]
async fn files_that_another_process_took_out_are_noticed() {
    let place = Place::new();
    let mut ours = place.open().await;
    add(&mut ours, &range("wal/0", 1), 1).await;
    let first = Arc::clone(&ours.snapshot().files[0]);
    let mut theirs = place.open().await;
    theirs.remove(std::slice::from_ref(&first), NOW_NS).await.unwrap();
    assert_eq!(ours.removed().count(), 0);
    ours.refresh().await.unwrap();
    assert_eq!(ours.removed().collect::<Vec<_>>(), [first.relative_path.as_str()]);
    assert_eq!(orphans(&ours).await.unwrap(), []);
    assert!(ours.take_removed(NOW_NS, NOW_NS).is_empty(), "it is noticed now");
    assert_eq!(ours.take_removed(NOW_NS + 1, NOW_NS + 1), std::slice::from_ref(&first.relative_path));
}

/// A flush took more than what an attempt before it, which seemed to have failed, has put into the table by now.
#[tokio::test]
async fn a_range_of_which_a_part_is_there_is_not_committed() {
    let place = Place::new();
    let mut ours = place.open().await;
    add(&mut ours, &range("wal/0", 1), 1).await;
    let mut late = place.open().await;
    let wal = |last| WalRange { first: 2, ..range("wal/0", last) };
    let more = ours.store(file(3), &wal(3), NOW_NS).await.unwrap();
    add(&mut late, &wal(2), 2).await;
    let refused = ours.commit(&wal(3), vec![more]).await.unwrap_err();
    assert!(matches!(refused, LakeError::Overtaken { .. }), "{refused}");
    assert_eq!((spans(&place.open().await), ours.committed("wal/0").await.unwrap()), (vec![1, 2], 2));
}

/// Two committers that both believe that they are next.
#[tokio::test]
async fn a_conflict_is_no_commit_and_the_range_is_checked_again_after_it() {
    let place = Place::new();
    let mut ours = place.open().await;
    add(&mut ours, &range("wal/0", 1), 1).await;
    let mut stale = place.open().await;
    add(&mut ours, &range("wal/0", 2), 2).await;
    let late = stale.store(file(3), &range("wal/0", 2), NOW_NS).await.unwrap();
    let action = Action::Add(late.clone());
    let committed = stale.try_commit(Some(("wal/0", 2)), vec![action], write_operation()).await.unwrap();
    assert!(!committed, "the version was taken");
    stale.commit(&range("wal/0", 2), vec![late.clone()]).await.unwrap();
    assert_eq!(spans(&stale), [1, 2], "the range was there already");
    stale.commit(&range("wal/0", 3), vec![late]).await.unwrap();
    assert_eq!(spans(&stale), [1, 2, 3], "a range that was not");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_committers_that_race_for_a_range_one_succeeds() {
    let place = Place::new();
    add(&mut place.open().await, &range("wal/0", 1), 1).await;
    for last in 2..6 {
        let mut racers = tokio::task::JoinSet::new();
        for racer in 0..4 {
            let mut table = place.open().await;
            racers.spawn(async move { add(&mut table, &range("wal/0", last), 10 * last as i64 + racer).await });
        }
        racers.join_all().await;
    }
    let found = spans(&place.open().await);
    let ranges: Vec<i64> = found.iter().map(|span| span / 10).collect();
    assert_eq!(ranges, [0, 2, 3, 4, 5], "{found:?}");
}

#[tokio::test]
async fn a_file_without_a_commit_is_not_in_the_table() {
    let place = Place::new();
    let mut table = place.open().await;
    add(&mut table, &range("wal/0", 1), 1).await;
    let lost = table.store(file(2), &range("wal/0", 2), NOW_NS).await.unwrap();
    let mut table = place.open().await;
    assert_eq!(spans(&table), [1]);
    let expected = table.location().dir().unwrap().join(&lost.path);
    let found: Vec<String> = orphans(&table).await.unwrap().into_iter().map(|file| file.relative_path).collect();
    assert_eq!(found, std::slice::from_ref(&lost.path));
    add(&mut table, &range("wal/0", 2), 2).await;
    assert_eq!(spans(&table), [1, 2]);
    table.discard(&[lost]).await;
    assert!(!expected.exists() && orphans(&table).await.unwrap().is_empty());
}

/// A crash in the middle of making the table leaves its directories.
#[tokio::test]
async fn a_table_whose_making_was_interrupted_is_made() {
    let place = Place::new();
    std::fs::create_dir_all(place.dir.path().join("spans/_delta_log")).unwrap();
    let mut table = place.open().await;
    assert_eq!(table.snapshot().version, -1);
    add(&mut table, &range("wal/0", 1), 1).await;
    assert_eq!(spans(&place.open().await), [1]);
}

#[tokio::test]
async fn what_is_known_of_a_file_is_the_same_after_the_log_is_read_again() {
    let place = Place::new();
    let mut table = place.open().await;
    let encoded = file(1);
    let (rows, crc32, ranges, size) = (encoded.rows, encoded.crc32, encoded.ranges.clone(), encoded.bytes.len() as u64);
    let wal = WalRange { first: 1, ..range("wal/0", 9) };
    let added = table.store(encoded, &wal, NOW_NS).await.unwrap();
    table.commit(&wal, vec![added.clone()]).await.unwrap();
    let found = Arc::clone(&table.snapshot().files[0]);
    assert_eq!((found.rows, found.crc32, &found.ranges, found.size), (rows, Some(crc32), &ranges, size));
    assert_eq!((found.hour.as_str(), found.ingested_ns), ("2026-01-01-00", NOW_NS));
    assert_eq!(place.open().await.snapshot().files, table.snapshot().files);
    let tags = added.tags.unwrap();
    assert_eq!(tags["spanloom.frames"].as_deref(), Some("1-9"));
    assert_eq!(tags["spanloom.wal"].as_deref(), Some("wal/0"));
}

#[tokio::test]
async fn removed_files_leave_the_table_at_once_and_the_disk_later() {
    let place = Place::new();
    let mut table = place.open().await;
    add(&mut table, &range("wal/0", 1), 1).await;
    add(&mut table, &range("wal/0", 2), 2).await;
    let first =
        table.snapshot().files.iter().find(|file| file.ranges["start_ns"].min == Some(StatValue::Int(NOW_NS + 1)));
    let first = Arc::clone(first.unwrap());
    table.remove(&[Arc::clone(&first)], NOW_NS).await.unwrap();
    assert_eq!(spans(&place.open().await), [2]);
    assert!(table.location().dir().unwrap().join(&first.relative_path).exists());
    assert!(table.take_removed(NOW_NS, NOW_NS).is_empty(), "a reader may hold it");
    assert_eq!(table.take_removed(NOW_NS + 1, NOW_NS + 1), std::slice::from_ref(&first.relative_path));
    assert!(table.take_removed(NOW_NS + 1, NOW_NS + 1).is_empty(), "once");
    assert_eq!(table.committed("wal/0").await.unwrap(), 2);
}

#[tokio::test]
async fn a_checkpoint_holds_files_and_ranges_without_the_commits_before_it() {
    let place = Place::new();
    let mut table = place.open().await;
    add(&mut table, &range("wal/0", 1), 1).await;
    assert_eq!(table.checkpoint_if_due(0).await.unwrap(), 0, "too early");
    for last in 2..=CHECKPOINT_COMMITS {
        table.commit(&range("wal/0", last), Vec::new()).await.unwrap();
    }
    let version = table.checkpoint_if_due(table.checkpointed().await).await.unwrap();
    assert_eq!((version, table.checkpointed().await), (CHECKPOINT_COMMITS, CHECKPOINT_COMMITS));
    for version in 0..CHECKPOINT_COMMITS {
        std::fs::remove_file(place.commit_file(version)).unwrap();
    }
    let mut table = place.open().await;
    assert_eq!((spans(&table), table.committed("wal/0").await.unwrap()), (vec![1], CHECKPOINT_COMMITS));
    add(&mut table, &range("wal/0", CHECKPOINT_COMMITS), 2).await;
    add(&mut table, &range("wal/0", CHECKPOINT_COMMITS + 1), 3).await;
    assert_eq!(spans(&place.open().await), [1, 3]);
}

/// Makes a table, changes the text of its first commit, and says why it is refused then.
async fn refusal(from: &str, to: &str) -> String {
    let place = Place::new();
    add(&mut place.open().await, &range("wal/0", 1), 1).await;
    let text = std::fs::read_to_string(place.commit_file(0)).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    std::fs::write(place.commit_file(0), text.replace(from, to)).unwrap();
    let refused = place.try_open().await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, LakeError::Foreign { .. }), "{refused:?}");
    let refused = refused.to_string();
    assert!(refused.contains(&place.dir.path().display().to_string()), "{refused}");
    refused
}

#[tokio::test]
async fn a_table_of_another_format_is_refused_by_name() {
    let refused = refusal(r#""spanloom.formatVersion":"1""#, r#""spanloom.formatVersion":"2""#).await;
    assert!(refused.contains("format version 2"), "{refused}");
    let refused = refusal(r#""spanloom.formatVersion":"1""#, r#""other":"1""#).await;
    assert!(refused.contains("no spanloom.formatVersion"), "{refused}");
    let refused = refusal(r#"\"name\":\"http_route\""#, r#"\"name\":\"route\""#).await;
    assert!(refused.contains("columns"), "{refused}");
    let refused = refusal(r#""minReaderVersion":1"#, r#""minReaderVersion":2"#).await;
    assert!(refused.contains("reader version 2"), "{refused}");
}

/// Both are read by other programs, from the log alone.
#[tokio::test]
async fn the_log_says_how_attributes_are_spread() {
    let place = Place::new();
    add(&mut place.open().await, &range("wal/0", 1), 1).await;
    let text = std::fs::read_to_string(place.commit_file(0)).unwrap();
    let property = format!(r#""spanloom.attributeBucket":"crc32(key) % {}""#, crate::schema::promoted::BUCKETS);
    assert!(text.contains(&property), "{text}");
    assert!(!text.contains("setTransactionRetentionDuration"), "{text}");
}
