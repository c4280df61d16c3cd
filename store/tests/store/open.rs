//! Opening: one process at a time, read-only, damage by name.

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

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_lake_is_read_without_a_change() {
    let mut fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1)]).await;
    fixture.store().flush().await.unwrap();
    fixture.close().await;
    let store = Store::open_read_only(fixture.config.clone(), Arc::new(TestDecode)).await.unwrap();
    assert_eq!(ids_of(&store, "default").await, [(1, 1)]);
    let append = append_of("default", &[TestSpan::new(1, 2)]);
    assert!(store.append(append).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_not_there_cannot_be_read() {
    let mut config = Fixture::closed(|_| {}).config;
    config.data_dir.push("nowhere");
    let refused = Store::open_read_only(config.clone(), Arc::new(TestDecode)).await.map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("nowhere"), "{refused}");
    assert!(verify(config).await.is_err());
}
