//! What came more than once: copies that were sent again, and ids that several spans have.

use std::cmp::Reverse;
use std::collections::HashMap;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use spanloom_store::SpanId;

use super::answer::{Duplicates, SharedId};
use crate::trace::assembled::Assembled;

const SHARED_IDS_MAX: usize = 100;

/// How many spans have an id.
#[derive(Default)]
struct Sharing {
    spans: usize,
    clients: usize,
    servers: usize,
}

impl Sharing {
    fn are_halves(&self) -> bool {
        (self.spans, self.clients, self.servers) == (2, 1, 1)
    }
}

pub(super) fn duplicates(trace: &Assembled<'_>) -> Duplicates {
    let mut by_id: HashMap<SpanId, Sharing> = HashMap::with_capacity(trace.spans.len());
    for span in &trace.spans {
        let sharing = by_id.entry(span.id).or_default();
        sharing.spans += 1;
        sharing.clients += usize::from(span.kind == SpanKind::Client as i32);
        sharing.servers += usize::from(span.kind == SpanKind::Server as i32);
    }
    let half_pair_count = by_id.values().filter(|sharing| sharing.are_halves()).count();
    let shared = by_id.into_iter().filter(|(_, sharing)| sharing.spans > 1 && !sharing.are_halves());
    let mut shared_ids: Vec<SharedId> =
        shared.map(|(span_id, sharing)| SharedId { span_id, span_count: sharing.spans }).collect();
    shared_ids.sort_unstable_by_key(|shared| (Reverse(shared.span_count), shared.span_id));
    let shared_id_count = shared_ids.len();
    shared_ids.truncate(SHARED_IDS_MAX);
    Duplicates { resent_count: trace.resent_count, half_pair_count, shared_id_count, shared_ids }
}
