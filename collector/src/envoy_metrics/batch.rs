//! From a message to samples.

use std::collections::{BTreeMap, HashMap};

use spanloom_store::series::{BatchSample, KnownSeries, LabelsRefused, MetricMetadata, SampleBatch, SeriesId, label};

use super::identity::ProxyIdentity;
use super::message::StreamMetricsMessage;
use super::names::{metric, sanitized};
use super::totals::Totals;
use crate::exposition::Problem;
use crate::exposition::protobuf::family::Family;
use crate::exposition::protobuf::message::{Kind, LabelPair, Metric};
use crate::exposition::protobuf::points::{self, Point};

/// Samples of a time further ahead are refused: a clock is wrong somewhere.
const FUTURE_MS_MAX: i64 = 60 * 60 * 1000;

/// What a label of a stat is called when the stream's own has its name, as when a scraper's has.
const EXPORTED: &str = "exported_";

/// What of a message was not taken, counted by reason; reasons are a closed set. A family that cannot be read counts
/// once, as `malformed`; so does each metric.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    pub counts: BTreeMap<&'static str, u64>,
    /// What was wrong with the first of them.
    pub first: Option<String>,
}

impl Refused {
    fn count(&mut self, reason: &'static str, error: impl FnOnce() -> String) {
        *self.counts.entry(reason).or_default() += 1;
        self.first.get_or_insert_with(error);
    }

    fn labels(&mut self, refused: &LabelsRefused) {
        self.count(refused.reason(), || refused.to_string());
    }

    fn problem(&mut self, stat: &str, problem: &Problem) {
        self.count("malformed", || format!("{problem}, in a family of metrics: {}", shown(stat)));
    }
}

/// Makes samples of a message. What cannot be read or may not be kept is counted, and the rest is taken. `totals` are
/// those of the stream, and take part in every message of it, in the order in which they came.
pub fn batch(
    message: &StreamMetricsMessage,
    identity: &ProxyIdentity,
    totals: &mut Totals,
    received_ms: i64,
    known: &dyn KnownSeries,
) -> (SampleBatch, Refused) {
    let mut batcher = Batcher {
        identity,
        totals,
        received_ms,
        known,
        batch: SampleBatch::default(),
        refused: Refused::default(),
        told: HashMap::new(),
        scratch: Vec::new(),
    };
    for family in &message.envoy_metrics {
        match Family::read(family) {
            Ok(family) => batcher.family(&family),
            Err(problem) => batcher.refused.problem("", &problem),
        }
    }
    (batcher.batch, batcher.refused)
}

struct Batcher<'m> {
    identity: &'m ProxyIdentity,
    totals: &'m mut Totals,
    received_ms: i64,
    known: &'m dyn KnownSeries,
    batch: SampleBatch,
    refused: Refused,
    /// Metrics of which the batch has told, and where: Envoy sends a family for each stat.
    told: HashMap<String, usize>,
    scratch: Vec<u8>,
}

impl Batcher<'_> {
    fn family(&mut self, family: &Family<'_>) {
        let Some(name) = metric(family.name) else {
            return self.refused.count("name", || format!("no name for a custom stat: {}", shown(family.name)));
        };
        for metric in family.metrics() {
            let taken = metric.and_then(|metric| self.metric(&name, family, metric));
            if let Err(problem) = taken {
                self.refused.problem(family.name, &problem);
            }
        }
        self.tell(name, family);
    }

    /// A stat's histogram has a summary before it as a rule, of the same name: of the two the histogram is told.
    fn tell(&mut self, name: String, family: &Family<'_>) {
        let kind = family.kind.metric_kind();
        if let Some(told) = self.told.get(&name) {
            if family.kind == Kind::Histogram {
                self.batch.metadata[*told].kind = kind;
            }
            return;
        }
        let (help, unit) = (family.help.into(), family.unit.into());
        self.batch.metadata.push(MetricMetadata { family: name.as_str().into(), kind, help, unit });
        self.told.insert(name, self.batch.metadata.len() - 1);
    }

    fn metric(&mut self, name: &str, family: &Family<'_>, mut metric: Metric) -> Result<(), Problem> {
        let time_ms = metric.timestamp_ms.filter(|time_ms| *time_ms != 0).unwrap_or(self.received_ms);
        if time_ms.saturating_sub(self.received_ms) > FUTURE_MS_MAX {
            self.refused.count("future", || format!("a sample is from the future: {}", shown(family.name)));
            return Ok(());
        }
        if self.add_up(name, &mut metric).is_err() {
            self.refused.count("totals", || format!("one histogram too many in a stream: {}", shown(family.name)));
            return Ok(());
        }
        let labels = self.labels(&metric.label);
        points::each(family.kind, &metric, &mut |point| self.point(name, &labels, time_ms, point))
    }

    /// Makes the metric say what there was since the stream began.
    fn add_up(&mut self, name: &str, metric: &mut Metric) -> Result<(), super::totals::Full> {
        if metric.histogram.is_none() && metric.summary.is_none() {
            return Ok(());
        }
        // A proxy writes a stat's tags in one order, so that they need not be sorted to be told from others'.
        let tags = metric.label.iter().map(|pair| (text(&pair.name), text(&pair.value)));
        let id = SeriesId::of_sorted([(label::NAME, name)].into_iter().chain(tags), &mut self.scratch);
        metric.histogram.as_mut().map_or(Ok(()), |histogram| self.totals.histogram(id, histogram))?;
        metric.summary.as_mut().map_or(Ok(()), |summary| self.totals.summary(id, summary))
    }

    /// The labels of a metric, and those of its proxy.
    fn labels(&self, tags: &[LabelPair]) -> Vec<(String, String)> {
        let own = |name: &str| self.identity.labels().any(|(own, _)| own == name);
        let renamed = |name: String| if own(&name) { [EXPORTED, &name].concat() } else { name };
        let tags =
            tags.iter().map(|tag| (renamed(sanitized(text(&tag.name)).into_owned()), text(&tag.value).to_owned()));
        tags.chain(self.identity.labels().map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
    }

    fn point(&mut self, metric: &str, labels: &[(String, String)], time_ms: i64, point: Point<'_>) {
        let name = [metric, point.suffix].concat();
        let mut all: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.push((label::NAME, &name));
        all.extend(point.bound);
        match self.batch.series(self.known, &mut all, &mut self.scratch) {
            Ok(series) => {
                let start_ms = point.start_ms.unwrap_or(0);
                self.batch.samples.push(BatchSample { series, time_ms, start_ms, value: point.value });
            }
            Err(refused) => self.refused.labels(&refused),
        }
    }
}

fn text(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

/// The beginning of a stat's name, for people.
fn shown(stat: &str) -> &str {
    const SHOWN_BYTES_MAX: usize = 80;
    &stat[..stat.floor_char_boundary(SHOWN_BYTES_MAX)]
}
