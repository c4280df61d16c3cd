//! What a request has come to so far.

use spanloom_store::series::{
    BatchSample, Exemplar, KnownSeries, Label, Labels, MetricMetadata, SampleBatch, SampleValue, label,
};

use super::memory::Budget;
use super::{RemoteWrite, RemoteWriteError, Written};
use crate::refused_samples::RefusedSamples;
use crate::sample_time::{self, TimeBound};

/// What an allocator and two counters add to a shared text.
const TEXT_BYTES: usize = 32;
/// How much of a metric's name a refusal shows.
const SHOWN_BYTES_MAX: usize = 80;

/// Name and value, as slices of the request.
pub type Pair<'a> = (&'a str, &'a str);

/// When a sample was taken, and since when it counts; milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    pub time_ms: i64,
    /// 0 when it is not known.
    pub start_ms: i64,
}

impl Times {
    /// These times, with another start if there is none.
    pub const fn or_start(self, start_ms: i64) -> Self {
        if self.start_ms == 0 { Self { start_ms, ..self } } else { self }
    }
}

/// A request on its way into a batch.
pub struct Intake<'k, 'r> {
    known: &'k dyn KnownSeries,
    times: TimeBound,
    pub budget: Budget<'r>,
    batch: SampleBatch,
    written: Written,
    refused: RefusedSamples,
    scratch: Vec<u8>,
}

impl<'k, 'r> Intake<'k, 'r> {
    pub fn new(known: &'k dyn KnownSeries, times: TimeBound, budget: Budget<'r>) -> Self {
        Self {
            known,
            times,
            budget,
            batch: SampleBatch::default(),
            written: Written::default(),
            refused: RefusedSamples::default(),
            scratch: Vec::new(),
        }
    }

    pub fn finish(self) -> RemoteWrite {
        RemoteWrite { batch: self.batch, written: self.written, refused: self.refused }
    }

    pub fn refuse(&mut self, reason: &'static str, count: u64, why: impl FnOnce() -> String) {
        self.refused.add(reason, count, why);
    }

    /// Adds a series for `count` samples and returns its place; `None` when they were refused with it. `labels` leave
    /// sorted.
    ///
    /// # Errors
    /// When the bounds are reached; so do all the following.
    pub fn series(&mut self, labels: &mut Vec<Pair<'_>>, count: u64) -> Result<Option<u32>, RemoteWriteError> {
        let place = match self.batch.series(self.known, labels, &mut self.scratch) {
            Ok(place) => place,
            Err(why) => {
                self.refused.add(why.reason(), count, || why.to_string());
                return Ok(None);
            }
        };
        let is_new = self.batch.series.last().is_some_and(|series| series.labels.is_some());
        let labels_bytes = if is_new { memory_bytes(labels) } else { 0 };
        self.budget.take(size_of_val(&self.batch.series[0]) + labels_bytes)?;
        Ok(Some(place))
    }

    /// How many samples and exemplars were kept.
    pub fn kept(&self) -> usize {
        self.batch.samples.len() + self.batch.exemplars.len()
    }

    /// Takes the last series back: nothing of it was kept.
    pub fn drop_last_series(&mut self) {
        self.batch.series.pop();
    }

    pub fn float(
        &mut self,
        series: u32,
        labels: &[Pair<'_>],
        times: Times,
        value: f64,
    ) -> Result<(), RemoteWriteError> {
        if self.sample(series, labels, times, SampleValue::Float(value))? {
            self.written.samples += 1;
        }
        Ok(())
    }

    /// Adds a histogram; the memory it takes was taken from the budget before it was made.
    pub fn histogram(
        &mut self,
        series: u32,
        labels: &[Pair<'_>],
        times: Times,
        value: SampleValue,
    ) -> Result<(), RemoteWriteError> {
        if self.sample(series, labels, times, value)? {
            self.written.histograms += 1;
        }
        Ok(())
    }

    #[inline]
    fn sample(
        &mut self,
        series: u32,
        labels: &[Pair<'_>],
        times: Times,
        value: SampleValue,
    ) -> Result<bool, RemoteWriteError> {
        let Times { time_ms, start_ms } = times;
        if let Err(why) = self.times.check(time_ms) {
            self.refused.add(why.reason(), 1, || format!("a sample of series {}: {why}", shown(labels)));
            return Ok(false);
        }
        self.budget.take(size_of::<BatchSample>())?;
        let start_ms = sample_time::start_ms(start_ms, time_ms);
        self.batch.samples.push(BatchSample { series, time_ms, start_ms, value });
        Ok(true)
    }

    /// Adds an exemplar with labels of its own.
    pub fn exemplar(
        &mut self,
        series: u32,
        series_labels: &[Pair<'_>],
        (time_ms, value): (i64, f64),
        labels: &[Pair<'_>],
    ) -> Result<(), RemoteWriteError> {
        if let Err(why) = self.times.check(time_ms) {
            self.refused.add(why.reason(), 1, || format!("an exemplar of series {}: {why}", shown(series_labels)));
            return Ok(());
        }
        if let Err(why) = self.exemplar_labels(labels) {
            self.refused.add("exemplar", 1, || format!("an exemplar of series {}: {why}", shown(series_labels)));
            return Ok(());
        }
        self.budget.take(size_of::<Exemplar>() + memory_bytes(labels))?;
        let labels = Labels::new(labels.iter().copied());
        self.batch.exemplars.push(Exemplar { series, time_ms, value, labels });
        self.written.exemplars += 1;
        Ok(())
    }

    /// What holds for the labels of a series holds for those of an exemplar, but that it needs no name.
    fn exemplar_labels(&self, labels: &[Pair<'_>]) -> Result<(), String> {
        let limits = self.known.limits();
        if labels.len() > limits.labels_max {
            return Err(format!("it has {} labels, the most is {}", labels.len(), limits.labels_max));
        }
        for (name, value) in labels {
            if name.is_empty() {
                return Err("it has a label without a name".to_owned());
            }
            if name.len() > limits.label_name_bytes_max || value.len() > limits.label_value_bytes_max {
                return Err("a label of it is too long".to_owned());
            }
        }
        Ok(())
    }

    pub fn metadata(&mut self, metadata: MetricMetadata) -> Result<(), RemoteWriteError> {
        let texts = metadata.family.len() + metadata.help.len() + metadata.unit.len();
        self.budget.take(size_of::<MetricMetadata>() + texts + 3 * TEXT_BYTES)?;
        self.batch.metadata.push(metadata);
        Ok(())
    }
}

/// What [`Labels`] of these pairs take.
fn memory_bytes(labels: &[Pair<'_>]) -> usize {
    labels.iter().map(|(name, value)| name.len() + value.len() + size_of::<Label>() + 2 * TEXT_BYTES).sum()
}

/// The name of a series, for people.
pub fn shown<'a>(labels: &[Pair<'a>]) -> &'a str {
    let name = labels.iter().find(|(name, _)| *name == label::NAME).map_or("", |(_, value)| value);
    &name[..name.floor_char_boundary(SHOWN_BYTES_MAX)]
}
