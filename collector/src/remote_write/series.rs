//! A series with its samples. The fields of both versions differ in number and in how labels are written.

use spanloom_store::series::{SampleValue, label};

use super::RemoteWriteError;
use super::histogram;
use super::intake::{Intake, Times, shown};
use super::labels::{Dialect, LabelsReader};
use super::metadata::{Families, SeriesMetadata};
use super::wire::{Field, Malformed, Message};

/// What a field of a series holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Labels,
    Sample,
    Histogram,
    Exemplar,
    Metadata,
    /// The one start of all samples that 2.0 had before each sample got its own.
    Created,
    Unknown,
}

/// Source: `prometheus.TimeSeries` and `io.prometheus.write.v2.TimeSeries`.
const fn part(dialect: Dialect<'_, '_>, number: u32) -> Part {
    match (dialect, number) {
        (_, 1) => Part::Labels,
        (_, 2) => Part::Sample,
        (Dialect::Letters, 3) | (Dialect::Symbols(_), 4) => Part::Exemplar,
        (Dialect::Letters, 4) | (Dialect::Symbols(_), 3) => Part::Histogram,
        (Dialect::Symbols(_), 5) => Part::Metadata,
        (Dialect::Symbols(_), 6) => Part::Created,
        _ => Part::Unknown,
    }
}

/// What a series holds besides its samples.
#[derive(Debug, Clone, Copy, Default)]
struct Head {
    /// Samples, histograms and exemplars.
    count: u64,
    metadata: SeriesMetadata,
    created_ms: i64,
}

/// Reads one series after another, in memory that is used again.
pub struct SeriesReader<'s, 'a> {
    dialect: Dialect<'s, 'a>,
    labels: LabelsReader<'s, 'a>,
    exemplar: LabelsReader<'s, 'a>,
}

impl<'s, 'a> SeriesReader<'s, 'a> {
    pub const fn new(dialect: Dialect<'s, 'a>) -> Self {
        Self { dialect, labels: LabelsReader::new(dialect), exemplar: LabelsReader::new(dialect) }
    }

    /// Takes a series. Its labels may stand behind its samples, so that it is walked over twice.
    ///
    /// # Errors
    /// When it is malformed, or the bounds are reached. A series that is bad otherwise is refused alone.
    pub fn read(
        &mut self,
        bytes: &'a [u8],
        intake: &mut Intake<'_, '_>,
        families: Option<&mut Families<'_, 'a>>,
    ) -> Result<(), RemoteWriteError> {
        let head = self.head(bytes, intake)?;
        let readable = self.labels.finish();
        if let Err(why) = readable {
            intake.refuse(why.reason(), head.count, || format!("series {}: {why}", shown(&self.labels.labels)));
        }
        let place = match readable {
            Ok(()) if head.count > 0 => intake.series(&mut self.labels.labels, head.count)?,
            _ => None,
        };
        if let Some(families) = families.filter(|_| readable.is_ok()) {
            families.add(metric(&self.labels.labels), head.metadata, intake)?;
        }
        let Some(place) = place else { return Ok(()) };
        let kept = intake.kept();
        self.samples(bytes, place, head.created_ms, intake)?;
        if intake.kept() == kept {
            intake.drop_last_series();
        }
        Ok(())
    }

    fn head(&mut self, bytes: &'a [u8], intake: &mut Intake<'_, '_>) -> Result<Head, RemoteWriteError> {
        let mut head = Head::default();
        self.labels.clear();
        let mut message = Message::new("TimeSeries", bytes);
        while let Some(field) = message.next_field()? {
            match part(self.dialect, field.number) {
                Part::Labels => self.labels.read(field, &mut intake.budget)?,
                Part::Sample | Part::Histogram | Part::Exemplar => head.count += 1,
                Part::Metadata => head.metadata.read(field.bytes()?)?,
                Part::Created => head.created_ms = field.int64()?,
                Part::Unknown => {}
            }
        }
        Ok(head)
    }

    fn samples(
        &mut self,
        bytes: &'a [u8],
        place: u32,
        created_ms: i64,
        intake: &mut Intake<'_, '_>,
    ) -> Result<(), RemoteWriteError> {
        let mut message = Message::new("TimeSeries", bytes);
        while let Some(field) = message.next_field()? {
            match part(self.dialect, field.number) {
                Part::Sample => {
                    let (times, value) = sample(field.bytes()?, created_ms)?;
                    intake.float(place, &self.labels.labels, times, value)?;
                }
                Part::Histogram => self.histogram(field, place, created_ms, intake)?,
                Part::Exemplar => self.exemplar(field, place, intake)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn histogram(
        &self,
        field: Field<'a>,
        place: u32,
        created_ms: i64,
        intake: &mut Intake<'_, '_>,
    ) -> Result<(), RemoteWriteError> {
        let bytes = field.bytes()?;
        intake.budget.take(histogram::memory_bytes(bytes))?;
        let labels = &self.labels.labels;
        match histogram::read(bytes, created_ms)? {
            (times, Ok(histogram)) => {
                intake.histogram(place, labels, times, SampleValue::Histogram(histogram.into()))?;
            }
            (_, Err(why)) => {
                intake.refuse("histogram", 1, || format!("a histogram of series {}: {why}", shown(labels)));
            }
        }
        Ok(())
    }

    fn exemplar(&mut self, field: Field<'a>, place: u32, intake: &mut Intake<'_, '_>) -> Result<(), RemoteWriteError> {
        let (mut time_ms, mut value) = (0, 0.0);
        self.exemplar.clear();
        let mut message = Message::new("Exemplar", field.bytes()?);
        while let Some(field) = message.next_field()? {
            match field.number {
                1 => self.exemplar.read(field, &mut intake.budget)?,
                2 => value = field.double()?,
                3 => time_ms = field.int64()?,
                _ => {}
            }
        }
        let labels = &self.labels.labels;
        if let Err(why) = self.exemplar.finish() {
            intake.refuse("exemplar", 1, || format!("an exemplar of series {}: {why}", shown(labels)));
            return Ok(());
        }
        if time_ms == 0 {
            intake.refuse("exemplar", 1, || format!("an exemplar of series {} has no time", shown(labels)));
            return Ok(());
        }
        intake.exemplar(place, labels, (time_ms, value), &self.exemplar.labels)
    }
}

/// `Sample` of either version; only 2.0 has a start.
fn sample(bytes: &[u8], created_ms: i64) -> Result<(Times, f64), Malformed> {
    let (mut times, mut value) = (Times::default(), 0.0);
    let mut message = Message::new("Sample", bytes);
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => value = field.double()?,
            2 => times.time_ms = field.int64()?,
            3 => times.start_ms = field.int64()?,
            _ => {}
        }
    }
    Ok((times.or_start(created_ms), value))
}

fn metric<'a>(labels: &[(&'a str, &'a str)]) -> &'a str {
    labels.iter().find(|(name, _)| *name == label::NAME).map_or("", |(_, value)| value)
}
