//! Senders, readers, flushes and sweeps at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;
use crate::series::matcher::Matcher;

const SERIES: usize = 6000;
const SENDERS: usize = 3;

/// Each sender owns a third of the series that stay, and all send the same ones that come and go.
#[test]
fn what_stays_is_always_found_and_nothing_is_found_twice() {
    let index = index(&[]);
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                scope.spawn({
                    let index = &index;
                    move || send(index, sender)
                })
            })
            .collect();
        scope.spawn(|| {
            while !is_done.load(Ordering::Acquire) {
                index.sweep(NOW.start_ms());
            }
        });
        scope.spawn(|| {
            while !is_done.load(Ordering::Acquire) {
                read(&index);
            }
        });
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        is_done.store(true, Ordering::Release);
    });
    index.sweep(NOW.start_ms());
    let mut expected = ids(&ups(0..SERIES));
    expected.sort_unstable();
    assert_eq!(index.ids(&[]), expected);
    assert!(index.unwritten(NOW, expected).series.is_empty());
}

fn send(index: &SeriesIndex, sender: usize) {
    for start in (0..SERIES).step_by(100) {
        let passing = ups(SERIES + start..SERIES + start + 100);
        index.insert(&passing, NOW.start_ms() - 1);
        index.mark_written(NOW.before().before(), &ids(&passing));
        if start / 100 % SENDERS == sender {
            let staying = ups(start..start + 100);
            index.insert(&staying, NOW.start_ms());
            index.mark_written(NOW, &ids(&staying));
            assert!(staying.iter().all(|(id, _)| index.is_durable(*id)));
        }
    }
}

fn read(index: &SeriesIndex) {
    let matchers = [Matcher::equal("even", "true")];
    let all = index.ids(&matchers);
    assert!(all.is_sorted_by(|one, next| one < next));
    for (id, labels) in index.select(&matchers, usize::MAX).unwrap() {
        assert_eq!(SeriesId::of(&labels), id);
        assert_eq!(labels.get("even"), "true");
    }
}
