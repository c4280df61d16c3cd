use object_store::memory::InMemory;
use tempfile::TempDir;

use super::*;
use crate::metrics::Metrics;

/// A store, copies of at most so many KiB, and what they are counted by.
struct Place {
    bucket: Arc<InMemory>,
    dir: TempDir,
    metrics: CacheMetrics,
}

impl Place {
    fn new() -> Self {
        let metrics = Metrics::new(&mut prometheus_client::registry::Registry::default()).cache;
        Self { bucket: Arc::new(InMemory::new()), dir: tempfile::tempdir().unwrap(), metrics }
    }

    fn open(&self, kib_max: u64) -> CachedBucket {
        let bucket: Arc<dyn ObjectStore> = self.bucket.clone();
        CachedBucket::open(bucket, self.dir.path(), kib_max * 1024, &self.metrics).unwrap()
    }

    fn counts(&self) -> (u64, u64, u64) {
        (self.metrics.hits.get(), self.metrics.misses.get(), self.metrics.bytes.get())
    }

    fn copies(&self) -> usize {
        std::fs::read_dir(self.dir.path()).unwrap().count()
    }
}

fn file(n: usize) -> Path {
    Path::from(format!("lake/spans/hour=1/{n}.parquet"))
}

fn bytes(n: usize) -> Bytes {
    Bytes::from(vec![n as u8; 1000])
}

async fn put(store: &dyn ObjectStore, n: usize) {
    store.put(&file(n), bytes(n).into()).await.unwrap();
}

async fn read(store: &dyn ObjectStore, n: usize) -> Bytes {
    store.get(&file(n)).await.unwrap().bytes().await.unwrap()
}

async fn until_kept(cached: &CachedBucket, n: usize) {
    while cached.copies.find(&file(n)).is_none() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_was_stored_or_read_is_read_from_its_copy() {
    let place = Place::new();
    let cached = place.open(100);
    put(&cached, 1).await;
    assert_eq!((read(&cached, 1).await, place.counts()), (bytes(1), (1, 0, 1000)));
    let ranges = cached.get_ranges(&file(1), &[0..10, 990..1000]).await.unwrap();
    assert_eq!(ranges, [bytes(1).slice(..10), bytes(1).slice(990..)]);
    assert_eq!(cached.get(&file(1)).await.unwrap().meta.location, file(1));

    put(&*place.bucket, 2).await;
    assert_eq!(cached.get_range(&file(2), 900..1000).await.unwrap(), bytes(2).slice(..100));
    until_kept(&cached, 2).await;
    place.bucket.delete(&file(2)).await.unwrap();
    assert_eq!((read(&cached, 2).await, place.counts()), (bytes(2), (4, 1, 2000)));
}

#[tokio::test]
async fn files_of_logs_have_no_copies() {
    let place = Place::new();
    let cached = place.open(100);
    for name in ["lake/spans/_delta_log/1.json", "lake/spans/_delta_log/1.checkpoint.parquet"] {
        cached.put(&Path::from(name), bytes(1).into()).await.unwrap();
        cached.get(&Path::from(name)).await.unwrap();
    }
    assert_eq!((place.counts(), place.copies()), ((0, 0, 0), 0));
}

#[tokio::test]
async fn the_copies_that_were_not_asked_for_longest_go_first() {
    let place = Place::new();
    let cached = place.open(3);
    for n in 1..=3 {
        put(&cached, n).await;
    }
    read(&cached, 1).await;
    put(&cached, 4).await;
    assert_eq!((place.counts().2, place.copies()), (3000, 3));
    let there: Vec<usize> = (1..=4).filter(|n| cached.copies.find(&file(*n)).is_some()).collect();
    assert_eq!(there, [1, 3, 4]);
    assert_eq!(read(&cached, 2).await, bytes(2), "the bucket has it");
    cached.put(&file(5), vec![5; 4096].into()).await.unwrap();
    assert!(cached.copies.find(&file(5)).is_none(), "larger than everything");
    assert_eq!(read(&cached, 5).await.len(), 4096);
}

#[tokio::test]
async fn copies_are_found_again_after_a_restart() {
    let place = Place::new();
    let cached = place.open(100);
    for n in 1..=3 {
        put(&cached, n).await;
    }
    drop(cached);
    std::fs::write(place.dir.path().join(name_of(&file(9))).with_extension("7"), b"torn").unwrap();
    place.metrics.bytes.set(0);
    let cached = place.open(2);
    assert_eq!((place.counts().2, place.copies()), (2000, 2), "as many as there is room for, and no torn one");
    assert_eq!(read(&cached, 3).await, bytes(3));
    assert_eq!(place.counts().0, 1);
}

#[tokio::test]
async fn what_is_deleted_or_lost_has_no_copy() {
    let place = Place::new();
    let cached = place.open(100);
    put(&cached, 1).await;
    put(&cached, 2).await;
    cached.delete(&file(1)).await.unwrap();
    assert!(matches!(cached.get(&file(1)).await, Err(object_store::Error::NotFound { .. })));
    std::fs::remove_file(place.dir.path().join(name_of(&file(2)))).unwrap();
    assert_eq!(read(&cached, 2).await, bytes(2), "the copy is gone, the file is not");
    until_kept(&cached, 2).await;
    assert_eq!(place.copies(), 1);
}
