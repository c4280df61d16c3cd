//! Two writers of one table.

use super::*;
use crate::lake::file::encode_window;
use crate::lake::location::Location;
use crate::schema::Table;
use crate::schema::edges::EdgesBuilder;

const NOW_NS: i64 = 1_767_225_600_000_000_000;

fn mark(revision: i64) -> WindowMark {
    WindowMark { window_ns: NOW_NS, revision, last_frame: 7 }
}

async fn open(dir: &std::path::Path) -> LakeTable {
    let mut table = LakeTable::open(Table::Edges, Location::directory(dir).unwrap()).await.unwrap();
    table.ensure().await.unwrap();
    table
}

async fn try_commit(table: &mut LakeTable, writer: &str, revision: i64, settled_frame: u64) -> bool {
    let file = encode_window(Table::Edges, EdgesBuilder::default().finish(), NOW_NS).unwrap();
    let add = table.store_window(file, writer, mark(revision), NOW_NS).await.unwrap();
    let commit = WindowsCommit { writer, files: &[(mark(revision), add)], settled_frame };
    table.try_commit_windows(&commit, NOW_NS).await.unwrap()
}

#[tokio::test]
async fn a_commit_holds_only_under_the_snapshot_that_was_decided_on() {
    let dir = tempfile::tempdir().unwrap();
    let (mut a, mut b) = (open(dir.path()).await, open(dir.path()).await);
    assert!(try_commit(&mut a, "a", 1, 3).await);
    assert!(!try_commit(&mut b, "b", 1, 9).await, "its snapshot is from before");
    assert_eq!(b.snapshot().window("a", NOW_NS), Some(mark(1)), "and is now the newest");
    assert!(try_commit(&mut b, "b", 1, 9).await);
    assert_eq!(b.snapshot().files.len(), 2, "writers do not supersede one another");
    assert_eq!((b.committed("a").await.unwrap(), b.committed("b").await.unwrap()), (3, 9));
}

#[tokio::test]
async fn what_is_settled_never_becomes_less() {
    let dir = tempfile::tempdir().unwrap();
    let mut table = open(dir.path()).await;
    assert!(try_commit(&mut table, "a", 1, 9).await);
    assert!(try_commit(&mut table, "a", 2, 4).await);
    assert_eq!(table.committed("a").await.unwrap(), 9);
    assert_eq!(open(dir.path()).await.committed("a").await.unwrap(), 9);
}

#[tokio::test]
async fn a_commit_takes_out_what_it_supersedes() {
    let dir = tempfile::tempdir().unwrap();
    let mut table = open(dir.path()).await;
    assert!(try_commit(&mut table, "a", 1, 1).await);
    let first = table.snapshot().files[0].relative_path.clone();
    assert!(try_commit(&mut table, "a", 2, 2).await);
    assert!(table.snapshot().superseded.is_empty());
    assert_eq!(table.snapshot().window("a", NOW_NS), Some(mark(2)));
    assert!(dir.path().join(&first).exists(), "readers of the version before may still open it");
    assert!(crate::retention::orphans(&table).await.unwrap().is_empty(), "and however old it is, it is no leftover");
    assert_eq!(table.take_removed(NOW_NS + 1, NOW_NS + 1), [first]);
    assert_eq!(crate::retention::orphans(&table).await.unwrap().len(), 1);
}
