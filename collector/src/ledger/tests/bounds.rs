//! What is large stays bounded, counted and right.

use bytesize::ByteSize;
use spanloom_store::{Table, TenantId};

use super::history::shifted;
use super::world::{Tables, World};
use crate::ledger::config::LedgerConfig;
use crate::pair::tests::case::{self, RowParts};

const SECOND_NS: i64 = 1_000_000_000;

fn rows(lines: impl Iterator<Item = String>, trace: i64) -> Vec<RowParts> {
    let text = format!("== large\n{}", lines.collect::<Vec<_>>().join("\n"));
    shifted(&case::parse(&text).remove(0).rows, trace, 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_of_ten_thousand_spans_is_paired_whole() {
    let calls = (0..5_000).map(|n| format!("c{n} - client web 0..20 name=call\ns{n} c{n} server cart{} 5..15", n % 7));
    let trace = rows(calls, 1);
    let mut world = World::new().await;
    for part in trace.chunks(1_500) {
        world.send(part).await;
        world.turn_after(1).await;
    }
    let shown = world.tables().await;
    let expected = Tables::of(std::slice::from_ref(&trace));
    assert_eq!(shown.edges, expected.edges);
    world.settle().await;
    assert_eq!(world.tables().await.differs_from(&expected), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_ten_thousand_operations_keeps_the_most_frequent_and_the_sum() {
    let spans = (0..10_300).map(|n| {
        let name = if n < 10_000 { n } else { n % 3 };
        format!("s{n} - server web 0..20 name=op{name}")
    });
    let trace = rows(spans, 1);
    let mut world = World::new().await;
    world.send(&trace).await;
    world.turn_after(1).await;
    let check = |tables: &Tables| {
        let named = tables.operations.keys().filter(|key| key.operation.is_some()).count();
        let sum: f64 = tables.operations.values().map(|values| values.count.as_f64()).sum();
        assert_eq!((named, tables.operations.len(), sum), (200, 201, 10_300.0));
        let most =
            tables.operations.iter().max_by_key(|(key, values)| (key.operation.is_some(), values.count)).unwrap();
        assert_eq!(most.1.count.as_f64(), 101.0);
    };
    check(&world.tables().await);
    world.settle().await;
    check(&world.tables().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_services_are_five_thousand_edges() {
    let traces: Vec<Vec<RowParts>> = (0..50)
        .map(|trace| {
            let hops = (0..100).map(|n| {
                let service = trace * 100 + n;
                let parent = if n == 0 { "-".to_owned() } else { format!("s{}", n - 1) };
                format!("s{n} {parent} server svc{service} {n}..{} http.method=GET", 300 - n)
            });
            rows(hops, i64::from(trace) + 1)
        })
        .collect();
    let mut world = World::new().await;
    for trace in &traces {
        world.send(trace).await;
    }
    world.turn_after(1).await;
    assert_eq!(world.edges(Table::Edges).await.len(), 5_000);
    world.settle().await;
    assert_eq!(world.tables().await.differs_from(&Tables::of(&traces)), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_that_memory_cannot_hold_are_let_go_and_counted_all_the_same() {
    let config = LedgerConfig { memory_bytes_max: ByteSize::kib(64), ..LedgerConfig::default() };
    let mut world = World::with(config).await;
    let traces: Vec<Vec<RowParts>> = (0..400)
        .map(|n| {
            let lines = ["c - client web 0..20", "s c server cart 5..15", "d s client cart 6..9 db.system=redis"];
            shifted(&rows(lines.iter().map(ToString::to_string), 1), n + 1, n * SECOND_NS / 20)
        })
        .collect();
    for (n, trace) in traces.iter().enumerate() {
        let (now, later) = trace.split_at(2);
        world.send(now).await;
        if n % 3 > 0 {
            world.send(later).await;
        }
        if n % 40 == 39 {
            world.turn_after(2).await;
            let bytes: usize = world.pass.tenants.values().map(|tenant| tenant.bytes()).sum();
            assert!(bytes <= 64 * 1024, "{bytes}");
        }
    }
    for trace in traces.iter().step_by(3) {
        world.send(&trace[2..]).await;
    }
    world.turn_after(2).await;
    assert!(world.metric("evicted_early") > 100);
    world.settle().await;
    assert_eq!(world.tables().await.differs_from(&Tables::of(&traces)), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_have_ledgers_of_their_own() {
    let mut world = World::new().await;
    let trace = rows(["c - client web 0..20", "s c server cart 5..15"].iter().map(ToString::to_string), 1);
    world.send(&trace).await;
    world.send_as("other", &trace[1..]).await;
    world.turn_after(20).await;
    let rows = |tenant: &str| {
        let tenant: TenantId = tenant.parse().unwrap();
        let view = world.store.view(&tenant);
        view.table(Table::Edges).hot().iter().map(|batch| batch.num_rows()).sum::<usize>()
    };
    assert_eq!((rows("default"), rows("other")), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_that_says_1970_and_now_does_not_doubt_every_window_between() {
    let mut world = World::new().await;
    world.send(&rows(["s - server web 0..20".to_owned()].into_iter(), 1)).await;
    world.turn_after(1).await;
    let tenant = world.pass.tenants.values_mut().next().unwrap();
    tenant.doubt((0, case::BASE_NS - 600 * SECOND_NS), 1, case::BASE_NS);
    assert_eq!(tenant.late_minutes(), 121);
}
