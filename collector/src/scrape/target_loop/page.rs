//! From page to samples.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;

use spanloom_store::series::{
    BatchSample, Exemplar, KnownSeries, Labels, MetricMetadata, SampleBatch, SampleValue, SeriesId, label,
};

use super::cache::{Cache, Known, Place, Sampled};
use super::labels::{PageLabels, joined};
use crate::exposition::{self, Entry, Form, Format, Scraped, ScrapedExemplar};
use crate::scrape::config::{GlobalConfig, JobConfig};
use crate::scrape::failure::ScrapeFailure;
use crate::scrape::relabel::{LabelSet, Rules};

/// Samples may be this far ahead of the clock.
const FUTURE_MAX_MS: i64 = 60 * 60 * 1000;
/// Source: OpenMetrics 1.0, "Exemplars": names and values together, in characters.
const EXEMPLAR_CHARS_MAX: usize = 128;
const SHOWN_BYTES_MAX: usize = 120;

/// What a job makes of pages. A limit of 0 is none.
#[derive(Debug)]
pub(in crate::scrape) struct PageRules {
    honors_labels: bool,
    honors_times: bool,
    tracks_times: bool,
    takes_native: bool,
    takes_classic_of_native: bool,
    rules: Rules,
    samples_max: usize,
    labels_max: usize,
    name_bytes_max: usize,
    value_bytes_max: usize,
}

impl PageRules {
    /// # Errors
    /// See [`Rules::new`].
    pub fn new(job: &JobConfig, global: &GlobalConfig) -> Result<Self, String> {
        Ok(Self {
            honors_labels: job.honor_labels,
            honors_times: job.honor_timestamps.unwrap_or(true),
            tracks_times: job.track_timestamps_staleness,
            takes_native: job.scrape_native_histograms,
            takes_classic_of_native: !job.scrape_native_histograms || job.always_scrape_classic_histograms,
            rules: Rules::new(&job.metric_relabel_configs)?,
            samples_max: job.sample_limit.unwrap_or(global.sample_limit),
            labels_max: job.label_limit.unwrap_or(global.label_limit),
            name_bytes_max: job.label_name_length_limit.unwrap_or(global.label_name_length_limit),
            value_bytes_max: job.label_value_length_limit.unwrap_or(global.label_value_length_limit),
        })
    }

    fn takes(&self, form: Form) -> bool {
        match form {
            Form::Plain => true,
            Form::Native => self.takes_native,
            Form::ClassicOfNative => self.takes_classic_of_native,
        }
    }

    fn check_labels(&self, labels: &LabelSet) -> Result<(), ScrapeFailure> {
        let over = |value: usize, max: usize| max > 0 && value > max;
        let refused = |what: String| {
            Err(ScrapeFailure::LabelLimit(format!("series {} has {what}", start_of(labels.get(label::NAME)))))
        };
        let count = labels.iter().len();
        if over(count, self.labels_max) {
            return refused(format!("{count} labels, the most is {}", self.labels_max));
        }
        for (name, value) in labels.iter() {
            let shown = start_of(name);
            if over(name.len(), self.name_bytes_max) {
                let (bytes, max) = (name.len(), self.name_bytes_max);
                return refused(format!("a label whose name has {bytes} bytes, the most is {max}: {shown}"));
            }
            if over(value.len(), self.value_bytes_max) {
                let (bytes, max) = (value.len(), self.value_bytes_max);
                return refused(format!("label {shown} with a value of {bytes} bytes, the most is {max}"));
            }
        }
        Ok(())
    }
}

fn start_of(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN_BYTES_MAX)]
}

/// What was on a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Samples.
    pub scraped: usize,
    /// Samples after rules.
    pub kept: usize,
    pub duplicates: u64,
    pub future: u64,
    pub refused: u64,
}

/// Reads one page.
pub(super) struct Reader<'a> {
    rules: &'a PageRules,
    target: &'a LabelSet,
    known: &'a (dyn KnownSeries + Send + Sync),
    time_ms: i64,
    scratch: Vec<u8>,
}

/// What belongs to a page while it is read.
struct Into<'a> {
    cache: &'a mut Cache,
    batch: &'a mut SampleBatch,
    seen: &'a mut Seen,
}

impl<'a> Reader<'a> {
    pub fn new(
        rules: &'a PageRules,
        target: &'a LabelSet,
        known: &'a (dyn KnownSeries + Send + Sync),
        time_ms: i64,
    ) -> Self {
        Self { rules, target, known, time_ms, scratch: Vec::new() }
    }

    /// Puts the samples of a page into `batch`. After an error neither it nor the cache may be used as they are.
    ///
    /// # Errors
    /// Why the page counts as not scraped.
    pub fn read(
        mut self,
        format: Format,
        page: &[u8],
        cache: &mut Cache,
        batch: &mut SampleBatch,
        seen: &mut Seen,
    ) -> Result<(), ScrapeFailure> {
        let mut into = Into { cache, batch, seen };
        let mut failed = None;
        exposition::parse(format, page, &mut |entry| match self.entry(entry, &mut into) {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => {
                failed = Some(failure);
                ControlFlow::Break(())
            }
        })?;
        let samples_max = self.rules.samples_max;
        match failed {
            Some(failure) => Err(failure),
            None if samples_max > 0 && seen.kept > samples_max => {
                Err(ScrapeFailure::SampleLimit { samples: seen.kept, max: samples_max })
            }
            None => Ok(()),
        }
    }

    fn entry(&mut self, entry: Entry<'_>, into: &mut Into<'_>) -> Result<(), ScrapeFailure> {
        match entry {
            Entry::Metadata(metadata) => metadata_into(metadata, into),
            Entry::Sample(scraped) if self.rules.takes(scraped.form) => return self.sample(scraped, into),
            Entry::Sample(_) => {}
        }
        Ok(())
    }

    fn sample(&mut self, scraped: Scraped<'_>, into: &mut Into<'_>) -> Result<(), ScrapeFailure> {
        into.seen.scraped += 1;
        let id = match into.cache.find(scraped.key) {
            Known::Dropped => return Ok(()),
            Known::Series(id) => id,
            Known::New => match self.labels_of(&scraped)? {
                None => {
                    into.cache.remember(scraped.key, None);
                    return Ok(());
                }
                Some(labels) => {
                    let id = SeriesId::of(&labels);
                    into.cache.remember(scraped.key, Some((id, labels)));
                    id
                }
            },
        };
        into.seen.kept += 1;
        if self.is_over_limit(into.seen) {
            // The rest is counted, so that the error can say how many there are, and not kept.
            return Ok(());
        }
        self.sample_of(id, scraped, into)
    }

    fn is_over_limit(&self, seen: &Seen) -> bool {
        self.rules.samples_max > 0 && seen.kept > self.rules.samples_max
    }

    fn sample_of(&mut self, id: SeriesId, scraped: Scraped<'_>, into: &mut Into<'_>) -> Result<(), ScrapeFailure> {
        let own_ms = scraped.time_ms.filter(|_| self.rules.honors_times);
        let time_ms = own_ms.unwrap_or(self.time_ms);
        if time_ms > self.time_ms.saturating_add(FUTURE_MAX_MS) {
            into.seen.future += 1;
            return Ok(());
        }
        let is_histogram = matches!(scraped.value, SampleValue::Histogram(_));
        let is_tracked = own_ms.is_none() || self.rules.tracks_times;
        if !into.cache.sampled(id, Sampled { time_ms, is_tracked, is_histogram }) {
            into.seen.duplicates += 1;
            return Ok(());
        }
        let Some(series) = self.place(id, &scraped, into)? else {
            into.seen.refused += 1;
            return Ok(());
        };
        self.exemplars(id, series, &scraped.exemplars, into);
        let start_ms = scraped.start_ms.unwrap_or(0);
        into.batch.samples.push(BatchSample { series, time_ms, start_ms, value: scraped.value });
        Ok(())
    }

    /// The place of a series in the batch; `None` when the limits of the sink refuse it.
    fn place(
        &mut self,
        id: SeriesId,
        scraped: &Scraped<'_>,
        into: &mut Into<'_>,
    ) -> Result<Option<u32>, ScrapeFailure> {
        let mut place = into.cache.place(id, into.batch, self.known, &mut self.scratch);
        if place == Place::LabelsNeeded
            && let Some(labels) = self.labels_of(scraped)?
        {
            into.cache.relabelled(id, labels);
            place = into.cache.place(id, into.batch, self.known, &mut self.scratch);
        }
        Ok(match place {
            Place::At(place) => Some(place),
            Place::LabelsNeeded | Place::Refused => None,
        })
    }

    /// The labels of a series; `None` when rules drop it.
    fn labels_of(&self, scraped: &Scraped<'_>) -> Result<Option<Labels>, ScrapeFailure> {
        let mut page = PageLabels::new();
        scraped.labels(&mut page);
        if page.is_empty() {
            // They cannot be read; the parser says so next.
            return Ok(None);
        }
        let mut labels = joined(&page, self.target, self.rules.honors_labels);
        if !self.rules.rules.apply(&mut labels) || labels.is_empty() {
            return Ok(None);
        }
        if labels.get(label::NAME).is_empty() {
            return Err(ScrapeFailure::NoName(start_of(scraped.key).to_owned()));
        }
        self.rules.check_labels(&labels)?;
        Ok(Some(Labels::new(labels.iter())))
    }

    /// Adds exemplars that were not there the last time: a page shows them for as long as there are no newer ones.
    fn exemplars(&self, id: SeriesId, series: u32, exemplars: &[ScrapedExemplar<'_>], into: &mut Into<'_>) {
        if exemplars.is_empty() || !into.cache.is_new_exemplar(id, hash_of(exemplars)) {
            return;
        }
        for exemplar in exemplars {
            let chars = exemplar.labels.iter().map(|(name, value)| name.chars().count() + value.chars().count());
            if chars.sum::<usize>() > EXEMPLAR_CHARS_MAX {
                continue;
            }
            let labels = Labels::new(exemplar.labels.iter().map(|(name, value)| (&**name, &**value)));
            let time_ms = exemplar.time_ms.unwrap_or(self.time_ms);
            into.batch.exemplars.push(Exemplar { series, time_ms, value: exemplar.value, labels });
        }
    }
}

fn metadata_into(metadata: MetricMetadata, into: &mut Into<'_>) {
    if into.cache.is_new_metadata(&metadata) {
        into.batch.metadata.push(metadata);
    }
}

fn hash_of(exemplars: &[ScrapedExemplar<'_>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for exemplar in exemplars {
        (&exemplar.labels, exemplar.value.to_bits(), exemplar.time_ms).hash(&mut hasher);
    }
    hasher.finish()
}
