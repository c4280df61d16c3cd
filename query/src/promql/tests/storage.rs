//! What `load` has stored, with what Prometheus' storage would make of it: hints of histograms follow from the samples
//! before them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::histogram::{Histogram, stored_hint};
use super::super::labels::Labels;
use super::super::sample::{Sample, Series, is_stale};
use super::super::source::MemorySource;
use super::script::Load;
use super::series::Item;

/// Classic histograms as native ones.
mod classic;

/// A sample and when it began to be counted.
struct Stored {
    sample: Sample,
    start_ms: i64,
}

/// The samples of every series by their times.
#[derive(Default)]
pub struct Storage {
    series: BTreeMap<Labels, BTreeMap<i64, Stored>>,
}

impl Storage {
    /// # Errors
    /// Another value is stored for that time already.
    pub fn load(&mut self, load: &Load) -> Result<(), String> {
        for series in &load.series {
            let items = series.items.iter().zip(&series.starts_ms).enumerate();
            for (at, (item, start)) in items {
                let time_ms = at as i64 * load.step_ms;
                let start_ms = start.map_or(0, |start| time_ms + start);
                let sample = match item {
                    Item::Gap => continue,
                    Item::Float(value) => Sample::Float(*value),
                    Item::Histogram { histogram, .. } => Sample::Histogram(histogram.clone()),
                };
                self.put(&series.labels, time_ms, Stored { sample, start_ms })?;
            }
        }
        if load.with_nhcb {
            for (labels, time_ms, histogram) in classic::converted(load)? {
                let sample = Sample::Histogram(Arc::new(histogram));
                self.put(&labels, time_ms, Stored { sample, start_ms: 0 })?;
            }
        }
        Ok(())
    }

    fn put(&mut self, labels: &Labels, time_ms: i64, stored: Stored) -> Result<(), String> {
        let same = |held: &Stored| match (&held.sample, &stored.sample) {
            (Sample::Float(held), Sample::Float(new)) => held.to_bits() == new.to_bits(),
            (held, new) => held == new,
        };
        let samples = self.series.entry(labels.clone()).or_default();
        if samples.get(&time_ms).is_some_and(|held| !same(held)) {
            return Err(format!("{labels} has two values at {time_ms} ms"));
        }
        samples.insert(time_ms, stored);
        Ok(())
    }

    /// The series as a query finds them.
    pub fn source(&self) -> MemorySource {
        let series = self.series.iter().filter(|(_, samples)| !samples.is_empty());
        MemorySource { series: series.map(|(labels, samples)| Arc::new(read(labels, samples))).collect() }
    }
}

fn read(labels: &Labels, samples: &BTreeMap<i64, Stored>) -> Series {
    let mut series = Series { labels: labels.clone(), ..Series::default() };
    let mut previous: Option<Arc<Histogram>> = None;
    for (time_ms, stored) in samples {
        match (&stored.sample, &previous) {
            // The end of a series is of the kind of what it ends.
            (Sample::Float(value), Some(_)) if is_stale(*value) => {
                let stale = Arc::new(Histogram { sum: *value, ..Histogram::default() });
                series.histograms.push(*time_ms, stale.clone());
                series.histograms.starts_ms.push(stored.start_ms);
                previous = Some(stale);
            }
            (Sample::Float(value), _) => {
                series.floats.push(*time_ms, *value);
                series.floats.starts_ms.push(stored.start_ms);
                previous = None;
            }
            (Sample::Histogram(histogram), _) => {
                let hint = stored_hint(histogram, previous.as_deref());
                previous = Some(histogram.clone());
                series.histograms.push(*time_ms, Arc::new(Histogram { hint, ..(**histogram).clone() }));
                series.histograms.starts_ms.push(stored.start_ms);
            }
        }
    }
    forget_unknown(&mut series.floats.starts_ms);
    forget_unknown(&mut series.histograms.starts_ms);
    series
}

fn forget_unknown(starts_ms: &mut Vec<i64>) {
    if starts_ms.iter().all(|start| *start == 0) {
        starts_ms.clear();
    }
}
