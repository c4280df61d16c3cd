//! Readers: fresh after the acknowledgement, one picture while flushes commit, tenants apart.

use std::collections::BTreeSet;

use spanloom_store::*;

use crate::fixture::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_acknowledged_span_is_in_the_next_view_exactly_once_while_flushes_commit() {
    let fixture = Fixture::new().await;
    let store = fixture.store().clone();
    let flushing = tokio::spawn({
        let store = store.clone();
        async move {
            for _ in 0..25 {
                store.flush().await.unwrap();
            }
        }
    });
    let mut acknowledged = 0;
    while !flushing.is_finished() || acknowledged < 300 {
        acknowledged += 1;
        fixture.append(&[TestSpan::new(1, acknowledged)]).await;
        let view = store.view(&TenantId::default());
        for table in [Table::Spans, Table::Traces] {
            let hot: u64 = view.table(table).hot().iter().map(|batch| batch.num_rows() as u64).sum();
            let lake: u64 = view.table(table).lake().files.iter().map(|file| file.rows).sum();
            match table {
                Table::Spans => assert_eq!(hot + lake, acknowledged as u64),
                _ => assert!(hot + lake >= 1),
            }
        }
    }
    flushing.await.unwrap();
    let ids = fixture.ids("default").await;
    assert_eq!(ids.len(), acknowledged as usize);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_stays_as_it_is() {
    let fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1)]).await;
    let before = fixture.store().view(&TenantId::default());
    fixture.append(&[TestSpan::new(1, 2)]).await;
    fixture.store().flush().await.unwrap();
    let rows = |view: &TenantView| view.table(Table::Spans).hot().iter().map(|b| b.num_rows()).sum::<usize>();
    assert_eq!(rows(&before), 1);
    let after = fixture.store().view(&TenantId::default());
    assert_eq!(rows(&after), 0);
    assert!(after.rev() > before.rev());
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_do_not_see_one_another() {
    let mut fixture = Fixture::new().await;
    fixture.store().append(append_of("a", &[TestSpan::new(1, 1)])).await.unwrap();
    fixture.store().append(append_of("b", &[TestSpan::new(2, 2)])).await.unwrap();
    for _ in 0..2 {
        assert_eq!(fixture.ids("a").await, [(1, 1)]);
        assert_eq!(fixture.ids("b").await, [(2, 2)]);
        assert!(fixture.ids("default").await.is_empty());
        fixture.store().flush().await.unwrap();
    }
    fixture.close().await;
    fixture.open().await.unwrap();
    assert_eq!(fixture.ids("b").await, [(2, 2)]);
    assert!(fixture.dir.path().join("lake/a/spans/_delta_log").is_dir());
}
