//! Series and samples of data points on their way into a batch. A data point comes in whole or not at all.

use spanloom_store::series::{
    BatchSample, Exemplar, KnownSeries, Label, MetricMetadata, SampleBatch, SampleValue, SeriesId, label,
};

use super::labels::LabelSet;
use super::point::{BadPoint, Times};
use crate::refused_samples::RefusedSamples;
use crate::sample_time::TimeBound;

/// What an allocator and two counters add to a shared text.
const TEXT_BYTES: usize = 32;
/// How much of a metric's name a refusal shows.
const SHOWN_BYTES_MAX: usize = 80;

/// A batch that grows by whole data points.
pub struct Writer<'k> {
    known: &'k dyn KnownSeries,
    times: TimeBound,
    batch_bytes_max: u64,
    batch_bytes: u64,
    pub batch: SampleBatch,
    pub refused: RefusedSamples,
    /// Data points that were taken.
    pub points: u64,
    scratch: Vec<u8>,
}

impl<'k> Writer<'k> {
    pub fn new(known: &'k dyn KnownSeries, times: TimeBound, batch_bytes_max: u64) -> Self {
        Self {
            known,
            times,
            batch_bytes_max,
            batch_bytes: 0,
            batch: SampleBatch::default(),
            refused: RefusedSamples::default(),
            points: 0,
            scratch: Vec::new(),
        }
    }

    /// Takes a data point with all that `write` makes of it; what was made of one that is refused is taken back.
    /// Returns its time.
    pub fn point(&mut self, metric: &str, write: impl FnOnce(&mut Self) -> Result<Times, BadPoint>) -> Option<Times> {
        let SampleBatch { series, samples, exemplars, .. } = &self.batch;
        let (series, samples, exemplars, bytes) = (series.len(), samples.len(), exemplars.len(), self.batch_bytes);
        match write(self) {
            Ok(times) => {
                self.points += 1;
                Some(times)
            }
            Err(why) => {
                self.batch.series.truncate(series);
                self.batch.samples.truncate(samples);
                self.batch.exemplars.truncate(exemplars);
                self.batch_bytes = bytes;
                self.refuse(metric, 1, &why);
                None
            }
        }
    }

    /// Counts data points of a metric as refused.
    pub fn refuse(&mut self, metric: &str, points: u64, why: &BadPoint) {
        let shown = &metric[..metric.floor_char_boundary(SHOWN_BYTES_MAX)];
        self.refused.add(why.reason(), points, || format!("metric {shown:?}: {why}"));
    }

    /// # Errors
    /// A time that no sample may have.
    pub fn check_time(&self, times: Times) -> Result<(), BadPoint> {
        Ok(self.times.check(times.time_ms)?)
    }

    /// The id under which the deltas of labels are added up.
    pub fn id(&mut self, metric: &str, labels: &LabelSet) -> SeriesId {
        let named = std::iter::once((label::NAME, metric));
        let others = labels.iter().filter(|(name, value)| *name != label::NAME && !value.is_empty());
        SeriesId::of_sorted(named.chain(others), &mut self.scratch)
    }

    /// Adds a series: the labels of a point with a name and one more label, which come before what a point says.
    ///
    /// # Errors
    /// [`BadPoint::Labels`], [`BadPoint::TooLarge`].
    pub fn series(&mut self, metric: &str, labels: &LabelSet, extra: Option<(&str, &str)>) -> Result<u32, BadPoint> {
        let is_other = |name: &str| name != label::NAME && extra.is_none_or(|(extra, _)| extra != name);
        let mut pairs: Vec<(&str, &str)> = labels.iter().filter(|(name, _)| is_other(name)).collect();
        pairs.push((label::NAME, metric));
        pairs.extend(extra);
        let place = self.batch.series(self.known, &mut pairs, &mut self.scratch)?;
        let is_new = self.batch.series.last().is_some_and(|series| series.labels.is_some());
        self.take(if is_new { memory_bytes(&pairs) } else { 0 })?;
        Ok(place)
    }

    /// # Errors
    /// [`BadPoint::TooLarge`].
    pub fn sample(&mut self, series: u32, times: Times, value: SampleValue) -> Result<(), BadPoint> {
        let histogram_bytes = match &value {
            SampleValue::Float(_) => 0,
            SampleValue::Histogram(histogram) => {
                let buckets = histogram.positive.len() + histogram.negative.len();
                size_of_val(&**histogram) + 2 * buckets * size_of::<f64>()
            }
        };
        self.take(2 * size_of::<BatchSample>() + histogram_bytes)?;
        let Times { time_ms, start_ms } = times;
        self.batch.samples.push(BatchSample { series, time_ms, start_ms, value });
        Ok(())
    }

    pub fn float(&mut self, series: u32, times: Times, value: f64) -> Result<(), BadPoint> {
        self.sample(series, times, SampleValue::Float(value))
    }

    /// Adds an exemplar; one whose time no sample may have is left out.
    ///
    /// # Errors
    /// [`BadPoint::TooLarge`].
    pub fn exemplar(&mut self, exemplar: Exemplar) -> Result<(), BadPoint> {
        if self.times.check(exemplar.time_ms).is_err() {
            return Ok(());
        }
        let labels: usize = exemplar.labels.iter().map(|label| label.name.len() + label.value.len()).sum();
        self.take(size_of::<Exemplar>() + labels + exemplar.labels.len() * (size_of::<Label>() + 2 * TEXT_BYTES))?;
        self.batch.exemplars.push(exemplar);
        Ok(())
    }

    /// Adds metadata, unless there is no room for it.
    pub fn metadata(&mut self, metadata: MetricMetadata) {
        let texts = metadata.family.len() + metadata.help.len() + metadata.unit.len();
        if self.take(size_of::<MetricMetadata>() + texts + 3 * TEXT_BYTES).is_ok() {
            self.batch.metadata.push(metadata);
        }
    }

    fn take(&mut self, bytes: usize) -> Result<(), BadPoint> {
        let bytes = self.batch_bytes.saturating_add(bytes as u64);
        if bytes > self.batch_bytes_max {
            return Err(BadPoint::TooLarge(self.batch_bytes_max));
        }
        self.batch_bytes = bytes;
        Ok(())
    }
}

fn memory_bytes(pairs: &[(&str, &str)]) -> usize {
    pairs.iter().map(|(name, value)| name.len() + value.len() + size_of::<Label>() + 2 * TEXT_BYTES).sum()
}
