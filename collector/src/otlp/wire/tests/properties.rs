use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use prost::Message as _;

use super::message::{Kind, Tape, message};
use super::walk;
use crate::otlp::arbitrary::odd_request;

/// One way to break a payload.
#[derive(Debug, Clone)]
enum Damage {
    Flip(Index, u8),
    Insert(Index, u8),
    Delete(Index),
    Truncate(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => (any::<Index>(), 1..=255_u8).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        2 => any::<Index>().prop_map(Damage::Delete),
        1 => any::<Index>().prop_map(Damage::Truncate),
    ]
}

impl Damage {
    fn apply(&self, payload: &mut Vec<u8>) {
        if payload.is_empty() {
            return;
        }
        let length = payload.len();
        match self {
            Self::Flip(at, bits) => payload[at.index(length)] ^= bits,
            Self::Insert(at, byte) => payload.insert(at.index(length), *byte),
            Self::Delete(at) => drop(payload.remove(at.index(length))),
            Self::Truncate(at) => payload.truncate(at.index(length)),
        }
    }
}

fn odd_message() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..1_500).prop_map(|tape| {
        let mut payload = Vec::new();
        message(&mut Tape(tape.iter()), Kind::Request, &mut payload);
        payload
    })
}

proptest! {
    #[test]
    fn requests_come_to_what_prost_reads(request in odd_request()) {
        walk(&request.encode_to_vec()).unwrap();
    }

    #[test]
    fn damaged_requests_are_refused_where_prost_refuses(request in odd_request(), damages in vec(damage(), 1..4)) {
        let mut payload = request.encode_to_vec();
        damages.iter().for_each(|damage| damage.apply(&mut payload));
        let _ = walk(&payload);
    }

    #[test]
    fn messages_that_nobody_writes_come_to_what_prost_reads(payload in odd_message()) {
        let _ = walk(&payload);
    }

    #[test]
    fn any_bytes_are_read_as_prost_reads_them(payload in vec(any::<u8>(), 0..300)) {
        let _ = walk(&payload);
    }
}

/// Random messages prove little unless they come to every answer.
#[test]
fn messages_that_nobody_writes_come_to_every_answer() {
    let (mut accepted, mut refused, mut undecodable) = (0, 0, 0);
    let mut runner = TestRunner::deterministic();
    for _ in 0..500 {
        match walk(&odd_message().new_tree(&mut runner).unwrap().current()) {
            Ok(decoded) => {
                accepted += decoded.accepted;
                refused += decoded.refused.count();
            }
            Err(_) => undecodable += 1,
        }
    }
    assert!(accepted > 50 && refused > 50 && undecodable > 50, "{accepted}, {refused}, {undecodable}");
}
