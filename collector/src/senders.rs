//! Who sends what, and what was refused: what an operator asks first when a trace is missing.
//!
//! Both lists are bounded: senders by number (the one that was silent longest is forgotten), refusals because protocols
//! and reasons are closed sets and tenants are bounded by the allow-list.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use spanloom_store::TenantId;

use crate::metrics::Protocol;
use crate::otlp::decoded::Sender;

const SENDERS_MAX: usize = 1000;
const MESSAGE_CHARS_MAX: usize = 512;

/// What is known of a sender's spans. Times are nanoseconds since the epoch, of receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub spans: u64,
    pub first_ns: i64,
    pub last_ns: i64,
}

/// What was refused: requests as a whole, or spans and samples of requests that were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Request,
    Span,
    /// Or a histogram, an exemplar, a data point.
    Sample,
}

/// Whose, where, what and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefusalKey {
    /// `None`: no tenant that exists.
    pub tenant: Option<TenantId>,
    pub protocol: Protocol,
    pub unit: Unit,
    pub reason: &'static str,
}

/// How often, when last, and what was said then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalCount {
    pub count: u64,
    pub last_ns: i64,
    pub message: String,
}

type SenderKey = (TenantId, Protocol, Sender);

/// The lists.
#[derive(Debug)]
pub struct Senders {
    sent: Mutex<BTreeMap<SenderKey, Sent>>,
    refused: Mutex<BTreeMap<RefusalKey, RefusalCount>>,
    evicted: Counter,
}

impl Senders {
    pub fn new(evicted: Counter) -> Self {
        Self { sent: Mutex::default(), refused: Mutex::default(), evicted }
    }

    /// Counts accepted spans.
    pub fn note(
        &self,
        tenant: &TenantId,
        protocol: Protocol,
        senders: impl IntoIterator<Item = (Sender, u64)>,
        now_ns: i64,
    ) {
        let mut sent = self.sent.lock();
        for (sender, spans) in senders {
            let entry = sent.entry((tenant.clone(), protocol, sender));
            let entry = entry.or_insert(Sent { spans: 0, first_ns: now_ns, last_ns: now_ns });
            entry.spans += spans;
            entry.last_ns = entry.last_ns.max(now_ns);
        }
        while sent.len() > SENDERS_MAX && forget_most_silent(&mut sent) {
            self.evicted.inc();
        }
    }

    /// Counts a request that was refused as a whole.
    pub fn note_refused_request(
        &self,
        tenant: Option<&TenantId>,
        protocol: Protocol,
        reason: &'static str,
        message: &str,
        now_ns: i64,
    ) {
        let key = RefusalKey { tenant: tenant.cloned(), protocol, unit: Unit::Request, reason };
        self.note_refused(key, 1, message, now_ns);
    }

    /// Counts spans or samples that were refused while their request was taken; `message` tells of one of them.
    pub fn note_refused(&self, key: RefusalKey, count: u64, message: &str, now_ns: i64) {
        let message: String = message.chars().take(MESSAGE_CHARS_MAX).collect();
        let mut refused = self.refused.lock();
        let entry = refused.entry(key);
        let entry = entry.or_insert(RefusalCount { count: 0, last_ns: now_ns, message: String::new() });
        entry.count += count;
        entry.last_ns = now_ns;
        entry.message = message;
    }

    /// A tenant's senders.
    pub fn of(&self, tenant: &TenantId) -> Vec<(Protocol, Sender, Sent)> {
        let sent = self.sent.lock();
        let own = sent.iter().filter(|((of, ..), _)| of == tenant);
        own.map(|((_, protocol, sender), sent)| (*protocol, sender.clone(), *sent)).collect()
    }

    /// What was refused to a tenant, and what came for no tenant that exists.
    pub fn refused_to(&self, tenant: &TenantId) -> Vec<(RefusalKey, RefusalCount)> {
        let refused = self.refused.lock();
        let visible = refused.iter().filter(|(key, _)| key.tenant.as_ref().is_none_or(|of| of == tenant));
        visible.map(|(key, count)| (key.clone(), count.clone())).collect()
    }
}

fn forget_most_silent(sent: &mut BTreeMap<SenderKey, Sent>) -> bool {
    let most_silent = sent.iter().min_by_key(|(_, sent)| sent.last_ns).map(|(key, _)| key.clone());
    most_silent.is_some_and(|key| sent.remove(&key).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(service: &str) -> Sender {
        Sender { service: Some(service.to_owned()), sdk: None }
    }

    #[test]
    fn spans_of_a_sender_are_added_up() {
        let senders = Senders::new(Counter::default());
        let tenant = TenantId::default();
        for now_ns in [5, 7] {
            senders.note(&tenant, Protocol::OtlpGrpc, [(sender("web"), 3)], now_ns);
        }
        let expected = vec![(Protocol::OtlpGrpc, sender("web"), Sent { spans: 6, first_ns: 5, last_ns: 7 })];
        assert_eq!(senders.of(&tenant), expected);
        assert_eq!(senders.of(&"other".parse().unwrap()), []);
    }

    #[test]
    fn the_sender_that_was_silent_longest_is_forgotten() {
        let evicted = Counter::default();
        let senders = Senders::new(evicted.clone());
        let tenant = TenantId::default();
        for n in 0..SENDERS_MAX as i64 + 2 {
            senders.note(&tenant, Protocol::OtlpHttpJson, [(sender(&n.to_string()), 1)], n);
        }
        let known = senders.of(&tenant);
        assert_eq!(known.len(), SENDERS_MAX);
        assert!(known.iter().all(|(_, _, sent)| sent.first_ns >= 2));
        assert_eq!(evicted.get(), 2);
    }

    #[test]
    fn a_tenant_does_not_see_what_was_refused_to_others() {
        let senders = Senders::new(Counter::default());
        let (ours, theirs) = (TenantId::default(), "theirs".parse::<TenantId>().unwrap());
        senders.note_refused_request(None, Protocol::OtlpGrpc, "tenant", "who?", 1);
        senders.note_refused_request(Some(&ours), Protocol::OtlpGrpc, "undecodable", "old", 1);
        senders.note_refused_request(Some(&ours), Protocol::OtlpGrpc, "undecodable", "new", 2);
        let tenant = Some(theirs.clone());
        let key = RefusalKey { tenant, protocol: Protocol::OtlpGrpc, unit: Unit::Span, reason: "future" };
        senders.note_refused(key, 4, "secret", 1);
        let seen: Vec<_> =
            senders.refused_to(&ours).into_iter().map(|(key, c)| (key.reason, c.count, c.message)).collect();
        assert_eq!(seen, [("tenant", 1, "who?".to_owned()), ("undecodable", 2, "new".to_owned())]);
        assert_eq!(senders.refused_to(&theirs).iter().map(|(_, count)| count.count).sum::<u64>(), 5);
    }
}
