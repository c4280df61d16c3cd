//! Rule (h): what a request spoke, from all its spans together.

use spanloom_store::ledger::Protocol;

use super::span::Protocols;
use super::trace::Trace;

/// What the spans of one request say.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spoken {
    protocols: Protocols,
    is_seen_by_proxy: bool,
}

impl Spoken {
    pub fn of(trace: &Trace<'_>, spans: impl IntoIterator<Item = usize>) -> Self {
        spans.into_iter().fold(Self::default(), |spoken, i| {
            let span = trace.spans[i];
            let own = Self { protocols: span.protocols, is_seen_by_proxy: span.is_proxy() };
            spoken.and(own)
        })
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            protocols: self.protocols.with(other.protocols),
            is_seen_by_proxy: self.is_seen_by_proxy || other.is_seen_by_proxy,
        }
    }

    pub fn protocol(self) -> Protocol {
        let words = [
            (Protocols::GRPC, Protocol::Grpc),
            (Protocols::HTTP, Protocol::Http),
            (Protocols::DATABASE, Protocol::Database),
            (Protocols::MESSAGING, Protocol::Messaging),
        ];
        let spoken = words.into_iter().find(|(hint, _)| self.protocols.contains(*hint)).map(|(_, protocol)| protocol);
        spoken.unwrap_or(if self.is_seen_by_proxy { Protocol::Tcp } else { Protocol::Unknown })
    }
}
