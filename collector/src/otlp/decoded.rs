//! What a request of spans comes to. One bad span does not refuse its neighbours.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use parking_lot::Mutex;
use spanloom_store::Rows;
use spanloom_store::schema::spans::{KnownAttribute, Recalled, Resource, Scope, Span, SpansBuilder};
use spanloom_store::value::Value;

use super::checks::{BadSpan, FUTURE_MAX};

/// What a request came to.
#[derive(Debug)]
pub struct Decoded {
    pub rows: Rows,
    pub accepted: u64,
    pub refused: Refused,
    /// Attributes left out because their key stood there already.
    pub repeated_attributes: u64,
    /// Accepted spans by who sent them.
    pub senders: BTreeMap<Sender, u64>,
}

/// Spans that were refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    pub by_reason: BTreeMap<&'static str, u64>,
    /// The first one: its name and what was wrong.
    pub first: Option<String>,
}

impl Refused {
    pub fn count(&self) -> u64 {
        self.by_reason.values().sum()
    }

    /// Counts a span by its name.
    pub fn add(&mut self, span: &str, why: &BadSpan) {
        *self.by_reason.entry(why.reason()).or_default() += 1;
        if self.first.is_none() {
            let name: String = span.chars().take(64).collect();
            self.first = Some(format!("span {name:?}: {why}"));
        }
    }

    /// The message of a partial success.
    pub fn message(&self) -> String {
        let reasons: Vec<String> = self.by_reason.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        format!("refused by reason: {}; first: {}", reasons.join(", "), self.first.as_deref().unwrap_or_default())
    }
}

/// What a resource says of its sender.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sender {
    pub service: Option<String>,
    /// `<language> <name> <version>` of the SDK.
    pub sdk: Option<String>,
}

impl Sender {
    fn of(resource: &Resource<'_>) -> Self {
        const TEXT_CHARS_MAX: usize = 128;
        let text = |wanted: &str| -> Option<String> {
            match resource.attributes.iter().find(|(key, _)| key == wanted)? {
                (_, Value::String(text)) if !text.is_empty() => {
                    let end = text.char_indices().nth(TEXT_CHARS_MAX).map_or(text.len(), |(end, _)| end);
                    Some(text[..end].to_owned())
                }
                _ => None,
            }
        };
        let sdk = ["telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version"];
        let sdk: Vec<String> = sdk.into_iter().filter_map(text).collect();
        Self { service: text("service.name"), sdk: (!sdk.is_empty()).then(|| sdk.join(" ")) }
    }
}

/// Builders without spans, with what they remember of the requests before: as many as decode at a time.
static SPARE: Mutex<Vec<SpansBuilder>> = Mutex::new(Vec::new());

/// Puts a builder back.
fn spare(builder: SpansBuilder) {
    static COUNT_MAX: LazyLock<usize> = LazyLock::new(|| std::thread::available_parallelism().map_or(1, usize::from));
    let mut spare = SPARE.lock();
    if spare.len() < *COUNT_MAX {
        spare.push(builder);
    }
}

/// Collects what an OTLP request comes to, span by span.
#[derive(Debug)]
pub struct RowsBuilder {
    spans: SpansBuilder,
    latest_start_ns: i64,
    refused: Refused,
    repeated_attributes: u64,
    senders: BTreeMap<Sender, u64>,
}

impl RowsBuilder {
    pub fn new(received_ns: i64) -> Self {
        Self {
            spans: SPARE.lock().pop().unwrap_or_default(),
            latest_start_ns: received_ns.saturating_add(FUTURE_MAX.as_nanos() as i64),
            refused: Refused::default(),
            repeated_attributes: 0,
            senders: BTreeMap::new(),
        }
    }

    /// A span that starts later is [`BadSpan::Future`].
    pub const fn latest_start_ns(&self) -> i64 {
        self.latest_start_ns
    }

    /// Spans accepted so far.
    pub fn accepted(&self) -> u64 {
        self.spans.len() as u64
    }

    /// Says of which resource and scope the spans are that come next.
    pub fn begin(&mut self, resource: &Resource<'_>, scope: &Scope<'_>) {
        self.spans.begin_resource(resource);
        self.spans.begin_scope(scope);
    }

    /// Appends a span of the resource and the scope that have begun.
    pub fn append_next(&mut self, span: &Span<'_>, recalled: &Recalled<'_>) {
        self.repeated_attributes += self.spans.append_recalled(span, recalled) as u64;
    }

    /// An attribute that was sent as the same bytes before.
    pub fn recall(&self, encoded: &[u8]) -> Option<KnownAttribute> {
        self.spans.recall(encoded)
    }

    pub fn refuse(&mut self, span: &str, why: &BadSpan) {
        self.refused.add(span, why);
    }

    /// Notes who sent the spans accepted since there were `before`.
    pub fn note_sender(&mut self, resource: &Resource<'_>, before: u64) {
        let accepted = self.accepted() - before;
        if accepted > 0 {
            *self.senders.entry(Sender::of(resource)).or_default() += accepted;
        }
    }

    pub fn finish(mut self) -> Decoded {
        let accepted = self.accepted();
        let spans = self.spans.finish_coded();
        spare(self.spans);
        Decoded {
            rows: Rows::from_spans(spans),
            accepted,
            refused: self.refused,
            repeated_attributes: self.repeated_attributes,
            senders: self.senders,
        }
    }
}

/// Fails where two requests did not come to the same.
#[cfg(test)]
pub(crate) fn assert_same(one: &Decoded, other: &Decoded) {
    let counts = |of: &Decoded| (of.accepted, of.refused.clone(), of.repeated_attributes, of.senders.clone());
    assert_eq!(counts(one), counts(other));
    for table in spanloom_store::schema::Table::ALL {
        assert_eq!(one.rows.of(table), other.rows.of(table), "{table:?}");
    }
}
