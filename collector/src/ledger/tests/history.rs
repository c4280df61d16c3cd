//! Random histories: traces whose spans come in any order, in parts, late, twice; flushes, turns and crashes between them.

use proptest::prelude::*;
use spanloom_store::TraceId;

use super::world::{Tables, World};
use crate::ledger::config::LedgerConfig;
use crate::pair::tests::case::{self, RowParts};
use crate::pair::tests::random::tree;

const SECOND_NS: i64 = 1_000_000_000;

/// What happens, in this order at equal times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// Some spans of a trace come: those whose place in it gives this remainder.
    Send {
        trace: usize,
        part: usize,
        parts: usize,
    },
    Flush,
    Crash,
}

#[derive(Debug, Clone)]
struct History {
    traces: Vec<Vec<String>>,
    /// When each trace begins, in seconds.
    starts: Vec<i64>,
    /// Seconds, and what happens.
    events: Vec<(u64, Event)>,
    /// Seconds between turns.
    turn: u64,
    is_short_of_memory: bool,
}

fn history() -> impl Strategy<Value = History> {
    let traces = prop::collection::vec((tree(), 0..150_i64, 1..4_usize), 1..8);
    let delays = prop::collection::vec(prop_oneof![3 => 21..40_u64, 1 => 40..260_u64], 32);
    let flushes = prop::collection::vec(0..320_u64, 0..3);
    // A crash comes a while after spans did, at any step of what the ledger makes of them.
    let crashes = prop::collection::vec((any::<prop::sample::Index>(), 0..90_u64), 0..3);
    (traces, delays, flushes, crashes, 3..25_u64, any::<bool>()).prop_map(
        |(traces, delays, flushes, crashes, turn, short)| {
            let mut delays = delays.into_iter().cycle();
            let mut events: Vec<(u64, Event)> = Vec::new();
            for (trace, (_, start, parts)) in traces.iter().enumerate() {
                for part in 0..*parts {
                    let event = Event::Send { trace, part, parts: *parts };
                    events.push((*start as u64 + delays.next().unwrap(), event));
                    if part == 1 {
                        // A resend.
                        events.push((*start as u64 + delays.next().unwrap(), event));
                    }
                }
            }
            let crashes: Vec<_> = crashes.iter().map(|(at, after)| (at.get(&events).0 + after, Event::Crash)).collect();
            events.extend(crashes);
            events.extend(flushes.into_iter().map(|at| (at, Event::Flush)));
            events.sort_unstable();
            let starts = traces.iter().map(|(_, start, _)| *start).collect();
            History {
                traces: traces.into_iter().map(|(lines, ..)| lines).collect(),
                starts,
                events,
                turn,
                is_short_of_memory: short,
            }
        },
    )
}

impl History {
    fn rows(&self) -> Vec<Vec<RowParts>> {
        let rows = |(number, lines): (usize, &Vec<String>)| {
            let case = case::parse(&format!("== random\n{}", lines.join("\n"))).remove(0);
            shifted(&case.rows, number as i64 + 1, self.starts[number] * SECOND_NS)
        };
        self.traces.iter().enumerate().map(rows).collect()
    }
}

/// The same spans in another trace at another time.
pub fn shifted(rows: &[RowParts], trace: i64, by_ns: i64) -> Vec<RowParts> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        row.span.trace_id = TraceId::from_halves(1, trace);
        row.span.start_ns += by_ns;
        row.span.end_ns += by_ns;
    }
    rows
}

async fn play(history: &History) -> Tables {
    let mut config = LedgerConfig::default();
    if history.is_short_of_memory {
        // Less than the least that can be set, so that traces are let go all the time.
        config.memory_bytes_max = bytesize::ByteSize::kib(8);
    }
    let mut world = World::with(config).await;
    let rows = history.rows();
    let mut now = 0;
    for (at, event) in &history.events {
        while now + history.turn < *at {
            world.turn_after(history.turn).await;
            now += history.turn;
        }
        match *event {
            Event::Send { trace, part, parts } => {
                let part: Vec<RowParts> = rows[trace].iter().skip(part).step_by(parts).cloned().collect();
                if !part.is_empty() {
                    world.send(&part).await;
                }
            }
            Event::Flush => world.store.flush().await.unwrap(),
            Event::Crash => world = world.crash().await,
        }
    }
    world.settle().await;
    assert_eq!(world.metric("failures"), 0);
    let tables = world.tables().await;
    world.store.shutdown().await.unwrap();
    tables
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, max_shrink_iters: 40, ..ProptestConfig::default() })]

    /// The stream, the closing pass and the passes that make windows again all come to the same rows.
    #[test]
    fn tables_hold_what_pairing_says_of_all_spans_whatever_came_when(history in history()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let tables = runtime.block_on(play(&history));
        let expected = Tables::of(&history.rows());
        prop_assert_eq!(tables.differs_from(&expected), None);
    }
}
