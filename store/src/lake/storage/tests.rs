use futures::TryStreamExt as _;
use object_store::ObjectStoreExt as _;
use object_store::prefix::PrefixStore;
use tempfile::TempDir;

use super::*;

type Store = PrefixStore<SyncedFileSystem>;

fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = PrefixStore::new(SyncedFileSystem::at_root(), Path::from_absolute_path(dir.path()).unwrap());
    (dir, store)
}

async fn create(store: &Store, path: &str, bytes: &'static [u8]) -> Result<PutResult> {
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    store.put_opts(&Path::from(path), PutPayload::from_static(bytes), options).await
}

async fn read(store: &Store, path: &str) -> bytes::Bytes {
    store.get(&Path::from(path)).await.unwrap().bytes().await.unwrap()
}

async fn list(store: &Store) -> Vec<String> {
    let mut found: Vec<_> = store.list(None).map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap();
    found.sort();
    found
}

/// A commit is a file that must not be there yet: of two writers one is refused, and what it wrote is nowhere.
#[tokio::test]
async fn what_is_there_is_not_created_again() {
    let (dir, store) = store();
    create(&store, "log/1.json", b"first").await.unwrap();
    assert!(matches!(create(&store, "log/1.json", b"second").await, Err(Error::AlreadyExists { .. })));
    assert_eq!(read(&store, "log/1.json").await, "first");
    assert_eq!(fs::read_dir(dir.path().join("log")).unwrap().count(), 1, "a staged file is left over");
}

#[tokio::test]
async fn a_put_replaces_what_is_there() {
    let (dir, store) = store();
    let path = Path::from("a/b/c");
    store.put(&path, PutPayload::from_static(b"old")).await.unwrap();
    store.put(&path, PutPayload::from_static(b"new")).await.unwrap();
    assert_eq!(read(&store, "a/b/c").await, "new");
    assert_eq!(fs::read_dir(dir.path().join("a/b")).unwrap().count(), 1);
}

/// A crash may leave what was staged; readers and delta-rs never see it.
#[tokio::test]
async fn a_staged_file_is_not_listed() {
    let (dir, store) = store();
    create(&store, "log/1.json", b"whole").await.unwrap();
    stage(&staged_path(&dir.path().join("log/2.json")), &PutPayload::from_static(b"half")).unwrap();
    assert_eq!(fs::read_dir(dir.path().join("log")).unwrap().count(), 2);
    assert_eq!(list(&store).await, ["log/1.json"]);
}

#[tokio::test]
async fn uploads_in_parts_and_copies_arrive_whole() {
    let (_dir, store) = store();
    let mut upload = store.put_multipart(&Path::from("checkpoint")).await.unwrap();
    upload.put_part(PutPayload::from_static(b"one ")).await.unwrap();
    upload.put_part(PutPayload::from_static(b"two")).await.unwrap();
    assert!(list(&store).await.is_empty(), "it is there before it is whole");
    upload.complete().await.unwrap();
    store.copy(&Path::from("checkpoint"), &Path::from("copy")).await.unwrap();
    assert_eq!(read(&store, "copy").await, "one two");
    let mut aborted = store.put_multipart(&Path::from("aborted")).await.unwrap();
    aborted.put_part(PutPayload::from_static(b"x")).await.unwrap();
    aborted.abort().await.unwrap();
    assert_eq!(list(&store).await, ["checkpoint", "copy"]);
}

#[tokio::test]
async fn errors_say_what_they_are() {
    let (dir, store) = store();
    assert!(matches!(store.get(&Path::from("nothing")).await, Err(Error::NotFound { .. })));
    fs::write(dir.path().join("file"), b"").unwrap();
    let refused = create(&store, "file/below", b"x").await.unwrap_err().to_string();
    assert!(refused.contains("SyncedFileSystem") || refused.contains("file/below"), "{refused}");
    let update =
        PutOptions { mode: PutMode::Update(PutResult { e_tag: None, version: None }.into()), ..PutOptions::default() };
    let refused = store.put_opts(&Path::from("a"), PutPayload::new(), update).await;
    assert!(matches!(refused, Err(Error::NotImplemented { .. })));
}
