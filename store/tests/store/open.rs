//! Opening: one process at a time, read-only, damage by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use spanloom_store::*;

use crate::fixture::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_store_on_one_directory_is_refused() {
    let fixture = Fixture::new().await;
    let registry = &mut prometheus_client::registry::Registry::default();
    let second = Store::open(fixture.config.clone(), Arc::new(TestDecode), Arc::new(SystemClock), registry).await;
    assert!(matches!(second.map(|_| ()), Err(OpenError::Lock(LockError::InUse { .. }))));
    assert!(matches!(verify(fixture.config.clone()).await.map(|_| ()), Err(OpenError::Lock(_))));
}

/// Rows in the lake and rows in the log only.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_lake_is_read_without_a_change() {
    let fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1)]).await;
    fixture.store().flush().await.unwrap();
    fixture.append(&[TestSpan::new(1, 2)]).await;
    let crashed = tempfile::tempdir().unwrap();
    copy_dir(fixture.dir.path(), crashed.path());
    let before = contents(crashed.path());

    let config = Config { data_dir: crashed.path().to_owned(), ..fixture.config.clone() };
    let store = Store::open_read_only(config, Arc::new(TestDecode)).await.unwrap();
    assert!(store.is_ready());
    assert_eq!(ids_of(&store, "default").await, [(1, 1), (1, 2)]);
    assert!(store.append(append_of("default", &[TestSpan::new(1, 3)])).await.is_err());
    assert!(matches!(store.flush().await, Err(FlushError::ReadOnly)));
    store.shutdown().await.unwrap();
    assert_eq!(contents(crashed.path()), before);
}

/// Every file but the lock, which names its owner.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(contents(&path));
        } else if !path.ends_with("lock") {
            files.insert(path.clone(), std::fs::read(path).unwrap());
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_not_there_cannot_be_read() {
    let mut config = Fixture::closed(|_| {}).config;
    config.data_dir.push("nowhere");
    let refused =
        Store::open_read_only(config.clone(), Arc::new(TestDecode)).await.map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("nowhere"), "{refused}");
    assert!(verify(config).await.is_err());
}
