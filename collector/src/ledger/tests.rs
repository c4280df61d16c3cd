//! The ledger over a real store, with a clock of the test's own: what the tables hold must be what pairing says of all
//! spans, whatever came when and whatever was lost of memory.

mod bounds;
mod history;
mod late;
mod world;

use std::time::Duration;

/// A turn that wrote to a slow disk must not make what is shown minutes old.
#[test]
fn the_next_turn_comes_soon_however_long_one_took() {
    let check = |took_ms, expected_ms| {
        let pause = super::pause(Duration::from_secs(1), Duration::from_millis(took_ms));
        assert_eq!(pause, Duration::from_millis(expected_ms), "after {took_ms} ms");
    };
    check(10, 1_000);
    check(200, 2_000);
    check(20_000, 3_000);
    assert_eq!(super::pause(Duration::from_secs(10), Duration::from_secs(5)), Duration::from_secs(10));
}
